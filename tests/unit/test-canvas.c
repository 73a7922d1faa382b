/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pictures of pixels in somebody's memory: formats (pixman is the reference), tiles, what viewers are told. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/guarded.h"
#include "core/lock.h"
#include "hw/display/canvas.h"
#include "lib/error.h"
#include "tests/unit/viewer.h"

static Canvas canvas;

static void up(void)
{
    static const ConsoleOps ops;

    viewer_up();
    console_new(&canvas.console, NULL, 0, &ops, NULL);
    console_watch(canvas.console, &viewer);
    g_string_set_size(told, 0);
}

static void down(void)
{
    viewer_down();
    console_free(canvas.console);
    canvas_clear(&canvas);
}

static uint32_t shown_at(unsigned x, unsigned y)
{
    return image_line(image, y)[x] & 0xffffff;
}

/* ---- formats ---- */

enum { WIDTH = 64, HEIGHT = 3, LINE = 4 * WIDTH };

static uint8_t pixels[LINE * HEIGHT];

static void fill(GRand *chance)
{
    for (unsigned i = 0; i < sizeof(pixels); i++) {
        pixels[i] = (uint8_t)g_rand_int(chance);
    }
}

/* What pixman makes of the same bytes. */
static pixman_image_t *reference(pixman_format_code_t format)
{
    pixman_image_t *from = pixman_image_create_bits(format, WIDTH, HEIGHT, (uint32_t *)(void *)pixels, LINE);
    pixman_image_t *to = pixman_image_create_bits(PIXMAN_x8r8g8b8, WIDTH, HEIGHT, NULL, 0);

    pixman_image_composite32(PIXMAN_OP_SRC, from, NULL, to, 0, 0, 0, 0, 0, 0, WIDTH, HEIGHT);
    pixman_image_unref(from);
    return to;
}

static void test_formats(void)
{
    static const struct {
        uint32_t fourcc;
        pixman_format_code_t pixman;
    } rows[] = {
        { PIXELS_XRGB1555, PIXMAN_x1r5g5b5 }, { PIXELS_RGB565, PIXMAN_r5g6b5 }, { PIXELS_RGB888, PIXMAN_r8g8b8 },
        { PIXELS_BGR888, PIXMAN_b8g8r8 }, { PIXELS_XRGB8888, PIXMAN_x8r8g8b8 }, { PIXELS_ARGB8888, PIXMAN_x8r8g8b8 },
        { PIXELS_XBGR8888, PIXMAN_x8b8g8r8 }, { PIXELS_ABGR8888, PIXMAN_x8b8g8r8 },
        { PIXELS_XRGB8888 | PIXELS_BIG_ENDIAN, PIXMAN_b8g8r8x8 }, { PIXELS_XRGB2101010, PIXMAN_x2r10g10b10 },
        { PIXELS_XBGR2101010, PIXMAN_x2b10g10r10 },
    };
    const PixelMemory memory = { pixels, sizeof(pixels), NULL, false };
    g_autoptr(GRand) chance = g_rand_new_with_seed(1);

    up();
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        const PixelMode mode = { WIDTH, HEIGHT, rows[i].fourcc, PIXELS_LINEAR, 0, LINE };
        fill(chance);
        g_assert_true(canvas_refresh(&canvas, &memory, &mode, NULL, true));
        pixman_image_t *expected = reference(rows[i].pixman);
        for (unsigned at = 0; at < WIDTH * HEIGHT; at++) {
            g_assert_cmphex(shown_at(at % WIDTH, at / WIDTH), ==,
                            image_line(expected, at / WIDTH)[at % WIDTH] & 0xffffff);
        }
        pixman_image_unref(expected);
    }
    down();
}

static void test_names(void)
{
    g_autofree char *usual = pixel_format_name(PIXELS_XRGB8888), *odd = pixel_format_name(0x01412043);

    g_assert_cmpstr(usual, ==, "XR24 (0x34325258)");
    g_assert_cmpstr(odd, ==, "C_A? (0x01412043)");
}

/* ---- tiles ---- */

enum { TILED_WIDTH = 200, TILED_HEIGHT = 19, TILED_STRIDE = 1024, TILED_SIZE = 24 * TILED_STRIDE };

/* The PRM's picture of it: tile by tile, in each line by line, 128 pixels of four bytes a line. */
static void draw_tiled(uint32_t *to)
{
    unsigned i = 0;

    for (unsigned tile_y = 0; tile_y < 3; tile_y++) {
        for (unsigned tile_x = 0; tile_x < 2; tile_x++) {
            for (unsigned y = 0; y < 8; y++) {
                for (unsigned x = 0; x < 128; x++) {
                    to[i++] = (tile_y * 8 + y) << 8 | (tile_x * 128 + x);
                }
            }
        }
    }
}

static void test_tiles(void)
{
    static uint32_t tiled[TILED_SIZE / 4];
    const PixelMemory memory = { (const uint8_t *)tiled, sizeof(tiled), NULL, false };
    const PixelMode mode = { TILED_WIDTH, TILED_HEIGHT, PIXELS_XRGB8888, PIXELS_X_TILED, 0, TILED_STRIDE };

    up();
    draw_tiled(tiled);
    g_assert_true(canvas_refresh(&canvas, &memory, &mode, NULL, false));
    for (unsigned y = 0; y < TILED_HEIGHT; y++) {
        for (unsigned x = 0; x < TILED_WIDTH; x++) {
            g_assert_cmphex(shown_at(x, y), ==, y << 8 | x);
        }
    }
    g_string_set_size(told, 0);
    tiled[3 * 1024 + 5 * 128 + 6] = 0xffffff;       /* tile 1 of the second row: line 13, column 134 */
    g_assert_true(canvas_refresh(&canvas, &memory, &mode, NULL, false));
    assert_told("134+13 1x1;");
    down();
}

/* ---- what is told ---- */

static void test_changes(void)
{
    PixelMemory memory = { pixels, sizeof(pixels), NULL, false };
    const PixelMode mode = { WIDTH, HEIGHT, PIXELS_XRGB8888, PIXELS_LINEAR, 0, LINE };

    up();
    memset(pixels, 0, sizeof(pixels));
    g_assert_true(canvas_refresh(&canvas, &memory, &mode, NULL, false));
    assert_told("shown 64x3;");
    g_assert_true(canvas_refresh(&canvas, &memory, &mode, NULL, true));
    assert_told("");                                /* nothing differs */
    pixels[4 * 10] = pixels[4 * 12] = 1;
    pixels[LINE + 4 * 5] = 1;
    g_assert_true(canvas_refresh(&canvas, &memory, &mode, NULL, false));
    assert_told("5+0 8x2;");
    pixels[0] = 1;
    pixels[2 * LINE + 4 * 63] = 1;
    g_assert_true(canvas_refresh(&canvas, &memory, &mode, NULL, false));
    assert_told("0+0 1x1;63+2 1x1;");
    static uint8_t others[sizeof(pixels)];
    memory.bytes = others;                          /* the next of the guest's buffers, nearly the same */
    memcpy(others, pixels, sizeof(pixels));
    others[4] = 9;
    g_assert_true(canvas_refresh(&canvas, &memory, &mode, NULL, false));
    assert_told("1+0 1x1;");
    down();
}

/* ---- what cannot be ---- */

static void test_impossible(void)
{
    static const struct {
        PixelMode mode;
        const char *word;
    } rows[] = {
        { { 0, 5, PIXELS_XRGB8888, 0, 0, 64 }, "0 x 5" },
        { { 40000, 1, PIXELS_XRGB8888, 0, 0, 160000 }, "40000 x 1" },
        { { 16, 16, PIXELS_FOURCC('N', 'V', '1', '2'), 0, 0, 64 }, "NV12 (0x3231564e)" },
        { { 16, 16, PIXELS_C8, 0, 0, 16 }, "C8__ (0x20203843)" },
        { { 16, 16, PIXELS_XRGB8888, UINT64_C(1) << 56 | 2, 0, 64 }, "0x0100000000000002" },
        { { 16, 17, PIXELS_XRGB8888, 0, 0, 64 }, "does not fit in the 1024 bytes" },
        { { 16, 16, PIXELS_XRGB8888, 0, 4, 64 }, "does not fit" },
        { { 16, 16, PIXELS_XRGB8888, 0, UINT64_MAX - 3, 64 }, "does not fit" },
        { { 16, 2, PIXELS_XRGB8888, 0, 0, 63 }, "lines of 63 bytes for 16 pixels" },
        { { 16, 1, PIXELS_XRGB8888, 0, 0, 0 }, "lines of 0 bytes" },
        { { 16384, 16384, PIXELS_RGB565, 0, 0, 32768 }, "16384 x 16384" },
        { { 16, 2, PIXELS_XRGB8888, 0, 0, UINT64_MAX - 63 }, "does not fit" },
        { { 16, 1, PIXELS_XRGB8888, PIXELS_X_TILED, 0, 512 }, "does not fit" },
        { { 16, 1, PIXELS_XRGB8888, PIXELS_X_TILED, 0, 64 }, "lines of 64 bytes" },
        { { 129, 1, PIXELS_XRGB8888, PIXELS_X_TILED, 0, 512 }, "lines of 512 bytes" },
    };
    static uint8_t memory_bytes[1024];
    const PixelMemory memory = { memory_bytes, sizeof(memory_bytes), NULL, false };

    up();
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        Error *err = NULL;
        g_assert_false(pixel_mode_check(&rows[i].mode, memory.size, &err));
        g_assert_nonnull(strstr(error_message(err), rows[i].word));
        error_free(err);
        g_assert_false(canvas_refresh(&canvas, &memory, &rows[i].mode, NULL, false));
        g_assert_false(canvas_has_drawing(&canvas, 16, 16));
    }
    g_string_set_size(told, 0);
    canvas_refresh(&canvas, &memory, &rows[G_N_ELEMENTS(rows) - 1].mode, NULL, false);
    assert_told("");                                /* said already */
    const PixelMode last = { 16, 16, PIXELS_XRGB8888, 0, 0, 64 };
    g_assert_true(canvas_refresh(&canvas, &memory, &last, NULL, false));
    assert_told("shown 16x16;");
    down();
}

/* Memory that goes away while it is shown reads as ones. */
static void test_vanishing(void)
{
    enum { SIZE = 8192 };
    int fd = memfd_create("vanishing", MFD_CLOEXEC);
    const PixelMode mode = { 1024, 2, PIXELS_XRGB8888, PIXELS_LINEAR, 0, 4096 };

    g_assert_cmpint(ftruncate(fd, SIZE), ==, 0);
    const PixelMemory memory = { mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0), SIZE, NULL, true };
    g_assert_true(memory.bytes != MAP_FAILED);
    guarded_install();
    up();
    g_assert_true(canvas_refresh(&canvas, &memory, &mode, NULL, false));
    g_assert_cmphex(shown_at(1023, 1), ==, 0);
    g_assert_cmpint(ftruncate(fd, SIZE / 2), ==, 0);
    g_string_set_size(told, 0);
    g_assert_true(canvas_refresh(&canvas, &memory, &mode, NULL, false));
    assert_told("0+1 1024x1;");
    g_assert_cmphex(shown_at(0, 0), ==, 0);
    g_assert_cmphex(shown_at(0, 1), ==, 0xffffff);
    down();
    munmap((void *)memory.bytes, SIZE);
    close(fd);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    vm_lock();
    g_test_add_func("/canvas/formats", test_formats);
    g_test_add_func("/canvas/names", test_names);
    g_test_add_func("/canvas/tiles", test_tiles);
    g_test_add_func("/canvas/changes", test_changes);
    g_test_add_func("/canvas/impossible", test_impossible);
    g_test_add_func("/canvas/vanishing", test_vanishing);
    return g_test_run();
}
