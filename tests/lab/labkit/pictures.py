# SPDX-License-Identifier: GPL-2.0-or-later
"""Pictures that the emulator and its viewers took: read, and compared pixel for pixel."""

import dataclasses
import itertools
import re
import zlib

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_CHANNELS = {2: 3, 6: 4}     # colour types of 8-bit RGB and RGBA: bytes a pixel


@dataclasses.dataclass(frozen=True)
class Picture:
    """Rows of pixels without gaps, 3 bytes each: red, green, blue."""

    width: int
    height: int
    rgb: bytes

    def difference(self, other, cell=(0, 0)):
        """In words where they first differ and how often, or None when they are the same.

        One cell of that size may differ: a cursor blinks in it.
        """
        if (self.width, self.height) != (other.width, other.height):
            return f"{self.width}x{self.height}, not {other.width}x{other.height}"
        if self.rgb == other.rgb:
            return None
        wrong = [at for at in range(0, len(self.rgb), 3) if self.rgb[at:at + 3] != other.rgb[at:at + 3]]
        rows, columns = zip(*(divmod(at // 3, self.width) for at in wrong))
        if max(columns) - min(columns) < cell[0] and max(rows) - min(rows) < cell[1]:
            return None
        y, x = rows[0], columns[0]
        ours, theirs = (rgb[wrong[0]:wrong[0] + 3].hex() for rgb in (self.rgb, other.rgb))
        return f"{len(wrong)} pixels differ; the first at column {x}, row {y} is {ours}, not {theirs}"

    def keep(self, bits):
        """The same with only the upper bits of each colour."""
        mask = 0xff & -1 << 8 - bits
        return Picture(self.width, self.height, self.rgb.translate(bytes(byte & mask for byte in range(256))))

    def colours(self):
        """How many different ones there are."""
        return len({self.rgb[at:at + 3] for at in range(0, len(self.rgb), 3)})


def painted(width, height):
    """What programs/paint.c draws."""
    rows = []
    for y in range(height):
        rows += [bytes((x & 255, y & 255, x >> 8 << 4 | y >> 8)) for x in range(width)]
    return Picture(width, height, b"".join(rows))


def read(path):
    """A picture from a file as screendump or gvnccapture writes it; ValueError when it is something else."""
    data = path.read_bytes()
    return _read_png(data) if data.startswith(PNG_SIGNATURE) else _read_ppm(data)


def _read_ppm(data):
    header = re.match(rb"P6\s(\d+)\s(\d+)\s255\s", data)
    if not header:
        raise ValueError("neither PNG nor PPM of 8 bits a colour")
    return _whole(int(header[1]), int(header[2]), data[header.end():])


def _whole(width, height, rgb):
    if len(rgb) != width * height * 3:
        raise ValueError(f"{len(rgb)} bytes are not {width}x{height} pixels")
    return Picture(width, height, rgb)


def _read_png(data):
    chunks = _chunks(data)
    header = chunks[b"IHDR"]
    width, height = int.from_bytes(header[:4], "big"), int.from_bytes(header[4:8], "big")
    depth, colour_type, interlace = header[8], header[9], header[12]
    if depth != 8 or colour_type not in PNG_CHANNELS or interlace:
        raise ValueError(f"PNG of depth {depth}, colour type {colour_type}, interlace {interlace}")
    channels = PNG_CHANNELS[colour_type]
    rows = _unfiltered(zlib.decompress(chunks[b"IDAT"]), width * channels, channels)
    rgb = bytearray(width * height * 3)
    for colour in range(3):
        rgb[colour::3] = rows[colour::channels]
    return _whole(width, height, bytes(rgb))


def _chunks(data):
    """Contents by type; those of one type are joined."""
    found, at = {}, len(PNG_SIGNATURE)
    while at < len(data):
        size, kind = int.from_bytes(data[at:at + 4], "big"), data[at + 4:at + 8]
        found[kind] = found.get(kind, b"") + data[at + 8:at + 8 + size]
        at += size + 12
    return found


def _unfiltered(data, stride, channels):
    """Rows of PNG (section 9 of its specification) without their filters."""
    rows, above = [], bytes(stride)
    for at in range(0, len(data), stride + 1):
        above = FILTERS[data[at]](data[at + 1:at + 1 + stride], above, channels)
        rows.append(above)
    return b"".join(rows)


def _sub(row, _above, channels):
    out = bytearray(len(row))
    for channel in range(channels):
        out[channel::channels] = bytes(itertools.accumulate(row[channel::channels], lambda a, b: (a + b) & 255))
    return bytes(out)


def _up(row, above, _channels):
    return bytes((a + b) & 255 for a, b in zip(row, above))


def _average(row, above, channels):
    out = bytearray(channels) + bytearray(row)
    for i, byte in enumerate(row):
        out[i + channels] = (byte + (out[i] + above[i]) // 2) & 255
    return bytes(out[channels:])


def _paeth(row, above, channels):
    out = bytearray(channels) + bytearray(row)
    upper = bytes(channels) + above
    for i, byte in enumerate(row):
        left, up, corner = out[i], upper[i + channels], upper[i]
        nearest = min((abs(up - corner), 0, left), (abs(left - corner), 1, up),
                      (abs(left + up - 2 * corner), 2, corner))
        out[i + channels] = (byte + nearest[2]) & 255
    return bytes(out[channels:])


FILTERS = (lambda row, _above, _channels: row, _sub, _up, _average, _paeth)


# ---- checks ----

def views(seen, name, vnc=True):
    """The pictures a session took under that name, by their files."""
    files = (f"{name}.png", f"{name}.ppm", *([f"{name}-vnc.png"] if vnc else []))
    return {file: read(seen.folder / file) for file in files}


def show(name, width, height, vnc=True):
    """A check: screendump, and VNC where it was looked at, show what paint painted, pixel for pixel."""
    def check(seen):
        expected = painted(width, height)
        for file, found in views(seen, name, vnc).items():
            difference = found.difference(expected)
            seen.expect(not difference, f"{file}: {difference}")
    return check


def same_as_stock(*names, bits=8, cell=(0, 0)):
    """A check: the three pictures are those that the distribution's QEMU made, and are not empty.

    bits: so many of each colour are compared. A VGA has six; what becomes of the others is the emulator's choice.
    cell: width and height of a cursor that blinks.
    """
    def check(seen):
        for name in names:
            expected = read(seen.folder / "stock" / f"{name}.ppm")
            seen.expect(expected.colours() > 1, f"stock/{name}.ppm: nothing is to be seen")
            for file, found in views(seen, name).items():
                difference = found.keep(bits).difference(expected.keep(bits), cell)
                seen.expect(not difference, f"{file} and stock's: {difference}")
    return check
