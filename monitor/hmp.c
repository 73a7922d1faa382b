/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A monitor for people: a prompt, a line that can be edited a little, what the
 * command printed. On a shared terminal (mux=on) it says nothing until the
 * person turns to it.
 */
#include <string.h>

#include "monitor/monitor.h"
#include "monitor/version.h"

enum {
    LINE_MAX_LEN = 4095,
    CTRL_C = 0x03, CTRL_H = 0x08, CTRL_L = 0x0c, CTRL_U = 0x15, CTRL_W = 0x17, ESCAPE = 0x1b, DELETE = 0x7f,
};

/* Keys that are no characters come as sequences (ECMA-48, 5.4): ESC [ ... letter; none means anything here. */
typedef enum KeyState { KEY_PLAIN, KEY_ESCAPE, KEY_SEQUENCE } KeyState;

typedef struct HmpMonitor {
    Monitor mon;
    GString *line;          /* typed so far */
    KeyState keys;
    bool greeted;
    uint8_t last;           /* "\r\n" is one end of a line */
} HmpMonitor;

static HmpMonitor *as_hmp(void *opaque)
{
    return opaque;
}

/* ---- output ---- */

static void say(HmpMonitor *self, const char *text)
{
    for (const char *end; (end = strchr(text, '\n')); text = end + 1) {
        sender_write(&self->mon.sender, text, (size_t)(end - text));
        sender_write(&self->mon.sender, "\r\n", 2);
    }
    sender_write(&self->mon.sender, text, strlen(text));
}

static void prompt(HmpMonitor *self)
{
    say(self, "(qemu) ");
    say(self, self->line->str);
}

static void greet(HmpMonitor *self)
{
    if (!self->greeted) {
        self->greeted = true;
        say(self, "QEMU " VERSION_QEMU " monitor - type 'help' for more information\n");
    }
    prompt(self);
}

/* ---- the line ---- */

static void erase(HmpMonitor *self, size_t count)
{
    count = MIN(count, self->line->len);
    g_string_truncate(self->line, self->line->len - count);
    while (count-- > 0) {
        say(self, "\b \b");
    }
}

/* The last word and the blanks behind it. */
static size_t last_word(const HmpMonitor *self)
{
    size_t at = self->line->len;

    while (at > 0 && self->line->str[at - 1] == ' ') {
        at--;
    }
    while (at > 0 && self->line->str[at - 1] != ' ') {
        at--;
    }
    return self->line->len - at;
}

static void run_line(HmpMonitor *self)
{
    g_autofree char *line = g_strdup(self->line->str);

    g_string_truncate(self->line, 0);
    say(self, "\n");
    g_autofree char *output = hmp_run(line);
    say(self, output);
    prompt(self);
}

static void type(HmpMonitor *self, uint8_t byte)
{
    char text[] = { (char)byte, '\0' };

    if (byte >= ' ' && self->line->len < LINE_MAX_LEN) {
        g_string_append_c(self->line, (char)byte);
        say(self, text);
    }
}

static void key(HmpMonitor *self, uint8_t byte)
{
    switch (byte) {
    case '\n':
    case '\r':
        run_line(self);
        break;
    case CTRL_H:
    case DELETE:
        erase(self, 1);
        break;
    case CTRL_U:
        erase(self, self->line->len);
        break;
    case CTRL_W:
        erase(self, last_word(self));
        break;
    case CTRL_C:
        g_string_truncate(self->line, 0);
        say(self, "\n");
        prompt(self);
        break;
    case CTRL_L:
        say(self, "\033[2J\033[H");     /* ECMA-48, ED and CUP */
        prompt(self);
        break;
    case ESCAPE:
        self->keys = KEY_ESCAPE;
        break;
    default:
        type(self, byte);
    }
}

static void take(HmpMonitor *self, uint8_t byte)
{
    bool second_of_end = byte == '\n' && self->last == '\r';

    self->last = byte;
    if (self->keys == KEY_ESCAPE) {
        self->keys = byte == '[' || byte == 'O' ? KEY_SEQUENCE : KEY_PLAIN;
    } else if (self->keys == KEY_SEQUENCE) {
        self->keys = byte >= 0x40 && byte <= 0x7e ? KEY_PLAIN : KEY_SEQUENCE;
    } else if (!second_of_end) {
        key(self, byte);
    }
}

/* ---- the character device ---- */

/* One byte at a time: a command may end the machine, and what follows is not for us. */
static size_t can_receive(void *opaque)
{
    HmpMonitor *self = as_hmp(opaque);

    return monitor_stage() == MONITOR_STAGE_MACHINE && sender_waiting(&self->mon.sender) == 0 ? 1 : 0;
}

static void receive(void *opaque, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        take(as_hmp(opaque), data[i]);
    }
}

static void writable(void *opaque)
{
    HmpMonitor *self = as_hmp(opaque);

    sender_flush(&self->mon.sender);
    if (sender_waiting(&self->mon.sender) == 0) {
        chardev_accept_input(self->mon.chr);
    }
}

static void event(void *opaque, ChardevEvent what)
{
    HmpMonitor *self = as_hmp(opaque);

    switch (what) {
    case CHARDEV_OPENED:
        if (!chardev_is_shared(self->mon.chr)) {
            greet(self);
        }
        break;
    case CHARDEV_FOCUS:
        greet(self);
        break;
    case CHARDEV_CLOSED:
        g_string_truncate(self->line, 0);
        sender_clear(&self->mon.sender);
        self->greeted = false;
        self->keys = KEY_PLAIN;
        break;
    default:
        break;
    }
}

static const ChardevFront front = {
    .can_receive = can_receive,
    .receive = receive,
    .event = event,
    .writable = writable,
};

/* ---- the class ---- */

static void hmp_init(Object *obj)
{
    as_hmp(obj)->line = g_string_new(NULL);
}

static void hmp_finish(Object *obj)
{
    g_string_free(as_hmp(obj)->line, true);
}

static bool hmp_realize(Object *obj, Error **errp)
{
    return !as_hmp(obj)->mon.pretty || fail(errp, "'pretty' is not compatible with HMP monitors");
}

CLASS(hmp_monitor_class) = {
    .name = "monitor-readline",
    .parent = &monitor_class,
    .desc = "Monitor for people (HMP)",
    .size = sizeof(HmpMonitor),
    .ops = &front,
    .internal = true,
    .init = hmp_init,
    .realize = hmp_realize,
    .finish = hmp_finish,
};
