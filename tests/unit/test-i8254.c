/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The 8254: waveforms of its data sheet, the counter in closed form against a
 * chip that is clocked pulse by pulse, and the timer of a PC on the guest's clock.
 */
#include "core/pins.h"
#include "hw/timer/pit-counter.h"
#include "tests/unit/isa-board.h"

enum { LSB = 1, MSB = 2, BOTH = 3 };

static uint8_t control(unsigned rw, unsigned mode, bool bcd)
{
    return (uint8_t)(rw << 4 | mode << 1 | bcd);
}

/* ---- waveforms ("Mode Definitions") ---- */

/*
 * One character a pulse. Before the pulse: a digit is written as count, '-' GATE falls, '+' it rises, '^' it
 * falls and rises. After it: OUT, and the low digit of the count ('?': nobody can say).
 */
static const struct {
    unsigned mode;
    const char *before, *out, *count;
} waveforms[] = {
    { 0, "4.....",     "000011",     "43210f" },
    { 0, "3.-.+..",    "0000011",    "322210f" },
    { 0, "3..2...",    "0000011",    "321210f" },
    { 0, "2...2...",   "00110011",   "210f210f" },
    { 1, "3.^....^..", "1100011000", "??3210f321" },
    { 1, "3^.^....",   "10000011",   "?323210f" },
    { 1, "2^4..^....", "1001100001", "?210f43210" },
    { 2, "3......",    "1101101",    "3213213" },
    { 2, "3.-.+..",    "1111110",    "3222321" },
    { 2, "4.5.....",   "11101111",   "43215432" },
    { 2, "3..-.+",     "110111",     "321113" },
    { 3, "4........",  "110011001",  "424242424" },
    { 3, "5.........", "1110011100", "4204242042" },
    { 3, "4...-.+..",  "110011110",  "424222424" },
    { 3, "4.6....",    "1100011",    "4264264" },
    { 4, "3.....",     "111011",     "3210fe" },
    { 4, "3-.+...",    "1111101",    "333210f" },
    { 4, "3..2....",   "11111011",   "321210fe" },
    { 4, "2..-.+.",    "1101111",    "21000fe" },
    { 5, "3.^.....",   "11111011",   "??3210fe" },
    { 5, "3^.^....",   "11111101",   "?323210f" },
};

static void happen(PitCounter *counter, char event, int64_t now)
{
    if (event >= '0' && event <= '9') {
        pit_counter_write(counter, (uint8_t)(event - '0'), now);
    }
    if (event == '-' || event == '^') {
        pit_counter_set_gate(counter, false, now);
    }
    if (event == '+' || event == '^') {
        pit_counter_set_gate(counter, true, now);
    }
}

static void test_waveforms(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(waveforms); i++) {
        PitCounter counter;
        pit_counter_reset(&counter, true, 0);
        pit_counter_program(&counter, control(LSB, waveforms[i].mode, false), 0);
        g_assert_cmpint(pit_counter_out(&counter, 0), ==, waveforms[i].mode != 0);
        for (int t = 0; waveforms[i].before[t]; t++) {
            g_test_message("row %u pulse %d", i, t);
            happen(&counter, waveforms[i].before[t], t);
            g_assert_cmpint('0' + pit_counter_out(&counter, t + 1), ==, waveforms[i].out[t]);
            char shown = "0123456789abcdef"[pit_counter_read(&counter, t + 1) & 15];
            g_assert_true(waveforms[i].count[t] == '?' || waveforms[i].count[t] == shown);
        }
    }
}

/* ---- a chip that is clocked ---- */

typedef struct Chip {
    unsigned mode, rw;
    bool bcd, gate, out;
    bool has_count, active, load, trigger, null_count;
    bool odd, high, armed;
    uint16_t cr, ce;
} Chip;

static void chip_program(Chip *chip, unsigned rw, unsigned mode, bool bcd)
{
    *chip = (Chip){ .mode = mode, .rw = rw, .bcd = bcd, .gate = chip->gate, .ce = chip->ce,
                    .out = mode != 0, .null_count = true };
}

/* The first byte of two arrives (@whole false), or a whole count. */
static void chip_write(Chip *chip, uint16_t count, bool whole)
{
    if (chip->mode == 0) {
        chip->out = chip->active = chip->load = false;
    }
    if (!whole) {
        return;
    }
    chip->cr = count;
    chip->has_count = chip->null_count = true;
    if (chip->mode == 0 || chip->mode == 4 || ((chip->mode == 2 || chip->mode == 3) && !chip->active)) {
        chip->load = true;
    }
}

static void chip_gate(Chip *chip, bool gate)
{
    bool periodic = chip->mode == 2 || chip->mode == 3;

    if (gate && !chip->gate && chip->mode != 0 && chip->mode != 4 && chip->has_count) {
        chip->trigger = true;
    }
    if (!gate && periodic) {
        chip->out = true;
    }
    chip->gate = gate;
}

static void chip_down(Chip *chip)
{
    if (!chip->bcd) {
        chip->ce--;
        return;
    }
    for (unsigned shift = 0; shift < 16; shift += 4) {
        if (chip->ce >> shift & 15) {
            chip->ce = (uint16_t)(chip->ce - (1 << shift));
            return;
        }
        chip->ce = (uint16_t)(chip->ce | 9 << shift);
    }
}

static void chip_reload(Chip *chip)
{
    chip->ce = chip->cr;
    chip->odd = chip->cr & 1;
    chip->ce = chip->mode == 3 ? chip->ce & 0xfffe : chip->ce;
    chip->active = chip->armed = true;
    chip->null_count = chip->load = chip->trigger = false;
}

static void chip_square(Chip *chip)
{
    bool last = chip->odd && chip->high ? chip->ce == 0 : chip->ce == 2;

    if (last) {
        chip->high = chip->out = !chip->high;
        chip_reload(chip);
    } else {
        chip_down(chip);
        chip_down(chip);
    }
}

static void chip_count(Chip *chip)
{
    if (chip->mode == 3) {
        chip_square(chip);
    } else if (chip->mode == 2 && chip->ce == 1) {
        chip_reload(chip);
        chip->out = true;
    } else {
        chip_down(chip);
        if (chip->mode == 2) {
            chip->out = chip->ce != 1;
        } else if (chip->ce == 0 && chip->armed) {
            chip->out = chip->mode < 4;
            chip->armed = false;
        }
    }
}

static void chip_pulse(Chip *chip)
{
    bool level_gated = chip->mode != 1 && chip->mode != 5;

    if (chip->mode >= 4) {
        chip->out = true;
    }
    if (chip->load || chip->trigger) {
        chip_reload(chip);
        chip->high = true;
        chip->out = chip->mode > 1;
    } else if (chip->active && (chip->gate || !level_gated)) {
        chip_count(chip);
    }
}

static uint16_t random_count(bool bcd)
{
    static const int limits[] = { 3, 10, 40, 300, 10000 };
    int limit = limits[g_test_rand_int_range(0, G_N_ELEMENTS(limits))];
    unsigned count = (unsigned)g_test_rand_int_range(2, limit);

    if (g_test_rand_int_range(0, 20) == 0) {
        return 0;
    }
    return (uint16_t)(bcd ? count / 1000 << 12 | count / 100 % 10 << 8 | count / 10 % 10 << 4 | count % 10 : count);
}

/* The same happens to the chip and to counters that are asked at every pulse and hardly ever. */
typedef struct Trio {
    Chip chip;
    PitCounter eager, lazy;
} Trio;

static void trio_byte(Trio *trio, uint8_t value, int64_t now)
{
    pit_counter_write(&trio->eager, value, now);
    pit_counter_write(&trio->lazy, value, now);
}

static void trio_count(Trio *trio, int64_t now)
{
    uint16_t count = random_count(trio->chip.bcd);

    if (trio->chip.rw == LSB) {
        count &= 0xff;
        count = count == 1 ? 2 : count;         /* 1 is not allowed in modes 2 and 3 */
    } else if (trio->chip.rw == MSB) {
        count &= 0xff00;
    } else {
        chip_write(&trio->chip, 0, false);
    }
    chip_write(&trio->chip, count, true);
    if (trio->chip.rw != MSB) {
        trio_byte(trio, (uint8_t)count, now);
    }
    if (trio->chip.rw != LSB) {
        trio_byte(trio, (uint8_t)(count >> 8), now);
    }
}

static void trio_program(Trio *trio, int64_t now)
{
    unsigned rw = (unsigned)g_test_rand_int_range(LSB, BOTH + 1), mode = (unsigned)g_test_rand_int_range(0, 6);
    bool bcd = g_test_rand_bit();

    chip_program(&trio->chip, rw, mode, bcd);
    pit_counter_program(&trio->eager, control(rw, mode, bcd), now);
    pit_counter_program(&trio->lazy, control(rw, mode, bcd), now);
}

static void trio_gate(Trio *trio, bool gate, int64_t now)
{
    chip_gate(&trio->chip, gate);
    pit_counter_set_gate(&trio->eager, gate, now);
    pit_counter_set_gate(&trio->lazy, gate, now);
}

static void trio_compare(const Trio *trio, PitCounter *counter, int64_t now)
{
    const Chip *chip = &trio->chip;

    g_assert_cmpint(pit_counter_out(counter, now), ==, chip->out);
    pit_counter_latch_count(counter, now);
    pit_counter_latch_status(counter, now);
    g_assert_cmphex(pit_counter_read(counter, now), ==,
                    chip->out << 7 | chip->null_count << 6 | control(chip->rw, chip->mode, chip->bcd));
    if (chip->rw != MSB) {
        g_assert_cmphex(pit_counter_read(counter, now), ==, chip->ce & 0xff);
    }
    if (chip->rw != LSB) {
        g_assert_cmphex(pit_counter_read(counter, now), ==, chip->ce >> 8);
    }
}

static void trio_event(Trio *trio, int64_t now)
{
    int dice = g_test_rand_int_range(0, 100);

    if (dice < 3) {
        trio_program(trio, now);
    } else if (dice < 12) {
        trio_count(trio, now);
    } else if (dice < 20) {
        trio_gate(trio, !trio->chip.gate, now);
    }
}

static void trio_pulse(Trio *trio, int64_t *now)
{
    bool before = trio->chip.out;
    int64_t next = pit_counter_next_change(&trio->eager, *now);

    chip_pulse(&trio->chip);
    ++*now;
    g_assert_cmpint(next, >=, *now);
    g_assert_true(trio->chip.out == before || next == *now);
}

static void test_closed_form_is_the_chip(void)
{
    int64_t now = 1000;
    Trio trio = { .chip.gate = true };

    pit_counter_reset(&trio.eager, true, now);
    pit_counter_reset(&trio.lazy, true, now);
    trio_program(&trio, now);
    trio.chip.ce = trio.eager.held;
    for (int i = 0; i < 200000; i++) {
        for (int events = g_test_rand_int_range(0, 3); events > 0; events--) {
            trio_event(&trio, now);
        }
        int pulses = g_test_rand_int_range(0, 2000) ? 1 : g_test_rand_int_range(1, 70000);
        for (; pulses > 0; pulses--) {
            trio_pulse(&trio, &now);
        }
        trio_compare(&trio, &trio.eager, now);
        if (g_test_rand_int_range(0, 10) == 0) {
            trio_compare(&trio, &trio.lazy, now);
        }
    }
}

static void test_any_bytes_are_survived(void)
{
    PitCounter counter;
    int64_t now = 0;

    pit_counter_reset(&counter, false, now);
    for (int i = 0; i < 200000; i++) {
        int dice = g_test_rand_int_range(0, 10);
        if (dice == 0) {
            pit_counter_program(&counter, (uint8_t)g_test_rand_int_range(16, 64), now);
        } else if (dice < 4) {
            pit_counter_write(&counter, (uint8_t)(g_test_rand_bit() ? 1 : g_test_rand_int_range(0, 256)), now);
        } else if (dice < 6) {
            pit_counter_set_gate(&counter, g_test_rand_bit(), now);
        }
        g_assert_cmpint(pit_counter_next_change(&counter, now), >, now);
        pit_counter_read(&counter, now);
        now += g_test_rand_int_range(0, 3) ? 1 : g_test_rand_int_range(0, 1 << 20);
    }
}

/* ---- the timer of a PC ---- */

static struct {
    unsigned raised, lowered;
    int level;
} line;

static void on_line(void *to, int n, int level)
{
    line.raised += level && !line.level;
    line.lowered += !level && line.level;
    line.level = level;
}

enum { HZ = 1193182 };

static int64_t ns_of(int64_t tick)
{
    return (int64_t)((__int128)tick * NS_PER_SECOND / HZ);
}

static int64_t next_second(void)
{
    return clock_now(CLOCK_GUEST) / NS_PER_SECOND + 1;
}

static void setup(void)
{
    isa_board_up();
    memset(&line, 0, sizeof(line));
    Object *pit = isa_board_add("isa-pit", "");
    pin_wire_output(pit, NULL, 0, (Irq){ .set = on_line });
    object_reset_all();
}

static void test_counter_0_runs_from_reset(void)
{
    clock_step_to(next_second() * NS_PER_SECOND);
    int64_t start = clock_now(CLOCK_GUEST) / NS_PER_SECOND * HZ;
    setup();
    g_assert_cmpint(line.level, ==, 0);             /* reset is no interrupt */
    for (int half = 1; half <= 6; half++) {
        g_assert_cmpint(clock_next_deadline(), ==, ns_of(start + 32768 * half));
        clock_step_to(clock_next_deadline());
        g_assert_cmpint(line.level, ==, half % 2 == 0);
    }
    g_assert_cmpuint(line.raised, ==, 3);
    clock_step_to(clock_next_deadline());
    object_reset_all();
    g_assert_cmpuint(line.raised, ==, 3);
    isa_board_down();
}

static void test_interrupts_at_the_rate_of_mode_2(void)
{
    setup();
    clock_step_to(next_second() * NS_PER_SECOND);
    outb(0x43, 0x34);
    outb(0x40, 0x10);
    outb(0x40, 0x00);
    g_assert_cmpint(line.level, ==, 1);
    unsigned raised = line.raised;
    clock_step(100000);             /* 119 pulses: low in the 16th, 32nd ... after the one that loaded */
    g_assert_cmpuint(line.raised - raised, ==, 7);
    outb(0x43, 0x34);
    outb(0x40, 0xa9);               /* 1193 */
    outb(0x40, 0x04);
    raised = line.raised;
    clock_step(10 * NS_PER_SECOND);
    g_assert_cmpuint(line.raised - raised, ==, 10 * HZ / 1193);
    isa_board_down();
}

/* To the nanosecond, at the end of a second, where pulses and nanoseconds meet. */
static void test_one_shot(void)
{
    setup();
    int64_t end = next_second() + 1;
    clock_step_to(ns_of(end * HZ - 100));
    outb(0x43, 0x30);
    g_assert_cmpint(clock_next_deadline(), ==, -1);
    outb(0x40, 99);
    outb(0x40, 0);
    clock_step_to(end * NS_PER_SECOND - 1);
    g_assert_cmphex(inb(0x40), ==, 1);
    g_assert_cmphex(inb(0x40), ==, 0);
    g_assert_cmpint(line.level, ==, 0);
    clock_step(1);
    g_assert_cmpint(line.level, ==, 1);
    g_assert_cmpint(clock_next_deadline(), ==, -1);
    isa_board_down();
}

static void test_read_back(void)
{
    setup();
    outb(0x43, 0xee);               /* status of all: mode 3, OUT high, nobody has written a count */
    for (uint16_t port = 0x40; port < 0x43; port++) {
        g_assert_cmphex(inb(port), ==, 0x86);
    }
    outb(0x43, 0x70);               /* counter 1: both bytes, mode 0 */
    outb(0x43, 0xe4);
    g_assert_cmphex(inb(0x41), ==, 0x70);   /* null count, OUT low */
    isa_board_down();
}

static void test_latched_values_stay_until_read(void)
{
    setup();
    outb(0x43, 0x70);
    outb(0x41, 0x00);
    outb(0x41, 0x10);
    outb(0x43, 0xe4);
    g_assert_cmphex(inb(0x41), ==, 0x70);   /* the next pulse loads it */
    clock_step(ns_of(0x100));
    outb(0x43, 0x40);
    clock_step(ns_of(0x100));
    outb(0x43, 0x40);               /* ignored */
    unsigned low = inb(0x41), latched = low | (unsigned)inb(0x41) << 8;
    g_assert_cmphex(latched, >=, 0x1000 - 0x101);
    g_assert_cmphex(latched, <=, 0x1000 - 0xfe);
    outb(0x43, 0xc4);               /* status and count */
    g_assert_cmphex(inb(0x41), ==, 0x30);
    low = inb(0x41);
    g_assert_cmphex((low | (unsigned)inb(0x41) << 8), <, latched - 0xf0);
    outb(0x43, 0x40);
    outb(0x43, 0x70);               /* the control word forgets what is latched */
    outb(0x41, 0x34);
    outb(0x41, 0x12);
    g_assert_cmphex(inb(0x41), ==, 0x34);   /* read before time passes */
    g_assert_cmphex(inb(0x41), ==, 0x12);
    isa_board_down();
}

/* How firmware measures time: GATE2 and OUT2 in port 0x61. */
static void test_port_61(void)
{
    setup();
    g_assert_cmphex(inb(0x61) & ~0x10, ==, 0x20);
    uint8_t count = inb(0x42);
    clock_step(NS_PER_SECOND);
    g_assert_cmphex(inb(0x42), ==, count);          /* GATE2 is low */
    outb(0x61, 0xff);
    g_assert_cmphex(inb(0x61) & ~0x30, ==, 0x0f);
    outb(0x61, 0);
    outb(0x43, 0xb0);
    outb(0x42, 0xe8);
    outb(0x42, 0x03);
    clock_step(NS_PER_SECOND);
    g_assert_cmphex(inb(0x61) & 0x20, ==, 0);
    outb(0x61, 1);
    clock_step(ns_of(998));
    g_assert_cmphex(inb(0x61) & 0x21, ==, 0x01);
    clock_step(ns_of(3));
    g_assert_cmphex(inb(0x61) & 0x21, ==, 0x21);
    unsigned toggles = 0;
    for (uint8_t before = inb(0x61), now; toggles < 1000; before = now, toggles++) {
        clock_step(ns_of(18) + 1);
        now = inb(0x61);
        if (((now ^ before) & 0x10) == 0) {
            break;
        }
    }
    g_assert_cmpuint(toggles, >, 100);
    isa_board_down();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/i8254/waveforms", test_waveforms);
    g_test_add_func("/i8254/oracle", test_closed_form_is_the_chip);
    g_test_add_func("/i8254/garbage", test_any_bytes_are_survived);
    g_test_add_func("/i8254/reset", test_counter_0_runs_from_reset);
    g_test_add_func("/i8254/rate", test_interrupts_at_the_rate_of_mode_2);
    g_test_add_func("/i8254/one-shot", test_one_shot);
    g_test_add_func("/i8254/read-back", test_read_back);
    g_test_add_func("/i8254/latch", test_latched_values_stay_until_read);
    g_test_add_func("/i8254/port-61", test_port_61);
    return g_test_run();
}
