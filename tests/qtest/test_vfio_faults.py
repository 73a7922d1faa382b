# SPDX-License-Identifier: GPL-2.0-or-later
"""Every fault of the device server at every message of a device's life: start, use, reset, use.

Whatever the server does, the emulator either refuses to start with a message and status 1, or runs on, answers the
guest, and leaves with status 0 when asked to. What a sanitizer finds is a failure.
"""

import functools

import case
import qtest
from case import PC, expect, expect_equal
from vfio import DeviceServer, Assigned, change, device, device_option, rows

TIMEOUT_MS = 60
SETTINGS = f'x-msg-timeout={TIMEOUT_MS}'
DEVICE = 'msix.toml'
FAULTS = {
    'EIO': 'errno:EIO', 'ENOSPC': 'errno:ENOSPC', 'error 0': 'errno:0', 'error 2^31': 'errno:2147483648',
    'no payload': 'short:100000', 'one byte short': 'short:1', 'one byte more': 'oversized:1',
    'a megabyte more': 'oversized:1048576', 'bytes of no message': 'extra:7', 'garbage': 'garbage',
    'size 0': 'size:0', 'size 15': 'size:15', 'size 4 GiB': 'size:4294967295', 'another command': 'command:77',
    'an unknown id': 'id:65535', 'a command for a reply': 'flags:0', 'odd flags': 'flags:4294967281',
    'zeros': 'patch:0:' + '00' * 64, 'ones': 'patch:0:' + 'ff' * 64, 'ones behind': 'patch:8:' + 'ff' * 64,
    'five descriptors': 'fds:5', 'forty descriptors': 'fds:40', 'no descriptor': 'nofd', 'twice': 'twice',
    'a request of its own': 'request:DEVICE_RESET', 'DMA from nowhere': 'dma:0xffffffffffff0000:0x100',
    'an interrupt': 'irq:msix:3', 'memory cut off': 'truncate:2', 'slow': 'slow:5',
    'silence': 'noreply',       # each costs its time-out
}
WHEN = {'before the reply': 'before', 'in the middle of it': 'middle', 'behind it': 'after'}


def use(d):
    """What a guest does: configuration space, BARs, MSI-X, a reset, and again."""
    for _ in range(2):
        trapped, mapped = d.map_bars(0, 2)
        d.m.writel(trapped + 0x100, 1)
        d.m.readl(trapped + 0x100)
        d.m.readl(mapped)
        d.m.writel(mapped + 0x2000, 0x100000)
        d.m.writel(mapped + 0x200c, 0)
        offset = 0x40                       # where the capability is, or was
        d.pci.write16(offset + 2, 0x8000)
        d.pci.write16(offset + 2, 0)
        d.m.outb(0xcf9, 0x02)
        d.m.outb(0xcf9, 0x06)
        d.m.inb(0)


def live(server):
    """One life. Whether it started."""
    try:
        machine = case.start(f'{PC} {device_option(server, SETTINGS)}', connect_qmp=False)
    except qtest.Failure as failure:
        text = str(failure)
        expect('status 1;' in text and 'vfio' in text.partition('said:')[2], text)
        return False
    with machine:
        use(Assigned(machine, server))
    return True


@functools.cache
def messages_of_a_life():
    with DeviceServer(DEVICE, keep=True) as server:
        expect(live(server), 'the device does not start')
        return sum(count for name, count in server.counters().items() if name.startswith('in '))


def at_every_message(fault):
    with DeviceServer(DEVICE, keep=True) as server:
        for nth in range(1, messages_of_a_life() + 1):
            server.control('no-faults')
            server.fault(f'nth={nth},do={fault}')
            try:
                live(server)
            except qtest.Failure as failure:
                raise qtest.Failure(f'at message {nth}: {failure}') from failure


@rows({name: (fault,) for name, fault in FAULTS.items()})
def a_fault_at_every_message(fault):
    at_every_message(fault)


@rows({name: (how,) for name, how in WHEN.items()})
def the_end_of_the_connection_at_every_message(how):
    at_every_message(f'hangup:{how}')


@rows({name: (how, first) for first, (name, how) in enumerate(WHEN.items())})
def death_at_every_tenth_message(how, first):
    """What a dead server leaves is what a closed connection leaves; each needs a new server."""
    for nth in range(1 + first, messages_of_a_life() + 1, 10):
        with DeviceServer(DEVICE, [f'nth={nth},do=die:{how}']) as server:
            live(server)


@rows()
def after_its_server_died_a_device_reads_all_ones_and_says_so_once():
    with device('msix.toml', SETTINGS) as d:
        trapped, mapped = d.map_bars(0, 2)
        d.server.die()
        qtest.wait_until(lambda: d.pci.read32(0) == 0xffffffff, 'all ones')
        for _ in range(3):
            expect_equal(d.m.readl(trapped), 0xffffffff)
            expect_equal(d.m.readl(mapped + 0x2f00), 0xffffffff)
            d.m.writel(trapped, 1)
        d.m.outb(0xcf9, 0x02), d.m.outb(0xcf9, 0x06)
        expect_equal(d.m.inb(0x1234), 0xff)
        lines = [line for line in d.text().splitlines() if 'vfio' in line]
        expect_equal(len(lines), 1, d.text())


@rows({'no such socket': ('/nonexistent/socket',), 'not a socket': ('/dev/null',), 'a folder': ('/tmp',)})
def nobody_to_talk_to(path):
    words = f'{PC} -display none -accel qtest -device vfio-user-pci,socket={path}'.split()
    status, _, text = case.run_emulator(words)
    expect_equal(status, 1)
    expect(path in text, text)


@rows({'a later major version': ({'major': 1},), 'version 0.0': ({'minor': 0},), 'no JSON': ({'version_data': 'x'},),
       'JSON of another kind': ({'version_data': '[1]'},), 'an empty object': ({'version_data': '{}'},),
       'tiny transfers': ({'max_data_xfer_size': 1},), 'no descriptors': ({'max_msg_fds': 0},),
       'pages of 64 KiB': ({'pgsizes': '64K'},), 'no page size': ({'pgsizes': 0},)})
def versions_and_limits(protocol):
    with DeviceServer(change('msix.toml', protocol=protocol)) as server:
        live(server)
