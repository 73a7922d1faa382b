# SPDX-License-Identifier: GPL-2.0-or-later
"""What the lab tells its user while it works, and how it gives up."""

import sys
import time

_start = time.monotonic()


class LabError(Exception):
    """Something that the user can understand from the message alone: no traceback is shown."""


class HostEnded(LabError):
    """The virtual host itself is gone: it crashed, or somebody stopped it."""


def step(text):
    """Prints one step with the time since the start."""
    print(f"[{time.monotonic() - _start:6.1f} s] {text}", flush=True)


def complain(text):
    """Prints a message that must not be mistaken for the output of a command."""
    print(f"lab: {text}", file=sys.stderr, flush=True)


def wait_until(ready, timeout, waiting_for, log, interval=0.02):
    """Waits until ready() is true; after timeout seconds says what did not happen and where to look."""
    end = time.monotonic() + timeout
    while not ready():
        if time.monotonic() > end:
            raise LabError(f"gave up after {timeout:g} s waiting for {waiting_for}; see {log}")
        time.sleep(interval)
