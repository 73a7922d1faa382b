# SPDX-License-Identifier: GPL-2.0-or-later
"""ramfb: the guest says by the fw_cfg file etc/ramfb where in its memory the picture is (docs/specs of the device: an
address of 8 bytes, then fourcc, flags, width, height and stride, big endian)."""

import struct

import pixels
from case import PC, case, expect, expect_equal, run_emulator, target
from chipset import FwCfg, Pci
from pictures import expect_picture, look, screendump, viewer, words
from pixels import Picture, Plain
from qtest import wait_until
from vnc import served

RAMFB = f'{PC} -device ramfb,id=fb'
FILE, SIZE = 'etc/ramfb', 28
MEMORY, ELSEWHERE = 0x400000, 0x500000
MIB = 1 << 20


class Ramfb:
    """The device of a machine, as firmware uses it."""

    def __init__(self, m):
        self.m, self.cfg = m, FwCfg(m)
        self.size, self.key = self.cfg.directory()[FILE]

    def write(self, data):
        """The control word of the DMA, 0 when it went well."""
        self.m.write(self.cfg.BUFFER, data)
        return self.cfg.dma(self.key << 16 | FwCfg.DMA_SELECT | FwCfg.DMA_WRITE, len(data), self.cfg.BUFFER)

    def set(self, address, width, height, stride=0, form='XRGB8888', flags=0):
        return self.write(struct.pack('>QIIIII', address, pixels.code_of(form), flags, width, height, stride))

    def show(self, picture, form='XRGB8888', stride=0, address=MEMORY):
        self.m.b64write(address, pixels.encode(picture, form, stride))
        expect_equal(self.set(address, picture.width, picture.height, stride, form), 0)


@case(RAMFB)
def the_file_is_there(m):
    cfg = FwCfg(m)
    expect_equal(cfg.directory()[FILE][0], SIZE)
    expect_equal(cfg.file(FILE), bytes(SIZE))
    expect('vgaroms/vgabios-ramfb.bin' in cfg.directory(), 'SeaBIOS has no driver')


@case(PC + ' -device VGA')
def without_the_device_there_is_no_file(m):
    expect(not [name for name in FwCfg(m).directory() if 'ramfb' in name], 'a file of ramfb')


@case(RAMFB, ours='stock has another font')
def words_before_the_first_picture(m):
    said = words(screendump(m, 'fb'))
    expect(said, 'no words')


@case(RAMFB, each={name: name for name in ('XRGB8888', 'ARGB8888', 'RGB888')})
def formats(m, form):
    for picture, stride in ((Picture(64, 48, 1), 0), (Picture(36, 19, 2), 256)):
        Ramfb(m).show(picture, form, stride)
        expect_picture(screendump(m, 'fb'), picture, form)
        expect_picture(screendump(m, kind='png'), picture, form, 'PNG')


@case(RAMFB, each={name: name for name in ('XBGR8888', 'ABGR8888', 'BGR888', 'RGB565', 'XRGB1555', 'XRGB2101010')},
      ours='stock knows three formats')
def formats_of_ours(m, form):
    picture = Picture(37, 21, 3)
    Ramfb(m).show(picture, form, 37 * pixels.FORMATS[form].size + 3 & ~3)
    expect_picture(screendump(m), picture, form)


@case(RAMFB)
def a_picture_may_begin_and_end_anywhere_in_memory(m):
    ramfb, picture = Ramfb(m), Picture(32, 16, 4)
    for address in (0x123450, 640 << 10, 64 * MIB - 32 * 16 * 4):
        if address == 640 << 10:
            address -= 32 * 16 * 4
        ramfb.show(picture, address=address)
        expect_picture(screendump(m), picture, what=hex(address))


@case(RAMFB)
def a_picture_follows_memory_and_modes(m):
    ramfb = Ramfb(m)
    for number, (width, height) in enumerate(((64, 48), (800, 600), (32, 64), (1024, 16))):
        picture = Picture(width, height, number) if width * height < 9999 else Plain(width, height, (number, 2, 3))
        ramfb.show(picture)
        expect_picture(screendump(m), picture)
    m.writel(MEMORY + 4 * 1024 * 7 + 4 * 5, 0x00abcdef)
    expect_equal(screendump(m).at(5, 7), (0xab, 0xcd, 0xef))


BAD = {
    'no width': (MEMORY, 0, 48, 256), 'no height': (MEMORY, 64, 0, 256), 'nothing': (0, 0, 0, 0),
    'behind memory': (64 * MIB, 64, 48, 256), 'the end is behind memory': (64 * MIB - 4096, 64, 48, 256),
    'where nobody lives': (0xe0000000, 64, 48, 256),
}


def expect_not_shown(m, picture):
    """Stock keeps what was there; here are words that say what is wrong."""
    if target.is_stock:
        expect_picture(screendump(m), picture)
    else:
        expect(words(screendump(m)), 'no words')


@case(RAMFB, each=BAD)
def what_cannot_be_is_not_shown(m, row):
    ramfb, picture = Ramfb(m), Picture(32, 32, 6)
    ramfb.show(picture)
    ramfb.set(*row)
    expect_not_shown(m, picture)
    ramfb.show(Picture(64, 64, 7), address=ELSEWHERE)
    expect_picture(screendump(m), Picture(64, 64, 7))


@case(RAMFB, each={'YUYV': 'YUYV', 'C8': 'C8  ', 'no format': 0, 'all bits': 0xffffffff})
def a_format_nobody_knows_is_not_shown(m, form):
    ramfb, picture = Ramfb(m), Picture(32, 32, 6)
    ramfb.show(picture)
    ramfb.set(MEMORY, 64, 48, 256, form)
    expect_not_shown(m, picture)


ALL = 0xffffffff
HOSTILE = {
    'less than a row': (MEMORY, 64, 48, 100), 'an odd stride': (MEMORY, 64, 48, 3),
    'an address without end': (1 << 63, 64, 48, 256), 'the last page of all': ((1 << 64) - 4096, 64, 48, 256),
    'beyond the end of all': ((1 << 64) - 4096, 1024, 768, 4096), '32 bits are not enough': (MEMORY, 0x10000, 0x10000, 0x40000),
    'a row of 4 GiB': (MEMORY, 0x40000000, 1, 0), 'rows without end': (MEMORY, 64, ALL, 256),
    'as big as can be said': (MEMORY, ALL, ALL, ALL), 'stride': (MEMORY, 64, 48, ALL), 'half of all': (MEMORY, 64, 1 << 31, 4),
    'registers of the APIC': (0xfee00000, 16, 16, 64), 'the I/O APIC': (0xfec00000, 16, 16, 64),
    'the firmware': (0xfffe0000, 64, 48, 256), 'the legacy window': (0xa0000, 64, 48, 256),
    'memory and a hole': (0x9f000, 64, 48, 256), 'wider than displays are': (MEMORY, 100000, 1, 0),
}


@case(RAMFB, each=HOSTILE, ours='stock ends')
def what_no_guest_should_write(m, row):
    """The machine lives, shows the picture of before or none, and takes a good one."""
    ramfb, picture = Ramfb(m), Picture(32, 32, 6)
    ramfb.show(picture)
    ramfb.set(*row)
    seen = screendump(m)
    expect(seen.size != row[1:3] or row[0] >> 20 == 0xfff or row[0] < MIB, f'{row} is shown')
    expect_equal(m.status(), 'running')
    ramfb.show(Picture(64, 64, 7), address=ELSEWHERE)
    expect_picture(screendump(m), Picture(64, 64, 7))


@case(f'{RAMFB} -device VGA,id=vga,addr=2', ours='stock ends')
def video_memory_of_another_display(m):
    """Memory that is not the guest's RAM, and goes away."""
    vga = Pci(m).device(2)
    base = vga.bar(0).map()
    vga.enable()
    ramfb, picture = Ramfb(m), Picture(32, 32, 6)
    m.b64write(base, pixels.encode(picture))
    ramfb.set(base, 32, 32)
    screendump(m, 'fb')
    vga.write16(4, 0)
    screendump(m, 'fb')
    m.qmp('system_reset')
    ramfb.show(picture)
    expect_picture(screendump(m, 'fb'), picture)


@case(RAMFB, ours='not tried with stock')
def parts_of_the_file(m):
    """Writes that are too short, too long, in pieces; and reads of what was written."""
    ramfb, picture = Ramfb(m), Picture(32, 32, 6)
    ramfb.show(picture)
    data = struct.pack('>QIIIII', MEMORY, pixels.code_of('XRGB8888'), 0, 16, 24, 0)
    for length in (1, 8, 27):
        ramfb.write(data[:length])
        screendump(m)
    ramfb.write(data + bytes(100))
    screendump(m)
    ramfb.write(data)
    expect_equal(screendump(m).size, (16, 24))
    expect_equal(FwCfg(m).file(FILE), data)


@case(RAMFB)
def after_a_reset_there_can_be_another(m):
    ramfb = Ramfb(m)
    ramfb.show(Picture(32, 32, 6))
    m.qmp('system_reset')
    m.event('RESET')
    screendump(m)
    ramfb.show(Picture(40, 30, 7))
    expect_picture(screendump(m), Picture(40, 30, 7))


@case(None)
def a_viewer_sees_it_change():
    picture = Plain(64, 48, (1, 2, 3))
    with served(machine=RAMFB) as (m, path), viewer(path) as client:
        client.look()
        Ramfb(m).show(picture)
        wait_until(lambda: look(client).size == (64, 48), 'another size')
        expect_picture(look(client), picture)
        client.request(incremental=True)
        m.writel(MEMORY + 4 * (64 * 40 + 30), 0x00112233)
        client.update()
        wait_until(lambda: look(client).at(30, 40) == (0x11, 0x22, 0x33), 'the pixel')


@case(args=None, each={'two of them': ('-device ramfb -device ramfb', 'ramfb'), 'a setting nobody knows': ('-device ramfb,stride=4', 'stride')})
def refused(row):
    words_of_it, text = row
    status, _, said = run_emulator(f'{PC} {words_of_it} -display none {target.accel}'.split(), 10)
    expect_equal(status, 1, said)
    expect(text in said, said)


@case(args=None, each={'use-legacy-x86-rom': 'off', 'x-migrate': 'off'}, ours='later than QEMU 7.2')
def settings(value):
    for name in ('use-legacy-x86-rom', 'x-migrate'):
        status, said, errors = run_emulator(['-device', 'ramfb,help'])
        expect(status == 0 and name in said + errors, said + errors)
