# SPDX-License-Identifier: GPL-2.0-or-later
"""Legacy mode: what it makes of a machine, each of its conditions, and what happens when one is not met."""

import contextlib

import case
from case import PC, expect, expect_equal
from chipset import Pci
from igd import (BY_FIRMWARE, FOR_FIRMWARE, GGC, GGC_IVD, MODELS, SLOT, complaints, expect_said, igd, igd_fails, pick,
                 reset, summary, with_igd)
from vfio import CONFIG, VGA_REGION, DeviceServer, derive, device_option, rows

LPC_SLOT = 0x1f
BRIDGE = f'{PC} -device vfio-pci-igd-lpc-bridge,addr=1f.0,id=lpc'
OTHER_AT_1F = f'{PC} -device pci-testdev,addr=1f.0'
LEGACY_ON, LEGACY_OFF = 'x-igd-legacy-mode=on', 'x-igd-legacy-mode=off'
VGA_ID, LPC_ID = 0x11111234, 0x9d488086


def without(*regions, **changes):
    return derive('igd-gen9.toml', region=[{'name': name, 'remove': True} for name in regions], **changes)


def broken_opregion():
    return derive('igd-gen9.toml', region=[{'name': 'OpRegion', 'contents': [{'at': 0, 'text': 'IntelGraphicsMum'}]}])


REMOVED = {'remove': True}
IVD = {'config': {'bytes': [{'at': GGC, 'hex': f'{0xc1 | GGC_IVD:02x} 02'}]}}

# What can be unmet: (description, settings, machine, slot), and what the user reads about it.
PLACE = {
    'slot': ('igd-gen9.toml', '', PC, 5, ['00:02.0']),
}
NATURE = {
    'class 0380': ('igd-0380.toml', '', PC, SLOT, ['0300', 'primary']),
    'generation 11': ('igd-icl.toml', '', PC, SLOT, ['generation']),
    'generation 12': ('igd-adl.toml', '', PC, SLOT, ['generation']),
    'Meteor Lake': ('igd-mtl.toml', '', PC, SLOT, ['generation']),
    'unknown id': (derive('igd-mtl.toml', config={'device': 0xabcd}), '', PC, SLOT, ['generation|unknown']),
    'VGA cycles disabled': (derive('igd-gen9.toml', **IVD), '', PC, SLOT, ['VGA', 'IVD']),
}
ITEMS = {
    'no ROM': (derive('igd-gen9.toml', rom=REMOVED), '', PC, SLOT, ['video BIOS|ROM', 'romfile']),
    'ROM hidden': ('igd-gen9.toml', 'rombar=0', PC, SLOT, ['video BIOS|ROM', 'rombar']),
    'no VGA ranges': (derive('igd-gen9.toml', vga=REMOVED), '', PC, SLOT, ['VGA', 'CONFIG_VFIO_PCI_VGA|disable_vga']),
    'VGA ranges too small': (derive('igd-gen9.toml', vga={'claims': {'size': 0x1000}}), '', PC, SLOT, ['VGA']),
    'slot 1f taken': ('igd-gen9.toml', '', OTHER_AT_1F, SLOT, ['1f.0']),
    'no host bridge ids': (without('host bridge'), '', PC, SLOT, ['bridge']),
    'no LPC bridge ids': (without('LPC bridge'), '', PC, SLOT, ['bridge']),
    'no OpRegion': (without('OpRegion'), '', PC, SLOT, ['OpRegion']),
    'broken OpRegion': (broken_opregion(), '', PC, SLOT, ['OpRegion']),
}
SEVERAL = {
    'everything about the place and the device': (
        derive('igd-0380.toml', **IVD), '', PC, 4, ['00:02.0', '0300', 'IVD', 'VGA ranges', 'video BIOS|ROM']),
    'everything that can be left out': (
        without('OpRegion', 'host bridge', 'LPC bridge', vga=REMOVED, rom=REMOVED), '', OTHER_AT_1F, SLOT,
        ['video BIOS|ROM', 'VGA', '1f.0', 'bridge', 'OpRegion']),
    'generation and class': (derive('igd-tgl.toml', config={'class': 0x038000}), '', PC, SLOT, ['generation', '0300']),
}


def ids(pci):
    return pci.id, pci.read8(8), pci.read32(0x2c)


# ---- when everything is there ----

@rows(pick(FOR_FIRMWARE))
def it_is_automatic_at_00_02_0(model):
    with igd(model.file) as d:
        said = summary(d)
        expect_equal(said['mode'].split()[0], 'legacy')
        expect_equal((said['vga'], said['rom'].split()[0]), ('on', '64K'))
        expect_said(said[''], f'gen{model.generation}')
        expect_equal(complaints(d), '')


@rows({'auto': ('',), 'on': (LEGACY_ON,)})
def the_bridges_have_the_host_s_ids(settings):
    with igd('igd-gen9.toml', settings) as d:
        bus = d.pci.pci
        expect_equal(ids(bus.device(LPC_SLOT)), (LPC_ID, 0x21, 0x223817aa), 'LPC bridge')
        expect_equal(bus.device(LPC_SLOT).read32(8), 0x06010021, 'class of the LPC bridge')
        expect_equal(ids(bus.device(0)), (0x12378086, 0x08, 0x223817aa), 'host bridge: firmware knows it by its id')
        expect_equal(summary(d)['lpc'], '8086:9d48')
        reset(d)
        expect_equal(ids(bus.device(LPC_SLOT)), (LPC_ID, 0x21, 0x223817aa), 'LPC bridge after a reset')
        expect_equal(ids(bus.device(0)), (0x12378086, 0x08, 0x223817aa), 'host bridge after a reset')


@rows({name: (name, number) for name, number in (('igd-ivb.toml', 0x1e558086), ('igd-chv.toml', 0x229c8086),
                                                 ('igd-cfl.toml', 0xa30d8086))})
def the_lpc_bridge_follows_the_host(name, number):
    with igd(name) as d:
        expect_equal(d.pci.pci.device(LPC_SLOT).id, number)


VGA = {'3b0': (0x3b0, True), '3bb': (0x3bb, True), '3c0': (0x3c0, True), '3df': (0x3df, True),
       'a0000': (0xa0000, False), 'b8000': (0xb8000, False), 'bffff': (0xbffff, False)}


def vga_access(d, address, is_io):
    return (d.m.inb, d.m.outb) if is_io else (d.m.readb, d.m.writeb)


@with_igd('igd-gen9.toml', each=VGA)
def vga_ranges_are_the_device_s_while_it_decodes(d, address, is_io):
    read, write = vga_access(d, address, is_io)
    d.server.write(VGA_REGION, address, b'\x5a')
    expect(read(address) != 0x5a, 'decoded before it is switched on')
    d.pci.enable()
    expect_equal(read(address), 0x5a)
    write(address, 0xa5)
    expect_equal(d.server.read(VGA_REGION, address, 1), b'\xa5')
    d.pci.write16(4, 0)
    expect(read(address) != 0xa5, 'decoded after it is switched off')


@with_igd('igd-gen9.toml', each={'3af': (0x3af, True), '3bc': (0x3bc, True), '3e0': (0x3e0, True), '9ffff': (0x9ffff, False)})
def other_addresses_are_not(d, address, is_io):
    d.pci.enable()
    d.server.write(VGA_REGION, address, b'\x5a')
    expect(vga_access(d, address, is_io)[0](address) != 0x5a, f'{address:#x} is decoded')


# ---- when something is not ----

@rows({**PLACE, **NATURE, **ITEMS, **SEVERAL})
def on_is_refused_with_everything_that_is_missing(description, settings, args, slot, words):
    text = igd_fails(description, ','.join(filter(None, [settings, LEGACY_ON])), args, slot)
    expect_said(text, 'legacy', *words)


@rows(PLACE)
def auto_is_silent_about_the_user_s_choice(description, settings, args, slot, _):
    with igd(description, settings, args, slot) as d:
        expect_equal(summary(d)['mode'].split()[0], 'upt')
        expect_equal(complaints(d), '')


@rows(NATURE)
def auto_says_what_is_the_matter_with_the_device(description, settings, args, slot, words):
    with igd(description, settings, args, slot) as d:
        expect_equal(summary(d)['mode'].split()[0], 'upt')
        expect_said(d.text(), *words)
        expect_equal(d.pci.pci.device(LPC_SLOT).id, 0xffffffff, 'no LPC bridge')
        expect_equal(d.pci.pci.device(0).read8(8), 2, 'revision of the host bridge')


@rows(ITEMS)
def auto_leaves_out_what_is_missing(description, settings, args, slot, words):
    with igd(description, settings, args, slot) as d:
        said = summary(d)
        expect_equal(said['mode'].split()[0], 'legacy')
        expect_said(complaints(d), *words)
        others = {'vga': 'VGA' not in words[0], 'rom': 'ROM' not in words[0], 'opregion': words[0] != 'OpRegion',
                  'lpc': words[0] not in ('bridge', '1f.0')}
        for item, present in others.items():
            expect_equal(said.get(item, 'none').split()[0] not in ('none', 'off'), present, f'{item} of {said}')


@rows({'on, but one': (ITEMS['no ROM'][0], LEGACY_ON)})
def the_only_missing_thing_is_the_only_one_named(description, settings):
    text = igd_fails(description, settings)
    for word in ('00:02.0', '1f.0', 'generation', 'IVD', 'CONFIG_VFIO'):
        expect(word not in text, f'"{word}" in: {text}')


# ---- switched off, and its parts alone ----

@rows({'off': (LEGACY_OFF,), 'off, with an OpRegion': (f'{LEGACY_OFF},x-igd-opregion=on',)})
def off_is_off(settings):
    with igd('igd-gen9.toml', settings) as d:
        expect_equal(summary(d)['mode'].split()[0], 'upt')
        d.server.write(VGA_REGION, 0x3c0, b'\x5a')
        d.pci.enable()
        expect(d.m.inb(0x3c0) != 0x5a, 'VGA ranges')
        expect_equal(d.pci.pci.device(LPC_SLOT).id, 0xffffffff, 'no LPC bridge')
        expect_equal(complaints(d), '')


@rows({'slot 2': ('igd-gen9.toml', SLOT), 'slot 7': ('igd-gen9.toml', 7), 'generation 12': ('igd-tgl.toml', SLOT)})
def the_lpc_bridge_alone(name, slot):
    with igd(name, f'{LEGACY_OFF},x-igd-lpc=on', slot=slot) as d:
        expect_equal(d.pci.pci.device(LPC_SLOT).id, int.from_bytes(d.server.read(11, 0, 4), 'little'))
        expect_equal(summary(d)['mode'].split()[0], 'upt')


@rows({'taken slot': ('igd-gen9.toml', OTHER_AT_1F, 'Cannot create LPC bridge due to existing device at 1f.0'),
       'no LPC bridge': (without('LPC bridge'), PC, 'IGD LPC bridge access is not supported by kernel'),
       'no host bridge': (without('host bridge'), PC, 'IGD host bridge access is not supported by kernel')})
def a_bridge_that_was_asked_for_must_be_there(description, args, words):
    expect_said(igd_fails(description, f'{LEGACY_OFF},x-igd-lpc=on', args), words)


@rows({'x-vga=on': ('x-vga=on', True), 'x-vga=off': ('x-vga=off', False)})
def vga_ranges_alone(settings, wanted):
    with igd('igd-gen9.toml', f'{LEGACY_OFF},{settings}') as d:
        d.server.write(VGA_REGION, 0x3c0, b'\x5a')
        d.pci.enable()
        expect_equal(d.m.inb(0x3c0) == 0x5a, wanted)
        expect_equal(summary(d)['vga'], 'on' if wanted else 'off')


# ---- a bridge of the user's, other devices ----

@rows({'auto': ('',), 'on': (LEGACY_ON,), 'by itself': (f'{LEGACY_OFF},x-igd-lpc=on',)})
def a_bridge_the_user_made_is_used(settings):
    with igd('igd-gen9.toml', settings, BRIDGE) as d:
        expect_equal(ids(d.pci.pci.device(LPC_SLOT)), (LPC_ID, 0x21, 0x223817aa))
        expect_equal(complaints(d), '')


@with_igd('igd-gen9.toml', args=f'{PC} -device vfio-pci-igd-lpc-bridge,addr=1f.0,multifunction=on '
          '-device pci-testdev,addr=1f.1')
def a_bridge_the_user_made_may_have_more_functions(d):
    expect_equal(d.pci.pci.device(LPC_SLOT).id, LPC_ID)
    expect(d.pci.pci.device(LPC_SLOT).read8(0x0e) & 0x80, 'multifunction')
    expect_equal(d.pci.pci.device(LPC_SLOT, 1).id, 0x00051b36)


@with_igd('igd-gen9.toml', args=OTHER_AT_1F)
def another_device_at_1f_0_stays_as_it_is(d):
    expect_equal(d.pci.pci.device(LPC_SLOT).id, 0x00051b36)
    expect_equal(d.pci.pci.device(0).read8(8), 2, 'the host bridge has its own revision')


@contextlib.contextmanager
def beside_a_display(settings, igd_first):
    """Words of a machine with an IGD at 00:02.0 and a VGA adapter at 00:03.0."""
    with DeviceServer('igd-gen9.toml') as gpu, DeviceServer('vga.toml') as vga:
        words = [device_option(gpu, settings, SLOT), device_option(vga, slot=3).replace('id=dev', 'id=vga')]
        yield f'{PC} {" ".join(words if igd_first else words[::-1])}'


@rows({f'{mode or "auto"}, {"first" if first else "last"}': (mode, first) for mode in ('', LEGACY_ON) for first in (True, False)})
def another_display_is_an_error(settings, igd_first):
    with beside_a_display(settings, igd_first) as args:
        status, _, text = case.run_emulator(f'{args} -display none -accel qtest'.split())
        expect_equal(status, 1, text)
        expect_said(text, 'display|VGA', 'legacy')


@rows({'first': (True,), 'last': (False,)})
def another_display_is_no_matter_to_upt(igd_first):
    with beside_a_display(LEGACY_OFF, igd_first) as args, case.start(args) as m:
        bus = Pci(m)
        expect_equal((bus.device(SLOT).id, bus.device(3).id), (0x19168086, VGA_ID))


@rows({'hides a class': ('x-pci-class-code=0x038000', 'upt'), 'shows one': ('x-pci-class-code=0x030000', 'legacy')})
def the_class_the_guest_sees_counts(settings, mode):
    name = 'igd-gen9.toml' if mode == 'upt' else 'igd-0380.toml'
    with igd(name, settings) as d:
        expect_equal(summary(d)['mode'].split()[0], mode)


@with_igd('igd-gen9.toml', BY_FIRMWARE)
def the_device_itself_is_not_changed(d):
    expect_equal(d.server.read(CONFIG, 0, 4).hex(), '86801619')
    expect_equal(MODELS['gen9'].host_base, int.from_bytes(d.server.read(CONFIG, 0x5c, 4), 'little') & ~0xfffff)
