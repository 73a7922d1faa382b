/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The monitor of a virtual GPU: a region of the device takes its EDID. Facts: struct vfio_region_gfx_edid in Linux
 * include/uapi/linux/vfio.h.
 */
#ifndef HW_VFIO_EDID_H
#define HW_VFIO_EDID_H

#include "core/clock.h"
#include "hw/vfio/vfio.h"

typedef struct VfioEdid {
    VfioDevice *dev;
    VfioRegionInfo region;      /* size 0: the device has no such region */
    uint32_t offset, room;      /* of the blob in the region, bytes */
    unsigned xmax, ymax;        /* 0: no limit */
    unsigned xres, yres;        /* what the monitor prefers now */
    Timer link_timer;           /* plugs it in again */
} VfioEdid;

/* Look for the region; false with *errp set when it is there and cannot be read. */
bool vfio_edid_up(VfioEdid *edid, VfioDevice *dev, Error **errp);

/* A zeroed one is accepted. */
void vfio_edid_down(VfioEdid *edid);

static inline bool vfio_edid_is_there(const VfioEdid *edid)
{
    return edid->region.size > 0;
}

/*
 * Connect a monitor that prefers @xres x @yres pixels, 0: the largest, or 1280 x 800 without a limit. The one before is unplugged first, and the new
 * one plugged in 100 ms later, so that the guest sees a change; at once if @first. Nothing happens without a region, or
 * when it is the same monitor.
 */
void vfio_edid_set(VfioEdid *edid, unsigned xres, unsigned yres, bool first);

#endif
