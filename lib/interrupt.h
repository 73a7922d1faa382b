/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The signals that end a run in order. They are blocked and read by the main
 * loop; whoever waits for something else looks here from time to time.
 */
#ifndef LIB_INTERRUPT_H
#define LIB_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

/* SIGTERM, SIGINT, SIGHUP. */
sigset_t interrupt_signals(void);

/* One of them has come and nobody has read it. */
bool interrupt_pending(void);

#endif
