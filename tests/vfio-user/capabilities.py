# SPDX-License-Identifier: GPL-2.0-or-later
"""Capabilities of configuration space as rows: their fields, and which bits a driver may write.

Layouts: PCI Local Bus 3.0 chapter 6 and appendices, PCI Express 5.0 chapter 7. A field is (offset, first bit,
bits, default); a writable range is (offset, bytes, mask). Offsets count from the capability's first byte.
"""

import struct

EXPRESS_TYPES = {'endpoint': 0, 'legacy-endpoint': 1, 'root-port': 4, 'upstream-port': 5,
                 'downstream-port': 6, 'pcie-to-pci': 7, 'pci-to-pcie': 8, 'rc-endpoint': 9,
                 'rc-event-collector': 10}
HEADER_LEN = {False: 2, True: 4}        # of a capability; of an extended one


class Kind:
    def __init__(self, id, size, fields=None, writable=(), finish=None):
        self.id, self.size, self.fields, self.writable, self.finish = id, size, fields or {}, writable, finish

    def keys(self):
        return set(self.fields) | set(EXTRA_KEYS.get(self.finish, ()))


def put(body, at, first, bits, value):
    """Put a field of at most 64 bits."""
    old = int.from_bytes(body[at:at + 8].ljust(8, b'\0'), 'little')
    mask = (1 << bits) - 1 << first
    new = (old & ~mask | value << first & mask).to_bytes(8, 'little')
    body[at:at + 8] = new[:len(body[at:at + 8])]


def finish_msi(body, row):
    """Message control says how long the capability is: 64-bit address, mask and pending bits."""
    wide, maskable = row.get('wide', True), row.get('maskable', False)
    put(body, 2, 1, 3, row.get('vectors', 1).bit_length() - 1)
    put(body, 2, 7, 1, int(wide))
    put(body, 2, 8, 1, int(maskable))
    return body[:10 + 4 * wide + 10 * maskable]


def finish_msix(body, row):
    put(body, 2, 0, 11, row.get('vectors', 1) - 1)
    put(body, 4, 0, 32, row.get('table_offset', 0) | row.get('table_bar', 0))
    put(body, 8, 0, 32, row.get('pba_offset', 0) | row.get('pba_bar', row.get('table_bar', 0)))
    return body


def finish_express(body, row):
    put(body, 2, 4, 4, EXPRESS_TYPES.get(row.get('type', 'endpoint'), row.get('type')))
    return body


def finish_data(body, row):
    """Bytes of the row behind the fields."""
    return body + bytes.fromhex(row.get('hex', ''))


def finish_vendor(body, row):
    """Vendor-specific: the third byte is the length (PCI 3.0, appendix H)."""
    body = finish_data(body, row)
    body[2] = len(body)
    return body


def finish_vsec(body, row):
    """Vendor-specific extended: the length is bits 31:20 of the header behind the header."""
    body = finish_data(body, row)
    put(body, 4, 20, 12, len(body))
    return body


def finish_rebar(body, row):
    """Two registers a BAR (PCI Express 5.0, 7.8.6). bars: {index, sizes: MiB supported, size: MiB now}."""
    bars = row.get('bars', [{'index': 0, 'sizes': [256], 'size': 256}])
    for number, bar in enumerate(bars):
        supported = sum(1 << mib.bit_length() - 1 + 4 for mib in bar['sizes'])
        control = bar['index'] | (bar['size'].bit_length() - 1) << 8
        body += struct.pack('<II', supported, control | (len(bars) << 5 if number == 0 else 0))
    return body


# What a row may say besides the fields.
EXTRA_KEYS = {
    finish_msi: ('vectors', 'wide', 'maskable'),
    finish_msix: ('vectors', 'table_bar', 'table_offset', 'pba_bar', 'pba_offset'),
    finish_express: ('type',),
    finish_data: ('hex',),
    finish_vendor: ('hex',),
    finish_vsec: ('hex',),
    finish_rebar: ('bars',),
}

KINDS = {
    'null': Kind(0x00, 4),
    'pm': Kind(0x01, 8, {'version': (2, 0, 3, 3), 'pme_clock': (2, 3, 1, 0), 'dsi': (2, 5, 1, 0),
                         'd1': (2, 9, 1, 0), 'd2': (2, 10, 1, 0), 'pme': (2, 11, 5, 0),
                         'no_soft_reset': (4, 3, 1, 0)},
               [(4, 2, 0x0103)]),
    'agp': Kind(0x02, 12, {'revision': (2, 0, 8, 0x30), 'status': (4, 0, 32, 0)}, [(8, 4, 0x3ff)]),
    'vpd': Kind(0x03, 8, {}, [(2, 2, 0xffff), (4, 4, 0xffffffff)]),
    'slot': Kind(0x04, 4, {'slots': (2, 0, 5, 0), 'chassis': (3, 0, 8, 0)}),
    'msi': Kind(0x05, 24, {}, [(2, 2, 0x0071)], finish_msi),
    'hot-swap': Kind(0x06, 4, {}, [(2, 1, 0xff)]),
    'pci-x': Kind(0x07, 8, {'command': (2, 0, 16, 0), 'status': (4, 0, 32, 0)}, [(2, 2, 0x7f)]),
    'hypertransport': Kind(0x08, 4, {'command': (2, 0, 16, 0)}, [], finish_data),
    'vendor': Kind(0x09, 3, {}, [], finish_vendor),
    'debug-port': Kind(0x0a, 4, {'port': (2, 0, 16, 0)}),
    'cpci-control': Kind(0x0b, 4),
    'hot-plug': Kind(0x0c, 8, {'select': (2, 0, 8, 0)}, [(2, 1, 0xff)]),
    'bridge-subsystem': Kind(0x0d, 8, {'vendor': (4, 0, 16, 0), 'device': (6, 0, 16, 0)}),
    'agp-8x': Kind(0x0e, 4),
    'secure': Kind(0x0f, 4),
    'express': Kind(0x10, 60, {'version': (2, 0, 4, 2), 'slot': (2, 8, 1, 0), 'max_payload': (4, 0, 3, 0),
                               'flr': (4, 28, 1, 0), 'speed': (12, 0, 4, 1), 'width': (12, 4, 6, 1),
                               'status_speed': (18, 0, 4, 1), 'status_width': (18, 4, 6, 1),
                               'device_capabilities_2': (36, 0, 32, 0), 'speeds': (44, 1, 7, 1)},
                    [(8, 2, 0x7fff), (16, 2, 0x01fb), (40, 2, 0xffff), (48, 2, 0x1fff)], finish_express),
    'msix': Kind(0x11, 12, {}, [(2, 2, 0xc000)], finish_msix),
    'sata': Kind(0x12, 8, {'revision': (2, 0, 8, 0x10), 'location': (4, 0, 32, 0)}),
    'af': Kind(0x13, 6, {'length': (2, 0, 8, 6), 'transactions': (3, 0, 1, 1), 'flr': (3, 1, 1, 1)}),
    'enhanced-allocation': Kind(0x14, 4, {'entries': (2, 0, 6, 0)}, [], finish_data),
    'flattening-portal': Kind(0x15, 8),
}

EXTENDED = {
    'null': Kind(0x0000, 4),
    'aer': Kind(0x0001, 0x48, {}, [(8, 4, 0x07fff030), (12, 4, 0x07fff030), (20, 4, 0xffff),
                                   (24, 4, 0x0d40)]),
    'virtual-channel': Kind(0x0002, 0x1c),
    'serial': Kind(0x0003, 12, {'number': (4, 0, 64, 0)}),
    'power-budget': Kind(0x0004, 16, {}, [(4, 1, 0xff)]),
    'rc-link-declaration': Kind(0x0005, 16),
    'rc-event-collector': Kind(0x0007, 8),
    'rcrb': Kind(0x000a, 20),
    'vsec': Kind(0x000b, 8, {'vendor_id': (4, 0, 16, 0), 'revision': (4, 16, 4, 0)}, [], finish_vsec),
    'acs': Kind(0x000d, 8, {'supported': (4, 0, 16, 0)}, [(6, 2, 0x7f)]),
    'ari': Kind(0x000e, 8, {'next_function': (5, 0, 8, 0)}),
    'ats': Kind(0x000f, 8, {'queue_depth': (4, 0, 5, 0)}, [(6, 2, 0x801f)]),
    'sriov': Kind(0x0010, 0x40, {'initial_vfs': (12, 0, 16, 1), 'total_vfs': (14, 0, 16, 1),
                                 'offset': (20, 0, 16, 1), 'stride': (22, 0, 16, 1),
                                 'vf_device': (26, 0, 16, 0), 'page_sizes': (28, 0, 32, 1),
                                 'page_size': (32, 0, 32, 1)}, [(8, 2, 0x1f), (16, 2, 0xffff)]),
    'mriov': Kind(0x0011, 8),
    'multicast': Kind(0x0012, 0x30),
    'page-request': Kind(0x0013, 16, {}, [(4, 2, 3)]),
    'rebar': Kind(0x0015, 4, {}, [(8, 4, 0x3f00)], finish_rebar),
    'dpa': Kind(0x0016, 16),
    'tph': Kind(0x0017, 12, {'supported': (4, 0, 32, 0)}, [(8, 4, 0x307)]),
    'ltr': Kind(0x0018, 8, {}, [(4, 4, 0x1fff1fff)]),
    'secondary': Kind(0x0019, 16),
    'pasid': Kind(0x001b, 8, {'supported': (4, 0, 16, 0)}, [(6, 2, 7)]),
    'ln-requester': Kind(0x001c, 8),
    'dpc': Kind(0x001d, 12),
    'l1-substates': Kind(0x001e, 16, {'supported': (4, 0, 32, 0x1f)}, [(8, 4, 0xe3ffff0f)]),
    'ptm': Kind(0x001f, 12, {'supported': (4, 0, 32, 1)}, [(8, 4, 0xff03)]),
    'dvsec': Kind(0x0023, 10, {'vendor_id': (4, 0, 16, 0), 'dvsec_id': (8, 0, 16, 0)}, [], finish_vsec),
    'vf-rebar': Kind(0x0024, 4, {}, [(8, 4, 0x3f00)], finish_rebar),
    'data-link-feature': Kind(0x0025, 12),
    'physical-16gt': Kind(0x0026, 0x28),
    'lane-margining': Kind(0x0027, 8),
    'doe': Kind(0x002e, 0x18),
}


def kinds(extended):
    return EXTENDED if extended else KINDS


def build(row, extended):
    """Bytes of the capability a row describes, with its id and, when extended, its version; next is 0."""
    name = row['id']
    if isinstance(name, int):           # no kind of ours: the row has all bytes behind the header
        kind, body = None, bytearray(HEADER_LEN[extended]) + bytes.fromhex(row.get('hex', ''))
        number = name
    else:
        kind = kinds(extended)[name]
        number, body = kind.id, bytearray(kind.size)
        for field, (at, first, bits, default) in kind.fields.items():
            put(body, at, first, bits, row.get(field, default))
        if kind.finish:
            body = kind.finish(body, row)
    put(body, 0, 0, 16 if extended else 8, number)
    if extended:
        put(body, 2, 0, 4, row.get('header_version', 1))
    return bytes(body)


def msi_writable(control):
    """Where address, data and mask lie depends on message control (PCI 3.0, 6.8.1)."""
    wide = 4 if control & 0x80 else 0
    ranges = [(4, 4, 0xfffffffc), (8 + wide, 2, 0xffff)]
    if wide:
        ranges.append((8, 4, 0xffffffff))
    if control & 0x100:
        ranges.append((12 + wide, 4, 0xffffffff))
    return ranges


def writable(number, extended, control):
    """Writable ranges of a capability by its id; control is its third and fourth byte."""
    kind = next((kind for kind in kinds(extended).values() if kind.id == number), None)
    ranges = list(kind.writable) if kind else []
    if not extended and number == KINDS['msi'].id:
        ranges += msi_writable(control)
    return ranges
