/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A touchpad as a mouse; see evdev-touchpad.h. */
#include "ui/evdev-touchpad.h"

#include <stdlib.h>

/*
 * A mouse of 400 dots per inch; the guest's own driver accelerates it. What counts as a tap is what people find natural
 * elsewhere: short, and on the spot.
 */
enum { DOTS_PER_MM = 16, NOTCH_MM = 5, TAP_MM = 2, TAP_MS = 180, CLICK_MS = 30, USUAL_WIDTH_MM = 100 };

void evdev_touchpad_init(EvdevTouchpad *pad)
{
    *pad = (EvdevTouchpad){ .pressed = INPUT_BUTTONS, .tapped = INPUT_BUTTONS };
}

static InputButton button_of(unsigned fingers)
{
    return fingers == 2 ? INPUT_RIGHT : fingers == 3 ? INPUT_MIDDLE : INPUT_LEFT;
}

/* ---- clicks ---- */

static void lift(void *opaque)
{
    EvdevTouchpad *pad = opaque;

    if (pad->tapped != INPUT_BUTTONS) {
        input_button(pad->tapped, false);
        input_sync();
        pad->tapped = INPUT_BUTTONS;
    }
}

/* Guests look at their mouse from time to time: a button that goes up at once was never down. */
static void tap(EvdevTouchpad *pad)
{
    timer_cancel(&pad->lift);
    lift(pad);
    pad->tapped = button_of(pad->most_fingers);
    input_button(pad->tapped, true);
    timer_init(&pad->lift, CLOCK_HOST, lift, pad);
    timer_set(&pad->lift, clock_now(CLOCK_HOST) + CLICK_MS * NS_PER_MS);
}

void evdev_touchpad_finish(EvdevTouchpad *pad)
{
    timer_cancel(&pad->lift);
    lift(pad);
}

static void press(EvdevTouchpad *pad, bool down)
{
    if (down) {
        pad->pressed = button_of(pad->fingers);
        pad->clicked = true;
    }
    if (pad->pressed != INPUT_BUTTONS) {
        input_button(pad->pressed, down);
    }
    if (!down) {
        pad->pressed = INPUT_BUTTONS;
    }
}

/* ---- fingers ---- */

/* In one frame the old number may end before or after the new one begins. */
static void count(EvdevTouchpad *pad, unsigned fingers, bool down)
{
    if (down || pad->fingers == fingers) {
        pad->fingers = down ? fingers : 0;
        pad->changed = true;
    }
}

bool evdev_touchpad_key(EvdevTouchpad *pad, unsigned code, bool down)
{
    static const uint16_t tools[] = {
        0, BTN_TOOL_FINGER, BTN_TOOL_DOUBLETAP, BTN_TOOL_TRIPLETAP, BTN_TOOL_QUADTAP, BTN_TOOL_QUINTTAP,
    };

    for (unsigned fingers = 1; fingers < G_N_ELEMENTS(tools); fingers++) {
        if (tools[fingers] == code) {
            count(pad, fingers, down);
            return true;
        }
    }
    if (code == BTN_LEFT) {
        press(pad, down);
    }
    return code == BTN_LEFT || code == BTN_TOUCH;
}

/* Of the pad's units. */
static int64_t per_mm(const struct input_absinfo *axis)
{
    int64_t guess = ((int64_t)axis->maximum - axis->minimum) / USUAL_WIDTH_MM;

    return MAX(axis->resolution > 0 ? axis->resolution : guess, 1);
}

static void fingers_changed(EvdevTouchpad *pad, const struct input_absinfo *x, int64_t now_ms)
{
    bool first = pad->fingers > 0 && pad->most_fingers == 0;

    if (first) {
        pad->since_ms = now_ms;
        pad->travelled = 0;
        pad->clicked = false;
    }
    pad->scrolled_x = pad->scrolled_y = 0;
    pad->most_fingers = MAX(pad->most_fingers, pad->fingers);
    if (pad->fingers == 0) {
        if (!pad->clicked && now_ms - pad->since_ms <= TAP_MS && pad->travelled <= TAP_MM * per_mm(x)) {
            tap(pad);
        }
        pad->most_fingers = 0;
    }
}

/* Whole notches of what was scrolled, which keeps the rest. */
static int notches(int *scrolled, int64_t units)
{
    int count = (int)(*scrolled / units);

    *scrolled -= (int)(count * units);
    return count;
}

/* Without drift: from place to place, not from step to step. */
static int dots(int from, int to, int64_t units)
{
    return (int)((int64_t)to * DOTS_PER_MM / units - (int64_t)from * DOTS_PER_MM / units);
}

static int sum(int a, int b)
{
    return (int)CLAMP((int64_t)a + b, -INT32_MAX, INT32_MAX);
}

static int distance(int from, int to)
{
    return (int)CLAMP((int64_t)to - from, -INT32_MAX, INT32_MAX);
}

static void fingers_moved(EvdevTouchpad *pad, const struct input_absinfo *x, const struct input_absinfo *y)
{
    int dx = distance(pad->last_x, x->value), dy = distance(pad->last_y, y->value);

    pad->travelled = sum(pad->travelled, sum(abs(dx), abs(dy)));
    if (pad->fingers == 1) {
        int right = dots(pad->last_x, x->value, per_mm(x)), down = dots(pad->last_y, y->value, per_mm(y));
        if (right || down) {
            input_move(right, down);
        }
    } else if (pad->fingers == 2) {
        pad->scrolled_x = sum(pad->scrolled_x, dx);
        pad->scrolled_y = sum(pad->scrolled_y, dy);
        int down = notches(&pad->scrolled_y, NOTCH_MM * per_mm(y));
        int right = notches(&pad->scrolled_x, NOTCH_MM * per_mm(x));
        if (down || right) {
            input_wheel(-down, right);
        }
    }
}

/* When a finger comes or goes, the place is another finger's. */
void evdev_touchpad_frame(EvdevTouchpad *pad, const struct input_absinfo *x, const struct input_absinfo *y, int64_t now_ms)
{
    if (pad->changed) {
        fingers_changed(pad, x, now_ms);
    } else {
        fingers_moved(pad, x, y);
    }
    pad->changed = false;
    pad->last_x = x->value;
    pad->last_y = y->value;
}
