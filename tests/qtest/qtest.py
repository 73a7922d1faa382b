# SPDX-License-Identifier: GPL-2.0-or-later
"""A client of the qtest protocol and of QMP, and a machine to talk to: what every test of this folder stands on.

    with Machine('build/qemu-system-x86_64', '-machine pc -m 64') as m:
        m.outl(0xcf8, 0x80000000)
        assert m.inl(0xcfc) == 0x12378086
        m.qmp('query-status')

The emulator is started as every qtest program starts it: the test listens on two sockets, the emulator connects to
both, and at the end it gets SIGTERM and must leave with status 0.
"""

import base64
import contextlib
import itertools
import json
import os
import re
import select
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time

SECONDS = 15                # for any answer; what is asked here takes milliseconds
LOG_LINES = 16              # of the conversation, shown with a failure
LOG_WIDTH = 500             # characters of each
SANITIZER = re.compile(r'ERROR: \w+Sanitizer|runtime error:|WARNING: \w+Sanitizer')

_numbers = itertools.count()
_folder = None


class Failure(Exception):
    """The emulator did not do what it should; the text says what."""


class Refused(Failure):
    """A request was answered with an error; .error is the object of QMP, or the reply of qtest."""

    def __init__(self, request, error):
        super().__init__(f'{request}: {error}')
        self.error = error


def scratch():
    """A folder of this process for sockets and files, short enough for the address of a socket."""
    global _folder
    if _folder is None:
        _folder = tempfile.mkdtemp(prefix='qtest-')
    return _folder


def sweep():
    """Remove the folder."""
    if _folder is not None:
        shutil.rmtree(_folder, ignore_errors=True)


def scratch_path(suffix):
    """A name nobody else has."""
    return os.path.join(scratch(), f'{next(_numbers)}{suffix}')


def scratch_file(content, suffix=''):
    path = scratch_path(suffix)
    with open(path, 'wb') as file:
        file.write(content)
    return path


class Lines:
    """Lines over a connected socket."""

    def __init__(self, connection, log, mark):
        self.socket, self.log, self.mark = connection, log, mark
        self.buffer = b''
        connection.settimeout(SECONDS)

    def send(self, data):
        self.log.append(f'{self.mark}> {data[:LOG_WIDTH].decode("latin-1").rstrip()}')
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise Failure(f'{self.mark} is gone: {error.strerror}') from error

    def receive(self, timeout=SECONDS):
        """One line without its end. Failure at the end of the stream, or when it takes too long."""
        while b'\n' not in self.buffer:
            self.socket.settimeout(timeout)
            try:
                data = self.socket.recv(1 << 20)
            except TimeoutError as error:
                raise Failure(f'{self.mark} said nothing for {timeout} s') from error
            except OSError as error:
                raise Failure(f'{self.mark} is gone: {error.strerror}') from error
            if not data:
                raise Failure(f'{self.mark} closed the connection')
            self.buffer += data
        line, _, self.buffer = self.buffer.partition(b'\n')
        text = line.decode(errors='backslashreplace').rstrip('\r')
        self.log.append(f'{self.mark}< {text[:LOG_WIDTH]}')
        return text

    def is_silent(self, seconds=0.2):
        """Nothing arrives for that long."""
        return not self.buffer and not select.select([self.socket], [], [], seconds)[0]

    def is_closed(self, timeout=SECONDS):
        """The other side closes the connection in time, without another word."""
        self.socket.settimeout(timeout)
        try:
            return not self.buffer and self.socket.recv(1) == b''
        except TimeoutError:
            return False
        except ConnectionResetError:
            return True


class Qmp:
    """A monitor. Events are kept in .events until somebody asks for them."""

    def __init__(self, lines):
        self.lines = lines
        self.greeting = None
        self.events = []

    def negotiate(self, *capabilities):
        self.greeting = self.message()
        arguments = {'enable': list(capabilities)} if capabilities else {}
        self.execute('qmp_capabilities', arguments)

    def message(self, timeout=SECONDS):
        return json.loads(self.lines.receive(timeout))

    def send(self, message):
        self.lines.send(json.dumps(message).encode() + b'\n')

    def response(self, timeout=SECONDS):
        """The next message that is no event."""
        while True:
            message = self.message(timeout)
            if 'event' not in message:
                return message
            self.events.append(message)

    def ask(self, message):
        self.send(message)
        return self.response()

    def execute(self, command, arguments=None):
        """What the command returns; Refused when that is an error."""
        message = {'execute': command}
        if arguments:
            message['arguments'] = arguments
        reply = self.ask(message)
        if 'error' in reply:
            raise Refused(command, reply['error'])
        return reply['return']

    def event(self, name, timeout=SECONDS):
        """The next event of that name, with those before it thrown away."""
        while True:
            while not self.events:
                message = self.message(timeout)
                if 'event' not in message:
                    raise Failure(f'waiting for {name}: {message}')
                self.events.append(message)
            event = self.events.pop(0)
            if event['event'] == name:
                return event


def listener():
    """A listening UNIX socket, and its path."""
    path = scratch_path('.sock')
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    server.bind(path)
    server.listen(1)
    return server, path


class Process:
    """A running emulator with its output."""

    def __init__(self, words):
        self.words = words
        self.stderr = os.memfd_create('stderr')
        self.stdout = os.memfd_create('stdout')
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=self.stdout, stderr=self.stderr,
                                        env=dict(os.environ, QEMU_AUDIO_DRV='none'))
        self.pid = self.process.pid
        self.pidfd = os.pidfd_open(self.pid)

    def text(self, file=None):
        size = os.fstat(file or self.stderr).st_size
        return os.pread(file or self.stderr, size, 0).decode(errors='replace')

    def accept(self, server):
        """Who connects; Failure when the process ends before."""
        ready, _, _ = select.select([server, self.pidfd], [], [], SECONDS)
        if server not in ready:
            raise Failure('no connection')
        connection, _ = server.accept()
        server.close()
        return connection

    def refusal(self, failure):
        """A Failure to start, with how the process ended; it may have been connected already."""
        with contextlib.closing(self):
            status = self.wait()
            return Failure(f'{failure}, status {status}; it said: {self.text()}')

    def wait(self, timeout=SECONDS):
        """The exit status, negative for a signal. What a sanitizer says is a failure."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise Failure(f'still running after {timeout} s') from error
        if SANITIZER.search(self.text()):
            raise Failure(f'status {status}:\n{self.text()}')
        return status

    def expect_status(self, wanted=0, timeout=SECONDS):
        status = self.wait(timeout)
        if status != wanted:
            raise Failure(f'ended with status {status} instead of {wanted}; it said: {self.text()}')

    def terminate(self):
        """SIGTERM, and what every qtest program expects then: status 0."""
        self.process.send_signal(signal.SIGTERM)
        self.expect_status()

    def kill(self):
        if self.process.returncode is None:
            self.process.kill()
            self.process.wait()

    def close(self):
        self.kill()
        for fd in (self.stderr, self.stdout, self.pidfd):
            os.close(fd)


def access(name):
    """Methods of Machine named like requests: reads return a number."""
    if name.startswith(('in', 'read')):
        return lambda machine, address: int(machine.request(f'{name} {address:#x}'), 16)
    return lambda machine, address, value: machine.request(f'{name} {address:#x} {value:#x}')


class Machine:
    """The emulator with its qtest socket and a monitor. Addresses and values are integers, data is bytes."""

    def __init__(self, emulator, args='', connect_qmp=True, accel='-accel qtest'):
        qtest, qtest_path = listener()
        monitor, monitor_path = listener()
        args = shlex.split(args) if isinstance(args, str) else list(args)
        words = [emulator, '-qtest', f'unix:{qtest_path}', '-qtest-log', '/dev/null',
                 '-chardev', f'socket,path={monitor_path},id=char0', '-mon', 'chardev=char0,mode=control',
                 '-display', 'none'] + args + shlex.split(accel)
        self.log, self.irq, self.irq_lines = [], {}, []
        self.process = Process(words)
        self.ended = False
        try:
            self.lines = Lines(self.process.accept(qtest), self.log, 'qtest')
            self.monitor = Qmp(Lines(self.process.accept(monitor), self.log, 'qmp'))
            endianness = self.request('endianness')
            if endianness != 'little':
                raise Failure(f'endianness: {endianness}')
            if connect_qmp:
                self.monitor.negotiate()
        except Failure as failure:
            raise self.process.refusal(failure) from failure
        except BaseException:
            self.process.close()
            raise

    # ---- the end ----

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        try:
            if kind is None and not self.ended:
                self.terminate()
        finally:
            self.lines.socket.close()
            self.monitor.lines.socket.close()
            self.process.close()

    def terminate(self):
        self.ended = True
        self.process.terminate()

    def expect_exit(self, status=0):
        """It ends by itself."""
        self.ended = True
        self.process.expect_status(status)

    # ---- qtest ----

    def reply(self):
        """The next reply; what interrupt lines did before it goes to .irq_lines and .irq."""
        while True:
            line = self.lines.receive()
            if not line.startswith('IRQ '):
                return line
            word, number = line.split()[1:]
            self.irq[int(number)] = word == 'raise'
            self.irq_lines.append((word, int(number)))

    def ask(self, request):
        """The reply as it is."""
        self.lines.send(request.encode() + b'\n')
        return self.reply()

    def request(self, request):
        """What follows OK; Refused for any other reply."""
        reply = self.ask(request)
        if reply == 'OK' or reply.startswith('OK '):
            return reply[3:]
        raise Refused(request, reply)

    def read(self, address, size):
        return bytes.fromhex(self.request(f'read {address:#x} {size:#x}')[2:])

    def write(self, address, data):
        self.request(f'write {address:#x} {len(data):#x} 0x{data.hex()}')

    def memset(self, address, size, byte):
        self.request(f'memset {address:#x} {size:#x} {byte:#x}')

    def b64read(self, address, size):
        return base64.b64decode(self.request(f'b64read {address:#x} {size:#x}'), validate=True)

    def b64write(self, address, data):
        self.request(f'b64write {address:#x} {len(data):#x} {base64.b64encode(data).decode()}')

    def clock_step(self, ns=None):
        """The time after it, in nanoseconds. Without ns: to the next deadline."""
        return int(self.request('clock_step' if ns is None else f'clock_step {ns}'))

    def clock_set(self, ns):
        return int(self.request(f'clock_set {ns}'))

    def intercept_in(self, path='ioapic'):
        self.request(f'irq_intercept_in {path}')

    def intercept_out(self, path):
        self.request(f'irq_intercept_out {path}')

    def set_irq_in(self, path, number, level, name='unnamed-gpio-in'):
        self.request(f'set_irq_in {path} {name} {number} {level}')

    def irq_level(self, number):
        """The level of an intercepted line, after everything that is under way has arrived."""
        self.inb(0)
        return self.irq.get(number, False)

    def irq_events(self, number=None):
        """What lines did since the last call: ("raise", N), ("lower", N), in order; or the words of one line."""
        self.inb(0)
        lines, self.irq_lines = self.irq_lines, []
        return lines if number is None else [word for word, n in lines if n == number]

    # ---- QMP ----

    def qmp(self, command, arguments=None, **more):
        return self.monitor.execute(command, {**(arguments or {}), **more})

    def event(self, name, timeout=SECONDS):
        return self.monitor.event(name, timeout)

    def hmp(self, line):
        return self.qmp('human-monitor-command', {'command-line': line}).replace('\r\n', '\n')

    def status(self):
        return self.qmp('query-status')['status']


for _name in ('inb', 'inw', 'inl', 'outb', 'outw', 'outl', 'readb', 'readw', 'readl', 'readq',
              'writeb', 'writew', 'writel', 'writeq'):
    setattr(Machine, _name, access(_name))


def wait_until(condition, what, seconds=SECONDS):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Failure(f'{what}: not within {seconds} s')
        time.sleep(0.002)
