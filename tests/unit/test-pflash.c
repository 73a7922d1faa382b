/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The flash chip: what it answers after each command, and what the file holds. */
#include "hw/block/pflash.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/dispatch.h"

enum { CHIP_SIZE = 1024 * 1024, BASE = 0x100000, READ = -1 };

static Region root;
static char *path;

static Pflash *chip_up(bool readonly)
{
    g_autofree char *contents = g_malloc(CHIP_SIZE);
    Error *err = NULL;

    for (unsigned i = 0; i < CHIP_SIZE; i++) {
        contents[i] = (char)(i * 7 + (i >> 12));
    }
    g_assert_true(g_file_set_contents(path, contents, CHIP_SIZE, NULL));
    Pflash *flash = pflash_new("flash", path, readonly, &err);
    g_assert_null(err);
    g_assert_cmpuint(pflash_size(flash), ==, CHIP_SIZE);
    region_init_container(&root, "memory", 0);
    region_add(&root, pflash_region(flash), BASE, 0);
    space_init(&memory_space, "memory", &root, UINT64_MAX);
    return flash;
}

static void chip_down(Pflash *flash)
{
    object_free((Object *)flash);
    region_finish(&root);
    space_finish(&memory_space);
}

typedef struct Cycle {
    uint32_t offset;
    int value;          /* to write; READ: compare with @expected */
    uint8_t expected;
} Cycle;

static uint8_t byte_of_file(unsigned offset)
{
    g_autofree char *contents = NULL;
    gsize len;

    g_assert_true(g_file_get_contents(path, &contents, &len, NULL));
    g_assert_cmpuint(len, ==, CHIP_SIZE);
    return (uint8_t)contents[offset];
}

static void run(const Cycle *cycles, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (cycles[i].value == READ) {
            g_test_message("cycle %u", i);
            g_assert_cmphex(space_read(&memory_space, BASE + cycles[i].offset, 1), ==, cycles[i].expected);
        } else {
            space_write(&memory_space, BASE + cycles[i].offset, (uint64_t)cycles[i].value, 1);
        }
    }
}

static void test_contents_are_read_at_every_width(void)
{
    Pflash *flash = chip_up(false);

    for (unsigned size = 1; size <= 8; size *= 2) {
        uint64_t expected = 0;
        memcpy(&expected, pflash_data(flash) + 0x1238, size);
        g_assert_cmphex(space_read(&memory_space, BASE + 0x1238, size), ==, expected);
    }
    chip_down(flash);
}

/* Offset and value: JESD68.01 section 2, and what firmware written for QEMU's chip finds there. */
static void test_query_structure(void)
{
    static const Cycle cycles[] = {
        { 0x55, 0x98 }, { 0x10, READ, 'Q' }, { 0x11, READ, 'R' }, { 0x12, READ, 'Y' }, { 0x13, READ, 1 }, { 0x14, READ, 0 },
        { 0x15, READ, 0x31 }, { 0x1b, READ, 0x45 }, { 0x1c, READ, 0x55 }, { 0x27, READ, 20 }, { 0x28, READ, 2 },
        { 0x2a, READ, 8 }, { 0x2c, READ, 1 }, { 0x2d, READ, 0xff }, { 0x2e, READ, 0 }, { 0x2f, READ, 0x10 }, { 0x30, READ, 0 },
        { 0x31, READ, 'P' }, { 0x40, READ, 0 }, { 0, 0x90 }, { 0, READ, 0 }, { 1, READ, 0 }, { 0, 0xff }, { 1, READ, 7 },
    };
    Pflash *flash = chip_up(false);

    run(cycles, G_N_ELEMENTS(cycles));
    chip_down(flash);
}

static void test_program_and_erase_reach_the_file(void)
{
    static const Cycle cycles[] = {
        { 0, 0x50 }, { 0, READ, 0 },                                            /* cleared status: how OVMF tells flash from ROM */
        { 0x2001, 0x10 }, { 0, READ, 0x80 }, { 0x2001, 0x42 }, { 0, READ, 0x80 }, { 0, 0xff }, { 0x2001, READ, 0x42 },
        { 0x3000, 0x20 }, { 0x3123, 0xd0 }, { 0, READ, 0x80 }, { 0, 0xff }, { 0x3000, READ, 0xff }, { 0x3fff, READ, 0xff },
        { 0x4000, READ, 0x04 }, { 0x2001, READ, 0x42 },
    };
    Pflash *flash = chip_up(false);

    run(cycles, G_N_ELEMENTS(cycles));
    chip_down(flash);
    g_assert_cmphex(byte_of_file(0x2001), ==, 0x42);
    g_assert_cmphex(byte_of_file(0x3fff), ==, 0xff);
}

static void test_write_buffer(void)
{
    static const Cycle cycles[] = {
        { 0x5000, 0xe8 }, { 0, READ, 0x80 }, { 0x5000, 2 }, { 0x5010, 0xaa }, { 0x5011, 0xbb }, { 0x5012, 0xcc }, { 0x5000, 0xd0 },
        { 0, READ, 0x80 }, { 0, 0xff }, { 0x5010, READ, 0xaa }, { 0x5011, READ, 0xbb }, { 0x5012, READ, 0xcc },
        { 0x500f, READ, (0x500f * 7 + 5) & 0xff }, { 0x5013, READ, (0x5013 * 7 + 5) & 0xff },
        /* not confirmed: both error bits, nothing written */
        { 0x5000, 0xe8 }, { 0x5000, 0 }, { 0x5000, 0x11 }, { 0x5000, 0x00 }, { 0, READ, 0xb0 }, { 0, 0x50 }, { 0, 0xff },
        { 0x5000, READ, 0x05 },
        /* data outside the buffer's block */
        { 0x5000, 0xe8 }, { 0x5000, 0 }, { 0x6000, 0x11 }, { 0x5000, 0xd0 }, { 0, READ, 0x90 }, { 0, 0xff }, { 0x6000, READ, 0x06 },
    };
    Pflash *flash = chip_up(false);

    run(cycles, G_N_ELEMENTS(cycles));
    chip_down(flash);
}

static void test_readonly_chip_says_so(void)
{
    static const Cycle cycles[] = {
        { 0, 0x50 }, { 0x2001, 0x40 }, { 0x2001, 0x42 }, { 0, READ, 0x92 }, { 0, 0x50 }, { 0, 0x20 }, { 0, 0xd0 }, { 0, READ, 0xa2 },
        { 0, 0xff }, { 0x2001, READ, (0x2001 * 7 + 2) & 0xff },
    };
    g_assert_cmpint(g_chmod(path, 0400), ==, 0);
    Pflash *flash = chip_up(true);

    run(cycles, G_N_ELEMENTS(cycles));
    chip_down(flash);
}

static void test_reset_goes_back_to_the_contents(void)
{
    static const Cycle before[] = { { 0, 0x98 }, { 0x10, READ, 'Q' } }, after[] = { { 0x10, READ, 0x70 } };
    Pflash *flash = chip_up(false);

    run(before, 2);
    object_reset((Object *)flash);
    run(after, 1);
    chip_down(flash);
}

/* Every sequence of a few bytes at a few places leaves a chip that answers. */
static void test_any_sequence_of_writes(void)
{
    Pflash *flash = chip_up(false);
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);

    for (unsigned i = 0; i < 20000; i++) {
        static const uint8_t words[] = { 0x10, 0x20, 0x40, 0x50, 0x60, 0x70, 0x90, 0x98, 0xd0, 0xe8, 0xff, 0x00, 0x03 };
        uint64_t at = BASE + (uint64_t)g_rand_int_range(rand, 0, CHIP_SIZE);
        unsigned size = 1u << g_rand_int_range(rand, 0, 4);
        space_write(&memory_space, at, words[g_rand_int_range(rand, 0, G_N_ELEMENTS(words))], size);
        (void)space_read(&memory_space, at, size);
    }
    space_write(&memory_space, BASE, 0xd0, 1);
    chip_down(flash);
}

static void test_files_that_are_no_chip(void)
{
    Error *err = NULL;

    g_assert_true(g_file_set_contents(path, "short", 5, NULL));
    g_assert_null(pflash_new("flash", path, false, &err));
    g_assert_nonnull(strstr(error_message(err), "has invalid size 5"));
    error_clear(&err);
    g_assert_null(pflash_new("flash", "/nonexistent/file", true, &err));
    g_assert_cmpstr(error_message(err), ==, "Could not open '/nonexistent/file': No such file or directory");
    error_clear(&err);
}

int main(int argc, char **argv)
{
    g_autofree char *folder = g_dir_make_tmp("pflash-XXXXXX", NULL);

    g_test_init(&argc, &argv, NULL);
    path = g_build_filename(folder, "image", NULL);
    g_test_add_func("/pflash/contents", test_contents_are_read_at_every_width);
    g_test_add_func("/pflash/query", test_query_structure);
    g_test_add_func("/pflash/program-erase", test_program_and_erase_reach_the_file);
    g_test_add_func("/pflash/buffer", test_write_buffer);
    g_test_add_func("/pflash/readonly", test_readonly_chip_says_so);
    g_test_add_func("/pflash/reset", test_reset_goes_back_to_the_contents);
    g_test_add_func("/pflash/any-sequence", test_any_sequence_of_writes);
    g_test_add_func("/pflash/files", test_files_that_are_no_chip);
    int status = g_test_run();
    g_unlink(path);
    g_rmdir(folder);
    g_free(path);
    return status;
}
