/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of settings as users write them: "name,key=value,flag" and the JSON
 * form '{"driver": "name", "key": value}'. Order is kept; a later setting of
 * the same key wins.
 */
#ifndef LIB_KEYVAL_H
#define LIB_KEYVAL_H

#include <glib.h>
#include <stdbool.h>

#include "lib/json.h"

typedef struct KeyVal {
    char *key;
    char *value;
    bool bare;      /* the user wrote the key alone; value is then "on" */
} KeyVal;

typedef struct KeyVals {
    GArray *items;  /* of KeyVal, in the order written */
} KeyVals;

/*
 * Parse "a=b,c=d". ",," in a value is a comma. A first item without '=' is the
 * value of @implied (may be NULL); any other item without '=' is "item=on".
 * A text that starts with '{' is JSON: nested objects become dotted keys
 * ("socket.path"), array elements "key.0", numbers and booleans their text.
 * Returns NULL with *errp set when malformed.
 */
KeyVals *keyval_parse(const char *text, const char *implied, Error **errp);

/* The same from a JSON object already parsed; NULL with *errp set for a value that is null. */
KeyVals *keyval_from_json(Json *object, Error **errp);

KeyVals *keyval_new(void);
void keyval_free(KeyVals *kv);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KeyVals, keyval_free)

void keyval_add(KeyVals *kv, const char *key, const char *value);

/* Append copies of all of @from. */
void keyval_add_all(KeyVals *kv, const KeyVals *from);

/* The last value of @key, or NULL; valid until the list changes. */
const char *keyval_get(const KeyVals *kv, const char *key);

/* Remove all settings of @key and return the last value (caller frees), or NULL. */
char *keyval_take(KeyVals *kv, const char *key);

/* The user asks for help: a bare "help" or "?" anywhere. */
bool keyval_wants_help(const KeyVals *kv);

#endif
