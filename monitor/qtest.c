/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The qtest server: lines in, replies out, a log of both; see qtest.h. */
#include "monitor/qtest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "chardev/sender.h"
#include "core/pins.h"

/* A line longer than this is thrown away and answered FAIL: a block written in hex of twice its bytes still fits. */
#define LINE_MAX_BYTES (UINT64_C(640) << 20)

typedef struct QtestServer {
    Object obj;
    char *chardev_id, *log_path;
    Chardev *chr;
    Sender sender;
    GString *line;          /* what has come of the next request */
    bool overlong;          /* ... of which the beginning was thrown away */
    QtestIrqs irqs;
    FILE *log;
    int64_t opened_at;      /* us, when somebody came */
} QtestServer;

static void write_log(QtestServer *server, char kind, const char *text)
{
    double elapsed = (double)(g_get_monotonic_time() - server->opened_at) / G_USEC_PER_SEC;

    if (server->log) {
        fprintf(server->log, "[%c %s%.6f] %s\n", kind, server->opened_at ? "+" : "", server->opened_at ? elapsed : 0.0, text);
        fflush(server->log);
    }
}

static void send_line(void *opaque, const char *line)
{
    QtestServer *server = opaque;

    g_autofree char *whole = g_strconcat(line, "\n", NULL);

    write_log(server, 'S', line);
    sender_write(&server->sender, whole, strlen(whole));    /* at once: some clients take what they read for a line */
}

static void handle_line(QtestServer *server)
{
    g_autofree char *line = g_strdup(server->line->str);

    g_string_truncate(server->line, 0);
    if (server->overlong) {
        server->overlong = false;
        send_line(server, "FAIL the line is too long");
        return;
    }
    write_log(server, 'R', line);
    g_autofree char *reply = qtest_request(&server->irqs, line);
    send_line(server, reply);
}

static void append(QtestServer *server, const uint8_t *data, size_t len)
{
    if (server->overlong || server->line->len + len > LINE_MAX_BYTES) {
        server->overlong = true;
        g_string_truncate(server->line, 0);
        return;
    }
    g_string_append_len(server->line, (const char *)data, (gssize)len);
}

static void receive(void *opaque, const uint8_t *data, size_t len)
{
    QtestServer *server = opaque;

    for (const uint8_t *end; (end = memchr(data, '\n', len)); len -= (size_t)(end + 1 - data), data = end + 1) {
        append(server, data, (size_t)(end - data));
        handle_line(server);
    }
    append(server, data, len);
}

/* Nothing more is read while replies pile up. */
static size_t can_receive(void *opaque)
{
    enum { AT_ONCE = 64 * 1024 };
    QtestServer *server = opaque;

    return sender_waiting(&server->sender) > 0 ? 0 : AT_ONCE;
}

static void writable(void *opaque)
{
    QtestServer *server = opaque;

    sender_flush(&server->sender);
    if (sender_waiting(&server->sender) == 0) {
        chardev_accept_input(server->chr);
    }
}

static void event(void *opaque, ChardevEvent what)
{
    QtestServer *server = opaque;

    if (what == CHARDEV_OPENED) {
        server->opened_at = 0;
        write_log(server, 'I', "OPENED");
        server->opened_at = g_get_monotonic_time();
        g_byte_array_set_size(server->irqs.levels, 0);
    } else if (what == CHARDEV_CLOSED) {
        write_log(server, 'I', "CLOSED");
        sender_clear(&server->sender);
        g_string_truncate(server->line, 0);
    }
}

static const ChardevFront front = {
    .can_receive = can_receive,
    .receive = receive,
    .event = event,
    .writable = writable,
};

static bool open_log(QtestServer *server, Error **errp)
{
    if (!server->log_path) {
        server->log = stderr;
    } else if (!g_str_equal(server->log_path, "none")) {
        server->log = fopen(server->log_path, "we");
    } else {
        return true;
    }
    return server->log || fail_errno(errp, errno, "cannot open the qtest log '%s'", server->log_path);
}

static bool qtest_realize(Object *obj, Error **errp)
{
    QtestServer *server = (QtestServer *)obj;

    if (!server->chardev_id) {
        return fail(errp, "No backend specified");
    }
    server->line = g_string_new(NULL);
    server->irqs = (QtestIrqs){ .levels = g_byte_array_new(), .send = send_line, .opaque = server };
    if (!open_log(server, errp)) {
        return false;
    }
    server->sender.chr = chardev_find(server->chardev_id);
    return chardev_attach_id(&server->chr, server->chardev_id, &front, server, errp);
}

static void qtest_unrealize(Object *obj)
{
    QtestServer *server = (QtestServer *)obj;

    pins_unobserve(&server->irqs);
    chardev_detach(server->chr, server);
    sender_clear(&server->sender);
    if (server->log && server->log != stderr) {
        fclose(server->log);
    }
    if (server->line) {
        g_string_free(server->line, true);
        g_byte_array_unref(server->irqs.levels);
    }
}

CLASS(qtest_class) = {
    .name = "qtest",
    .parent = &user_creatable_class,
    .desc = "Server of the qtest protocol",
    .size = sizeof(QtestServer),
    .props = (const Property[]){
        PROP(QtestServer, chardev_id, str, "chardev", NULL, "Character device the test is on"),
        PROP(QtestServer, log_path, str, "log", NULL, "File for a log of the traffic; none: no log; not given: stderr"),
        { }
    },
    .realize = qtest_realize,
    .unrealize = qtest_unrealize,
};
