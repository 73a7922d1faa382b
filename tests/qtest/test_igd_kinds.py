# SPDX-License-Identifier: GPL-2.0-or-later
"""Kinds of Intel graphics and their company: virtual functions, GVT-g, several of them; and servers that die."""

import contextlib

import case
from case import PC, expect, expect_equal
from chipset import Pci
from igd import (ASLS, BY_FIRMWARE, BY_MACHINE, GGC, M, MODELS, OPREGION_FILE, SLOT, STOLEN_FILE, complaints, e820, expect_said,
                 files, igd, igd_fails, overlaps, ram_size, reset, stolen_base, summary, with_igd, write_bdsm)
from qtest import wait_until
from vfio import CONFIG, DeviceServer, derive, device_option, rows

VF, VGPU = 'igd-vf.toml', 'gvt-g.toml'
GONE = 0xffffffff
UPT = 'x-igd-legacy-mode=off'


# ---- a virtual function ----

@rows({f'slot {slot}, {place or "auto"}': (slot, place) for slot in (2, 5) for place in ('', BY_FIRMWARE, BY_MACHINE)})
def a_virtual_function_is_never_failed_for_what_it_cannot_have(slot, place):
    with igd(VF, place, slot=slot) as d:
        expect_equal(d.pci.id, 0x46a68086)
        expect_equal(complaints(d), '')
        expect_equal(OPREGION_FILE in files(d), False)
        expect_equal((d.pci.read32(ASLS), d.pci.read16(GGC)), (0, 0))
        expect_equal(ram_size(d), 64 * M)
        expect_equal([row for row in e820(d) if M < row[0] < 0xf0000000 and row[2] != 1], [], 'memory set aside')


@with_igd(VF)
def a_virtual_function_is_called_one(d):
    expect_said(d.text(), 'vf|virtual function')


@rows({setting: (setting,) for setting in (
    'x-igd-opregion=off', 'x-igd-opregion=on', 'x-vga=on', 'x-vga=on,x-igd-opregion=off', 'rombar=0', 'x-igd-legacy-mode=auto',
    'x-igd-dsm=auto', 'x-igd-dbuf=off', UPT)})
def settings_made_for_the_whole_gpu_do_not_stop_it(setting):
    with igd(VF, setting) as d:
        expect_equal(d.pci.id, 0x46a68086)
        d.pci.enable()
        expect(d.m.inb(0x3c0) in (0, 0xff), 'VGA ranges')


@rows({'x-igd-gms=2': ('x-igd-gms=2', 'gms|stolen'), 'dsm=64M': ('dsm=64M', 'gms|dsm|stolen'),
       'x-igd-lpc=on': ('x-igd-lpc=on', 'LPC|bridge'), 'x-vga=on': ('x-vga=on', 'VGA'),
       'x-igd-opregion=on': ('x-igd-opregion=on', 'OpRegion')})
def what_it_cannot_have_is_not_passed_over(setting, word):
    """An error or a warning: but not silence."""
    with DeviceServer(VF) as server:
        try:
            with case.start(f'{PC} {device_option(server, setting, SLOT)}') as m:
                text = m.process.text()
        except case.Failure as failure:
            text = str(failure)
    expect_said(''.join(line for line in text.splitlines(True) if 'igd: 8086:' not in line), word)


@rows({'x-igd-legacy-mode=on': ('x-igd-legacy-mode=on', 'legacy'),
       'x-igd-dsm=identity': ('x-igd-dsm=identity', 'identity')})
def what_was_insisted_on_and_cannot_be_is_an_error(setting, word):
    expect_said(igd_fails(VF, setting), word)


# ---- a mediated one ----

MEDIATED = 'x-mediated=on'           # of the kernel's devices sysfs says so


@with_igd(VGPU, MEDIATED, slot=5)
def what_the_guest_writes_to_asls_reaches_the_vgpu(d):
    expect_equal(d.pci.read32(ASLS), 0)
    d.pci.write32(ASLS, 0x7f5e3000)
    expect_equal(d.server.read(CONFIG, ASLS, 4), (0x7f5e3000).to_bytes(4, 'little'))
    expect_equal(d.pci.read32(ASLS), 0x7f5e3000)


@rows({'auto': ('', False), 'off': ('x-igd-opregion=off', False), 'on': (f'x-igd-opregion=on,{BY_FIRMWARE}', True)})
def the_opregion_of_a_vgpu_is_given_when_asked_for(settings, wanted):
    with igd(VGPU, f'{MEDIATED},{settings}'.rstrip(','), slot=5) as d:
        expect_equal(OPREGION_FILE in files(d), wanted)
        expect(STOLEN_FILE not in files(d), 'a vGPU has no stolen memory')
        expect_equal(complaints(d), '')


@with_igd(VGPU, f'{MEDIATED},x-igd-opregion=on,{BY_MACHINE}', slot=5)
def the_machine_tells_a_vgpu_where_its_opregion_is(d):
    for _ in range(2):
        asls = int.from_bytes(d.server.read(CONFIG, ASLS, 4), 'little')
        expect_equal(d.m.read(asls, 0x2000), d.server.read(9, 0, 0x2000))
        reset(d)


@with_igd(VGPU, f'{MEDIATED},x-igd-opregion=on,{BY_FIRMWARE}', slot=5)
def nothing_else_of_a_vgpu_is_changed(d):
    expect_equal(d.pci.read16(GGC), d.host_config(GGC, 2))
    expect_equal(d.pci.pci.device(0x1f).id, GONE, 'no LPC bridge')
    d.pci.enable()
    base, = d.map_bars(0)
    expect_equal(d.m.readl(base + 0x78000), 0x76544776, 'vgtif')


@rows({'at 00:02.0': (SLOT,), 'elsewhere': (5,)})
def a_vgpu_has_no_legacy_mode(slot):
    with igd(VGPU, MEDIATED, slot=slot) as d:
        expect_equal(d.pci.pci.device(0x1f).id, GONE, 'no LPC bridge')
        expect(summary(d)['mode'] != 'legacy', 'legacy mode')


# ---- company ----

@contextlib.contextmanager
def several(*devices):
    """Words of a machine with these devices: (description, settings, slot)."""
    with contextlib.ExitStack() as stack:
        words = []
        for number, (description, settings, slot) in enumerate(devices):
            server = stack.enter_context(DeviceServer(description))
            words.append(device_option(server, settings, slot).replace('id=dev', f'id=dev{number}'))
        yield f'{PC} {" ".join(words)}'


@rows({'two that firmware places': (('igd-gen9.toml', f'{UPT},{BY_FIRMWARE}', 2), ('igd-cfl.toml', f'{UPT},{BY_FIRMWARE}', 3)),
       'IGD and vGPU, both by firmware': (('igd-gen9.toml', f'{UPT},{BY_FIRMWARE}', 2),
                                          ('gvt-g.toml', f'x-igd-opregion=on,{BY_FIRMWARE}', 5))})
def firmware_can_be_told_of_one_only(*devices):
    with several(*devices) as args:
        status, _, text = case.run_emulator(f'{args} -display none -accel qtest'.split())
        expect_equal(status, 1, text)
        expect_said(text, 'etc/igd-opregion', 'another', 'x-igd-place=machine|x-igd-opregion=off')


@rows({'two in legacy mode': (('igd-gen9.toml', 'x-igd-legacy-mode=on', 2), ('igd-cfl.toml', '', 3)),
       'the same, other order': (('igd-cfl.toml', '', 3), ('igd-gen9.toml', 'x-igd-legacy-mode=on', 2))})
def legacy_mode_tolerates_no_other(*devices):
    with several(*devices) as args:
        status, _, text = case.run_emulator(f'{args} -display none -accel qtest'.split())
        expect_equal(status, 1, text)
        expect_said(text, 'legacy', 'display|VGA')


@rows({'two': (('igd-gen9.toml', f'{UPT},{BY_MACHINE}', 2), ('igd-cfl.toml', f'{UPT},{BY_MACHINE}', 3)),
       'one by firmware': (('igd-gen9.toml', f'{UPT},{BY_FIRMWARE}', 2), ('igd-cfl.toml', f'{UPT},{BY_MACHINE}', 3))})
def two_have_a_place_of_their_own_each(*devices):
    with several(*devices) as args, case.start(args) as m:
        bus = Pci(m)
        for slot, (_, settings, _) in zip((2, 3), devices):
            asls, bdsm = bus.device(slot).read32(ASLS), bus.device(slot).read32(0x5c)
            expect_equal((asls != 0, bdsm != 0), (BY_MACHINE in settings,) * 2)
            if asls:
                expect_equal(m.read(asls, 16), b'IntelGraphicsMem')
        ranges = [(bus.device(slot).read32(0x5c), bus.device(slot).read32(0x5c) + 64 * M) for slot in (2, 3)]
        expect(not all(row[0] for row in ranges) or not overlaps(*ranges), f'{ranges}')


@rows({'one by firmware': (BY_FIRMWARE, False), 'both by the machine': (BY_MACHINE, True)})
def the_firmware_s_copy_is_not_for_the_other(placer, kept):
    """SeaBIOS writes the address of its copy of the one file to ASLS of every Intel display of class 0300."""
    devices = ('igd-gen9.toml', f'{UPT},{placer}', 2), ('igd-cfl.toml', f'{UPT},{BY_MACHINE}', 3)
    with several(*devices) as args, case.start(args) as m:
        for slot, written in ((2, True), (3, kept)):
            pci = Pci(m).device(slot)
            before = pci.read32(ASLS)
            pci.write32(ASLS, 0x1234000)
            expect_equal(pci.read32(ASLS), 0x1234000 if written else before)


@rows({'auto': (('igd-gen9.toml', UPT, 2), ('igd-cfl.toml', UPT, 3)),
       'IGD and vGPU': (('igd-gen9.toml', UPT, 2), ('gvt-g.toml', '', 5)),
       'IGD and virtual function': (('igd-gen9.toml', UPT, 2), ('igd-vf.toml', '', 3)),
       'two virtual functions': (('igd-vf.toml', '', 2), ('igd-vf.toml', '', 3))})
def others_can_be_there(*devices):
    with several(*devices) as args, case.start(args) as m:
        for _, _, slot in devices:
            expect_equal(Pci(m).device(slot).id & 0xffff, 0x8086)
        expect_equal(len(m.qmp('x-query-igd')), 2)
        m.qmp('system_reset')
        m.event('RESET')


@with_igd('igd-gen9.toml', args=f'{PC} -device pci-testdev,addr=7')
def other_devices_are_no_matter(d):
    expect_equal(summary(d)['mode'].split()[0], 'legacy')


@rows({'discrete': (derive('igd-mtl.toml', config={'device': 0x56a0}, region=[
    {'name': name, 'remove': True} for name in ('OpRegion', 'host bridge', 'LPC bridge')]),)})
def a_discrete_gpu_is_none(description):
    with igd(description) as d:
        expect_equal(d.m.qmp('x-query-igd'), [])
        expect_equal({OPREGION_FILE, STOLEN_FILE} & set(files(d)), set())
        d.server.write(CONFIG, ASLS, b'\x11\x22\x33\x44')
        expect_equal(d.pci.read32(ASLS), 0x44332211, 'a register of the device\'s own')
    for setting in ('x-igd-legacy-mode=on', 'x-igd-opregion=on', 'x-igd-gms=1'):
        expect_said(igd_fails(description, setting), '56a0', 'integrated')


@rows({'another vendor': ('vga.toml', 'x-igd-legacy-mode=auto'), 'no display': ('nvme-like.toml', 'x-igd-opregion=auto')})
def what_is_no_intel_display_is_left_alone(name, settings):
    with igd(name, settings) as d:
        expect_equal(d.m.qmp('x-query-igd'), [])
        expect_equal({OPREGION_FILE, STOLEN_FILE} & set(files(d)), set())


# ---- the end of the server ----

@rows({'by firmware': (BY_FIRMWARE,), 'by the machine': (BY_MACHINE,)})
def a_dead_server_costs_the_device_alone(place):
    with igd('igd-gen9.toml', f'{place},x-msg-timeout=200') as d:
        base, = d.map_bars(0)
        port, = d.map_bars(4)
        asls = d.pci.read32(ASLS)
        d.server.die()
        wait_until(lambda: d.pci.id == GONE, 'all ones')
        for offset in (0x1080c0, 0x108100, 0x45008, 0x2000):
            d.m.readl(base + offset)
            d.m.writel(base + offset, 0)
        d.m.outl(port, 0x1080c0)
        d.m.inl(port + 4)
        d.m.inb(0x3c0)
        reset(d)
        reset(d)
        d.m.hmp('info igd')
        expect_equal(len(d.m.qmp('x-query-igd')), 1)
        expect(place == BY_FIRMWARE or d.m.read(asls, 16) == b'IntelGraphicsMem', 'the guest\'s memory has gone')


COMMANDS = ['DEVICE_GET_INFO', 'DEVICE_GET_REGION_INFO', 'DEVICE_GET_IRQ_INFO', 'REGION_READ', 'REGION_WRITE', 'DMA_MAP']


def starts_or_says_why_not(server):
    words = f'{PC} {device_option(server, f"{BY_MACHINE},x-msg-timeout=500", SLOT)}'
    try:
        with case.start(words) as m:
            m.qmp('system_reset')
            m.event('RESET')
    except case.Failure as failure:
        expect('status 1;' in str(failure), f'{failure}')


@rows({f'{command}, {nth}': (command, nth) for command in COMMANDS for nth in (1, 2, 5, 9, 14)})
def a_server_that_dies_at_any_moment_of_the_start(command, nth):
    """It starts, or says why not; both in order."""
    with DeviceServer('igd-gen9.toml', [f'when=command:{command},nth={nth},do=die']) as server:
        starts_or_says_why_not(server)


@rows({f'{command}, {do}': (command, do) for command in ('REGION_READ', 'DEVICE_GET_REGION_INFO') for do in ('errno:EIO', 'short:1')})
def a_server_that_fails_all_the_time(command, do):
    with DeviceServer('igd-gen9.toml', [f'when=command:{command},nth=12+,do={do}']) as server:
        starts_or_says_why_not(server)


# ---- resets ----

@rows({name: (MODELS[name],) for name in ('snb', 'gen9')})
def a_reset_makes_the_device_what_it_was(model):
    with igd(model.file, BY_FIRMWARE) as d:
        d.map_bars(0, 2, 4)
        write_bdsm(d, model, 0x3400000)
        d.pci.write32(ASLS, 0x3000000)
        d.server.write(8, 0x3c0, b'\x5a')
        expect_equal(d.m.inb(0x3c0), 0x5a)
        reset(d)
        expect_equal((stolen_base(d, model), d.pci.read32(ASLS), d.pci.read16(4) & 7), (0, 0, 0))
        expect(d.m.inb(0x3c0) != 0x5a, 'VGA ranges are decoded')
        d.pci.enable()
        expect(any(row.get('event') == 'reset' or row.get('cmd') == 'DEVICE_RESET' for row in d.server.log()), 'no reset')
