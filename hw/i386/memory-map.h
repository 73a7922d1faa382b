/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the guest-physical address space of a PC goes: RAM below and above
 * 4 GiB, reserved ranges, the two windows for PCI BARs, and what CMOS says.
 *
 *     0 ........ below_4g   RAM          (the VGA hole is the chipset's affair)
 *     then, as needed       memory of devices, RAM behind it: ram-layout.h
 *     behind ... 0xfec00000 pci32 window
 *     0xfec00000 4 GiB      IOAPIC, LAPIC, firmware
 *     4 GiB .... + above_4g RAM
 *     aligned .. phys_bits  pci64 window
 *
 * Pure functions: no machine, no I/O.
 */
#ifndef HW_I386_MEMORY_MAP_H
#define HW_I386_MEMORY_MAP_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "hw/i386/ram-layout.h"

/* Address range types of ACPI 6.5, table 15.1 (int 15h, AX=E820h). */
typedef enum MemoryMapType {
    MEMORY_MAP_RAM = 1,
    MEMORY_MAP_RESERVED = 2,
} MemoryMapType;

typedef struct MemoryMapRange {
    uint64_t base, size;
    MemoryMapType type;
} MemoryMapRange;

#define MEMORY_MAP_4G           0x100000000ull
#define MEMORY_MAP_IOAPIC       0xfec00000ull   /* the 32-bit PCI window ends here */

#define MEMORY_MAP_LOW_RAM_MAX  RAM_LAYOUT_LOW_MAX

typedef struct MemoryMapConfig {
    uint64_t ram_size;              /* bytes, a multiple of 4 KiB, not 0 */
    /*
     * Where RAM below 4 GiB ends at the latest; 0: chosen like the field's pc
     * (0xe0000000 for smaller guests, else 0xc0000000).
     */
    uint64_t max_ram_below_4g;
    unsigned phys_bits;             /* 32..52: guest physical address width */
    uint64_t pci64_size;            /* at most this much; 0: all up to phys_bits */
    const MemoryMapWindow *reserved;    /* what neither the OS nor the pci64 window may use */
    size_t reserved_count;
    const MemoryMapWindow *carved;  /* memory of devices below 4 GiB, reserved too: RAM is laid out around it */
    size_t carved_count;
    bool holes;                     /* the firmware takes low RAM in two pieces (ram-layout.h) */
} MemoryMapConfig;

typedef struct MemoryMap {
    RamLayout ram;
    uint64_t below_4g, above_4g;    /* RAM bytes from 0 to the first hole, and from 4 GiB */
    MemoryMapWindow pci32, pci64;
    GArray *ranges;                 /* MemoryMapRange, sorted, disjoint, neighbours of a type merged */
} MemoryMap;

/* Fill *ret (to be released by memory_map_finish()); written on success only. */
bool memory_map_init(const MemoryMapConfig *config, MemoryMap *ret, Error **errp);

/*
 * Room below 4 GiB for @size bytes of a device, aligned to @align (a power of
 * two, at least 4 KiB), beside what @config has carved already.
 */
bool memory_map_find_room(const MemoryMapConfig *config, uint64_t size, uint64_t align, uint64_t *ret_base,
                          Error **errp);

/* Accepts a zeroed map. */
void memory_map_finish(MemoryMap *map);

/*
 * The highest address A <= @top such that [A, A + @size) is RAM below 4 GiB,
 * untouched by reserved ranges, and A is a multiple of @align (a power of
 * two). False when there is no such place.
 */
bool memory_map_place_high(const MemoryMap *map, uint64_t size, uint64_t top, uint64_t align,
                           uint64_t *ret_base);

/* One byte of CMOS. */
typedef struct CmosByte {
    uint8_t index, value;
} CmosByte;

#define MEMORY_MAP_CMOS_BYTES 11

/*
 * The memory sizes SeaBIOS and old systems read from CMOS: 0x15/16 base memory
 * in KiB, 0x17/18 and 0x30/31 KiB above 1 MiB (at most 65535), 0x34/35 units
 * of 64 KiB above 16 MiB and below 4 GiB, 0x5b-5d units of 64 KiB above 4 GiB.
 */
void memory_map_cmos(const MemoryMap *map, CmosByte ret[MEMORY_MAP_CMOS_BYTES]);

#endif
