/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From frames of events to keys and pointers of the guest; see evdev-reader.h. */
#include "ui/evdev-reader.h"

#include "ui/input.h"

/* ---- keys and buttons ---- */

/* The pen's tip or a finger on the picture is the left button; the pen's own buttons have their usual meaning. */
static const struct {
    uint16_t code;
    InputButton button;
} buttons[] = {
    { BTN_LEFT, INPUT_LEFT }, { BTN_RIGHT, INPUT_RIGHT }, { BTN_MIDDLE, INPUT_MIDDLE }, { BTN_SIDE, INPUT_SIDE },
    { BTN_EXTRA, INPUT_EXTRA }, { BTN_BACK, INPUT_SIDE }, { BTN_FORWARD, INPUT_EXTRA },
    { BTN_TOUCH, INPUT_LEFT }, { BTN_STYLUS, INPUT_RIGHT }, { BTN_STYLUS2, INPUT_MIDDLE },
};

/* Either of the two in each half; a second half of 0 is always down. */
static const uint16_t toggles[][2][2] = {
    [EVDEV_TOGGLE_CTRL_CTRL] = { { KEY_LEFTCTRL }, { KEY_RIGHTCTRL } },
    [EVDEV_TOGGLE_ALT_ALT] = { { KEY_LEFTALT }, { KEY_RIGHTALT } },
    [EVDEV_TOGGLE_SHIFT_SHIFT] = { { KEY_LEFTSHIFT }, { KEY_RIGHTSHIFT } },
    [EVDEV_TOGGLE_META_META] = { { KEY_LEFTMETA }, { KEY_RIGHTMETA } },
    [EVDEV_TOGGLE_SCROLLLOCK] = { { KEY_SCROLLLOCK }, { 0 } },
    [EVDEV_TOGGLE_CTRL_SCROLLLOCK] = { { KEY_LEFTCTRL, KEY_RIGHTCTRL }, { KEY_SCROLLLOCK } },
};

static bool either_down(const EvdevReader *reader, const uint16_t codes[2])
{
    return codes[0] == 0 || evdev_bit(reader->down, codes[0]) || (codes[1] && evdev_bit(reader->down, codes[1]));
}

static void look_for_toggle(EvdevReader *reader, unsigned pressed)
{
    const uint16_t(*halves)[2] = toggles[reader->toggle];
    bool belongs = false;

    for (unsigned i = 0; i < 4; i++) {
        belongs = belongs || halves[i / 2][i % 2] == pressed;
    }
    if (belongs && either_down(reader, halves[0]) && either_down(reader, halves[1])) {
        reader->toggled = true;
    }
}

static void tell_key(EvdevReader *reader, unsigned code, bool down)
{
    if (evdev_is_touchpad(reader->info) && evdev_touchpad_key(&reader->touchpad, code, down)) {
        return;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(buttons); i++) {
        if (buttons[i].code == code) {
            input_button(buttons[i].button, down);
            return;
        }
    }
    input_key(code, down);
}

/* @value as events have it: 0 up, 1 down, 2 the host repeats it. A device may say again what is known. */
static void change_key(EvdevReader *reader, unsigned code, int value)
{
    bool was_down = evdev_bit(reader->down, code);

    if (value == 2 ? reader->repeat && was_down : was_down != value) {
        if (reader->active) {
            tell_key(reader, code, value);
        }
    }
    if (value == 2 || was_down == value) {
        return;
    }
    evdev_set_bit(reader->down, code, value);
    reader->down_count += value ? 1 : -1U;
    if (value) {
        look_for_toggle(reader, code);
    }
}

/* ---- pointers ---- */

static bool has_axes(const EvdevInfo *info)
{
    return evdev_bit(info->absolute, ABS_X) && evdev_bit(info->absolute, ABS_Y);
}

/* How far along its axis, as a place in a row of @count. */
static unsigned scaled(const struct input_absinfo *axis, unsigned count)
{
    int64_t range = (int64_t)axis->maximum - axis->minimum, at = (int64_t)axis->value - axis->minimum;

    return range > 0 ? (unsigned)(CLAMP(at, 0, range) * (count - 1) / range) : 0;
}

/* The guest's pointer cannot be placed: it goes as far as this one did, over a picture of usual size. */
static void follow(EvdevReader *reader)
{
    int x = (int)scaled(&reader->x, 1024), y = (int)scaled(&reader->y, 768);

    if (reader->shown_x >= 0) {
        input_move(x - reader->shown_x, y - reader->shown_y);
    }
    reader->shown_x = x;
    reader->shown_y = y;
}

static void tell_place(EvdevReader *reader)
{
    if (reader->placed && input_is_absolute()) {
        input_place(scaled(&reader->x, INPUT_ABS_MAX + 1), scaled(&reader->y, INPUT_ABS_MAX + 1));
    } else if (reader->placed) {
        follow(reader);
    }
}

static void tell_movement(EvdevReader *reader)
{
    if (reader->dx || reader->dy) {
        input_move(reader->dx, reader->dy);
    }
    if (reader->up || reader->right) {
        input_wheel(reader->up, reader->right);
    }
}

/* ---- frames ---- */

static void forget_frame(EvdevReader *reader)
{
    reader->key_count = 0;
    reader->dx = reader->dy = reader->up = reader->right = 0;
    reader->placed = false;
}

static void change_keys(EvdevReader *reader)
{
    for (unsigned i = 0; i < reader->key_count; i++) {
        change_key(reader, reader->keys[i].code, reader->keys[i].value);
    }
    reader->key_count = 0;
}

/* A finger that touches does so where it is now: places come before buttons. */
static void end_frame(EvdevReader *reader)
{
    if (reader->active) {
        tell_place(reader);
        tell_movement(reader);
    }
    change_keys(reader);
    if (reader->active && evdev_is_touchpad(reader->info)) {
        evdev_touchpad_frame(&reader->touchpad, &reader->x, &reader->y, reader->now_ms);
    }
    if (reader->active) {
        input_sync();
    }
    forget_frame(reader);
}

/* Ask for what the events did not tell. A device that has gone says so at the next read. */
static void catch_up(EvdevReader *reader)
{
    uint8_t now[EVDEV_BYTES(KEY_CNT)];

    reader->dropped = false;
    if (evdev->keys_down(reader->fd, now) < 0) {
        return;
    }
    if (has_axes(reader->info)) {
        evdev->axis(reader->fd, ABS_X, &reader->x);
        evdev->axis(reader->fd, ABS_Y, &reader->y);
        reader->placed = evdev_is_absolute(reader->info);
    }
    end_frame(reader);
    for (unsigned code = 0; code < KEY_CNT; code++) {
        change_key(reader, code, evdev_bit(now, code));
    }
    end_frame(reader);
}

static void take_sync(EvdevReader *reader, const struct input_event *event)
{
    reader->now_ms = (int64_t)event->input_event_sec * 1000 + event->input_event_usec / 1000;
    if (event->code == SYN_DROPPED) {
        forget_frame(reader);
        reader->dropped = true;
    } else if (event->code == SYN_REPORT && reader->dropped) {
        catch_up(reader);
    } else if (event->code == SYN_REPORT) {
        end_frame(reader);
    }
}

static void take_key(EvdevReader *reader, const struct input_event *event)
{
    if (event->code >= KEY_CNT || event->value < 0 || event->value > 2) {
        return;
    }
    if (reader->key_count == EVDEV_FRAME_KEYS) {
        change_keys(reader);
    }
    reader->keys[reader->key_count].code = event->code;
    reader->keys[reader->key_count++].value = event->value;
}

/* What a hand can do in one frame, with room to spare; sums never overflow. */
static void add(int *sum, int value)
{
    *sum = CLAMP(*sum + CLAMP(value, -0x7fff, 0x7fff), -0x7fff, 0x7fff);
}

static void take_relative(EvdevReader *reader, const struct input_event *event)
{
    int *const sums[] = {
        [REL_X] = &reader->dx, [REL_Y] = &reader->dy, [REL_WHEEL] = &reader->up, [REL_HWHEEL] = &reader->right,
    };

    if (event->code < G_N_ELEMENTS(sums) && sums[event->code]) {
        add(sums[event->code], event->value);
    }
}

/* Joysticks have axes that are no place. */
static void take_absolute(EvdevReader *reader, const struct input_event *event)
{
    if (event->code == ABS_X || event->code == ABS_Y) {
        *(event->code == ABS_X ? &reader->x.value : &reader->y.value) = event->value;
        reader->placed = evdev_is_absolute(reader->info);
    }
}

void evdev_reader_take(EvdevReader *reader, const struct input_event *event)
{
    static void (*const takers[])(EvdevReader *reader, const struct input_event *event) = {
        [EV_SYN] = take_sync, [EV_KEY] = take_key, [EV_REL] = take_relative, [EV_ABS] = take_absolute,
    };

    if (event->type < G_N_ELEMENTS(takers) && (!reader->dropped || event->type == EV_SYN)) {
        takers[event->type](reader, event);
    }
}

/* ---- beginning and end ---- */

int evdev_reader_init(EvdevReader *reader, int fd, const EvdevInfo *info)
{
    EvdevReader fresh = {
        .fd = fd, .info = info, .toggle = reader->toggle, .repeat = reader->repeat, .shown_x = -1, .shown_y = -1,
    };
    int err = evdev->keys_down(fd, fresh.down);

    if (err == 0 && has_axes(info)) {
        err = evdev->axis(fd, ABS_X, &fresh.x);
        err = err ? err : evdev->axis(fd, ABS_Y, &fresh.y);
    }
    if (err < 0) {
        return err;
    }
    for (unsigned code = 0; code < KEY_CNT; code++) {
        fresh.down_count += evdev_bit(fresh.down, code);
    }
    evdev_touchpad_init(&fresh.touchpad);
    *reader = fresh;
    return 0;
}

bool evdev_reader_toggled(EvdevReader *reader)
{
    bool toggled = reader->toggled;

    reader->toggled = false;
    return toggled;
}

void evdev_reader_activate(EvdevReader *reader, bool active)
{
    for (unsigned code = 0; reader->active && !active && code < KEY_CNT; code++) {
        if (evdev_bit(reader->down, code)) {
            tell_key(reader, code, false);
        }
    }
    if (reader->active && !active) {
        evdev_touchpad_finish(&reader->touchpad);
        input_sync();
    }
    reader->active = active;
    reader->shown_x = reader->shown_y = -1;
}
