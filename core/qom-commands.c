/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that look at the tree of objects and the classes behind them. */
#include <string.h>

#include "core/command.h"
#include "core/device.h"
#include "core/tree.h"

/* What classes without a parent descend from, in the words of the tools that ask. */
CLASS(object_class) = {
    .name = "object",
    .desc = "What every object is",
    .size = sizeof(Object),
    .abstract = true,
};

/* ---- properties of a class ---- */

/* One property of a class, wherever it is written down: a setting or an attribute. */
typedef struct Seen {
    const char *name, *type, *help;
    const Property *prop;       /* NULL: an attribute */
} Seen;

typedef void SeePropertyFn(void *opaque, const Seen *seen);

/* Call @see for each, the oldest ancestor's first; what a descendant restates only once. */
static void for_each_property(const Class *cls, const Class *of, SeePropertyFn *see, void *opaque)
{
    if (cls->parent) {
        for_each_property(cls->parent, of, see, opaque);
    }
    for (const Attribute *row = cls->attributes; row && row->name; row++) {
        see(opaque, &(Seen){ row->name, row->type });
    }
    for (const Property *row = cls->props; row && row->name; row++) {
        if (class_property(of, row->name) == row) {
            see(opaque, &(Seen){ row->name, row->kind->name, row->help, row });
        }
    }
}

static Json *describe(const char *name, const char *type)
{
    return json_add_str(json_add_str(json_new(), "name", name), "type", type);
}

static void append_seen(void *opaque, const Seen *seen)
{
    Json *item = describe(seen->name, seen->type);

    json_append(opaque, seen->help ? json_add_str(item, "description", seen->help) : item);
}

static void append_name(void *opaque, const Seen *seen)
{
    json_append(opaque, describe(seen->name, seen->type));
}

/* ---- objects ---- */

static Object *find(const char *path, Error **errp)
{
    bool ambiguous;
    Object *obj = tree_find(path, &ambiguous);

    if (ambiguous || !*path) {
        fail(errp, "Path '%s' is ambiguous", path);
    } else if (!obj) {
        fail(errp, "Device '%s' not found", path);
        error_set_class(errp, ERROR_DEVICE_NOT_FOUND);
    }
    return *errp ? NULL : obj;
}

static Json *list_object(Object *obj)
{
    const GPtrArray *children = tree_children(obj);
    Json *list = json_append(json_array(), describe("type", "string"));

    for_each_property(obj->class, obj->class, append_name, list);
    for (unsigned i = 0; children && i < children->len; i++) {
        const Object *child = children->pdata[i];
        g_autofree char *type = g_strdup_printf("child<%s>", child->class->name);
        json_append(list, describe(child->name, type));
    }
    return list;
}

static Json *get_property(Object *obj, const char *name, Error **errp)
{
    const Property *prop = class_property(obj->class, name);
    const Attribute *attribute = class_attribute(obj->class, name);
    const Object *child = tree_child(obj, name);

    if (prop) {
        return property_get_json(prop, obj);
    }
    if (attribute) {
        return attribute->get(obj);
    }
    if (child) {
        g_autofree char *path = tree_path(child);
        return json_text(path);
    }
    if (g_str_equal(name, "type")) {
        return json_text(obj->class->name);
    }
    fail(errp, "Property '%s.%s' not found", obj->class->name, name);
    return NULL;
}

static bool set_property(Object *obj, const char *name, Json *value, Error **errp)
{
    const Property *prop = class_property(obj->class, name);
    const char *class_name = obj->class->name;
    bool readable = class_attribute(obj->class, name) || tree_child(obj, name) || g_str_equal(name, "type");

    if (!prop) {
        return fail(errp, readable ? "Property '%s.%s' is not writable" : "Property '%s.%s' not found", class_name, name);
    }
    if (!obj->realized) {
        return property_set_json(prop, obj, value, errp);
    }
    if (!obj->name) {
        return fail(errp, "Attempt to set property '%s' on anonymous device (type '%s') after it was realized", name, class_name);
    }
    return fail(errp, "Attempt to set property '%s' on device '%s' (type '%s') after it was realized", name, obj->name,
                class_name);
}

typedef struct Path {
    char *path;
} Path;

static bool qom_list(QmpCall *call, Error **errp)
{
    Object *obj = find(((Path *)call->args)->path, errp);

    call->ret = obj ? list_object(obj) : NULL;
    return obj != NULL;
}

#define PROPERTIES_SHAPE "[{name:str,type:str,?description:str,?default-value:any}]"

QMP_COMMAND(qmp_qom_list) = {
    .name = "qom-list",
    .help = "Properties and children of an object",
    .size = sizeof(Path),
    .args = (const Property[]){ ARG(Path, path, str, "path", "Path of the object"), { } },
    .returns = PROPERTIES_SHAPE,
    .run = qom_list,
    .preconfig = true,
};

typedef struct PropertyOf {
    char *path, *property;
    Json *value;
} PropertyOf;

static bool qom_get(QmpCall *call, Error **errp)
{
    const PropertyOf *args = call->args;
    Object *obj = find(args->path, errp);

    call->ret = obj ? get_property(obj, args->property, errp) : NULL;
    return call->ret != NULL;
}

QMP_COMMAND(qmp_qom_get) = {
    .name = "qom-get",
    .help = "A property of an object",
    .size = sizeof(PropertyOf),
    .args = (const Property[]){
        ARG(PropertyOf, path, str, "path", "Path of the object"),
        ARG(PropertyOf, property, str, "property", "Name of the property"),
        { }
    },
    .returns = "any",
    .run = qom_get,
    .preconfig = true,
};

static bool qom_set(QmpCall *call, Error **errp)
{
    const PropertyOf *args = call->args;
    Object *obj = find(args->path, errp);

    return obj && set_property(obj, args->property, args->value, errp);
}

QMP_COMMAND(qmp_qom_set) = {
    .name = "qom-set",
    .help = "Change a property of an object",
    .size = sizeof(PropertyOf),
    .args = (const Property[]){
        ARG(PropertyOf, path, str, "path", "Path of the object"),
        ARG(PropertyOf, property, str, "property", "Name of the property"),
        ARG_JSON(PropertyOf, value, "any", "value", "What it is to be"),
        { }
    },
    .run = qom_set,
    .preconfig = true,
};

/* ---- classes ---- */

typedef struct ListTypes {
    char *implements;
    bool abstract;
} ListTypes;

static Json *describe_class(const Class *cls)
{
    Json *item = json_new();

    if (cls->abstract) {
        json_add_bool(item, "abstract", true);
    }
    json_add_str(item, "name", cls->name);
    return cls == &object_class ? item : json_add_str(item, "parent", cls->parent ? cls->parent->name : object_class.name);
}

static bool qom_list_types(QmpCall *call, Error **errp)
{
    const ListTypes *args = call->args;
    const Class *base = args->implements ? class_find(args->implements) : &object_class;
    g_autoptr(GPtrArray) classes = class_list(base == &object_class ? NULL : base);

    call->ret = json_array();
    for (unsigned i = 0; base && i < classes->len; i++) {
        const Class *cls = classes->pdata[i];
        if (args->abstract || !cls->abstract) {
            json_append(call->ret, describe_class(cls));
        }
    }
    return true;
}

QMP_COMMAND(qmp_qom_list_types) = {
    .name = "qom-list-types",
    .help = "Classes there are",
    .size = sizeof(ListTypes),
    .args = (const Property[]){
        PROP(ListTypes, implements, str, "implements", NULL, "Only classes that descend from this one"),
        PROP(ListTypes, abstract, bool, "abstract", "off", "Abstract classes too"),
        { }
    },
    .returns = "[{name:str,?abstract:bool,?parent:str}]",
    .run = qom_list_types,
    .preconfig = true,
};

typedef struct TypeName {
    char *name;
} TypeName;

static const Property type_name_rows[] = { ARG(TypeName, name, str, "typename", "Name of the class"), { } };

static bool qom_list_properties(QmpCall *call, Error **errp)
{
    const char *name = ((TypeName *)call->args)->name;
    const Class *cls = class_find(name);

    if (!cls) {
        fail(errp, "Class '%s' not found", name);
        return error_set_class(errp, ERROR_DEVICE_NOT_FOUND);
    }
    call->ret = json_append(json_array(), describe("type", "string"));
    for_each_property(cls, cls, append_seen, call->ret);
    return true;
}

QMP_COMMAND(qmp_qom_list_properties) = {
    .name = "qom-list-properties",
    .help = "Properties of a class",
    .size = sizeof(TypeName),
    .args = type_name_rows,
    .returns = PROPERTIES_SHAPE,
    .run = qom_list_properties,
    .preconfig = true,
};

/* A default is text: its value is what an object would have. NULL: none, or one nobody could mean. */
static Json *default_value(const Class *cls, const Property *prop)
{
    Json *value = NULL;
    Error *err = NULL;

    if (prop->def && prop->kind != &prop_str) {
        void *blank = g_malloc0(cls->size);
        value = property_set(prop, blank, prop->def, &err) ? property_get_json(prop, blank) : NULL;
        g_free(blank);
    }
    error_free(err);
    return value;
}

typedef struct ListSettings {
    const Class *cls;
    Json *list;
} ListSettings;

/* Settings are what a user can give: attributes are not. */
static void append_setting(void *opaque, const Seen *seen)
{
    const ListSettings *to = opaque;
    Json *value = seen->prop ? default_value(to->cls, seen->prop) : NULL;

    if (!seen->prop) {
        return;
    }
    append_seen(to->list, seen);
    if (value) {
        Json *item = json_object_array_get_idx(to->list, json_object_array_length(to->list) - 1);
        json_add(item, "default-value", value);
    }
}

static bool device_list_properties(QmpCall *call, Error **errp)
{
    const char *name = ((TypeName *)call->args)->name;
    const Class *cls = class_find(name);

    if (!cls) {
        fail(errp, "Device '%s' not found", name);
        return error_set_class(errp, ERROR_DEVICE_NOT_FOUND);
    }
    if (cls->abstract || !class_is_a(cls, &device_class)) {
        return fail(errp, "Parameter 'typename' expects a non-abstract device type");
    }
    call->ret = json_array();
    for_each_property(cls, cls, append_setting, &(ListSettings){ cls, call->ret });
    return true;
}

QMP_COMMAND(qmp_device_list_properties) = {
    .name = "device-list-properties",
    .help = "Settings of a class of devices",
    .size = sizeof(TypeName),
    .args = type_name_rows,
    .returns = PROPERTIES_SHAPE,
    .run = device_list_properties,
    .preconfig = true,
};

/* ---- HMP ---- */

static bool hmp_qom_list(GString *out, const char *args, Error **errp)
{
    Object *obj = find(*args ? args : "/", errp);
    g_autoptr(Json) list = obj ? list_object(obj) : NULL;

    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        Json *item = json_object_array_get_idx(list, i);
        g_string_append_printf(out, "%s (%s)\n", json_get_str(item, "name"), json_get_str(item, "type"));
    }
    return obj != NULL;
}

HMP_COMMAND(hmp_qom_list_row) = { .name = "qom-list", .args = "path", .help = "Properties and children of an object", .run = hmp_qom_list };

/* The words of "path property [value]". */
static char **split(const char *args, unsigned count, Error **errp)
{
    char **words = g_strsplit(args, " ", (int)count);

    if (g_strv_length(words) < count) {
        fail(errp, "expected %u words", count);
        g_clear_pointer(&words, g_strfreev);
    }
    return words;
}

static bool hmp_qom_get(GString *out, const char *args, Error **errp)
{
    g_auto(GStrv) words = split(args, 2, errp);
    Object *obj = words ? find(words[0], errp) : NULL;
    g_autoptr(Json) value = obj ? get_property(obj, words[1], errp) : NULL;

    if (value) {
        g_autofree char *text = json_print(value);
        g_string_append_printf(out, "%s\n", text);
    }
    return value != NULL;
}

HMP_COMMAND(hmp_qom_get_row) = { .name = "qom-get", .args = "path property", .help = "A property of an object", .run = hmp_qom_get };

/* A value that is no JSON is text. */
static bool hmp_qom_set(GString *out, const char *args, Error **errp)
{
    g_auto(GStrv) words = split(args, 3, errp);
    Object *obj = words ? find(words[0], errp) : NULL;
    Error *not_json = NULL;

    if (!obj) {
        return false;
    }
    g_autoptr(Json) parsed = json_parse(words[2], &not_json);
    error_free(not_json);
    g_autoptr(Json) value = parsed ? json_object_ref(parsed) : json_text(words[2]);
    return set_property(obj, words[1], value, errp);
}

HMP_COMMAND(hmp_qom_set_row) = { .name = "qom-set", .args = "path property value", .help = "Change a property of an object", .run = hmp_qom_set };

static int compare_object_names(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const Object *const *)a)->name, (*(const Object *const *)b)->name);
}

static void print_tree(GString *out, const Object *obj, unsigned indent)
{
    g_autofree char *root = indent ? NULL : tree_path(obj);
    const GPtrArray *children = tree_children(obj);

    g_string_append_printf(out, "%*s%s%s (%s)\n", (int)indent, "", indent ? "/" : "", indent ? obj->name : root, obj->class->name);
    if (!children) {
        return;
    }
    g_autoptr(GPtrArray) sorted = g_ptr_array_copy((GPtrArray *)children, NULL, NULL);
    g_ptr_array_sort(sorted, compare_object_names);
    for (unsigned i = 0; i < sorted->len; i++) {
        print_tree(out, sorted->pdata[i], indent + 2);
    }
}

static bool info_qom_tree(GString *out, const char *args, Error **errp)
{
    const Object *obj = tree_find(*args ? args : "/machine", NULL);

    if (!obj) {
        g_string_append_printf(out, "Path '%s' could not be resolved.\n", args);
        return true;
    }
    print_tree(out, obj, 0);
    return true;
}

HMP_COMMAND(hmp_info_qom_tree) = { .name = "info qom-tree", .args = "[path]", .help = "The tree of objects", .run = info_qom_tree };
