/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The register BAR of displays that speak DISPI (QEMU's docs/specs/standard-vga): 0x400 VGA ports, 0x500 DISPI
 * registers side by side, 0x600 the byte order of pixels. All else is nobody's.
 */
#ifndef HW_DISPLAY_BOCHS_BAR_H
#define HW_DISPLAY_BOCHS_BAR_H

#include "core/region.h"
#include "hw/display/bochs-dispi.h"

enum { BOCHS_BAR = 2, BOCHS_BAR_SIZE = 0x1000, BOCHS_BAR_VGA = 0x400, BOCHS_BAR_VGA_SIZE = 0x20 };

typedef struct BochsBar {
    Region region, registers, order;
    Dispi *dispi;
    bool *big_endian;
} BochsBar;

/* A region with the registers of @dispi, and of *@big_endian. */
void bochs_bar_init(BochsBar *bar, Dispi *dispi, bool *big_endian);

/* A zeroed one is accepted. */
void bochs_bar_finish(BochsBar *bar);

/* Video memory of @mib MiB as these devices have it: 1 to 512, a power of two, the next one for others. */
bool bochs_memory_size(uint64_t mib, uint64_t *ret_size, Error **errp);

#endif
