/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EDIDs, read by a reader of this file's own and, where it is installed, by edid-decode, which knows the standards
 * better than we do.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "hw/display/edid.h"

static const struct { unsigned width, height; } sizes[] = {
    { 640, 480 }, { 800, 600 }, { 1024, 768 }, { 1280, 720 }, { 1280, 800 }, { 1366, 768 }, { 1600, 900 },
    { 1920, 1080 }, { 1920, 1200 }, { 2560, 1440 }, { 3440, 1440 }, { 3840, 2160 }, { 4095, 2160 }, { 4096, 2160 },
    { 5120, 2880 }, { 7680, 4320 }, { 1003, 717 }, { 768, 1024 }, { 320, 200 }, { 16384, 16384 },
};

static const size_t rooms[] = { EDID_BLOCK, 2 * EDID_BLOCK, 3 * EDID_BLOCK, 1024 };

/* ---- a reader ---- */

typedef struct Seen {
    unsigned width, height, refresh_mhz;
    uint64_t clock_hz;
    bool preferred;
} Seen;

static unsigned u16_at(const uint8_t *at)
{
    return at[0] | at[1] << 8;
}

static void see(GArray *all, Seen seen, unsigned total_width, unsigned total_height)
{
    seen.refresh_mhz = (unsigned)(seen.clock_hz * 1000 / ((uint64_t)total_width * total_height));
    g_array_append_val(all, seen);
}

static void read_descriptor(GArray *all, const uint8_t *at, bool preferred)
{
    if (u16_at(at) == 0) {
        return;
    }
    Seen seen = {
        .width = at[2] | (unsigned)at[4] >> 4 << 8, .height = at[5] | (unsigned)at[7] >> 4 << 8,
        .clock_hz = u16_at(at) * UINT64_C(10000), .preferred = preferred,
    };
    see(all, seen, seen.width + (at[3] | (at[4] & 0xfu) << 8), seen.height + (at[6] | (at[7] & 0xfu) << 8));
}

static void read_standard(GArray *all, const uint8_t *at)
{
    static const unsigned shapes[][2] = { { 16, 10 }, { 4, 3 }, { 5, 4 }, { 16, 9 } };
    const unsigned *shape = shapes[at[1] >> 6];
    unsigned width = (at[0] + 31u) * 8;

    if (u16_at(at) != 0x0101) {
        Seen seen = { .width = width, .height = width * shape[1] / shape[0], .refresh_mhz = ((at[1] & 63) + 60) * 1000 };
        g_array_append_val(all, seen);
    }
}

/* Bits of sizes, of the first block and of the descriptor F7: only those that anybody sets. */
static void read_bits(GArray *all, const uint8_t *bytes, bool descriptor)
{
    static const struct { bool descriptor; unsigned byte, mask, width, height; } bits[] = {
        { false, 0x23, 0x20, 640, 480 }, { false, 0x23, 0x01, 800, 600 }, { false, 0x24, 0x08, 1024, 768 },
        { true, 7, 0x40, 1280, 768 }, { true, 7, 0x08, 1280, 960 }, { true, 8, 0x80, 1360, 768 },
        { true, 8, 0x02, 1400, 1050 }, { true, 10, 0x20, 1792, 1344 }, { true, 10, 0x08, 1856, 1392 },
        { true, 11, 0x20, 1920, 1440 },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(bits); i++) {
        if (bits[i].descriptor == descriptor && (bytes[bits[i].byte] & bits[i].mask)) {
            Seen seen = { .width = bits[i].width, .height = bits[i].height, .refresh_mhz = 60000 };
            g_array_append_val(all, seen);
        }
    }
}

static void read_base(GArray *all, const uint8_t *block)
{
    read_bits(all, block, false);
    for (unsigned i = 0; i < 8; i++) {
        read_standard(all, block + 0x26 + 2 * i);
    }
    for (unsigned i = 0; i < 4; i++) {
        const uint8_t *at = block + 0x36 + 18 * i;
        read_descriptor(all, at, i == 0);
        if (u16_at(at) == 0 && at[3] == 0xf7) {
            read_bits(all, at, true);
        }
    }
}

static void read_displayid(GArray *all, const uint8_t *block)
{
    const uint8_t *at = block + 5, *end = at + block[2];

    g_assert_cmpuint(block[2], <=, 121);
    while (at < end) {
        g_assert_true(at + 3 + at[2] <= end);
        for (const uint8_t *one = at + 3; at[0] == 0x03 && one < at + 3 + at[2]; one += 20) {
            Seen seen = {
                .width = u16_at(one + 4) + 1, .height = u16_at(one + 12) + 1,
                .clock_hz = (u16_at(one) + (one[2] << 16) + 1) * UINT64_C(10000), .preferred = one[3] & 0x80,
            };
            see(all, seen, seen.width + u16_at(one + 6) + 1, seen.height + u16_at(one + 14) + 1);
        }
        at += 3 + at[2];
    }
}

static void assert_sum(const uint8_t *bytes, size_t len)
{
    uint8_t sum = 0;

    for (size_t i = 0; i < len; i++) {
        sum = (uint8_t)(sum + bytes[i]);
    }
    g_assert_cmpuint(sum, ==, 0);
}

/* All modes, and that the blocks are in order. */
static GArray *read_all(const uint8_t *blob, size_t size)
{
    static const uint8_t header[] = { 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0 };
    GArray *all = g_array_new(FALSE, TRUE, sizeof(Seen));

    g_assert_cmpmem(blob, 8, header, 8);
    g_assert_cmpuint(blob[0x7e], ==, size / EDID_BLOCK - 1);
    read_base(all, blob);
    for (size_t at = 0; at < size; at += EDID_BLOCK) {
        assert_sum(blob + at, EDID_BLOCK);
    }
    for (const uint8_t *block = blob + EDID_BLOCK; block < blob + size; block += EDID_BLOCK) {
        if (block[0] == 0x70) {
            assert_sum(block + 1, block[2] + 5u);
            read_displayid(all, block);
            continue;
        }
        g_assert_cmphex(block[0], ==, 0x02);
        for (unsigned at = block[2]; at + 18 < EDID_BLOCK; at += 18) {
            read_descriptor(all, block + at, false);
        }
    }
    return all;
}

/* The fastest of this size. */
static const Seen *find(const GArray *all, unsigned width, unsigned height, bool preferred)
{
    const Seen *found = NULL;

    for (unsigned i = 0; i < all->len; i++) {
        const Seen *seen = &g_array_index(all, Seen, i);
        if (seen->width == width && seen->height == height && (seen->preferred || !preferred) &&
            (!found || seen->refresh_mhz > found->refresh_mhz)) {
            found = seen;
        }
    }
    return found;
}

/* ---- what is made ---- */

static EdidMonitor monitor_of(unsigned width, unsigned height, unsigned refresh_mhz)
{
    return (EdidMonitor){ .vendor = "IGD", .name = "Test", .xres = width, .yres = height, .refresh_mhz = refresh_mhz };
}

/* Is what a detailed timing tells enough for this mode? The clocks above are those of CVT's reduced blanking. */
static bool is_small(unsigned width, unsigned height, unsigned refresh_mhz)
{
    return width < 4096 && height < 4096 && (width + 160.0) * (height + 60) * refresh_mhz / 1000 < 655e6;
}

static void check_preferred(unsigned width, unsigned height, unsigned refresh_mhz, size_t room)
{
    uint8_t blob[1024];
    EdidMonitor monitor = monitor_of(width, height, refresh_mhz);
    size_t size = edid_make(&monitor, blob, room);
    bool told = is_small(width, height, refresh_mhz) || room > EDID_BLOCK;

    g_assert_cmpuint(size, <=, MIN(room, EDID_SIZE_MAX));
    g_autoptr(GArray) all = read_all(blob, size);
    const Seen *seen = find(all, width, height, true);
    if (told) {
        g_assert_nonnull(seen);
    }
    if (told && width >= 640) {     /* smaller ones: the least clock there is */
        g_assert_cmpfloat_with_epsilon(seen->refresh_mhz, refresh_mhz, refresh_mhz * 0.015);
    }
}

static void test_preferred_mode(void)
{
    static const unsigned rates[] = { 60000, 75000, 144000 };

    for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++) {
        for (unsigned n = 0; n < G_N_ELEMENTS(rates) * G_N_ELEMENTS(rooms); n++) {
            check_preferred(sizes[i].width, sizes[i].height, rates[n % 3], rooms[n / 3]);
        }
    }
}

/* Clocks that the VESA DMT standard (1.0 r13) and CVT's generator give for reduced blanking. */
static void test_reduced_blanking(void)
{
    static const struct { unsigned width, height; uint64_t clock_hz; } rows[] = {
        { 1280, 800, 71000000 }, { 1680, 1050, 119000000 }, { 1920, 1080, 138500000 }, { 1920, 1200, 154000000 },
        { 2560, 1440, 241500000 }, { 2560, 1600, 268500000 }, { 3840, 2160, 533250000 },
    };
    uint8_t blob[EDID_BLOCK];

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        EdidMonitor monitor = monitor_of(rows[i].width, rows[i].height, 60000);
        g_assert_cmpuint(edid_make(&monitor, blob, sizeof(blob)), ==, EDID_BLOCK);
        g_autoptr(GArray) all = read_all(blob, EDID_BLOCK);
        g_assert_cmpuint(find(all, rows[i].width, rows[i].height, true)->clock_hz, ==, rows[i].clock_hz);
    }
}

/* The one block there is has something of the same shape. */
static void test_too_large_for_a_block(void)
{
    static const struct { unsigned width, height, refresh_mhz, small_width, small_height; } rows[] = {
        { 3840, 2160, 144000, 3840, 2160 }, { 5120, 2880, 60000, 2560, 1440 }, { 7680, 4320, 0, 3840, 2160 },
        { 4096, 1024, 60000, 2048, 512 }, { 16384, 200, 60000, 3276, 40 },
    };
    uint8_t blob[EDID_SIZE_MAX];

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        EdidMonitor monitor = monitor_of(rows[i].width, rows[i].height, rows[i].refresh_mhz);
        for (size_t room = EDID_BLOCK; room <= EDID_SIZE_MAX; room += EDID_BLOCK) {
            g_autoptr(GArray) all = read_all(blob, edid_make(&monitor, blob, room));
            g_assert_nonnull(find(all, rows[i].small_width, rows[i].small_height, true));
            g_assert_true(room == EDID_BLOCK || find(all, rows[i].width, rows[i].height, true));
        }
    }
}

static void test_limits(void)
{
    static const struct { unsigned xmax, ymax, width, height; } rows[] = {
        { 0, 0, 1280, 800 }, { 1024, 768, 1024, 768 }, { 1920, 0, 1280, 800 }, { 0, 600, 1280, 600 },
        { 3840, 2160, 1280, 800 }, { 640, 480, 640, 480 }, { 5120, 2880, 1280, 800 },
    };
    uint8_t blob[EDID_SIZE_MAX];

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        EdidMonitor monitor = { .vendor = "IGD", .xmax = rows[i].xmax, .ymax = rows[i].ymax };
        g_autoptr(GArray) all = read_all(blob, edid_make(&monitor, blob, sizeof(blob)));
        const Seen *preferred = find(all, rows[i].width, rows[i].height, true);
        g_assert_nonnull(preferred);
        g_assert_cmpfloat_with_epsilon(preferred->refresh_mhz, 75000, 500);
        for (unsigned n = 0; n < all->len; n++) {
            const Seen *seen = &g_array_index(all, Seen, n);
            g_assert_true(rows[i].xmax == 0 || seen->width <= rows[i].xmax);
            g_assert_true(rows[i].ymax == 0 || seen->height <= rows[i].ymax);
        }
        bool huge = rows[i].xmax == 0 && rows[i].ymax == 0;
        g_assert_true(!huge || (find(all, 640, 480, false) && find(all, 1920, 1080, false) &&
                                find(all, 3840, 2160, false) && find(all, 7680, 4320, false)));
    }
}

static void test_words(void)
{
    static const char *const names[][2] = {
        { "Test", "Test\n        " }, { "thirteen char", "thirteen char" }, { "fourteen chars", "fourteen char" },
    };
    uint8_t blob[EDID_BLOCK];

    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        EdidMonitor monitor = { .vendor = "IGD", .name = names[i][0], .serial = names[i][0] };
        edid_make(&monitor, blob, sizeof(blob));
        g_array_unref(read_all(blob, sizeof(blob)));
        g_assert_cmphex(blob[8] << 8 | blob[9], ==, 9 << 10 | 7 << 5 | 4);
        unsigned found = 0;
        for (const uint8_t *at = blob + 0x36; at < blob + 0x7e; at += 18) {
            bool text = u16_at(at) == 0 && (at[3] == 0xfc || at[3] == 0xff);
            found += text && memcmp(at + 5, names[i][1], 13) == 0;
        }
        g_assert_cmpuint(found, ==, 2);
    }
}

static void test_nonsense(void)
{
    static const unsigned values[] = { 1, 63, 4097, 65536, 0x7fffffff, 0xffffffff };
    uint8_t blob[EDID_SIZE_MAX + 1];

    for (unsigned i = 0; i < 6 * 6 * 6; i++) {
        EdidMonitor monitor = monitor_of(values[i % 6], values[i / 6 % 6], values[i / 36]);
        for (size_t room = 0; room < sizeof(blob); room += 64) {
            memset(blob, 0xa5, sizeof(blob));
            size_t size = edid_make(&monitor, blob, room);
            g_assert_cmpuint(size, <=, room);
            g_assert_true((size == 0) == (room < EDID_BLOCK));
            g_assert_cmphex(blob[size], ==, 0xa5);
            if (size) {
                g_array_unref(read_all(blob, size));
            }
        }
    }
}

/* ---- the standards' own reader ---- */

static void assert_passes(const char *program, const uint8_t *blob, size_t size, const char *what)
{
    g_autofree char *path = NULL, *words = NULL;
    int file = g_file_open_tmp("edid-XXXXXX", &path, NULL), status = 0;
    char *argv[] = { (char *)program, (char *)"--check", path, NULL };

    g_assert_cmpint(write(file, blob, size), ==, size);
    close(file);
    g_assert_true(g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &words, NULL, &status, NULL));
    g_unlink(path);
    if (status != 0 || !strstr(words, "EDID conformity: PASS")) {
        g_test_message("%s: %s", what, words);
        g_test_fail();
    }
}

static void test_edid_decode(void)
{
    g_autofree char *program = g_find_program_in_path("edid-decode");
    uint8_t blob[EDID_SIZE_MAX];

    if (!program) {
        g_test_skip("edid-decode is not installed");
        return;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++) {
        for (unsigned n = 0; n < 2 * 3; n++) {
            EdidMonitor monitor = monitor_of(sizes[i].width, sizes[i].height, n % 2 ? 60000 : 0);
            g_autofree char *what = g_strdup_printf("%ux%u, %zu bytes", monitor.xres, monitor.yres, rooms[n / 2]);
            monitor.serial = n == 3 ? "1" : NULL;
            assert_passes(program, blob, edid_make(&monitor, blob, rooms[n / 2]), what);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/edid/preferred-mode", test_preferred_mode);
    g_test_add_func("/edid/reduced-blanking", test_reduced_blanking);
    g_test_add_func("/edid/too-large-for-a-block", test_too_large_for_a_block);
    g_test_add_func("/edid/limits", test_limits);
    g_test_add_func("/edid/words", test_words);
    g_test_add_func("/edid/nonsense", test_nonsense);
    g_test_add_func("/edid/edid-decode", test_edid_decode);
    return g_test_run();
}
