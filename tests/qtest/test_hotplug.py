# SPDX-License-Identifier: GPL-2.0-or-later
"""PCI devices that come and go on a running pc: ACPI registers (QEMU's acpi_pci_hotplug interface), events, reuse."""

from case import PC, case, expect, expect_bits, expect_equal, expect_refused
from chipset import Pci

UP, DOWN, EJECT, SELECT = 0xae00, 0xae04, 0xae08, 0xae10
GPE_STATUS, GPE_ENABLE, GPE_HOTPLUG = 0xafe0, 0xafe2, 2
SCI = 9
SLOT = 4
TESTDEV = 0x00051b36
ADDED = {'driver': 'pci-testdev', 'id': 'dev', 'addr': f'{SLOT:x}'}


def eject(m, slot=SLOT):
    m.outl(SELECT, 0)
    m.outl(EJECT, 1 << slot)


def tell_guest(m):
    """What an ACPI guest has done before anything is plugged."""
    m.outl(SELECT, 0)
    m.outb(GPE_ENABLE, GPE_HOTPLUG)
    m.outb(GPE_STATUS, 0xff)


@case()
def added_device_is_there_and_told_of(m):
    tell_guest(m)
    m.qmp('device_add', ADDED)
    expect_equal(Pci(m).device(SLOT).id, TESTDEV)
    expect_equal(m.inl(UP), 1 << SLOT)
    expect_bits(m.inb(GPE_STATUS), GPE_HOTPLUG, GPE_HOTPLUG)


@case()
def reading_the_slots_that_came_clears_them(m):
    tell_guest(m)
    m.qmp('device_add', ADDED)
    expect_equal(m.inl(UP), 1 << SLOT)
    expect_equal(m.inl(UP), 0)


@case()
def removal_is_asked_of_the_guest_and_ends_with_an_event(m):
    tell_guest(m)
    m.qmp('device_add', ADDED)
    m.inl(UP)
    m.outb(GPE_STATUS, GPE_HOTPLUG)
    m.qmp('device_del', id='dev')
    expect_equal(m.inl(DOWN), 1 << SLOT)
    expect_bits(m.inb(GPE_STATUS), GPE_HOTPLUG, GPE_HOTPLUG)
    expect_equal(Pci(m).device(SLOT).id, TESTDEV, 'until the guest ejects it')
    eject(m)
    events = []
    while not events or 'device' not in events[-1]['data']:
        events.append(m.event('DEVICE_DELETED'))
    expect_equal(events[-1]['data']['device'], 'dev')
    expect_equal(Pci(m).device(SLOT).id, 0xffffffff)


@case()
def asking_twice_is_refused_or_the_same(m):
    tell_guest(m)
    m.qmp('device_add', ADDED)
    m.qmp('device_del', id='dev')
    m.monitor.ask({'execute': 'device_del', 'arguments': {'id': 'dev'}})
    eject(m)
    m.event('DEVICE_DELETED')
    expect_equal(expect_refused(m.qmp, 'device_del', id='dev')['class'], 'DeviceNotFound')


@case()
def a_slot_is_used_again(m):
    tell_guest(m)
    for _ in range(10):
        m.qmp('device_add', ADDED)
        expect_refused(m.qmp, 'device_add', {**ADDED, 'id': 'other'})
        m.qmp('device_del', id='dev')
        eject(m)
        m.event('DEVICE_DELETED')


@case()
def bars_of_a_removed_device_answer_no_more(m):
    tell_guest(m)
    m.qmp('device_add', ADDED)
    device = Pci(m).device(SLOT)
    base = device.bar(1).map()
    device.enable()
    expect(m.inl(base) != 0xffffffff, 'while it is there')
    m.qmp('device_del', id='dev')
    eject(m)
    m.event('DEVICE_DELETED')
    expect_equal(m.inl(base), 0xffffffff)


@case()
def a_reset_completes_removals(m):
    tell_guest(m)
    m.qmp('device_add', ADDED)
    m.qmp('device_del', id='dev')
    m.qmp('system_reset')
    m.event('DEVICE_DELETED')
    expect_equal(Pci(m).device(SLOT).id, 0xffffffff)


@case(f'{PC} -device pci-testdev,id=dev,addr=4')
def a_device_of_the_command_line_can_be_removed(m):
    tell_guest(m)
    m.qmp('device_del', id='dev')
    eject(m)
    m.event('DEVICE_DELETED')
    expect_equal(Pci(m).device(SLOT).id, 0xffffffff)


@case()
def ejecting_what_is_not_there_or_fixed_does_no_harm(m):
    for slot in range(32):
        if slot != SLOT:
            eject(m, slot)
    m.outl(EJECT, 0xffffffff)
    for number in (1, 7, 0xffffffff):
        m.outl(SELECT, number)
        m.outl(EJECT, 0xffffffff)
    expect_equal(Pci(m).device(0).id, 0x12378086)


@case()
def interrupt_of_the_event_reaches_the_guest(m):
    m.intercept_in()
    pm = Pci(m).device(1, 3)
    pm.write32(0x40, 0x601)
    pm.write8(0x80, 1)
    m.outw(0x604, 1)
    tell_guest(m)
    m.qmp('device_add', ADDED)
    expect_equal(m.irq_level(SCI), True)
    m.outb(GPE_STATUS, GPE_HOTPLUG)
    expect_equal(m.irq_level(SCI), False)
