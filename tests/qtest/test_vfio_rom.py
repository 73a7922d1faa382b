# SPDX-License-Identifier: GPL-2.0-or-later
"""The expansion ROM of an assigned device."""

from case import expect_equal, scratch_file
from vfio import ROM_REGION, assigned, device, rows

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
