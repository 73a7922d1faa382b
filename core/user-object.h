/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects that users make: -object and object-add by the same steps, object-del. */
#ifndef CORE_USER_OBJECT_H
#define CORE_USER_OBJECT_H

#include "core/class.h"

/* The class users may make by @type; NULL with *errp set in the words management tools know. */
const Class *user_object_class_find(const char *type, Error **errp);

/*
 * Make the object that @settings describe ("qom-type", "id" and its properties; what is used up is taken out), as a
 * child of /objects. NULL with *errp set.
 */
Object *user_object_create(KeyVals *settings, Error **errp);

/* Delete the user's object @id; refused while others hold it. */
bool user_object_delete(const char *id, Error **errp);

#endif
