/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest-physical address map of a PC; see memory-map.h. */
#include "hw/i386/memory-map.h"

#include <inttypes.h>
#include <string.h>

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

#define PAGE 4096ull

/* No x86 has more than 52 physical address bits (Intel SDM 3A, 4.1.4); ranges are cut there. */
#define ADDRESS_MAX (1ull << 52)

/* What a PC without explicit wishes has below 4 GiB: all of it if it is small, else a round 3 GiB. */
#define LOW_RAM_LARGE_GUEST 0xc0000000ull

static uint64_t align_up(uint64_t value, uint64_t align)
{
    return (value + align - 1) & ~(align - 1);
}

static bool config_check(const MemoryMapConfig *config, Error **errp)
{
    if (!config->ram_size || config->ram_size % PAGE) {
        return fail(errp, "-m: memory size %" PRIu64 " is not a positive multiple of 4 KiB",
                    config->ram_size);
    }
    if (config->ram_size < MIB) {
        return fail(errp, "-m: memory size %" PRIu64 " is below 1 MiB, the least a PC can have",
                    config->ram_size);
    }
    if (config->phys_bits < 32 || config->phys_bits > 52) {
        return fail(errp, "%u physical address bits: 32 to 52 are possible", config->phys_bits);
    }
    if (!config->max_ram_below_4g) {
        return true;
    }
    if (config->max_ram_below_4g < MIB || config->max_ram_below_4g > MEMORY_MAP_LOW_RAM_MAX ||
        config->max_ram_below_4g % PAGE) {
        fail(errp, "-machine max-ram-below-4g=0x%" PRIx64 " is not possible", config->max_ram_below_4g);
        return hint(errp, "Use a multiple of 4 KiB between 1 MiB and 0x%llx; the PCI devices of "
                    "this machine begin there.", MEMORY_MAP_LOW_RAM_MAX);
    }
    return true;
}

static uint64_t low_ram_top(const MemoryMapConfig *config)
{
    if (config->max_ram_below_4g) {
        return config->max_ram_below_4g;
    }
    return config->ram_size < MEMORY_MAP_LOW_RAM_MAX ? MEMORY_MAP_LOW_RAM_MAX
                                                     : LOW_RAM_LARGE_GUEST;
}

static void add_range(GArray *ranges, uint64_t base, uint64_t end, MemoryMapType type)
{
    MemoryMapRange range = { .base = base, .size = end - base, .type = type };
    MemoryMapRange *last = NULL;

    if (base >= end) {
        return;
    }
    if (ranges->len) {
        last = &g_array_index(ranges, MemoryMapRange, ranges->len - 1);
    }
    if (last && last->type == type && last->base + last->size == base) {
        last->size += range.size;
    } else {
        g_array_append_val(ranges, range);
    }
}

static int compare_ranges(gconstpointer a, gconstpointer b)
{
    const MemoryMapRange *x = a, *y = b;

    return (x->base > y->base) - (x->base < y->base);
}

static void add_windows(GArray *to, const MemoryMapWindow *windows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const MemoryMapWindow *window = &windows[i];
        uint64_t last = window->base + MIN(window->size, ADDRESS_MAX - window->base);

        if (window->size && window->base < ADDRESS_MAX) {
            MemoryMapRange range = { window->base & ~(PAGE - 1), 0, MEMORY_MAP_RESERVED };
            range.size = align_up(last, PAGE) - range.base;
            g_array_append_val(to, range);
        }
    }
}

/* The reserved ranges, sorted, widened to pages (an OS cannot use half a page), overlaps joined. */
static GArray *reserved_ranges(const MemoryMapConfig *config)
{
    GArray *sorted = g_array_new(FALSE, FALSE, sizeof(MemoryMapRange));
    GArray *joined = g_array_new(FALSE, FALSE, sizeof(MemoryMapRange));
    uint64_t end = 0;

    add_windows(sorted, config->reserved, config->reserved_count);
    add_windows(sorted, config->carved, config->carved_count);
    g_array_sort(sorted, compare_ranges);
    for (guint i = 0; i < sorted->len; i++) {
        const MemoryMapRange *range = &g_array_index(sorted, MemoryMapRange, i);
        uint64_t range_end = range->base + range->size;

        add_range(joined, MAX(range->base, end), range_end, MEMORY_MAP_RESERVED);
        end = MAX(end, range_end);
    }
    g_array_free(sorted, TRUE);
    return joined;
}

/* Append the RAM of [base, end) that @reserved leaves. */
static void add_ram(GArray *ranges, const GArray *reserved, uint64_t base, uint64_t end)
{
    for (guint i = 0; i < reserved->len; i++) {
        const MemoryMapRange *hole = &g_array_index(reserved, MemoryMapRange, i);
        uint64_t hole_end = hole->base + hole->size;

        if (hole_end > base && hole->base < end) {
            add_range(ranges, base, hole->base, MEMORY_MAP_RAM);
            base = hole_end;
        }
    }
    add_range(ranges, base, end, MEMORY_MAP_RAM);
}

/*
 * BARs above 4 GiB: behind RAM, from a GiB boundary (where SeaBIOS starts to
 * place them) to the end of the address space or the first reserved range.
 */
static MemoryMapWindow pci64_window(const MemoryMapConfig *config, uint64_t ram_end,
                                    const GArray *reserved)
{
    MemoryMapWindow window = { .base = align_up(MAX(ram_end, MEMORY_MAP_4G), GIB) };
    uint64_t end = 1ull << config->phys_bits;

    for (guint i = 0; i < reserved->len; i++) {
        const MemoryMapRange *hole = &g_array_index(reserved, MemoryMapRange, i);

        if (hole->base + hole->size > window.base) {
            end = MIN(end, MAX(hole->base, window.base));
        }
    }
    if (end <= window.base) {
        return (MemoryMapWindow) { 0 };
    }
    window.size = end - window.base;
    if (config->pci64_size) {
        window.size = MIN(window.size, config->pci64_size);
    }
    return window;
}

static RamLayoutConfig layout_config(const MemoryMapConfig *config)
{
    return (RamLayoutConfig){
        .ram_size = config->ram_size,
        .low_top = low_ram_top(config),
        .limit = config->max_ram_below_4g ? config->max_ram_below_4g : MEMORY_MAP_LOW_RAM_MAX,
        .carved = config->carved,
        .carved_count = config->carved_count,
        .holes = config->holes,
    };
}

bool memory_map_find_room(const MemoryMapConfig *config, uint64_t size, uint64_t align, uint64_t *ret_base,
                          Error **errp)
{
    RamLayoutConfig layout = layout_config(config);

    return ram_layout_find(&layout, size, align, ret_base, errp);
}

static bool lay_ram_out(const MemoryMapConfig *config, MemoryMap *map, Error **errp)
{
    RamLayoutConfig layout = layout_config(config);

    if (!ram_layout(&layout, &map->ram, errp)) {
        return false;
    }
    const RamPiece *last = &map->ram.pieces[map->ram.count - 1];
    map->below_4g = map->ram.pieces[0].size;
    map->above_4g = last->base == MEMORY_MAP_4G ? last->size : 0;
    uint64_t ram_end = MEMORY_MAP_4G + map->above_4g;
    if (map->above_4g && (ram_end > 1ull << config->phys_bits || ram_end < map->above_4g)) {
        fail(errp, "-m: %" PRIu64 " MiB of memory do not fit in %u physical address bits",
             config->ram_size / MIB, config->phys_bits);
        return hint(errp, "Use less memory or a CPU with more physical address bits.");
    }
    return true;
}

/* Behind everything that is memory below it. */
static MemoryMapWindow pci32_window(const MemoryMapConfig *config, const MemoryMap *map)
{
    uint64_t base = 0;

    for (unsigned i = 0; i < map->ram.count && map->ram.pieces[i].base < MEMORY_MAP_4G; i++) {
        base = map->ram.pieces[i].base + map->ram.pieces[i].size;
    }
    for (size_t i = 0; i < config->carved_count; i++) {
        base = MAX(base, align_up(config->carved[i].base + config->carved[i].size, PAGE));
    }
    return (MemoryMapWindow){ base, MEMORY_MAP_IOAPIC - base };
}

bool memory_map_init(const MemoryMapConfig *config, MemoryMap *ret, Error **errp)
{
    MemoryMap map = { 0 };

    if (!config_check(config, errp) || !lay_ram_out(config, &map, errp)) {
        return false;
    }
    GArray *reserved = reserved_ranges(config);
    map.pci32 = pci32_window(config, &map);
    map.pci64 = pci64_window(config, MEMORY_MAP_4G + map.above_4g, reserved);
    map.ranges = g_array_new(FALSE, FALSE, sizeof(MemoryMapRange));
    for (unsigned i = 0; i < map.ram.count; i++) {
        const RamPiece *piece = &map.ram.pieces[i];
        add_ram(map.ranges, reserved, piece->base, piece->base + piece->size);
    }
    if (reserved->len) {
        g_array_append_vals(map.ranges, reserved->data, reserved->len);
    }
    g_array_sort(map.ranges, compare_ranges);
    g_array_free(reserved, TRUE);
    *ret = map;
    return true;
}

void memory_map_finish(MemoryMap *map)
{
    g_clear_pointer(&map->ranges, g_array_unref);
}

bool memory_map_place_high(const MemoryMap *map, uint64_t size, uint64_t top, uint64_t align,
                           uint64_t *ret_base)
{
    for (guint i = map->ranges->len; i-- > 0;) {
        const MemoryMapRange *range = &g_array_index(map->ranges, MemoryMapRange, i);
        uint64_t end = MIN(range->base + range->size, MIN(top, MEMORY_MAP_4G));

        if (range->type != MEMORY_MAP_RAM || end < size) {
            continue;
        }
        uint64_t base = (end - size) & ~(align - 1);
        if (base >= range->base && base < MEMORY_MAP_4G) {
            *ret_base = base;
            return true;
        }
    }
    return false;
}

void memory_map_cmos(const MemoryMap *map, CmosByte ret[MEMORY_MAP_CMOS_BYTES])
{
    uint64_t below = map->below_4g;
    uint64_t base_kib = 640;
    uint64_t extended_kib = MIN((below - MIB) / KIB, 65535);
    uint64_t above_16m = below > 16 * MIB ? MIN((below - 16 * MIB) / (64 * KIB), 65535) : 0;
    uint64_t above_4g = MIN(map->above_4g / (64 * KIB), 0xffffff);
    const CmosByte bytes[MEMORY_MAP_CMOS_BYTES] = {
        { 0x15, base_kib & 0xff },      { 0x16, base_kib >> 8 },
        { 0x17, extended_kib & 0xff },  { 0x18, extended_kib >> 8 },
        { 0x30, extended_kib & 0xff },  { 0x31, extended_kib >> 8 },
        { 0x34, above_16m & 0xff },     { 0x35, above_16m >> 8 },
        { 0x5b, above_4g & 0xff },      { 0x5c, above_4g >> 8 & 0xff },
        { 0x5d, above_4g >> 16 },
    };

    memcpy(ret, bytes, sizeof(bytes));
}
