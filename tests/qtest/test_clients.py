# SPDX-License-Identifier: GPL-2.0-or-later
"""Clients that share no code with these tests: socat on the QMP socket, a qtest script of a few lines, and the ways
QEMU's own clients start the emulator."""

import json
import os
import select
import shlex
import shutil
import socket
import subprocess
import time

from case import PC, Skip, case, expect, expect_equal, target
from qtest import Process, listener, scratch_path, wait_until

SECONDS = 15
NEGOTIATE = b'{"execute": "qmp_capabilities"}\n{"execute": "query-status", "id": 1}\n'
QUIT = b'{"execute": "quit", "id": 2}\n'


def need(program):
    if not shutil.which(program):
        raise Skip(f'{program} is not installed')


def listening_emulator(option):
    """The emulator with a monitor that listens, started, and the path."""
    path = scratch_path('.sock')
    words = [target.path] + shlex.split(f'{PC} -display none {option.format(path)} {target.accel}')
    process = Process(words)
    wait_until(lambda: os.path.exists(path), 'the socket')
    return process, path


def socat(path, text, wanted):
    """What socat hears up to the words we want, after it said the text. It stays until then: who leaves is not answered."""
    heard, deadline = b'', time.monotonic() + SECONDS
    with subprocess.Popen(['socat', '-', f'UNIX-CONNECT:{path}'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          bufsize=0) as process:
        process.stdin.write(text)
        while wanted not in heard and select.select([process.stdout], [], [], deadline - time.monotonic())[0]:
            data = process.stdout.read(4096)
            if not data:
                break
            heard += data
        process.stdin.close()
    expect(wanted in heard, heard)
    return heard


@case(None, each={'-qmp': '-qmp unix:{},server=on,wait=off', '-qmp, old words': '-qmp unix:{},server,nowait',
                  '-mon': '-chardev socket,id=mon,path={},server=on,wait=off -mon chardev=mon,mode=control'})
def socat_speaks_qmp(option):
    need('socat')
    process, path = listening_emulator(option)
    heard = socat(path, NEGOTIATE + QUIT, b'"id": 2')
    messages = [json.loads(line) for line in heard.splitlines(True) if line.endswith(b'\n')]
    expect('QMP' in messages[0], messages)
    replies = {message['id']: message for message in messages if 'id' in message}
    expect(replies[1]['return']['status'] in ('running', 'prelaunch'), messages)
    process.expect_status(0)
    process.close()


@case(None)
def socat_comes_and_goes():
    need('socat')
    process, path = listening_emulator('-qmp unix:{},server=on,wait=off')
    for _ in range(3):
        socat(path, NEGOTIATE, b'"id": 1')
    process.terminate()
    process.close()


@case(None)
def human_monitor_on_a_socket():
    need('socat')
    process, path = listening_emulator('-monitor unix:{},server=on,wait=off')
    socat(path, b'info status\n', b'VM status: ')
    process.terminate()
    process.close()


@case(None)
def a_qtest_script_of_ten_lines():
    path = scratch_path('.sock')
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen()
    words = f'{target.path} -qtest unix:{path} -qtest-log none -display none -m 64 {target.accel}'
    emulator = subprocess.Popen(shlex.split(words), stderr=subprocess.DEVNULL)
    lines = server.accept()[0].makefile('rw')
    for request, wanted in (('endianness', 'OK little'), ('outl 0xcf8 0x80000000', 'OK'),
                            ('inl 0xcfc', 'OK 0x12378086')):
        print(request, file=lines, flush=True)
        expect_equal(lines.readline(), wanted + '\n')
    emulator.terminate()
    expect_equal(emulator.wait(SECONDS), 0)


@case(None)
def started_by_a_shell_as_libqtest_does():
    qtest, qtest_path = listener()
    monitor, monitor_path = listener()
    line = (f'exec {target.path} -qtest unix:{qtest_path} -qtest-log /dev/null '
            f'-chardev socket,path={monitor_path},id=char0 -mon chardev=char0,mode=control -display none '
            f'-machine pc {target.accel}')
    process = Process(['/bin/sh', '-c', line])
    with process.accept(qtest) as lines, process.accept(monitor) as qmp:
        lines, qmp = lines.makefile('rwb', buffering=0), qmp.makefile('rwb', buffering=0)
        lines.write(b'endianness\n')
        expect_equal(lines.readline(), b'OK little\n')
        expect(qmp.readline().startswith(b'{"QMP": {"version"'), 'the greeting')
        qmp.write(b'{"execute": "qmp_capabilities"}')
        expect_equal(qmp.readline(), b'{"return": {}}\r\n')
        process.terminate()
    process.close()


def is_heard(lines, guest):
    """A byte from COM1 or, where the machine has one by default, COM2; nobody hears it before the emulator accepted."""
    lines.sendall(b'outb 0x3f8 0x41\noutb 0x2f8 0x41\n')
    return select.select([guest], [], [], 0.1)[0] and guest.recv(1) == b'A'


@case(None)
def started_as_the_python_client_does():
    qtest, qtest_path = listener()
    monitor, monitor_path = listener()
    console = scratch_path('.sock')
    words = ['-qtest', f'unix:path={qtest_path}', '-chardev', f'socket,id=mon,path={monitor_path}',
             '-mon', 'chardev=mon,mode=control', '-display', 'none', '-vga', 'none',
             '-chardev', f'socket,id=console,path={console},server=on,wait=off',
             '-device', 'isa-serial,chardev=console',
             '-machine', 'pc']
    process = Process([target.path] + words + shlex.split(target.accel))
    guest = socket.socket(socket.AF_UNIX)
    with process.accept(qtest) as lines, process.accept(monitor) as qmp, guest:
        expect(qmp.recv(4096).startswith(b'{"QMP":'), 'the greeting')
        guest.connect(console)
        wait_until(lambda: is_heard(lines, guest), 'what the guest says')
        process.terminate()
    process.close()
