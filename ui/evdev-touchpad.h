/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A touchpad as a mouse: one finger moves, two scroll, a tap or a press of the pad is a click (two fingers: the right
 * button, three: the middle one).
 */
#ifndef UI_EVDEV_TOUCHPAD_H
#define UI_EVDEV_TOUCHPAD_H

#include "core/clock.h"
#include "ui/evdev.h"
#include "ui/input.h"

typedef struct EvdevTouchpad {
    unsigned fingers, most_fingers;     /* on the pad now, and at once since the first came */
    bool changed;                       /* their number, in this frame */
    bool clicked;                       /* pressed since the first came: no tap any more */
    int64_t since_ms;
    int last_x, last_y;
    int travelled, scrolled_x, scrolled_y;  /* of the pad's units */
    InputButton pressed, tapped;
    Timer lift;                         /* a tap's button goes up a little later */
} EvdevTouchpad;

void evdev_touchpad_init(EvdevTouchpad *pad);

/* A key of the device changes; false: it is none that means more here than elsewhere. */
bool evdev_touchpad_key(EvdevTouchpad *pad, unsigned code, bool down);

/* The end of a frame, after its keys. */
void evdev_touchpad_frame(EvdevTouchpad *pad, const struct input_absinfo *x, const struct input_absinfo *y, int64_t now_ms);

/* Nothing is pressed any more. */
void evdev_touchpad_finish(EvdevTouchpad *pad);

#endif
