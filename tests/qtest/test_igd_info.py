# SPDX-License-Identifier: GPL-2.0-or-later
"""What people and tools are told about an Intel GPU: the summary line, info igd, x-query-igd."""

import json

from case import case, expect, expect_equal
from igd import (ASLS, BY_FIRMWARE, BY_MACHINE, M, MODELS, SLOT, expect_said, igd, pick, reset, stolen_base, summary,
                 with_igd, write_bdsm)
from vfio import derive, rows

UPT, RELOCATE = 'x-igd-legacy-mode=off', 'x-igd-dsm=relocate'
PLATFORMS = {'snb': 'Sandy Bridge', 'ivb': 'Ivy Bridge', 'hsw': 'Haswell', 'bdw': 'Broadwell', 'chv': 'Cherryview',
             'gen9': 'Skylake', 'cfl': 'Coffee Lake', 'icl': 'Ice Lake', 'tgl': 'Tiger Lake', 'adl': 'Alder Lake',
             'rpl': 'Raptor Lake', 'mtl': 'Meteor Lake', '0380': 'Coffee Lake'}
# The VBT of each file: version, and the ports of its children
VBTS = {'ivb': (170, 3), 'hsw': (170, 3), 'bdw': (195, 2), 'chv': (191, 2), 'cfl': (221, 3), 'icl': (229, 2), 'tgl': (240, 3),
        'adl': (251, 3), 'rpl': (251, 2), 'mtl': (251, 2)}


def query(d):
    answer = d.m.qmp('x-query-igd')
    expect_equal(len(answer), 1, f'devices of {answer}')
    return answer[0]


@rows(pick(MODELS))
def the_query_says_what_it_is(model):
    with igd(model.file, RELOCATE if model.width == 8 else '') as d:
        row = query(d)
        device = int.from_bytes(d.server.read(7, 2, 2), 'little')
        expect_equal((row['vendor-id'], row['device-id'], row['generation']), (0x8086, device, model.generation))
        expect_said(row['platform'], PLATFORMS[model.name])
        expect_equal(row['id'], 'dev')
        expect_said(row['address'], '02.0$')
        wanted = 'legacy' if 6 <= model.generation <= 9 and model.name != '0380' else 'upt'
        expect_equal(row['mode'], wanted)
        for text in (d.m.hmp('info igd'), d.text()):
            expect_said(text, f'8086:{device:04x}', PLATFORMS[model.name], wanted)


@rows({'by firmware': ('gen9', BY_FIRMWARE), 'by the machine': ('gen9', BY_MACHINE), 'identity': ('tgl', '')})
def the_query_says_who_placed_what_where(name, settings):
    model = MODELS[name]
    with igd(model.file, settings) as d:
        row = query(d)
        expect_equal(row['placed-by'], 'firmware' if settings == BY_FIRMWARE else 'machine')
        expect_equal((row['opregion']['size'], row['stolen']['size']), (0x2000, 64 * M))
        if settings == BY_FIRMWARE:
            expect_equal([row[item].get('address', 0) for item in ('opregion', 'stolen')], [0, 0], 'not placed yet')
            d.pci.write32(ASLS, 0x3fdf000)
            write_bdsm(d, model, 0x2400000 | 1)
            row = query(d)
        expect_equal(row['opregion']['address'], d.pci.read32(ASLS))
        expect_equal(row['stolen']['address'], stolen_base(d, model))
        expect_equal(row['stolen'].get('identity', False), name == 'tgl')
        expect_said(d.m.hmp('info igd'), f'{d.pci.read32(ASLS):x}', f'{stolen_base(d, model):x}')


@rows({'all is well': ('igd-gen9.toml', '', SLOT, []),
       'slot': ('igd-gen9.toml', '', 5, ['00:02.0']),
       'class and generation': (derive('igd-tgl.toml', config={'class': 0x038000}), RELOCATE, SLOT, ['0300', 'generation']),
       'no ROM, no VGA ranges': (derive('igd-gen9.toml', rom={'remove': True}, vga={'remove': True}), '', SLOT,
                                 ['video BIOS|ROM', 'VGA'])})
def the_query_lists_the_conditions_of_legacy_mode(description, settings, slot, unmet):
    with igd(description, settings, slot=slot) as d:
        conditions = query(d)['conditions']
        expect(len(conditions) >= 8, f'{conditions}')
        said = [row['what'] for row in conditions if not row['met']]
        expect(all(row['remedy'] for row in conditions if not row['met']), f'a remedy is missing: {conditions}')
        expect_said('\n'.join(said) or '-', *unmet)
        expect(len(said) == len(unmet) or unmet and len(said) > len(unmet), f'{said}')
        if not unmet:
            expect_equal(said, [])
        for what in said:
            expect(what in d.m.hmp('info igd'), f'"{what}" is not in info igd')


@rows({name: (MODELS[name], *row) for name, row in VBTS.items()})
def the_query_reads_the_video_bios_table(model, version, children):
    with igd(model.file, RELOCATE if model.width == 8 else '') as d:
        vbt = query(d)['vbt']
        expect_equal((vbt['version'], len(vbt['children'])), (version, children))
        text = d.m.hmp('info igd')
        expect_said(text, str(version))
        for child in vbt['children']:
            expect(child['port'] and child['port'] in text, f'{child}')


@with_igd('igd-external-vbt.toml')
def a_table_behind_the_opregion_is_read(d):
    vbt = query(d)['vbt']
    expect_equal((vbt['version'], vbt['offset'], len(vbt['children'])), (228, 0x2000, 4))


PORTS = {'eDP A': 'A', 'HDMI B': 'B', 'DP C': 'C', 'HDMI D': 'D', 'DP B': 'B'}


@rows({name: (name, port) for name, port in PORTS.items()})
def children_are_named_by_their_ports(name, port):
    item = {'at': 0x400, 'vbt': {'children': [name]}}
    with igd(derive('igd-gen9.toml', region=[{'name': 'OpRegion', 'contents': [item]}])) as d:
        said = query(d)['vbt']['children'][0]['port']
        expect(said.endswith(port), f'{name}: {said}')


@rows({bad: (bad,) for bad in ('signature', 'size', 'bdb-offset', 'bdb-signature', 'bdb-size', 'bdb-header', 'block-size',
                               'child-size', 'child-huge', 'checksum')})
def what_is_wrong_with_a_table_is_said(bad):
    item = {'at': 0x400, 'vbt': {'children': ['eDP A', 'DP B', 'HDMI C'], 'bad': bad}}
    with igd(derive('igd-gen9.toml', region=[{'name': 'OpRegion', 'contents': [item]}])) as d:
        row = query(d)
        for child in row.get('vbt', {}).get('children', []):
            expect(child['handle'] in (0x8, 0x4, 0x40), f'made up: {child}')
        expect(row.get('vbt-problem') or len(row['vbt']['children']) < 4, json.dumps(row))
        if bad in ('signature', 'size', 'bdb-offset', 'bdb-signature', 'bdb-size'):     # what i915 refuses to read
            expect(row.get('vbt-problem'), f'nothing is said: {json.dumps(row)}')


@with_igd('igd-gen9.toml', 'x-igd-opregion=off')
def an_opregion_the_guest_does_not_get_is_of_no_size(d):
    expect_equal(query(d)['opregion']['size'], 0)


@rows({'legacy': ('', {'vendor-id': 0x8086, 'device-id': 0x9d48}, True), 'UPT': (UPT, None, False)})
def the_query_has_the_rest_of_the_bundle(settings, lpc, vga):
    with igd('igd-gen9.toml', settings) as d:
        row = query(d)
        expect_equal((row.get('lpc'), row['vga'], row['rom']['size']), (lpc, vga, 65536))


@rows({'romfile': ('romfile={file}', 'file|romfile'), 'none': ('rombar=0', None)})
def the_rom_and_where_it_is_from(settings, source):
    from qtest import scratch_file
    path = scratch_file(b'\x55\xaa\x04' + bytes(2045), '.rom')
    with igd('igd-gen9.toml', settings.replace('{file}', path)) as d:
        row = query(d)
        if source:
            expect_said(row['rom']['source'], source)
            expect_said(summary(d)['rom'], '^2K')
        else:
            expect_equal((row.get('rom', {'size': 0})['size'], summary(d)['rom'].split()[0]), (0, 'none'))


@case()
def without_one_there_is_nothing_to_tell(m):
    expect_equal(m.qmp('x-query-igd'), [])
    expect_said(m.hmp('info igd'), 'no')


@with_igd('igd-gen9.toml')
def a_reset_changes_nothing_of_it(d):
    before = query(d)
    reset(d)
    expect_equal(query(d), before)


@with_igd('igd-gen9.toml')
def there_is_one_summary_line(d):
    reset(d)
    d.m.hmp('info igd')
    expect_equal(d.text().count('igd: 8086:'), 1)


@rows({'by firmware': (BY_FIRMWARE,), 'by the machine': (BY_MACHINE,)})
def the_opregion_of_a_vgpu_is_where_its_register_says(settings):
    """SeaBIOS writes to it in both cases, when another GPU's OpRegion is there to be placed."""
    with igd('gvt-g.toml', f'x-mediated=on,x-igd-opregion=on,{settings}', slot=5) as d:
        d.pci.write32(ASLS, 0x3fdf000)
        expect_equal(query(d)['opregion'].get('address'), 0x3fdf000)
        expect_said(d.m.hmp('info igd'), '3fdf000')
