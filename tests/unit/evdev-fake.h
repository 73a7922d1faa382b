/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Event devices for tests: what `input-linux` takes for /dev/input, and a guest that writes down what it gets. */
#ifndef TESTS_UNIT_EVDEV_FAKE_H
#define TESTS_UNIT_EVDEV_FAKE_H

#include <glib.h>

#include "ui/evdev.h"

typedef struct FakeDevice {
    const char *path;
    EvdevInfo info;
    int open_error, describe_error, grab_error;     /* -errno: what these calls answer */
    struct input_absinfo x, y;
    /* state */
    uint8_t down[EVDEV_BYTES(KEY_CNT)];
    int theirs, ours;                               /* ends of the socket that is its file; -1: not open */
    int again;                                      /* opened once more while it is grabbed; -1: not */
    bool grabbed;
    unsigned tries;                                 /* to open it */
} FakeDevice;

/* The kinds there are: each makes all of the device but its path. */
extern const EvdevInfo fake_keyboard, fake_mouse, fake_tablet, fake_touch_screen, fake_touchpad, fake_joystick, fake_buzzer;

/* These @count devices are the host's from now on. */
void fake_devices_use(FakeDevice *devices, unsigned count);

/*
 * Events, separated by spaces: "K30:1" key 30 goes down, "R0:-5" axis 0 moves, "A1:100" axis 1 is there, "S" SYN_REPORT,
 * "D" SYN_DROPPED, "T200" 200 ms pass. The main loop has dealt with them then.
 */
void fake_device_play(FakeDevice *device, const char *events);

/* Pull the plug. */
void fake_device_unplug(FakeDevice *device);

/* What was written to it since the last call, in the same words; the caller frees it. */
char *fake_device_written(FakeDevice *device);

/* Let the main loop do what is due. */
void fake_settle(void);

/*
 * The guest has a keyboard and a mouse, or also a tablet. What they got since the last call, for the caller to free:
 * "+30" and "-30" keys, "+b0" buttons, "m3,-4" movements, "p10,20" places, "w-1,0" the wheel (up, right).
 */
void fake_guest_up(bool absolute);
void fake_guest_down(void);
char *fake_guest_got(void);

#endif
