/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VNC: consoles for people elsewhere, by libvncserver. A client never holds up the machine: vnc-client.c says
 * how.
 */
#ifndef UI_VNC_H
#define UI_VNC_H

#include "lib/keyval.h"

/*
 * A server as -vnc describes it: "vnc" is [HOST]:DISPLAY or unix:PATH, the others are those of vnc_keys. It stays
 * until vnc_stop_all().
 */
bool vnc_start(const KeyVals *settings, Error **errp);

void vnc_stop_all(void);

#endif
