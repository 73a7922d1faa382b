/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Glue to json-c; see json.h. */
#include "lib/json.h"

#include <string.h>

const char *json_get_str(Json *object, const char *key)
{
    Json *value = json_get(object, key);

    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

static void print(GString *out, Json *value);

static void print_scalar(GString *out, Json *value)
{
    g_string_append(out, json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

static void print_name(GString *out, const char *name)
{
    g_autoptr(Json) text = json_text(name);

    print_scalar(out, text);
}

static void print_object(GString *out, Json *object)
{
    const char *separator = "";

    g_string_append_c(out, '{');
    json_object_object_foreach(object, name, member) {
        g_string_append(out, separator);
        print_name(out, name);
        g_string_append(out, ": ");
        print(out, member);
        separator = ", ";
    }
    g_string_append_c(out, '}');
}

static void print_array(GString *out, Json *array)
{
    g_string_append_c(out, '[');
    for (size_t i = 0; i < json_object_array_length(array); i++) {
        g_string_append(out, i > 0 ? ", " : "");
        print(out, json_object_array_get_idx(array, i));
    }
    g_string_append_c(out, ']');
}

static void print(GString *out, Json *value)
{
    switch (json_object_get_type(value)) {
    case json_type_object:
        print_object(out, value);
        break;
    case json_type_array:
        print_array(out, value);
        break;
    default:
        print_scalar(out, value);
    }
}

char *json_print(Json *value)
{
    GString *out = g_string_new(NULL);

    print(out, value);
    return g_string_free(out, false);
}

/* Only white space between @at and the end of @text. */
static bool at_end(const char *text, size_t at)
{
    return strspn(text + at, " \t\r\n") == strlen(text + at);
}

/*
 * A number is complete only when something follows it. That is a newline: json-c
 * takes a NUL inside a comment for the end of the whole, wherever in the value it is.
 */
static Json *read_value(json_tokener *tokener, const char *text, size_t *ret_end)
{
    Json *value = json_tokener_parse_ex(tokener, text, (int)strlen(text));

    *ret_end = json_tokener_get_parse_end(tokener);
    if (json_tokener_get_error(tokener) == json_tokener_continue) {
        value = json_tokener_parse_ex(tokener, "\n", 1);
        *ret_end = strlen(text);
    }
    return value;
}

static const char *reason_of(enum json_tokener_error error)
{
    switch (error) {
    case json_tokener_success:
        return "null";
    case json_tokener_continue:
        error = json_tokener_error_parse_eof;
        break;
    default:
        break;
    }
    return json_tokener_error_desc(error);
}

Json *json_parse(const char *text, Error **errp)
{
    json_tokener *tokener = json_tokener_new();
    size_t end;
    Json *value = read_value(tokener, text, &end);

    if (!value) {
        fail(errp, "JSON parse error, %s at '%s'", reason_of(json_tokener_get_error(tokener)), text + end);
    } else if (!at_end(text, end)) {
        fail(errp, "JSON parse error, unexpected '%s' after the value", text + end);
        g_clear_pointer(&value, json_free);
    }
    json_tokener_free(tokener);
    return value;
}
