# SPDX-License-Identifier: GPL-2.0-or-later
"""Stolen memory of generations 11 and 12 at the host's own address, and a guest's memory arranged around it."""

import time

from case import expect, expect_equal, scratch_file
from igd import (BDSM_64, BY_FIRMWARE, G, M, MIRROR_BDSM, MIRROR_BGSM, MIRROR_RESERVED, MODELS, RAM, STOLEN, complaints,
                 e820, expect_kept_from_guest, expect_said, host_opregion, igd, igd_fails, overlaps, pci_windows, ram_size,
                 reset, shown, stolen_base, summary)
from test_igd_place import SIZES, machine_of
from vfio import derive, rows

BASES = (0x4c800000, 0x7c800000, 0x9f800000)
GUESTS = ('512M', '2G', '4G', '16G')
IDENTITY, RELOCATE, UPT = 'x-igd-dsm=identity', 'x-igd-dsm=relocate', 'x-igd-legacy-mode=off'
ADL = MODELS['adl']


def device_at(base, name='adl'):
    """That device with the host's stolen memory, and what lies below it and in it, somewhere else."""
    return derive(MODELS[name].file, config={'bytes': [{'at': BDSM_64, 'hex': (base | 1).to_bytes(8, 'little').hex()}]},
                  bar=[{'index': 0, 'contents': [{'at': MIRROR_BDSM, 'u64': base | 1},
                                                 {'at': MIRROR_BGSM, 'u64': max(base - 8 * M, 0) | 1},
                                                 {'at': MIRROR_RESERVED, 'u64': (base + STOLEN - 2 * M) % (1 << 64) | 0x81}]}])


def expect_arranged(d, base, size):
    """Stolen memory at base, the guest's RAM and the windows of PCI around it, nothing lost."""
    entries = e820(d)
    expect_equal(stolen_base(d, ADL), base)
    expect_kept_from_guest(d, 'stolen memory', base, STOLEN)
    expect_equal(ram_size(d), size, shown(entries))
    for window in pci_windows(d):
        expect(not overlaps(window, (base, base + STOLEN)), f'PCI window {window[0]:#x}-{window[1]:#x}')
        expect(window[0] < window[1], f'PCI window {window[0]:#x}-{window[1]:#x}')
        for row in entries:
            expect(row[2] != RAM or not overlaps(window, row), f'PCI window {window[0]:#x}-{window[1]:#x}: {shown(entries)}')
    low = pci_windows(d)[0]
    expect(low[1] - low[0] >= 512 * M, f'no room for an aperture of 256 MiB: {low[0]:#x}-{low[1]:#x}')


def expect_memory(d, base):
    """All the parts are memory of their own, for the guest and for the device."""
    places = [at for first, last, kind in e820(d) if kind == RAM for at in (max(first, M), last - 8)]
    for at in places + [base, base + STOLEN - 8]:
        d.m.writeq(at, at ^ 0x3333)
    for at in places + [base, base + STOLEN - 8]:
        expect_equal(d.m.readq(at), at ^ 0x3333, f'memory at {at:#x}')
        expect_equal(int.from_bytes(d.server.dma_read(at, 8), 'little'), at ^ 0x3333, f'DMA at {at:#x}')
    d.server.dma_write(base + 0x1000, b'from the device')
    expect_equal(d.m.read(base + 0x1000, 15), b'from the device')


@rows({f'{base:#x}, -m {size}': (base, size) for base in BASES for size in GUESTS})
def stolen_memory_is_where_the_host_has_it(base, size):
    with igd(device_at(base), UPT, machine_of(size)) as d:
        expect_arranged(d, base, SIZES[size])
        expect_memory(d, base)
        expect_equal(complaints(d), '')
        expect_said(summary(d)['dsm'], f'^64M@{base:#x}', 'machine|identity')
        asls = d.pci.read32(0xfc)
        expect_equal(d.m.read(asls, 0x2000), host_opregion(d))
        expect(not overlaps((asls, asls + 0x2000), (base, base + STOLEN)), f'OpRegion at {asls:#x}')


@rows({f'{base:#x}, -m {size}': (base, size) for base in BASES for size in GUESTS})
def other_firmware_has_it_there_or_the_user_is_told(base, size):
    """OVMF has a window for PCI at a fixed place, which is no place for memory."""
    with igd(device_at(base), UPT, f'{machine_of(size)} -bios {scratch_file(bytes(0x20000))}') as d:
        at = stolen_base(d, ADL)
        expect_arranged(d, at, SIZES[size])
        expect_memory(d, at)
        expect_equal('not at the host\'s address' in complaints(d), at != base, complaints(d))


@rows({f'{base:#x}, -m {size}': (base, size) for base, size in zip(BASES, ('16G', '512M', '2G'))})
def it_is_there_again_after_a_reset(base, size):
    with igd(device_at(base), IDENTITY, args=machine_of(size)) as d:
        for offset in (0, 4):
            d.pci.write32(BDSM_64 + offset, 0x11111111)
        reset(d)
        expect_arranged(d, base, SIZES[size])


@rows({name: (name,) for name in ('icl', 'tgl', 'adl', 'rpl')})
def each_model_is_at_its_host_s_place(name):
    model = MODELS[name]
    with igd(model.file) as d:
        expect_equal(stolen_base(d, model), model.host_base)
        bar, = d.map_bars(0)
        expect_equal(d.m.readq(bar + MIRROR_BDSM) & ~(M - 1), model.host_base)


@rows({name: (name,) for name in ('gen9', 'ivb')})
def older_generations_need_no_identity(name):
    model = MODELS[name]
    with igd(model.file, 'x-igd-place=machine') as d:
        expect(stolen_base(d, model) != model.host_base, 'the host\'s address')


@rows({'1 GiB of it': (0x7c800000, 0x20, G), '4 MiB of it': (0x7c800000, 0xf0, 4 * M)})
def any_size_of_it(base, gms, size):
    with igd(device_at(base), f'{IDENTITY},x-igd-gms={gms:#x}', machine_of('4G')) as d:
        expect_kept_from_guest(d, 'stolen memory', base, size)
        expect_equal(ram_size(d), 4 * G)


@rows({f'{base:#x}': (base,) for base in BASES})
def relocate_puts_it_elsewhere(base):
    with igd(device_at(base), f'{UPT},{RELOCATE}', machine_of('4G')) as d:
        at = stolen_base(d, ADL)
        expect(at and at != base, f'{at:#x}')
        expect_arranged(d, at, 4 * G)
        expect_equal(complaints(d), '', 'the user has asked for it')


# ---- impossible ----

IMPOSSIBLE = {
    'the host has none': (0, '512M'),
    'over the IOAPIC': (0xfec00000 - 32 * M, '2G'),
    'over the BIOS': (0xffc00000, '2G'),
    'over 4 GiB': (0x100000000 - 32 * M, '16G'),
    'above 4 GiB': (0x140000000, '16G'),
    'all ones': (0xfffffffffff00000, '2G'),
}

@rows(IMPOSSIBLE)
def identity_that_cannot_be_is_an_error(base, size):
    text = igd_fails(device_at(base), IDENTITY, machine_of(size))
    expect_said(text, 'identity', 'x-igd-dsm')


@rows(IMPOSSIBLE)
def auto_warns_and_puts_it_elsewhere(base, size):
    with igd(device_at(base), UPT, machine_of(size)) as d:
        at = stolen_base(d, ADL)
        expect(at != base, 'it is there')
        expect_arranged(d, at, SIZES[size])
        expect_said(complaints(d), 'stolen memory', 'host')


@rows({'generation 9': ('igd-gen9.toml', ''), 'no BDSM': ('igd-mtl.toml', ''),
       'firmware places it': ('igd-adl.toml', f',{BY_FIRMWARE}'), 'size 0': (derive('igd-adl.toml', config={
           'bytes': [{'at': 0x50, 'hex': 'c1 00'}]}), '')})
def identity_of_what_has_none_is_explained(description, settings):
    text = igd_fails(description, f'{IDENTITY}{settings}') if description != 'igd-gen9.toml' else None
    if text is not None:
        expect_said(text, 'identity')
        return
    with igd(description, f'{IDENTITY},x-igd-place=machine', machine_of('4G')) as d:
        expect_equal(stolen_base(d, MODELS['gen9']), MODELS['gen9'].host_base, 'allowed, though not needed')


@rows({'nonsense': ('sometimes',)})
def other_words_are_refused(word):
    expect_said(igd_fails('igd-adl.toml', f'x-igd-dsm={word}'), 'dsm')


@rows({'-m 16G': ('16G',)})
def memory_that_nobody_uses_costs_nothing(size):
    """A table of twelve machines with up to 16 GiB must be quick on a machine that has less."""
    begin = time.monotonic()
    with igd(device_at(BASES[2]), args=machine_of(size)) as d:
        with open(f'/proc/{d.m.process.pid}/status', encoding='ascii') as file:
            resident = next(int(line.split()[1]) for line in file if line.startswith('VmRSS'))
    expect(resident < 512 << 10, f'{resident} KiB resident')
    expect(time.monotonic() - begin < 10, 'slow')
