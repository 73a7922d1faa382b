/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptors others opened for us: by name (getfd), or in sets by number (add-fd, -add-fd), which
 * are opened as files: "/dev/fdset/3". A management tool that runs us without rights
 * hands in what we may not open ourselves.
 */
#ifndef LIB_FD_NAMES_H
#define LIB_FD_NAMES_H

#include <glib.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/error.h"

/* ---- by name; the descriptor belongs to the store until it is taken ---- */

/* One of that name is closed. */
void fd_name_add(const char *name, int fd);

/* -1 with *errp set: "File descriptor named 'NAME' not found". */
int fd_name_take(const char *name, Error **errp);

/* ---- in sets ---- */

typedef struct FdSetEntry {
    int64_t set;
    int fd;
    char *opaque;           /* a note of whoever added it, or NULL */
} FdSetEntry;

/* Add @fd, which is the set's from now on; returns the set, for a @set of -1 the first that was free. */
int64_t fdset_add(int64_t set, int fd, const char *opaque);

/* Close one descriptor of the set, or all for @fd -1. */
bool fdset_remove(int64_t set, int fd, Error **errp);

/* Entries by set, for the caller to look at until the next change; he frees the array alone. */
GPtrArray *fdset_list(void);

/*
 * open(), but "/dev/fdset/N" is a duplicate of the set's descriptor whose access mode is that of @flags. The fd, with O_CLOEXEC,
 * or -errno: -ENOENT when there is no such set, -EACCES when none of it fits.
 */
int file_open(const char *path, int flags, mode_t mode);

#endif
