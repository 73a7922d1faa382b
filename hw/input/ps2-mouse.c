/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A standard PS/2 mouse that answers all commands and does not move yet (PS/2 HITR, "Mouse", "Commands"). */
#include "hw/input/ps2-internal.h"

enum {
    BUTTON_STATUS_ALWAYS = 0x08,    /* bit 3 of a report's first byte */
    DEFAULT_RATE = 100,
    DEFAULT_RESOLUTION = 2,         /* 4 counts a millimetre */
    RESET_WRAP = 0xec,
    RESET = 0xff,
};

static void ack(Ps2Mouse *mouse)
{
    ps2_answer_byte(&mouse->dev, PS2_ACK);
}

static void set_defaults(Ps2Mouse *mouse)
{
    mouse->reporting = mouse->remote = mouse->wrap = mouse->scaling21 = false;
    mouse->rate = DEFAULT_RATE;
    mouse->resolution = DEFAULT_RESOLUTION;
}

static void do_reset(void *device, uint8_t parameter)
{
    Ps2Mouse *mouse = device;

    ps2_mouse_reset(mouse);
    ps2_answer(&mouse->dev, (const uint8_t[]){ PS2_ACK, PS2_OK, 0x00 }, 3);
}

static void do_resend(void *device, uint8_t parameter)
{
    Ps2Mouse *mouse = device;

    ps2_answer_byte(&mouse->dev, mouse->dev.last_sent);
}

static void do_defaults(void *device, uint8_t parameter)
{
    set_defaults(device);
    ack(device);
}

static void do_disable(void *device, uint8_t parameter)
{
    ((Ps2Mouse *)device)->reporting = false;
    ack(device);
}

static void do_enable(void *device, uint8_t parameter)
{
    ((Ps2Mouse *)device)->reporting = true;
    ack(device);
}

static void do_rate(void *device, uint8_t parameter)
{
    ((Ps2Mouse *)device)->rate = parameter;
}

static void do_resolution(void *device, uint8_t parameter)
{
    ((Ps2Mouse *)device)->resolution = parameter & 3;
}

static void do_identify(void *device, uint8_t parameter)
{
    ack(device);
    ps2_answer_byte(&((Ps2Mouse *)device)->dev, 0x00);
}

static void do_remote(void *device, uint8_t parameter)
{
    ((Ps2Mouse *)device)->remote = true;
    ack(device);
}

static void do_stream(void *device, uint8_t parameter)
{
    ((Ps2Mouse *)device)->remote = false;
    ack(device);
}

static void do_wrap(void *device, uint8_t parameter)
{
    ((Ps2Mouse *)device)->wrap = true;
    ack(device);
}

static void do_reset_wrap(void *device, uint8_t parameter)
{
    ((Ps2Mouse *)device)->wrap = false;
    ack(device);
}

/* One report: nothing moved, no button is pressed. */
static void do_read_data(void *device, uint8_t parameter)
{
    Ps2Mouse *mouse = device;

    ps2_answer(&mouse->dev, (const uint8_t[]){ PS2_ACK, BUTTON_STATUS_ALWAYS, 0, 0 }, 4);
}

static void do_status(void *device, uint8_t parameter)
{
    Ps2Mouse *mouse = device;
    uint8_t state = (mouse->remote ? 1 << 6 : 0) | (mouse->reporting ? 1 << 5 : 0) | (mouse->scaling21 ? 1 << 4 : 0);

    ps2_answer(&mouse->dev, (const uint8_t[]){ PS2_ACK, state, mouse->resolution, mouse->rate }, 4);
}

static void do_scaling11(void *device, uint8_t parameter)
{
    ((Ps2Mouse *)device)->scaling21 = false;
    ack(device);
}

static void do_scaling21(void *device, uint8_t parameter)
{
    ((Ps2Mouse *)device)->scaling21 = true;
    ack(device);
}

static const Ps2Command commands[] = {
    { 0xe6, false, do_scaling11 },
    { 0xe7, false, do_scaling21 },
    { 0xe8, true, do_resolution },
    { 0xe9, false, do_status },
    { 0xea, false, do_stream },
    { 0xeb, false, do_read_data },
    { RESET_WRAP, false, do_reset_wrap },
    { 0xee, false, do_wrap },
    { 0xf0, false, do_remote },
    { 0xf2, false, do_identify },
    { 0xf3, true, do_rate },
    { 0xf4, false, do_enable },
    { 0xf5, false, do_disable },
    { 0xf6, false, do_defaults },
    { 0xfe, false, do_resend },
    { RESET, false, do_reset },
    { 0 }
};

void ps2_mouse_reset(Ps2Mouse *mouse)
{
    ps2_clear(&mouse->dev);
    set_defaults(mouse);
}

/* In wrap mode all but two commands come back as they are. */
void ps2_mouse_write(Ps2Mouse *mouse, uint8_t byte)
{
    if (mouse->wrap && byte != RESET_WRAP && byte != RESET) {
        ps2_answer_byte(&mouse->dev, byte);
    } else {
        ps2_dispatch(&mouse->dev, commands, byte);
    }
}
