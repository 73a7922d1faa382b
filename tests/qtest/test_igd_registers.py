# SPDX-License-Identifier: GPL-2.0-or-later
"""Registers of Intel graphics: GGC, BDSM, ASLS and where else the device shows them. No address of the host is seen."""

from case import expect, expect_equal
from igd import (ASLS, BDSM_32, BDSM_64, BGSM, BY_FIRMWARE, BY_MACHINE, FOR_FIRMWARE, GGC, HOST_ASLS, M, MIRROR_BDSM,
                 MIRROR_BGSM, MIRROR_GGC, MIRROR_RESERVED, MODELS, STOLEN, WITH_BDSM, expect_said, igd, pick, read_bdsm,
                 reset, stolen_base, with_igd, write_bdsm)
from vfio import CONFIG, derive, rows

GUEST = 0x03400000                      # where a guest's firmware might put stolen memory
INDEX, DATA, GTT = 0, 4, 1              # ports of BAR 4; bit 0 of the index: GTT instead of registers
EVERY = {name: (model,) for name, model in MODELS.items()}
EVERY_BDSM = {name: (model,) for name, model in WITH_BDSM.items()}
EVERY_PLACE = {f'{name}, {place}': (model, place) for name, model in MODELS.items() for place in (BY_FIRMWARE, BY_MACHINE)}


def expect_not_the_host_s(model, what, value):
    expect(value >> 20 not in model.host_addresses() or value >> 20 in (0, 0xfff), f'{what} is {value:#x}, the host\'s')


# ---- configuration space ----

@rows(EVERY_BDSM)
def bdsm_is_zero_until_firmware_writes_it(model):
    with igd(model.file, BY_FIRMWARE) as d:
        expect_equal(read_bdsm(d, model), 0)
        write_bdsm(d, model, GUEST)
        expect_equal(read_bdsm(d, model), GUEST)
        reset(d)
        expect_equal(read_bdsm(d, model), 0, 'after a reset')


@rows(EVERY)
def asls_is_zero_until_firmware_writes_it(model):
    with igd(model.file, BY_FIRMWARE) as d:
        expect_equal(d.pci.read32(ASLS), 0)
        for value in (0x7ffff000, 0xffffffff, 0x12345678):
            d.pci.write32(ASLS, value)
            expect_equal(d.pci.read32(ASLS), value, 'all bits are the guest\'s')
        reset(d)
        expect_equal(d.pci.read32(ASLS), 0, 'after a reset')


@rows(EVERY_BDSM)
def every_bit_of_bdsm_is_the_guest_s(model):
    with igd(model.file, BY_FIRMWARE) as d:
        for value in ((1 << 8 * model.width) - 1, 0x123456789abcdef0 & (1 << 8 * model.width) - 1, 0):
            write_bdsm(d, model, value)
            expect_equal(read_bdsm(d, model), value)
        for place in range(model.width):
            d.pci.write8(model.bdsm + place, place + 1)
        expect_equal(read_bdsm(d, model), int.from_bytes(bytes(range(1, model.width + 1)), 'little'), 'byte by byte')


@rows(EVERY_PLACE)
def what_the_guest_writes_does_not_reach_the_device(model, place):
    with igd(model.file, place) as d:
        before = d.server.read(CONFIG, 0, 0x100)
        write_bdsm(d, model, GUEST | 1)
        d.pci.write32(ASLS, GUEST)
        d.pci.write16(GGC, 0xffff)
        after = d.server.read(CONFIG, 0, 0x100)
        for offset, size in ((GGC, 2), (BDSM_32, 4), (BDSM_64, 8), (ASLS, 4)):
            expect_equal(after[offset:offset + size].hex(), before[offset:offset + size].hex(), f'device {offset:#x}')


@rows(EVERY_PLACE)
def configuration_space_has_no_address_of_the_host(model, place):
    with igd(model.file, f'{place},x-igd-dsm=relocate' if model.generation > 10 else place) as d:
        for offset in range(0x40, 0x100, 4):
            expect_not_the_host_s(model, f'{offset:#x}', d.pci.read32(offset))
        for offset in (model.bdsm, BGSM, ASLS):         # by bytes and words, too
            expect_not_the_host_s(model, f'{offset:#x}', d.pci.read16(offset + 2) << 16)
            expect_not_the_host_s(model, f'{offset:#x}', d.pci.read8(offset + 3) << 24 | d.pci.read8(offset + 2) << 16)


@rows(EVERY)
def ggc_is_the_host_s_and_cannot_be_changed(model):
    with igd(model.file) as d:
        host = d.host_config(GGC, 2)
        expect_equal(d.pci.read16(GGC), host)
        for value in (0, 0xffff):
            d.pci.write16(GGC, value)
            expect_equal(d.pci.read16(GGC), host)
        reset(d)
        expect_equal(d.pci.read16(GGC), host, 'after a reset')


@rows({'legacy mode': ('igd-gen9.toml', ''), 'UPT': ('igd-gen9.toml', 'x-igd-legacy-mode=off'),
       'no OpRegion for the guest': ('igd-gen9.toml', 'x-igd-opregion=off'),
       'legacy mode refused, IVD': (derive('igd-gen9.toml', config={'bytes': [{'at': GGC, 'hex': 'c3 02'}]}), ''),
       'legacy mode refused, generation': ('igd-tgl.toml', 'x-igd-dsm=relocate'),
       'legacy mode incomplete, no ROM': ('igd-gen9.toml', 'rombar=0'),
       'legacy mode incomplete, no bridges': (derive('igd-gen9.toml', region=[
           {'name': 'LPC bridge', 'remove': True}, {'name': 'host bridge', 'remove': True}]), ''),
       'no OpRegion on the host': (derive('igd-gen9.toml', region=[{'name': 'OpRegion', 'remove': True}]), ''),
       'broken OpRegion': (derive('igd-gen9.toml', region=[{'name': 'OpRegion', 'contents': [{'at': 0, 'text': 'x'}]}]), ''),
       'class 0380': ('igd-0380.toml', ''), 'Meteor Lake': ('igd-mtl.toml', ''),
       'slow BARs': ('igd-gen9.toml', 'x-no-mmap=on'), 'another id': ('igd-gen9.toml', 'x-pci-device-id=0x5912'),
       'another class': ('igd-0380.toml', 'x-pci-class-code=0x030000'),
       'x-igd-gms': ('igd-gen9.toml', 'x-igd-gms=0xf0')})
def registers_are_the_guest_s_whatever_else_fails(description, settings):
    name = description[4:-5] if isinstance(description, str) else 'gen9'
    model = MODELS[name]
    with igd(description, settings) as d:
        expect_not_the_host_s(model, 'ASLS', d.pci.read32(ASLS))
        expect_not_the_host_s(model, 'BDSM', read_bdsm(d, model))
        base, = d.map_bars(0)
        for offset in (MIRROR_BDSM, MIRROR_BGSM, MIRROR_RESERVED):
            expect_not_the_host_s(model, f'BAR 0 + {offset:#x}', d.m.readl(base + offset))


@with_igd(derive('igd-mtl.toml', config={'device': 0xabcd}))
def an_id_nobody_knows_is_named_and_has_an_asls(d):
    expect_said(d.text(), 'abcd', 'unknown')
    expect(d.pci.read32(ASLS) >> 20 != HOST_ASLS >> 20, 'ASLS of the host')
    d.pci.write32(0x5c, 0x1234)
    expect_equal(d.pci.read32(0x5c), 0, 'no BDSM is made up')


@with_igd('igd-mtl.toml')
def meteor_lake_has_no_bdsm(d):
    for offset in (BDSM_32, BDSM_64, BDSM_64 + 4):
        d.pci.write32(offset, 0xffffffff)
        expect_equal(d.pci.read32(offset), 0, f'{offset:#x}')


# ---- BAR 0 ----

@rows(EVERY_BDSM)
def bar_0_shows_the_guest_s_bdsm(model):
    with igd(model.file, BY_FIRMWARE) as d:
        base, = d.map_bars(0)
        expect_equal(d.m.readl(base + MIRROR_BDSM), 0)
        write_bdsm(d, model, GUEST)
        expect_equal(d.m.readl(base + MIRROR_BDSM), GUEST, 'after configuration space was written')
        d.m.writel(base + MIRROR_BDSM, 2 * GUEST)
        expect_equal(read_bdsm(d, model), 2 * GUEST, 'after BAR 0 was written')
        if model.width == 8:
            expect_equal(d.m.readq(base + MIRROR_BDSM), 2 * GUEST)
            d.pci.write32(model.bdsm + 4, 7)
            expect_equal(d.m.readl(base + MIRROR_BDSM + 4), 7)
        else:
            expect_equal(d.m.readw(base + MIRROR_BDSM + 2), 2 * GUEST >> 16)


@rows(EVERY_BDSM)
def bar_0_shows_stolen_memory_that_the_machine_has_placed(model):
    with igd(model.file, BY_MACHINE) as d:
        base, = d.map_bars(0)
        expect_equal(d.m.readl(base + MIRROR_BDSM), read_bdsm(d, model) & 0xffffffff)
        expect(stolen_base(d, model), 'no stolen memory')


@rows({**EVERY_PLACE, 'unknown': (MODELS['mtl'], 'x-pci-device-id=0xabcd')})
def bar_0_has_no_address_of_the_host(model, settings):
    with igd(model.file, f'{settings},x-igd-dsm=relocate' if model.generation > 10 else settings) as d:
        base, = d.map_bars(0)
        for offset in (MIRROR_BDSM, MIRROR_BGSM, MIRROR_RESERVED):
            for value in (d.m.readl(base + offset), d.m.readw(base + offset + 2) << 16, d.m.readq(base + offset)):
                expect_not_the_host_s(model, f'BAR 0 + {offset:#x}', value & 0xffffffff)


@rows(pick(['icl', 'tgl', 'adl', 'rpl']))
def reserved_stolen_memory_lies_in_the_guest_s(model):
    """i915: "Stolen reserved area outside stolen memory" is what a driver says else."""
    with igd(model.file, f'{BY_MACHINE},x-igd-dsm=relocate') as d:
        base, = d.map_bars(0)
        reserved, stolen = d.m.readq(base + MIRROR_RESERVED), stolen_base(d, model)
        at, size = reserved & ~(M - 1), M << (reserved >> 7 & 3)
        expect(reserved & 1 == 0 or stolen <= at and at + size <= stolen + STOLEN,
               f'{reserved:#x} is not in {stolen:#x}+{STOLEN:#x}')


@rows(EVERY_BDSM)
def bar_0_shows_the_ggc_that_the_user_chose(model):
    with igd(model.file, 'x-igd-gms=1') as d:
        base, = d.map_bars(0)
        expect_equal(d.m.readw(base + MIRROR_GGC), d.pci.read16(GGC))
        expect(d.pci.read16(GGC) != d.host_config(GGC, 2), 'GGC is the host\'s')
        d.m.writew(base + MIRROR_GGC, 0xffff)
        expect(d.pci.read16(GGC) != 0xffff, 'GGC was written')


@rows(EVERY)
def the_rest_of_bar_0_is_the_device_s(model):
    with igd(model.file) as d:
        base, = d.map_bars(0)
        d.server.write(0, 0x2000, bytes(range(1, 9)))
        expect_equal(d.m.readq(base + 0x2000), 0x0807060504030201)
        d.m.writel(base + 0x108080, 0x55667788)
        expect_equal(d.server.read(0, 0x108080, 4).hex(), '88776655', 'next to a mirror')
        gtt = 2 * M if model.generation in (6, 7) else 8 * M
        expect_equal(d.m.readl(base + gtt), 0xeeeeeeee, 'the GTT')


# ---- BAR 4 ----

def gtt_of(model):
    """Where BAR 0 shows the GTT, and the bytes of an entry."""
    return (2 * M, 4) if model.generation < 8 else (8 * M, 8)


@rows(pick(FOR_FIRMWARE))
def index_and_data_reach_the_device(model):
    """The 2.7-era video BIOS programs the GTT this way, with addresses of the guest."""
    with igd(model.file, BY_FIRMWARE) as d:
        port, = d.map_bars(4)
        write_bdsm(d, model, GUEST)
        gtt, size = gtt_of(model)
        for entry in range(4):
            value = GUEST + 0x1000 * entry | 1
            for offset, dword in ((0, value), (4, 0))[:size // 4]:
                d.m.outl(port + INDEX, size * entry + offset | GTT)
                d.m.outl(port + DATA, dword)
                expect_equal(d.m.inl(port + DATA), dword)
            expect_equal(d.server.read(0, gtt + size * entry, size), value.to_bytes(size, 'little'), f'entry {entry}')


@with_igd('igd-gen9.toml', BY_FIRMWARE)
def other_registers_are_reached_by_index(d):
    port, = d.map_bars(4)
    d.m.outl(port + INDEX, 0x2030)
    d.m.outl(port + DATA, 0x12345678)
    expect_equal(d.m.inl(port + INDEX), 0x2030)
    expect_equal(d.server.read(0, 0x2030, 4).hex(), '78563412')


@rows(pick(FOR_FIRMWARE))
def index_and_data_show_the_guest_s_registers(model):
    """Registers with addresses of the host are read by this way, too."""
    with igd(model.file, BY_FIRMWARE) as d:
        port, = d.map_bars(4)
        write_bdsm(d, model, GUEST)
        for offset, wanted in ((MIRROR_BDSM, GUEST), (MIRROR_BGSM, None), (MIRROR_RESERVED, None)):
            d.m.outl(port + INDEX, offset)
            values = (d.m.inl(port + DATA), d.m.inw(port + DATA + 2) << 16, d.m.inb(port + DATA + 3) << 24)
            for value in values[:2]:
                expect_not_the_host_s(model, f'register {offset:#x} by index', value)
            expect(wanted in (values[0], None), f'register {offset:#x} by index: {values[0]:#x}')
            expect(values[2] != model.contents(0, offset) & 0xff000000 or not values[2], f'byte of {offset:#x}')


@rows(pick(FOR_FIRMWARE))
def index_and_data_change_the_guest_s_bdsm(model):
    with igd(model.file, BY_FIRMWARE) as d:
        port, = d.map_bars(4)
        d.m.outl(port + INDEX, MIRROR_BDSM)
        d.m.outl(port + DATA, GUEST)
        expect_equal(read_bdsm(d, model), GUEST)
        expect_equal(int.from_bytes(d.server.read(0, MIRROR_BDSM, 4), 'little'), model.contents(0, MIRROR_BDSM), 'the device')


@with_igd('igd-gen9.toml', BY_FIRMWARE, each={'odd index': (3,), 'beyond the GTT': (0x800001,), 'all ones': (0xffffffff,),
                                              'the end': (0xfffffc,)})
def an_odd_index_does_no_harm(d, index):
    port, = d.map_bars(4)
    d.m.outl(port + INDEX, index)
    d.m.inl(port + DATA)
    d.m.outl(port + DATA, 0x5a5a5a5a)
    for at in (1, 2, 3, 5, 6, 7, 8, 63):
        d.m.outb(port + at, 0xff)
        d.m.inb(port + at)
    expect_equal(d.pci.id, 0x19168086)


# ---- clean-ups ----

POWER_REQUEST, POWER_STATE = 1 << 31, 1 << 30
SLICES = [0x45008, 0x44fe8, 0x44300, 0x44304]
OF_MODEL = {'gen9': 1, 'cfl': 1, 'icl': 2, 'tgl': 2, 'adl': 4, 'rpl': 4}    # slices of the display buffer (Linux i915)


def set_slices(d, value):
    for offset in SLICES:
        d.server.write(0, offset, value.to_bytes(4, 'little'))


@rows({name: (MODELS[name], count) for name, count in OF_MODEL.items()})
def a_display_buffer_that_was_not_requested_reads_as_off(model, count):
    with igd(model.file) as d:
        base, = d.map_bars(0)
        for stored, wanted in ((POWER_STATE, 0), (POWER_STATE | 5, 5), (POWER_STATE | POWER_REQUEST,) * 2,
                               (POWER_REQUEST,) * 2, (0, 0)):
            set_slices(d, stored)
            for number, offset in enumerate(SLICES):
                expect_equal(d.m.readl(base + offset), wanted if number < count else stored, f'{offset:#x}')


@with_igd('igd-gen9.toml')
def writes_to_the_display_buffer_control_reach_the_device(d):
    base, = d.map_bars(0)
    d.m.writel(base + 0x45008, POWER_REQUEST)
    expect_equal(d.server.read(0, 0x45008, 4), POWER_REQUEST.to_bytes(4, 'little'))


@rows({'switched off': ('igd-gen9.toml', 'x-igd-dbuf=off'), 'generation 8': ('igd-bdw.toml', ''),
       'Meteor Lake': ('igd-mtl.toml', '')})
def the_display_buffer_is_left_alone(name, settings):
    with igd(name, settings) as d:
        base, = d.map_bars(0)
        set_slices(d, POWER_STATE)
        for offset in SLICES:
            expect_equal(d.m.readl(base + offset), POWER_STATE, f'{offset:#x}')


@rows({f'{name}, {setting}': (MODELS[name], setting) for name in ('ivb', 'bdw', 'gen9', 'tgl')
       for setting in ('', 'x-igd-clear-gtt=off', 'x-igd-clear-gtt=on')})
def stale_entries_of_the_gtt_go_when_the_user_says_so(model, setting):
    gtt, size = gtt_of(model)
    stale = {'index': 0, 'contents': [{'at': gtt, 'fill': 0x7f, 'len': 64}]}
    with igd(derive(model.file, bar=[stale]), setting) as d:
        entries = d.server.read(0, gtt, 64)
        valid = [entries[at] & 1 for at in range(0, 64, size)]
        if setting.endswith('on'):
            expect_equal(valid, [0] * len(valid), entries.hex())
        else:
            expect_equal(entries, b'\x7f' * 64)


@rows({'the end of the GTT': ('igd-gen9.toml', 16 * M - 8)})
def all_of_the_gtt_is_cleared(name, last):
    description = derive(name, bar=[{'index': 0, 'contents': [{'at': last, 'u64': 0x30000003},
                                                              {'at': 8 * M - 8, 'u64': 0x30000003}]}])
    with igd(description, 'x-igd-clear-gtt=on') as d:
        expect_equal(d.server.read(0, last, 1)[0] & 1, 0, 'the last entry')
        expect_equal(d.server.read(0, 8 * M - 8, 8).hex(), '0300003000000000', 'what is in front of it')
