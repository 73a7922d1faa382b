/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The register BAR of displays that speak DISPI (QEMU's docs/specs/standard-vga): 0 the EDID of the monitor, 0x400
 * VGA ports, 0x500 DISPI registers side by side, 0x600 the byte order of pixels. All else reads as ones.
 */
#ifndef HW_DISPLAY_BOCHS_BAR_H
#define HW_DISPLAY_BOCHS_BAR_H

#include "core/region.h"
#include "hw/display/bochs-dispi.h"
#include "hw/display/edid.h"

enum { BOCHS_BAR = 2, BOCHS_BAR_SIZE = 0x1000, BOCHS_BAR_VGA = 0x400, BOCHS_BAR_VGA_SIZE = 0x20 };

/* The user's words about the monitor. */
typedef struct BochsMonitor {
    bool edid;
    uint32_t xres, yres, xmax, ymax, refresh_rate;
} BochsMonitor;

/* The rows of its properties, where @m is the BochsMonitor in @S. */
#define BOCHS_MONITOR_PROPS(S, m) \
    PROP(S, m.edid, bool, "edid", "on", "The guest can read what its monitor likes (EDID)"), \
    PROP(S, m.xres, u32, "xres", "0", "Preferred width in pixels; 0: 1280"), \
    PROP(S, m.yres, u32, "yres", "0", "Preferred height in pixels; 0: 800"), \
    PROP(S, m.xmax, u32, "xmax", "0", "Largest width offered; 0: no limit"), \
    PROP(S, m.ymax, u32, "ymax", "0", "Largest height offered; 0: no limit"), \
    PROP(S, m.refresh_rate, u32, "refresh_rate", "0", "Preferred refresh rate in 1/1000 Hz; 0: 75000")

typedef struct BochsBar {
    BochsMonitor monitor;
    Region region, nobody, edid, registers, order;
    uint8_t edid_blob[EDID_SIZE_MAX];
    Dispi *dispi;
    bool *big_endian;
} BochsBar;

/* A region with the EDID of bar->monitor, the registers of @dispi, and of *@big_endian. */
void bochs_bar_init(BochsBar *bar, Dispi *dispi, bool *big_endian);

/* A viewer's window has another size: that is what the monitor prefers from now on. False: the guest cannot ask it. */
bool bochs_bar_resize(BochsBar *bar, unsigned width, unsigned height);

/* A zeroed one is accepted. */
void bochs_bar_finish(BochsBar *bar);

/* Video memory of @mib MiB as these devices have it: 1 to 512, a power of two, the next one for others. */
bool bochs_memory_size(uint64_t mib, uint64_t *ret_size, Error **errp);

#endif
