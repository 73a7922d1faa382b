/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The main loop; see mainloop.h. */
#include "core/mainloop.h"

#include <glib-unix.h>
#include <stdbool.h>

#include "core/lock.h"
#include "lib/fd.h"

struct Watch {
    guint source;
    int fd;
    bool event;
    void (*on_fd)(void *opaque, GIOCondition got);
    void (*on_event)(void *opaque);
    void *opaque;
    bool running, freed;    /* a callback may free its own watch */
};

static bool quitting;
static int quit_status;

/* Sources run with the lock; waiting happens without it. */
static int poll_unlocked(GPollFD *fds, guint n, int timeout_ms)
{
    if (timeout_ms == 0) {
        return g_poll(fds, n, 0);
    }
    vm_unlock();
    int ready = g_poll(fds, n, timeout_ms);
    vm_lock();
    return ready;
}

void main_loop_init(void)
{
    vm_lock();
    g_main_context_set_poll_func(NULL, poll_unlocked);
}

int main_loop_run(void)
{
    while (!quitting) {
        g_main_context_iteration(NULL, true);
    }
    return quit_status;
}

void main_loop_quit(int status)
{
    if (!quitting) {
        quit_status = status;
        quitting = true;
        g_main_context_wakeup(NULL);
    }
}

bool main_loop_ended(void)
{
    return quitting;
}

typedef struct Deferred {
    void (*fn)(void *opaque);
    void *opaque;
} Deferred;

static gboolean run_deferred(gpointer data)
{
    Deferred *deferred = data;

    deferred->fn(deferred->opaque);
    return G_SOURCE_REMOVE;
}

void main_loop_defer(void (*fn)(void *opaque), void *opaque)
{
    Deferred *deferred = g_new(Deferred, 1);

    *deferred = (Deferred){ fn, opaque };
    g_idle_add_full(G_PRIORITY_DEFAULT, run_deferred, deferred, g_free);
}

static gboolean watch_ready(gint fd, GIOCondition got, gpointer data)
{
    Watch *watch = data;

    watch->running = true;
    if (!watch->event) {
        watch->on_fd(watch->opaque, got);
    } else if (eventfd_take(fd)) {
        watch->on_event(watch->opaque);
    }
    watch->running = false;
    if (watch->freed) {
        g_free(watch);
        return G_SOURCE_REMOVE;
    }
    return G_SOURCE_CONTINUE;
}

static Watch *watch_start(Watch init, GIOCondition condition)
{
    Watch *watch = g_memdup2(&init, sizeof(init));

    /* what has happened is dealt with before anybody asks about it */
    int priority = watch->event ? G_PRIORITY_HIGH : G_PRIORITY_DEFAULT;
    watch->source = g_unix_fd_add_full(priority, watch->fd, condition, watch_ready, watch, NULL);
    return watch;
}

Watch *watch_new(int fd, GIOCondition condition, void (*fn)(void *opaque, GIOCondition got), void *opaque)
{
    return watch_start((Watch){ .fd = fd, .on_fd = fn, .opaque = opaque }, condition);
}

Watch *watch_event(int fd, void (*fn)(void *opaque), void *opaque)
{
    return watch_start((Watch){ .fd = fd, .event = true, .on_event = fn, .opaque = opaque }, G_IO_IN);
}

void watch_free(Watch *watch)
{
    if (!watch) {
        return;
    }
    if (watch->running) {   /* the source goes when its callback returns */
        watch->freed = true;
        return;
    }
    g_source_remove(watch->source);
    g_free(watch);
}
