# SPDX-License-Identifier: GPL-2.0-or-later
"""A device server for tests, as a context manager.

    with DeviceServer('msix.toml') as server:
        ...  # -device vfio-user-pci,socket={server.socket}
        server.irq('msix', 3)
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

FOLDER = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.join(FOLDER, 'device-server')
DIED = 86                               # exit status after "die" or a fault that kills
SECONDS = 20                            # everything takes milliseconds


class ControlError(Exception):
    """The server answered a control command with an error."""


class ServerFailed(Exception):
    """The server did not start, or ended by itself; the text has what it printed."""


class DeviceServer:
    """description: a path (a bare name is one of devices/), or a dict of the same shape as a file.

    faults: specifications, as of --fault. keep: accept a second client. The server's log is read with log().
    """

    def __init__(self, description, faults=(), keep=False):
        self.folder = tempfile.TemporaryDirectory(prefix='device-server-')
        self.socket, self.control_path, self.log_path = (os.path.join(self.folder.name, name)
                                                         for name in ('socket', 'control', 'log'))
        self.words = [sys.executable, PROGRAM, '--socket', self.socket, '--control', self.control_path,
                      '--log', self.log_path, *(['--keep'] if keep else [])]
        for fault in faults:
            self.words += ['--fault', fault]
        self.words.append(self._file(description))
        self.process = self.channel = None

    def _file(self, description):
        if isinstance(description, dict):
            path = os.path.join(self.folder.name, 'description.json')
            with open(path, 'w', encoding='utf-8') as file:
                json.dump(description, file)
            return path
        return description if os.path.dirname(description) else os.path.join(FOLDER, 'devices', description)

    # ---- life ----

    def __enter__(self):
        self.errors = open(os.path.join(self.folder.name, 'errors'), 'w+', encoding='utf-8')
        self.process = subprocess.Popen(self.words, stdin=subprocess.DEVNULL, stderr=self.errors)
        end = time.monotonic() + SECONDS
        while self.channel is None:
            if self.process.poll() is not None or time.monotonic() > end:
                self._stop()
                raise ServerFailed(f'the server did not start:\n{self.printed()}')
            self._try_connect()
        return self

    def _try_connect(self):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(SECONDS)
        try:
            sock.connect(self.control_path)
        except OSError:
            sock.close()
            time.sleep(0.005)
        else:
            self.channel = sock.makefile('rw', encoding='utf-8')
            sock.close()                # the file keeps it open

    def printed(self):
        self.errors.flush()
        with open(self.errors.name, encoding='utf-8') as file:
            return file.read()

    def wait(self):
        """Exit status, when the server ends: 0 behind its client, DIED when it was killed on purpose."""
        return self.process.wait(SECONDS)

    def _stop(self):
        """Exit status. Our own signal may meet a server that is just ending, and is no failure."""
        asked = self.process.poll() is None
        if asked:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        return 0 if asked and status == -signal.SIGTERM else status

    def __exit__(self, kind, value, trace):
        status = self._stop()
        printed = self.printed()
        if self.channel:
            try:
                self.channel.close()
            except OSError:
                pass
        self.errors.close()
        self.folder.cleanup()
        if kind is None and (status not in (0, DIED) or 'Traceback' in printed):
            raise ServerFailed(f'the server ended with status {status}:\n{printed}')

    # ---- control ----

    def control(self, line):
        """Send a command, return what follows "ok"; ControlError for "error"."""
        try:
            self.channel.write(line + '\n')
            self.channel.flush()
            answer = self.channel.readline().rstrip('\n')
        except OSError as error:
            raise ControlError(f'{line}: {error}') from None
        word, _, rest = answer.partition(' ')
        if word != 'ok':
            raise ControlError(f'{line}: {rest or answer or "the server has gone"}')
        return rest

    def irq(self, name, what=''):
        """name: intx, msi, msix, err, req; what: a vector, or for intx on or off."""
        self.control(f'irq {name} {what}')

    def read(self, region, offset, count):
        return bytes.fromhex(self.control(f'read {region} {offset} {count}'))

    def write(self, region, offset, data):
        self.control(f'write {region} {offset} {data.hex()}')

    def dma_read(self, iova, count):
        return bytes.fromhex(self.control(f'dma-read {iova} {count}'))

    def dma_write(self, iova, data):
        self.control(f'dma-write {iova} {data.hex()}')

    def fault(self, spec):
        self.control(f'fault {spec}')

    def maps(self):
        """Dicts with iova, size, offset, mapped, read, write."""
        return json.loads(self.control('maps'))

    def irqs(self):
        """{name: dict with count, flags, level, vectors: [{eventfd, masked, pending, raised, lost}]}"""
        return json.loads(self.control('irqs'))

    def counters(self):
        """{"in REGION_READ": n, "out ...": n, event: n}"""
        return json.loads(self.control('log'))

    def log(self):
        """Every line so far: dicts."""
        with open(self.log_path, encoding='utf-8') as file:
            return [json.loads(line) for line in file if line.endswith('\n')]

    def plane(self, name, **keys):
        """Change keys of a [[plane]]."""
        self.control(f'plane {name} ' + ' '.join(f'{key}={value}' for key, value in keys.items()))

    def planes(self):
        """{name: dict with the keys of a [[plane]] and queries}"""
        return json.loads(self.control('planes'))['planes']

    def dmabufs(self):
        """{id: dict with kind, size, taken}"""
        return {int(id): row for id, row in json.loads(self.control('planes'))['dmabufs'].items()}

    def dmabuf(self, id, kind='memory', size=0):
        self.control(f'dmabuf {id} {kind} {size}')

    def paint(self, id, data, offset=0):
        """Bytes of a dma-buf."""
        self.control(f'paint {id} {offset} {data.hex()}')

    def truncate(self, id, size):
        self.control(f'truncate {id} {size}')

    def die(self):
        """End as a crashed server does."""
        self._last('die')

    def quit(self):
        self._last('quit')

    def _last(self, word):
        try:
            self.control(word)
        except ControlError:
            pass
        self.wait()
