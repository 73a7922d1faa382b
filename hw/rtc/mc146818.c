/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The MC146818A: registers and interrupts; see mc146818.h. Nothing runs by
 * itself: registers and flags are computed from the clock when somebody looks,
 * and the timer is set only for an interrupt that is enabled and not yet
 * pending. Sections below are of the Motorola data sheet.
 */
#include "hw/rtc/mc146818.h"

#include <time.h>

#include "core/clock.h"
#include "core/runstate.h"
#include "hw/isa/isa.h"
#include "hw/rtc/calendar.h"
#include "hw/rtc/rtc-option.h"

enum {
    INDEX_PORT = 0x70,
    IRQ = 8,
    CMOS_SIZE = 128,
    CENTURY_PS2 = 0x37,     /* where the IBM PS/2 keeps the century; the same byte here */
};

/* Registers A to D. */
enum {
    REGISTER_A = 0x0a, REGISTER_B, REGISTER_C, REGISTER_D,
    A_UIP = 0x80,
    A_DIVIDER = 0x70, A_DIVIDER_32KHZ = 0x20,   /* larger values hold the divider in reset */
    A_RATE = 0x0f,
    B_SET = 0x80, B_PIE = 0x40, B_AIE = 0x20, B_UIE = 0x10, B_SQWE = 0x08, B_BINARY = 0x04, B_24H = 0x02,
    C_IRQF = 0x80, C_PF = 0x40, C_AF = 0x20, C_UF = 0x10,
    C_FLAGS = C_PF | C_AF | C_UF,
    D_VALID = 0x80,
};

enum {
    CRYSTAL_HZ = 32768,
    /* "Update cycle": UIP rises 244 us before an update, which takes 1984 us with this crystal. */
    UIP_NS = (244 + 1984) * 1000,
    LOST_TICKS_MAX = 8192,      /* a second at the fastest rate */
};

enum { TICKS_DISCARD, TICKS_SLEW };
static const char *const tick_policies[] = { "discard", "slew", NULL };

struct Rtc {
    IsaDevice isa;
    Region ports;
    Irq irq;
    bool irq_level;
    Timer timer;
    Notifier run_state;
    RtcClock clock;
    int32_t base_year;
    int lost_tick_policy;

    uint8_t index;
    uint8_t cmos[CMOS_SIZE];    /* registers A to D live here; the time registers only while it is frozen */
    unsigned weekday_shift;
    int64_t divider_base;       /* clock time at which the divider chain was at 0 */
    int64_t calendar_base;      /* seconds since 1970 when it was */
    int64_t seen;               /* divider time up to which the flags in C are known */
    unsigned lost_ticks;        /* periodic interrupts the guest was too slow for */
    int64_t configured;         /* seconds of the calendar that -rtc asked for, less the clock's */
};

static Rtc *machine_rtc;

Rtc *rtc_find(void)
{
    return machine_rtc;
}

/* ---- time ---- */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t clock_ns(const Rtc *rtc)
{
    if (rtc->clock == RTC_CLOCK_HOST) {
        return g_get_real_time() * 1000;
    }
    return clock_now(rtc->clock == RTC_CLOCK_VM ? CLOCK_GUEST : CLOCK_HOST);
}

static bool divider_runs(const Rtc *rtc)
{
    return (rtc->cmos[REGISTER_A] & A_DIVIDER) <= A_DIVIDER_32KHZ;
}

/* Updates happen; else the time registers are memory. */
static bool ticking(const Rtc *rtc)
{
    return divider_runs(rtc) && !(rtc->cmos[REGISTER_B] & B_SET);
}

/* Nanoseconds since the divider chain was at 0; a second ends at each multiple of 10^9. */
static int64_t divider_now(const Rtc *rtc)
{
    return clock_ns(rtc) - rtc->divider_base;
}

static int64_t second_at(const Rtc *rtc, int64_t divider_ns)
{
    return rtc->calendar_base + floor_div(divider_ns, NS_PER_SECOND);
}

static RtcFormat format_of(const Rtc *rtc)
{
    return (RtcFormat){
        .binary = rtc->cmos[REGISTER_B] & B_BINARY,
        .hours24 = rtc->cmos[REGISTER_B] & B_24H,
        .base_year = rtc->base_year,
        .weekday_shift = rtc->weekday_shift,
    };
}

/* The calendar into the registers. */
static void show_time(Rtc *rtc)
{
    RtcFormat format = format_of(rtc);

    calendar_to_registers(second_at(rtc, divider_now(rtc)), &format, rtc->cmos);
}

static int64_t clock_seconds(const Rtc *rtc)
{
    return floor_div(clock_ns(rtc), NS_PER_SECOND);
}

/* The registers into the calendar; the divider chain goes on as it was. */
static void take_time(Rtc *rtc)
{
    RtcFormat format = format_of(rtc);
    int64_t seconds = calendar_from_registers(rtc->cmos, &format);

    rtc->weekday_shift = format.weekday_shift;
    rtc->calendar_base = seconds - floor_div(divider_now(rtc), NS_PER_SECOND);
    rtc_tell_change(rtc, seconds - clock_seconds(rtc) - rtc->configured);
}

/* ---- periodic rate ---- */

/* Crystal cycles between periodic interrupts; 0: none ("Periodic interrupt rate", 32.768 kHz time base). */
static int64_t period_cycles(const Rtc *rtc)
{
    unsigned rate = rtc->cmos[REGISTER_A] & A_RATE;

    if (rate == 0 || !divider_runs(rtc)) {
        return 0;
    }
    return rate <= 2 ? 1 << (rate + 6) : 1 << (rate - 1);
}

static int64_t cycles_at(int64_t divider_ns)
{
    int64_t seconds = floor_div(divider_ns, NS_PER_SECOND);

    return seconds * CRYSTAL_HZ + (divider_ns - seconds * NS_PER_SECOND) * CRYSTAL_HZ / NS_PER_SECOND;
}

/* The first nanosecond at which cycles_at() gives @cycles. */
static int64_t cycles_to_ns(int64_t cycles)
{
    int64_t seconds = floor_div(cycles, CRYSTAL_HZ);
    int64_t rest = (cycles - seconds * CRYSTAL_HZ) * NS_PER_SECOND;

    return seconds * NS_PER_SECOND + (rest + CRYSTAL_HZ - 1) / CRYSTAL_HZ;
}

static int64_t ticks_between(const Rtc *rtc, int64_t from, int64_t to)
{
    int64_t period = period_cycles(rtc);

    return period ? floor_div(cycles_at(to), period) - floor_div(cycles_at(from), period) : 0;
}

/* ---- flags and interrupts ---- */

static void see_ticks(Rtc *rtc, int64_t now)
{
    uint8_t *flags = &rtc->cmos[REGISTER_C];
    int64_t ticks = ticks_between(rtc, rtc->seen, now);

    if (ticks <= 0) {
        return;
    }
    if (rtc->lost_tick_policy == TICKS_SLEW && (rtc->cmos[REGISTER_B] & B_PIE)) {
        int64_t lost = rtc->lost_ticks + ticks - (*flags & C_PF ? 0 : 1);
        rtc->lost_ticks = (unsigned)MIN(lost, LOST_TICKS_MAX);
    }
    *flags |= C_PF;
}

static void see_updates(Rtc *rtc, int64_t now)
{
    int64_t from = second_at(rtc, rtc->seen), to = second_at(rtc, now);
    RtcFormat format = format_of(rtc);

    if (!ticking(rtc) || to <= from) {
        return;
    }
    rtc->cmos[REGISTER_C] |= C_UF;
    int64_t alarm = calendar_next_alarm(from, &format, rtc->cmos);
    if (alarm >= 0 && alarm <= to) {
        rtc->cmos[REGISTER_C] |= C_AF;
    }
}

/* Set the flags for all that happened since the last time. A wall clock that was set back is no event. */
static void catch_up(Rtc *rtc)
{
    int64_t now = divider_now(rtc);

    see_ticks(rtc, now);
    see_updates(rtc, now);
    rtc->seen = now;
}

static void update_irq(Rtc *rtc)
{
    uint8_t *flags = &rtc->cmos[REGISTER_C];
    bool level = *flags & rtc->cmos[REGISTER_B] & C_FLAGS;

    *flags = (*flags & C_FLAGS) | (level ? C_IRQF : 0);
    if (level != rtc->irq_level) {
        rtc->irq_level = level;
        irq_set(&rtc->irq, level);
    }
}

/* The interrupt is enabled and its flag still down: somebody must raise it in time. */
static bool wants(const Rtc *rtc, uint8_t flag)
{
    return rtc->cmos[REGISTER_B] & ~rtc->cmos[REGISTER_C] & flag;
}

static int64_t next_tick(const Rtc *rtc, int64_t now)
{
    int64_t period = period_cycles(rtc);

    if (!wants(rtc, C_PF) || period == 0) {
        return INT64_MAX;
    }
    if (rtc->lost_ticks > 0) {      /* make up for a lost one half-way */
        return now + cycles_to_ns(period) / 2;
    }
    return cycles_to_ns((floor_div(cycles_at(now), period) + 1) * period);
}

static int64_t next_update(const Rtc *rtc, int64_t now)
{
    return ticking(rtc) && wants(rtc, C_UF) ? (floor_div(now, NS_PER_SECOND) + 1) * NS_PER_SECOND : INT64_MAX;
}

static int64_t next_alarm(const Rtc *rtc, int64_t now)
{
    RtcFormat format = format_of(rtc);

    if (!ticking(rtc) || !wants(rtc, C_AF)) {
        return INT64_MAX;
    }
    int64_t alarm = calendar_next_alarm(second_at(rtc, now), &format, rtc->cmos);
    return alarm < 0 ? INT64_MAX : (alarm - rtc->calendar_base) * NS_PER_SECOND;
}

static void set_timer(Rtc *rtc)
{
    int64_t now = divider_now(rtc);
    int64_t next = MIN(MIN(next_tick(rtc, now), next_update(rtc, now)), next_alarm(rtc, now));

    if (next == INT64_MAX) {
        timer_cancel(&rtc->timer);
    } else {
        timer_set(&rtc->timer, clock_now(rtc->timer.clock) + (next - now));
    }
}

static void make_up_for_lost_tick(Rtc *rtc)
{
    if (rtc->lost_ticks > 0 && wants(rtc, C_PF)) {
        rtc->lost_ticks--;
        rtc->cmos[REGISTER_C] |= C_PF;
    }
}

static void on_timer(void *opaque)
{
    Rtc *rtc = opaque;

    catch_up(rtc);
    make_up_for_lost_tick(rtc);
    update_irq(rtc);
    set_timer(rtc);
}

/* The calendar may have moved while the timer's clock stood still: the host slept, its clock was set. */
static void on_run_state(Notifier *self, void *data)
{
    Rtc *rtc = (Rtc *)((char *)self - offsetof(Rtc, run_state));

    if (*(const RunState *)data == RUN_STATE_RUNNING) {
        set_timer(rtc);
    }
}

/* ---- registers ---- */

static bool is_time(unsigned index)
{
    return (index <= RTC_YEAR && index != RTC_SECONDS_ALARM && index != RTC_MINUTES_ALARM &&
            index != RTC_HOURS_ALARM) || index == RTC_CENTURY;
}

static uint8_t read_a(const Rtc *rtc)
{
    int64_t now = divider_now(rtc);
    int64_t left = (floor_div(now, NS_PER_SECOND) + 1) * NS_PER_SECOND - now;

    return rtc->cmos[REGISTER_A] | (ticking(rtc) && left <= UIP_NS ? A_UIP : 0);
}

/* Reading C clears it and takes the interrupt away. */
static uint8_t read_c(Rtc *rtc)
{
    catch_up(rtc);
    update_irq(rtc);
    uint8_t value = rtc->cmos[REGISTER_C];
    rtc->cmos[REGISTER_C] = 0;
    update_irq(rtc);
    set_timer(rtc);
    return value;
}

static uint8_t read_cmos(Rtc *rtc, unsigned index)
{
    if (is_time(index) && ticking(rtc)) {
        show_time(rtc);
    }
    switch (index) {
    case REGISTER_A:
        return read_a(rtc);
    case REGISTER_C:
        return read_c(rtc);
    case REGISTER_D:
        return D_VALID;
    default:
        return rtc->cmos[index];
    }
}

/* Freeze or thaw the time registers around a change of A or B that decides it. */
static void write_control(Rtc *rtc, unsigned index, uint8_t value)
{
    bool was_ticking = ticking(rtc), ran = divider_runs(rtc);

    if (was_ticking) {
        show_time(rtc);
    }
    rtc->cmos[index] = value;
    if (!ran && divider_runs(rtc)) {
        /* "Divider control": the first update comes half a second after the reset is removed. */
        rtc->divider_base = clock_ns(rtc) - NS_PER_SECOND / 2;
        rtc->seen = divider_now(rtc);
    }
    if (!was_ticking && ticking(rtc)) {
        take_time(rtc);
    }
}

/* A time register that is written while the clock runs changes only itself. */
static void write_time(Rtc *rtc, unsigned index, uint8_t value)
{
    if (ticking(rtc)) {
        show_time(rtc);
        rtc->cmos[index] = value;
        take_time(rtc);
    } else {
        rtc->cmos[index] = value;
    }
}

static void write_cmos(Rtc *rtc, unsigned index, uint8_t value)
{
    catch_up(rtc);
    if (index == REGISTER_A) {
        write_control(rtc, index, value & ~A_UIP);
        rtc->lost_ticks = 0;
    } else if (index == REGISTER_B) {
        write_control(rtc, index, value & B_SET ? value & ~B_UIE : value);   /* "SET": it clears UIE */
        rtc->lost_ticks = value & B_PIE ? rtc->lost_ticks : 0;
    } else if (is_time(index)) {
        write_time(rtc, index, value);
    } else if (index != REGISTER_C && index != REGISTER_D) {
        rtc->cmos[index] = value;
    }
    update_irq(rtc);
    set_timer(rtc);
}

static unsigned cell(uint8_t index)
{
    return index == CENTURY_PS2 ? RTC_CENTURY : index;
}

static uint64_t rtc_read(void *opaque, uint64_t offset, unsigned size)
{
    Rtc *rtc = opaque;

    return offset == 0 ? 0xff : read_cmos(rtc, cell(rtc->index));
}

/* Bit 7 of the index port masks NMIs; there are none. */
static void rtc_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    Rtc *rtc = opaque;

    if (offset == 0) {
        rtc->index = (uint8_t)value & (CMOS_SIZE - 1);
    } else {
        write_cmos(rtc, cell(rtc->index), (uint8_t)value);
    }
}

static const RegionOps rtc_ops = { .read = rtc_read, .write = rtc_write, .max_size = 1 };

/* ---- for the machine ---- */

void rtc_set_base(Rtc *rtc, int64_t seconds, RtcClock clock)
{
    rtc->clock = clock;
    timer_cancel(&rtc->timer);
    timer_init(&rtc->timer, clock == RTC_CLOCK_VM ? CLOCK_GUEST : CLOCK_HOST, on_timer, rtc);
    /* Seconds of the wall clock begin together with the host's; on other clocks a second begins now. */
    rtc->divider_base = clock == RTC_CLOCK_HOST ? clock_seconds(rtc) * NS_PER_SECOND : clock_ns(rtc);
    rtc->calendar_base = seconds;
    rtc->configured = seconds - clock_seconds(rtc);
    rtc->weekday_shift = 0;
    rtc->seen = divider_now(rtc);
    show_time(rtc);
    set_timer(rtc);
}

void rtc_set_cmos(Rtc *rtc, unsigned index, uint8_t value)
{
    g_assert(index > REGISTER_D && index < CMOS_SIZE && cell((uint8_t)index) != RTC_CENTURY);
    rtc->cmos[index] = value;
}

uint8_t rtc_get_cmos(const Rtc *rtc, unsigned index)
{
    g_assert(index > REGISTER_D && index < CMOS_SIZE);
    return rtc->cmos[index];
}

/* ---- the class ---- */

static bool rtc_realize(Object *obj, Error **errp)
{
    Rtc *rtc = (Rtc *)obj;
    const RtcOptions *options = rtc_options();

    region_init_io(&rtc->ports, "rtc", 2, &rtc_ops, rtc);
    rtc->irq = isa_irq(IRQ);
    rtc->cmos[REGISTER_A] = A_DIVIDER_32KHZ | 6;    /* 1024 Hz: how BIOSes leave it */
    rtc->cmos[REGISTER_B] = B_24H;
    rtc_set_base(rtc, rtc_options_base(options), options->clock);
    rtc->run_state.notify = on_run_state;
    notifier_add(&run_state_notifiers, &rtc->run_state);
    machine_rtc = rtc;
    return isa_ports_add(&rtc->isa, &rtc->ports, INDEX_PORT, errp);
}

static void rtc_unrealize(Object *obj)
{
    Rtc *rtc = (Rtc *)obj;

    notifier_del(&run_state_notifiers, &rtc->run_state);
    timer_cancel(&rtc->timer);
    region_finish(&rtc->ports);
    if (machine_rtc == rtc) {
        machine_rtc = NULL;
    }
}

int64_t rtc_seconds(const Rtc *rtc)
{
    RtcFormat format = format_of(rtc);

    return ticking(rtc) ? second_at(rtc, divider_now(rtc)) : calendar_from_registers(rtc->cmos, &format);
}

void rtc_forget_lost_ticks(Rtc *rtc)
{
    rtc->lost_ticks = 0;
}

static Json *get_date(Object *obj)
{
    return rtc_date((Rtc *)obj);
}

/* "RESET": interrupt enables and flags are cleared; the calendar and the memory go on. */
static void rtc_reset(Object *obj)
{
    Rtc *rtc = (Rtc *)obj;

    catch_up(rtc);
    rtc->cmos[REGISTER_B] &= ~(B_PIE | B_AIE | B_UIE | B_SQWE);
    rtc->cmos[REGISTER_C] = 0;
    rtc->lost_ticks = 0;
    update_irq(rtc);
    set_timer(rtc);
}

CLASS(rtc_class) = {
    .name = "mc146818rtc",
    .parent = &isa_device_class,
    .desc = "Real-time clock and CMOS memory",
    .size = sizeof(Rtc),
    .internal = true,
    .attributes = (const Attribute[]){ { "date", "struct tm", get_date }, { } },
    .props = (const Property[]) {
        PROP(Rtc, base_year, i32, "base_year", "2000", "Year that register 9 counts from"),
        PROP_ENUM(Rtc, lost_tick_policy, tick_policies, "lost_tick_policy", "discard",
                  "Periodic interrupts the guest was too slow for: forget them, or deliver them faster later"),
        { }
    },
    .realize = rtc_realize,
    .unrealize = rtc_unrealize,
    .reset = rtc_reset,
};
