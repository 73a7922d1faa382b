/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The VGA as a PCI device: BAR 0 is its memory, BAR 2 its registers. "VGA" also answers at the legacy addresses while
 * its command register says so (PCI Local Bus 3.0, 6.2.1); "secondary-vga" never does, and may be one of many.
 */
#include "hw/display/bochs-bar.h"
#include "hw/display/vga.h"
#include "hw/pci/pci.h"

enum { VENDOR_BOCHS = 0x1234, DEVICE_STDVGA = 0x1111, SUBSYSTEM_VENDOR = 0x1af4, SUBSYSTEM = 0x1100, REVISION = 2 };

enum { LEGACY_PRIORITY = 1 };   /* in front of the machine's own use of these addresses */

/* Where in the legacy spaces. */
static const struct {
    const char *name;
    uint16_t decoded_by;
    bool dispi;
    uint32_t first, size;
} windows[] = {
    { "vga memory", PCI_COMMAND_MEMORY, false, VGA_WINDOW, VGA_WINDOW_SIZE },
    { "vga 3b4", PCI_COMMAND_IO, false, 0x3b4, 2 },
    { "vga 3ba", PCI_COMMAND_IO, false, 0x3ba, 1 },
    { "vga 3c0", PCI_COMMAND_IO, false, 0x3c0, 16 },
    { "vga 3d4", PCI_COMMAND_IO, false, 0x3d4, 2 },
    { "vga 3da", PCI_COMMAND_IO, false, 0x3da, 1 },
    { "bochs dispi", PCI_COMMAND_IO, true, 0x1ce, 4 },      /* index; data at 1cf (unaligned) and 1d0 */
};

typedef struct VgaPci VgaPci;

typedef struct VgaWindow {
    Region region;
    VgaPci *owner;
    uint32_t first;
} VgaWindow;

struct VgaPci {
    PciDevice pci;
    uint32_t vgamem_mb;
    bool legacy;                /* the class's: answers at legacy addresses */
    Vga vga;
    BochsBar bar;
    VgaWindow ports;            /* of the BAR: 3C0 to 3DF */
    VgaWindow legacy_windows[G_N_ELEMENTS(windows)];
};

/* ---- windows ---- */

static uint64_t ports_read(void *opaque, uint64_t offset, unsigned size)
{
    VgaWindow *window = opaque;

    return vga_port_read(&window->owner->vga, window->first + (unsigned)offset);
}

static void ports_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    VgaWindow *window = opaque;

    vga_port_write(&window->owner->vga, window->first + (unsigned)offset, (uint8_t)value);
}

static uint64_t memory_read(void *opaque, uint64_t offset, unsigned size)
{
    return vga_memory_read(&((VgaWindow *)opaque)->owner->vga, (uint32_t)offset);
}

static void memory_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    vga_memory_write(&((VgaWindow *)opaque)->owner->vga, (uint32_t)offset, (uint8_t)value);
}

static uint64_t dispi_port_read(void *opaque, uint64_t offset, unsigned size)
{
    Vga *vga = &((VgaWindow *)opaque)->owner->vga;

    return offset == 0 ? vga->dispi_index : dispi_read(&vga->dispi, vga->dispi_index);
}

static void dispi_port_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    Vga *vga = &((VgaWindow *)opaque)->owner->vga;

    if (offset == 0) {
        vga->dispi_index = (uint16_t)value;
    } else {
        dispi_write(&vga->dispi, vga->dispi_index, (uint16_t)value);
    }
}

static const RegionOps ports_ops = { .read = ports_read, .write = ports_write, .max_size = 1 };
static const RegionOps memory_ops = { .read = memory_read, .write = memory_write, .max_size = 1, .posted = true };
static const RegionOps dispi_ops = { .read = dispi_port_read, .write = dispi_port_write, .min_size = 2, .max_size = 2 };

static const RegionOps *ops_of(unsigned i)
{
    if (windows[i].decoded_by == PCI_COMMAND_MEMORY) {
        return &memory_ops;
    }
    return windows[i].dispi ? &dispi_ops : &ports_ops;
}

static void window_up(VgaPci *self, unsigned i)
{
    VgaWindow *window = &self->legacy_windows[i];
    bool is_memory = windows[i].decoded_by == PCI_COMMAND_MEMORY;

    *window = (VgaWindow){ .owner = self, .first = windows[i].first };
    region_init_io(&window->region, windows[i].name, windows[i].size, ops_of(i), window);
    region_hide(&window->region, true);
    region_add(is_memory ? self->pci.bus->memory : self->pci.bus->io, &window->region, windows[i].first,
               LEGACY_PRIORITY);
}

static void update_windows(VgaPci *self)
{
    uint16_t command = pci_get_u16(self->pci.config + PCI_COMMAND);

    region_transaction_begin();
    for (unsigned i = 0; self->legacy && i < G_N_ELEMENTS(windows); i++) {
        region_hide(&self->legacy_windows[i].region, !(command & windows[i].decoded_by));
    }
    region_transaction_commit();
}

static void config_write(PciDevice *dev, unsigned addr, uint32_t value, unsigned len)
{
    pci_config_write_default(dev, addr, value, len);
    update_windows((VgaPci *)dev);
}

/* ---- the console ---- */

static void display_refresh(void *opaque, bool whole)
{
    vga_refresh(&((VgaPci *)opaque)->vga, whole);
}

static void display_watched(void *opaque, bool watched)
{
    screen_watch(&((VgaPci *)opaque)->vga.screen, watched);
}

static bool display_resize(void *opaque, unsigned width, unsigned height)
{
    return bochs_bar_resize(&((VgaPci *)opaque)->bar, width, height);
}

static const ConsoleOps console_ops = {
    .refresh = display_refresh, .watched = display_watched, .resize = display_resize,
};

/* ---- the device ---- */

static void bars_up(VgaPci *self)
{
    bochs_bar_init(&self->bar, &self->vga.dispi, &self->vga.big_endian);
    self->ports = (VgaWindow){ .owner = self, .first = 0x3c0 };
    region_init_io(&self->ports.region, "vga ports", BOCHS_BAR_VGA_SIZE, &ports_ops, &self->ports);
    region_add(&self->bar.region, &self->ports.region, BOCHS_BAR_VGA, 0);
    pci_bar_add(&self->pci, 0, PCI_BASE_ADDRESS_MEM_PREFETCH, &self->vga.screen.region);
    pci_bar_add(&self->pci, BOCHS_BAR, 0, &self->bar.region);
}

static bool common_realize(Object *obj, Error **errp)
{
    VgaPci *self = (VgaPci *)obj;
    uint64_t size = 0;

    if (!bochs_memory_size(self->vgamem_mb, &size, errp)) {
        return fail(errp, "vgamem_mb");
    }
    if (!vga_up(&self->vga, "video memory", size, errp)) {
        return false;
    }
    bars_up(self);
    screen_connect(&self->vga.screen, obj, &console_ops, self);
    return true;
}

static bool vga_realize(Object *obj, Error **errp)
{
    VgaPci *self = (VgaPci *)obj;

    for (unsigned i = 0; i < G_N_ELEMENTS(windows); i++) {
        window_up(self, i);
    }
    self->legacy = true;
    return true;
}

static void common_unrealize(Object *obj)
{
    VgaPci *self = (VgaPci *)obj;

    for (unsigned i = 0; i < G_N_ELEMENTS(windows); i++) {
        region_finish(&self->legacy_windows[i].region);
    }
    region_finish(&self->ports.region);
    bochs_bar_finish(&self->bar);
    vga_down(&self->vga);
}

static void common_reset(Object *obj)
{
    VgaPci *self = (VgaPci *)obj;

    vga_reset(&self->vga);
    update_windows(self);
}

CLASS(vga_common_class) = {
    .name = "pci-vga",
    .parent = &pci_device_class,
    .desc = "VGA with video memory of pixels",
    .size = sizeof(VgaPci),
    .abstract = true,
    .props = (const Property[]){
        BOCHS_MONITOR_PROPS(VgaPci, bar.monitor),
        PROP(VgaPci, vgamem_mb, u32, "vgamem_mb", "16", "Video memory in MiB, 1 to 512"),
        { }
    },
    .realize = common_realize,
    .unrealize = common_unrealize,
    .reset = common_reset,
};

CLASS(vga_class) = {
    .name = "VGA",
    .parent = &vga_common_class,
    .desc = "VGA with VESA modes, at the legacy addresses: the primary display",
    .cold = true,
    .size = sizeof(VgaPci),
    .ops = &(const PciOps){
        .vendor = VENDOR_BOCHS, .device = DEVICE_STDVGA, .subsystem_vendor = SUBSYSTEM_VENDOR, .subsystem = SUBSYSTEM,
        .class_code = 0x030000, .revision = REVISION, .config_write = config_write,
    },
    .props = (const Property[]){
        PROP(VgaPci, pci.romfile, str, "romfile", "vgabios-stdvga.bin", "File with the video BIOS; empty: none"),
        { }
    },
    .realize = vga_realize,
};

CLASS(secondary_vga_class) = {
    .name = "secondary-vga",
    .parent = &vga_common_class,
    .desc = "VGA without legacy addresses: one more display",
    .size = sizeof(VgaPci),
    .ops = &(const PciOps){
        .vendor = VENDOR_BOCHS, .device = DEVICE_STDVGA, .subsystem_vendor = SUBSYSTEM_VENDOR, .subsystem = SUBSYSTEM,
        .class_code = 0x038000, .revision = REVISION,
    },
};
