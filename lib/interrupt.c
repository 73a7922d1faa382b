/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The signals that end a run in order; see interrupt.h. */
#include "lib/interrupt.h"

static const int signals[] = { SIGTERM, SIGINT, SIGHUP };

enum { SIGNAL_COUNT = sizeof(signals) / sizeof(signals[0]) };

sigset_t interrupt_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    for (int i = 0; i < SIGNAL_COUNT; i++) {
        sigaddset(&set, signals[i]);
    }
    return set;
}

bool interrupt_pending(void)
{
    sigset_t pending;
    bool any = false;

    sigpending(&pending);
    for (int i = 0; i < SIGNAL_COUNT; i++) {
        any = any || sigismember(&pending, signals[i]) == 1;
    }
    return any;
}
