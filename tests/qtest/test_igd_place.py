# SPDX-License-Identifier: GPL-2.0-or-later
"""Who places OpRegion and stolen memory: the firmware, by two files, or the machine, in memory it sets aside."""

from case import PC, expect, expect_equal, scratch_file
from igd import (ASLS, BY_FIRMWARE, BY_MACHINE, FOR_FIRMWARE, G, M, MODELS, OPREGION_FILE, RAM, STOLEN, STOLEN_FILE,
                 WITH_BDSM, e820, expect_kept_from_guest, expect_said, file, files, host_opregion, igd, igd_fails, overlaps,
                 pci_windows, pick, ram_size, read_bdsm, reset, shown, stolen_base, summary, with_igd, write_bdsm)
from vfio import SHARED, derive, rows

UPT = 'x-igd-legacy-mode=off'
RELOCATE = 'x-igd-dsm=relocate'
SIZES = {'64M': 64 * M, '512M': 512 * M, '2G': 2 * G, '3G': 3 * G, '3584M': 3584 * M, '4G': 4 * G, '16G': 16 * G}
EVERY_BDSM = {name: (model,) for name, model in WITH_BDSM.items()}


def machine_of(size):
    """A PC with that much memory, of which no page exists before somebody writes it."""
    return (f'-machine pc,memory-backend=ram -m {size} -nodefaults '
            f'-object memory-backend-memfd,id=ram,size={size},share=on')


def by_machine(model, more=''):
    return ','.join(filter(None, [BY_MACHINE, RELOCATE if model.width == 8 else '', more]))


def expect_placed(d, model):
    """(OpRegion, stolen memory): both aligned, reserved, apart, and with the right contents."""
    opregion, stolen = d.pci.read32(ASLS), stolen_base(d, model)
    expect(opregion and opregion % 4096 == 0, f'OpRegion at {opregion:#x}')
    expect(stolen and stolen % M == 0, f'stolen memory at {stolen:#x}')
    expect_kept_from_guest(d, 'OpRegion', opregion, 0x2000)
    expect_kept_from_guest(d, 'stolen memory', stolen, STOLEN)
    expect(not overlaps((opregion, opregion + 0x2000), (stolen, stolen + STOLEN)), f'{opregion:#x} in {stolen:#x}')
    expect_equal(d.m.read(opregion, 0x2000), host_opregion(d), 'OpRegion')
    return opregion, stolen


# ---- by the machine ----

@rows(EVERY_BDSM)
def the_machine_places_both(model):
    with igd(model.file, by_machine(model)) as d:
        opregion, stolen = expect_placed(d, model)
        expect(not {OPREGION_FILE, STOLEN_FILE} & set(files(d)), 'firmware is told as well, and would place them again')
        said = summary(d)
        expect_said(said['opregion'], f'^8K@{opregion:#x}', 'machine')
        expect_said(said['dsm'], f'^64M@{stolen:#x}', 'machine')


@rows({'8 KiB more': ('65544K',), '504 KiB more': ('66040K',)})
def memory_of_an_odd_size_is_no_matter(size):
    with igd('igd-gen9.toml', BY_MACHINE, f'-machine pc -m {size} -nodefaults') as d:
        expect_placed(d, MODELS['gen9'])
        expect_equal(ram_size(d), int(size[:-1]) << 10)


@rows(EVERY_BDSM)
def a_reset_places_both_again(model):
    with igd(model.file, by_machine(model)) as d:
        opregion, stolen = expect_placed(d, model)
        d.pci.write32(ASLS, 0x12345000)
        write_bdsm(d, model, 0x23400000)
        d.m.write(opregion, b'\xff' * 0x2000)
        for _ in range(2):
            reset(d)
            expect_equal(expect_placed(d, model), (opregion, stolen))


@with_igd('igd-mtl.toml', BY_MACHINE)
def without_bdsm_the_opregion_is_placed_alone(d):
    opregion = d.pci.read32(ASLS)
    expect_kept_from_guest(d, 'OpRegion', opregion, 0x2000)
    expect_equal(d.m.read(opregion, 0x2000), host_opregion(d))


@with_igd('igd-gen9.toml', f'{BY_MACHINE},x-igd-opregion=off')
def without_an_opregion_stolen_memory_is_placed_alone(d):
    expect_kept_from_guest(d, 'stolen memory', stolen_base(d, MODELS['gen9']), STOLEN)
    expect_equal(d.pci.read32(ASLS), 0)


@rows({size: (size,) for size in SIZES})
def the_guest_keeps_all_of_its_memory(size):
    with igd('igd-gen9.toml', BY_MACHINE, machine_of(size)) as d:
        expect_equal(ram_size(d), SIZES[size], shown(e820(d)))
        _, stolen = expect_placed(d, MODELS['gen9'])
        entries = e820(d)
        for first, second in zip(entries, entries[1:]):
            expect(first[1] <= second[0], f'entries overlap: {shown(entries)}')
        for window in pci_windows(d):
            for row in entries:
                expect(not overlaps(row, window), f'PCI window {window[0]:#x}-{window[1]:#x}: {shown(entries)}')
        d.m.write(stolen + STOLEN - 8, b'the end.')
        expect_equal(d.m.read(stolen + STOLEN - 8, 8), b'the end.')


@rows({size: (size,) for size in SIZES})
def the_ends_of_memory_are_memory(size):
    """What e820 calls RAM is RAM to the last byte, and its parts are not the same bytes."""
    with igd('igd-gen9.toml', BY_MACHINE, machine_of(size)) as d:
        places = [at for base, end, kind in e820(d) if kind == RAM for at in (max(base, M), end - 8)]
        for at in places:
            d.m.writeq(at, at ^ 0x5555)
        for at in places:
            expect_equal(d.m.readq(at), at ^ 0x5555, f'memory at {at:#x}')


@rows({'own memory': (PC,), 'shared memory': (SHARED,)})
def the_device_reaches_both(args):
    with igd('igd-gen9.toml', BY_MACHINE, args) as d:
        opregion, stolen = expect_placed(d, MODELS['gen9'])
        for at in (stolen, stolen + STOLEN - 16, opregion):
            d.m.write(at, b'from the guest..')
            expect_equal(d.server.dma_read(at, 16), b'from the guest..')
            d.server.dma_write(at, b'from the device!')
            expect_equal(d.m.read(at, 16), b'from the device!')


@rows({f'{name}, slot {slot:x}': (MODELS[name], slot) for name in ('gen9', 'adl', '0380') for slot in (2, 5, 0x1d)})
def any_slot_will_do(model, slot):
    with igd(model.file, by_machine(model, UPT), slot=slot) as d:
        expect_placed(d, model)


@rows({'gen9': ('igd-gen9.toml', MODELS['gen9'], ''), 'tgl': ('igd-tgl.toml', MODELS['tgl'], RELOCATE)})
def any_firmware_will_do(description, model, settings):
    with igd(description, settings, f'{PC} -bios {scratch_file(bytes(0x20000))}') as d:
        expect_placed(d, model)
        expect(STOLEN_FILE not in files(d), 'an option ROM would place stolen memory again')
        expect_equal(file(d, OPREGION_FILE), host_opregion(d), 'what an EFI option ROM reads the OpRegion from')


@with_igd('igd-gen9.toml', BY_MACHINE)
def stolen_memory_is_the_guest_s_own(d):
    """Nothing of a run before, and what the guest puts there stays there over a reset, as it does in hardware."""
    stolen = stolen_base(d, MODELS['gen9'])
    for at in range(0, STOLEN, 4 * M):
        expect_equal(d.m.readq(stolen + at), 0, f'{at:#x}')


# ---- by firmware ----

@rows(pick(FOR_FIRMWARE))
def firmware_is_told_by_two_files(model):
    with igd(model.file, BY_FIRMWARE) as d:
        expect({OPREGION_FILE, STOLEN_FILE} <= set(files(d)), 'files')
        expect_equal((d.pci.read32(ASLS), read_bdsm(d, model)), (0, 0), 'registers')
        expect_equal(ram_size(d), 64 * M)
        expect_equal([row for row in e820(d) if M < row[0] < 0xf0000000 and row[2] != RAM], [], 'memory set aside')
        for item in ('opregion', 'dsm'):
            expect_said(summary(d)[item], 'firmware')


# ---- who ----

NAMES = [b'etc/igd-opregion\0', b'etc/igd-bdsm-size\0']


def with_bios(names):
    """A PC whose firmware has these names somewhere in it; None: that of the distribution."""
    if names is None:
        return PC
    image = b'SeaBIOS (version test)\0' + b''.join(names)
    return f'{PC} -bios {scratch_file(image.ljust(0x20000, bytes([0x90])), ".bin")}'


# name: (description, settings, names in the firmware, slot, who)
AUTO = {
    'SeaBIOS of the distribution': ('igd-gen9.toml', '', None, 2, 'firmware'),
    'firmware with both names': ('igd-gen9.toml', '', NAMES, 2, 'firmware'),
    'firmware without the OpRegion': ('igd-gen9.toml', '', NAMES[1:], 2, 'machine'),
    'firmware without stolen memory': ('igd-gen9.toml', '', NAMES[:1], 2, 'machine'),
    'firmware that knows nothing': ('igd-gen9.toml', '', [], 2, 'machine'),
    'another slot': ('igd-gen9.toml', '', None, 5, 'machine'),
    'class 0380': ('igd-0380.toml', '', None, 2, 'machine'),
    'class 0380, shown as 0300': ('igd-0380.toml', 'x-pci-class-code=0x030000', None, 2, 'firmware'),
    'class 0300, shown as 0380': ('igd-gen9.toml', 'x-pci-class-code=0x038000', None, 2, 'machine'),
    'UPT in slot 2': ('igd-gen9.toml', UPT, None, 2, 'firmware'),
    'BDSM of 64 bits': ('igd-tgl.toml', RELOCATE, None, 2, 'machine'),
    'no BDSM': ('igd-mtl.toml', '', None, 2, 'firmware'),
    # SeaBIOS gives the OpRegion to class 0300 in any slot, stolen memory to 00:02.0 alone
    'no BDSM, another slot': ('igd-mtl.toml', '', None, 7, 'firmware'),
    'generation 6': ('igd-snb.toml', '', None, 2, 'firmware'), 'generation 8': ('igd-bdw.toml', '', None, 2, 'firmware'),
    'firmware, though auto would not': ('igd-gen9.toml', BY_FIRMWARE, [], 5, 'firmware'),
    'machine, though auto would not': ('igd-gen9.toml', BY_MACHINE, None, 2, 'machine'),
    'auto, said in words': ('igd-gen9.toml', 'x-igd-place=auto', None, 2, 'firmware'),
}


@rows(AUTO)
def who_places_them(description, settings, names, slot, wanted):
    with igd(description, settings, with_bios(names), slot) as d:
        expect_equal(OPREGION_FILE in files(d), wanted == 'firmware', 'a file')
        expect_equal(d.pci.read32(ASLS) != 0, wanted == 'machine', 'ASLS is set')
        expect_said(summary(d)['opregion'], wanted)


@rows({'nonsense': ('sometimes',), 'a number': ('1',)})
def other_words_are_refused(word):
    expect_said(igd_fails('igd-gen9.toml', f'x-igd-place={word}'), 'place')


# ---- no room ----

@rows({'2 GiB of it, -m 64': ('64M', 0x40), '2 GiB of it, -m 16G': ('16G', 0x40)})
def as_much_as_there_can_be_has_room(size, code):
    with igd('igd-gen9.toml', f'{BY_MACHINE},x-igd-gms={code:#x}', machine_of(size)) as d:
        expect_equal(ram_size(d), SIZES[size])
        expect_kept_from_guest(d, 'stolen memory', stolen_base(d, MODELS['gen9']), 2 * G)


@rows({'qemu has no fw_cfg': ('-machine none',)})
def a_machine_without_a_bus_says_so(args):
    expect_said(igd_fails('igd-gen9.toml', BY_MACHINE, args), 'bus|PCI')


@with_igd(derive('igd-gen9.toml', device={'reset': False}), BY_MACHINE)
def a_device_that_cannot_be_reset_is_placed_again_too(d):
    model = MODELS['gen9']
    before = expect_placed(d, model)
    d.m.write(before[0], b'\0' * 0x2000)
    reset(d)
    expect_equal(expect_placed(d, model), before)


@with_igd('igd-gen9.toml', BY_MACHINE)
def a_guest_that_resets_the_device_keeps_its_memory(d):
    """A function level reset clears the device's registers; firmware does not run again and sets nothing."""
    model = MODELS['gen9']
    before = expect_placed(d, model)
    at = d.pci.capability(0x10)
    d.pci.write16(at + 8, d.pci.read16(at + 8) | 1 << 15)
    expect_equal((d.pci.read32(ASLS), stolen_base(d, model)), before)
