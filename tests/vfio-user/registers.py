# SPDX-License-Identifier: GPL-2.0-or-later
"""Scripted registers: what a read gives and what a write does, in a small table language.

An action is a line of words, such as "raise msi 0" or "dma-copy src dst len status". Where a number is
wanted, the name of a register stands for its value and "written" for what was written.
"""

import time

import dma

READS = {
    # how          what a read gives, and the value after it
    'value':    lambda r: (r.value, r.value),
    'counter':  lambda r: (r.value, r.value + 1),
    'clear':    lambda r: (r.value, 0),
    'ones':     lambda r: (r.full, r.value),
}
WRITES = {
    # how          the value after a write of v
    'store':        lambda r, v: r.value & ~r.mask | v & r.mask,
    'ignore':       lambda r, v: r.value,
    'complement':   lambda r, v: ~v,
    'clear-ones':   lambda r, v: r.value & ~(v & r.mask),
    'set-ones':     lambda r, v: r.value | v & r.mask,
    'counter':      lambda r, v: r.value + 1,
}


class Register:
    """run(actions, register, written) carries actions out, now or behind the reply."""

    def __init__(self, row, run):
        self.at, self.width, self.name = row['at'], row.get('width', 4), row.get('name', '')
        self.full = (1 << 8 * self.width) - 1
        self.value = self.initial = row.get('value', 0) & self.full
        self.mask = row.get('mask', self.full)
        self.row, self.run = row, run

    def read(self):
        value, after = READS[self.row.get('read', 'value')](self)
        self.value = after & self.full
        self.run(self.row.get('on_read', ()), self, value)
        return value

    def reset(self):
        self.value = self.initial

    def write(self, written):
        self.value = WRITES[self.row.get('write', 'store')](self, written) & self.full
        self.run(self.row.get('on_write', ()), self, written)


class Actions:
    """The verbs. device is what they act on."""

    def __init__(self, device):
        self.device = device

    def run(self, line, region, written):
        verb, *words = line.split()
        VERBS[verb][1](self, region, words, written)

    def number(self, word, written):
        if word == 'written':
            return written
        register = self.device.register(word)
        return register.value if register else int(word, 0)

    # ---- verbs: (region, words, written) ----

    def raise_irq(self, region, words, written):
        self.device.raise_irq(words[0], self.number(words[1], written) if len(words) > 1 else 0)

    def line(self, level):
        self.device.irq('intx').set_level(level)
        self.device.config.status_intx(level)

    def assert_intx(self, region, words, written):
        self.line(True)

    def lower_intx(self, region, words, written):
        self.line(False)

    def pending(self, region, words, written):
        self.device.set_pending(self.number(words[0], written), True)

    def clear_pending(self, region, words, written):
        self.device.set_pending(self.number(words[0], written), False)

    def set(self, region, words, written):
        register = self.device.register(words[0])
        register.value = self.number(words[1], written) & register.full

    def add(self, region, words, written):
        register = self.device.register(words[0])
        register.value = register.value + self.number(words[1], written) & register.full

    def dma_copy(self, region, words, written):
        source, target, count = (self.number(word, written) for word in words[:3])
        self.transfer(words[3:], lambda d: d.write(target, d.read(source, count)))

    def dma_in(self, region, words, written):
        address, at, count = (self.number(word, written) for word in words[:3])
        self.transfer(words[3:], lambda d: region.memory.write(at, d.read(address, count)))

    def dma_out(self, region, words, written):
        address, at, count = (self.number(word, written) for word in words[:3])
        self.transfer(words[3:], lambda d: d.write(address, region.memory.read(at, count)))

    def transfer(self, status, move):
        """status: a register that becomes 1 after a transfer and 2 after one that failed."""
        try:
            if not self.device.config.is_master:
                raise dma.DmaError('bus mastering is off')
            move(self.device.dma)
            outcome = 1
        except (dma.DmaError, OverflowError, MemoryError) as error:
            self.device.note('dma failed', why=str(error))
            outcome = 2
        for word in status:
            self.device.register(word).value = outcome

    def reset(self, region, words, written):
        self.device.reset()

    def delay(self, region, words, written):
        time.sleep(self.number(words[0], written) / 1000)

    def die(self, region, words, written):
        self.device.die()

    def fault(self, region, words, written):
        self.device.add_fault(' '.join(words))


VERBS = {
    # verb            words   what it does
    'raise':         ((1, 2), Actions.raise_irq),       # raise msi 3; raise intx: a pulse
    'assert-intx':   ((0, 0), Actions.assert_intx),     # the line stays up ...
    'lower-intx':    ((0, 0), Actions.lower_intx),      # ... until this
    'set-pending':   ((1, 1), Actions.pending),         # a bit of the MSI-X pending bits
    'clear-pending': ((1, 1), Actions.clear_pending),
    'set':           ((2, 2), Actions.set),             # set REGISTER NUMBER
    'add':           ((2, 2), Actions.add),
    'dma-copy':      ((3, 4), Actions.dma_copy),        # dma-copy FROM TO LENGTH [STATUS]
    'dma-in':        ((3, 4), Actions.dma_in),          # dma-in FROM OFFSET LENGTH [STATUS]: into this region
    'dma-out':       ((3, 4), Actions.dma_out),         # dma-out TO OFFSET LENGTH [STATUS]: out of it
    'reset':         ((0, 0), Actions.reset),
    'delay':         ((1, 1), Actions.delay),           # milliseconds
    'die':           ((0, 0), Actions.die),
    'fault':         ((1, 1), Actions.fault),           # fault when=...,do=...
}
