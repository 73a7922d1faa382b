# SPDX-License-Identifier: GPL-2.0-or-later
"""The MC146818 clock on the virtual clock: formats, alarms, periodic interrupts, update timing, setting it.

Cases that let time pass need the qtest accelerator. The second register to know is when an update happens: the
clock starts with the machine, so seconds change at whole multiples of one second of virtual time.
"""

from case import PC, case, expect, expect_equal, run_emulator
from chipset import Cmos

SECONDS, SECONDS_ALARM, MINUTES, MINUTES_ALARM, HOURS, HOURS_ALARM = range(6)
WEEKDAY, DAY, MONTH, YEAR, A, B, C, D = range(6, 14)
CENTURY = 0x32
B_SET, B_PERIODIC, B_ALARM, B_UPDATE, B_SQUARE, B_BINARY, B_24H, B_DST = 0x80, 0x40, 0x20, 0x10, 8, 4, 2, 1
C_IRQ, C_PERIODIC, C_ALARM, C_UPDATE = 0x80, 0x40, 0x20, 0x10
A_UIP, A_32768HZ = 0x80, 0x20
IRQ = 8
SECOND = 1_000_000_000
UPDATE_NS = 244_000         # before an update UIP is on for that long (MC146818 data sheet, update cycle)

BASE = '2021-12-31T23:59:58'
RTC = f'{PC} -rtc base={BASE},clock=vm'
NOON = f'{PC} -rtc base=2022-03-04T12:34:56,clock=vm'


def bcd(value):
    return value // 10 << 4 | value % 10


def read_time(cmos):
    return [cmos.read(index) for index in (CENTURY, YEAR, MONTH, DAY, HOURS, MINUTES, SECONDS)]


def write_time(cmos, *values):
    """Century, year, month, day, hours, minutes, seconds, as register values."""
    b = cmos.read(B)
    cmos.write(B, b | B_SET)
    for index, value in zip((CENTURY, YEAR, MONTH, DAY, HOURS, MINUTES, SECONDS), values):
        cmos.write(index, value)
    cmos.write(B, b & ~B_SET)


# ---- after reset ----

@case(RTC)
def registers_after_reset(m):
    cmos = Cmos(m)
    expect_equal(cmos.read(A), 0x26, 'A: 32.768 kHz, 1024 Hz')
    expect_equal(cmos.read(B), B_24H, 'B')
    expect_equal(cmos.read(C), 0, 'C')
    expect_equal(cmos.read(D), 0x80, 'D: RAM and time are valid')


@case(RTC)
def index_cannot_be_read(m):
    Cmos(m).read(A)
    expect_equal(m.inb(0x70), 0xff)


@case(RTC)
def bit_7_of_the_index_is_not_of_the_address(m):
    cmos = Cmos(m)
    expect_equal(cmos.read(0x80 | D), cmos.read(D))


@case(RTC)
def memory_keeps_what_is_written(m):
    cmos = Cmos(m)
    for index in range(0x40, 0x50):
        cmos.write(index, index ^ 0xa5)
    expect_equal([cmos.read(index) for index in range(0x40, 0x50)],
                 [index ^ 0xa5 for index in range(0x40, 0x50)])


@case(RTC)
def status_c_and_d_cannot_be_written(m):
    cmos = Cmos(m)
    cmos.write(C, 0xff)
    cmos.write(D, 0)
    expect_equal((cmos.read(C), cmos.read(D)), (0, 0x80))


# ---- base ----

@case(RTC)
def base_is_the_first_time(m):
    expect_equal(read_time(Cmos(m)), [0x20, 0x21, 0x12, 0x31, 0x23, 0x59, 0x58])


@case(RTC)
def weekday_counts_from_sunday(m):
    expect_equal(Cmos(m).read(WEEKDAY), 6, '2021-12-31 is a Friday')


@case(f'{PC} -rtc base=2024-02-29,clock=vm')
def base_may_be_a_day(m):
    expect_equal(read_time(Cmos(m)), [0x20, 0x24, 0x02, 0x29, 0, 0, 0])


@case(None, each={'month 13': '2020-13-01', 'trailing text': '2020-01-01x'}, ours='QEMU 7.2 takes it')
@case(None, each={'no date': 'yesterday', 'nothing': ''})
def bad_base_is_refused(text):
    status, _, err = run_emulator(f'{PC} -display none -S -rtc base={text}'.split())
    expect(status == 1 and '-rtc' in err or 'datetime' in err, f'{status}: {err}')


# ---- formats ----

@case(NOON)
def binary_and_bcd(m):
    cmos = Cmos(m)
    cmos.write(B, B_24H | B_BINARY)
    expect_equal(read_time(cmos)[1:], [22, 3, 4, 12, 34, 56])
    cmos.write(B, B_24H)
    expect_equal(read_time(cmos)[1:], [0x22, 3, 4, 0x12, 0x34, 0x56])


@case(each={f'{hour} h': hour for hour in (0, 1, 11, 12, 13, 23)})
def twelve_hours_have_a_bit_for_the_afternoon(m, hour):
    cmos = Cmos(m)
    write_time(cmos, 0x20, 0x22, 3, 4, bcd(hour), 0x34, 0x56)
    cmos.write(B, 0)
    expect_equal(cmos.read(HOURS), bcd((hour + 11) % 12 + 1) | (0x80 if hour >= 12 else 0))
    cmos.write(B, B_BINARY)
    expect_equal(cmos.read(HOURS), (hour + 11) % 12 + 1 | (0x80 if hour >= 12 else 0))
    cmos.write(B, B_24H | B_BINARY)
    expect_equal(cmos.read(HOURS), hour)


@case(each={f'{hour:#x}': (hour, wanted) for hour, wanted in
            ((0x12, 0), (0x01, 1), (0x11, 11), (0x92, 12), (0x81, 13), (0x91, 23))})
def twelve_hours_may_be_written(m, row):
    hour, wanted = row
    cmos = Cmos(m)
    cmos.write(B, 0)
    write_time(cmos, 0x20, 0x22, 3, 4, hour, 0, 0)
    cmos.write(B, B_24H | B_BINARY)
    expect_equal(cmos.read(HOURS), wanted)


# ---- time passes ----

@case(RTC)
def seconds_carry_up_to_the_century(m):
    cmos = Cmos(m)
    m.clock_step(2 * SECOND + UPDATE_NS)
    expect_equal(read_time(cmos), [0x20, 0x22, 0x01, 0x01, 0, 0, 0])
    expect_equal(cmos.read(WEEKDAY), 7)


DAYS = {
    'leap year': ((0x20, 0x24, 0x02, 0x28), (0x20, 0x24, 0x02, 0x29)),
    'no leap year': ((0x20, 0x23, 0x02, 0x28), (0x20, 0x23, 0x03, 0x01)),
    'multiple of 400': ((0x20, 0x00, 0x02, 0x28), (0x20, 0x00, 0x02, 0x29)),
    'multiple of 100': ((0x21, 0x00, 0x02, 0x28), (0x21, 0x00, 0x03, 0x01)),
    'century': ((0x19, 0x99, 0x12, 0x31), (0x20, 0x00, 0x01, 0x01)),
    'month of 30 days': ((0x20, 0x22, 0x04, 0x30), (0x20, 0x22, 0x05, 0x01)),
}


@case(RTC, each=DAYS)
def days_follow_the_calendar(m, row):
    cmos = Cmos(m)
    write_time(cmos, *row[0], 0x23, 0x59, 0x59)
    m.clock_step(2 * SECOND)
    expect_equal(read_time(cmos)[:4], list(row[1]))


@case(RTC)
def set_stops_the_clock(m):
    cmos = Cmos(m)
    cmos.write(B, B_24H | B_SET)
    before = read_time(cmos)
    m.clock_step(5 * SECOND)
    expect_equal(read_time(cmos), before)
    cmos.write(B, B_24H)
    m.clock_step(SECOND + SECOND // 2)
    expect(read_time(cmos) != before, 'it does not go on')


@case(RTC)
def written_time_goes_on_from_there(m):
    cmos = Cmos(m)
    write_time(cmos, 0x20, 0x30, 0x07, 0x08, 0x09, 0x10, 0x11)
    expect_equal(read_time(cmos), [0x20, 0x30, 0x07, 0x08, 0x09, 0x10, 0x11])
    m.clock_step(10 * SECOND)
    expect(cmos.read(SECONDS) in (0x20, 0x21), 'ten seconds later')


@case(RTC)
def divider_reset_stops_the_clock(m):
    cmos = Cmos(m)
    cmos.write(A, 0x76)
    before = read_time(cmos)
    m.clock_step(3 * SECOND)
    expect_equal(read_time(cmos), before)
    cmos.write(A, 0x26)
    m.clock_step(SECOND * 3 // 5)       # the first update is half a second after the divider starts
    expect(read_time(cmos) != before, 'no update 500 ms after the divider started')


# ---- update in progress ----

def next_update(m, cmos):
    """Step to just after the next change of the seconds."""
    cmos.write(B, cmos.read(B) | B_UPDATE)
    cmos.read(C)
    for _ in range(4000):
        m.clock_step(SECOND // 2000)
        if cmos.read(C) & C_UPDATE:
            return
    raise AssertionError('no update in two seconds')


@case(RTC)
def update_in_progress_is_seen_before_an_update(m):
    cmos = Cmos(m)
    next_update(m, cmos)
    expect_equal(cmos.read(A) & A_UIP, 0, 'after the update')
    m.clock_step(SECOND // 2)
    expect_equal(cmos.read(A) & A_UIP, 0, 'between updates')
    m.clock_step(SECOND * 49 // 100)
    before, seen = cmos.read(SECONDS), 0
    while cmos.read(SECONDS) == before:
        seen += cmos.read(A) & A_UIP != 0
        m.clock_step(50_000)
    expect(3 <= seen <= 50, f'UIP was seen {seen} times, 50 us apart')


@case(RTC)
def update_ended_interrupt_comes_once_a_second(m):
    m.intercept_in()
    cmos = Cmos(m)
    cmos.write(B, B_24H | B_UPDATE)
    cmos.read(C)
    m.irq_events()
    for _ in range(5):
        m.clock_step(SECOND)
        expect_equal(m.irq_events(IRQ), ['raise'])
        expect_equal(cmos.read(C) & (C_IRQ | C_UPDATE), C_IRQ | C_UPDATE)
        expect_equal(m.irq_events(IRQ), ['lower'])


@case(RTC)
def set_inhibits_the_update_interrupt(m):
    cmos = Cmos(m)
    cmos.write(B, B_24H | B_UPDATE | B_SET)
    expect_equal(cmos.read(B) & B_UPDATE, 0, 'SET clears UIE')


# ---- periodic ----

RATES = {f'rate {rate}': rate for rate in range(1, 16)}


def periodic_hz(rate):
    """MC146818 data sheet, table 5, 32.768 kHz: rates 1 and 2 are those of 8 and 9."""
    return 32768 >> (rate + 7 if rate < 3 else rate) - 1


@case(RTC, each=RATES)
def periodic_interrupt_has_the_rate_of_register_a(m, rate):
    m.intercept_in()
    cmos = Cmos(m)
    cmos.write(A, A_32768HZ | rate)
    cmos.write(B, B_24H | B_PERIODIC)
    cmos.read(C)
    m.irq_events()
    period = SECOND // periodic_hz(rate)
    m.clock_step(period * 3 // 2)
    count = 40
    cmos.read(C)
    m.irq_events()
    for _ in range(count):
        m.clock_step(period)
        expect_equal(cmos.read(C) & (C_IRQ | C_PERIODIC), C_IRQ | C_PERIODIC)
    expect_equal(m.irq_events(IRQ), ['raise', 'lower'] * count)


@case(RTC)
def rate_zero_is_no_interrupt(m):
    m.intercept_in()
    cmos = Cmos(m)
    cmos.write(A, A_32768HZ)
    cmos.write(B, B_24H | B_PERIODIC)
    cmos.read(C)
    m.irq_events()
    m.clock_step(2 * SECOND)
    expect_equal(m.irq_events(IRQ), [])


@case(RTC)
def interrupt_stays_until_c_is_read(m):
    m.intercept_in()
    cmos = Cmos(m)
    cmos.write(A, A_32768HZ | 6)
    cmos.write(B, B_24H | B_PERIODIC)
    m.clock_step(SECOND // 10)
    expect_equal(m.irq_level(IRQ), True)
    expect_equal(cmos.read(C) & (C_IRQ | C_PERIODIC), C_IRQ | C_PERIODIC)
    expect_equal(m.irq_level(IRQ), False)
    expect_equal(cmos.read(C) & C_IRQ, 0, 'read twice')


# ---- alarms ----

def arm(cmos, hours, minutes, seconds):
    for index, value in ((HOURS_ALARM, hours), (MINUTES_ALARM, minutes), (SECONDS_ALARM, seconds)):
        cmos.write(index, value)
    cmos.write(B, cmos.read(B) | B_ALARM)
    cmos.read(C)


def first_alarm(m, cmos, limit):
    """Whole seconds until the alarm interrupt, None when there is none within the limit."""
    for second in range(1, limit + 1):
        m.clock_step(SECOND)
        if cmos.read(C) & C_ALARM:
            return second
    return None


ALARMS = {
    # hours, minutes, seconds of the alarm; seconds from 12:34:56 until it, most to wait
    'a time': (0x12, 0x35, 0x10, 14, 30), 'any second': (0x12, 0x35, 0xff, 4, 30),
    'any minute': (0x12, 0xc0, 0x05, 9, 30), 'any hour': (0xff, 0x35, 0x00, 4, 30),
    'always': (0xff, 0xff, 0xff, 1, 5), 'any minute and second of an hour': (0x12, 0xff, 0xff, 1, 5),
    'another hour': (0x13, 0xff, 0xff, None, 60), 'next minute, any hour': (0xff, 0x36, 0x00, 64, 90),
}


@case(NOON, each=ALARMS)
def alarm_comes_when_the_time_matches(m, row):
    hours, minutes, seconds, wanted, limit = row
    cmos = Cmos(m)
    next_update(m, cmos)                    # now it is 12:34:57
    write_time(cmos, 0x20, 0x22, 3, 4, 0x12, 0x34, 0x56)
    arm(cmos, hours, minutes, seconds)
    got = first_alarm(m, cmos, limit)
    expect(got == wanted or got and wanted and abs(got - wanted) <= 1, f'after {got} s instead of {wanted} s')


@case(NOON)
def alarm_interrupts_only_when_enabled(m):
    m.intercept_in()
    cmos = Cmos(m)
    arm(cmos, 0xff, 0xff, 0xff)
    cmos.write(B, B_24H)
    cmos.read(C)
    m.irq_events()
    m.clock_step(3 * SECOND)
    expect_equal(m.irq_events(IRQ), [])
    expect_equal(cmos.read(C) & (C_IRQ | C_ALARM), C_ALARM, 'the flag without the interrupt')


@case(NOON)
def alarm_every_day_in_binary_and_twelve_hours(m):
    cmos = Cmos(m)
    cmos.write(B, B_BINARY)
    write_time(cmos, 20, 22, 3, 4, 0x80 | 11, 59, 58)
    arm(cmos, 12, 0, 1)
    got = first_alarm(m, cmos, 10)
    expect(got in (2, 3, 4), f'midnight plus one second, after {got} s')
    expect_equal(cmos.read(HOURS), 12, 'midnight is 12 in the morning')


@case(RTC, ours='QEMU 7.2 keeps the update interrupt')
def reset_clears_interrupts_and_keeps_the_time(m):
    cmos = Cmos(m)
    cmos.write(B, B_24H | B_ALARM | B_PERIODIC | B_UPDATE)
    m.qmp('system_reset')
    m.event('RESET')
    expect_equal(cmos.read(B) & (B_ALARM | B_PERIODIC | B_UPDATE), 0)
    expect_equal(read_time(cmos)[:4], [0x20, 0x21, 0x12, 0x31])
