/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event devices of the host (/dev/input/event*; Linux Documentation/input): what such a file is asked besides its
 * events. The kernel is one implementation, tests have another.
 */
#ifndef UI_EVDEV_H
#define UI_EVDEV_H

#include <glib.h>
#include <linux/input.h>
#include <stdbool.h>
#include <stdint.h>

#define EVDEV_BYTES(count) (((count) + 7) / 8)

/* Who a device is and what it can say. Bit n of a map is bit n % 8 of byte n / 8. */
typedef struct EvdevInfo {
    char name[80];                              /* as the device calls itself */
    struct input_id id;
    uint8_t properties[EVDEV_BYTES(INPUT_PROP_CNT)];
    uint8_t keys[EVDEV_BYTES(KEY_CNT)];         /* keys and buttons */
    uint8_t relative[EVDEV_BYTES(REL_CNT)];
    uint8_t absolute[EVDEV_BYTES(ABS_CNT)];
    uint8_t leds[EVDEV_BYTES(LED_CNT)];
} EvdevInfo;

/* All return 0 or -errno, open the file (non-blocking). Events are read from the file and written to it. */
typedef struct EvdevOps {
    int (*open)(const char *path);
    int (*describe)(int fd, EvdevInfo *ret);    /* -ENOTTY and its like: no event device */
    /* Its events come to this file alone; -EBUSY: to somebody else's. */
    int (*grab)(int fd, bool on);
    /* Keys that are down now; what was queued about keys is dropped. */
    int (*keys_down)(int fd, uint8_t ret[EVDEV_BYTES(KEY_CNT)]);
    int (*leds_lit)(int fd, uint8_t ret[EVDEV_BYTES(LED_CNT)]);
    /* Where it is on an axis (ABS_X ...), and how far the axis goes. */
    int (*axis)(int fd, unsigned axis, struct input_absinfo *ret);
} EvdevOps;

extern const EvdevOps evdev_kernel;

/* The implementation in use: the kernel's. */
extern const EvdevOps *evdev;

static inline bool evdev_bit(const uint8_t *map, unsigned bit)
{
    return map[bit / 8] & (1u << bit % 8);
}

static inline void evdev_set_bit(uint8_t *map, unsigned bit, bool on)
{
    map[bit / 8] = (uint8_t)((map[bit / 8] & ~(1u << bit % 8)) | ((unsigned)on << bit % 8));
}

/* "keyboard", "keys" (a few), "mouse", "touchpad", "tablet or touch screen", or NULL: nothing a guest has a use for. */
const char *evdev_kind(const EvdevInfo *info);

/* Fingers move it like a mouse, though it tells where they are. */
bool evdev_is_touchpad(const EvdevInfo *info);

/* It points at places. */
bool evdev_is_absolute(const EvdevInfo *info);

/* Paths of devices by names that last (/dev/input/by-id, else by-path), sorted; ended by NULL. Free with g_strfreev(). */
char **evdev_paths(void);

/* A line a device: path, kind and name; the caller frees it. */
char *evdev_table(void);

/* For tests: where /dev/input is. */
void evdev_set_folder(const char *path);

#endif
