/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvncserver on demand; see vnc-library.h. */
#include "ui/vnc-library.h"

#include <dlfcn.h>
#include <glib.h>

#define LIBRARY "libvncserver.so.1"

VncLibrary vnc_library;

static void *library;

/* Where a name is in the library; NULL with *errp set. */
static void *look_up(const char *name, Error **errp)
{
    void *found = *errp ? NULL : dlsym(library, name);

    if (!found && !*errp) {
        fail(errp, "%s has no %s", LIBRARY, name);
    }
    return found;
}

#define LOOK_UP(name) *(void **)&vnc_library.name = look_up(#name, errp);

bool vnc_library_load(Error **errp)
{
    if (library) {
        return true;
    }
    library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        fail(errp, "the VNC server needs a library: %s", dlerror());
        return hint(errp, "Install it: apt-get install libvncserver1");
    }
    VNC_LIBRARY_FUNCTIONS(LOOK_UP)
    vnc_library.log = look_up("rfbLog", errp);
    vnc_library.err = look_up("rfbErr", errp);
    if (*errp) {
        dlclose(g_steal_pointer(&library));
    }
    return library != NULL;
}
