/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RAM around the memory of devices: tables, and rules that hold for any sizes. */
#include <glib.h>
#include <string.h>

#include "hw/i386/memory-map.h"

#define MIB 0x100000ull
#define GIB 0x40000000ull

static MemoryMapConfig config_of(uint64_t ram, const MemoryMapWindow *carved, size_t count, bool holes)
{
    return (MemoryMapConfig){ .ram_size = ram, .phys_bits = 40, .carved = carved, .carved_count = count, .holes = holes };
}

/* ---- rules ---- */

static bool overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
    return a < b + b_size && b < a + a_size;
}

/* All RAM is there once, nothing overlaps, and firmware's PCI window is behind all of it. */
static void check_rules(const MemoryMapConfig *config, const MemoryMap *map)
{
    uint64_t sum = 0, top = 0;

    for (unsigned i = 0; i < map->ram.count; i++) {
        const RamPiece *piece = &map->ram.pieces[i];
        g_assert_cmphex(piece->offset, ==, sum);
        g_assert_cmphex(piece->size % 4096, ==, 0);
        g_assert_true(i == 0 ? piece->base == 0 : piece->base >= piece[-1].base + piece[-1].size);
        sum += piece->size;
        top = piece->base < MEMORY_MAP_4G ? piece->base + piece->size : top;
        for (size_t j = 0; j < config->carved_count; j++) {
            g_assert_false(overlap(piece->base, piece->size, config->carved[j].base, config->carved[j].size));
        }
    }
    g_assert_cmphex(sum, ==, config->ram_size);
    g_assert_cmphex(map->below_4g, ==, map->ram.pieces[0].size);
    uint64_t window = ram_layout_pci_start(top);
    g_assert_cmphex(window, !=, 0);
    for (size_t j = 0; j < config->carved_count; j++) {
        g_assert_cmphex(config->carved[j].base + config->carved[j].size, <=, window);
        g_assert_cmphex(config->carved[j].base + config->carved[j].size, <=, map->pci32.base);
    }
    g_assert_cmphex(top, <=, map->pci32.base);
    if (!config->holes) {
        g_assert_cmpuint(map->ram.count, <=, 2);
    }
}

/* Every carved page is reserved in the map the guest is given, and none of it is RAM. */
static void check_reserved(const MemoryMapConfig *config, const MemoryMap *map)
{
    for (size_t j = 0; j < config->carved_count; j++) {
        bool inside = false;
        for (guint i = 0; i < map->ranges->len; i++) {
            const MemoryMapRange *range = &g_array_index(map->ranges, MemoryMapRange, i);
            bool touches = overlap(range->base, range->size, config->carved[j].base, config->carved[j].size);
            g_assert_true(!touches || range->type == MEMORY_MAP_RESERVED);
            inside |= touches && range->base <= config->carved[j].base &&
                      range->base + range->size >= config->carved[j].base + config->carved[j].size;
        }
        g_assert_true(inside);
    }
}

/* ---- an address of the host's ---- */

static void test_identity(void)
{
    static const uint64_t bases[] = { 0x4c800000, 0x7c800000, 0x9f800000 };
    static const struct {
        uint64_t ram;
        bool possible[G_N_ELEMENTS(bases)];     /* for a firmware that takes no RAM behind a hole */
        uint64_t low[G_N_ELEMENTS(bases)];      /* where low RAM ends then */
    } rows[] = {
        { 512 * MIB, { true, false, false }, { 0x20000000, 0, 0 } },
        { 2 * GIB, { true, false, false }, { 0x4c800000, 0, 0 } },
        { 2560 * MIB, { true, false, true }, { 0x4c800000, 0, 0x9f800000 } },
        { 4 * GIB, { true, false, true }, { 0x4c800000, 0, 0x9f800000 } },
        { 16 * GIB, { true, false, true }, { 0x4c800000, 0, 0x9f800000 } },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows) * G_N_ELEMENTS(bases) * 2; i++) {
        unsigned row = i / 2 / G_N_ELEMENTS(bases), base = i / 2 % G_N_ELEMENTS(bases);
        bool holes = i % 2, possible = holes || rows[row].possible[base];
        const MemoryMapWindow carved = { bases[base], 64 * MIB };
        MemoryMapConfig config = config_of(rows[row].ram, &carved, 1, holes);
        MemoryMap map = { 0 };
        Error *err = NULL;
        g_assert_cmpint(memory_map_init(&config, &map, &err), ==, possible);
        if (!possible) {
            g_assert_nonnull(strstr(error_message(err), "PCI devices begins at 0x80000000"));
            error_free(err);
            continue;
        }
        check_rules(&config, &map);
        check_reserved(&config, &map);
        if (rows[row].possible[base]) {
            g_assert_cmphex(map.below_4g, ==, rows[row].low[base]);
        }
        memory_map_finish(&map);
    }
}

/* ---- any address ---- */

static void test_anywhere(void)
{
    static const struct {
        uint64_t ram, max_below, size, base;
    } rows[] = {
        { 512 * MIB, 0, 64 * MIB, 512 * MIB },                  /* behind RAM: nobody loses any */
        { 2 * GIB - 64 * MIB, 0, 64 * MIB, 2 * GIB - 64 * MIB },
        { 2 * GIB, 0, 64 * MIB, 2 * GIB - 64 * MIB },           /* at its end: the window begins at 2 GiB */
        { 2 * GIB + 16 * MIB, 0, 64 * MIB, 2 * GIB + 16 * MIB },
        { 3 * GIB, 0, 64 * MIB, 3 * GIB - 64 * MIB },
        { 4 * GIB, 0, 64 * MIB, 3 * GIB - 64 * MIB },
        { 16 * GIB, 0, 512 * MIB, 3 * GIB - 512 * MIB },
        { 16 * GIB, 0, 1 * GIB, 2 * GIB - 1 * GIB },            /* low RAM would end at 2 GiB: so does its window */
        { 16 * GIB, 1 * GIB, 64 * MIB, 1 * GIB },
        { 16 * GIB, 0xe0000000, 64 * MIB, 0xe0000000 - 64 * MIB },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        MemoryMapConfig config = config_of(rows[i].ram, NULL, 0, false);
        MemoryMapWindow carved = { 0, rows[i].size };
        MemoryMap map = { 0 };
        Error *err = NULL;
        config.max_ram_below_4g = rows[i].max_below;
        g_assert_true(memory_map_find_room(&config, rows[i].size, MIB, &carved.base, &err));
        g_assert_cmphex(carved.base, ==, rows[i].base);
        config.carved = &carved;
        config.carved_count = 1;
        g_assert_true(memory_map_init(&config, &map, &err));
        check_rules(&config, &map);
        check_reserved(&config, &map);
        memory_map_finish(&map);
    }
}

/* Stolen memory somewhere or at a given place, and an OpRegion beside it. */
static void test_any_sizes(void)
{
    unsigned laid = 0;

    for (unsigned i = 0; i < 20000; i++) {
        uint64_t ram = (uint64_t)g_test_rand_int_range(32, 1 << 13) * MIB;
        MemoryMapConfig config = config_of(ram, NULL, 0, g_test_rand_int_range(0, 2));
        MemoryMapWindow carved[2] = { { 0, (uint64_t)g_test_rand_int_range(1, 512) * MIB }, { 0, 0x3000 } };
        MemoryMap map = { 0 };
        Error *err = NULL;
        bool fixed = g_test_rand_int_range(0, 2);
        carved[0].base = (uint64_t)g_test_rand_int_range(16, 0xd00) * MIB;
        bool ok = fixed || memory_map_find_room(&config, carved[0].size, MIB, &carved[0].base, &err);
        config.carved = carved;
        config.carved_count = 1;
        ok = ok && memory_map_find_room(&config, carved[1].size, 4096, &carved[1].base, &err);
        config.carved_count = 2;
        if (ok && memory_map_init(&config, &map, &err)) {
            check_rules(&config, &map);
            check_reserved(&config, &map);
            memory_map_finish(&map);
            laid++;
        }
        error_free(err);
    }
    g_assert_cmpuint(laid, >, 15000);
}

static void test_bad(void)
{
    static const struct {
        MemoryMapWindow carved[2];
        const char *words;
    } rows[] = {
        { { { 8 * MIB, MIB }, { 3 * GIB, MIB } }, "not between" },
        { { { 512 * MIB, MIB }, { 0xdfff0000, MIB } }, "not between" },
        { { { 512 * MIB, 2 * MIB }, { 513 * MIB, MIB } }, "overlaps what another device has" },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        MemoryMapConfig config = config_of(4 * GIB, rows[i].carved, 2, true);
        MemoryMap map = { 0 };
        Error *err = NULL;
        g_assert_false(memory_map_init(&config, &map, &err));
        g_assert_nonnull(strstr(error_message(err), rows[i].words));
        g_assert_null(map.ranges);
        error_free(err);
    }
}

static void test_no_room(void)
{
    MemoryMapConfig config = config_of(16 * GIB, NULL, 0, false);
    uint64_t base = 7;
    Error *err = NULL;

    g_assert_false(memory_map_find_room(&config, 0xe0000000, MIB, &base, &err));
    g_assert_nonnull(strstr(error_message(err), "no room for 3584 MiB"));
    g_assert_cmphex(base, ==, 7);
    error_free(err);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ram-layout/at an address of the host's", test_identity);
    g_test_add_func("/ram-layout/anywhere", test_anywhere);
    g_test_add_func("/ram-layout/any sizes", test_any_sizes);
    g_test_add_func("/ram-layout/impossible addresses", test_bad);
    g_test_add_func("/ram-layout/no room", test_no_room);
    return g_test_run();
}
