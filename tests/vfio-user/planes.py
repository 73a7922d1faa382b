# SPDX-License-Identifier: GPL-2.0-or-later
"""What a vGPU shows: planes, and the dma-bufs they are in (linux/vfio.h, VFIO_DEVICE_QUERY_GFX_PLANE and _GET_GFX_DMABUF).

vfio-user has no such commands; these are ours, and announced by the capability "x-gfx-plane". A dma-buf is a memfd here,
which a CPU maps the same way.
"""

import errno
import os
import struct

import pixels
import wire
from checkers import DescriptionError, choice, either, number, text
from wire import Refusal

PROBE, DMABUF, REGION = 1, 2, 4                         # VFIO_GFX_PLANE_TYPE_*
TYPES = {'dmabuf': DMABUF, 'region': REGION, 'both': DMABUF | REGION}
NAMES = {'primary': 1, 'cursor': 2}                     # DRM_PLANE_TYPE_*
FIELDS = ('drm_format', 'drm_format_mod', 'width', 'height', 'stride', 'size', 'x_pos', 'y_pos', 'x_hot', 'y_hot')
INFO = struct.Struct('<IIIIQ10I')       # argsz, flags, drm_plane_type; the fields; region_index or dmabuf_id; padding
LEAST_INFO = 60                         # without the padding, which is not part of the structure
GET = struct.Struct('<II')              # argsz, id
MOST_BYTES = 64 << 20                   # no buffer that nobody asked for is bigger
NONE = 0xffffffff                       # no hot spot


def error_name(where, value):
    try:
        return wire.errno_of(text(where, value))
    except ValueError:
        raise DescriptionError(where, value, 'write the name of an error, as ENODEV, or 0') from None


U32, U64 = number(high=0xffffffff), number()
PLANE = {'name': choice(*NAMES), 'type': choice(*TYPES), 'error': either(number(high=4095), error_name), 'paint': number(high=255),
         'drm_format': either(U32, text), 'drm_format_mod': either(U64, choice(*pixels.MODIFIERS)), 'region_index': U32,
         'dmabuf_id': U32, **{field: U32 for field in FIELDS[2:]}}
DEFAULTS = {'type': 'dmabuf', 'error': 0, 'drm_format': 'XRGB8888', 'drm_format_mod': 'linear', 'width': 0, 'height': 0,
            'x_pos': 0, 'y_pos': 0, 'x_hot': NONE, 'y_hot': NONE, 'region_index': 9}
KINDS = ('memory', 'pipe', 'gone')                      # what is behind the id of a dma-buf


class Plane:
    """row: the keys of PLANE. stride and size follow from the others unless they are said."""

    def __init__(self, row, id):
        self.row = {**DEFAULTS, 'dmabuf_id': id, **row}
        self.number, self.types = NAMES[row['name']], TYPES[self.row['type']]
        self.queries = 0

    def change(self, row):
        self.row.update(row)
        self.types = TYPES[self.row['type']]

    def __getitem__(self, key):
        return self.row[key]

    @property
    def format(self):
        """The format that we can paint, or None."""
        code = pixels.code_of(self['drm_format'])
        return next((name for name, form in pixels.FORMATS.items() if form.code == code), None)

    @property
    def stride(self):
        """What it says; else rows behind each other, or whole tiles."""
        if 'stride' in self.row:
            return self['stride']
        count = self['width'] * (pixels.FORMATS[self.format].size if self.format else 4)
        tile = 1 if pixels.modifier_of(self['drm_format_mod']) == 0 else pixels.TILE_BYTES
        return -(-count // tile) * tile & NONE

    @property
    def size(self):
        return self.row.get('size', pixels.whole_pages(self.stride * self['height']) & NONE)

    def pack(self, flags, payload_size):
        code, modifier = pixels.code_of(self['drm_format']), pixels.modifier_of(self['drm_format_mod'])
        where = self['dmabuf_id' if flags & DMABUF else 'region_index']
        return INFO.pack(payload_size, flags, self.number, code, modifier, self['width'], self['height'], self.stride,
                         self.size, self['x_pos'], self['y_pos'], self['x_hot'], self['y_hot'], where, 0)[:payload_size]

    def describe(self):
        return {**self.row, 'stride': self.stride, 'size': self.size, 'queries': self.queries}


class Buffer:
    """What GET_GFX_DMABUF gives; kind: one of KINDS."""

    def __init__(self, kind, size=0):
        self.kind, self.taken = kind, 0
        self.fds = []
        if kind == 'memory':
            self.fds = [os.memfd_create('dma-buf', os.MFD_CLOEXEC)]
            self.resize(size)
        elif kind == 'pipe':
            self.fds = list(os.pipe2(os.O_CLOEXEC))

    @property
    def size(self):
        return os.fstat(self.fds[0]).st_size if self.kind == 'memory' else 0

    def resize(self, size):
        try:
            os.ftruncate(self.fds[0], size)
        except OSError as error:
            raise Refusal(error.errno, f'{size} bytes of memory: {error.strerror}') from None

    def write(self, offset, data):
        if offset + len(data) > self.size:
            raise Refusal(errno.EINVAL, f'the dma-buf has {self.size:#x} bytes')
        os.pwrite(self.fds[0], data, offset)

    def close(self):
        for fd in self.fds:
            os.close(fd)
        self.fds = []


class Planes:
    """rows, buffers: [[plane]] and [[dmabuf]] of a description. region(index) gives a region of the device."""

    def __init__(self, rows, buffers, region):
        self.region = region
        self.planes = {row['name']: Plane(row, place) for place, row in enumerate(rows, 1)}
        self.buffers = {row['id']: Buffer(row.get('kind', 'memory'), row.get('size', 0)) for row in buffers}
        for name in self.planes:
            self._begin(name)

    def __bool__(self):
        return bool(self.planes)

    def _begin(self, name):
        plane = self.planes[name]
        try:
            self._provide(plane)
            if 'paint' in plane.row:
                self._paint(plane)
        except Refusal as refusal:
            raise DescriptionError(f'plane "{name}"', plane.row, str(refusal)) from None

    def _provide(self, plane):
        """The dma-buf of an id that no row describes comes by itself, as big as the plane."""
        if plane.types & DMABUF and plane['dmabuf_id'] not in self.buffers:
            self.buffers[plane['dmabuf_id']] = Buffer('memory', min(plane.size, MOST_BYTES))

    def _paint(self, plane):
        if plane.format is None:
            raise Refusal(errno.EINVAL, f'only these formats can be painted: {", ".join(pixels.FORMATS)}')
        picture = pixels.Picture(plane['width'], plane['height'], plane['paint'])
        tiled = pixels.modifier_of(plane['drm_format_mod']) != 0
        data = pixels.encode(picture, plane.format, plane.stride, 'x-tiled' if tiled else 'linear')
        if plane.types & DMABUF:
            self.buffers[plane['dmabuf_id']].write(0, data)
        if plane.types & REGION:
            self._memory(plane).write(0, data)

    def _memory(self, plane):
        region = self.region(plane['region_index'])
        if region is None or region.memory is None:
            raise Refusal(errno.EINVAL, f'region {plane["region_index"]} has no memory')
        return region.memory

    # ---- commands of the client ----

    def query(self, payload):
        """The answer to QUERY_GFX_PLANE."""
        if not LEAST_INFO <= len(payload) <= INFO.size:
            raise Refusal(errno.EINVAL, f'{len(payload)} bytes for a structure of {LEAST_INFO}')
        argsz, flags, kind = struct.unpack_from('<III', payload)
        if argsz < LEAST_INFO:
            raise Refusal(errno.EINVAL, f'argsz is {argsz}')
        if flags & PROBE:
            return self._probe(flags & ~PROBE, payload)
        plane = next((plane for plane in self.planes.values() if plane.number == kind), None)
        if plane is None:
            raise Refusal(errno.ENODEV, f'no plane of type {kind}')
        plane.queries += 1
        if flags not in (DMABUF, REGION) or not flags & plane.types:
            raise Refusal(errno.EINVAL, f'flags are {flags}')
        if plane['error']:
            raise Refusal(plane['error'], 'so the plane says')
        return plane.pack(flags, len(payload))

    def _probe(self, flags, payload):
        if flags not in (DMABUF, REGION) or not any(plane.types & flags for plane in self.planes.values()):
            raise Refusal(errno.EINVAL, f'no planes of type {flags}')
        return payload

    def take(self, payload):
        """(answer, files) to GET_GFX_DMABUF."""
        if len(payload) != GET.size or GET.unpack(payload)[0] < GET.size:
            raise Refusal(errno.EINVAL, 'argsz, or the size of the structure')
        buffer = self.buffers.get(GET.unpack(payload)[1])
        if buffer is None or buffer.kind == 'gone':
            raise Refusal(errno.EINVAL, 'no such dma-buf')
        buffer.taken += 1
        return payload, [os.dup(buffer.fds[0])]

    # ---- what the control channel does ----

    def change(self, name, row):
        if name not in self.planes:
            raise Refusal(errno.EINVAL, f'planes are {", ".join(self.planes)}')
        self.planes[name].change(row)
        self._provide(self.planes[name])
        if 'paint' in row:
            self._paint(self.planes[name])

    def set_buffer(self, id, kind, size):
        if id in self.buffers:
            self.buffers[id].close()
        self.buffers[id] = Buffer(kind, size)

    def buffer(self, id):
        if id not in self.buffers or self.buffers[id].kind != 'memory':
            raise Refusal(errno.EINVAL, f'no memory of dma-buf {id}')
        return self.buffers[id]

    def describe(self):
        return {'planes': {name: plane.describe() for name, plane in self.planes.items()},
                'dmabufs': {id: {'kind': buffer.kind, 'size': buffer.size, 'taken': buffer.taken}
                            for id, buffer in self.buffers.items()}}


def parse(words):
    """KEY=VALUE words as the keys of a row; DescriptionError says what is wrong."""
    row = {}
    for word in words:
        key, _, value = word.partition('=')
        if key not in PLANE or key == 'name':
            raise DescriptionError(key, value, f'no such key; keys are {", ".join(PLANE)}')
        try:
            number_or_text = int(value, 0)
        except ValueError:
            number_or_text = value
        row[key] = PLANE[key](key, number_or_text)
    return row
