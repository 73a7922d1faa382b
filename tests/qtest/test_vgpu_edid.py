# SPDX-License-Identifier: GPL-2.0-or-later
"""The monitor of a vGPU: EDID written to its region at the start and when a viewer's window changes (linux/vfio.h,
struct vfio_region_gfx_edid: link down, size and blob, link up)."""

import contextlib

import rfb
from case import expect, expect_equal
from edid import Edid
from qtest import wait_until
from test_hotplug import eject, tell_guest
from vfio import SLOT, change, rows
from vgpu import shown, vgpu

DOWN, UP = 2, 1
LINK_DELAY = 0.1                # seconds a monitor is unplugged
GVT, MBOCHS = 'gvt-g.toml', 'mbochs-like.toml'
GVT_REGION, MBOCHS_REGION = 10, 9


def writes(server):
    """(time, what, value) of what was done to the region: registers by name, the blob, and what was connected."""
    for line in server.log():
        if line.get('event') == 'edid':
            yield line['t'], line['register'], line['value']
        elif line.get('event') in ('edid blob', 'edid up'):
            yield line['t'], line['event'].removeprefix('edid '), line.get('hex')


def monitors(server):
    """Every monitor that was connected: (time, Edid)."""
    return [(when, Edid(bytes.fromhex(value))) for when, what, value in writes(server) if what == 'up']


def wait_monitor(v, number=1):
    wait_until(lambda: len(monitors(v.server)) >= number, f'monitor {number}', 5)
    return monitors(v.server)[number - 1][1]


@rows({'GVT-g': (GVT, 'xres=1600,yres=900', (1600, 900)), 'mbochs': (MBOCHS, 'xres=1280,yres=1024', (1280, 1024)),
       'the most of GVT-g': (GVT, '', (1920, 1200)), 'the most of mbochs': (MBOCHS, '', (2560, 1600))})
def a_monitor_is_there_from_the_start(description, settings, preferred):
    with vgpu(description, f'display=on,{settings}'.rstrip(',')) as v:
        edid = wait_monitor(v)
        expect_equal(edid.problems(), [])
        expect_equal(edid.preferred, preferred)
        expect(abs(edid.timings[0].refresh - 60) < 20, f'{edid.timings[0].refresh} Hz')
        expect_equal(v.server.counters().get('refused', 0), count_of_refusals(v.server), 'refused by the region')


def count_of_refusals(server):
    """Refusals that have nothing to do with regions: GVT-g has no MSI-X, ERR and REQ, and no plane yet."""
    return sum(row.get('event') == 'refused' and not row['cmd'].startswith('REGION_') for row in server.log())


@shown(GVT)
def down_then_size_and_blob_then_up(v):
    wait_monitor(v)
    rows_of_it = list(writes(v.server))
    names = [(what, value) if what == 'link_state' else what for _, what, value in rows_of_it]
    expect_equal(names[0], ('link_state', DOWN))
    expect_equal(names[-2:], [('link_state', UP), 'up'])
    expect_equal(set(names[1:-2]), {'edid_size', 'blob'})


@shown(GVT)
def registers_are_accessed_by_four_bytes(v):
    wait_monitor(v)
    odd = [one for one in v.accesses(GVT_REGION) if one[1] < 0x18 and one[2] != 4]
    expect_equal(odd, [])
    expect(all(one[1] + one[2] <= 0x880 for one in v.accesses(GVT_REGION)), 'beyond the blob')
    edid = monitors(v.server)[0][1]
    expect_equal((len(edid.data), edid.extensions), (128, 0))


@rows({'off': 'display=off', 'nothing': ''})
def without_a_display_the_monitor_is_left_alone(settings):
    with vgpu(GVT, settings) as v:
        v.m.clock_step(1_000_000_000)
        expect_equal(list(writes(v.server)), [])


def limited(**edid):
    """A region with other registers."""
    description = change(MBOCHS)
    description['region'][0]['edid'].update(edid)
    return description


@rows({'no limits': ({'max_xres': 0, 'max_yres': 0}, ''), 'small': ({'max_xres': 640, 'max_yres': 480}, ''),
       'huge': ({'max_xres': 0xffffffff, 'max_yres': 0xffffffff}, ''), 'a width alone': ({'max_xres': 1024, 'max_yres': 0}, ''),
       'room for two blocks': ({'max_size': 256}, ''), 'an odd room': ({'max_size': 200}, 'xres=1024,yres=768')})
def other_limits(edid, settings):
    with vgpu(limited(**edid), f'display=on,{settings}'.rstrip(',')) as v:
        monitor = wait_monitor(v)
        expect_equal(monitor.problems(), [])
        expect(len(monitor.data) <= edid.get('max_size', 0x800), 'too long')
        if edid == {'max_xres': 0, 'max_yres': 0}:
            expect_equal(monitor.preferred, (1280, 800))
        if edid == {'max_xres': 640, 'max_yres': 480}:
            expect_equal(monitor.preferred, (640, 480))


# ---- a viewer's window ----

@contextlib.contextmanager
def resizing_viewer(v):
    """A viewer that says it can take another size."""
    with v.viewer() as client:
        client.set_encodings((rfb.RAW, rfb.EXTENDED_SIZE))
        client.look()
        yield client


@rows({'GVT-g': GVT, 'mbochs': MBOCHS})
def the_guest_follows_a_window(description):
    with vgpu(description) as v:
        wait_monitor(v)
        with resizing_viewer(v) as client:
            for number, size in enumerate(((1024, 768), (1440, 900)), 2):
                client.set_size(*size)
                edid = wait_monitor(v, number)
                expect_equal((edid.preferred, edid.problems()), (size, []))
                down = max(when for when, what, value in writes(v.server) if (what, value) == ('link_state', DOWN))
                gap = monitors(v.server)[-1][0] - down
                expect(LINK_DELAY * 0.9 <= gap < 1, f'the link is up again after {gap:.3f} s')


@shown(GVT)
def the_last_of_many_sizes_counts(v):
    wait_monitor(v)
    with resizing_viewer(v) as client:
        for width in range(800, 1200, 8):
            client.set_size(width, 600)
        wait_until(lambda: monitors(v.server)[-1][1].preferred == (1192, 600), 'the last size')
        expect(len(monitors(v.server)) < 20, f'{len(monitors(v.server))} monitors for 50 sizes')
        expect(all(not edid.problems() for _, edid in monitors(v.server)), 'a bad one')
        counts = [sum((what, value) == ('link_state', state) for _, what, value in writes(v.server)) for state in (UP, DOWN)]
        expect(counts[0] < 20 and abs(counts[0] - counts[1]) <= 1, f'{counts} times up and down for 50 sizes')


@shown(GVT, each={'1 by 1': (1, 1), 'as large as can be': (65535, 65535), 'no width': (0, 600)})
def sizes_no_monitor_has(v, width, height):
    wait_monitor(v)
    with resizing_viewer(v) as client:
        client.set_size(width, height)
        client.set_size(1024, 768)
        wait_until(lambda: monitors(v.server)[-1][1].preferred == (1024, 768), 'a good size')
        expect(all(not edid.problems() for _, edid in monitors(v.server)), 'a bad one')


# ---- regions that break ----

BAD = {
    'the blob behind the region': 'patch:16:00100000', 'the blob in the registers': 'patch:16:04000000', 'the blob nowhere': 'patch:16:ffffffff',
}


@rows({**{name: ('REGION_READ', fault) for name, fault in BAD.items()}, 'reads fail': ('REGION_READ', 'errno:EIO'),
       'writes fail': ('REGION_WRITE', 'errno:EIO'), 'reads are silent': ('REGION_READ', 'noreply')})
def a_monitor_that_cannot_be_described(command, fault):
    """The emulator starts without a monitor and says so, or does not start and says why."""
    with contextlib.suppress(Refused):
        with attempt(faults=[f'when=region:{MBOCHS_REGION},do={fault}']) as v:
            v.m.clock_step(1_000_000_000)
            expect_equal(v.m.status(), 'running')
            v.seen()


class Refused(Exception):
    """It did not start, and said why."""


@contextlib.contextmanager
def attempt(**options):
    try:
        with vgpu(MBOCHS, 'display=on,xres=1024,yres=768,x-msg-timeout=100', **options) as v:
            yield v
    except Exception as error:
        if 'status 1;' in str(error) and 'vfio' in str(error).partition('said:')[2]:
            raise Refused from error
        raise


@shown(GVT)
def a_link_that_does_not_come_up(v):
    """The last write fails: once said, the guest runs on, and the next size is tried again."""
    wait_monitor(v)
    v.server.fault(f'when=region:{GVT_REGION},do=errno:EINVAL')
    with resizing_viewer(v) as client:
        client.set_size(1024, 768)
        wait_until(lambda: len(list(writes(v.server))) > 5, 'writes')
        expect_equal(v.m.status(), 'running')
        v.server.control('no-faults')
        client.set_size(1280, 720)
        wait_until(lambda: monitors(v.server)[-1][1].preferred == (1280, 720), 'the next size')


@rows()
def a_device_leaves_while_its_link_is_down():
    """No timer fires for what has gone."""
    with vgpu(GVT) as v:
        tell_guest(v.m)
        v.m.qmp('device_del', id='dev')
        eject(v.m, SLOT)
        while 'device' not in v.m.event('DEVICE_DELETED')['data']:
            pass
        v.m.clock_step(1_000_000_000)
        expect_equal(v.m.status(), 'running')
