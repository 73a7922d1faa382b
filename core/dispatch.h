/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accesses to a space: by the CPU (port and memory-mapped I/O) and by devices
 * (DMA). Needs vm_lock. Device memory sees exactly the width the guest used.
 * Nobody home: reads give the space's open-bus value, writes vanish.
 */
#ifndef CORE_DISPATCH_H
#define CORE_DISPATCH_H

#include <stddef.h>
#include <stdint.h>

#include "core/region.h"

/* One access of @size 1, 2, 4 or 8 bytes, little endian. */
uint64_t space_read(Space *space, uint64_t addr, unsigned size);
void space_write(Space *space, uint64_t addr, uint64_t value, unsigned size);

/* Any number of bytes; on I/O regions as naturally aligned accesses of up to 8 bytes. */
void space_read_bytes(Space *space, uint64_t addr, void *data, size_t len);
void space_write_bytes(Space *space, uint64_t addr, const void *data, size_t len);

/* Host address of @len bytes of guest RAM, or NULL when they are not one stretch of (for @write: writable) RAM. */
void *space_host(Space *space, uint64_t addr, size_t len, bool write);

/* DMA of a device: bytes to and from memory_space. */
static inline void dma_read(uint64_t addr, void *data, size_t len)
{
    space_read_bytes(&memory_space, addr, data, len);
}

static inline void dma_write(uint64_t addr, const void *data, size_t len)
{
    space_write_bytes(&memory_space, addr, data, len);
}

#endif
