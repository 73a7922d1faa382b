/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What fuzz targets share. A target is a file fuzz-NAME.c with the function
 * libFuzzer calls; it takes what it needs off its input with the functions
 * here. When the input is used up all values are 0: every input is complete,
 * and a shorter one does less.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lib/error.h"

/* libFuzzer's names. One input; returns 0. And, where there is something to prepare, once before all inputs. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

typedef struct Input {
    const uint8_t *at;
    size_t left;
} Input;

static inline const uint8_t *input_bytes(Input *in, size_t *len)
{
    const uint8_t *at = in->at;

    *len = MIN(*len, in->left);
    in->at += *len;
    in->left -= *len;
    return at;
}

/* The next @size bytes, 8 at most, as a little-endian number. */
static inline uint64_t input_take(Input *in, size_t size)
{
    uint64_t value = 0;
    const uint8_t *at = input_bytes(in, &size);

    for (size_t i = 0; i < size; i++) {
        value |= (uint64_t)at[i] << (8 * i);
    }
    return value;
}

/* The text up to the next @end or the end of the input, for the caller to free. */
static inline char *input_text(Input *in, char end)
{
    const uint8_t *stop = in->left ? memchr(in->at, end, in->left) : NULL;
    size_t len = stop ? (size_t)(stop - in->at) : in->left, rest = stop ? 1 : 0;
    char *text = g_strndup((const char *)in->at, len);

    input_bytes(in, &len);
    input_bytes(in, &rest);
    return text;
}

/* What a function that fails must do, and one that succeeds must not: say so. Forgets the error. */
static inline void check_outcome(bool ok, Error **err)
{
    g_assert(ok == !*err);
    error_clear(err);
}

#endif
