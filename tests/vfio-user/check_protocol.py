# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests of the messages: every command, its reply, and what is refused (vfio-user specification)."""

import errno
import os
import struct

import client
import device_server
import wire
from check import bar, device, gone, memory, plain, refused, same, test, until

PROPOSED = {'max_msg_fds': 8, 'max_data_xfer_size': 1 << 20, 'pgsizes': 4096, 'max_dma_maps': 9,
            'write_multiple': True, 'unheard_of': 1}


@test
def version_names_a_subset_of_what_was_proposed():
    with device(plain(), capabilities=PROPOSED) as (_, guest):
        same(guest.version, (0, 1, {'max_msg_fds': 16, 'max_data_xfer_size': 1 << 20, 'pgsizes': 4096,
                                    'max_dma_maps': 65535, 'write_multiple': True}))
    old = plain(protocol={'max_msg_fds': 2, 'minor': 0})
    with device(old, capabilities={'max_msg_fds': 8}) as (_, guest):
        same(guest.version, (0, 0, {'max_msg_fds': 2}))


@test
def version_of_a_lesser_minor_is_kept():
    with device_server.DeviceServer(plain()) as server:
        with client.Client(server.socket, greet=False) as guest:
            same(guest.greet(minor=0), (0, 0, {}))


@test
def data_of_a_message_is_limited():
    with device(plain(protocol={'max_data_xfer_size': 16})) as (_, guest):
        guest.write(0, 0, bytes(16))
        guest.read(0, 0, 16)
        refused(errno.EINVAL, guest.write, 0, 0, bytes(17))
        refused(errno.EINVAL, guest.read, 0, 0, 17)


@test
def descriptors_of_a_message_are_limited():
    with device(plain(protocol={'max_msg_fds': 2}, irq={'msi': {'count': 4}})) as (_, guest):
        guest.eventfds(1, 0, 2)
        refused(errno.EINVAL, guest.eventfds, 1, 0, 3)


@test
def version_without_data_is_accepted():
    with device(plain()) as (_, guest):
        same(guest.version, (0, 1, {}))


@test
def version_of_another_major_ends_the_connection():
    with device_server.DeviceServer(plain()) as server:
        with client.Client(server.socket, greet=False) as guest:
            refused(errno.EINVAL, guest.greet, None, 1)
            gone(guest)


@test
def version_with_bad_data_ends_the_connection():
    for text in (b'{', b'{}', b'[]\0', b'{"capabilities":[]}\0', b'{"capabilities":{"max_msg_fds":"x"}}\0'):
        with device_server.DeviceServer(plain()) as server:
            with client.Client(server.socket, greet=False) as guest:
                refused(errno.EINVAL, guest.call, 'VERSION', struct.pack('<HH', 0, 1) + text)
                gone(guest)


@test
def version_comes_first_and_once():
    with device_server.DeviceServer(plain()) as server:
        with client.Client(server.socket, greet=False) as guest:
            refused(errno.EINVAL, guest.info)
            gone(guest)
    with device(plain()) as (_, guest):
        refused(errno.EINVAL, guest.greet)
        guest.info()


@test
def info_counts_regions_and_interrupts():
    with device(plain(region=[{'type': 1, 'subtype': 1, 'size': 4096}])) as (_, guest):
        same(guest.info(), (3, 10, 5))
    with device(plain(device={'reset': False, 'num_regions': 7, 'num_irqs': 1})) as (_, guest):
        same(guest.info(), (2, 7, 1))
        refused(errno.EINVAL, guest.reset)
        refused(errno.EINVAL, guest.call, 'DEVICE_GET_INFO', struct.pack('<IIII', 15, 0, 0, 0))
        refused(errno.EINVAL, guest.call, 'DEVICE_GET_INFO', b'short')


@test
def region_info_says_size_and_flags():
    with device('igd-gen9.toml') as (_, guest):
        sizes = [guest.region_info(index)['size'] for index in range(12)]
        same(sizes, [16 << 20, 0, 256 << 20, 0, 64, 0, 64 << 10, 4096, 0xc0000, 8192, 256, 256])
        flags = [guest.region_info(index)['flags'] for index in range(12)]
        same(flags, [7, 0, 7, 0, 3, 0, 1, 3, 3, 9, 9, 9])
        refused(errno.EINVAL, guest.region_info, 12)
        refused(errno.EINVAL, guest.region_info, 0, 31)


@test
def region_info_without_room_says_how_much_it_wants():
    with device('msix.toml') as (_, guest):
        small = guest.region_info(2, 32)
        same((small['argsz'], small['flags'], small['bytes'], small['caps']), (80, 15, 32, {}))
        whole = guest.region_info(2, 80)
        areas = struct.pack('<IIQQQQ', 2, 0, 0, 0x2000, 0x3000, 0x1000)
        same((whole['argsz'], whole['bytes'], whole['caps']), (80, 80, {1: areas}))


@test
def region_info_has_type_and_mappable_capabilities():
    with device(bar(mmap=True, sparse=[[0, 4096]], msix_mappable=True)) as (_, guest):
        same(sorted(guest.region_info(0)['caps']), [1, 3])
    with device('gvt-g.toml') as (_, guest):
        same(guest.region_info(9)['caps'], {2: struct.pack('<II', 0x80008086, 1)})
        same(guest.region_info(10)['caps'], {2: struct.pack('<II', 1, 1)})


@test
def region_file_has_what_messages_read():
    with device(bar(mmap=True, fd_offset=8192, contents=[{'at': 16, 'text': 'hello'}])) as (_, guest):
        info = guest.region_info(0)
        same((len(info['fds']), info['offset'], info['flags']), (1, 8192, 7))
        same(os.pread(info['fds'][0], 5, 8192 + 16), b'hello')
        os.pwrite(info['fds'][0], b'there', 8192 + 32)
        same(guest.read(0, 32, 5), b'there')
        guest.write(0, 64, b'again')
        same(os.pread(info['fds'][0], 5, 8192 + 64), b'again')


@test
def region_io_fds_are_an_empty_list():
    with device(plain()) as (_, guest):
        reply = guest.call('DEVICE_GET_REGION_IO_FDS', struct.pack('<IIII', 4096, 0, 0, 0))
        same((reply.payload, reply.fds), (struct.pack('<IIII', 16, 0, 0, 0), []))
        refused(errno.EINVAL, guest.call, 'DEVICE_GET_REGION_IO_FDS', struct.pack('<IIII', 16, 0, 99, 0))


@test
def region_access_is_checked():
    with device(plain(rom={})) as (_, guest):
        guest.write(0, 4092, b'abcd')
        same(guest.read(0, 4088, 8), b'\0\0\0\0abcd')
        refused(errno.EINVAL, guest.read, 0, 4093, 4)
        refused(errno.EINVAL, guest.read, 0, (1 << 64) - 4, 8)
        refused(errno.EINVAL, guest.read, 1, 0, 4)
        refused(errno.EINVAL, guest.read, 99, 0, 4)
        refused(errno.EPERM, guest.write, 6, 0, b'ROM')
        refused(errno.EINVAL, guest.read, 0, 0, (1 << 20) + 1)
        refused(errno.EINVAL, guest.call, 'REGION_WRITE', struct.pack('<QII', 0, 0, 8) + b'less')
        refused(errno.EINVAL, guest.call, 'REGION_READ', b'short')


@test
def region_write_multi_counts_what_was_done():
    def write(offset, data, size=None):
        return struct.pack('<QII8s', offset, 0, len(data) if size is None else size, data)
    with device(plain()) as (_, guest):
        several = struct.pack('<Q', 3) + write(0, b'one') + write(8, b'12345678') + write(16, b'x')
        same(guest.call('REGION_WRITE_MULTI', several).payload, struct.pack('<Q', 3))
        same(guest.read(0, 0, 17), b'one\0\0\0\0\x0012345678x')
        partly = struct.pack('<Q', 3) + write(0, b'two') + write(9999, b'x') + write(0, b'six')
        same(guest.call('REGION_WRITE_MULTI', partly).payload, struct.pack('<Q', 1))
        same(guest.read(0, 0, 3), b'two')
        same(guest.call('REGION_WRITE_MULTI', struct.pack('<Q', 1) + write(0, b'x', 9)).payload,
             struct.pack('<Q', 0))
        refused(errno.EINVAL, guest.call, 'REGION_WRITE_MULTI', struct.pack('<Q', 2) + write(0, b'x'))
    with device(plain(protocol={'write_multiple': False})) as (_, guest):
        refused(errno.EINVAL, guest.call, 'REGION_WRITE_MULTI', struct.pack('<Q', 0))


@test
def commands_without_reply_are_carried_out_in_order():
    with device(plain()) as (_, guest):
        for value in range(1, 9):
            guest.send('REGION_WRITE', struct.pack('<QIIB', value, 0, 1, value), flags=wire.FLAG_NO_REPLY)
        guest.send('REGION_READ', b'wrong', flags=wire.FLAG_NO_REPLY)
        same(guest.read(0, 0, 9), bytes(range(9)))


@test
def pipelined_commands_are_answered_in_order():
    with device(plain()) as (_, guest):
        ids = [guest.send('REGION_READ', struct.pack('<QII', offset, 0, 1)) for offset in range(32)]
        replies = [guest.receive() for _ in ids]
        same([reply.id for reply in replies], ids)
        same([struct.unpack_from('<Q', reply.payload)[0] for reply in replies], list(range(32)))


@test
def unknown_commands_are_refused():
    with device(plain()) as (_, guest):
        for command in (0, 11, 12, 14, 17, 999, 65535):
            refused(errno.EINVAL, guest.call, command, b'')
        guest.info()


@test
def errors_are_a_header_alone():
    with device(plain()) as (_, guest):
        id = guest.send(999, b'payload')
        reply = guest.receive()
        same((reply.id, reply.command, reply.payload, reply.flags), (id, 999, b'', 0x21))


@test
def nonsense_on_the_socket_ends_the_connection_only():
    headers = [b'\xff' * 16, wire.HEADER.pack(1, 4, 15, 0, 0), wire.HEADER.pack(1, 4, 1 << 31, 0, 0)]
    with device_server.DeviceServer(plain(), keep=True) as server:
        for header in headers:
            with client.Client(server.socket) as guest:
                guest.connection.send_raw(header)
                gone(guest)
        for cut in (b'\x01\x00', wire.HEADER.pack(1, 9, 32, 0, 0) + b'half'):
            with client.Client(server.socket) as guest:
                guest.connection.send_raw(cut)
        with client.Client(server.socket) as guest:
            same(guest.info(), (3, 9, 5))


@test
def replies_nobody_asked_for_are_noted():
    with device(plain()) as (server, guest):
        guest.connection.send(wire.Message(9, b'', (), 77, wire.TYPE_REPLY))
        guest.info()
        same(server.counters()['unexpected reply'], 1)


@test
def dma_map_is_checked():
    with device(plain(protocol={'max_dma_maps': 3})) as (server, guest), memory(8192) as fd:
        guest.map(0x1000, 0x2000, fd)
        guest.map(0x10000, 0x1000)
        same([(m['iova'], m['size'], m['mapped']) for m in server.maps()],
             [(0x1000, 0x2000, True), (0x10000, 0x1000, False)])
        for address, size in ((0x1000, 0x1000), (0x2000, 0x2000), (0, 0x10000)):
            refused(errno.EEXIST, guest.map, address, size)
        for address, size in ((0x4000, 0), (0x4001, 0x1000), (0x4000, 0x800), ((1 << 64) - 0x1000, 0x2000)):
            refused(errno.EINVAL, guest.map, address, size)
        refused(errno.EINVAL, guest.map, 0x4000, 0x4000, fd)        # the file is shorter
        refused(errno.EINVAL, guest.map, 0x4000, 0x1000, None, 0, 8)
        refused(errno.EINVAL, guest.call, 'DMA_MAP', b'short')
        guest.map(0x4000, 0x1000, flags=1)
        refused(errno.ENOSPC, guest.map, 0x8000, 0x1000)
        same(len(server.maps()), 3)


@test
def dma_unmap_wants_an_exact_map():
    with device(plain()) as (server, guest):
        for address in (0x1000, 0x3000, 0x5000):
            guest.map(address, 0x1000)
        refused(errno.ENOENT, guest.unmap, 0x1000, 0x2000)
        refused(errno.ENOENT, guest.unmap, 0x2000, 0x1000)
        guest.unmap(0x3000, 0x1000)
        same([m['iova'] for m in server.maps()], [0x1000, 0x5000])
        refused(errno.ENOENT, guest.unmap, 0x3000, 0x1000)
        refused(errno.EINVAL, guest.unmap, 0x1000, 0x1000, 2)
        guest.unmap(0, 0, 2)
        same(server.maps(), [])


@test
def dma_reaches_files_and_messages():
    with device(plain()) as (server, guest), memory(8192) as fd:
        os.pwrite(fd, b'in the file', 4096)
        guest.map(0x1000, 0x1000, fd, 4096)
        same(server.dma_read(0x1000, 11), b'in the file')
        server.dma_write(0x1800, b'written')
        same(os.pread(fd, 7, 4096 + 0x800), b'written')
        guest.map(0x2000, 0x1000, flags=1)
        for command, words in (('dma-read 0x2ff0 32', 'no map at 0x3000'), ('dma-read 0 1', 'no map at 0x0'),
                               ('dma-write 0x2000 00', 'at 0x2000 may not be written'),
                               ('dma-read x 1', 'no number')):
            try:
                server.control(command)
            except device_server.ControlError as error:
                same(words in str(error), True, str(error))
            else:
                raise AssertionError(f'{command} was done')


@test
def features_are_got_set_and_probed():
    rows = [{'index': 3, 'hex': '01020304', 'set': True}, {'index': 5, 'get': False, 'set': True}]
    with device(plain(feature=rows)) as (_, guest):
        def feature(argsz, flags, data=b''):
            return guest.call('DEVICE_FEATURE', struct.pack('<II', argsz, flags) + data).payload
        same(feature(64, 1 << 16 | 3), struct.pack('<II', 12, 1 << 16 | 3) + b'\1\2\3\4')
        same(feature(8, 1 << 16 | 3), struct.pack('<II', 12, 1 << 16 | 3))
        feature(10, 1 << 17 | 3, b'new!')
        same(feature(64, 1 << 16 | 3)[8:], b'new!')
        feature(8, 1 << 18 | 1 << 17 | 5)
        refused(errno.ENOTTY, feature, 8, 1 << 18 | 1 << 16 | 5)
        refused(errno.ENOTTY, feature, 8, 1 << 16 | 4)
        refused(errno.EINVAL, feature, 8, 3)


@test
def a_leaving_client_ends_the_server():
    with device(plain()) as (server, guest):
        guest.connection.close()
        same(server.wait(), 0)
        same(os.path.exists(server.socket), False)


@test
def with_keep_the_state_stays_and_maps_and_eventfds_go():
    with device_server.DeviceServer(plain(), keep=True) as server:
        with client.Client(server.socket) as guest:
            guest.write(0, 0, b'kept')
            guest.map(0x1000, 0x1000)
            guest.eventfds(0, 0, 1)
            same(len(server.maps()), 1)
        until(lambda: server.counters().get('disconnected') == 1, 'the server sees the client leave')
        same(server.maps(), [])
        same(server.irqs()['intx']['vectors'][0]['eventfd'], False)
        with client.Client(server.socket) as guest:
            same(guest.read(0, 0, 4), b'kept')


@test
def a_second_client_is_turned_away():
    with device(plain()) as (server, guest):
        with client.Client(server.socket, greet=False) as second:
            gone(second)
        guest.info()


@test
def the_log_has_every_message():
    with device(plain()) as (server, guest):
        guest.read(0, 4, 2)
        lines = [line for line in server.log() if line.get('cmd') == 'REGION_READ']
        same([(line['dir'], line['type'], line['size']) for line in lines],
             [('in', 'command', 32), ('out', 'reply', 34)])
        same(lines[1]['payload'], {'offset': 4, 'region': 0, 'count': 2, 'data': '0000'})
        same(server.counters()['in REGION_READ'], 1)
