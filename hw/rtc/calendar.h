/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time as the MC146818A shows it in its registers, to and from seconds since 1970. Pure functions. */
#ifndef HW_RTC_CALENDAR_H
#define HW_RTC_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

enum {
    RTC_SECONDS, RTC_SECONDS_ALARM, RTC_MINUTES, RTC_MINUTES_ALARM, RTC_HOURS, RTC_HOURS_ALARM,
    RTC_DAY_OF_WEEK, RTC_DAY, RTC_MONTH, RTC_YEAR,
    RTC_CENTURY = 0x32,
};

/* How registers are to be read: bits of register B, and what year register 9 counts from. */
typedef struct RtcFormat {
    bool binary;        /* DM; else BCD */
    bool hours24;       /* 24/12 */
    int base_year;
    unsigned weekday_shift; /* the day of the week is a counter of its own (0 to 6 days ahead of the calendar) */
} RtcFormat;

/* @registers is CMOS; the time registers and the century byte are written. */
void calendar_to_registers(int64_t seconds, const RtcFormat *format, uint8_t *registers);

/* Any contents of the registers give a time; @format's weekday_shift is set from the day of the week. */
int64_t calendar_from_registers(const uint8_t *registers, RtcFormat *format);

/*
 * The first second after @after that matches the alarm registers, or -1: none
 * does. A register with both upper bits set matches all (MC146818A, "Time,
 * calendar and alarm locations").
 */
int64_t calendar_next_alarm(int64_t after, const RtcFormat *format, const uint8_t *registers);

#endif
