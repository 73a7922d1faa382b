# SPDX-License-Identifier: GPL-2.0-or-later
"""Cases with a vGPU that has a display: a device server with planes behind vfio-user-pci at 00:05.0.

    @shown()
    def a_case(v):
        v.show(Picture(64, 48), 'RGB565', modifier='x-tiled')
        expect_picture(v.seen(), ...)

A picture comes in a dma-buf of its own, as drivers flip pages, or in region 9.
"""

import contextlib
import functools
import os

import case
import pixels
import pictures
import qtest
from case import PC, expect
from pixels import Picture
from qtest import wait_until
from vfio import SLOT, Assigned, DeviceServer, rows

SMALL = Picture(64, 48, 1)
NOTHING_YET = 'Guest has not initialized the display (yet).'
REGION, REGION_SIZE = 9, 1 << 20
CONFIG = {'vendor': 0x8086, 'device': 0x1916, 'class': 0x030000}
BAR = {'index': 0, 'kind': 'mem32', 'size': 4096}
CURSOR = {'name': 'cursor', 'error': 'ENODEV', 'drm_format': 'ARGB8888'}


def primary(picture=SMALL, **keys):
    return {'name': 'primary', 'width': picture.width, 'height': picture.height, 'paint': picture.seed, **keys}


def dmabufs(*planes, **more):
    """A device whose planes are dma-bufs; without a word the picture is SMALL."""
    return {'config': CONFIG, 'bar': [BAR], 'plane': list(planes) or [primary()], **more}


def region(mmap=True, **keys):
    """A device whose plane is in a region."""
    plane = primary(type='region', region_index=REGION, **keys)
    return {'config': CONFIG, 'bar': [BAR], 'plane': [plane],
            'region': [{'name': 'display', 'size': REGION_SIZE, 'mmap': mmap}]}


def driver(server, settings='', name='vfio-user-pci'):
    comma = ',' if settings else ''
    return f'-device {name},socket={server.socket},addr={SLOT:x}.0,id=dev{comma}{settings}'


class Vgpu(Assigned):
    """path: of the socket of a VNC server."""

    def __init__(self, machine, server, path):
        super().__init__(machine, server)
        self.path, self.next_id = path, 100

    # ---- what the guest shows ----

    def show(self, picture, form='XRGB8888', modifier='linear', stride=0, **keys):
        """Another page: the picture in a new dma-buf, then the plane."""
        data = pixels.encode(picture, form, stride, modifier, **keys.pop('encoding', {}))
        id = self.next_id = self.next_id + 1
        self.server.dmabuf(id, 'memory', pixels.whole_pages(len(data)))
        self.server.paint(id, data)
        self.plane('primary', width=picture.width, height=picture.height, drm_format=form, drm_format_mod=modifier,
                   stride=stride or picture.width * pixels.FORMATS[form].size, size=pixels.whole_pages(len(data)),
                   dmabuf_id=id, error=0, **keys)
        return id

    def show_region(self, picture, form='XRGB8888', stride=0, **keys):
        data = pixels.encode(picture, form, stride)
        self.server.write(REGION, 0, data)
        self.plane('primary', width=picture.width, height=picture.height, drm_format=form, error=0,
                   stride=stride or picture.width * pixels.FORMATS[form].size, size=pixels.whole_pages(len(data)), **keys)

    def plane(self, name, **keys):
        self.server.plane(name, **keys)

    # ---- what is seen ----

    def seen(self, kind='ppm'):
        return pictures.screendump(self.m, 'dev', kind)

    def words(self):
        return pictures.words(self.seen())

    @contextlib.contextmanager
    def viewer(self):
        with pictures.viewer(self.path) as client:
            yield client

    def queries(self, name='primary'):
        return self.server.planes()[name]['queries']

    def expect_lives(self, picture=SMALL):
        """The guest runs, and what it shows next is seen."""
        expect(self.m.status() == 'running', self.m.status())
        self.show(picture)
        pictures.expect_picture(self.seen(), picture)

    def open_dmabufs(self):
        """Files and mappings of dma-bufs."""
        folder = f'/proc/{self.m.process.pid}'
        files = [os.readlink(f'{folder}/fd/{name}') for name in os.listdir(f'{folder}/fd')]
        with open(f'{folder}/maps', encoding='utf-8') as maps:
            return sum('dma-buf' in one for one in files), sum('dma-buf' in line for line in maps)


@contextlib.contextmanager
def vgpu(description=None, settings='display=on', args=PC, name='vfio-user-pci', **options):
    """A Vgpu that runs, with a VNC server on its console."""
    with DeviceServer(description or dmabufs(), **options) as server:
        with machine_of(server, settings, args, name) as v:
            yield v


@contextlib.contextmanager
def machine_of(server, settings='display=on', args=PC, name='vfio-user-pci'):
    """The same with a server that runs already: most of the time goes by until one is there."""
    path = qtest.scratch_path('.vnc')
    with case.start(f'{args} -vnc unix:{path} {driver(server, settings, name)}') as machine:
        try:
            yield Vgpu(machine, server, path)
        except Exception as error:
            error.add_note('\n'.join(machine.log[-12:]))
            error.add_note(machine.process.text())
            raise


def shown(description=None, settings='display=on', each=None, **options):
    """Register a case that gets a Vgpu, and behind it a row of each."""
    def register(function):
        @functools.wraps(function)
        def run(*row):
            with vgpu(description, settings, **options) as v:
                function(v, *row)
        rows(each)(run)
        return function
    return register


def start_fails(description, settings, name='vfio-user-pci', args=PC):
    """What the emulator says that does not start."""
    with DeviceServer(description) as server:
        words = f'{args} -display none -accel qtest {driver(server, settings, name)}'.split()
        status, _, text = case.run_emulator(words)
    expect(status == 1, f'exit status {status}: {text}')
    expect('Sanitizer' not in text and 'runtime error' not in text, text)
    return text


def wait_seen(client, condition, what):
    """Look until a viewer sees it."""
    wait_until(lambda: condition(pictures.look(client)), what, 5)
