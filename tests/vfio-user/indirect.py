# SPDX-License-Identifier: GPL-2.0-or-later
"""Index and data ports of a BAR, as Intel graphics has them in BAR 4 up to generation 10.

The index is at offset 0, the data it selects at 4. Bits 31:2 of the index are an offset, bit 0 says of what:
0 of another BAR, its registers; 1 of the graphics translation table (GTT), which that BAR shows at gtt, or in its
upper half.
"""

INDEX, DATA, WIDTH = 0, 4, 4
OF_GTT = 1
INDEX_ROW = {'at': INDEX, 'width': WIDTH}


class Data:
    """The data port; it stands in for a register. Beyond the end reads are all ones, and writes vanish."""

    def __init__(self, row, index, target):
        self.at, self.width, self.name = DATA, WIDTH, ''
        self.row, self.index, self.target = row, index, target

    def _place(self):
        """Offset into the target; None: there is nothing."""
        base = self.row.get('gtt', self.target.size // 2) if self.index.value & OF_GTT else 0
        place = base + (self.index.value & -WIDTH)
        return place if place + WIDTH <= self.target.size else None

    @property
    def value(self):
        return self.read()

    def read(self):
        place = self._place()
        data = b'\xff' * WIDTH if place is None else self.target.read(place, WIDTH)
        return int.from_bytes(data, 'little')

    def write(self, written):
        place = self._place()
        if place is not None:
            self.target.put(place, written.to_bytes(WIDTH, 'little'))

    def reset(self):
        """It holds nothing of its own."""
