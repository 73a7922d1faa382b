# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory of the client: DMA_MAP, DMA_UNMAP, and access through the mapped descriptor or by messages."""

import errno
import mmap
import struct

from wire import COMMANDS, Refusal

READ, WRITE = 1, 2                      # flags of a map
UNMAP_ALL = 2                           # flag of an unmap, VFIO_DMA_UNMAP_FLAG_ALL
MAP = struct.Struct('<IIQQQ')           # argsz, flags, offset, address, size
UNMAP = struct.Struct('<IIQQ')          # argsz, flags, address, size
ACCESS = struct.Struct('<QQ')           # address, count


class DmaError(Exception):
    """An access that no map allows, or that the client refused."""


class Map:
    def __init__(self, flags, offset, address, size, fd):
        self.flags, self.offset, self.address, self.size = flags, offset, address, size
        self.memory = None
        if fd is not None:
            protection = (mmap.PROT_READ if flags & READ else 0) | (mmap.PROT_WRITE if flags & WRITE else 0)
            self.memory = mmap.mmap(fd, size, mmap.MAP_SHARED, protection, offset=offset)

    def describe(self):
        return {'iova': self.address, 'size': self.size, 'offset': self.offset,
                'mapped': self.memory is not None, 'read': bool(self.flags & READ),
                'write': bool(self.flags & WRITE)}


class Dma:
    """connection: a function that returns the connection, for maps without a descriptor."""

    def __init__(self, connection, most_maps, page_size):
        self.connection, self.most_maps, self.page_size = connection, most_maps, page_size
        self.maps = []
        self.most_bytes = 1 << 20       # max_data_xfer_size of the client
        self.by_messages = False        # never through mapped memory

    def add(self, payload, fds):
        if len(payload) != MAP.size:
            raise Refusal(errno.EINVAL, f'{len(payload)} bytes for a structure of {MAP.size}')
        argsz, flags, offset, address, size = MAP.unpack(payload)
        if argsz < MAP.size or flags & ~(READ | WRITE) or len(fds) > 1:
            raise Refusal(errno.EINVAL, 'argsz, flags or the number of descriptors')
        if not size or address + size > 1 << 64 or (address | size) % self.page_size:
            raise Refusal(errno.EINVAL, f'{size:#x} bytes at {address:#x} are no whole pages')
        if any(m.address < address + size and address < m.address + m.size for m in self.maps):
            raise Refusal(errno.EEXIST)
        if len(self.maps) >= self.most_maps:
            raise Refusal(errno.ENOSPC, f'{self.most_maps} maps are the most')
        try:
            self.maps.append(Map(flags, offset, address, size, fds[0] if fds else None))
        except (OSError, ValueError, OverflowError) as error:
            raise Refusal(getattr(error, 'errno', None) or errno.EINVAL, f'mmap: {error}') from None
        self.maps.sort(key=lambda m: m.address)

    def remove(self, payload):
        if len(payload) < UNMAP.size:
            raise Refusal(errno.EINVAL, f'{len(payload)} bytes for a structure of {UNMAP.size}')
        argsz, flags, address, size = UNMAP.unpack_from(payload)
        if argsz < UNMAP.size or flags & ~UNMAP_ALL or flags & UNMAP_ALL and (address or size):
            raise Refusal(errno.EINVAL, 'argsz or flags')
        gone = [m for m in self.maps if flags & UNMAP_ALL or (m.address, m.size) == (address, size)]
        if not gone and not flags & UNMAP_ALL:
            raise Refusal(errno.ENOENT, 'no map of exactly this address and size')
        for m in gone:
            self._drop(m)
        return payload[:UNMAP.size]

    def _drop(self, m):
        self.maps.remove(m)
        if m.memory is not None:
            m.memory.close()

    def clear(self):
        for m in list(self.maps):
            self._drop(m)

    def describe(self):
        return [m.describe() for m in self.maps]

    # ---- access ----

    def _pieces(self, address, count, flag):
        """(map, address, bytes) of every map a range goes through."""
        while count:
            m = next((m for m in self.maps if m.address <= address < m.address + m.size), None)
            if m is None:
                raise DmaError(f'no map at {address:#x}')
            if not m.flags & flag:
                raise DmaError(f'the map at {address:#x} may not be {"read" if flag == READ else "written"}')
            part = min(count, m.address + m.size - address)
            if m.memory is None or self.by_messages:
                part = min(part, self.most_bytes)
            yield m, address, part
            address, count = address + part, count - part

    def read(self, address, count):
        return b''.join(self._read(*piece) for piece in list(self._pieces(address, count, READ)))

    def _read(self, m, address, count):
        if m.memory is not None and not self.by_messages:
            return m.memory[address - m.address:address - m.address + count]
        return self.ask_read(address, count)

    def write(self, address, data):
        for m, at, count in list(self._pieces(address, len(data), WRITE)):
            part = data[at - address:at - address + count]
            if m.memory is not None and not self.by_messages:
                m.memory[at - m.address:at - m.address + count] = part
            else:
                self.ask_write(at, part)

    def ask_read(self, address, count):
        """DMA_READ, whatever the maps say."""
        reply = self._ask('DMA_READ', ACCESS.pack(address, count))
        data = reply.payload[ACCESS.size:]
        if reply.payload[:ACCESS.size] != ACCESS.pack(address, count) or len(data) != count:
            raise DmaError(f'DMA_READ of {count} bytes at {address:#x}: the reply is {reply.payload[:32]!r}')
        return data

    def ask_write(self, address, data):
        """DMA_WRITE, whatever the maps say. The reply's count has 4 bytes in the table, 8 in vfio-user.h."""
        reply = self._ask('DMA_WRITE', ACCESS.pack(address, len(data)) + data)
        expected = ACCESS.pack(address, len(data))
        if reply.payload not in (expected, expected[:12]):
            raise DmaError(f'DMA_WRITE of {len(data)} bytes at {address:#x}: reply {reply.payload!r:.99}')

    def _ask(self, name, payload):
        reply = self.connection().request(COMMANDS[name], payload)
        reply.close_fds()
        if reply.error or reply.flags & 0x20:
            raise DmaError(f'{name}: the client answered with errno {reply.error}')
        return reply
