/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A port that ends the emulator with a status of the guest's choice, for tests. */
#include "core/runstate.h"
#include "hw/isa/isa.h"

typedef struct DebugExit {
    IsaDevice isa;
    Region ports;
    uint32_t iobase, iosize;
} DebugExit;

static uint64_t debug_exit_read(void *opaque, uint64_t offset, unsigned size)
{
    return 0;
}

/* Always odd, so that a status from the guest is never taken for success. */
static void debug_exit_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    request_exit((int)(value << 1 | 1));
}

static const RegionOps debug_exit_ops = { .read = debug_exit_read, .write = debug_exit_write, .max_size = 4 };

static bool debug_exit_realize(Object *obj, Error **errp)
{
    DebugExit *self = (DebugExit *)obj;

    if (self->iobase > UINT16_MAX) {
        return fail(errp, "iobase 0x%x is not a port", self->iobase);
    }
    if (self->iosize == 0 || self->iosize > 0x10000 - self->iobase) {
        return fail(errp, "iosize %u does not fit at port 0x%x", self->iosize, self->iobase);
    }
    region_init_io(&self->ports, "isa-debug-exit", self->iosize, &debug_exit_ops, self);
    return isa_ports_add(&self->isa, &self->ports, (uint16_t)self->iobase, errp);
}

static void debug_exit_unrealize(Object *obj)
{
    region_finish(&((DebugExit *)obj)->ports);
}

CLASS(isa_debug_exit_class) = {
    .name = "isa-debug-exit",
    .parent = &isa_device_class,
    .desc = "Port that ends the emulator, for tests",
    .size = sizeof(DebugExit),
    .props = (const Property[]) {
        PROP(DebugExit, iobase, u32, "iobase", "0x501", "First I/O port"),
        PROP(DebugExit, iosize, u32, "iosize", "0x2", "Number of I/O ports"),
        { }
    },
    .realize = debug_exit_realize,
    .unrealize = debug_exit_unrealize,
};
