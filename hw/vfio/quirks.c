/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Quirks: what a family of devices needs beyond the standards, each declared
 * next to its code by QUIRK(), and what they share: registers of ours that lie
 * over a BAR's, above all configuration registers that the BAR shows as well.
 */
#include "hw/vfio/pci.h"

enum { OVERLAY_PRIORITY = 10 };

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
    for (unsigned i = 0; dev->overlays && i < dev->overlays->len; i++) {
        VfioOverlay *overlay = g_ptr_array_index(dev->overlays, i);
        region_hide(&overlay->region, false);
    }
    for (const VfioQuirk *const *at = __start_igd_vfio_quirks; at < __stop_igd_vfio_quirks; at++) {
        if ((*at)->reset && quirk_applies(*at, dev)) {
            (*at)->reset(dev);
        }
    }
}

void vfio_quirks_down(VfioPci *dev)
{
    for (const VfioQuirk *const *at = __start_igd_vfio_quirks; at < __stop_igd_vfio_quirks; at++) {
        if (quirk_applies(*at, dev) && (*at)->down) {
            (*at)->down(dev);
        }
    }
    g_clear_pointer(&dev->overlays, g_ptr_array_unref);
}

/* ---- overlays ---- */

static void overlay_free(void *opaque)
{
    VfioOverlay *overlay = opaque;

    region_finish(&overlay->region);
    g_free(overlay);
}

void vfio_overlay_add(VfioPci *dev, const VfioOverlay *like, unsigned len, const RegionOps *ops)
{
    VfioRegion *bar = &dev->bars[like->bar];

    if (bar->info.size < like->offset + len) {
        return;
    }
    VfioOverlay *overlay = g_memdup2(like, sizeof(*like));
    overlay->dev = dev;
    region_init_io(&overlay->region, "vfio-overlay", len, ops, overlay);
    region_add(&bar->region, &overlay->region, overlay->offset, OVERLAY_PRIORITY);
    if (!dev->overlays) {
        dev->overlays = g_ptr_array_new_with_free_func(overlay_free);
    }
    g_ptr_array_add(dev->overlays, overlay);
}

/* ---- mirrors ---- */

static uint64_t mirror_read(void *opaque, uint64_t offset, unsigned size)
{
    VfioOverlay *overlay = opaque;

    return vfio_config_read(&overlay->dev->pci, overlay->row + (unsigned)offset, size);
}

static void mirror_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    VfioOverlay *overlay = opaque;

    vfio_config_write(&overlay->dev->pci, overlay->row + (unsigned)offset, (uint32_t)value, size);
}

/* Configuration registers are accessed by dwords at most. */
static const RegionOps mirror_ops = { .read = mirror_read, .write = mirror_write, .max_size = 4 };

void vfio_mirror_add(VfioPci *dev, unsigned bar, uint64_t offset, unsigned addr, unsigned len)
{
    vfio_overlay_add(dev, &(VfioOverlay){ .bar = bar, .offset = offset, .row = addr }, len, &mirror_ops);
}
