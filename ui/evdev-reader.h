/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an event device of the host says, told to the guest (ui/input.h): keys, and pointers of every kind. Events come
 * in frames, each ended by SYN_REPORT; a frame happens at once.
 */
#ifndef UI_EVDEV_READER_H
#define UI_EVDEV_READER_H

#include "ui/evdev.h"
#include "ui/evdev-touchpad.h"

/* Keys that mean "give it to me, take it from me" when they are down together. The order is that of their names. */
typedef enum EvdevToggle {
    EVDEV_TOGGLE_CTRL_CTRL, EVDEV_TOGGLE_ALT_ALT, EVDEV_TOGGLE_SHIFT_SHIFT, EVDEV_TOGGLE_META_META,
    EVDEV_TOGGLE_SCROLLLOCK, EVDEV_TOGGLE_CTRL_SCROLLLOCK,
} EvdevToggle;

enum { EVDEV_FRAME_KEYS = 32 };

typedef struct EvdevReader {
    /* settings */
    int fd;
    const EvdevInfo *info;
    EvdevToggle toggle;
    bool repeat;                /* the guest gets what the host repeats */

    /* state */
    bool active;                /* the guest gets anything at all */
    bool dropped;               /* the kernel had no room: this frame is not whole */
    bool toggled;               /* the keys of the toggle were down together */
    uint8_t down[EVDEV_BYTES(KEY_CNT)];
    unsigned down_count;

    int64_t now_ms;             /* as events have it */

    /* the frame so far */
    struct {
        uint16_t code;
        int32_t value;
    } keys[EVDEV_FRAME_KEYS];
    unsigned key_count;
    int dx, dy, up, right;
    bool placed;

    struct input_absinfo x, y;  /* where it is (value) and what its axes are */
    int shown_x, shown_y;       /* of a guest whose pointer cannot be placed: pixels; -1: not known */
    EvdevTouchpad touchpad;
} EvdevReader;

/* Start with a device: nothing is active yet, keys that are down are known to be. 0 or -errno. */
int evdev_reader_init(EvdevReader *reader, int fd, const EvdevInfo *info);

/* One event. */
void evdev_reader_take(EvdevReader *reader, const struct input_event *event);

/* Whether the user asked to toggle since the last call. */
bool evdev_reader_toggled(EvdevReader *reader);

/* The guest gets what comes from now on, or no more: then it sees keys and buttons go up. */
void evdev_reader_activate(EvdevReader *reader, bool active);

#endif
