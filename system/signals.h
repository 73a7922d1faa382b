/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SIGTERM, SIGINT and SIGHUP end the run in order, with status 0. */
#ifndef SYSTEM_SIGNALS_H
#define SYSTEM_SIGNALS_H

#include "lib/error.h"

/* Keep the signals waiting in all threads to come. Call first of all: a signal before ends the process its own way. */
void signals_block(void);

/* For a process that has nothing to put in order: signals do what they did before signals_block(). */
void signals_unblock(void);

/* Have the main loop read the signals, also those that came since signals_block(). */
bool signals_start(Error **errp);

#endif
