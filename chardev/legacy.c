/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The short form of -serial, -monitor, -qmp and -qtest: "tcp:HOST:PORT,server" and its relatives. */
#include <string.h>

#include "chardev/backend.h"

bool legacy_host_port(KeyVals *kv, const char *text, Error **errp)
{
    const char *colon = strrchr(text, ':');

    if (!colon || !colon[1]) {
        return fail(errp, "'%s' is not HOST:PORT", text);
    }
    bool bracketed = text[0] == '[' && colon > text && colon[-1] == ']';
    g_autofree char *host = bracketed ? g_strndup(text + 1, colon - text - 2) : g_strndup(text, colon - text);
    keyval_add(kv, "host", host);
    keyval_add(kv, "port", colon + 1);
    return true;
}

/* The rest is "FIRST,key=value,flag"; FIRST is the setting @implied. */
static bool read_options(KeyVals *kv, const char *rest, const char *implied, Error **errp)
{
    g_autoptr(KeyVals) options = keyval_parse(rest, implied, errp);

    if (options) {
        keyval_add_all(kv, options);
    }
    return options != NULL;
}

static bool read_nothing(KeyVals *kv, const char *rest, Error **errp)
{
    return true;
}

static bool read_path(KeyVals *kv, const char *rest, Error **errp)
{
    keyval_add(kv, "path", rest);
    return true;
}

static bool read_unix(KeyVals *kv, const char *rest, Error **errp)
{
    return read_options(kv, rest, "path", errp);
}

/* HOST:PORT may be "localhost:1234", ":1234" or "[::1]:1234"; flags follow. */
static bool read_tcp(KeyVals *kv, const char *rest, Error **errp)
{
    if (!read_options(kv, rest, "address", errp)) {
        return false;
    }
    g_autofree char *address = keyval_take(kv, "address");
    return address ? legacy_host_port(kv, address, errp) : fail(errp, "'%s' is not HOST:PORT", rest);
}

static bool read_telnet(KeyVals *kv, const char *rest, Error **errp)
{
    keyval_add(kv, "telnet", "on");
    return read_tcp(kv, rest, errp);
}

static const struct {
    const char *word;       /* ends in ':': a prefix, the rest is for read; else all of the text */
    const char *backend;
    bool (*read)(KeyVals *kv, const char *rest, Error **errp);
} forms[] = {
    { "stdio", "stdio", read_nothing },
    { "null", "null", read_nothing },
    { "pty", "pty", read_nothing },
    { "vc", "vc", read_nothing },
    { "vc:", "vc", read_nothing },
    { "ringbuf", "ringbuf", read_nothing },
    { "file:", "file", read_path },
    { "pipe:", "pipe", read_path },
    { "unix:", "socket", read_unix },
    { "tcp:", "socket", read_tcp },
    { "telnet:", "socket", read_telnet },
};

/* What follows @word in @text, or NULL when it is another form. */
static const char *match(const char *text, const char *word)
{
    size_t len = strlen(word);

    if (word[len - 1] == ':') {
        return g_str_has_prefix(text, word) ? text + len : NULL;
    }
    return g_str_equal(text, word) ? text + len : NULL;
}

/* Settings to @kv; returns the backend's name, or NULL with *errp set. */
static const char *read_form(KeyVals *kv, const char *text, Error **errp)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(forms); i++) {
        const char *rest = match(text, forms[i].word);
        if (rest) {
            return forms[i].read(kv, rest, errp) ? forms[i].backend : NULL;
        }
    }
    if (g_str_has_prefix(text, "/dev/")) {
        keyval_add(kv, "path", text);
        return "serial";
    }
    fail(errp, "'%s' is not a valid char driver", text);
    return NULL;
}

Chardev *chardev_from_legacy(const char *text, const char *id, Error **errp)
{
    g_autoptr(KeyVals) kv = keyval_new();
    const char *name = match(text, "chardev:"), *muxed = match(text, "mon:");

    if (g_str_equal(text, "none")) {
        return NULL;
    }
    if (name) {
        Chardev *chr = chardev_find(name);
        if (!chr) {
            fail(errp, "chardev '%s' not found", name);
        }
        return chr;
    }
    const char *backend = read_form(kv, muxed ? muxed : text, errp);
    if (!backend) {
        return NULL;
    }
    keyval_add(kv, "id", id);
    if (muxed) {
        keyval_add(kv, "mux", "on");
    }
    if (muxed && g_str_equal(backend, "stdio")) {
        keyval_add(kv, "signal", "off");    /* Ctrl-C is the guest's; Ctrl-A x ends us */
    }
    return chardev_create_kv(backend, kv, errp);
}
