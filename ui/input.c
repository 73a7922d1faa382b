/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys and pointers on their way to the guest; see input.h. */
#include "ui/input.h"

#include <glib.h>
#include <linux/input-event-codes.h>

static GPtrArray *sinks;                /* of const InputSink, the newest last */
static bool keys_down[KEY_CNT];
static bool buttons_down[INPUT_BUTTONS];

void input_sink_add(const InputSink *sink)
{
    if (!sinks) {
        sinks = g_ptr_array_new();
    }
    g_ptr_array_add(sinks, (gpointer)sink);
}

void input_sink_del(const InputSink *sink)
{
    if (sinks) {
        g_ptr_array_remove(sinks, (gpointer)sink);
    }
}

GPtrArray *input_pointers(void)
{
    GPtrArray *pointers = g_ptr_array_new();

    for (unsigned i = sinks ? sinks->len : 0; i-- > 0;) {
        const InputSink *sink = sinks->pdata[i];
        if (sink->button) {
            g_ptr_array_add(pointers, (gpointer)sink);
        }
    }
    return pointers;
}

static const InputSink *keyboard(void)
{
    for (unsigned i = sinks ? sinks->len : 0; i-- > 0;) {
        const InputSink *sink = sinks->pdata[i];
        if (sink->key) {
            return sink;
        }
    }
    return NULL;
}

static const InputSink *pointer(void)
{
    g_autoptr(GPtrArray) pointers = input_pointers();

    return pointers->len > 0 ? pointers->pdata[0] : NULL;
}

bool input_is_absolute(void)
{
    const InputSink *sink = pointer();

    return sink && sink->place;
}

/* A key that is down and goes down again is one that repeats. */
void input_key(unsigned code, bool down)
{
    const InputSink *sink = keyboard();

    if (code < KEY_CNT) {
        keys_down[code] = down;
        if (sink) {
            sink->key(sink->opaque, code, down);
        }
    }
}

void input_move(int dx, int dy)
{
    const InputSink *sink = pointer();

    if (sink && sink->move) {
        sink->move(sink->opaque, dx, dy);
    }
}

void input_place(unsigned x, unsigned y)
{
    const InputSink *sink = pointer();

    if (sink && sink->place) {
        sink->place(sink->opaque, MIN(x, INPUT_ABS_MAX), MIN(y, INPUT_ABS_MAX));
    }
}

void input_button(InputButton button, bool down)
{
    const InputSink *sink = pointer();

    if (buttons_down[button] != down) {
        buttons_down[button] = down;
        if (sink) {
            sink->button(sink->opaque, button, down);
        }
    }
}

void input_wheel(int up, int right)
{
    const InputSink *sink = pointer();

    if (sink) {
        sink->wheel(sink->opaque, up, right);
    }
}

void input_sync(void)
{
    for (unsigned i = 0; sinks && i < sinks->len; i++) {
        const InputSink *sink = sinks->pdata[i];
        if (sink->sync) {
            sink->sync(sink->opaque);
        }
    }
}

void input_release_all(void)
{
    for (unsigned code = 0; code < KEY_CNT; code++) {
        if (keys_down[code]) {
            input_key(code, false);
        }
    }
    for (unsigned button = 0; button < INPUT_BUTTONS; button++) {
        input_button(button, false);
    }
    input_sync();
}
