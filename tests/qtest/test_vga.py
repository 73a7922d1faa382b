# SPDX-License-Identifier: GPL-2.0-or-later
"""Emulated displays: registers, how bytes reach the planes, and the pictures of VGA modes, taken by screendump."""

import random

import rfb
from case import PC, case, expect, expect_equal, start
from chipset import Pci
from qtest import scratch_path
from vga import (ATTRIBUTE, CRTC, DAC_DATA, DAC_READ, DAC_WRITE, GRAPHICS, MISC, SEQUENCER, STATUS, TEXT_WINDOW, WINDOW,
                 Vga, color, fill_planes)

VGA = PC + ' -device VGA,addr=2'
SECONDARY = PC + ' -device secondary-vga,addr=2'
MIB = 1 << 20

# ---- what it is ----

DISPLAYS = {'VGA': ('VGA', 0x030000), 'secondary-vga': ('secondary-vga', 0x038000),
            'bochs-display': ('bochs-display', 0x038000)}


@case(args=None, each=DISPLAYS)
def identity(row):
    name, class_code = row
    with start(f'{PC} -device {name},addr=2') as m:
        device = Pci(m).device(2)
        expect_equal(device.read32(0), 0x11111234)
        expect_equal(device.read32(8), class_code << 8 | 2)
        expect_equal(device.read32(0x2c), 0x11001af4)
        expect_equal(device.bar(0).size, 16 * MIB)
        expect_equal(device.bar(2).size, 0x1000)
        expect_equal(device.read32(0x10) & 0xf, 8)


@case(PC + ' -device VGA,addr=2,vgamem_mb=12')
def memory_is_a_power_of_two(m):
    expect_equal(Pci(m).device(2).bar(0).size, 16 * MIB)


@case(VGA, ours='stock answers at A0000 whatever the command register says')
def legacy_addresses_follow_the_command_register(m):
    vga = Vga(m)
    m.outb(MISC, 0x63)
    expect_equal(m.inb(0x3cc), 0x63)
    vga.set_mode('320x200, 256 colors')
    m.writeb(WINDOW, 0x42)
    vga.device.write16(4, 1)
    m.writeb(WINDOW, 0x43)
    vga.device.enable()
    expect_equal(m.readb(WINDOW), 0x42)
    vga.device.write16(4, 2)
    expect_equal(m.inb(0x3cc), 0xff)


@case(SECONDARY)
def a_secondary_display_is_not_at_legacy_addresses(m):
    vga = Vga(m)
    expect_equal(m.inb(0x3cc), 0xff)
    m.writeb(vga.registers + 0x402, 0x63)
    expect_equal(m.readb(vga.registers + 0x40c), 0x63)

# ---- registers ----


REGISTERS = {
    'sequencer': (SEQUENCER, {1: 0x3d, 2: 0x0f, 3: 0x3f, 4: 0x0e}),
    'graphics controller': (GRAPHICS, {0: 0x0f, 1: 0x0f, 2: 0x0f, 3: 0x1f, 4: 0x03, 5: 0x7b, 6: 0x0f, 7: 0x0f, 8: 0xff}),
    'CRTC': (CRTC, {0: 0xff, 7: 0xff, 9: 0xff, 0x0c: 0xff, 0x13: 0xff, 0x18: 0xff}),
}


@case(VGA, each=REGISTERS)
def registers_hold_the_bits_they_have(m, row):
    port, registers = row
    vga = Vga(m)
    m.outb(MISC, 0x67)
    for index, bits in registers.items():
        for value in (0xff, 0x55, 0xaa, 0):
            vga.set(port, index, value)
            expect_equal(vga.get(port, index), value & bits, f'register {index:#x} of {port:#x}')


@case(VGA)
def attributes_share_a_port_with_their_index(m):
    vga = Vga(m)
    m.outb(MISC, 0x67)
    for index in range(16):
        vga.set_attribute(index, index ^ 0x3f)
    for index in range(16):
        expect_equal(vga.get_attribute(index), index ^ 0x3f)


@case(VGA)
def the_crtc_is_where_the_misc_register_says(m):
    vga = Vga(m)
    m.outb(MISC, 0x66)
    vga.set(0x3b4, 0x0c, 0x12)
    expect_equal(vga.get(0x3b4, 0x0c), 0x12)
    expect_equal(m.inb(0x3d5), 0xff)
    m.outb(MISC, 0x67)
    expect_equal(vga.get(0x3d4, 0x0c), 0x12)
    expect_equal(m.inb(0x3b5), 0xff)


@case(VGA)
def crtc_timings_can_be_protected(m):
    vga = Vga(m)
    m.outb(MISC, 0x67)
    for index in range(8):
        vga.set(CRTC, index, 0x40 + index)
    vga.set(CRTC, 0x11, 0x80)
    for index in range(8):
        vga.set(CRTC, index, 0xff)
    expect_equal([vga.get(CRTC, index) for index in range(8)], [*range(0x40, 0x47), 0x57])


@case(VGA)
def the_dac_counts_colors_up(m):
    vga = Vga(m)
    vga.set_colors()
    m.outb(DAC_READ, 0xff)
    expect_equal([m.inb(DAC_DATA) for _ in range(6)], [*color(255), *color(0)])
    expect_equal(m.inb(0x3c7), 3)
    m.outb(DAC_WRITE, 1)
    expect_equal(m.inb(0x3c7), 0)


@case(VGA)
def the_retrace_comes_and_goes(m):
    Vga(m)
    m.outb(MISC, 0x67)
    seen = set()
    for _ in range(449):
        m.clock_step(31778)
        seen.add(m.inb(STATUS) & 8)
    expect_equal(seen, {0, 8})

# ---- memory ----


def expect_planes(vga, offset, planes, what):
    vga.set(GRAPHICS, 5, 0)
    for plane, value in enumerate(planes):
        vga.set(GRAPHICS, 4, plane)
        expect_equal(vga.m.readb(WINDOW + offset), value, f'plane {plane} {what}')


def rotated(value, count):
    return (value >> count | value << (8 - count)) & 0xff


class Planes:
    """The graphics controller, in words of its reference: what a write makes of four planes and their latches."""

    def __init__(self, seed):
        chance = random.Random(seed)
        self.old = [chance.randrange(256) for _ in range(4)]
        self.latches = [chance.randrange(256) for _ in range(4)]
        self.set_reset, self.enabled, self.planes = (chance.randrange(16) for _ in range(3))
        self.rotate, self.function, self.mode = chance.randrange(8), chance.randrange(4), seed % 4
        self.mask, self.value = chance.randrange(256), chance.randrange(256)

    def data(self, plane):
        solid = 0xff if self.set_reset >> plane & 1 else 0
        if self.mode == 0:
            return solid if self.enabled >> plane & 1 else rotated(self.value, self.rotate)
        return solid if self.mode == 3 else 0xff if self.value >> plane & 1 else 0

    def written(self, plane):
        latch = self.latches[plane]
        if not self.planes >> plane & 1:
            return self.old[plane]
        if self.mode == 1:
            return latch
        data = self.data(plane)
        data = (data, data & latch, data | latch, data ^ latch)[self.function]
        mask = self.mask & (rotated(self.value, self.rotate) if self.mode == 3 else 0xff)
        return data & mask | latch & ~mask

    def apply(self, vga):
        vga.set_mode('640x480, 16 colors', colors=False)
        vga.write_planes(0, self.old)
        vga.write_planes(1, self.latches)
        vga.m.readb(WINDOW + 1)
        for index, value in ((0, self.set_reset), (1, self.enabled), (3, self.function << 3 | self.rotate),
                             (5, self.mode), (8, self.mask)):
            vga.set(GRAPHICS, index, value)
        vga.set(SEQUENCER, 2, self.planes)
        vga.m.writeb(WINDOW, self.value)


@case(VGA)
def writes_go_through_the_graphics_controller(m):
    vga = Vga(m)
    for seed in range(40):
        planes = Planes(seed)
        planes.apply(vga)
        expect_planes(vga, 0, [planes.written(plane) for plane in range(4)], f'of seed {seed}, mode {planes.mode}')


@case(VGA)
def read_mode_1_compares_colors(m):
    vga = Vga(m)
    vga.set_mode('640x480, 16 colors')
    planes = [0b11110000, 0b11001100, 0b10101010, 0b00001111]
    vga.write_planes(0, planes)
    vga.set(GRAPHICS, 5, 8)
    for wanted in range(16):
        for care in (0xf, 0x5, 0x0):
            vga.set(GRAPHICS, 2, wanted)
            vga.set(GRAPHICS, 7, care)
            equal = [all((planes[p] >> bit & 1) == (wanted >> p & 1) for p in range(4) if care >> p & 1)
                     for bit in range(8)]
            expect_equal(m.readb(WINDOW), sum(1 << bit for bit in range(8) if equal[bit]))


@case(VGA, ours='stock keeps odd and even bytes elsewhere in the planes')
def odd_addresses_of_text_are_another_plane(m):
    vga = Vga(m)
    vga.set_mode('text 80x25')
    m.write(TEXT_WINDOW, b'\x11\x22\x33\x44')
    expect_equal(m.read(TEXT_WINDOW, 4), b'\x11\x22\x33\x44')
    vga.set(SEQUENCER, 4, 6)
    vga.set(GRAPHICS, 6, 4)
    expect_planes(vga, 0, [0x11, 0x22], 'of the first character')
    expect_planes(vga, 2, [0x33, 0x44], 'of the second')


WINDOWS = {'128K': (0, 0xa0000, 0xbffff), '64K': (1, 0xa0000, 0xaffff), 'monochrome text': (2, 0xb0000, 0xb7fff),
           'color text': (3, 0xb8000, 0xbffff)}


@case(VGA, each=WINDOWS)
def the_window_is_where_the_misc_register_says(m, row):
    code, first, last = row
    vga = Vga(m)
    vga.set_mode('640x480, 16 colors')
    vga.set(GRAPHICS, 6, code << 2 | 1)
    m.writeb(first, 0x5a)
    expect_equal(m.readb(first), 0x5a)
    outside = [address for address in (0xa0000, 0xb0000, 0xb8000, 0xbffff) if not first <= address <= last]
    expect_equal([m.readb(address) for address in outside], [0xff] * len(outside))

# ---- pictures of VGA modes ----


@case(VGA)
def text(m):
    vga = Vga(m)
    vga.set_mode('text 80x25')
    rows = [0b10000001] + [0b01000010] * 14 + [0b11111111]
    for character in (0x00, 0x41, 0xc4):
        vga.load_glyph(character, [0] * 16 if character == 0 else rows)
    m.memset(TEXT_WINDOW, 4000, 0)
    vga.put_text(0, 0x41, 0x1e)
    vga.put_text(81, 0xc4, 0x47)
    picture = vga.picture()
    expect_equal(picture.size, (720, 400))
    one, two = color(0x1), color(0xe)
    dots = [[picture.dac_at(x, y) for x in range(9)] for y in (0, 1, 15)]
    expect_equal(dots[0], [two, *[one] * 6, two, one])
    expect_equal(dots[1], [one, two, *[one] * 4, two, one, one])
    expect_equal(dots[2], [*[two] * 8, one])
    expect_equal([picture.dac_at(x, 16) for x in range(9, 18)], [color(7), *[color(4)] * 6, color(7), color(7)])
    expect_equal(picture.dac_at(100, 100), color(0))


@case(VGA, ours='stock does not blink by the guest\'s clock')
def the_cursor_blinks(m):
    vga = Vga(m)
    vga.set_mode('text 80x25')
    m.memset(TEXT_WINDOW, 4000, 0)
    vga.put_text(81, 0, 0x0c)
    for index, value in ((0x0a, 13), (0x0b, 14), (0x0e, 0), (0x0f, 81)):
        vga.set(CRTC, index, value)
    shapes = set()
    for _ in range(4):
        picture = vga.picture()
        lit = tuple(y for y in range(16, 32) if picture.dac_at(9, y) == color(0xc))
        expect(all(picture.dac_at(17, y) == color(0xc) for y in lit), 'the cursor is nine dots wide')
        shapes.add(lit)
        m.clock_step(8 * 10 ** 9 // 70)
    expect_equal(shapes, {(), (29, 30)})


@case(None, ours='stock does not blink by the guest\'s clock')
def who_watches_is_sent_what_blinks():
    """A cursor, and a character that blinks half as often, each with what is beside it; nothing else."""
    path = scratch_path('.vnc')
    with start(f'{VGA} -vnc unix:{path}') as m:
        vga, client = Vga(m), rfb.Rfb(path).connect()
        vga.set_mode('text 80x25')
        m.memset(TEXT_WINDOW, 4000, 0)
        vga.put_text(81, 0, 0x0c)
        vga.load_glyph(0x42, [0xff] * 16)
        vga.put_text(20 * 80, 0x42, 0x87)
        vga.set_attribute(0x10, 0x08)
        for index, value in ((0x0a, 0), (0x0b, 15), (0x0e, 0), (0x0f, 81)):
            vga.set(CRTC, index, value)
        wanted = vga.picture().size     # and drawn, now
        while (client.width, client.height) != wanted:
            client.request()
            client.update()
        client.look()
        for _ in range(4):
            before = lit(client)
            m.clock_step(8 * 10 ** 9 // 70)
            client.request(incremental=True)
            changed = {y // 16 for _, y, *_ in client.update()}
            expect_equal(changed, {row for row, was, now in zip((1, 20), before, lit(client)) if was != now})
            expect(1 in changed, 'the cursor has not blinked')
        client.close()


def lit(client):
    """Is the cursor to be seen, and the character?"""
    return [any(client.pixels[(y * client.width + x) * 4:][:3]) for x, y in ((9, 24), (0, 328))]


@case(VGA)
def attributes_are_colors_by_palette_and_planes(m):
    vga = Vga(m)
    vga.set_mode('text 80x25')
    m.memset(TEXT_WINDOW, 4000, 0)
    vga.load_glyph(0x42, [0xff] * 16)
    vga.load_glyph(0, [0] * 16)
    vga.put_text(0, 0x42, 0x0b)
    vga.set_attribute(0x0b, 0x2d)
    expect_equal(vga.picture().dac_at(0, 0), color(0x2d))
    vga.set_attribute(0x14, 0x08)
    expect_equal(vga.picture().dac_at(0, 0), color(0xad))


@case(VGA, ours='stock has all planes of text')
def planes_that_are_not_enabled_have_no_part_in_colors(m):
    vga = Vga(m)
    vga.set_mode('text 80x25')
    m.memset(TEXT_WINDOW, 4000, 0)
    vga.load_glyph(0x42, [0xff] * 16)
    vga.put_text(0, 0x42, 0x0b)
    vga.set_attribute(0x12, 0x07)
    expect_equal(vga.picture().dac_at(0, 0), color(0x03))


@case(VGA)
def four_colors_interlaced(m):
    vga = Vga(m)
    vga.set_mode('320x200, 4 colors')
    m.memset(TEXT_WINDOW, 0x4000, 0)
    m.writeb(TEXT_WINDOW + 1, 0b00011011)
    m.writeb(TEXT_WINDOW + 0x2000, 0b11100100)
    m.writeb(TEXT_WINDOW + 80, 0b01010101)
    picture = vga.picture()
    expect_equal(picture.size, (640, 400))
    expect_equal([picture.dac_at(2 * x, 0) for x in range(4, 8)], [color(n) for n in (0, 1, 2, 3)])
    expect_equal([picture.dac_at(2 * x, 2) for x in range(4)], [color(n) for n in (3, 2, 1, 0)])
    expect_equal([picture.dac_at(2 * x, 4) for x in range(4)], [color(1)] * 4)


@case(VGA)
def two_colors_interlaced(m):
    vga = Vga(m)
    vga.set_mode('640x200, 2 colors')
    m.memset(TEXT_WINDOW, 0x4000, 0)
    m.writeb(TEXT_WINDOW + 1, 0b10000001)
    m.writeb(TEXT_WINDOW + 0x2000, 0b01000000)
    picture = vga.picture()
    expect_equal(picture.size, (640, 400))
    expect_equal([picture.dac_at(x, 0) for x in range(8, 16)], [color(1), *[color(0)] * 6, color(1)])
    expect_equal([picture.dac_at(x, 2) for x in range(3)], [color(0), color(1), color(0)])


# mode, bytes of a line, picture, dots of the picture a pixel has
PLANAR = {'320x200': ('320x200, 16 colors', 40, (640, 400), 2), '640x480': ('640x480, 16 colors', 80, (640, 480), 1)}


@case(VGA, each=PLANAR)
def sixteen_colors(m, row):
    mode, pitch, size, dots = row
    vga = Vga(m)
    vga.set_mode(mode)
    fill_planes(vga, pitch * size[1] // dots)
    vga.write_planes(pitch * 3 + 2, [0b10101010, 0b11001100, 0b11110000, 0b11111111])
    picture = vga.picture()
    expect_equal(picture.size, size)
    expect_equal([picture.dac_at(x * dots, 3 * dots) for x in range(16, 24)], [color(n) for n in range(15, 7, -1)])
    expect_equal(picture.dac_at(24 * dots, 3 * dots), color(0))


def scrolled(m):
    """Of two points of light the second is at the left of the first line; nearly: it is one character away."""
    vga = Vga(m)
    vga.set_mode('640x480, 16 colors')
    fill_planes(vga, 0x10000 - 1)
    vga.write_planes(0, [0x80, 0, 0, 0])
    vga.write_planes(80 * 10 + 1, [0, 0x80, 0, 0])
    vga.set(CRTC, 0x0c, 80 * 10 >> 8)
    vga.set(CRTC, 0x0d, 80 * 10 & 0xff)
    return vga


@case(VGA)
def the_picture_scrolls(m):
    expect_equal(scrolled(m).picture().dac_at(8, 0), color(2))


@case(VGA, ours='stock does not pan')
def the_picture_pans(m):
    vga = scrolled(m)
    vga.set_attribute(0x13, 3)
    expect_equal(vga.picture().dac_at(5, 0), color(2))


@case(VGA)
def the_picture_splits(m):
    vga = scrolled(m)
    vga.set(CRTC, 0x18, 99)
    vga.set(CRTC, 0x07, 0x2e)
    vga.set(CRTC, 0x09, 0x00)
    picture = vga.picture()
    expect_equal([picture.dac_at(8, 0), picture.dac_at(0, 100)], [color(2), color(1)])


@case(VGA)
def two_hundred_and_fifty_six_colors(m):
    vga = Vga(m)
    vga.set_mode('320x200, 256 colors')
    m.write(WINDOW, bytes(range(256)))
    m.write(WINDOW + 320 * 199, bytes(range(255, -1, -1)))
    picture = vga.picture()
    expect_equal(picture.size, (640, 400))
    expect_equal([picture.dac_at(x // 2, 0) for x in range(0, 1024, 4)], [color(n) for n in range(256)])
    expect_equal([picture.dac_at(2 * x + 1, 399) for x in range(256)], [color(n) for n in range(255, -1, -1)])


@case(VGA)
def unchained_planes_of_bytes(m):
    """Mode X: every fourth pixel is of one plane."""
    vga = Vga(m)
    vga.set_mode('320x200, 256 colors')
    vga.set(SEQUENCER, 4, 6)
    vga.set(CRTC, 0x14, 0)
    vga.set(CRTC, 0x17, 0xe3)
    vga.write_planes(80 + 1, [10, 20, 30, 40])
    expect_equal([vga.picture().dac_at(2 * x, 2) for x in range(4, 8)], [color(n) for n in (10, 20, 30, 40)])


@case(VGA, ours='stock goes on showing the last picture')
def a_screen_that_is_off_is_black(m):
    vga = Vga(m)
    vga.set_mode('320x200, 256 colors')
    m.writeb(WINDOW, 9)
    expect_equal(vga.picture().dac_at(0, 0), color(9))
    vga.set(SEQUENCER, 1, 0x21)
    expect_equal(vga.picture().at(0, 0), (0, 0, 0))
