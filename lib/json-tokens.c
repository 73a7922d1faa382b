/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tokens to values, in the words of QMP's errors; see json-tokens.h. */
#include "lib/json-tokens.h"

#include <string.h>

#include "lib/parse.h"

typedef struct Reader {
    const JsonTokens *tokens;
    unsigned at;
    Error **errp;
} Reader;

static bool parse_error(Reader *reader, const char *what)
{
    return fail(reader->errp, "JSON parse error, %s", what);
}

/* The next token, NULL at the end. */
static const JsonToken *peek(const Reader *reader)
{
    return reader->at < reader->tokens->tokens->len ? &g_array_index(reader->tokens->tokens, JsonToken, reader->at) : NULL;
}

/* Take the next token when it is a @type. */
static bool take(Reader *reader, JsonTokenType type)
{
    const JsonToken *token = peek(reader);

    if (!token || token->type != type) {
        return false;
    }
    reader->at++;
    return true;
}

static bool read_value(Reader *reader, Json **ret);

/* ---- strings ---- */

static const struct {
    char letter, meaning;
} escapes[] = {
    { '"', '"' }, { '\'', '\'' }, { '\\', '\\' }, { '/', '/' },
    { 'b', '\b' }, { 'f', '\f' }, { 'n', '\n' }, { 'r', '\r' }, { 't', '\t' },
};

/* The last two code points of each plane, and 32 in the first, are never characters (Unicode 15, 23.7). */
static bool is_character(gunichar c)
{
    return g_unichar_validate(c) && (c & 0xfffe) != 0xfffe && !(c >= 0xfdd0 && c <= 0xfdef);
}

/* The four digits of "\uXXXX" at @at; -1: there is none. */
static int32_t read_unit(const char *at, const char *end)
{
    int32_t unit = 0;

    if (end - at < 6 || at[0] != '\\' || at[1] != 'u') {
        return -1;
    }
    for (unsigned i = 2; i < 6; i++) {
        if (!g_ascii_isxdigit(at[i])) {
            return -1;
        }
        unit = unit * 16 + g_ascii_xdigit_value(at[i]);
    }
    return unit;
}

/* "\uXXXX" or two of them that are a surrogate pair. Returns what follows, NULL with the error set. */
static const char *read_unicode(Reader *reader, const char *at, const char *end, GString *out)
{
    int32_t high = read_unit(at, end), low = end - at >= 12 ? read_unit(at + 6, end) : -1;
    bool pair = high >= 0xd800 && high < 0xdc00 && low >= 0xdc00 && low < 0xe000;
    gunichar c = pair ? 0x10000 + (((gunichar)high & 0x3ff) << 10) + ((gunichar)low & 0x3ff) : (gunichar)high;

    if (high < 0 || !is_character(c)) {
        fail(reader->errp, "JSON parse error, %.*s is not a valid Unicode character", (int)MIN(end + 1 - at, 6), at);
        return NULL;
    }
    if (c) {
        g_string_append_unichar(out, c);
    } else {
        g_string_append_c(out, '\0');
    }
    return at + (pair ? 12 : 6);
}

static const char *read_escape(Reader *reader, const char *at, const char *end, GString *out)
{
    if (at[1] == 'u') {
        return read_unicode(reader, at, end, out);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(escapes); i++) {
        if (at[1] == escapes[i].letter) {
            g_string_append_c(out, escapes[i].meaning);
            return at + 2;
        }
    }
    parse_error(reader, "invalid escape sequence in string");
    return NULL;
}

static const char *read_character(Reader *reader, const char *at, const char *end, GString *out)
{
    gunichar c = g_utf8_get_char_validated(at, end - at);

    if (c == (gunichar)-1 || c == (gunichar)-2 || !is_character(c)) {
        parse_error(reader, "invalid UTF-8 sequence in string");
        return NULL;
    }
    const char *next = g_utf8_next_char(at);
    g_string_append_len(out, at, next - at);
    return next;
}

static bool read_string(Reader *reader, const char *text, size_t len, Json **ret)
{
    g_autoptr(GString) out = g_string_new(NULL);
    const char *at = text + 1, *end = text + len - 1;

    while (at < end) {
        at = *at == '\\' ? read_escape(reader, at, end, out) : read_character(reader, at, end, out);
        if (!at) {
            return false;
        }
    }
    *ret = json_object_new_string_len(out->str, (int)out->len);
    return true;
}

/* ---- other scalars ---- */

static bool read_number(Reader *reader, const JsonToken *token, const char *text, Json **ret)
{
    Error *too_big = NULL;
    int64_t number;
    uint64_t large;
    double value;

    if (token->type == JSON_TOKEN_INTEGER && parse_i64(text, INT64_MIN, INT64_MAX, &number, &too_big)) {
        *ret = json_object_new_int64(number);
        return true;
    }
    error_clear(&too_big);
    if (token->type == JSON_TOKEN_INTEGER && parse_u64(text, UINT64_MAX, &large, &too_big)) {
        *ret = json_object_new_uint64(large);
        return true;
    }
    error_clear(&too_big);
    if (!parse_double(text, &value, &too_big)) {
        error_free(too_big);
        return fail(reader->errp, "JSON parse error, %s is too large", text);
    }
    *ret = json_object_new_double(value);
    return true;
}

static bool read_keyword(Reader *reader, const char *text, Json **ret)
{
    bool is_true = g_str_equal(text, "true");

    if (is_true || g_str_equal(text, "false")) {
        *ret = json_object_new_boolean(is_true);
        return true;
    }
    *ret = NULL;
    return g_str_equal(text, "null") || fail(reader->errp, "JSON parse error, invalid keyword '%s'", text);
}

static bool read_scalar(Reader *reader, const JsonToken *token, Json **ret)
{
    const char *text = reader->tokens->text->str + token->at;

    switch (token->type) {
    case JSON_TOKEN_STRING:
        return read_string(reader, text, token->len, ret);
    case JSON_TOKEN_KEYWORD:
        return read_keyword(reader, text, ret);
    case JSON_TOKEN_INTEGER:
    case JSON_TOKEN_FLOAT:
        return read_number(reader, token, text, ret);
    default:
        return parse_error(reader, "expecting value");
    }
}

/* ---- objects and arrays ---- */

/* Behind an item: true at the @end, false with *ret_more when another follows, or with the error set. */
static bool read_separator(Reader *reader, JsonTokenType end, const char *where, bool *ret_more)
{
    *ret_more = take(reader, JSON_TOKEN_COMMA);
    return *ret_more || take(reader, end) || fail(reader->errp, "JSON parse error, expected separator in %s", where);
}

/* A name is a string; ours end at a NUL, so one inside could pass for another name. */
static bool check_name(Reader *reader, Json *name)
{
    if (!json_object_is_type(name, json_type_string)) {
        return parse_error(reader, "key is not a string in object");
    }
    return strlen(json_object_get_string(name)) == (size_t)json_object_get_string_len(name) ||
           parse_error(reader, "NUL in the name of a member");
}

static bool read_member(Reader *reader, Json *object)
{
    g_autoptr(Json) name = NULL;
    Json *value = NULL;

    if (!read_value(reader, &name) || !check_name(reader, name)) {
        return false;
    }
    if (!take(reader, JSON_TOKEN_COLON)) {
        return parse_error(reader, "missing : in object pair");
    }
    if (!read_value(reader, &value)) {
        return false;
    }
    if (json_object_object_get_ex(object, json_object_get_string(name), NULL)) {
        json_free(value);
        return parse_error(reader, "duplicate key");
    }
    json_add(object, json_object_get_string(name), value);
    return true;
}

static bool read_object(Reader *reader, Json *object)
{
    bool more = !take(reader, JSON_TOKEN_OBJECT_END);

    while (more) {
        if (!read_member(reader, object) || !read_separator(reader, JSON_TOKEN_OBJECT_END, "dict", &more)) {
            return false;
        }
    }
    return true;
}

static bool read_array(Reader *reader, Json *array)
{
    bool more = !take(reader, JSON_TOKEN_ARRAY_END);

    while (more) {
        Json *item = NULL;
        if (!read_value(reader, &item)) {
            return false;
        }
        json_append(array, item);
        if (!read_separator(reader, JSON_TOKEN_ARRAY_END, "list", &more)) {
            return false;
        }
    }
    return true;
}

static bool read_container(Reader *reader, Json *container, bool (*read)(Reader *reader, Json *container), Json **ret)
{
    if (!read(reader, container)) {
        json_free(container);
        return false;
    }
    *ret = container;
    return true;
}

static bool read_value(Reader *reader, Json **ret)
{
    const JsonToken *token = peek(reader);

    if (!token) {
        return parse_error(reader, "premature EOI");
    }
    reader->at++;
    if (token->type == JSON_TOKEN_OBJECT) {
        return read_container(reader, json_new(), read_object, ret);
    }
    if (token->type == JSON_TOKEN_ARRAY) {
        return read_container(reader, json_array(), read_array, ret);
    }
    return read_scalar(reader, token, ret);
}

bool json_tokens_parse(const JsonTokens *tokens, Json **ret, Error **errp)
{
    Reader reader = { .tokens = tokens, .errp = errp };

    return read_value(&reader, ret);
}
