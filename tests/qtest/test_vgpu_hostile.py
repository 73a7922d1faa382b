# SPDX-License-Identifier: GPL-2.0-or-later
"""Displays that lie, break, fall silent or die: the guest runs on, the console says why, and a good picture is shown again."""

import contextlib
import time

import pixels
from case import expect, expect_equal
from device_server import ControlError
from pictures import expect_picture, look, words
from pixels import Picture
from qtest import Failure, wait_until
from vfio import DeviceServer, rows
from vgpu import NOTHING_YET, REGION, SMALL, dmabufs, machine_of, primary, region, shown, vgpu, wait_seen

ALL = 0xffffffff
PROMPT = 2.0                    # seconds in which the machine answers, whatever its device does
TIMEOUT_MS = 100
SETTINGS = f'display=on,x-msg-timeout={TIMEOUT_MS}'

# keys of a plane of 64 by 48 pixels in 12288 bytes
LIES = {
    'more rows than there is memory': {'height': 4000, 'size': 12288}, 'longer rows than there is memory': {'stride': 4096, 'size': 12288},
    'rows shorter than their pixels': {'stride': 100}, 'one byte short': {'stride': 255}, 'no stride': {'stride': 0},
    'the longest stride': {'stride': ALL}, 'half of all': {'stride': 1 << 31, 'height': 2},
    'wider than can be': {'width': ALL}, 'higher than can be': {'height': ALL},
    'all bits': {'width': ALL, 'height': ALL, 'stride': ALL, 'size': ALL},
    'a product of 2^32': {'width': 0x10000, 'height': 0x10000, 'stride': 0x40000, 'size': ALL},
    'a product of 2^32 + 4096': {'width': 0x4000, 'stride': 0x10000, 'height': 0x10001, 'size': 4096},
    'a size too small': {'size': 4096}, 'a size of one byte': {'size': 1},
    'a size far beyond its file': {'size': 0xfffff000},
    'wide and flat': {'width': 100000, 'height': 1, 'stride': 400000, 'size': 401408},
    'small and tall': {'width': 1, 'height': 100000, 'stride': 4, 'size': 401408},
    'tiles of half a stride': {'drm_format_mod': 'x-tiled', 'stride': 256},
    'tiles of half a row': {'drm_format_mod': 'x-tiled', 'stride': 512, 'height': 41, 'size': 512 * 41},
    'tiles beyond memory': {'drm_format_mod': 'x-tiled', 'stride': 4096, 'size': 12288},
}
# Those that may be shown, as far as there is memory, as well as refused.
PARTS = {
    'an odd stride': {'stride': 257, 'height': 40}, 'one pixel': {'width': 1, 'height': 1}, 'a size more than is needed': {'size': 1 << 20},
    'the end of a file': {'height': 48, 'dmabuf_id': 60}, 'a size beyond its file': {'height': 4000, 'size': 4000 * 256},
}


ELSEWHERE = {
    'no such region': {'region_index': 77}, 'a region of no size': {'region_index': 3}, 'configuration space': {'region_index': 7},
    'all regions': {'region_index': ALL}, 'a BAR too small': {'region_index': 0},
}


def shown_again(v, name, client):
    """A good picture, on the same console."""
    v.show(Picture(32, 32, 3))
    expect_picture(v.seen(), Picture(32, 32, 3), what=f'after {name}')
    wait_seen(client, lambda seen: seen.size == (32, 32), f'a good picture after {name}')
    v.plane('primary', width=64, height=48, stride=256, size=12288, dmabuf_id=1, drm_format_mod='linear', error=0)


@shown()
def what_does_not_fit_is_not_shown(v):
    v.server.truncate(1, 12288)
    with v.viewer() as client:
        for name, keys in LIES.items():
            v.plane('primary', **keys)
            expect(v.words(), f'{name}: the console says nothing')
            look(client)
            shown_again(v, name, client)
        expect_equal(v.m.status(), 'running')


@shown()
def what_fits_in_part(v):
    v.server.dmabuf(60, 'memory', 5000)
    with v.viewer() as client:
        for name, keys in PARTS.items():
            v.plane('primary', **keys)
            v.seen()
            look(client)
            shown_again(v, name, client)
        expect_equal(v.m.status(), 'running')


@shown(region())
def a_region_that_does_not_fit(v):
    with v.viewer() as client:
        for name, keys in {**LIES, **PARTS, **ELSEWHERE}.items():
            v.plane('primary', **keys)
            v.seen()
            look(client)
            v.show_region(Picture(32, 32, 3), drm_format_mod='linear', region_index=REGION)
            expect_picture(v.seen(), Picture(32, 32, 3), what=f'after {name}')
            v.plane('primary', width=64, height=48, stride=256, size=12288)
        expect_equal(v.m.status(), 'running')


# ---- memory that goes away ----

@shown(each={'whole': 0, 'half': 6000, 'the last page': 8192})
def a_buffer_is_cut_off_while_it_is_shown(v, size):
    with v.viewer() as client:
        look(client)
        v.server.truncate(1, size)
        for _ in range(3):
            v.seen()
            look(client)
        v.server.truncate(1, 12288)
        v.seen()
        v.expect_lives()


@shown(region())
def a_region_is_cut_off_while_it_is_shown(v):
    with v.viewer() as client:
        look(client)
        v.server.fault(f'when=command:QUERY_GFX_PLANE,nth=1,do=truncate:{REGION}')
        for _ in range(3):
            v.seen()
            look(client)
        expect_equal(v.m.status(), 'running')


@shown(each={'a pipe': 'pipe', 'nothing': 'gone'})
def a_buffer_that_nobody_can_map(v, kind):
    v.server.dmabuf(70, kind)
    with v.viewer() as client:
        v.plane('primary', dmabuf_id=70)
        said = v.words()
        expect(said and said != NOTHING_YET, f'words: {said}')
        look(client)
        v.server.dmabuf(70, 'memory', 12288)
        v.expect_lives()


@shown()
def an_empty_file(v):
    v.server.dmabuf(70, 'memory', 0)
    v.plane('primary', dmabuf_id=70)
    v.seen()
    v.expect_lives()


@shown()
def buffers_nobody_can_take_do_not_pile_up(v):
    """A failure is not remembered for ever, and not asked about in a loop."""
    v.server.dmabuf(70, 'gone')
    v.plane('primary', dmabuf_id=70)
    before = v.server.counters().get('in GET_GFX_DMABUF', 0)
    for _ in range(5):
        v.seen()
    expect(v.server.counters()['in GET_GFX_DMABUF'] <= before + 5, 'asked more than once a look')
    v.server.dmabuf(70, 'memory', 12288)
    v.server.paint(70, pixels.encode(Picture(64, 48, 5)))
    wait_until(lambda: v.seen().pixels == pixels.expected(Picture(64, 48, 5)), 'the buffer that is there now')


# ---- answers that are none ----

COMMANDS = ('QUERY_GFX_PLANE', 'GET_GFX_DMABUF')
ANSWERS = {
    'EIO': 'errno:EIO', 'EINVAL': 'errno:EINVAL', 'error 0': 'errno:0', 'ENODEV': 'errno:ENODEV', 'no payload': 'short:1000',
    'one byte short': 'short:1', 'one byte more': 'oversized:1', 'a megabyte more': 'oversized:1048576',
    'ones': 'patch:0:' + 'ff' * 64, 'zeros': 'patch:0:' + '00' * 64, 'ones behind': 'patch:12:' + 'ff' * 48,
    'no descriptor': 'nofd', 'a descriptor more': 'fds:1', 'forty descriptors': 'fds:40', 'twice': 'twice',
    'bytes of no message': 'extra:7', 'garbage': 'garbage', 'an unknown id': 'id:65535', 'another command': 'command:77',
    'size 0': 'size:0', 'size 4 GiB': 'size:4294967295', 'a command for a reply': 'flags:0', 'a request of its own': 'request:DEVICE_RESET',
    'silence': 'noreply', 'late': 'slow:50', 'the end of the connection': 'hangup', 'its end amid the reply': 'hangup:middle',
}
HARMLESS = ('EIO', 'EINVAL', 'error 0', 'ENODEV', 'a request of its own', 'late')     # what ends no connection
DEATHS = {'before the reply': 'die', 'amid it': 'die:middle', 'behind it': 'die:after'}


def look_at_it(server, command, name, fault):
    """A new page while a viewer is there; a screendump and the monitor are answered in time."""
    with machine_of(server, SETTINGS) as v, v.viewer() as client:
        look(client)
        server.fault(f'when=command:{command},do={fault}')
        begun = time.monotonic()
        with contextlib.suppress(ControlError):         # it may have died already
            v.plane('primary', dmabuf_id=80)
        v.seen()
        look(client)
        expect_equal(v.m.status(), 'running')
        took = time.monotonic() - begun
        expect(took < PROMPT, f'{name}: {took:.1f} s for a look')
        if name in HARMLESS:
            server.control('no-faults')
            v.expect_lives(Picture(48, 32, 3))


@rows({command: (command,) for command in COMMANDS})
def answers_that_are_none(command):
    with DeviceServer(dmabufs(), keep=True) as server:
        server.dmabuf(80, 'memory', 12288)
        for name, fault in ANSWERS.items():
            look_at_it(server, command, name, fault)
            server.control('no-faults')
            server.plane('primary', width=64, height=48, stride=256, size=12288, drm_format='XRGB8888', dmabuf_id=1)


@rows({f'{name}, {command}': (command, name, fault) for command in COMMANDS for name, fault in DEATHS.items()})
def no_answer_any_more(command, name, fault):
    with DeviceServer(dmabufs()) as server:
        server.dmabuf(80, 'memory', 12288)
        look_at_it(server, command, name, fault)


def start_with(server, name):
    """The emulator starts, or says why not."""
    try:
        with machine_of(server, SETTINGS) as v:
            v.m.qmp('query-status')
    except Failure as failure:
        expect('status 1;' in str(failure) and 'vfio' in str(failure).partition('said:')[2], f'{name}: {failure}')


@rows()
def a_start_without_a_good_answer():
    """To the probes."""
    with DeviceServer(dmabufs(), keep=True) as server:
        for name, fault in ANSWERS.items():
            server.fault(f'when=command:QUERY_GFX_PLANE,do={fault}')
            start_with(server, name)
            server.control('no-faults')
    for name, fault in DEATHS.items():
        with DeviceServer(dmabufs(), [f'when=command:QUERY_GFX_PLANE,do={fault}']) as server:
            start_with(server, name)


@rows({'dma-buf': (dmabufs(),), 'region': (region(),)})
def a_server_dies_while_it_is_shown(description):
    """The console says so, the emulator says it once, and the guest reads ones."""
    with vgpu(description) as v, v.viewer() as client:
        look(client)
        v.server.die()
        wait_until(lambda: v.pci.read32(0) == ALL, 'all ones')
        wait_until(lambda: words(look(client)), 'words')
        expect(words(v.seen()), 'no words')
        time.sleep(0.2)
        expect(len([line for line in v.text().splitlines() if 'vfio' in line]) <= 2, v.text())


@shown(dmabufs(primary(error='ENODEV')))
def a_storm_of_modes(v):
    """A guest that changes its mind all the time, before the eyes of a viewer that reads slowly."""
    with v.viewer() as client:
        for seed in range(60):
            v.show(Picture(16 + seed % 7 * 8, 16 + seed % 5 * 8, seed % 256), modifier='linear')
            if seed % 20 == 0:
                look(client)
        v.expect_lives()
        wait_until(lambda: look(client).pixels == pixels.expected(SMALL), 'the last one')
