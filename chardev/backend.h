/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the backends of character devices share; nobody outside this folder includes it. */
#ifndef CHARDEV_BACKEND_H
#define CHARDEV_BACKEND_H

#include "chardev/chardev.h"
#include "core/clock.h"
#include "core/mainloop.h"

typedef struct ChardevOps {
    /* Where output goes; NULL: to the stream. Returns the bytes accepted. */
    size_t (*write)(Chardev *chr, const uint8_t *data, size_t len);
    /* The stream ended: end of file, connection closed, error. NULL: input ends, output goes on. */
    void (*hangup)(Chardev *chr);
    /* Take what is not data out of input, in place; returns the bytes left. NULL: all is data. */
    size_t (*filter)(Chardev *chr, uint8_t *data, size_t len);
    /* For chardev_filename(); NULL: the backend's name. */
    char *(*filename)(const Chardev *chr);
} ChardevOps;

/* Bytes to and from file descriptors. */
typedef struct Stream {
    int in_fd, out_fd;      /* -1: that direction does not exist; may be the same */
    bool is_socket;         /* send() rather than write(): no SIGPIPE */
    Watch *in_watch, *out_watch;
    GByteArray *pending;    /* output not yet taken, at most CHARDEV_PENDING_MAX */
    Timer stall;
    bool stalled;           /* nothing was taken for CHARDEV_STALL_MS: output that does not fit is dropped */
    bool refused;           /* a write was accepted in part: writable is owed */
} Stream;

typedef struct Attached {
    const ChardevFront *front;
    void *opaque;
} Attached;

struct Chardev {
    Object obj;
    char *label;            /* property id */
    bool mux;
    char *logfile;
    bool logappend;

    Attached fronts[CHARDEV_FRONTS_MAX];
    unsigned front_count, focus;
    bool escaped;           /* mux: Ctrl-A was typed */
    GByteArray *typed;      /* mux: input the focused front end had no room for */
    bool open;
    int log_fd;
    Stream stream;
};

/* ---- chardev.c ---- */

const ChardevOps *chardev_ops(const Chardev *chr);

/* The other side came or went: tells the front ends when that is news. */
void chardev_set_open(Chardev *chr, bool open);

void chardev_tell(Chardev *chr, ChardevEvent event);

/* What the front end with the focus takes now; 0 without one: input waits until somebody listens. */
size_t chardev_room(Chardev *chr);

void chardev_deliver(Chardev *chr, const uint8_t *data, size_t len);

/* Descriptors that came with input; a front end takes them over, or they are closed. */
void chardev_deliver_descriptors(Chardev *chr, const int *fds, unsigned count);

/* The front end with the focus is told so. */
void chardev_tell_focus(Chardev *chr);

/* Output must not get lost: a front end is patient. */
bool chardev_is_patient(const Chardev *chr);

/* ---- mux.c ---- */

/* Input of a chardev with mux=on: looks for escapes, then delivers or keeps. */
void mux_receive(Chardev *chr, const uint8_t *data, size_t len);
void mux_flush(Chardev *chr);

/* ---- stream.c ---- */

void stream_init(Chardev *chr);

/* The stream owns both descriptors from now on. */
void stream_open(Chardev *chr, int in_fd, int out_fd);

/* Close the descriptors and forget pending output. A stream that is not open is accepted. */
void stream_close(Chardev *chr);

size_t stream_write(Chardev *chr, const uint8_t *data, size_t len);

/* Look for input when the front end has room, and only then. */
void stream_watch_input(Chardev *chr);

/* ---- legacy.c ---- */

/* "HOST:PORT", "[IPV6]:PORT", ":PORT" to settings host and port. */
bool legacy_host_port(KeyVals *kv, const char *text, Error **errp);

/* ---- file.c ---- */

/* Open for a chardev, with O_CLOEXEC | O_NOCTTY; -1 with "Could not open 'PATH': reason". */
int chardev_open_file(const char *path, int flags, Error **errp);

#endif
