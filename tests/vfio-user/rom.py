# SPDX-License-Identifier: GPL-2.0-or-later
"""Expansion ROM images: good ones, and ones with one thing wrong (PCI Firmware 3.0, 5.1; PCI 3.0, 6.3)."""

import struct

BLOCK = 512
PCIR = 0x1c                             # where the data structure lies in what we make
CODE = b'\xcb'                          # far return: an init entry that does nothing


def field(at, data):
    def change(image):
        image[at:at + len(data)] = data
    return change


def wrong_checksum(image):
    image[-1] ^= 0x55


# What can be wrong. Each is done to a good image; only "checksum" is done behind the checksum.
BAD = {
    'none':         lambda image: None,
    'signature':    field(0, b'\x00\x00'),
    'pcir':         field(PCIR, b'RICP'),               # not "PCIR"
    'pointer':      field(0x18, b'\xf0\xff'),           # PCIR beyond the image
    'ids':          field(PCIR + 4, b'\xff\xff\xff\xff'),
    'length':       field(2, b'\xff'),                  # longer than the ROM
    'zero-length':  field(2, b'\x00'),
    'pcir-length':  field(PCIR + 16, b'\xff\xff'),      # image length in PCIR
    'not-last':     field(PCIR + 21, b'\x00'),          # says another image follows
    'checksum':     wrong_checksum,
}


def generate(size, vendor, device, classes, bad='none'):
    """An x86 image of size bytes (a multiple of 512) whose bytes add up to zero."""
    image = bytearray(size)
    image[0:3] = b'\x55\xaa' + bytes([min(size // BLOCK, 255)])
    image[3:4] = CODE
    struct.pack_into('<H', image, 0x18, PCIR)
    struct.pack_into('<4sHHHHB3sHHBBH', image, PCIR, b'PCIR', vendor, device, 0, 0x18, 3,
                     classes.to_bytes(3, 'little'), size // BLOCK, 1, 0, 0x80, 0)
    if bad != 'checksum':
        BAD[bad](image)
    image[-1] = -sum(image) & 0xff
    if bad == 'checksum':
        BAD[bad](image)
    return bytes(image)
