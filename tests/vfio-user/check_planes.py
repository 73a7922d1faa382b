# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests of planes: what a client is told of them, the dma-bufs they are in, and how pictures lie in memory."""

import contextlib
import errno
import mmap
import os
import struct

import client
import device_server
import pixels
import server
from check import device, gone, plain, refused, same, test

PROBE, DMABUF, REGION = 1, 2, 4
PRIMARY, CURSOR = 1, 2
NONE = 0xffffffff
PLANE = {'name': 'primary', 'width': 64, 'height': 48}


def described(**changes):
    return plain(plane=[{**PLANE, **changes}])


@contextlib.contextmanager
def mapped(fd, count):
    with mmap.mmap(fd, count, mmap.MAP_SHARED, mmap.PROT_READ) as memory:
        os.close(fd)
        yield memory


@test
def planes_are_announced():
    for description, wanted in ((described(), True), (plain(), None)):
        with device(description, capabilities={'max_msg_fds': 4}) as (_, guest):
            same(guest.version[2].get('x-gfx-plane'), wanted)
    with device(plain()) as (_, guest):
        refused(errno.EINVAL, guest.plane)
        refused(errno.EINVAL, guest.dmabuf, 1)


@test
def the_kind_of_planes_can_be_probed():
    wanted = {'dmabuf': [True, False], 'region': [False, True], 'both': [True, True]}
    for kind, answers in wanted.items():
        with device(described(type=kind)) as (shown, guest):
            for flags, possible in zip((DMABUF, REGION), answers):
                for bits in (flags | PROBE, flags):
                    if possible:
                        same(guest.plane(flags=bits)['flags'], bits)
                    else:
                        refused(errno.EINVAL, guest.plane, flags=bits)
            for bits in (0, PROBE, DMABUF | REGION, DMABUF | REGION | PROBE, 8):
                refused(errno.EINVAL, guest.plane, flags=bits)
            same(shown.planes()['primary']['queries'], 5, 'probes are no queries')


@test
def a_plane_is_described_as_it_says():
    with device(described(drm_format='RG24', x_pos=3, y_hot=7, dmabuf_id=9)) as (_, guest):
        for size in (60, 64):
            same(guest.plane(size=size), {
                'argsz': size, 'flags': DMABUF, 'drm_plane_type': PRIMARY, 'drm_format': 0x34324752,
                'drm_format_mod': 0, 'width': 64, 'height': 48, 'stride': 192, 'size': 12288, 'x_pos': 3,
                'y_pos': 0, 'x_hot': NONE, 'y_hot': 7, 'where': 9})
        refused(errno.ENODEV, guest.plane, CURSOR)
        refused(errno.EINVAL, guest.plane, size=56)
        refused(errno.EINVAL, guest.call, 'QUERY_GFX_PLANE', struct.pack('<III', 56, DMABUF, 1).ljust(64, b'\0'))
        refused(errno.EINVAL, guest.call, 'GET_GFX_DMABUF', struct.pack('<II', 4, 9))


@test
def a_plane_says_anything():
    """Lies too: stride and size are not made to fit."""
    with device(described()) as (shown, guest):
        shown.plane('primary', width=0xffffffff, height=0x80000000, stride=1, size=5, drm_format='YUYV',
                    drm_format_mod='y-tiled', dmabuf_id=77)
        said = guest.plane()
        same([said[key] for key in ('width', 'height', 'stride', 'size')], [0xffffffff, 0x80000000, 1, 5])
        same((said['drm_format'], said['drm_format_mod'], said['where']), (0x56595559, 1 << 56 | 2, 77))
        shown.plane('primary', error='ENODEV')
        refused(errno.ENODEV, guest.plane)
        shown.plane('primary', error=0)
        guest.plane()
        same(shown.planes()['primary']['queries'], 3)
        same(shown.dmabufs()[77]['size'] <= 64 << 20, True)


@test
def dma_bufs_are_files_to_map():
    with device(described(paint=2)) as (shown, guest):
        with mapped(guest.dmabuf(1), 64 * 4 * 48) as memory:
            same(memory[:], pixels.encode(pixels.Picture(64, 48, 2)))
            shown.paint(1, b'hello', 8)
            same(memory[8:13], b'hello', 'the same memory')
        shown.plane('primary', dmabuf_id=2, width=8)
        os.close(guest.dmabuf(2))
        os.close(guest.dmabuf(2))
        same({id: row['taken'] for id, row in shown.dmabufs().items()}, {1: 1, 2: 2})
        refused(errno.EINVAL, guest.dmabuf, 3)
        for kind in ('pipe', 'gone'):
            shown.dmabuf(2, kind)
            refused(errno.ENODEV if kind == 'pipe' else errno.EINVAL, map_of, guest, 2)
        shown.dmabuf(2, 'memory', 100)
        shown.truncate(1, 4096)
        same([os.fstat(guest.dmabuf(id)).st_size for id in (1, 2)], [4096, 100])


def map_of(guest, id):
    """The errno of a map is an answer, too."""
    fd = guest.dmabuf(id)
    try:
        mmap.mmap(fd, 4096, mmap.MAP_SHARED, mmap.PROT_READ)
    except OSError as error:
        raise client.Answered(error.errno) from None
    finally:
        os.close(fd)


@test
def a_plane_may_be_in_a_region_beyond_those_that_are_counted():
    with device('mdpy-like.toml') as (shown, guest):
        same(guest.info()[1], 9)
        said = guest.plane(flags=REGION)
        same((said['where'], said['width'], said['stride']), (16, 1024, 4096))
        info = guest.region_info(16)
        same((info['size'], info['flags'] & 7), (3 << 20, 7))
        shown.write(0, 4096, b'same memory')
        with mapped(info['fds'][0], 8192) as memory:
            same(memory[4096:4107], b'same memory')
        same(guest.read(16, 4096, 4), b'same')
    picture = pixels.Picture(32, 8, 5)
    bar = {'index': 0, 'kind': 'mem32', 'size': 4096}
    with device(plain(bar=[bar], plane=[{'name': 'primary', 'type': 'region', 'width': 32, 'height': 8, 'region_index': 0,
                                         'paint': 5}])) as (_, guest):
        same(guest.read(0, 0, 1024), pixels.encode(picture))


@test
def queries_can_fail_in_every_way():
    faults = ['when=command:QUERY_GFX_PLANE,nth=2,do=errno:EIO', 'when=command:GET_GFX_DMABUF,nth=1,do=errno:ENOMEM',
              'when=command:QUERY_GFX_PLANE,nth=4,do=die']
    with device(described(), faults) as (shown, guest):
        guest.plane()
        refused(errno.EIO, guest.plane)
        refused(errno.ENOMEM, guest.dmabuf, 1)
        os.close(guest.dmabuf(1))
        guest.plane()
        guest.send('QUERY_GFX_PLANE', struct.pack('<III', 64, DMABUF, 1).ljust(64, b'\0'))
        gone(guest)
        same(shown.wait(), device_server.DIED)
        line = next(line for line in shown.log() if line.get('cmd') == 'QUERY_GFX_PLANE')
        same((line['payload']['drm_plane_type'], set(server.planes.FIELDS) - set(line['payload'])), (PRIMARY, set()))


@test
def the_control_channel_checks_planes():
    with device(described()) as (shown, guest):
        for line, words in (('plane overlay width=1', 'planes are primary'), ('plane primary breadth=1', 'width'),
                            ('plane primary error=EWHAT', 'ENODEV'), ('plane primary drm_format_mod=4x', 'x-tiled'),
                            ('plane primary width=-1', 'number'), ('dmabuf 1 door', 'pipe'),
                            ('paint 1 0x100000 00', 'bytes'), ('paint 8 0 00', 'dma-buf 8'), ('truncate 9 1', 'dma-buf 9'),
                            ('truncate 1 -1', 'bytes'), ('plane primary drm_format=YUYV paint=1', 'XRGB8888')):
            try:
                shown.control(line)
            except device_server.ControlError as error:
                same(words in str(error), True, f'"{words}" in {error}')
            else:
                raise AssertionError(f'"{line}" was done')
        guest.plane()


@test
def pictures_that_cannot_be_are_refused():
    for row, words in (({'drm_format': 'C8'}, 'XRGB8888'), ({'type': 'region', 'region_index': 99}, 'no memory')):
        try:
            with device(described(paint=1, **row)):
                pass
        except device_server.ServerFailed as failed:
            same((words in str(failed), 'Traceback' in str(failed)), (True, False), str(failed))
        else:
            raise AssertionError(f'{row} was accepted')


# ---- pictures ----

# drm_fourcc.h: what red 0x9c, green 0x5a, blue 0xf3 is in memory, and what is seen of it.
PACKED = {
    'XRGB8888': ('XR24', 'f35a9c00', (0x9c, 0x5a, 0xf3)), 'ARGB8888': ('AR24', 'f35a9c00', (0x9c, 0x5a, 0xf3)),
    'XBGR8888': ('XB24', '9c5af300', (0x9c, 0x5a, 0xf3)), 'ABGR8888': ('AB24', '9c5af300', (0x9c, 0x5a, 0xf3)),
    'RGB888': ('RG24', 'f35a9c', (0x9c, 0x5a, 0xf3)), 'BGR888': ('BG24', '9c5af3', (0x9c, 0x5a, 0xf3)),
    'RGB565': ('RG16', 'de9a', (0x9c, 0x59, 0xf7)), 'XRGB1555': ('XR15', '7e4d', (0x9c, 0x5a, 0xf7)),
    'XRGB2101010': ('XR30', 'cfa72527', (0x9c, 0x5a, 0xf3)),
}


@test
def pixels_lie_as_the_kernel_says():
    same(set(PACKED), set(pixels.FORMATS))
    for name, (fourcc, data, seen) in PACKED.items():
        form = pixels.FORMATS[name]
        same((form.fourcc, form.encode((0x9c, 0x5a, 0xf3)).hex(), form.seen((0x9c, 0x5a, 0xf3))), (fourcc, data, seen), name)
        same(pixels.code_of(name), int.from_bytes(fourcc.encode(), 'little'))
        same(form.encode((0, 0, 0), -1), form.rest.to_bytes(form.size, 'little'))
        same(int.from_bytes(form.encode((255, 255, 255)), 'little') | form.rest, (1 << 8 * form.size) - 1)


@test
def tiles_are_512_bytes_by_8_rows():
    picture = pixels.Picture(260, 17)
    data = pixels.encode(picture, stride=1536, modifier='x-tiled', rest=0)
    same(len(data), 1536 * 24)
    for x, y in ((0, 0), (127, 7), (128, 0), (259, 5), (0, 8), (130, 16)):
        tile = y // 8 * 3 + x * 4 // 512
        at = tile * 4096 + y % 8 * 512 + x * 4 % 512
        red, green, blue = picture.at(x, y)
        same(data[at:at + 4], bytes([blue, green, red, 0]), f'{x}, {y}')
