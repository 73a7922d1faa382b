/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time and timers. The virtual clock counts nanoseconds while the guest runs
 * and starts at 0; under qtest it moves only when told. Timers run in the main
 * thread with vm_lock held. All calls need vm_lock.
 */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define NS_PER_SECOND INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

typedef enum Clock {
    CLOCK_GUEST,    /* virtual: stands still while the machine is stopped */
    CLOCK_HOST,     /* monotonic time of the host */
    CLOCK_COUNT
} Clock;

typedef struct Timer {
    Clock clock;
    int64_t deadline;       /* ns on its clock; -1: not set */
    void (*fn)(void *opaque);
    void *opaque;
    struct Timer *next;     /* set timers are a list sorted by deadline */
} Timer;

/* Nanoseconds; CLOCK_GUEST may be read without vm_lock. */
int64_t clock_now(Clock clock);

void timer_init(Timer *timer, Clock clock, void (*fn)(void *opaque), void *opaque);

/* (Re)arm for @deadline; a deadline in the past runs as soon as possible. */
void timer_set(Timer *timer, int64_t deadline);

/* A timer that is not set, or all zero, is accepted. */
void timer_cancel(Timer *timer);

static inline bool timer_is_set(const Timer *timer)
{
    return timer->deadline >= 0;
}

/* Start and stop the guest's clock: the run state does. */
void clock_guest_run(bool run);

/* qtest: the guest's clock is moved by clock_step_to() alone. */
void clock_guest_manual(void);
bool clock_is_manual(void);

/* The next deadline of a guest timer, or -1. */
int64_t clock_next_deadline(void);

/* Manual clock: move to @ns, running due timers in order with the clock at each deadline. */
void clock_step_to(int64_t ns);

#endif
