# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests of index and data ports."""

from check import device, same, test


@test
def index_and_data_reach_another_bar():
    with device('igd-gen9.toml') as (_, guest):
        def at(index):
            guest.put(4, 0, index)
            return guest.get(4, 4)
        same([at(0x1080c0), at(1), at(0x40 | 1)], [0x7c000001, 0xeeeeeeee, 0], 'reads')
        guest.put(4, 4, 0x12345001)
        same((guest.get(4, 0), guest.get(0, 0x800040), at(0x800040)), (0x41, 0x12345001, 0x12345001))
        guest.put(4, 6, 0xabcd, 2)
        same(guest.get(0, 0x800040), 0xabcd5001, 'half of the data')
        same(at(0x1000000), 0xffffffff, 'beyond the BAR')
        guest.put(4, 4, 0)
        same(at(0x800000 | 1), 0xffffffff, 'beyond the GTT')
        guest.reset()
        same((guest.get(4, 0), at(0x800040)), (0, 0xabcd5001), 'after a reset')
    ports = {'index': 4, 'kind': 'io', 'size': 64, 'indirect': {'bar': 0, 'gtt': 0x800}}
    with device({'bar': [{'index': 0, 'kind': 'mem32', 'size': 4096, 'register': [{'at': 8, 'value': 7}],
                          'contents': [{'at': 0x810, 'u32': 9}]}, ports]}) as (_, guest):
        for index, wanted in ((8, 7), (0x11, 9)):
            guest.put(4, 0, index)
            same(guest.get(4, 4), wanted, f'index {index:#x}')
