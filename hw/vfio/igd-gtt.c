/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The graphics translation table, as video BIOSes reach it: by an index and a
 * data register in the I/O BAR (4), generations 6 to 10. An old one may have
 * learnt the host's base of stolen memory: such entries are moved to the
 * guest's. And the table as the host's firmware left it: it can be cleared.
 *
 * The index is asked for at the device each time: there is no copy of it that a
 * reset, a byte access or an odd bit could lead astray.
 *
 * Facts: MMIO_INDEX, MMIO_DATA and "GTT entries" in Intel's PRMs.
 */
#include "hw/vfio/igd.h"

#include <errno.h>

#include "lib/interrupt.h"
#include "lib/log.h"

enum {
    GTT_BAR = 0,
    ACCESS_BAR = 4,
    ACCESS_LEN = 8,
    INDEX = 0,
    DATA = 4,
    INDEX_IS_GTT = 1 << 0,
    REGISTERS_SIZE = 2 << 20,       /* what BAR 0 begins with; an index beyond may come out in it again */
};

#define PTE_ADDRESS UINT32_C(0xfffff000)
#define PTE_ADDRESS_39_32 UINT32_C(0x7f0)   /* of a 32-bit entry; bit 11 is the address's or a cache control */

/* ---- entries ---- */

static bool entry_is_wide(const VfioPci *dev)
{
    return dev->igd->platform->generation >= 8;
}

static bool lies_in(const IgdStolen *stolen, uint64_t addr)
{
    return stolen->base && addr >= stolen->base && addr - stolen->base < stolen->size;
}

/*
 * The entry as it must be for the guest: moved when it points into the host's
 * stolen memory, and not into the guest's, which may overlap. False: the guest's
 * has no such place. Stolen memory of these generations is below 4 GiB, and a
 * video BIOS knows nothing above: the upper half of a wide entry is left alone.
 */
static bool entry_for_guest(const VfioPci *dev, uint32_t *entry)
{
    IgdStolen host = igd_stolen_host(dev), guest = igd_stolen_guest(dev);
    uint32_t addr = *entry & PTE_ADDRESS;
    bool above_4g = !entry_is_wide(dev) && (*entry & PTE_ADDRESS_39_32);

    if (above_4g || lies_in(&guest, addr) || !lies_in(&host, addr)) {
        return true;
    }
    addr = (uint32_t)(addr - host.base + guest.base);
    if (!lies_in(&guest, addr)) {
        return false;
    }
    *entry = addr | (*entry & ~PTE_ADDRESS);
    return true;
}

static bool is_upper_half(const VfioPci *dev, uint32_t index)
{
    return entry_is_wide(dev) && (index & 4);
}

static bool may_write(const VfioPci *dev, uint32_t *entry)
{
    IgdStolen guest = igd_stolen_guest(dev);

    if (guest.base == 0 && guest.size > 0) {
        log_guest("vfio-igd: Guest attempted to program IGD GTT before BIOS reserved stolen memory. "
                  "Unsupported BIOS?");
        return false;
    }
    if (!entry_for_guest(dev, entry)) {
        log_guest("vfio-igd: GTT entry 0x%x is beyond the guest's stolen memory", *entry);
        return false;
    }
    return true;
}

/* ---- index and data ---- */

static VfioRegion *access_bar(VfioPci *dev)
{
    return &dev->bars[ACCESS_BAR];
}

static uint32_t device_index(VfioPci *dev)
{
    return (uint32_t)vfio_region_read(access_bar(dev), INDEX, 4);
}

static uint32_t ones(unsigned size)
{
    return UINT32_MAX >> (32 - 8 * size);
}

/* Entries are read and written whole: only then is it known where they point. */
static uint32_t gtt_read(VfioPci *dev, uint32_t index)
{
    uint32_t entry = (uint32_t)vfio_region_read(access_bar(dev), DATA, 4);

    return is_upper_half(dev, index) || entry_for_guest(dev, &entry) ? entry : 0;
}

static void gtt_write(VfioPci *dev, uint32_t index, unsigned lane, uint32_t value, unsigned size)
{
    uint32_t entry = value;

    if (size < 4) {
        uint32_t mask = ones(size) << (8 * lane);
        entry = (gtt_read(dev, index) & ~mask) | value << (8 * lane);
    }
    if (is_upper_half(dev, index) || may_write(dev, &entry)) {
        vfio_region_write(access_bar(dev), DATA, entry, 4);
    }
}

/* Where @overlay and @size bytes at @at of the registers meet. */
static unsigned meet(const VfioOverlay *overlay, uint32_t at, unsigned size, uint64_t *ret_first)
{
    uint64_t end = MIN(at + size, overlay->offset + region_size(&overlay->region));

    *ret_first = MAX(at, overlay->offset);
    return overlay->bar == GTT_BAR && !overlay->region.hidden && end > *ret_first ? (unsigned)(end - *ret_first) : 0;
}

/* The device's own, under the registers of ours that lie over it. */
static uint32_t mmio_read(VfioPci *dev, uint32_t at, unsigned lane, unsigned size)
{
    uint32_t value = (uint32_t)vfio_region_read(access_bar(dev), DATA + lane, size);

    for (unsigned i = 0; i < dev->overlays->len; i++) {
        VfioOverlay *overlay = g_ptr_array_index(dev->overlays, i);
        uint64_t first;
        unsigned len = meet(overlay, at, size, &first);
        if (len > 0) {
            unsigned shift = 8 * (unsigned)(first - at);
            uint32_t ours = (uint32_t)overlay->region.ops->read(overlay, first - overlay->offset, len) & ones(len);
            value = (value & ~(ones(len) << shift)) | ours << shift;
        }
    }
    return value;
}

static void mmio_write(VfioPci *dev, uint32_t at, unsigned lane, uint32_t value, unsigned size)
{
    bool ours = false;

    for (unsigned i = 0; i < dev->overlays->len; i++) {
        VfioOverlay *overlay = g_ptr_array_index(dev->overlays, i);
        uint64_t first;
        unsigned len = meet(overlay, at, size, &first);
        if (len > 0) {
            uint32_t part = value >> (8 * (unsigned)(first - at)) & ones(len);
            overlay->region.ops->write(overlay, first - overlay->offset, part, len);
            ours = true;
        }
    }
    if (!ours) {
        vfio_region_write(access_bar(dev), DATA + lane, value, size);
    }
}

static uint64_t access_read(void *opaque, uint64_t offset, unsigned size)
{
    VfioPci *dev = ((VfioOverlay *)opaque)->dev;
    unsigned lane = (unsigned)offset % 4;

    if (offset < DATA) {
        return vfio_region_read(access_bar(dev), offset, size);
    }
    uint32_t index = device_index(dev);
    if (index & INDEX_IS_GTT) {
        return gtt_read(dev, index) >> (8 * lane);
    }
    return mmio_read(dev, ((index & ~3u) + lane) % REGISTERS_SIZE, lane, size);
}

static void access_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    VfioPci *dev = ((VfioOverlay *)opaque)->dev;
    unsigned lane = (unsigned)offset % 4;

    if (offset < DATA) {
        vfio_region_write(access_bar(dev), offset, value, size);
        return;
    }
    uint32_t index = device_index(dev);
    if (index & INDEX_IS_GTT) {
        gtt_write(dev, index, lane, (uint32_t)value, size);
    } else {
        mmio_write(dev, ((index & ~3u) + lane) % REGISTERS_SIZE, lane, (uint32_t)value, size);
    }
}

/* An access that is not aligned comes in pieces that are. */
static uint64_t pieces_read(void *opaque, uint64_t offset, unsigned size)
{
    if (offset % size == 0) {
        return access_read(opaque, offset, size);
    }
    uint64_t low = pieces_read(opaque, offset, size / 2);
    return low | pieces_read(opaque, offset + size / 2, size / 2) << (4 * size);
}

static void pieces_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    if (offset % size == 0) {
        access_write(opaque, offset, value, size);
        return;
    }
    pieces_write(opaque, offset, value & ones(size / 2), size / 2);
    pieces_write(opaque, offset + size / 2, value >> (4 * size), size / 2);
}

static const RegionOps access_ops = { .read = pieces_read, .write = pieces_write, .max_size = 4 };

void igd_gtt_up(VfioPci *dev)
{
    int generation = dev->igd->platform->generation;

    /* Generation 11 has no access to the GTT by it any more. */
    if (generation >= 6 && generation <= 10) {
        vfio_overlay_add(dev, &(VfioOverlay){ .bar = ACCESS_BAR, .offset = INDEX }, ACCESS_LEN, &access_ops);
    }
}

/* ---- clearing ---- */

enum { CLEAR_STEP = 4096 };

/*
 * The table is the upper half of BAR 0, at most. Plain writes through the
 * transport: the kernel takes a page of entries at once, and unlike a mapping
 * that is touched they may fail.
 */
static bool clear(VfioPci *dev, Error **errp)
{
    static const uint8_t invalid[CLEAR_STEP];
    const VfioRegionInfo *info = &dev->bars[GTT_BAR].info;
    uint64_t first = info->size / 2;
    uint64_t end = first + MIN(first, igd_gtt_size(dev->igd->platform, pci_get_u16(dev->config.host + IGD_GGC)));

    for (uint64_t at = first; at < end; at += CLEAR_STEP) {
        ssize_t got = dev->dev->ops->write(dev->dev, info, at, invalid, CLEAR_STEP);
        if (got != CLEAR_STEP) {
            return fail_errno(errp, got < 0 ? (int)got : EIO, "x-igd-clear-gtt: cannot write to BAR 0 at 0x%"
                              G_GINT64_MODIFIER "x", at);
        }
        if (interrupt_pending()) {
            return fail(errp, "x-igd-clear-gtt: interrupted");
        }
    }
    return true;
}

bool igd_gtt_clear(VfioPci *dev, Error **errp)
{
    g_autofree char *title = igd_platform_title(dev->igd->platform, vfio_pci_device_id(dev));

    if (!dev->igd_clear_gtt || dev->igd->kind != IGD_INTEGRATED) {
        return true;
    }
    if (dev->igd->platform->generation == 0) {
        return fail(errp, "x-igd-clear-gtt: where the translation table of %s is, is not known", title);
    }
    uint32_t command = vfio_config_host_read(dev, PCI_COMMAND, 2);
    vfio_config_host_write(dev, PCI_COMMAND, command | PCI_COMMAND_MEMORY, 2);
    bool ok = clear(dev, errp);
    vfio_config_host_write(dev, PCI_COMMAND, command, 2);
    return ok;
}
