/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The register BAR of displays that speak DISPI; see bochs-bar.h. */
#include "hw/display/bochs-bar.h"

enum { DISPI_PLACE = 0x500, DISPI_PLACE_SIZE = 2 * DISPI_COUNT, ORDER_PLACE = 0x600, ORDER_PLACE_SIZE = 8 };

/* Registers at ORDER_PLACE: how many bytes there are, and the order, whose two values look alike in both. */
enum { ORDER_SIZE = 0, ORDER_VALUE = 4 };
#define ORDER_BIG UINT32_C(0xbebebebe)
#define ORDER_LITTLE UINT32_C(0x1e1e1e1e)

static uint64_t registers_read(void *opaque, uint64_t offset, unsigned size)
{
    return dispi_read(((BochsBar *)opaque)->dispi, (unsigned)offset / 2);
}

static void registers_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    dispi_write(((BochsBar *)opaque)->dispi, (unsigned)offset / 2, (uint16_t)value);
}

static uint64_t order_read(void *opaque, uint64_t offset, unsigned size)
{
    if (offset == ORDER_SIZE) {
        return ORDER_PLACE_SIZE;
    }
    return *((BochsBar *)opaque)->big_endian ? ORDER_BIG : ORDER_LITTLE;
}

static void order_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    BochsBar *bar = opaque;

    if (offset == ORDER_VALUE && (value == ORDER_BIG || value == ORDER_LITTLE)) {
        *bar->big_endian = value == ORDER_BIG;
    }
}

static const RegionOps registers_ops = { .read = registers_read, .write = registers_write, .min_size = 2, .max_size = 2 };
static const RegionOps order_ops = { .read = order_read, .write = order_write, .min_size = 4, .max_size = 4 };

void bochs_bar_init(BochsBar *bar, Dispi *dispi, bool *big_endian)
{
    bar->dispi = dispi;
    bar->big_endian = big_endian;
    region_init_container(&bar->region, "display registers", BOCHS_BAR_SIZE);
    region_init_io(&bar->registers, "bochs dispi", DISPI_PLACE_SIZE, &registers_ops, bar);
    region_init_io(&bar->order, "byte order", ORDER_PLACE_SIZE, &order_ops, bar);
    region_add(&bar->region, &bar->registers, DISPI_PLACE, 0);
    region_add(&bar->region, &bar->order, ORDER_PLACE, 0);
}

void bochs_bar_finish(BochsBar *bar)
{
    region_finish(&bar->registers);
    region_finish(&bar->order);
    region_finish(&bar->region);
}

bool bochs_memory_size(uint64_t mib, uint64_t *ret_size, Error **errp)
{
    uint64_t size = 1;

    if (mib < 1 || mib > 512) {
        return fail(errp, "video memory must be between 1 and 512 MiB");
    }
    while (size < mib) {
        size *= 2;
    }
    *ret_size = size << 20;
    return true;
}
