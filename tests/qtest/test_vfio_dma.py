# SPDX-License-Identifier: GPL-2.0-or-later
"""DMA of an assigned device: the guest memory it is told of, by descriptors and by messages."""

from case import PC, expect, expect_equal
from qtest import wait_until
from vfio import SHARED, assigned, change, device, load, rows, start_fails

RAM = {'by messages': (PC, False), 'by shared memory': (SHARED, True)}


@rows(RAM)
def the_device_knows_the_guest_s_memory(args, shared):
    with device('nvme-like.toml', args=args) as d:
        maps = {row['iova']: row for row in d.server.maps()}
        expect_equal(maps[0]['size'], 0xa0000)
        expect_equal(maps[0x100000]['size'], (64 << 20) - 0x100000)
        expect_equal([maps[iova]['mapped'] for iova in (0, 0x100000)], [shared] * 2)


@rows(RAM)
def the_device_reads_and_writes_the_guest_s_memory(args, _):
    with device('nvme-like.toml', args=args) as d:
        d.m.write(0x200ffd, b'across pages')
        expect_equal(d.server.dma_read(0x200ffd, 12), b'across pages')
        d.server.dma_write(0x300ffe, bytes(range(200)))
        expect_equal(d.m.read(0x300ffe, 200), bytes(range(200)))


@rows({name: row[:1] for name, row in RAM.items()})
def an_engine_copies_and_interrupts(args):
    with device('nvme-like.toml', args=args) as d:
        engine = load('nvme-like.toml')['dma']
        base, = d.map_bars(engine['bar'])
        at = base + engine['at']
        d.m.write(0x400000, b'source of the copy ' * 100)
        for offset, value in ((0, 0x400000), (8, 0x500000)):
            d.m.writeq(at + offset, value)
        d.m.writel(at + 0x10, 1900)
        d.m.writel(at + 0x14, 1)
        wait_until(lambda: d.m.readl(at + 0x18) == 1, 'the end of the copy')
        expect_equal(d.m.read(0x500000, 1900), b'source of the copy ' * 100)


@assigned('nvme-like.toml', each={'beyond': (0x10000000,), 'the last byte': ((1 << 64) - 1,), 'a hole': (0xb0000,)})
def memory_that_is_not_there_is_refused(d, iova):
    for call in (lambda: d.server.dma_read(iova, 16), lambda: d.server.dma_write(iova, bytes(16))):
        try:
            call()
        except Exception as error:
            expect('map' in str(error) or 'errno' in str(error) or 'EINVAL' in str(error), f'{error}')
        else:
            raise AssertionError(f'DMA at {iova:#x}')
    expect_equal(d.pci.read32(0), 0x00051234)


@assigned('nvme-like.toml', each={'far out': (0xfff00000000, 4096), 'huge': (0, 1 << 40), 'wraps': ((1 << 64) - 8, 16),
                                  'into a BAR': (0xe0000000, 64), 'the IOAPIC': (0xfec00000, 64)})
def odd_requests_of_the_device_do_no_harm(d, address, size):
    d.map_bars(0)
    d.server.fault(f'when=command:REGION_READ,nth=1,do=dma:{address:#x}:{size:#x}')
    expect_equal(d.pci.read32(0), 0x00051234)
    expect_equal(d.pci.read16(0x0a), d.host_config(0x0a, 2))


@assigned('nvme-like.toml', args=SHARED)
def changes_of_the_memory_map_reach_the_device(d):
    """PAM: the BIOS area becomes memory that can be written (Intel 82441FX, 4.1.18)."""
    bridge = d.pci.pci.device(0)
    bridge.write8(0x59, 0x30)
    wait_until(lambda: any(row['iova'] == 0xf0000 or row['iova'] < 0xf0000 < row['iova'] + row['size'] and row['write']
                           for row in d.server.maps()), 'f0000 as memory', 5)
    d.server.dma_write(0xf0000, b'shadow')
    expect_equal(d.m.read(0xf0000, 6), b'shadow')


@rows({'above 4 GiB': ('-m 5G',)})
def memory_above_4_gib(size):
    args = f'-machine pc,memory-backend=ram {size} -nodefaults -object memory-backend-memfd,id=ram,size=5G'
    with device('nvme-like.toml', args=args) as d:
        d.m.write(0x1_0000_1000, b'high')
        expect_equal(d.server.dma_read(0x1_0000_1000, 4), b'high')


@rows()
def a_server_that_takes_no_more_maps_is_refused():
    text = start_fails(change('nvme-like.toml', protocol={'max_dma_maps': 1}))
    expect('map' in text, text)
