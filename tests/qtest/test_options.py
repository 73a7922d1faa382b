# SPDX-License-Identifier: GPL-2.0-or-later
"""Command-line options with the qtest accelerator, and the end: SIGTERM gives status 0 from any state."""

import os
import shlex
import signal
import time

from case import PC, Process, case, expect, expect_equal, run_emulator, scratch_file, start, target
from qtest import scratch_path, wait_until

# Arguments with which the machine must start, answer and end with status 0. {file} is a scratch file of 64 KiB.
ACCEPTED = {
    'nothing': '', 'machine by its long name': '-M pc-i440fx-7.2', 'machine with type=': '-machine type=pc',
    'two machines merge': '-M pc -M graphics=off', 'memory in words': '-m size=64M',
    'memory with slots': '-m 64,slots=2,maxmem=1G',
    'processors': '-smp 4', 'topology': '-smp cpus=4,sockets=2,cores=2,threads=1', 'processor': '-cpu qemu64',
    'name': '-name box,debug-threads=on', 'uuid': '-uuid 00112233-4455-6677-8899-aabbccddeeff',
    'boot': '-boot order=c,menu=on',
    'no defaults': '-nodefaults', 'no user configuration': '-no-user-config', 'vga': '-vga none',
    'no graphics': '-nographic',
    'serial': '-serial null', 'parallel': '-parallel none', 'monitor': '-monitor none',
    'rtc': '-rtc base=utc,clock=vm,driftfix=slew',
    'global': '-global isa-serial.iobase=0x3e8',
    'device as JSON': '-device \'{"driver":"pci-testdev","addr":"4"}\'',
    'device as pseudo-JSON': '-device "{\'driver\': \'pci-testdev\', \'id\': \'t\'}"',
    'device with an address': '-device pci-testdev,addr=04.0',
    'object': '-object memory-backend-ram,id=m,size=1M',
    'object as JSON': '-object \'{"qom-type":"memory-backend-ram","id":"m","size":1048576}\'',
    'memory of a file': '-object memory-backend-file,id=m,size=64K,mem-path={file},share=on',
    'memory of the machine': '-object memory-backend-ram,id=m,size=64M -machine memory-backend=m',
    'fw_cfg': '-fw_cfg opt/x,string=y', 'smbios': '-smbios type=1,manufacturer=x',
    'chardev': '-chardev null,id=c',
    'debug console': '-debugcon null', 'overcommit': '-overcommit mem-lock=off', 'no reboot': '-no-reboot',
    'no shutdown': '-no-shutdown',
    'action': '-action panic=none,reboot=reset', 'message': '-msg timestamp=on', 'sandbox off': '-sandbox off',
    'pid file': '-pidfile {file}.pid', 'two dashes': '--m 64',
    'path of data': '-L /usr/share/seabios',
    'firmware': '-bios {file}', 'no hpet': '-no-hpet', 'i8042 off': '-machine pc,i8042=off',
    'usb off': '-machine pc,usb=off',
    'vmport off': '-machine pc,vmport=off', 'graphics off': '-machine pc,graphics=off',
    'dump of memory off': '-machine pc,dump-guest-core=off',
    'smp as a key of machine': '-machine pc,smp.cpus=2,smp.sockets=2', 'display none': '-display none',
    'watchdog action': '-watchdog-action none', 'pretty monitor': '-qmp-pretty null',
    'log': '-d guest_errors',
}


def arguments(text):
    return text.replace('{file}', scratch_file(bytes(65536)))


@case(None, each=ACCEPTED)
def option_is_accepted(text):
    with start(arguments(text)) as m:
        expect_equal(m.ask('inl 0x1234'), 'OK 0xffffffff')


# ---- the end ----

STATES = {
    'running': '', 'not started': '-S', 'preconfig': '--preconfig',
}


@case(None, each=STATES)
def sigterm_ends_with_status_0(text):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        with start(f'{PC} {text}') as m:
            m.process.process.send_signal(number)
            m.expect_exit(0)


@case()
def sigterm_ends_a_paused_machine(m):
    m.qmp('cont')
    m.qmp('stop')
    m.event('STOP')
    m.terminate()


@case(f'{PC} -no-shutdown')
def sigterm_ends_in_spite_of_no_shutdown(m):
    m.terminate()


@case(ours='QEMU 7.2 waits until its replies are read')
def sigterm_ends_while_requests_wait(m):
    m.lines.socket.sendall(b'inb 0x80\n' * 10000)
    m.terminate()


@case(None)
def sigterm_ends_a_machine_whose_clients_are_gone():
    with start() as m:
        m.lines.socket.close()
        m.monitor.lines.socket.close()
        m.terminate()


FIFOS = {
    'serial port': '-chardev pipe,id=c,path={fifo} -serial chardev:c',
    'file of fw_cfg': '-fw_cfg opt/x,file={fifo}',
    'firmware': '-bios {fifo}', 'kernel': '-kernel {fifo}',
}


@case(None, each=FIFOS, ours='QEMU 7.2 waits on, or dies of the signal')
def sigterm_ends_while_it_waits_for_a_fifo(text):
    fifo = scratch_path('.fifo')
    for path in (fifo, fifo + '.in', fifo + '.out'):
        os.mkfifo(path)
    process = Process([target.path] + shlex.split(f'{PC} -display none {text.format(fifo=fifo)} {target.accel}'))
    time.sleep(0.3)                         # long enough to come to the FIFO, whatever it does there
    expect(process.process.poll() in (None, 0, 1), 'it died')
    if process.process.poll() is None:
        process.terminate()
    process.close()


@case(None, ours='QEMU 7.2 has a moment in which the signal kills')
def sigterm_at_any_moment_of_the_start():
    for delay_us in range(0, 20000, 1000):
        words = shlex.split(f'{PC} -display none -qtest null -qtest-log none {target.accel}')
        process = Process([target.path] + words)
        time.sleep(delay_us / 1e6)
        if not handles_sigterm(process.pid):
            wait_until(lambda: handles_sigterm(process.pid), 'it takes signals')
        process.terminate()
        process.close()


def handles_sigterm(pid):
    """It catches or blocks the signal: before that the kernel ends it, as any program."""
    with open(f'/proc/{pid}/status', encoding='ascii', errors='replace') as file:
        masks = dict(line.split(':\t') for line in file if line.startswith(('SigBlk', 'SigCgt')))
    return any(int(mask, 16) >> signal.SIGTERM - 1 & 1 for mask in masks.values())


# ---- refused ----

REFUSED = {
    'unknown option': '-foo', 'unknown machine': '-M foo', 'unknown device': '-device foo',
    'unknown object': '-object foo,id=x',
    'unknown chardev': '-chardev foo,id=x', 'chardev without id': '-chardev null',
    'device without chardev': '-device isa-debugcon,chardev=nope',
    'bad uuid': '-uuid 1234', 'no memory': '-m 0x', 'too many processors': '-smp 100000',
    'qtest of no chardev': '-object qtest,id=x,chardev=nope',
    'mon of no chardev': '-mon chardev=nope', 'bad qmp address': '-qmp foo:bar',
    'firmware that is not there': '-bios /nonexistent',
    'global of no class': '-global foo', 'action nobody knows': '-action panic=dance',
    'device JSON cut off': '-device {"driver":',
}


@case(None, each=REFUSED)
def bad_option_is_refused_with_a_reason(text):
    status, _, err = run_emulator(['-display', 'none', '-S', '-nodefaults'] + text.split() + shlex.split(target.accel))
    expect_equal(status, 1)
    expect(err.startswith(('qemu', 'q')), err)


CONFIG = b"""
# what a guest has
[memory]
  size = "200"
[device "debug"]
  driver = "isa-debug-exit"
  iobase = 0x640
[object "extra"]
  qom-type = "memory-backend-ram"
  size = "1M"
"""
BAD_CONFIGS = {
    'unknown section': (b'[foo]\n', ':1: there is no option -foo for section [foo]'),
    'setting outside of a section': (b'a = b\n', ':1: expected [SECTION]'),
    'no setting': (b'[memory]\nsize\n', ':2: expected [SECTION]'),
    'an option without settings': (b'[S]\n', ':1: there is no option -S'),
    'unknown key': (b'[memory]\nsise = "1"\n', "Invalid parameter 'sise'"),
}


@case(None)
def options_come_from_a_file():
    with start(f'-machine pc -nodefaults -readconfig {scratch_file(CONFIG)}') as m:
        expect_equal(sorted(row['size'] for row in m.qmp('query-memdev')), [1 << 20, 200 << 20])
        expect_equal([row['name'] for row in m.qmp('qom-list', path='/machine/peripheral')][1:], ['debug'])


@case(None, each=BAD_CONFIGS)
def bad_files_of_options_are_refused(row):
    text, words = row
    status, _, err = run_emulator(f'-display none -accel qtest -readconfig {scratch_file(text)}'.split())
    expect_equal(status, 1)
    expect(words in err, err)


def long_step(m):
    m.lines.send(b'clock_set 9223372036854775807\n')


def save_without_end(m):
    m.monitor.send({'execute': 'pmemsave', 'arguments': {'val': 0, 'size': 1 << 62, 'filename': '/dev/null'}})


def save_to_nobody(m):
    path = scratch_path('.fifo')
    os.mkfifo(path)
    m.monitor.send({'execute': 'pmemsave', 'arguments': {'val': 0, 'size': 4096, 'filename': path}})


def log_to_nobody(m):
    path = scratch_path('.fifo')
    os.mkfifo(path)
    m.monitor.send({'execute': 'chardev-add', 'arguments': {
        'id': 'fifo', 'backend': {'type': 'file', 'data': {'out': path}}}})


@case(None, each={'centuries of a clock': long_step, 'memory without end': save_without_end,
                  'a pipe without a reader': save_to_nobody, 'a character device that is one': log_to_nobody},
      ours='stock waits')
def sigterm_ends_what_takes_for_ever(start_it):
    m = start('-machine pc')
    with m:
        start_it(m)
        time.sleep(0.2)
        m.terminate()


@case('-machine pc', ours='lines are bounded')
def a_line_of_blanks_costs_no_more_than_its_length(m):
    m.lines.send(b'inb 0x70' + b' ' * (16 << 20) + b'\n')
    expect_equal(m.reply(), 'OK 0x00ff')
