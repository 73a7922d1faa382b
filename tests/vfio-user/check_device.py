# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests of what a description makes: configuration space, interrupts, registers, DMA."""

import errno
import glob
import os
import struct
import tempfile
import threading

import capabilities
import client
import config
import device_server
import dump
from check import bar, device, memory, plain, refused, same, test, until

CONFIG, ROM = 7, 6
DATA_NONE, DATA_BOOL, DATA_EVENTFD, MASK, UNMASK, TRIGGER = 1, 2, 4, 8, 16, 32
LSPCI = '''00:02.0 VGA compatible controller [0300]: Intel Corporation [8086:1916] (rev 07)
\tRegion 0: Memory at e0000000 (64-bit, non-prefetchable) [size=16M]
\tRegion 2: [virtual] Memory at d0000000 (64-bit, prefetchable) [size=256M]
\tRegion 4: I/O ports at e000 [size=64]
\tExpansion ROM at 000c0000 [virtual] [disabled] [size=128K]
00: 86 80 16 19 07 04 10 00 07 00 00 03 00 00 00 00
10: 04 00 00 e0 00 00 00 00 0c 00 00 d0 00 00 00 00
20: 01 e0 00 00 00 00 00 00 00 00 00 00 aa 17 38 22
30: 00 00 00 00 40 00 00 00 00 00 00 00 ff 01 00 00
40: 05 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
'''


# ---- configuration space ----

@test
def every_example_describes_a_device():
    for path in sorted(glob.glob(os.path.join(device_server.FOLDER, 'devices', '*.toml'))):
        with device(path) as (server, guest):
            flags, regions, irqs = guest.info()
            same(flags & 2, 2, path)
            for index in range(regions):
                guest.region_info(index)
            same(guest.read(CONFIG, 0, 64), server.read(CONFIG, 0, 64), path)


@test
def configuration_space_has_the_header():
    rows = {'vendor': 0x1122, 'device': 0x3344, 'class': 0x556677, 'revision': 8, 'subsystem_vendor': 0x99aa,
            'subsystem': 0xbbcc, 'pin': 'C', 'line': 11, 'size': 4096}
    with device(plain(config=rows)) as (_, guest):
        same(guest.read(CONFIG, 0, 12).hex(), '221144330000000008776655')
        same((guest.read(CONFIG, 0x2c, 4).hex(), guest.read(CONFIG, 0x3c, 2).hex()), ('aa99ccbb', '0b03'))
        same(guest.region_info(CONFIG)['size'], 4096)
    with device(plain()) as (_, guest):
        same(guest.region_info(CONFIG)['size'], 256)
        refused(errno.EINVAL, guest.read, CONFIG, 256, 4)


@test
def base_addresses_answer_sizing():
    with device('igd-gen9.toml') as (_, guest):
        for offset in range(0x10, 0x34, 4):
            guest.put(CONFIG, offset, 0xffffffff)
        wanted = [0xff000004, 0xffffffff, 0xf000000c, 0xffffffff, 0xffffffc1, 0]
        same([guest.get(CONFIG, 0x10 + 4 * index) for index in range(6)], wanted)
        same(guest.get(CONFIG, 0x30), 0xffff0001)
        same(guest.get(CONFIG, 0x2c), 0x223817aa)


@test
def read_only_bits_stay():
    with device('igd-gen9.toml') as (_, guest):
        before = guest.read(CONFIG, 0, 16)
        guest.write(CONFIG, 0, b'\xff' * 4)
        guest.put(CONFIG, 0x5c, 0)
        guest.put(CONFIG, 0xfc, 0x12345678)
        guest.put(CONFIG, 4, 0xffff, 2)
        same(guest.read(CONFIG, 0, 4), before[:4])
        same([guest.get(CONFIG, offset) for offset in (0x5c, 0xfc)], [0x7c000001, 0x12345678])
        same(guest.get(CONFIG, 4, 2), 0x0547)


def chain(guest, extended):
    """Ids in the order of the list, as a driver walks it."""
    ids, at = [], 0x100 if extended else guest.get(CONFIG, 0x34, 1)
    while at and len(ids) < 100:
        header = guest.get(CONFIG, at)
        ids.append(header & (0xffff if extended else 0xff))
        at = header >> 20 if extended else header >> 8 & 0xff
    return ids


@test
def every_capability_is_in_the_list():
    with device('every-cap.toml') as (_, guest):
        same(chain(guest, False), [1, 5, 0x10, 0x11, 0x13, 9, 3, 8, 0x0d, 0x12, 0, 0x7f])
        same(chain(guest, True), [1, 2, 3, 4, 0xb, 0xd, 0xe, 0xf, 0x10, 0, 0x13, 0x15, 0x16, 0x17, 0x18, 0x19,
                                  0x1b, 0x1d, 0x1e, 0x1f, 0x23, 0x25, 0x26, 0x27, 0x2e, 0x777])
        same([guest.irq_info(index)[1] for index in range(5)], [1, 8, 8, 1, 1])


@test
def every_kind_of_capability_can_be_described():
    for extended in (False, True):
        for name, kind in capabilities.kinds(extended).items():
            space = config.Config({}, *(([], [{'id': name}]) if extended else ([{'id': name}], [])), {}, 0)
            same([id for _, id in space.list(extended)], [kind.id], name)


@test
def fields_of_capabilities_are_where_they_belong():
    rows = [{'id': 'pm', 'version': 2, 'pme': 0x15, 'no_soft_reset': 1},
            {'id': 'msi', 'vectors': 16, 'wide': False, 'maskable': True},
            {'id': 'msix', 'vectors': 33, 'table_bar': 2, 'table_offset': 0x1000, 'pba_bar': 4,
             'pba_offset': 0x20},
            {'id': 'express', 'type': 'rc-endpoint', 'flr': 1, 'width': 8}, {'id': 'vendor', 'hex': '0102'}]
    with device(plain(capability=rows)) as (_, guest):
        same(guest.read(CONFIG, 0x40, 8).hex(), '014802a808000000')
        same(guest.read(CONFIG, 0x48, 4).hex(), '055c0801')
        same(guest.read(CONFIG, 0x5c, 12).hex(), '11682000' + '02100000' + '24000000')
        same(guest.read(CONFIG, 0x68, 8).hex(), '10a4920000000010')
        same(guest.read(CONFIG, 0xa4, 5).hex(), '0900050102')


@test
def a_driver_writes_message_address_data_and_mask():
    def written(**changes):
        with device(plain(capability=[{'id': 'msi', **changes}])) as (_, guest):
            guest.write(CONFIG, 0x42, b'\xff' * 22)
            return guest.read(CONFIG, 0x42, 22).hex()
    same(written(wide=True), 'f100' + 'fcffffff' + 'ffffffff' + 'ffff' + '00' * 10)
    same(written(wide=False), '7100' + 'fcffffff' + 'ffff' + '00' * 14)
    same(written(wide=False, maskable=True), '7101' + 'fcffffff' + 'ffff' + '0000' + 'ffffffff' + '00' * 8)
    same(written(wide=True, maskable=True), 'f101' + 'fcffffff' + 'ffffffff' + 'ffff0000' + 'ffffffff' + '00' * 4)


@test
def a_list_may_lead_in_circles():
    rows = [{'id': 'pm', 'at': 0x50}, {'id': 'vendor', 'at': 0x60, 'next': 0x50}]
    with device(plain(capability=rows)) as (_, guest):
        same(chain(guest, False)[:4], [1, 9, 1, 9])


@test
def a_dump_of_lspci_becomes_the_device():
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, 'igd.lspci'), 'w', encoding='utf-8') as file:
            file.write(LSPCI + ''.join(f'{line:02x}:{" 00" * 16}\n' for line in range(0x50, 0x100, 16)))
        path = os.path.join(folder, 'igd.toml')
        with open(path, 'w', encoding='utf-8') as file:
            file.write('[config]\ndump = "igd.lspci"\n[[bar]]\nindex = 2\nsize = "1M"\nmmap = true\n')
        with device(path) as (_, guest):
            same([guest.region_info(index)['size'] for index in range(8)],
                 [16 << 20, 0, 1 << 20, 0, 64, 0, 128 << 10, 256])
            same((guest.get(CONFIG, 0), guest.get(CONFIG, 0x2c)), (0x19168086, 0x223817aa))
            same([guest.irq_info(index)[1] for index in range(3)], [1, 1, 0])
            guest.put(CONFIG, 0x18, 0xffffffff)
            same(guest.get(CONFIG, 0x18), 0xfff0000c)
            same(guest.read(ROM, 0, 2), b'\x55\xaa')


@test
def dumps_of_every_length_are_read_and_others_refused():
    for count in dump.SIZES:
        text = ''.join(f'{at:02x}:{" 5a" * 16}\n' for at in range(0, count, 16))
        same(len(dump.image_of(text)), count)
    for text in ('', LSPCI, LSPCI + LSPCI, LSPCI.replace('10:', '20:')):
        try:
            dump.image_of(text)
        except dump.DumpError:
            continue
        raise AssertionError(f'{text!r} was read')


# ---- interrupts ----

@test
def interrupts_are_described_as_the_kernel_does():
    with device('msix.toml') as (_, guest):
        same([guest.irq_info(index) for index in range(5)], [(7, 1), (9, 0), (9, 16), (9, 0), (9, 1)])
        refused(errno.EINVAL, guest.irq_info, 5)
    rows = {'msix': {'count': 3, 'dynamic': True}, 'err': {'count': 1, 'flags': 1}}
    with device(plain(irq=rows)) as (_, guest):
        same([guest.irq_info(index) for index in (2, 3)], [(1, 3), (1, 1)])
    with device('gvt-g.toml') as (_, guest):
        for index in (2, 3, 4):
            refused(errno.EINVAL, guest.irq_info, index)


@test
def vectors_fire_through_their_own_eventfds():
    with device('msix.toml') as (server, guest):
        fds = guest.eventfds(2, 0, 8)
        guest.set_irqs(2, DATA_EVENTFD | TRIGGER, 2, 1)
        for vector in (0, 1, 2, 7, 7):
            server.irq('msix', vector)
        same([client.count_of(fd) for fd in fds], [1, 1, 0, 0, 0, 0, 0, 2])
        same([vector['lost'] for vector in server.irqs()['msix']['vectors'][:3]], [0, 0, 1])
        guest.set_irqs(2, DATA_NONE | TRIGGER, 0, 0)
        server.irq('msix', 0)
        same(client.count_of(fds[0]), 0)


@test
def a_strict_set_of_vectors_does_not_grow():
    with device(plain(irq={'msix': {'count': 8, 'strict': True}})) as (_, guest):
        guest.eventfds(2, 0, 4)
        guest.eventfds(2, 1, 3)
        refused(errno.EINVAL, guest.eventfds, 2, 4, 1)
        guest.set_irqs(2, DATA_NONE | TRIGGER, 0, 0)
        guest.eventfds(2, 7, 1)
        guest.eventfds(2, 4, 4)
    with device(plain(irq={'msix': {'count': 8, 'strict': True, 'dynamic': True}})) as (_, guest):
        guest.eventfds(2, 0, 1)
        guest.eventfds(2, 7, 1)


@test
def a_client_triggers_with_none_and_booleans():
    with device('msi.toml') as (_, guest):
        fds = guest.eventfds(1, 0, 4)
        guest.set_irqs(1, DATA_NONE | TRIGGER, 1, 2)
        guest.set_irqs(1, DATA_BOOL | TRIGGER, 0, 4, data=b'\1\0\0\1')
        same([client.count_of(fd) for fd in fds], [1, 1, 1, 1])


@test
def the_line_masks_itself_and_fires_again_while_it_is_up():
    with device('minimal.toml') as (server, guest):
        fd, = guest.eventfds(0, 0, 1)
        guest.put(0, 0x10, 1)
        guest.read(0, 0, 4)
        same((client.count_of(fd), guest.get(CONFIG, 6, 2) & 8), (1, 8))
        same(client.count_of(fd), 0)
        guest.set_irqs(0, DATA_NONE | UNMASK, 0, 1)
        same(client.count_of(fd), 1)
        guest.put(0, 0x14, 1)
        guest.set_irqs(0, DATA_NONE | UNMASK, 0, 1)
        same((client.count_of(fd), guest.get(CONFIG, 6, 2) & 8), (0, 0))
        server.irq('intx')
        server.irq('intx')
        same(client.count_of(fd), 1)
        guest.set_irqs(0, DATA_BOOL | UNMASK, 0, 1, data=b'\1')
        same(client.count_of(fd), 1)


@test
def the_line_is_unmasked_through_an_eventfd():
    with device('minimal.toml') as (server, guest):
        trigger, = guest.eventfds(0, 0, 1)
        unmask = os.eventfd(0, os.EFD_NONBLOCK)
        guest.set_irqs(0, DATA_EVENTFD | UNMASK, 0, 1, [unmask])
        server.irq('intx', 'on')
        for _ in range(3):
            until(lambda: client.count_of(trigger) == 1, 'the line fires')
            os.eventfd_write(unmask, 1)
        until(lambda: client.count_of(trigger) == 1, 'the line fires again')
        server.irq('intx', 'off')
        guest.set_irqs(0, DATA_EVENTFD | UNMASK, 0, 1)
        same(server.irqs()['intx']['vectors'][0]['unmask_eventfd'], False)


@test
def a_line_that_is_up_fires_when_somebody_listens():
    with device('minimal.toml') as (server, guest):
        server.irq('intx', 'on')
        mask = os.eventfd(0, os.EFD_NONBLOCK)
        guest.set_irqs(0, DATA_EVENTFD | MASK, 0, 1, [mask])
        same(client.count_of(mask), 0)
        fd, = guest.eventfds(0, 0, 1)
        same((client.count_of(fd), client.count_of(mask)), (1, 1))


@test
def the_line_keeps_still_while_masked_or_disabled():
    with device('minimal.toml') as (server, guest):
        fd, = guest.eventfds(0, 0, 1)
        guest.set_irqs(0, DATA_NONE | MASK, 0, 1)
        server.irq('intx', 'on')
        same(client.count_of(fd), 0)
        guest.put(CONFIG, 4, 1 << 10, 2)
        guest.set_irqs(0, DATA_NONE | UNMASK, 0, 1)
        same(client.count_of(fd), 0)
        guest.put(CONFIG, 4, 0, 2)
        same(client.count_of(fd), 1)


@test
def bad_set_irqs_are_refused():
    with device('msi.toml') as (_, guest):
        fds = [os.eventfd(0) for _ in range(5)]
        for flags, start, count, sent, data in (
                (TRIGGER, 0, 1, [], b''), (DATA_NONE, 0, 1, [], b''),
                (DATA_NONE | DATA_BOOL | TRIGGER, 0, 1, [], b''),
                (DATA_NONE | TRIGGER | MASK, 0, 1, [], b''), (DATA_NONE | TRIGGER, 3, 2, [], b''),
                (DATA_NONE | TRIGGER, 0, 0xffffffff, [], b''), (DATA_BOOL | TRIGGER, 0, 2, [], b'\1'),
                (DATA_EVENTFD | TRIGGER, 0, 3, fds[:2], b''), (DATA_EVENTFD | TRIGGER, 0, 0, [], b''),
                (DATA_NONE | TRIGGER, 0, 1, fds[:1], b''), (64 | DATA_NONE | TRIGGER, 0, 1, [], b'')):
            refused(errno.EINVAL, guest.set_irqs, 1, flags, start, count, sent, data)
        refused(errno.ENOTTY, guest.set_irqs, 1, DATA_NONE | MASK, 0, 1)
        refused(errno.EINVAL, guest.set_irqs, 9, DATA_NONE | TRIGGER, 0, 0)
        refused(errno.EINVAL, guest.call, 'DEVICE_SET_IRQS', struct.pack('<IIIII', 24, 0x21, 1, 0, 1))


@test
def descriptors_that_are_no_eventfds_do_no_harm():
    with device('minimal.toml') as (server, guest), memory(4096) as fd:
        guest.set_irqs(0, DATA_EVENTFD | UNMASK, 0, 1, [fd])
        guest.set_irqs(0, DATA_EVENTFD | TRIGGER, 0, 1, [os.open('/dev/null', os.O_RDONLY)])
        server.irq('intx')
        same(server.irqs()['intx']['vectors'][0]['lost'], 1)
        guest.info()


@test
def a_silent_line_never_fires():
    with device('gvt-g.toml') as (server, guest):
        fd, = guest.eventfds(0, 0, 1)
        server.irq('intx')
        same(client.count_of(fd), 0)


@test
def the_device_asks_back_and_reports_errors():
    with device('every-cap.toml') as (server, guest):
        fds = guest.eventfds(3, 0, 1) + guest.eventfds(4, 0, 1)
        server.irq('req')
        same([client.count_of(fd) for fd in fds], [0, 1])
        server.irq('err')
        same([client.count_of(fd) for fd in fds], [1, 0])


@test
def a_vector_without_an_eventfd_becomes_pending():
    with device('msix.toml') as (server, guest):
        server.irq('msix', 9)
        guest.put(0, 4, 3)
        guest.info()
        same(guest.read(2, 0x2800, 2), b'\x08\x02')


# ---- registers ----

@test
def registers_read_and_write_as_described():
    rows = [{'at': 0, 'value': 7, 'read': 'counter'}, {'at': 4, 'value': 0xf0, 'read': 'clear'},
            {'at': 8, 'value': 0xff, 'write': 'clear-ones'}, {'at': 12, 'mask': 0xff00},
            {'at': 16, 'write': 'complement', 'width': 8}, {'at': 24, 'write': 'ignore', 'value': 5},
            {'at': 28, 'width': 2, 'read': 'ones'}, {'at': 30, 'width': 2, 'write': 'set-ones'}]
    with device(bar(register=rows)) as (_, guest):
        same([guest.get(0, 0), guest.get(0, 0), guest.get(0, 4), guest.get(0, 4)], [7, 8, 0xf0, 0])
        for offset, value in ((8, 0x0f), (12, 0x12345678), (24, 9), (28, 0x00050000)):
            guest.put(0, offset, value)
        guest.put(0, 16, 1, 8)
        same([guest.get(0, offset) for offset in (8, 12, 24, 28)], [0xf0, 0x5600, 5, 0x0005ffff])
        same(guest.get(0, 16, 8), 0xfffffffffffffffe)


@test
def narrow_and_wide_accesses_meet_in_registers():
    with device(bar(register=[{'at': 2, 'width': 4, 'value': 0x44332211}])) as (_, guest):
        same(guest.read(0, 0, 8).hex(), '0000112233440000')
        guest.write(0, 4, b'\xaa')
        same(guest.read(0, 0, 8).hex(), '00001122aa440000')
        guest.write(0, 0, bytes(range(8)))
        same(guest.read(0, 0, 8).hex(), '0001020304050607')


@test
def a_write_raises_behind_or_before_its_reply():
    with device('msi.toml') as (_, guest):
        fds = guest.eventfds(1, 0, 4)
        guest.put(0, 4, 2)
        same([client.count_of(fd) for fd in fds], [0, 0, 1, 0])
        guest.put(0, 0, 3)
        guest.info()
        same([client.count_of(fd) for fd in fds], [0, 0, 0, 1])


@test
def actions_set_add_and_reset():
    rows = [{'at': 0, 'name': 'a', 'value': 1, 'on_write': ['set b written', 'add b 0x10', 'add b b']},
            {'at': 4, 'name': 'b'}, {'at': 8, 'on_read': ['reset']}]
    with device(bar(register=rows)) as (_, guest):
        guest.put(0, 0, 5)
        same(guest.get(0, 4), 42)
        guest.get(0, 8)
        same([guest.get(0, 0), guest.get(0, 4)], [1, 0])


@test
def a_reset_restores_registers_and_configuration_space():
    description = plain(bar=[{'index': 0, 'kind': 'mem32', 'size': 4096, 'register': [{'at': 0, 'value': 3}]},
                             {'index': 1, 'kind': 'mem32', 'size': 4096, 'reset': True,
                              'contents': [{'at': 0, 'text': 'fresh'}]}], capability=[{'id': 'af'}])
    def flr(guest):
        guest.put(CONFIG, 0x44, 1, 1)
    with device(description) as (_, guest):
        for how in (client.Client.reset, flr):
            guest.put(0, 0, 9)
            guest.put(0, 8, 9)
            guest.write(1, 0, b'stale')
            guest.put(CONFIG, 4, 6, 2)
            guest.put(CONFIG, 0x10, 0xfe000000)
            how(guest)
            same([guest.get(0, 0), guest.get(0, 8), guest.read(1, 0, 5)], [3, 9, b'fresh'])
            same([guest.get(CONFIG, 4, 2), guest.get(CONFIG, 0x10)], [0, 0])


@test
def a_reset_takes_the_line_down():
    with device('minimal.toml') as (server, guest):
        fd, = guest.eventfds(0, 0, 1)
        guest.put(0, 0x10, 1)
        guest.reset()
        same((client.count_of(fd), guest.get(CONFIG, 6, 2) & 8), (1, 0))
        guest.set_irqs(0, DATA_NONE | UNMASK, 0, 1)
        same((client.count_of(fd), server.irqs()['intx']['level']), (0, False))


# ---- DMA ----

def start_copy(guest, source, target, count):
    for offset, value, size in ((0x100, source, 8), (0x108, target, 8), (0x110, count, 4), (0x114, 1, 4)):
        guest.put(0, offset, value, size)
    return guest.get(0, 0x118)


@test
def the_engine_copies_through_mapped_memory():
    with device('nvme-like.toml') as (_, guest), memory(1 << 20) as fd:
        guest.put(CONFIG, 4, 6, 2)
        fds = guest.eventfds(2, 0, 4)
        guest.map(0x100000, 1 << 20, fd)
        os.pwrite(fd, b'payload', 0x1234)
        same(start_copy(guest, 0x101234, 0x180000, 7), 1)
        same((os.pread(fd, 7, 0x80000), client.count_of(fds[0])), (b'payload', 1))
        same(guest.requests, [])


@test
def the_engine_copies_by_messages():
    for extra in ({}, {'by_messages': True}):
        with device(engine(extra)) as (server, guest), memory(1 << 20) as fd:
            guest.put(CONFIG, 4, 6, 2)
            guest.memory[0x100000] = bytearray(1 << 20)
            guest.memory[0x100000][:4] = b'data'
            guest.map(0x100000, 1 << 20, fd if extra else None)
            same(start_copy(guest, 0x100000, 0x100800, 4), 1)
            same(bytes(guest.memory[0x100000][0x800:0x804]), b'data')
            same([request.name for request in guest.requests], ['DMA_READ', 'DMA_WRITE'])


def engine(extra):
    return plain(bar=[{'index': 0, 'kind': 'mem32', 'size': 4096}], dma={'bar': 0, 'at': 0x100, **extra})


@test
def dma_may_ask_before_the_write_is_answered():
    with device(engine({'before_reply': True})) as (_, guest):
        guest.put(CONFIG, 4, 6, 2)
        guest.memory[0] = bytearray(4096)
        guest.map(0, 4096)
        same(start_copy(guest, 0, 0x800, 16), 1)


@test
def dma_in_large_pieces_keeps_to_what_the_client_takes():
    with device(engine({}), capabilities={'max_data_xfer_size': 4096}) as (_, guest):
        guest.put(CONFIG, 4, 6, 2)
        guest.memory[0] = bytearray(os.urandom(10000) + bytes(55536))
        guest.map(0, 65536)
        same(start_copy(guest, 0, 0x8000, 10000), 1)
        same(guest.memory[0][0x8000:0x8000 + 10000], guest.memory[0][:10000])
        same([struct.unpack_from('<Q', request.payload, 8)[0] for request in guest.requests],
             [4096, 4096, 1808] * 2)


@test
def failed_dma_is_told_in_the_status():
    with device(engine({})) as (server, guest):
        guest.memory[0] = bytearray(4096)
        guest.map(0, 4096)
        guest.map(0x2000, 4096)
        same(start_copy(guest, 0, 0x100, 4), 2)         # not a bus master
        guest.put(CONFIG, 4, 6, 2)
        same(start_copy(guest, 0x1000, 0x100, 4), 2)    # not mapped
        same(start_copy(guest, 0x2000, 0x100, 4), 2)    # the client answers with an error
        same(start_copy(guest, 0, 0x100, 4), 1)
        same(server.counters()['dma failed'], 3)


@test
def a_client_that_leaves_amid_dma_is_no_accident():
    with device(engine({'before_reply': True})) as (server, guest):
        guest.put(CONFIG, 4, 6, 2)
        guest.map(0, 4096)
        guest.put(0, 0x110, 4)
        guest.send('REGION_WRITE', struct.pack('<QII', 0x114, 0, 4) + b'go!!')
        same(guest.connection.receive().name, 'DMA_READ')
        guest.connection.close()
        same(server.wait(), 0)


@test
def tests_reach_memory_by_messages_too():
    with device(plain()) as (server, guest):
        guest.memory[0x1000] = bytearray(b'hello' + bytes(4091))
        guest.map(0x1000, 4096)
        got = []
        def reach():
            got.append((server.dma_write(0x1005, b'!'), server.dma_read(0x1000, 6)))
        thread = threading.Thread(target=reach)
        thread.start()
        for _ in range(2):
            guest.serve(guest.connection.receive())
        thread.join()
        same(got, [(None, b'hello!')])


@test
def memory_moves_between_guest_and_bar():
    with device('nvme-like.toml') as (_, guest), memory(4096) as fd:
        guest.put(CONFIG, 4, 6, 2)
        guest.map(0x1000, 4096, fd)
        os.pwrite(fd, b'from the guest', 0)
        guest.put(0, 0x80, 0x1000, 8)
        guest.put(0, 0x88, 14)
        guest.put(0, 0x8c, 1)
        same((guest.get(0, 0x94), guest.read(0, 0x1000, 14)), (1, b'from the guest'))
        guest.put(0, 0x80, 0x1800, 8)
        guest.put(0, 0x90, 1)
        same((guest.get(0, 0x94), os.pread(fd, 14, 0x800)), (1, b'from the guest'))
