/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SIGTERM, SIGINT and SIGHUP end the run in order, with status 0. */
#ifndef SYSTEM_SIGNALS_H
#define SYSTEM_SIGNALS_H

#include "lib/error.h"

/* Block the signals in all threads to come; they are read by the main loop. Call before threads exist. */
bool signals_start(Error **errp);

#endif
