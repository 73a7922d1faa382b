# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests on this machine's own KVM share: whether there is one, option ROMs, an
emulator that is talked to by QMP, what a guest printed."""

import fcntl
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(HERE, '..', '..', 'build')
OURS = os.path.join(BUILD, 'qemu-system-x86_64')
STOCK = '/usr/bin/qemu-system-x86_64'
SEABIOS = ['/usr/share/seabios/bios-256k.bin', '/usr/share/qemu/bios-256k.bin']

KVM_GET_API_VERSION = 0xae00
SKIPPED = 77


class Failure(Exception):
    """A test that failed; the text says why."""


def expect(truth, text):
    if not truth:
        raise Failure(text)


def missing():
    """Why no guest can run here; None: it can."""
    try:
        kvm = os.open('/dev/kvm', os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        return f'/dev/kvm: {error.strerror}'
    try:
        if fcntl.ioctl(kvm, KVM_GET_API_VERSION) != 12:
            return '/dev/kvm speaks another API version than 12'
    except OSError as error:
        return f'/dev/kvm: {error.strerror}'
    finally:
        os.close(kvm)
    if not any(os.path.exists(path) for path in SEABIOS):
        return 'SeaBIOS is not installed'
    return None


def check_machine(tap=False):
    """Skip where no guest can run, with the reason."""
    reason = missing()
    if reason:
        print(f'1..0 # SKIP {reason}' if tap else f'skipped: {reason}')
        sys.exit(0 if tap else SKIPPED)


def build_rom(name, folder):
    rom = os.path.join(folder, f'{name}.rom')
    subprocess.run([os.path.join(HERE, 'build-rom'), '--option-rom', os.path.join(HERE, f'{name}.S'), rom],
                   check=True)
    return rom


def lines_of(path):
    try:
        with open(path, encoding='latin-1') as file:
            return [line.rstrip('\r\n') for line in file]
    except OSError:
        return []


class Emulator:
    """An emulator with QMP at its standard input and output; words: its command line, without -qmp."""

    def __init__(self, words):
        self.process = subprocess.Popen([*words, '-qmp', 'stdio'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        self.process.stdout.readline()
        self.execute('qmp_capabilities')

    def execute(self, command, **arguments):
        self.process.stdin.write(json.dumps({'execute': command, 'arguments': arguments}) + '\n')
        self.process.stdin.flush()
        while True:
            line = self.process.stdout.readline()
            expect(line, 'the emulator has ended')
            answer = json.loads(line) if line.startswith('{') else {'event': line}     # the distribution's says more there
            if 'event' not in answer:
                expect('return' in answer, f'{command}: {answer}')
                return answer['return']

    def screendump(self, path):
        """(size, pixels) of the first console."""
        self.execute('screendump', filename=path)
        with open(path, 'rb') as file:
            _, size, _, pixels = file.read().split(b'\n', 3)
        return size.decode(), pixels

    def close(self):
        self.process.kill()
        self.process.wait()
