# SPDX-License-Identifier: GPL-2.0-or-later
"""A Video BIOS Table: where Intel's drivers learn which displays a board has (layout: Linux intel_vbt_defs.h).

A header of 48 bytes, the BIOS data block behind it, and in that one block, "general definitions", with a row for every
child device. rows: version of the data block, platform, and children such as "eDP A".
"""

import struct

HEADER, BDB_HEADER, CHECKSUM_AT = '<20sHHHBBI4I', '<16sHHH', 26
GENERAL_DEFINITIONS = 2
# device_type, and the dvo_port of each port it can be at
KINDS = {
    'eDP':  (0x78c6, {'A': 10, 'B': 7, 'C': 8, 'D': 9}),
    'LVDS': (0x1022, {'A': 4}),
    'DP':   (0x68c6, {'A': 10, 'B': 7, 'C': 8, 'D': 9, 'E': 11}),
    'HDMI': (0x60d2, {'A': 0, 'B': 1, 'C': 2, 'D': 3, 'E': 12}),
    'CRT':  (0x0001, {'A': 6}),
}
PANEL, OTHERS = 0x0008, [0x0004, 0x0040, 0x0020, 0x0010]        # handles: LFP 1; EFP 1 to 4
CHILD_SIZES = [(194, 33), (195, 37), (215, 38), (237, 39), (999, 40)]   # by the last version that has it


def children():
    """What a child can be called."""
    return [f'{kind} {port}' for kind, (_, ports) in KINDS.items() for port in ports]


def child_size(version):
    return next(size for last, size in CHILD_SIZES if version <= last)


def child(name, handle, size):
    kind, port = name.split()
    device_type, ports = KINDS[kind]
    body = struct.pack('<HH10xHBBBB', handle, device_type, 0, ports[port], 0, 0, 0)
    return body.ljust(size, b'\0')


def general_definitions(names, size):
    others = iter(OTHERS)
    handles = [PANEL if name.split()[0] in ('eDP', 'LVDS') else next(others) for name in names]
    rows = b''.join(child(name, handle, size) for name, handle in zip(names, handles))
    return struct.pack('<BBBBB', 2, 0, 0, 0, size) + rows


def generate(version=221, platform='TEST', children=(), bad='none'):
    block = general_definitions(children, child_size(version))
    block = struct.pack('<BH', GENERAL_DEFINITIONS, len(block)) + block
    size = struct.calcsize(BDB_HEADER)
    bdb = struct.pack(BDB_HEADER, b'BIOS_DATA_BLOCK ', version, size, size + len(block)) + block
    size = struct.calcsize(HEADER)
    image = bytearray(struct.pack(HEADER, f'$VBT {platform}'.ljust(20).encode(), 100, size, size + len(bdb), 0, 0, size,
                                  0, 0, 0, 0) + bdb)
    BAD[bad](image)
    image[CHECKSUM_AT] = -sum(image) & 0xff
    if bad == 'checksum':
        image[CHECKSUM_AT] ^= 0x55
    return bytes(image)


def field(at, data):
    def change(image):
        image[at:at + len(data)] = data
    return change


# What can be wrong: a reader that believes any of these leaves the table.
BDB = struct.calcsize(HEADER)
BLOCK = BDB + struct.calcsize(BDB_HEADER)
BAD = {
    'none':         lambda image: None,
    'checksum':     lambda image: None,                     # done behind the checksum
    'signature':    field(0, b'$VTB'),
    'size':         field(24, b'\xff\xff'),                 # vbt_size
    'bdb-offset':   field(28, b'\xf0\xff\xff\xff'),
    'bdb-signature': field(BDB, b'BIOS_DATA_CLOCK '),
    'bdb-size':     field(BDB + 20, b'\xff\xff'),
    'bdb-header':   field(BDB + 18, b'\xff\xff'),           # header_size
    'block-size':   field(BLOCK + 1, b'\xff\xff'),
    'child-size':   field(BLOCK + 3 + 4, b'\x00'),
    'child-huge':   field(BLOCK + 3 + 4, b'\xff'),
}
