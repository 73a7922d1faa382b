/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The schema, made from the rows of commands, events and classes; see schema.h. */
#include "monitor/schema.h"

#include <string.h>

#include "core/shape.h"

typedef struct Schema {
    Json *entries;
    GHashTable *names;      /* a type without its name, printed -> its name */
    unsigned next;          /* number of the next type */
} Schema;

/* ---- types ---- */

/* The name of the type that looks like @entry, which it takes over. */
static const char *add_type(Schema *schema, Json *entry)
{
    g_autofree char *key = json_print(entry);
    const char *known = g_hash_table_lookup(schema->names, key);

    if (known) {
        json_free(entry);
        return known;
    }
    char *name = g_strdup_printf("%u", schema->next++);
    json_append(schema->entries, json_add_str(entry, "name", name));
    g_hash_table_insert(schema->names, g_steal_pointer(&key), name);
    return name;
}

/* Arrays and builtins are named after what they are. */
static const char *add_named(Schema *schema, const char *name, Json *entry)
{
    if (g_hash_table_contains(schema->names, name)) {
        json_free(entry);
    } else {
        json_append(schema->entries, json_add_str(entry, "name", name));
        g_hash_table_insert(schema->names, g_strdup(name), g_strdup(name));
    }
    return g_hash_table_lookup(schema->names, name);
}

static Json *entry_new(const char *meta_type)
{
    return json_add_str(json_new(), "meta-type", meta_type);
}

static const char *builtin_type(Schema *schema, ShapeKind kind)
{
    static const char *const json_types[] = {
        [SHAPE_STR] = "string", [SHAPE_INT] = "int", [SHAPE_NUMBER] = "number",
        [SHAPE_BOOL] = "boolean", [SHAPE_NULL] = "null", [SHAPE_ANY] = "value",
    };

    return add_named(schema, shape_builtin_name(kind), json_add_str(entry_new("builtin"), "json-type", json_types[kind]));
}

/* Old readers know "values", new ones "members". */
static const char *enum_type(Schema *schema, const char *const *words)
{
    Json *entry = entry_new("enum"), *values = json_array(), *members = json_array();

    for (; *words; words++) {
        json_append(values, json_text(*words));
        json_append(members, json_add_str(json_new(), "name", *words));
    }
    json_add(entry, "members", members);
    return add_type(schema, json_add(entry, "values", values));
}

static const char *array_type(Schema *schema, const char *item)
{
    g_autofree char *name = g_strdup_printf("[%s]", item);

    return add_named(schema, name, json_add_str(entry_new("array"), "element-type", item));
}

static Json *member_new(const char *name, const char *type, bool optional)
{
    Json *member = json_add_str(json_new(), "name", name);

    json_add_str(member, "type", type);
    return optional ? json_add(member, "default", NULL) : member;
}

static const char *type_of_shape(Schema *schema, const Shape *shape);

static const char *object_type(Schema *schema, const Shape *shape)
{
    Json *members = json_array();

    for (unsigned i = 0; i < shape->members->len; i++) {
        const ShapeMember *member = shape->members->pdata[i];
        json_append(members, member_new(member->name, type_of_shape(schema, member->shape), member->optional));
    }
    return add_type(schema, json_add(entry_new("object"), "members", members));
}

static const char *type_of_shape(Schema *schema, const Shape *shape)
{
    switch (shape->kind) {
    case SHAPE_ENUM:
        return enum_type(schema, (const char *const *)shape->words);
    case SHAPE_ARRAY:
        return array_type(schema, type_of_shape(schema, shape->item));
    case SHAPE_OBJECT:
        return object_type(schema, shape);
    default:
        return builtin_type(schema, shape->kind);
    }
}

/* Texts are ours; NULL is {}. */
static const char *type_of_text(Schema *schema, const char *text)
{
    Error *err = NULL;
    g_autoptr(Shape) shape = shape_parse(text ? text : "{}", &err);

    g_assert(shape);
    return type_of_shape(schema, shape);
}

/* ---- rows ---- */

static const char *type_of_property(Schema *schema, const Property *prop)
{
    static const char *const on_off_auto[] = { "auto", "on", "off", NULL };
    static const ShapeKind kinds[] = {
        [PROP_JSON_STR] = SHAPE_STR, [PROP_JSON_INT] = SHAPE_INT, [PROP_JSON_BOOL] = SHAPE_BOOL, [PROP_JSON_ANY] = SHAPE_ANY,
    };

    if (prop->words || prop->kind == &prop_onoffauto) {
        return enum_type(schema, prop->words ? prop->words : on_off_auto);
    }
    return prop->shape ? type_of_text(schema, prop->shape) : builtin_type(schema, kinds[prop->kind->json]);
}

static void add_properties(Schema *schema, Json *members, const Property *props)
{
    for (; props && props->name; props++) {
        json_append(members, member_new(props->name, type_of_property(schema, props), !props->required));
    }
}

/* What a class adds to the arguments: its properties and its ancestors', from @base down. */
static void add_class_properties(Schema *schema, Json *members, const Class *cls, const Class *base)
{
    if (cls && cls != base) {
        add_class_properties(schema, members, cls->parent, base);
        add_properties(schema, members, cls->props);
    }
}

static const char *class_type(Schema *schema, const Class *cls, const Class *base)
{
    Json *members = json_array();

    add_class_properties(schema, members, cls, base);
    return add_type(schema, json_add(entry_new("object"), "members", members));
}

static bool is_offered(const Class *cls)
{
    return !cls->abstract && !cls->internal;
}

/* A variant for each class; returns their names as an enum's type. */
static const char *add_variants(Schema *schema, Json *variants, const Class *base)
{
    g_autoptr(GPtrArray) classes = class_list(base), words = g_ptr_array_new_with_free_func(g_free);

    for (unsigned i = 0; i < classes->len; i++) {
        const Class *cls = classes->pdata[i];
        if (is_offered(cls)) {
            char *name = class_user_name(cls);
            Json *variant = json_add_str(json_new(), "case", name);
            json_append(variants, json_add_str(variant, "type", class_type(schema, cls, base)));
            g_ptr_array_add(words, name);
        }
    }
    g_ptr_array_add(words, NULL);
    return enum_type(schema, (const char *const *)words->pdata);
}

static const char *argument_type(Schema *schema, const QmpCommand *command)
{
    Json *entry = entry_new("object"), *members = json_array(), *variants = command->tag ? json_array() : NULL;

    for (const Property *row = command->args; row && row->name; row++) {
        bool is_tag = command->tag && g_str_equal(row->name, command->tag);
        const char *type = is_tag ? add_variants(schema, variants, command->tag_class) : type_of_property(schema, row);
        json_append(members, member_new(row->name, type, !row->required));
    }
    json_add(entry, "members", members);
    if (command->tag) {
        json_add_str(entry, "tag", command->tag);
        json_add(entry, "variants", variants);
    }
    return add_type(schema, entry);
}

static void add_command(Schema *schema, const QmpCommand *command)
{
    Json *entry = json_add_str(entry_new("command"), "name", command->name);

    json_add_str(entry, "arg-type", argument_type(schema, command));
    json_add_str(entry, "ret-type", type_of_text(schema, command->returns));
    if (command->oob) {
        json_add_bool(entry, "allow-oob", true);
    }
    if (command->features) {
        Json *features = json_array();
        for (const char *const *feature = command->features; *feature; feature++) {
            json_append(features, json_text(*feature));
        }
        json_add(entry, "features", features);
    }
    json_append(schema->entries, entry);
}

static void add_event(Schema *schema, const Event *event)
{
    Json *entry = json_add_str(entry_new("event"), "name", event->name);

    json_append(schema->entries, json_add_str(entry, "arg-type", type_of_text(schema, event->data)));
}

Json *schema_new(void)
{
    g_autoptr(GPtrArray) commands = qmp_commands(), events = event_list();
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    Schema schema = { .entries = json_array(), .names = names };

    type_of_text(&schema, NULL);    /* {} is "0" */
    for (unsigned i = 0; i < commands->len; i++) {
        add_command(&schema, commands->pdata[i]);
    }
    for (unsigned i = 0; i < events->len; i++) {
        add_event(&schema, events->pdata[i]);
    }
    return schema.entries;
}

/* ---- the commands ---- */

static bool query_qmp_schema(QmpCall *call, Error **errp)
{
    call->ret = schema_new();
    return true;
}

QMP_COMMAND(query_qmp_schema_command) = {
    .name = "query-qmp-schema",
    .help = "Commands, events and their types (QEMU's QAPI introspection).",
    .returns = "[any]",
    .run = query_qmp_schema,
    .preconfig = true,
};
