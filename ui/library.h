/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared libraries that are loaded when somebody needs them: the start of a guest that does not is not to wait for them. */
#ifndef UI_LIBRARY_H
#define UI_LIBRARY_H

#include <stddef.h>

#include "lib/error.h"

/* A function or variable of the library, and where its address goes. */
typedef struct LibraryName {
    const char *name;
    void **to;
} LibraryName;

/* Load @file (a soname) for good and look up @count names; false with *errp set when it, or one of them, is not there. */
bool library_load(const char *file, const LibraryName *names, size_t count, Error **errp);

#endif
