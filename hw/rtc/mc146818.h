/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PC's real-time clock and CMOS memory: Motorola MC146818A at ports 0x70 and 0x71, interrupt 8. */
#ifndef HW_RTC_MC146818_H
#define HW_RTC_MC146818_H

#include <stdbool.h>
#include <stdint.h>

#include "core/class.h"
#include "core/notify.h"

typedef struct Rtc Rtc;

/* What makes the calendar advance: the words of -rtc clock=. */
typedef enum RtcClock {
    RTC_CLOCK_HOST,     /* the host's wall clock; goes on while the guest is stopped */
    RTC_CLOCK_RT,       /* the host's monotonic clock */
    RTC_CLOCK_VM,       /* the guest's clock; qtest: moves only when told */
} RtcClock;

extern const Class rtc_class;       /* "mc146818rtc" */

/*
 * The option -rtc: base=utc|localtime|DATE, clock=host|rt|vm, driftfix=none|slew.
 * Before the machine is made; without it the clock shows UTC of the host.
 */
bool rtc_configure(const char *option_text, Error **errp);

/* The machine's clock, or NULL before it exists. */
Rtc *rtc_find(void);

/* Set the calendar to @seconds since 1970-01-01 00:00:00, as the guest shall read it, and what makes it advance. */
void rtc_set_base(Rtc *rtc, int64_t seconds, RtcClock clock);

/* CMOS memory, 0x0e to 0x7f, without the century byte. */
void rtc_set_cmos(Rtc *rtc, unsigned index, uint8_t value);
uint8_t rtc_get_cmos(const Rtc *rtc, unsigned index);

/* Seconds since 1970-01-01 00:00:00 as the guest reads them. */
int64_t rtc_seconds(const Rtc *rtc);

/* Forget the periodic interrupts the guest was too slow for: it learnt the time from elsewhere. */
void rtc_forget_lost_ticks(Rtc *rtc);

/* The same as year, month ..., in the form of struct tm. */
Json *rtc_date(const Rtc *rtc);

/* The guest has set its clock: RTC_CHANGE tells, @ahead seconds of what -rtc base= would show. */
void rtc_tell_change(Rtc *rtc, int64_t ahead);

#endif
