# SPDX-License-Identifier: GPL-2.0-or-later
"""fw_cfg: every key and file by port and by DMA, the directory and its order, items of the user, errors."""

import struct

from case import PC, case, expect, expect_equal, run_emulator, scratch_file, start
from chipset import FwCfg

# Key, size and value of what -m 64 -smp 2,maxcpus=4 -uuid ... makes of it.
UUID = '00112233-4455-6677-8899-aabbccddeeff'
NUMBERS = {
    'interface: ports and DMA': (0x01, 4, 3), 'memory': (0x03, 8, 64 << 20), 'no graphics': (0x04, 2, 1),
    'processors': (0x05, 2, 2), 'most processors': (0x0f, 2, 5), 'boot menu': (0x0e, 2, 0),
    'interrupt 0 goes to pin 2': (0x8002, 1, 1), 'kernel size': (0x08, 4, 0), 'initrd size': (0x0b, 4, 0),
}
REQUIRED = ['etc/acpi/rsdp', 'etc/acpi/tables', 'etc/e820', 'etc/smbios/smbios-anchor', 'etc/smbios/smbios-tables',
            'etc/system-states', 'etc/table-loader']


@case()
def signature(m):
    expect_equal(FwCfg(m).item(FwCfg.SIGNATURE, 4), b'QEMU')


@case(f'{PC} -smp 2,maxcpus=4 -nographic -monitor none -serial none', each=NUMBERS)
def numbers_of_the_machine(m, row):
    key, size, value = row
    if key == 0x0f:
        value = 4
    expect_equal(FwCfg(m).number(key, size), value)


@case(f'{PC} -uuid {UUID}')
def uuid(m):
    expect_equal(FwCfg(m).item(0x02, 16).hex(), UUID.replace('-', ''))


@case(f'{PC} -boot menu=on')
def boot_menu(m):
    expect_equal(FwCfg(m).number(0x0e, 2), 1)


@case()
def items_end_in_zeroes(m):
    expect_equal(FwCfg(m).item(FwCfg.SIGNATURE, 8), b'QEMU\0\0\0\0')
    expect_equal(FwCfg(m).item(0x3fff, 4), bytes(4), 'a key that is not there')


@case()
def selecting_begins_again(m):
    cfg = FwCfg(m)
    cfg.select(0)
    expect_equal(cfg.read(2), b'QE')
    cfg.select(0)
    expect_equal(cfg.read(4), b'QEMU')


@case()
def selector_cannot_be_read_and_data_is_a_byte(m):
    cfg = FwCfg(m)
    cfg.select(0)
    expect_equal(m.inb(0x511), ord('Q'))
    m.outb(0x511, 0)                # writes to data have no effect
    expect_equal(m.inb(0x511), ord('E'))


@case()
def writes_by_port_change_nothing(m):
    cfg = FwCfg(m)
    cfg.select(0x4000)              # the write channel of old
    m.outb(0x511, 0x55)
    cfg.select(0)
    for byte in b'XXXX':
        m.outb(0x511, byte)
    expect_equal(cfg.item(0, 4), b'QEMU')


# ---- files ----

@case('-machine pc -m 64')
def directory_has_the_files_of_the_machine(m):
    directory = FwCfg(m).directory()
    missing = [name for name in REQUIRED if name not in directory]
    expect(not missing, f'missing: {missing}')


@case('-machine pc -m 64')
def directory_has_unique_keys_and_names_in_order(m):
    directory = FwCfg(m).directory()
    keys = [key for _, key in directory.values()]
    expect_equal(sorted(keys), list(range(0x20, 0x20 + len(keys))))
    expect_equal(list(directory), sorted(directory))


@case('-machine pc -m 64')
def every_file_reads_the_same_by_port_and_by_dma(m):
    cfg = FwCfg(m)
    for name, (size, key) in cfg.directory().items():
        expect_equal(cfg.dma_read(key, min(size, 4096)), cfg.item(key, min(size, 4096)), name)


@case(f'{PC} -m 64')
def memory_map(m):
    table = FwCfg(m).file('etc/e820')
    rows = [struct.unpack_from('<QQI', table, offset) for offset in range(0, len(table), 20)]
    ram = [row[:2] for row in rows if row[2] == 1]
    expect_equal(ram, [(0, 64 << 20)])


@case('-machine pc -nodefaults -m 5G')
def memory_map_of_more_than_four_gib(m):
    table = FwCfg(m).file('etc/e820')
    rows = [struct.unpack_from('<QQI', table, offset) for offset in range(0, len(table), 20)]
    ram = [row[:2] for row in rows if row[2] == 1]
    expect_equal(ram, [(0, 3 << 30), (4 << 30, 2 << 30)])


@case()
def smbios_anchor_checks(m):
    anchor = FwCfg(m).file('etc/smbios/smbios-anchor')
    expect(anchor[:4] == b'_SM_', anchor)
    expect_equal(anchor[16:21], b'_DMI_')


# ---- items of the user ----

@case(None)
def items_of_the_user():
    path = scratch_file(b'from a file')
    with start(f'{PC} -fw_cfg name=opt/org.test/s,string=hello -fw_cfg opt/org.test/f,file={path}') as m:
        cfg = FwCfg(m)
        expect_equal(cfg.file('opt/org.test/s'), b'hello')
        expect_equal(cfg.file('opt/org.test/f'), b'from a file')


@case(None)
def empty_items_of_the_user():
    with start(f'{PC} -fw_cfg name=opt/empty,file={scratch_file(b"")}') as m:
        expect_equal(FwCfg(m).directory()['opt/empty'][0], 0)


@case(None, each={
    'no name': '-fw_cfg string=x', 'no content': '-fw_cfg name=opt/x',
    'both contents': '-fw_cfg name=opt/x,string=a,file=b',
    'twice': '-fw_cfg name=opt/x,string=a -fw_cfg name=opt/x,string=b',
    'name too long': f'-fw_cfg name={"x" * 56},string=a',
    'no such file': '-fw_cfg name=opt/x,file=/nonexistent'})
def bad_items_are_refused(text):
    status, _, err = run_emulator(f'{PC} -display none -S {text}'.split())
    expect(status == 1 and '-fw_cfg' in err, f'{status}: {err}')


# ---- DMA ----

@case()
def dma_address_register_has_a_signature(m):
    expect_equal((m.inl(0x514), m.inl(0x518)), (0x554d4551, 0x47464320), '"QEMU CFG", most significant byte first')


@case()
def dma_reads_and_clears_control(m):
    cfg = FwCfg(m)
    m.memset(cfg.BUFFER, 8, 0xaa)
    expect_equal(cfg.dma(FwCfg.DMA_SELECT | FwCfg.DMA_READ, 4, cfg.BUFFER), 0)
    expect_equal(m.read(cfg.BUFFER, 8), b'QEMU\xaa\xaa\xaa\xaa')


@case()
def dma_goes_on_where_the_last_ended(m):
    cfg = FwCfg(m)
    cfg.select(0)
    expect_equal(cfg.dma(FwCfg.DMA_SKIP, 2, 0), 0)
    expect_equal(cfg.dma(FwCfg.DMA_READ, 2, cfg.BUFFER), 0)
    expect_equal(m.read(cfg.BUFFER, 2), b'MU')


@case()
def dma_past_the_end_writes_zeroes(m):
    cfg = FwCfg(m)
    m.memset(cfg.BUFFER, 16, 0xaa)
    expect_equal(cfg.dma(FwCfg.DMA_SELECT | FwCfg.DMA_READ, 8, cfg.BUFFER), 0)
    expect_equal(m.read(cfg.BUFFER, 9), b'QEMU\0\0\0\0\xaa')


@case()
def dma_select_alone(m):
    cfg = FwCfg(m)
    expect_equal(cfg.dma(FwCfg.DMA_SELECT, 0, 0), 0)
    expect_equal(cfg.read(4), b'QEMU')


@case()
def dma_write_to_a_read_only_item_is_an_error(m):
    cfg = FwCfg(m)
    m.write(cfg.BUFFER, b'XXXX')
    expect_equal(cfg.dma(FwCfg.DMA_SELECT | FwCfg.DMA_WRITE, 4, cfg.BUFFER) & FwCfg.DMA_ERROR, FwCfg.DMA_ERROR)
    expect_equal(cfg.item(0, 4), b'QEMU')


@case()
def dma_of_an_absent_key_reads_zeroes(m):
    cfg = FwCfg(m)
    m.memset(cfg.BUFFER, 4, 0xaa)
    expect_equal(cfg.dma(0x3fff << 16 | FwCfg.DMA_SELECT | FwCfg.DMA_READ, 4, cfg.BUFFER), 0)
    expect_equal(m.read(cfg.BUFFER, 4), bytes(4))


@case(each={'descriptor above memory': (0xd0000000, None),
            'descriptor at the end of the address space': (2 ** 64 - 8, None),
            'data above memory': (None, 0xd0000000), 'data at the end of the address space': (None, 2 ** 64 - 2)})
def dma_out_of_memory_does_no_harm(m, row):
    cfg = FwCfg(m)
    descriptor, data = row
    descriptor = descriptor or cfg.DESCRIPTOR
    if data is not None:
        m.write(descriptor, struct.pack('>IIQ', FwCfg.DMA_SELECT | FwCfg.DMA_READ, 4, data))
    m.outl(0x514, int.from_bytes((descriptor >> 32).to_bytes(4, 'big'), 'little'))
    m.outl(0x518, int.from_bytes((descriptor & 0xffffffff).to_bytes(4, 'big'), 'little'))
    expect_equal(cfg.item(0, 4), b'QEMU')


@case()
def dma_of_absurd_length_ends(m):
    cfg = FwCfg(m)
    cfg.dma(FwCfg.DMA_SELECT | FwCfg.DMA_SKIP, 0xffffffff, 0)
    expect_equal(cfg.read(2), bytes(2))
    expect_equal(cfg.item(0, 4), b'QEMU')


@case()
def reset_keeps_items(m):
    cfg = FwCfg(m)
    cfg.select(0)
    m.qmp('system_reset')
    m.event('RESET')
    expect_equal(cfg.item(0, 4), b'QEMU')
