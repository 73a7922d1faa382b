/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Consoles and their viewers, pictures of words, screendumps, and the ways of keys and pointers. */
#include <glib/gstdio.h>
#include <linux/input-event-codes.h>
#include <png.h>

#include "core/device.h"
#include "core/lock.h"
#include "core/runstate.h"
#include "core/tree.h"
#include "tests/unit/ask.h"
#include "ui/console.h"
#include "ui/input.h"
#include "ui/words.h"

/* ---- a display device ---- */

enum { WIDTH = 3, HEIGHT = 2 };

/* What it shows, and the same as a PPM has it. */
static uint32_t pixels[HEIGHT][WIDTH] = { { 0x112233, 0xff0000, 0x00ff00 }, { 0x0000ff, 0xffffff, 0x000000 } };
static const uint8_t rgb[] = { 0x11, 0x22, 0x33, 255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0 };

typedef struct TestDisplay {
    Object obj;
    Console *console;
    unsigned refreshes, whole;
} TestDisplay;

static void test_display_refresh(void *opaque, bool whole)
{
    TestDisplay *display = opaque;

    display->refreshes++;
    display->whole += whole;
}

static const ConsoleOps test_display_ops = { .refresh = test_display_refresh };

static bool test_display_realize(Object *obj, Error **errp)
{
    TestDisplay *display = (TestDisplay *)obj;

    console_new(&display->console, obj, 0, &test_display_ops, display);
    return true;
}

static void test_display_unrealize(Object *obj)
{
    console_free(((TestDisplay *)obj)->console);
}

CLASS(test_display_class) = {
    .name = "test-display",
    .parent = &device_class,
    .desc = "A display for tests",
    .size = sizeof(TestDisplay),
    .realize = test_display_realize,
    .unrealize = test_display_unrealize,
};

static TestDisplay *add_display(const char *id)
{
    Error *err = NULL;
    g_autofree char *text = g_strdup_printf("test-display,id=%s", id);
    g_autoptr(KeyVals) kv = keyval_parse(text, "driver", &err);
    Object *obj = device_create(kv, &err);

    g_assert_nonnull(obj);
    return (TestDisplay *)obj;
}

static void show_pixels(TestDisplay *display)
{
    pixman_image_t *image = pixman_image_create_bits(PIXMAN_x8r8g8b8, WIDTH, HEIGHT, pixels[0], sizeof(pixels[0]));

    console_show(display->console, image);
    pixman_image_unref(image);
}

/* ---- a viewer that takes notes ---- */

typedef struct Notes {
    ConsoleViewer viewer;
    GString *text;
} Notes;

static void note_shown(ConsoleViewer *self, pixman_image_t *image)
{
    g_string_append_printf(((Notes *)self)->text, "shown %dx%d;", pixman_image_get_width(image),
                           pixman_image_get_height(image));
}

static void note_changed(ConsoleViewer *self, int x, int y, int width, int height)
{
    g_string_append_printf(((Notes *)self)->text, "changed %d,%d %dx%d;", x, y, width, height);
}

static Notes notes = { { note_shown, note_changed } };

#define assert_noted(expected)                              \
    do {                                                    \
        g_assert_cmpstr(notes.text->str, ==, (expected));   \
        g_string_set_size(notes.text, 0);                   \
    } while (0)

/* ---- tests ---- */

static void test_viewer(void)
{
    TestDisplay *display = add_display("d");

    notes.text = g_string_new(NULL);
    g_assert_cmpuint(display->refreshes, ==, 0);        /* nobody looks */
    console_watch(display->console, &notes.viewer);
    g_assert_cmpuint(display->whole, ==, 1);
    assert_noted("shown 640x480;");
    while (display->refreshes < 3) {
        g_main_context_iteration(NULL, true);
    }
    g_assert_cmpuint(display->whole, ==, 1);
    show_pixels(display);
    console_changed(display->console, 1, 1, 1, 1);
    console_changed(display->console, -5, -5, 100, 6);
    console_changed(display->console, 3, 0, 5, 5);      /* beside it */
    assert_noted("shown 3x2;changed 1,1 1x1;changed 0,0 3x1;");
    console_say(display->console, "Nothing\nto see");
    assert_noted("shown 640x480;");
    console_unwatch(&notes.viewer);
    unsigned before = display->refreshes;
    console_changed(display->console, 0, 0, 1, 1);
    g_usleep(50000);
    g_main_context_iteration(NULL, false);
    g_assert_cmpuint(display->refreshes, ==, before);
    assert_noted("");
    console_unwatch(&notes.viewer);                     /* twice is once */
    console_watch(display->console, &notes.viewer);
    g_string_set_size(notes.text, 0);
    object_free_all();
    assert_noted("shown 640x480;");
    g_assert_null(notes.viewer.console);
    g_assert_null(console_at(0));
    g_string_free(notes.text, true);
}

static unsigned count_ink(const char *text)
{
    pixman_image_t *image = words_image(text);
    const uint32_t *at = pixman_image_get_data(image);
    unsigned ink = 0;

    for (unsigned i = 0; i < 640 * 480; i++) {
        ink += at[i] != 0;
    }
    pixman_image_unref(image);
    return ink;
}

/* Every letter has a form of its own; what is long, high or unknown harms nobody. */
static void test_words(void)
{
    g_autofree char *line = g_strnfill(10000, 'W'), *lines = g_strnfill(1000, '\n');
    GHashTable *forms = g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);

    for (char letter = ' '; letter <= '~'; letter++) {
        pixman_image_t *image = words_image((char[]){ letter, '\0' });
        g_hash_table_add(forms, g_bytes_new(pixman_image_get_data(image), 640 * 480 * 4));
        pixman_image_unref(image);
    }
    g_assert_cmpuint(g_hash_table_size(forms), ==, '~' - ' ' + 1);
    g_hash_table_unref(forms);
    g_assert_cmpuint(count_ink(""), ==, 0);
    g_assert_cmpuint(count_ink("|"), ==, 7 * 4);        /* seven dots of 2x2 pixels */
    g_assert_cmpuint(count_ink("|\n|"), ==, 2 * 7 * 4);
    g_assert_cmpuint(count_ink("\xc3"), ==, count_ink("?"));
    g_assert_cmpuint(count_ink(line), ==, 53 * 24 * count_ink("W"));    /* all of the picture */
    g_assert_cmpuint(count_ink(line + 10000 - 54), ==, 54 * count_ink("W"));
    g_assert_cmpuint(count_ink("| a sentence of words that is longer than a line can be |"), ==,
                     count_ink("| a sentence of words that\nis longer than a line can be |"));
    g_assert_cmpuint(count_ink(lines), ==, 0);
}

static void assert_png(const char *path)
{
    png_image image = { .version = PNG_IMAGE_VERSION };
    uint8_t got[sizeof(rgb)];

    g_assert_true(png_image_begin_read_from_file(&image, path));
    g_assert_cmpuint(image.width, ==, WIDTH);
    g_assert_cmpuint(image.height, ==, HEIGHT);
    image.format = PNG_FORMAT_RGB;
    g_assert_true(png_image_finish_read(&image, NULL, got, 0, NULL));
    g_assert_cmpmem(got, sizeof(got), rgb, sizeof(rgb));
}

static void assert_ppm(const char *path)
{
    g_autofree char *contents = NULL;
    gsize len;

    g_assert_true(g_file_get_contents(path, &contents, &len, NULL));
    g_assert_cmpmem(contents, MIN(len, 11), "P6\n3 2\n255\n", 11);
    g_assert_cmpmem(contents + 11, len - 11, rgb, sizeof(rgb));
}

/* Dump by a command with the file's name in place of %s, look at the file, and remove it. */
static void dump(const char *command, char *(*to_ask)(const char *), const char *answer, void (*check)(const char *path))
{
    g_autofree char *dir = g_dir_make_tmp("ui-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "dump", NULL);
    g_auto(GStrv) sides = g_strsplit(command, "%s", 2);
    g_autofree char *line = g_strjoinv(path, sides);

    expect_answer(line, answer, to_ask);
    check(path);
    g_unlink(path);
    g_rmdir(dir);
}

static void test_screendump(void)
{
    static const Asked refusals[] = {
        { "screendump {\"filename\": \"/tmp/x\", \"head\": 1}", "GenericError: 'head' must be specified together with 'device'" },
        { "screendump {\"filename\": \"/tmp/x\", \"device\": \"nope\"}", "DeviceNotFound: Device 'nope' not found" },
        { "screendump {\"filename\": \"/tmp/x\", \"device\": \"d\", \"head\": 1}", "GenericError: Device d (head 1) is not bound to a QemuConsole" },
        { "screendump {\"filename\": \"/tmp/x\", \"format\": \"gif\"}", "GenericError: Parameter 'format' does not accept value 'gif'" },
        { "screendump {\"filename\": \"/nonexistent/x\"}", "GenericError: failed to open file '/nonexistent/x': No such file or directory" },
        { "screendump {\"filename\": \"/dev/full\"}", "GenericError: failed to write file '/dev/full': No space left on device" },
    };
    static const Asked human_refusals[] = {
        { "screendump", "Error: screendump: filename expected\n" },
        { "screendump /tmp/x -f bmp", "Error: invalid parameter value: bmp\n" },
        { "screendump /tmp/x -f", "Error: invalid parameter value: \n" },
        { "screendump /tmp/x d 1", "Error: Device d (head 1) is not bound to a QemuConsole\n" },
        { "screendump /tmp/x d one", "Error: *" },
    };

    expect_answer("screendump {\"filename\": \"/tmp/x\"}", "GenericError: There is no console to take a screendump from", ask);
    add_display("other");
    TestDisplay *display = add_display("d");
    show_pixels(display);
    ASK_ALL(refusals);
    SAY_ALL(human_refusals);
    g_assert_true(g_file_test("/dev/full", G_FILE_TEST_EXISTS));
    display->whole = 0;
    dump("screendump {\"filename\": \"%s\", \"device\": \"d\"}", ask, "{}", assert_ppm);
    dump("screendump {\"filename\": \"%s\", \"device\": \"d\", \"format\": \"png\"}", ask, "{}", assert_png);
    dump("screendump %s -f png d 0", hmp_run, "", assert_png);
    dump("screendump -f png %s d", hmp_run, "", assert_png);
    dump("screendump %s d", hmp_run, "", assert_ppm);
    g_assert_cmpuint(display->whole, ==, 5);
    object_free_all();
}

/* ---- input ---- */

static GString *heard;

static void hear_key(void *opaque, unsigned code, bool down)
{
    g_string_append_printf(heard, "%s%u%c ", (char *)opaque, code, down ? '+' : '-');
}

static void hear_move(void *opaque, int dx, int dy)
{
    g_string_append_printf(heard, "%s%d,%d ", (char *)opaque, dx, dy);
}

static void hear_place(void *opaque, unsigned x, unsigned y)
{
    g_string_append_printf(heard, "%s@%u,%u ", (char *)opaque, x, y);
}

static void hear_button(void *opaque, InputButton button, bool down)
{
    g_string_append_printf(heard, "%sb%u%c ", (char *)opaque, button, down ? '+' : '-');
}

static void hear_wheel(void *opaque, int up, int right)
{
    g_string_append_printf(heard, "%sw%d,%d ", (char *)opaque, up, right);
}

static void hear_sync(void *opaque)
{
    g_string_append_c(heard, '.');
}

static const InputSink keyboard = { .name = "Keyboard", .key = hear_key, .opaque = "k" };
static const InputSink mouse = { .name = "Mouse", .move = hear_move, .button = hear_button, .wheel = hear_wheel, .sync = hear_sync, .opaque = "m" };
static const InputSink tablet = { .name = "Tablet", .place = hear_place, .button = hear_button, .wheel = hear_wheel, .opaque = "t" };

#define assert_heard(expected)                      \
    do {                                            \
        g_assert_cmpstr(heard->str, ==, (expected)); \
        g_string_set_size(heard, 0);                \
    } while (0)

static void hear_absolute(Notifier *self, void *data)
{
    g_string_append(heard, input_is_absolute() ? "absolute " : "relative ");
}

static Notifier absolute_notifier = { hear_absolute };

static void test_sinks(void)
{
    heard = g_string_new(NULL);
    notifier_add(&input_absolute_notifiers, &absolute_notifier);
    input_key(KEY_A, true);             /* nobody listens */
    input_key(KEY_A, false);
    input_sync();
    assert_heard("");
    input_sink_add(&keyboard);
    input_sink_add(&mouse);
    g_assert_false(input_is_absolute());
    input_place(1, 2);
    input_key(KEY_A, true);
    input_key(KEY_MAX + 1, true);
    input_move(3, -4);
    input_button(INPUT_RIGHT, true);
    input_button(INPUT_RIGHT, true);
    input_sync();
    assert_heard("k30+ m3,-4 mb2+ .");
    input_sink_add(&tablet);            /* the newest; the mouse lets its button go, the keyboard keeps its key */
    g_assert_true(input_is_absolute());
    assert_heard("mb2- .absolute ");
    input_move(1, 1);                   /* the tablet cannot, the mouse can */
    input_place(0x8000, 5);
    input_wheel(1, 0);
    input_button(INPUT_LEFT, true);
    input_key(KEY_A, false);
    input_button(INPUT_LEFT, false);
    input_sync();
    assert_heard("m1,1 t@32767,5 tw1,0 tb0+ k30- tb0- .");
    input_sink_del(&tablet);
    input_sink_del(&tablet);            /* twice is once */
    input_sink_del(&mouse);
    input_sink_del(&keyboard);
    assert_heard(".relative .");
    notifier_del(&input_absolute_notifiers, &absolute_notifier);
    g_string_free(heard, true);
}

/* Whoever is chosen is the one in use, and everybody keeps his number. */
static void test_mice(void)
{
    static const Asked human[] = {
        { "mouse_set 0", "" }, { "info mice", "* Mouse #0: Mouse\n  Mouse #1: Tablet (absolute)\n" },
        { "mouse_set 2", "Error: Mouse at index '2' not found\n" }, { "mouse_set", "Error: mouse_set*" },
    };

    heard = g_string_new(NULL);
    input_sink_add(&keyboard);
    input_sink_add(&mouse);
    input_sink_add(&tablet);
    expect_answer("query-mice", "[{\"index\": 1, \"name\": \"Tablet\", \"current\": true, \"absolute\": true}, "
                  "{\"index\": 0, \"name\": \"Mouse\", \"current\": false, \"absolute\": false}]", ask);
    SAY_ALL(human);
    g_assert_false(input_is_absolute());
    input_sink_del(&tablet);
    input_sink_add(&tablet);
    expect_answer("info mice", "* Mouse #1: Tablet (absolute)\n  Mouse #0: Mouse\n", hmp_run);
    input_sink_del(&tablet);
    input_sink_del(&mouse);
    input_sink_del(&keyboard);
    expect_answer("info mice", "No mouse devices connected\n", hmp_run);
    g_string_free(heard, true);
}

#define EVENT_OF(type, data) "input-send-event {\"events\": [{\"type\": \"" type "\", \"data\": " data "}]}"

static void test_events(void)
{
    static const Asked rows[] = {
        { EVENT_OF("key", "{\"down\": true, \"key\": {\"type\": \"qcode\", \"data\": \"ret\"}}"), "{}" },
        { EVENT_OF("btn", "{\"down\": true, \"button\": \"extra\"}"), "{}" },
        { EVENT_OF("btn", "{\"down\": true, \"button\": \"wheel-down\"}"), "{}" },
        { EVENT_OF("btn", "{\"down\": false, \"button\": \"wheel-down\"}"), "{}" },
        { EVENT_OF("rel", "{\"axis\": \"y\", \"value\": -3}"), "{}" },
        { EVENT_OF("rel", "{\"axis\": \"x\", \"value\": 99999999999}"), "{}" },
        { EVENT_OF("abs", "{\"axis\": \"x\", \"value\": 4}"), "GenericError: Input handler not found for event type abs" },
        { EVENT_OF("btn", "{\"down\": true, \"button\": \"foo\"}"), "GenericError: Parameter 'button' does not accept value 'foo'" },
        { EVENT_OF("btn", "{\"button\": \"left\"}"), "GenericError: Invalid parameter type for 'down', expected: boolean" },
        { EVENT_OF("rel", "{\"axis\": \"z\", \"value\": 1}"), "GenericError: Parameter 'axis' does not accept value 'z'" },
        { EVENT_OF("rel", "{\"axis\": \"x\"}"), "GenericError: Invalid parameter type for 'value', expected: integer" },
        { EVENT_OF("key", "{\"down\": true}"), "GenericError: Parameter 'type' does not accept value ''" },
        { EVENT_OF("mtt", "{}"), "GenericError: *" },
        { EVENT_OF("rel", "[]"), "GenericError: Parameter 'axis' is missing" },
        { "input-send-event {\"events\": [{\"type\": \"btn\", \"data\": {\"down\": true, \"button\": \"left\"}}, {\"type\": \"rel\"}]}", "GenericError: *" },
        { "input-send-event {\"events\": [3]}", "GenericError: *" },
        { "input-send-event {\"events\": [], \"device\": \"x\"}", "DeviceNotFound: Device 'x' not found" },
    };

    expect_answer("input-send-event {\"events\": []}", "GenericError: VM not running", ask);
    vm_start();
    heard = g_string_new(NULL);
    input_sink_add(&keyboard);
    input_sink_add(&mouse);
    ASK_ALL(rows);
    assert_heard("k28+ .mb4+ .mw-1,0 ..m0,-3 .m32767,0 .");     /* of several events, all or none */
    static const Asked human[] = {
        { "mouse_move 5 -6", "" }, { "mouse_move 0 0 1", "" }, { "mouse_button 6", "" }, { "mouse_button 0", "" },
        { "mouse_move 1", "Error: mouse_move: string expected\n" }, { "mouse_move a b", "Error: *" }, { "mouse_button", "Error: *" },
    };
    SAY_ALL(human);
    assert_heard("m5,-6 mw0,0 .m0,0 mw1,0 .mb1+ mb2+ .mb1- mb2- .");
    input_sink_del(&mouse);
    input_sink_del(&keyboard);
    g_string_free(heard, true);
    vm_stop(RUN_STATE_PAUSED);
}

/* What one table says of a key the other way round too. */
static void test_keys(void)
{
    g_assert_cmpuint(key_of_qcode("ret"), ==, KEY_ENTER);
    g_assert_cmpuint(key_of_qcode("nosuch"), ==, 0);
    g_assert_cmphex(key_scan_code(KEY_RIGHTALT), ==, 0xb8);
    g_assert_cmphex(key_scan_code(KEY_SYSRQ), ==, 0xb7);
    for (unsigned scan = 1; scan <= UINT8_MAX; scan++) {
        unsigned code = key_of_scan_code((uint8_t)scan);
        g_assert_cmpuint(code, <, KEY_CNT);
        g_assert_true(code == 0 || scan == 0x54 || key_scan_code(code) == scan);
    }
    for (unsigned code = KEY_ESC; code <= KEY_KPDOT; code++) {      /* where Linux took over the codes of set 1 */
        g_assert_cmphex(key_scan_code(code), ==, code);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    vm_lock();
    g_test_add_func("/console/viewer", test_viewer);
    g_test_add_func("/console/words", test_words);
    g_test_add_func("/console/screendump", test_screendump);
    g_test_add_func("/input/sinks", test_sinks);
    g_test_add_func("/input/mice", test_mice);
    g_test_add_func("/input/events", test_events);
    g_test_add_func("/input/keys", test_keys);
    return g_test_run();
}
