# SPDX-License-Identifier: GPL-2.0-or-later
"""Pictures as pixels of a format of DRM (linux drm_fourcc.h), in rows or in Intel's X tiles.

A picture is a function of x and y. encode() is what a device has in memory, expected() what a viewer has to see: parts
of fewer than 8 bits are widened by repeating their first bits.
"""

TILE_BYTES, TILE_ROWS = 512, 8          # an X tile: 4 KiB of 8 rows (Intel graphics PRM, "Tiled memory")
INTEL = 0x01 << 56                      # fourcc_mod_code(INTEL, n)
MODIFIERS = {'linear': 0, 'x-tiled': INTEL | 1, 'y-tiled': INTEL | 2, 'invalid': 0x00ffffffffffffff}
PAGE = 4096


class Format:
    """parts: (first bit, bits) of red, green and blue in a little-endian pixel; rest: what else is in it."""

    def __init__(self, fourcc, size, red, green, blue):
        self.fourcc, self.size, self.parts = fourcc, size, (red, green, blue)
        self.code = int.from_bytes(fourcc.encode(), 'little')
        self.rest = (1 << 8 * size) - 1 & ~sum((1 << bits) - 1 << first for first, bits in self.parts)

    def encode(self, color, rest=0):
        """Bytes of a pixel of red, green, blue of 8 bits; rest: bits that are no colour."""
        value = rest & self.rest
        for part, (first, bits) in zip(color, self.parts):
            value |= (part << 8 | part) >> 16 - bits << first
        return value.to_bytes(self.size, 'little')

    def seen(self, color):
        """The colour that is left of it in this format."""
        return tuple(widened(part >> 8 - bits, bits) if bits < 8 else part for part, (_, bits) in zip(color, self.parts))


def widened(value, bits):
    return (value << 8 - bits) | (value >> 2 * bits - 8)


FORMATS = {
    'XRGB8888':    Format('XR24', 4, (16, 8), (8, 8), (0, 8)),
    'ARGB8888':    Format('AR24', 4, (16, 8), (8, 8), (0, 8)),
    'XBGR8888':    Format('XB24', 4, (0, 8), (8, 8), (16, 8)),
    'ABGR8888':    Format('AB24', 4, (0, 8), (8, 8), (16, 8)),
    'RGB888':      Format('RG24', 3, (16, 8), (8, 8), (0, 8)),
    'BGR888':      Format('BG24', 3, (0, 8), (8, 8), (16, 8)),
    'RGB565':      Format('RG16', 2, (11, 5), (5, 6), (0, 5)),
    'XRGB1555':    Format('XR15', 2, (10, 5), (5, 5), (0, 5)),
    'XRGB2101010': Format('XR30', 4, (20, 10), (10, 10), (0, 10)),
}


def code_of(value):
    """A format's code from its name, its four letters, or the number itself."""
    if isinstance(value, int):
        return value
    if value in FORMATS:
        return FORMATS[value].code
    return int.from_bytes(value.encode().ljust(4)[:4], 'little')


def modifier_of(value):
    return value if isinstance(value, int) else MODIFIERS[value]


class Picture:
    """Colours that differ from pixel to pixel, and from seed to seed."""

    def __init__(self, width, height, seed=0):
        self.width, self.height, self.seed = width, height, seed

    def at(self, x, y):
        n = self.seed * 89
        return (x * 37 + y * 11 + n) & 0xff, (x * 5 + y * 59 + n * 3 ^ y) & 0xff, (x * x + y * 7 + n * 7) & 0xff

    def rows(self, pack):
        """Each row, packed: pack(colour) gives bytes."""
        return [b''.join(pack(self.at(x, y)) for x in range(self.width)) for y in range(self.height)]


class Plain(Picture):
    """All of one colour."""

    def __init__(self, width, height, color):
        super().__init__(width, height)
        self.color = color

    def at(self, x, y):
        return self.color

    def rows(self, pack):
        return [pack(self.color) * self.width] * self.height


def encode(picture, name='XRGB8888', stride=None, modifier='linear', rest=0x5a5a5a5a):
    """Bytes of a buffer with the picture: stride bytes a row, the rest of each row is 0xee."""
    form = FORMATS[name]
    stride = stride or picture.width * form.size
    rows = [row.ljust(stride, b'\xee') for row in picture.rows(lambda color: form.encode(color, rest))]
    return tiled(rows, stride) if modifier == 'x-tiled' else b''.join(rows)


def tiled(rows, stride):
    """Rows in X tiles: tiles go from left to right, then down."""
    rows = rows + [b'\xee' * stride] * (-len(rows) % TILE_ROWS)
    return b''.join(row[left:left + TILE_BYTES]
                    for top in range(0, len(rows), TILE_ROWS)
                    for left in range(0, stride, TILE_BYTES)
                    for row in rows[top:top + TILE_ROWS])


def expected(picture, name='XRGB8888'):
    """Red, green and blue of every pixel, 3 bytes each."""
    form = FORMATS[name]
    return b''.join(picture.rows(lambda color: bytes(form.seen(color))))


def whole_pages(count):
    return -(-count // PAGE) * PAGE
