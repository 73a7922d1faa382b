# SPDX-License-Identifier: GPL-2.0-or-later
"""What cases about Intel graphics share: the devices, their registers, the memory map as firmware is told of it.

Register names and places: GGC, BDSM, ASLS and their images in BAR 0 are those of Intel's PRMs and of Linux i915.
"""

import functools
import re
import struct

from case import PC, expect, expect_equal
from chipset import Cmos, FwCfg
from vfio import assigned, device, load, rows, start_fails

M, G = 1 << 20, 1 << 30
SLOT = 2                                            # where an integrated GPU lives
GGC, BDSM_32, BDSM_64, BGSM, ASLS = 0x50, 0x5c, 0xc0, 0xf0, 0xfc
GGC_IVD = 2
MIRROR_GGC, MIRROR_BDSM, MIRROR_BGSM, MIRROR_RESERVED = 0x108040, 0x1080c0, 0x108100, 0x1082c0
HOST_ASLS = 0x7a5a1018
OPREGION_FILE, STOLEN_FILE = 'etc/igd-opregion', 'etc/igd-bdsm-size'
OPREGION_REGION, HOST_BRIDGE_REGION, LPC_REGION = 9, 10, 11     # of the devices here, in this order
RAM, RESERVED = 1, 2                                # of e820 (ACPI 6.4, table 15.4)
STOLEN = 64 * M                                     # of every device here, unless a case says otherwise
BY_FIRMWARE, BY_MACHINE = 'x-igd-place=firmware', 'x-igd-place=machine'


class Model:
    """A device of tests/vfio-user/devices, and what the documents say of it."""

    def __init__(self, name, generation, bdsm):
        self.name, self.file, self.generation, self.bdsm = name, f'igd-{name}.toml', generation, bdsm

    @functools.cached_property
    def tree(self):
        return load(self.file)

    def config(self, offset):
        """Bytes of the host's configuration space."""
        return next((int.from_bytes(bytes.fromhex(row['hex']), 'little') for row in self.tree['config']['bytes']
                     if row['at'] == offset), 0)

    def contents(self, bar, offset):
        """What the host's register in a BAR says, 0 where the file says nothing."""
        row = next(row for row in self.tree['bar'] if row['index'] == bar)
        item = next((item for item in row['contents'] if item['at'] == offset), {})
        return item.get('u64', item.get('u32', 0))

    @property
    def width(self):
        """Bytes of BDSM."""
        return 8 if self.bdsm == BDSM_64 else 4 if self.bdsm else 0

    @property
    def host_base(self):
        return self.config(self.bdsm) & ~(M - 1) if self.bdsm else 0

    def host_addresses(self):
        """Upper 12 bits of every address of the host's that the device could show."""
        values = [self.config(offset) for offset in (BDSM_32, BDSM_64, BGSM, ASLS)]
        values += [self.contents(0, offset) for offset in (MIRROR_BDSM, MIRROR_BGSM, MIRROR_RESERVED)]
        return {value >> 20 for value in values if value >> 20}


MODELS = {model.name: model for model in [
    Model('snb', 6, BDSM_32), Model('ivb', 7, BDSM_32), Model('hsw', 7, BDSM_32), Model('bdw', 8, BDSM_32),
    Model('chv', 8, BDSM_32), Model('gen9', 9, BDSM_32), Model('cfl', 9, BDSM_32), Model('icl', 11, BDSM_64),
    Model('tgl', 12, BDSM_64), Model('adl', 12, BDSM_64), Model('rpl', 12, BDSM_64), Model('mtl', 0, 0),
    Model('0380', 9, BDSM_32),
]}
WITH_BDSM = {name: model for name, model in MODELS.items() if model.bdsm}
# What SeaBIOS's way of placing is made for: a BDSM of 32 bits, class 0300.
FOR_FIRMWARE = [name for name, model in MODELS.items() if model.bdsm == BDSM_32 and name != '0380']
LEGACY = [name for name in FOR_FIRMWARE]


def pick(names):
    """Rows of those models."""
    return {name: (MODELS[name],) for name in names}


def igd(description, settings='', args=PC, slot=SLOT, **options):
    """An Assigned at 00:02.0, and a monitor."""
    return device(description, settings, args, slot=slot, connect_qmp=True, **options)


def with_igd(description, settings='', args=PC, each=None, slot=SLOT, **options):
    """Register a case that gets an Assigned at 00:02.0, and behind it a row of each."""
    return assigned(description, settings, args, each, slot=slot, connect_qmp=True, **options)


def igd_fails(description, settings='', args=PC, slot=SLOT):
    return start_fails(description, settings, args, slot=slot)


def expect_said(text, *words):
    for word in words:
        expect(re.search(word, text, re.I), f'no "{word}" in: {text}')


def complaints(d):
    """Everything that was said but the summary."""
    return ''.join(f'{line}\n' for line in d.text().splitlines() if 'igd: 8086:' not in line)


def summary(d):
    """The line about the device, as {word before "=": what follows}; "" has what comes first."""
    lines = [line.partition('igd: ')[2] for line in d.text().splitlines() if re.search('igd: 8086:', line)]
    expect_equal(len(lines), 1, f'summary lines of {d.text()!r}')
    words, found = re.split(r' (?=[\w-]+=)', lines[0]), {}
    found[''] = words[0]
    found.update(word.split('=', 1) for word in words[1:])
    return found


# ---- registers ----

def read_bdsm(d, model):
    low = d.pci.read32(model.bdsm)
    return low | d.pci.read32(model.bdsm + 4) << 32 if model.width == 8 else low


def write_bdsm(d, model, value):
    for offset in range(0, model.width, 4):
        d.pci.write32(model.bdsm + offset, value >> 8 * offset & 0xffffffff)


def stolen_base(d, model):
    """Where the guest's stolen memory is; bit 0 is a lock, the bits above it are none of the address."""
    return read_bdsm(d, model) & ~(M - 1)


def reset(d):
    d.m.qmp('system_reset')
    d.m.event('RESET')


# ---- what firmware is told ----

def files(d):
    return FwCfg(d.m).directory()


def file(d, name):
    """The content of a file; None when there is none."""
    cfg = FwCfg(d.m)
    return cfg.file(name) if name in cfg.directory() else None


def stolen_size(d):
    """What etc/igd-bdsm-size says; None when there is none."""
    data = file(d, STOLEN_FILE)
    expect(data is None or len(data) == 8, f'{STOLEN_FILE}: {data}')
    return None if data is None else int.from_bytes(data, 'little')


def host_opregion(d, size=0x2000):
    """The bytes the host offers."""
    return d.server.read(OPREGION_REGION, 0, size)


def e820(d):
    """(base, end, type) of etc/e820, in order of address."""
    data = file(d, 'etc/e820')
    entries = [struct.unpack_from('<QQI', data, at) for at in range(0, len(data), 20)]
    return sorted((base, base + size, kind) for base, size, kind in entries)


def ram_size(d):
    return sum(end - base for base, end, kind in e820(d) if kind == RAM)


def overlaps(first, second):
    return first[0] < second[1] and second[0] < first[1]


def expect_kept_from_guest(d, what, base, size):
    """[base, base + size) is reserved in e820 and no RAM, neither there nor by what the clock chip says, which is where
    OVMF looks."""
    entries = e820(d)
    inside = [row for row in entries if row[2] == RESERVED and row[0] <= base and base + size <= row[1]]
    expect(inside, f'{what} at {base:#x}+{size:#x} is not reserved: {shown(entries)}')
    for row in entries:
        expect(row[2] != RAM or not overlaps(row, (base, base + size)), f'{what} at {base:#x} is RAM: {shown(entries)}')
    expect(M <= base and base + size <= 4 * G, f'{what} at {base:#x}+{size:#x}')
    expect(not overlaps((M, low_ram_end(d)), (base, base + size)), f'{what} at {base:#x}: RAM to {low_ram_end(d):#x} in CMOS')


def low_ram_end(d):
    """The end of RAM below 4 GiB as CMOS has it: 64 KiB units above 16 MiB, or KiB above 1 MiB."""
    cmos = Cmos(d.m)
    above_16m, above_1m = (cmos.read(low) | cmos.read(low + 1) << 8 for low in (0x34, 0x30))
    return 16 * M + (above_16m << 16) if above_16m else M + (above_1m << 10)


def shown(entries):
    return ' '.join(f'{base:#x}-{end:#x}:{kind}' for base, end, kind in entries)


def pci_windows(d):
    """(base, end) of the windows that ACPI's _CRS gives to PCI, from the names the DSDT builds it of."""
    data = file(d, 'etc/acpi/tables')
    low, last, high, high_last = (aml_integer(data, name) for name in (b'P32B', b'P32L', b'P64B', b'P64L'))
    return [(low, last + 1)] + ([(high, high_last + 1)] if high_last else [])


def aml_integer(data, name):
    """The value of Name (name, integer) (ACPI 6.4, 20.2.3)."""
    at = data.index(b'\x08' + name) + 5
    size = {0x0a: 1, 0x0b: 2, 0x0c: 4, 0x0e: 8}.get(data[at])
    return int.from_bytes(data[at + 1:at + 1 + size], 'little') if size else data[at]
