# SPDX-License-Identifier: GPL-2.0-or-later
"""Interrupted lives of an assigned device: decoding off, sleep, resets by the guest, errors, a host that wants it back."""

import case
from case import PC, expect, expect_equal, expect_refused
from qtest import wait_until
from vfio import DeviceServer, assigned, change, device, rows

IGD = 'igd-gen9.toml'
PMCSR, AF_CONTROL, EXPRESS_CONTROL = 0xd4, 0x84, 0x78
D3HOT, MARK = 3, 0x12345678
MAPPED, PORTS = 2, 4                    # BARs of the IGD
AF = change(IGD, capability=[{'id': 'pm', 'at': 0xd0, 'next': 0x80}, {'id': 'af', 'at': 0x80}])
RESETS = {'express': (IGD, EXPRESS_CONTROL, 2, 0x8000), 'express, byte': (IGD, EXPRESS_CONTROL + 1, 1, 0x80),
          'advanced features': (AF, AF_CONTROL, 1, 1)}


def mark(d):
    """Addresses of the mapped BAR and of the ports, with something in each."""
    memory, ports = d.map_bars(MAPPED, PORTS)
    d.m.writel(memory, MARK)
    d.m.outl(ports, 7)
    return memory, ports


def expect_silence(d, memory, ports):
    reads = len(d.accesses(MAPPED)) + len(d.accesses(PORTS))
    expect_equal([d.m.readb(memory), d.m.readl(memory), d.m.readq(memory + 8)], [0xff, 0xffffffff, (1 << 64) - 1])
    expect_equal(d.m.inl(ports), 0xffffffff)
    d.m.writel(memory, 0), d.m.outl(ports, 0)
    expect_equal(len(d.accesses(MAPPED)) + len(d.accesses(PORTS)), reads, 'accesses that reached the device')


def expect_life(d, memory, ports):
    expect_equal([d.m.readl(memory), d.m.inl(ports)], [MARK, 7])


# ---- sleep ----

@assigned(IGD)
def nobody_answers_in_d3hot(d):
    where = mark(d)
    for _ in range(3):
        d.pci.write16(PMCSR, D3HOT)
        expect_equal(d.pci.read16(PMCSR) & 3, D3HOT)
        expect_silence(d, *where)
        d.pci.write16(PMCSR, 0)
        expect_life(d, *where)


@assigned(IGD)
def configuration_space_answers_in_d3hot(d):
    d.pci.write16(PMCSR, D3HOT)
    expect_equal(d.pci.id, 0x19168086)


@assigned(IGD)
def bars_that_vanish_with_sleep_are_never_touched(d):
    """What the host's kernel does: the mapping is there while the device is awake, and only then."""
    memory, ports = mark(d)
    d.server.fault(f'when=region:7,nth=1,do=truncate:{MAPPED}')
    d.pci.write16(PMCSR, D3HOT)
    expect_silence(d, memory, ports)
    d.server.fault(f'when=region:7,nth=1,do=truncate:{MAPPED}:{256 << 20}')
    d.pci.write16(PMCSR, 0)
    d.m.writel(memory, MARK)
    expect_life(d, memory, ports)


@assigned(IGD)
def a_reset_of_the_machine_wakes_the_device(d):
    mark(d)
    d.pci.write16(PMCSR, D3HOT)
    d.m.outb(0xcf9, 0x02), d.m.outb(0xcf9, 0x06)
    wait_until(lambda: d.pci.read16(PMCSR) & 3 == 0, 'awake')
    expect_life(d, *mark(d))


# ---- decoding ----

@assigned(IGD)
def nobody_answers_while_decoding_is_off(d):
    where = mark(d)
    for _ in range(3):
        d.pci.write16(4, 0)
        reads = len(d.accesses(MAPPED))
        expect_equal(d.m.inl(where[1]), 0xffffffff)
        d.m.readl(where[0]), d.m.writel(where[0], 0)
        expect_equal(len(d.accesses(MAPPED)), reads)
        d.pci.enable()
        expect_life(d, *where)


# ---- resets by the guest ----

@rows(RESETS)
def a_device_reset_by_the_guest_decodes_nothing_until_told_to(description, at, size, value):
    with device(description) as d:
        memory, ports = mark(d)
        d.pci.pci.write(d.pci.devfn, at, size, value)
        expect_equal(d.host_config(4, 2), 0, 'the device has had its reset')
        expect_equal([d.pci.read16(4) & 3, d.m.inl(ports)], [0, 0xffffffff])
        d.m.writel(memory, 0)
        d.pci.enable()
        expect_equal(d.m.readl(memory), MARK)


# ---- the device has failed ----

FAILING = change('minimal.toml', irq={'err': {'count': 1}})


@assigned(FAILING, connect_qmp=True)
def an_error_of_the_device_stops_the_guest_until_a_reset(d):
    d.server.irq('err')
    d.m.event('STOP')
    expect_equal(d.m.status(), 'internal-error')
    expect('vfio_err_notifier_handler(' in d.text() and 'Please collect any data possible' in d.text(), d.text())
    expect_equal(expect_refused(d.m.qmp, 'cont')['desc'], 'Resetting the Virtual Machine is required')
    d.m.qmp('system_reset')
    d.m.event('RESET')
    d.m.qmp('cont')
    expect_equal(d.m.status(), 'running')


@assigned(FAILING, connect_qmp=True)
def a_device_that_fails_on_and_on_is_not_heard_on_and_on(d):
    for _ in range(50):
        d.server.irq('err')
        d.pci.read32(0)
    expect(1 <= d.text().count('Unrecoverable error') <= 30, d.text())


# ---- the host wants it back ----

@assigned('minimal.toml', connect_qmp=True)
def a_guest_that_does_not_let_go_is_reported_once(d):
    def ask():
        d.server.irq('req')
        return 'still waits for this device' in d.text()
    wait_until(ask, 'the second message')
    wait_until(ask, 'one more request')
    expect_equal([d.text().count('was asked to let go of it'), d.text().count('still waits')], [1, 1], d.text())
    expect_equal(d.m.status(), 'running')


@rows()
def where_the_guest_cannot_be_asked_the_user_is_told():
    with DeviceServer('minimal.toml') as server:
        with case.start(f'{PC} -device vfio-user-pci,socket={server.socket},addr=1.4,id=dev') as m:
            server.irq('req')
            wait_until(lambda: 'shut the guest down to give it back' in m.process.text(), 'the advice')
            expect('cannot be ejected' in m.process.text(), m.process.text())
            expect_equal(m.status(), 'running')
