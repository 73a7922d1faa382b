/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text of JSON, written and read; see json.h. */
#include "lib/json.h"

#include <string.h>

#include "lib/json-stream.h"

const char *json_get_str(Json *object, const char *key)
{
    Json *value = json_get(object, key);

    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

static void print(GString *out, Json *value, int depth);

/* What has a letter of its own behind a backslash. */
static const char escaped[128] = {
    ['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't',
};

static void print_character(GString *out, gunichar c)
{
    if (c < sizeof(escaped) && escaped[c]) {
        g_string_append_printf(out, "\\%c", escaped[c]);
    } else if (c >= 0x20 && c < 0x7f) {
        g_string_append_c(out, (char)c);
    } else if (c > 0xffff) {    /* a surrogate pair */
        g_string_append_printf(out, "\\u%04X\\u%04X", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + (c & 0x3ff));
    } else {
        g_string_append_printf(out, "\\u%04X", c);
    }
}

/* Only ASCII goes out, so that no reader has to guess; what is not UTF-8 becomes U+FFFD. */
static void print_text(GString *out, const char *text, size_t len)
{
    g_string_append_c(out, '"');
    for (const char *end = text + len; text < end;) {
        gunichar c = *text ? g_utf8_get_char_validated(text, end - text) : 0;
        bool valid = c != (gunichar)-1 && c != (gunichar)-2;
        print_character(out, valid ? c : 0xfffd);
        text = valid ? g_utf8_next_char(text) : text + 1;
    }
    g_string_append_c(out, '"');
}

static void print_name(GString *out, const char *name)
{
    print_text(out, name, strlen(name));
}

static void print_double(GString *out, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    g_string_append(out, g_ascii_formatd(text, sizeof(text), "%.17g", value));
}

static void print_scalar(GString *out, Json *value)
{
    switch (json_object_get_type(value)) {
    case json_type_string:
        print_text(out, json_object_get_string(value), (size_t)json_object_get_string_len(value));
        break;
    case json_type_double:
        print_double(out, json_object_get_double(value));
        break;
    default:
        g_string_append(out, json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
    }
}

/* A line of its own at @depth when @depth is not negative. */
static void new_line(GString *out, int depth)
{
    if (depth >= 0) {
        g_string_append_printf(out, "\n%*s", depth * 4, "");
    }
}

static int deeper(int depth)
{
    return depth < 0 ? depth : depth + 1;
}

static void print_object(GString *out, Json *object, int depth)
{
    const char *separator = "";

    g_string_append_c(out, '{');
    json_object_object_foreach(object, name, member) {
        g_string_append(out, separator);
        new_line(out, deeper(depth));
        print_name(out, name);
        g_string_append(out, ": ");
        print(out, member, deeper(depth));
        separator = depth < 0 ? ", " : ",";
    }
    new_line(out, depth);
    g_string_append_c(out, '}');
}

static void print_array(GString *out, Json *array, int depth)
{
    g_string_append_c(out, '[');
    for (size_t i = 0; i < json_object_array_length(array); i++) {
        g_string_append(out, i == 0 ? "" : depth < 0 ? ", " : ",");
        new_line(out, deeper(depth));
        print(out, json_object_array_get_idx(array, i), deeper(depth));
    }
    new_line(out, depth);
    g_string_append_c(out, ']');
}

static void print(GString *out, Json *value, int depth)
{
    switch (json_object_get_type(value)) {
    case json_type_object:
        print_object(out, value, depth);
        break;
    case json_type_array:
        print_array(out, value, depth);
        break;
    default:
        print_scalar(out, value);
    }
}

char *json_print(Json *value)
{
    GString *out = g_string_new(NULL);

    print(out, value, -1);
    return g_string_free(out, false);
}

char *json_print_pretty(Json *value)
{
    GString *out = g_string_new(NULL);

    print(out, value, 0);
    return g_string_free(out, false);
}

/* ---- reading ---- */

typedef struct Parsed {
    Json *value;
    Error *err;
    unsigned count;
} Parsed;

/* The first error counts; without one, the first value. */
static void on_result(void *opaque, Json *value, Error *err)
{
    Parsed *parsed = opaque;

    if (parsed->err || (!err && parsed->count > 0)) {
        error_free(err);
        json_free(value);
    } else {
        json_free(parsed->value);
        parsed->value = value;
        parsed->err = err;
    }
    parsed->count++;
}

static bool one_value(const Parsed *parsed, bool complete, Error **errp)
{
    if (parsed->err) {
        return fail(errp, "%s", error_message(parsed->err));
    }
    if (!complete) {
        return fail(errp, "JSON parse error, premature EOI");
    }
    if (parsed->count != 1) {
        return fail(errp, parsed->count ? "Expecting at most one JSON value" : "JSON parse error, expecting value");
    }
    return parsed->value || fail(errp, "JSON parse error, unexpected null");
}

Json *json_parse(const char *text, Error **errp)
{
    Parsed parsed = { 0 };
    JsonStream *stream = json_stream_new(on_result, &parsed);

    for (const char *at = text; *at; at++) {
        json_stream_feed(stream, (uint8_t)*at);
    }
    json_stream_feed(stream, ' ');     /* ends a number or a word */
    if (!one_value(&parsed, json_stream_idle(stream), errp)) {
        g_clear_pointer(&parsed.value, json_free);
    }
    error_free(parsed.err);
    json_stream_free(stream);
    return parsed.value;
}
