/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Libraries on demand; see library.h. */
#include "ui/library.h"

#include <dlfcn.h>

bool library_load(const char *file, const LibraryName *names, size_t count, Error **errp)
{
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);

    if (!library) {
        return fail(errp, "%s", dlerror());
    }
    for (size_t i = 0; i < count; i++) {
        *names[i].to = dlsym(library, names[i].name);
        if (!*names[i].to) {
            dlclose(library);
            return fail(errp, "%s has no %s", file, names[i].name);
        }
    }
    return true;
}
