/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the option -rtc asked for. */
#ifndef HW_RTC_RTC_OPTION_H
#define HW_RTC_RTC_OPTION_H

#include "hw/rtc/mc146818.h"

typedef struct RtcOptions {
    bool local_time;
    bool fixed;             /* base= is a date */
    int64_t seconds;        /* that date, in seconds since 1970 */
    RtcClock clock;
} RtcOptions;

const RtcOptions *rtc_options(void);

/* Seconds since 1970 that the guest's calendar shall show now. */
int64_t rtc_options_base(const RtcOptions *options);

#endif
