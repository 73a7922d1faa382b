# SPDX-License-Identifier: GPL-2.0-or-later
"""Machines with a VNC server, their viewers, and what keyboard and mouse have for the guest."""

import contextlib
import time

from case import PC, expect, expect_equal, start
from pictures import viewer
from qtest import scratch_path, wait_until

PROMPT = 1.0                # seconds in which everybody is answered, whatever others do
DATA, COMMAND = 0x60, 0x64
WORDS = (640, 480)          # pixels of a picture of words


@contextlib.contextmanager
def served(more='', machine=PC):
    """A machine and the socket of its VNC server."""
    path = scratch_path('.vnc')
    with start(f'{machine} -vnc unix:{path}{more}') as m:
        yield m, path


def waiting(m):
    """Bytes of the keyboard and the mouse."""
    got = []
    while m.inb(COMMAND) & 1 and len(got) < 64:
        got.append(m.inb(DATA))
        m.clock_step(300000)
    return got


def expect_codes(m, *wanted):
    got = []
    wait_until(lambda: got.extend(waiting(m)) or len(got) >= len(wanted), f'{len(wanted)} bytes of a PS/2 device')
    expect_equal([hex(byte) for byte in got], [hex(byte) for byte in wanted])


def expect_prompt(m, path):
    """The machine answers its monitor, and another viewer."""
    begun = time.monotonic()
    m.qmp('query-status')
    m.inb(COMMAND)
    with viewer(path) as other:
        other.look()
    took = time.monotonic() - begun
    expect(took < PROMPT, f'the machine took {took:.3f} s to answer')
