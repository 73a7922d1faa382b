# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests of how the server is started, and of what it says to a description or an option that is wrong."""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile

import client
import control
import describe
import device_server
import faults
import pixels
import planes
import registers
import rom
import source
import vbt
from checkers import DescriptionError
from check import PLAIN, bar, plain, same, test

TABLES = ['CONTENTS', 'VBT', 'REGISTER', 'CHAIN', 'CLAIMS', 'REGION', 'HEADER', 'BYTES', 'IRQ', 'PROTOCOL', 'FAULT',
          'INDIRECT', 'EDID', 'DMABUF']

PORTS = {'index': 4, 'kind': 'io', 'size': 64}

MINIMAL = os.path.join(device_server.FOLDER, 'devices', 'minimal.toml')

WRONG = [
    # description                                               what the error names
    ({'bars': []},                                              ['.bars', 'no such key', 'bar']),
    (bar(size=3000),                                            ['bar[0].size = 3000', 'power of two']),
    (bar(size='4X'),                                            ["bar[0].size = '4X'", 'unit']),
    (bar(kind='mem16'),                                         ["bar[0].kind = 'mem16'", "'mem32'"]),
    (plain(bar=[{'index': 0, 'size': 16}]),                     ['bar[0].kind', 'missing']),
    (bar(kind='io', mmap=True),                                 ['bar[0].kind', 'mapped']),
    (bar(index=7),                                              ['bar[0].index = 7']),
    (plain(bar=PLAIN['bar'] * 2),                               ['bar[1].index = 0', 'taken by bar[0]']),
    (bar(index=5, kind='mem64'),                                ['bar[0].index = 5', 'beyond']),
    (bar(contents=[{'at': 4090, 'text': '1234567'}]),           ['bar[0]', 'do not fit']),
    (bar(contents=[{'at': 0}]),                                 ['contents[0]', 'hex']),
    (bar(contents=[{'at': 0, 'vbt': {'children': ['DP Z']}}]),  ["= 'DP Z'", "'DP A'"]),
    (bar(contents=[{'at': 0, 'hex': 'xy'}]),                    ['contents[0].hex', 'hexadecimal']),
    (bar(contents=[{'at': 0, 'file': 'absent'}]),               ['contents[0]', 'No such file']),
    (bar(register=[{'at': 4094}]),                              ['register[0].at = 4094', 'beyond']),
    (bar(mmap=True, register=[{'at': 0}]),                      ['register[0].at', 'mapped']),
    (bar(register=[{'at': 0, 'on_write': ['explode']}]),        ["'explode'", 'verbs are raise']),
    (bar(register=[{'at': 0, 'on_write': ['raise abc']}]),      ["'raise abc'", 'intx']),
    (bar(register=[{'at': 0, 'on_write': ['set x 1']}]),        ["'set x 1'", 'no register']),
    (bar(register=[{'at': 0, 'on_write': ['raise msi x']}]),    ['neither a number']),
    (bar(register=[{'at': 0, 'on_write': ['dma-copy 1']}]),     ['takes 3 to 4 words']),
    (bar(sparse=[[1]]),                                         ['sparse[0]', '[offset, size]']),
    (bar(size='4G'),                                            ['bar[0].size', '0x80000000']),
    (bar(contents=[{'at': 0, 'fill': 1, 'len': 1 << 60}]),      ['bar[0]', 'do not fit']),
    (bar(register=[{'at': 0, 'on_write': ['dma-in 1 2 3 4']}]), ['no register is called "4"']),
    (plain(rom={}, config={'bytes': [{'at': 999, 'hex': '00'}]}), ['config', 'do not fit']),
    (plain(capability=[{'id': 'express', 'at': 0xe0}]),         ['does not fit into 256']),
    (bar(indirect={}),                                          ['indirect.bar', 'missing']),
    (bar(indirect={'bar': 0}),                                  ['bar[0].indirect.bar = 0', 'another BAR']),
    (bar(indirect={'bar': 1}, mmap=True),                       ['bar[0].indirect', 'not mapped']),
    (plain(bar=[*PLAIN['bar'], {**PORTS, 'indirect': {'bar': 0, 'gtt': 4096}}]),
                                                                ['bar[1].indirect.gtt', 'beyond BAR 0']),
    (bar(size=1 << 50),                                         ['bar[0].size', 'claims']),
    (plain(capability=[{'id': 'pmm'}]),                         ["capability[0].id = 'pmm'", "'pm'"]),
    (plain(capability=[{'id': 'pm', 'version': 9}]),            ['capability[0].version = 9']),
    (plain(capability=[{'id': 'pm', 'vectors': 9}]),            ['capability[0].vectors', 'no such key']),
    (plain(capability=[{'id': 'msi', 'vectors': 3}]),           ['vectors = 3', '32']),
    (plain(capability=[{'id': 'pm'}, {'id': 'af', 'at': 0x44}]), ['over another']),
    (plain(config={'size': 256}, extended=[{'id': 'aer'}]),     ['config', 'do not fit']),
    (plain(config={'dump': 'absent'}),                          ['config.dump', 'No such file']),
    (plain(config={'pin': 'E'}),                                ["config.pin = 'E'", "'A'"]),
    (plain(rom={'size': 1024}),                                 ['rom.size = 1024', '2048']),
    (plain(dma={'bar': 3, 'at': 0}),                            ['dma.bar = 3']),
    (plain(fault=[{'do': 'explode'}]),                          ['fault[0]', 'errno']),
    (plain(fault=[{'when': 'command:READ', 'do': 'noreply'}]),  ['fault[0]', 'REGION_READ']),
    (plain(fault=[{'do': 'errno:EWHAT'}]),                      ['fault[0]', 'EWHAT']),
    (plain(fault=[{'do': 'noreply', 'nth': 0}]),                ['fault[0].nth = 0']),
    ({'region': [{'type': 1}]},                                 ['region[0].size', 'missing']),
    ({'region': [{'size': 4096, 'edid': {'max_size': 4096}}]},  ['region[0].edid', 'in the region']),
    ({'region': [{'size': 4096, 'edid': {'offset': 8}}]},       ['region[0].edid', 'behind the registers']),
    ({'region': [{'size': 4096, 'bar': 0}]},                    ['region[0].bar', '0x1000 bytes']),
    ({'region': [{'size': 1}, {'size': 1, 'index': 9}]},        ['region[1].index', 'one region']),
    ({'plane': [{'name': 'overlay'}]},                          ['plane[0].name', "'cursor'"]),
    ({'plane': [{'name': 'cursor'}, {'name': 'cursor'}]},       ['plane[1].name', 'one plane']),
    ({'plane': [{'name': 'cursor', 'error': 'EWHAT'}]},         ['plane[0].error', 'ENODEV']),
    ({'plane': [{'name': 'cursor', 'drm_format_mod': 'z'}]},    ['plane[0].drm_format_mod', "'x-tiled'"]),
    ({'dmabuf': [{'id': 1, 'kind': 'file'}]},                   ['dmabuf[0].kind', "'pipe'"]),
    ({'base': 'absent.toml'},                                   [".base = 'absent.toml'", 'no such file']),
    ({'base': 7},                                               ['.base = 7', 'quotes']),
    ({'base': MINIMAL, 'vga': {'remove': True}},           ['.vga', 'no such thing']),
    ({'base': MINIMAL, 'bar': [{'index': 5, 'remove': True}]}, ['.bar', 'no such row']),
    ({'base': MINIMAL, 'bar': [{'index': 0, 'size': 3}]},  ['bar[0].size = 3']),
    ({'vga': {'remove': True}},                                 ['.vga.remove', 'no such key']),
    ('not TOML',                                                ['cannot be parsed']),
]


@test
def what_is_wrong_is_said_with_file_key_and_value():
    with tempfile.TemporaryDirectory() as folder:
        for number, (description, words) in enumerate(WRONG):
            path = os.path.join(folder, f'{number}.json')
            with open(path, 'w', encoding='utf-8') as file:
                file.write(description if isinstance(description, str) else json.dumps(description))
            try:
                describe.load(path)
            except DescriptionError as error:
                said = str(error)
            else:
                raise AssertionError(f'{description} was accepted')
            for word in [path, *words]:
                same(word in said, True, f'"{word}" in {said}')


BASE = {'config': {'vendor': 1, 'bytes': [{'at': 64, 'hex': '01'}, {'at': 80, 'hex': '02'}]},
        'bar': [{'index': 0, 'kind': 'mem32', 'size': 4096, 'contents': [{'at': 0, 'u8': 1}, {'at': 4, 'u8': 2}]},
                {'index': 2, 'kind': 'io', 'size': 16}],
        'rom': {'size': 2048}, 'dma': {'bar': 0, 'at': 0}}
CHANGES = [
    # what the file on top says                                 what the result differs in
    ({},                                                        {}),
    ({'config': {'device': 7}},                                 {'config': {**BASE['config'], 'device': 7}}),
    ({'config': {'bytes': [{'at': 80, 'hex': '03'}, {'at': 96, 'hex': '04'}]}},
     {'config': {'vendor': 1, 'bytes': [{'at': 64, 'hex': '01'}, {'at': 80, 'hex': '03'}, {'at': 96, 'hex': '04'}]}}),
    ({'bar': [{'index': 0, 'remove': True}]},                   {'bar': [BASE['bar'][1]]}),
    ({'bar': [{'index': 0, 'contents': [{'at': 4, 'remove': True}]}]},
     {'bar': [{**BASE['bar'][0], 'contents': [{'at': 0, 'u8': 1}]}, BASE['bar'][1]]}),
    ({'bar': [{'index': 0, 'contents': [{'at': 4, 'u32': 3}]}]},
     {'bar': [{**BASE['bar'][0], 'contents': [{'at': 0, 'u8': 1}, {'at': 4, 'u32': 3}]}, BASE['bar'][1]]}),
    ({'bar': [{'index': 4, 'kind': 'io', 'size': 4}]},
     {'bar': [*BASE['bar'], {'index': 4, 'kind': 'io', 'size': 4}]}),
    ({'rom': {'remove': True}, 'vga': {}},                      {'rom': None, 'vga': {}}),
]


@test
def a_file_on_top_of_another_says_what_differs():
    with tempfile.TemporaryDirectory() as folder:
        for name, tree in (('base', BASE), ('middle', {'base': 'base.json'})):
            with open(os.path.join(folder, f'{name}.json'), 'w', encoding='utf-8') as file:
                json.dump(tree, file)
        for changes, differences in CHANGES:
            path = os.path.join(folder, 'top.json')
            with open(path, 'w', encoding='utf-8') as file:
                json.dump({'base': 'middle.json', **changes}, file)
            wanted = {key: value for key, value in {**BASE, **differences}.items() if value is not None}
            same(source.read(path), wanted, changes)


@test
def a_file_is_not_its_own_base():
    with tempfile.TemporaryDirectory() as folder:
        for name, base in (('one', 'two'), ('two', 'one')):
            with open(os.path.join(folder, f'{name}.json'), 'w', encoding='utf-8') as file:
                json.dump({'base': f'{base}.json'}, file)
        try:
            describe.load(os.path.join(folder, 'one.json'))
        except DescriptionError as error:
            same('its own base' in str(error), True, str(error))
        else:
            raise AssertionError('it was accepted')


@test
def a_video_bios_table_is_whole():
    for version, size in ((163, 33), (195, 37), (221, 39), (251, 40)):
        image = vbt.generate(version, 'SKYLAKE', ['eDP A', 'HDMI B', 'DP C'])
        same((image[:12], sum(image) & 0xff), (b'$VBT SKYLAKE', 0))
        same((int.from_bytes(image[24:26], 'little'), image[28]), (len(image), 48), 'sizes')
        same(image[48:64], b'BIOS_DATA_BLOCK ')
        same(int.from_bytes(image[64:66], 'little'), version)
        same((image[70], image[77]), (2, size), 'block, size of a child')
        rows = image[78:]
        same([rows[n * size:n * size + 4].hex() for n in range(3)], ['0800c678', '0400d260', '4000c668'])
        same([rows[n * size + 16] for n in range(3)], [10, 1, 8], 'ports')
        same(len(rows), 3 * size)
    for bad in set(vbt.BAD) - {'none'}:
        same(vbt.generate(children=['DP B'], bad=bad) != vbt.generate(children=['DP B']), True, bad)


@test
def the_documentation_names_everything():
    path = os.path.join(device_server.FOLDER, '..', '..', 'docs', 'testing.md')
    with open(path, encoding='utf-8') as file:
        chapter = file.read().partition('## Describe a device and assign it')[2].partition('\n## ')[0]
    words = set(re.findall(r'[\w-]+', chapter))
    for names in ('base remove'.split(), source.ROWS, describe.SCHEMA, *(getattr(describe, table) for table in TABLES), registers.VERBS,
                  vbt.BAD, vbt.KINDS, planes.PLANE, planes.KINDS, planes.TYPES, planes.NAMES, pixels.MODIFIERS,
                  registers.READS, registers.WRITES, faults.DO, faults.WHEN, control.COMMANDS, rom.BAD):
        same(set(names) - words - {'none', 'table'}, set(), 'not in docs/testing.md')


@test
def what_is_wrong_is_one_line_and_status_1():
    path = os.path.join(device_server.FOLDER, 'devices', 'minimal.toml')
    for words, wanted in ((['/nonexistent.toml'], '/nonexistent.toml'), (['--fault', 'do=x', path], 'do=x'),
                          (['--log', '/nonexistent/log', path], '/nonexistent/log')):
        ended = subprocess.run([sys.executable, device_server.PROGRAM, '--fd', '0', *words],
                               stdin=subprocess.DEVNULL, capture_output=True, text=True,
                               timeout=20, check=False)
        same((ended.returncode, ended.stderr.count('\n'), wanted in ended.stderr), (1, 1, True), ended.stderr)


@test
def a_connected_socket_can_be_handed_over():
    ours, theirs = socket.socketpair()
    path = os.path.join(device_server.FOLDER, 'devices', 'minimal.toml')
    process = subprocess.Popen([sys.executable, device_server.PROGRAM, '--fd', str(theirs.fileno()), path],
                               stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
    theirs.close()
    with client.Client(ours) as guest:
        same(guest.info(), (3, 9, 5))
    same(process.wait(10), 0)
