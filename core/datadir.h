/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where firmware images lie: -L folders first, then the install prefix, then the distribution's folders. */
#ifndef CORE_DATADIR_H
#define CORE_DATADIR_H

#include "lib/error.h"

/* Search @path before all folders added later. */
void datadir_add(const char *path);

/* Folders in search order, one a line, for "-L help"; the caller frees it. */
char *datadir_describe(void);

/*
 * The path of image @name: itself when it names a readable file, or the first
 * folder's that has it. NULL with *errp set when there is none. The caller frees it.
 */
char *datadir_find(const char *name, Error **errp);

#endif
