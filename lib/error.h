/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors as values: what went wrong, where it happened, what to do about it.
 *
 * A function that can fail takes `Error **errp` last and returns bool (false:
 * failed, *errp is set). errp is never NULL; *errp is NULL on entry unless a
 * callee has already failed. fail() and hint() return false so that functions
 * end in `return fail(...)`.
 */
#ifndef LIB_ERROR_H
#define LIB_ERROR_H

#include <stdbool.h>

typedef struct Error Error;

/* What management tools tell apart; the words of QMP's error classes. */
typedef enum ErrorClass {
    ERROR_GENERIC,
    ERROR_COMMAND_NOT_FOUND,
    ERROR_DEVICE_NOT_FOUND,
    ERROR_DEVICE_NOT_ACTIVE,
} ErrorClass;

/*
 * Start an error, or, when *errp already holds one, put context in front:
 * "context: what the callee said".
 */
bool fail(Error **errp, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Like fail(), and ends the text with ": " and the words for errno value @err (positive or negative). */
bool fail_errno(Error **errp, int err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Add one line of advice to the error in *errp; it is printed below the message. */
bool hint(Error **errp, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Say what class the error in *errp is of; errors are generic otherwise. */
bool error_set_class(Error **errp, ErrorClass error_class);
ErrorClass error_class(const Error *err);

/* The message without advice; valid until error_free(). */
const char *error_message(const Error *err);

/* The advice, lines separated by '\n', or NULL. */
const char *error_advice(const Error *err);

/* NULL is accepted. */
void error_free(Error *err);

/* Free what *err holds and make it NULL: for errors that are looked at and forgotten. */
void error_clear(Error **err);

#endif
