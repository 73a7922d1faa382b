/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device "ramfb": a console for the picture that the guest has in its own memory. */
#include "core/device.h"
#include "hw/display/ramfb.h"

typedef struct RamfbDevice {
    Object obj;
    bool legacy_rom;
    OnOffAuto migrate;
    Ramfb *ramfb;
    Canvas canvas;
} RamfbDevice;

static void device_refresh(void *opaque, bool whole)
{
    RamfbDevice *self = opaque;

    if (!ramfb_refresh(self->ramfb, &self->canvas, whole)) {
        canvas_say(&self->canvas, "Guest has not initialized the display (yet).");
    }
}

static const ConsoleOps console_ops = { .refresh = device_refresh };

static bool device_realize(Object *obj, Error **errp)
{
    RamfbDevice *self = (RamfbDevice *)obj;

    self->ramfb = ramfb_new(self->legacy_rom, errp);
    if (!self->ramfb) {
        return false;
    }
    console_new(&self->canvas.console, obj, 0, &console_ops, self);
    return true;
}

static void device_unrealize(Object *obj)
{
    RamfbDevice *self = (RamfbDevice *)obj;

    console_free(self->canvas.console);
    canvas_clear(&self->canvas);
    g_clear_pointer(&self->ramfb, ramfb_free);
}

static void device_reset(Object *obj)
{
    ramfb_reset(((RamfbDevice *)obj)->ramfb);
}

CLASS(ramfb_device_class) = {
    .name = "ramfb",
    .parent = &system_device_class,
    .desc = "Display of a picture in the guest's own memory, for firmware",
    .size = sizeof(RamfbDevice),
    .props = (const Property[]){
        PROP(RamfbDevice, legacy_rom, bool, "use-legacy-x86-rom", "on", "With a video BIOS, for SeaBIOS"),
        PROP(RamfbDevice, migrate, onoffauto, "x-migrate", "auto", "Accepted; there is no migration"),
        { }
    },
    .realize = device_realize,
    .unrealize = device_unrealize,
    .reset = device_reset,
};
