/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of properties from and to JSON; see property.h. */
#include "core/property.h"

#include <glib.h>
#include <string.h>

#include "core/shape.h"
#include "lib/parse.h"

/* ---- the kind of arguments that are more than scalars ---- */

static bool json_kind_parse(const Property *prop, const char *text, void *field, Error **errp)
{
    Json *value = json_parse(text, errp);

    if (value) {
        json_free(*(Json **)field);
        *(Json **)field = value;
    }
    return value != NULL;
}

static char *json_kind_print(const Property *prop, const void *field)
{
    return json_print(*(Json *const *)field);
}

static void json_kind_finish(void *field)
{
    g_clear_pointer((Json **)field, json_free);
}

const PropKind prop_json = {
    .name = "any", .json = PROP_JSON_ANY, .parse = json_kind_parse, .print = json_kind_print, .finish = json_kind_finish,
};

/* ---- every kind ---- */

static const struct {
    json_type type;
    const char *name;       /* in the words of QMP's errors */
} types[] = {
    [PROP_JSON_STR] = { json_type_string, "string" },
    [PROP_JSON_INT] = { json_type_int, "integer" },
    [PROP_JSON_BOOL] = { json_type_boolean, "boolean" },
};

static bool wrong_type(const Property *prop, const char *expected, Error **errp)
{
    return fail(errp, "Invalid parameter type for '%s', expected: %s", prop->name, expected);
}

/* Shapes are ours, and tests read each of them. */
static bool set_any(const Property *prop, Json **field, Json *value, Error **errp)
{
    g_autoptr(Shape) shape = shape_parse(prop->shape ? prop->shape : "any", errp);

    if (!shape || !shape_check(shape, value, prop->name, errp)) {
        return false;
    }
    json_free(*field);
    *field = json_object_ref(value);
    return true;
}

bool property_check_json(const Property *prop, Json *value, Error **errp)
{
    PropJson kind = prop->kind->json;

    if (kind == PROP_JSON_ANY || json_object_is_type(value, types[kind].type)) {
        return true;
    }
    return prop->kind == &prop_size ? fail(errp, "Parameter '%s' expects uint64", prop->name)
                                    : wrong_type(prop, types[kind].name, errp);
}

bool property_set_json(const Property *prop, void *object, Json *value, Error **errp)
{
    PropJson kind = prop->kind->json;

    if (kind == PROP_JSON_ANY) {
        return set_any(prop, property_field(prop, object), value, errp);
    }
    if (!property_check_json(prop, value, errp)) {
        return false;
    }
    const char *text = kind == PROP_JSON_BOOL ? (json_object_get_boolean(value) ? "on" : "off")
                                              : json_object_get_string(value);
    if (prop->kind->parse(prop, text, property_field(prop, object), errp)) {
        return true;
    }
    if (!prop->words) {
        return fail(errp, "Parameter '%s'", prop->name);
    }
    error_clear(errp);
    return fail(errp, "Parameter '%s' does not accept value '%s'", prop->name, text);
}

Json *property_get_json(const Property *prop, const void *object)
{
    const void *field = (const char *)object + prop->offset;

    if (prop->kind->json == PROP_JSON_ANY) {
        return json_object_ref(*(Json *const *)field);
    }
    if (prop->kind->json == PROP_JSON_BOOL) {
        return json_object_new_boolean(*(const bool *)field);
    }
    g_autofree char *text = prop->kind->print(prop, field);
    Error *err = NULL;
    Json *number = prop->kind->json == PROP_JSON_INT ? json_parse(text, &err) : NULL;
    error_free(err);
    return number ? number : json_text(text);
}
