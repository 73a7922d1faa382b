# SPDX-License-Identifier: GPL-2.0-or-later
"""screendump in QMP and HMP: both formats, any console, files of every kind, and what is said when it cannot be."""

import array
import os
import socket

import pictures
import qtest
from case import PC, case, expect, expect_equal, expect_refused, start
from pictures import expect_picture, screendump
from pixels import Picture, encode
from vga import BPP, ENABLE, ENABLED, LFB, XRES, YRES, Vga

TWO = f'{PC} -device bochs-display,addr=2,id=first -device bochs-display,addr=3,id=second'
FIRST, SECOND = Picture(64, 72, 1), Picture(136, 64, 2)


def show(m, slot, picture):
    vga = Vga(m, slot)
    for index, value in ((XRES, picture.width), (YRES, picture.height), (BPP, 32), (ENABLE, ENABLED | LFB)):
        m.writew(vga.registers + 0x500 + 2 * index, value)
    m.b64write(vga.memory, encode(picture))


def both(m):
    show(m, 2, FIRST)
    show(m, 3, SECOND)


def read(path):
    with open(path, 'rb') as file:
        data = file.read()
    os.unlink(path)
    return pictures.read_png(data) if data.startswith(b'\x89PNG') else pictures.read_ppm(data)


@case(TWO)
def any_console_by_qmp(m):
    both(m)
    expect_picture(screendump(m), FIRST)
    for kind in ('ppm', 'png'):
        expect_picture(screendump(m, 'first', kind), FIRST)
        expect_picture(screendump(m, 'second', kind), SECOND)
    path = qtest.scratch_path('.ppm')
    m.qmp('screendump', filename=path, device='second', head=0)
    expect_picture(read(path), SECOND)


@case(TWO)
def any_console_by_hmp(m):
    both(m)
    for words, picture in (('', FIRST), (' second', SECOND), (' first 0', FIRST)):
        path = qtest.scratch_path('.ppm')
        expect_equal(m.hmp(f'screendump {path}{words}'), '')
        expect_picture(read(path), picture, what=words)
        expect_equal(m.hmp(f'screendump {path} -f png{words}'), '')
        expect_picture(read(path), picture, what=f'PNG{words}')


@case(TWO)
def a_file_that_is_there_is_replaced(m):
    both(m)
    path = qtest.scratch_file(b'x' * (1 << 20))
    m.qmp('screendump', filename=path)
    expect_equal(os.path.getsize(path), len('P6\n64 72\n255\n') + 64 * 72 * 3)
    expect_picture(read(path), FIRST)


@case(args=None)
def a_file_that_management_opened():
    """As libvirt does it: a descriptor over the monitor's socket, and a name of a set of them."""
    with start(TWO) as m:
        show(m, 2, FIRST)
        path = qtest.scratch_path('.ppm')
        fd = os.open(path, os.O_WRONLY | os.O_CREAT)
        m.monitor.lines.socket.sendmsg([b'{"execute": "add-fd", "arguments": {"fdset-id": 7}}\n'],
                                       [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [fd]))])
        expect_equal(m.monitor.response()['return']['fdset-id'], 7)
        os.close(fd)
        m.qmp('screendump', filename='/dev/fdset/7')
        m.qmp('remove-fd', {'fdset-id': 7})
        expect_picture(read(path), FIRST)


WRONG = {
    'no such device': ({'device': 'third'}, 'third'), 'a head it has not': ({'device': 'second', 'head': 1}, 'head 1'),
    'a head without a device': ({'head': 0}, "'head'"), 'another format': ({'format': 'jpeg'}, 'jpeg'),
    'no such folder': ({'filename': '/nonexistent/x'}, '/nonexistent/x'), 'a folder': ({'filename': '/tmp'}, '/tmp'),
    'a full disk': ({'filename': '/dev/full'}, '/dev/full'), 'no such set of files': ({'filename': '/dev/fdset/9'}, 'fdset'),
}


@case(TWO, each=WRONG, ours='stock has other words for some, and does not notice a full disk')
def what_is_wrong_is_said(m, row):
    arguments, text = row
    path = qtest.scratch_path('.ppm')
    error = expect_refused(m.qmp, 'screendump', {'filename': path, **arguments})
    expect(text in error['desc'], error)
    expect(not os.path.exists(path), 'a file is left')
    expect_equal(m.status(), 'running')


@case(TWO)
def a_stopped_machine_has_a_picture(m):
    both(m)
    if m.status() == 'running':
        m.qmp('stop')
    expect_picture(screendump(m), FIRST)
