/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VNC servers from -vnc and -display vnc=. */
#include "system/create.h"
#include "ui/vnc.h"

bool create_vncs(Settings *settings, Error **errp)
{
    for (unsigned i = 0; i < settings->vncs->len; i++) {
        const OptionUse *use = settings->vncs->pdata[i];
        if (!vnc_start(use->settings, errp)) {
            return fail(errp, "%s", use->context);
        }
    }
    return true;
}
