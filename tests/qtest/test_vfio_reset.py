# SPDX-License-Identifier: GPL-2.0-or-later
"""ROM, resets and DMA of an assigned device."""

from case import PC, expect, expect_equal, scratch_file
from qtest import wait_until
from vfio import ROM_REGION, SHARED, assigned, change, device, load, rows, start_fails

K = 1 << 10
MSIX_CAP = 0x11


# ---- ROM ----

def rom_of(d, size):
    """The image, read as firmware does: by the address in 0x30."""
    base = d.pci.pci.allocate(1 << 20, False)
    d.pci.write32(0x30, base | 1)
    d.pci.enable()
    return d.m.read(base, size)


def checksum(image):
    return sum(image[:image[2] * 512]) & 0xff


@assigned('vga.toml')
def the_rom_is_the_device_s(d):
    expect_equal(rom_of(d, 32 * K), d.server.read(ROM_REGION, 0, 32 * K))


@assigned('vga.toml', each={'size': ()})
def the_size_of_the_rom_bar(d):
    d.pci.write32(0x30, 0xfffff800)
    expect_equal(d.pci.read32(0x30) & 0xfffff800, 0x100000000 - 32 * K)


@assigned('igd-gen9.toml', 'x-pci-device-id=0x5912')
def ids_in_the_rom_follow_those_the_guest_sees(d):
    image = rom_of(d, 64 * K)
    pcir = int.from_bytes(image[0x18:0x1a], 'little')
    expect_equal(image[pcir:pcir + 8].hex(), '5043495286801259')
    expect_equal(checksum(image), 0)


@assigned('vga.toml', 'rombar=0')
def rombar_0_hides_it(d):
    d.pci.write32(0x30, 0xffffffff)
    expect_equal(d.pci.read32(0x30), 0)


@rows({'a file': (b'\x55\xaa\x01' + bytes(509),), 'of odd size': (b'\x55\xaa\x01' + bytes(700),)})
def a_file_can_replace_it(image):
    path = scratch_file(image, '.rom')
    with device('vga.toml', f'romfile={path}') as d:
        expect_equal(rom_of(d, len(image)), image)
        expect_equal(d.accesses(ROM_REGION), [])


@assigned('rom-bad.toml')
def a_bad_rom_does_not_stop_the_machine(d):
    rom_of(d, 2 * K)
    expect_equal(d.pci.read32(0), 0x00061234)


@assigned('vga.toml')
def a_rom_that_cannot_be_read_reads_all_ones(d):
    d.server.fault(f'when=region:{ROM_REGION},do=errno:EIO')
    expect_equal(rom_of(d, 16), b'\xff' * 16)


# ---- resets ----

def reset(d):
    d.m.outb(0xcf9, 0x02)
    d.m.outb(0xcf9, 0x06)
    d.m.inb(0)


def resets(d):
    return d.server.counters().get('in DEVICE_RESET', 0)


@assigned('msix.toml')
def a_reset_of_the_machine_resets_the_device(d):
    before = resets(d)
    d.map_bars(2)
    reset(d)
    wait_until(lambda: resets(d) == before + 1, 'DEVICE_RESET')
    wait_until(lambda: d.pci.read16(4) & 7 == 0, 'decoding off')
    expect_equal(d.pci.read32(0x18) & ~0xf, 0)


@assigned('msix.toml')
def interrupts_start_anew_after_it(d):
    base, = d.map_bars(2)
    offset = d.pci.capability(MSIX_CAP)
    d.m.writel(base + 0x2000, 0x100000), d.m.writel(base + 0x200c, 0)
    d.pci.write16(offset + 2, 0x8000)
    d.wait_irqs('msix', lambda irq: irq['vectors'][0]['eventfd'], 'MSI-X')
    reset(d)
    d.wait_irqs('msix', lambda irq: not irq['vectors'][0]['eventfd'], 'MSI-X off')
    d.wait_irqs('intx', lambda irq: irq['vectors'][0]['eventfd'], 'line on')
    expect_equal(d.pci.read16(offset + 2) & 0xc000, 0)
    base, = d.map_bars(2)
    expect_equal(d.m.readl(base + 0x200c), 1)


@assigned('minimal.toml', faults=['when=command:DEVICE_RESET,do=errno:EIO'])
def a_reset_that_fails_is_told_of(d):
    d.map_bars(0)
    reset(d)
    wait_until(lambda: 'cannot be reset' in d.text(), 'a message')
    expect_equal(d.pci.read32(0), 0x00011234)


@assigned(change('minimal.toml', device={'reset': False}))
def a_device_without_reset_is_not_asked_to(d):
    d.map_bars(0)
    reset(d)
    d.pci.read32(0)
    expect_equal(resets(d), 0)


@assigned('msix.toml')
def fifty_resets(d):
    for _ in range(50):
        d.map_bars(2)
        reset(d)
    wait_until(lambda: resets(d) >= 50, 'DEVICE_RESET', 5)
    expect_equal(d.pci.read32(0), 0x00031234)


# ---- DMA ----

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
