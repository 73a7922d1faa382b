/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `input-linux`: what devices of the host say and the guest gets, who has them, how they come and go. */
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "core/lock.h"
#include "core/tree.h"
#include "core/user-object.h"
#include "lib/fd.h"
#include "tests/unit/ask.h"
#include "tests/unit/evdev-fake.h"
#include "ui/input.h"

static FakeDevice devices[2];
static FakeDevice *const first = &devices[0], *const second = &devices[1];

static void setup(const EvdevInfo *one, const EvdevInfo *other, bool absolute)
{
    devices[0] = (FakeDevice){ .path = "/dev/input/event0", .info = *one, .x = { .maximum = 999 }, .y = { .maximum = 499 } };
    devices[1] = (FakeDevice){ .path = "/dev/input/event1", .info = other ? *other : fake_buzzer };
    fake_devices_use(devices, G_N_ELEMENTS(devices));
    fake_guest_up(absolute);
}

static void teardown(void)
{
    object_free_all();
    fake_guest_down();
    evdev = &evdev_kernel;
}

/* "-object input-linux,@settings". */
static bool create(const char *settings, Error **errp)
{
    g_autofree char *text = g_strdup_printf("input-linux,%s", settings);
    g_autoptr(KeyVals) kv = keyval_parse(text, "qom-type", errp);

    return kv && user_object_create(kv, errp);
}

static void add(const char *settings)
{
    Error *err = NULL;

    create(settings, &err);
    g_assert_cmpstr(err ? error_message(err) : NULL, ==, NULL);
}

#define assert_got(text)                            \
    do {                                            \
        g_autofree char *got_ = fake_guest_got();   \
        g_assert_cmpstr(got_, ==, (text));          \
    } while (0)

/* ---- what is told ---- */

static const struct {
    const char *what;
    const EvdevInfo *info;
    const char *settings;
    bool absolute;      /* the guest has a tablet */
    const char *events, *got;
} rows[] = {
    { "a key", &fake_keyboard, "", false, "K30:1 S K30:0 S", "+30 -30" },
    { "a frame is not over", &fake_keyboard, "", false, "K30:1", "" },
    { "no repetition", &fake_keyboard, "", false, "K30:1 S K30:2 S K30:2 S K30:0 S", "+30 -30" },
    { "repetition", &fake_keyboard, ",repeat=on", false, "K30:1 S K30:2 S K30:2 S K30:0 S", "+30 +30 +30 -30" },
    { "a key that is not down does not repeat", &fake_keyboard, ",repeat=on", false, "K30:2 S", "" },
    { "said twice", &fake_keyboard, "", false, "K30:1 S K30:1 S K30:0 S K30:0 S", "+30 -30" },
    { "nonsense", &fake_keyboard, "", false, "K65535:1 K30:-1 K30:3 R200:1 A300:1 S", "" },
    { "a mouse", &fake_mouse, "", false, "R0:5 R1:-3 S R0:2 R0:2 S", "m5,-3 m4,0" },
    { "buttons", &fake_mouse, "", false, "K272:1 S K273:1 S K274:1 S K275:1 S K276:1 S K272:0 S",
      "+b0 +b2 +b1 +b3 +b4 -b0" },
    { "wheels", &fake_mouse, "", false, "R8:1 R11:120 S R8:-2 S R6:1 S", "w1,0 w-2,0 w0,1" },
    { "more than a hand can", &fake_mouse, "", false, "R0:2147483647 R0:2147483647 R1:-2147483648 S", "m32767,-32767" },
    { "a tablet", &fake_tablet, "", true, "A0:0 A1:0 S A0:999 A1:499 S K272:1 S", "p0,0 p32767,32767 +b0" },
    { "off the tablet", &fake_tablet, "", true, "A0:-5 A1:2147483647 S", "p0,32767" },
    { "a tablet where nothing can be placed", &fake_tablet, "", false, "A0:0 A1:0 S A0:999 A1:499 S A0:998 S",
      "m1023,767 m-2,0" },
    { "a mouse beside a tablet", &fake_mouse, "", true, "R0:5 R1:1 S K272:1 S", "m5,1 +b0" },
    { "a finger on the picture", &fake_touch_screen, "", true, "K330:1 A0:999 A1:0 S K330:0 S", "p32767,0 +b0 -b0" },
    { "a joystick is no pointer", &fake_joystick, "", true, "A0:999 A1:0 S", "" },
    { "events were dropped", &fake_keyboard, "", false, "K30:1 S K31:1 D K30:0 S K46:1 S K46:0 S", "+30 -30 +31 +46 -46" },
};

static void test_rows(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *settings = g_strdup_printf("id=a,evdev=/dev/input/event0%s", rows[i].settings);
        g_test_message("%s", rows[i].what);
        setup(rows[i].info, NULL, rows[i].absolute);
        add(settings);
        g_assert_true(first->grabbed);
        fake_device_play(first, rows[i].events);
        assert_got(rows[i].got);
        teardown();
    }
}

/* More keys in a frame than it has room for, and more events than are read at once. */
static void test_many_events(void)
{
    g_autoptr(GString) events = g_string_new(NULL), expected = g_string_new(NULL);

    for (int code = 1; code <= 100; code++) {
        g_string_append_printf(events, "%sK%d:1", code > 1 ? " " : "", code);
        g_string_append_printf(expected, "%s+%d", code > 1 ? " " : "", code);
    }
    g_string_append(events, " S");
    setup(&fake_keyboard, NULL, false);
    add("id=a,evdev=/dev/input/event0");
    fake_device_play(first, events->str);
    assert_got(expected->str);
    teardown();
}

/* The pad has 10 units a millimetre in both directions: 16 dots. */
static const struct {
    const char *what, *events, *got;
} gestures[] = {
    { "one finger moves", "K330:1 K325:1 A0:100 A1:100 S T200 A0:200 A1:110 S A0:205 S T900 K330:0 K325:0 S", "m160,16 m8,0" },
    { "without drift", "K330:1 K325:1 A0:100 A1:100 S A0:101 S A0:102 S A0:103 S A0:104 S A0:105 S", "m1,0 m2,0 m1,0 m2,0 m2,0" },
    { "the next finger is elsewhere", "K330:1 K325:1 A0:10 A1:10 S T900 K330:0 K325:0 S K330:1 K325:1 A0:900 S", "" },
    { "two fingers scroll", "K330:1 K333:1 A0:100 A1:100 S A1:149 S A1:151 S A1:250 S A1:100 S", "w-1,0 w-2,0 w3,0" },
    { "two fingers scroll sideways", "K330:1 K333:1 A0:100 A1:100 S A0:150 S", "w0,1" },
    { "a second finger makes no jump", "K330:1 K325:1 A0:10 A1:10 S K325:0 K333:1 A0:500 S K333:0 K325:1 A0:10 S", "" },
    { "a tap", "K330:1 K325:1 A0:100 A1:100 S T100 K330:0 K325:0 S", "+b0" },
    { "a tap of two", "K330:1 K333:1 A0:100 A1:100 S T100 K330:0 K333:0 S", "+b2" },
    { "a tap of three", "K330:1 K334:1 A0:100 A1:100 S T100 K330:0 K334:0 S", "+b1" },
    { "too long for a tap", "K330:1 K325:1 A0:100 A1:100 S T300 K330:0 K325:0 S", "" },
    { "too far for a tap", "K330:1 K333:1 A0:100 A1:100 S A1:130 S T100 K330:0 K333:0 S", "" },
    { "the pad is pressed", "K330:1 K325:1 S K272:1 S T100 K272:0 S K330:0 K325:0 S", "+b0 -b0" },
    { "pressed with two fingers", "K330:1 K333:1 S K272:1 S K333:0 K325:1 S K272:0 S", "+b2 -b2" },
};

static void test_touchpad(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(gestures); i++) {
        g_test_message("%s", gestures[i].what);
        setup(&fake_touchpad, NULL, true);
        first->x.resolution = first->y.resolution = 10;
        add("id=a,evdev=/dev/input/event0");
        fake_device_play(first, gestures[i].events);
        g_autofree char *got = fake_guest_got();
        g_assert_cmpstr(got, ==, gestures[i].got);
        teardown();
    }
}

static void test_tap_ends(void)
{
    setup(&fake_touchpad, NULL, false);
    add("id=a,evdev=/dev/input/event0");
    fake_device_play(first, "K330:1 K325:1 S K330:0 K325:0 S");
    assert_got("+b0");
    g_autofree char *got = fake_guest_got();
    while (!*got) {
        g_main_context_iteration(NULL, true);
        g_free(got);
        got = fake_guest_got();
    }
    g_assert_cmpstr(got, ==, "-b0");
    fake_device_play(first, "K330:1 K325:1 S K330:0 K325:0 S");
    Error *err = NULL;
    g_assert_true(user_object_delete("a", &err));
    assert_got("+b0 -b0");
    teardown();
}

/* ---- whose it is ---- */

static const struct {
    const char *toggle, *down, *up;     /* the keys go down and up */
    const char *seen;
} toggles[] = {
    { "ctrl-ctrl", "K29:1 S K97:1 S", "K97:0 S K29:0 S", "+29 +97 -97 -29" },
    { "alt-alt", "K100:1 S K56:1 S", "K100:0 K56:0 S", "+100 +56 -100 -56" },
    { "shift-shift", "K42:1 K54:1 S", "K42:0 K54:0 S", "+42 +54 -42 -54" },
    { "meta-meta", "K125:1 K126:1 S", "K125:0 K126:0 S", "+125 +126 -125 -126" },
    { "scrolllock", "K70:1 S", "K70:0 S", "+70 -70" },
    { "ctrl-scrolllock", "K97:1 S K70:1 S", "K70:0 K97:0 S", "+97 +70 -70 -97" },
};

static void test_toggles(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(toggles); i++) {
        g_autofree char *settings = g_strdup_printf("id=a,evdev=/dev/input/event0,grab-toggle=%s", toggles[i].toggle);
        g_test_message("%s", toggles[i].toggle);
        setup(&fake_keyboard, NULL, false);
        add(settings);
        fake_device_play(first, toggles[i].down);
        g_assert_true(first->grabbed);      /* the host would never see these keys go up */
        fake_device_play(first, toggles[i].up);
        g_assert_false(first->grabbed);
        assert_got(toggles[i].seen);        /* nothing is stuck in the guest */
        fake_device_play(first, "K30:1 S K30:0 S");
        fake_device_play(first, toggles[i].down);
        g_assert_false(first->grabbed);
        fake_device_play(first, toggles[i].up);
        g_assert_true(first->grabbed);
        assert_got("");
        fake_device_play(first, "K30:1 S K30:0 S");
        assert_got("+30 -30");
        teardown();
    }
}

/* Halves of a toggle are none, and each of the keys alone is not either. */
static void test_no_toggle(void)
{
    setup(&fake_keyboard, NULL, false);
    add("id=a,evdev=/dev/input/event0,grab-toggle=ctrl-scrolllock");
    fake_device_play(first, "K29:1 S K97:1 S K97:0 S K29:0 S K70:1 S K70:0 S K29:1 S K30:1 S K30:0 S K29:0 S");
    g_assert_true(first->grabbed);
    teardown();
}

static void play_toggle(FakeDevice *device)
{
    fake_device_play(device, "K29:1 S K97:1 S K29:0 S K97:0 S");
}

static void test_grab_all(void)
{
    for (int all = 0; all < 2; all++) {
        setup(&fake_keyboard, &fake_mouse, false);
        add(all ? "id=k,evdev=/dev/input/event0,grab_all=on" : "id=k,evdev=/dev/input/event0");
        add("id=m,evdev=/dev/input/event1");
        fake_device_play(second, "K272:1 S");
        play_toggle(first);
        g_assert_false(first->grabbed);
        g_assert_true(second->grabbed);     /* its button is down still */
        fake_device_play(second, "K272:0 S");
        g_assert_cmpint(second->grabbed, ==, !all);
        play_toggle(first);
        g_assert_true(first->grabbed && second->grabbed);
        teardown();
    }
}

static void test_held_at_start(void)
{
    setup(&fake_keyboard, NULL, false);
    evdev_set_bit(first->down, KEY_ENTER, true);        /* of the command that starts the guest */
    add("id=a,evdev=/dev/input/event0");
    g_assert_false(first->grabbed);
    fake_device_play(first, "K30:1 S K28:0 S");
    g_assert_false(first->grabbed);
    fake_device_play(first, "K30:0 S");
    g_assert_true(first->grabbed);
    assert_got("");
    fake_device_play(first, "K30:1 S");
    assert_got("+30");
    teardown();
}

/* Somebody else has it when it is to be taken again: it stays the host's, and can be asked for once more. */
static void test_grabbed_meanwhile(void)
{
    setup(&fake_keyboard, NULL, false);
    add("id=a,evdev=/dev/input/event0");
    play_toggle(first);
    first->grab_error = -EBUSY;
    play_toggle(first);
    g_assert_false(first->grabbed);
    first->grab_error = 0;
    play_toggle(first);
    g_assert_true(first->grabbed);
    teardown();
}

static void test_lights(void)
{
    setup(&fake_keyboard, NULL, false);
    input_set_leds(INPUT_LED_CAPS);
    add("id=a,evdev=/dev/input/event0");
    g_autofree char *start = fake_device_written(first);
    g_assert_cmpstr(start, ==, "L2:0 L0:0 L1:1");
    input_set_leds(INPUT_LED_SCROLL | INPUT_LED_NUM);
    g_autofree char *changed = fake_device_written(first);
    g_assert_cmpstr(changed, ==, "L2:1 L0:1 L1:0");
    play_toggle(first);
    g_autofree char *host = fake_device_written(first);
    g_assert_cmpstr(host, ==, "L2:0 L0:1 L1:0");
    input_set_leds(0);
    g_autofree char *nothing = fake_device_written(first);
    g_assert_cmpstr(nothing, ==, "");
    teardown();
}

/* ---- coming and going ---- */

static void wait_for_grab(FakeDevice *device)
{
    while (!device->grabbed) {
        g_main_context_iteration(NULL, true);
    }
}

static void test_unplugged(void)
{
    Error *err = NULL;

    setup(&fake_keyboard, NULL, false);
    add("id=a,evdev=/dev/input/event0");
    fake_device_play(first, "K30:1 S K31:1 S");
    first->open_error = -ENOENT;
    fake_device_unplug(first);
    assert_got("+30 +31 -30 -31");
    g_assert_nonnull(tree_child(tree_at(TREE_OBJECTS), "a"));
    g_assert_true(user_object_delete("a", &err));
    teardown();
}

/* It is the guest's again when it is back; what else came at its path is not. */
static void test_plugged_in_again(void)
{
    setup(&fake_keyboard, NULL, false);
    add("id=a,evdev=/dev/input/event0");
    first->info = fake_mouse;
    fake_device_unplug(first);
    while (first->tries < 2) {
        g_main_context_iteration(NULL, true);
    }
    g_assert_false(first->grabbed);
    first->info = fake_keyboard;
    memset(first->down, 0, sizeof(first->down));
    wait_for_grab(first);
    fake_device_play(first, "K30:1 S");
    assert_got("+30");
    teardown();
}

static void test_commands(void)
{
    static const Asked asked[] = {
        { "object-add {'qom-type':'input-linux','id':'a','evdev':'/dev/input/event0','grab_all':true,'repeat':true,"
          "'grab-toggle':'scrolllock'}", "{}" },
        { "qom-list {'path':'/objects'}",
          "[{\"name\": \"type\", \"type\": \"string\"}, {\"name\": \"a\", \"type\": \"child<input-linux>\"}]" },
        { "qom-get {'path':'/objects/a','property':'grab-toggle'}", "\"scrolllock\"" },
        { "qom-get {'path':'/objects/a','property':'repeat'}", "true" },
        { "object-add {'qom-type':'input-linux','id':'b','evdev':'/dev/input/event0'}",
          "GenericError: /dev/input/event0 (Fake Keyboard): cannot grab it: Device or resource busy" },
        { "object-del {'id':'a'}", "{}" },
        { "object-del {'id':'a'}", "GenericError: object 'a' not found" },
    };

    setup(&fake_keyboard, NULL, false);
    ASK_ALL(asked);
    g_assert_false(first->grabbed);
    teardown();
}

static void test_deleted_with_keys_down(void)
{
    Error *err = NULL;

    setup(&fake_keyboard, NULL, false);
    add("id=a,evdev=/dev/input/event0");
    fake_device_play(first, "K30:1 S");
    g_assert_true(user_object_delete("a", &err));
    g_assert_false(first->grabbed);
    assert_got("+30 -30");
    teardown();
}

/* ---- errors ---- */

static const struct {
    int open_error, describe_error, grab_error;
    const char *settings, *message, *advice;
} mistakes[] = {
    { 0, 0, 0, "id=a", "Parameter 'evdev' is missing", "evdev=help" },
    { 0, 0, 0, "id=a,evdev=/dev/input/event9", "Could not open '/dev/input/event9': No such file or directory", "usb-Acme-event-kbd" },
    { -ENODEV, 0, 0, "id=a,evdev=/dev/input/event0", "Could not open '/dev/input/event0': No such device", "usb-Acme-event-kbd" },
    { -EACCES, 0, 0, "id=a,evdev=/dev/input/event0", "Could not open '/dev/input/event0': Permission denied", "group" },
    { -EPERM, 0, 0, "id=a,evdev=/dev/input/event0", "Could not open '/dev/input/event0': Operation not permitted", "cgroup_device_acl" },
    { 0, -ENOTTY, 0, "id=a,evdev=/dev/input/event0", "/dev/input/event0: is not an evdev device", "usb-Acme-event-kbd" },
    { 0, 0, -EBUSY, "id=a,evdev=/dev/input/event0",
      "/dev/input/event0 (Fake Keyboard): cannot grab it: Device or resource busy", "fuser -v /dev/input/event0" },
    { 0, 0, 0, "id=a,evdev=/dev/input/event0,grab-toggle=x",
      "Property 'grab-toggle': 'x' is not one of: ctrl-ctrl, alt-alt, shift-shift, meta-meta, scrolllock, ctrl-scrolllock", NULL },
};

/* A folder of names that last: "by-id/usb-Acme-event-kbd" and one that is no event device. */
static char *make_folder(void)
{
    char *folder = g_dir_make_tmp("input-XXXXXX", NULL);
    g_autofree char *by_id = g_build_filename(folder, "by-id", NULL);
    g_autofree char *keyboard = g_build_filename(by_id, "usb-Acme-event-kbd", NULL);
    g_autofree char *mouse = g_build_filename(by_id, "usb-Acme-mouse", NULL);

    g_mkdir(by_id, 0700);
    g_assert_true(g_file_set_contents(keyboard, "", 0, NULL) && g_file_set_contents(mouse, "", 0, NULL));
    evdev_set_folder(folder);
    return folder;
}

static void remove_folder(char *folder)
{
    static const char *const below[] = { "by-id/usb-Acme-event-kbd", "by-id/usb-Acme-mouse", "by-id", "" };

    for (unsigned i = 0; i < G_N_ELEMENTS(below); i++) {
        g_autofree char *path = g_build_filename(folder, below[i], NULL);
        g_remove(path);
    }
    evdev_set_folder("/dev/input");
    g_free(folder);
}

static void test_mistakes(void)
{
    char *folder = make_folder();

    for (unsigned i = 0; i < G_N_ELEMENTS(mistakes); i++) {
        Error *err = NULL;
        setup(&fake_keyboard, NULL, false);
        first->open_error = mistakes[i].open_error;
        first->describe_error = mistakes[i].describe_error;
        first->grab_error = mistakes[i].grab_error;
        g_assert_false(create(mistakes[i].settings, &err));
        g_assert_cmpstr(error_message(err), ==, mistakes[i].message);
        if (mistakes[i].advice) {
            g_test_message("%s", error_advice(err));
            g_assert_nonnull(strstr(error_advice(err), mistakes[i].advice));
            g_assert_null(strstr(error_advice(err), "usb-Acme-mouse"));
        }
        error_free(err);
        teardown();
    }
    remove_folder(folder);
}

static void test_table(void)
{
    char *folder = make_folder();
    g_autofree char *path = g_build_filename(folder, "by-id/usb-Acme-event-kbd", NULL);
    Error *err = NULL;
    g_autoptr(KeyVals) kv = keyval_parse("input-linux,evdev=help", "qom-type", &err);

    setup(&fake_keyboard, NULL, false);
    first->path = path;
    g_autofree char *table = class_choices(class_find("input-linux"), kv);
    g_autofree char *expected = g_strdup_printf("%s  keyboard: Fake Keyboard\n", path);
    g_assert_cmpstr(table, ==, expected);
    fd_close(&first->theirs);
    teardown();
    remove_folder(folder);
}

/* The kernel's side, with what every host has. */
static void test_kernel(void)
{
    EvdevInfo info;

    g_assert_cmpint(evdev_kernel.open("/nowhere/at/all"), ==, -ENOENT);
    int fd = evdev_kernel.open("/dev/null");
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(evdev_kernel.describe(fd, &info), <, 0);
    g_assert_cmpint(evdev_kernel.grab(fd, true), <, 0);
    fd_close(&fd);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    vm_lock();
    g_test_add_func("/input-linux/told", test_rows);
    g_test_add_func("/input-linux/many events", test_many_events);
    g_test_add_func("/input-linux/touchpad", test_touchpad);
    g_test_add_func("/input-linux/tap ends", test_tap_ends);
    g_test_add_func("/input-linux/toggles", test_toggles);
    g_test_add_func("/input-linux/no toggle", test_no_toggle);
    g_test_add_func("/input-linux/grab_all", test_grab_all);
    g_test_add_func("/input-linux/held at start", test_held_at_start);
    g_test_add_func("/input-linux/grabbed meanwhile", test_grabbed_meanwhile);
    g_test_add_func("/input-linux/lights", test_lights);
    g_test_add_func("/input-linux/unplugged", test_unplugged);
    g_test_add_func("/input-linux/plugged in again", test_plugged_in_again);
    g_test_add_func("/input-linux/commands", test_commands);
    g_test_add_func("/input-linux/deleted with keys down", test_deleted_with_keys_down);
    g_test_add_func("/input-linux/mistakes", test_mistakes);
    g_test_add_func("/input-linux/table", test_table);
    g_test_add_func("/input-linux/kernel", test_kernel);
    return g_test_run();
}
