# SPDX-License-Identifier: GPL-2.0-or-later
"""The OpRegion: who gets it, that it is the host's byte for byte, and what becomes of one that is broken."""

import case
from case import PC, expect, expect_equal
from igd import (ASLS, BY_FIRMWARE, BY_MACHINE, HOST_ASLS, OPREGION_FILE, OPREGION_REGION, SLOT, STOLEN_FILE, complaints,
                 expect_kept_from_guest, expect_said, file, files, host_opregion, igd, igd_fails, summary, with_igd)
from vfio import derive, rows

from vbt import BAD                     # of tests/vfio-user

UPT = 'x-igd-legacy-mode=off'
VBT_AT = 0x400


def region(*contents, **changes):
    return derive('igd-gen9.toml', region=[{'name': 'OpRegion', 'contents': list(contents), **changes}])


NONE = derive('igd-gen9.toml', region=[{'name': 'OpRegion', 'remove': True}])
BROKEN = {
    'signature': region({'at': 0, 'text': 'IntelGraphicsMeM'}),
    'no signature': region({'at': 0, 'fill': 0, 'len': 16}),
    'all ones': region({'at': 0, 'fill': 255, 'len': 0x2000}),
    'size is 0': region({'at': 0x10, 'u32': 0}),
    'size beyond the region': region({'at': 0x10, 'u32': 9}),
    'size that overflows': region({'at': 0x10, 'u32': 0x400008}),
    'version 0': region({'at': 0x16, 'u8': [0, 0]}),
    'version 9': region({'at': 0x16, 'u8': [0, 9]}),
    'region of 16 bytes': region({'at': 0x10, 'remove': True}, {'at': 0x16, 'remove': True}, {'at': 0x58, 'remove': True},
                                 {'at': VBT_AT, 'remove': True}, size=16),
}


def given(d, settings):
    """The OpRegion as the guest gets it: a file, or memory behind ASLS. None: neither."""
    if BY_FIRMWARE in settings:
        return file(d, OPREGION_FILE)
    expect(OPREGION_FILE not in files(d), 'a file although the machine has placed it')
    asls = d.pci.read32(ASLS)
    return d.m.read(asls, 0x2000) if asls else None


MODES = {f'{mode}, {place}': (mode, place) for place in (BY_FIRMWARE, BY_MACHINE)
         for mode in ('', UPT, 'x-igd-opregion=on', f'{UPT},x-igd-opregion=on')}


@rows(MODES)
def the_guest_gets_it_byte_for_byte(mode, place):
    with igd('igd-gen9.toml', ','.join(filter(None, [mode, place]))) as d:
        d.server.write(OPREGION_REGION, 0x100, b'changed after it was taken')
        expect(given(d, place) is not None, 'no OpRegion')
        wanted = bytearray(host_opregion(d))
        wanted[0x100:0x11a] = bytes(26)
        expect_equal(given(d, place), bytes(wanted))


@rows({f'{mode}, {place}': (f'x-igd-opregion=off,{mode}', place) for mode in ('x-igd-legacy-mode=auto', UPT)
       for place in (BY_FIRMWARE, BY_MACHINE)})
def off_keeps_it_from_the_guest(mode, place):
    with igd('igd-gen9.toml', f'{mode},{place}') as d:
        expect_equal(given(d, place), None)
        expect_equal(d.pci.read32(ASLS), 0)
        expect_equal(summary(d)['opregion'], 'none')


@rows({f'slot {slot}, {place}': (slot, place) for slot in (2, 3, 11, 0x1e) for place in (BY_FIRMWARE, BY_MACHINE)})
def it_is_given_in_any_slot(slot, place):
    with igd('igd-gen9.toml', place, slot=slot) as d:
        expect_equal(given(d, place), host_opregion(d))


@rows({f'{name}, {place}': (f'igd-{name}.toml', place) for name in ('0380', 'mtl', 'adl', 'ivb')
       for place in (BY_FIRMWARE, BY_MACHINE)})
def every_kind_of_device_has_one(name, place):
    with igd(name, place) as d:
        expect_equal(given(d, place), host_opregion(d))


def beside_an_emulated_display(settings):
    if 'VGA' not in case.device_names():
        raise case.Skip('there is no emulated display')
    return igd('igd-gen9.toml', f'{UPT},{settings}', f'{PC} -device VGA,addr=7', slot=5)


@rows({'auto': (BY_FIRMWARE, False), 'on': (f'{BY_FIRMWARE},x-igd-opregion=on', True),
       'auto, machine': (BY_MACHINE, False), 'on, machine': (f'{BY_MACHINE},x-igd-opregion=on', True)})
def auto_is_off_beside_an_emulated_display(settings, wanted):
    with beside_an_emulated_display(settings) as d:
        expect_equal(given(d, settings) is not None, wanted)


# ---- external VBT ----

@rows({'by firmware': (BY_FIRMWARE,), 'by the machine': (BY_MACHINE,)})
def a_vbt_behind_it_comes_along(place):
    with igd('igd-external-vbt.toml', place) as d:
        host = host_opregion(d, 0x3000)
        if place == BY_FIRMWARE:
            expect_equal(file(d, OPREGION_FILE), host)
        else:
            asls = d.pci.read32(ASLS)
            expect_equal(d.m.read(asls, 0x3000), host)
            expect_kept_from_guest(d, 'OpRegion with VBT', asls, 0x3000)
        expect_equal(host[0x3ba:0x3c2], (0x2000).to_bytes(8, 'little'), 'RVDA is an offset')
        expect_said(summary(d)['opregion'], '^12K')


@rows({'RVDA beyond the region': ({'at': 0x3ba, 'u64': 0x10000}, True),
       'RVDA that overflows': ({'at': 0x3ba, 'u64': (1 << 64) - 16}, True),
       'RVDS too large': ({'at': 0x3c2, 'u32': 0xffffffff}, True), 'RVDA inside': ({'at': 0x3ba, 'u64': 0x10}, False)})
def an_odd_external_vbt_does_no_harm(item, far):
    """One that is not in the region is an address of the host: the guest does not see it."""
    with igd(derive('igd-external-vbt.toml', region=[{'name': 'OpRegion', 'contents': [item]}]), BY_FIRMWARE) as d:
        d.m.hmp('info igd')
        expected = bytearray(host_opregion(d, 0x3000))
        if far:
            expected[0x3ba:0x3c6] = bytes(12)
            expect_said(complaints(d), 'video BIOS table at 0x')
        expect_equal(file(d, OPREGION_FILE), bytes(expected))


@rows({f'{bad}, {where}': (bad, where) for bad in BAD for where in ('inside', 'outside')})
def an_odd_vbt_does_no_harm(bad, where):
    item = {'at': VBT_AT if where == 'inside' else 0x2000, 'vbt': {'children': ['eDP A', 'DP B', 'HDMI C'], 'bad': bad}}
    name = 'igd-gen9.toml' if where == 'inside' else 'igd-external-vbt.toml'
    with igd(derive(name, region=[{'name': 'OpRegion', 'contents': [item]}]), BY_FIRMWARE) as d:
        d.m.hmp('info igd')
        expect_equal(file(d, OPREGION_FILE), host_opregion(d, 0x2000 if where == 'inside' else 0x3000))


# ---- broken ----

@rows({f'{name}, {place}': (description, place) for name, description in BROKEN.items() for place in (BY_FIRMWARE, BY_MACHINE)})
def a_broken_one_is_left_out(description, place):
    with igd(description, place) as d:
        expect_equal(given(d, place), None)
        expect_said(complaints(d), 'OpRegion')
        expect_equal(summary(d)['opregion'], 'none')
        expect(d.pci.read32(ASLS) >> 20 != HOST_ASLS >> 20, 'ASLS of the host')
        expect(place == BY_MACHINE or STOLEN_FILE in files(d), 'the size of stolen memory is not given either')


@rows({name: (description,) for name, description in BROKEN.items()})
def a_broken_one_that_was_asked_for_is_an_error(description):
    expect_said(igd_fails(description, 'x-igd-opregion=on'), 'OpRegion')


@rows({'by firmware': (BY_FIRMWARE,), 'by the machine': (BY_MACHINE,)})
def none_is_no_error(place):
    with igd(NONE, place) as d:
        expect_equal(given(d, place), None)
        expect_equal(d.pci.read32(ASLS), 0)


@rows({'slot 2': (SLOT,), 'slot 5': (5,)})
def none_is_an_error_when_it_was_asked_for(slot):
    expect_said(igd_fails(NONE, 'x-igd-opregion=on', slot=slot), 'OpRegion', 'kernel|firmware')


@rows({'by firmware': (BY_FIRMWARE,), 'by the machine': (BY_MACHINE,)})
def one_that_cannot_be_read_is_left_out(place):
    fault = f'when=region:{OPREGION_REGION},do=errno:EIO'
    with igd('igd-gen9.toml', place, faults=[fault]) as d:
        expect_equal(given(d, place), None)
        expect_said(complaints(d), 'OpRegion')


@with_igd('igd-gen9.toml', 'x-igd-opregion=on')
def the_guest_s_copy_is_the_guest_s(d):
    """Drivers write into it (mailboxes): nothing of that reaches the host's."""
    before = host_opregion(d)
    d.pci.write32(ASLS, 0x200000)
    d.m.write(0x200000, b'guest' * 100)
    expect_equal(host_opregion(d), before)
