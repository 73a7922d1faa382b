# SPDX-License-Identifier: GPL-2.0-or-later
"""A VNC client that counts what it is sent and looks at none of it."""

import os
import select
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'qtest'))
import rfb

ZLIB, TIGHT, ZRLE = 6, 7, 16
ENCODINGS = {'raw': rfb.RAW, 'zlib': ZLIB, 'tight': TIGHT, 'ZRLE': ZRLE}
PIXEL = 4               # bytes; of rfb.PIXEL_FORMAT
BUFFER = 1 << 20

# Tight (rfbproto, "Tight Encoding"): a pixel of 32 bits with colours of 8 bits is sent as three bytes.
TIGHT_PIXEL = 3
FILL, JPEG = 8, 9       # of the compression control byte, high half
EXPLICIT_FILTER = 4
COPY, PALETTE, GRADIENT = 0, 1, 2
UNCOMPRESSED = 12       # bytes: fewer are sent as they are


class Viewer(rfb.Rfb):
    """Counts updates, bytes, and pixels that have come."""

    def __init__(self, path, encoding):
        super().__init__(path, seconds=60)
        self.updates = self.bytes = self.area = 0
        self.buffer = bytearray(BUFFER)
        self.connect(encodings=(ENCODINGS[encoding], rfb.NEW_FB_SIZE))

    def recv(self, count):
        self.bytes += count
        return super().recv(count)

    def drain(self, count):
        self.bytes += count
        while count:
            done = self.sock.recv_into(self.buffer, min(count, BUFFER), socket.MSG_WAITALL)
            if not done:
                raise rfb.Closed
            count -= done

    # ---- rectangles ----

    def compact_length(self):
        """Seven bits a byte, the lowest first."""
        value = shift = 0
        while shift < 21:
            byte = self.recv(1)[0]
            value |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                break
        return value

    def tight_size(self, control, width, height):
        """Bytes of pixels a basic rectangle has before they are compressed."""
        which = self.recv(1)[0] if control & EXPLICIT_FILTER else COPY
        if which != PALETTE:
            return width * height * TIGHT_PIXEL
        colours = self.recv(1)[0] + 1
        self.drain(colours * TIGHT_PIXEL)
        return (width + 7) // 8 * height if colours == 2 else width * height

    def drain_tight(self, width, height):
        control = self.recv(1)[0] >> 4
        if control == FILL:
            self.drain(TIGHT_PIXEL)
        elif control == JPEG:
            self.drain(self.compact_length())
        else:
            size = self.tight_size(control, width, height)
            self.drain(size if size < UNCOMPRESSED else self.compact_length())

    def take_rectangle(self):
        x, y, width, height, encoding = self.unpack('HHHHi')
        if encoding == rfb.NEW_FB_SIZE:
            self.width, self.height = width, height
            return x, y, width, height, encoding
        self.area += width * height
        if encoding == rfb.RAW:
            self.drain(width * height * PIXEL)
        elif encoding == TIGHT:
            self.drain_tight(width, height)
        elif encoding in (ZLIB, ZRLE):
            self.drain(self.unpack('I')[0])
        else:
            raise ValueError(f'encoding {encoding} was not asked for')
        return x, y, width, height, encoding

    # ---- looking ----

    def watch(self, seconds):
        """Ask for what changes, as fast as it comes, for about so long; a request has been left open, and is."""
        self.updates = self.bytes = self.area = 0
        end = time.monotonic() + seconds
        while select.select([self.sock], [], [], max(end - time.monotonic(), 0))[0]:
            self.update()
            self.updates += 1
            self.request(incremental=True)
            if time.monotonic() >= end:
                break

    def settle(self, seconds):
        """Look at all of it once, and then as long at what changes."""
        self.request()
        self.watch(seconds)
