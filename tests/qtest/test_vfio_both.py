# SPDX-License-Identifier: GPL-2.0-or-later
"""What holds for every assigned device, whichever way it is reached.

Here the devices are those of the device server; in the lab ("lab run qtest-kernel") they are those of a kernel with real
VFIO, named in the environment: NVME and IGD are addresses on the host, MTTY is a folder in sysfs.
"""

import contextlib
import os
import random

import case
from case import PC, expect, expect_equal
from chipset import Pci
from test_hotplug import eject, tell_guest
from vfio import SHARED, DeviceServer, rows

SLOT = 5
HOST = {'NVME': 'host', 'IGD': 'host', 'MTTY': 'sysfsdev'}         # variable: property that names the device
SERVED = ('nvme-like.toml', 'igd-gen9.toml', 'every-cap.toml', 'sub-page.toml')


def devices():
    """Name -> (driver, property, value); of the server's: (driver, description)."""
    kernel = {f'{name} of the host': ('vfio-pci', name_of, os.environ[name]) for name, name_of in HOST.items()
              if name in os.environ}
    return kernel or {name: ('vfio-user-pci', name) for name in SERVED}


@contextlib.contextmanager
def settings_of(driver, *where):
    """The settings that device_add takes for it."""
    common = {'driver': driver, 'id': 'dev', 'addr': f'{SLOT:x}'}
    if driver == 'vfio-pci':
        yield {**common, where[0]: where[1]}
        return
    with DeviceServer(where[0], keep=True) as server:
        yield {**common, 'socket': server.socket}


@contextlib.contextmanager
def assigned(device, more='', args=PC):
    with settings_of(*device) as settings:
        option = ','.join([settings.pop('driver')] + [f'{key}={value}' for key, value in settings.items()]) + more
        with case.start(f'{args} -device {option}') as m:
            yield m, Pci(m).device(SLOT)


def each_device(each=devices()):
    return rows({name: (device,) for name, device in each.items()})


def bars_of(pci):
    """(number, Bar) of those that exist; the upper half of a wide one is none."""
    number = 0
    while number < 6:
        bar = pci.bar(number)
        if bar.size:
            yield number, bar
        number += 2 if bar.is_64bit else 1


@each_device()
def it_is_where_it_was_put(device):
    with assigned(device) as (m, pci):
        expect(pci.id & 0xffff not in (0, 0xffff), f'id {pci.id:#x}')
        expect_equal(len(m.qmp('qom-list', path='/machine/peripheral')), 2)
        expect('dev' in m.hmp('info qtree'), 'info qtree')


@each_device()
def bars_have_no_address_and_take_any(device):
    with assigned(device) as (m, pci):
        for number, bar in bars_of(pci):
            expect_equal(bar.address(), 0, f'BAR {number} at first')
            expect_equal(bar.size & bar.size - 1, 0, f'size of BAR {number}')
            address = bar.map()
            expect(address != 0 and address % bar.size == 0, f'BAR {number} at {address:#x}')


@each_device()
def memory_answers_while_it_is_decoded(device):
    with assigned(device) as (m, pci):
        memory = [(bar.map(), bar.size) for _, bar in bars_of(pci) if not bar.is_io]
        pci.enable()
        for address, size in memory:
            for offset in {0, size // 2 & ~3, size - 4}:
                m.readl(address + offset)
        pci.write16(4, 0)
        for address, size in memory:
            expect_equal(m.readl(address), 0, f'{address:#x} with decoding off')


@each_device()
def the_list_of_capabilities_ends(device):
    with assigned(device) as (m, pci):
        found = pci.capabilities()
        expect(all(0x40 <= offset < 0x100 for _, offset in found), f'{found}')
        expect(0 not in [number for number, _ in found], 'a hidden one is shown')


@each_device()
def an_msix_table_is_ours(device):
    with assigned(device) as (m, pci):
        if pci.capability(0x11) is None:
            raise case.Skip('it has no MSI-X')
        table, count = pci.msix_enable()
        for vector in (0, count - 1):
            m.writel(table + 16 * vector, 0x100000)
            m.writel(table + 16 * vector + 8, 0x1234 + vector)
            m.writel(table + 16 * vector + 12, 0)
            expect_equal(m.readl(table + 16 * vector + 8), 0x1234 + vector)
        pci.write16(pci.capability(0x11) + 2, 0)


@each_device()
def msi_is_ours(device):
    with assigned(device) as (m, pci):
        offset = pci.capability(0x05)
        if offset is None:
            raise case.Skip('it has no MSI')
        pci.write32(offset + 4, 0xfee01000)
        pci.write16(offset + 2, pci.read16(offset + 2) | 1)
        expect_equal(pci.read32(offset + 4), 0xfee01000)
        pci.write16(offset + 2, pci.read16(offset + 2) & ~1)


@each_device()
def the_interrupt_line_register_is_the_guest_s(device):
    with assigned(device) as (m, pci):
        pci.write8(0x3c, 0x5a)
        expect_equal(pci.read8(0x3c), 0x5a)


@each_device()
def a_reset_takes_addresses_and_decoding_away(device):
    with assigned(device) as (m, pci):
        command = pci.read16(4) & 7             # 0, but mtty always says that it decodes ports
        for _, bar in bars_of(pci):
            bar.map()
        pci.enable()
        m.qmp('system_reset')
        m.event('RESET')
        expect_equal(pci.read16(4) & 7, command)
        for number, bar in bars_of(pci):
            expect_equal(bar.address(), 0, f'BAR {number}')


@each_device()
def it_goes_and_comes_back(device):
    room = PC.replace('pc', 'pc,igd-reserve=80M')           # for the OpRegion and stolen memory of a GPU
    with settings_of(*device) as settings, case.start(room) as m:
        tell_guest(m)
        for _ in range(3):
            m.qmp('device_add', settings)
            pci = Pci(m).device(SLOT)
            expect(pci.id & 0xffff != 0xffff, 'not there')
            for _, bar in bars_of(pci):
                bar.map()
            pci.enable()
            m.qmp('device_del', id='dev')
            eject(m, SLOT)
            while 'device' not in m.event('DEVICE_DELETED')['data']:
                pass
            expect_equal(pci.id, 0xffffffff)


@rows({f'{name}, {setting}': (device, setting) for name, device in devices().items()
       for setting in ('x-no-mmap=on', 'x-no-kvm-intx=on', 'x-no-kvm-msi=on', 'x-no-kvm-msix=on', 'rombar=0', 'multifunction=on',
                       'x-pci-device-id=0x1234', 'x-req=off')})
def settings_are_taken(device, setting):
    with assigned(device, f',{setting}') as (m, pci):
        expect(pci.id & 0xffff != 0xffff, 'not there')


@each_device()
def it_starts_with_memory_that_is_shared(device):
    with assigned(device, args=SHARED) as (m, pci):
        expect(pci.id & 0xffff != 0xffff, 'not there')


@each_device()
def a_thousand_random_accesses_of_its_registers_do_no_harm(device):
    chance = random.Random(5)
    with assigned(device) as (m, pci):
        for _ in range(1000):
            offset, size = chance.randrange(0, 256, 4), chance.choice((pci.read32, pci.read16, pci.read8))
            if chance.random() < 0.5:
                size(offset)
            elif not 0x80 <= offset:                # nothing that puts a real device to sleep for good
                pci.write32(offset & 0x3c, chance.getrandbits(32) & ~0x7)
        expect_equal(m.inb(0x1234), 0xff)
