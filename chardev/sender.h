/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Output of a front end that must arrive whole: what the character device does
 * not take now waits here and goes out as there is room.
 */
#ifndef CHARDEV_SENDER_H
#define CHARDEV_SENDER_H

#include "chardev/chardev.h"

typedef struct Sender {
    Chardev *chr;
    GString *waiting;       /* NULL: nothing was ever late */
} Sender;

/* Bytes that wait. */
size_t sender_waiting(const Sender *sender);

/* Send all of it, now or later. */
void sender_write(Sender *sender, const void *data, size_t len);

/* The front end's writable calls it. */
void sender_flush(Sender *sender);

/* Forget what waits: the other side has gone. */
void sender_clear(Sender *sender);

#endif
