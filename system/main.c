/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process: read the command line, run the phases, run the guest, end. */
#include <stdio.h>
#include <stdlib.h>

#include "core/accel.h"
#include "core/datadir.h"
#include "core/mainloop.h"
#include "lib/interrupt.h"
#include "lib/log.h"
#include "system/daemon.h"
#include "system/phases.h"
#include "system/settings.h"
#include "system/signals.h"

static void add_default_folders(void)
{
    g_auto(GStrv) folders = g_strsplit(IGD_DATADIR ":" IGD_FIRMWARE_PATH, ":", -1);

    for (char **at = folders; *at; at++) {
        datadir_add_default(*at);
    }
}

static int run(Settings *settings)
{
    Error *err = NULL;

    main_loop_init();
    if (!phases_up(settings, &err)) {
        bool interrupted = interrupt_pending();     /* what failed was a wait that the signal ended */
        error_report(err, NULL);
        phases_down();
        return interrupted ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    int status = main_loop_run();
    phases_down();
    return status;
}

int main(int argc, char **argv)
{
    Settings settings;
    Error *err = NULL;

    signals_block();
    add_default_folders();
    if (!settings_parse(&settings, argc, argv, &err)) {
        error_report(err, NULL);
        exit(EXIT_FAILURE);
    }
    if (settings.help) {
        fputs(settings.help, stdout);
        exit(EXIT_SUCCESS);
    }
    int status = run(&settings);
    settings_finish(&settings);
    exit(status);
}
