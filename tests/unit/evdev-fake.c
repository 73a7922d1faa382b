/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Event devices for tests; see evdev-fake.h. */
#include "tests/unit/evdev-fake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/fd.h"
#include "ui/input.h"

#define BIT(n) [(n) / 8] = 1u << (n) % 8

/* Bits of one byte stand together. */
const EvdevInfo fake_keyboard = {
    .name = "Fake Keyboard", .id = { .vendor = 1 }, .keys = { [0 ... KEY_RIGHTMETA / 8] = 0xff },
    .leds = { 1 << LED_NUML | 1 << LED_CAPSL | 1 << LED_SCROLLL },
};
const EvdevInfo fake_mouse = {
    .name = "Fake Mouse", .id = { .vendor = 2 }, .keys = { [BTN_LEFT / 8] = 0x1f },
    .relative = { 1 << REL_X | 1 << REL_Y, 1 << (REL_WHEEL - 8) },
};
const EvdevInfo fake_tablet = {
    .name = "Fake Tablet", .keys = { [BTN_LEFT / 8] = 0x07 }, .absolute = { 1 << ABS_X | 1 << ABS_Y },
};
const EvdevInfo fake_touch_screen = {
    .name = "Fake Touch Screen", .properties = { 1 << INPUT_PROP_DIRECT }, .keys = { BIT(BTN_TOUCH) },
    .absolute = { 1 << ABS_X | 1 << ABS_Y },
};
const EvdevInfo fake_touchpad = {
    .name = "Fake Touchpad", .properties = { 1 << INPUT_PROP_POINTER | 1 << INPUT_PROP_BUTTONPAD },
    .keys = { BIT(BTN_LEFT), [BTN_TOOL_FINGER / 8] = 1 << BTN_TOOL_FINGER % 8,
              [BTN_TOUCH / 8] = 1 << BTN_TOUCH % 8 | 1 << BTN_TOOL_DOUBLETAP % 8 | 1 << BTN_TOOL_TRIPLETAP % 8 },
    .absolute = { 1 << ABS_X | 1 << ABS_Y },
};
const EvdevInfo fake_joystick = {
    .name = "Fake Joystick", .keys = { BIT(BTN_TRIGGER) }, .absolute = { 1 << ABS_X | 1 << ABS_Y },
};
const EvdevInfo fake_buzzer = { .name = "Fake Buzzer" };

static struct {
    FakeDevice *devices;
    unsigned count;
    GString *got;
    int64_t now_ms;
} fake;

/* ---- the host ---- */

static FakeDevice *device_of(int fd)
{
    for (unsigned i = 0; i < fake.count; i++) {
        if (fd >= 0 && (fake.devices[i].ours == fd || fake.devices[i].again == fd)) {
            return &fake.devices[i];
        }
    }
    g_assert_not_reached();
}

static int fake_open(const char *path)
{
    for (unsigned i = 0; i < fake.count; i++) {
        FakeDevice *device = &fake.devices[i];
        if (strcmp(device->path, path) != 0) {
            continue;
        }
        device->tries++;
        if (device->open_error) {
            return device->open_error;
        }
        if (device->grabbed && device->theirs >= 0) {
            device->again = dup(device->ours);
            return device->again;
        }
        int ends[2];
        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), ==, 0);
        fd_close(&device->theirs);
        device->ours = ends[0];
        device->theirs = ends[1];
        device->grabbed = false;    /* the kernel lets go when a file is closed */
        return device->ours;
    }
    return -ENOENT;
}

static int fake_describe(int fd, EvdevInfo *ret)
{
    const FakeDevice *device = device_of(fd);

    if (device->describe_error == 0) {
        *ret = device->info;
    }
    return device->describe_error;
}

static int fake_grab(int fd, bool on)
{
    FakeDevice *device = device_of(fd);

    if (device->grab_error || device->grabbed == on) {
        return device->grab_error ? device->grab_error : on ? -EBUSY : -EINVAL;
    }
    device->grabbed = on;
    return 0;
}

static int fake_keys_down(int fd, uint8_t ret[EVDEV_BYTES(KEY_CNT)])
{
    memcpy(ret, device_of(fd)->down, EVDEV_BYTES(KEY_CNT));
    return 0;
}

/* The host's: Num Lock is on. */
static int fake_leds_lit(int fd, uint8_t ret[EVDEV_BYTES(LED_CNT)])
{
    memset(ret, 0, EVDEV_BYTES(LED_CNT));
    evdev_set_bit(ret, LED_NUML, evdev_bit(device_of(fd)->info.leds, LED_NUML));
    return 0;
}

static int fake_axis(int fd, unsigned axis, struct input_absinfo *ret)
{
    const FakeDevice *device = device_of(fd);

    *ret = axis == ABS_X ? device->x : device->y;
    return 0;
}

static const EvdevOps fake_ops = {
    .open = fake_open,
    .describe = fake_describe,
    .grab = fake_grab,
    .keys_down = fake_keys_down,
    .leds_lit = fake_leds_lit,
    .axis = fake_axis,
};

void fake_devices_use(FakeDevice *devices, unsigned count)
{
    evdev = &fake_ops;
    fake.devices = devices;
    fake.count = count;
    for (unsigned i = 0; i < count; i++) {
        devices[i].ours = devices[i].again = devices[i].theirs = -1;
    }
}

void fake_settle(void)
{
    while (g_main_context_iteration(NULL, false)) {
    }
}

static struct input_event event_of(FakeDevice *device, const char *word)
{
    static const struct {
        char letter;
        uint16_t type;
    } letters[] = { { 'K', EV_KEY }, { 'R', EV_REL }, { 'A', EV_ABS } };
    struct input_event event = { .type = EV_SYN, .code = word[0] == 'D' ? SYN_DROPPED : SYN_REPORT };
    unsigned code = 0;

    for (unsigned i = 0; i < G_N_ELEMENTS(letters); i++) {
        if (letters[i].letter == word[0]) {
            event.type = letters[i].type;
            g_assert_cmpint(sscanf(word + 1, "%u:%d", &code, &event.value), ==, 2);
            event.code = (uint16_t)code;
        }
    }
    if (event.type == EV_KEY && code < KEY_CNT && event.value < 2) {
        evdev_set_bit(device->down, code, event.value);
    }
    event.input_event_sec = (__kernel_ulong_t)(fake.now_ms / 1000);
    event.input_event_usec = (__kernel_ulong_t)(fake.now_ms % 1000 * 1000);
    return event;
}

void fake_device_play(FakeDevice *device, const char *events)
{
    g_auto(GStrv) words = g_strsplit(events, " ", -1);

    for (unsigned i = 0; words[i]; i++) {
        int pause_ms;
        if (sscanf(words[i], "T%d", &pause_ms) == 1) {
            fake.now_ms += pause_ms;
            continue;
        }
        struct input_event event = event_of(device, words[i]);
        g_assert_cmpint(write(device->theirs, &event, sizeof(event)), ==, sizeof(event));
    }
    fake_settle();
}

void fake_device_unplug(FakeDevice *device)
{
    fd_close(&device->theirs);
    device->grabbed = false;
    fake_settle();
}

char *fake_device_written(FakeDevice *device)
{
    g_autoptr(GString) text = g_string_new(NULL);
    struct input_event event;

    while (read(device->theirs, &event, sizeof(event)) == sizeof(event)) {
        if (event.type == EV_LED) {
            g_string_append_printf(text, "%sL%u:%d", text->len ? " " : "", event.code, event.value);
        }
    }
    return g_strdup(text->str);
}

/* ---- the guest ---- */

static void note(const char *fmt, ...) G_GNUC_PRINTF(1, 2);

static void note(const char *fmt, ...)
{
    va_list args;

    g_string_append(fake.got, fake.got->len ? " " : "");
    va_start(args, fmt);
    g_string_append_vprintf(fake.got, fmt, args);
    va_end(args);
}

static void on_key(void *opaque, unsigned code, bool down)
{
    note("%c%u", down ? '+' : '-', code);
}

static void on_move(void *opaque, int dx, int dy)
{
    note("m%d,%d", dx, dy);
}

static void on_place(void *opaque, unsigned x, unsigned y)
{
    note("p%u,%u", x, y);
}

static void on_button(void *opaque, InputButton button, bool down)
{
    note("%cb%d", down ? '+' : '-', button);
}

static void on_wheel(void *opaque, int up, int right)
{
    note("w%d,%d", up, right);
}

static const InputSink keyboard = { .name = "keyboard", .key = on_key };
static const InputSink mouse = { .name = "mouse", .move = on_move, .button = on_button, .wheel = on_wheel };
static const InputSink tablet = { .name = "tablet", .place = on_place, .button = on_button, .wheel = on_wheel };

void fake_guest_up(bool absolute)
{
    fake.got = g_string_new(NULL);
    input_sink_add(&keyboard);
    input_sink_add(&mouse);
    if (absolute) {
        input_sink_add(&tablet);
    }
}

void fake_guest_down(void)
{
    input_sink_del(&tablet);
    input_sink_del(&mouse);
    input_sink_del(&keyboard);
    g_string_free(fake.got, true);
}

char *fake_guest_got(void)
{
    char *text = g_strdup(fake.got->str);

    g_string_set_size(fake.got, 0);
    return text;
}
