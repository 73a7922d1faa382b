/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A setting is a row: name, kind, default as text, help. A kind is a C type
 * with a parser and a printer; defaults go through the same parser as the
 * user's words.
 */
#ifndef CORE_PROPERTY_H
#define CORE_PROPERTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/json.h"
#include "lib/keyval.h"

typedef struct Property Property;

/* What a kind is in JSON. */
typedef enum PropJson { PROP_JSON_STR, PROP_JSON_INT, PROP_JSON_BOOL, PROP_JSON_ANY } PropJson;

typedef struct PropKind {
    const char *name;       /* as help and introspection show it: "bool", "uint32", "str" */
    PropJson json;
    /* Read @text into @field. Writes on success only. */
    bool (*parse)(const Property *prop, const char *text, void *field, Error **errp);
    /* The value as text, for the caller to free. */
    char *(*print)(const Property *prop, const void *field);
    /* Release what the field owns; NULL: nothing. */
    void (*finish)(void *field);
} PropKind;

struct Property {
    const char *name;
    const PropKind *kind;
    size_t offset;          /* of the field in the object */
    const char *def;        /* default as text; NULL leaves the field zero */
    const char *help;
    const char *const *words;   /* kind enum: NULL-terminated names of 0, 1, 2 ... */
    bool required;          /* of a command's argument */
    const char *shape;      /* kind json: what it must look like (core/command.h) */
    /* Text of "name=help": what it can be, with the other settings @kv; the caller frees it. NULL: no such list. */
    char *(*choices)(const KeyVals *kv);
};

/* The C type of each kind. Add the pair PropType_x / prop_x to add a kind. */
typedef bool PropType_bool;
typedef uint8_t PropType_u8;
typedef uint16_t PropType_u16;
typedef uint32_t PropType_u32;
typedef uint64_t PropType_u64;
typedef int32_t PropType_i32;
typedef int64_t PropType_i64;
typedef uint64_t PropType_size;     /* bytes; a number without suffix is bytes */
typedef char *PropType_str;
typedef int PropType_enum;
typedef Json *PropType_json;        /* anything JSON can say; only for arguments of commands */

/* A switch that can also be left to the emulator. */
typedef enum OnOffAuto { ON_OFF_AUTO_AUTO, ON_OFF_AUTO_ON, ON_OFF_AUTO_OFF } OnOffAuto;
typedef OnOffAuto PropType_onoffauto;

extern const PropKind prop_bool, prop_u8, prop_u16, prop_u32, prop_u64, prop_i32, prop_i64, prop_size, prop_str,
    prop_enum, prop_onoffauto, prop_json;

/* 0, or a compile error when the field's type is not the kind's. */
#define PROP_TYPE_CHECK(S, f, type) \
    (0 * sizeof(char[__builtin_types_compatible_p(__typeof__(((S *)0)->f), type) ? 1 : -1]))

#define PROP(S, f, k, n, d, h) \
    { .name = (n), .kind = &prop_##k, .offset = offsetof(S, f) + PROP_TYPE_CHECK(S, f, PropType_##k), .def = (d), .help = (h) }

/* An int field whose values are the positions in @w. */
#define PROP_ENUM(S, f, w, n, d, h) \
    { .name = (n), .kind = &prop_enum, .offset = offsetof(S, f) + PROP_TYPE_CHECK(S, f, int), .def = (d), .help = (h), .words = (w) }

/* A text of which the host knows what it can be: "name=help" prints what @c finds. */
#define PROP_CHOICES(S, f, n, h, c) \
    { .name = (n), .kind = &prop_str, .offset = offsetof(S, f) + PROP_TYPE_CHECK(S, f, PropType_str), .help = (h), .choices = (c) }

/* The field of @prop in @object. */
static inline void *property_field(const Property *prop, void *object)
{
    return (char *)object + prop->offset;
}

/* Row of @name in a list ended by an empty row, or NULL. */
const Property *property_find(const Property *props, const char *name);

/* Set one field from text; the error names the property and the value. */
bool property_set(const Property *prop, void *object, const char *text, Error **errp);

/* @value is of the type the property has in JSON: "Parameter 'size' expects uint64", or as property_set_json() says. */
bool property_check_json(const Property *prop, Json *value, Error **errp);

/* Set one field from JSON: "Invalid parameter type for 'x', expected: integer" when it is of another type. */
bool property_set_json(const Property *prop, void *object, Json *value, Error **errp);

/* The value for the caller to free. */
Json *property_get_json(const Property *prop, const void *object);

/* Set every field that has a default. The defaults are ours: a bad one is a bug (tested for every class). */
void property_set_defaults(const Property *props, void *object);

/* Release what the fields own. */
void properties_finish(const Property *props, void *object);

/* "name=<kind>  - help (default: x)" for -device X,help and its like. */
char *property_describe(const Property *prop);

#endif
