/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The register BAR of displays that speak DISPI; see bochs-bar.h. */
#include "hw/display/bochs-bar.h"

#include <string.h>

enum { DISPI_PLACE = 0x500, DISPI_PLACE_SIZE = 2 * DISPI_COUNT, ORDER_PLACE = 0x600, ORDER_PLACE_SIZE = 8 };

/* Registers at ORDER_PLACE: how many bytes there are, and the order, whose two values look alike in both. */
enum { ORDER_SIZE = 0, ORDER_VALUE = 4 };
#define ORDER_BIG UINT32_C(0xbebebebe)
#define ORDER_LITTLE UINT32_C(0x1e1e1e1e)

static uint64_t nobody_read(void *opaque, uint64_t offset, unsigned size)
{
    return UINT64_MAX;
}

static uint64_t edid_read(void *opaque, uint64_t offset, unsigned size)
{
    return ((BochsBar *)opaque)->edid_blob[offset];
}

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

static const RegionOps nobody_ops = { .read = nobody_read };
static const RegionOps edid_ops = { .read = edid_read, .max_size = 1 };
static const RegionOps registers_ops = { .read = registers_read, .write = registers_write, .min_size = 2, .max_size = 2 };
static const RegionOps order_ops = { .read = order_read, .write = order_write, .min_size = 4, .max_size = 4 };

/* Guests know the reference's monitor by this vendor and name. */
static void monitor_prefers(BochsBar *bar, unsigned width, unsigned height)
{
    const BochsMonitor *settings = &bar->monitor;
    const EdidMonitor monitor = {
        .vendor = EDID_VENDOR, .name = EDID_NAME,
        .xres = width, .yres = height, .xmax = settings->xmax, .ymax = settings->ymax,
        .refresh_mhz = settings->refresh_rate,
    };

    memset(bar->edid_blob, 0, sizeof(bar->edid_blob));
    edid_make(&monitor, bar->edid_blob, sizeof(bar->edid_blob));
}

/* Modes of DISPI are columns of eight pixels. */
bool bochs_bar_resize(BochsBar *bar, unsigned width, unsigned height)
{
    monitor_prefers(bar, width & ~7u, height);
    return bar->monitor.edid;
}

void bochs_bar_init(BochsBar *bar, Dispi *dispi, bool *big_endian)
{
    bar->dispi = dispi;
    bar->big_endian = big_endian;
    region_init_container(&bar->region, "display registers", BOCHS_BAR_SIZE);
    monitor_prefers(bar, bar->monitor.xres, bar->monitor.yres);
    region_init_io(&bar->nobody, "nobody", BOCHS_BAR_SIZE, &nobody_ops, bar);
    region_init_io(&bar->edid, "edid", sizeof(bar->edid_blob), &edid_ops, bar);
    region_init_io(&bar->registers, "bochs dispi", DISPI_PLACE_SIZE, &registers_ops, bar);
    region_init_io(&bar->order, "byte order", ORDER_PLACE_SIZE, &order_ops, bar);
    region_add(&bar->region, &bar->nobody, 0, -1);
    if (bar->monitor.edid) {
        region_add(&bar->region, &bar->edid, 0, 0);
    }
    region_add(&bar->region, &bar->registers, DISPI_PLACE, 0);
    region_add(&bar->region, &bar->order, ORDER_PLACE, 0);
}

void bochs_bar_finish(BochsBar *bar)
{
    region_finish(&bar->nobody);
    region_finish(&bar->edid);
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
