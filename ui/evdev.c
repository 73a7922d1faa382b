/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Event devices as the kernel has them: its requests (linux/input.h), one short function each. See evdev.h. */
#include "ui/evdev.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>

#include "lib/fd-names.h"

/* Who may only read can still have its events; the lights stay as they are then. */
static int kernel_open(const char *path)
{
    int fd = file_open(path, O_RDWR | O_NONBLOCK, 0);

    return fd == -EACCES || fd == -EROFS ? file_open(path, O_RDONLY | O_NONBLOCK, 0) : fd;
}

static int request(int fd, unsigned long number, void *argument)
{
    return ioctl(fd, number, argument) < 0 ? -errno : 0;
}

static int kernel_describe(int fd, EvdevInfo *ret)
{
    EvdevInfo info = { 0 };
    int version, err = request(fd, EVIOCGVERSION, &version);
    const struct {
        unsigned long number;
        void *argument;
    } questions[] = {
        { EVIOCGID, &info.id },
        { EVIOCGBIT(EV_KEY, sizeof(info.keys)), info.keys },
        { EVIOCGBIT(EV_REL, sizeof(info.relative)), info.relative },
        { EVIOCGBIT(EV_ABS, sizeof(info.absolute)), info.absolute },
        { EVIOCGBIT(EV_LED, sizeof(info.leds)), info.leds },
    };

    for (unsigned i = 0; err == 0 && i < G_N_ELEMENTS(questions); i++) {
        err = request(fd, questions[i].number, questions[i].argument);
    }
    if (err == 0) {     /* a device may have no name, and old kernels know no properties */
        request(fd, EVIOCGNAME(sizeof(info.name) - 1), info.name);
        request(fd, EVIOCGPROP(sizeof(info.properties)), info.properties);
        *ret = info;
    }
    return err;
}

/* The argument of this request is a value and no address. */
static int kernel_grab(int fd, bool on)
{
    return request(fd, EVIOCGRAB, GINT_TO_POINTER(on));
}

static int kernel_keys_down(int fd, uint8_t ret[EVDEV_BYTES(KEY_CNT)])
{
    return request(fd, EVIOCGKEY(EVDEV_BYTES(KEY_CNT)), ret);
}

static int kernel_leds_lit(int fd, uint8_t ret[EVDEV_BYTES(LED_CNT)])
{
    return request(fd, EVIOCGLED(EVDEV_BYTES(LED_CNT)), ret);
}

static int kernel_axis(int fd, unsigned axis, struct input_absinfo *ret)
{
    return request(fd, EVIOCGABS(axis), ret);
}

const EvdevOps evdev_kernel = {
    .open = kernel_open,
    .describe = kernel_describe,
    .grab = kernel_grab,
    .keys_down = kernel_keys_down,
    .leds_lit = kernel_leds_lit,
    .axis = kernel_axis,
};

const EvdevOps *evdev = &evdev_kernel;
