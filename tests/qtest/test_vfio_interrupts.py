# SPDX-License-Identifier: GPL-2.0-or-later
"""Interrupts of an assigned device: the line by both paths, MSI, MSI-X, and what the host tells by eventfd."""

from case import expect, expect_equal
from qtest import wait_until
from vfio import ISA_IRQ, RAM_TARGET, assigned, change, device, route_intx, rows

MSI_CAP, MSIX_CAP = 0x05, 0x11
IOAPIC = 0xfec00000
EMULATED = {'by eventfd': ('',), 'by the emulator': ('x-no-kvm-intx=on',)}
KVM = {'by eventfd': '', 'by the emulator': 'x-no-kvm-msi=on,x-no-kvm-msix=on'}
ENABLE, FUNCTION_MASK = 0x8000, 0x4000


# ---- the line ----

def line_up(d):
    return lambda: d.m.irq_level(ISA_IRQ)


@rows(EMULATED)
def the_line_goes_up_and_stays_up(settings):
    with device('minimal.toml', settings) as d:
        route_intx(d.m)
        d.map_bars(0)
        d.server.irq('intx', 'on')
        wait_until(line_up(d), 'line up')
        expect(d.irqs('intx')['vectors'][0]['masked'], 'the device can go on interrupting')


@assigned('minimal.toml', 'x-no-kvm-intx=on')
def an_access_to_a_bar_ends_the_interrupt_of_the_emulator(d):
    route_intx(d.m)
    base, = d.map_bars(0)
    d.server.irq('intx', 'on')
    wait_until(line_up(d), 'line up')
    d.server.irq('intx', 'off')
    d.m.readl(base)
    wait_until(lambda: not d.m.irq_level(ISA_IRQ), 'line down')
    d.wait_irqs('intx', lambda irq: not irq['vectors'][0]['masked'], 'unmasked')


@assigned('minimal.toml', 'x-no-kvm-intx=on')
def a_line_still_up_after_that_comes_again(d):
    route_intx(d.m)
    base, = d.map_bars(0)
    d.server.irq('intx', 'on')
    wait_until(line_up(d), 'line up')
    d.m.irq_events()
    d.m.readl(base)
    wait_until(line_up(d), 'line up again')
    expect_equal(d.m.irq_events(ISA_IRQ)[:1], ['lower'])


@assigned('msix.toml', 'x-no-kvm-intx=on')
def mapped_memory_traps_while_the_line_is_up(d):
    route_intx(d.m)
    d.pci.pci.device(1).write8(0x61, ISA_IRQ)       # pin B
    base, = d.map_bars(2)
    d.server.irq('intx', 'on')
    wait_until(line_up(d), 'line up')
    d.server.irq('intx', 'off')
    expect_equal(d.m.read(base, 6), b'before')
    expect(d.accesses(2) != [], 'not trapped')
    wait_until(lambda: not d.m.irq_level(ISA_IRQ), 'line down')
    d.m.clock_step(1_200_000_000)                   # x-intx-mmap-timeout-ms is over
    count = len(d.accesses(2))
    d.m.read(base, 6)
    expect_equal(len(d.accesses(2)), count)


@assigned('minimal.toml')
def the_end_of_interrupt_of_the_ioapic_unmasks(d):
    route_intx(d.m)
    d.map_bars(0)
    for register, value in ((0x10 + 2 * ISA_IRQ, 0xa031), (0x11 + 2 * ISA_IRQ, 0)):     # level, active low
        d.m.writel(IOAPIC, register)
        d.m.writel(IOAPIC + 0x10, value & ~0x2000)
    d.server.irq('intx', 'on')
    wait_until(line_up(d), 'line up')
    d.server.irq('intx', 'off')
    d.m.writel(IOAPIC + 0x40, 0x31)                 # the EOI register of version 0x20
    wait_until(lambda: not d.m.irq_level(ISA_IRQ), 'line down')
    d.wait_irqs('intx', lambda irq: not irq['vectors'][0]['masked'], 'unmasked')


@assigned('minimal.toml')
def intx_disable_reaches_the_device(d):
    d.pci.write16(4, 0x407)
    expect_equal(d.host_config(4, 2) & 0x400, 0x400)


@assigned(change('minimal.toml', config={'pin': 'none'}))
def a_device_without_a_pin_has_no_line(d):
    expect(not d.irqs('intx')['vectors'] or not d.irqs('intx')['vectors'][0]['eventfd'], 'configured')


@assigned('gvt-g.toml')
def a_vgpu_that_knows_few_interrupts_starts(d):
    expect_equal(d.pci.read32(0) & 0xffff, 0x8086)


# ---- MSI ----

def msi_enable(d, address=RAM_TARGET, data=0x4040, log2_vectors=0):
    offset = d.pci.capability(MSI_CAP)
    control = d.pci.read16(offset + 2)
    wide = control & 0x80
    d.pci.write32(offset + 4, address & 0xffffffff)
    if wide:
        d.pci.write32(offset + 8, address >> 32)
    d.pci.write16(offset + (12 if wide else 8), data)
    d.pci.write16(offset + 2, control & ~0x70 | log2_vectors << 4 | 1)
    d.pci.enable()
    return offset


def expect_message(d, address, data):
    wait_until(lambda: d.m.readl(address) == data, f'message {data:#x} at {address:#x}')
    d.m.writel(address, 0)


@rows(KVM)
def an_msi_is_a_write_to_memory(settings):
    with device('msi.toml', settings) as d:
        msi_enable(d)
        d.wait_irqs('msi', lambda irq: irq['vectors'][0]['eventfd'], 'eventfd')
        for _ in range(3):
            d.server.irq('msi', 0)
            expect_message(d, RAM_TARGET, 0x4040)


@rows(KVM)
def vectors_of_msi_are_the_low_bits_of_the_data(settings):
    with device('msi.toml', settings) as d:
        msi_enable(d, log2_vectors=2)
        for vector in (3, 0, 2, 1):
            d.server.irq('msi', vector)
            expect_message(d, RAM_TARGET, 0x4040 | vector)


@assigned('msi.toml')
def a_new_address_takes_effect_at_once(d):
    offset = msi_enable(d)
    d.pci.write32(offset + 4, RAM_TARGET + 0x100)
    d.pci.write16(offset + 12, 0x5050)
    d.server.irq('msi', 0)
    expect_message(d, RAM_TARGET + 0x100, 0x5050)


@assigned('msi.toml')
def msi_replaces_the_line_and_gives_it_back(d):
    expect(d.irqs('intx')['vectors'][0]['eventfd'], 'no line at first')
    offset = msi_enable(d)
    d.wait_irqs('intx', lambda irq: not irq['vectors'][0]['eventfd'], 'line given up')
    d.pci.write16(offset + 2, d.pci.read16(offset + 2) & ~1)
    d.wait_irqs('intx', lambda irq: irq['vectors'][0]['eventfd'], 'line back')
    expect(not d.irqs('msi')['vectors'][0]['eventfd'], 'MSI still configured')


@assigned('msi.toml')
def a_masked_msi_stays_pending_until_unmasked(d):
    offset = msi_enable(d, log2_vectors=2)
    d.pci.write32(offset + 16, 0b0010)
    d.server.irq('msi', 1)
    d.server.irq('msi', 2)
    expect_message(d, RAM_TARGET, 0x4042)
    expect_equal(d.m.readl(RAM_TARGET), 0)
    d.pci.write32(offset + 16, 0)
    expect_message(d, RAM_TARGET, 0x4041)


@assigned('msi.toml', faults=['when=command:DEVICE_SET_IRQS,nth=3+,do=errno:ENOSPC'])
def msi_that_cannot_be_set_up_is_told_of(d):
    msi_enable(d)
    wait_until(lambda: 'MSI' in d.text(), 'a message')
    expect_equal(d.pci.read32(0), 0x00021234)


# ---- MSI-X ----

def entry(d, table, vector, address, data, masked=0):
    d.m.writel(table + 16 * vector, address & 0xffffffff)
    d.m.writel(table + 16 * vector + 4, address >> 32)
    d.m.writel(table + 16 * vector + 8, data)
    d.m.writel(table + 16 * vector + 12, masked)


def msix_up(d, vectors=()):
    """Every vector of the list with a message of its own; returns the addresses of table and pending bits."""
    base, = d.map_bars(2)
    for vector in vectors:
        entry(d, base + 0x2000, vector, RAM_TARGET + 4 * vector, 0x100 + vector)
    control(d, ENABLE)
    return base + 0x2000, base + 0x2800


def control(d, bits):
    offset = d.pci.capability(MSIX_CAP)
    d.pci.write16(offset + 2, bits)
    return offset


@rows(KVM)
def every_vector_has_its_own_message(settings):
    with device('msix.toml', settings) as d:
        msix_up(d, range(16))
        for vector in (15, 0, 7, 7, 1):
            d.server.irq('msix', vector)
            expect_message(d, RAM_TARGET + 4 * vector, 0x100 + vector)


@assigned('msix.toml')
def the_device_is_told_of_vectors_the_guest_uses(d):
    msix_up(d, [0, 5])
    d.wait_irqs('msix', lambda irq: irq['vectors'][0]['eventfd'] and irq['vectors'][5]['eventfd'], 'eventfds')
    expect(not d.irqs('msix')['vectors'][6]['eventfd'], 'an unused vector is configured')


@rows({'one by one': ('msix.toml',), 'where the device cannot resize': (change('msix.toml', irq={'msix': {'flags': 9}}),)})
def vectors_come_while_msix_is_on(description):
    with device(description) as d:
        table, _ = msix_up(d, [0])
        entry(d, table, 9, RAM_TARGET + 36, 0x999)
        d.server.irq('msix', 9)
        expect_message(d, RAM_TARGET + 36, 0x999)
        d.server.irq('msix', 0)
        expect_message(d, RAM_TARGET, 0x100)


@rows({'by entry': ('entry',), 'by function': ('function',)})
def a_masked_vector_is_pending_and_comes_later(how):
    with device('msix.toml') as d:
        table, pending = msix_up(d, [3])
        d.wait_irqs('msix', lambda irq: irq['vectors'][3]['eventfd'], 'eventfd')
        mask = (lambda on: d.m.writel(table + 16 * 3 + 12, on)) if how == 'entry' else \
            (lambda on: control(d, ENABLE | (FUNCTION_MASK if on else 0)))
        mask(1)
        d.server.irq('msix', 3)
        wait_until(lambda: d.m.readl(pending) == 1 << 3, 'pending bit')
        expect_equal(d.m.readl(RAM_TARGET + 12), 0)
        mask(0)
        expect_message(d, RAM_TARGET + 12, 0x103)
        expect_equal(d.m.readl(pending), 0)


@assigned('msix.toml')
def messages_change_while_msix_is_on(d):
    table, _ = msix_up(d, [1])
    entry(d, table, 1, RAM_TARGET + 0x200, 0xabc)
    d.server.irq('msix', 1)
    expect_message(d, RAM_TARGET + 0x200, 0xabc)


@assigned('msix.toml')
def switched_off_the_line_is_back(d):
    msix_up(d, [0, 1])
    d.wait_irqs('intx', lambda irq: not irq['vectors'][0]['eventfd'], 'line given up')
    control(d, 0)
    d.wait_irqs('intx', lambda irq: irq['vectors'][0]['eventfd'], 'line back')
    expect(not any(vector['eventfd'] for vector in d.irqs('msix')['vectors']), 'vectors still configured')


@assigned('msix.toml')
def on_and_off_a_hundred_times(d):
    msix_up(d, [0, 1, 2])
    for _ in range(100):
        control(d, 0)
        control(d, ENABLE)
    d.server.irq('msix', 2)
    expect_message(d, RAM_TARGET + 8, 0x102)


@assigned('msix.toml')
def the_table_at_odd_widths(d):
    table, _ = msix_up(d)
    d.m.writeq(table, 0x1_00000000 | RAM_TARGET)
    expect_equal(d.m.readq(table), 0x1_00000000 | RAM_TARGET)
    expect_equal(d.m.readl(table + 4), 1)
    d.m.writeq(table + 16 * 15 + 8, 0x1_00000777)
    expect_equal(d.m.readl(table + 16 * 15 + 8), 0x777)


@rows({'table beyond its BAR': ({'table_offset': 0x100000},), 'no such BAR': ({'table_bar': 6},),
       'pending bits beyond': ({'pba_offset': 0x100000},)})
def impossible_tables_are_hidden_and_told_of(keys):
    description = change('msix.toml')
    description['capability'][0].update(keys)
    with device(description) as d:
        expect_equal(d.pci.capability(MSIX_CAP), None)
        expect('MSI-X is hidden' in d.text(), d.text())


# ---- the host ----

@assigned(change('minimal.toml', irq={'err': {'count': 1}}))
def an_error_of_the_device_stops_the_guest(d):
    d.server.irq('err')
    wait_until(lambda: 'Unrecoverable error detected' in d.text(), 'a message')


@assigned('minimal.toml', 'x-req=off')
def without_x_req_nobody_listens(d):
    expect(not d.irqs('req')['vectors'][0]['eventfd'], 'configured')


@assigned('minimal.toml')
def the_host_asks_for_the_device_and_the_guest_keeps_it(d):
    d.server.irq('req')
    wait_until(lambda: 'asks for this device back' in d.text(), 'a message')
    expect_equal(d.pci.read32(0), 0x00011234)
