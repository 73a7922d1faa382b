# SPDX-License-Identifier: GPL-2.0-or-later
"""How much stolen memory the guest is to have: every code of GGC, x-igd-gms= and dsm=."""

from case import expect, expect_equal
from igd import (BDSM_32, BY_FIRMWARE, BY_MACHINE, GGC, G, M, MODELS, STOLEN_FILE, expect_kept_from_guest, expect_said, files,
                 igd, igd_fails, pick, stolen_base, stolen_size, summary, with_igd)
from vfio import derive, rows

# Where the field is and what its codes mean (Intel PRM, "GMCH Graphics Control"; Linux early-quirks.c), in MiB.
LOW_FIELD, HIGH_FIELD = (3, 0x1f), (8, 0xff)
STEPS_OF_32 = {code: 32 * code for code in range(0x11)}
LONG_STEPS_OF_32 = {code: 32 * code for code in range(0x41)}
STEPS_OF_4 = {code: 4 * (code - 0xf0 + 1) for code in range(0xf0, 0xff)}
CHV_STEPS = {**{code: 8 + 4 * (code - 0x11) for code in range(0x11, 0x17)},
             **{code: 36 + 4 * (code - 0x17) for code in range(0x17, 0x1e)}}
CODES = {
    'snb': (LOW_FIELD, STEPS_OF_32),
    'ivb': (LOW_FIELD, STEPS_OF_32), 'hsw': (LOW_FIELD, STEPS_OF_32), 'chv': (LOW_FIELD, {**STEPS_OF_32, **CHV_STEPS}),
    'bdw': (HIGH_FIELD, LONG_STEPS_OF_32), 'gen9': (HIGH_FIELD, {**LONG_STEPS_OF_32, **STEPS_OF_4}),
    'cfl': (HIGH_FIELD, {**LONG_STEPS_OF_32, **STEPS_OF_4}), 'icl': (HIGH_FIELD, {**LONG_STEPS_OF_32, **STEPS_OF_4}),
    'tgl': (HIGH_FIELD, {**LONG_STEPS_OF_32, **STEPS_OF_4}), 'rpl': (HIGH_FIELD, {**LONG_STEPS_OF_32, **STEPS_OF_4}),
}
# The codes worth a machine each: ends and corners of the tables; the unit tests have all.
SAMPLES = {
    'snb': (2, 0x10),
    'ivb': (0, 1, 2, 0x10), 'hsw': (2, 0x10), 'chv': (0, 2, 0x10, 0x11, 0x16, 0x17, 0x1d), 'bdw': (1, 2, 0x40),
    'gen9': (0, 1, 2, 0x40, 0xf0, 0xf1, 0xfe), 'cfl': (2, 0xf0), 'icl': (2, 0xfe), 'tgl': (2, 0xf0, 0xfe), 'rpl': (2,),
}
GOOD = {f'{name}, {code:#x}': (name, code) for name, codes in SAMPLES.items() for code in codes}
BAD_CODES = {'ivb': (0x11, 0x1f, 0x40), 'hsw': (0x11, 0xf0), 'bdw': (0x41, 0xf0, 0xff), 'gen9': (0x41, 0xef, 0xff, 0x100, 0xffffffff),
             'tgl': (0x41, 0xef, 0xff), 'chv': (0x1e, 0x1f, 0x40), 'mtl': (1, 2)}
BAD = {f'{name}, {code:#x}': (name, code) for name, codes in BAD_CODES.items() for code in codes}
# What BIOSes leave in a field nobody defined
RESERVED = {f'{name}, {code:#x}': (name, code) for name, codes in {'ivb': (0x11, 0x1f), 'bdw': (0xf0,), 'gen9': (0x41, 0xff),
                                                                   'chv': (0x1e,)}.items() for code in codes}


def ggc_with(name, code):
    """GGC of that model with another code."""
    shift, mask = CODES[name][0]
    return MODELS[name].config(GGC) & 0xffff & ~(mask << shift) | code << shift


def with_code(name, code):
    return derive(MODELS[name].file, config={'bytes': [{'at': GGC, 'hex': ggc_with(name, code).to_bytes(2, 'little').hex()}]})


@rows(GOOD)
def the_size_is_what_the_host_s_code_means(name, code):
    with igd(with_code(name, code), BY_FIRMWARE) as d:
        expect_equal(stolen_size(d), CODES[name][1][code] * M)


@rows(RESERVED)
def a_code_nobody_knows_is_no_memory(name, code):
    with igd(with_code(name, code), BY_FIRMWARE) as d:
        expect_equal(stolen_size(d) or 0, 0)
        expect_equal(summary(d)['dsm'].split()[0], 'none')


@rows({'Meteor Lake': ('igd-mtl.toml',), 'unknown': (derive('igd-mtl.toml', config={'device': 0xabcd}),)})
def without_a_register_there_is_none(description):
    with igd(description, BY_FIRMWARE) as d:
        expect_equal(stolen_size(d) or 0, 0)


@rows({name: row for name, row in GOOD.items() if row[1]})
def a_code_of_the_user_s_is_what_the_guest_sees(name, code):
    with igd(MODELS[name].file, f'{BY_FIRMWARE},x-igd-gms={code:#x}') as d:
        expect_equal(d.pci.read16(GGC), ggc_with(name, code))
        expect_equal(stolen_size(d), CODES[name][1][code] * M)
        d.pci.write16(GGC, 0)
        expect_equal(d.pci.read16(GGC), ggc_with(name, code), 'GGC is read-only')


@rows({name: row for name, row in GOOD.items() if row[1]})
def a_size_of_the_user_s_is_the_same(name, code):
    mib = CODES[name][1][code]
    with igd(MODELS[name].file, f'{BY_FIRMWARE},dsm={mib}M') as d:
        expect_equal(stolen_size(d), mib * M)
        codes = [other for other, size in CODES[name][1].items() if size == mib]
        expect(d.pci.read16(GGC) in [ggc_with(name, other) for other in codes], f'GGC {d.pci.read16(GGC):#x}')


@rows({'in GiB': ('dsm=1G', 1024), 'in KiB': ('dsm=65536K', 64), 'in bytes': ('dsm=67108864', 64),
       'both, and the same': ('dsm=64M,x-igd-gms=2', 64)})
def a_size_is_taken_in_any_unit(setting, mib):
    with igd('igd-gen9.toml', f'{BY_FIRMWARE},{setting}') as d:
        expect_equal(stolen_size(d), mib * M)


@rows(BAD)
def a_code_the_generation_does_not_have_is_refused(name, code):
    expect_said(igd_fails(MODELS[name].file, f'x-igd-gms={code:#x}'), 'gms')


@rows({f'{name}, {size}': (name, size) for name, sizes in {
    'gen9': ('33M', '2G1M', '3G', '62M', '1M', '64K', '-1'), 'ivb': ('4M', '544M', '2G'), 'bdw': ('8M', '4G'), 'chv': ('4M', '62M'),
    'mtl': ('64M',)}.items() for size in sizes})
def a_size_the_generation_does_not_have_is_refused(name, size):
    expect_said(igd_fails(MODELS[name].file, f'dsm={size}'), 'dsm')


@rows({'gen9': ('gen9', ['4', '60', '2048|2 ?G']), 'ivb': ('ivb', ['32', '512']), 'chv': ('chv', ['8', '60', '512'])})
def the_error_names_sizes_that_are_possible(name, words):
    expect_said(igd_fails(MODELS[name].file, 'dsm=33M'), *words)


@rows({'gen9': ('igd-gen9.toml', 'dsm=32M,x-igd-gms=2'), 'tgl': ('igd-tgl.toml', 'x-igd-gms=0xf0,dsm=64M')})
def both_and_different_is_refused(name, settings):
    expect_said(igd_fails(name, settings), 'dsm', 'gms')


@rows({'gen9': ('gen9', 'dsm=128M'), 'ivb': ('ivb', 'x-igd-gms=4'), 'tgl': ('tgl', 'dsm=128M'), '0380': ('0380', 'dsm=128M')})
def the_machine_sets_as_much_aside(name, setting):
    model = MODELS[name]
    with igd(model.file, f'{BY_MACHINE},x-igd-dsm=relocate,{setting}' if model.width == 8 else f'{BY_MACHINE},{setting}') as d:
        expect_kept_from_guest(d, 'stolen memory', stolen_base(d, model), 128 * M)
        expect_said(summary(d)['dsm'], '^128M')
        expect(STOLEN_FILE not in files(d), 'firmware is told as well')


@rows(pick(['gen9', 'tgl']))
def no_stolen_memory_is_no_place(model):
    with igd(with_code(model.name, 0), BY_MACHINE) as d:
        expect_equal(stolen_base(d, model), 0)
        expect_equal(summary(d)['dsm'].split()[0], 'none')


@with_igd(with_code('gen9', 0x40), BY_MACHINE)
def two_gib_of_it_have_room(d):
    expect_kept_from_guest(d, 'stolen memory', d.pci.read32(BDSM_32) & ~(M - 1), 2 * G)
