# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests of the region that describes a monitor, and of the reader of EDID."""

import errno
import struct

import edid
from check import device, refused, same, test

AT, BLOB = 10, 0x800                    # region and offset of the blob in gvt-g.toml
OFFSET, MAX_SIZE, SIZE, MAX_XRES, MAX_YRES, LINK = range(0, 24, 4)
UP, DOWN = 1, 2


def damaged(at, value):
    """A monitor whose byte is another; the checksum is right again."""
    data = bytearray(edid.make(1280, 800))
    data[at] = value
    if at != 127:
        data[127] = -sum(data[:127]) & 0xff
    return bytes(data)


@test
def registers_of_the_monitor():
    with device('gvt-g.toml') as (_, guest):
        same(struct.unpack('<II', guest.region_info(AT)['caps'][2]), (1, 1))
        same([guest.get(AT, at) for at in (OFFSET, MAX_SIZE, SIZE, MAX_XRES, MAX_YRES, LINK)],
             [BLOB, 128, 0, 1920, 1200, DOWN])
        for count in (1, 2, 8):
            refused(errno.EINVAL, guest.read, AT, SIZE, count)
            refused(errno.EINVAL, guest.write, AT, SIZE, bytes(count))
        refused(errno.EINVAL, guest.read, AT, 2, 4)
        refused(errno.EINVAL, guest.read, AT, 24, 4)
        refused(errno.EINVAL, guest.put, AT, MAX_SIZE, 256)
        refused(errno.EINVAL, guest.put, AT, SIZE, 129)
        refused(errno.EINVAL, guest.put, AT, LINK, 3)
        refused(errno.EINVAL, guest.write, AT, BLOB + 100, bytes(29))
        same(guest.get(AT, LINK), DOWN)


@test
def a_monitor_is_plugged_in():
    with device('gvt-g.toml') as (server, guest):
        refused(errno.EINVAL, guest.put, AT, LINK, UP)
        guest.put(AT, LINK, DOWN)
        guest.put(AT, SIZE, 128)
        blob = edid.make(1600, 900)
        guest.write(AT, BLOB, blob[:64])
        guest.write(AT, BLOB + 64, blob[64:])
        guest.put(AT, LINK, UP)
        same((guest.get(AT, LINK), guest.read(AT, BLOB, 128)), (UP, blob))
        events = [line for line in server.log() if line.get('event', '').startswith('edid')]
        same([(line['event'], line.get('register'), line.get('value')) for line in events],
             [('edid', 'link_state', UP), ('edid up', None, None), ('edid', 'link_state', DOWN), ('edid', 'edid_size', 128),
              ('edid blob', None, None), ('edid blob', None, None), ('edid', 'link_state', UP), ('edid up', None, None)])
        same((events[-1]['hex'], events[-1]['problems']), (blob.hex(), []))


@test
def what_is_no_monitor_is_refused():
    for data in (damaged(0, 1), damaged(127, 0), damaged(18, 2), damaged(126, 1), bytes(128), edid.make(1280, 800)[:64]):
        with device('gvt-g.toml') as (_, guest):
            guest.put(AT, SIZE, len(data))
            guest.write(AT, BLOB, data)
            refused(errno.EINVAL, guest.put, AT, LINK, UP)
            same(guest.get(AT, LINK), DOWN)


@test
def a_region_may_take_accesses_of_any_width():
    with device('mbochs-like.toml') as (_, guest):
        same((guest.get(9, MAX_SIZE), guest.get(9, MAX_SIZE + 1, 1)), (0x800, 8))
        refused(errno.EINVAL, guest.read, 9, 2, 4)


@test
def a_monitor_says_what_it_is():
    monitor = edid.Edid(edid.make(2560, 1440, 'big one'))
    same((monitor.problems(), monitor.preferred, monitor.name, monitor.extensions), ([], (2560, 1440), 'big one', 0))
    same(round(monitor.timings[0].refresh), 60)
    same((monitor.standard, monitor.text(edid.SERIAL)), ([], None))
    for data, words in ((b'', 'blocks'), (bytes(127), 'blocks'), (bytes(128), 'header'), (damaged(127, 0), 'checksum'),
                        (damaged(126, 1), '1 extensions in 1'), (damaged(19, 5), 'version 1.5'),
                        (damaged(54 + 3, 10), 'sync'), (without_timings(), 'preferred'),
                        (extended(0x55), 'unknown kind 0x55'), (extended(edid.CTA, 3), 'timings are at 3')):
        same(any(words in problem for problem in edid.Edid(data).problems()), True, f'{words}: {edid.Edid(data).problems()}')
    same(edid.Edid(extended(edid.CTA, 4)).problems(), [])


def without_timings():
    data = bytearray(edid.make(1280, 800))
    data[54:72] = data[90:108]
    data[127] = -sum(data[:127]) & 0xff
    return bytes(data)


def extended(tag, timings=0):
    block = bytes([tag, 3, timings]).ljust(127, b'\0')
    return damaged(126, 1) + block + bytes([-sum(block) & 0xff])


@test
def standard_timings_and_letters_are_read():
    data = bytearray(edid.make(1280, 800))
    data[8:10] = (18 << 10 | 8 << 5 | 20).to_bytes(2, 'big')
    data[38:42] = bytes([1280 // 8 - 31, 0x40, 1920 // 8 - 31, 0xc0 | 15])
    monitor = edid.Edid(data)
    same((monitor.manufacturer, monitor.standard), ('RHT', [(1280, 960, 60), (1920, 1080, 75)]))
