# SPDX-License-Identifier: GPL-2.0-or-later
"""An Intel GPU that comes while the guest runs: into memory that was set aside at the start, or not at all."""

import contextlib
import types

import case
from case import PC, expect, expect_equal, expect_refused
from igd import (ASLS, M, MODELS, OPREGION_FILE, RAM, STOLEN, STOLEN_FILE, e820, expect_kept_from_guest, expect_said, files,
                 host_opregion, overlaps, pci_windows, ram_size, reset, shown, stolen_base, with_igd)
from test_hotplug import eject, tell_guest
from test_vfio_hotplug import SETTINGS, plug, unplug
from vfio import SLOT, DeviceServer, derive, device_option, rows

RESERVE = f'{PC} -machine igd-reserve=72M'
GONE = 0xffffffff
UPT, RELOCATE = {'x-igd-legacy-mode': 'off'}, {'x-igd-dsm': 'relocate'}


@contextlib.contextmanager
def machine(description, args=RESERVE):
    with DeviceServer(description, keep=True) as server, case.start(args) as m:
        tell_guest(m)
        yield m, server


def refused(m, server, **settings):
    """What the monitor says; nothing stays behind."""
    error = expect_refused(m.qmp, 'device_add', SETTINGS, socket=server.socket, **settings)
    expect_equal(m.qmp('qom-list', path='/machine/peripheral'), [{'name': 'type', 'type': 'string'}])
    return error['desc']


def expect_placed(d, model, size=STOLEN):
    opregion, stolen = d.pci.read32(ASLS), stolen_base(d, model)
    expect_kept_from_guest(d, 'OpRegion', opregion, 0x2000)
    expect_equal(d.m.read(opregion, 0x2000), host_opregion(d), 'OpRegion')
    if model.bdsm:
        expect_kept_from_guest(d, 'stolen memory', stolen, size)
        expect_equal(stolen % M, 0, f'stolen memory at {stolen:#x}')
        expect(not overlaps((opregion, opregion + 0x2000), (stolen, stolen + size)), f'{opregion:#x}, {stolen:#x}')
    return opregion, stolen


# ---- with memory set aside ----

@rows({size: (size,) for size in ('1M', '64M', '72M', '1G')})
def memory_is_set_aside(size):
    with case.start(f'{PC} -machine igd-reserve={size}') as m:
        d = types.SimpleNamespace(m=m)
        mib = 1024 if size == '1G' else int(size[:-1])
        entries = e820(d)
        expect_equal(ram_size(d), 64 * M)
        aside = [(base, end) for base, end, kind in entries if kind != RAM and M < base < 0xf0000000]
        expect(sum(end - base for base, end in aside) >= mib * M, f'not {size}: {shown(entries)}')
        for window in pci_windows(d):
            expect(not any(overlaps(window, row) for row in aside), f'PCI window {window[0]:#x}: {shown(entries)}')


@rows({name: (MODELS[name], settings) for name, settings in (
    ('snb', {}), ('gen9', {}), ('bdw', UPT), ('0380', {}), ('tgl', RELOCATE), ('adl', RELOCATE))})
def it_comes_with_its_memory(model, settings):
    with machine(model.file) as (m, server):
        d = plug(m, server, **settings)
        expect_placed(d, model)
        expect(not {OPREGION_FILE, STOLEN_FILE} & set(files(d)), 'files for a firmware that has long run')
        base, = d.map_bars(0)
        expect_equal(d.m.readl(base + 0x1080c0), d.pci.read32(model.bdsm))


@rows()
def meteor_lake_needs_little():
    with machine('igd-mtl.toml', f'{PC} -machine igd-reserve=1M') as (m, server):
        expect_placed(plug(m, server), MODELS['mtl'])


@rows({'by the host': ('igd-gen9.toml', {}), 'by the user': ('igd-gen9.toml', {'x-igd-gms': 0xf0})})
def it_leaves_and_comes_back(name, settings):
    model, size = MODELS['gen9'], 4 * M if settings else STOLEN
    with machine(name) as (m, server):
        for _ in range(3):
            d = plug(m, server, **settings)
            placed = expect_placed(d, model, size)
            d.m.write(placed[0], b'\xff' * 0x2000)
            unplug(m)
            expect_equal(d.pci.id, GONE)
            expect_kept_from_guest(d, 'memory set aside', placed[1], size)
            m.write(placed[1], b'still memory')


@rows()
def another_one_takes_its_place():
    with machine('igd-gen9.toml') as (m, server):
        plug(m, server)
        unplug(m)
        with DeviceServer('igd-ivb.toml') as other:
            expect_placed(plug(m, other), MODELS['ivb'])


@rows()
def it_is_there_again_after_a_reset():
    with machine('igd-gen9.toml') as (m, server):
        d = plug(m, server)
        before = expect_placed(d, MODELS['gen9'])
        d.pci.write32(ASLS, 0)
        m.write(before[0], bytes(0x2000))
        reset(d)
        expect_equal(expect_placed(d, MODELS['gen9']), before)


@rows()
def what_it_reaches_is_what_the_guest_has():
    with machine('igd-gen9.toml') as (m, server):
        d = plug(m, server)
        _, stolen = expect_placed(d, MODELS['gen9'])
        m.write(stolen + 4096, b'guest')
        expect_equal(server.dma_read(stolen + 4096, 5), b'guest')
        server.dma_write(stolen, b'device')
        expect_equal(m.read(stolen, 6), b'device')


@rows()
def its_server_dies_and_the_memory_is_free_again():
    with machine('igd-gen9.toml') as (m, server):
        plug(m, server, **{'x-msg-timeout': 200})
        server.die()
        unplug(m)
        with DeviceServer('igd-gen9.toml') as other:
            expect_placed(plug(m, other), MODELS['gen9'])


# ---- without, or too little ----

@rows({'nothing': (PC, {}), 'too little': (f'{PC} -machine igd-reserve=32M', {}),
       'room for one of two': (f'{PC} -machine igd-reserve=64M', {}),
       'more than there is': (RESERVE, {'x-igd-gms': 0x40})})
def it_is_refused_with_a_way_out(args, settings):
    with machine('igd-gen9.toml', args) as (m, server):
        expect_said(refused(m, server, **settings), 'memory|igd-reserve')
        said = m.hmp('device_add ' + device_option(server, 'x-msg-timeout=200').removeprefix('-device ')
                     + ''.join(f',{key}={value}' for key, value in settings.items()))
        expect_said(said, 'igd-reserve')
        expect_equal(m.status(), 'running')


@rows()
def a_second_one_is_refused():
    with machine('igd-gen9.toml') as (m, server):
        plug(m, server)
        with DeviceServer('igd-ivb.toml') as other:
            error = expect_refused(m.qmp, 'device_add', {**SETTINGS, 'id': 'two', 'addr': '6'}, socket=other.socket)
            expect_said(error['desc'], 'memory|igd-reserve')


@rows()
def several_that_come_and_go_have_places_of_their_own():
    """The first free place is looked for anew behind each that is taken: they were not taken in order of address."""
    with machine('igd-gen9.toml', f'{PC} -machine igd-reserve=140M') as (m, server), \
            DeviceServer('igd-cfl.toml') as second, DeviceServer('igd-mtl.toml') as third:
        plug(m, server)
        m.qmp('device_add', {**SETTINGS, 'id': 'two', 'addr': '6'}, socket=second.socket)
        unplug(m)
        first = plug(m, server)
        m.qmp('device_add', {**SETTINGS, 'id': 'three', 'addr': '7'}, socket=third.socket)
        bus = first.pci.pci
        places = [(bus.device(slot).read32(ASLS), 0x2000) for slot in (5, 6, 7)]
        places += [(bus.device(slot).read32(0x5c), STOLEN) for slot in (5, 6)]
        ranges = sorted((base, base + size) for base, size in places)
        expect(ranges[0][0] > 0 and not any(overlaps(*pair) for pair in zip(ranges, ranges[1:])), f'{ranges}')


@rows({'no stolen memory, no OpRegion': (derive('igd-mtl.toml', region=[{'name': 'OpRegion', 'remove': True}]), {}),
       'OpRegion switched off': ('igd-mtl.toml', {'x-igd-opregion': 'off'}), 'a virtual function': ('igd-vf.toml', {})})
def what_needs_no_memory_comes_without(description, settings):
    with machine(description, PC) as (m, server):
        d = plug(m, server, **settings)
        expect_equal(d.pci.id & 0xffff, 0x8086)
        unplug(m)
        expect_equal(plug(m, server, **settings).pci.id & 0xffff, 0x8086)


@rows({'firmware': ({'x-igd-place': 'firmware'}, 'firmware'), 'legacy mode': ({'x-igd-legacy-mode': 'on'}, 'legacy'),
       'LPC bridge': ({'x-igd-lpc': True}, 'LPC|bridge|hot')})
def what_only_a_start_can_do_is_refused(settings, word):
    with machine('igd-gen9.toml') as (m, server):
        expect_said(refused(m, server, **settings), word)


@rows({'at its place': ('2',)})
def automatic_legacy_mode_is_not_for_it(slot):
    with machine('igd-gen9.toml') as (m, server):
        m.qmp('device_add', {**SETTINGS, 'addr': slot}, socket=server.socket)
        row = m.qmp('x-query-igd')[0]
        expect_equal((row['mode'], row['vga']), ('upt', False))
        m.qmp('device_del', id='dev')
        eject(m, 2)
        m.event('DEVICE_DELETED')


@rows({name: (name,) for name in ('icl', 'tgl')})
def identity_cannot_be_promised(name):
    """The host's address is not known before the device is: auto warns, identity is an error."""
    with machine(MODELS[name].file) as (m, server):
        expect_said(refused(m, server, **{'x-igd-dsm': 'identity'}), 'identity')
        d = plug(m, server)
        expect_placed(d, MODELS[name])
        expect_said(d.text(), 'warning.*stolen memory')


@rows({'not a size': ('igd-reserve=x',), 'negative': ('igd-reserve=-1',), 'more than there is room for': ('igd-reserve=8G',),
       'all there can be': ('igd-reserve=0xffffffffffffffff',), 'nearly all': ('igd-reserve=0xfffffffffffff000',)})
def sizes_that_cannot_be_are_refused(setting):
    status, _, text = case.run_emulator(f'{PC} -machine {setting} -display none -accel qtest'.split())
    expect_equal(status, 1, text)
    expect_said(text, 'igd-reserve')


@with_igd('igd-gen9.toml', 'x-igd-place=machine', args=RESERVE)
def one_that_is_there_from_the_start_leaves_it_alone(d):
    """It has its own memory; what was set aside is for another one."""
    first = stolen_base(d, MODELS['gen9'])
    tell_guest(d.m)
    d.m.qmp('device_del', id='dev')
    eject(d.m, 2)
    d.m.event('DEVICE_DELETED')
    with DeviceServer('igd-gen9.toml') as other:
        d.m.qmp('device_add', {**SETTINGS, 'id': 'again'}, socket=other.socket)
        again = d.pci.pci.device(SLOT)
        expect(again.read32(0x5c) & ~(M - 1), 'no stolen memory')
        expect_kept_from_guest(d, 'its memory', first, STOLEN)
