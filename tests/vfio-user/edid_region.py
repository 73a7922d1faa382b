# SPDX-License-Identifier: GPL-2.0-or-later
"""The region through which a vGPU's monitor is described (linux/vfio.h, struct vfio_region_gfx_edid)."""

import errno
import struct

from edid import Edid
from regions import Region
from wire import Refusal

REGISTERS = ('edid_offset', 'edid_max_size', 'edid_size', 'max_xres', 'max_yres', 'link_state')
WRITABLE = ('edid_size', 'link_state')
HEADER = struct.Struct('<6I')
UP, DOWN = 1, 2                         # VFIO_DEVICE_GFX_LINK_STATE_*
OFFSET = 0x100                          # of the blob, unless the row says otherwise


class EdidRegion(Region):
    """The row's edid table: offset, max_size, max_xres, max_yres; any_width: registers take other accesses than of 4
    bytes, too. Registers and blob are in the region's memory; a blob that is no EDID cannot be shown, as with GVT-g."""

    def __init__(self, index, row, note):
        self.note, self.table = note, row['edid']
        self.offset, self.most = self.table.get('offset', OFFSET), self.table.get('max_size', 128)
        super().__init__(index, row)

    def fill(self):
        super().fill()
        self.memory.write(0, HEADER.pack(self.offset, self.most, 0, self.table.get('max_xres', 0),
                                         self.table.get('max_yres', 0), DOWN))

    def _register(self, offset, count):
        """The name of the register at an offset, None for the blob; Refusal for what is neither."""
        if self.offset <= offset and offset + count <= self.offset + self.most:
            return None
        if offset + count > HEADER.size or offset // 4 != (offset + count - 1) // 4 \
                or count != 4 and not self.table.get('any_width'):
            raise Refusal(errno.EINVAL, f'{count} bytes at {offset:#x} of the EDID region')
        return REGISTERS[offset // 4]

    def read(self, offset, count):
        self._register(offset, count)
        return super().read(offset, count)

    def write(self, offset, data):
        name = self._register(offset, len(data))
        if name is None:
            self.note('edid blob', offset=offset - self.offset, count=len(data))
        else:
            self._check(name, int.from_bytes(data, 'little'))
        super().write(offset, data)

    def _check(self, name, value):
        self.note('edid', register=name, value=value)
        if name not in WRITABLE:
            raise Refusal(errno.EINVAL, f'{name} is read-only')
        if name == 'edid_size' and value > self.most:
            raise Refusal(errno.EINVAL, f'{value} bytes of EDID are more than {self.most}')
        if name == 'link_state' and value not in (UP, DOWN):
            raise Refusal(errno.EINVAL, f'link state {value}')
        if name == 'link_state' and value == UP:
            self._connect()

    def _connect(self):
        blob = self.blob()
        problems = Edid(blob).problems()
        self.note('edid up', hex=blob.hex(), problems=problems)
        if problems:
            raise Refusal(errno.EINVAL, f'no valid EDID: {problems[0]}')

    def blob(self):
        size = HEADER.unpack(self.memory.read(0, HEADER.size))[2]
        return self.memory.read(self.offset, size)
