/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the picture of a mediated Bochs display is; see bochs-plane.h. Facts: the "VBE Display Interface" of Bochs, whose
 * registers are from offset 500 (hex) of BAR 2.
 */
#include "hw/vfio/bochs-plane.h"

#include "core/guarded.h"
#include "hw/display/bochs-dispi.h"

enum { MEMORY_BAR = 0, REGISTER_BAR = 2, DISPI_REGISTERS = 0x500, VENDOR = 0x1234, DEVICE = 0x1111 };

static bool read_register(VfioPci *dev, unsigned index, uint16_t *ret, Error **errp)
{
    ssize_t got = dev->dev->ops->read(dev->dev, &dev->bars[REGISTER_BAR].info, DISPI_REGISTERS + index * sizeof(*ret), ret,
                                      sizeof(*ret));

    return got >= 0 || fail_errno(errp, (int)got, "The display's registers cannot be read");
}

/* A picture begins at a pixel of a line: the registers count both. */
static bool gather(void *opaque, const VfioPlane *plane, uint8_t *to, Error **errp)
{
    VfioPci *dev = opaque;
    VfioRegion *memory = &dev->bars[MEMORY_BAR];
    uint16_t bits, x, y;

    if (!read_register(dev, DISPI_BPP, &bits, errp) || !read_register(dev, DISPI_X_OFFSET, &x, errp) ||
        !read_register(dev, DISPI_Y_OFFSET, &y, errp)) {
        return false;
    }
    uint64_t offset = (uint64_t)y * plane->mode.stride + (uint64_t)x * (bits / 8);
    if (plane->size > memory->info.size || offset > memory->info.size - plane->size) {
        return fail(errp, "The guest's picture of %" G_GUINT64_FORMAT " bytes from offset 0x%" G_GINT64_MODIFIER
                    "x is not in the display's memory", plane->size, offset);
    }
    const void *host = vfio_region_host(memory, offset, plane->size);
    if (host) {
        guarded_load(to, host, plane->size);
        return true;
    }
    ssize_t got = dev->dev->ops->read(dev->dev, &memory->info, offset, to, plane->size);
    return got >= 0 || fail_errno(errp, (int)got, "The display's memory cannot be read");
}

void bochs_plane_help(VfioPci *dev, VfioPlanes *planes)
{
    if (dev->dev->mediated && vfio_pci_vendor(dev) == VENDOR && vfio_pci_device_id(dev) == DEVICE) {
        planes->gather = gather;
        planes->gather_only = true;
        planes->opaque = dev;
    }
}
