# SPDX-License-Identifier: GPL-2.0-or-later
"""The ACPI tables as firmware gets them: the loader's script is run as SeaBIOS and OVMF do, the result is checked."""

import struct

from case import case, expect, expect_equal
from chipset import FwCfg, Pci

ALLOCATE, ADD_POINTER, ADD_CHECKSUM, WRITE_POINTER = 1, 2, 3, 4
HIGH, FSEG = 1, 2
LOAD_BASE = 0x1000000       # files are put from here on, as far as this test is concerned
MACHINE = '-machine pc -m 64 -smp 2'


class Loader:
    """Memory as it is after the script of etc/table-loader."""

    def __init__(self, m):
        self.cfg = FwCfg(m)
        self.files, self.address = {}, {}
        self.next = LOAD_BASE
        self.commands = []
        script = self.cfg.file('etc/table-loader')
        expect(len(script) % 128 == 0, 'whole entries')
        for offset in range(0, len(script), 128):
            self.run(script[offset:offset + 128])

    def run(self, entry):
        command = struct.unpack_from('<I', entry)[0]
        self.commands.append(command)
        names = [entry[4:60], entry[60:116]]
        first, second = (name.split(b'\0')[0].decode(errors='replace') for name in names)
        if command == ALLOCATE:
            align, zone = struct.unpack_from('<IB', entry, 60)
            self.allocate(first, align, zone)
        elif command == ADD_POINTER:
            offset, size = struct.unpack_from('<IB', entry, 116)
            self.add_pointer(first, second, offset, size)
        elif command == ADD_CHECKSUM:
            offset, begin, length = struct.unpack_from('<III', entry, 60)
            data = self.files[first]
            data[offset] = -(sum(data[begin:begin + length]) - data[offset]) & 0xff
        else:
            expect(command in (0, WRITE_POINTER), f'command {command}')

    def allocate(self, name, align, zone):
        expect(align & align - 1 == 0 and align, f'{name}: alignment {align}')
        expect(zone in (HIGH, FSEG), f'{name}: zone {zone}')
        expect(name not in self.files, f'{name} is allocated twice')
        self.next = -(-self.next // align) * align
        self.files[name] = bytearray(self.cfg.file(name))
        self.address[name] = self.next
        self.next += len(self.files[name])

    def add_pointer(self, where, what, offset, size):
        data = self.files[where]
        expect(size in (1, 2, 4, 8) and offset + size <= len(data), f'pointer at {offset:#x} of {where}')
        value = int.from_bytes(data[offset:offset + size], 'little')
        expect(value < len(self.files[what]), f'pointer at {offset:#x} to {value:#x} of {what}')
        data[offset:offset + size] = (value + self.address[what]).to_bytes(size, 'little')

    def at(self, address, size):
        for name, base in self.address.items():
            if base <= address < base + len(self.files[name]):
                return bytes(self.files[name][address - base:address - base + size])
        raise AssertionError(f'{address:#x} is in no file')

    def table(self, address):
        """A whole table by its header."""
        length = struct.unpack('<I', self.at(address + 4, 4))[0]
        data = self.at(address, length)
        expect_equal(len(data), length, f'{data[:4]} is cut off')
        return data

    def tables(self):
        """Signature -> table, of everything the RSDT lists."""
        rsdp = self.files['etc/acpi/rsdp']
        rsdt = self.table(struct.unpack_from('<I', rsdp, 16)[0])
        expect_equal(rsdt[:4], b'RSDT')
        found = {}
        for offset in range(36, len(rsdt), 4):
            table = self.table(struct.unpack_from('<I', rsdt, offset)[0])
            found[table[:4].decode()] = table
        return found


@case(MACHINE)
def script_allocates_before_it_points(m):
    loader = Loader(m)          # raises when a file is used that is not allocated
    expect({'etc/acpi/rsdp', 'etc/acpi/tables'} <= set(loader.files), loader.files.keys())
    expect(ADD_CHECKSUM in loader.commands, 'checksums')


@case(MACHINE)
def rsdp_is_whole(m):
    rsdp = Loader(m).files['etc/acpi/rsdp']
    expect_equal(bytes(rsdp[:8]), b'RSD PTR ')
    expect_equal(sum(rsdp[:20]) & 0xff, 0, 'checksum')


@case(MACHINE)
def every_table_has_a_checksum_and_a_length(m):
    tables = Loader(m).tables()
    expect({'FACP', 'APIC'} <= set(tables), tables.keys())
    for name, table in tables.items():
        expect_equal(sum(table) & 0xff, 0, f'checksum of {name}')
        expect(len(table) >= 36, f'length of {name}')


@case(MACHINE)
def fadt_describes_the_ports_of_piix4(m):
    pm = Pci(m).device(1, 3)        # as firmware does before it asks for the tables
    pm.write32(0x40, 0x600 | 1)
    pm.write8(0x80, 1)
    fadt = Loader(m).tables()['FACP']
    sci, smi_port, enable, disable = struct.unpack_from('<HIBB', fadt, 46)
    expect_equal((sci, smi_port), (9, 0xb2))
    expect_equal((enable, disable), (0xf1, 0xf0), 'ACPI_ENABLE, ACPI_DISABLE')
    event, _, control, _, _, timer, gpe = struct.unpack_from('<IIIIIII', fadt, 56)
    expect_equal((event, control, timer, gpe), (0x600, 0x604, 0x608, 0xafe0))


@case(MACHINE)
def fadt_follows_firmware_that_chooses_other_ports(m):
    pm = Pci(m).device(1, 3)
    pm.write32(0x40, 0xb000 | 1)    # OVMF's choice
    pm.write8(0x80, 1)
    loader = Loader(m)
    fadt = loader.tables()['FACP']
    event, _, control, _, _, timer = struct.unpack_from('<IIIIII', fadt, 56)
    expect_equal((event, control, timer), (0xb000, 0xb004, 0xb008))
    extended = [struct.unpack_from('<Q', fadt, offset + 4)[0] for offset in (148, 172, 208)]
    expect_equal(extended, [0xb000, 0xb004, 0xb008], 'X_PM1a_EVT_BLK, X_PM1a_CNT_BLK, X_PM_TMR_BLK')
    expect(b'PMBA\x0b\x00\xb0' in loader.files['etc/acpi/tables'], 'the ports that no other device may be given')
    pm.write32(0x40, 0x600 | 1)
    event, = struct.unpack_from('<I', Loader(m).tables()['FACP'], 56)
    expect_equal(event, 0x600)


@case(MACHINE)
def fadt_points_to_facs_and_dsdt(m):
    loader = Loader(m)
    fadt = loader.tables()['FACP']
    facs, dsdt = struct.unpack_from('<II', fadt, 36)
    expect_equal(facs % 64, 0, 'alignment of the FACS')
    expect_equal(loader.table(facs)[:4], b'FACS')
    table = loader.table(dsdt)
    expect_equal(table[:4], b'DSDT')
    expect_equal(sum(table) & 0xff, 0, 'checksum of the DSDT')


def madt_entries(table):
    offset = 44
    while offset < len(table):
        kind, length = table[offset:offset + 2]
        expect(length >= 2 and offset + length <= len(table), f'entry at {offset}')
        yield kind, table[offset + 2:offset + length]
        offset += length


@case(MACHINE)
def madt_has_processors_io_apic_and_overrides(m):
    entries = list(madt_entries(Loader(m).tables()['APIC']))
    local = [body for kind, body in entries if kind == 0]
    expect_equal([(body[1], body[2] & 1) for body in local], [(0, 1), (1, 1)], 'APIC id, enabled')
    io_apic = [struct.unpack_from('<BBII', body) for kind, body in entries if kind == 1]
    expect_equal([row[2:] for row in io_apic], [(0xfec00000, 0)])
    overrides = {body[1]: struct.unpack_from('<IH', body, 2) for kind, body in entries if kind == 2}
    expect_equal(overrides[0][0], 2, 'timer on pin 2')
    for line in (5, 9, 10, 11):
        expect_equal(overrides[line], (line, 0xd), 'active high, level')


@case('-machine pc -m 64 -smp 2,maxcpus=4', stock='processors are not plugged here')
def madt_lists_processors_that_may_come(m):
    entries = list(madt_entries(Loader(m).tables()['APIC']))
    expect_equal([body[2] & 1 for kind, body in entries if kind == 0], [1, 1, 0, 0])


@case(MACHINE)
def tables_are_the_same_after_a_reset(m):
    before = Loader(m).files['etc/acpi/tables']
    m.qmp('system_reset')
    m.event('RESET')
    expect(Loader(m).files['etc/acpi/tables'] == before, 'they changed')


@case('-machine pc,igd-reserve=64M -m 64', ours='stock sets nothing aside')
def memory_set_aside_for_a_device_that_comes_later_is_told(m):
    """OVMF leaves what e820 reserves out of its map; systems it starts learn of it here (Memory32Fixed)."""
    wanted = struct.pack('<BHBII', 0x86, 9, 1, 0x4000000, 64 << 20)
    expect(wanted in Loader(m).cfg.file('etc/acpi/tables'), 'no Memory32Fixed for what is set aside')
