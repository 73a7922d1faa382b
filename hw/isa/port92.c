/* SPDX-License-Identifier: GPL-2.0-or-later */
/* System control port A, 0x92 (PS/2 technical reference): the fast A20 gate and the fast reset. */
#include "core/runstate.h"
#include "hw/isa/isa.h"

enum {
    PORT = 0x92,
    FAST_RESET = 0x01,
    A20_GATE = 0x02,        /* read back; addresses are never masked: virtual processors have no A20 wrap */
};

typedef struct Port92 {
    IsaDevice isa;
    Region port;
    uint8_t value;
} Port92;

static uint64_t port92_read(void *opaque, uint64_t offset, unsigned size)
{
    return ((Port92 *)opaque)->value;
}

static void port92_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    Port92 *self = opaque;

    if (value & ~self->value & FAST_RESET) {
        request_reset(CAUSE_GUEST_RESET);
    }
    self->value = (uint8_t)value;
}

static const RegionOps port92_ops = { .read = port92_read, .write = port92_write, .max_size = 1 };

static bool port92_realize(Object *obj, Error **errp)
{
    Port92 *self = (Port92 *)obj;

    region_init_io(&self->port, "port92", 1, &port92_ops, self);
    return isa_ports_add(&self->isa, &self->port, PORT, errp);
}

static void port92_unrealize(Object *obj)
{
    region_finish(&((Port92 *)obj)->port);
}

static void port92_reset(Object *obj)
{
    ((Port92 *)obj)->value = 0;
}

CLASS(port92_class) = {
    .name = "port92",
    .parent = &isa_device_class,
    .desc = "Fast A20 gate and reset, port 0x92",
    .size = sizeof(Port92),
    .internal = true,
    .realize = port92_realize,
    .unrealize = port92_unrealize,
    .reset = port92_reset,
};
