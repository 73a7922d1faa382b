/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON values out of a stream of bytes, as QMP frames them: a value ends where
 * its brackets balance, without waiting for a line to end; what cannot be a token
 * is an error at once, and the next value is looked for behind it. Text and
 * nesting are bounded, so that no peer can make us run out of memory.
 */
#ifndef LIB_JSON_STREAM_H
#define LIB_JSON_STREAM_H

#include "lib/json.h"

typedef struct JsonStream JsonStream;

/* @value and @err are the listener's to free. @err NULL: a value, and a value of NULL is null. */
typedef void JsonListener(void *opaque, Json *value, Error *err);

JsonStream *json_stream_new(JsonListener *listener, void *opaque);

/* NULL is accepted. */
void json_stream_free(JsonStream *stream);

/* The listener hears at most two results of one byte: a word it ends, and the byte itself. */
void json_stream_feed(JsonStream *stream, uint8_t byte);

/* Forget what was begun. */
void json_stream_reset(JsonStream *stream);

/* Nothing was begun that is not complete. */
bool json_stream_idle(const JsonStream *stream);

#endif
