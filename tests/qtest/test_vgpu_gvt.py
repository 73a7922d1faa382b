# SPDX-License-Identifier: GPL-2.0-or-later
"""Pictures of GVT-g: the host lets nobody map its dma-bufs, the pixels are found in the guest's memory by its GPU's table.

The pipe of a description stands for such a dma-buf: mmap() of it fails with ENODEV, as i915's does.
"""

import pixels
import pictures
from case import expect, expect_equal
from vfio import assigned

MEDIATED = 'x-mediated=on,display=on'
SHARED = '-machine pc,memory-backend=ram -nodefaults -m 64 -object memory-backend-memfd,id=ram,size=64M'
PIPE_CONF, PLANE_SURF, CUR_BASE, CUR_POS, PIPE_STEP = 0x70008, 0x7019c, 0x70084, 0x70088, 0x1000
EDP_CONF, EDP_CONTROL, EDP_INPUT_C = 0x7f008, 0x6f400, 6 << 12
ENABLED = 1 << 31
GTT, PAGE = 8 << 20, 4096
SURFACE = 0x4321000             # a graphics address
MEMORY = 0x1000000              # of the guest: pages in another order than the picture's
PICTURE = pixels.Picture(200, 100, seed=5)


def register(d, offset, value):
    d.server.write(0, offset, value.to_bytes(4, 'little'))


def map_surface(d, data, surface=SURFACE, memory=MEMORY):
    """Put data into the guest's memory, the last page first, and into the graphics translation table."""
    data = data.ljust(pixels.whole_pages(len(data)), b'\0')
    count = len(data) // PAGE
    for n in range(count):
        at = memory + (count - 1 - n) * PAGE
        d.m.write(at, data[n * PAGE:(n + 1) * PAGE])
        d.server.write(0, GTT + (surface // PAGE + n) * 8, (at | 1).to_bytes(8, 'little'))


def show(d, form='XRGB8888', modifier='linear', pipe=0, picture=PICTURE):
    size = pixels.FORMATS[form].size * picture.width
    stride = -(-size // pixels.TILE_BYTES) * pixels.TILE_BYTES if modifier == 'x-tiled' else size
    data = pixels.encode(picture, form, stride, modifier)
    map_surface(d, data)
    register(d, PIPE_CONF + pipe * PIPE_STEP, ENABLED)
    register(d, PLANE_SURF + pipe * PIPE_STEP, SURFACE)
    d.server.dmabuf(7, 'pipe')
    d.server.plane('primary', error=0, width=picture.width, height=picture.height, drm_format=form,
                   drm_format_mod=modifier, size=len(data), dmabuf_id=7)


def screen(d):
    return pictures.screendump(d.m, 'dev')


def words(d):
    return pictures.words(screen(d)) or ''


@assigned('gvt-g.toml', MEDIATED, SHARED, connect_qmp=True, each={f'{form}, {modifier}': (form, modifier) for form, modifier in (
    ('XRGB8888', 'linear'), ('XRGB8888', 'x-tiled'), ('RGB565', 'x-tiled'), ('XBGR8888', 'linear'))})
def the_picture_is_found_in_the_guests_memory(d, form, modifier):
    show(d, form, modifier)
    pictures.expect_picture(screen(d), PICTURE, form)


@assigned('gvt-g.toml', MEDIATED, SHARED, connect_qmp=True)
def it_follows_the_guests_writes_and_its_table(d):
    show(d)
    screen(d)
    other = pixels.Picture(200, 100, seed=6)
    map_surface(d, pixels.encode(other))
    pictures.expect_picture(screen(d), other)
    third = pixels.Picture(200, 100, seed=7)
    map_surface(d, pixels.encode(third), memory=MEMORY + (8 << 20))
    pictures.expect_picture(screen(d), third)


@assigned('gvt-g.toml', MEDIATED, SHARED, connect_qmp=True, each={'second': 1, 'third': 2})
def another_pipe(d, pipe):
    show(d, pipe=pipe)
    pictures.expect_picture(screen(d), PICTURE)


@assigned('gvt-g.toml', MEDIATED, SHARED, connect_qmp=True)
def the_embedded_panels_pipe(d):
    show(d, pipe=2)
    register(d, PIPE_CONF + 2 * PIPE_STEP, 0)
    expect('no pipe' in words(d), words(d))
    register(d, EDP_CONF, ENABLED)
    register(d, EDP_CONTROL, ENABLED | EDP_INPUT_C)
    pictures.expect_picture(screen(d), PICTURE)


@assigned('gvt-g.toml', MEDIATED, SHARED, connect_qmp=True)
def pages_that_are_nowhere_are_black(d):
    """Not present, beyond memory, and a device's registers: none is read."""
    show(d, picture=pixels.Picture(1024, 4, seed=1))
    for n, entry in enumerate((0, 0x7ffffff001, 0xfec00001)):
        d.server.write(0, GTT + (SURFACE // PAGE + n) * 8, entry.to_bytes(8, 'little'))
    seen = screen(d)
    expect_equal({seen.at(x, y) for x in (0, 500, 1023) for y in range(3)}, {(0, 0, 0)})
    expect_equal(seen.at(9, 3), pixels.Picture(1024, 4, seed=1).at(9, 3))


@assigned('gvt-g.toml', MEDIATED, SHARED, connect_qmp=True)
def a_surface_beyond_the_table(d):
    show(d)
    register(d, PLANE_SURF, 0xfffff000)
    expect('0xfffff000 is not in its translation table' in words(d), words(d))


@assigned('gvt-g.toml', MEDIATED, SHARED, connect_qmp=True)
def the_cursor_too(d):
    show(d)
    red = pixels.Plain(8, 8, (255, 0, 0))
    map_surface(d, pixels.encode(red, 'ARGB8888', rest=0xff000000), surface=0x100000, memory=0x3000000)
    register(d, CUR_BASE, 0x100000)
    d.server.dmabuf(8, 'pipe')
    d.server.plane('cursor', error=0, width=8, height=8, dmabuf_id=8, x_pos=20, y_pos=30)
    seen = screen(d)
    expect_equal([seen.at(*at) for at in ((20, 30), (27, 37))], [(255, 0, 0)] * 2)
    expect_equal([seen.at(*at) for at in ((19, 30), (28, 37))], [PICTURE.at(19, 30), PICTURE.at(28, 37)])


@assigned('gvt-g.toml', MEDIATED, SHARED, connect_qmp=True)
def a_cursor_half_outside(d):
    """GVT-g says where it is without the signs; the register has them."""
    show(d)
    map_surface(d, pixels.encode(pixels.Plain(8, 8, (255, 0, 0)), 'ARGB8888', rest=0xff000000), surface=0x100000, memory=0x3000000)
    register(d, CUR_BASE, 0x100000)
    register(d, CUR_POS, 1 << 31 | 2 << 16 | 1 << 15 | 3)
    d.server.dmabuf(8, 'pipe')
    d.server.plane('cursor', error=0, width=8, height=8, dmabuf_id=8, x_pos=3, y_pos=2)
    seen = screen(d)
    expect_equal([seen.at(*at) for at in ((0, 0), (4, 5))], [(255, 0, 0)] * 2)
    expect_equal([seen.at(*at) for at in ((5, 0), (0, 6))], [PICTURE.at(5, 0), PICTURE.at(0, 6)])


@assigned('gvt-g.toml', 'display=on', SHARED, connect_qmp=True)
def elsewhere_it_says_why_there_is_no_picture(d):
    """Not a mediated device of Intel's: nobody knows where its pixels are."""
    show(d)
    expect('does not let dma-buf 7 of the picture be mapped' in words(d), words(d))
