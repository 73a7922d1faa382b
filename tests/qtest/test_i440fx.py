# SPDX-License-Identifier: GPL-2.0-or-later
"""The host bridge: configuration space after reset, PAM and SMRAM, and where firmware is mapped."""

from case import PC, case, expect, expect_equal, firmware, run_emulator, scratch_file, start
from chipset import Pci

KIB, MIB = 1 << 10, 1 << 20
FOUR_GIB = 1 << 32
READ, WRITE = 1, 2          # of a PAM register's half: reads, writes go to RAM (i440FX data sheet, 3.2.14)
SMRAM, SMRAM_OPEN, SMRAM_CLOSED, SMRAM_LOCK, SMRAM_ENABLE = 0x72, 0x40, 0x20, 0x10, 0x08
VGA_WINDOW = 0xa0000
BLOCK = 256

# Register, shift of its half, first address, size.
SEGMENTS = {'f0000': (0x59, 4, 0xf0000, 0x10000)}
SEGMENTS.update({f'{0xc0000 + 0x4000 * n:05x}': (0x5a + n // 2, 4 * (n % 2), 0xc0000 + 0x4000 * n, 0x4000)
                 for n in range(12)})

# Command and status are those of QEMU; the data sheet says 0006 and 0280 (3.2.3, 3.2.4).
DEFAULTS = {
    'vendor': (0x00, 2, 0x8086), 'device': (0x02, 2, 0x1237), 'command': (0x04, 2, 0x0000),
    'status': (0x06, 2, 0x0000), 'revision': (0x08, 1, 0x02), 'class': (0x0a, 2, 0x0600),
    'header type': (0x0e, 1, 0x00), 'subsystem vendor': (0x2c, 2, 0x1af4), 'subsystem': (0x2e, 2, 0x1100),
    'interrupt pin': (0x3d, 1, 0x00), 'PAM0': (0x59, 1, 0x00), 'PAM6': (0x5f, 1, 0x00),
    'SMRAM': (0x72, 1, 0x02),
}


@case(each=DEFAULTS)
def configuration_space_after_reset(m, row):
    offset, size, value = row
    expect_equal(Pci(m).read(0, offset, size), value)


def set_pam(bridge, segment, bits):
    register, shift = segment[:2]
    bridge.write8(register, bridge.read8(register) & ~(3 << shift) | bits << shift)


def pattern(byte):
    return bytes((byte + n) & 0xff for n in range(BLOCK))


def ends(m, segment):
    """The first and the last bytes of a segment."""
    _, _, base, size = segment
    return m.read(base, BLOCK), m.read(base + size - BLOCK, BLOCK)


def fill(m, segment, byte):
    _, _, base, size = segment
    m.write(base, pattern(byte))
    m.write(base + size - BLOCK, pattern(byte))
    return pattern(byte), pattern(byte)


@case(each=SEGMENTS)
def pam_switches_between_ram_and_pci(m, segment):
    bridge = Pci(m).device(0)
    pci = ends(m, segment)
    set_pam(bridge, segment, READ | WRITE)
    ram = fill(m, segment, 0x5a)
    expect_equal(ends(m, segment), ram, 'RAM')
    set_pam(bridge, segment, 0)
    fill(m, segment, 0x33)
    expect_equal(ends(m, segment), pci, 'PCI')
    set_pam(bridge, segment, READ)
    expect_equal(ends(m, segment), ram, 'RAM again')


@case(each=SEGMENTS, ours='QEMU 7.2 lets a write through its read-only RAM, and reads RAM where only writes go there')
def pam_sends_reads_and_writes_different_ways(m, segment):
    bridge = Pci(m).device(0)
    pci = ends(m, segment)
    set_pam(bridge, segment, WRITE)
    ram = fill(m, segment, 0x77)
    expect_equal(ends(m, segment), pci, 'reads from PCI, writes to RAM')
    set_pam(bridge, segment, READ)
    expect_equal(ends(m, segment), ram, 'RAM')
    fill(m, segment, 0x33)
    expect_equal(ends(m, segment), ram, 'reads from RAM, writes to PCI')


@case(each=SEGMENTS)
def pam_of_one_segment_leaves_the_others(m, segment):
    bridge = Pci(m).device(0)
    others = {name: row for name, row in SEGMENTS.items() if row is not segment}
    before = {name: ends(m, row) for name, row in others.items()}
    set_pam(bridge, segment, READ | WRITE)
    fill(m, segment, 0x11)
    expect_equal({name: ends(m, row) for name, row in others.items()}, before)


@case(ours='QEMU 7.2 keeps PAM over a reset')
def reset_shows_the_firmware_again(m):
    bridge, segment = Pci(m).device(0), SEGMENTS['f0000']
    pci = ends(m, segment)
    set_pam(bridge, segment, READ | WRITE)
    fill(m, segment, 0x44)
    m.qmp('system_reset')
    m.event('RESET')
    expect_equal(bridge.read8(0x59), 0)
    expect_equal(ends(m, segment), pci)


@case()
def conventional_memory_is_ram_whatever_pam_says(m):
    m.write(0x9fc00, pattern(1))
    for register in range(0x59, 0x60):
        Pci(m).device(0).write8(register, 0x33)
    expect_equal(m.read(0x9fc00, BLOCK), pattern(1))


@case(ours='QEMU 7.2 shows RAM where no display device is')
def smram_opens_closes_and_locks(m):
    bridge = Pci(m).device(0)
    nobody = m.read(VGA_WINDOW, BLOCK)
    bridge.write8(SMRAM, SMRAM_ENABLE | SMRAM_OPEN | 2)
    m.write(VGA_WINDOW, pattern(9))
    expect_equal(m.read(VGA_WINDOW, BLOCK), pattern(9), 'open')
    bridge.write8(SMRAM, SMRAM_ENABLE | 2)
    expect_equal(m.read(VGA_WINDOW, BLOCK), nobody, 'closed')
    bridge.write8(SMRAM, SMRAM_ENABLE | SMRAM_LOCK | SMRAM_OPEN | 2)
    bridge.write8(SMRAM, SMRAM_ENABLE | SMRAM_OPEN | 2)
    expect_equal(bridge.read8(SMRAM) & (SMRAM_LOCK | SMRAM_OPEN), SMRAM_LOCK, 'locked')


# ---- firmware ----

@case(None, each={f'{kib} KiB': kib * KIB for kib in (64, 128, 256, 512, 1024, 2048)})
def bios_ends_at_four_gib_and_at_one_mib(size):
    path = firmware(size)
    with open(path, 'rb') as file:
        image = file.read()
    low = image[-128 * KIB:]
    with start(f'{PC} -bios {path}') as m:
        expect(m.read(FOUR_GIB - size, size) == image, 'below 4 GiB')
        expect(m.read(MIB - len(low), len(low)) == low, 'below 1 MiB')


@case(None)
def bios_cannot_be_written():
    with start(f'{PC} -bios {firmware(64 * KIB)}') as m:
        for address in (FOUR_GIB - 64 * KIB, MIB - 64 * KIB):
            before = m.read(address, BLOCK)
            m.write(address, pattern(0x80))
            expect_equal(m.read(address, BLOCK), before, f'{address:#x}')


@case(None, each={'odd': 65537, 'a sector': 512, 'nothing': 0})
def bios_of_an_impossible_size_is_refused(size):
    path = scratch_file(bytes(size))
    status, _, err = run_emulator(f'{PC} -display none -S -bios {path}'.split())
    expect_equal(status, 1)
    expect('could not load PC BIOS' in err, err)


@case(None)
def bios_that_is_not_there_is_refused():
    status, _, err = run_emulator(f'{PC} -display none -S -bios /nonexistent'.split())
    expect(status == 1 and 'could not load PC BIOS' in err, err)


@case(None, each={f'{kib} KiB': kib * KIB for kib in (64, 128, 256)})
def pflash_ends_at_four_gib_and_at_one_mib(size):
    path = firmware(size)
    with open(path, 'rb') as file:
        image = file.read()
    with start(f'{PC} -drive if=pflash,format=raw,readonly=on,file={path}') as m:
        expect(m.read(FOUR_GIB - size, size) == image, 'below 4 GiB')
        low = min(size, 128 * KIB)
        expect(m.read(MIB - low, low) == image[-low:], 'below 1 MiB')


def program_byte(m, address, value):
    """Intel's command set: 0x40 and the byte are written to where it goes, 0xff shows the array again."""
    for byte in (0x40, value, 0xff):
        m.ask(f'writeb {address:#x} {byte:#x}')
    return m.read(address, 1)[0]


NODES = """-blockdev '{"driver":"file","filename":"%s","node-name":"%s-storage","auto-read-only":true,"discard":"unmap"}'
    -blockdev '{"node-name":"%s","read-only":%s,"driver":"raw","file":"%s-storage"}'"""


@case(None)
def pflash_by_nodes_as_libvirt_writes_it():
    code, variables = firmware(128 * KIB), scratch_file(b'\xff' * (64 * KIB))
    nodes = NODES % (code, 'c', 'c', 'true', 'c'), NODES % (variables, 'v', 'v', 'false', 'v')
    with open(code, 'rb') as file:
        image = file.read()
    with start(f'-machine pc,pflash0=c,pflash1=v -m 64 {" ".join(nodes)}') as m:
        start_of_code = FOUR_GIB - 128 * KIB
        expect(m.read(start_of_code, 128 * KIB) == image, 'chip 0')
        expect_equal(program_byte(m, start_of_code, image[0] ^ 0xff), image[0])
        expect_equal(program_byte(m, start_of_code - 64 * KIB, 0x5a), 0x5a)
    with open(code, 'rb') as file:
        expect(file.read() == image, 'the file of chip 0')
    with open(variables, 'rb') as file:
        expect_equal(file.read(2), b'\x5a\xff')


@case('-machine pc -m 64')
def default_firmware_is_seabios(m):
    expect_equal(m.read(FOUR_GIB - 16, 5), b'\xea\x5b\xe0\x00\xf0', 'the jump of the reset vector')
    expect_equal(m.read(FOUR_GIB - 128 * KIB, 128 * KIB) == m.read(MIB - 128 * KIB, 128 * KIB), True)
