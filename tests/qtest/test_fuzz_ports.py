# SPDX-License-Identifier: GPL-2.0-or-later
"""Random accesses of a guest do no harm: seeded, so that what fails can be run again."""

import random

from case import PC, case, expect_equal
from chipset import Pci

COUNT = 10000
BATCH = 500
# Ports whose writes end or suspend the machine as they should: PM control when it is mapped, isa-debug-exit.
HARMLESS_RESETS = '-action reboot=reset,shutdown=pause'
ARGS = f'{PC} {HARMLESS_RESETS} -serial null -device pci-testdev,addr=4'
VALUES = (0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff, 0xffffffffffffffff)
BUSY_PORTS = ([0x20, 0x21, 0xa0, 0xa1, 0x40, 0x41, 0x42, 0x43, 0x60, 0x61, 0x64, 0x70, 0x71, 0x80, 0x92, 0xb2, 0xb3,
               0x3f8, 0x3f9, 0x3fa, 0x3fb, 0x3fc, 0x3fd, 0x3fe, 0x3ff, 0x4d0, 0x4d1, 0x510, 0x511, 0x514, 0x518,
               0xcf8, 0xcf9, 0xcfc, 0xcfd, 0xcfe, 0xcff, 0x402, 0x505, 0xae00, 0xae04, 0xae08, 0xae0c, 0xae10,
               0xafe0, 0xafe2]
              + list(range(16)) + list(range(0xc0, 0xe0)) + list(range(0x80, 0x90)) + list(range(0x600, 0x640)))
PLACES = (0, 0x9fc00, 0xa0000, 0xc0000, 0xe0000, 0xfffff, 0x100000, 0x3ffffff, 0x4000000, 0xe0000000, 0xfec00000,
          0xfec00010, 0xfed00000, 0xfee00000, 0xfee00300, 0xfffc0000, 0xffffffff, 1 << 32, 1 << 40, (1 << 64) - 8)


def value(rng):
    return rng.choice(VALUES) if rng.random() < 0.5 else rng.getrandbits(rng.choice((8, 16, 32, 64)))


def port_request(rng):
    port = rng.choice(BUSY_PORTS) if rng.random() < 0.9 else rng.getrandbits(16)
    size = rng.choice('bwl')
    if rng.random() < 0.4:
        return f'in{size} {port:#x}'
    return f'out{size} {port:#x} {value(rng):#x}'


def memory_request(rng):
    address = (rng.choice(PLACES) + rng.randrange(-16, 64)) % (1 << 64)
    size = rng.choice('bwlq')
    if rng.random() < 0.4:
        return f'read{size} {address:#x}'
    return f'write{size} {address:#x} {value(rng):#x}'


def config_request(rng):
    """Two requests in one: where, and what."""
    devfn = rng.choice((0, 8, 0x0b, 0x20, rng.getrandbits(8)))
    address = 1 << 31 | devfn << 8 | rng.getrandbits(8)
    size = rng.choice('bwl')
    what = f'in{size} 0xcfc' if rng.random() < 0.3 else f'out{size} {0xcfc + rng.randrange(4):#x} {value(rng):#x}'
    return f'outl 0xcf8 {address:#x}\n{what}'


def mixed_request(rng):
    kind = rng.random()
    if kind < 0.02:
        return f'clock_step {rng.randrange(1, 100_000_000)}'
    return (port_request if kind < 0.5 else memory_request if kind < 0.75 else config_request)(rng)


def send_all(m, requests):
    """In batches, because asking one by one takes ten times as long. Replies with errors are replies."""
    for begin in range(0, len(requests), BATCH):
        text = '\n'.join(requests[begin:begin + BATCH])
        m.lines.log.clear()
        m.lines.send(text.encode() + b'\n')
        for _ in range(text.count('\n') + 1):
            m.reply()


def prepare(m):
    """Everything is decoded somewhere."""
    pci = Pci(m)
    pm, test = pci.device(1, 3), pci.device(4)
    pm.write32(0x40, 0x600 | 1)
    pm.write8(0x80, 1)
    test.bar(0).map()
    test.bar(1).map()
    test.enable()
    m.qmp('cont')


KINDS = {'ports': port_request, 'memory': memory_request, 'configuration space': config_request, 'all': mixed_request}


@case(ARGS, each={f'{name}, seed {seed}': (make, seed) for name, make in KINDS.items() for seed in (1, 2)})
def ten_thousand_random_accesses_do_no_harm(m, row):
    make, seed = row
    rng = random.Random(seed)
    prepare(m)
    send_all(m, [make(rng) for _ in range(COUNT)])
    expect_equal(m.ask('endianness'), 'OK little')
    expect_equal(m.qmp('query-name'), {})
