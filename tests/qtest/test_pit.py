# SPDX-License-Identifier: GPL-2.0-or-later
"""The 8254: all modes, latches, read-back, BCD, and counter 2 with its gate and output at port 0x61.

Times are counts of 1.193182 MHz, checked to within two: when a new count is loaded is up to one clock of the chip.
"""

from case import case, expect, expect_bits, expect_equal, target

HZ = 1193182
CONTROL, PORT_B = 0x43, 0x61
GATE2, SPEAKER, REFRESH, OUT2 = 1, 2, 0x10, 0x20
LSB, MSB, WORD = 0x10, 0x20, 0x30
STATUS_OUT, STATUS_NULL = 0x80, 0x40
IRQ = 0


def step(m, counts):
    m.clock_step(-(-counts * 1_000_000_000 // HZ))


class Counter:
    """One of the three counters."""

    def __init__(self, m, number):
        self.m, self.number, self.port = m, number, 0x40 + number

    def program(self, mode, count, access=WORD, bcd=0):
        self.m.outb(CONTROL, self.number << 6 | access | mode << 1 | bcd)
        if access & LSB:
            self.m.outb(self.port, count & 0xff)
        if access & MSB:
            self.m.outb(self.port, count >> 8)

    def latch(self):
        self.m.outb(CONTROL, self.number << 6)

    def read_word(self):
        low = self.m.inb(self.port)
        return low | self.m.inb(self.port) << 8

    def count(self):
        self.latch()
        return self.read_word()

    def status(self):
        self.m.outb(CONTROL, 0xe0 | 2 << self.number)
        return self.m.inb(self.port)

    def out(self):
        return self.status() >> 7


def let_load(m):
    """A count is loaded by the next clock; where time stands still it is there at once."""
    if 'qtest' in target.accel:
        step(m, 1)


def expect_near(got, wanted, what, slack=2):
    expect(abs(got - wanted) <= slack, f'{what}: {got} instead of {wanted}')


def gate2(m, level):
    m.outb(PORT_B, m.inb(PORT_B) & ~(GATE2 | SPEAKER) & 0x0f | level)


def out2(m):
    return m.inb(PORT_B) >> 5 & 1


# ---- registers, which need no time ----

@case(each={f'counter {n} mode {mode}': (n, mode) for n in (0, 2) for mode in range(6)})
def status_shows_what_was_programmed(m, row):
    number, mode = row
    counter = Counter(m, number)
    counter.program(mode, 0x1234)
    expect_bits(counter.status(), WORD | mode << 1, 0x3f, 'access and mode')


@case(each={'6 is 2': (6, 2), '7 is 3': (7, 3)})
def mode_bit_2_is_ignored_in_modes_2_and_3(m, row):
    counter = Counter(m, 2)
    counter.program(row[0], 0x1000)
    expect(counter.status() >> 1 & 7 in row, 'status')


@case(ours='QEMU 7.2 has the old output until a count is written')
def output_after_the_control_word(m):
    for mode, out in ((0, 0), (1, 1), (2, 1), (3, 1), (4, 1), (5, 1)):
        m.outb(CONTROL, 2 << 6 | WORD | mode << 1)
        expect_equal(Counter(m, 2).out(), out, f'mode {mode}')


@case()
def latched_count_is_read_low_byte_first(m):
    counter = Counter(m, 2)
    gate2(m, 0)
    counter.program(0, 0x1234)
    let_load(m)
    expect_near(counter.count(), 0x1234, 'count')


@case(each={'low byte': (LSB, 0x34), 'high byte': (MSB, 0x12)})
def access_to_one_byte_reads_it_every_time(m, row):
    access, wanted = row
    counter = Counter(m, 2)
    gate2(m, 0)
    counter.program(0, 0x1234, access)
    let_load(m)
    for _ in range(3):
        expect_near(m.inb(counter.port), wanted, 'byte')


@case()
def latch_holds_until_it_was_read(m):
    counter = Counter(m, 2)
    gate2(m, 0)
    counter.program(0, 0x1234)
    let_load(m)
    counter.latch()
    counter.latch()
    value = counter.read_word()
    expect_near(value, 0x1234, 'first latch')


@case()
def read_back_latches_status_and_count_together(m):
    counter = Counter(m, 2)
    gate2(m, 0)
    counter.program(0, 0x4321)
    let_load(m)
    m.outb(CONTROL, 0xc0 | 8)
    expect_bits(m.inb(counter.port), WORD, 0x3f, 'status first')
    expect_near(counter.read_word(), 0x4321, 'then the count')


@case()
def read_back_of_several_counters(m):
    for number in (0, 2):
        Counter(m, number).program(2, 0x1000)
    m.outb(CONTROL, 0xe0 | 2 | 8)
    for number in (0, 2):
        expect_bits(m.inb(0x40 + number), WORD | 4, 0x3f, f'counter {number}')


@case()
def port_61_keeps_gate_and_speaker(m):
    for value in (0, 1, 2, 3):
        m.outb(PORT_B, value)
        expect_bits(m.inb(PORT_B), value, 3)


@case()
def refresh_bit_toggles(m):
    seen = set()
    for _ in range(16):
        seen.add(m.inb(PORT_B) & REFRESH)
        step(m, 9)                          # a refresh is 18 counts
    expect_equal(seen, {0, REFRESH})


# ---- modes ----

@case()
def mode_0_raises_its_output_at_the_end_and_goes_on_counting(m):
    counter = Counter(m, 0)
    counter.program(0, 1000)
    step(m, 400)
    expect_near(counter.count(), 600, 'count')
    expect_equal(counter.out(), 0)
    step(m, 590)
    expect_equal(counter.out(), 0)
    step(m, 20)
    expect_equal(counter.out(), 1)
    step(m, 100)
    expect_near(0x10000 - counter.count(), 110, 'below zero')
    expect_equal(counter.out(), 1)


@case()
def mode_0_stops_while_the_gate_is_low(m):
    counter = Counter(m, 2)
    gate2(m, 1)
    counter.program(0, 1000)
    step(m, 100)
    gate2(m, 0)
    held = counter.count()
    step(m, 500)
    expect_equal(counter.count(), held)
    gate2(m, 1)
    step(m, 100)
    expect_near(counter.count(), held - 100, 'it goes on')


@case()
def mode_1_is_a_pulse_for_every_rise_of_the_gate(m):
    counter = Counter(m, 2)
    gate2(m, 0)
    counter.program(1, 500)
    step(m, 1000)
    expect_equal(counter.out(), 1, 'before the gate')
    for _ in range(2):
        gate2(m, 1)
        step(m, 250)
        expect_equal(counter.out(), 0, 'pulse')
        step(m, 255)
        expect_equal(counter.out(), 1, 'after the pulse')
        gate2(m, 0)
        step(m, 10)


@case()
def mode_1_is_triggered_again_during_the_pulse(m):
    counter = Counter(m, 2)
    gate2(m, 0)
    counter.program(1, 500)
    gate2(m, 1)
    step(m, 400)
    gate2(m, 0)
    gate2(m, 1)
    step(m, 400)
    expect_equal(counter.out(), 0)
    step(m, 105)
    expect_equal(counter.out(), 1)


@case()
def mode_2_reloads_and_its_output_is_low_for_one_clock(m):
    counter = Counter(m, 0)
    counter.program(2, 100)
    low = 0
    seen = []
    for _ in range(1000):
        step(m, 1)
        low += 1 - counter.out()
        seen.append(counter.count())
    expect(min(seen) >= 1 and max(seen) <= 100, f'counts from {min(seen)} to {max(seen)}')
    expect_near(low, 10, 'clocks the output was low in 1000')


@case()
def mode_3_is_a_square_wave_and_counts_by_two(m):
    counter = Counter(m, 0)
    counter.program(3, 100)
    high, seen = 0, []
    for _ in range(1000):
        step(m, 1)
        high += counter.out()
        seen.append(counter.count())
    expect_near(high, 500, 'clocks the output was high in 1000', 10)
    expect(not [count for count in seen if count & 1], 'odd counts')


@case()
def mode_3_of_an_odd_count_is_high_one_clock_longer(m):
    counter = Counter(m, 0)
    counter.program(3, 5)
    high = 0
    for _ in range(1000):
        step(m, 1)
        high += counter.out()
    expect_near(high, 600, 'clocks the output was high in 1000', 10)


@case()
def mode_3_gate_sets_the_output_and_starts_again(m):
    counter = Counter(m, 2)
    gate2(m, 1)
    counter.program(3, 1000)
    step(m, 700)
    expect_equal(out2(m), 0, 'second half')
    gate2(m, 0)
    expect_equal(out2(m), 1, 'gate low')
    gate2(m, 1)
    step(m, 400)
    expect_equal(out2(m), 1, 'first half again')
    step(m, 200)
    expect_equal(out2(m), 0, 'second half again')


@case()
def mode_4_strobes_once(m):
    counter = Counter(m, 0)
    counter.program(4, 100)
    low = 0
    for _ in range(300):
        step(m, 1)
        low += 1 - counter.out()
    expect(1 <= low <= 2, f'low for {low} clocks')


@case()
def mode_5_strobes_after_the_gate_rises(m):
    counter = Counter(m, 2)
    gate2(m, 0)
    counter.program(5, 100)
    step(m, 500)
    expect_equal(counter.out(), 1)
    gate2(m, 1)
    low = []
    for clock in range(300):
        step(m, 1)
        if not counter.out():
            low.append(clock)
    expect(1 <= len(low) <= 2 and 97 <= low[0] <= 103, f'low at {low}')


@case()
def bcd_counts_in_decimal(m):
    counter = Counter(m, 0)
    counter.program(0, 0x1000, bcd=1)
    step(m, 1)
    step(m, 250)
    count = counter.count()
    digits = int(f'{count:x}')
    expect_near(digits, 749, 'a thousand less 251')


@case()
def zero_is_the_greatest_count(m):
    counter = Counter(m, 0)
    counter.program(2, 0)
    step(m, 1000)
    expect_near(counter.count(), 0x10000 - 1000, 'binary')
    counter.program(2, 0, bcd=1)
    step(m, 1000)
    expect_near(int(f'{counter.count():x}'), 9000, 'BCD')


@case()
def null_count_until_the_count_is_loaded(m):
    counter = Counter(m, 0)
    counter.program(2, 1000)
    step(m, 3)
    expect_bits(counter.status(), 0, STATUS_NULL, 'loaded')
    m.outb(0x43, 0x34)
    expect_bits(counter.status(), STATUS_NULL, STATUS_NULL, 'no count yet')


@case()
def latched_count_stays_while_time_passes(m):
    counter = Counter(m, 0)
    counter.program(2, 0)
    step(m, 100)
    counter.latch()
    step(m, 5000)
    expect_near(counter.read_word(), 0x10000 - 100, 'latched')
    expect_near(counter.count(), 0x10000 - 5100, 'live')


# ---- interrupts ----

@case()
def interrupts_of_mode_2_come_at_the_programmed_rate(m):
    m.intercept_in()
    counter = Counter(m, 0)
    counter.program(2, 11932)               # 100 Hz
    m.irq_events()
    m.clock_step(1_000_000_000)
    expect_near(m.irq_events(IRQ).count('raise'), 100, 'interrupts in a second', 1)


@case()
def interrupt_of_mode_0_comes_once(m):
    m.intercept_in()
    counter = Counter(m, 0)
    counter.program(0, 1000)
    m.irq_events()
    step(m, 100000)
    expect_equal(m.irq_events(IRQ), ['raise'])


@case()
def a_new_count_replaces_the_old_deadline(m):
    m.intercept_in()
    counter = Counter(m, 0)
    counter.program(0, 1000)
    step(m, 500)
    counter.program(0, 1000)
    m.irq_events()
    step(m, 600)
    expect_equal(m.irq_events(IRQ), [])
    step(m, 500)
    expect_equal(m.irq_events(IRQ), ['raise'])
