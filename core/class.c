/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Classes: the registry, look-ups and help; see class.h. Objects are in object.c. */
#include "core/class.h"

#include <string.h>

/* The bounds of the linker section that CLASS() fills; weak so that a program without classes links. */
extern const Class *const __start_igd_classes[] __attribute__((weak));
extern const Class *const __stop_igd_classes[] __attribute__((weak));

static int compare_class_names(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const Class *const *)a)->name, (*(const Class *const *)b)->name);
}

GPtrArray *class_list(const Class *base)
{
    GPtrArray *list = g_ptr_array_new();

    for (const Class *const *at = __start_igd_classes; at < __stop_igd_classes; at++) {
        if (!base || class_is_a(*at, base)) {
            g_ptr_array_add(list, (gpointer)*at);
        }
    }
    g_ptr_array_sort(list, compare_class_names);
    return list;
}

const Class *class_find(const char *name)
{
    for (const Class *const *at = __start_igd_classes; at < __stop_igd_classes; at++) {
        if (g_str_equal((*at)->name, name)) {
            return *at;
        }
    }
    return NULL;
}

bool class_is_a(const Class *cls, const Class *base)
{
    for (; cls; cls = cls->parent) {
        if (cls == base) {
            return true;
        }
    }
    return false;
}

const Property *class_property(const Class *cls, const char *name)
{
    const Property *prop = NULL;

    for (; cls && !prop; cls = cls->parent) {
        prop = property_find(cls->props, name);
    }
    return prop;
}

static const Attribute *find_attribute(const Attribute *rows, const char *name)
{
    for (; rows && rows->name; rows++) {
        if (g_str_equal(rows->name, name)) {
            return rows;
        }
    }
    return NULL;
}

const Attribute *class_attribute(const Class *cls, const char *name)
{
    const Attribute *found = NULL;

    for (; cls && !found; cls = cls->parent) {
        found = find_attribute(cls->attributes, name);
    }
    return found;
}

const struct BusKind *class_bus(const Class *cls)
{
    for (; cls; cls = cls->parent) {
        if (cls->bus) {
            return cls->bus;
        }
    }
    return NULL;
}

const Class *class_root(const Class *cls)
{
    while (cls->parent) {
        cls = cls->parent;
    }
    return cls;
}

char *class_user_name(const Class *cls)
{
    static const char *const prefixes[] = { "chardev-" }, *const suffixes[] = { "-machine", "-accel" };
    const char *name = cls->name;
    size_t len;

    for (unsigned i = 0; i < G_N_ELEMENTS(prefixes); i++) {
        name += g_str_has_prefix(name, prefixes[i]) ? strlen(prefixes[i]) : 0;
    }
    len = strlen(name);
    for (unsigned i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        len -= g_str_has_suffix(name, suffixes[i]) ? strlen(suffixes[i]) : 0;
    }
    return g_strndup(name, len);
}

const char *class_option(const Class *cls)
{
    for (; cls; cls = cls->parent) {
        if (cls->option) {
            return cls->option;
        }
    }
    return NULL;
}

const void *class_ops(const Class *cls)
{
    for (; cls; cls = cls->parent) {
        if (cls->ops) {
            return cls->ops;
        }
    }
    return NULL;
}

static int compare_strings(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char *class_help(const Class *cls)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    GString *text = g_string_new(NULL);

    g_string_append_printf(text, "%s options:\n", cls->name);
    for (const Class *c = cls; c; c = c->parent) {
        for (const Property *p = c->props; p && p->name; p++) {
            if (class_property(cls, p->name) == p) {    /* not restated by a descendant */
                g_ptr_array_add(lines, property_describe(p));
            }
        }
    }
    g_ptr_array_sort(lines, compare_strings);
    for (unsigned i = 0; i < lines->len; i++) {
        g_string_append_printf(text, "%s\n", (char *)lines->pdata[i]);
    }
    return g_string_free(text, false);
}

char *class_choices(const Class *cls, const KeyVals *kv)
{
    for (unsigned i = 0; i < kv->items->len; i++) {
        const KeyVal *item = &g_array_index(kv->items, KeyVal, i);
        const Property *prop = g_str_equal(item->value, "help") ? class_property(cls, item->key) : NULL;
        if (prop && prop->choices) {
            return prop->choices(kv);
        }
    }
    return NULL;
}
