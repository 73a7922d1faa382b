/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One counter of an 8254 as a function of time: nothing runs, the counting
 * element and OUT are computed for the clock pulse (CLK) one asks about. Pulses
 * are numbered from any zero and never go back. Facts: Intel 8254 data sheet
 * (231164).
 */
#ifndef HW_TIMER_PIT_COUNTER_H
#define HW_TIMER_PIT_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

#define PIT_NEVER INT64_MAX

typedef struct PitCounter {
    uint8_t control;        /* bits 5 to 0 of the control word: RW, mode, BCD */
    bool gate;

    uint16_t count_register;    /* CR: the last count that was written completely */
    bool has_count;             /* since the control word */
    bool null_count;            /* CR has not reached the counting element yet */
    uint8_t first_byte;         /* of a count of two bytes that is being written */
    bool write_second, read_second;
    bool count_latched, status_latched;
    uint16_t count_latch;
    uint8_t status_latch;

    bool loaded;            /* the counting element has a count of this control word */
    uint16_t held;          /* until then: what it contains, as it is read */
    uint32_t initial;       /* the count it was loaded with, 1 to 65536 (BCD: 10000) */
    int64_t origin;         /* CLK of the load */
    bool low_first;         /* mode 3: loaded for the low half of the square wave */
    bool stopped;           /* by GATE, @elapsed pulses after the load */
    int64_t elapsed;
    int64_t terminal_at;    /* CLK of the terminal count of modes that have one, PIT_NEVER while stopped before it */
    int64_t load_at;        /* CLK of the next load from CR, PIT_NEVER: none is due */
    bool load_low;          /* it will begin a low half */
} PitCounter;

/* As PCs leave reset: mode 3, counting from 65536 at @now, unless GATE holds it. */
void pit_counter_reset(PitCounter *counter, bool gate, int64_t now);

/* The control word: @control is its bits 5 to 0, RW is not 0. */
void pit_counter_program(PitCounter *counter, uint8_t control, int64_t now);

void pit_counter_write(PitCounter *counter, uint8_t value, int64_t now);
uint8_t pit_counter_read(PitCounter *counter, int64_t now);

/* Counter latch and read-back commands. What is latched already stays. */
void pit_counter_latch_count(PitCounter *counter, int64_t now);
void pit_counter_latch_status(PitCounter *counter, int64_t now);

void pit_counter_set_gate(PitCounter *counter, bool gate, int64_t now);

bool pit_counter_out(PitCounter *counter, int64_t now);

/* The first CLK after @now at which OUT may change, or PIT_NEVER. */
int64_t pit_counter_next_change(PitCounter *counter, int64_t now);

#endif
