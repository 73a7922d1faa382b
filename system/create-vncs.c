/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VNC servers from -vnc and -display vnc=. */
#include "lib/log.h"
#include "system/create.h"
#include "ui/layout.h"
#include "ui/vnc.h"

/* A guest is not lost for want of a layout: most clients tell keys by their places. */
static void use_layout(const char *name)
{
    Error *err = NULL;

    if (!layout_use(name, &err)) {
        fail(&err, "-k %s: keys of clients that tell letters are looked for on a US keyboard", name);
        warn_report(err, NULL);
    }
}

bool create_vncs(Settings *settings, Error **errp)
{
    if (settings->layout && settings->vncs->len > 0) {
        use_layout(settings->layout);
    }
    for (unsigned i = 0; i < settings->vncs->len; i++) {
        const OptionUse *use = settings->vncs->pdata[i];
        if (!vnc_start(use->settings, errp)) {
            return fail(errp, "%s", use->context);
        }
    }
    return true;
}
