# SPDX-License-Identifier: GPL-2.0-or-later
"""What "lspci -xxxx" prints: configuration space; with -vv too: the sizes of regions."""

import re

BYTES = re.compile(r'^([0-9a-f]{2,3}):((?: [0-9a-f]{2}){16})\s*$', re.MULTILINE)
REGION = re.compile(r'^\s*Region (\d): (?:\[virtual\] )?(I/O ports|Memory) at.*?\[size=(\d+)([KMG]?)\]\s*$',
                    re.MULTILINE)
ROM = re.compile(r'^\s*Expansion ROM at.*?\[size=(\d+)([KMG]?)\]\s*$', re.MULTILINE)
UNITS = {'': 0, 'K': 10, 'M': 20, 'G': 30}
SIZES = (64, 256, 4096)


class DumpError(Exception):
    """Text that is no dump of one device."""


def image_of(text):
    image = b''
    for match in BYTES.finditer(text):
        if int(match[1], 16) != len(image):
            raise DumpError(f'the line of {len(image):#x} is missing; dump one device: lspci -s SLOT -xxxx')
        image += bytes.fromhex(match[2])
    if len(image) not in SIZES:
        raise DumpError(f'{len(image)} bytes of configuration space instead of 64, 256 or 4096')
    return image


def bars_of(text):
    """{index: size}; the types are in the image."""
    return {int(match[1]): int(match[3]) << UNITS[match[4]] for match in REGION.finditer(text)}


def rom_size_of(text):
    match = ROM.search(text)
    return int(match[1]) << UNITS[match[2]] if match else 0
