/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree of objects; see tree.h. */
#include "core/tree.h"

#include <string.h>

CLASS(container_class) = {
    .name = "container",
    .desc = "A place in the tree of objects",
    .size = sizeof(Object),
    .internal = true,
};

static const struct {
    TreePlace parent;
    const char *name;
} places[TREE_PLACE_COUNT] = {
    [TREE_ROOT] = { TREE_ROOT, "" },
    [TREE_MACHINE] = { TREE_ROOT, "machine" },
    [TREE_OBJECTS] = { TREE_ROOT, "objects" },
    [TREE_CHARDEVS] = { TREE_ROOT, "chardevs" },
    [TREE_PERIPHERAL] = { TREE_MACHINE, "peripheral" },
    [TREE_PERIPHERAL_ANON] = { TREE_MACHINE, "peripheral-anon" },
    [TREE_UNATTACHED] = { TREE_MACHINE, "unattached" },
};

static Object *containers[TREE_PLACE_COUNT];
static Object *machine;

Object *tree_at(TreePlace place)
{
    if (place == TREE_MACHINE && machine) {
        return machine;
    }
    if (!containers[place]) {
        Object *obj = containers[place] = g_new0(Object, 1);
        obj->class = &container_class;
        if (place != TREE_ROOT) {
            tree_place(tree_at(places[place].parent), places[place].name, obj);
        }
    }
    return containers[place];
}

static Object *child_named(const Object *parent, const char *name, size_t len)
{
    const GPtrArray *children = tree_children(parent);

    for (unsigned i = 0; children && i < children->len; i++) {
        Object *child = children->pdata[i];
        if (strncmp(child->name, name, len) == 0 && !child->name[len]) {
            return child;
        }
    }
    return NULL;
}

Object *tree_child(const Object *obj, const char *name)
{
    return child_named(obj, name, strlen(name));
}

/* The lowest number that is free: numbers of what has gone are used again. */
static char *free_name(const Object *parent)
{
    for (unsigned i = 0;; i++) {
        char *name = g_strdup_printf("device[%u]", i);
        if (!tree_child(parent, name)) {
            return name;
        }
        g_free(name);
    }
}

static void detach(Object *obj)
{
    if (obj->parent) {
        g_ptr_array_remove(obj->parent->children, obj);
        obj->parent = NULL;
    }
    g_clear_pointer(&obj->name, g_free);
}

void tree_place(Object *parent, const char *name, Object *child)
{
    g_autofree char *own = name ? g_strdup(name) : free_name(parent);

    detach(child);
    if (!parent->children) {
        parent->children = g_ptr_array_new();
    }
    child->parent = parent;
    child->name = g_steal_pointer(&own);
    g_ptr_array_add(parent->children, child);
}

static void adopt_children(Object *to, Object *from)
{
    while (from->children && from->children->len > 0) {
        Object *child = from->children->pdata[0];
        g_autofree char *name = g_strdup(child->name);
        tree_place(to, name, child);
    }
}

void tree_set_machine(Object *new_machine)
{
    Object *before = tree_at(TREE_MACHINE);

    machine = new_machine;
    Object *now = tree_at(TREE_MACHINE);
    if (now != before) {
        detach(before);
        tree_place(tree_at(TREE_ROOT), places[TREE_MACHINE].name, now);
        adopt_children(now, before);
    }
    for (TreePlace place = 0; place < TREE_PLACE_COUNT; place++) {
        tree_at(place);     /* tools list them also while they are empty */
    }
}

void tree_remove(Object *obj)
{
    if (obj == machine) {
        tree_set_machine(NULL);
    }
    detach(obj);
    while (obj->children && obj->children->len > 0) {
        detach(obj->children->pdata[0]);
    }
    g_clear_pointer(&obj->children, g_ptr_array_unref);
}

const GPtrArray *tree_children(const Object *obj)
{
    return obj->children;
}

char *tree_path(const Object *obj)
{
    if (obj == containers[TREE_ROOT]) {
        return g_strdup("/");
    }
    if (!obj->parent) {
        return NULL;
    }
    g_autofree char *above = tree_path(obj->parent);
    return above ? g_strconcat(g_str_equal(above, "/") ? "" : above, "/", obj->name, NULL) : NULL;
}

/* Walk down @path, words separated by '/', from @obj. */
static Object *walk(Object *obj, const char *path)
{
    while (obj && *path) {
        size_t len = strcspn(path, "/");
        obj = len > 0 ? child_named(obj, path, len) : obj;
        path += len;
        path += *path == '/';
    }
    return obj;
}

/* Every place in the tree below @at where @path can be walked is counted; the last one is left in *found. */
static unsigned search(Object *at, const char *path, Object **found)
{
    const GPtrArray *children = tree_children(at);
    Object *here = walk(at, path);
    unsigned count = here ? 1 : 0;

    *found = here ? here : *found;
    for (unsigned i = 0; children && i < children->len; i++) {
        count += search(children->pdata[i], path, found);
    }
    return count;
}

Object *tree_find(const char *path, bool *ret_ambiguous)
{
    Object *found = NULL;
    unsigned count = 0;

    if (*path == '/') {
        found = walk(tree_at(TREE_ROOT), path);
    } else if (*path) {
        count = search(tree_at(TREE_ROOT), path, &found);
    }
    if (ret_ambiguous) {
        *ret_ambiguous = count > 1;
    }
    return count > 1 ? NULL : found;
}
