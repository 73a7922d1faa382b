/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real-time clock: calendar, alarms, periodic and update interrupts, freezing, memory. */
#include "hw/rtc/calendar.h"
#include "hw/rtc/mc146818.h"
#include "tests/unit/ask.h"
#include "tests/unit/event-log.h"
#include "tests/unit/isa-board.h"

enum { A = 0x0a, B = 0x0b, C = 0x0c, D = 0x0d, PF = 0x40, AF = 0x20, UF = 0x10, IRQF = 0x80, RTC_LINE = 8 };

#define SECOND NS_PER_SECOND

static Rtc *rtc;

static uint8_t get(unsigned index)
{
    outb(0x70, (uint8_t)index);
    return inb(0x71);
}

static void put(unsigned index, uint8_t value)
{
    outb(0x70, (uint8_t)index);
    outb(0x71, value);
}

static int64_t at(const char *text)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) date = g_date_time_new_from_iso8601(text, utc);

    g_assert_nonnull(date);
    return g_date_time_to_unix(date);
}

static void setup(const char *time)
{
    isa_board_up();
    rtc = (Rtc *)isa_board_add("mc146818rtc", "");
    rtc_set_base(rtc, at(time), RTC_CLOCK_VM);
}

/* "CCYY-MM-DD hh:mm:ss w" as the registers have it, in hex. */
static char *shown(void)
{
    return g_strdup_printf("%02x%02x-%02x-%02x %02x:%02x:%02x %x", get(RTC_CENTURY), get(RTC_YEAR), get(RTC_MONTH),
                           get(RTC_DAY), get(RTC_HOURS), get(RTC_MINUTES), get(RTC_SECONDS), get(RTC_DAY_OF_WEEK));
}

#define assert_shows(text)                          \
    do {                                            \
        g_autofree char *now_ = shown();            \
        g_assert_cmpstr(now_, ==, (text));          \
    } while (0)

/* Each row: a time, a step, what BCD 24 h, binary 24 h and BCD 12 h registers show then. */
static const struct {
    const char *start;
    int64_t seconds;
    const char *bcd, *binary, *bcd12;
} steps[] = {
    { "2026-11-21T02:03:04", 0, "2026-11-21 02:03:04 7", "141a-0b-15 02:03:04 7", "2026-11-21 02:03:04 7" },
    { "2026-11-21T02:03:59", 1, "2026-11-21 02:04:00 7", "141a-0b-15 02:04:00 7", "2026-11-21 02:04:00 7" },
    { "2026-11-21T11:59:59", 1, "2026-11-21 12:00:00 7", "141a-0b-15 0c:00:00 7", "2026-11-21 92:00:00 7" },
    { "2026-11-21T23:59:59", 1, "2026-11-22 00:00:00 1", "141a-0b-16 00:00:00 1", "2026-11-22 12:00:00 1" },
    { "2026-11-21T12:59:59", 1, "2026-11-21 13:00:00 7", "141a-0b-15 0d:00:00 7", "2026-11-21 81:00:00 7" },
    { "1999-12-31T23:59:59", 1, "2000-01-01 00:00:00 7", "1400-01-01 00:00:00 7", "2000-01-01 12:00:00 7" },
    { "2000-02-28T23:59:59", 1, "2000-02-29 00:00:00 3", "1400-02-1d 00:00:00 3", "2000-02-29 12:00:00 3" },
    { "2024-02-29T23:59:59", 1, "2024-03-01 00:00:00 6", "1418-03-01 00:00:00 6", "2024-03-01 12:00:00 6" },
    { "2100-02-28T23:59:59", 1, "2100-03-01 00:00:00 2", "1500-03-01 00:00:00 2", "2100-03-01 12:00:00 2" },
    { "2099-12-31T23:59:59", 1, "2100-01-01 00:00:00 6", "1500-01-01 00:00:00 6", "2100-01-01 12:00:00 6" },
    { "2026-01-01T00:00:00", 86400 * 365, "2027-01-01 00:00:00 6", "141b-01-01 00:00:00 6", "2027-01-01 12:00:00 6" },
    { "1980-01-01T00:00:00", 59, "1980-01-01 00:00:59 3", "1350-01-01 00:00:3b 3", "1980-01-01 12:00:59 3" },
};

static void test_calendar_steps(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(steps); i++) {
        setup(steps[i].start);
        clock_step(steps[i].seconds * SECOND);
        assert_shows(steps[i].bcd);
        put(B, 0x06);
        assert_shows(steps[i].binary);
        put(B, 0x00);
        assert_shows(steps[i].bcd12);
        isa_board_down();
    }
}

static void test_a_second_ends_on_the_nanosecond(void)
{
    setup("2026-11-21T02:03:04");
    clock_step(SECOND - 1);
    g_assert_cmphex(get(RTC_SECONDS), ==, 0x04);
    clock_step(1);
    g_assert_cmphex(get(RTC_SECONDS), ==, 0x05);
    isa_board_down();
}

/* All formats, all hours of a few days: registers to seconds and back. */
static void test_calendar_round_trip(void)
{
    uint8_t registers[128];

    for (unsigned format_bits = 0; format_bits < 4; format_bits++) {
        for (int64_t t = at("1999-12-30T00:00:01"); t < at("2000-03-02T00:00:00"); t += 1801) {
            RtcFormat format = { format_bits & 1, format_bits & 2, 2000, 0 };
            calendar_to_registers(t, &format, registers);
            g_assert_cmpint(calendar_from_registers(registers, &format), ==, t);
            g_assert_cmpuint(format.weekday_shift, ==, 0);
        }
    }
}

static void test_weekday_is_a_counter_of_its_own(void)
{
    setup("2026-11-21T23:59:58");   /* a Saturday: 7 */
    put(RTC_DAY_OF_WEEK, 3);
    g_assert_cmphex(get(RTC_DAY_OF_WEEK), ==, 3);
    clock_step(2 * SECOND);
    assert_shows("2026-11-22 00:00:00 4");
    isa_board_down();
}

static void test_set_freezes(void)
{
    setup("2026-11-21T02:03:04");
    clock_step(SECOND / 4);
    put(B, 0x82);
    clock_step(10 * SECOND);
    assert_shows("2026-11-21 02:03:04 7");
    g_assert_cmphex(get(A) & 0x80, ==, 0);
    put(RTC_YEAR, 0x30);
    put(RTC_MONTH, 0x01);
    put(RTC_DAY, 0x02);
    put(RTC_DAY_OF_WEEK, 0x04);
    put(RTC_HOURS, 0x23);
    put(RTC_MINUTES, 0x59);
    put(RTC_SECONDS, 0x59);
    put(B, 0x02);
    assert_shows("2030-01-02 23:59:59 4");
    clock_step(SECOND * 3 / 4 - 1);     /* the divider went on: the next second ends where it would have */
    assert_shows("2030-01-02 23:59:59 4");
    clock_step(1);
    assert_shows("2030-01-03 00:00:00 5");
    isa_board_down();
}

static void test_divider_reset_starts_half_a_second_late(void)
{
    setup("2026-11-21T02:03:04");
    put(A, 0x76);
    clock_step(5 * SECOND + 12345);
    assert_shows("2026-11-21 02:03:04 7");
    put(A, 0x26);
    clock_step(SECOND / 2 - 1);
    g_assert_cmphex(get(RTC_SECONDS), ==, 0x04);
    clock_step(1);
    g_assert_cmphex(get(RTC_SECONDS), ==, 0x05);
    isa_board_down();
}

/* "Divider control": three time bases count, everything else holds the divider. */
static void test_dividers(void)
{
    for (unsigned dv = 0; dv < 8; dv++) {
        setup("2026-11-21T02:03:04");
        put(A, (uint8_t)(dv << 4 | 6));
        get(C);
        clock_step(10 * SECOND);
        g_assert_cmphex(get(RTC_SECONDS), ==, dv <= 2 ? 0x14 : 0x04);
        g_assert_cmphex(get(C), ==, dv <= 2 ? PF | UF : 0);
        isa_board_down();
    }
}

static void test_update_in_progress(void)
{
    setup("2026-11-21T02:03:04");
    g_assert_cmphex(get(A), ==, 0x26);
    clock_step(SECOND - 2228001);
    g_assert_cmphex(get(A), ==, 0x26);
    clock_step(1);
    g_assert_cmphex(get(A), ==, 0xa6);
    put(B, 0x82);
    g_assert_cmphex(get(A), ==, 0x26);
    put(B, 0x02);
    clock_step(2228000 - 1);
    g_assert_cmphex(get(A), ==, 0xa6);
    clock_step(1);
    g_assert_cmphex(get(A), ==, 0x26);
    put(A, 0xa6);       /* UIP cannot be written */
    g_assert_cmphex(get(A), ==, 0x26);
    isa_board_down();
}

static void test_update_ended_interrupt(void)
{
    setup("2026-11-21T02:03:04");
    g_assert_cmpint(clock_next_deadline(), ==, -1);
    put(B, 0x12);
    clock_step(SECOND - 1);
    g_assert_cmpint(isa_board.level[RTC_LINE], ==, 0);
    clock_step(1);
    g_assert_cmpint(isa_board.level[RTC_LINE], ==, 1);
    g_assert_cmpint(clock_next_deadline(), ==, -1);     /* nothing to do until the guest looks */
    g_assert_cmphex(get(C), ==, IRQF | PF | UF);
    g_assert_cmpint(isa_board.level[RTC_LINE], ==, 0);
    g_assert_cmphex(get(C), ==, 0);
    clock_step(10 * SECOND);
    g_assert_cmpuint(isa_board.edges[RTC_LINE], ==, 2);
    put(B, 0x92);
    g_assert_cmphex(get(B), ==, 0x82);                  /* SET clears UIE */
    isa_board_down();
}

static void test_flags_without_interrupts(void)
{
    setup("2026-11-21T02:03:04");
    get(C);
    clock_step(SECOND);
    g_assert_cmphex(get(C), ==, PF | UF);
    g_assert_cmpuint(isa_board.edges[RTC_LINE], ==, 0);
    put(B, 0x12);
    clock_step(SECOND);
    put(B, 0x02);                                       /* disabling takes the line down, the flag stays */
    g_assert_cmpint(isa_board.level[RTC_LINE], ==, 0);
    g_assert_cmphex(get(C), ==, PF | UF);
    isa_board_down();
}

/* Interrupts in 10 seconds when each is acknowledged, by rate (data sheet, table 5, 32.768 kHz). */
static const unsigned per_10_seconds[16] = {
    0, 2560, 1280, 81920, 40960, 20480, 10240, 5120, 2560, 1280, 640, 320, 160, 80, 40, 20,
};

static void test_periodic_rates(void)
{
    for (unsigned rate = 0; rate < 16; rate++) {
        setup("2026-11-21T02:03:04");
        put(A, (uint8_t)(0x20 | rate));
        put(B, 0x42);
        int64_t end = clock_now(CLOCK_GUEST) + 10 * SECOND;
        while (clock_next_deadline() >= 0 && clock_next_deadline() <= end) {
            clock_step_to(clock_next_deadline());
            g_assert_cmphex(get(C) & (IRQF | PF), ==, IRQF | PF);
        }
        g_assert_cmpuint(isa_board.edges[RTC_LINE], ==, per_10_seconds[rate]);
        isa_board_down();
    }
}

/* The guest acknowledges every third tick only for a second, then each. @told: then a tool gives it the time. */
static unsigned ticks_seen(const char *policy, bool told)
{
    isa_board_up();
    rtc = (Rtc *)isa_board_add("mc146818rtc", policy);
    rtc_set_base(rtc, 0, RTC_CLOCK_VM);
    put(A, 0x2a);                                       /* 64 Hz */
    put(B, 0x42);
    for (unsigned i = 0; i < 64 / 3; i++) {
        clock_step(3 * SECOND / 64);
        get(C);
    }
    if (told) {
        expect_answer("rtc-reset-reinjection", "{}", ask);
    }
    int64_t end = clock_now(CLOCK_GUEST) + 4 * SECOND;
    while (clock_next_deadline() <= end) {
        clock_step_to(clock_next_deadline());
        get(C);
    }
    unsigned edges = isa_board.edges[RTC_LINE];
    isa_board_down();
    return edges;
}

static void test_lost_ticks(void)
{
    unsigned in_five_seconds = 63 + 256;

    g_assert_cmpuint(ticks_seen("lost_tick_policy=discard", false), ==, 21 + 256);
    g_assert_cmpuint(ticks_seen("lost_tick_policy=slew", false), >=, in_five_seconds - 1);
    g_assert_cmpuint(ticks_seen("lost_tick_policy=slew", false), <=, in_five_seconds + 1);
    g_assert_cmpuint(ticks_seen("lost_tick_policy=slew", true), ==, 21 + 256);
    expect_answer("rtc-reset-reinjection", "{}", ask);      /* without a clock there is nothing to forget */
}

/* hour, minute, second alarm registers; when it rings after 02:03:04, in seconds; -1: not within two days. */
static const struct {
    uint8_t hour, minute, second;
    int64_t rings;
} alarms[] = {
    { 0x02, 0x03, 0x05, 1 },
    { 0x02, 0x03, 0x04, 86400 },
    { 0xff, 0xff, 0xff, 1 },
    { 0xff, 0xff, 0x04, 60 },
    { 0xff, 0xff, 0x10, 6 },
    { 0xc0, 0x03, 0x04, 3600 },
    { 0xc0, 0x30, 0x00, 27 * 60 - 4 },
    { 0x03, 0xff, 0xff, 3600 - 3 * 60 - 4 },
    { 0x02, 0xff, 0x04, 60 },
    { 0x00, 0x00, 0x00, 86400 - 2 * 3600 - 3 * 60 - 4 },
    { 0x25, 0x00, 0x00, -1 },
    { 0xff, 0x60, 0xff, -1 },
    { 0xff, 0xff, 0x0a, -1 },
};

static void test_alarms(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(alarms); i++) {
        setup("2026-11-21T02:03:04");
        put(RTC_HOURS_ALARM, alarms[i].hour);
        put(RTC_MINUTES_ALARM, alarms[i].minute);
        put(RTC_SECONDS_ALARM, alarms[i].second);
        put(B, 0x22);
        int64_t start = clock_now(CLOCK_GUEST);
        int64_t next = clock_next_deadline();
        g_assert_cmpint(next < 0 ? -1 : (next - start) / SECOND, ==, alarms[i].rings);
        clock_step(2 * 86400 * SECOND);
        g_assert_cmpuint(isa_board.edges[RTC_LINE], ==, alarms[i].rings >= 0);
        g_assert_cmphex(get(C) & (IRQF | AF), ==, alarms[i].rings >= 0 ? IRQF | AF : 0);
        isa_board_down();
    }
}

/* Every value with both upper bits matches any time. */
static void test_alarm_wildcards(void)
{
    for (unsigned value = 0x80; value < 0x100; value++) {
        setup("2026-11-21T02:03:04");
        put(RTC_HOURS_ALARM, 0x02);
        put(RTC_MINUTES_ALARM, (uint8_t)value);
        put(RTC_SECONDS_ALARM, (uint8_t)(value ^ 0x3f));
        put(B, 0x22);
        clock_step(SECOND);
        g_assert_cmpint(isa_board.level[RTC_LINE], ==, value >= 0xc0);
        isa_board_down();
    }
}

static void test_alarm_of_hours_in_12_hour_mode(void)
{
    setup("2026-11-21T02:03:04");
    put(B, 0x80);
    put(RTC_HOURS, 0x92);       /* 12 PM */
    put(RTC_HOURS_ALARM, 0x81); /* 1 PM */
    put(RTC_MINUTES_ALARM, 0);
    put(RTC_SECONDS_ALARM, 0);
    put(B, 0x20);
    clock_step((57 * 60 - 4 - 1) * SECOND);
    g_assert_cmpint(isa_board.level[RTC_LINE], ==, 0);
    clock_step(SECOND);
    g_assert_cmpint(isa_board.level[RTC_LINE], ==, 1);
    isa_board_down();
}

/* The quick search against asking second by second. */
static void test_alarm_oracle(void)
{
    uint8_t registers[128], now[128];

    for (int i = 0; i < 300; i++) {
        RtcFormat format = { g_test_rand_bit(), g_test_rand_bit(), 2000, 0 };
        int64_t start = g_test_rand_int_range(0, 2000000000);
        calendar_to_registers(g_test_rand_int_range(0, 86400), &format, registers);
        static const int alarm_of[3] = { RTC_SECONDS, RTC_MINUTES, RTC_HOURS };
        for (int k = 0; k < 3; k++) {
            registers[alarm_of[k] + 1] = g_test_rand_bit() ? 0xc0 : registers[alarm_of[k]];
        }
        int64_t expected = start + 1;
        for (bool same = false; !same; expected += !same) {
            calendar_to_registers(expected, &format, now);
            same = true;
            for (int k = 0; k < 3; k++) {
                uint8_t alarm = registers[alarm_of[k] + 1];
                same &= alarm >= 0xc0 || alarm == now[alarm_of[k]];
            }
        }
        g_assert_cmpint(calendar_next_alarm(start, &format, registers), ==, expected);
    }
}

static void test_memory(void)
{
    setup("2026-11-21T02:03:04");
    g_assert_cmphex(inb(0x70), ==, 0xff);
    g_assert_cmphex(get(D), ==, 0x80);
    put(D, 0);
    put(C, 0xff);
    g_assert_cmphex(get(D), ==, 0x80);
    g_assert_cmphex(get(C), ==, 0);
    for (unsigned i = 0x0e; i < 0x80; i++) {
        if (i != 0x32 && i != 0x37) {
            put(i, (uint8_t)(i ^ 0x5a));
        }
    }
    for (unsigned i = 0x0e; i < 0x80; i++) {
        g_assert_cmphex(get(i | 0x80), ==, i == 0x32 || i == 0x37 ? 0x20 : i ^ 0x5a);
    }
    rtc_set_cmos(rtc, 0x34, 0x77);
    g_assert_cmphex(get(0x34), ==, 0x77);
    g_assert_cmphex(rtc_get_cmos(rtc, 0x35), ==, 0x35 ^ 0x5a);
    isa_board_down();
}

static void test_reset_keeps_time_and_memory(void)
{
    setup("2026-11-21T02:03:04");
    put(0x40, 0x99);
    put(RTC_SECONDS_ALARM, 0x06);
    put(B, 0x7e);
    clock_step(SECOND);
    g_assert_cmpint(isa_board.level[RTC_LINE], ==, 1);
    object_reset_all();
    g_assert_cmpint(isa_board.level[RTC_LINE], ==, 0);
    g_assert_cmphex(get(B), ==, 0x06);
    g_assert_cmphex(get(C), ==, 0);
    g_assert_cmphex(get(0x40), ==, 0x99);
    g_assert_cmphex(get(RTC_SECONDS_ALARM), ==, 0x06);
    clock_step(SECOND);
    put(B, 0x02);
    assert_shows("2026-11-21 02:03:06 7");
    isa_board_down();
}

static void test_any_registers_are_survived(void)
{
    setup("2026-11-21T02:03:04");
    for (int i = 0; i < 20000; i++) {
        put((unsigned)g_test_rand_int_range(0, 14), (uint8_t)g_test_rand_int_range(0, 256));
        put((unsigned)g_test_rand_int_range(0x30, 0x38), (uint8_t)g_test_rand_int_range(0, 256));
        clock_step(g_test_rand_int_range(0, SECOND));
        get((unsigned)g_test_rand_int_range(0, 14));
    }
    isa_board_down();
}

static void test_setting_the_time_is_told(void)
{
    EventLog events;

    setup("2026-11-21T02:03:04");
    event_log_start(&events);
    put(RTC_HOURS, 0x03);
    event_log_expect(&events, "RTC_CHANGE {\"offset\": 3600, \"qom-path\": \"/machine/unattached/device[0]\"}\n");
    event_log_stop(&events);
    isa_board_down();
}

static void test_tools_see_what_the_guest_sees(void)
{
    setup("2026-11-21T02:03:04");
    g_autoptr(Json) date = rtc_date(rtc_find());
    g_autofree char *text = json_print(date);
    g_assert_cmpstr(text, ==, "{\"tm_year\": 126, \"tm_mon\": 10, \"tm_mday\": 21, \"tm_hour\": 2, \"tm_min\": 3, \"tm_sec\": 4}");
    put(B, 0x82);              /* SET: the registers are memory, and still the time */
    put(RTC_HOURS, 0x05);
    g_assert_cmpint(rtc_seconds(rtc_find()) % 86400, ==, 5 * 3600 + 3 * 60 + 4);
    isa_board_down();
}

static const struct {
    const char *text, *shows, *error;
} options[] = {
    { "base=2006-06-17T16:01:21,clock=vm", "2006-06-17 16:01:21 7", NULL },
    { "base=2006-06-17,clock=vm", "2006-06-17 00:00:00 7", NULL },
    { "base=soon", NULL, "invalid datetime format 'soon'" },
    { "clock=sun", NULL, "invalid option value 'sun' for clock: host, rt or vm" },
    { "driftfix=x", NULL, "invalid option value 'x' for driftfix: none or slew" },
    { "foo=1", NULL, "Invalid parameter 'foo'" },
};

static void test_option(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(options); i++) {
        Error *err = NULL;
        g_assert_cmpint(rtc_configure(options[i].text, &err), ==, options[i].shows != NULL);
        g_assert_cmpstr(err ? error_message(err) : NULL, ==, options[i].error);
        error_free(err);
        if (options[i].shows) {
            isa_board_up();
            rtc = (Rtc *)isa_board_add("mc146818rtc", "");
            assert_shows(options[i].shows);
            isa_board_down();
        }
    }
}

/* With clock=vm nothing depends on the host: the time goes on with the guest's clock alone. */
static void test_the_guests_clock(void)
{
    Error *err = NULL;

    g_assert_true(rtc_configure("base=2006-06-17T16:01:21,clock=vm", &err));
    isa_board_up();
    rtc = (Rtc *)isa_board_add("mc146818rtc", "");
    g_usleep(1100000);
    assert_shows("2006-06-17 16:01:21 7");
    clock_step(SECOND);
    assert_shows("2006-06-17 16:01:22 7");
    isa_board_down();
}

static gboolean give_up(gpointer data)
{
    *(bool *)data = true;
    return G_SOURCE_REMOVE;
}

/* A calendar that follows the host interrupts in the host's time, whatever the guest's clock does. */
static void test_the_hosts_clock(void)
{
    static const RtcClock clocks[] = { RTC_CLOCK_HOST, RTC_CLOCK_RT };

    for (unsigned i = 0; i < G_N_ELEMENTS(clocks); i++) {
        bool late = false;
        isa_board_up();
        rtc = (Rtc *)isa_board_add("mc146818rtc", "");
        rtc_set_base(rtc, 0, clocks[i]);
        guint timeout = g_timeout_add_seconds(20, give_up, &late);
        put(B, 0x12);
        get(C);
        while (!isa_board.level[RTC_LINE] && !late) {
            g_main_context_iteration(NULL, true);
        }
        g_assert_false(late);
        g_assert_cmphex(get(C) & (IRQF | UF), ==, IRQF | UF);
        g_source_remove(timeout);
        isa_board_down();
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rtc/calendar/steps", test_calendar_steps);
    g_test_add_func("/rtc/calendar/second", test_a_second_ends_on_the_nanosecond);
    g_test_add_func("/rtc/calendar/round-trip", test_calendar_round_trip);
    g_test_add_func("/rtc/calendar/weekday", test_weekday_is_a_counter_of_its_own);
    g_test_add_func("/rtc/set", test_set_freezes);
    g_test_add_func("/rtc/divider", test_divider_reset_starts_half_a_second_late);
    g_test_add_func("/rtc/dividers", test_dividers);
    g_test_add_func("/rtc/uip", test_update_in_progress);
    g_test_add_func("/rtc/update-ended", test_update_ended_interrupt);
    g_test_add_func("/rtc/flags", test_flags_without_interrupts);
    g_test_add_func("/rtc/periodic/rates", test_periodic_rates);
    g_test_add_func("/rtc/periodic/lost", test_lost_ticks);
    g_test_add_func("/rtc/alarm/table", test_alarms);
    g_test_add_func("/rtc/alarm/wildcards", test_alarm_wildcards);
    g_test_add_func("/rtc/alarm/12-hours", test_alarm_of_hours_in_12_hour_mode);
    g_test_add_func("/rtc/alarm/oracle", test_alarm_oracle);
    g_test_add_func("/rtc/memory", test_memory);
    g_test_add_func("/rtc/reset", test_reset_keeps_time_and_memory);
    g_test_add_func("/rtc/garbage", test_any_registers_are_survived);
    g_test_add_func("/rtc/change", test_setting_the_time_is_told);
    g_test_add_func("/rtc/date", test_tools_see_what_the_guest_sees);
    g_test_add_func("/rtc/option", test_option);
    g_test_add_func("/rtc/clock/vm", test_the_guests_clock);
    g_test_add_func("/rtc/clock/host", test_the_hosts_clock);
    return g_test_run();
}
