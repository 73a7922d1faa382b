# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading EDID: what a monitor says of itself (VESA E-EDID standard, release A.2), and what is wrong with it."""

BLOCK = 128
HEADER = bytes.fromhex('00ffffffffffff00')
TIMINGS_AT, TIMING_SIZE, TIMINGS = 54, 18, 4            # detailed timings and descriptors of the base block
STANDARD_AT, STANDARD_UNUSED = 38, b'\1\1'
ASPECTS = [(16, 10), (4, 3), (5, 4), (16, 9)]           # of standard timings, EDID 1.3 and later
SERIAL, RANGE, NAME, DUMMY = 0xff, 0xfd, 0xfc, 0x10
CTA, DISPLAY_ID = 0x02, 0x70                            # tags of extensions


class Timing:
    """A detailed timing: pixels, pixels of blanking, and the clock in Hz."""

    def __init__(self, data):
        self.clock = int.from_bytes(data[:2], 'little') * 10000
        self.width, self.width_blank = data[2] | (data[4] & 0xf0) << 4, data[3] | (data[4] & 0x0f) << 8
        self.height, self.height_blank = data[5] | (data[7] & 0xf0) << 4, data[6] | (data[7] & 0x0f) << 8
        self.sync_offset, self.sync_width = data[8] | (data[11] & 0xc0) << 2, data[9] | (data[11] & 0x30) << 4
        self.millimetres = data[12] | (data[14] & 0xf0) << 4, data[13] | (data[14] & 0x0f) << 8

    @property
    def refresh(self):
        """Pictures a second."""
        return self.clock / ((self.width + self.width_blank) * (self.height + self.height_blank))

    @property
    def problem(self):
        if not self.width or not self.height:
            return 'a timing without pixels'
        if self.sync_offset + self.sync_width > self.width_blank:
            return 'a sync pulse that is no part of the blanking'
        return None


class Edid:
    """data: all blocks. What cannot be read is missing, what is wrong is in problems()."""

    def __init__(self, data):
        self.data = bytes(data)
        self.blocks = [self.data[at:at + BLOCK] for at in range(0, len(self.data), BLOCK)]

    # ---- what it says ----

    @property
    def manufacturer(self):
        packed = int.from_bytes(self.data[8:10], 'big')
        return ''.join(chr(ord('@') + (packed >> shift & 0x1f)) for shift in (10, 5, 0))

    @property
    def extensions(self):
        return self.data[126]

    def _rows(self):
        return [self.data[at:at + TIMING_SIZE]
                for at in range(TIMINGS_AT, TIMINGS_AT + TIMINGS * TIMING_SIZE, TIMING_SIZE)]

    @property
    def timings(self):
        """Detailed timings of the base block, the preferred one first."""
        return [Timing(row) for row in self._rows() if row[:2] != b'\0\0']

    @property
    def preferred(self):
        """(width, height)"""
        first = self.timings[0]
        return first.width, first.height

    def text(self, tag):
        """Of a descriptor, or None."""
        row = next((row for row in self._rows() if row[:3] == b'\0\0\0' and row[3] == tag), None)
        return None if row is None else row[5:].partition(b'\n')[0].decode('cp437')

    @property
    def name(self):
        return self.text(NAME)

    @property
    def standard(self):
        """(width, height, refresh) of the standard timings."""
        pairs = [self.data[at:at + 2] for at in range(STANDARD_AT, STANDARD_AT + 16, 2)]
        return [self._standard(pair) for pair in pairs if pair != STANDARD_UNUSED]

    @staticmethod
    def _standard(pair):
        width, (across, down) = (pair[0] + 31) * 8, ASPECTS[pair[1] >> 6]
        return width, width * down // across, (pair[1] & 0x3f) + 60

    # ---- what is wrong ----

    def problems(self):
        if not self.data or len(self.data) % BLOCK:
            return [f'{len(self.data)} bytes are no blocks of {BLOCK}']
        return [*self._base_problems(), *self._extension_problems()]

    def _base_problems(self):
        if self.data[:8] != HEADER:
            yield 'no header'
        if self.data[18] != 1 or self.data[19] > 4:
            yield f'version {self.data[18]}.{self.data[19]}'
        if self.extensions + 1 != len(self.blocks):
            yield f'{self.extensions} extensions in {len(self.blocks)} blocks'
        for place, block in enumerate(self.blocks):
            if sum(block) & 0xff:
                yield f'the checksum of block {place}'
        if not self.timings:
            yield 'no preferred timing'
        for timing in self.timings:
            if timing.problem:
                yield timing.problem

    def _extension_problems(self):
        for place, block in enumerate(self.blocks[1:], 1):
            if block[0] == CTA and not (block[2] == 0 or 4 <= block[2] <= 127):
                yield f'block {place}: its timings are at {block[2]}'
            elif block[0] not in (CTA, DISPLAY_ID):
                yield f'block {place} is of the unknown kind {block[0]:#x}'


def make(width, height, name='test'):
    """The least EDID that is right: a base block with one timing, for tests."""
    clock = (width + 160) * (height + 40) * 60 // 10000
    timing = bytes([clock & 0xff, clock >> 8, width & 0xff, 160, width >> 8 << 4, height & 0xff, 40,
                    height >> 8 << 4, 48, 32, 0x35, 0, 0, 0, 0, 0, 0, 0x18])
    label = b'\0\0\0\xfc\0' + (name[:12] + '\n').encode().ljust(13, b' ')
    unused = bytes([0, 0, 0, DUMMY]) + bytes(14)
    block = bytearray(HEADER + bytes(10) + b'\1\4' + bytes(18) + STANDARD_UNUSED * 8
                      + timing + label + unused * 2 + b'\0\0')
    block[127] = -sum(block) & 0xff
    return bytes(block)
