# SPDX-License-Identifier: GPL-2.0-or-later
"""What a file of cases is written with: the decorator, what a case expects, and the emulator under test.

    @case('-machine pc -m 64')
    def host_bridge_is_at_the_first_slot(m):
        expect_equal(Pci(m).device(0, 0).id, 0x12378086)

    @case('-machine pc', each={'first': ..., 'second': ...})
    def a_case_for_every_row(m, row): ...

A case gets a machine of its own, unless it says args=None. What is written after "ours" or "stock" is the reason why
a case holds for that emulator only; what is in "needs" are devices without which it is skipped.
"""

import functools
import os

import qtest
from qtest import Failure, Machine, Process, Refused, scratch_file

STOCK = '/usr/bin/qemu-system-x86_64'
PC = '-machine pc -m 64 -nodefaults'

registry = {}               # module -> its cases, in order


class Skip(Exception):
    """A case that cannot run here; the text says why."""


class Target:
    """The emulator under test."""
    path = STOCK
    is_stock = True
    accel = '-accel qtest'


target = Target()


def choose(path):
    """Debian's QEMU comes without the qtest accelerator. A processor that is not let run is nearly the same: only
    time stands still, and cases that need it are skipped."""
    target.is_stock = path == 'stock' or os.path.realpath(path) == os.path.realpath(STOCK)
    target.path = STOCK if target.is_stock else os.path.abspath(path)
    target.accel = Target.accel
    if target.is_stock and 'qtest' not in run_emulator(['-accel', 'help'])[1].split():
        target.accel = '-accel tcg -S'


class Case:
    """A test: a function, and what it needs."""

    def __init__(self, function, args, row, options):
        self.function, self.args, self.row = function, args, row
        self.ours, self.stock = options.get('ours'), options.get('stock')
        self.needs = options.get('needs', '').split()
        self.file = function.__module__.removeprefix('test_')
        name = function.__name__.replace('_', ' ')
        self.name = f'{self.file}: {name}' + (f' ({row[0]})' if row else '')

    def check_target(self):
        if target.is_stock and self.ours:
            raise Skip(f'on purpose not like stock: {self.ours}')
        if not target.is_stock and self.stock:
            raise Skip(f'stock only: {self.stock}')
        missing = [name for name in self.needs if name not in device_names()]
        if missing:
            raise Skip(f'no device {" ".join(missing)}')

    def run(self):
        """Failure or Skip when it did not pass, with the end of the conversation as a note."""
        self.check_target()
        row = self.row[1:] if self.row else ()
        if self.args is None:
            self.function(*row)
            return
        with start(self.args) as machine:
            try:
                self.function(machine, *row)
            except Exception as error:
                skip_without_clock(error)
                error.add_note('\n'.join(machine.log[-qtest.LOG_LINES:]))
                error.add_note(machine.process.text())
                raise


def skip_without_clock(error):
    """A case that could not go on because this emulator has no clock to step did not fail."""
    if 'qtest' not in target.accel and isinstance(error, Refused) and "Unknown command 'clock_" in str(error):
        raise Skip('time stands still: this emulator is without the qtest accelerator') from error


def case(args=PC, each=None, **options):
    """Register a function as a case, or as one for every row of each, a dictionary name -> row."""
    assert not set(options) - {'ours', 'stock', 'needs'}, options

    def register(function):
        rows = each.items() if each is not None else [None]
        registry.setdefault(function.__module__, []).extend(Case(function, args, row, options) for row in rows)
        return function
    return register


def start(args=PC, **options):
    return Machine(target.path, args, **{'accel': target.accel, **options})


def run_emulator(args, timeout=30):
    """Status, standard output and standard error of a run that ends by itself."""
    process = Process([target.path] + list(args))
    try:
        status = process.wait(timeout)
        return status, process.text(process.stdout), process.text(process.stderr)
    finally:
        process.close()


@functools.cache
def type_names(implements):
    """The classes the emulator advertises."""
    with start('-machine none') as m:
        return sorted(row['name'] for row in m.qmp('qom-list-types', implements=implements, abstract=False))


def device_names():
    return type_names('device')


# ---- what a case expects ----

def show(value):
    text = hex(value) if isinstance(value, int) and not isinstance(value, bool) else repr(value)
    return text if len(text) < 400 else f'{text[:400]}...'


def expect(truth, text):
    if not truth:
        raise Failure(text)


def expect_equal(got, wanted, what=''):
    if got != wanted:
        raise Failure(f'{what + ": " if what else ""}{show(got)} instead of {show(wanted)}')


def expect_bits(got, wanted, mask, what=''):
    expect_equal(got & mask, wanted, f'{what} & {mask:#x}')


def expect_refused(call, *arguments, **more):
    """The call is answered by an error; returns it."""
    try:
        result = call(*arguments, **more)
    except Refused as refused:
        return refused.error
    raise Failure(f'{arguments} {more}: {result!r} instead of an error')


def expect_error(message, text, error_class='GenericError'):
    expect_equal(message.get('error'), {'class': error_class, 'desc': text})


def firmware(size, fill=None):
    """The path of a firmware image: fill(offset) gives every byte."""
    fill = fill or (lambda offset: (offset ^ offset >> 8 ^ offset >> 16) & 0xff)
    return scratch_file(bytes(fill(offset) for offset in range(size)), '.bin')

