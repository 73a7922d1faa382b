# SPDX-License-Identifier: GPL-2.0-or-later
"""The expansion ROM of an assigned device."""

import struct

from case import PC, expect, expect_equal, scratch_file
from vfio import ROM_REGION, assigned, change, device, rows, start_fails
import rom                      # of the device server, whose folder vfio adds to the path

K = 1 << 10


def rom_of(d, size):
    """The image, read as firmware does: by the address in 0x30."""
    base = d.pci.pci.allocate(1 << 20, False)
    d.pci.write32(0x30, base | 1)
    d.pci.enable()
    return d.m.read(base, size)


def checksum(image):
    return sum(image[:image[2] * 512]) & 0xff


@assigned('vga.toml')
def the_rom_is_the_device_s(d):
    expect_equal(rom_of(d, 32 * K), d.server.read(ROM_REGION, 0, 32 * K))


@assigned('vga.toml', each={'size': ()})
def the_size_of_the_rom_bar(d):
    d.pci.write32(0x30, 0xfffff800)
    expect_equal(d.pci.read32(0x30) & 0xfffff800, 0x100000000 - 32 * K)


@assigned('igd-gen9.toml', 'x-pci-device-id=0x5912')
def ids_in_the_rom_follow_those_the_guest_sees(d):
    image = rom_of(d, 64 * K)
    pcir = int.from_bytes(image[0x18:0x1a], 'little')
    expect_equal(image[pcir:pcir + 8].hex(), '5043495286801259')
    expect_equal(checksum(image), 0)


@assigned('vga.toml', 'rombar=0')
def rombar_0_hides_it(d):
    d.pci.write32(0x30, 0xffffffff)
    expect_equal(d.pci.read32(0x30), 0)


@rows({'a file': (b'\x55\xaa\x01' + bytes(509),), 'of odd size': (b'\x55\xaa\x01' + bytes(700),)})
def a_file_can_replace_it(image):
    path = scratch_file(image, '.rom')
    with device('vga.toml', f'romfile={path}') as d:
        expect_equal(rom_of(d, len(image)), image)
        expect_equal(d.accesses(ROM_REGION), [])


@assigned('rom-bad.toml')
def a_bad_rom_does_not_stop_the_machine(d):
    rom_of(d, 2 * K)
    expect_equal(d.pci.read32(0), 0x00061234)


@assigned('vga.toml')
def a_rom_that_cannot_be_read_reads_all_ones(d):
    d.server.fault(f'when=region:{ROM_REGION},do=errno:EIO')
    expect_equal(rom_of(d, 16), b'\xff' * 16)


# ---- what is said about a ROM ----

IGD = (0x8086, 0x1916, 0x030000)


def efi(machine=0x8664, device=IGD[1]):
    """An EFI image: the x86 one with the header and the kind of code of the other (UEFI 2.10, 14.4.2)."""
    image = bytearray(rom.generate(1024, IGD[0], device, IGD[2]))
    image[2:0x18] = struct.pack('<HIHHH8sH', 2, 0xef1, 11, machine, 0, bytes(8), 0x100)
    image[rom.PCIR + 0x14] = 3
    image[0x100:0x102] = b'MZ'
    return bytes(image)


def both():
    bios = bytearray(rom.generate(1024, *IGD))
    bios[rom.PCIR + 0x15] = 0
    bios[-1] = bios[-1] + 0x80 & 0xff
    return bytes(bios) + efi()


def bad(what):
    return rom.generate(1024, *IGD, what)


def warnings(d):
    return [line for line in d.text().splitlines() if 'warning:' in line]


def device_with(image, settings='', **options):
    return device('igd-gen9.toml', f'romfile={scratch_file(image, ".rom")}{settings}', **options)


def firmware(text):
    """Command line with a firmware of our own that has this text in it."""
    return f'{PC} -bios {scratch_file(text.ljust(65536), ".bin")}'


BIOS, UEFI, OTHER = b'SeaBIOS', b'_FVH', b'another'
GOOD = {'x86': rom.generate(1024, *IGD), 'EFI': efi(), 'both': both()}


@rows({f'{kind}, {text.decode()}': (GOOD[kind], text) for kind, text in
       (('x86', BIOS), ('x86', OTHER), ('EFI', UEFI), ('EFI', OTHER), ('both', BIOS), ('both', UEFI))})
def nothing_is_said_about_a_good_romfile(image, text):
    with device_with(image, args=firmware(text)) as d:
        expect_equal(warnings(d), [])


@rows({'EFI with SeaBIOS': (GOOD['EFI'], BIOS, 'firmware is SeaBIOS, which runs x86 BIOS images, and there is none'),
       'BIOS with UEFI': (GOOD['x86'], UEFI, 'firmware is UEFI, which runs EFI images, and there is none')})
def images_that_do_not_suit_the_firmware_are_told_of(image, text, words):
    with device_with(image, args=firmware(text)) as d:
        expect_equal([words in line for line in warnings(d)], [True], d.text())


@rows({'signature': (bad('signature'), 'begins with 00 00 instead of 55 aa'),
       'PCIR': (bad('pcir'), 'no PCI data structure'), 'pointer': (bad('pointer'), 'outside'),
       'ids': (bad('ids'), 'made for ffff:ffff and the device is 8086:1916'),
       'length': (bad('length'), 'says in its header that it has 0x1fe00 bytes, there are 0x400'),
       'cut off': (rom.generate(1024, *IGD)[:600], 'image 1 says it has 0x400 bytes, there are 0x258'),
       'not the last': (bad('not-last'), 'no other one begins at 0x400'),
       'checksum': (bad('checksum'), 'instead of 0'),
       'machine type': (efi(0x14c), 'machine type 0x014c'), 'a driver': (b'MZ' + bytes(700), 'EfiRom -f 0x8086 -i 0x1916')})
def a_bad_romfile_is_named_and_does_not_stop_the_machine(image, words):
    with device_with(image) as d:
        said = warnings(d)
        expect(any(words in line and 'romfile "' in line and 'warning: vfio' in line for line in said), d.text())
        expect_equal(rom_of(d, len(image)), image)


@rows()
def ids_of_every_image_of_a_romfile_are_corrected():
    with device_with(both(), ',x-pci-device-id=0x5912') as d:
        image = rom_of(d, 2048)
        for at in (0, 1024):
            expect_equal(image[at + rom.PCIR + 4:at + rom.PCIR + 8].hex(), '86801259')
        expect_equal(checksum(image), 0)
        expect_equal(image[1024 + 6:1024 + 8], bytes(efi()[6:8]))       # no checksum in an EFI image
        expect('made for 8086:1916; the guest sees it as made for 8086:5912' in d.text(), d.text())


@rows()
def images_are_in_the_report():
    with device_with(both(), connect_qmp=True) as d:
        report, = d.m.qmp('x-query-igd')
        expect_equal([report['rom']['source'], report['rom']['size']], ['romfile', 2048])
        expect_equal(report['rom']['images'], [
            {'type': kind, 'size': 1024, 'vendor-id': 0x8086, 'device-id': 0x1916} for kind in ('x86 BIOS', 'EFI')])
        expect('EFI image of 1024 bytes for 8086:1916' in d.m.hmp('info igd'), 'info igd')


@assigned('igd-gen9.toml', connect_qmp=True)
def images_of_the_host_are_known_once_it_was_read(d):
    expect('images' not in d.m.qmp('x-query-igd')[0]['rom'], 'read too early')
    rom_of(d, 64)
    expect_equal(len(d.m.qmp('x-query-igd')[0]['rom']['images']), 1)


@rows()
def a_romfile_beside_rombar_0_is_not_used_and_that_is_said():
    with device_with(rom.generate(1024, *IGD), ',rombar=0') as d:
        d.pci.write32(0x30, 0xffffffff)
        expect_equal(d.pci.read32(0x30), 0)
        expect('is not used: rombar=0 hides the ROM' in d.text(), d.text())


@rows({'empty': (b'', 'is empty'), 'larger than romsize': (bytes(4096), 'too large for ROM size 2048')})
def a_romfile_that_cannot_be_had_ends_the_start(image, words):
    path = scratch_file(image, '.rom')
    expect(words in start_fails('vga.toml', f'romfile={path},romsize=2048'), words)


@assigned(change('vga.toml', rom={'size': '4K', 'bad': 'checksum'}))
def the_rom_of_the_host_is_judged_when_it_is_read_once(d):
    expect('the ROM on the host' not in d.text(), d.text())
    for _ in range(2):
        rom_of(d, 2 * K)
    expect_equal(d.text().count('the ROM on the host: image 1 (x86 BIOS) adds up to'), 1, d.text())


@assigned(change('vga.toml', rom={'size': '4K', 'contents': [{'at': 0, 'fill': 0, 'len': 4096}]}))
def a_host_started_by_uefi_has_an_empty_rom(d):
    expect_equal(rom_of(d, 64), bytes(64))
    expect('the ROM on the host is empty (4096 bytes of 0x00). A host that was started by UEFI' in d.text(), d.text())
