# SPDX-License-Identifier: GPL-2.0-or-later
"""The 8257/8237 pair: addresses, counts, the flip-flop, masks, page registers. No device here moves data by it."""

from case import case, expect, expect_bits, expect_equal

# First channel, stride of the registers, command port.
FIRST, SECOND = (0x00, 1, 0x08), (0xc0, 2, 0xd0)
UNITS = {'channels 0 to 3': FIRST, 'channels 4 to 7': SECOND}
PAGES = {0: 0x87, 1: 0x83, 2: 0x81, 3: 0x82, 5: 0x8b, 6: 0x89, 7: 0x8a}
STATUS, REQUEST, MASK, MODE, CLEAR_POINTER, MASTER_CLEAR, CLEAR_MASK, WRITE_MASK = range(8)


def port(unit, register):
    return unit[2] + register * unit[1]


def clear_pointer(m, unit):
    m.outb(port(unit, CLEAR_POINTER), 0)


def write_word(m, address, value):
    m.outb(address, value & 0xff)
    m.outb(address, value >> 8)


def read_word(m, address):
    low = m.inb(address)
    return low | m.inb(address) << 8


@case(each=UNITS)
def addresses_and_counts_read_back(m, unit):
    for channel in range(4):
        for register in (0, 1):
            address = unit[0] + (2 * channel + register) * unit[1]
            clear_pointer(m, unit)
            write_word(m, address, 0x1234 + channel)
            clear_pointer(m, unit)
            expect_equal(read_word(m, address), 0x1234 + channel, f'{address:#x}')


@case(each=UNITS)
def flip_flop_begins_with_the_low_byte_after_clear(m, unit):
    clear_pointer(m, unit)
    write_word(m, unit[0], 0xaa55)
    m.inb(unit[0])
    clear_pointer(m, unit)
    expect_equal(m.inb(unit[0]), 0x55)
    expect_equal(m.inb(unit[0]), 0xaa)


@case(each=UNITS)
def status_has_no_terminal_count_after_reset(m, unit):
    expect_bits(m.inb(port(unit, STATUS)), 0, 0x0f)


@case(each=UNITS)
def master_clear_begins_again(m, unit):
    clear_pointer(m, unit)
    write_word(m, unit[0], 0x1234)
    clear_pointer(m, unit)
    m.inb(unit[0])
    m.outb(port(unit, MASTER_CLEAR), 0)
    expect_bits(m.inb(port(unit, STATUS)), 0, 0x0f)


@case(each={f'channel {channel}': address for channel, address in PAGES.items()})
def page_registers_read_back(m, address):
    for value in (0x5a, 0xff, 0):
        m.outb(address, value)
        expect_equal(m.inb(address), value)


@case()
def every_register_takes_any_value(m):
    for unit in (FIRST, SECOND):
        for register in range(16):
            for value in (0, 0xff, 0x55):
                m.outb(unit[0] + register * unit[1], value)
                m.inb(unit[0] + register * unit[1])
    expect(m.inb(0x1234) == 0xff, 'the machine')
