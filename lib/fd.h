/* SPDX-License-Identifier: GPL-2.0-or-later */
/* File descriptors: whole reads and writes, eventfds, files mapped as bytes. */
#ifndef LIB_FD_H
#define LIB_FD_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/error.h"

/* Close *fd if it is not negative and make it -1; errno is kept. */
void fd_close(int *fd);

/* Write all of it, over EINTR and short writes. Returns 0 or -errno. */
int fd_write_all(int fd, const void *data, size_t len);

/* A non-blocking close-on-exec eventfd, or -errno. */
int eventfd_new(void);

/* Take what was signalled since the last call; false: nothing. */
bool eventfd_take(int fd);

void eventfd_signal(int fd);

/*
 * The contents of a file, mapped privately (large images cost no read), or all
 * that comes through a pipe; "Could not open 'PATH': reason". A signal that is
 * to end the run ends the wait for a pipe.
 */
GBytes *file_map(const char *path, Error **errp);

#endif
