# SPDX-License-Identifier: GPL-2.0-or-later
"""Interrupts: what SET_IRQS configured, and raising them (linux/vfio.h, struct vfio_irq_set)."""

import errno
import os
import select
import struct

from wire import Refusal

NAMES = ['intx', 'msi', 'msix', 'err', 'req']           # VFIO_PCI_*_IRQ_INDEX
EVENTFD, MASKABLE, AUTOMASKED, NORESIZE = 1, 2, 4, 8    # VFIO_IRQ_INFO_*
DATA_NONE, DATA_BOOL, DATA_EVENTFD = 1, 2, 4            # VFIO_IRQ_SET_DATA_*
MASK, UNMASK, TRIGGER = 8, 16, 32                       # VFIO_IRQ_SET_ACTION_*
DATA, ACTIONS = 7, 56

ONE = struct.pack('=Q', 1)

INFO = struct.Struct('<IIII')                           # argsz, flags, index, count
SET = struct.Struct('<IIIII')                           # argsz, flags, index, start, count


def is_ready(fd, events):
    poll = select.poll()
    poll.register(fd, events)
    return bool(poll.poll(0))


def signal(fd):
    """Add one to an eventfd; False when the client sent what is none, or has filled it up."""
    try:
        return is_ready(fd, select.POLLOUT) and os.write(fd, ONE) == len(ONE)
    except OSError:
        return False


class Vector:
    def __init__(self):
        self.fds = {}                   # {MASK, UNMASK, TRIGGER: eventfd}
        self.masked = self.pending = False
        self.raised = self.lost = 0     # signalled; asked for without an eventfd

    def set_fd(self, action, fd):
        if action in self.fds:
            os.close(self.fds.pop(action))
        if fd is not None:
            self.fds[action] = fd

    def describe(self):
        return {'eventfd': TRIGGER in self.fds, 'unmask_eventfd': UNMASK in self.fds, 'masked': self.masked,
                'pending': self.pending, 'raised': self.raised, 'lost': self.lost}


class Irqs:
    """One type of interrupt. row: absent: asking about it is an error; silent: it can be configured but never
    fires, as INTx of GVT-g; strict: vectors come as a set, as the kernel has it, when flags have NORESIZE.
    """

    def __init__(self, index, count, flags, row):
        self.index, self.name, self.flags = index, NAMES[index], flags
        self.silent, self.absent = row.get('silent', False), row.get('absent', False)
        self.is_set = bool(row.get('strict') and flags & NORESIZE)
        self.enabled = 0                # vectors of the set
        self.vectors = [Vector() for _ in range(count)]
        self.level = False              # of INTx
        self.changed = False            # descriptors came or went
        self.blocked = lambda: False    # the command register's INTx disable

    def info(self):
        return INFO.pack(INFO.size, self.flags, self.index, len(self.vectors))

    # ---- signalling ----

    def trigger(self, number):
        """Raise a vector. A masked one stays pending until it is unmasked."""
        vector = self.vectors[number]
        vector.pending = True
        self._deliver(vector)

    def _deliver(self, vector):
        if not vector.pending or vector.masked or self.blocked() or self.silent:
            return
        vector.pending = self.level
        if TRIGGER not in vector.fds:
            vector.lost += 1
            return
        if not signal(vector.fds[TRIGGER]):
            vector.lost += 1
            return
        vector.raised += 1
        if self.flags & AUTOMASKED:
            vector.masked = True
            if MASK in vector.fds:
                signal(vector.fds[MASK])

    def set_level(self, level):
        """A line that stays up fires again after every unmasking, until it is taken down."""
        self.level = level
        for vector in self.vectors[:1]:
            vector.pending = level
            self._deliver(vector)

    def unmasked_by_eventfd(self, vector):
        """The client's unmask eventfd is readable: KVM saw the end of the interrupt."""
        if UNMASK not in vector.fds or not is_ready(vector.fds[UNMASK], select.POLLIN):
            return
        os.read(vector.fds[UNMASK], 8)
        vector.masked = False
        self._deliver(vector)

    def recheck(self):
        for vector in self.vectors:
            if TRIGGER in vector.fds:
                self._deliver(vector)

    # ---- SET_IRQS ----

    def configure(self, flags, start, count, data, fds):
        """Takes the descriptors it keeps out of fds."""
        kind, action = flags & DATA, flags & ACTIONS
        self._check(flags, start, count, data, fds)
        self.changed = True
        if kind == DATA_EVENTFD and action == TRIGGER and self.enabled == 0:
            self.enabled = start + count
        if kind == DATA_NONE and count == 0:
            self.disable()
            return
        for place, number in enumerate(range(start, start + count)):
            if kind == DATA_EVENTFD:
                self.vectors[number].set_fd(action, fds.pop(0) if fds else None)
                if self.level:                          # it was up before somebody listened
                    self._deliver(self.vectors[number])
            elif kind == DATA_NONE or data[place]:
                self._act(action, number)

    def _act(self, action, number):
        vector = self.vectors[number]
        if action == TRIGGER:
            self.trigger(number)
            return
        vector.masked = action == MASK
        self._deliver(vector)

    def _check(self, flags, start, count, data, fds):
        kind, action = flags & DATA, flags & ACTIONS
        if kind not in (DATA_NONE, DATA_BOOL, DATA_EVENTFD) or action not in (MASK, UNMASK, TRIGGER):
            raise Refusal(errno.EINVAL, 'one data flag and one action flag are wanted')
        if flags & ~(DATA | ACTIONS):
            raise Refusal(errno.EINVAL, 'unknown flags')
        if start + count > len(self.vectors):
            raise Refusal(errno.EINVAL, f'vectors {start} to {start + count} of {len(self.vectors)}')
        if count == 0 and (kind != DATA_NONE or start):
            raise Refusal(errno.EINVAL, 'no vectors')
        if kind == DATA_BOOL and len(data) != count:
            raise Refusal(errno.EINVAL, f'{len(data)} booleans for {count} vectors')
        if kind == DATA_EVENTFD and len(fds) not in (0, count) or kind != DATA_EVENTFD and fds:
            raise Refusal(errno.EINVAL, f'{len(fds)} eventfds for {count} vectors')
        if action != TRIGGER and not self.flags & MASKABLE:
            raise Refusal(errno.ENOTTY, 'not maskable')
        if self.is_set and kind == DATA_EVENTFD and 0 < self.enabled < start + count:
            raise Refusal(errno.EINVAL, f'{self.enabled} vectors are enabled; disable them first')

    def disable(self):
        self.changed = True
        self.enabled = 0
        for vector in self.vectors:
            for fd in vector.fds.values():
                os.close(fd)
            vector.fds = {}
            vector.masked = False

    def describe(self):
        return {'name': self.name, 'count': len(self.vectors), 'flags': self.flags, 'level': self.level,
                'vectors': [vector.describe() for vector in self.vectors]}
