# SPDX-License-Identifier: GPL-2.0-or-later
"""Regions of the device: memory in a memfd, registers over it, and what GET_REGION_INFO says of them."""

import errno
import os
import struct

from wire import Refusal

READ, WRITE, MMAP, CAPS = 1, 2, 4, 8                    # VFIO_REGION_INFO_FLAG_*
CAP_SPARSE, CAP_TYPE, CAP_MSIX_MAPPABLE = 1, 2, 3       # VFIO_REGION_INFO_CAP_*
INFO = struct.Struct('<IIIIQQ')                         # argsz, flags, index, cap_offset, size, offset
CAP = struct.Struct('<HHI')                             # id, version, next
CONFIG_INDEX = 7


class Memory:
    """Bytes of a region. Reads of what a fault cut off are all ones, as of a device that is gone."""

    def __init__(self, name, size, offset=0):
        self.offset, self.size = offset, size
        self.fd = os.memfd_create(name, os.MFD_CLOEXEC)
        os.ftruncate(self.fd, offset + size)

    def read(self, offset, count):
        return os.pread(self.fd, count, self.offset + offset).ljust(count, b'\xff')

    def write(self, offset, data):
        left = os.fstat(self.fd).st_size - self.offset - offset
        os.pwrite(self.fd, data[:max(left, 0)], self.offset + offset)

    def truncate(self, size):
        os.ftruncate(self.fd, self.offset + size)


class Region:
    """row: a table of the description that describe.py has checked; size is the number of bytes behind it."""

    def __init__(self, index, row):
        self.index, self.row = index, row
        self.size = row.get('size', 0)
        self.flags = (READ if self.size and row.get('read', True) else 0) \
            | (WRITE if self.size and row.get('write', True) else 0) \
            | (MMAP if self.size and row.get('mmap', False) else 0)
        self.memory = Memory(f'region {index}', self.size, row.get('fd_offset', 0)) if self.size else None
        self.registers = []
        self.fill()

    def fill(self):
        for at, data in self.row.get('data', ()):
            self.memory.write(at, data)

    # ---- what the client is told ----

    def _caps(self):
        """(id, version, body, next) of every capability; next None: the one behind it."""
        if 'sparse' in self.row:
            areas = b''.join(struct.pack('<QQ', *area) for area in self.row['sparse'])
            yield CAP_SPARSE, 1, struct.pack('<II', len(self.row['sparse']), 0) + areas, None
        if 'type' in self.row:
            yield CAP_TYPE, 1, struct.pack('<II', self.row['type'], self.row.get('subtype', 0)), None
        if self.row.get('msix_mappable'):
            yield CAP_MSIX_MAPPABLE, 1, b'', None
        for cap in self.row.get('chain', ()):
            yield cap['id'], cap.get('version', 1), bytes.fromhex(cap.get('hex', '')), cap.get('next')

    def _chain(self):
        chain, caps = b'', list(self._caps())
        for number, (id, version, body, follower) in enumerate(caps):
            body += bytes(-len(body) % 8)
            if follower is None:
                last = number == len(caps) - 1
                follower = 0 if last else INFO.size + len(chain) + CAP.size + len(body)
            chain += CAP.pack(id, version, follower) + body
        return chain

    def info(self, argsz):
        """(payload, descriptors). A chain that argsz has no room for is left out, as the kernel does it."""
        claims, chain = self.row.get('claims', {}), self._chain()
        flags = claims.get('flags', self.flags | (CAPS if chain else 0))
        full = INFO.size + len(chain)
        fits = argsz >= full and chain
        payload = INFO.pack(claims.get('argsz', full), flags, self.index,
                            claims.get('cap_offset', INFO.size if fits else 0),
                            claims.get('size', self.size), self.row.get('fd_offset', 0))
        copies = self.row.get('fds', 1 if flags & MMAP else 0)
        fds = [os.dup(self.memory.fd) for _ in range(copies if self.memory else 0)]
        return payload + (chain if fits else b''), fds

    # ---- access ----

    def check(self, offset, count, flag):
        if not self.flags & flag:
            raise Refusal(errno.EPERM if self.size else errno.EINVAL,
                          f'region {self.index} allows no such access')
        if offset + count > self.size:
            raise Refusal(errno.EINVAL,
                          f'{count} bytes at {offset:#x} of region {self.index}, of {self.size:#x} bytes')

    def _touched(self, offset, count):
        return [r for r in self.registers if r.at < offset + count and offset < r.at + r.width]

    def read(self, offset, count):
        self.check(offset, count, READ)
        data = bytearray(self.memory.read(offset, count))
        for register in self._touched(offset, count):
            value = register.read().to_bytes(register.width, 'little')
            for number, byte in enumerate(value, register.at - offset):
                if 0 <= number < count:
                    data[number] = byte
        return bytes(data)

    def write(self, offset, data):
        self.check(offset, len(data), WRITE)
        self.put(offset, data)

    def put(self, offset, data):
        """Bytes between registers go to memory; a register gets its bytes merged with its old value."""
        touched, start = self._touched(offset, len(data)), offset
        for register in sorted(touched, key=lambda r: r.at):
            self._write_memory(offset, data, start, register.at)
            start = register.at + register.width
        self._write_memory(offset, data, start, offset + len(data))
        for register in touched:
            value = bytearray(register.value.to_bytes(register.width, 'little'))
            for number in range(register.width):
                if 0 <= register.at + number - offset < len(data):
                    value[number] = data[register.at + number - offset]
            register.write(int.from_bytes(value, 'little'))

    def _write_memory(self, offset, data, start, end):
        if start < end:
            self.memory.write(start, data[start - offset:end - offset])

    def reset(self):
        """Registers begin anew; memory keeps what it has unless the row says reset = true."""
        for register in self.registers:
            register.reset()
        if self.row.get('reset'):
            self.memory.truncate(0)
            self.memory.truncate(self.size)
            self.fill()


class ConfigRegion(Region):
    """Configuration space, behind the same interface."""

    def __init__(self, config, on_reset, claims):
        super().__init__(CONFIG_INDEX, {'claims': claims})
        self.config, self.on_reset = config, on_reset
        self.size, self.flags = config.size, READ | WRITE

    def read(self, offset, count):
        self.check(offset, count, READ)
        return self.config.read(offset, count)

    def write(self, offset, data):
        self.check(offset, len(data), WRITE)
        if self.config.write(offset, data):
            self.on_reset()

    def reset(self):
        self.config.reset()
