# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands of the client: each is a row of a table, and its reply passes the faults."""

import errno
import json
import struct

import faults
import irqs
import planes
import regions
import wire
from wire import Refusal

DEVICE_INFO = struct.Struct('<IIII')    # argsz, flags, num_regions, num_irqs
REGION_ACCESS = struct.Struct('<QII')   # offset, region, count
IO_FDS = struct.Struct('<IIII')         # argsz, flags, index, count
WRITE_MULTI = struct.Struct('<Q')       # count of writes
SINGLE_WRITE = struct.Struct('<QII8s')
FEATURE = struct.Struct('<II')          # argsz, flags; linux/vfio.h, struct vfio_device_feature
FEATURE_INDEX, FEATURE_GET, FEATURE_SET, FEATURE_PROBE = 0xffff, 1 << 16, 1 << 17, 1 << 18
VERSION = struct.Struct('<HH')          # major, minor
SHOWN = 64                              # bytes of data in a line of the log

# What the log and faults know of a command's payload.
DECODED = {
    'DEVICE_GET_REGION_INFO': (regions.INFO, ('argsz', 'flags', 'region', 'cap_offset', 'size', 'offset')),
    'DEVICE_GET_INFO': (DEVICE_INFO, ('argsz', 'flags', 'num_regions', 'num_irqs')),
    'DEVICE_GET_IRQ_INFO': (irqs.INFO, ('argsz', 'flags', 'index', 'count')),
    'DEVICE_SET_IRQS': (irqs.SET, ('argsz', 'flags', 'index', 'start', 'count')),
    'DEVICE_GET_REGION_IO_FDS': (IO_FDS, ('argsz', 'flags', 'region', 'count')),
    'REGION_READ': (REGION_ACCESS, ('offset', 'region', 'count')),
    'REGION_WRITE': (REGION_ACCESS, ('offset', 'region', 'count')),
    'DMA_MAP': (struct.Struct('<IIQQQ'), ('argsz', 'flags', 'offset', 'iova', 'size')),
    'DMA_UNMAP': (struct.Struct('<IIQQ'), ('argsz', 'flags', 'iova', 'size')),
    'DMA_READ': (struct.Struct('<QQ'), ('iova', 'count')),
    'DMA_WRITE': (struct.Struct('<QQ'), ('iova', 'count')),
    'DEVICE_FEATURE': (FEATURE, ('argsz', 'flags')),
    'QUERY_GFX_PLANE': (struct.Struct('<IIIIQ8I'), ('argsz', 'flags', 'drm_plane_type', *planes.FIELDS)),
    'GET_GFX_DMABUF': (planes.GET, ('argsz', 'dmabuf_id')),
    'VERSION': (VERSION, ('major', 'minor')),
}


def decode(message):
    """Fields of a message by name, and data, what is behind them, as hexadecimal digits."""
    shape, names = DECODED.get(message.name, (None, ()))
    if shape is None or len(message.payload) < shape.size:
        return {'data': message.payload[:SHOWN].hex()} if message.payload else {}
    fields = dict(zip(names, shape.unpack_from(message.payload)))
    rest = message.payload[shape.size:]
    if message.name == 'VERSION':
        fields['json'] = rest.rstrip(b'\0').decode(errors='replace')
    elif rest:
        fields['data'] = rest[:SHOWN].hex()
    return fields


def unpack(shape, payload, exact=True):
    if len(payload) < shape.size or exact and len(payload) != shape.size:
        raise Refusal(errno.EINVAL, f'{len(payload)} bytes for a structure of {shape.size}')
    return shape.unpack_from(payload)


class Server:
    """Answers one client about one device."""

    def __init__(self, device):
        self.device, self.greeted = device, False

    def handle(self, message):
        """Answer one message. WireError ends the connection; faults.Dies ends the server."""
        if message.is_reply:
            self._late_reply(message)
            return
        fields = decode(message)
        try:
            reply = self._answer(message)
        except Refusal as refusal:
            self.device.note('refused', cmd=message.name, errno=refusal.number, why=str(refusal))
            reply = message.reply(error=refusal.number)
        finally:
            message.close_fds()
        self._deliver(message, fields, reply)
        self.device.run_later()
        if not self.greeted:
            raise wire.WireError('the first message was no acceptable VERSION')

    def _late_reply(self, message):
        """A reply nobody waits for is expected when a fault asked, and an error of the client otherwise."""
        message.close_fds()
        known = (message.id, message.command) in self.device.unanswered
        self.device.unanswered.discard((message.id, message.command))
        self.device.note('answer' if known else 'unexpected reply', cmd=message.name, id=message.id,
                         errno=message.error)

    def _deliver(self, message, fields, reply):
        delivery = faults.Delivery(reply)
        delivery.send = message.wants_reply
        for fault in [fault for fault in self.device.faults if fault.strikes(message, fields)]:
            self.device.note('fault', fault=fault.spec, cmd=message.name, id=message.id)
            fault.apply(self.device, delivery)
        delivery.through(self.device.connection)

    def _answer(self, message):
        function = HANDLERS.get(message.name)
        if function is None:
            raise Refusal(errno.EINVAL, 'no such command for a server')
        if not self.greeted and message.name != 'VERSION':
            raise Refusal(errno.EINVAL, 'VERSION has to come first')
        if len(message.fds) > self.device.protocol['max_msg_fds']:
            raise Refusal(errno.EINVAL, f'{len(message.fds)} descriptors are more than max_msg_fds')
        payload, fds = function(self, message)
        return message.reply(payload, fds)

    # ---- handlers: message -> (payload, descriptors) ----

    def version(self, message):
        if self.greeted:
            raise Refusal(errno.EINVAL, 'VERSION comes once')
        major, minor = unpack(VERSION, message.payload, exact=False)
        proposed = self._proposed(message.payload[VERSION.size:])
        protocol = self.device.protocol
        if major != protocol['major']:
            raise Refusal(errno.EINVAL, f'major version {major} is not {protocol["major"]}')
        self.greeted = True
        self.device.dma.most_bytes = proposed.get('max_data_xfer_size', wire.DATA_XFER_SIZE)
        offered = {key: protocol[key] for key in proposed if key in protocol
                   and key not in ('major', 'minor')}
        if self.device.planes:
            offered['x-gfx-plane'] = True
        data = protocol.get('version_data') or json.dumps({'capabilities': offered})
        return VERSION.pack(major, min(minor, protocol['minor'])) + data.encode() + b'\0', ()

    def _proposed(self, data):
        """Capabilities of the client. The reply names no others: they are a subset of those proposed."""
        if not data:
            return {}
        try:
            tree = json.loads(data.rstrip(b'\0'))
            proposed = tree.get('capabilities', {})
            sizes = [proposed.get(key, 1) for key in ('max_msg_fds', 'max_data_xfer_size')]
            if not data.endswith(b'\0') or not all(isinstance(size, int) and size > 0 for size in sizes):
                raise ValueError
        except (ValueError, AttributeError):
            raise Refusal(errno.EINVAL,
                          'the version data is no JSON text of capabilities that ends in NUL') from None
        return proposed

    def dma_map(self, message):
        self.device.dma.add(message.payload, message.fds)
        return b'', ()

    def dma_unmap(self, message):
        return self.device.dma.remove(message.payload), ()

    def get_info(self, message):
        argsz = unpack(DEVICE_INFO, message.payload)[0]
        if argsz < DEVICE_INFO.size:
            raise Refusal(errno.EINVAL, f'argsz is {argsz}')
        row = self.device.row
        return DEVICE_INFO.pack(DEVICE_INFO.size, self.device.flags,
                                row.get('num_regions', len(self.device.regions)),
                                row.get('num_irqs', len(self.device.irqs))), ()

    def region(self, index):
        if index >= len(self.device.regions):
            raise Refusal(errno.EINVAL, f'no region {index}')
        return self.device.regions[index]

    def get_region_info(self, message):
        argsz, _, index, *_ = unpack(regions.INFO, message.payload)
        if argsz < regions.INFO.size:
            raise Refusal(errno.EINVAL, f'argsz is {argsz}')
        return self.region(index).info(argsz)

    def get_region_io_fds(self, message):
        """No region is served through descriptors: an empty list."""
        argsz, flags, index, count = unpack(IO_FDS, message.payload)
        self.region(index)
        if argsz < IO_FDS.size or flags or count:
            raise Refusal(errno.EINVAL, 'argsz, flags or count')
        return IO_FDS.pack(IO_FDS.size, 0, index, 0), ()

    def irq(self, index):
        if index >= len(self.device.irqs) or self.device.irqs[index].absent:
            raise Refusal(errno.EINVAL, f'no interrupt type {index}')
        return self.device.irqs[index]

    def get_irq_info(self, message):
        argsz, _, index, _ = unpack(irqs.INFO, message.payload)
        if argsz < irqs.INFO.size:
            raise Refusal(errno.EINVAL, f'argsz is {argsz}')
        return self.irq(index).info(), ()

    def set_irqs(self, message):
        argsz, flags, index, start, count = unpack(irqs.SET, message.payload, exact=False)
        data = message.payload[irqs.SET.size:]
        if argsz != len(message.payload):
            raise Refusal(errno.EINVAL, f'argsz is {argsz} in {len(message.payload)} bytes')
        self.irq(index).configure(flags, start, count, data, message.fds)
        return b'', ()

    def region_read(self, message):
        offset, index, count = unpack(REGION_ACCESS, message.payload)
        self._check_count(count)
        return REGION_ACCESS.pack(offset, index, count) + self.region(index).read(offset, count), ()

    def region_write(self, message):
        offset, index, count = unpack(REGION_ACCESS, message.payload, exact=False)
        data = message.payload[REGION_ACCESS.size:]
        self._check_count(count)
        if len(data) != count:
            raise Refusal(errno.EINVAL, f'{len(data)} bytes of data, the count is {count}')
        self.region(index).write(offset, data)
        return REGION_ACCESS.pack(offset, index, count), ()

    def _check_count(self, count):
        if count > self.device.protocol['max_data_xfer_size']:
            raise Refusal(errno.EINVAL, f'{count} bytes are more than max_data_xfer_size')

    def write_multi(self, message):
        """Writes until one fails; the reply says how many were done."""
        if not self.device.protocol['write_multiple']:
            raise Refusal(errno.EINVAL, 'not offered')
        count, = unpack(WRITE_MULTI, message.payload, exact=False)
        if len(message.payload) != WRITE_MULTI.size + count * SINGLE_WRITE.size:
            raise Refusal(errno.EINVAL, f'{len(message.payload)} bytes for {count} writes')
        done = 0
        for offset, index, size, data in SINGLE_WRITE.iter_unpack(message.payload[WRITE_MULTI.size:]):
            try:
                if size > 8:
                    raise Refusal(errno.EINVAL, f'a write of {size} bytes')
                self.region(index).write(offset, data[:size])
            except Refusal as refusal:
                self.device.note('refused', cmd=message.name, errno=refusal.number, why=str(refusal))
                break
            done += 1
        return WRITE_MULTI.pack(done), ()

    def feature(self, message):
        """A feature is bytes that can be got, set, or both; a row of the description."""
        argsz, flags = unpack(FEATURE, message.payload, exact=False)
        row = self.device.features.get(flags & FEATURE_INDEX)
        wanted = flags & (FEATURE_GET | FEATURE_SET)
        if row is None:
            raise Refusal(errno.ENOTTY, 'no such feature')
        allowed = (FEATURE_GET if row.get('get', True) else 0) | (FEATURE_SET if row.get('set') else 0)
        if wanted & ~allowed:
            raise Refusal(errno.ENOTTY, 'not in this direction')
        if argsz < FEATURE.size or flags & ~(FEATURE_INDEX | FEATURE_GET | FEATURE_SET | FEATURE_PROBE):
            raise Refusal(errno.EINVAL, 'argsz or flags')
        if flags & FEATURE_PROBE:
            return message.payload[:FEATURE.size], ()
        if wanted not in (FEATURE_GET, FEATURE_SET):
            raise Refusal(errno.EINVAL, 'get or set')
        data = bytes.fromhex(row.get('hex', ''))
        if wanted == FEATURE_SET:
            row['hex'] = message.payload[FEATURE.size:].hex()
            return message.payload, ()
        if argsz < FEATURE.size + len(data):
            data = b''
        return FEATURE.pack(FEATURE.size + len(bytes.fromhex(row.get('hex', ''))), flags) + data, ()

    def query_gfx_plane(self, message):
        self._check_planes()
        return self.device.planes.query(message.payload), ()

    def get_gfx_dmabuf(self, message):
        self._check_planes()
        return self.device.planes.take(message.payload)

    def _check_planes(self):
        if not self.device.planes:
            raise Refusal(errno.EINVAL, 'a device without planes does not know this command')

    def reset(self, message):
        if not self.device.flags & 1:
            raise Refusal(errno.EINVAL, 'the device cannot be reset')
        self.device.reset()
        return b'', ()


HANDLERS = {
    'VERSION': Server.version,
    'DMA_MAP': Server.dma_map,
    'DMA_UNMAP': Server.dma_unmap,
    'DEVICE_GET_INFO': Server.get_info,
    'DEVICE_GET_REGION_INFO': Server.get_region_info,
    'DEVICE_GET_REGION_IO_FDS': Server.get_region_io_fds,
    'DEVICE_GET_IRQ_INFO': Server.get_irq_info,
    'DEVICE_SET_IRQS': Server.set_irqs,
    'REGION_READ': Server.region_read,
    'REGION_WRITE': Server.region_write,
    'REGION_WRITE_MULTI': Server.write_multi,
    'DEVICE_RESET': Server.reset,
    'DEVICE_FEATURE': Server.feature,
    'QUERY_GFX_PLANE': Server.query_gfx_plane,
    'GET_GFX_DMABUF': Server.get_gfx_dmabuf,
}
