/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a viewer of an emulated display is told, and when memory is logged for it. Registers and the pictures of
 * modes are compared with the reference in tests/qtest (test_vga, test_dispi).
 */
#include "core/device.h"
#include "core/dirty.h"
#include "core/lock.h"
#include "hw/display/bochs-dispi.h"
#include "tests/unit/pci-board.h"
#include "tests/unit/viewer.h"

enum { DEVFN = PCI_DEVFN_OF(2, 0), BAR_0 = 0xe0000000, BAR_2 = 0xe1000000, PAGE = DIRTY_PAGE };

/* ---- an accelerator whose guest writes behind our back ---- */

static const uint8_t *written;      /* a byte the guest wrote; NULL: none */
static unsigned log_changes, fetches;
static bool logging;

static void log_dirty(const uint8_t *host, uint64_t size)
{
    log_changes++;
    logging = dirty_is_logged(host, size);
}

static void sync_dirty(const uint8_t *host, uint64_t size)
{
    fetches++;
    if (written >= host && written < host + size) {
        dirty_mark(written, 1);
        written = NULL;
    }
}

/* ---- a log ---- */

static void test_log(void)
{
    enum { SIZE = 8 * PAGE };
    static uint8_t all[10 * PAGE];
    uint8_t *memory = all + PAGE;
    DirtyLog log = { 0 };

    g_assert_true(dirty_log_has(&log, 0, 1));       /* nobody has looked: it may have been written */
    dirty_log_start(&log, memory, SIZE);
    g_assert_true(dirty_log_has(&log, 5 * PAGE, 1));
    dirty_log_clear(&log);
    g_assert_false(dirty_log_has(&log, 0, SIZE));
    dirty_mark(memory + 2 * PAGE - 1, 2);
    g_assert_false(dirty_log_has(&log, 0, PAGE));
    g_assert_true(dirty_log_has(&log, PAGE, 1));
    g_assert_true(dirty_log_has(&log, 2 * PAGE, 1));
    g_assert_false(dirty_log_has(&log, 3 * PAGE, 5 * PAGE));
    g_assert_false(dirty_log_has(&log, PAGE, 0));
    dirty_log_clear(&log);
    dirty_mark(memory - 1, 1);
    dirty_mark(memory + SIZE, 1);
    g_assert_false(dirty_log_has(&log, 0, SIZE));
    dirty_mark(memory - 10, SIZE + 20);
    g_assert_true(dirty_log_has(&log, 7 * PAGE, 1));
    g_assert_true(dirty_is_logged(memory, 1));
    dirty_log_stop(&log);
    dirty_log_stop(&log);
    g_assert_false(dirty_is_logged(memory, 1));
}

/* ---- a display and a viewer ---- */

static void display_up(const char *settings)
{
    Error *err = NULL;
    g_autoptr(KeyVals) kv = keyval_parse(settings, "driver", &err);

    board_up();
    board_log_dirty = log_dirty;
    board_sync_dirty = sync_dirty;
    log_changes = fetches = 0;
    written = NULL;
    viewer_up();
    g_assert_nonnull(device_create(kv, &err));
    config_out(DEVFN, PCI_BASE_ADDRESS_0, BAR_0, 4);
    config_out(DEVFN, PCI_BASE_ADDRESS_2, BAR_2, 4);
    config_out(DEVFN, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_IO, 2);
}

static void display_down(void)
{
    viewer_down();
    board_down();
}

static void set_register(unsigned index, uint16_t value)
{
    space_write(&memory_space, BAR_2 + 0x500 + 2 * index, value, 2);
}

static void set_mode(uint16_t width, uint16_t height, uint16_t bpp)
{
    set_register(DISPI_ENABLE, 0);
    set_register(DISPI_XRES, width);
    set_register(DISPI_YRES, height);
    set_register(DISPI_BPP, bpp);
    set_register(DISPI_ENABLE, DISPI_ENABLED | DISPI_LFB);
    space_write(&memory_space, BAR_2 + 0x400, 0x20, 1);     /* the attribute controller lets the picture through */
}

static uint8_t *video_memory(uint64_t offset)
{
    return range_host(space_find(&memory_space, BAR_0)) + offset;
}

/* The guest writes a pixel, and nobody notices. */
static void guest_writes(uint64_t offset, uint8_t value)
{
    written = video_memory(offset);
    *video_memory(offset) = value;
}

/* The console's timer asks the display, which asks the accelerator. */
static void wait_for_refresh(void)
{
    unsigned before = fetches;

    while (fetches == before) {
        g_main_context_iteration(NULL, true);
    }
}

static void test_logged_while_watched(void)
{
    display_up("VGA,addr=2,romfile=");
    Console *console = console_at(0);
    set_mode(640, 480, 32);
    pixman_image_unref(console_picture(console));
    g_assert_cmpuint(log_changes, ==, 0);       /* who looks once needs no log */
    console_watch(console, &viewer);
    g_assert_cmpuint(log_changes, ==, 1);
    g_assert_true(logging);
    console_unwatch(&viewer);
    g_assert_cmpuint(log_changes, ==, 2);
    g_assert_false(logging);
    console_watch(console, &viewer);
    object_free_all();                          /* the display goes while somebody looks */
    g_assert_false(dirty_is_logged(NULL, UINT64_MAX));
    g_assert_null(viewer.console);
    display_down();
}

static void test_changes_of_linear_pixels(void)
{
    display_up("bochs-display,addr=2,romfile=");
    set_mode(1024, 64, 32);                     /* a line is a page */
    console_watch(console_at(0), &viewer);
    assert_told("shown 1024x64;");
    g_assert_true((uint8_t *)pixman_image_get_data(image) == video_memory(0));      /* nothing is copied */
    wait_for_refresh();
    assert_told("");
    guest_writes(7 * PAGE + 12, 0x99);
    wait_for_refresh();
    assert_told("0+7 1024x1;");
    space_write(&memory_space, BAR_0 + 9 * PAGE - 1, 0xabcd, 2);
    space_write(&memory_space, BAR_0 + 63 * PAGE, 1, 1);
    space_write(&memory_space, BAR_0 + 64 * PAGE, 1, 1);
    wait_for_refresh();
    assert_told("0+8 1024x2;0+63 1024x1;");
    static const uint8_t dma[3 * PAGE];
    space_write_bytes(&memory_space, BAR_0 + 20 * PAGE, dma, sizeof(dma));
    wait_for_refresh();
    assert_told("0+20 1024x3;");
    set_register(DISPI_Y_OFFSET, 8);
    wait_for_refresh();
    assert_told("shown 1024x64;");
    guest_writes(7 * PAGE, 0x98);
    wait_for_refresh();
    assert_told("");
    display_down();
}

static void test_changes_of_a_palette(void)
{
    display_up("VGA,addr=2,romfile=");
    set_mode(640, 100, 8);
    console_watch(console_at(0), &viewer);
    wait_for_refresh();
    assert_told("shown 640x100;");
    out(0x3c8, 1, 1);
    for (unsigned i = 0; i < 3; i++) {
        out(0x3c9, 0x2a, 1);
    }
    wait_for_refresh();
    assert_told("");                            /* a colour that nothing has */
    guest_writes(640 * 50, 1);
    wait_for_refresh();
    assert_told("0+50 1x1;");
    out(0x3c8, 1, 1);
    for (unsigned i = 0; i < 3; i++) {
        out(0x3c9, 0x3f, 1);
    }
    wait_for_refresh();
    assert_told("0+50 1x1;");
    g_assert_cmphex(((uint32_t *)(void *)((uint8_t *)pixman_image_get_data(image) + 50 * pixman_image_get_stride(image)))[0],
                    ==, 0xffffff);
    display_down();
}

/* 320x200 of 256 colours, each two lines high. */
static void set_mode_13h(void)
{
    static const struct {
        uint16_t port;
        uint16_t values[10];
    } rows[] = {
        { 0x3c4, { 0x0101, 0x0f02, 0x0e04 } },
        { 0x3d4, { 0x0011, 0x4f01, 0x1f07, 0x4109, 0x8f12, 0x2813, 0x4014, 0xa317, 0xff18 } },
        { 0x3ce, { 0x4005, 0x0506, 0xff08 } },
    };

    out(0x3c2, 0x63, 1);
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        for (unsigned n = 0; n < G_N_ELEMENTS(rows[i].values) && rows[i].values[n]; n++) {
            out(rows[i].port, rows[i].values[n], 2);
        }
    }
    in(0x3da, 1);
    out(0x3c0, 0x10, 1);
    out(0x3c0, 0x41, 1);
    out(0x3c0, 0x20, 1);
    for (unsigned i = 0; i < 3; i++) {
        out(0x3c9, 0, 1);
    }
    for (unsigned i = 0; i < 3; i++) {
        out(0x3c9, 0x3f, 1);
    }
}

static void test_changes_of_planes(void)
{
    display_up("VGA,addr=2,romfile=");
    set_mode_13h();
    console_watch(console_at(0), &viewer);
    assert_told("shown 640x400;");
    wait_for_refresh();
    assert_told("");
    space_write(&memory_space, 0xa0000 + 320 * 10, 1, 1);
    wait_for_refresh();
    assert_told("0+20 640x2;");
    space_write(&memory_space, 0xa0000 + 320 * 10, 1, 1);   /* the same again */
    out(0x3c0, 0x20, 1);
    wait_for_refresh();
    assert_told("");
    guest_writes((size_t)320 * 12 * 4, 1);                  /* the first plane at its address, by BAR 0 */
    wait_for_refresh();
    assert_told("0+24 640x2;");
    display_down();
}

static uint8_t posted;      /* what the guest has written to the first pixel, and the accelerator keeps; 0: nothing */

static void flush_posted(void)
{
    uint8_t value = posted;

    posted = 0;
    if (value) {
        space_write(&memory_space, 0xa0000, value, 1);
    }
}

/* Who reads the window, or looks at the picture, sees all that the guest has written. */
static void test_posted_writes(void)
{
    display_up("VGA,addr=2,romfile=");
    set_mode_13h();
    board_flush_posted = flush_posted;
    posted = 1;
    g_assert_cmphex(space_read(&memory_space, 0xa0000, 1), ==, 1);
    posted = 2;
    pixman_image_unref(console_picture(console_at(0)));
    g_assert_cmpuint(posted, ==, 0);
    g_assert_cmphex(*video_memory(0), ==, 2);
    board_flush_posted = NULL;
    display_down();
}

/* ---- the monitor ---- */

/* Of the first detailed timing of the EDID (VESA E-EDID, 3.10.2). */
static void assert_preferred(unsigned width, unsigned height)
{
    uint8_t at[18];

    g_assert_cmphex(space_read(&memory_space, BAR_2, 8), ==, 0x00ffffffffffff00);
    space_read_bytes(&memory_space, BAR_2 + 0x36, at, sizeof(at));
    g_assert_cmpuint(at[2] | at[4] >> 4 << 8, ==, width);
    g_assert_cmpuint(at[5] | at[7] >> 4 << 8, ==, height);
}

static void test_monitor(void)
{
    static const char *const displays[] = { "VGA", "secondary-vga", "bochs-display" };

    for (unsigned i = 0; i < G_N_ELEMENTS(displays); i++) {
        g_autofree char *usual = g_strdup_printf("%s,addr=2,romfile=", displays[i]);
        display_up(usual);
        assert_preferred(1280, 800);
        g_assert_cmphex(space_read(&memory_space, BAR_2 + 0x3fc, 4), ==, 0xffffffff);
        display_down();
        g_autofree char *asked = g_strdup_printf("%s,addr=2,romfile=,xres=1024,yres=768,xmax=1920", displays[i]);
        display_up(asked);
        assert_preferred(1024, 768);
        console_resize(console_at(0), 1603, 901);   /* a viewer's window, of which columns of eight can be */
        assert_preferred(1600, 901);
        console_resize(console_at(0), 4000, 901);
        assert_preferred(1920, 901);
        display_down();
        g_autofree char *none = g_strdup_printf("%s,addr=2,romfile=,edid=off", displays[i]);
        display_up(none);
        console_resize(console_at(0), 800, 600);
        g_assert_cmphex(space_read(&memory_space, BAR_2, 8), ==, UINT64_MAX);
        display_down();
    }
}

/* ---- a guest that does what it likes ---- */

static void write_anywhere(GRand *chance)
{
    static const uint16_t ports[] = { 0x3c0, 0x3c2, 0x3c4, 0x3c5, 0x3c8, 0x3c9, 0x3ce, 0x3cf, 0x3d4, 0x3d5, 0x3b4, 0x3b5,
                                      0x3c4, 0x3ce, 0x3d4, 0x3da };
    uint32_t value = g_rand_int(chance);

    switch (g_rand_int_range(chance, 0, 4)) {
    case 0:
        out(ports[g_rand_int_range(chance, 0, G_N_ELEMENTS(ports))], value & 0xffff, 2);
        break;
    case 1:
        out(ports[g_rand_int_range(chance, 0, G_N_ELEMENTS(ports))], value & 0xff, 1);
        break;
    case 2:
        set_register((unsigned)g_rand_int_range(chance, 0, DISPI_COUNT), (uint16_t)(value >> (value & 15)));
        break;
    default:
        space_write(&memory_space, 0xa0000 + value % 0x20000, value, 4);
        space_read(&memory_space, 0xa0000 + value % 0x20000, 4);
        break;
    }
}

/* Pictures of any registers can be made: every line fits its buffers, which the sanitizers watch. */
static void test_wild_guest(void)
{
    g_autoptr(GRand) chance = g_rand_new_with_seed(1);

    display_up("VGA,addr=2,romfile=,vgamem_mb=1");
    console_watch(console_at(0), &viewer);
    for (unsigned round = 0; round < 400; round++) {
        for (unsigned i = 0; i < 40; i++) {
            write_anywhere(chance);
        }
        if (round % 8 == 0) {
            set_register(DISPI_ENABLE, round % 16 ? DISPI_ENABLED : 0);
        }
        pixman_image_unref(console_picture(console_at(0)));
    }
    display_down();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    vm_lock();
    g_test_add_func("/dirty/log", test_log);
    g_test_add_func("/display/logged-while-watched", test_logged_while_watched);
    g_test_add_func("/display/changes-of-linear-pixels", test_changes_of_linear_pixels);
    g_test_add_func("/display/changes-of-a-palette", test_changes_of_a_palette);
    g_test_add_func("/display/changes-of-planes", test_changes_of_planes);
    g_test_add_func("/display/posted-writes", test_posted_writes);
    g_test_add_func("/display/monitor", test_monitor);
    g_test_add_func("/display/wild-guest", test_wild_guest);
    return g_test_run();
}
