/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The panic notifier's register, and the device at an ISA port; see panic.h. */
#include "hw/misc/panic.h"

#include <misc/pvpanic.h>

#include "core/runstate.h"
#include "hw/nvram/fw-cfg.h"

static uint64_t panic_read(void *opaque, uint64_t offset, unsigned size)
{
    return ((PanicRegister *)opaque)->events;
}

/* A failure is told at most once a write, the graver one first. */
static void panic_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    uint8_t events = (uint8_t)value & ((PanicRegister *)opaque)->events;

    if (events & PVPANIC_PANICKED) {
        request_panic(NULL);
    } else if (events & PVPANIC_CRASH_LOADED) {
        guest_crash_loaded(NULL);
    }
}

static const RegionOps panic_ops = { .read = panic_read, .write = panic_write, .max_size = 1 };

void panic_register_init(PanicRegister *reg, uint64_t size)
{
    region_init_io(&reg->region, "pvpanic", size, &panic_ops, reg);
}

/* Firmware and guests without ACPI find the port in a file. */
static bool publish_port(const IsaPanic *self, Error **errp)
{
    uint16_t port = GUINT16_TO_LE(self->ioport);
    g_autoptr(GBytes) bytes = g_bytes_new(&port, sizeof(port));
    FwCfg *fw = fw_cfg_find();

    return !fw || fw_cfg_add_file(fw, "etc/pvpanic-port", bytes, errp);
}

static bool pvpanic_realize(Object *obj, Error **errp)
{
    IsaPanic *self = (IsaPanic *)obj;

    panic_register_init(&self->reg, 1);
    return isa_ports_add(&self->isa, &self->reg.region, self->ioport, errp) && publish_port(self, errp);
}

static void pvpanic_unrealize(Object *obj)
{
    region_finish(&((IsaPanic *)obj)->reg.region);
}

CLASS(pvpanic_class) = {
    .name = "pvpanic",
    .parent = &isa_device_class,
    .desc = "Panic notifier at an I/O port",
    .size = sizeof(IsaPanic),
    .props = (const Property[]){
        PROP(IsaPanic, ioport, u16, "ioport", "0x505", "I/O port"),
        PROP(IsaPanic, reg.events, u8, "events", "3", "Events it has: 1 panic, 2 crash kernel"),
        { }
    },
    .realize = pvpanic_realize,
    .unrealize = pvpanic_unrealize,
};
