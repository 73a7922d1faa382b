/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A thing is a constant: a class names itself, its parent, its settings and
 * the few functions of its life. Classes register by a linker section; nobody
 * lists them.
 *
 *     CLASS(isa_debug_exit) = {
 *         .name = "isa-debug-exit", .parent = &isa_device, .size = sizeof(DebugExit),
 *         .props = (const Property[]) { PROP(...), { } },
 *         .realize = debug_exit_realize,
 *     };
 *
 * Life of an object: object_new, object_set ..., object_realize, object_complete
 * (devices), (reset), object_unrealize, object_free. realize runs from the oldest ancestor down,
 * unrealize from the class up. When realize fails the core calls unrealize, so
 * unrealize accepts half-built objects and there are no clean-up ladders.
 */
#ifndef CORE_CLASS_H
#define CORE_CLASS_H

#include <glib.h>

#include "core/property.h"
#include "lib/keyval.h"

typedef struct Object Object;
typedef struct Class Class;

/* What an object tells besides its settings: computed when asked. */
typedef struct Attribute {
    const char *name;
    const char *type;           /* as introspection shows it: "bool", "link<bus>" */
    Json *(*get)(Object *obj);
} Attribute;

struct Class {
    const char *name;
    const Class *parent;
    const char *desc;
    size_t size;                /* of the instance; an Object is its first member */
    const char *option;         /* of an abstract class: the option that makes its kind, "-device" */
    bool abstract;              /* no instances */
    bool internal;              /* the machine makes it; -device and -object refuse it */
    bool cold;                  /* a device that is there from the start to the end, or not at all */
    const Property *props;      /* ended by an empty row */
    const Attribute *attributes;    /* ended by an empty row */
    const struct BusKind *bus;  /* of an abstract class of devices: how they come and go (core/device.h) */
    const void *ops;            /* the interface an abstract ancestor defines (PciOps, AccelOps ...) */
    void (*init)(Object *obj);  /* before settings: fields that must not be zero */
    bool (*realize)(Object *obj, Error **errp);
    /*
     * Of a device: the others of the command line are there now; memory is not laid out and firmware told nothing
     * yet. The same as the end of realize for a device that is plugged in later.
     */
    bool (*complete)(Object *obj, Error **errp);
    void (*unrealize)(Object *obj);
    void (*reset)(Object *obj);
    void (*finish)(Object *obj);    /* frees what init and settings made */
};

struct Object {
    const Class *class;
    char *id;                   /* unique in the machine, or NULL */
    Object *parent;             /* place in the tree: tree.h */
    char *name;
    GPtrArray *children;
    GPtrArray *pins;            /* of PinGroup: pins.h */
    bool realized;
    bool hotplugged;            /* came while the machine was there already */
    bool in_use;                /* others hold it: a user may not delete it */
    bool unplugging;            /* the guest was asked to let go of it */
    bool realizing;             /* realize has begun: unrealize has something to undo */
};

#define CLASS(ident)                                                                                            \
    extern const Class ident;                                                                                   \
    static const Class *const ident##_entry __attribute__((section("igd_classes"), used)) = &ident;                    \
    const Class ident

/* "user-creatable", abstract: what -object and object-add make. */
extern const Class user_creatable_class;

/* Every class, sorted by name; @base NULL: all. The caller frees the array. */
GPtrArray *class_list(const Class *base);

/* The class of @name, or NULL. */
const Class *class_find(const char *name);

/* @cls is @base or descends from it. */
bool class_is_a(const Class *cls, const Class *base);

/* The row of property @name in @cls or an ancestor, or NULL. */
const Property *class_property(const Class *cls, const char *name);

/* The row of attribute @name in @cls or an ancestor, or NULL. */
const Attribute *class_attribute(const Class *cls, const char *name);

/* How devices of @cls come and go, or NULL. */
const struct BusKind *class_bus(const Class *cls);

/* The oldest ancestor. */
const Class *class_root(const Class *cls);

/* The name users write after the class's option: without "-machine", "-accel", "chardev-". The caller frees it. */
char *class_user_name(const Class *cls);

/* The option whose argument "NAME,help" shows the properties, or NULL. */
const char *class_option(const Class *cls);

/* The nearest ops in the ancestry, or NULL. */
const void *class_ops(const Class *cls);

/* Text of -device X,help: one line a property, sorted by name. The caller frees it. */
char *class_help(const Class *cls);

/* Text for the first setting that asks "name=help" of a property that has a list of choices, or NULL. The caller frees it. */
char *class_choices(const Class *cls, const KeyVals *kv);

/*
 * Remember "-global DRIVER.PROPERTY=VALUE": applied to new objects whose class
 * is or descends from @driver, after defaults and before their own settings.
 */
void class_add_global(const char *driver, const char *property, const char *value);

/* Check that every -global names a class and property that exist; warns for others, as users expect. */
void class_check_globals(void);

/* Make an object with its defaults and globals; an impossible global sets *errp and returns NULL. */
Object *object_new(const Class *cls, const char *id, Error **errp);

bool object_set(Object *obj, const char *name, const char *text, Error **errp);

/* Set all of @kv; the first failure stops. */
bool object_set_all(Object *obj, const KeyVals *kv, Error **errp);

/* The value as text for the caller to free, or NULL with *errp set. */
char *object_get(Object *obj, const char *name, Error **errp);

bool object_realize(Object *obj, Error **errp);
bool object_complete(Object *obj, Error **errp);
void object_unrealize(Object *obj);

/* Unrealizes when needed. NULL is accepted. */
void object_free(Object *obj);

/* Make, set @kv and realize in one go; NULL with *errp set when any step fails. @kv may be NULL. */
Object *object_create(const Class *cls, const char *id, const KeyVals *kv, Error **errp);

/* The realized object with this id that is a @base, or NULL. */
Object *object_find(const Class *base, const char *id);

/* Realized objects that are a @base, in realize order; the caller frees the array. */
GPtrArray *object_list(const Class *base);

/* Reset every realized object in realize order. */
void object_reset_all(void);

/* Reset one object: ancestors first, as realize. */
void object_reset(Object *obj);

/* Unrealize and free all objects, newest first: the end of the machine. */
void object_free_all(void);

#endif
