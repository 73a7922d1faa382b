/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A picture in the guest's memory, as a viewer sees it, and what a guest may write about it. */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "core/datadir.h"
#include "core/device.h"
#include "core/lock.h"
#include "hw/display/canvas.h"
#include "hw/nvram/fw-cfg.h"
#include "tests/unit/pci-board.h"

/* The board has half of its memory below 4 GiB. */
enum { PICTURE = 0x100000, LOW_END = BOARD_RAM_SIZE / 2, KEY = FW_CFG_FILE_FIRST };

typedef struct __attribute__((packed)) Place {
    uint64_t address;
    uint32_t fourcc, flags, width, height, stride;
} Place;

static Object *add(const char *settings, Error **errp)
{
    g_autoptr(KeyVals) kv = keyval_parse(settings, "driver", errp);

    return device_create(kv, errp);
}

static void up(void)
{
    Error *err = NULL;

    board_up();
    g_assert_nonnull(object_create(class_find("fw_cfg"), NULL, NULL, &err));
    g_assert_nonnull(add("ramfb,use-legacy-x86-rom=off", &err));
}

static uint32_t place(Place at)
{
    const Place file = {
        .address = GUINT64_TO_BE(at.address), .fourcc = GUINT32_TO_BE(at.fourcc), .flags = GUINT32_TO_BE(at.flags),
        .width = GUINT32_TO_BE(at.width), .height = GUINT32_TO_BE(at.height), .stride = GUINT32_TO_BE(at.stride),
    };

    return write_file(KEY, &file, sizeof(file));
}

/* The pixel of the picture as a viewer sees it now, which has to have this size. */
static uint32_t pixel_of(int width, int height, unsigned x, unsigned y)
{
    pixman_image_t *image = console_picture(console_at(0));

    g_assert_cmpint(pixman_image_get_width(image), ==, width);
    g_assert_cmpint(pixman_image_get_height(image), ==, height);
    uint32_t color = image_line(image, y)[x] & 0xffffff;
    pixman_image_unref(image);
    return color;
}

/* Words are shown in pictures of another size. */
static bool has_picture(int width, int height)
{
    pixman_image_t *image = console_picture(console_at(0));
    bool has = pixman_image_get_width(image) == width && pixman_image_get_height(image) == height;

    pixman_image_unref(image);
    return has;
}

/* ---- the picture ---- */

static void test_formats(void)
{
    static const struct { uint32_t fourcc; uint8_t bytes[4]; unsigned size; uint32_t color; } rows[] = {
        { PIXELS_XRGB8888, { 0x56, 0x34, 0x12, 0xff }, 4, 0x123456 },
        { PIXELS_ARGB8888, { 0x56, 0x34, 0x12, 0x00 }, 4, 0x123456 },
        { PIXELS_XBGR8888, { 0x12, 0x34, 0x56, 0xff }, 4, 0x123456 },
        { PIXELS_RGB888, { 0x56, 0x34, 0x12 }, 3, 0x123456 },
        { PIXELS_RGB565, { 0x00, 0xf8 }, 2, 0xff0000 },
    };

    up();
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        memset(board.ram + PICTURE, 0, 100 * 50 * 4);
        memcpy(board.ram + PICTURE + 5 * 100 * 4 + 7 * rows[i].size, rows[i].bytes, rows[i].size);
        g_assert_cmphex(place((Place){ PICTURE, rows[i].fourcc, 0, 100, 50, 100 * 4 }), ==, 0);
        g_assert_cmphex(pixel_of(100, 50, 7, 5), ==, rows[i].color);
        g_assert_cmphex(pixel_of(100, 50, 8, 5), ==, 0);
    }
    board_down();
}

static void test_follows(void)
{
    static const uint8_t white[] = { 0xff, 0xff, 0xff, 0 };

    up();
    place((Place){ PICTURE, PIXELS_XRGB8888, 0, 100, 50, 0 });      /* no stride: no gaps */
    g_assert_cmphex(pixel_of(100, 50, 99, 49), ==, 0);
    memcpy(board.ram + PICTURE + 4 * (100 * 49 + 99), white, sizeof(white));
    g_assert_cmphex(pixel_of(100, 50, 99, 49), ==, 0xffffff);
    memset(board.ram + LOW_END - sizeof(white), 0x11, sizeof(white));
    place((Place){ LOW_END - 4 * 100 * 50, PIXELS_XRGB8888, 0, 100, 50, 400 });     /* up to the end of memory */
    g_assert_cmphex(pixel_of(100, 50, 99, 49), ==, 0x111111);
    place((Place){ UINT64_C(1) << 32, PIXELS_XRGB8888, 0, 100, 50, 400 });
    memset(board.ram + LOW_END, 0x22, 4);
    g_assert_cmphex(pixel_of(100, 50, 0, 0), ==, 0x222222);
    object_reset_all();
    g_assert_false(has_picture(100, 50));
    board_down();
}

/* ---- a guest that writes what it likes ---- */

static void test_nonsense(void)
{
    static const Place rows[] = {
        { 0, PIXELS_XRGB8888, 0, 100, 50, 400 },
        { PICTURE, PIXELS_XRGB8888, 0, 0, 50, 400 },
        { PICTURE, PIXELS_XRGB8888, 0, 100, 0, 400 },
        { PICTURE, PIXELS_XRGB8888, 0, 100, 50, 399 },                  /* lines over each other */
        { PICTURE, PIXELS_XRGB8888, 0, 100, 50, 1 },
        { PICTURE, PIXELS_XRGB8888, 0, 100, 50, UINT32_MAX },
        { PICTURE, PIXELS_XRGB8888, 0, UINT32_MAX, UINT32_MAX, 0 },
        { PICTURE, PIXELS_XRGB8888, 0, 0x40000000, 4, 0 },              /* 2^32 bytes, if one does not look */
        { PICTURE, PIXELS_XRGB8888, 0, 32768, 1, 0 },
        { PICTURE, PIXELS_C8, 0, 100, 50, 100 },                        /* the palette is nowhere */
        { PICTURE, PIXELS_FOURCC('N', 'V', '1', '2'), 0, 100, 50, 400 },
        { PICTURE, 0, 0, 100, 50, 0 },
        { LOW_END - 4 * 100 * 50 + 1, PIXELS_XRGB8888, 0, 100, 50, 400 },    /* a byte behind the end */
        { 0xe0000000, PIXELS_XRGB8888, 0, 100, 50, 400 },
        { UINT64_MAX - 100, PIXELS_XRGB8888, 0, 100, 50, 400 },
    };

    up();
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_assert_cmphex(place(rows[i]), ==, 0);
        g_assert_false(has_picture((int)rows[i].width, (int)rows[i].height));
    }
    uint8_t many[sizeof(Place) + 1] = { 0 };
    g_assert_cmphex(write_file(KEY, many, sizeof(many)), ==, 1);        /* more than the file has */
    place((Place){ PICTURE, PIXELS_XRGB8888, 0xffffffff, 100, 50, 400 });
    g_assert_true(has_picture(100, 50));                                /* flags mean nothing */
    board_down();
}

static void test_chance(void)
{
    static const uint32_t fourccs[] = { PIXELS_XRGB8888, PIXELS_RGB565, PIXELS_RGB888, PIXELS_C8, 1 };
    g_autoptr(GRand) chance = g_rand_new_with_seed(1);

    up();
    for (unsigned i = 0; i < 2000; i++) {
        unsigned shift = (unsigned)g_rand_int_range(chance, 0, 32);
        place((Place){ g_rand_int(chance) & 0x7fffff, fourccs[i % G_N_ELEMENTS(fourccs)], 0, g_rand_int(chance) >> shift,
                       g_rand_int(chance) >> (31 - shift), g_rand_int(chance) >> shift });
        pixman_image_unref(console_picture(console_at(0)));
    }
    board_down();
}

/* ---- what comes with it ---- */

static void test_rom(void)
{
    static const char image[] = "video BIOS";
    g_autofree char *folder = g_dir_make_tmp("ramfb-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "vgabios-ramfb.bin", NULL);
    Error *err = NULL;

    g_assert_true(g_file_set_contents(path, image, sizeof(image), NULL));
    datadir_add(folder);
    board_up();
    g_assert_nonnull(object_create(class_find("fw_cfg"), NULL, NULL, &err));
    g_assert_nonnull(add("ramfb", &err));
    GBytes *file = fw_cfg_file(fw_cfg_find(), "vgaroms/vgabios-ramfb.bin");
    g_assert_cmpmem(g_bytes_get_data(file, NULL), g_bytes_get_size(file), image, sizeof(image));
    g_assert_cmpuint(g_bytes_get_size(fw_cfg_file(fw_cfg_find(), "etc/ramfb")), ==, sizeof(Place));
    g_assert_null(add("ramfb,use-legacy-x86-rom=off", &err));
    g_assert_cmpstr(error_message(err), ==, "there is a ramfb already: a machine has one");
    error_free(err);
    board_down();
    g_unlink(path);
    g_rmdir(folder);
}

static void test_no_fw_cfg(void)
{
    Error *err = NULL;

    board_up();
    g_assert_null(add("ramfb", &err));
    g_assert_cmpstr(error_message(err), ==, "ramfb device requires fw_cfg with DMA");
    error_free(err);
    board_down();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    vm_lock();
    g_test_add_func("/ramfb/formats", test_formats);
    g_test_add_func("/ramfb/follows", test_follows);
    g_test_add_func("/ramfb/nonsense", test_nonsense);
    g_test_add_func("/ramfb/chance", test_chance);
    g_test_add_func("/ramfb/rom", test_rom);
    g_test_add_func("/ramfb/no-fw-cfg", test_no_fw_cfg);
    return g_test_run();
}
