/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interrupts by eventfd; see msi.h. */
#include "core/msi.h"

#include <errno.h>
#include <glib.h>

static const MsiOps *ops;
static unsigned batch_depth;

void msi_set_ops(const MsiOps *new_ops)
{
    ops = new_ops;
}

void msi_send(MsiMessage message)
{
    if (ops) {
        ops->send(message);
    }
}

bool msi_routes_available(void)
{
    return ops && ops->route_new;
}

void msi_batch_begin(void)
{
    batch_depth++;
}

void msi_batch_commit(void)
{
    g_assert(batch_depth > 0);
    if (--batch_depth == 0 && ops) {
        ops->commit();
    }
}

MsiRoute *msi_route_new(MsiMessage message, int fd, Error **errp)
{
    if (!msi_routes_available()) {
        fail(errp, "The accelerator cannot deliver message interrupts by eventfd");
        return NULL;
    }
    msi_batch_begin();
    MsiRoute *route = ops->route_new(message, fd, errp);
    msi_batch_commit();
    return route;
}

void msi_route_update(MsiRoute *route, MsiMessage message)
{
    msi_batch_begin();
    ops->route_update(route, message);
    msi_batch_commit();
}

void msi_route_free(MsiRoute *route)
{
    if (route) {
        msi_batch_begin();
        ops->route_free(route);
        msi_batch_commit();
    }
}

int msi_line_attach(int gsi, int trigger, int resample)
{
    return ops && ops->line_attach ? ops->line_attach(gsi, trigger, resample) : -ENOSYS;
}

void msi_line_detach(int gsi, int trigger)
{
    if (ops && ops->line_detach) {
        ops->line_detach(gsi, trigger);
    }
}
