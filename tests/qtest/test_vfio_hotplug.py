# SPDX-License-Identifier: GPL-2.0-or-later
"""Assigned devices that come and go while the machine runs: with interrupts on, with a dead server, many times."""

import contextlib

import case
from case import PC, expect, expect_equal, expect_refused
from chipset import Pci
from qtest import wait_until
from test_hotplug import DOWN, eject, tell_guest
from vfio import SHARED, SLOT, Assigned, DeviceServer, change, rows

GONE = 0xffffffff
SETTINGS = {'driver': 'vfio-user-pci', 'id': 'dev', 'addr': f'{SLOT:x}', 'x-msg-timeout': 200}


@contextlib.contextmanager
def machine(description='msix.toml', args=PC, **options):
    with DeviceServer(description, keep=True, **options) as server, case.start(args) as m:
        tell_guest(m)
        yield m, server


def plug(m, server, **settings):
    m.qmp('device_add', SETTINGS, socket=server.socket, **settings)
    return Assigned(m, server)


def unplug(m):
    m.qmp('device_del', id='dev')
    eject(m, SLOT)
    while 'device' not in m.event('DEVICE_DELETED')['data']:
        pass


@rows({'JSON socket': ({'socket': {'type': 'unix', 'path': None}},), 'path': ({'socket': None},)})
def both_forms_of_the_socket(form):
    with machine() as (m, server):
        socket = {'type': 'unix', 'path': server.socket} if isinstance(form['socket'], dict) else server.socket
        m.qmp('device_add', SETTINGS, socket=socket)
        expect_equal(Pci(m).device(SLOT).id, 0x00031234)


@rows({'own memory': (PC,), 'shared memory': (SHARED,)})
def a_device_works_and_leaves(args):
    with machine(args=args) as (m, server):
        d = plug(m, server)
        base, = d.map_bars(2)
        expect_equal(m.read(base, 16), b'before the table')
        unplug(m)
        expect_equal(d.pci.id, GONE)
        expect_equal(m.readl(base), 0)
        expect_equal(m.qmp('qom-list', path='/machine/peripheral')[1:], [])


@rows()
def it_leaves_with_its_interrupts_on():
    with machine() as (m, server):
        d = plug(m, server)
        base, = d.map_bars(2)
        for vector in range(4):
            m.writel(base + 0x2000 + 16 * vector, 0x100000)
            m.writel(base + 0x200c + 16 * vector, 0)
        offset = d.pci.capability(0x11)
        d.pci.write16(offset + 2, 0x8000)
        server.irq('msix', 1)
        unplug(m)
        expect_equal(d.pci.id, GONE)
        m.clock_step(2_000_000_000)


@rows()
def it_leaves_with_its_line_up():
    with machine('minimal.toml') as (m, server):
        Pci(m).device(1).write8(0x60, 10)
        m.intercept_in()
        d = plug(m, server, **{'x-no-kvm-intx': True})
        d.map_bars(0)
        server.irq('intx', 'on')
        wait_until(lambda: m.irq_level(10), 'line up')
        unplug(m)
        wait_until(lambda: not m.irq_level(10), 'line down')


@rows()
def thirty_times():
    with machine() as (m, server):
        for _ in range(30):
            d = plug(m, server)
            d.map_bars(0, 2)
            unplug(m)
        expect_equal(d.pci.id, GONE)


@rows()
def a_device_whose_server_died_leaves_and_another_comes():
    with machine() as (m, server):
        d = plug(m, server)
        d.map_bars(2)
        server.die()
        wait_until(lambda: d.pci.id == GONE, 'all ones')
        unplug(m)
        with DeviceServer('minimal.toml') as other:
            expect_equal(plug(m, other).pci.id, 0x00011234)


@rows({'no such socket': ({}, '/nonexistent/socket'), 'taken slot': ({'addr': '1'}, None), 'taken id': ({'id': 'other'}, None),
       'odd setting': ({'x-nonsense': 1}, None), 'odd value': ({'x-msg-timeout': -1}, None)})
def a_refused_device_leaves_nothing(changes, socket):
    with machine(args=f'{PC} -device isa-debug-exit,id=other') as (m, server):
        before = m.qmp('qom-list', path='/machine/peripheral')
        error = expect_refused(m.qmp, 'device_add', {**SETTINGS, 'socket': socket or server.socket, **changes})
        expect(error['desc'], 'no reason')
        expect_equal(m.qmp('qom-list', path='/machine/peripheral'), before)
        expect_equal(plug(m, server).pci.id, 0x00031234)


@rows({'GET_INFO': ('DEVICE_GET_INFO',), 'GET_REGION_INFO': ('DEVICE_GET_REGION_INFO',), 'SET_IRQS': ('DEVICE_SET_IRQS',),
       'DMA_MAP': ('DMA_MAP',), 'REGION_READ': ('REGION_READ',), 'VERSION': ('VERSION',)})
def a_server_that_fails_at_plugging_costs_the_command_alone(command):
    with machine() as (m, server):
        server.fault(f'when=command:{command},do=errno:EIO')
        m.monitor.ask({'execute': 'device_add', 'arguments': {**SETTINGS, 'socket': server.socket}})
        server.control('no-faults')
        expect_equal(m.status(), 'running')
        if Pci(m).device(SLOT).id == GONE:
            expect_equal(plug(m, server).pci.id, 0x00031234)


@rows()
def memory_the_server_does_not_take_is_an_error_of_the_command():
    """Not what is told later: such a device would read and write where nothing is."""
    with machine('minimal.toml', faults=['when=command:DMA_MAP,nth=2+,do=errno:ENOMEM']) as (m, server):
        error = expect_refused(m.qmp, 'device_add', SETTINGS, socket=server.socket)
        expect('dma_map' in error['desc'], error)
        expect_equal(Pci(m).device(SLOT).id, GONE)


@rows()
def a_reset_of_the_machine_completes_the_removal():
    with machine() as (m, server):
        d = plug(m, server)
        m.qmp('device_del', id='dev')
        m.qmp('system_reset')
        m.event('DEVICE_DELETED')
        expect_equal(d.pci.id, GONE)


@rows()
def the_host_asks_for_the_device_and_the_guest_is_told():
    with machine('minimal.toml') as (m, server):
        d = plug(m, server)
        for _ in range(3):                      # the kernel repeats itself
            server.irq('req')
        wait_until(lambda: m.inl(DOWN) == 1 << SLOT, 'the guest is asked')
        expect_equal(d.text().count('asked to let go of it'), 1, d.text())
        eject(m, SLOT)
        m.event('DEVICE_DELETED')


@rows()
def an_igd_is_plugged_without_legacy_mode():
    with machine('igd-gen9.toml', PC.replace('pc', 'pc,igd-reserve=72M')) as (m, server):
        d = plug(m, server)
        expect_equal(d.pci.id, 0x19168086)
        asls, bdsm = d.pci.read32(0xfc), d.pci.read32(0x5c)
        expect_equal(m.read(asls, 16), b'IntelGraphicsMem')
        expect(bdsm and bdsm % 0x100000 == 0, f'BDSM {bdsm:#x}')
        unplug(m)
        expect_equal(plug(m, server).pci.id, 0x19168086)


@rows()
def an_igd_is_refused_where_no_memory_is_set_aside():
    with machine('igd-gen9.toml') as (m, server):
        error = expect_refused(m.qmp, 'device_add', SETTINGS, socket=server.socket)
        expect('guest memory cannot be set aside while the guest runs' in error['desc'], error)
        expect_equal(Pci(m).device(SLOT).id, GONE)


@rows()
def a_device_that_is_off_the_bus_keeps_no_maps():
    with machine(change('nvme-like.toml')) as (m, server):
        plug(m, server)
        expect(server.maps(), 'no maps')
        unplug(m)
        wait_until(lambda: server.maps() == [], 'maps gone')
