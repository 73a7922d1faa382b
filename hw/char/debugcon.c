/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A port that sends what is written to it to a chardev: the firmware's debug console. */
#include "chardev/chardev.h"
#include "hw/isa/isa.h"

typedef struct DebugCon {
    IsaDevice isa;
    Region port;
    uint32_t iobase, readback;
    char *chardev_id;
    Chardev *chr;
} DebugCon;

/* Reading shows that the port exists. */
static uint64_t debugcon_read(void *opaque, uint64_t offset, unsigned size)
{
    return ((DebugCon *)opaque)->readback;
}

/* There is no register to say "wait": what the chardev refuses is lost. */
static void debugcon_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    uint8_t byte = (uint8_t)value;

    chardev_write(((DebugCon *)opaque)->chr, &byte, 1);
}

static const RegionOps debugcon_ops = { .read = debugcon_read, .write = debugcon_write, .max_size = 1 };

static const ChardevFront debugcon_front = { 0 };

static bool debugcon_realize(Object *obj, Error **errp)
{
    DebugCon *self = (DebugCon *)obj;

    if (!self->chardev_id) {
        return fail(errp, "Can't create debugcon device, empty char device");
    }
    if (self->iobase > UINT16_MAX) {
        return fail(errp, "iobase 0x%x is not a port", self->iobase);
    }
    region_init_io(&self->port, "isa-debugcon", 1, &debugcon_ops, self);
    return chardev_attach_id(&self->chr, self->chardev_id, &debugcon_front, self, errp) &&
           isa_ports_add(&self->isa, &self->port, (uint16_t)self->iobase, errp);
}

static void debugcon_unrealize(Object *obj)
{
    DebugCon *self = (DebugCon *)obj;

    chardev_detach(self->chr, self);
    region_finish(&self->port);
}

CLASS(isa_debugcon_class) = {
    .name = "isa-debugcon",
    .parent = &isa_device_class,
    .desc = "Port that prints on a chardev, for firmware",
    .size = sizeof(DebugCon),
    .props = (const Property[]) {
        PROP(DebugCon, iobase, u32, "iobase", "0xe9", "The I/O port"),
        PROP(DebugCon, readback, u32, "readback", "0xe9", "What a read of the port gives"),
        PROP(DebugCon, chardev_id, str, "chardev", NULL, "ID of a chardev to use as a backend"),
        { }
    },
    .realize = debugcon_realize,
    .unrealize = debugcon_unrealize,
};
