# SPDX-License-Identifier: GPL-2.0-or-later
"""A small VNC client (RFC 6143) that does what tests want, also what no client should."""

import socket
import struct
import time

SECONDS = 10
NONE, VNC_AUTH = 1, 2
RAW, NEW_FB_SIZE, POINTER_MOTION, EXTENDED_KEY, LEDS, EXTENDED_SIZE = 0, -223, -257, -258, -261, -308
SIZES = NEW_FB_SIZE, EXTENDED_SIZE
NO_MOVEMENT = 0x7fff        # to which a client of a relative pointer adds
# 32 bits a pixel, the lowest byte first, which is blue; the fourth is nothing.
PIXEL_FORMAT = struct.pack('>BBBBHHHBBB3x', 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)


class Closed(Exception):
    """The server has closed the connection."""


class Rfb:
    """One connection; the picture is in pixels, 4 bytes each (blue, green, red, 0)."""

    def __init__(self, address, seconds=SECONDS):
        if isinstance(address, str):
            self.sock = socket.socket(socket.AF_UNIX)
        else:
            self.sock = socket.socket(socket.AF_INET)
        self.sock.connect(address)
        self.sock.settimeout(seconds)
        self.width = self.height = 0
        self.pixels = bytearray()
        self.extended_keys = False
        self.absolute = None        # True or False when the server says which kind of pointer the guest has
        self.leds = None            # of the guest's keyboard: 1 scroll lock, 2 num lock, 4 caps lock
        self.layouts = []           # as ExtendedDesktopSize tells them: reason, status, (width, height), screens
        self.name = None

    def close(self):
        self.sock.close()

    # ---- bytes ----

    def send(self, data):
        try:
            self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Closed from error

    def recv(self, count):
        data = b''
        while len(data) < count:
            try:
                part = self.sock.recv(min(count - len(data), 1 << 20))
            except ConnectionResetError as error:
                raise Closed from error
            if not part:
                raise Closed
            data += part
        return data

    def unpack(self, fmt):
        return struct.unpack('>' + fmt, self.recv(struct.calcsize('>' + fmt)))

    def is_closed(self):
        """The server closes the connection within the time; what it sends before does not matter."""
        try:
            while True:
                self.recv(1)
        except Closed:
            return True
        except TimeoutError:
            return False

    # ---- handshake ----

    def version(self, ours=b'RFB 003.008\n'):
        theirs = self.recv(12)
        self.send(ours)
        return theirs

    def security_types(self):
        return list(self.recv(self.unpack('B')[0]))

    def challenge(self):
        self.send(bytes([VNC_AUTH]))
        return self.recv(16)

    def result(self):
        """None, or why we were not let in."""
        if self.unpack('I')[0] == 0:
            return None
        return self.recv(self.unpack('I')[0]).decode()

    def init(self, shared=True):
        self.send(bytes([shared]))
        self.width, self.height, _, length = self.unpack('HH16sI')
        self.name = self.recv(length).decode()
        self.pixels = bytearray(self.width * self.height * 4)

    def connect(self, shared=True, encodings=(RAW, NEW_FB_SIZE)):
        self.version()
        self.security_types()
        self.send(bytes([NONE]))
        self.result()
        self.init(shared)
        self.send(b'\0\0\0\0' + PIXEL_FORMAT)
        self.set_encodings(encodings)
        return self

    # ---- messages ----

    def set_encodings(self, encodings):
        self.send(struct.pack('>BxH', 2, len(encodings)) + b''.join(struct.pack('>i', one) for one in encodings))

    def request(self, incremental=False):
        self.send(struct.pack('>BBHHHH', 3, incremental, 0, 0, self.width, self.height))

    def key(self, symbol, down):
        self.send(struct.pack('>BBxxI', 4, down, symbol))

    def raw_key(self, scan_code, down, symbol=0):
        self.send(struct.pack('>BBHII', 255, 0, down, symbol, scan_code))

    def type(self, text):
        for letter in text:
            self.key(ord(letter), True)
            self.key(ord(letter), False)

    def pointer(self, x, y, buttons=0):
        self.send(struct.pack('>BBHH', 5, buttons, x, y))

    def move(self, dx, dy, buttons=0):
        """For a relative pointer, once the client was told of one."""
        self.pointer(NO_MOVEMENT + dx, NO_MOVEMENT + dy, buttons)

    def set_size(self, width, height, screens=1):
        self.send(struct.pack('>BxHHBx', 251, width, height, screens) +
                  b''.join(struct.pack('>IHHHHI', number, 0, 0, width, height, 0) for number in range(screens)))

    def take_size(self, x, y, size, encoding):
        if encoding == EXTENDED_SIZE:
            screens = [self.unpack('IHHHHI') for _ in range(self.unpack('B3x')[0])]
            self.layouts.append((x, y, size, screens))
        if (self.width, self.height) != size:
            self.width, self.height = size
            self.pixels = bytearray(self.width * self.height * 4)

    def take_rectangle(self):
        x, y, width, height, encoding = self.unpack('HHHHi')
        if encoding == EXTENDED_KEY:
            self.extended_keys = True
        elif encoding == POINTER_MOTION:
            self.absolute = x == 1
        elif encoding == LEDS:
            self.leds = self.unpack('B')[0]
        elif encoding in SIZES:
            self.take_size(x, y, (width, height), encoding)
        elif encoding == RAW:
            rows = self.recv(width * height * 4)
            for row in range(height):
                at = ((y + row) * self.width + x) * 4
                self.pixels[at:at + width * 4] = rows[row * width * 4:(row + 1) * width * 4]
        else:
            raise ValueError(f'encoding {encoding} was not asked for')
        return x, y, width, height, encoding

    def update(self):
        """Read messages up to an update; its rectangles."""
        while True:
            kind = self.unpack('B')[0]
            if kind == 0:
                return [self.take_rectangle() for _ in range(self.unpack('xH')[0])]
            if kind == 3:
                self.recv(self.unpack('3xI')[0])
            elif kind != 2:
                raise ValueError(f'message {kind}')

    def look(self):
        """All of the picture, as it is now."""
        self.request()
        while True:
            size = self.width, self.height
            encodings = {encoding for *_, encoding in self.update()}
            if RAW in encodings:
                return self.pixels
            if NEW_FB_SIZE in encodings or size != (self.width, self.height):   # perhaps back to what it was
                self.request()

    def wait_for_size(self, width, height):
        """Until the picture has that size."""
        self.request(incremental=True)
        while (self.width, self.height) != (width, height):
            self.update()
            self.request(incremental=True)

    def ping(self):
        """Seconds until the server answers."""
        begun = time.monotonic()
        self.look()
        return time.monotonic() - begun
