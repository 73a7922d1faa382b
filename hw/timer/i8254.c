/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The timer of a PC: an 8254 at ports 0x40 to 0x43 whose counter 0 is the
 * timer interrupt, and port 0x61, which gates counter 2 and shows its output.
 * Facts: Intel 8254 data sheet (231164); for port 0x61 NMISC of the 82371SB
 * data sheet (290550).
 */
#include "core/clock.h"
#include "core/pins.h"
#include "hw/isa/isa.h"
#include "hw/timer/pit-counter.h"

enum {
    PIT_PORT = 0x40,
    PORT_COUNT = 4,
    COUNTER_COUNT = 3,
    TICK_HZ = 1193182,              /* 14.31818 MHz / 12 */
    REFRESH_TICKS = 18,             /* the memory refresh of a PC: about 15 us */
    SPEAKER_COUNTER = 2,
};

/* The control word at offset 3. */
enum {
    CONTROL_OFFSET = 3,
    CONTROL_SELECT_SHIFT = 6,
    CONTROL_RW = 0x30,              /* 0: counter latch command */
    CONTROL_COUNTER = 0x3f,         /* what is the counter's */
    READ_BACK = 3,                  /* the "counter" of the read-back command */
    READ_BACK_NO_COUNT = 0x20,
    READ_BACK_NO_STATUS = 0x10,
    READ_BACK_FIRST = 0x02,         /* counter 0; 1 and 2 are the next bits */
};

/* NMI status and control. Bits 6 and 7, the sources of an NMI, are 0: there are none. */
enum {
    NMISC_PORT = 0x61,
    NMISC_GATE2 = 0x01,
    NMISC_WRITABLE = 0x0f,
    NMISC_REFRESH = 0x10,
    NMISC_OUT2 = 0x20,
};

typedef struct Pit {
    IsaDevice isa;
    Region ports, nmisc_port;
    PitCounter counters[COUNTER_COUNT];
    uint8_t nmisc;
    Timer timer;            /* at the next change of counter 0's OUT */
    Irq irq;                /* counter 0's OUT */
    bool irq_level;
} Pit;

/* ---- time ---- */

/* A pulse comes at the nanosecond it would, rounded down. */
static int64_t tick_to_ns(int64_t tick)
{
    return (int64_t)((__int128)tick * NS_PER_SECOND / TICK_HZ);
}

/* Pulses that have come by now: the inverse. */
static int64_t ticks_now(void)
{
    __int128 after = (__int128)clock_now(CLOCK_GUEST) + 1;

    return (int64_t)((after * TICK_HZ - 1) / NS_PER_SECOND);
}

/* Drive counter 0's output; come back when it changes. */
static void update(Pit *pit)
{
    PitCounter *counter = &pit->counters[0];
    int64_t now = ticks_now();
    bool level = pit_counter_out(counter, now);

    if (level != pit->irq_level) {
        pit->irq_level = level;
        irq_set(&pit->irq, level);
    }
    int64_t next = pit_counter_next_change(counter, now);
    if (next == PIT_NEVER) {
        timer_cancel(&pit->timer);
    } else {
        timer_set(&pit->timer, tick_to_ns(next));
    }
}

static void on_timer(void *opaque)
{
    update(opaque);
}

/* ---- ports ---- */

static void read_back(Pit *pit, uint8_t value, int64_t now)
{
    for (unsigned i = 0; i < COUNTER_COUNT; i++) {
        if (!(value & READ_BACK_FIRST << i)) {
            continue;
        }
        if (!(value & READ_BACK_NO_COUNT)) {
            pit_counter_latch_count(&pit->counters[i], now);
        }
        if (!(value & READ_BACK_NO_STATUS)) {
            pit_counter_latch_status(&pit->counters[i], now);
        }
    }
}

static void write_control(Pit *pit, uint8_t value, int64_t now)
{
    unsigned select = value >> CONTROL_SELECT_SHIFT;

    if (select == READ_BACK) {
        read_back(pit, value, now);
    } else if (value & CONTROL_RW) {
        pit_counter_program(&pit->counters[select], value & CONTROL_COUNTER, now);
    } else {
        pit_counter_latch_count(&pit->counters[select], now);
    }
}

/* The control word cannot be read. */
static uint64_t pit_read(void *opaque, uint64_t offset, unsigned size)
{
    Pit *pit = opaque;

    return offset == CONTROL_OFFSET ? 0 : pit_counter_read(&pit->counters[offset], ticks_now());
}

static void pit_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    Pit *pit = opaque;

    if (offset == CONTROL_OFFSET) {
        write_control(pit, (uint8_t)value, ticks_now());
    } else {
        pit_counter_write(&pit->counters[offset], (uint8_t)value, ticks_now());
    }
    update(pit);
}

static uint64_t nmisc_read(void *opaque, uint64_t offset, unsigned size)
{
    Pit *pit = opaque;
    int64_t now = ticks_now();

    return pit->nmisc | (now / REFRESH_TICKS % 2 ? NMISC_REFRESH : 0) |
           (pit_counter_out(&pit->counters[SPEAKER_COUNTER], now) ? NMISC_OUT2 : 0);
}

static void nmisc_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    Pit *pit = opaque;

    pit->nmisc = value & NMISC_WRITABLE;
    pit_counter_set_gate(&pit->counters[SPEAKER_COUNTER], value & NMISC_GATE2, ticks_now());
}

static const RegionOps pit_ops = { .read = pit_read, .write = pit_write, .max_size = 1 };
static const RegionOps nmisc_ops = { .read = nmisc_read, .write = nmisc_write, .max_size = 1 };

/* ---- the class ---- */

static void pit_init(Object *obj)
{
    pins_add_outputs(obj, NULL, 1, &((Pit *)obj)->irq);
}

/* Counter 0 runs from reset on. Its OUT is high then, which is no interrupt: the line begins low. */
static void pit_reset(Object *obj)
{
    Pit *pit = (Pit *)obj;

    for (unsigned i = 0; i < COUNTER_COUNT; i++) {
        pit_counter_reset(&pit->counters[i], i != SPEAKER_COUNTER, ticks_now());
    }
    pit->nmisc = 0;
    irq_set(&pit->irq, 0);
    pit->irq_level = true;
    update(pit);
}

static bool pit_realize(Object *obj, Error **errp)
{
    Pit *pit = (Pit *)obj;

    timer_init(&pit->timer, CLOCK_GUEST, on_timer, pit);
    region_init_io(&pit->ports, "pit", PORT_COUNT, &pit_ops, pit);
    region_init_io(&pit->nmisc_port, "NMI status and control", 1, &nmisc_ops, pit);
    pit_reset(obj);
    return isa_ports_add(&pit->isa, &pit->ports, PIT_PORT, errp) &&
           isa_ports_add(&pit->isa, &pit->nmisc_port, NMISC_PORT, errp);
}

static void pit_unrealize(Object *obj)
{
    Pit *pit = (Pit *)obj;

    timer_cancel(&pit->timer);
    region_finish(&pit->ports);
    region_finish(&pit->nmisc_port);
}

CLASS(pit_class) = {
    .name = "isa-pit",
    .parent = &isa_device_class,
    .desc = "Interval timer (8254) and port 0x61",
    .size = sizeof(Pit),
    .internal = true,
    .init = pit_init,
    .realize = pit_realize,
    .unrealize = pit_unrealize,
    .reset = pit_reset,
};
