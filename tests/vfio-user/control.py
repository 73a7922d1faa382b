# SPDX-License-Identifier: GPL-2.0-or-later
"""The control channel: a line is a command, its answer is one line that begins with "ok" or "error"."""

import contextlib
import errno
import json
import os
import socket

import dma
import faults
import irqs
import planes
from checkers import DescriptionError
from wire import Refusal


class Usage(Exception):
    """A line that is no command."""


class Quit(Exception):
    """The server shall end, as if its work were done."""


def number(word):
    try:
        return int(word, 0)
    except ValueError:
        raise Usage(f'"{word}" is no number') from None


def hex_data(words):
    try:
        return bytes.fromhex(''.join(words))
    except ValueError:
        raise Usage('data is pairs of hexadecimal digits') from None


# ---- commands: (device, words) -> text of the answer ----

def cmd_irq(device, words):
    """irq msi N; irq intx: a pulse; irq intx on, irq intx off: the level of the line."""
    if words[0] not in irqs.NAMES:
        raise Usage(f'interrupts are {", ".join(irqs.NAMES)}')
    if words[0] == 'intx' and words[1:] and words[1] in ('on', 'off'):
        device.actions.line(words[1] == 'on')
        return ''
    if not device.raise_irq(words[0], number(words[1]) if words[1:] else 0):
        raise Usage('no such vector')
    return ''


def cmd_die(device, words):
    raise faults.Dies


def cmd_quit(device, words):
    raise Quit


def region_of(device, word):
    index = number(word)
    if not 0 <= index < len(device.regions):
        raise Usage(f'no region {index}')
    return device.regions[index]


def cmd_read(device, words):
    """Bytes behind a region, without the effects of a read."""
    region, offset, count = region_of(device, words[0]), number(words[1]), number(words[2])
    if offset + count > region.size:
        raise Usage(f'region {words[0]} has {region.size:#x} bytes')
    if region.memory is None:
        return region.read(offset, count).hex()
    data = bytearray(region.memory.read(offset, count))
    for register in region.registers:
        for place, byte in enumerate(register.value.to_bytes(register.width, 'little'), register.at - offset):
            if 0 <= place < count:
                data[place] = byte
    return data.hex()


def cmd_write(device, words):
    """A write as of the client, with its effects, but to what is read-only too."""
    region, offset, data = region_of(device, words[0]), number(words[1]), hex_data(words[2:])
    if offset + len(data) > region.size:
        raise Usage(f'region {words[0]} has {region.size:#x} bytes')
    if region.memory is None:
        device.config.put(offset, data)
    else:
        region.put(offset, data)
    device.run_later()
    return ''


def cmd_dma_read(device, words):
    return device.dma.read(number(words[0]), number(words[1])).hex()


def cmd_dma_write(device, words):
    device.dma.write(number(words[0]), hex_data(words[1:]))
    return ''


def cmd_fault(device, words):
    device.add_fault(words[0])
    return ''


def cmd_no_faults(device, words):
    device.faults.clear()
    return ''


def cmd_maps(device, words):
    return json.dumps(device.dma.describe())


def cmd_irqs(device, words):
    return json.dumps({irq.name: irq.describe() for irq in device.irqs})


def cmd_log(device, words):
    return json.dumps(device.counters)


def cmd_plane(device, words):
    """Keys of a [[plane]] that become others."""
    device.planes.change(words[0], planes.parse(words[1:]))
    return ''


def cmd_dmabuf(device, words):
    """Another file behind the id of a dma-buf, for those who ask from now on."""
    if words[1] not in planes.KINDS:
        raise Usage(f'a dma-buf is {", ".join(planes.KINDS)}')
    device.planes.set_buffer(number(words[0]), words[1], number(words[2]) if words[2:] else 0)
    return ''


def cmd_paint(device, words):
    device.planes.buffer(number(words[0])).write(number(words[1]), hex_data(words[2:]))
    return ''


def cmd_truncate(device, words):
    device.planes.buffer(number(words[0])).resize(number(words[1]))
    return ''


def cmd_planes(device, words):
    return json.dumps(device.planes.describe())


COMMANDS = {
    # word          words that follow, at least and at most
    'irq':         ((1, 2), cmd_irq),
    'die':         ((0, 0), cmd_die),
    'quit':        ((0, 0), cmd_quit),
    'read':        ((3, 3), cmd_read),          # read REGION OFFSET LEN
    'write':       ((3, 99), cmd_write),        # write REGION OFFSET HEX
    'dma-read':    ((2, 2), cmd_dma_read),      # dma-read IOVA LEN
    'dma-write':   ((2, 99), cmd_dma_write),    # dma-write IOVA HEX
    'fault':       ((1, 1), cmd_fault),
    'no-faults':   ((0, 0), cmd_no_faults),
    'maps':        ((0, 0), cmd_maps),
    'irqs':        ((0, 0), cmd_irqs),
    'log':         ((0, 0), cmd_log),
    'plane':       ((2, 99), cmd_plane),        # plane NAME KEY=VALUE...
    'planes':      ((0, 0), cmd_planes),
    'dmabuf':      ((2, 3), cmd_dmabuf),        # dmabuf ID memory|pipe|gone [SIZE]
    'paint':       ((3, 99), cmd_paint),        # paint ID OFFSET HEX
    'truncate':    ((2, 2), cmd_truncate),      # truncate ID SIZE
}


def obey(device, line):
    """The answer to a line. Dies, Quit and WireError are the caller's."""
    verb, *words = line.split() or ['']
    try:
        if verb not in COMMANDS:
            raise Usage(f'no such command; commands are {", ".join(COMMANDS)}')
        least, most = COMMANDS[verb][0]
        if not least <= len(words) <= most:
            raise Usage(f'"{verb}" takes {least} to {most} words')
        return f'ok {COMMANDS[verb][1](device, words)}'.rstrip()
    except (Usage, faults.FaultError, dma.DmaError, DescriptionError, Refusal, OverflowError, MemoryError) as error:
        return f'error {error}'


class Control:
    """A listening socket and its connections. obey(line) gives the answer."""

    def __init__(self, path, watch, obey):
        self.path, self.watch, self.obey = path, watch, obey
        self.listener = listen(path)
        watch(self.listener, self.accept)

    def accept(self):
        sock, _ = self.listener.accept()
        buffer = bytearray()
        self.watch(sock, lambda: self.talk(sock, buffer))

    def talk(self, sock, buffer):
        try:
            data = sock.recv(1 << 16)
            if not data:
                raise ConnectionResetError
            buffer += data
            while b'\n' in buffer:
                line, _, rest = bytes(buffer).partition(b'\n')
                buffer[:] = rest
                self.answer(sock, line.decode(errors='replace'))
        except (ConnectionResetError, BrokenPipeError):
            self.watch(sock, None)
            sock.close()

    def answer(self, sock, line):
        try:
            text = self.obey(line)
        except Quit:
            sock.sendall(b'ok\n')
            raise
        sock.sendall(text.encode() + b'\n')

    def close(self):
        self.listener.close()
        with contextlib.suppress(OSError):
            os.unlink(self.path)


def listen(path):
    """A listening UNIX socket at path. What an ended server left there is replaced; a living one is not."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.bind(path)
    except OSError:
        probe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        if probe.connect_ex(path) != errno.ECONNREFUSED:    # somebody listens, or it is no socket
            raise
        os.unlink(path)
        sock.bind(path)
    sock.listen(4)
    return sock
