/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tools are told about the real-time clock, and the command about it. */
#include <time.h>

#include "core/command.h"
#include "core/tree.h"
#include "hw/rtc/mc146818.h"

EVENT(event_rtc_change) = {
    .name = "RTC_CHANGE",
    .help = "The guest set its clock; offset: seconds it is now ahead of what -rtc base= would show",
    .data = "{offset:int,qom-path:str}",
};

void rtc_tell_change(Rtc *rtc, int64_t ahead)
{
    g_autofree char *path = tree_path((Object *)rtc);
    Json *data = json_add_int(json_new(), "offset", ahead);

    event_emit(&event_rtc_change, json_add_str(data, "qom-path", path));
}

/* The fields of C's struct tm, as tools know them. */
Json *rtc_date(const Rtc *rtc)
{
    time_t seconds = (time_t)rtc_seconds(rtc);
    Json *date = json_new();
    struct tm tm;

    gmtime_r(&seconds, &tm);
    json_add_int(date, "tm_year", tm.tm_year);
    json_add_int(date, "tm_mon", tm.tm_mon);
    json_add_int(date, "tm_mday", tm.tm_mday);
    json_add_int(date, "tm_hour", tm.tm_hour);
    json_add_int(date, "tm_min", tm.tm_min);
    return json_add_int(date, "tm_sec", tm.tm_sec);
}

static bool rtc_reset_reinjection(QmpCall *call, Error **errp)
{
    Rtc *rtc = rtc_find();

    if (rtc) {
        rtc_forget_lost_ticks(rtc);
    }
    return true;
}

QMP_COMMAND(qmp_rtc_reset_reinjection) = {
    .name = "rtc-reset-reinjection",
    .help = "Forget the periodic interrupts the guest was too slow for: it was told the time",
    .run = rtc_reset_reinjection,
};
