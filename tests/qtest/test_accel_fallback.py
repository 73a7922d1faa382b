# SPDX-License-Identifier: GPL-2.0-or-later
"""Several accelerators: the first that works wins, those before it are told about, and qtest works with each."""

import os

from case import PC, Skip, case, expect, expect_equal, run_emulator, start, target


def need_qtest():
    if 'qtest' not in target.accel:
        raise Skip('this emulator is without the qtest accelerator')


def need_kvm():
    if not os.access('/dev/kvm', os.R_OK | os.W_OK):
        raise Skip('/dev/kvm is not there or not ours to use')


@case(None, each={'unknown': '-accel foo -accel qtest', 'two unknown': '-accel foo -accel bar -accel qtest'})
def unknown_accelerators_are_told_and_passed_over(accel):
    need_qtest()
    with start(PC, accel=accel) as m:
        expect_equal(m.ask('clock_step 1'), 'OK 1')
        expect('-accel foo: invalid accelerator foo' in m.process.text(), m.process.text())


@case(None)
def an_accelerator_of_others_is_passed_over():
    need_qtest()
    with start(PC, accel='-accel whpx -accel qtest') as m:
        expect_equal(m.ask('clock_step 1'), 'OK 1')
        expect('invalid accelerator whpx' in m.process.text(), m.process.text())


@case(None)
def the_first_that_works_wins():
    need_qtest()
    with start(PC, accel='-accel qtest -accel foo') as m:
        expect_equal(m.ask('clock_step 1'), 'OK 1')
        expect('foo' not in m.process.text(), m.process.text())


@case(None)
def none_that_works_is_an_error():
    status, _, err = run_emulator(f'{PC} -display none -accel foo -accel bar'.split())
    expect_equal(status, 1)
    for name in ('foo', 'bar'):
        expect(f'invalid accelerator {name}' in err, err)


@case(None)
def accel_and_machine_accel_do_not_go_together():
    status, _, err = run_emulator('-machine pc,accel=kvm -m 64 -nodefaults -display none -accel qtest'.split())
    expect_equal(status, 1)
    expect('The -accel and "-machine accel=" options are incompatible' in err, err)


@case(None)
def machine_accel_works_too():
    need_qtest()
    with start('-machine pc,accel=foo:qtest -m 64 -nodefaults', accel='') as m:
        expect_equal(m.ask('clock_step 1'), 'OK 1')


@case(None)
def qtest_is_live_next_to_kvm():
    need_kvm()
    with start(f'{PC} -S', accel='-accel kvm -accel qtest') as m:
        m.outl(0xcf8, 0x80000000)
        expect_equal(m.inl(0xcfc), 0x12378086)
        m.writeq(0x100000, 0x55aa)
        expect_equal(m.readq(0x100000), 0x55aa)
        expect_equal(m.ask('clock_step'), "FAIL Unknown command 'clock_step'")


@case(None)
def qtest_is_live_while_a_guest_runs():
    need_kvm()
    with start(PC, accel='-accel kvm -accel qtest') as m:
        m.writeq(0x2000000, 0x1234)
        for _ in range(100):
            expect_equal(m.readq(0x2000000), 0x1234)
        expect_equal(m.status(), 'running')
        m.qmp('stop')
        m.event('STOP')
        m.outl(0xcf8, 0x80000000)
        expect_equal(m.inl(0xcfc), 0x12378086)


@case(None, ours='stock has TCG')
def boot_serial_order_of_accelerators():
    need_qtest()
    with start(PC, accel='-accel tcg -accel qtest') as m:
        expect(m.ask('clock_step 1') == 'OK 1', 'tcg is not ours: qtest')
