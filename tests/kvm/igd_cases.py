# SPDX-License-Identifier: GPL-2.0-or-later
"""The worlds the test video BIOS is put into: which device, what is wrong with it, what must be said of it."""

import os
import struct
import sys
from dataclasses import dataclass, field

SERVER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'vfio-user')
sys.path.append(SERVER)
import source

CONFIG_REGION, GGC, GGC_LOCK, GGC_IVD = 7, 0x50, 1, 2

# Every line of the ROM, in its order; roms/seabios/README.md says what each is about.
LINES = ['rom', 'address', 'device', 'class', 'command', 'lpc-bridge', 'host-bridge', 'ggc-vga', 'ggc-stolen',
         'ggc-lock', 'bdsm', 'bdsm-reserved', 'bdsm-mirror', 'asls', 'opregion', 'opregion-reserved', 'vbt', 'vga',
         'index', 'gtt']
NO_STOLEN = {'bdsm-reserved', 'gtt'}            # not applicable without stolen memory


@dataclass
class Case:
    """What differs from a device with everything at 00:02.0, and which lines then say something else than ok."""
    device: str = 'igd-gen9.toml'
    change: object = None                       # a function of the description
    options: str = 'addr=2.0'
    fw_cfg: dict = field(default_factory=dict)  # name: contents, of files the user gives
    failed: set = frozenset()
    absent: set = frozenset()                   # n/a
    memory_mib: int = 256
    boots: bool = False                         # is watched until it has booted
    detached: bool = False                      # the ROM is not the device's: no device is what it is called for
    later: object = None                        # a function of the device server, when the firmware has begun


def load(case):
    """The description of a case, as a dict."""
    description = source.read(os.path.join(SERVER, 'devices', case.device))
    if case.change:
        case.change(description)
    return description


# ---- changes of a description ----

def config(**keys):
    return lambda description: description['config'].update(keys)


def ggc(change):
    """change: a function of the register's value."""
    def apply(description):
        row = next(row for row in description['config']['bytes'] if row['at'] == GGC)
        value = change(int.from_bytes(bytes.fromhex(row['hex']), 'little'))
        row['hex'] = value.to_bytes(4, 'little').hex()
    return apply


def twice_the_stolen_memory(server):
    """GGC of generation 9 has the size in bits 15:8."""
    old = server.read(CONFIG_REGION, GGC, 2)
    server.write(CONFIG_REGION, GGC, bytes([old[0], old[1] * 2]))


def without(table, key, value):
    def apply(description):
        description[table] = [row for row in description[table] if row.get(key) != value]
    return apply


def without_vga(description):
    del description['vga']


def vga_ports_are_ones(description):
    description['vga']['register'] = [{'at': at, 'width': 8, 'read': 'ones'} for at in range(0x3c0, 0x3e0, 8)]


def vga_memory_is_ones(description):
    description['vga']['register'] = [{'at': at, 'width': 1, 'read': 'ones'} for at in vga_samples()]


def vga_samples():
    """Where the ROM looks: both ends of the graphics window, the last cell of the text screen."""
    for at in (0xa0000, 0xafffe, 0xb8000 + 80 * 25 * 2 - 2):
        yield from (at, at + 1)


def without_index(description):
    del next(row for row in description['bar'] if row['index'] == 4)['indirect']


def without_vbt(description):
    opregion = next(row for row in description['region'] if row.get('name') == 'OpRegion')
    opregion['contents'] = [item for item in opregion['contents'] if item['at'] != 0x400]


# ---- OpRegions of the user ----

def opregion(signature=b'IntelGraphicsMem', size_kib=8):
    """8 KiB that say what they like of themselves."""
    image = bytearray(8192)
    struct.pack_into('<16sI', image, 0, signature, size_kib)
    image[0x16:0x18] = b'\0\2'
    image[0x400:0x404] = b'$VBT'
    return bytes(image)


# ---- the table ----

FIRMWARE, MACHINE = ',x-igd-place=firmware', ',x-igd-place=machine'
CASES = {
    'placed by the firmware, generation 9': Case(options='addr=2.0' + FIRMWARE, boots=True),
    'placed by the firmware, generation 6': Case('igd-snb.toml', options='addr=2.0' + FIRMWARE, boots=True),
    'placed by the firmware, generation 7': Case('igd-hsw.toml', options='addr=2.0' + FIRMWARE),
    'placed by the firmware, generation 8': Case('igd-bdw.toml', options='addr=2.0' + FIRMWARE),
    'placed by the firmware, Cherryview': Case('igd-chv.toml', options='addr=2.0' + FIRMWARE),
    'placed by the firmware, a VBT behind the OpRegion': Case(
        'igd-external-vbt.toml', options='addr=2.0' + FIRMWARE),
    'placed by the machine': Case(options='addr=2.0' + MACHINE, boots=True),
    'placed by the machine, another address': Case(
        options='addr=5.0,x-igd-lpc=on' + MACHINE, failed={'address'}, absent={'vga'}),
    'placed by the machine, generation 12': Case(
        'igd-tgl.toml', options='addr=2.0' + MACHINE, absent={'index', 'gtt'}),
    'placed by the machine, not a VGA controller': Case(
        change=config(**{'class': 0x038000}), options='addr=2.0,x-igd-lpc=on' + MACHINE, failed={'class'},
        absent={'vga'}),
    'no LPC bridge': Case(change=without('region', 'name', 'LPC bridge'), failed={'lpc-bridge'}),
    'another address, where SeaBIOS places no stolen memory': Case(
        options='addr=5.0,x-igd-lpc=on' + FIRMWARE, failed={'address', 'bdsm'}, absent={'vga', *NO_STOLEN}),
    'a generation whose BDSM SeaBIOS does not know': Case(
        'igd-tgl.toml', options='addr=2.0' + FIRMWARE, failed={'bdsm'}, absent={'index', *NO_STOLEN}),
    'a generation without BDSM': Case(
        'igd-mtl.toml', options='addr=2.0,x-igd-lpc=on',
        absent={'ggc-stolen', 'bdsm', 'bdsm-mirror', 'vga', 'index', *NO_STOLEN}),
    'a guest too small for stolen memory': Case(
        options='addr=2.0' + FIRMWARE, memory_mib=64, failed={'bdsm'}, absent=NO_STOLEN),
    'not a VGA controller, to which SeaBIOS gives neither OpRegion nor stolen memory': Case(
        change=config(**{'class': 0x038000}), options='addr=2.0,x-igd-lpc=on' + FIRMWARE,
        failed={'class', 'asls', 'bdsm'}, absent={'opregion', 'opregion-reserved', 'vbt', 'vga', *NO_STOLEN}),
    'VGA cycles disabled': Case(change=ggc(lambda value: value | GGC_IVD), options='addr=2.0,x-igd-lpc=on',
                                failed={'ggc-vga'}, absent={'vga'}),
    'no stolen memory': Case(change=ggc(lambda value: value & 0xff), failed={'ggc-stolen', 'bdsm'},
                             absent=NO_STOLEN),
    'graphics control is not locked': Case(change=ggc(lambda value: value & ~GGC_LOCK), failed={'ggc-lock'}),
    'less stolen memory than graphics control says': Case(
        later=twice_the_stolen_memory, failed={'bdsm-reserved'}),
    'no OpRegion': Case(options='addr=2.0,x-igd-opregion=off', failed={'asls'},
                        absent={'opregion', 'opregion-reserved', 'vbt'}),
    'an OpRegion without signature': Case(
        options='addr=2.0,x-igd-opregion=off' + FIRMWARE,
        fw_cfg={'etc/igd-opregion': opregion(b'IntelGraphicsMess')},
        failed={'opregion'}, absent={'opregion-reserved', 'vbt'}),
    'an OpRegion larger than its memory': Case(
        options='addr=2.0,x-igd-opregion=off' + FIRMWARE,
        fw_cfg={'etc/igd-opregion': opregion(size_kib=1 << 20)},
        failed={'opregion-reserved'}),
    'no VBT': Case(change=without_vbt, failed={'vbt'}),
    'no VGA ranges': Case(change=without_vga, absent={'vga'}),
    'VGA memory without ports': Case(change=vga_ports_are_ones, failed={'vga'}),
    'VGA ports without memory': Case(change=vga_memory_is_ones, failed={'vga'}),
    'a ROM that belongs to no device': Case(
        options='addr=2.0,rombar=0', detached=True,
        failed={'rom', 'address', 'class', 'ggc-lock', 'asls'},
        absent={'ggc-stolen', 'bdsm', 'bdsm-mirror', 'index', 'opregion', 'opregion-reserved', 'vbt',
                *NO_STOLEN}),
    'no BAR 4': Case(change=without('bar', 'index', 4), failed={'index'}, absent={'gtt'}),
    'ports that lead nowhere': Case(change=without_index, failed={'gtt'}),
    'ports that lead nowhere, generation 6': Case('igd-snb.toml', without_index, failed={'gtt'}),
}
