# SPDX-License-Identifier: GPL-2.0-or-later
"""Cases with an assigned device: a device server of tests/vfio-user behind vfio-user-pci at 00:05.0.

    @assigned('msix.toml')
    def table_is_ours(d):
        d.pci.write32(...); d.server.irq('msix', 3); d.m.readl(...)

A description is the name of a file in tests/vfio-user/devices; change() and derive() give one
that differs.
"""

import contextlib
import copy
import functools
import os
import sys

import case
from case import PC, expect, expect_equal
from chipset import Pci
from qtest import wait_until

SERVER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'vfio-user')
sys.path.append(SERVER)
import source
from device_server import DeviceServer

OURS = 'stock QEMU 7.2 has no vfio-user client'
SLOT, RAM_TARGET = 5, 0x100000                      # where messages of MSI are sent to: guest memory
CONFIG, ROM_REGION, VGA_REGION = 7, 6, 8            # VFIO_PCI_*_REGION_INDEX
SHARED = '-machine pc,memory-backend=ram -m 64 -nodefaults -object memory-backend-memfd,id=ram,size=64M'
PIRQ_OF_SLOT_5_PIN_A = 0x60                         # PIIX3 routes INTA of slot 5 by PIRQA: (5 - 1 + 0) % 4
ISA_IRQ = 10


def load(name):
    return source.read(os.path.join(SERVER, 'devices', name))


def merge(into, changes):
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value


def change(name, **changes):
    """The description of a file with tables merged and everything else replaced."""
    description = copy.deepcopy(load(name))
    merge(description, changes)
    return description


def derive(name, **changes):
    """The description of a file as one with base = changes it: row by row (see source.py)."""
    return source.change(name, load(name), changes)


class Assigned:
    """The machine m, the server, and the function pci as the guest sees it."""

    def __init__(self, machine, server, slot=SLOT):
        self.m, self.server = machine, server
        self.pci = Pci(machine).device(slot)

    def text(self):
        """What the emulator has said so far."""
        return self.m.process.text()

    def host_config(self, offset, size):
        return int.from_bytes(self.server.read(CONFIG, offset, size), 'little')

    def accesses(self, region, kind=('REGION_READ', 'REGION_WRITE', 'REGION_WRITE_MULTI')):
        """(command, offset, bytes) of what reached a region of the device so far."""
        rows = [row for row in self.server.log() if row.get('dir') == 'in' and row.get('cmd') in kind]
        return [(row['cmd'].removeprefix('REGION_').lower(), row['payload']['offset'], row['payload']['count'])
                for row in rows if row['payload'].get('region') == region]

    def irqs(self, name):
        return self.server.irqs()[name]

    def wait_irqs(self, name, condition, what):
        """What SET_IRQS did is asked of another process, which may be a moment behind."""
        wait_until(lambda: condition(self.irqs(name)), what, 5)

    def map_bars(self, *numbers):
        """Addresses of those BARs, decoding on."""
        pci = self.pci.pci
        addresses = []
        for number in numbers:
            bar = self.pci.bar(number)
            bar.place(pci.allocate(max(bar.size, 4096), bar.is_io))
            addresses.append(bar.address())
        self.pci.enable()
        return addresses


def device_option(server, settings='', slot=SLOT):
    comma = ',' if settings else ''
    return f'-device vfio-user-pci,socket={server.socket},addr={slot:x}.0,id=dev{comma}{settings}'


@contextlib.contextmanager
def device(description, settings='', args=PC, faults=(), connect_qmp=False, slot=SLOT):
    """An Assigned that runs; what was said last is a note of the exception that ends it."""
    with DeviceServer(description, faults) as server:
        words = f'{args} {device_option(server, settings, slot)}'
        with case.start(words, connect_qmp=connect_qmp) as machine:
            try:
                yield Assigned(machine, server, slot)
            except Exception as error:
                error.add_note('\n'.join(machine.log[-12:]))
                error.add_note(machine.process.text())
                raise


def rows(each=None):
    """Register a case that starts what it needs; a row of each is its arguments."""
    def register(function):
        @functools.wraps(function)
        def run(row=()):
            function(*(row if isinstance(row, tuple) else (row,)))
        case.case(args=None, each=each, ours=OURS)(run)
        return function
    return register


def assigned(description, settings='', args=PC, each=None, **options):
    """Register a case that gets an Assigned, and behind it a row of each."""
    def register(function):
        @functools.wraps(function)
        def run(*row):
            with device(description, settings, args, **options) as d:
                function(d, *row)
        rows(each)(run)
        return function
    return register


def start_fails(description, settings='', args=PC, faults=(), slot=SLOT):
    """The emulator does not start; what it said, after checking that it left in order."""
    with DeviceServer(description, faults) as server:
        words = f'{args} -display none -accel qtest {device_option(server, settings, slot)}'.split()
        status, _, text = case.run_emulator(words)
    expect_equal(status, 1, f'exit status ({text})')
    expect('Sanitizer' not in text and 'runtime error' not in text, text)
    return text


def route_intx(machine):
    """PIRQA to ISA interrupt 10, level triggered, and its IOAPIC input unmasked and level triggered."""
    Pci(machine).device(1).write8(PIRQ_OF_SLOT_5_PIN_A, ISA_IRQ)
    machine.outb(0x4d1, 1 << (ISA_IRQ - 8))
    machine.intercept_in()
