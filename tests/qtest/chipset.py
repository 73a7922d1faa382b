# SPDX-License-Identifier: GPL-2.0-or-later
"""What cases use to reach devices: PCI configuration space and BARs, fw_cfg, CMOS."""

import struct

CONFIG_ADDRESS, CONFIG_DATA = 0xcf8, 0xcfc
COMMAND, STATUS, HEADER_TYPE, BAR0, CAPABILITY_POINTER, ROM = 0x04, 0x06, 0x0e, 0x10, 0x34, 0x30
COMMAND_IO, COMMAND_MEMORY, COMMAND_MASTER, COMMAND_INTX_DISABLE = 1, 2, 4, 0x400
STATUS_CAPABILITIES = 0x10
MSI, MSIX = 0x05, 0x11
MMIO_BASE, IO_BASE = 0xe0000000, 0xc000         # where nobody lives on a machine whose firmware did not run


class Pci:
    """Configuration space by 0xcf8 and 0xcfc."""

    def __init__(self, machine):
        self.m = machine
        self.next_mmio, self.next_io = MMIO_BASE, IO_BASE

    def address(self, bus, devfn, offset):
        return 1 << 31 | bus << 16 | devfn << 8 | offset

    def read(self, devfn, offset, size, bus=0):
        """As hardware wants it: a dword's address in 0xcf8, the byte in the low bits of the port."""
        self.m.outl(CONFIG_ADDRESS, self.address(bus, devfn, offset & ~3))
        return (self.m.inb, self.m.inw, None, self.m.inl)[size - 1](CONFIG_DATA + (offset & 3))

    def write(self, devfn, offset, size, value):
        self.m.outl(CONFIG_ADDRESS, self.address(0, devfn, offset & ~3))
        (self.m.outb, self.m.outw, None, self.m.outl)[size - 1](CONFIG_DATA + (offset & 3), value)

    def read_low_bits(self, devfn, offset, size):
        """As QEMU's test library does it: all of the offset in 0xcf8, and always port 0xcfc."""
        self.m.outl(CONFIG_ADDRESS, self.address(0, devfn, offset))
        return (self.m.inb, self.m.inw, None, self.m.inl)[size - 1](CONFIG_DATA)

    def write_low_bits(self, devfn, offset, size, value):
        self.m.outl(CONFIG_ADDRESS, self.address(0, devfn, offset))
        (self.m.outb, self.m.outw, None, self.m.outl)[size - 1](CONFIG_DATA, value)

    def device(self, slot, function=0):
        return PciDevice(self, slot << 3 | function)

    def devices(self):
        """Every function of bus 0."""
        found = (PciDevice(self, devfn) for devfn in range(256))
        return [device for device in found if device.id & 0xffff != 0xffff]

    def find(self, identity):
        """The first function with this device and vendor id, None when there is none."""
        return next((device for device in self.devices() if device.id == identity), None)

    def allocate(self, size, is_io):
        """An address of that size and alignment that nobody was given before."""
        if is_io:
            base = -(-self.next_io // size) * size
            self.next_io = base + size
        else:
            base = -(-self.next_mmio // size) * size
            self.next_mmio = base + size
        return base


class Bar:
    """A base address register, as its writable bits describe it."""

    def __init__(self, device, number):
        self.device, self.offset = device, BAR0 + 4 * number
        old = device.read32(self.offset)
        device.write32(self.offset, 0xffffffff)
        mask = device.read32(self.offset)
        device.write32(self.offset, old)
        self.is_io = bool(old & 1)
        self.is_64bit = not self.is_io and old & 6 == 4
        self.is_prefetchable = not self.is_io and bool(old & 8)
        if self.is_64bit:
            mask |= self.high_mask() << 32
        elif mask:
            mask |= 0xffffffff << 32
        low_bits = 3 if self.is_io else 15
        self.size = (~(mask & ~low_bits) & (1 << 64) - 1) + 1 if mask else 0

    def high_mask(self):
        old = self.device.read32(self.offset + 4)
        self.device.write32(self.offset + 4, 0xffffffff)
        mask = self.device.read32(self.offset + 4)
        self.device.write32(self.offset + 4, old)
        return mask

    def place(self, address):
        self.device.write32(self.offset, address & 0xffffffff)
        if self.is_64bit:
            self.device.write32(self.offset + 4, address >> 32)

    def address(self):
        low = self.device.read32(self.offset)
        high = self.device.read32(self.offset + 4) if self.is_64bit else 0
        return high << 32 | low & ~(3 if self.is_io else 15)

    def map(self):
        """Give it an address, which is returned; decoding is the device's enable()."""
        self.place(self.device.pci.allocate(max(self.size, 4096), self.is_io))
        return self.address()


class PciDevice:
    """A function of bus 0."""

    def __init__(self, pci, devfn):
        self.pci, self.devfn = pci, devfn

    def __repr__(self):
        return f'{self.devfn >> 3:02x}.{self.devfn & 7}'

    id = property(lambda self: self.read32(0))

    def read8(self, offset):
        return self.pci.read(self.devfn, offset, 1)

    def read16(self, offset):
        return self.pci.read(self.devfn, offset, 2)

    def read32(self, offset):
        return self.pci.read(self.devfn, offset, 4)

    def write8(self, offset, value):
        self.pci.write(self.devfn, offset, 1, value)

    def write16(self, offset, value):
        self.pci.write(self.devfn, offset, 2, value)

    def write32(self, offset, value):
        self.pci.write(self.devfn, offset, 4, value)

    def bar(self, number):
        return Bar(self, number)

    def enable(self, bits=COMMAND_IO | COMMAND_MEMORY | COMMAND_MASTER):
        self.write16(COMMAND, self.read16(COMMAND) | bits)

    def capabilities(self):
        """(id, offset) in the order of the chain, which must end."""
        if not self.read16(STATUS) & STATUS_CAPABILITIES:
            return []
        found, offset = [], self.read8(CAPABILITY_POINTER)
        while offset:
            if offset in [where for _, where in found] or offset < 0x40 or offset & 3:
                raise ValueError(f'{self}: capability at {offset:#x} after {found}')
            found.append((self.read8(offset), offset))
            offset = self.read8(offset + 1)
        return found

    def capability(self, number):
        """The offset of the first capability with that id, None when there is none."""
        return next((offset for found, offset in self.capabilities() if found == number), None)

    def msix_enable(self):
        """(address of the table, number of vectors) after its BAR was mapped and MSI-X switched on."""
        offset = self.capability(MSIX)
        control, table = self.read16(offset + 2), self.read32(offset + 4)
        bar = self.bar(table & 7)
        base = bar.address() or bar.map()
        self.enable()
        self.write16(offset + 2, control | 0x8000)
        return base + (table & ~7), (control & 0x7ff) + 1


class FwCfg:
    """The firmware configuration device: selector 0x510, data 0x511, DMA 0x514."""

    SIGNATURE, ID, FILE_DIR = 0, 1, 0x19
    DMA_ERROR, DMA_READ, DMA_SKIP, DMA_SELECT, DMA_WRITE = 1, 2, 4, 8, 16
    DESCRIPTOR, BUFFER = 0x200000, 0x210000

    def __init__(self, machine):
        self.m = machine

    def select(self, key):
        self.m.outw(0x510, key)

    def read(self, size):
        return bytes(self.m.inb(0x511) for _ in range(size))

    def item(self, key, size):
        self.select(key)
        return self.read(size)

    def number(self, key, size):
        return int.from_bytes(self.item(key, size), 'little')

    def directory(self):
        """Name -> (size, key), in the order of the directory."""
        count = struct.unpack('>I', self.item(self.FILE_DIR, 4))[0]
        rows = [struct.unpack('>IHH56s', self.read(64)) for _ in range(count)]
        return {name.rstrip(b'\0').decode(): (size, key) for size, key, _, name in rows}

    def file(self, name):
        """The content of a file, by DMA because of its size."""
        size, key = self.directory()[name]
        return self.dma_read(key, size)

    def dma(self, control, length, address):
        """Run a descriptor; returns what its control word became."""
        self.m.write(self.DESCRIPTOR, struct.pack('>IIQ', control, length, address))
        self.m.outl(0x514, 0)
        self.m.outl(0x518, int.from_bytes(self.DESCRIPTOR.to_bytes(4, 'big'), 'little'))
        return struct.unpack('>I', self.m.read(self.DESCRIPTOR, 4))[0]

    def dma_read(self, key, size):
        control = self.dma(key << 16 | self.DMA_SELECT | self.DMA_READ, size, self.BUFFER)
        if control:
            raise ValueError(f'DMA of {size} bytes of {key:#x}: control word {control:#x}')
        return self.m.read(self.BUFFER, size) if size else b''


class Cmos:
    """The clock and memory behind 0x70 and 0x71."""

    def __init__(self, machine):
        self.m = machine

    def read(self, index):
        self.m.outb(0x70, index)
        return self.m.inb(0x71)

    def write(self, index, value):
        self.m.outb(0x70, index)
        self.m.outb(0x71, value)
