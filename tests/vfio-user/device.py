# SPDX-License-Identifier: GPL-2.0-or-later
"""The device a description makes: regions, interrupts, DMA, scripted registers, and what a reset restores."""

import dma
import edid_region
import faults
import indirect
import irqs
import planes
import registers
import wire
from regions import CONFIG_INDEX, ConfigRegion, Region

ROM_INDEX, VGA_INDEX, FIRST_TYPED = 6, 8, 9
FLAGS_RESET, FLAGS_PCI = 1, 2           # VFIO_DEVICE_FLAGS_*
PROTOCOL = {'major': 0, 'minor': 1, 'max_msg_fds': 16, 'max_data_xfer_size': wire.DATA_XFER_SIZE,
            'pgsizes': 4096, 'max_dma_maps': 65535, 'write_multiple': True}

# What the kernel says of interrupts of a PCI device; a row of the description may say otherwise.
IRQ_FLAGS = {
    'intx': irqs.EVENTFD | irqs.MASKABLE | irqs.AUTOMASKED,
    'msi':  irqs.EVENTFD | irqs.NORESIZE,
    'msix': irqs.EVENTFD | irqs.NORESIZE,
    'err':  irqs.EVENTFD | irqs.NORESIZE,
    'req':  irqs.EVENTFD | irqs.NORESIZE,
}


class Device:
    """tree: from describe.load. note(event, **fields) writes to the log."""

    def __init__(self, tree, note):
        self.tree, self.note = tree, note
        self.row = tree.get('device', {})
        self.protocol = {**PROTOCOL, **tree.get('protocol', {})}
        self.connection = None
        self.config = tree['space']
        self.faults = [faults.Fault(spec) for spec in tree['faults']]
        self.unanswered = set()         # (id, command) of requests whose replies nobody waits for
        self.later = []                 # actions for behind the reply
        page_size = self.protocol['pgsizes'] & -self.protocol['pgsizes']
        self.dma = dma.Dma(lambda: self.connection, self.protocol['max_dma_maps'], page_size)
        self.dma.by_messages = tree.get('dma', {}).get('by_messages', False)
        self.actions = registers.Actions(self)
        self.features = {row['index']: dict(row) for row in tree.get('feature', [])}
        self._make_regions()
        self._make_irqs()
        self.planes = planes.Planes(tree.get('plane', []), tree.get('dmabuf', []), dict(enumerate(self.regions)).get)

    def _make_regions(self):
        rows = {row['index']: row for row in self.tree.get('bar', [])}
        rows.update({row.get('index', FIRST_TYPED + place): row for place, row in enumerate(self.tree.get('region', []))})
        rows.update({index: self.tree[key] for index, key in ((ROM_INDEX, 'rom'), (VGA_INDEX, 'vga'))
                     if key in self.tree})
        count = max(FIRST_TYPED, max(rows, default=0) + 1)
        self.regions = [self._region(index, rows.get(index, {})) for index in range(count)]
        self.regions[CONFIG_INDEX] = ConfigRegion(self.config, self.reset,
                                                  self.tree['config'].get('claims', {}))
        for region in self.regions:
            region.registers = [registers.Register(row, self._runner(region, row))
                                for row in region.row.get('register', ())]
        for region in self.regions:
            self._add_indirect(region, region.row.get('indirect'))
            self._share(region)
        self.named = {register.name: register for region in self.regions for register in region.registers
                      if register.name}

    def _region(self, index, row):
        return edid_region.EdidRegion(index, row, self.note) if 'edid' in row else Region(index, row)

    def _share(self, region):
        if 'bar' in region.row:
            region.memory = self.regions[region.row['bar']].memory

    def _add_indirect(self, region, row):
        if row:
            index = registers.Register(indirect.INDEX_ROW, lambda *_: None)
            region.registers += [index, indirect.Data(row, index, self.regions[row['bar']])]

    def _runner(self, region, row):
        """Actions run behind the reply: the client is not in the middle of an access when DMA asks it."""
        def run(lines, register, written):
            work = [(lambda line=line: self.actions.run(line, region, written)) for line in lines]
            if row.get('before_reply'):
                for action in work:
                    action()
            else:
                self.later += work
        return run

    def _make_irqs(self):
        rows = self.tree.get('irq', {})
        express = self.config.find('express') is not None
        counts = {**{name: self.config.vectors(name) for name in irqs.NAMES[:3]}, 'err': int(express),
                  'req': 1}
        self.irqs = []
        for index, name in enumerate(irqs.NAMES):
            row = rows.get(name, {})
            flags = row.get('flags', IRQ_FLAGS[name] & ~(irqs.NORESIZE if row.get('dynamic') else 0))
            self.irqs.append(irqs.Irqs(index, row.get('count', counts[name]), flags, row))
        self.irqs[0].blocked = lambda: self.config.intx_disabled
        self.config.on_write.append(self.irqs[0].recheck)

    @property
    def flags(self):
        return self.row.get('flags', FLAGS_PCI | (FLAGS_RESET if self.row.get('reset', True) else 0))

    # ---- what registers, faults and the control channel do ----

    def register(self, name):
        return self.named.get(name)

    def run_later(self):
        while self.later:
            self.later.pop(0)()

    def irq(self, name):
        return self.irqs[irqs.NAMES.index(name)]

    def raise_irq(self, name, number=0):
        """Raise a vector; an MSI-X vector that cannot fire sets its pending bit."""
        irq = self.irq(name)
        if number >= len(irq.vectors):
            self.note('no such vector', irq=name, vector=number)
            return False
        irq.trigger(number)
        if name == 'msix' and irqs.TRIGGER not in irq.vectors[number].fds:
            self.set_pending(number, True)
        return True

    def set_pending(self, number, value):
        """A bit of the pending bit array (PCI 3.0, 6.8.2.9)."""
        at = self.config.find('msix')
        if at is None:
            return
        place = self.config.get(at + 8, 4)
        region, byte = self.regions[place & 7] if place & 7 < 6 else None, (place & ~7) + number // 8
        if region and byte < region.size:
            old, bit = region.memory.read(byte, 1)[0], 1 << number % 8
            region.memory.write(byte, bytes([old | bit if value else old & ~bit]))

    def add_fault(self, spec):
        self.faults.append(faults.Fault(spec))

    def reset(self):
        """A function level reset: registers, configuration space and the line; eventfds stay configured."""
        self.note('reset')
        self.later.clear()
        self.irq('intx').set_level(False)
        for region in self.regions:
            region.reset()

    def leave(self):
        """The client has gone: its memory and eventfds go, the state of the device stays."""
        self.dma.clear()
        self.unanswered.clear()
        self.later.clear()
        for irq in self.irqs:
            irq.disable()

    def die(self):
        raise faults.Dies
