/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mediated devices that live as long as their guest: made when the guest gets
 * them, removed when it lets go of them. Facts: Linux Documentation/driver-api/
 * vfio-mediated-device.rst and Documentation/ABI/testing/sysfs-bus-vfio-mdev.
 */
#ifndef HW_VFIO_MDEV_H
#define HW_VFIO_MDEV_H

#include "lib/error.h"
#include "lib/keyval.h"

/* What the user asks for; parts not given are NULL. */
typedef struct MdevWish {
    const char *parent;     /* "[DDDD:]BB:DD.F" or a name in /sys/class/mdev_bus */
    const char *type;       /* "i915-GVTg_V5_4" or what its file "name" says */
    const char *uuid;       /* NULL: a fresh one. Alone: a device that is there, or one that mdevctl knows. */
} MdevWish;

typedef struct Mdev Mdev;

/*
 * Find, make or have mdevctl start the device. Devices left behind by emulators
 * that were killed are removed first. NULL with *errp set: nothing was made.
 */
Mdev *mdev_acquire(const MdevWish *wish, Error **errp);

/* Its UUID in lower case, and its folder in sysfs. */
const char *mdev_uuid(const Mdev *mdev);
const char *mdev_folder(const Mdev *mdev);

/* Nobody uses the device any more: it goes, if it came by mdev_acquire(). NULL is accepted. */
void mdev_release(Mdev *mdev);

/* Tables for mdev-parent=help and mdev-type=help (of mdev-parent, or of all); the caller frees them. */
char *mdev_parents_help(const KeyVals *kv);
char *mdev_types_help(const KeyVals *kv);

/* Write @text to the file @path of sysfs. 0 or -errno. Tests put an actor in the kernel's place; NULL: the files. */
typedef int MdevWriter(const char *path, const char *text);
void mdev_set_writer(MdevWriter *writer);

#endif
