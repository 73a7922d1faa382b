# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands that run in the virtual host: handed over, followed, bounded in time."""

import itertools
import os
import shlex
import sys
import time

from .host import DEVICES
from .steps import HostEnded, LabError

TAKE_TIMEOUT = 30
_numbers = itertools.count(1)


class Job:
    """One shell script in the virtual host; its folder in the share holds all there is to know."""

    def __init__(self, host, script, cwd="/"):
        self.host = host
        self.id = f"{time.time_ns():x}-{os.getpid()}-{next(_numbers)}"
        self.folder = host.share / "jobs" / self.id
        self.folder.mkdir()
        names = "".join(f"export {name}={value}\n" for name, value in DEVICES.items())
        (self.folder / "script").write_text(
            f"export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp\n"
            f"{names}cd {shlex.quote(str(cwd))} || exit 126\n{script}\n")
        self._hand_over()

    def _hand_over(self):
        end = time.monotonic() + TAKE_TIMEOUT
        while not (self.folder / "started").exists():
            self._expect_host("taking a command")
            if time.monotonic() > end:
                raise LabError(f"the virtual host does not take commands; see {self.host.console}")
            self.host.ring("run", self.id)
            self._wait_a_little(lambda: (self.folder / "started").exists(), 5)

    def _wait_a_little(self, ready, seconds):
        end = time.monotonic() + seconds
        while not ready() and time.monotonic() < end:
            time.sleep(0.01)

    def _expect_host(self, doing):
        if not self.host.is_alive():
            raise HostEnded(f"the virtual host ended while {doing}; its last words:\n"
                           f"{self.host.console_tail()}")

    @property
    def status(self):
        """The exit status, or None while the command runs."""
        try:
            return int((self.folder / "status").read_text())
        except (OSError, ValueError):
            return None

    def output(self, name="stdout"):
        """What the command has printed so far."""
        path = self.folder / name
        return path.read_text(errors="replace") if path.exists() else ""

    def wait(self, timeout, follow=False):
        """Waits for the end; returns the exit status, or None when the time was up and it was killed."""
        end = time.monotonic() + timeout
        followers = [_Follower(self.folder / "stdout", sys.stdout),
                     _Follower(self.folder / "stderr", sys.stderr)] if follow else []
        while True:
            status = self.status
            for follower in followers:
                follower.pass_on()
            if status is not None:
                return status
            self._expect_host("running a command")
            if time.monotonic() > end:
                self.kill()
                return None
            time.sleep(0.02)

    def kill(self):
        """Ends the command and what it has started, and waits a moment for the end."""
        self.host.ring("kill", self.id)
        self._wait_a_little(lambda: self.status is not None, 5)


class _Follower:
    """Passes on what is appended to a file."""

    def __init__(self, path, stream):
        self._path = path
        self._stream = stream
        self._file = None

    def pass_on(self):
        if not self._file:
            if not self._path.exists():
                return
            self._file = open(self._path, "rb")
        data = self._file.read()
        if data:
            self._stream.buffer.write(data)
            self._stream.flush()
