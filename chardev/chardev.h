/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Character devices: where the bytes of a serial port, a debug console or a
 * monitor come from and go to. A backend ("stdio", "file", "socket" ...) is a
 * class below chardev_class; what stands on it is its front end: one, or with
 * mux=on up to four that take turns.
 *
 * Nothing here ever waits for the other side. Output that the other side does
 * not take is kept, up to CHARDEV_PENDING_MAX bytes; then chardev_write()
 * accepts less and the front end is told (writable) when there is room. A
 * reader that takes nothing for CHARDEV_STALL_MS loses what does not fit, so
 * that a forgotten console never stops a guest (a patient front end, one that can wait itself, loses nothing). With no reader at all
 * (disconnected socket, closed pty) output is dropped.
 *
 * All calls need vm_lock; callbacks run in the main thread with it.
 */
#ifndef CHARDEV_CHARDEV_H
#define CHARDEV_CHARDEV_H

#include <stddef.h>
#include <stdint.h>

#include "core/class.h"

enum {
    CHARDEV_PENDING_MAX = 64 * 1024,
    CHARDEV_STALL_MS = 1000,
    CHARDEV_FRONTS_MAX = 4,
};

typedef struct Chardev Chardev;

typedef enum ChardevEvent {
    CHARDEV_OPENED,     /* somebody is on the other side; also told at attach when that is already so */
    CHARDEV_CLOSED,
    CHARDEV_BREAK,      /* a break condition on the line */
    CHARDEV_FOCUS,      /* mux=on: input comes here from now on; told at attach to the first, and to the one switched to */
} ChardevEvent;

/* What a front end is told; functions it has no use for are NULL (without receive, input is thrown away). */
typedef struct ChardevFront {
    size_t (*can_receive)(void *opaque);    /* bytes it takes now */
    void (*receive)(void *opaque, const uint8_t *data, size_t len); /* len <= what can_receive said */
    void (*event)(void *opaque, ChardevEvent event);
    void (*writable)(void *opaque);         /* chardev_write() had accepted less than all: try again */
    /* Descriptors came along with what receive() gets next; they are the front end's. NULL: they are closed. */
    void (*descriptors)(void *opaque, const int *fds, unsigned count);
    bool patient;           /* output never gets lost while somebody is there: it is the other side who waits */
} ChardevFront;

extern const Class chardev_class;       /* "chardev", abstract */

/* ---- making ---- */

/* From the text of -chardev: "stdio,id=x,mux=on" or JSON. NULL with *errp set. */
Object *chardev_create(const char *option_text, Error **errp);

/* The same from settings already parsed; @settings lacks "backend", holds "id". */
Chardev *chardev_create_kv(const char *backend, const KeyVals *settings, Error **errp);

/*
 * From the text of -serial, -monitor, -qtest ...: stdio, null, vc, pty, file:PATH, pipe:PATH, unix:PATH,...,
 * tcp:HOST:PORT,..., telnet:..., /dev/ttyX, mon:ANY; the new chardev is named @id. "chardev:ID" is the
 * existing one of that name. "none" gives NULL without an error.
 */
Chardev *chardev_from_legacy(const char *text, const char *id, Error **errp);

/* The chardev named @id, or NULL. */
Chardev *chardev_find(const char *id);

/* The class of a backend, by its name or an old one, or NULL. */
const Class *chardev_backend(const char *name);

/* Text of -chardev help; the caller frees it. */
char *chardev_help(void);

/* ---- asking ---- */

const char *chardev_label(const Chardev *chr);
bool chardev_is_open(const Chardev *chr);

/* A front end is attached. */
bool chardev_in_use(const Chardev *chr);

/* Several front ends take turns (mux=on). */
bool chardev_is_shared(const Chardev *chr);

/* What query-chardev calls filename: "pty:/dev/pts/3", "disconnected:unix:/tmp/x,server=on"; the caller frees it. */
char *chardev_filename(const Chardev *chr);

/* ---- front ends ---- */

/* Error "Device 'ID' is in use". @front must stay valid. */
bool chardev_attach(Chardev *chr, const ChardevFront *front, void *opaque, Error **errp);

/* Find @id and attach: for a device's property chardev. A NULL @id is fine and gives *ret_chr = NULL. */
bool chardev_attach_id(Chardev **ret_chr, const char *id, const ChardevFront *front, void *opaque, Error **errp);

/* A @chr of NULL or an @opaque that is not attached is accepted. */
void chardev_detach(Chardev *chr, void *opaque);

/*
 * Bytes accepted, 0 to @len; after less than @len the front end's writable is
 * called. A @chr of NULL swallows all.
 */
size_t chardev_write(Chardev *chr, const void *data, size_t len);

/* can_receive has grown from 0: deliver input again. NULL is accepted. */
void chardev_accept_input(Chardev *chr);

/* ---- ringbuf ---- */

bool chardev_is_ringbuf(const Chardev *chr);

/* Take up to @max bytes from a ringbuf, oldest first; NULL with *errp set when @chr is of another kind. */
GBytes *chardev_ringbuf_read(Chardev *chr, size_t max, Error **errp);

#endif
