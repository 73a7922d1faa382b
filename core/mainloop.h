/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The main loop: a GLib main context whose callbacks run with vm_lock held; the
 * lock is free while the loop waits.
 */
#ifndef CORE_MAINLOOP_H
#define CORE_MAINLOOP_H

#include <glib.h>
#include <stdbool.h>

typedef struct Watch Watch;

/* Take vm_lock for this thread and prepare the loop. */
void main_loop_init(void);

/* Run until main_loop_quit(); returns its status. Call with vm_lock held. */
int main_loop_run(void);

/* From the main thread or with vm_lock held: leave the loop with @status. The first call wins. */
void main_loop_quit(int status);

/* main_loop_quit() was called. */
bool main_loop_ended(void);

/* Run @fn once in the main thread, with vm_lock held, soon. From any thread. */
void main_loop_defer(void (*fn)(void *opaque), void *opaque);

/* Call @fn while @fd has @condition (G_IO_IN, G_IO_OUT, G_IO_HUP ...). */
Watch *watch_new(int fd, GIOCondition condition, void (*fn)(void *opaque, GIOCondition got), void *opaque);

/* NULL is accepted. */
void watch_free(Watch *watch);

/* For eventfds: take the event, then call @fn. */
Watch *watch_event(int fd, void (*fn)(void *opaque), void *opaque);

#endif
