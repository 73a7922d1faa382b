/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where values begin and end in a stream; see json-stream.h. */
#include "lib/json-stream.h"

#include "lib/json-tokens.h"

enum {
    NESTING_MAX = 1024,
    TOKENS_MAX = 1024 * 1024,
    TEXT_MAX = 32 * 1024 * 1024,
};

struct JsonStream {
    JsonLexer lexer;
    JsonTokens value;           /* of which these tokens have come */
    int braces, brackets;       /* open ones; negative when too many were closed */
    JsonListener *listener;
    void *opaque;
};

static void forget(JsonStream *stream)
{
    stream->braces = stream->brackets = 0;
    g_array_free(stream->value.tokens, true);
    g_string_free(stream->value.text, true);
    stream->value.tokens = g_array_new(false, false, sizeof(JsonToken));
    stream->value.text = g_string_new(NULL);
}

static void tell_error(JsonStream *stream, Error *err)
{
    forget(stream);
    json_lexer_skip(&stream->lexer);
    stream->listener(stream->opaque, NULL, err);
}

static void tell_value(JsonStream *stream)
{
    Json *value = NULL;
    Error *err = NULL;

    if (!json_tokens_parse(&stream->value, &value, &err)) {
        value = NULL;
    }
    forget(stream);
    stream->listener(stream->opaque, value, err);
}

/* Scalars keep their text, ended by a NUL. */
static void keep(JsonStream *stream, JsonTokenType type, const char *text, size_t len)
{
    JsonToken token = { .type = type };

    if (g_ascii_isalpha((char)type)) {
        token.at = stream->value.text->len;
        token.len = len;
        g_string_append_len(stream->value.text, text, (gssize)len + 1);
    }
    g_array_append_val(stream->value.tokens, token);
}

static void count_brackets(JsonStream *stream, JsonTokenType type)
{
    stream->braces += (type == JSON_TOKEN_OBJECT) - (type == JSON_TOKEN_OBJECT_END);
    stream->brackets += (type == JSON_TOKEN_ARRAY) - (type == JSON_TOKEN_ARRAY_END);
}

/* What is exceeded, or NULL. */
static const char *exceeded(const JsonStream *stream, JsonTokenType type)
{
    if (type == JSON_TOKEN_TOO_LONG || stream->value.text->len > TEXT_MAX) {
        return "JSON token size limit exceeded";
    }
    if (stream->value.tokens->len > TOKENS_MAX) {
        return "JSON token count limit exceeded";
    }
    return stream->braces + stream->brackets > NESTING_MAX ? "JSON nesting depth limit exceeded" : NULL;
}

static void on_token(void *opaque, JsonTokenType type, const char *text, size_t len)
{
    JsonStream *stream = opaque;
    Error *err = NULL;

    if (type == JSON_TOKEN_STRAY) {
        fail(&err, "JSON parse error, stray '%s'", text);
        tell_error(stream, err);
        return;
    }
    count_brackets(stream, type);
    if (exceeded(stream, type)) {
        fail(&err, "%s", exceeded(stream, type));
        tell_error(stream, err);
        return;
    }
    keep(stream, type, text, len);
    if (stream->braces < 0 || stream->brackets < 0 || (stream->braces == 0 && stream->brackets == 0)) {
        tell_value(stream);
    }
}

JsonStream *json_stream_new(JsonListener *listener, void *opaque)
{
    JsonStream *stream = g_new0(JsonStream, 1);

    stream->listener = listener;
    stream->opaque = opaque;
    stream->value.tokens = g_array_new(false, false, sizeof(JsonToken));
    stream->value.text = g_string_new(NULL);
    json_lexer_init(&stream->lexer, on_token, stream);
    return stream;
}

void json_stream_free(JsonStream *stream)
{
    if (stream) {
        json_lexer_finish(&stream->lexer);
        g_array_free(stream->value.tokens, true);
        g_string_free(stream->value.text, true);
        g_free(stream);
    }
}

void json_stream_feed(JsonStream *stream, uint8_t byte)
{
    json_lexer_feed(&stream->lexer, byte);
}

void json_stream_reset(JsonStream *stream)
{
    forget(stream);
    json_lexer_reset(&stream->lexer);
}

bool json_stream_idle(const JsonStream *stream)
{
    return stream->value.tokens->len == 0 && stream->lexer.text->len == 0;
}
