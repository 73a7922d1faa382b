/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Glue to json-c: short words for making objects, and text in the form QEMU
 * sends it. Functions that add take over the value.
 */
#ifndef LIB_JSON_H
#define LIB_JSON_H

#include <glib.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"

typedef json_object Json;

static inline Json *json_object_ref(Json *value)
{
    return json_object_get(value);
}

/* NULL is accepted. */
static inline void json_free(Json *value)
{
    json_object_put(value);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Json, json_free)

static inline Json *json_new(void)
{
    return json_object_new_object();
}

static inline Json *json_array(void)
{
    return json_object_new_array();
}

/* NULL becomes "". */
static inline Json *json_text(const char *text)
{
    return json_object_new_string(text ? text : "");
}

/* Each returns @object. */
static inline Json *json_add(Json *object, const char *key, Json *value)
{
    json_object_object_add(object, key, value);
    return object;
}

static inline Json *json_add_str(Json *object, const char *key, const char *text)
{
    return json_add(object, key, json_text(text));
}

static inline Json *json_add_int(Json *object, const char *key, int64_t value)
{
    return json_add(object, key, json_object_new_int64(value));
}

static inline Json *json_add_bool(Json *object, const char *key, bool value)
{
    return json_add(object, key, json_object_new_boolean(value));
}

/* Returns @array. */
static inline Json *json_append(Json *array, Json *value)
{
    json_object_array_add(array, value);
    return array;
}

/* The member @key, still the object's, or NULL. */
static inline Json *json_get(Json *object, const char *key)
{
    Json *value = NULL;

    return json_object_object_get_ex(object, key, &value) ? value : NULL;
}

/* The text of the string member @key, still the object's; NULL: not there, or no string. */
const char *json_get_str(Json *object, const char *key);

/* One line of ASCII, a space after ':' and ',': {"return": {}}. The caller frees it. */
char *json_print(Json *value);

/* A line each item, four spaces a level. The caller frees it. */
char *json_print_pretty(Json *value);

/* The value @text holds, all of it; NULL with *errp set "JSON parse error, ...". A null is an error too. */
Json *json_parse(const char *text, Error **errp);

#endif
