/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two ports that are written and do nothing: POST codes (0x80, also a delay) and the coprocessor error latch (0xF0). */
#include "hw/isa/isa.h"

enum {
    POST_PORT = 0x80,
    COPROCESSOR_ERROR_PORT = 0xf0,      /* releases IGNNE#: KVM's processors report FPU errors as exceptions */
};

typedef struct Ioport80 {
    IsaDevice isa;
    Region post, coprocessor_error;
} Ioport80;

static uint64_t nothing_read(void *opaque, uint64_t offset, unsigned size)
{
    return UINT64_MAX;
}

static void nothing_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
}

static const RegionOps nothing_ops = { .read = nothing_read, .write = nothing_write };

static bool ioport80_realize(Object *obj, Error **errp)
{
    Ioport80 *self = (Ioport80 *)obj;

    region_init_io(&self->post, "POST code", 1, &nothing_ops, self);
    region_init_io(&self->coprocessor_error, "coprocessor error", 1, &nothing_ops, self);
    return isa_ports_add(&self->isa, &self->post, POST_PORT, errp) &&
           isa_ports_add(&self->isa, &self->coprocessor_error, COPROCESSOR_ERROR_PORT, errp);
}

static void ioport80_unrealize(Object *obj)
{
    Ioport80 *self = (Ioport80 *)obj;

    region_finish(&self->post);
    region_finish(&self->coprocessor_error);
}

CLASS(ioport80_class) = {
    .name = "ioport80",
    .parent = &isa_device_class,
    .desc = "Ports 0x80 and 0xf0: written by everybody, without effect",
    .size = sizeof(Ioport80),
    .internal = true,
    .realize = ioport80_realize,
    .unrealize = ioport80_unrealize,
};
