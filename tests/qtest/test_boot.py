# SPDX-License-Identifier: GPL-2.0-or-later
"""What the machine tells its firmware about booting and memory: CMOS and the file bootorder."""

import struct

from case import PC, case, expect, expect_equal, run_emulator, start
from chipset import Cmos, FwCfg

BOOT = {
    # -boot -> 0x3d: first device in the low, second in the high half; 0x38: third in the high half
    'nothing': (0x12, 0x30), 'c': (0x02, 0), 'd': (0x03, 0), 'a': (0x01, 0), 'n': (0x04, 0), 'cd': (0x32, 0),
    'cdn': (0x32, 0x40), 'order=dc': (0x23, 0), 'once=d': (0x03, 0), 'order=c,once=d': (0x03, 0),
    'menu=on': (0x12, 0x30), 'strict=on': (0x12, 0x30),
}
AFTER_RESET = {'once=d': (0x12, 0x30), 'order=c,once=d': (0x02, 0), 'order=dc': (0x23, 0)}
SIZES = {
    # -m: KiB above 1 MiB, 64 KiB units above 16 MiB, 64 KiB units above 4 GiB
    '8M': (7168, 0, 0), '64M': (64512, 768, 0), '1G': (65535, 16128, 0), '3G': (65535, 48896, 0),
    '5G': (65535, 48896, 32768),
}


def boot(m):
    cmos = Cmos(m)
    return cmos.read(0x3d), cmos.read(0x38) & 0xf0


def boot_args(text):
    return PC if text == 'nothing' else f'{PC} -boot {text}'


@case(None, each={text: (text, values) for text, values in BOOT.items()})
def boot_order_is_in_cmos(row):
    text, values = row
    with start(boot_args(text)) as m:
        expect_equal(boot(m), values)


@case(None, each={text: (text, values) for text, values in AFTER_RESET.items()})
def boot_order_after_a_reset(row):
    text, values = row
    with start(boot_args(text)) as m:
        m.qmp('system_reset')
        m.event('RESET')
        expect_equal(boot(m), values)


@case(None, each={'unknown device': 'x9', 'twice': 'cc', 'unknown key': 'foo=1', 'menu': 'menu=perhaps'})
def bad_boot_orders_are_refused(text):
    status, _, err = run_emulator(f'{PC} -display none -S -boot {text}'.split())
    expect(status == 1 and err, f'{status}: {err}')


@case(f'{PC} -boot menu=on,splash-time=1000,reboot-timeout=5000')
def boot_menu_and_times(m):
    cfg = FwCfg(m)
    expect_equal(cfg.number(0x0e, 2), 1)
    expect_equal(struct.unpack('<I', cfg.file('etc/boot-fail-wait'))[0], 5000)


@case(None, each={text: (text, values) for text, values in SIZES.items()})
def memory_sizes_are_in_cmos(row):
    text, values = row
    with start(f'-machine pc -nodefaults -m {text}') as m:
        cmos = Cmos(m)
        word = lambda index: cmos.read(index) | cmos.read(index + 1) << 8
        expect_equal(word(0x15), 640, 'KiB of conventional memory')
        above_4g = word(0x5b) | cmos.read(0x5d) << 16
        expect_equal((word(0x17), word(0x34), above_4g), values)
        expect_equal(word(0x30), values[0], 'the copy')


@case(f'{PC} -smp 3')
def processors_are_in_cmos(m):
    expect_equal(Cmos(m).read(0x5f), 2, 'processors besides the first')


@case(f'{PC}')
def equipment_has_a_coprocessor_and_a_mouse(m):
    expect_equal(Cmos(m).read(0x14) & 0x06, 0x06)


@case(f'{PC} -device pci-testdev,addr=4')
def order_without_bootindex_is_empty(m):
    directory = FwCfg(m).directory()
    expect_equal(directory.get('bootorder', (0,))[0], 0)
