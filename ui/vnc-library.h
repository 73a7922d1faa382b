/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libvncserver, loaded when a VNC server is asked for: linked like the others it brings seventeen libraries along
 * (TLS, compression), and loading them would double the time to the first instruction of every guest.
 */
#ifndef UI_VNC_LIBRARY_H
#define UI_VNC_LIBRARY_H

#include <rfb/rfb.h>

#include "lib/error.h"

#define VNC_LIBRARY_FUNCTIONS(F)                                                                        \
    F(rfbClientConnectionGone) F(rfbEncryptBytes) F(rfbGetScreen) F(rfbMarkRectAsModified) F(rfbNewClient) \
    F(rfbNewFramebuffer) F(rfbProcessClientMessage) F(rfbScreenCleanup) F(rfbUpdateClient)

#define VNC_LIBRARY_MEMBER(name) __typeof__(&name) name;

/* The functions by their names; valid once loaded. */
typedef struct VncLibrary {
    VNC_LIBRARY_FUNCTIONS(VNC_LIBRARY_MEMBER)
    rfbLogProc *log, *err;      /* its variables rfbLog and rfbErr: where it reports to */
} VncLibrary;

extern VncLibrary vnc_library;

/* Load it, once; false with *errp set when it is not installed. */
bool vnc_library_load(Error **errp);

#endif
