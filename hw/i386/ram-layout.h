/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a PC's RAM goes when devices need memory of their own below 4 GiB,
 * somewhere or at an address they cannot choose. RAM that has no room moves above
 * 4 GiB, so that the guest has all it was given.
 *
 * Firmware must end up with PCI windows beside that memory. It takes them behind
 * low RAM, from the first of three addresses; so all that lies between low RAM
 * and that address is out of its reach:
 *
 *     RAM | memory of devices | nothing | PCI window (2, 3 or 3.5 GiB) ... | RAM above 4 GiB
 *
 * Firmware that takes RAM with a hole (SeaBIOS) can have some behind that memory,
 * which moves the PCI window up. Pure functions.
 */
#ifndef HW_I386_RAM_LAYOUT_H
#define HW_I386_RAM_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

/* An address window; size 0 means there is none. */
typedef struct MemoryMapWindow {
    uint64_t base, size;
} MemoryMapWindow;

/* A stretch of RAM: at @base in the guest, from @offset of the memory it is made of. */
typedef struct RamPiece {
    uint64_t base, size, offset;
} RamPiece;

enum { RAM_PIECES_MAX = 3 };    /* low, behind the memory of devices, above 4 GiB */

typedef struct RamLayout {
    RamPiece pieces[RAM_PIECES_MAX];    /* ascending; the first begins at 0 */
    unsigned count;
} RamLayout;

typedef struct RamLayoutConfig {
    uint64_t ram_size;          /* bytes, a multiple of 4 KiB */
    uint64_t low_top;           /* where low RAM ends without memory of devices, if there is so much */
    uint64_t limit;             /* where RAM below 4 GiB ends at the latest */
    const MemoryMapWindow *carved;  /* what devices have below 4 GiB; they do not overlap */
    size_t carved_count;
    bool holes;                 /* the firmware takes low RAM in two pieces */
} RamLayoutConfig;

/* Most RAM below 4 GiB: the last of the three addresses. */
#define RAM_LAYOUT_LOW_MAX 0xe0000000ull

/*
 * Where firmware's PCI window begins when RAM below 4 GiB ends at @top; 0: nowhere. SeaBIOS src/fw/pciinit.c
 * (i440fx_mem_addr_setup) and OVMF's PlatformInitLib (the highest power of two that leaves low RAM alone) agree.
 */
uint64_t ram_layout_pci_start(uint64_t top);

/* Lay RAM out; false with *errp set when no layout keeps RAM and PCI windows off the memory of devices. */
bool ram_layout(const RamLayoutConfig *config, RamLayout *ret, Error **errp);

/*
 * Room for @size more bytes, aligned to @align (a power of two, at least 4 KiB),
 * beside what is carved already: behind RAM where there is room, else at its end.
 */
bool ram_layout_find(const RamLayoutConfig *config, uint64_t size, uint64_t align, uint64_t *ret_base, Error **errp);

#endif
