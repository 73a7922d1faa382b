# SPDX-License-Identifier: GPL-2.0-or-later
"""A small vfio-user client, to check the server with. The framing is all it shares with the server."""

import json
import os
import socket
import struct

import wire

INFO, REGION_INFO, IRQ_INFO, IRQ_SET, ACCESS = '<IIII', '<IIIIQQ', '<IIII', '<IIIII', '<QII'
PLANE = '<IIIIQIIIIIIIII'
PLANE_FIELDS = ('argsz', 'flags', 'drm_plane_type', 'drm_format', 'drm_format_mod', 'width', 'height', 'stride', 'size',
                'x_pos', 'y_pos', 'x_hot', 'y_hot', 'where')


class Answered(Exception):
    """The server answered with an error; number is the errno."""

    def __init__(self, number):
        super().__init__(os.strerror(number))
        self.number = number


class Client:
    """Connected to path, which may be a connected socket. serve() answers the server in between."""

    def __init__(self, path, greet=True, capabilities=None):
        sock = path
        if isinstance(path, str):
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            sock.connect(path)
        self.connection = wire.Connection(sock)
        self.memory = {}                # {address: bytearray} that DMA_READ and DMA_WRITE reach
        self.requests = []              # what the server asked
        if greet:
            self.version = self.greet(capabilities)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    # ---- talking ----

    def send(self, command, payload=b'', fds=(), flags=0):
        """A command that is not waited for; its id."""
        self.connection.next_id = self.connection.next_id + 1 & 0xffff
        message = wire.Message(wire.COMMANDS.get(command, command), payload, fds, self.connection.next_id,
                               flags)
        self.connection.send(message)
        return message.id

    def receive(self):
        """The next reply; requests that come before it are served."""
        while True:
            message = self.connection.receive()
            if message is None:
                raise ConnectionError('the server has left')
            if message.is_reply:
                return message
            self.serve(message)

    def serve(self, message):
        self.requests.append(message)
        if message.name not in ('DMA_READ', 'DMA_WRITE'):
            self.connection.send(message.reply(error=22))
            return
        address, count = struct.unpack_from('<QQ', message.payload)
        base = next((base for base, data in self.memory.items() if base <= address < base + len(data)), None)
        if base is None:
            self.connection.send(message.reply(error=14))
        elif message.name == 'DMA_READ':
            data = bytes(self.memory[base][address - base:address - base + count])
            self.connection.send(message.reply(message.payload + data))
        else:
            self.memory[base][address - base:address - base + count] = message.payload[16:]
            self.connection.send(message.reply(message.payload[:16]))

    def call(self, command, payload=b'', fds=()):
        """The reply to a command; Answered when it is an error."""
        id = self.send(command, payload, fds)
        reply = self.receive()
        if (reply.id, reply.command) != (id, wire.COMMANDS.get(command, command)):
            raise wire.WireError(f'{command}: the reply has id {reply.id} and command {reply.command}')
        if reply.flags & wire.FLAG_ERROR:
            raise Answered(reply.error)
        return reply

    def greet(self, capabilities=None, major=0, minor=1):
        """(major, minor, capabilities) of the server."""
        text = b'' if capabilities is None else json.dumps({'capabilities': capabilities}).encode() + b'\0'
        payload = self.call('VERSION', struct.pack('<HH', major, minor) + text).payload
        assert payload.endswith(b'\0')
        return *struct.unpack_from('<HH', payload), json.loads(payload[4:-1])['capabilities']

    # ---- commands ----

    def info(self):
        """(flags, regions, irqs)"""
        return struct.unpack(INFO, self.call('DEVICE_GET_INFO', struct.pack(INFO, 16, 0, 0, 0)).payload)[1:]

    def region_info(self, index, argsz=4096):
        """A dict with argsz, flags, size, offset, caps: {id: bytes}, and fds."""
        reply = self.call('DEVICE_GET_REGION_INFO', struct.pack(REGION_INFO, argsz, 0, index, 0, 0, 0))
        argsz, flags, number, at, size, offset = struct.unpack_from(REGION_INFO, reply.payload)
        assert number == index
        caps, seen = {}, set()
        while at and at not in seen and at + 8 <= len(reply.payload):
            seen.add(at)
            id, version, follower = struct.unpack_from('<HHI', reply.payload, at)
            caps[id] = reply.payload[at + 8:follower if follower > at else None]
            at = follower
        return {'argsz': argsz, 'flags': flags, 'size': size, 'offset': offset, 'caps': caps,
                'fds': reply.fds, 'bytes': len(reply.payload)}

    def irq_info(self, index):
        """(flags, count)"""
        payload = self.call('DEVICE_GET_IRQ_INFO', struct.pack(IRQ_INFO, 16, 0, index, 0)).payload
        _, flags, number, count = struct.unpack(IRQ_INFO, payload)
        assert number == index
        return flags, count

    def set_irqs(self, index, flags, start, count, fds=(), data=b''):
        request = struct.pack(IRQ_SET, 20 + len(data), flags, index, start, count) + data
        self.call('DEVICE_SET_IRQS', request, fds)

    def eventfds(self, index, start, count):
        """New eventfds for the triggers of vectors."""
        fds = [os.eventfd(0, os.EFD_NONBLOCK) for _ in range(count)]
        self.set_irqs(index, 0x24, start, count, fds)
        return fds

    def read(self, region, offset, count):
        payload = self.call('REGION_READ', struct.pack(ACCESS, offset, region, count)).payload
        assert payload[:16] == struct.pack(ACCESS, offset, region, count) and len(payload) == 16 + count
        return payload[16:]

    def write(self, region, offset, data):
        payload = self.call('REGION_WRITE', struct.pack(ACCESS, offset, region, len(data)) + data).payload
        assert payload == struct.pack(ACCESS, offset, region, len(data))

    def get(self, region, offset, count=4):
        return int.from_bytes(self.read(region, offset, count), 'little')

    def put(self, region, offset, value, count=4):
        self.write(region, offset, value.to_bytes(count, 'little'))

    def map(self, address, size, fd=None, offset=0, flags=3):
        request = struct.pack('<IIQQQ', 32, flags, offset, address, size)
        self.call('DMA_MAP', request, [] if fd is None else [fd])

    def unmap(self, address, size, flags=0):
        request = struct.pack('<IIQQ', 24, flags, address, size)
        assert self.call('DMA_UNMAP', request).payload == request

    def plane(self, kind=1, flags=2, size=64):
        """What QUERY_GFX_PLANE answers: {field: value} of struct vfio_device_gfx_plane_info."""
        request = struct.pack('<III', size, flags, kind).ljust(size, b'\0')
        values = struct.unpack_from(PLANE, self.call('QUERY_GFX_PLANE', request).payload)
        return dict(zip(PLANE_FIELDS, values))

    def dmabuf(self, id):
        """The file GET_GFX_DMABUF gives."""
        reply = self.call('GET_GFX_DMABUF', struct.pack('<II', 8, id))
        assert reply.payload == struct.pack('<II', 8, id) and len(reply.fds) == 1
        return reply.fds[0]

    def reset(self):
        assert self.call('DEVICE_RESET').payload == b''


def count_of(fd):
    """What an eventfd has counted since it was read last."""
    try:
        return os.eventfd_read(fd)
    except BlockingIOError:
        return 0
