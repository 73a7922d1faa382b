/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wait of --preconfig; see preconfig.h. */
#include "system/preconfig.h"

#include "core/mainloop.h"
#include "monitor/monitor.h"
#include "system/daemon.h"

bool preconfig(Settings *settings, Error **errp)
{
    if (!settings->preconfig) {
        return true;
    }
    monitor_set_stage(MONITOR_STAGE_PRECONFIG);
    daemon_ready();     /* whoever is to configure us may wait for that */
    while (monitor_stage() == MONITOR_STAGE_PRECONFIG && !main_loop_ended()) {
        g_main_context_iteration(NULL, true);
    }
    return true;
}

static bool exit_preconfig(QmpCall *call, Error **errp)
{
    if (monitor_stage() != MONITOR_STAGE_PRECONFIG) {
        return fail(errp, "The command is permitted only before machine initialization");
    }
    monitor_set_stage(MONITOR_STAGE_NOTHING);   /* commands wait until there is a machine */
    return true;
}

QMP_COMMAND(exit_preconfig_command) = {
    .name = "x-exit-preconfig",
    .help = "End the wait of --preconfig: make the machine, and start it unless -S says otherwise.",
    .run = exit_preconfig,
    .preconfig = true,
};
