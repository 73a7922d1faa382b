/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory map of the PC: the split around 4 GiB, windows, reserved ranges, e820, CMOS. */
#include <glib.h>
#include <string.h>

#include "hw/i386/e820.h"
#include "hw/i386/memory-map.h"

#define MIB 0x100000ull
#define GIB 0x40000000ull
#define TIB (1024 * GIB)

static MemoryMap make(const MemoryMapConfig *config)
{
    MemoryMap map = { 0 };
    Error *err = NULL;

    if (!memory_map_init(config, &map, &err)) {
        g_error("%s", error_message(err));
    }
    return map;
}

static void test_split(void)
{
    static const struct {
        uint64_t ram, max_below, below, above;
    } rows[] = {
        { 1 * MIB, 0, 1 * MIB, 0 },
        { 16 * MIB, 0, 16 * MIB, 0 },
        { 3 * GIB, 0, 3 * GIB, 0 },
        { 0xe0000000 - 4096, 0, 0xe0000000 - 4096, 0 },
        { 0xe0000000, 0, 0xc0000000, 0x20000000 },
        { 0xe0000000 + 4096, 0, 0xc0000000, 0x20001000 },
        { 4 * GIB, 0, 0xc0000000, 1 * GIB },
        { 64 * GIB, 0, 0xc0000000, 61 * GIB },
        { 4 * GIB, 2 * GIB, 2 * GIB, 2 * GIB },
        { 2 * GIB, 2 * GIB, 2 * GIB, 0 },
        { 4 * GIB, 0xd8000000, 0xd8000000, 0x28000000 },
        { 4 * GIB, 0xe0000000, 0xe0000000, 0x20000000 },
        { 1 * GIB, 0xe0000000, 1 * GIB, 0 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        MemoryMap map = make(&(MemoryMapConfig) {
            .ram_size = rows[i].ram, .max_ram_below_4g = rows[i].max_below, .phys_bits = 40,
        });

        g_assert_cmphex(map.below_4g, ==, rows[i].below);
        g_assert_cmphex(map.above_4g, ==, rows[i].above);
        g_assert_cmphex(map.pci32.base, ==, rows[i].below);
        g_assert_cmphex(map.pci32.base + map.pci32.size, ==, 0xfec00000);
        g_assert_cmpuint(map.ranges->len, ==, rows[i].above ? 2 : 1);
        memory_map_finish(&map);
    }
}

static void test_pci64(void)
{
    static const MemoryMapWindow ht = { 1012 * GIB, 12 * GIB };     /* HyperTransport, AMD */
    static const MemoryMapWindow at_base = { 5 * GIB, GIB };
    static const struct {
        uint64_t ram, size;
        unsigned phys_bits;
        const MemoryMapWindow *reserved;
        uint64_t base, limit;           /* limit 0: no window */
    } rows[] = {
        { 1 * GIB, 0, 36, NULL, 4 * GIB, 64 * GIB },
        { 1 * GIB, 0, 32, NULL, 0, 0 },
        { 5 * GIB, 0, 40, NULL, 6 * GIB, 1 * TIB },
        { 5 * GIB + 4096, 0, 40, NULL, 7 * GIB, 1 * TIB },
        { 5 * GIB, 32 * GIB, 40, NULL, 6 * GIB, 38 * GIB },
        { 5 * GIB, 0, 40, &ht, 6 * GIB, 1012 * GIB },
        { 1 * GIB, 0, 40, &at_base, 4 * GIB, 5 * GIB },
        { 4 * GIB, 0, 40, &at_base, 0, 0 },
        { 63 * GIB, 0, 36, NULL, 0, 0 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        MemoryMap map = make(&(MemoryMapConfig) {
            .ram_size = rows[i].ram, .phys_bits = rows[i].phys_bits, .pci64_size = rows[i].size,
            .reserved = rows[i].reserved, .reserved_count = rows[i].reserved ? 1 : 0,
        });

        g_assert_cmphex(map.pci64.base, ==, rows[i].base);
        g_assert_cmphex(map.pci64.base + map.pci64.size, ==, rows[i].limit);
        memory_map_finish(&map);
    }
}

static void test_bad(void)
{
    static const struct {
        MemoryMapConfig config;
        const char *words;
    } rows[] = {
        { { .ram_size = 0, .phys_bits = 40 }, "4 KiB" },
        { { .ram_size = 4097, .phys_bits = 40 }, "4 KiB" },
        { { .ram_size = 640 * 1024, .phys_bits = 40 }, "1 MiB" },
        { { .ram_size = GIB, .phys_bits = 31 }, "address bits" },
        { { .ram_size = GIB, .phys_bits = 53 }, "address bits" },
        { { .ram_size = 64 * GIB, .phys_bits = 36 }, "do not fit" },
        { { .ram_size = UINT64_MAX & ~4095ull, .phys_bits = 52 }, "do not fit" },
        { { .ram_size = GIB, .phys_bits = 36, .max_ram_below_4g = 0xf0000000 }, "max-ram-below-4g" },
        { { .ram_size = GIB, .phys_bits = 36, .max_ram_below_4g = 4096 }, "max-ram-below-4g" },
        { { .ram_size = GIB, .phys_bits = 36, .max_ram_below_4g = GIB + 1 }, "max-ram-below-4g" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        MemoryMap map = { 0 };
        Error *err = NULL;

        g_assert_false(memory_map_init(&rows[i].config, &map, &err));
        g_assert_nonnull(strstr(error_message(err), rows[i].words));
        g_assert_null(map.ranges);
        error_free(err);
    }
}

/* Whether a page is RAM or reserved by the map; 0: neither. Ranges must ascend and not touch one another. */
static int type_at(const MemoryMap *map, uint64_t address)
{
    int type = 0;

    for (guint i = 0; i < map->ranges->len; i++) {
        const MemoryMapRange *range = &g_array_index(map->ranges, MemoryMapRange, i);

        if (i) {
            g_assert_cmphex(range->base, >=, range[-1].base + range[-1].size);
        }
        if (address >= range->base && address - range->base < range->size) {
            type = (int)range->type;
        }
    }
    return type;
}

/* Every page asked alone, against the definition. */
static void test_reserved_oracle(void)
{
    enum { PAGES = 1024, HOLES = 6 };
    MemoryMapWindow holes[HOLES];

    for (int round = 0; round < 200; round++) {
        for (int i = 0; i < HOLES; i++) {
            holes[i].base = (uint64_t)g_test_rand_int_range(0, PAGES * 4096);
            holes[i].size = (uint64_t)g_test_rand_int_range(0, 40 * 4096);
        }
        MemoryMap map = make(&(MemoryMapConfig) {
            .ram_size = PAGES * 4096, .phys_bits = 40, .reserved = holes, .reserved_count = HOLES,
        });
        for (uint64_t page = 0; page < PAGES + 50; page++) {
            int want = page < PAGES ? MEMORY_MAP_RAM : 0;

            for (int i = 0; i < HOLES; i++) {
                if (holes[i].size && holes[i].base < (page + 1) * 4096 &&
                    holes[i].base + holes[i].size > page * 4096) {
                    want = MEMORY_MAP_RESERVED;
                }
            }
            g_assert_cmpint(type_at(&map, page * 4096), ==, want);
        }
        memory_map_finish(&map);
    }
}

static void test_reserved_extremes(void)
{
    const MemoryMapWindow holes[] = { { UINT64_MAX - 5, 5 }, { 16 * GIB, UINT64_MAX }, { GIB, 0 } };
    MemoryMap map = make(&(MemoryMapConfig) {
        .ram_size = 2 * GIB, .phys_bits = 40, .reserved = holes, .reserved_count = G_N_ELEMENTS(holes),
    });

    g_assert_cmpuint(map.ranges->len, ==, 2);
    g_assert_cmphex(map.pci64.size, ==, 12 * GIB);
    memory_map_finish(&map);
}

static void test_place_high(void)
{
    const MemoryMapWindow hole = { 100 * MIB, 20 * MIB };
    MemoryMap map = make(&(MemoryMapConfig) {
        .ram_size = 128 * MIB, .phys_bits = 40, .reserved = &hole, .reserved_count = 1,
    });
    uint64_t base = 1;

    g_assert_true(memory_map_place_high(&map, 1 * MIB, UINT64_MAX, 4096, &base));
    g_assert_cmphex(base, ==, 127 * MIB);
    g_assert_true(memory_map_place_high(&map, 8 * MIB, UINT64_MAX, 4096, &base));
    g_assert_cmphex(base, ==, 120 * MIB);
    g_assert_true(memory_map_place_high(&map, 9 * MIB, UINT64_MAX, 4096, &base));
    g_assert_cmphex(base, ==, 91 * MIB);
    g_assert_true(memory_map_place_high(&map, 5, 99 * MIB, 4096, &base));
    g_assert_cmphex(base, ==, 99 * MIB - 4096);
    g_assert_true(memory_map_place_high(&map, 100 * MIB, UINT64_MAX, 4096, &base));
    g_assert_cmphex(base, ==, 0);
    g_assert_false(memory_map_place_high(&map, 101 * MIB, UINT64_MAX, 4096, &base));
    g_assert_false(memory_map_place_high(&map, UINT64_MAX, UINT64_MAX, 4096, &base));
    memory_map_finish(&map);
}

static void test_e820(void)
{
    static const uint8_t want[] = {
        0, 0, 0, 0, 0, 0, 0, 0,             0, 0, 0, 0xc0, 0, 0, 0, 0,      1, 0, 0, 0,
        0, 0xc0, 0xff, 0xfe, 0, 0, 0, 0,    0, 0x40, 0, 0, 0, 0, 0, 0,      2, 0, 0, 0,
        0, 0, 0, 0, 1, 0, 0, 0,             0, 0, 0, 0x40, 0, 0, 0, 0,      1, 0, 0, 0,
    };
    const MemoryMapWindow kvm = { 0xfeffc000, 0x4000 };     /* identity map and TSS pages */
    MemoryMap map = make(&(MemoryMapConfig) {
        .ram_size = 4 * GIB, .phys_bits = 40, .reserved = &kvm, .reserved_count = 1,
    });
    g_autoptr(GByteArray) blob = e820_build(&map);

    g_assert_cmpmem(blob->data, blob->len, want, sizeof(want));
    memory_map_finish(&map);
}

static unsigned cmos_word(const CmosByte *bytes, uint8_t index)
{
    unsigned value = 0;

    for (int i = 0; i < MEMORY_MAP_CMOS_BYTES; i++) {
        value |= bytes[i].index == index ? bytes[i].value : 0u;
        value |= bytes[i].index == index + 1 ? bytes[i].value * 256u : 0u;
    }
    return value;
}

static void test_cmos(void)
{
    static const struct {
        uint64_t ram;
        unsigned extended, above_16m, above_4g;
    } rows[] = {
        { 1 * MIB, 0, 0, 0 },
        { 16 * MIB, 15 * 1024, 0, 0 },
        { 17 * MIB, 16 * 1024, 16, 0 },
        { 64 * MIB, 63 * 1024, 48 * 16, 0 },
        { 65 * MIB, 65535, 49 * 16, 0 },
        { 3 * GIB, 65535, (3 * 1024 - 16) * 16, 0 },
        { 5 * GIB, 65535, (3 * 1024 - 16) * 16, 2 * 1024 * 16 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        MemoryMap map = make(&(MemoryMapConfig) { .ram_size = rows[i].ram, .phys_bits = 40 });
        CmosByte bytes[MEMORY_MAP_CMOS_BYTES];

        memory_map_cmos(&map, bytes);
        g_assert_cmpuint(cmos_word(bytes, 0x15), ==, 640);
        g_assert_cmpuint(cmos_word(bytes, 0x17), ==, rows[i].extended);
        g_assert_cmpuint(cmos_word(bytes, 0x30), ==, rows[i].extended);
        g_assert_cmpuint(cmos_word(bytes, 0x34), ==, rows[i].above_16m);
        g_assert_cmpuint(cmos_word(bytes, 0x5b), ==, rows[i].above_4g & 0xffff);
        g_assert_cmpuint(cmos_word(bytes, 0x5d) & 0xff, ==, rows[i].above_4g >> 16);
        memory_map_finish(&map);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/memory-map/split around 4 GiB", test_split);
    g_test_add_func("/memory-map/64-bit PCI window", test_pci64);
    g_test_add_func("/memory-map/impossible sizes are refused", test_bad);
    g_test_add_func("/memory-map/reserved ranges against an oracle", test_reserved_oracle);
    g_test_add_func("/memory-map/reserved ranges at the end of the world", test_reserved_extremes);
    g_test_add_func("/memory-map/highest free place", test_place_high);
    g_test_add_func("/memory-map/etc e820", test_e820);
    g_test_add_func("/memory-map/CMOS sizes", test_cmos);
    return g_test_run();
}
