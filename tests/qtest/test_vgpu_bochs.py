# SPDX-License-Identifier: GPL-2.0-or-later
"""Pictures of mediated Bochs displays: found in BAR 0 by the registers in BAR 2, the dma-bufs are left alone."""

import pictures
import pixels
from case import expect, expect_equal
from vfio import assigned

MEDIATED = 'x-mediated=on,display=on'
SHARED = '-machine pc,memory-backend=ram -nodefaults -m 64 -object memory-backend-memfd,id=ram,size=64M'
MEMORY, REGISTERS, DISPI, BPP, X_OFFSET, Y_OFFSET = 0, 2, 0x500, 3, 8, 9
MEMORY_SIZE = 16 << 20
WIDTH, HEIGHT = 200, 100


def show(d, x=0, y=0, form='XRGB8888', seed=3):
    """Shown is what begins at column x of line y; returns the picture."""
    picture = pixels.Picture(WIDTH, HEIGHT, seed=seed)
    size = pixels.FORMATS[form].size
    stride = WIDTH * size
    for index, value in ((BPP, 8 * size), (X_OFFSET, x), (Y_OFFSET, y)):
        d.server.write(REGISTERS, DISPI + 2 * index, value.to_bytes(2, 'little'))
    if y * stride < MEMORY_SIZE - HEIGHT * stride:
        d.server.write(MEMORY, y * stride + x * size, pixels.encode(picture, form, stride))
    d.server.plane('primary', error=0, width=WIDTH, height=HEIGHT, drm_format=form, size=stride * HEIGHT, dmabuf_id=1)
    return picture


def screen(d):
    return pictures.screendump(d.m, 'dev')


@assigned('mbochs-like.toml', MEDIATED, SHARED, connect_qmp=True, each={f'{form} at {x}, {y}': (form, x, y) for form, x, y in (
    ('XRGB8888', 0, 0), ('XRGB8888', 8, 700), ('RGB565', 3, 5))})
def the_picture_is_found_in_the_displays_memory(d, form, x, y):
    picture = show(d, x, y, form)
    pictures.expect_picture(screen(d), picture, form)
    expect_equal({row['taken'] for row in d.server.dmabufs().values()} - {0}, set())


@assigned('mbochs-like.toml', f'{MEDIATED},x-no-mmap=on', SHARED, connect_qmp=True)
def memory_that_is_not_mapped_is_read(d):
    picture = show(d, y=40)
    pictures.expect_picture(screen(d), picture)


@assigned('mbochs-like.toml', MEDIATED, SHARED, connect_qmp=True)
def it_follows_the_guest(d):
    for seed, y in ((1, 0), (2, 0), (3, 300)):
        picture = show(d, y=y, seed=seed)
        pictures.expect_picture(screen(d), picture)


@assigned('mbochs-like.toml', MEDIATED, SHARED, connect_qmp=True)
def a_picture_beyond_the_memory(d):
    show(d, y=0xffff)
    words = pictures.words(screen(d)) or ''
    expect("is not in the display's memory" in words, words)
