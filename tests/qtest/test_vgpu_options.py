# SPDX-License-Identifier: GPL-2.0-or-later
"""Settings of a vGPU's display: which there are, which go together, and what is said when they do not."""

import case
from case import PC, expect, expect_equal, expect_refused
from pictures import expect_picture, look, screendump, viewer, words
from pixels import Picture
from qtest import scratch_path, wait_until
from test_hotplug import eject, tell_guest
from vfio import SLOT, DeviceServer, change, rows
from vgpu import NOTHING_YET, SMALL, dmabufs, primary, region, shown, start_fails, vgpu, wait_seen

NO_DISPLAY = "device doesn't support any (known) display method"
NOHOTPLUG = 'vfio-user-pci-nohotplug'


def queries_of(server):
    return server.counters().get('in QUERY_GFX_PLANE', 0)


@shown(settings='')
def without_a_word_nobody_asks_for_planes(v):
    expect_equal(queries_of(v.server), 0)
    expect_refused(v.m.qmp, 'screendump', filename='/dev/null', device='dev')


@rows({'on': 'on', 'auto': 'auto'})
def a_display_is_a_console(value):
    with vgpu(settings=f'display={value}') as v:
        expect_picture(v.seen(), SMALL)
        expect_picture(screendump(v.m), SMALL, what='the first console')


@rows({'minimal': 'minimal.toml', 'its server knows no planes': 'gvt-g'})
def a_device_without_a_display(name):
    description = name if name.endswith('.toml') else change('gvt-g.toml', plane=[])
    expect(NO_DISPLAY in start_fails(description, 'display=on'), NO_DISPLAY)
    for value in ('auto', 'off'):
        with vgpu(description, f'display={value}') as v:
            expect_equal(queries_of(v.server), 0)
            expect_refused(v.m.qmp, 'screendump', filename='/dev/null', device='dev')
            expect('display' not in v.text(), v.text())


@rows()
def a_method_nobody_knows():
    """Planes that are neither: probes are refused."""
    description = dmabufs()
    faults = [{'when': 'command:QUERY_GFX_PLANE', 'do': 'errno:EINVAL'}]
    expect(NO_DISPLAY in start_fails({**description, 'fault': faults}, 'display=on'), NO_DISPLAY)
    with vgpu({**description, 'fault': faults}, 'display=auto') as v:
        expect(1 <= queries_of(v.server) <= 2, 'two probes at most')


@rows()
def dma_bufs_are_preferred():
    description = region()
    description['plane'][0].update(type='both', dmabuf_id=1)
    with vgpu(description) as v:
        expect_picture(v.seen(), SMALL)
        expect(v.server.dmabufs()[1]['taken'] > 0, 'no dma-buf was asked for')


@rows({'maybe': 'maybe', 'nothing': '', '1': '1'})
def display_is_one_of_three_words(value):
    text = start_fails(dmabufs(), f'display={value}')
    expect('display' in text and 'auto' in text, text)


# settings, what is said
WRONG = {
    'xres without a display': ('xres=800,yres=600', 'xres and yres properties require display=on'),
    'xres with display=off': ('display=off,xres=800,yres=600', 'xres and yres properties require display=on'),
    'no monitor': ('display=on,xres=800,yres=600', 'xres and yres properties need edid support'),
    'no number': ('display=on,xres=wide', 'xres'),
    'too much': ('display=on,yres=4294967296', 'yres'),
    'ramfb on a device that can be unplugged': ('display=on,ramfb=on', 'ramfb'),
}


@rows(WRONG)
def wrong(settings, text):
    said = start_fails(dmabufs(), settings)
    expect(text in said and len(said.splitlines()) <= 2, said)


@rows({'xres': 'xres=800', 'yres': 'yres=600'})
def half_a_mode(setting):
    said = start_fails(change('gvt-g.toml'), f'display=on,{setting}')
    expect('xres' in said and 'yres' in said, said)


@rows()
def a_mode_beyond_what_the_device_can_show():
    said = start_fails('gvt-g.toml', 'display=on,xres=2560,yres=1440')
    expect('2560' in said and '1920' in said, said)


@rows({'without display': 'ramfb=on', 'display=off': 'ramfb=on,display=off'})
def ramfb_wants_a_display(settings):
    said = start_fails(dmabufs(), settings, NOHOTPLUG)
    expect('ramfb=on requires display=on' in said, said)


@rows()
def one_ramfb_is_enough():
    said = start_fails(dmabufs(), 'display=on,ramfb=on', NOHOTPLUG, f'{PC} -device ramfb')
    expect('ramfb' in said, said)


@rows()
def settings_are_listed():
    with case.start('-machine none') as m:
        for name in ('vfio-user-pci', 'vfio-pci'):
            listed = {row['name'] for row in m.qmp('device-list-properties', typename=name)}
            expect(listed >= {'display', 'xres', 'yres'} and 'ramfb' not in listed, f'{name}: {sorted(listed)}')
            more = {row['name'] for row in m.qmp('device-list-properties', typename=f'{name}-nohotplug')}
            expect(more >= {*listed, 'ramfb', 'use-legacy-x86-rom', 'x-ramfb-migrate'}, f'{name}: {sorted(more)}')


# ---- coming and going ----

@rows()
def what_cannot_be_unplugged():
    with vgpu(settings='display=on,ramfb=on', name=NOHOTPLUG) as v, DeviceServer(dmabufs()) as other:
        error = expect_refused(v.m.qmp, 'device_del', id='dev')
        expect('does not support hotplugging' in error['desc'], error)
        error = expect_refused(v.m.qmp, 'device_add', driver=NOHOTPLUG, id='more', socket=other.socket)
        expect_equal(error['desc'], "Parameter 'driver' expects a pluggable device type")
        v.expect_lives()


def unplug(v):
    v.m.qmp('device_del', id='dev')
    eject(v.m, SLOT)
    while 'device' not in v.m.event('DEVICE_DELETED')['data']:
        pass
    expect_refused(v.m.qmp, 'screendump', filename='/dev/null', device='dev')
    expect_equal(v.open_dmabufs(), (0, 0))


@rows()
def a_display_is_plugged_and_leaves():
    """Its console comes and goes with it, under the eyes of a viewer."""
    args = f'{PC} -device bochs-display,addr=2,id=first'
    with vgpu(args=args, settings='display=on') as v, v.viewer() as client:
        tell_guest(v.m)
        client.look()
        unplug(v)
        for _ in range(3):
            with DeviceServer(dmabufs()) as other:
                v.m.qmp('device_add', driver='vfio-user-pci', id='dev', addr=f'{SLOT:x}', socket=other.socket, display='on')
                expect_picture(v.seen(), SMALL)
                unplug(v)
            client.look()


@rows({'shows a picture': (None, SMALL), 'shows nothing yet': ({'error': 'ENODEV'}, None)})
def a_display_is_plugged_before_the_eyes_of_a_viewer(keys, picture):
    """Who watches words, for there was no display, sees it at once."""
    path = scratch_path('.vnc')
    with DeviceServer(dmabufs(primary(**(keys or {})))) as server:
        with case.start(f'{PC} -vga none -vnc unix:{path}') as m, viewer(path) as client:
            look(client)
            m.qmp('device_add', driver='vfio-user-pci', id='dev', addr=f'{SLOT:x}', socket=server.socket, display='on')
            if picture:
                wait_seen(client, lambda seen: seen.size == (picture.width, picture.height), 'its picture')
            else:
                wait_seen(client, lambda seen: words(seen) == NOTHING_YET, 'its words')


@rows()
def two_vgpus():
    other = Picture(48, 32, 9)
    with DeviceServer(dmabufs(primary(other))) as second:
        with vgpu(args=f'{PC} -device vfio-user-pci,socket={second.socket},addr=7,id=second,display=on') as v:
            for _ in range(2):
                expect_picture(v.seen(), SMALL)
                expect_picture(screendump(v.m, 'second'), other)
            second.die()
            expect_picture(v.seen(), SMALL)
            screendump(v.m, 'second')
            v.expect_lives()


@rows()
def displays_side_by_side():
    """An emulated display and a vGPU: each has its console."""
    with vgpu(args=f'{PC} -device bochs-display,addr=2,id=first') as v:
        expect_picture(v.seen(), SMALL)
        expect(words(screendump(v.m, 'first')), 'the emulated display shows something else')
        wait_until(lambda: v.m.qmp('query-status')['running'], 'running')
