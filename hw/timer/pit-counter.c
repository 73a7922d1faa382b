/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A counter of the 8254 in closed form; see pit-counter.h. Quoted headings are of the data sheet. */
#include "hw/timer/pit-counter.h"

#include <glib.h>

/* The control word ("Control Word Format"). */
enum {
    CONTROL_BCD = 0x01,
    CONTROL_MODE_SHIFT = 1,
    CONTROL_RW_SHIFT = 4,
    RW_MSB = 2,
    RW_BOTH = 3,
    MODE_SQUARE_WAVE = 3,
};

enum { STATUS_OUT = 0x80, STATUS_NULL_COUNT = 0x40 };   /* "Status Byte" */

/* What the modes differ in ("Mode Definitions", "Gate Pin Operations Summary"). */
static const struct Mode {
    bool starts_low;        /* OUT after the control word */
    bool gate_enables;      /* a low GATE stops the counting */
    bool gate_triggers;     /* a rising GATE loads */
    bool periodic;          /* loads itself; a new count waits for the end of the cycle */
} modes[] = {
    [0] = { .starts_low = true, .gate_enables = true },
    [1] = { .gate_triggers = true },
    [2] = { .gate_enables = true, .gate_triggers = true, .periodic = true },
    [3] = { .gate_enables = true, .gate_triggers = true, .periodic = true },
    [4] = { .gate_enables = true },
    [5] = { .gate_triggers = true },
};

/* M2 does not matter in modes 2 and 3. */
static unsigned mode_number(const PitCounter *counter)
{
    unsigned bits = counter->control >> CONTROL_MODE_SHIFT & 7;

    return bits > 5 ? bits - 4 : bits;
}

static const struct Mode *mode_of(const PitCounter *counter)
{
    return &modes[mode_number(counter)];
}

static unsigned rw(const PitCounter *counter)
{
    return counter->control >> CONTROL_RW_SHIFT;
}

/* ---- numbers ---- */

static uint32_t modulus(const PitCounter *counter)
{
    return counter->control & CONTROL_BCD ? 10000 : 65536;
}

/* A count register of 0 is the largest count. Digits above 9 are no BCD; they count as what they weigh. */
static uint32_t decode(const PitCounter *counter, uint16_t pattern)
{
    uint32_t count = pattern;

    if (counter->control & CONTROL_BCD) {
        count = (pattern >> 12) * 1000u + (pattern >> 8 & 15) * 100u + (pattern >> 4 & 15) * 10u + (pattern & 15);
        count %= modulus(counter);
    }
    return count ? count : modulus(counter);
}

static uint16_t encode(const PitCounter *counter, uint32_t count)
{
    count %= modulus(counter);
    if (counter->control & CONTROL_BCD) {
        count = count / 1000 << 12 | count / 100 % 10 << 8 | count / 10 % 10 << 4 | count % 10;
    }
    return (uint16_t)count;
}

/* ---- the counting element ---- */

static void load(PitCounter *counter)
{
    counter->initial = decode(counter, counter->count_register);
    counter->origin = counter->load_at;
    counter->low_first = counter->load_low;
    counter->load_at = PIT_NEVER;
    counter->elapsed = 0;
    counter->stopped = mode_of(counter)->gate_enables && !counter->gate;
    counter->terminal_at = counter->stopped ? PIT_NEVER : counter->origin + counter->initial;
    counter->loaded = true;
    counter->null_count = false;
}

/* Carry out what is due by @now. */
static void settle(PitCounter *counter, int64_t now)
{
    if (counter->load_at <= now) {
        load(counter);
    }
}

static void load_next(PitCounter *counter, int64_t now)
{
    counter->load_at = now + 1;
    counter->load_low = false;
}

/* Pulses since the load that counted. */
static int64_t elapsed(const PitCounter *counter, int64_t now)
{
    return counter->stopped ? counter->elapsed : now - counter->origin;
}

/* Of the square wave: an odd count is high for one pulse more ("Mode 3"). */
static int64_t high_half(const PitCounter *counter)
{
    return (counter->initial + 1) / 2;
}

/* Pulses into the period; in mode 3 the high half comes first. */
static int64_t phase(const PitCounter *counter, int64_t now)
{
    return (elapsed(counter, now) + (counter->low_first ? high_half(counter) : 0)) % counter->initial;
}

static uint32_t square_wave_count(const PitCounter *counter, int64_t now)
{
    int64_t at = phase(counter, now), high = high_half(counter);

    /* It counts by two; an odd count begins one less. */
    return (counter->initial & ~1u) - 2 * (uint32_t)(at < high ? at : at - high);
}

/* The counting element. */
static uint16_t count_now(const PitCounter *counter, int64_t now)
{
    if (!counter->loaded) {
        return counter->held;
    }
    switch (mode_number(counter)) {
    case 2:
        return encode(counter, counter->initial - (uint32_t)phase(counter, now));
    case MODE_SQUARE_WAVE:
        return encode(counter, square_wave_count(counter, now));
    default: {      /* goes on below 0 */
        int64_t below = elapsed(counter, now) % modulus(counter);
        return encode(counter, counter->initial + modulus(counter) - (uint32_t)below);
    }
    }
}

/*
 * The counting element as it is read. An access of a PC takes longer than a pulse, though no time passes here: a
 * first count that is about to be loaded is there when it is read.
 */
static uint16_t count_seen(const PitCounter *counter, int64_t now)
{
    bool about_to_load = !counter->loaded && counter->load_at != PIT_NEVER;

    return about_to_load ? counter->count_register : count_now(counter, now);
}

static bool out_now(const PitCounter *counter, int64_t now)
{
    if (!counter->loaded) {
        return !mode_of(counter)->starts_low;
    }
    switch (mode_number(counter)) {
    case 0:
    case 1:
        return now >= counter->terminal_at;
    case 2:
        return counter->stopped || counter->initial == 1 || phase(counter, now) != counter->initial - 1;
    case MODE_SQUARE_WAVE:
        return counter->stopped || phase(counter, now) < high_half(counter);
    default:        /* a strobe of one pulse */
        return now != counter->terminal_at;
    }
}

/* The next change of a periodic OUT that nobody disturbs. */
static int64_t next_in_period(const PitCounter *counter, int64_t now)
{
    int64_t count = counter->initial, at = phase(counter, now);
    int64_t falls = mode_number(counter) == MODE_SQUARE_WAVE ? high_half(counter) : count - 1;

    return counter->stopped || count == 1 ? PIT_NEVER : now + (at < falls ? falls : count) - at;
}

static int64_t next_change(const PitCounter *counter, int64_t now)
{
    bool strobe = mode_number(counter) >= 4;

    if (mode_of(counter)->periodic) {
        return next_in_period(counter, now);
    }
    if (now < counter->terminal_at) {
        return counter->terminal_at;
    }
    return strobe && now == counter->terminal_at ? now + 1 : PIT_NEVER;
}

bool pit_counter_out(PitCounter *counter, int64_t now)
{
    settle(counter, now);
    return out_now(counter, now);
}

int64_t pit_counter_next_change(PitCounter *counter, int64_t now)
{
    settle(counter, now);
    return counter->loaded ? MIN(counter->load_at, next_change(counter, now)) : counter->load_at;
}

/* ---- counts ---- */

/* The end of the cycle, in mode 3 of the half cycle, takes the new count. */
static void load_after_cycle(PitCounter *counter, int64_t now)
{
    int64_t at = phase(counter, now), high = high_half(counter);
    bool square = mode_number(counter) == MODE_SQUARE_WAVE;

    counter->load_low = square && at < high && counter->initial > 1;
    counter->load_at = now + (counter->load_low ? high - at : counter->initial - at);
}

static void take_count(PitCounter *counter, uint16_t count, int64_t now)
{
    const struct Mode *mode = mode_of(counter);

    counter->count_register = count;
    counter->has_count = counter->null_count = true;
    if (mode->periodic) {
        if (!counter->loaded) {
            load_next(counter, now);
        } else if (!counter->stopped && counter->load_at == PIT_NEVER) {
            load_after_cycle(counter, now);
        }
    } else if (!mode->gate_triggers) {
        load_next(counter, now);
    }
}

/* "Mode 0": the first byte stops the counting; OUT is low from the first byte to the end of the new count. */
static void stop_before_count(PitCounter *counter, int64_t now)
{
    if (mode_of(counter)->starts_low) {
        counter->held = count_now(counter, now);
        counter->loaded = false;
        counter->load_at = PIT_NEVER;
    }
}

static uint16_t written_count(const PitCounter *counter, uint8_t last_byte)
{
    switch (rw(counter)) {
    case RW_MSB:
        return (uint16_t)(last_byte << 8);
    case RW_BOTH:
        return (uint16_t)(last_byte << 8 | counter->first_byte);
    default:
        return last_byte;
    }
}

void pit_counter_write(PitCounter *counter, uint8_t value, int64_t now)
{
    settle(counter, now);
    stop_before_count(counter, now);
    counter->write_second = rw(counter) == RW_BOTH && !counter->write_second;
    if (counter->write_second) {
        counter->first_byte = value;
    } else {
        take_count(counter, written_count(counter, value), now);
    }
}

/* Status comes before the count; of a count of two bytes the low one comes first ("Read-Back Command"). */
uint8_t pit_counter_read(PitCounter *counter, int64_t now)
{
    settle(counter, now);
    if (counter->status_latched) {
        counter->status_latched = false;
        return counter->status_latch;
    }
    uint16_t count = counter->count_latched ? counter->count_latch : count_seen(counter, now);
    bool high = rw(counter) == RW_MSB || counter->read_second;
    counter->read_second = rw(counter) == RW_BOTH && !counter->read_second;
    counter->count_latched = counter->count_latched && counter->read_second;
    return (uint8_t)(high ? count >> 8 : count);
}

void pit_counter_latch_count(PitCounter *counter, int64_t now)
{
    settle(counter, now);
    if (!counter->count_latched) {
        counter->count_latched = true;
        counter->count_latch = count_seen(counter, now);
    }
}

void pit_counter_latch_status(PitCounter *counter, int64_t now)
{
    settle(counter, now);
    if (!counter->status_latched) {
        counter->status_latched = true;
        counter->status_latch = (uint8_t)(counter->control | (out_now(counter, now) ? STATUS_OUT : 0) |
                                          (counter->null_count ? STATUS_NULL_COUNT : 0));
    }
}

/* ---- control ---- */

void pit_counter_program(PitCounter *counter, uint8_t control, int64_t now)
{
    settle(counter, now);
    *counter = (PitCounter){
        .held = count_now(counter, now),
        .control = control,
        .gate = counter->gate,
        .null_count = true,
        .load_at = PIT_NEVER,
    };
}

void pit_counter_reset(PitCounter *counter, bool gate, int64_t now)
{
    *counter = (PitCounter){ .control = MODE_SQUARE_WAVE << CONTROL_MODE_SHIFT, .gate = gate, .has_count = true,
                             .load_at = now };
    load(counter);
}

static void gate_falls(PitCounter *counter, int64_t now)
{
    const struct Mode *mode = mode_of(counter);

    if (!mode->gate_enables || !counter->loaded || counter->stopped) {
        return;
    }
    counter->elapsed = elapsed(counter, now);
    counter->stopped = true;
    if (mode->periodic) {
        counter->load_at = PIT_NEVER;       /* the cycle has no end any more; the next trigger loads */
    } else if (now < counter->terminal_at) {
        counter->terminal_at = PIT_NEVER;
    }
}

static void gate_rises(PitCounter *counter, int64_t now)
{
    const struct Mode *mode = mode_of(counter);

    if (mode->gate_triggers) {
        if (counter->has_count) {
            load_next(counter, now);
        }
    } else if (counter->stopped) {
        counter->origin = now - counter->elapsed;
        counter->stopped = false;
        if (counter->terminal_at == PIT_NEVER) {
            counter->terminal_at = counter->origin + counter->initial;
        }
    }
}

void pit_counter_set_gate(PitCounter *counter, bool gate, int64_t now)
{
    settle(counter, now);
    if (gate != counter->gate) {
        counter->gate = gate;
        (gate ? gate_rises : gate_falls)(counter, now);
    }
}
