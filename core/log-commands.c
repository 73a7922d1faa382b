/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The HMP command log: what is reported while the guest runs, as -d does from the start. */
#include "core/command.h"
#include "lib/log.h"

static bool hmp_log(GString *out, const char *args, Error **errp)
{
    bool all_off = g_str_equal(args, "none");

    if (!*args) {
        return fail(errp, "log: string expected");
    }
    if (all_off || g_str_equal(args, "guest_errors")) {
        log_guest_enable(!all_off);
    } else {
        g_string_append(out, "Log items:\nnone            report nothing\nguest_errors    report odd things the guest does\n");
    }
    return true;
}

HMP_COMMAND(hmp_log_row) = { .name = "log", .args = "none|guest_errors", .help = "Report odd things the guest does, or nothing", .run = hmp_log };
