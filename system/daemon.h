/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Going to the background: the parent waits until the machine is set up and takes its exit status from that. */
#ifndef SYSTEM_DAEMON_H
#define SYSTEM_DAEMON_H

#include <stdbool.h>

#include "lib/error.h"

/* Fork; the parent never returns. The child is in a session of its own. Call before threads exist. */
bool daemon_start(Error **errp);

/* Release the parent with status 0 and let go of the terminal. Does nothing without daemon_start(). */
void daemon_ready(void);

/* Write this process's id to @path and lock it; the file goes at daemon_remove_pidfile(). */
bool daemon_write_pidfile(const char *path, Error **errp);
void daemon_remove_pidfile(void);

#endif
