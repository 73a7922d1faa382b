# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests of expansion ROMs and of the legacy VGA ranges."""

import os
import struct
import tempfile

from check import device, plain, same, test

ROM = 6


def rom_of(rows):
    graphics = {'vendor': 0x8086, 'device': 0x1916, 'class': 0x030000}
    with device(plain(config=graphics, rom=rows)) as (_, guest):
        same(guest.region_info(ROM)['flags'], 1)
        return guest.read(ROM, 0, guest.region_info(ROM)['size'])


@test
def a_generated_rom_is_valid():
    image = rom_of({'size': '16K'})
    at = struct.unpack_from('<H', image, 0x18)[0]
    same((image[:3], len(image), sum(image) & 0xff), (b'\x55\xaa\x20', 16 << 10, 0))
    same(struct.unpack_from('<4sHHHHB3sHHBB', image, at),
         (b'PCIR', 0x8086, 0x1916, 0, 24, 3, b'\0\0\3', 32, 1, 0, 0x80))


@test
def bad_roms_are_bad_in_one_way():
    good = rom_of({'size': '4K'})
    places = {'signature': 0, 'pcir': 0x1c, 'pointer': 0x18, 'ids': 0x20, 'length': 2, 'zero-length': 2,
              'pcir-length': 0x2c, 'not-last': 0x31}
    for bad, place in places.items():
        image = rom_of({'size': '4K', 'bad': bad})
        differs = [at for at in range(len(good) - 1) if image[at] != good[at]]
        same((differs[0], len(differs) <= 4, sum(image) & 0xff), (place, True, 0), bad)
    same(sum(rom_of({'size': '4K', 'bad': 'checksum'})) & 0xff != 0, True)


@test
def a_rom_from_a_file_is_padded_to_a_power_of_two():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'image.rom')
        with open(path, 'wb') as file:
            file.write(b'\x55\xaa' * 1500)
        same(rom_of({'file': path}), (b'\x55\xaa' * 1500).ljust(4096, b'\0'))


@test
def the_vga_region_is_addressed_by_port_and_memory():
    with device('vga.toml') as (_, guest):
        same((guest.read(8, 0x3c0, 1), guest.read(8, 0xb8000, 4)), (b' ', b'H\7i\7'))
