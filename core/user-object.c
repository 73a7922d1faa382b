/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects that users make and delete; see user-object.h. */
#include "core/user-object.h"

#include "core/command.h"
#include "core/tree.h"
#include "lib/parse.h"

const Class *user_object_class_find(const char *type, Error **errp)
{
    const Class *cls = type ? class_find(type) : NULL;

    if (!type) {
        fail(errp, "Parameter 'qom-type' is missing");
    } else if (!cls || cls->abstract || cls->internal || !class_is_a(cls, &user_creatable_class)) {
        fail(errp, "Parameter 'qom-type' does not accept value '%s'", type);
        hint(errp, "-object help lists the types.");
    }
    return *errp ? NULL : cls;
}

static bool check_id(const char *id, Error **errp)
{
    if (!id) {
        return fail(errp, "Parameter 'id' is missing");
    }
    if (!parse_id(id, errp)) {
        return false;
    }
    return !tree_child(tree_at(TREE_OBJECTS), id) ||
           fail(errp, "attempt to add duplicate property '%s' to object (type 'container')", id);
}

Object *user_object_create(KeyVals *settings, Error **errp)
{
    g_autofree char *type = keyval_take(settings, "qom-type");
    g_autofree char *id = keyval_take(settings, "id");
    const Class *cls = user_object_class_find(type, errp);
    Object *obj = cls && check_id(id, errp) ? object_create(cls, id, settings, errp) : NULL;

    if (obj) {
        tree_place(tree_at(TREE_OBJECTS), id, obj);
    }
    return obj;
}

bool user_object_delete(const char *id, Error **errp)
{
    Object *obj = tree_child(tree_at(TREE_OBJECTS), id);

    if (!obj) {
        return fail(errp, "object '%s' not found", id);
    }
    if (obj->in_use) {
        return fail(errp, "object '%s' is in use, can not be deleted", id);
    }
    object_free(obj);
    return true;
}

/* ---- commands ---- */

typedef struct ObjectAdd {
    char *type, *id;
} ObjectAdd;

/* What comes in JSON has types. Names that are unknown are told of when they are set. */
static bool check_types(const Class *cls, Json *given, Error **errp)
{
    json_object_object_foreach(given, name, value) {
        const Property *prop = class_property(cls, name);
        if (prop && !property_check_json(prop, value, errp)) {
            return false;
        }
    }
    return true;
}

static bool object_add(QmpCall *call, Error **errp)
{
    const Class *cls = user_object_class_find(((ObjectAdd *)call->args)->type, errp);

    if (!cls || !check_types(cls, call->given, errp)) {
        return false;
    }
    g_autoptr(KeyVals) settings = keyval_from_json(call->given, errp);
    return settings && user_object_create(settings, errp);
}

QMP_COMMAND(qmp_object_add) = {
    .name = "object-add",
    .help = "Make an object; its properties are further arguments",
    .size = sizeof(ObjectAdd),
    .args = (const Property[]){
        ARG(ObjectAdd, type, str, "qom-type", "Class of the object"),
        ARG(ObjectAdd, id, str, "id", "Name of the object"),
        { }
    },
    .any_args = true,
    .tag = "qom-type",
    .tag_class = &user_creatable_class,
    .run = object_add,
    .preconfig = true,
};

static bool hmp_object_add(GString *out, const char *args, Error **errp)
{
    g_autoptr(KeyVals) settings = keyval_parse(args, "qom-type", errp);

    return settings && user_object_create(settings, errp);
}

HMP_COMMAND(hmp_object_add_row) = {
    .name = "object_add",
    .args = "qom-type,id=id[,prop=value][,...]",
    .help = "Make an object, like -object on the command line",
    .run = hmp_object_add,
};

typedef struct ObjectDel {
    char *id;
} ObjectDel;

static bool object_del(QmpCall *call, Error **errp)
{
    return user_object_delete(((ObjectDel *)call->args)->id, errp);
}

QMP_COMMAND(qmp_object_del) = {
    .name = "object-del",
    .help = "Delete an object",
    .size = sizeof(ObjectDel),
    .args = (const Property[]){ ARG(ObjectDel, id, str, "id", "Name of the object"), { } },
    .run = object_del,
    .preconfig = true,
};

static bool hmp_object_del(GString *out, const char *args, Error **errp)
{
    return user_object_delete(args, errp);
}

HMP_COMMAND(hmp_object_del_row) = {
    .name = "object_del",
    .args = "id",
    .help = "Delete an object",
    .run = hmp_object_del,
};
