/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices: what -device and device_add make, on the command line and while the
 * guest runs by the same steps. What a kind of bus can do about devices that
 * come and go is its BusKind, named by the abstract class of its devices.
 */
#ifndef CORE_DEVICE_H
#define CORE_DEVICE_H

#include "core/class.h"

typedef struct BusKind {
    const char *name;               /* "PCI" */
    const char *bus_name;           /* of the only bus of a kind that has no object */
    /* The bus @dev sits on, or NULL. */
    Object *(*of)(const Object *dev);
    /* Append what info qtree shows besides settings, each line indented by @indent. NULL: nothing. */
    void (*describe)(const Object *dev, GString *out, unsigned indent);
    /* A running guest can be told that @dev, which has its settings, comes or goes. NULL: it never can. */
    bool (*can_plug)(Object *dev, Error **errp);
    /* @dev was realized: tell the guest. */
    bool (*plugged)(Object *dev, Error **errp);
    /* Ask the guest to let go of @dev; device_unplugged() follows when it does. */
    bool (*unplug_request)(Object *dev, Error **errp);
} BusKind;

extern const Class device_class;    /* "device", abstract */
extern const Class bus_class;       /* "bus", abstract */

/* "sys-bus-device", abstract: devices of the machine itself, which do not come or go while the guest runs. */
extern const Class system_device_class;

/* The class users may make by @driver; NULL with *errp set in the words management tools know. */
const Class *device_class_find(const char *driver, Error **errp);

/*
 * Make and realize the device that @settings describe ("driver", "id" and its properties; what is used up is taken
 * out), at its place in the tree. NULL with *errp set. While the machine is being built the caller completes it, when
 * all devices are there.
 */
Object *device_create(KeyVals *settings, Error **errp);

/* Text of -device help: a list for each kind of bus; the caller frees it. */
char *device_help(void);

/* From now on devices are plugged into a machine that is complete. */
void device_plugging_begins(void);

/* The device of an id or a path, or NULL with *errp set ("Device 'x' not found"). */
Object *device_find(const char *id_or_path, Error **errp);

/* Ask the guest to let go of @dev. */
bool device_unplug_request(Object *dev, Error **errp);

/* The guest let go: @dev goes for good, DEVICE_DELETED tells. */
void device_unplugged(Object *dev);

/* A guest that is reset holds nothing: all devices it was asked to let go of go. */
void device_unplug_pending(void);

#endif
