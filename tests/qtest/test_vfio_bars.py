# SPDX-License-Identifier: GPL-2.0-or-later
"""BARs of an assigned device: sizes, trapped and mapped accesses, moves, decoding, and regions that cannot be."""

from case import expect, expect_equal
from vfio import VGA_REGION, assigned, change, device, rows, start_fails

M, K = 1 << 20, 1 << 10
NVME, MSIX, SUB_PAGE, VGA, IGD = 'nvme-like.toml', 'msix.toml', 'sub-page.toml', 'vga.toml', 'igd-gen9.toml'
SHAPES = {
    # description, BAR: I/O, 64 bits, prefetchable, bytes the guest sees
    'memory, 32 bits': (MSIX, 0, False, False, False, 4 * K),
    'memory, 64 bits, prefetchable': (MSIX, 2, False, True, True, 16 * K),
    'memory of 256 MiB': (IGD, 2, False, True, True, 256 * M),
    'I/O ports': (IGD, 4, True, False, False, 64),
    'less than a page': (SUB_PAGE, 0, False, False, False, 256),
    'four ports': (SUB_PAGE, 4, True, False, False, 4),
    'frame buffer': (VGA, 0, False, False, True, 16 * M),
}
# What a device claims of BAR 0, and what becomes of the start: None: it goes on.
ABSURD = {
    'no bytes': ({'size': 0}, None),
    'three bytes': ({'size': 3}, None),
    'not a power of two': ({'size': 0x1234}, None),
    '2^63': ({'size': 1 << 63}, 'BAR 0'),
    '2^64 - 1': ({'size': (1 << 64) - 1}, 'BAR 0'),
    '2^40 in 32 bits': ({'size': 1 << 40}, 'BAR 0'),
    'capabilities beyond the reply': ({'cap_offset': 0x7fff0000, 'flags': 0xf, 'argsz': 0xffff}, None),
    'a reply of 4 GiB': ({'argsz': 0xffffffff}, 'BAR 0'),
}


@rows(SHAPES)
def the_shape_of_a_bar_is_the_device_s(name, number, is_io, is_64bit, prefetch, size):
    with device(name) as d:
        bar = d.pci.bar(number)
        expect_equal((bar.is_io, bar.is_64bit, bar.is_prefetchable, bar.size), (is_io, is_64bit, prefetch, size))


@assigned('minimal.toml', 'x-no-posted-writes=on', each={str(size): (size,) for size in (1, 2, 4, 8)})
def trapped_accesses_keep_their_width(d, size):
    base, = d.map_bars(0)
    letter = {1: 'b', 2: 'w', 4: 'l', 8: 'q'}[size]
    value = 0x1122334455667788 & (1 << 8 * size) - 1
    getattr(d.m, f'write{letter}')(base + 0x100, value)
    expect_equal(getattr(d.m, f'read{letter}')(base + 0x100), value)
    expect_equal(d.accesses(0), [('write', 0x100, size), ('read', 0x100, size)])


@assigned('minimal.toml', each={'a block': (0x200, 24), 'unaligned': (0x301, 7)})
def blocks_reach_the_device_in_order(d, offset, size):
    base, = d.map_bars(0)
    data = bytes(range(1, size + 1))
    d.m.write(base + offset, data)
    expect_equal(d.m.read(base + offset, size), data)
    expect_equal(d.server.read(0, offset, size), data)


@assigned('igd-gen9.toml')
def ports_reach_the_device(d):
    base, = d.map_bars(4)
    d.m.outl(base, 0x1234)
    d.m.outb(base + 5, 0x42)
    expect_equal(d.m.inl(base), 0x1234)
    expect_equal(d.server.read(4, 0, 8).hex(), '3412000000420000')


@assigned(MSIX)
def mapped_memory_does_not_go_through_the_emulator(d):
    base, = d.map_bars(2)
    expect_equal(d.m.read(base, 16), b'before the table')
    d.m.writel(base + 0x1ff0, 0xcafe)
    d.m.writeq(base + 0x3ff8, 0x1122334455667788)
    expect_equal(d.server.read(2, 0x1ff0, 4).hex(), 'feca0000')
    expect_equal(d.server.read(2, 0x3ff8, 8).hex(), '8877665544332211')
    expect_equal(d.accesses(2), [])


@assigned(MSIX, 'x-no-mmap=on')
def without_mmap_every_access_goes_through_the_emulator(d):
    base, = d.map_bars(2)
    expect_equal(d.m.read(base + 0x3000, 16), b'behind the table')
    expect(d.accesses(2) != [], 'not trapped')


@assigned(MSIX)
def the_page_of_the_msix_table_is_ours_its_neighbours_are_mapped(d):
    base, = d.map_bars(2)
    d.m.writel(base + 0x2000, 0xfee01000)
    d.m.writel(base + 0x2008, 0x4041)
    expect_equal(d.m.readl(base + 0x2000), 0xfee01000)
    expect_equal(d.server.read(2, 0x2000, 16), bytes(16))
    expect_equal(d.m.readl(base + 0x1ffc), 0x11111111)
    expect_equal(d.m.read(base + 0x3000, 6), b'behind')
    expect_equal([row for row in d.accesses(2) if row[1] < 0x2000 or row[1] >= 0x3000], [])


@assigned(MSIX)
def the_rest_of_that_page_is_the_device_s(d):
    base, = d.map_bars(2)
    d.m.writel(base + 0x2f00, 0x1234)
    expect_equal(d.m.readl(base + 0x2f00), 0x1234)
    expect_equal(d.server.read(2, 0x2f00, 4).hex(), '34120000')


@assigned(change(MSIX, bar=[
    {'index': 0, 'kind': 'mem32', 'size': '4K'},
    {'index': 2, 'kind': 'mem64', 'size': '16K', 'mmap': True, 'msix_mappable': True}]))
def a_device_whose_table_may_be_mapped_keeps_its_table_ours(d):
    base, = d.map_bars(2)
    d.m.writel(base + 0x2000, 0xfee01000)
    expect_equal(d.m.readl(base + 0x2000), 0xfee01000)
    expect_equal(d.server.read(2, 0x2000, 4), bytes(4))


@assigned(MSIX)
def decoding_off_nobody_answers(d):
    base, = d.map_bars(2)
    d.pci.write16(4, 0)
    before = len(d.accesses(2))
    d.m.writel(base, 0xdead)
    expect_equal(d.m.readl(base), 0)
    d.pci.enable()
    expect_equal(d.m.read(base, 6), b'before')
    expect_equal(len(d.accesses(2)), before)


@assigned(MSIX)
def a_bar_moves(d):
    base, = d.map_bars(2)
    bar = d.pci.bar(2)
    for new in (0xe8000000, 0x1_0000_0000, 0x7f_0000_0000, 0xe0000000):
        bar.place(new)
        expect_equal(d.m.read(new, 16), b'before the table', f'at {new:#x}')
        if base != new:
            expect_equal(d.m.readl(base), 0, f'still at {base:#x}')
        base = new


@assigned(NVME)
def bars_on_top_of_each_other_and_of_ram_do_no_harm(d):
    for base in (0, 0x100000, 0xa0000, 0xfec00000, 0xfee00000, 0xfffff000, 0xe0000000):
        for number in range(6):
            d.pci.write32(0x10 + 4 * number, base)
        d.pci.enable()
        d.m.readl(base)
        d.m.writel(base + 0x10, 1)
    expect_equal(d.pci.read32(0), 0x00051234)


@assigned(SUB_PAGE)
def a_mapped_bar_of_less_than_a_page(d):
    base, = d.map_bars(0)
    expect_equal(d.m.read(base, 8), b'sub-page')
    d.pci.bar(0).place(base + 0x100)        # not at the start of a page: trapped
    expect_equal(d.m.read(base + 0x100, 8), b'sub-page')
    d.m.writel(base + 0x110, 0x1234)
    expect_equal(d.server.read(0, 0x10, 4).hex(), '34120000')


@assigned(VGA, 'x-vga=on')
def vga_ranges_reach_the_device(d):
    d.pci.enable()
    expect_equal(d.m.inb(0x3c0), 0x20)
    expect_equal(d.m.read(0xa0000, 6), b'planes')
    d.m.writeb(0xb8000, 0x21)
    d.m.outb(0x3c4, 3)
    expect_equal(d.server.read(VGA_REGION, 0xb8000, 1), b'!')
    expect(('write', 0x3c4, 1) in d.accesses(VGA_REGION), f'{d.accesses(VGA_REGION)}')


@assigned(VGA, 'x-vga=on', each={'memory off': (1, True, False), 'ports off': (2, False, True)})
def vga_ranges_follow_decoding(d, command, ports, memory):
    d.pci.write16(4, command)
    expect_equal(d.m.inb(0x3c0) == 0x20, ports)
    expect_equal(d.m.read(0xa0000, 6) == b'planes', memory)


@assigned(VGA)
def without_x_vga_the_ranges_are_not_there(d):
    d.pci.enable()
    d.m.inb(0x3c0), d.m.readl(0xa0000)
    expect_equal(d.accesses(VGA_REGION), [])


@rows()
def x_vga_without_ranges_is_refused():
    text = start_fails('minimal.toml', 'x-vga=on')
    expect('VGA' in text, text)


@rows(ABSURD)
def absurd_regions_are_refused_or_harmless(claims, words):
    description = change('minimal.toml')
    description['bar'][0]['claims'] = claims
    if words:
        expect(words in start_fails(description), words)
        return
    with device(description) as d:
        d.map_bars(0)
        base = d.pci.bar(0).address()
        d.m.writel(base, 1), d.m.readl(base), d.m.readq(base + 0xff8)
        expect_equal(d.pci.read32(0), 0x00011234)


@rows({'overlapping': ([[0, 0x2000], [0x1000, 0x2000]],), 'beyond the end': ([[0, 0x100000]],),
       'not a page': ([[0x10, 0x20]],), 'empty': ([],), 'at the end': ([[0x4000, 0x1000]],),
       'wraps': ([[0xfffffffffffff000, 0x2000]],), 'many': ([[n * 0x1000, 0x1000] for n in range(4)] * 50,)})
def sparse_areas_that_cannot_be(areas):
    description = change(MSIX, capability=[])
    description['bar'][1].update(sparse=areas)
    with device(description) as d:
        base, = d.map_bars(2)
        expect_equal(d.m.read(base, 16), b'before the table')
        expect_equal(d.m.read(base + 0x3000, 16), b'behind the table')


@assigned(MSIX)
def memory_cut_off_behind_a_mapping_reads_all_ones(d):
    base, = d.map_bars(2)
    d.server.fault('when=command:REGION_READ,do=truncate:2')
    d.pci.read16(0x06)
    expect_equal(d.m.readl(base), 0xffffffff)
    d.m.writel(base, 1)
    expect_equal(d.m.readq(base + 0x3000), 0xffffffffffffffff)
