# SPDX-License-Identifier: GPL-2.0-or-later
"""Displays that speak DISPI: modes, their limits, and pictures of pixels in video memory, taken by screendump."""

from case import PC, case, expect_equal, start
from vga import (BANK, BPP, DAC_8_BIT, DISPI_ID, ENABLE, ENABLED, GETCAPS, GRAPHICS, LFB, MEMORY_64K, NOCLEARMEM,
                 VIRT_HEIGHT, VIRT_WIDTH, WINDOW, X_OFFSET, XRES, Y_OFFSET, YRES, Vga, color, fill_planes)

VGA = PC + ' -device VGA,addr=2'
SECONDARY = PC + ' -device secondary-vga,addr=2'
BOCHS = PC + ' -device bochs-display,addr=2'

@case(VGA)
def dispi_names_its_version(m):
    vga = Vga(m)
    expect_equal(vga.dispi(DISPI_ID), 0xb0c5)
    for version in range(0xb0c0, 0xb0c6):
        vga.dispi(DISPI_ID, version)
        expect_equal(vga.dispi(DISPI_ID), version)
    vga.dispi(DISPI_ID, 0xb0c6)
    expect_equal(vga.dispi(DISPI_ID), 0xb0c5)
    expect_equal(vga.dispi(MEMORY_64K), 256)
    expect_equal(vga.dispi(11), 0)


@case(VGA)
def dispi_tells_its_limits(m):
    vga = Vga(m)
    vga.dispi(ENABLE, GETCAPS)
    expect_equal([vga.dispi(index) for index in (XRES, YRES, BPP)], [16000, 12000, 32])
    vga.dispi(ENABLE, 0)
    expect_equal([vga.dispi(index) for index in (XRES, YRES, BPP)], [0, 0, 0])


# width, height, bpp; what the registers say then
CUTS = {
    'as it is': ((1024, 768, 32), {XRES: 1024, YRES: 768, VIRT_WIDTH: 1024, VIRT_HEIGHT: 4096}),
    'columns of eight': ((801, 600, 24), {XRES: 800, VIRT_WIDTH: 800, VIRT_HEIGHT: 6990}),
    'no more than there is memory': ((2048, 4096, 32), {XRES: 2048, YRES: 2048, VIRT_HEIGHT: 2048}),
    'four planes': ((800, 600, 4), {VIRT_WIDTH: 800, VIRT_HEIGHT: 41943}),
}


@case(VGA, each=CUTS)
def dispi_modes_are_cut_to_what_can_be(m, row):
    mode, wanted = row
    vga = Vga(m)
    vga.set_dispi_mode(*mode)
    expect_equal({index: vga.dispi(index) for index in wanted}, wanted)


@case(VGA)
def dispi_offsets_stay_in_memory(m):
    vga = Vga(m)
    vga.set_dispi_mode(800, 600, 32)
    vga.dispi(VIRT_WIDTH, 1024)
    vga.dispi(Y_OFFSET, 10)
    vga.dispi(X_OFFSET, 100)
    expect_equal([vga.dispi(index) for index in (VIRT_WIDTH, X_OFFSET, Y_OFFSET)], [1024, 100, 10])
    vga.dispi(Y_OFFSET, 60000)
    expect_equal([vga.dispi(index) for index in (X_OFFSET, Y_OFFSET)], [100, 0])
    vga.dispi(VIRT_WIDTH, 512)
    expect_equal(vga.dispi(VIRT_WIDTH), 800)


def packed(bits):
    """Pixels as bytes, for red, green and blue of eight bits."""
    return {
        15: lambda r, g, b: (r >> 3 << 10 | g >> 3 << 5 | b >> 3).to_bytes(2, 'little'),
        16: lambda r, g, b: (r >> 3 << 11 | g >> 2 << 5 | b >> 3).to_bytes(2, 'little'),
        24: lambda r, g, b: bytes([b, g, r]),
        32: lambda r, g, b: bytes([b, g, r, 0xa5]),
    }[bits]


COLORS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (0x84, 0x82, 0x42), (0x18, 0xfb, 0xe7)]
EXACT = {15: [], 16: [slice(0, 5)], 24: [slice(0, 7)], 32: [slice(0, 7)]}


@case(VGA, each={f'{bits} bits': bits for bits in (15, 16, 24, 32)})
def linear_pixels(m, bits):
    vga = Vga(m)
    vga.set_dispi_mode(640, 480, bits)
    pixels = b''.join(packed(bits)(*one) for one in COLORS)
    bytes_each = (bits + 7) // 8
    m.write(vga.memory + bytes_each * (640 * 5 + 7), pixels)
    m.write(vga.memory + bytes_each * (640 * 480 - len(COLORS)), pixels)
    picture = vga.picture()
    expect_equal(picture.size, (640, 480))
    for x, y in ((7, 5), (640 - len(COLORS), 479)):
        seen = picture.line(y, len(COLORS), x)
        for one, wanted in zip(seen, COLORS):
            expect_equal([part >> 3 for part in one], [part >> 3 for part in wanted])
        expect_equal([seen[part] for part in EXACT[bits]], [COLORS[part] for part in EXACT[bits]])
    expect_equal(picture.at(0, 0), (0, 0, 0))


@case(VGA)
def linear_pixels_of_a_palette(m):
    vga = Vga(m)
    vga.set_dispi_mode(800, 600, 8)
    vga.set_colors()
    m.write(vga.memory + 800 * 599, bytes(range(256)))
    picture = vga.picture()
    expect_equal([picture.dac_at(x, 599) for x in range(256)], [color(n) for n in range(256)])
    vga.set_dispi_mode(800, 600, 8, LFB | DAC_8_BIT | NOCLEARMEM)
    vga.set_colors(lambda index: (index, 255 - index, index ^ 0x55))
    picture = vga.picture()
    expect_equal([picture.at(x, 599) for x in range(256)], [(n, 255 - n, n ^ 0x55) for n in range(256)])


@case(VGA)
def a_linear_picture_follows_memory_and_offsets(m):
    vga = Vga(m)
    vga.set_dispi_mode(640, 400, 32)
    vga.dispi(VIRT_WIDTH, 1000)
    m.writel(vga.memory + 4 * (1000 * 30 + 20), 0x123456)
    expect_equal(vga.picture().at(20, 30), (0x12, 0x34, 0x56))
    m.writel(vga.memory + 4 * (1000 * 30 + 20), 0x654321)
    expect_equal(vga.picture().at(20, 30), (0x65, 0x43, 0x21))
    vga.dispi(X_OFFSET, 8)
    vga.dispi(Y_OFFSET, 25)
    picture = vga.picture()
    expect_equal([picture.at(12, 5), picture.at(20, 30)], [(0x65, 0x43, 0x21), (0, 0, 0)])


@case(VGA)
def banks_are_windows_on_linear_memory(m):
    vga = Vga(m)
    vga.set(GRAPHICS, 6, 5)
    vga.set_dispi_mode(640, 480, 8)
    vga.dispi(BANK, 3)
    m.write(WINDOW + 5, b'banks')
    expect_equal(m.read(vga.memory + 3 * 0x10000 + 5, 5), b'banks')
    expect_equal(m.read(WINDOW + 5, 5), b'banks')
    vga.dispi(BANK, 300)
    expect_equal(vga.dispi(BANK), 300 % 256)


@case(VGA)
def enabling_a_mode_clears_memory_unless_told(m):
    vga = Vga(m)
    m.writel(vga.memory, 0x11223344)
    vga.set_dispi_mode(640, 480, 32, LFB | NOCLEARMEM)
    expect_equal(m.readl(vga.memory), 0x11223344)
    vga.set_dispi_mode(640, 480, 32)
    expect_equal(m.readl(vga.memory), 0)


@case(VGA, ours='stock has no window on these planes')
def planes_of_a_dispi_mode(m):
    vga = Vga(m)
    vga.set_mode('640x480, 16 colors')
    vga.set_dispi_mode(800, 600, 4)
    fill_planes(vga, 60000)
    vga.write_planes(100 * 7 + 3, [0b10000000, 0b01000000, 0b00100000, 0b00010000])
    picture = vga.picture()
    expect_equal(picture.size, (800, 600))
    expect_equal([picture.dac_at(x, 7) for x in range(24, 29)], [color(n) for n in (1, 2, 4, 8, 0)])


@case(VGA, ours='stock forgets the mode of the VGA')
def text_comes_back_after_a_dispi_mode(m):
    vga = Vga(m)
    vga.set_mode('text 80x25')
    vga.set_dispi_mode(1024, 768, 32)
    expect_equal(vga.picture().size, (1024, 768))
    vga.dispi(ENABLE, 0)
    expect_equal(vga.picture().size, (720, 400))

# ---- displays without legacy addresses ----


@case(args=None, each={'VGA': VGA, 'secondary-vga': SECONDARY, 'bochs-display': BOCHS})
def registers_in_memory(args):
    with start(args) as m:
        vga = Vga(m)
        registers = vga.registers + 0x500
        expect_equal(m.readw(registers), 0xb0c5)
        for index, value in ((XRES, 640), (YRES, 480), (BPP, 32), (ENABLE, ENABLED | LFB)):
            m.writew(registers + 2 * index, value)
        m.writel(vga.memory + 4 * (640 * 100 + 200), 0xabcdef)
        picture = vga.picture()
        expect_equal(picture.size, (640, 480))
        expect_equal([picture.at(200, 100), picture.at(201, 100)], [(0xab, 0xcd, 0xef), (0, 0, 0)])


@case(BOCHS)
def pixels_of_the_other_byte_order(m):
    vga = Vga(m)
    expect_equal([m.readl(vga.registers + 0x600), m.readl(vga.registers + 0x604)], [8, 0x1e1e1e1e])
    for index, value in ((XRES, 64), (YRES, 64), (BPP, 32), (ENABLE, ENABLED | LFB)):
        m.writew(vga.registers + 0x500 + 2 * index, value)
    m.write(vga.memory, bytes([0, 0x11, 0x22, 0x33]))
    m.writel(vga.registers + 0x604, 0xbebebebe)
    expect_equal(m.readl(vga.registers + 0x604), 0xbebebebe)
    expect_equal(vga.picture().at(0, 0), (0x11, 0x22, 0x33))
    m.writel(vga.registers + 0x604, 0x1e1e1e1e)
    expect_equal(vga.picture().at(0, 0), (0x22, 0x11, 0))


@case(PC + ' -device VGA,addr=2,id=first -device secondary-vga,addr=3,id=second')
def displays_have_consoles_of_their_own(m):
    for slot, width in ((2, 320), (3, 640)):
        vga = Vga(m, slot)
        for index, value in ((XRES, width), (YRES, 200), (BPP, 32), (ENABLE, ENABLED | LFB)):
            m.writew(vga.registers + 0x500 + 2 * index, value)
    expect_equal(vga.picture(device='first').width, 320)
    expect_equal(vga.picture(device='second').width, 640)
    expect_equal(vga.picture().width, 320)
