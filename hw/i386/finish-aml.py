#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Take the External() declarations out of a compiled ACPI table.

usage: finish-aml.py INPUT OUTPUT

iasl writes them at the beginning as "If (Zero) { External... }". They serve
disassemblers only, and SeaBIOS, which reads the DSDT to see whether there is
a PS/2 keyboard, gives up at the first term it does not know.
"""

import struct
import sys

HEADER_SIZE = 36
LENGTH = 4
CHECKSUM = 9
OP_IF, OP_ZERO, OP_EXTERNAL = 0xa0, 0x00, 0x15


def package_length(aml, at):
    """Value and size of the PkgLength at an offset (ACPI 6.5, 20.2.4)."""
    following = aml[at] >> 6
    value = aml[at] & (0x0f if following else 0x3f)
    for i in range(following):
        value |= aml[at + 1 + i] << (4 + 8 * i)
    return value, 1 + following


def without_externals(aml):
    if aml[HEADER_SIZE] != OP_IF:
        return aml
    length, size = package_length(aml, HEADER_SIZE + 1)
    body = HEADER_SIZE + 1 + size
    if aml[body] != OP_ZERO or aml[body + 1] != OP_EXTERNAL:
        return aml
    return aml[:HEADER_SIZE] + aml[HEADER_SIZE + 1 + length:]


def finish(aml):
    aml = bytearray(without_externals(aml))
    struct.pack_into('<I', aml, LENGTH, len(aml))
    aml[CHECKSUM] = 0
    aml[CHECKSUM] = -sum(aml) & 0xff
    return aml


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], 'rb') as file:
        aml = file.read()
    with open(sys.argv[2], 'wb') as file:
        file.write(finish(aml))


if __name__ == '__main__':
    main()
