/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the emulator says on stderr, one line a message, prefixed by the
 * program's name: "qemu-system-x86_64: -device foo: message".
 */
#ifndef LIB_LOG_H
#define LIB_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"

/* Settings of -msg and -name; the strings must stay valid. guest_name may be NULL. */
void log_set_format(bool timestamp, const char *guest_name);

/* Print the error and its advice; @context (e.g. "-device vfio-pci,host=...") goes in front when not NULL. Frees @err. */
void error_report(Error *err, const char *context);

/* The same for what goes on without what failed: "warning: CONTEXT: MESSAGE" and the advice. Frees @err. */
void warn_report(Error *err, const char *context);

void warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* State of one rate-limited call site. */
typedef struct LogLimit {
    int64_t window_start_us;
    unsigned count;
} LogLimit;

/*
 * The guest did something odd. Printed only with log_guest_enable(true), at
 * most 10 lines a second from one call site; never fatal.
 */
#define log_guest(...)                                  \
    do {                                                \
        static LogLimit limit_;                         \
        log_guest_limited(&limit_, __VA_ARGS__);        \
    } while (0)

void log_guest_limited(LogLimit *limit, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void log_guest_enable(bool on);

/* -D: what the guest does goes to @path instead of stderr. */
bool log_guest_file(const char *path, Error **errp);

/* Like warn(), at most 10 lines a second from one call site. */
#define warn_limited(...)                               \
    do {                                                \
        static LogLimit limit_;                         \
        if (log_limit_pass(&limit_)) {                  \
            warn(__VA_ARGS__);                          \
        }                                               \
    } while (0)

bool log_limit_pass(LogLimit *limit);

#endif
