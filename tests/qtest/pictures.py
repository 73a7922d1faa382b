# SPDX-License-Identifier: GPL-2.0-or-later
"""Pictures of consoles: by screendump as PPM or PNG, by VNC, and the words that a console without a picture shows."""

import contextlib
import functools
import os
import re
import struct
import zlib

import pixels
import qtest
import rfb
from case import expect_equal
from qtest import Failure

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

WORDS = (640, 480)              # a picture of words
CELL = 6, 10                    # of a letter, which has 5 by 8 dots of 2 by 2 pixels
SCALE = 2


class Seen:
    """width, height, and pixels of 3 bytes: red, green, blue."""

    def __init__(self, width, height, data):
        self.width, self.height, self.pixels = width, height, bytes(data)

    @property
    def size(self):
        return self.width, self.height

    def at(self, x, y):
        start = 3 * (y * self.width + x)
        return tuple(self.pixels[start:start + 3])


# ---- ways to look ----

def screendump(m, device=None, kind='ppm'):
    """What the console of a device shows, or the first console."""
    path = qtest.scratch_path(f'.{kind}')
    arguments = {'filename': path, **({'device': device} if device else {}), **({'format': kind} if kind != 'ppm' else {})}
    m.qmp('screendump', arguments)
    with open(path, 'rb') as file:
        data = file.read()
    os.unlink(path)
    return read_png(data) if kind == 'png' else read_ppm(data)


def read_ppm(data):
    kind, size, most, rest = data.split(b'\n', 3)
    expect_equal((kind, most), (b'P6', b'255'))
    return Seen(*(int(word) for word in size.split()), rest)


def read_png(data):
    """Red, green and blue of 8 bits, in rows, which is what we write (PNG specification, 3rd edition)."""
    expect_equal(data[:8], b'\x89PNG\r\n\x1a\n')
    at, parts = 8, {}
    while at < len(data):
        length, kind = struct.unpack_from('>I4s', data, at)
        body = data[at + 8:at + 8 + length]
        expect_equal(struct.unpack_from('>I', data, at + 8 + length)[0], zlib.crc32(kind + body), f'checksum of {kind}')
        parts[kind] = parts.get(kind, b'') + body
        at += 12 + length
    width, height, *how = struct.unpack('>IIBBBBB', parts[b'IHDR'])
    expect_equal(how, [8, 2, 0, 0, 0])
    rows = zlib.decompress(parts[b'IDAT'])
    return Seen(width, height, unfiltered(rows, 3 * width + 1))


def paeth(left, up, corner):
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))


FILTERS = (lambda left, up, corner: 0, lambda left, up, corner: left, lambda left, up, corner: up,
           lambda left, up, corner: (left + up) // 2, paeth)


def unfiltered(data, length):
    before, whole = bytes(length - 1), b''
    for start in range(0, len(data), length):
        guess, row = FILTERS[data[start]], bytearray(data[start + 1:start + length])
        for at, value in enumerate(row):
            left, corner = (row[at - 3], before[at - 3]) if at >= 3 else (0, 0)
            row[at] = value + guess(left, before[at], corner) & 0xff
        before, whole = bytes(row), whole + row
    return whole


@contextlib.contextmanager
def viewer(path, **options):
    """A VNC client of the server at that socket."""
    client = rfb.Rfb(path)
    try:
        yield client.connect(**options)
    finally:
        client.close()


def look(client):
    """What a VNC client sees now."""
    data = client.look()
    picture = bytearray(len(data) // 4 * 3)
    picture[0::3], picture[1::3], picture[2::3] = data[2::4], data[1::4], data[0::4]
    return Seen(client.width, client.height, picture)


# ---- what is seen ----

def expect_picture(seen, picture, form='XRGB8888', what=''):
    """Pixel for pixel."""
    expect_equal(seen.size, (picture.width, picture.height), f'{what} size')
    wanted = pixels.expected(picture, form)
    if seen.pixels == wanted:
        return
    wrong = [at // 3 for at in range(0, len(wanted), 3) if seen.pixels[at:at + 3] != wanted[at:at + 3]]
    x, y = wrong[0] % seen.width, wrong[0] // seen.width
    raise Failure(f'{what} {form}: {len(wrong)} pixels differ, the first at {x}, {y}: {seen.at(x, y)} instead of '
                  f'{tuple(wanted[3 * wrong[0]:3 * wrong[0] + 3])}')


@functools.cache
def letters():
    """{rows of a glyph: letter}, from the table of the console's font."""
    with open(os.path.join(TOP, 'ui', 'words.c'), encoding='utf-8') as file:
        rows = re.findall(r'\{((?: 0x[0-9a-f]{2},?){8}) \}', file.read())
    glyphs = [tuple(int(word, 16) for word in row.split(',')) for row in rows]
    return {glyph: chr(ord(' ') + place) for place, glyph in enumerate(glyphs)}


def words(picture):
    """The lines of a picture of words, joined by spaces; None when it is another picture."""
    if picture.size != WORDS or len({picture.at(x, y) for y in range(0, 480, 2) for x in range(0, 640, 2)}) > 2:
        return None
    columns, rows = (one // SCALE for one in picture.size)
    dots = [[picture.at(SCALE * x, SCALE * y) != (0, 0, 0) for x in range(columns)] for y in range(rows)]
    inked = [y for y in range(rows) if any(dots[y])]
    if not inked:
        return ''
    for first in (0, 5):                # lines are in the middle: of an even or an odd number
        lines = [read_line(dots[top:top + CELL[1]]) for top in range(first, rows - CELL[1] + 1, CELL[1])]
        if None not in lines:
            return ' '.join(line for line in lines if line)
    return None


def read_line(dots):
    """The text of a line of cells; None when it cannot be read."""
    for first in (1, 4):                # likewise; 320 is 53 cells and 2
        line = ''.join(letters().get(glyph_at(dots, left), '\0')
                       for left in range(first, len(dots[0]) - CELL[0] + 1, CELL[0]))
        if '\0' not in line:
            return line.strip()
    return None


def glyph_at(dots, left):
    return tuple(sum(1 << 4 - x for x in range(5) if dots[y][left + x]) for y in range(8))
