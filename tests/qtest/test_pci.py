# SPDX-License-Identifier: GPL-2.0-or-later
"""PCI: configuration cycles, BARs sized, moved and hidden, command bits, capability chains, nobody home."""

from case import PC, case, expect, expect_bits, expect_equal
from chipset import (BAR0, COMMAND, COMMAND_IO, COMMAND_MEMORY, HEADER_TYPE, ROM, STATUS, Pci)

TESTDEV = '-device pci-testdev,addr=04.0'
TESTDEV_ID = 0x00051b36
HOST_BRIDGE, ISA_BRIDGE, POWER = 0x12378086, 0x70008086, 0x71138086
FOUR_GIB = 1 << 32


def testdev(m, enable=0):
    device = Pci(m).device(4)
    expect_equal(device.id, TESTDEV_ID)
    if enable:
        device.enable(enable)
    return device


# ---- configuration cycles ----

@case()
def chipset_is_where_software_expects_it(m):
    pci = Pci(m)
    for slot, function, identity in ((0, 0, HOST_BRIDGE), (1, 0, ISA_BRIDGE), (1, 3, POWER)):
        expect_equal(pci.device(slot, function).id, identity, f'{slot}.{function}')


@case()
def byte_offset_in_the_address_register(m):
    pci = Pci(m)
    expect_equal(pci.read_low_bits(0, 0, 2), 0x8086)
    expect_equal(pci.read_low_bits(0, 2, 2), 0x1237)
    expect_equal([pci.read_low_bits(0, n, 1) for n in range(4)], [0x86, 0x80, 0x37, 0x12])


@case()
def byte_offset_in_the_port(m):
    pci = Pci(m)
    expect_equal(pci.read(0, 2, 2), 0x1237)
    expect_equal([pci.read(0, n, 1) for n in range(4)], [0x86, 0x80, 0x37, 0x12])


@case()
def both_ways_write_the_same_register(m):
    pci = Pci(m)
    for n, value in enumerate((0x11, 0x22, 0x33, 0x44)):
        (pci.write if n & 1 else pci.write_low_bits)(0, 0x58 + n, 1, value)
    expect_equal([pci.read(0, 0x58 + n, 1) for n in range(4)], [pci.read_low_bits(0, 0x58 + n, 1) for n in range(4)])


@case()
def address_register_reads_back_and_takes_dwords_only(m):
    m.outl(0xcf8, 0x80001234)
    expect_equal(m.inl(0xcf8), 0x80001234)
    m.outb(0xcf8, 0)
    m.outw(0xcf8, 0)
    expect_equal(m.inl(0xcf8), 0x80001234)


@case()
def nothing_happens_without_the_enable_bit(m):
    m.outl(0xcf8, 0)
    expect_equal(m.inl(0xcfc), 0xffffffff)


@case()
def absent_functions_and_buses_read_all_ones(m):
    pci = Pci(m)
    for devfn, bus in ((0xff, 0), (0x10, 0), (0, 1), (0, 255)):
        expect_equal([pci.read(devfn, 0, size, bus) for size in (1, 2, 4)], [0xff, 0xffff, 0xffffffff])


@case()
def functions_past_the_first_need_the_multifunction_bit(m):
    pci = Pci(m)
    slots = {device.devfn >> 3 for device in pci.devices() if device.devfn & 7}
    for slot in slots:
        expect_bits(pci.device(slot).read8(HEADER_TYPE), 0x80, 0x80, f'slot {slot}')


@case()
def identity_is_read_only(m):
    for device in Pci(m).devices():
        before = [device.read32(offset) for offset in (0, 8, 0x2c)]
        for offset in (0, 8, 0x2c):
            device.write32(offset, ~before[0] & 0xffffffff)
        expect_equal([device.read32(offset) for offset in (0, 8, 0x2c)], before, f'{device}')


@case()
def every_register_takes_any_value_at_any_size(m):
    for device in Pci(m).devices():
        for offset in range(0, 256, 4):
            device.write32(offset, 0xffffffff)
            device.write16(offset + 2, 0x5555)
            device.write8(offset + 1, 0)
        expect(device.id & 0xffff != 0xffff, f'{device} is gone')


@case(f'{PC} {TESTDEV}')
def nothing_is_decoded_after_reset(m):
    device = testdev(m)
    expect_bits(device.read16(COMMAND), 0, 7)
    expect_equal(device.bar(0).address(), 0)


# ---- BARs ----

@case(f'{PC} {TESTDEV}')
def bars_say_kind_and_size(m):
    device = testdev(m)
    memory, io = device.bar(0), device.bar(1)
    expect_equal((memory.is_io, memory.is_64bit, memory.size), (False, False, 4096))
    expect_equal((io.is_io, io.size), (True, 256))


@case(f'{PC} {TESTDEV},membar=2M')
def bar_of_64_bits(m):
    bar = testdev(m).bar(2)
    expect_equal((bar.is_io, bar.is_64bit, bar.is_prefetchable, bar.size), (False, True, True, 2 << 20))


@case(f'{PC} {TESTDEV}')
def bars_that_are_not_there_stay_zero(m):
    device = testdev(m)
    for offset in range(BAR0 + 8, BAR0 + 24, 4):
        device.write32(offset, 0xffffffff)
        expect_equal(device.read32(offset), 0, f'BAR at {offset:#x}')


@case(f'{PC} {TESTDEV}')
def rom_that_is_not_there_stays_zero(m):
    device = testdev(m)
    device.write32(ROM, 0xffffffff)
    expect_equal(device.read32(ROM), 0)


def describe_test(read, write, base):
    """A write to offset 0 selects a test; the header then says its width, offset, data and name."""
    write(base, 0)
    return [read(base + n) for n in range(1, 16)]


@case(f'{PC} {TESTDEV}')
def memory_bar_moves_where_it_is_put(m):
    device = testdev(m, COMMAND_MEMORY)
    bar = device.bar(0)
    seen = []
    for address in (0xe0000000, 0xe0001000, 0xf0000000, 0xc0000000):
        bar.place(address)
        seen.append(describe_test(m.readb, m.writeb, address))
        expect_equal(bar.address(), address)
    expect(seen[0][0] in (1, 2, 4), f'nobody answers: {seen[0]}')
    expect(seen[0] != describe_test(m.readb, m.writeb, 0xe0000000), 'the old place still answers')
    expect_equal(seen, seen[:1] * 4)


@case(f'{PC} {TESTDEV}')
def io_bar_moves_where_it_is_put(m):
    device = testdev(m, COMMAND_IO)
    bar = device.bar(1)
    seen = []
    for address in (0xc000, 0xc100, 0xd000, 0x1000):
        bar.place(address)
        seen.append(describe_test(m.inb, m.outb, address))
    expect(seen[0][0] in (1, 2, 4), 'nobody answers')
    expect_equal(seen, seen[:1] * 4)
    expect_equal(describe_test(m.inb, m.outb, 0xc000), [0xff] * 15)


@case(f'{PC} {TESTDEV}')
def decoding_follows_the_command_register(m):
    device = testdev(m)
    device.bar(0).place(0xe0000000)
    device.bar(1).place(0xc000)
    nobody = m.readl(0xe0000000)
    device.write16(COMMAND, COMMAND_MEMORY)
    m.writeb(0xe0000000, 0)
    expect(m.readl(0xe0000000) != nobody, 'memory is not decoded')
    expect_equal(m.inl(0xc000), 0xffffffff)
    device.write16(COMMAND, COMMAND_IO)
    expect_equal(m.readl(0xe0000000), nobody)
    expect(m.inl(0xc000) != 0xffffffff, 'ports are not decoded')
    device.write16(COMMAND, 0)
    expect_equal((m.readl(0xe0000000), m.inl(0xc000)), (nobody, 0xffffffff))


@case(f'{PC} {TESTDEV},membar=2M')
def bar_above_four_gib_moves_and_is_ram(m):
    device = testdev(m, COMMAND_MEMORY)
    bar = device.bar(2)
    for address in (0xe0000000, 0xe0200000, FOUR_GIB * 16, FOUR_GIB * 16 + (2 << 20)):
        bar.place(address)
        expect_equal(bar.address(), address)


@case(f'{PC} {TESTDEV}')
def overlapping_bars_do_no_harm(m):
    device = testdev(m, COMMAND_MEMORY | COMMAND_IO)
    for address in (0, 0xa0000, 0xe0000, 0x100000, 0xfec00000, 0xfee00000, 0xfffff000):
        device.bar(0).place(address)
        m.readl(address)
        m.writel(address, 0)
    for port in (0, 0x60, 0x3f8, 0x500, 0xff00):
        device.bar(1).place(port)
        m.inl(port & ~0xff)
    device.write16(COMMAND, 0)
    expect_equal(device.id, TESTDEV_ID)


@case(f'{PC} {TESTDEV}')
def a_bar_being_sized_answers_nowhere(m):
    device = testdev(m, COMMAND_MEMORY)
    bar = device.bar(0)
    bar.place(0xe0000000)
    m.writeb(0xe0000000, 0)
    here = m.readl(0xe0000000)
    device.write32(BAR0, 0xffffffff)
    expect(m.readl(0xe0000000) != here, 'the old place answers during sizing')
    bar.place(0xe0000000)
    expect_equal(m.readl(0xe0000000), here)


@case(f'{PC} {TESTDEV}')
def reset_takes_addresses_and_decoding_away(m):
    device = testdev(m, COMMAND_MEMORY)
    device.bar(0).place(0xe0000000)
    m.qmp('system_reset')
    m.event('RESET')
    expect_equal((device.bar(0).address(), device.read16(COMMAND) & 7), (0, 0))


# ---- capabilities, places ----

@case(each={'defaults': '-machine pc -m 64', 'nothing': PC})
def capability_chains_end(m, _):
    for device in Pci(m).devices():
        device.capabilities()       # raises when the chain has a loop
        if not device.read16(STATUS) & 0x10:
            expect_equal(device.read8(0x34), 0, f'{device}: a pointer without the status bit')


@case(f'{PC} -device pci-testdev,addr=05.0,multifunction=on -device pci-testdev,addr=5.3 '
      "-device '{\"driver\":\"pci-testdev\",\"id\":\"t\",\"addr\":\"1f.7\"}'")
def devices_are_where_addr_puts_them(m):
    found = [str(device) for device in Pci(m).devices() if device.id == TESTDEV_ID]
    expect_equal(found, ['05.0', '05.3', '1f.7'])


@case(f'{PC} -device pci-testdev -device pci-testdev')
def devices_without_addr_take_the_next_free_slot(m):
    found = [str(device) for device in Pci(m).devices() if device.id == TESTDEV_ID]
    expect_equal(found, ['02.0', '03.0'])


@case()
def unclaimed_ports_read_all_ones(m):
    for port in (0x1234, 0xc000, 0xffff):
        expect_equal(m.inb(port), 0xff)
    expect_equal((m.inw(0xc000), m.inl(0xc000)), (0xffff, 0xffffffff))


@case()
def unclaimed_memory_reads_zero_under_qtest(m):
    for address in (0xe0000000, 0xf8000000, FOUR_GIB * 8):
        expect_equal([m.readb(address), m.readq(address)], [0, 0], f'{address:#x}')
