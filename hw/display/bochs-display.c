/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A display of pixels in video memory and nothing else: DISPI registers in BAR 2, no VGA. */
#include "hw/display/bochs-bar.h"
#include "hw/display/screen.h"
#include "hw/pci/pci.h"

typedef struct BochsDisplay {
    PciDevice pci;
    uint64_t vgamem;
    Screen screen;
    Dispi dispi;
    bool big_endian;
    BochsBar bar;
} BochsDisplay;

static void display_refresh(void *opaque, bool whole)
{
    BochsDisplay *self = opaque;
    PixelMode mode = dispi_mode(&self->dispi, self->big_endian);

    if (!dispi_is_on(&self->dispi)) {
        return;
    }
    if (self->dispi.values[DISPI_BPP] != 32) {
        canvas_say(&self->screen.canvas, "This display has modes of 32 bits a pixel only.");
        return;
    }
    screen_refresh(&self->screen, &mode, NULL, whole);
}

static void display_watched(void *opaque, bool watched)
{
    screen_watch(&((BochsDisplay *)opaque)->screen, watched);
}

static bool display_resize(void *opaque, unsigned width, unsigned height)
{
    return bochs_bar_resize(&((BochsDisplay *)opaque)->bar, width, height);
}

static const ConsoleOps console_ops = {
    .refresh = display_refresh, .watched = display_watched, .resize = display_resize,
};

static void display_reset(Object *obj)
{
    BochsDisplay *self = (BochsDisplay *)obj;

    self->big_endian = false;
    dispi_reset(&self->dispi, screen_memory(&self->screen), screen_memory_size(&self->screen));
}

static bool display_realize(Object *obj, Error **errp)
{
    BochsDisplay *self = (BochsDisplay *)obj;
    uint64_t size = 0;

    if (!bochs_memory_size((self->vgamem + (1 << 20) - 1) >> 20, &size, errp)) {
        return fail(errp, "vgamem");
    }
    if (!screen_up(&self->screen, "video memory", size, errp)) {
        return false;
    }
    display_reset(obj);
    bochs_bar_init(&self->bar, &self->dispi, &self->big_endian);
    pci_bar_add(&self->pci, 0, PCI_BASE_ADDRESS_MEM_PREFETCH, &self->screen.region);
    pci_bar_add(&self->pci, BOCHS_BAR, 0, &self->bar.region);
    screen_connect(&self->screen, obj, &console_ops, self);
    return true;
}

static void display_unrealize(Object *obj)
{
    BochsDisplay *self = (BochsDisplay *)obj;

    bochs_bar_finish(&self->bar);
    screen_down(&self->screen);
}

CLASS(bochs_display_class) = {
    .name = "bochs-display",
    .parent = &pci_device_class,
    .desc = "Display without VGA, for firmware and systems that know it",
    .size = sizeof(BochsDisplay),
    .ops = &(const PciOps){
        .vendor = 0x1234, .device = 0x1111, .subsystem_vendor = 0x1af4, .subsystem = 0x1100,
        .class_code = 0x038000, .revision = 2,
    },
    .props = (const Property[]){
        PROP(BochsDisplay, vgamem, size, "vgamem", "16M", "Video memory, 1M to 512M"),
        BOCHS_MONITOR_PROPS(BochsDisplay, bar.monitor),
        PROP(BochsDisplay, pci.romfile, str, "romfile", "vgabios-bochs-display.bin", "File with the video BIOS; empty: none"),
        { }
    },
    .realize = display_realize,
    .unrealize = display_unrealize,
    .reset = display_reset,
};
