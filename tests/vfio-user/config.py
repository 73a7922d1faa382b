# SPDX-License-Identifier: GPL-2.0-or-later
"""Configuration space: an image, which bits a driver may write, and what a write means.

PCI Local Bus 3.0, 6.1 (header), 6.2.5 (base addresses), 6.7 (capabilities); PCI Express 5.0, 7.6.3.
"""

import capabilities

SIZE, EXTENDED_SIZE = 256, 4096
COMMAND, STATUS, HEADER_TYPE, BARS, CAP_POINTER, ROM_BAR, PIN = 0x04, 0x06, 0x0e, 0x10, 0x34, 0x30, 0x3d
COMMAND_MASTER, COMMAND_INTX_DISABLE = 1 << 2, 1 << 10
STATUS_INTX, STATUS_CAPS = 1 << 3, 1 << 4
BAR_IO, BAR_64, BAR_PREFETCH = 1, 4, 8
EXPRESS_FLR, AF_FLR = 1 << 15, 1        # device control; AF control

HEADER = {
    # key                  offset, bytes, default
    'vendor':              (0x00, 2, 0x1b36),
    'device':              (0x02, 2, 0x0001),
    'command':             (0x04, 2, 0),
    'status':              (0x06, 2, 0),
    'revision':            (0x08, 1, 0),
    'class':               (0x09, 3, 0xff0000),
    'cache_line':          (0x0c, 1, 0),
    'latency':             (0x0d, 1, 0),
    'header_type':         (0x0e, 1, 0),
    'subsystem_vendor':    (0x2c, 2, 0),
    'subsystem':           (0x2e, 2, 0),
    'cap_pointer':         (0x34, 1, 0),
    'line':                (0x3c, 1, 0),
    'pin':                 (0x3d, 1, 0),
}
# Bits of the header a driver may write; base addresses follow from their sizes.
HEADER_WRITABLE = [(0x04, 2, 0x0547), (0x0c, 2, 0xffff), (0x3c, 1, 0xff)]


class LayoutError(Exception):
    """Rows that do not fit into configuration space together."""


class Config:
    """rows: the [config] table; bars: {index: (size, register's low bits)}; rom_size: 0 for none."""

    def __init__(self, rows, caps, extended, bars, rom_size):
        dump = rows.get('image')
        self.size = rows.get('size') or (len(dump) if dump else 0) or (EXTENDED_SIZE if extended else SIZE)
        self.image = bytearray(dump or b'').ljust(self.size, b'\0')[:self.size]
        self.mask = bytearray(self.size)
        self.on_write = []              # functions called after a write
        self._header(rows, dump is not None)
        self._chain(caps, False)
        self._chain(extended, True)
        for row in rows.get('bytes', ()):
            self.put(row['at'], bytes.fromhex(row['hex']))
        for at, count, mask in HEADER_WRITABLE:
            self.allow(at, count, mask)
        self._bars(bars, rom_size)
        self._capability_masks()
        for row in rows.get('bytes', ()):
            self.allow_bytes(row['at'], bytes.fromhex(row.get('writable', '')))
        self.initial = bytes(self.image)

    # ---- building ----

    def get(self, at, count):
        return int.from_bytes(self.image[at:at + count], 'little')

    def put(self, at, data):
        if at + len(data) > self.size:
            raise LayoutError(f'{len(data)} bytes at {at:#x} do not fit into {self.size} bytes')
        self.image[at:at + len(data)] = data

    def allow(self, at, count, mask):
        self.allow_bytes(at, mask.to_bytes(count, 'little'))

    def allow_bytes(self, at, masks):
        for number, mask in enumerate(masks):
            if at + number < self.size:
                self.mask[at + number] |= mask

    def _header(self, rows, dumped):
        for key, (at, count, default) in HEADER.items():
            if key in rows or not dumped:
                self.put(at, rows.get(key, default).to_bytes(count, 'little'))

    def _chain(self, rows, extended):
        """Place capabilities behind each other, or where they say, and chain them in that order."""
        free, places = 0x100 if extended else 0x40, []
        for row in rows:
            body = capabilities.build(row, extended)
            at = row.get('at', free)
            if any(at < other + len(data) and other < at + len(body) for other, data, _ in places):
                raise LayoutError(f'capability {row["id"]} at {at:#x} lies over another')
            if not extended and at + len(body) > SIZE:
                raise LayoutError(f'capability {row["id"]} at {at:#x} does not fit into {SIZE} bytes')
            places.append((at, body, row))
            free = at + len(body) + 3 & ~3
        followers = [at for at, _, _ in places[1:]] + [0]
        for (at, body, row), follower in zip(places, followers):
            self.put(at, body)
            place = (at + 2, 4, 12) if extended else (at + 1, 0, 8)     # of "next": bits 31:20, bits 15:8
            capabilities.put(self.image, *place, row.get('next', follower))
        if places and not extended:
            self.image[CAP_POINTER] = self.image[CAP_POINTER] or places[0][0]
            self.image[STATUS] |= STATUS_CAPS

    def _bars(self, bars, rom_size):
        for index, (size, low) in bars.items():
            at, width = BARS + 4 * index, 8 if low & BAR_64 and not low & BAR_IO else 4
            fixed = 3 if low & BAR_IO else 0xf
            address = self.get(at, width) & ~fixed & -size
            self.put(at, (address | low).to_bytes(width, 'little'))
            self.allow(at, width, (1 << 8 * width) - 1 & -size & ~fixed)
        if rom_size:
            self.put(ROM_BAR, (self.get(ROM_BAR, 4) & -rom_size & 0xfffff800).to_bytes(4, 'little'))
            self.allow(ROM_BAR, 4, 0xffffffff & -rom_size & 0xfffff800 | 1)

    # ---- the lists ----

    def list(self, extended):
        """(offset, id) of every capability, in the order of the chain; loops and nonsense end it."""
        seen, at = set(), 0x100 if extended else self.image[CAP_POINTER] & ~3
        if not extended and not self.image[STATUS] & STATUS_CAPS:
            return
        while 0x40 <= at <= self.size - 4 and at not in seen:
            seen.add(at)
            yield at, self.get(at, 2 if extended else 1)
            at = (self.get(at + 2, 2) >> 4 if extended else self.image[at + 1]) & ~3

    def find(self, name, extended=False):
        """Offset of the first capability of a kind; None when there is none."""
        number = capabilities.kinds(extended)[name].id
        return next((at for at, id in self.list(extended) if id == number), None)

    def _capability_masks(self):
        for extended in (False, True):
            for at, id in self.list(extended):
                for offset, count, mask in capabilities.writable(id, extended, self.get(at + 2, 2)):
                    self.allow(at + offset, count, mask)

    # ---- access ----

    def read(self, offset, count):
        return bytes(self.image[offset:offset + count])

    def write(self, offset, data):
        """Returns whether the write asks for a function level reset."""
        for number, byte in enumerate(data, offset):
            self.image[number] = self.image[number] & ~self.mask[number] & 0xff | byte & self.mask[number]
        for function in self.on_write:
            function()
        return self._takes_reset(offset, data)

    def _takes_reset(self, offset, data):
        """The reset bits read as zero; a one starts a reset when the capability offers it."""
        def written(at, count):
            return int.from_bytes(bytes(data[i - offset] if offset <= i < offset + len(data) else 0
                                        for i in range(at, at + count)), 'little')
        express, af = self.find('express'), self.find('af')
        return (express is not None and bool(self.get(express + 4, 4) >> 28 & 1)
                and bool(written(express + 8, 2) & EXPRESS_FLR)
                or af is not None and bool(self.image[af + 3] & 2) and bool(written(af + 4, 1) & AF_FLR))

    def reset(self):
        self.image[:] = self.initial
        for function in self.on_write:
            function()

    def status_intx(self, level):
        self.image[STATUS] = self.image[STATUS] & ~STATUS_INTX | (STATUS_INTX if level else 0)

    @property
    def is_master(self):
        return bool(self.get(COMMAND, 2) & COMMAND_MASTER)

    @property
    def intx_disabled(self):
        return bool(self.get(COMMAND, 2) & COMMAND_INTX_DISABLE)

    def vectors(self, name):
        """Interrupts that a capability, or the pin, offers."""
        at = self.find(name) if name != 'intx' else None
        if name == 'intx':
            return 1 if self.image[PIN] else 0
        if at is None:
            return 0
        control = self.get(at + 2, 2)
        return 1 << (control >> 1 & 7) if name == 'msi' else (control & 0x7ff) + 1
