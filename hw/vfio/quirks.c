/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Quirks: what a family of devices needs beyond the standards, each declared
 * next to its code by QUIRK(), and the one helper they share, a configuration
 * register that the device shows in a BAR as well.
 */
#include "hw/vfio/pci.h"

enum { MIRROR_PRIORITY = 10 };

/* The bounds of the linker section that QUIRK() fills; weak so that a program without quirks links. */
extern const VfioQuirk *const __start_igd_vfio_quirks[] __attribute__((weak));
extern const VfioQuirk *const __stop_igd_vfio_quirks[] __attribute__((weak));

static bool quirk_applies(const VfioQuirk *quirk, const VfioPci *dev)
{
    return (quirk->vendor == VFIO_ANY_ID || quirk->vendor == vfio_pci_vendor(dev)) &&
           (quirk->device == VFIO_ANY_ID || quirk->device == vfio_pci_device_id(dev)) &&
           (vfio_pci_class_code(dev) & quirk->class_mask) == quirk->class_code;
}

bool vfio_quirks_up(VfioPci *dev, Error **errp)
{
    for (const VfioQuirk *const *at = __start_igd_vfio_quirks; at < __stop_igd_vfio_quirks; at++) {
        if (quirk_applies(*at, dev) && !(*at)->up(dev, errp)) {
            return false;
        }
    }
    return true;
}

bool vfio_quirks_complete(VfioPci *dev, Error **errp)
{
    for (const VfioQuirk *const *at = __start_igd_vfio_quirks; at < __stop_igd_vfio_quirks; at++) {
        if (quirk_applies(*at, dev) && (*at)->complete && !(*at)->complete(dev, errp)) {
            return false;
        }
    }
    return true;
}

void vfio_quirks_reset(VfioPci *dev)
{
    for (const VfioQuirk *const *at = __start_igd_vfio_quirks; at < __stop_igd_vfio_quirks; at++) {
        if (quirk_applies(*at, dev) && (*at)->reset) {
            (*at)->reset(dev);
        }
    }
}

typedef struct Mirror {
    Region region;
    VfioPci *dev;
    unsigned addr;
} Mirror;

static void mirror_free(void *opaque)
{
    Mirror *mirror = opaque;

    region_finish(&mirror->region);
    g_free(mirror);
}

void vfio_quirks_down(VfioPci *dev)
{
    for (const VfioQuirk *const *at = __start_igd_vfio_quirks; at < __stop_igd_vfio_quirks; at++) {
        if (quirk_applies(*at, dev)) {
            (*at)->down(dev);
        }
    }
    g_clear_pointer(&dev->mirrors, g_ptr_array_unref);
}

/* ---- mirrors ---- */

static uint64_t mirror_read(void *opaque, uint64_t offset, unsigned size)
{
    Mirror *mirror = opaque;

    return vfio_config_read(&mirror->dev->pci, mirror->addr + (unsigned)offset, size);
}

static void mirror_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    Mirror *mirror = opaque;

    vfio_config_write(&mirror->dev->pci, mirror->addr + (unsigned)offset, (uint32_t)value, size);
}

/* Configuration registers are accessed by dwords at most. */
static const RegionOps mirror_ops = { .read = mirror_read, .write = mirror_write, .max_size = 4 };

void vfio_mirror_add(VfioPci *dev, unsigned bar, uint64_t offset, unsigned addr, unsigned len)
{
    if (dev->bars[bar].info.size < offset + len) {
        return;
    }
    Mirror *mirror = g_new0(Mirror, 1);
    mirror->dev = dev;
    mirror->addr = addr;
    region_init_io(&mirror->region, "vfio-config-mirror", len, &mirror_ops, mirror);
    region_add(&dev->bars[bar].region, &mirror->region, offset, MIRROR_PRIORITY);
    if (!dev->mirrors) {
        dev->mirrors = g_ptr_array_new_with_free_func(mirror_free);
    }
    g_ptr_array_add(dev->mirrors, mirror);
}
