/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where firmware images lie: -L folders first, then the install prefix, then the distribution's folders. */
#ifndef CORE_DATADIR_H
#define CORE_DATADIR_H

#include "lib/error.h"

/* -L: search @path before all folders added later, and before the defaults. */
void datadir_add(const char *path);

/* A folder that is searched when none of -L has the image. */
void datadir_add_default(const char *path);

/* Folders in search order, one a line, for "-L help"; the caller frees it. */
char *datadir_describe(void);

/*
 * The path of image @name: itself when it names something readable, or the first
 * folder's that has it. NULL with *errp set when there is none. The caller frees it.
 */
char *datadir_find(const char *name, Error **errp);

#endif
