/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where objects are found: the tree that management tools walk. The user's
 * devices are children of /machine/peripheral (with an id) or
 * /machine/peripheral-anon (without), the user's objects of /objects, character
 * devices of /chardevs, the board's own of /machine by a name or of
 * /machine/unattached as device[N].
 */
#ifndef CORE_TREE_H
#define CORE_TREE_H

#include "core/class.h"

typedef enum TreePlace {
    TREE_ROOT,              /* "/" */
    TREE_MACHINE,           /* "/machine": the machine itself once there is one */
    TREE_OBJECTS,
    TREE_CHARDEVS,
    TREE_PERIPHERAL,
    TREE_PERIPHERAL_ANON,
    TREE_UNATTACHED,
    TREE_PLACE_COUNT,
} TreePlace;

/* The container at @place. */
Object *tree_at(TreePlace place);

/* Make @child the child @name of @parent; a @name of NULL: the next free "device[N]". A placed child is moved. */
void tree_place(Object *parent, const char *name, Object *child);

/* Put the machine at /machine, with what was there before as its children. NULL takes it away. */
void tree_set_machine(Object *machine);

/* Take @obj out of the tree; its children go with it. One that is nowhere is accepted. */
void tree_remove(Object *obj);

/* Children of @obj in the order they were placed; NULL: none. The array stays the tree's. */
const GPtrArray *tree_children(const Object *obj);

/* The child @name of @obj, or NULL. */
Object *tree_child(const Object *obj, const char *name);

/* "/machine/peripheral/net0" for the caller to free; NULL: nowhere. */
char *tree_path(const Object *obj);

/*
 * The object of @path: from the root when it begins with '/', else any place
 * where a path ends in these words ("ioapic", "i440fx/pci.0"). NULL: none, or
 * several (then *ret_ambiguous, which may be NULL, is true).
 */
Object *tree_find(const char *path, bool *ret_ambiguous);

#endif
