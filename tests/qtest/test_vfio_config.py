# SPDX-License-Identifier: GPL-2.0-or-later
"""Configuration space of an assigned device: what is ours, what is the device's, and the list of capabilities."""

from case import expect, expect_equal
from vfio import CONFIG, assigned, change, device, rows, start_fails

HOST_BARS = '00 00 bc fa 04 00 00 e0 01 00 00 00 01 e0 00 00'
IDS = {
    'vendor': ('x-pci-vendor-id', 0x00, 2, 0x8086), 'device': ('x-pci-device-id', 0x02, 2, 0x5912),
    'subsystem vendor': ('x-pci-sub-vendor-id', 0x2c, 2, 0x17aa), 'subsystem': ('x-pci-sub-device-id', 0x2e, 2, 0x2238),
    'class': ('x-pci-class-code', 0x09, 3, 0x030000),
}
# Id of capability -> PCI Express type; what is no endpoint hides.
EXPRESS = {'endpoint': (0, True), 'legacy-endpoint': (1, True), 'rc-endpoint': (9, True), 'root port': (4, False),
           'upstream port': (5, False), 'bridge': (7, False), 'event collector': (10, False)}
CHAINS = {
    # name               pointer   bytes at 0x40 and 0x48                        ids the guest sees
    'loop':              (0x40, '01 48 03 00 00 00 00 00', '09 40 04 00', [1, 9]),
    'points into header': (0x3c, '01 00 03 00', '09 00 04 00', []),
    'points at itself':  (0x40, '09 40 04 00', '00 00 00 00', [9]),
    'low bits set':      (0x43, '09 4b 04 00', '03 00 00 00', [9, 3]),
    'last dword':        (0x40, '09 fc 04 00', '00 00 00 00', [9]),
    'id 0 in between':   (0x40, '00 48 00 00', '09 00 04 00', [9]),
    'id ff':             (0x40, 'ff 00 00 00', '00 00 00 00', [255]),
}
SMALL = {'nothing': (0, "the device's configuration space has only 0 bytes"),
         'half a header': (32, "the device's configuration space has only 32 bytes")}


def with_bytes(name, *rows, **changes):
    return change(name, config={'bytes': [{'at': at, 'hex': data} for at, data in rows]}, **changes)


@assigned('minimal.toml')
def identity_is_the_device_s(d):
    expect_equal(d.pci.read32(0), 0x00011234)
    expect_equal(d.pci.read32(8) >> 8, 0xff0000)


@assigned(with_bytes('nvme-like.toml', (0x10, HOST_BARS), (0x30, '01 00 bd fa')))
def addresses_of_the_host_are_never_shown(d):
    for offset in (*range(0x10, 0x28, 4), 0x30):
        expect_equal(d.pci.read32(offset) & ~0xf, 0, f'register {offset:#x}')


@assigned('minimal.toml')
def addresses_of_the_guest_never_reach_the_device(d):
    d.pci.write32(0x10, 0xe0000000)
    d.pci.write8(0x3c, 11)
    expect_equal(d.pci.read32(0x10), 0xe0000000)
    expect_equal(d.pci.read8(0x3c), 11)
    expect_equal(d.host_config(0x10, 4), 0)
    expect([row for row in d.accesses(CONFIG) if row[0] == 'write' and row[1] in (0x10, 0x3c)] == [], 'written through')


@assigned('minimal.toml', each={'byte': (0x06, 1), 'word': (0x06, 2), 'dword': (0x08, 4)})
def reads_reach_the_device_in_the_width_of_the_guest(d, offset, size):
    before = len(d.accesses(CONFIG))
    {1: d.pci.read8, 2: d.pci.read16, 4: d.pci.read32}[size](offset)
    expect(d.accesses(CONFIG)[before:] in ([('read', offset, size)], [('read', offset, 1), ('read', offset + 1, 1)]),
           f'{d.accesses(CONFIG)[before:]}')


@assigned('minimal.toml')
def the_command_register_reaches_the_device(d):
    d.pci.write16(4, 7)
    expect_equal(d.host_config(4, 2) & 7, 7)
    d.pci.write16(4, 0)
    expect_equal(d.host_config(4, 2) & 7, 0)


@assigned(change('minimal.toml', config={'bytes': [{'at': 0x60, 'hex': '11 22 33 44', 'writable': 'ff ff ff ff'}]}))
def registers_nobody_knows_are_the_device_s(d):
    expect_equal(d.pci.read32(0x60), 0x44332211)
    d.pci.write16(0x62, 0xbeef)
    expect_equal(d.host_config(0x60, 4), 0xbeef2211)
    expect(('write', 0x62, 2) in d.accesses(CONFIG), 'not in the width of the guest')


@assigned(with_bytes('minimal.toml', (0x0e, '80')))
def the_host_s_multifunction_bit_is_not_shown(d):
    expect_equal(d.pci.read8(0x0e), 0)


@assigned('minimal.toml', 'multifunction=on')
def the_guest_s_multifunction_bit_is_a_setting(d):
    expect_equal(d.pci.read8(0x0e), 0x80)


@rows(IDS)
def identity_can_be_changed(name, offset, size, value):
    with device('minimal.toml', f'{name}={value:#x}') as d:
        expect_equal(d.pci.read32(offset & ~3) >> 8 * (offset & 3) & (1 << 8 * size) - 1, value)
        d.pci.write16(offset & ~1, 0)
        expect_equal(d.pci.read32(offset & ~3) >> 8 * (offset & 3) & (1 << 8 * size) - 1, value, 'after a write')


@rows(IDS)
def identity_out_of_range_is_refused(name, offset, size, value):
    text = start_fails('minimal.toml', f'{name}={1 << 8 * size:#x}')
    expect('invalid PCI' in text and 'provided' in text, text)


@assigned('every-cap.toml')
def capabilities_keep_their_order_and_id_0_hides(d):
    expect_equal([one for one, _ in d.pci.capabilities()],
                 [0x01, 0x05, 0x10, 0x11, 0x13, 0x09, 0x03, 0x08, 0x0d, 0x12, 0x7f])


@assigned('every-cap.toml')
def capabilities_without_rules_are_the_device_s(d):
    for number in (0x09, 0x03, 0x08, 0x0d, 0x12, 0x7f):
        offset = d.pci.capability(number)
        for byte in range(2, 8):
            expect_equal(d.pci.read8(offset + byte), d.host_config(offset + byte, 1), f'capability {number:#x}, byte {byte}')


@rows(CHAINS)
def odd_lists_of_capabilities_end(pointer, first, second, ids):
    description = with_bytes('minimal.toml', (0x06, '10 00'), (0x34, f'{pointer:02x}'), (0x40, first), (0x48, second))
    with device(description) as d:
        expect_equal([one for one, _ in d.pci.capabilities()], ids)


@assigned('msi.toml')
def power_states_reach_the_device(d):
    offset = d.pci.capability(0x01)
    d.pci.write16(offset + 4, 3)
    expect(('write', offset + 4, 2) in d.accesses(CONFIG), f'{d.accesses(CONFIG)}')


@assigned('msi.toml')
def messages_of_the_guest_do_not_reach_the_device(d):
    offset = d.pci.capability(0x05)
    d.pci.write32(offset + 4, 0xfee00000)
    d.pci.write16(offset + 0xc, 0x4041)
    d.pci.write16(offset + 2, d.pci.read16(offset + 2) | 1)
    expect_equal(d.pci.read32(offset + 4), 0xfee00000)
    written = [row for row in d.accesses(CONFIG) if row[0] == 'write' and offset <= row[1] < offset + 0x18]
    expect_equal(written, [])


@rows(EXPRESS)
def express_capability_of_every_type(kind, shown):
    description = change('minimal.toml', config={'size': 4096}, capability=[{'id': 'express', 'type': kind}])
    with device(description) as d:
        expect_equal(d.pci.capability(0x10) is not None, shown)
        expect_equal('is no endpoint' in d.text(), not shown, d.text())


@assigned(change('minimal.toml', capability=[{'id': 'express', 'type': 'endpoint', 'version': 0}]))
def express_version_0_becomes_1(d):
    expect_equal(d.pci.read16(d.pci.capability(0x10) + 2) & 0xf, 1)


@assigned('every-cap.toml')
def a_conventional_bus_has_256_bytes(d):
    """Extended capabilities, SR-IOV and ARI among them, lie beyond: nothing the guest reads comes from there."""
    for offset in range(0, 256, 4):
        d.pci.read32(offset)
    expect(all(at + size <= 256 for _, at, size in d.accesses(CONFIG)), f'{d.accesses(CONFIG)}')


@assigned('minimal.toml')
def a_device_that_stops_answering_reads_all_ones_and_is_told_of_once(d):
    d.server.fault('when=command:REGION_READ,do=errno:EIO')
    for _ in range(5):
        expect_equal(d.pci.read16(6) | 0x10, 0xffff)
    expect_equal(d.text().count('cannot read configuration register'), 1, d.text())


@rows(SMALL)
def too_little_configuration_space_is_refused(size, words):
    expect(words in start_fails(change('minimal.toml', config={'claims': {'size': size}})), words)


@rows()
def bridges_are_refused():
    text = start_fails(with_bytes('minimal.toml', (0x0e, '01')))
    expect('only ordinary functions can be assigned' in text, text)
