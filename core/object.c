/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects: their life, settings and look-up by id; see class.h. */
#include "core/class.h"

#include "core/device.h"
#include "core/pins.h"
#include "core/tree.h"
#include "lib/log.h"

CLASS(user_creatable_class) = {
    .name = "user-creatable",
    .desc = "What a user may make by itself",
    .option = "-object",
    .size = sizeof(Object),
    .abstract = true,
};

typedef struct Global {
    char *driver, *property, *value;
} Global;

static GPtrArray *globals;      /* of Global, in the order given */
static GPtrArray *realized;     /* of Object, in realize order */

void class_add_global(const char *driver, const char *property, const char *value)
{
    Global *global = g_new(Global, 1);

    *global = (Global){ g_strdup(driver), g_strdup(property), g_strdup(value) };
    if (!globals) {
        globals = g_ptr_array_new();
    }
    g_ptr_array_add(globals, global);
}

void class_check_globals(void)
{
    for (unsigned i = 0; globals && i < globals->len; i++) {
        const Global *global = globals->pdata[i];
        const Class *cls = class_find(global->driver);
        if (!cls) {
            warn("global %s.%s has invalid class name", global->driver, global->property);
        } else if (!cls->abstract && !class_property(cls, global->property)) {
            warn("global %s.%s: there is no such property", global->driver, global->property);
        }
    }
}

/* Defaults of the oldest ancestor first, so that a class can restate one. */
static void set_defaults(Object *obj, const Class *cls)
{
    if (cls->parent) {
        set_defaults(obj, cls->parent);
    }
    property_set_defaults(cls->props, obj);
    if (cls->init) {
        cls->init(obj);
    }
}

static bool set_globals(Object *obj, Error **errp)
{
    for (unsigned i = 0; globals && i < globals->len; i++) {
        const Global *global = globals->pdata[i];
        const Class *cls = class_find(global->driver);
        if (!cls || !class_is_a(obj->class, cls) || !class_property(obj->class, global->property)) {
            continue;
        }
        if (!object_set(obj, global->property, global->value, errp)) {
            return fail(errp, "-global %s.%s=%s", global->driver, global->property, global->value);
        }
    }
    return true;
}

Object *object_new(const Class *cls, const char *id, Error **errp)
{
    g_assert(!cls->abstract && cls->size >= sizeof(Object));

    Object *obj = g_malloc0(cls->size);
    obj->class = cls;
    obj->id = g_strdup(id);
    set_defaults(obj, cls);
    if (!set_globals(obj, errp)) {
        object_free(obj);
        return NULL;
    }
    return obj;
}

static bool unknown_property(const Class *cls, const char *name, Error **errp)
{
    const char *option = class_option(cls);
    g_autofree char *user_name = class_user_name(cls);

    fail(errp, "Property '%s.%s' not found", cls->name, name);
    return option ? hint(errp, "'%s %s,help' lists the properties.", option, user_name) : false;
}

bool object_set(Object *obj, const char *name, const char *text, Error **errp)
{
    const Property *prop = class_property(obj->class, name);

    if (!prop) {
        return unknown_property(obj->class, name, errp);
    }
    return property_set(prop, obj, text, errp);
}

bool object_set_all(Object *obj, const KeyVals *kv, Error **errp)
{
    for (unsigned i = 0; kv && i < kv->items->len; i++) {
        const KeyVal *item = &g_array_index(kv->items, KeyVal, i);
        if (!object_set(obj, item->key, item->value, errp)) {
            return false;
        }
    }
    return true;
}

char *object_get(Object *obj, const char *name, Error **errp)
{
    const Property *prop = class_property(obj->class, name);

    if (!prop) {
        fail(errp, "Property '%s.%s' not found", obj->class->name, name);
        return NULL;
    }
    return prop->kind->print(prop, property_field(prop, obj));
}

static bool realize_from(Object *obj, const Class *cls, Error **errp)
{
    return !cls || (realize_from(obj, cls->parent, errp) && (!cls->realize || cls->realize(obj, errp)));
}

bool object_realize(Object *obj, Error **errp)
{
    g_assert(!obj->realizing);

    if (obj->id && object_find(class_root(obj->class), obj->id)) {
        return fail(errp, "Duplicate ID '%s'", obj->id);
    }
    obj->realizing = true;
    if (!realize_from(obj, obj->class, errp)) {
        object_unrealize(obj);
        return false;
    }
    obj->realized = true;
    if (!realized) {
        realized = g_ptr_array_new();
    }
    g_ptr_array_add(realized, obj);
    if (!obj->parent && class_is_a(obj->class, &device_class)) {    /* the board's: nobody gave it a place */
        tree_place(tree_at(TREE_UNATTACHED), NULL, obj);
    }
    return true;
}

static bool complete_from(Object *obj, const Class *cls, Error **errp)
{
    return !cls || (complete_from(obj, cls->parent, errp) && (!cls->complete || cls->complete(obj, errp)));
}

bool object_complete(Object *obj, Error **errp)
{
    g_assert(obj->realized);

    return complete_from(obj, obj->class, errp);
}

void object_unrealize(Object *obj)
{
    if (!obj->realizing) {
        return;
    }
    for (const Class *cls = obj->class; cls; cls = cls->parent) {
        if (cls->unrealize) {
            cls->unrealize(obj);
        }
    }
    obj->realizing = obj->realized = false;
    if (realized) {
        g_ptr_array_remove(realized, obj);
    }
}

void object_free(Object *obj)
{
    if (!obj) {
        return;
    }
    object_unrealize(obj);
    for (const Class *cls = obj->class; cls; cls = cls->parent) {
        if (cls->finish) {
            cls->finish(obj);
        }
        properties_finish(cls->props, obj);
    }
    pins_finish(obj);
    tree_remove(obj);
    g_free(obj->id);
    g_free(obj);
}

Object *object_create(const Class *cls, const char *id, const KeyVals *kv, Error **errp)
{
    Object *obj = object_new(cls, id, errp);

    if (obj && !(object_set_all(obj, kv, errp) && object_realize(obj, errp))) {
        object_free(obj);
        obj = NULL;
    }
    return obj;
}

Object *object_find(const Class *base, const char *id)
{
    for (unsigned i = 0; realized && i < realized->len; i++) {
        Object *obj = realized->pdata[i];
        if (obj->id && g_str_equal(obj->id, id) && (!base || class_is_a(obj->class, base))) {
            return obj;
        }
    }
    return NULL;
}

GPtrArray *object_list(const Class *base)
{
    GPtrArray *list = g_ptr_array_new();

    for (unsigned i = 0; realized && i < realized->len; i++) {
        Object *obj = realized->pdata[i];
        if (!base || class_is_a(obj->class, base)) {
            g_ptr_array_add(list, obj);
        }
    }
    return list;
}

static void reset_from(Object *obj, const Class *cls)
{
    if (cls->parent) {
        reset_from(obj, cls->parent);
    }
    if (cls->reset) {
        cls->reset(obj);
    }
}

void object_reset(Object *obj)
{
    reset_from(obj, obj->class);
}

void object_reset_all(void)
{
    g_autoptr(GPtrArray) list = object_list(NULL);

    for (unsigned i = 0; i < list->len; i++) {
        object_reset(list->pdata[i]);
    }
}

void object_free_all(void)
{
    while (realized && realized->len > 0) {
        object_free(realized->pdata[realized->len - 1]);
    }
}
