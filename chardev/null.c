/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Backends that lead nowhere: null, and vc, which stands for a text console we do not have. */
#include "chardev/backend.h"
#include "lib/log.h"

static bool null_realize(Object *obj, Error **errp)
{
    chardev_set_open((Chardev *)obj, true);
    return true;
}

CLASS(chardev_null) = {
    .name = "chardev-null",
    .parent = &chardev_class,
    .desc = "Swallows output, never gives input",
    .size = sizeof(Chardev),
    .realize = null_realize,
};

typedef struct VirtualConsole {
    Chardev chr;
    uint32_t width, height, cols, rows;
} VirtualConsole;

static bool vc_realize(Object *obj, Error **errp)
{
    warn("chardev %s: vc: there are no text consoles; its output is dropped", chardev_label((Chardev *)obj));
    return null_realize(obj, errp);
}

CLASS(chardev_vc) = {
    .name = "chardev-vc",
    .parent = &chardev_class,
    .desc = "Accepted for old command lines; the same as null",
    .size = sizeof(VirtualConsole),
    .props = (const Property[]) {
        PROP(VirtualConsole, width, u32, "width", "0", "Accepted, without effect"),
        PROP(VirtualConsole, height, u32, "height", "0", "Accepted, without effect"),
        PROP(VirtualConsole, cols, u32, "cols", "0", "Accepted, without effect"),
        PROP(VirtualConsole, rows, u32, "rows", "0", "Accepted, without effect"),
        { }
    },
    .realize = vc_realize,
};
