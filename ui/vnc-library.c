/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvncserver on demand; see vnc-library.h. */
#include "ui/vnc-library.h"

#include <glib.h>

#include "ui/library.h"

VncLibrary vnc_library;

#define FUNCTION(name) { #name, (void **)&vnc_library.name },

static const LibraryName names[] = {
    VNC_LIBRARY_FUNCTIONS(FUNCTION)
    { "rfbLog", (void **)&vnc_library.log }, { "rfbErr", (void **)&vnc_library.err },
};

bool vnc_library_load(Error **errp)
{
    static bool loaded;

    loaded = loaded || library_load("libvncserver.so.1", names, G_N_ELEMENTS(names), errp);
    if (!loaded) {
        fail(errp, "the VNC server needs a library");
        return hint(errp, "Install it: apt-get install libvncserver1");
    }
    return true;
}
