# SPDX-License-Identifier: GPL-2.0-or-later
"""The qtest protocol: every request, every form of reply, to the byte."""

import base64
import os
import re
import shlex
import socket
import subprocess

from case import (PC, Failure, Skip, case, expect, expect_equal, expect_refused, run_emulator, start, target)
import qtest
from qtest import Lines, Process, listener, scratch_path

HERE = os.path.dirname(os.path.abspath(__file__))
RAM = 0x100000
PIT_RESET_DEADLINE = 27462700       # counter 0 runs from reset: half of 65536 counts of 1.193182 MHz, in ns

# Words that are no request, and what is wrong with them. QEMU 7.2 aborts on most.
MALFORMED = {
    'empty line': '', 'a space': ' ', 'port missing': 'inb', 'value missing': 'outb 0x80',
    'port is no number': 'inb zz',
    'port is half a number': 'inb 0x70g', 'port too large': 'inb 0x10000',
    'port too large to write': 'outb 0x10000 1',
    'port negative': 'inb -1', 'value is no number': 'outl 0x80 x', 'address missing': 'readq',
    'address is no number': 'readb 0xzz', 'address of 65 bits': 'readb 0x10000000000000000',
    'value of memory missing': 'writel 0',
    'read of nothing': 'read 0x1000 0', 'read without length': 'read 0x1000', 'read without both': 'read',
    'write without data': 'write 0x1000 4', 'write: data is no hex': 'write 0x1000 4 0xzzzzzzzz',
    'write: data without 0x': 'write 0x1000 4 01020304', 'memset without byte': 'memset 0x1000 4',
    'memset: no number': 'memset 0x1000 4 q', 'b64read of nothing': 'b64read 0x1000 0',
    'b64read without length': 'b64read 0x1000',
    'b64write without data': 'b64write 0x1000 4', 'step is no number': 'clock_step abc',
    'step backwards': 'clock_step -1',
    'set without time': 'clock_set', 'set is no number': 'clock_set soon',
    'intercept without path': 'irq_intercept_in',
    'intercept out without path': 'irq_intercept_out', 'set_irq_in alone': 'set_irq_in',
    'set_irq_in without number': 'set_irq_in ioapic',
    'set_irq_in without level': 'set_irq_in ioapic unnamed-gpio-in 1',
    'set_irq_in: no such pin': 'set_irq_in ioapic unnamed-gpio-in 24 1',
    'set_irq_in: negative pin': 'set_irq_in ioapic unnamed-gpio-in -1 1',
    'set_irq_in: no such name': 'set_irq_in ioapic nope 1 1',
    'module_load without name': 'module_load x', 'a zero byte': 'inb\0 0x70', 'two spaces': 'inb  0x70',
    'bytes that are no text': 'inb \xff\xfe',
    'memory absurdly large': 'read 0 0x7fffffffffffffff',
    'memset absurdly large': 'memset 0 0xffffffffffffffff 0',
}


def transcript():
    """(request, replies) of a conversation with QEMU 7.2."""
    with open(os.path.join(HERE, 'transcript.txt'), encoding='ascii') as file:
        blocks = re.split(r'^> ', file.read(), flags=re.MULTILINE)[1:]
    for block in blocks:
        request, *replies = block.rstrip('\n').split('\n')
        yield request, [reply.removeprefix('< ') for reply in replies]


@case('-machine pc -m 64 -bios bios-256k.bin')
def transcript_of_qemu_to_the_byte(m):
    for request, replies in transcript():
        m.lines.send(request.encode() + b'\n')
        got = [m.lines.receive() for _ in replies]
        if got[-1].startswith("FAIL Unknown command 'clock_"):
            raise Skip('time stands still here: compared up to the clock')
        if request == 'readq 0xfffffff0':       # the build date of the firmware is in there
            expect(re.fullmatch(r'OK 0x[0-9a-f]{6}f000e05bea', got[0]), got)
        else:
            expect_equal(got, replies, request)
    expect(m.lines.is_silent(), 'another line')


@case(ours='QEMU 7.2 aborts', each=MALFORMED)
def malformed_requests_fail_and_the_next_works(m, text):
    m.lines.send(text.encode('latin-1') + b'\n')
    reply = m.lines.receive()
    expect(reply.startswith(('FAIL', 'ERR')), reply)
    expect_equal(m.ask('inl 0x1234'), 'OK 0xffffffff')
    expect(m.lines.is_silent(0.02), 'more than one reply')


@case(ours='QEMU 7.2 keeps collecting')
def endless_line_ends_in_fail(m):
    for _ in range(64):
        m.lines.send(b'x' * (1 << 20))
    m.lines.send(b'\n')
    expect(m.lines.receive().startswith('FAIL'), 'an unknown word of 64 MiB')
    expect_equal(m.ask('endianness'), 'OK little')


@case()
def unknown_requests_are_named(m):
    for word in ('frobnicate', 'INB', 'In', 'readx', 'clockstep', 'OK'):
        expect_equal(m.ask(word + ' 1 2'), f"FAIL Unknown command '{word}'")


@case()
def words_too_many_are_ignored(m):
    expect_equal(m.ask('inb 0x70 extra words'), 'OK 0x00ff')
    expect_equal(m.ask('endianness really'), 'OK little')


@case()
def numbers_are_decimal_hexadecimal_or_octal(m):
    m.writeb(1048576, 0x5a)
    for address in ('1048576', '0x100000', '0X100000', '04000000'):
        expect_equal(m.ask(f'readb {address}'), 'OK 0x000000000000005a')


@case()
def values_are_cut_to_the_size(m):
    m.writeq(RAM, 0)
    m.writeb(RAM, 0x1234)
    m.writew(RAM + 2, 0x123456)
    expect_equal(m.readq(RAM), 0x34560034)
    m.outl(0xcf8, 0x80000000)
    expect_equal(m.inl(0xcf8), 0x80000000)


@case()
def replies_of_ports_have_four_digits_and_of_memory_sixteen(m):
    expect_equal(m.ask('inb 0x1234'), 'OK 0x00ff')
    expect_equal(m.ask('inw 0x1234'), 'OK 0xffff')
    expect_equal(m.ask('inl 0x1234'), 'OK 0xffffffff')
    for size in 'bwlq':
        expect_equal(m.ask(f'read{size} {RAM:#x}'), 'OK 0x0000000000000000')


@case()
def every_size_of_memory_is_little_endian(m):
    m.writeq(RAM, 0x8877665544332211)
    expect_equal(m.readl(RAM), 0x44332211)
    expect_equal(m.readl(RAM + 1), 0x55443322, 'not aligned')
    expect_equal(m.readw(RAM + 3), 0x5544, 'not aligned')
    expect_equal(m.read(RAM, 8), bytes(range(0x11, 0x99, 0x11)))


@case()
def blocks_by_hexadecimal_base64_and_memset(m):
    data = os.urandom(70000)
    m.write(RAM, data)
    expect_equal(m.b64read(RAM, len(data)) == data, True)
    m.b64write(2 * RAM + 1, data)
    expect_equal(m.read(2 * RAM + 1, len(data)) == data, True)
    m.memset(RAM, 65536, 0xa5)
    expect_equal(m.read(RAM, 70000) == b'\xa5' * 65536 + data[65536:], True)
    expect_equal(m.ask(f'b64read {RAM:#x} 3'), 'OK ' + base64.b64encode(b'\xa5' * 3).decode())


@case()
def write_fills_with_zeroes_and_drops_half_bytes(m):
    m.memset(RAM, 16, 0xff)
    expect_equal(m.ask(f'write {RAM:#x} 6 0xAABB'), 'OK')
    expect_equal(m.ask(f'write {RAM + 8:#x} 3 0xabc'), 'OK')
    expect_equal(m.read(RAM, 12).hex(), 'aabb00000000ffff' 'ab0000ff')
    expect_equal(m.ask(f'write {RAM:#x} 1 0x112233'), 'OK')
    expect_equal(m.read(RAM, 3).hex(), '11bb00', 'data longer than the length')


@case()
def base64_of_another_length(m):
    m.memset(RAM, 8, 0xff)
    expect_equal(m.ask(f'b64write {RAM:#x} 2 AQIDBA=='), 'OK')
    expect_equal(m.read(RAM, 4).hex(), '0102ffff')


@case()
def a_request_may_arrive_in_pieces(m):
    for piece in (b'in', b'l 0x12', b'34\ninl ', b'0x1234', b'\n'):
        m.lines.socket.sendall(piece)
    expect_equal([m.lines.receive(), m.lines.receive()], ['OK 0xffffffff'] * 2)


@case()
def many_requests_at_once_are_answered_in_order(m):
    count = 2000
    m.lines.socket.sendall(b''.join(b'writel 0x%x 0x%x\nreadl 0x%x\n' % (RAM, n, RAM) for n in range(count)))
    for n in range(count):
        expect_equal(m.lines.receive(), 'OK')
        expect_equal(m.lines.receive(), f'OK {n:#018x}')


@case()
def port_zero_is_a_barrier(m):
    for _ in range(3):
        expect_equal(m.inb(0), m.inb(0))


# ---- the clock ----

@case()
def clock_starts_at_zero_and_moves_by_request(m):
    expect_equal(m.clock_step(1), 1)
    expect_equal(m.clock_step(999), 1000)
    expect_equal(m.clock_set(5000), 5000)
    expect_equal(m.clock_set(4000), 5000, 'back')
    expect_equal(m.clock_step(0), 5000)


@case()
def clock_steps_to_the_next_deadline(m):
    expect_equal(m.clock_step(), PIT_RESET_DEADLINE)


@case()
def one_step_runs_every_deadline_on_the_way(m):
    m.intercept_in()
    m.outb(0x43, 0x34)
    m.outb(0x40, 0xa9)
    m.outb(0x40, 0x04)                          # 1193 counts: 999.8 us
    start_ns = m.clock_step(0)
    expect_equal(m.clock_step(100_000_000), start_ns + 100_000_000)
    raised = m.irq_events(0).count('raise')
    expect(99 <= raised <= 101, f'{raised} ticks of 1 ms in 100 ms')


@case()
def interrupt_lines_come_before_ok(m):
    m.intercept_in()
    m.lines.send(b'set_irq_in ioapic unnamed-gpio-in 9 1\n')
    expect_equal([m.lines.receive(), m.lines.receive()], ['IRQ raise 9', 'OK'])


@case()
def clock_requests_exist_with_the_qtest_accelerator_only(m):
    if 'qtest' in target.accel:
        raise Skip('this is the qtest accelerator; see accel_fallback for another')
    expect_equal(m.ask('clock_step'), "FAIL Unknown command 'clock_step'")


# ---- interrupts ----

@case()
def intercepting_no_device_or_a_second_one_fails(m):
    expect_equal(m.ask('irq_intercept_in nosuch'), 'FAIL Unknown device')
    expect_equal(m.ask('irq_intercept_out nosuch'), 'FAIL Unknown device')
    m.intercept_in()
    expect_equal(m.ask('irq_intercept_in ioapic'), 'OK')
    expect_equal(m.ask('irq_intercept_in /machine/unattached/device[0]'), 'FAIL IRQ intercept already enabled')


@case()
def only_changes_of_level_are_reported(m):
    m.intercept_in()
    for level in (1, 1, 0, 0, 1, 1, 0):
        m.set_irq_in('ioapic', 7, level)
    expect_equal(m.irq_events(), [('raise', 7), ('lower', 7), ('raise', 7), ('lower', 7)])


@case()
def set_irq_in_needs_a_device(m):
    expect_equal(m.ask('set_irq_in nosuch unnamed-gpio-in 0 1'), 'FAIL Unknown device')


@case()
def modules_that_do_not_exist_do_not_load(m):
    expect_equal(m.ask('module_load hw- nosuch'), 'FAIL')


# ---- where it listens and what it logs ----

def converse(connection):
    lines = Lines(connection, [], 'qtest')
    lines.send(b'endianness\n')
    expect_equal(lines.receive(), 'OK little')
    lines.send(b'inl 0x1234\n')
    expect_equal(lines.receive(), 'OK 0xffffffff')


WAYS = {
    'unix:PATH': '-qtest unix:{}',
    'unix:path=PATH': '-qtest unix:path={}',
    'object': '-chardev socket,id=q,path={} -object qtest,id=t,chardev=q',
    'object as JSON': '-chardev socket,id=q,path={} -object \'{{"qom-type":"qtest","id":"t","chardev":"q"}}\'',
}


def spawn(text):
    words = f'{PC} -display none {text} {target.accel}'
    return Process([target.path] + shlex.split(words))


@case(None, each=WAYS)
def ways_to_give_the_socket(way):
    server, path = listener()
    process = spawn(way.format(path))
    with process.accept(server) as connection:
        converse(connection)
        process.terminate()
    process.close()


@case(None, ours='QEMU 7.2 aborts: Cannot find character device "qtest"')
def a_chardev_by_its_id():
    ways_to_give_the_socket('-chardev socket,id=q,path={} -qtest chardev:q')


@case(None)
def the_emulator_may_listen():
    path = scratch_path('.sock')
    process = spawn(f'-qtest unix:{path},server=on')
    qtest.wait_until(lambda: os.path.exists(path), 'the socket')
    with socket.socket(socket.AF_UNIX) as client:
        qtest.wait_until(lambda: client.connect_ex(path) == 0, 'a connection')
        converse(client)
    process.terminate()
    process.close()


def logged(option):
    """The lines of the log of a short conversation."""
    path = scratch_path('.log')
    server, socket_path = listener()
    process = spawn(f'-qtest unix:{socket_path} ' + option.replace('LOG', path))
    with process.accept(server) as connection:
        converse(connection)
        process.terminate()
    text = process.text()
    process.close()
    if os.path.exists(path):
        with open(path, encoding='ascii') as file:
            text = file.read()
    return [line for line in text.splitlines() if line.startswith('[')]


LOG = [r'\[I 0\.00000\d\] OPENED', r'\[R \+\d+\.\d{6}\] endianness', r'\[S \+\d+\.\d{6}\] OK little',
       r'\[R \+\d+\.\d{6}\] inl 0x1234', r'\[S \+\d+\.\d{6}\] OK 0xffffffff']


@case(None, each={'a file': '-qtest-log LOG', 'standard error': ''})
def the_log_has_the_conversation_with_times(option):
    lines = logged(option)
    expect(len(lines) in (len(LOG), len(LOG) + 1) and all(map(re.fullmatch, LOG, lines)), lines)


@case(None)
def no_log():
    expect_equal(logged('-qtest-log none'), [])


@case(None)
def standard_input_and_output():
    words = [target.path] + f'{PC} -display none -qtest stdio -qtest-log none {target.accel}'.split()
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as process:
        process.stdin.write(b'endianness\nreadb 0x1000\n')
        process.stdin.flush()
        expect_equal([process.stdout.readline() for _ in range(2)], [b'OK little\n', b'OK 0x0000000000000000\n'])
        process.terminate()
        expect_equal(process.wait(), 0)


@case(None)
def the_client_may_leave_and_the_machine_lives():
    with start() as m:
        m.lines.socket.close()
        expect(m.qmp('query-status')['status'] in ('running', 'prelaunch'), 'the machine went away')
