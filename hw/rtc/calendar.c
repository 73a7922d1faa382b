/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers of the MC146818A to and from seconds; see calendar.h. */
#include "hw/rtc/calendar.h"

#include <glib.h>
#include <time.h>

enum {
    PM = 0x80,
    ALARM_ANY = 0xc0,
    SECONDS_PER_DAY = 86400,
};

static uint8_t encode(const RtcFormat *format, unsigned value)
{
    return (uint8_t)(format->binary ? value : (value / 10) << 4 | value % 10);
}

static unsigned decode(const RtcFormat *format, uint8_t value)
{
    return format->binary ? value : (value >> 4) * 10u + (value & 0xf);
}

/* 12-hour mode counts 12 1 2 ... 11, twice. */
static uint8_t encode_hour(const RtcFormat *format, unsigned hour)
{
    if (format->hours24) {
        return encode(format, hour);
    }
    return encode(format, hour % 12 ? hour % 12 : 12) | (hour >= 12 ? PM : 0);
}

static unsigned decode_hour(const RtcFormat *format, uint8_t value)
{
    if (format->hours24) {
        return decode(format, value);
    }
    return decode(format, value & ~PM) % 12 + (value & PM ? 12 : 0);
}

void calendar_to_registers(int64_t seconds, const RtcFormat *format, uint8_t *registers)
{
    time_t when = seconds;
    struct tm tm = { 0 };

    gmtime_r(&when, &tm);
    int year = tm.tm_year + 1900;
    registers[RTC_SECONDS] = encode(format, (unsigned)tm.tm_sec);
    registers[RTC_MINUTES] = encode(format, (unsigned)tm.tm_min);
    registers[RTC_HOURS] = encode_hour(format, (unsigned)tm.tm_hour);
    registers[RTC_DAY_OF_WEEK] = encode(format, ((unsigned)tm.tm_wday + format->weekday_shift) % 7 + 1);
    registers[RTC_DAY] = encode(format, (unsigned)tm.tm_mday);
    registers[RTC_MONTH] = encode(format, (unsigned)tm.tm_mon + 1);
    registers[RTC_YEAR] = encode(format, (unsigned)((year - format->base_year) % 100 + 100) % 100);
    registers[RTC_CENTURY] = encode(format, (unsigned)(year / 100) % 100);
}

int64_t calendar_from_registers(const uint8_t *registers, RtcFormat *format)
{
    unsigned year = decode(format, registers[RTC_YEAR]) + (unsigned)(format->base_year % 100 + 100);
    struct tm tm = {
        .tm_sec = (int)decode(format, registers[RTC_SECONDS]),
        .tm_min = (int)decode(format, registers[RTC_MINUTES]),
        .tm_hour = (int)decode_hour(format, registers[RTC_HOURS]),
        .tm_mday = (int)decode(format, registers[RTC_DAY]),
        .tm_mon = (int)decode(format, registers[RTC_MONTH]) - 1,
        .tm_year = (int)(decode(format, registers[RTC_CENTURY]) * 100 + year % 100) - 1900,
    };
    unsigned weekday = decode(format, registers[RTC_DAY_OF_WEEK]) + 6;  /* register 1 is Sunday: 0 */
    int64_t seconds = timegm(&tm);

    format->weekday_shift = (weekday + 7 - (unsigned)tm.tm_wday) % 7;
    return seconds;
}

/* The registers are compared as they are, so a value that no time has matches never. */
static bool matches(uint8_t alarm, uint8_t now)
{
    return (alarm & ALARM_ANY) == ALARM_ANY || alarm == now;
}

int64_t calendar_next_alarm(int64_t after, const RtcFormat *format, const uint8_t *registers)
{
    int64_t t = after + 1;

    while (t <= after + SECONDS_PER_DAY) {
        unsigned of_day = (unsigned)((t % SECONDS_PER_DAY + SECONDS_PER_DAY) % SECONDS_PER_DAY);
        if (!matches(registers[RTC_HOURS_ALARM], encode_hour(format, of_day / 3600))) {
            t += 3600 - of_day % 3600;
        } else if (!matches(registers[RTC_MINUTES_ALARM], encode(format, of_day / 60 % 60))) {
            t += 60 - of_day % 60;
        } else if (!matches(registers[RTC_SECONDS_ALARM], encode(format, of_day % 60))) {
            t++;
        } else {
            return t;
        }
    }
    return -1;
}
