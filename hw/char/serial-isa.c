/* SPDX-License-Identifier: GPL-2.0-or-later */
/* COM1 to COM4: a 16550A at its customary ISA ports and interrupt. */
#include "hw/char/serial.h"
#include "hw/isa/isa.h"

enum { PORTS_MAX = 4, AUTO = -1 };

typedef struct IsaSerial {
    IsaDevice isa;
    Serial serial;
    int32_t index;
    int64_t iobase, irq;    /* AUTO: of COM(index + 1) */
    char *chardev;
} IsaSerial;

extern const Class isa_serial_class;

static const struct {
    uint16_t port;
    uint8_t irq;
} com[PORTS_MAX] = {
    { 0x3f8, 4 }, { 0x2f8, 3 }, { 0x3e8, 4 }, { 0x2e8, 3 },
};

static bool index_taken(int32_t index)
{
    g_autoptr(GPtrArray) all = object_list(&isa_serial_class);

    for (unsigned i = 0; i < all->len; i++) {
        if (((IsaSerial *)all->pdata[i])->index == index) {
            return true;
        }
    }
    return false;
}

static bool choose_index(IsaSerial *self, Error **errp)
{
    if (self->index == AUTO) {
        self->index = 0;
        while (index_taken(self->index)) {
            self->index++;
        }
    }
    if (self->index < 0 || self->index >= PORTS_MAX) {
        return fail(errp, "Max. supported number of ISA serial ports is %d.", PORTS_MAX);
    }
    return true;
}

static bool choose_place(IsaSerial *self, Error **errp)
{
    self->iobase = self->iobase == AUTO ? com[self->index].port : self->iobase;
    self->irq = self->irq == AUTO ? com[self->index].irq : self->irq;
    if (self->iobase < 0 || self->iobase > 0xfff8) {
        return fail(errp, "iobase 0x%" G_GINT64_MODIFIER "x is not between 0 and 0xfff8", self->iobase);
    }
    if (self->irq < 0 || self->irq > 15) {
        return fail(errp, "irq %" G_GINT64_FORMAT " is not between 0 and 15", self->irq);
    }
    return true;
}

static bool isa_serial_realize(Object *obj, Error **errp)
{
    IsaSerial *self = (IsaSerial *)obj;

    if (!choose_index(self, errp) || !choose_place(self, errp)) {
        return false;
    }
    self->serial.irq = isa_irq((unsigned)self->irq);
    return serial_realize(&self->serial, self->chardev, errp) &&
           isa_ports_add(&self->isa, &self->serial.region, (uint16_t)self->iobase, errp);
}

static void isa_serial_unrealize(Object *obj)
{
    serial_unrealize(&((IsaSerial *)obj)->serial);
}

static void isa_serial_reset(Object *obj)
{
    serial_reset(&((IsaSerial *)obj)->serial);
}

CLASS(isa_serial_class) = {
    .name = "isa-serial",
    .parent = &isa_device_class,
    .desc = "Serial port (16550A)",
    .size = sizeof(IsaSerial),
    .props = (const Property[]) {
        PROP(IsaSerial, index, i32, "index", "-1", "COM port, 0 to 3; -1: the first that is free"),
        PROP(IsaSerial, iobase, i64, "iobase", "-1", "First I/O port; -1: that of the COM port"),
        PROP(IsaSerial, irq, i64, "irq", "-1", "ISA interrupt; -1: that of the COM port"),
        PROP(IsaSerial, chardev, str, "chardev", NULL, "ID of a chardev to use as a backend"),
        PROP(IsaSerial, serial.baudbase, u32, "baudbase", "115200", "Bits a second at divisor 1"),
        { }
    },
    .realize = isa_serial_realize,
    .unrealize = isa_serial_unrealize,
    .reset = isa_serial_reset,
};
