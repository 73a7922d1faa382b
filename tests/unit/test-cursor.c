/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's pointer over its picture: what viewers see and what screendumps have, against pixels computed here, and
 * what viewers are told when it moves.
 */
#include "core/lock.h"
#include "ui/console.h"

enum { WIDTH = 20, HEIGHT = 10, FORM = 32, FAR_AWAY = 0x7fffffff };

/* ---- what is to be seen ---- */

static uint32_t pixels[HEIGHT][WIDTH];
static uint32_t form[FORM * FORM];

/* As the documents of the DRM have it: premultiplied, so that the picture shines through by what is left of 255. */
static uint32_t blend(uint32_t over, uint32_t under)
{
    uint32_t left = 255 - (over >> 24), out = 0;

    for (unsigned shift = 0; shift < 24; shift += 8) {
        out |= ((over >> shift & 0xff) + ((under >> shift & 0xff) * left + 127) / 255) << shift;
    }
    return out;
}

/* Colours of which each is all or nothing, and a pointer that is solid, half there and not there by turns. */
static void paint(uint32_t seed)
{
    static const uint32_t inks[] = { 0xffff8000, 0x80800040, 0x00000000, 0xff000000, 0x80000080 };

    for (unsigned i = 0; i < WIDTH * HEIGHT; i++) {
        unsigned bits = (i + seed) * 2654435761u >> 24;
        pixels[i / WIDTH][i % WIDTH] = (bits & 1 ? 0xff0000 : 0) | (bits & 2 ? 0xff00 : 0) | (bits & 4 ? 0xff : 0);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(form); i++) {
        form[i] = inks[(i + seed) % G_N_ELEMENTS(inks)];
    }
}

typedef struct Pointer {
    unsigned width, height, hot_x, hot_y;
    int x, y;
    bool visible;
} Pointer;

static Pointer pointer;

static uint32_t expected(int x, int y)
{
    int64_t column = x - ((int64_t)pointer.x - pointer.hot_x), row = y - ((int64_t)pointer.y - pointer.hot_y);
    bool covered = pointer.visible && column >= 0 && column < pointer.width && row >= 0 && row < pointer.height;

    return covered ? blend(form[row * pointer.width + column], pixels[y][x]) : pixels[y][x];
}

static void assert_seen(pixman_image_t *image)
{
    g_assert_cmpint(pixman_image_get_width(image), ==, WIDTH);
    g_assert_cmpint(pixman_image_get_height(image), ==, HEIGHT);
    const uint32_t *got = pixman_image_get_data(image);
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        g_assert_cmphex(got[i] & 0xffffff, ==, expected(i % WIDTH, i / WIDTH));
    }
}

/* ---- a viewer that keeps a copy, by what it is told alone ---- */

typedef struct Watcher {
    ConsoleViewer viewer;
    pixman_image_t *copy;
    GString *told;
} Watcher;

static Console *console;
static pixman_image_t *image;

static void on_changed(ConsoleViewer *self, int x, int y, int width, int height)
{
    Watcher *watcher = (Watcher *)self;

    uint32_t *first = pixman_image_get_data(watcher->copy) + y * WIDTH + x;
    pixman_image_t *part = pixman_image_create_bits(PIXMAN_x8r8g8b8, width, height, first, WIDTH * 4);

    console_draw(console, part, x, y, width, height);
    pixman_image_unref(part);
    g_string_append_printf(watcher->told, "%d,%d %dx%d;", x, y, width, height);
}

static void on_shown(ConsoleViewer *self, pixman_image_t *shown)
{
    Watcher *watcher = (Watcher *)self;

    g_string_append(watcher->told, "shown;");
    if (shown == image) {
        console_draw(console, watcher->copy, 0, 0, WIDTH, HEIGHT);
    }
}

static Watcher watcher = { .viewer = { on_shown, on_changed } };

/* Both see what is to be seen, and the watcher has been told @told. */
static void assert_all(const char *told)
{
    assert_seen(watcher.copy);
    pixman_image_t *picture = console_picture(console);
    assert_seen(picture);
    pixman_image_unref(picture);
    g_assert_cmpstr(watcher.told->str, ==, told);
    g_string_set_size(watcher.told, 0);
}

static void begin(void)
{
    static const ConsoleOps ops = { 0 };

    paint(0);
    console_new(&console, NULL, 0, &ops, NULL);
    image = pixman_image_create_bits(PIXMAN_x8r8g8b8, WIDTH, HEIGHT, pixels[0], sizeof(pixels[0]));
    watcher.copy = pixman_image_create_bits(PIXMAN_x8r8g8b8, WIDTH, HEIGHT, NULL, 0);
    watcher.told = g_string_new(NULL);
    pointer = (Pointer){ 0 };
    console_show(console, image);
    console_watch(console, &watcher.viewer);
    assert_all("shown;");
}

static void end(void)
{
    console_unwatch(&watcher.viewer);
    console_free(console);
    pixman_image_unref(image);
    pixman_image_unref(watcher.copy);
    g_string_free(watcher.told, true);
}

static void set(unsigned width, unsigned height, unsigned hot_x, unsigned hot_y)
{
    pointer.width = width;
    pointer.height = height;
    pointer.hot_x = hot_x;
    pointer.hot_y = hot_y;
    console_set_cursor(console, width ? &(ConsoleCursor){ width, height, hot_x, hot_y, form } : NULL);
}

static void move(int x, int y, bool visible)
{
    pointer.x = x;
    pointer.y = y;
    pointer.visible = visible;
    console_move_cursor(console, x, y, visible);
}

/* ---- tests ---- */

static void test_without(void)
{
    begin();
    pixman_image_t *picture = console_picture(console);
    g_assert_true(picture == image);        /* no copy */
    pixman_image_unref(picture);
    move(3, 3, true);
    set(4, 4, 0, 0);
    move(3, 3, false);
    picture = console_picture(console);
    g_assert_true(picture == image);
    pixman_image_unref(picture);
    end();
}

/* Only what it leaves and what it comes to is told, and nothing when it stays as it is. */
static void test_rectangles(void)
{
    begin();
    set(4, 3, 0, 0);
    assert_all("");
    move(2, 3, true);
    assert_all("2,3 4x3;");
    move(2, 3, true);
    assert_all("");
    move(10, 5, true);
    assert_all("2,3 4x3;10,5 4x3;");
    set(4, 3, 0, 0);
    assert_all("");
    set(4, 3, 1, 2);                        /* the hot spot stays, the pointer moves */
    assert_all("10,5 4x3;9,3 4x3;");
    set(2, 2, 1, 2);
    assert_all("9,3 4x3;9,3 2x2;");
    form[0] ^= 0x00ff0000;                  /* another form in the same place */
    form[3] = 0xffffffff;
    set(2, 2, 1, 2);
    assert_all("9,3 2x2;");
    move(10, 5, false);
    assert_all("9,3 2x2;");
    move(0, 0, false);
    assert_all("");
    move(0, 2, true);
    assert_all("0,0 1x2;");
    set(0, 0, 0, 0);
    assert_all("0,0 1x2;");
    end();
}

static void test_edges(void)
{
    static const struct {
        int x, y;
        const char *told;
    } rows[] = {
        { -2, 4, "0,4 2x4;" }, { 18, 4, "18,4 2x4;" }, { 5, -3, "5,0 4x1;" }, { 5, 9, "5,9 4x1;" },
        { -3, -3, "0,0 1x1;" }, { 19, 9, "19,9 1x1;" },
        { -4, 4, "" }, { 20, 4, "" }, { 5, -4, "" }, { 5, 10, "" },
        { FAR_AWAY, FAR_AWAY, "" }, { -FAR_AWAY - 1, -FAR_AWAY - 1, "" },
    };

    begin();
    set(4, 4, 0, 0);
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        move(rows[i].x, rows[i].y, true);
        assert_all(rows[i].told);
        move(rows[i].x, rows[i].y, false);
        assert_all(rows[i].told);
    }
    end();
}

/* Larger than the picture, and with a hot spot beside itself. */
static void test_large(void)
{
    begin();
    move(5, 5, true);
    set(FORM, FORM, 10, 10);
    assert_all("0,0 20x10;");
    set(3, 3, UINT_MAX, 0);
    assert_all("0,0 20x10;");
    console_set_cursor(console, &(ConsoleCursor){ UINT_MAX, UINT_MAX, 0, 0, form });
    console_set_cursor(console, &(ConsoleCursor){ 0, 7, 0, 0, form });
    pointer.width = 0;
    assert_all("");
    end();
}

/* What changes below it, an image of another device's memory, words, and an end while it is shown. */
static void test_picture_changes(void)
{
    begin();
    set(4, 4, 1, 1);
    move(6, 6, true);
    assert_all("5,5 4x4;");
    paint(1);
    console_set_cursor(console, &(ConsoleCursor){ 4, 4, 1, 1, form });
    console_changed(console, 0, 0, 7, HEIGHT);
    console_changed(console, 7, 0, WIDTH, HEIGHT);
    assert_all("5,5 4x4;0,0 7x10;7,0 13x10;");
    pixman_image_unref(image);
    image = pixman_image_create_bits(PIXMAN_a8r8g8b8, WIDTH, HEIGHT, pixels[0], sizeof(pixels[0]));
    console_show(console, image);
    assert_all("shown;");
    console_say(console, "Nothing");
    console_show(console, image);
    assert_all("shown;shown;");
    end();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    vm_lock();
    g_test_add_func("/cursor/without", test_without);
    g_test_add_func("/cursor/rectangles", test_rectangles);
    g_test_add_func("/cursor/edges", test_edges);
    g_test_add_func("/cursor/large", test_large);
    g_test_add_func("/cursor/picture-changes", test_picture_changes);
    return g_test_run();
}
