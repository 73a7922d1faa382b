/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Accesses to a space; see dispatch.h. */
#include "core/dispatch.h"

#include <string.h>

#include "core/accel.h"
#include "core/dirty.h"
#include "core/guarded.h"
#include "lib/log.h"

/* The low @size bytes. */
static uint64_t low_bytes(uint64_t value, unsigned size)
{
    return size >= 8 ? value : value & ((1ULL << (8 * size)) - 1);
}

static unsigned clamp_size(unsigned size, unsigned low, unsigned high)
{
    return size < low ? low : size > high ? high : size;
}

static unsigned min_size(const RegionOps *ops)
{
    return ops->min_size ? ops->min_size : 1;
}

static unsigned max_size(const RegionOps *ops)
{
    return ops->max_size ? ops->max_size : 8;
}

static bool enter(Region *region)
{
    if (region->busy) {
        log_guest("%s: access by its own DMA dropped", region->name);
        return false;
    }
    return region->busy = true;
}

static uint64_t io_read(Region *region, uint64_t offset, unsigned size)
{
    const RegionOps *ops = region->ops;
    unsigned step = clamp_size(size, min_size(ops), max_size(ops));
    uint64_t value = 0;

    if (ops->posted) {
        accel_flush_posted();
    }
    if (!ops->read || !enter(region)) {
        return low_bytes(UINT64_MAX, size);
    }
    if (step > size) {  /* narrower than the device takes: read around it and shift */
        uint64_t wide = ops->read(region->opaque, offset & ~(uint64_t)(step - 1), step);
        value = wide >> (8 * (offset & (step - 1)));
    }
    for (unsigned at = 0; step <= size && at < size; at += step) {
        value |= low_bytes(ops->read(region->opaque, offset + at, step), step) << (8 * at);
    }
    region->busy = false;
    return low_bytes(value, size);
}

static void io_write(Region *region, uint64_t offset, uint64_t value, unsigned size)
{
    const RegionOps *ops = region->ops;
    unsigned step = clamp_size(size, min_size(ops), max_size(ops));

    if (!ops->write || step > size) {
        log_guest("%s: %u byte write at 0x%" G_GINT64_MODIFIER "x dropped", region->name, size, offset);
        return;
    }
    if (!enter(region)) {
        return;
    }
    for (unsigned at = 0; at < size; at += step) {
        ops->write(region->opaque, offset + at, low_bytes(value >> (8 * at), step), step);
    }
    region->busy = false;
}

/* One load or store of the guest's width. Device memory is a BAR of real hardware, which may have gone. */
static uint64_t ram_read(const Range *range, uint64_t addr, unsigned size)
{
    const uint8_t *host = range_host(range) + (addr - range->first);

    if (range->region->kind == REGION_DEVICE_RAM) {
        return guarded_read(host, size);
    }
    switch (size) {
    case 1:
        return *(const volatile uint8_t *)host;
    case 2:
        return *(const volatile uint16_t *)host;
    case 4:
        return *(const volatile uint32_t *)host;
    default:
        return *(const volatile uint64_t *)host;
    }
}

static void ram_write(const Range *range, uint64_t addr, uint64_t value, unsigned size)
{
    uint8_t *host = range_host(range) + (addr - range->first);

    if (range->region->kind == REGION_DEVICE_RAM) {
        guarded_write(host, value, size);
        return;
    }
    dirty_mark(host, size);
    switch (size) {
    case 1:
        *(volatile uint8_t *)host = (uint8_t)value;
        break;
    case 2:
        *(volatile uint16_t *)host = (uint16_t)value;
        break;
    case 4:
        *(volatile uint32_t *)host = (uint32_t)value;
        break;
    default:
        *(volatile uint64_t *)host = value;
        break;
    }
}

static bool holds(const Range *range, uint64_t addr, unsigned size)
{
    if (!range) {
        return false;
    }
    if (range->region->kind == REGION_IO && range->region->ops->undivided) {
        return range->region->last - (range->offset + (addr - range->first)) >= size - 1;
    }
    return range->last - addr >= size - 1;
}

uint64_t space_read(Space *space, uint64_t addr, unsigned size)
{
    const Range *range = space_find(space, addr);

    if (!holds(range, addr, size) && size > 1) {    /* nobody, or it straddles two regions */
        uint64_t low = space_read(space, addr, size / 2);
        return low | space_read(space, addr + size / 2, size / 2) << (4 * size);
    }
    if (!range) {
        return low_bytes(space->open_bus, size);
    }
    if (range_is_ram(range)) {
        return ram_read(range, addr, size);
    }
    return io_read(range->region, range->offset + (addr - range->first), size);
}

static void rom_write(const Range *range, uint64_t addr, uint64_t value, unsigned size)
{
    if (range->region->ops) {
        io_write(range->region, range->offset + (addr - range->first), value, size);
    }
}

void space_write(Space *space, uint64_t addr, uint64_t value, unsigned size)
{
    const Range *range = space_find(space, addr);

    if (!holds(range, addr, size) && size > 1) {
        space_write(space, addr, low_bytes(value, size / 2), size / 2);
        space_write(space, addr + size / 2, value >> (4 * size), size / 2);
    } else if (range && range_is_ram(range) && range->readonly) {
        rom_write(range, addr, value, size);
    } else if (range && range_is_ram(range)) {
        ram_write(range, addr, value, size);
    } else if (range) {
        io_write(range->region, range->offset + (addr - range->first), value, size);
    }
}

/* The largest naturally aligned access at @addr within @len. */
static unsigned access_size(uint64_t addr, size_t len)
{
    unsigned size = 8;

    while ((addr & (size - 1)) || size > len) {
        size /= 2;
    }
    return size;
}

/* Bytes from @addr that lie in one stretch of guest RAM, at most @len; 0: none. */
static size_t ram_stretch(Space *space, uint64_t addr, size_t len, bool write, uint8_t **ret_host)
{
    const Range *range = space_find(space, addr);

    if (!range || range->region->kind != REGION_RAM || (write && range->readonly)) {
        return 0;
    }
    len = MIN(len - 1, range->last - addr) + 1;
    *ret_host = range_host(range) + (addr - range->first);
    if (write) {
        dirty_mark(*ret_host, len);
    }
    return len;
}

void space_read_bytes(Space *space, uint64_t addr, void *data, size_t len)
{
    uint8_t *at = data, *host;

    for (size_t n; len > 0; addr += n, at += n, len -= n) {
        n = ram_stretch(space, addr, len, false, &host);
        if (n > 0) {
            memcpy(at, host, n);
            continue;
        }
        n = access_size(addr, len);
        uint64_t value = GUINT64_TO_LE(space_read(space, addr, (unsigned)n));
        memcpy(at, &value, n);
    }
}

void space_write_bytes(Space *space, uint64_t addr, const void *data, size_t len)
{
    const uint8_t *at = data;
    uint8_t *host;

    for (size_t n; len > 0; addr += n, at += n, len -= n) {
        n = ram_stretch(space, addr, len, true, &host);
        if (n > 0) {
            memcpy(host, at, n);
            continue;
        }
        uint64_t value = 0;
        n = access_size(addr, len);
        memcpy(&value, at, n);
        space_write(space, addr, GUINT64_FROM_LE(value), (unsigned)n);
    }
}

void *space_host(Space *space, uint64_t addr, size_t len, bool write)
{
    uint8_t *host;

    return len > 0 && ram_stretch(space, addr, len, write, &host) == len ? host : NULL;
}
