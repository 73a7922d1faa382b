/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time and timers; see clock.h. */
#include "core/clock.h"

#include <glib.h>
#include <stdatomic.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "core/mainloop.h"
#include "lib/interrupt.h"

static Timer *set_timers[CLOCK_COUNT];
static int wake_fd[CLOCK_COUNT] = { -1, -1 };

/* The guest's clock is host time minus @guest_base while it runs, @guest_stopped_at while it does not. */
static atomic_bool guest_runs;
static atomic_bool guest_manual;
static atomic_llong guest_base, guest_stopped_at;

static int64_t host_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * NS_PER_SECOND + ts.tv_nsec;
}

int64_t clock_now(Clock clock)
{
    if (clock == CLOCK_HOST) {
        return host_now();
    }
    return guest_runs ? host_now() - guest_base : guest_stopped_at;
}

static void run_due(Clock clock)
{
    while (set_timers[clock] && set_timers[clock]->deadline <= clock_now(clock)) {
        Timer *timer = set_timers[clock];
        set_timers[clock] = timer->next;
        timer->deadline = -1;
        timer->fn(timer->opaque);
    }
}

static void wake_for_next(Clock clock);

static void on_wake(void *opaque)
{
    Clock clock = (Clock)GPOINTER_TO_INT(opaque);

    run_due(clock);
    wake_for_next(clock);
}

/* Arm the timerfd for the first deadline; disarm when there is none or time stands still. */
static void wake_for_next(Clock clock)
{
    struct itimerspec when = { 0 };
    const Timer *first = set_timers[clock];

    if (wake_fd[clock] < 0) {
        if (!first) {
            return;
        }
        wake_fd[clock] = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
        g_assert(wake_fd[clock] >= 0);
        watch_event(wake_fd[clock], on_wake, GINT_TO_POINTER(clock));
    }
    if (first && (clock == CLOCK_HOST || guest_runs)) {
        int64_t at = first->deadline + (clock == CLOCK_GUEST ? guest_base : 0);
        at = MAX(at, 1);    /* 0 would disarm */
        when.it_value.tv_sec = at / NS_PER_SECOND;
        when.it_value.tv_nsec = at % NS_PER_SECOND;
    }
    timerfd_settime(wake_fd[clock], TFD_TIMER_ABSTIME, &when, NULL);
}

void timer_init(Timer *timer, Clock clock, void (*fn)(void *opaque), void *opaque)
{
    *timer = (Timer){ .clock = clock, .deadline = -1, .fn = fn, .opaque = opaque };
}

static bool unlink_timer(Timer *timer)
{
    for (Timer **at = &set_timers[timer->clock]; *at; at = &(*at)->next) {
        if (*at == timer) {
            *at = timer->next;
            timer->deadline = -1;
            return true;
        }
    }
    return false;
}

void timer_set(Timer *timer, int64_t deadline)
{
    Timer **at = &set_timers[timer->clock];

    unlink_timer(timer);
    timer->deadline = MAX(deadline, 0);
    while (*at && (*at)->deadline <= timer->deadline) {
        at = &(*at)->next;
    }
    timer->next = *at;
    *at = timer;
    if (set_timers[timer->clock] == timer) {
        wake_for_next(timer->clock);
    }
}

void timer_cancel(Timer *timer)
{
    if (timer->fn && unlink_timer(timer)) {
        wake_for_next(timer->clock);
    }
}

void clock_guest_run(bool run)
{
    if (guest_manual || run == guest_runs) {
        return;
    }
    if (run) {
        guest_base = host_now() - guest_stopped_at;
        guest_runs = true;
    } else {
        guest_stopped_at = clock_now(CLOCK_GUEST);
        guest_runs = false;
    }
    wake_for_next(CLOCK_GUEST);
}

void clock_guest_manual(void)
{
    guest_manual = true;
}

bool clock_is_manual(void)
{
    return guest_manual;
}

int64_t clock_next_deadline(void)
{
    return set_timers[CLOCK_GUEST] ? set_timers[CLOCK_GUEST]->deadline : -1;
}

void clock_step_to(int64_t ns)
{
    enum { LOOK_AROUND = 4096 };    /* timers between two looks for a signal: years of a fast timer take hours */

    for (unsigned i = 1; set_timers[CLOCK_GUEST] && set_timers[CLOCK_GUEST]->deadline <= ns; i++) {
        guest_stopped_at = MAX(guest_stopped_at, set_timers[CLOCK_GUEST]->deadline);
        run_due(CLOCK_GUEST);
        if (i % LOOK_AROUND == 0 && interrupt_pending()) {
            return;
        }
    }
    guest_stopped_at = MAX(guest_stopped_at, ns);
}
