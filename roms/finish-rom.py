#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Make an option ROM of linked code: pad it, fill in size and checksums.

usage: finish-rom.py INPUT OUTPUT

The layout is that of the PnP BIOS Specification 1.0A: byte 2 of the image is
its size in units of 512 bytes, the word at 0x1a leads to the "$PnP" header
(32 bytes, sum zero), and the sum of all bytes is zero. Where the word at 0x18
leads to a PCI data structure, the size goes into that, too (PCI Firmware
Specification 3.0, 5.1.2).
"""

import struct
import sys

UNIT = 512
PCI_POINTER = 0x18
PCI_LENGTH = 16
PNP_POINTER = 0x1a
PNP_LENGTH = 5
PNP_CHECKSUM = 9


def padded(code):
    """The code and at least one byte more, for the checksum."""
    units = len(code) // UNIT + 1
    if code[:2] != b'\x55\xaa':
        sys.exit('finish-rom: no ROM signature 55 aa')
    if units > 255:
        sys.exit(f'finish-rom: {len(code)} bytes are too many for an option ROM')
    rom = bytearray(code.ljust(units * UNIT, b'\0'))
    rom[2] = units
    return rom


def sum_up(rom, start, length, place):
    rom[place] = 0
    rom[place] = -sum(rom[start:start + length]) & 0xff


def find(rom, pointer, signature):
    """Where the structure is that the word at pointer leads to; 0: nowhere."""
    place = struct.unpack_from('<H', rom, pointer)[0]
    if place and rom[place:place + 4] != signature:
        sys.exit(f'finish-rom: no {signature.decode()} at {place:#x}')
    return place


def finish(code):
    rom = padded(code)
    pci = find(rom, PCI_POINTER, b'PCIR')
    if pci:
        struct.pack_into('<H', rom, pci + PCI_LENGTH, rom[2])
    pnp = find(rom, PNP_POINTER, b'$PnP')
    if pnp:
        sum_up(rom, pnp, rom[pnp + PNP_LENGTH] * 16, pnp + PNP_CHECKSUM)
    sum_up(rom, 0, len(rom), len(rom) - 1)
    return rom


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], 'rb') as file:
        code = file.read()
    with open(sys.argv[2], 'wb') as file:
        file.write(finish(code))


if __name__ == '__main__':
    main()
