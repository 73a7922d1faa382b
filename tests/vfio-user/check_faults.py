# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests of the faults: each is seen by a client as it was asked for, and at the message it was asked for."""

import errno
import os
import struct

import client
import device_server
import faults
import wire
from check import bar, device, gone, memory, plain, refused, same, test

READ = struct.pack('<QII', 0, 0, 4)     # REGION_READ of 4 bytes of BAR 0


def reply_to_read(guest):
    """A raw reply: (header's fields, bytes behind the header). The header is not believed."""
    guest.send('REGION_READ', READ)
    header = wire.HEADER.unpack(guest.connection.sock.recv(wire.HEADER.size, 0x100))
    guest.connection.sock.settimeout(0.1)
    try:
        rest = guest.connection.sock.recv(1 << 16)
    except TimeoutError:
        rest = b''
    return header, rest


@test
def an_errno_comes_at_the_nth_message():
    with device(plain(), ['when=command:REGION_READ,nth=3,do=errno:EBUSY']) as (_, guest):
        for number in range(1, 6):
            guest.info()
            if number == 3:
                refused(errno.EBUSY, guest.read, 0, 0, 4)
            else:
                guest.read(0, 0, 4)


@test
def every_command_can_fail_with_any_errno():
    calls = {'DEVICE_GET_INFO': lambda g: g.info(), 'DEVICE_GET_REGION_INFO': lambda g: g.region_info(0),
             'DEVICE_GET_IRQ_INFO': lambda g: g.irq_info(0),
             'DEVICE_SET_IRQS': lambda g: g.set_irqs(0, 33, 0, 0),
             'REGION_READ': lambda g: g.read(0, 0, 4), 'REGION_WRITE': lambda g: g.write(0, 0, b'1234'),
             'DMA_MAP': lambda g: g.map(0, 4096), 'DMA_UNMAP': lambda g: g.unmap(0, 4096),
             'DEVICE_RESET': lambda g: g.reset()}
    with device(plain()) as (server, guest):
        for number, (name, call) in enumerate(calls.items(), 1):
            server.fault(f'when=command:{name},nth=1,do=errno:{number}')
            refused(number, call, guest)
        guest.info()


@test
def the_version_can_fail():
    with device_server.DeviceServer(plain(), ['nth=1,do=errno:13']) as server:
        with client.Client(server.socket, greet=False) as guest:
            refused(errno.EACCES, guest.greet)


@test
def onwards_and_always_are_not_once():
    with device(plain(), ['when=command:REGION_READ,nth=2+,do=errno:5']) as (server, guest):
        guest.read(0, 0, 4)
        for _ in range(3):
            refused(errno.EIO, guest.read, 0, 0, 4)
        server.control('no-faults')
        guest.read(0, 0, 4)
        server.fault('when=any,do=errno:1')
        refused(errno.EPERM, guest.info)
        refused(errno.EPERM, guest.info)


@test
def faults_choose_a_region_or_an_interrupt():
    with device(plain(fault=[{'when': 'region:7', 'do': 'errno:5'},
                             {'when': 'index:2', 'do': 'errno:6'}])) as (_, guest):
        guest.read(0, 0, 4)
        refused(errno.EIO, guest.read, 7, 0, 4)
        refused(errno.EIO, guest.region_info, 7)
        refused(errno.ENXIO, guest.irq_info, 2)
        guest.irq_info(1)


@test
def a_short_reply_is_consistent():
    with device(plain(), ['when=command:REGION_READ,do=short:2']) as (_, guest):
        header, rest = reply_to_read(guest)
        same((header[2], rest), (34, READ + b'\0\0'))


@test
def an_oversized_reply_is_consistent():
    with device(plain(), ['when=command:REGION_READ,do=oversized:100000']) as (_, guest):
        guest.send('REGION_READ', READ)
        same(len(guest.receive().payload), 20 + 100000)


@test
def extra_bytes_follow_a_good_reply():
    with device(plain(), ['when=command:REGION_READ,do=extra:7']) as (_, guest):
        header, rest = reply_to_read(guest)
        same((header[2], rest), (36, READ + b'\0\0\0\0' + b'\xa5' * 7))


@test
def fields_of_the_header_lie():
    for place, name, value in ((0, 'id', 0x1234), (1, 'command', 99), (2, 'size', 7), (2, 'size', 0xffffffff),
                               (3, 'flags', 0), (3, 'flags', 0xf)):
        with device(plain(), [f'when=command:REGION_READ,do={name}:{value:#x}']) as (_, guest):
            header, _ = reply_to_read(guest)
            same(header[place], value, name)


@test
def garbage_is_no_header():
    with device(plain(), ['when=command:REGION_READ,do=garbage']) as (_, guest):
        header, rest = reply_to_read(guest)
        same((header[2], rest), (0xffffffff, b'\xff' * 48))


@test
def bytes_of_a_reply_are_patched():
    with device(plain(), ['when=command:DEVICE_GET_INFO,do=patch:8:ffffffff']) as (_, guest):
        same(guest.info(), (3, 0xffffffff, 5))


@test
def a_reply_is_late_missing_or_doubled():
    with device(plain(), ['when=command:REGION_READ,nth=1,do=slow:80',
                          'when=command:REGION_READ,nth=2,do=noreply',
                          'when=command:REGION_READ,nth=3,do=twice']) as (server, guest):
        guest.read(0, 0, 4)
        line = {line['dir']: line['t'] for line in server.log()
                if line.get('cmd') == 'REGION_READ' and 'dir' in line}
        same(line['out'] - line['in'] >= 0.08, True)
        guest.send('REGION_READ', READ)
        guest.info()                    # the reply to this comes, so the other one never does
        id = guest.send('REGION_READ', READ)
        same([guest.receive().id, guest.receive().id], [id, id])


@test
def descriptors_are_missing_or_too_many():
    with device(bar(mmap=True)) as (server, guest):
        server.fault('when=region:0,nth=1,do=nofd')
        server.fault('when=region:0,nth=2,do=fds:3')
        server.fault('when=command:DEVICE_GET_INFO,do=fds:200')
        same([len(guest.region_info(0)['fds']) for _ in range(3)], [0, 4, 1])
        same(len(guest.call('DEVICE_GET_INFO', struct.pack('<IIII', 16, 0, 0, 0)).fds), 200)
    with device(bar(mmap=True, fds=5)) as (_, guest):
        same(len(guest.region_info(0)['fds']), 5)


@test
def the_server_dies_before_amid_and_after_a_reply():
    for how, wanted in (('before', 0), ('middle', 18), ('after', 36)):
        with device(plain(), [f'when=command:REGION_READ,nth=2,do=die:{how}']) as (server, guest):
            guest.read(0, 0, 4)
            guest.send('REGION_READ', READ)
            same(server.wait(), device_server.DIED, how)
            got = b''
            while part := guest.connection.sock.recv(4096):
                got += part
            same(len(got), wanted, how)


@test
def the_control_channel_ends_the_server():
    for end, status in ((device_server.DeviceServer.die, device_server.DIED),
                        (device_server.DeviceServer.quit, 0)):
        with device(plain()) as (server, guest):
            end(server)
            same(server.wait(), status)
            gone(guest)


@test
def memory_behind_a_mapped_bar_is_cut_off():
    with device(bar(mmap=True), ['when=command:DEVICE_RESET,do=truncate:0']) as (_, guest):
        fd, = guest.region_info(0)['fds']
        same(os.fstat(fd).st_size, 4096)
        guest.reset()
        same(os.fstat(fd).st_size, 0)
        same(guest.read(0, 0, 4), b'\xff' * 4)
        guest.write(0, 0, b'lost')
        same(os.fstat(fd).st_size, 0)


@test
def a_fault_for_a_region_that_is_not_there_does_nothing():
    with device(plain(), ['when=any,do=truncate:99', 'when=any,do=irq:msix:500']) as (_, guest):
        guest.info()


@test
def regions_claim_absurd_sizes():
    for size in (0, 1 << 63, 3000, (1 << 64) - 1):
        with device(bar(claims={'size': size})) as (_, guest):
            same(guest.region_info(0)['size'], size)
    with device(plain(config={'claims': {'size': 17}})) as (_, guest):
        same(guest.region_info(7)['size'], 17)
    with device(bar(claims={'flags': 0, 'argsz': 0, 'cap_offset': 0x7fffffff})) as (_, guest):
        info = guest.call('DEVICE_GET_REGION_INFO', struct.pack('<IIIIQQ', 4096, 0, 0, 0, 0, 0)).payload
        same(struct.unpack_from('<IIII', info), (0, 0, 0, 0x7fffffff))


@test
def chains_of_capabilities_lead_anywhere():
    def chain_of(**changes):
        with device(bar(**changes)) as (_, guest):
            return guest.call('DEVICE_GET_REGION_INFO',
                              struct.pack('<IIIIQQ', 4096, 0, 0, 0, 0, 0)).payload[32:]
    def header(data, at):
        return struct.unpack_from('<HHI', data, at)
    same(header(chain_of(chain=[{'id': 3, 'next': 32}]), 0), (3, 1, 32))
    loop = chain_of(chain=[{'id': 99, 'hex': '0102'}, {'id': 98, 'version': 7, 'next': 32}])
    same([header(loop, 0), header(loop, 16)], [(99, 1, 48), (98, 7, 32)])
    same(header(chain_of(chain=[{'id': 1, 'hex': 'ffffffff', 'next': 0xfffffff0}]), 0), (1, 1, 0xfffffff0))
    areas = chain_of(mmap=True, sparse=[[0, 4096], [0, 8192], [1, 2]])
    same(struct.unpack_from('<IIQQQQQQ', areas, 8), (3, 0, 0, 4096, 0, 8192, 1, 2))


@test
def the_server_asks_for_what_it_may_not():
    specs = ['when=command:DEVICE_GET_INFO,nth=1,do=dma:0x123456789000:64',
             'when=command:DEVICE_GET_INFO,nth=2,do=request:REGION_READ:00',
             'when=command:DEVICE_GET_INFO,nth=3,do=request:4242']
    with device(plain(), specs) as (server, guest):
        for name in ('DMA_READ', 'REGION_READ', '4242'):
            guest.info()
            same(guest.requests.pop().name, name)
        guest.info()
        answers = [line for line in server.log() if line.get('event') == 'answer']
        same([(line['cmd'], line['errno']) for line in answers],
             [('DMA_READ', 14), ('REGION_READ', 22), ('4242', 22)])


@test
def interrupts_come_at_odd_times():
    with device('msi.toml', ['when=command:DEVICE_RESET,do=irq:msi:2',
                             'when=command:DEVICE_SET_IRQS,do=irq:msi:0']) \
            as (_, guest):
        fds = guest.eventfds(1, 0, 4)
        guest.reset()
        same([client.count_of(fd) for fd in fds], [1, 0, 1, 0])


@test
def registers_start_faults():
    rows = [{'at': 0, 'on_write': ['fault when=command:REGION_READ,nth=1,do=errno:7']},
            {'at': 4, 'on_write': ['die']},
            {'at': 8, 'on_write': ['delay 20']}]
    with device(bar(register=rows)) as (server, guest):
        guest.put(0, 8, 1)
        guest.put(0, 0, 1)
        refused(errno.E2BIG, guest.read, 0, 0, 4)
        guest.put(0, 4, 1)
        same(server.wait(), device_server.DIED)


@test
def an_error_reply_gives_its_descriptors_back():
    with device(bar(mmap=True), ['when=region:0,do=errno:5']) as (server, guest):
        before = len(os.listdir(f'/proc/{server.process.pid}/fd'))
        for _ in range(10):
            refused(errno.EIO, guest.region_info, 0)
        with memory(4096) as fd:
            refused(errno.EINVAL, guest.map, 0, 8192, fd)
            refused(errno.EINVAL, guest.call, 'DEVICE_GET_INFO', b'', [fd] * 3)
        same(len(os.listdir(f'/proc/{server.process.pid}/fd')), before)


@test
def faults_that_say_nothing_known_are_refused():
    for spec in ('', 'do=', 'do=explode', 'when=never,do=noreply', 'when=any:1,do=noreply',
                 'when=command,do=noreply', 'when=command:NOPE,do=noreply', 'nth=0,do=noreply',
                 'nth=x,do=noreply', 'do=errno', 'do=errno:EWHAT', 'do=slow:x',
                 'do=patch:1', 'do=patch:0:xyz', 'do=die:soon', 'do=irq:nmi', 'do=size:-1',
                 'why=so,do=noreply'):
        try:
            faults.Fault(spec)
        except faults.FaultError:
            continue
        raise AssertionError(f'"{spec}" was accepted')


@test
def the_control_channel_explains_itself():
    with device(plain()) as (server, guest):
        for line, words in (('', 'commands are irq'), ('explode', 'commands are irq'),
                            ('irq', 'takes 1 to 2 words'), ('irq nmi', 'intx'),
                            ('irq msi 0', 'no such vector'),
                            ('read 99 0 1', 'no region 99'), ('read 0 0 4097', '0x1000 bytes'),
                            ('write 0 0 zz', 'hexadecimal'), ('fault x', 'part'),
                            ('read x 0 1', 'no number'), ('dma-write 0 00', 'no map')):
            try:
                server.control(line)
            except device_server.ControlError as error:
                same(words in str(error), True, f'"{words}" in {error}')
            else:
                raise AssertionError(f'"{line}" was done')
        server.write(0, 16, b'abcd')
        same((guest.read(0, 16, 4), server.read(0, 16, 4)), (b'abcd', b'abcd'))
        server.write(7, 0, b'\x86\x80')
        same(guest.get(7, 0, 2), 0x8086)
