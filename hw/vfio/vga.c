/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Legacy VGA: the memory and ports every VGA device answers at, served by the
 * device's VGA region, in which an offset is the legacy address. They are decoded
 * while the command register says so (PCI Local Bus 3.0, 6.2.1 and appendix D).
 */
#include "hw/vfio/pci.h"

#include <string.h>

#include "lib/log.h"

enum {
    VGA_REGION_MIN = 0xc0000,       /* up to the end of the memory window */
    VGA_PRIORITY = 1,               /* in front of the machine's own use of these addresses */
};

static const struct {
    const char *name;
    uint64_t first, size;
    uint16_t decoded_by;
} ranges[] = {
    { "vfio-vga-memory", 0xa0000, 0x20000, PCI_COMMAND_MEMORY },
    { "vfio-vga-3b0", 0x3b0, 12, PCI_COMMAND_IO },      /* monochrome CRTC */
    { "vfio-vga-3c0", 0x3c0, 32, PCI_COMMAND_IO },
};

static uint64_t window_read(void *opaque, uint64_t offset, unsigned size)
{
    VfioVgaWindow *window = opaque;
    VfioDevice *device = window->dev->dev;
    uint64_t value = 0;
    ssize_t n = device->ops->read(device, &window->dev->vga.info, window->offset + offset, &value, size);

    return n == (ssize_t)size ? GUINT64_FROM_LE(value) : UINT64_MAX;
}

static void window_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    VfioVgaWindow *window = opaque;
    VfioDevice *device = window->dev->dev;
    uint64_t bytes = GUINT64_TO_LE(value);
    ssize_t n = device->ops->write(device, &window->dev->vga.info, window->offset + offset, &bytes, size);

    if (n != (ssize_t)size) {
        warn_limited("vfio %s: write to legacy VGA address 0x%" G_GINT64_MODIFIER "x failed",
                     vfio_pci_name(window->dev), window->offset + offset);
    }
}

static const RegionOps window_ops = { .read = window_read, .write = window_write };

static bool info_is_vga(const VfioRegionInfo *info)
{
    uint32_t need = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;

    return info->size >= VGA_REGION_MIN && (info->flags & need) == need;
}

bool vfio_vga_offered(VfioPci *dev)
{
    VfioRegionInfo vga = { 0 };
    Error *err = NULL;
    bool offered = vfio_region_info(dev->dev, VFIO_PCI_VGA_REGION_INDEX, &vga, &err) && info_is_vga(&vga);

    error_clear(&err);
    vfio_region_info_clear(&vga);
    return offered;
}

void vfio_vga_update(VfioPci *dev)
{
    uint16_t command = pci_get_u16(dev->pci.config + PCI_COMMAND);

    for (unsigned i = 0; i < G_N_ELEMENTS(ranges); i++) {
        VfioVgaWindow *window = &dev->vga.windows[i];
        if (window->dev) {
            region_hide(&window->region, !(command & window->decoded_by));
        }
    }
}

static void window_up(VfioPci *dev, unsigned i)
{
    VfioVgaWindow *window = &dev->vga.windows[i];
    bool is_io = ranges[i].decoded_by == PCI_COMMAND_IO;

    window->dev = dev;
    window->offset = ranges[i].first;
    window->decoded_by = ranges[i].decoded_by;
    region_init_io(&window->region, ranges[i].name, ranges[i].size, &window_ops, window);
    region_hide(&window->region, true);
    region_add(is_io ? dev->pci.bus->io : dev->pci.bus->memory, &window->region, ranges[i].first, VGA_PRIORITY);
}

bool vfio_vga_up(VfioPci *dev, Error **errp)
{
    if (!dev->vga_wanted) {
        return true;
    }
    if (!vfio_region_info(dev->dev, VFIO_PCI_VGA_REGION_INDEX, &dev->vga.info, errp) ||
        !info_is_vga(&dev->vga.info)) {
        fail(errp, "Unable to enable VGA access: device does not support requested feature x-vga");
        return hint(errp, "The host kernel needs CONFIG_VFIO_PCI_VGA, the module vfio-pci must not be loaded with "
                    "disable_vga=1, and the device must be a VGA controller (class 0300).");
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(ranges); i++) {
        window_up(dev, i);
    }
    return true;
}

void vfio_vga_down(VfioPci *dev)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(ranges); i++) {
        region_finish(&dev->vga.windows[i].region);
        dev->vga.windows[i].dev = NULL;
    }
    vfio_region_info_clear(&dev->vga.info);
}
