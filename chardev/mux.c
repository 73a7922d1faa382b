/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A terminal that several front ends share: Ctrl-A is the escape key. The keys
 * are those users know: x ends the emulator, c changes the front end, b sends
 * a break, h helps, Ctrl-A itself is passed on.
 */
#include <string.h>

#include "chardev/backend.h"
#include "core/runstate.h"

enum {
    ESCAPE_KEY = 0x01,  /* Ctrl-A */
    TYPED_MAX = 256,    /* type-ahead kept for a busy front end; more is lost, so that escapes always work */
};

static void say(Chardev *chr, const char *text)
{
    chardev_write(chr, text, strlen(text));
}

static void key_quit(Chardev *chr)
{
    say(chr, "QEMU: Terminated\r\n");
    request_shutdown(CAUSE_HOST_SIGNAL);
}

static void key_next(Chardev *chr)
{
    if (chr->front_count > 1) {
        chr->focus = (chr->focus + 1) % chr->front_count;
        g_byte_array_set_size(chr->typed, 0);
        chardev_tell_focus(chr);
    }
}

static void key_break(Chardev *chr)
{
    chardev_tell(chr, CHARDEV_BREAK);
}

static void key_help(Chardev *chr);

static const struct {
    uint8_t key;
    const char *help;
    void (*fn)(Chardev *chr);
} keys[] = {
    { 'h', "print this help", key_help },
    { '?', NULL, key_help },
    { 'x', "exit emulator", key_quit },
    { 'b', "send break (magic sysrq)", key_break },
    { 'c', "switch between console and monitor", key_next },
};

static void key_help(Chardev *chr)
{
    say(chr, "\r\n");
    for (unsigned i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_autofree char *line = g_strdup_printf("C-a %c    %s\r\n", keys[i].key, keys[i].help);
        if (keys[i].help) {
            say(chr, line);
        }
    }
    say(chr, "C-a C-a  sends C-a\r\n");
}

static void do_escape(Chardev *chr, uint8_t key)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(keys); i++) {
        if (keys[i].key == key) {
            keys[i].fn(chr);
        }
    }
}

static void keep(Chardev *chr, uint8_t byte)
{
    if (chr->typed->len < TYPED_MAX) {
        g_byte_array_append(chr->typed, &byte, 1);
    }
}

void mux_receive(Chardev *chr, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (chr->escaped && data[i] != ESCAPE_KEY) {
            do_escape(chr, data[i]);
            chr->escaped = false;
        } else if (data[i] == ESCAPE_KEY && !chr->escaped) {
            chr->escaped = true;
        } else {
            chr->escaped = false;
            keep(chr, data[i]);
        }
    }
    mux_flush(chr);
}

void mux_flush(Chardev *chr)
{
    if (!chr->mux) {
        return;
    }
    for (size_t n; (n = MIN(chardev_room(chr), chr->typed->len)) > 0;) {
        /* Taken out first: the front end may ask for more from inside receive. */
        g_autofree uint8_t *data = g_memdup2(chr->typed->data, n);
        g_byte_array_remove_range(chr->typed, 0, (guint)n);
        chardev_deliver(chr, data, n);
    }
}
