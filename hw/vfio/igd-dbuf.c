/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DBUF_CTL, power of the slices of the display buffer. A reset of the function
 * takes the host driver's request away, but the state it led to may still be
 * read as on. A driver that finds a slice on does not switch it on: the screen
 * shows vertical stripes until something sets the mode anew. So a state nobody
 * has requested reads as off, until the guest requests it the first time.
 *
 * The pages that trap: 0x45000 has power wells and watermarks, touched when a
 * mode is set. 0x44000 (second slice and on, generations 11 and 12) has the
 * interrupt registers of the display, some accesses a frame; those of the
 * engines are elsewhere (0x190000). Both are direct again once the guest has
 * requested the slices in them.
 *
 * Facts: DBUF_CTL_S1 to S4 in the display engine volumes of Intel's PRMs.
 */
#include "hw/vfio/igd.h"

enum { DBUF_BAR = 0, DBUF_LEN = 4 };

#define POWER_REQUEST (UINT32_C(1) << 31)
#define POWER_STATE (UINT32_C(1) << 30)

static const uint32_t dbuf_ctl[] = { 0x45008, 0x44fe8, 0x44300, 0x44304 };

static uint32_t device_read(const VfioOverlay *overlay)
{
    return (uint32_t)vfio_region_read(&overlay->dev->bars[DBUF_BAR], overlay->offset, DBUF_LEN);
}

static uint64_t dbuf_read(void *opaque, uint64_t offset, unsigned size)
{
    uint32_t value = device_read(opaque);

    if (!(value & POWER_REQUEST)) {
        value &= ~POWER_STATE;
    }
    return value >> (8 * offset);
}

static void dbuf_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    VfioOverlay *overlay = opaque;

    vfio_region_write(&overlay->dev->bars[DBUF_BAR], overlay->offset + offset, value, size);
    if ((value << (8 * offset)) & POWER_REQUEST) {
        region_hide(&overlay->region, true);
    }
}

static const RegionOps dbuf_ops = { .read = dbuf_read, .write = dbuf_write, .max_size = 4 };

void igd_dbuf_up(VfioPci *dev)
{
    for (unsigned i = 0; dev->igd_dbuf && i < dev->igd->platform->dbuf_slices; i++) {
        vfio_overlay_add(dev, &(VfioOverlay){ .bar = DBUF_BAR, .offset = dbuf_ctl[i] }, DBUF_LEN, &dbuf_ops);
    }
}
