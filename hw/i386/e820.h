/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The memory map as firmware reads it from the fw_cfg file etc/e820. */
#ifndef HW_I386_E820_H
#define HW_I386_E820_H

#include <glib.h>

#include "hw/i386/memory-map.h"

#define E820_ENTRY_SIZE 20

/*
 * One packed little-endian { u64 address, u64 length, u32 type } for every
 * range of @map, ascending. SeaBIOS takes RAM and reserved entries and adds
 * its own (VGA hole, EBDA, firmware); OVMF takes the RAM entries.
 */
GByteArray *e820_build(const MemoryMap *map);

#endif
