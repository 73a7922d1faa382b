/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a VNC client sees of a console, pixel for pixel, and how it is let in with a password. */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/lock.h"
#include "tests/unit/ask.h"
#include "ui/console.h"
#include "ui/input.h"
#include "ui/vnc-internal.h"

enum { WIDTH = 50, HEIGHT = 40, PIXEL = 4, AUTH_NONE = 1, AUTH_VNC = 2, HEADER = 4, RECTANGLE = 12, NEW_SIZE = -223, LAYOUT = -308, MOTION = -257 };

/* ---- the console ---- */

static Console *console;
static pixman_image_t *image;
static unsigned refreshes;

static void count_refresh(void *opaque, bool whole)
{
    refreshes++;
}

static unsigned window[2];

static bool take_window(void *opaque, unsigned width, unsigned height)
{
    window[0] = width;
    window[1] = height;
    return true;
}

static const ConsoleOps ops = { .refresh = count_refresh, .resize = take_window };

/* A picture in which no two pixels of a row are the same. */
static pixman_image_t *picture_new(pixman_format_code_t format, int width, int height)
{
    pixman_image_t *picture = pixman_image_create_bits(PIXMAN_x8r8g8b8, width, height, NULL, 0);
    uint32_t *at = pixman_image_get_data(picture);

    for (int i = 0; i < width * height; i++) {
        at[i] = (uint32_t)(i % width * 5) << 16 | (uint32_t)(i / width * 6) << 8 | (uint32_t)(i % 256);
    }
    pixman_image_t *copy = pixman_image_create_bits(format, width, height, NULL, 0);
    pixman_image_composite32(PIXMAN_OP_SRC, picture, NULL, copy, 0, 0, 0, 0, 0, 0, width, height);
    pixman_image_unref(picture);
    return copy;
}

static void show(pixman_image_t *picture)
{
    if (image) {
        pixman_image_unref(image);
    }
    image = picture;
    console_show(console, image);
}

/* ---- the client ---- */

static char *folder, *path;
static int client;

static void start(const char *more)
{
    Error *err = NULL;

    folder = g_dir_make_tmp("vnc-XXXXXX", NULL);
    path = g_build_filename(folder, "socket", NULL);
    g_autofree char *text = g_strdup_printf("unix:%s%s", path, more);
    g_autoptr(KeyVals) kv = keyval_parse(text, "vnc", &err);
    g_assert_true(vnc_start(kv, &err));
}

static void stop(void)
{
    vnc_stop_all();
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    g_rmdir(folder);
    g_free(path);
    g_free(folder);
}

static void dial(void)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };

    g_strlcpy(un.sun_path, path, sizeof(un.sun_path));
    client = socket(AF_UNIX, SOCK_STREAM, 0);
    g_assert_cmpint(connect(client, (struct sockaddr *)&un, sizeof(un)), ==, 0);
}

static void hang_up(void)
{
    close(client);
    for (int i = 0; i < 10; i++) {
        g_main_context_iteration(NULL, false);
    }
}

static void tell(const void *bytes, size_t len)
{
    g_assert_cmpint(send(client, bytes, len, MSG_NOSIGNAL), ==, (gssize)len);
}

/* The server runs while we wait. */
static void hear(void *bytes, size_t len)
{
    int64_t end = clock_now(CLOCK_HOST) + 10 * NS_PER_SECOND;

    for (size_t got = 0; got < len;) {
        ssize_t part = recv(client, (char *)bytes + got, len - got, MSG_DONTWAIT);
        g_assert_cmpint(part, !=, 0);
        got += part > 0 ? (size_t)part : 0;
        g_assert_cmpint(clock_now(CLOCK_HOST), <, end);
        g_main_context_iteration(NULL, false);
    }
}

static void greet(void)
{
    char version[12];

    hear(version, sizeof(version));
    g_assert_cmpmem(version, sizeof(version), "RFB 003.008\n", 12);
    tell("RFB 003.008\n", 12);
}

static void choose(uint8_t type)
{
    uint8_t types[2];

    hear(types, sizeof(types));
    g_assert_cmpmem(types, 2, ((uint8_t[]){ 1, type }), 2);
    tell(&type, 1);
}

static void expect_size(const uint8_t *at, unsigned width, unsigned height)
{
    g_assert_cmpuint(at[0] << 8 | at[1], ==, width);
    g_assert_cmpuint(at[2] << 8 | at[3], ==, height);
}

/* Until pictures can come; their pixels have blue in the lowest byte. */
static void come_in(unsigned width, unsigned height)
{
    static const uint8_t format[20] = { 0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0 };
    static const uint8_t encodings[12] = { 2, 0, 0, 2, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x21 };
    uint8_t result[4], init[24 + 4];

    hear(result, sizeof(result));
    g_assert_cmpmem(result, 4, "\0\0\0\0", 4);
    tell("\1", 1);
    hear(init, sizeof(init));
    expect_size(init, width, height);
    tell(format, sizeof(format));
    tell(encodings, sizeof(encodings));
}

static void request(bool incremental, unsigned width, unsigned height)
{
    uint8_t message[10] = { 3, incremental, 0, 0, 0, 0, (uint8_t)(width >> 8), (uint8_t)width, (uint8_t)(height >> 8), (uint8_t)height };

    tell(message, sizeof(message));
}

/* An update of one rectangle, whose place is expected; its pixels are those of the image there. */
static void expect_pixels(unsigned x, unsigned y, unsigned width, unsigned height)
{
    uint8_t head[HEADER + RECTANGLE];
    g_autofree uint32_t *got = g_new(uint32_t, width * height);

    hear(head, sizeof(head));
    g_assert_cmpuint(head[0], ==, 0);
    g_assert_cmpmem(head + 2, 2, "\0\1", 2);
    expect_size(head + 4, x, y);
    expect_size(head + 8, width, height);
    hear(got, width * height * PIXEL);
    pixman_image_t *plain = pixman_image_create_bits(PIXMAN_x8r8g8b8, (int)width, (int)height, NULL, 0);
    pixman_image_composite32(PIXMAN_OP_SRC, image, NULL, plain, (int)x, (int)y, 0, 0, 0, 0, (int)width, (int)height);
    for (unsigned i = 0; i < width * height; i++) {
        g_assert_cmphex(got[i] & 0xffffff, ==, pixman_image_get_data(plain)[i] & 0xffffff);
    }
    pixman_image_unref(plain);
}

static void expect_new_size(unsigned width, unsigned height)
{
    uint8_t head[HEADER + RECTANGLE];

    hear(head, sizeof(head));
    g_assert_cmpint((int8_t)head[15], ==, (int8_t)NEW_SIZE);
    expect_size(head + 8, width, height);
}

/* ---- tests ---- */

/* The whole picture, then what has changed of it, then one of another size; nobody is asked when nobody looks. */
static void test_picture(void)
{
    start("");
    console_new(&console, NULL, 0, &ops, NULL);
    show(picture_new(PIXMAN_x8r8g8b8, WIDTH, HEIGHT));
    g_assert_cmpuint(refreshes, ==, 0);
    dial();
    greet();
    choose(AUTH_NONE);
    come_in(WIDTH, HEIGHT);
    g_assert_cmpuint(refreshes, >, 0);
    request(false, WIDTH, HEIGHT);
    expect_pixels(0, 0, WIDTH, HEIGHT);

    pixman_image_get_data(image)[5 * WIDTH + 7] ^= 0xffffff;
    console_changed(console, 7, 5, 3, 2);
    request(true, WIDTH, HEIGHT);
    expect_pixels(7, 5, 3, 2);
    request(true, WIDTH, HEIGHT);           /* answered when something changes */
    pixman_image_get_data(image)[0] ^= 0xff00ff;
    console_changed(console, -1, -1, 2, 2);
    expect_pixels(0, 0, 1, 1);
    request(true, WIDTH, HEIGHT);
    console_changed(console, 0, 0, WIDTH, HEIGHT);      /* the device has to be sure of less than that */
    pixman_image_get_data(image)[20 * WIDTH + 7] ^= 0xff00ff;
    console_changed(console, 0, 0, WIDTH, HEIGHT);
    expect_pixels(0, 16, WIDTH, 16);

    show(picture_new(PIXMAN_r5g6b5, WIDTH + 3, HEIGHT * 2));
    request(true, WIDTH, HEIGHT);
    expect_new_size(WIDTH + 3, HEIGHT * 2);
    request(false, WIDTH + 3, HEIGHT * 2);
    expect_pixels(0, 0, WIDTH + 3, HEIGHT * 2);

    hang_up();
    unsigned before = refreshes;
    g_usleep(40000);
    hang_up();
    g_assert_cmpuint(refreshes, ==, before);
    console_free(console);
    stop();
    g_clear_pointer(&image, pixman_image_unref);
}

/* A console that goes while somebody looks, and one that comes. */
static void test_consoles_come_and_go(void)
{
    start("");
    dial();
    greet();
    choose(AUTH_NONE);
    come_in(640, 480);
    console_new(&console, NULL, 0, &ops, NULL);
    show(picture_new(PIXMAN_x8r8g8b8, WIDTH, HEIGHT));
    request(false, 640, 480);
    expect_new_size(WIDTH, HEIGHT);
    console_free(console);
    request(true, WIDTH, HEIGHT);
    expect_new_size(640, 480);
    console_new(&console, NULL, 0, &ops, NULL);
    show(picture_new(PIXMAN_a8r8g8b8, WIDTH, HEIGHT));
    request(true, WIDTH, HEIGHT);
    expect_new_size(WIDTH, HEIGHT);
    vnc_stop_all();         /* with a client still there */
    console_free(console);
    hang_up();
    stop();
    g_clear_pointer(&image, pixman_image_unref);
}

/* The right password, which is that of a command; then it has an end. */
static void test_password(void)
{
    uint8_t challenge[16], result[4];
    char password[] = "S3cret";

    start(",password=on,id=guarded");
    expect_answer("set_password {\"protocol\": \"vnc\", \"password\": \"S3cret\", \"display\": \"guarded\"}", "{}", ask);
    expect_answer("set_password {\"protocol\": \"vnc\", \"password\": \"x\", \"display\": \"other\"}",
                  "GenericError: Could not set password", ask);
    for (int round = 0; round < 2; round++) {
        dial();
        greet();
        choose(AUTH_VNC);
        hear(challenge, sizeof(challenge));
        vnc_library.rfbEncryptBytes(challenge, password);
        tell(challenge, sizeof(challenge));
        if (round == 0) {
            come_in(640, 480);
        } else {
            hear(result, sizeof(result));
            g_assert_cmpmem(result, 4, "\0\0\0\1", 4);
        }
        hang_up();
        expect_answer("expire_password {\"protocol\": \"vnc\", \"time\": \"now\"}", "{}", ask);
    }
    stop();
}

/* ---- what is told besides pixels ---- */

static void accept_encoding(int32_t encoding)
{
    uint32_t number = (uint32_t)encoding;
    const uint8_t message[8] = { 2, 0, 0, 1, (uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number };

    tell(message, sizeof(message));
}

/* An update of one rectangle with this encoding, at (@x, @y). */
static void expect_note(int32_t encoding, unsigned x, unsigned y)
{
    uint8_t head[HEADER + RECTANGLE];

    hear(head, sizeof(head));
    g_assert_cmpmem(head, HEADER, "\0\0\0\1", HEADER);
    expect_size(head + 4, x, y);
    g_assert_cmpint((int32_t)((uint32_t)head[12] << 24 | head[13] << 16 | head[14] << 8 | head[15]), ==, encoding);
}

static void expect_layout(unsigned reason, unsigned status)
{
    uint8_t screens[4 + 16];

    expect_note(LAYOUT, reason, status);
    hear(screens, sizeof(screens));
    g_assert_cmpuint(screens[0], ==, 1);
}

static void begin_with_console(void)
{
    start("");
    console_new(&console, NULL, 0, &ops, NULL);
    show(picture_new(PIXMAN_x8r8g8b8, WIDTH, HEIGHT));
    dial();
    greet();
    choose(AUTH_NONE);
    come_in(WIDTH, HEIGHT);
}

static void end_with_console(void)
{
    hang_up();
    console_free(console);
    stop();
    g_clear_pointer(&image, pixman_image_unref);
}

/* A device that can follow is asked to; the answer says that the guest may. */
static void test_window(void)
{
    static const uint8_t wish[8 + 16] = { 251, 0, 4, 1, 3, 2, 1 };

    begin_with_console();
    accept_encoding(LAYOUT);
    tell(wish, sizeof(wish));
    expect_layout(1, VNC_SIZE_FORWARDED);
    g_assert_cmpuint(window[0], ==, 0x401);
    g_assert_cmpuint(window[1], ==, 0x302);
    show(picture_new(PIXMAN_x8r8g8b8, WIDTH + 1, HEIGHT));
    request(true, WIDTH, HEIGHT);
    expect_layout(0, VNC_SIZE_DONE);
    end_with_console();
}

static void take_place(void *opaque, unsigned x, unsigned y)
{
    g_string_append_printf(opaque, "@%u,%u ", x, y);
}

static void take_move(void *opaque, int dx, int dy)
{
    g_string_append_printf(opaque, "%d,%d ", dx, dy);
}

static void take_button(void *opaque, InputButton button, bool down)
{
}

static void point(GString *taken, unsigned x, unsigned y, const char *expected)
{
    const uint8_t message[6] = { 5, 0, (uint8_t)(x >> 8), (uint8_t)x, (uint8_t)(y >> 8), (uint8_t)y };

    tell(message, sizeof(message));
    while (taken->len == 0) {
        g_main_context_iteration(NULL, true);
    }
    g_assert_cmpstr(taken->str, ==, expected);
    g_string_set_size(taken, 0);
}

/* The client hears at once when the guest's driver switches its pointer over, and its events mean another thing. */
static void test_pointer_kind(void)
{
    g_autoptr(GString) taken = g_string_new(NULL);
    const InputSink mouse = { .name = "Mouse", .move = take_move, .button = take_button, .opaque = taken };
    const InputSink tablet = { .name = "Tablet", .place = take_place, .button = take_button, .opaque = taken };

    input_sink_add(&mouse);
    begin_with_console();
    accept_encoding(MOTION);
    expect_note(MOTION, 0, 0);
    point(taken, 0x7fff + 4, 0x7fff - 5, "4,-5 ");
    input_sink_add(&tablet);
    expect_note(MOTION, 1, 0);
    point(taken, WIDTH - 1, 0, "@32440,409 ");     /* 32768 by 49.5 fiftieths and half a fortieth: middles of pixels */
    input_sink_del(&tablet);
    expect_note(MOTION, 0, 0);
    point(taken, 0x7fff - 1, 0x7fff, "-1,0 ");
    end_with_console();
    input_sink_del(&mouse);
}

/* The other one is shown when a console goes, and a client that has chosen it stays with it. */
static void test_next_console(void)
{
    begin_with_console();
    Console *other;
    console_new(&other, NULL, 0, &ops, NULL);
    pixman_image_t *wide = picture_new(PIXMAN_x8r8g8b8, 3 * WIDTH, HEIGHT);

    console_show(other, wide);
    request(false, WIDTH, HEIGHT);
    expect_pixels(0, 0, WIDTH, HEIGHT);
    console_free(console);
    console = other;
    request(true, WIDTH, HEIGHT);
    expect_new_size(3 * WIDTH, HEIGHT);
    pixman_image_unref(wide);
    end_with_console();
}

/* ---- key symbols ---- */

enum { SYMBOLS = 174 };      /* keys the table knows, and the capitals */

static unsigned keys;

static void count_key(void *opaque, unsigned code, bool down)
{
    keys += down;
    g_assert_cmphex(key_scan_code(code), !=, 0);
}

/* Each symbol of the table is found, as a key the keyboard has. */
static void test_symbols(void)
{
    static const InputSink sink = { .name = "Keyboard", .key = count_key };

    input_sink_add(&sink);
    for (uint32_t symbol = 0; symbol < 0x20000; symbol++) {
        unsigned code = vnc_key_of_symbol(symbol);
        if (code != 0) {
            input_key(code, true);
            input_key(code, false);
        }
    }
    g_assert_cmpuint(keys, ==, SYMBOLS);
    input_sink_del(&sink);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    vm_lock();
    g_test_add_func("/vnc/picture", test_picture);
    g_test_add_func("/vnc/consoles", test_consoles_come_and_go);
    g_test_add_func("/vnc/password", test_password);
    g_test_add_func("/vnc/window", test_window);
    g_test_add_func("/vnc/pointer-kind", test_pointer_kind);
    g_test_add_func("/vnc/next-console", test_next_console);
    g_test_add_func("/vnc/symbols", test_symbols);
    return g_test_run();
}
