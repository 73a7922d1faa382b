# SPDX-License-Identifier: GPL-2.0-or-later
"""Command lines of users, from guides, forums and bug reports: each accepted with the bundle it stands for, or refused
with an error that says what to do.

"vfio-pci,host=00:02.0" of the originals is a device server here where there must be a device; where only the words
matter it is a function that no host has, and what is said must be about that.
"""

import json
import types

import case
from case import expect, expect_equal, scratch_file
from chipset import FwCfg, Pci
from igd import OPREGION_FILE, expect_said, summary
from vfio import DeviceServer, rows

MACHINE = '-display none -nodefaults -m 64'
NOWHERE = 'host=0fff:1f:1e.7'           # a function nobody has
UUID = '83b8f4f2-509f-382f-3c1e-e6bfe0fa1001'
NO_DEVICE = 'no such|No such'
LEGACY = {'mode': 'legacy', 'vga': 'on', 'lpc': '8086:9d48', 'opregion': '8K', 'dsm': '64M', 'rom': '64K'}

# Accepted: (description, words, slot, what the summary line begins each word with, what else holds)
ACCEPTED = {
    'X1: UPT with outputs': (
        'igd-gen9.toml', '-M pc -device pci-testdev,addr=2 -device {device},x-igd-opregion=on', 3,
        {'mode': 'upt', 'opregion': '8K', 'dsm': '64M', 'vga': 'off', 'lpc': None}),
    'X2: legacy mode': ('igd-gen9.toml', '-M pc -vga none -device {device},addr=02.0', 2, LEGACY),
    'X3: a vGPU beside others': ('gvt-g.toml', '-M pc -device {device},addr=05.0', 5, {}),
    'X6: for UEFI': (
        'igd-gen9.toml', '-M pc -device {device},id=hostdev0,addr=2.0,x-igd-legacy-mode=off,x-igd-lpc=on,romfile={rom}', 2,
        {'mode': 'upt', 'lpc': '8086:9d48', 'rom': '2K', 'opregion': '8K', 'vga': 'off'}),
    'X7: for UEFI, with a GOP': (
        'igd-tgl.toml', '-machine pc -vga none -bios {bios} -device {device},id=hostpci0,bus=pci.0,addr=2.0,x-igd-lpc=on,'
        'romfile={rom}', 2, {'mode': 'upt', 'lpc': '8086:a082', 'rom': '2K', 'opregion': '8K@', 'dsm': '64M@'}),
    'X8: -set': (
        'igd-gen9.toml', '-M pc -device {device},id=hostpci0,addr=5 -set device.hostpci0.x-igd-gms=0x2 '
        '-set device.hostpci0.x-vga=on', 5, {'mode': 'upt', 'dsm': '64M', 'vga': 'on'}),
    'X8: -set, another size': (
        'igd-gen9.toml', '-M pc -device {device},id=hostpci0,addr=2 -set device.hostpci0.x-igd-gms=0xf0', 2,
        {**LEGACY, 'dsm': '4M'}),
    'X9: a global of q35': ('igd-gen9.toml', '-M pc -global ICH9-LPC.x-device-id=0xa082 -device {device},addr=2', 2, LEGACY),
    'X10: fewer address bits': (
        'igd-gen9.toml', '-M pc -cpu host,host-phys-bits-limit=39 -device {device},addr=2', 2, LEGACY),
    'X11: a virtual function': (
        'igd-vf.toml', '-M pc -device {device},addr=6,romfile={rom},x-vga=on,x-igd-opregion=off', 6,
        {'vga': 'off', 'rom': '2K'}),
    'X12: another id, another size': (
        'igd-gen9.toml', '-M pc -device {device},addr=2,x-igd-gms=1,x-pci-device-id=0x5912', 2,
        {**LEGACY, '': '8086:5912 Kaby Lake', 'dsm': '32M'}),
    'X13: a file of the user\'s own': (
        'igd-gen9.toml', '-M pc -fw_cfg name=opt/igd-opregion,file={rom} -device {device},addr=2', 2, LEGACY),
    'X13: a file where ours would be': (
        'igd-gen9.toml', '-M pc -fw_cfg name=etc/igd-opregion,file={rom} -device {device},addr=2', 2, {'mode': 'legacy'}),
    'X14: a path in JSON': ('igd-gen9.toml', '-M pc -device {json}', 2, LEGACY),
    'X16: a bridge made before': (
        'igd-gen9.toml', '-M pc -device vfio-pci-igd-lpc-bridge,addr=1f.0,multifunction=on -device {device},addr=2', 2, LEGACY),
    'X17: to find faults': ('igd-gen9.toml', '-M pc -device {device},multifunction=on,x-no-mmap=on', 2, LEGACY),
}

# Words of vfio-pci whose only fault is that there is no such device: (words, what is said)
SYNTAX = {
    'X1': f'-device vfio-pci,{NOWHERE},x-igd-opregion=on',
    'X2': f'-M pc -vga none -device vfio-pci,{NOWHERE},addr=02.0',
    'X3': f'-device vfio-pci,addr=05.0,sysfsdev=/sys/class/mdev_bus/0fff:1f:1e.7/{UUID}',
    'X4, without display=': f'-device vfio-pci,sysfsdev=/sys/bus/mdev/devices/{UUID},rombar=0,x-igd-opregion=on',
    'X6': f'-device vfio-pci,{NOWHERE},id=hostdev0,addr=2.0,x-igd-legacy-mode=off,x-igd-lpc=on,romfile={{rom}}',
    'X7': f'-machine pc -vga none -bios {{bios}} -device vfio-pci,{NOWHERE},id=hostpci0,bus=pci.0,addr=2.0,x-igd-lpc=on,'
          'romfile={rom}',
    'X8': f'-device vfio-pci,{NOWHERE},id=hostpci0 -set device.hostpci0.x-igd-gms=0x2 -set device.hostpci0.x-vga=on',
    'X11': f'-device vfio-pci,{NOWHERE},romfile={{rom}},x-vga=on,x-igd-opregion=off',
    'X12': f'-device vfio-pci,{NOWHERE},x-igd-gms=1,x-pci-device-id=0x5912',
    'X16': f'-device vfio-pci-igd-lpc-bridge,addr=1f.0,multifunction=on -device vfio-pci,{NOWHERE},addr=2',
    'X17': f'-device vfio-pci,{NOWHERE},multifunction=on,x-no-mmap=on',
    'of this version': f'-device vfio-pci,{NOWHERE},x-igd-place=machine,x-igd-dsm=relocate,x-igd-dbuf=off,x-igd-clear-gtt=on,dsm=64M',
}

# Refused today, with an error about this word. What a later version brings moves up then.
REFUSED = {
    'X4: display of a vGPU': (f'-device vfio-pci,sysfsdev=/sys/bus/mdev/devices/{UUID},rombar=0,display=on,x-igd-opregion=on',
                              f'display|{NO_DEVICE}'),
    'X4: a window': ('-display gtk,gl=on', 'display|gtk'),
    'X5: ramfb': (f'-M graphics=off -device vfio-pci-nohotplug,display=on,ramfb=on,sysfsdev=/sys/bus/mdev/devices/{UUID},'
                  'x-igd-opregion=on,rombar=0', 'vfio-pci-nohotplug|ramfb|display'),
    'X5: a virtual IOMMU': ('-device intel-iommu,caching-mode=on', 'intel-iommu'),
    'X15: iommufd': (f'-object iommufd,id=iommufd0 -device vfio-pci,{NOWHERE},iommufd=iommufd0', f'iommufd|{NO_DEVICE}'),
    'X15: iommufd, nothing else': (f'-device vfio-pci,{NOWHERE},iommufd=iommufd0', 'iommufd'),
    'X18: Xen': ('-machine pc,igd-passthru=on', 'igd-passthru.*Xen'),
    'X18: Xen, another machine': ('-machine xenfv', 'xenfv'),
    'q35': (f'-M q35 -device vfio-pci,{NOWHERE}', f'q35|{NO_DEVICE}'),
    'an unknown setting': (f'-device vfio-pci,{NOWHERE},x-igd-foo=1', 'x-igd-foo'),
    'legacy mode: no word': (f'-device vfio-pci,{NOWHERE},x-igd-legacy-mode=maybe', 'x-igd-legacy-mode|maybe'),
    'opregion: a file': (f'-device vfio-pci,{NOWHERE},x-igd-opregion=/tmp/dump', 'x-igd-opregion|/tmp/dump'),
    'place: no word': (f'-device vfio-pci,{NOWHERE},x-igd-place=host', 'x-igd-place|host'),
    'dsm: no size': (f'-device vfio-pci,{NOWHERE},dsm=much', 'dsm|much'),
    'gms: no number': (f'-device vfio-pci,{NOWHERE},x-igd-gms=64M', 'x-igd-gms|64M'),
    'gms, set later': (f'-device vfio-pci,{NOWHERE},id=a -set device.b.x-igd-gms=1', 'device.b|"b"|\'b\'|no device'),
}


def words(text, server=None):
    values = {'rom': scratch_file(b'\x55\xaa\x04' + bytes(2045), '.rom'), 'bios': scratch_file(bytes(0x20000), '.bin')}
    if server:
        values['device'] = f'vfio-user-pci,socket={server.socket}'
        values['json'] = json.dumps({'driver': 'vfio-user-pci', 'addr': '2', 'socket': {'path': server.socket, 'type': 'unix'}},
                                    separators=(',', ':'))
    for key, value in values.items():
        text = text.replace(f'{{{key}}}', value)
    return f'{MACHINE} {text}'.split()


def bundle(text):
    """The summary line of a text, as igd.summary() has it."""
    return summary(types.SimpleNamespace(text=lambda: text))


@rows(ACCEPTED)
def it_is_accepted_as_this_bundle(description, text, slot, wanted):
    with DeviceServer(description) as server, case.start(words(text, server)) as m:
        expect_equal(Pci(m).device(slot).id & 0xffff, 0x8086, f'in slot {slot}')
        if description == 'gvt-g.toml':
            return
        said = bundle(m.process.text())
        for key, value in wanted.items():
            got = said.get(key)
            expect(got == value if value is None else got and got.startswith(value), f'{key}: {got} instead of {value}: {said}')


@rows({name: (text,) for name, text in SYNTAX.items()})
def its_only_fault_is_that_there_is_no_such_device(text):
    status, _, said = case.run_emulator(words(f'-accel qtest {text}'))
    expect_equal(status, 1, said)
    expect_said(said, NO_DEVICE)
    for word in ('Property', 'Parameter', 'not found', 'invalid', 'expects'):
        expect(word not in said, said)


@rows(REFUSED)
def it_is_refused_with_an_error(text, word):
    status, _, said = case.run_emulator(words(f'-accel qtest {text}'))
    expect_equal(status, 1, said)
    expect_said(said, word)


# ---- what a bundle does not show ----

@rows()
def x3_the_firmware_gets_no_opregion_of_a_vgpu():
    with DeviceServer('gvt-g.toml') as server, case.start(words('-device {device},addr=05.0,x-igd-opregion=off', server)) as m:
        expect(OPREGION_FILE not in FwCfg(m).directory(), 'OpRegion')


@rows()
def x12_both_are_applied():
    text = '-M pc -device {device},addr=2,x-igd-gms=1,x-pci-device-id=0x5912'
    with DeviceServer('igd-gen9.toml') as server, case.start(words(text, server)) as m:
        gpu = Pci(m).device(2)
        expect_equal((gpu.id, gpu.read16(0x50)), (0x59128086, 0x01c1))


@rows()
def x13_a_name_that_is_not_the_user_s_is_warned_of():
    with case.start(words('-fw_cfg name=etc/igd-opregion,file={rom}')) as m:
        expect_said(m.process.text(), 'warning.*etc/igd-opregion.*opt/')
        expect_equal(FwCfg(m).directory()[OPREGION_FILE][0], 2048)


@rows()
def x16_x17_functions_are_told_of():
    text = '-M pc -device vfio-pci-igd-lpc-bridge,addr=1f.0,multifunction=on -device {device},addr=2,multifunction=on,x-no-mmap=on'
    with DeviceServer('igd-gen9.toml') as server, case.start(words(text, server)) as m:
        expect_equal([Pci(m).device(slot).read8(0x0e) & 0x80 for slot in (2, 0x1f)], [0x80, 0x80])
