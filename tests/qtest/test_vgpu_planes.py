# SPDX-License-Identifier: GPL-2.0-or-later
"""Pictures of a vGPU, pixel for pixel: formats, tiles, regions and dma-bufs, other modes, the cursor, and who asks when."""

import time

import pixels
from case import expect, expect_equal
from pictures import expect_picture, look, words
from pixels import Picture, Plain
from qtest import wait_until
from vfio import rows
from vgpu import CURSOR, NOTHING_YET, REGION, SMALL, dmabufs, primary, region, shown, vgpu, wait_seen

ODD = Picture(131, 21, 2)       # two tiles and a bit of 4 bytes a pixel, no whole tiles of rows
LEFT_OPEN = 8                   # dma-bufs that may stay open, with the one that is shown
PATIENCE = 0.25                 # seconds in which a display would be asked some times


# ---- formats ----

def padded(form):
    """Bytes of a row of ODD and some more."""
    return ODD.width * pixels.FORMATS[form].size + 61 & ~3


@shown()
def formats_of_dma_bufs(v):
    with v.viewer() as client:
        for form in pixels.FORMATS:
            v.show(ODD, form, stride=padded(form))
            expect_picture(v.seen(), ODD, form)
            expect_picture(v.seen('png'), ODD, form, 'PNG')
            expect_picture(look(client), ODD, form, 'VNC')
            v.show(SMALL, form, encoding={'rest': 0})
            expect_picture(v.seen(), SMALL, form, 'bits that are no colour')


@shown()
def tiles(v):
    with v.viewer() as client:
        for form in (name for name, form in pixels.FORMATS.items() if form.size != 3):
            for picture, stride in ((ODD, 1024), (SMALL, 512), (Picture(600, 8, 3), 2560)):
                v.show(picture, form, 'x-tiled', stride)
                expect_picture(v.seen(), picture, form, f'{stride} bytes a row')
            expect_picture(look(client), picture, form, 'VNC')


@shown(region())
def formats_of_regions(v):
    for form in pixels.FORMATS:
        v.show_region(ODD, form, padded(form))
        expect_picture(v.seen(), ODD, form)


@shown(region(mmap=False), each={'XRGB8888': 'XRGB8888', 'RGB565': 'RGB565'})
def regions_that_are_not_mapped(v, form):
    v.show_region(ODD, form)
    expect_picture(v.seen(), ODD, form)
    with v.viewer() as client:
        expect_picture(look(client), ODD, form, 'VNC')
        v.server.write(REGION, 0, pixels.encode(Plain(ODD.width, 1, (1, 2, 3)), form))
        wait_seen(client, lambda seen: seen.at(9, 0) == pixels.FORMATS[form].seen((1, 2, 3)), 'the first line')


AREAS = [[0x1000, 0x1000], [0x3000, 0x10000]]       # not the first page, and not the third


@rows({'nothing is mapped': ('display=on,x-no-mmap=on', {}), 'parts are': ('display=on', {'sparse': AREAS})})
def regions_that_are_mapped_in_part(settings, more):
    description = region()
    description['region'][0].update(more)
    with vgpu(description, settings) as v:
        v.show_region(Picture(64, 96, 3))
        expect_picture(v.seen(), Picture(64, 96, 3))


@shown('mdpy-like.toml')
def a_region_beyond_those_that_are_counted(v):
    """As mdpy has it: number 16 of 9. The guest draws into BAR 0, which is the same memory."""
    base, = v.map_bars(0)
    v.m.b64write(base, pixels.encode(Plain(1024, 768, (10, 20, 30))))
    v.m.writel(base + 4096 * 767 + 4 * 1023, 0x00a1b2c3)
    seen = v.seen()
    expect_equal((seen.size, seen.at(0, 0), seen.at(1023, 767)), ((1024, 768), (10, 20, 30), (0xa1, 0xb2, 0xc3)))


@rows()
def a_big_picture():
    """Whole, by every way; a line of it changes."""
    picture = Plain(1280, 720, (0x12, 0x34, 0x56))
    with vgpu(dmabufs(primary(error='ENODEV'))) as v:
        id = v.show(picture, modifier='x-tiled', stride=5120)
        expect_picture(v.seen(), picture)
        with v.viewer() as client:
            expect_picture(look(client), picture, what='VNC')
            v.server.paint(id, b'\xff' * 512, 5120 * 712 + 7 * 4096)
            wait_seen(client, lambda seen: seen.at(7 * 128, 712) == (255, 255, 255), 'the line')


# ---- changes ----

@shown()
def modes_change_under_the_eyes_of_a_viewer(v):
    with v.viewer() as client:
        for number, size in enumerate(((64, 48), (320, 200), (48, 64), (256, 256), (64, 48)), 1):
            picture = Picture(*size, number)
            v.show(picture, 'RGB565' if number % 2 else 'XBGR8888')
            wait_seen(client, lambda seen, size=size: seen.size == size, f'{size}')
            expect_picture(look(client), picture, 'RGB565' if number % 2 else 'XBGR8888')


@shown(region())
def a_region_changes_its_mode(v):
    with v.viewer() as client:
        for number, size in enumerate(((64, 48), (320, 200), (48, 64)), 1):
            v.show_region(Picture(*size, number))
            wait_seen(client, lambda seen, size=size: seen.size == size, f'{size}')
            expect_picture(look(client), Picture(*size, number))


@shown()
def what_is_drawn_into_the_same_memory_is_seen(v):
    with v.viewer() as client:
        look(client)
        for number in range(5):
            client.request(incremental=True)
            v.server.paint(1, bytes([number, 0x55, 0xaa, 0]), 4 * (64 * 20 + 30))
            changed = client.update()
            wanted = (0xaa, 0x55, number)
            wait_seen(client, lambda seen, wanted=wanted: seen.at(30, 20) == wanted, f'{wanted}')
            expect(all(y <= 20 < y + height and height <= 16 for _, y, _, height, _ in changed), f'too much: {changed}')


@shown()
def pages_are_flipped(v):
    """Two buffers in turn: each is asked for once, and shown as it is then."""
    pages = [v.show(Picture(64, 48, seed)) for seed in (7, 8)]
    for turn in range(6):
        v.plane('primary', dmabuf_id=pages[turn % 2])
        expect_picture(v.seen(), Picture(64, 48, 7 + turn % 2))
    expect_equal([v.server.dmabufs()[id]['taken'] for id in pages], [1, 1])


@shown()
def the_same_buffer_in_another_form(v):
    """Its id says what memory it is, and nothing of what is in it."""
    picture = Picture(128, 16, 4)
    id = v.show(picture)
    expect_picture(v.seen(), picture)
    v.plane('primary', drm_format='XBGR8888')
    red, green, blue = picture.at(5, 7)
    expect_equal(v.seen().at(5, 7), (blue, green, red))
    v.plane('primary', drm_format='XRGB8888', width=64, height=32, stride=256)
    seen = v.seen()
    expect_equal((seen.size, seen.at(3, 1), seen.at(3, 2)), ((64, 32), picture.at(67, 0), picture.at(3, 1)))
    v.plane('primary', width=128, height=16, stride=512, drm_format_mod='x-tiled')
    expect_picture(v.seen(), picture)           # a tile is as wide as the picture
    v.plane('primary', width=256, height=8, stride=1024)
    expect_equal(v.seen().at(128 + 3, 1), picture.at(3, 9))
    expect_equal(v.server.dmabufs()[id]['taken'], 1)


@shown()
def a_picture_stays_when_the_guest_stops_or_begins_anew(v):
    with v.viewer() as client:
        v.m.qmp('stop')
        expect_picture(v.seen(), SMALL)
        expect_picture(look(client), SMALL)
        v.m.qmp('cont')
        v.m.qmp('system_reset')
        v.m.event('RESET')
        expect_picture(v.seen(), SMALL)
        v.show(Picture(32, 32, 5))
        wait_seen(client, lambda seen: seen.pixels == pixels.expected(Picture(32, 32, 5)), 'the next picture')


@shown()
def buffers_of_old_are_let_go(v):
    for seed in range(40):
        v.show(Picture(16, 16, seed))
        expect_picture(v.seen(), Picture(16, 16, seed))
    files, maps = v.open_dmabufs()
    expect(files <= LEFT_OPEN and maps <= LEFT_OPEN, f'{files} files and {maps} mappings are left')


GONE = {'ENODEV': {'error': 'ENODEV'}, 'no width': {'width': 0}, 'no height': {'height': 0}, 'no size': {'size': 0}}


@shown()
def a_plane_goes_and_comes(v):
    with v.viewer() as client:
        expect_picture(look(client), SMALL)
        for name, keys in GONE.items():
            v.plane('primary', **keys)
            expect_equal(v.words(), NOTHING_YET, name)
            wait_seen(client, lambda seen: words(seen) == NOTHING_YET, NOTHING_YET)
            v.show(Picture(80, 20, 9))
            wait_seen(client, lambda seen: seen.size == (80, 20), f'the plane after {name}')
            expect_picture(look(client), Picture(80, 20, 9))


@shown(region())
def a_region_goes_and_comes(v):
    for name, keys in GONE.items():
        v.plane('primary', **keys)
        expect_equal(v.words(), NOTHING_YET, name)
        v.show_region(Picture(80, 20, 9))
        expect_picture(v.seen(), Picture(80, 20, 9))


@shown('gvt-g.toml')
def before_the_driver_there_are_words(v):
    expect_equal(v.words(), NOTHING_YET)


# keys of a plane, and what is in the words
UNKNOWN = [
    ({'drm_format': 'YUYV'}, 'YUYV'), ({'drm_format': 'C8'}, 'C8'), ({'drm_format': 0x01020304}, '1020304'),
    ({'drm_format_mod': 'y-tiled'}, '100000000000002'), ({'drm_format_mod': 'invalid'}, 'ffffffffffffff'),
]


@shown()
def what_nobody_can_show_is_named(v):
    for keys, name in UNKNOWN:
        v.plane('primary', **keys)
        said = v.words()
        expect(said and said != NOTHING_YET, f'{keys}: {said}')
        expect(name.lower() in said.lower(), f'"{name}" is not in "{said}"')
        v.expect_lives()


# ---- cursor ----

NO_SPOT = 0xffffffff


def put_cursor(v, x, y, **keys):
    """Opaque red but for 4 by 4 pixels of nothing."""
    pixel = {True: b'\0\0\0\0', False: b'\0\0\xff\xff'}
    data = b''.join(pixel[column < 4 and row < 4] for row in range(8) for column in range(8))
    v.server.dmabuf(50, 'memory', 4096)
    v.server.paint(50, data)
    v.plane('cursor', dmabuf_id=50, width=8, height=8, stride=32, size=4096, x_pos=x, y_pos=y, error=0, **keys)


def expect_cursor(seen, x, y, background=(0, 0, 90)):
    """It is where it should be and nowhere else; its hole shows what is behind."""
    inside = {(x + column, y + row) for row in range(8) for column in range(8) if column >= 4 or row >= 4}
    wrong = [(at_x, at_y) for at_y in range(seen.height) for at_x in range(seen.width)
             if seen.at(at_x, at_y) != ((255, 0, 0) if (at_x, at_y) in inside else background)]
    expect(not wrong, f'{len(wrong)} pixels are wrong, the first at {wrong[:1]}')


BLUE = Plain(64, 48, (0, 0, 90))


@shown(dmabufs(primary(), CURSOR))
def the_cursor_is_drawn_over_the_picture(v):
    v.show(BLUE)
    with v.viewer() as client:
        for x, y, hot in ((20, 30, {}), (0, 0, {}), (56, 40, {'x_hot': 0, 'y_hot': 0}), (60, 44, {}), (21, 3, {})):
            put_cursor(v, x, y, **hot)
            expect_cursor(v.seen(), x, y)
            wait_seen(client, lambda seen, x=x, y=y: seen.at(min(x + 7, 63), y) in ((255, 0, 0), (0, 0, 90)) and
                      seen.pixels == v.seen().pixels, f'the cursor at {x}, {y}')
        v.plane('cursor', error='ENODEV')
        expect_picture(v.seen(), BLUE)
        wait_seen(client, lambda seen: seen.pixels == pixels.expected(BLUE), 'no cursor')


@shown(dmabufs(primary(), CURSOR))
def a_cursor_may_be_half_transparent(v):
    """Colours are multiplied by the opacity already, as the kernel's default blend mode says."""
    v.show(BLUE)
    put_cursor(v, 10, 10)
    v.server.paint(50, bytes([0, 0x40, 0x20, 0x80]) * 64)
    wait_until(lambda: v.seen().at(12, 12) != (0, 0, 90), 'a cursor')
    got = v.seen().at(12, 12)
    expect(all(abs(one - wanted) <= 1 for one, wanted in zip(got, (0x20, 0x40, 45))), f'{got}')


@shown(dmabufs(primary(), CURSOR))
def a_cursor_changes_its_form(v):
    v.show(BLUE)
    put_cursor(v, 10, 10)
    expect_equal(v.seen().at(16, 16), (255, 0, 0))
    v.server.dmabuf(51, 'memory', 4096)
    v.server.paint(51, bytes([0, 0xff, 0, 0xff]) * 16 * 16)
    v.plane('cursor', dmabuf_id=51, width=16, height=16, stride=64)
    expect_equal([v.seen().at(x, 10) for x in (9, 10, 25, 26)], [(0, 0, 90), (0, 255, 0), (0, 255, 0), (0, 0, 90)])
    v.plane('cursor', width=0)
    expect_picture(v.seen(), BLUE)


BAD_CURSORS = {
    'another format': {'drm_format': 'RGB565'}, 'tiles': {'drm_format_mod': 'x-tiled'}, 'too big': {'width': 100000, 'height': 100000},
    'all bits': {'width': 0xffffffff, 'height': 0xffffffff, 'stride': 0xffffffff}, 'no stride': {'stride': 0},
    'far away': {'x_pos': 0xffffff00, 'y_pos': 0x7fffffff}, 'half outside': {'x_pos': 0xfffffffc, 'y_pos': 0xfffffffc},
    'a hot spot outside': {'x_hot': 1000, 'y_hot': 0x80000000}, 'no such buffer': {'dmabuf_id': 49}, 'an error': {'error': 'EIO'},
    'beyond its file': {'height': 4000, 'size': 128000},
}


@shown(dmabufs(primary(), CURSOR))
def a_bad_cursor_costs_itself_alone(v):
    v.server.dmabuf(49, 'gone')
    for name, keys in BAD_CURSORS.items():
        v.show(BLUE)
        v.plane('cursor', drm_format='ARGB8888', drm_format_mod='linear', x_hot=NO_SPOT, y_hot=NO_SPOT)
        put_cursor(v, 10, 10)
        expect_cursor(v.seen(), 10, 10)
        v.plane('cursor', **keys)
        expect_equal(v.seen().at(60, 40), (0, 0, 90), name)
        v.plane('cursor', error='ENODEV')
        v.expect_lives(Picture(32, 32, 3))


@shown(dmabufs(primary(), CURSOR))
def memory_of_a_cursor_goes_away(v):
    v.show(BLUE)
    put_cursor(v, 10, 10)
    v.seen()
    v.server.truncate(50, 0)
    v.seen()
    v.server.dmabuf(51, 'pipe')
    v.plane('cursor', dmabuf_id=51)
    v.seen()
    v.plane('cursor', error='ENODEV')
    v.expect_lives(Picture(32, 32, 3))


# ---- who asks when ----

@shown(dmabufs(primary(), CURSOR))
def nobody_asks_while_nobody_watches(v):
    before = v.queries()
    time.sleep(PATIENCE)
    expect_equal(v.queries(), before)
    v.seen()
    once = v.queries()
    expect(before < once <= before + 2, f'{once - before} queries for a screendump')
    with v.viewer() as client:
        look(client)
        begun = time.monotonic()
        wait_until(lambda: v.queries() >= once + 5 and v.queries('cursor') >= 5, 'queries')
        rate = (v.queries() - once) / (time.monotonic() - begun)
        expect(rate < 100, f'{rate:.0f} queries a second')
    v.m.event('VNC_DISCONNECTED')
    after = v.queries()
    time.sleep(PATIENCE)
    expect(v.queries() <= after + 1, f'{v.queries() - after} queries after the last viewer')


@rows()
def a_region_has_no_cursor():
    """A plane of that type is not asked for: mdpy would answer with the picture."""
    with vgpu(region()) as v, v.viewer() as client:
        look(client)
        wait_until(lambda: v.queries() > 3, 'queries')
        kinds = {row['payload']['drm_plane_type'] for row in v.server.log()
                 if row.get('cmd') == 'QUERY_GFX_PLANE' and row.get('dir') == 'in' and not row['payload']['flags'] & 1}
        expect_equal(kinds, {1})
