# SPDX-License-Identifier: GPL-2.0-or-later
"""Messages on the socket: header, payload, file descriptors (vfio-user specification, "Header")."""

import errno
import os
import socket
import struct

HEADER = struct.Struct('<HHIII')        # message id, command, size with header, flags, error
TYPE_MASK = 0xf
TYPE_REPLY = 1
FLAG_NO_REPLY = 1 << 4
FLAG_ERROR = 1 << 5

DATA_XFER_SIZE = 1 << 20                # default of max_data_xfer_size
MOST_BYTES = 64 << 20                   # no sane message is longer
REPLY_SECONDS = 10                      # how long a reply of the peer is waited for
MOST_FDS = 253                          # SCM_MAX_FD of Linux: the kernel passes no more in one message

COMMANDS = {
    'VERSION': 1,
    'DMA_MAP': 2,
    'DMA_UNMAP': 3,
    'DEVICE_GET_INFO': 4,
    'DEVICE_GET_REGION_INFO': 5,
    'DEVICE_GET_REGION_IO_FDS': 6,
    'DEVICE_GET_IRQ_INFO': 7,
    'DEVICE_SET_IRQS': 8,
    'REGION_READ': 9,
    'REGION_WRITE': 10,
    'DMA_READ': 11,
    'DMA_WRITE': 12,
    'DEVICE_RESET': 13,
    'REGION_WRITE_MULTI': 15,
    'DEVICE_FEATURE': 16,
    'QUERY_GFX_PLANE': 0x4001,          # of this project: planes.py
    'GET_GFX_DMABUF': 0x4002,
}
NAMES = {number: name for name, number in COMMANDS.items()}


class WireError(Exception):
    """The peer sent what is no message; the stream cannot be followed any further."""


class Refusal(Exception):
    """A request that is answered with an error."""

    def __init__(self, number, why=''):
        super().__init__(why or os.strerror(number))
        self.number = number


class Message:
    """A message. What a fault changes is an attribute: size is what the header says, None for the truth."""

    def __init__(self, command, payload=b'', fds=(), id=0, flags=0):
        self.command, self.payload, self.fds = command, payload, list(fds)
        self.id, self.flags, self.error, self.size = id, flags, 0, None

    @property
    def name(self):
        return NAMES.get(self.command, str(self.command))

    @property
    def is_reply(self):
        return self.flags & TYPE_MASK == TYPE_REPLY

    @property
    def wants_reply(self):
        return not self.is_reply and not self.flags & FLAG_NO_REPLY

    def reply(self, payload=b'', fds=(), error=None):
        """The answer to this message. error is an errno; such a reply has no payload."""
        answer = Message(self.command, payload, fds, self.id, TYPE_REPLY)
        if error is not None:
            answer.flags |= FLAG_ERROR
            answer.error = error
        return answer

    def header(self):
        size = HEADER.size + len(self.payload) if self.size is None else self.size
        return HEADER.pack(self.id & 0xffff, self.command & 0xffff, size & 0xffffffff, self.flags, self.error)

    def close_fds(self):
        for fd in self.fds:
            os.close(fd)
        self.fds = []


class Connection:
    """A connected socket. trace(direction, message) is told of every message."""

    def __init__(self, sock, trace=lambda direction, message: None):
        self.sock, self.trace = sock, trace
        sock.settimeout(REPLY_SECONDS)
        self.next_id = 0
        self.backlog = []               # commands that came while a reply was waited for

    def fileno(self):
        return self.sock.fileno()

    def _read(self, count, fds):
        data = b''
        while len(data) < count:
            part, ancillary, flags, _ = self.sock.recvmsg(min(count - len(data), 1 << 20),
                                                          socket.CMSG_SPACE(4 * MOST_FDS),
                                                          socket.MSG_CMSG_CLOEXEC)
            for level, kind, packed in ancillary:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    fds += struct.unpack(f'{len(packed) // 4}i', packed)
            if flags & socket.MSG_CTRUNC:
                raise WireError('file descriptors were cut off')
            if not part:
                break
            data += part
        return data

    def receive(self):
        """The next message; None when the peer has left between messages."""
        fds = []
        data = self._read(HEADER.size, fds)
        if not data:
            return None
        if len(data) < HEADER.size:
            raise WireError(f'the stream ended {len(data)} bytes into a header')
        id, command, size, flags, error = HEADER.unpack(data)
        if not HEADER.size <= size <= MOST_BYTES:
            raise WireError(f'{NAMES.get(command, command)}: the header says {size} bytes')
        payload = self._read(size - HEADER.size, fds)
        if len(payload) < size - HEADER.size:
            raise WireError(f'{NAMES.get(command, command)}: the stream ended after {len(payload)} bytes')
        message = Message(command, payload, fds, id, flags)
        message.error = error
        self.trace('in', message)
        return message

    def send(self, message, extra=b'', most=None):
        """most: bytes that are really sent; extra: bytes behind the message."""
        self.trace('out', message)
        self.send_raw((message.header() + message.payload)[:most] + extra, message.fds)

    def send_raw(self, data, fds=()):
        sent = socket.send_fds(self.sock, [data], fds) if fds else 0
        self.sock.sendall(data[sent:])

    def request(self, command, payload=b'', fds=()):
        """Send a command and wait for its reply; other commands that arrive are kept in backlog."""
        self.next_id = self.next_id + 1 & 0xffff
        message = Message(command, payload, fds, self.next_id)
        self.send(message)
        while True:
            answer = self.receive()
            if answer is None:
                raise WireError(f'{message.name}: the peer left instead of replying')
            if not answer.is_reply:
                self.backlog.append(answer)
            elif (answer.id, answer.command) == (message.id, message.command):
                return answer
            else:
                raise WireError(f'{message.name}: the reply has id {answer.id} and command {answer.command}')

    def close(self):
        for message in self.backlog:
            message.close_fds()
        self.sock.close()


def errno_of(word):
    """An errno from its number or name; ValueError for neither."""
    return getattr(errno, word.upper()) if hasattr(errno, word.upper()) else int(word, 0)
