/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of settings, key=value and JSON; see keyval.h. */
#include "lib/keyval.h"

#include <string.h>

static void clear_item(void *item)
{
    KeyVal *kv = item;

    g_free(kv->key);
    g_free(kv->value);
}

KeyVals *keyval_new(void)
{
    KeyVals *kv = g_new0(KeyVals, 1);

    kv->items = g_array_new(false, true, sizeof(KeyVal));
    g_array_set_clear_func(kv->items, clear_item);
    return kv;
}

void keyval_free(KeyVals *kv)
{
    if (kv) {
        g_array_unref(kv->items);
        g_free(kv);
    }
}

static void add_item(KeyVals *kv, char *key, char *value, bool bare)
{
    KeyVal item = { key, value, bare };

    g_array_append_val(kv->items, item);
}

void keyval_add(KeyVals *kv, const char *key, const char *value)
{
    add_item(kv, g_strdup(key), g_strdup(value), false);
}

void keyval_add_all(KeyVals *kv, const KeyVals *from)
{
    for (unsigned i = 0; i < from->items->len; i++) {
        const KeyVal *item = &g_array_index(from->items, KeyVal, i);
        add_item(kv, g_strdup(item->key), g_strdup(item->value), item->bare);
    }
}

/* Cut one item off *at, undoing ",,"; *at ends behind the separating comma. */
static char *next_item(const char **at)
{
    GString *item = g_string_new(NULL);

    for (; **at; (*at)++) {
        if (**at == ',') {
            (*at)++;
            if (**at != ',') {
                break;
            }
        }
        g_string_append_c(item, **at);
    }
    return g_string_free(item, false);
}

static bool parse_pairs(KeyVals *kv, const char *text, const char *implied, Error **errp)
{
    const char *at = text;

    for (bool first = true; *at; first = false) {
        g_autofree char *item = next_item(&at);
        char *equals = strchr(item, '=');
        if (first && implied && !equals) {
            bool help = g_str_equal(item, "help") || g_str_equal(item, "?");
            add_item(kv, g_strdup(help ? item : implied), g_strdup(help ? "on" : item), help);
        } else if (!equals && *item) {
            add_item(kv, g_strdup(item), g_strdup("on"), true);
        } else if (!equals || equals == item) {
            return fail(errp, "a setting without a name in '%s'", text);
        } else {
            add_item(kv, g_strndup(item, equals - item), g_strdup(equals + 1), false);
        }
    }
    return true;
}

static bool flatten(KeyVals *kv, const char *key, Json *value, Error **errp);

static char *joined_key(const char *prefix, const char *name)
{
    return *prefix ? g_strdup_printf("%s.%s", prefix, name) : g_strdup(name);
}

static bool flatten_object(KeyVals *kv, const char *prefix, Json *object, Error **errp)
{
    json_object_object_foreach(object, name, value) {
        g_autofree char *key = joined_key(prefix, name);
        if (!flatten(kv, key, value, errp)) {
            return false;
        }
    }
    return true;
}

static bool flatten_array(KeyVals *kv, const char *prefix, Json *array, Error **errp)
{
    for (size_t i = 0; i < json_object_array_length(array); i++) {
        g_autofree char *key = g_strdup_printf("%s.%zu", prefix, i);
        if (!flatten(kv, key, json_object_array_get_idx(array, i), errp)) {
            return false;
        }
    }
    return true;
}

static bool flatten(KeyVals *kv, const char *key, Json *value, Error **errp)
{
    switch (json_object_get_type(value)) {
    case json_type_object:
        return flatten_object(kv, key, value, errp);
    case json_type_array:
        return flatten_array(kv, key, value, errp);
    case json_type_boolean:
        keyval_add(kv, key, json_object_get_boolean(value) ? "on" : "off");
        return true;
    case json_type_null:
        return fail(errp, "the value of '%s' is null", key);
    default:
        keyval_add(kv, key, json_object_get_string(value));
        return true;
    }
}

KeyVals *keyval_from_json(Json *object, Error **errp)
{
    KeyVals *kv = keyval_new();

    if (!flatten_object(kv, "", object, errp)) {
        g_clear_pointer(&kv, keyval_free);
    }
    return kv;
}

static KeyVals *parse_json(const char *text, Error **errp)
{
    g_autoptr(Json) object = json_parse(text, errp);

    return object ? keyval_from_json(object, errp) : NULL;
}

KeyVals *keyval_parse(const char *text, const char *implied, Error **errp)
{
    if (text[0] == '{') {
        return parse_json(text, errp);
    }
    KeyVals *kv = keyval_new();
    if (!parse_pairs(kv, text, implied, errp)) {
        g_clear_pointer(&kv, keyval_free);
    }
    return kv;
}

const char *keyval_get(const KeyVals *kv, const char *key)
{
    for (unsigned i = kv->items->len; i-- > 0;) {
        const KeyVal *item = &g_array_index(kv->items, KeyVal, i);
        if (g_str_equal(item->key, key)) {
            return item->value;
        }
    }
    return NULL;
}

char *keyval_take(KeyVals *kv, const char *key)
{
    char *value = g_strdup(keyval_get(kv, key));

    for (unsigned i = kv->items->len; i-- > 0;) {
        if (g_str_equal(g_array_index(kv->items, KeyVal, i).key, key)) {
            g_array_remove_index(kv->items, i);
        }
    }
    return value;
}

bool keyval_wants_help(const KeyVals *kv)
{
    for (unsigned i = 0; i < kv->items->len; i++) {
        const KeyVal *item = &g_array_index(kv->items, KeyVal, i);
        if (item->bare && (g_str_equal(item->key, "help") || g_str_equal(item->key, "?"))) {
            return true;
        }
    }
    return false;
}
