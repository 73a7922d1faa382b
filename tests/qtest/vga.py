# SPDX-License-Identifier: GPL-2.0-or-later
"""A VGA as its drivers see it: ports, modes, video memory; and the picture that a screendump shows."""

import pictures
from chipset import COMMAND_IO, COMMAND_MEMORY, Pci

SEQUENCER, GRAPHICS, CRTC = 0x3c4, 0x3ce, 0x3d4
ATTRIBUTE, ATTRIBUTE_READ, MISC, STATUS = 0x3c0, 0x3c1, 0x3c2, 0x3da
DAC_READ, DAC_WRITE, DAC_DATA = 0x3c7, 0x3c8, 0x3c9
WINDOW, TEXT_WINDOW = 0xa0000, 0xb8000
DISPI_INDEX, DISPI_DATA = 0x1ce, 0x1cf
(DISPI_ID, XRES, YRES, BPP, ENABLE, BANK, VIRT_WIDTH, VIRT_HEIGHT, X_OFFSET, Y_OFFSET, MEMORY_64K) = range(11)
ENABLED, GETCAPS, DAC_8_BIT, LFB, NOCLEARMEM = 0x01, 0x02, 0x20, 0x40, 0x80

# The register values of the BIOS's modes: IBM's VGA reference, "BIOS modes". CRTC from 00 on, attributes from 00.
EGA_COLORS = [0, 1, 2, 3, 4, 5, 0x14, 7, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f]
LINES_400 = [0xbf, 0x1f, 0x00]
MODES = {
    'text 80x25': dict(
        misc=0x67, sequencer=[3, 0, 3, 0, 2],
        crtc=[0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, *LINES_400, 0x4f, 0x20, 0, 0, 0, 0, 0,
              0x9c, 0x8e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff],
        graphics=[0, 0, 0, 0, 0, 0x10, 0x0e, 0, 0xff], attribute=[*range(16), 0x04, 0, 0x0f, 0x08, 0]),
    '320x200, 4 colors': dict(
        misc=0x63, sequencer=[3, 9, 3, 0, 2],
        crtc=[0x2d, 0x27, 0x28, 0x90, 0x2b, 0x80, *LINES_400, 0xc1, 0, 0, 0, 0, 0, 0,
              0x9c, 0x8e, 0x8f, 0x14, 0x00, 0x96, 0xb9, 0xa2, 0xff],
        graphics=[0, 0, 0, 0, 0, 0x30, 0x0f, 0, 0xff], attribute=[*range(16), 0x01, 0, 0x03, 0, 0]),
    '640x200, 2 colors': dict(
        misc=0x63, sequencer=[3, 1, 1, 0, 6],
        crtc=[0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, *LINES_400, 0xc1, 0, 0, 0, 0, 0, 0,
              0x9c, 0x8e, 0x8f, 0x28, 0x00, 0x96, 0xb9, 0xc2, 0xff],
        graphics=[0, 0, 0, 0, 0, 0, 0x0d, 0, 0xff], attribute=[*range(16), 0x01, 0, 0x01, 0, 0]),
    '320x200, 16 colors': dict(
        misc=0x63, sequencer=[3, 9, 0x0f, 0, 6],
        crtc=[0x2d, 0x27, 0x28, 0x90, 0x2b, 0x80, *LINES_400, 0xc0, 0, 0, 0, 0, 0, 0,
              0x9c, 0x8e, 0x8f, 0x14, 0x00, 0x96, 0xb9, 0xe3, 0xff],
        graphics=[0, 0, 0, 0, 0, 0, 0x05, 0x0f, 0xff], attribute=[*range(16), 0x01, 0, 0x0f, 0, 0]),
    '640x480, 16 colors': dict(
        misc=0xe3, sequencer=[3, 1, 0x0f, 0, 6],
        crtc=[0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0x0b, 0x3e, 0x00, 0x40, 0, 0, 0, 0, 0, 0,
              0xea, 0x8c, 0xdf, 0x28, 0x00, 0xe7, 0x04, 0xe3, 0xff],
        graphics=[0, 0, 0, 0, 0, 0, 0x05, 0x0f, 0xff], attribute=[*range(16), 0x01, 0, 0x0f, 0, 0]),
    '320x200, 256 colors': dict(
        misc=0x63, sequencer=[3, 1, 0x0f, 0, 0x0e],
        crtc=[0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, *LINES_400, 0x41, 0, 0, 0, 0, 0, 0,
              0x9c, 0x8e, 0x8f, 0x28, 0x40, 0x96, 0xb9, 0xa3, 0xff],
        graphics=[0, 0, 0, 0, 0, 0x40, 0x05, 0x0f, 0xff], attribute=[*range(16), 0x41, 0, 0x0f, 0, 0]),
}


def color(index):
    """What set_colors() gives index: red, green, blue of six bits. Each index has its own."""
    return index & 0x0f, index >> 2 & 0x3f, index * 5 & 0x3f


class Picture(pictures.Seen):
    """As a DAC has it, too."""

    def dac_at(self, x, y):
        """As the DAC has it: six bits of each part."""
        return tuple(part >> 2 for part in self.at(x, y))

    def line(self, y, count, x=0):
        return [self.at(x + n, y) for n in range(count)]


class Vga:
    """The display in slot 2 of a machine, decoding."""

    def __init__(self, machine, slot=2):
        self.m = machine
        self.device = Pci(machine).device(slot)
        self.memory = self.device.bar(0).map()
        self.registers = self.device.bar(2).map()
        self.device.enable(COMMAND_IO | COMMAND_MEMORY)
        self.switch_on()

    def switch_on(self):
        """By the registers in memory: not every display has legacy addresses."""
        self.m.writeb(self.registers + 0x402, 1)
        self.m.readb(self.registers + 0x41a)
        self.m.writeb(self.registers + 0x400, 0x20)
        self.m.readb(self.registers + 0x41a)

    # ---- registers ----

    def set(self, port, index, value):
        self.m.outw(port, value << 8 | index)

    def get(self, port, index):
        self.m.outb(port, index)
        return self.m.inb(port + 1)

    def set_attribute(self, index, value):
        self.m.inb(STATUS)
        self.m.outb(ATTRIBUTE, index)
        self.m.outb(ATTRIBUTE, value)
        self.m.outb(ATTRIBUTE, 0x20)

    def get_attribute(self, index):
        self.m.inb(STATUS)
        self.m.outb(ATTRIBUTE, index)
        value = self.m.inb(ATTRIBUTE_READ)
        self.m.inb(STATUS)
        self.m.outb(ATTRIBUTE, 0x20)
        return value

    def set_colors(self, colors=None):
        self.m.outb(0x3c6, 0xff)
        self.m.outb(DAC_WRITE, 0)
        for part in (part for index in range(256) for part in (colors or color)(index)):
            self.m.outb(DAC_DATA, part)

    def set_mode(self, name, colors=True):
        mode = MODES[name]
        self.m.outb(MISC, mode['misc'])
        for index, value in enumerate(mode['sequencer']):
            self.set(SEQUENCER, index, value)
        self.set(CRTC, 0x11, 0)
        for index, value in enumerate(mode['crtc']):
            self.set(CRTC, index, value)
        for index, value in enumerate(mode['graphics']):
            self.set(GRAPHICS, index, value)
        for index, value in enumerate(mode['attribute']):
            self.set_attribute(index, value)
        if colors:
            self.set_colors()

    # ---- DISPI ----

    def dispi(self, index, value=None):
        self.m.outw(DISPI_INDEX, index)
        if value is None:
            return self.m.inw(DISPI_DATA)
        return self.m.outw(DISPI_DATA, value)

    def set_dispi_mode(self, width, height, bpp, flags=LFB):
        for index, value in ((ENABLE, 0), (XRES, width), (YRES, height), (BPP, bpp), (ENABLE, ENABLED | flags)):
            self.dispi(index, value)

    # ---- memory ----

    def write_planes(self, offset, planes):
        """A byte of each plane, in a mode that is not chained."""
        for plane, value in enumerate(planes):
            self.set(SEQUENCER, 2, 1 << plane)
            self.m.writeb(WINDOW + offset, value)
        self.set(SEQUENCER, 2, 0x0f)

    def load_glyph(self, character, rows):
        """As a BIOS does: plane 2 alone, at A0000; then back to text."""
        self.set(SEQUENCER, 2, 4)
        self.set(SEQUENCER, 4, 6)
        self.set(GRAPHICS, 5, 0)
        self.set(GRAPHICS, 6, 4)
        self.m.write(WINDOW + 32 * character, bytes(rows))
        self.set(SEQUENCER, 2, 3)
        self.set(SEQUENCER, 4, 2)
        self.set(GRAPHICS, 5, 0x10)
        self.set(GRAPHICS, 6, 0x0e)

    def put_text(self, place, character, attribute):
        self.m.write(TEXT_WINDOW + 2 * place, bytes([character, attribute]))

    # ---- the picture ----

    def picture(self, **more):
        seen = pictures.screendump(self.m, **more)
        return Picture(*seen.size, seen.pixels)


def fill_planes(vga, length):
    """All four planes with zeros."""
    vga.set(SEQUENCER, 2, 0x0f)
    vga.m.memset(WINDOW, length, 0)
