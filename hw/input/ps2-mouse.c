/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PS/2 mouse (PS/2 HITR, "Mouse", "Commands"), which becomes one with a wheel and then one with five buttons when
 * it is asked to (Microsoft's "IntelliMouse" and "IntelliMouse Explorer", as Linux's Documentation/input/devices
 * and drivers know them).
 */
#include <glib.h>
#include <string.h>

#include "hw/input/ps2-internal.h"

enum {
    REPORT_ALWAYS = 0x08, REPORT_X_SIGN = 0x10, REPORT_Y_SIGN = 0x20,   /* of a report's first byte */
    REPORT_MAX = 4,
    MOVE_MAX = 255,                 /* in one report: nine bits with the sign */
    WHEEL_MAX = 7,                  /* four bits with the sign */
    PENDING_MAX = 0x7fff,           /* what nobody fetches does not grow without end */
    ID_PLAIN = 0, ID_WHEEL = 3, ID_FIVE_BUTTONS = 4,
    DEFAULT_RATE = 100,
    DEFAULT_RESOLUTION = 2,         /* 4 counts a millimetre */
    RESET_WRAP = 0xec,
    RESET = 0xff,
};

static void ack(Ps2Mouse *mouse)
{
    ps2_answer_byte(&mouse->dev, PS2_ACK);
}

/* ---- movement ---- */

/* Those that are down of the buttons it has. */
static uint8_t buttons_down(const Ps2Mouse *mouse)
{
    return mouse->buttons & (mouse->id == ID_FIVE_BUTTONS ? 0x1f : 0x07);
}

static void forget_movement(Ps2Mouse *mouse)
{
    mouse->dx = mouse->dy = mouse->wheel = 0;
    mouse->reported_buttons = buttons_down(mouse);
}

/* Up to @max of what waits in *pending, either way. */
static int take(int *pending, int max)
{
    int part = CLAMP(*pending, -max, max);

    *pending -= part;
    return part;
}

/* Scaling 2:1 makes large movements larger, in reports nobody asked for. */
static int scaled(const Ps2Mouse *mouse, int by)
{
    static const uint8_t small[] = { 0, 1, 1, 3, 6, 9 };
    int size = ABS(by);

    if (!mouse->scaling21 || mouse->remote) {
        return by;
    }
    size = size < (int)G_N_ELEMENTS(small) ? small[size] : MIN(2 * size, MOVE_MAX);
    return by < 0 ? -size : size;
}

/* The next report into @report; its length. */
static unsigned make_report(Ps2Mouse *mouse, uint8_t report[REPORT_MAX])
{
    int dx = scaled(mouse, take(&mouse->dx, MOVE_MAX)), dy = scaled(mouse, take(&mouse->dy, MOVE_MAX));
    int wheel = take(&mouse->wheel, WHEEL_MAX);

    mouse->reported_buttons = buttons_down(mouse);
    report[0] = REPORT_ALWAYS | (mouse->buttons & 7) | (dx < 0 ? REPORT_X_SIGN : 0) | (dy < 0 ? REPORT_Y_SIGN : 0);
    report[1] = (uint8_t)dx;
    report[2] = (uint8_t)dy;
    report[3] = mouse->id == ID_FIVE_BUTTONS ? (uint8_t)((wheel & 0x0f) | (mouse->buttons & 0x18) << 1) : (uint8_t)wheel;
    return mouse->id == ID_PLAIN ? 3 : 4;
}

/* A report goes when the one before has been fetched, so that movements of a slow guest become one. */
void ps2_mouse_report(Ps2Mouse *mouse)
{
    bool news = mouse->dx != 0 || mouse->dy != 0 || mouse->wheel != 0 || buttons_down(mouse) != mouse->reported_buttons;
    uint8_t report[REPORT_MAX];

    if (news && mouse->reporting && !mouse->remote && !mouse->wrap && mouse->dev.queue.count == 0) {
        unsigned count = make_report(mouse, report);
        ps2_event(&mouse->dev, report, count);
    }
}

/* The protocol's y grows upwards, and its wheel downwards. */
void ps2_mouse_move(Ps2Mouse *mouse, int dx, int dy, int wheel_up)
{
    if (mouse->reporting) {
        mouse->dx = CLAMP(mouse->dx + CLAMP(dx, -PENDING_MAX, PENDING_MAX), -PENDING_MAX, PENDING_MAX);
        mouse->dy = CLAMP(mouse->dy - CLAMP(dy, -PENDING_MAX, PENDING_MAX), -PENDING_MAX, PENDING_MAX);
    }
    if (mouse->reporting && mouse->id != ID_PLAIN) {
        mouse->wheel = CLAMP(mouse->wheel - CLAMP(wheel_up, -PENDING_MAX, PENDING_MAX), -PENDING_MAX, PENDING_MAX);
    }
}

void ps2_mouse_button(Ps2Mouse *mouse, unsigned button, bool down)
{
    uint8_t mask = (uint8_t)(1u << button);

    mouse->buttons = down ? mouse->buttons | mask : mouse->buttons & (uint8_t)~mask;
    if (!mouse->reporting) {
        mouse->reported_buttons = buttons_down(mouse);
    }
}

/* ---- commands ---- */

static void set_defaults(Ps2Mouse *mouse)
{
    mouse->reporting = mouse->remote = mouse->wrap = mouse->scaling21 = false;
    mouse->rate = DEFAULT_RATE;
    mouse->resolution = DEFAULT_RESOLUTION;
    forget_movement(mouse);
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
    forget_movement(device);
    ((Ps2Mouse *)device)->reporting = true;
    ack(device);
}

/* Three rates one after the other are how a driver asks whether there is more than a plain mouse. */
static const struct {
    uint8_t rates[3], needs, becomes;
} knocks[] = {
    { { 200, 100, 80 }, ID_PLAIN, ID_WHEEL },
    { { 200, 200, 80 }, ID_WHEEL, ID_FIVE_BUTTONS },
};

static void do_rate(void *device, uint8_t parameter)
{
    Ps2Mouse *mouse = device;
    uint8_t rates[3] = { mouse->last_rates[1], mouse->last_rates[2], parameter };

    mouse->rate = parameter;
    memcpy(mouse->last_rates, rates, sizeof(rates));
    for (unsigned i = 0; i < G_N_ELEMENTS(knocks); i++) {
        if (mouse->id == knocks[i].needs && memcmp(rates, knocks[i].rates, sizeof(rates)) == 0) {
            mouse->id = knocks[i].becomes;
            return;
        }
    }
}

static void do_resolution(void *device, uint8_t parameter)
{
    ((Ps2Mouse *)device)->resolution = parameter & 3;
}

static void do_identify(void *device, uint8_t parameter)
{
    ack(device);
    ps2_answer_byte(&((Ps2Mouse *)device)->dev, ((Ps2Mouse *)device)->id);
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

static void do_read_data(void *device, uint8_t parameter)
{
    Ps2Mouse *mouse = device;
    uint8_t answer[1 + REPORT_MAX] = { PS2_ACK };
    unsigned count = make_report(mouse, answer + 1);

    ps2_answer(&mouse->dev, answer, 1 + count);
}

static void do_status(void *device, uint8_t parameter)
{
    Ps2Mouse *mouse = device;
    uint8_t pressed = (uint8_t)((mouse->buttons & 1) << 2 | (mouse->buttons & 2) >> 1 | (mouse->buttons & 4) >> 1);
    uint8_t state = (mouse->remote ? 1 << 6 : 0) | (mouse->reporting ? 1 << 5 : 0) | (mouse->scaling21 ? 1 << 4 : 0) |
                    pressed;

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
    mouse->id = ID_PLAIN;
    memset(mouse->last_rates, 0, sizeof(mouse->last_rates));
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
