# SPDX-License-Identifier: GPL-2.0-or-later
"""Running, paused, reset, off: states, events, their order, and the options that change what happens."""

from case import PC, Skip, case, expect, expect_equal, expect_refused, start, target
from chipset import Pci

ACTIONS = f'{PC} -action'


def needs_running():
    if target.is_stock and 'qtest' not in target.accel:
        raise Skip('this emulator only stands still')


def sent_after(m, command):
    """All messages a command brings about, in order: names of events, and "return"."""
    m.monitor.send({'execute': command})
    names = []
    while not m.monitor.lines.is_silent(0.1):
        message = m.monitor.message()
        names.append(message.get('event', 'return'))
    return names


@case()
def a_machine_under_qtest_runs(m):
    needs_running()
    expect_equal(m.qmp('query-status'), {'status': 'running', 'singlestep': False, 'running': True})


@case(f'{PC} -S')
def dash_s_waits_for_cont(m):
    expect_equal(m.status(), 'prelaunch')
    m.qmp('cont')
    m.event('RESUME')
    expect_equal(m.status(), 'running')


@case()
def stop_and_cont_have_events(m):
    m.qmp('cont')
    m.qmp('stop')
    m.event('STOP')
    expect_equal(m.status(), 'paused')
    m.qmp('cont')
    m.event('RESUME')
    expect_equal(m.status(), 'running')


@case()
def stopping_twice_is_one_event(m):
    m.qmp('cont')
    m.qmp('stop')
    m.event('STOP')
    m.qmp('stop')
    expect(not m.monitor.events and m.monitor.lines.is_silent(), 'a second STOP')


@case()
def events_have_a_time(m):
    m.qmp('system_reset')
    event = m.event('RESET')
    expect_equal(set(event), {'timestamp', 'event', 'data'})
    expect(event['timestamp']['seconds'] > 1_600_000_000 and 0 <= event['timestamp']['microseconds'] < 10**6, event)


@case(ours='QEMU 7.2 with a processor that stands still resets first')
def reset_comes_after_the_return(m):
    expect_equal(sent_after(m, 'system_reset'), ['return', 'RESET'])


@case()
def reset_of_a_host_says_so(m):
    m.qmp('system_reset')
    expect_equal(m.event('RESET')['data'], {'guest': False, 'reason': 'host-qmp-system-reset'})


@case()
def reset_keeps_memory(m):
    m.writeq(0x100000, 0x1122334455667788)
    m.qmp('system_reset')
    m.event('RESET')
    expect_equal(m.readq(0x100000), 0x1122334455667788)


@case()
def reset_of_a_paused_machine_stays_paused(m):
    m.qmp('cont')
    m.qmp('stop')
    m.qmp('system_reset')
    m.event('RESET')
    expect(m.status() in ('paused', 'prelaunch'), m.status())


@case()
def many_resets_at_once(m):
    for _ in range(20):
        m.qmp('system_reset')
    m.event('RESET')
    expect_equal(m.ask('inl 0x1234'), 'OK 0xffffffff')


@case(f'{PC} -no-reboot')
def no_reboot_ends_at_the_guests_reset(m):
    m.outb(0xcf9, 0x06)
    expect_equal(m.event('SHUTDOWN')['data'], {'guest': True, 'reason': 'guest-reset'})
    m.expect_exit(0)


@case(f'{ACTIONS} reboot=shutdown')
def action_reboot_shutdown(m):
    m.outb(0xcf9, 0x06)
    expect_equal(m.event('SHUTDOWN')['data'], {'guest': True, 'reason': 'guest-reset'})
    m.expect_exit(0)


@case()
def quit_ends_with_status_0_and_says_why(m):
    m.monitor.send({'execute': 'quit'})
    names = {}
    for _ in range(2):
        message = m.monitor.message()
        names[message.get('event', 'return')] = message.get('data')
    expect_equal(names, {'return': None, 'SHUTDOWN': {'guest': False, 'reason': 'host-qmp-quit'}})
    expect(m.monitor.lines.is_closed(), 'the connection')
    m.expect_exit(0)


@case()
def a_signal_is_a_reason(m):
    m.process.process.terminate()
    expect_equal(m.event('SHUTDOWN')['data'], {'guest': False, 'reason': 'host-signal'})
    m.expect_exit(0)


@case(f'{PC} -no-shutdown')
def quit_ends_in_spite_of_no_shutdown(m):
    m.qmp('quit')
    m.expect_exit(0)


@case()
def powerdown_is_an_event_only(m):
    m.qmp('system_powerdown')
    if not target.is_stock:
        m.event('POWERDOWN')
    expect_equal(m.ask('inl 0x1234'), 'OK 0xffffffff')


@case()
def wake_up_of_a_machine_that_is_awake_is_refused(m):
    expect_refused(m.qmp, 'system_wakeup')


@case(f'{PC} -device pvpanic')
def panic_is_told_and_ends_the_machine(m):
    expect_equal(m.inb(0x505) & 1, 1, 'what it can tell')
    needs_running()
    m.outb(0x505, 1)
    expect_equal(m.event('GUEST_PANICKED')['data']['action'], 'poweroff')
    m.expect_exit(0)


@case(f'{PC} -device pvpanic -no-shutdown')
def panic_without_shutdown_pauses(m):
    needs_running()
    m.outb(0x505, 1)
    m.event('GUEST_PANICKED')
    expect_equal(m.status(), 'guest-panicked')


PANIC = {
    # action=: what the event says, exit status or None when the process stays
    'none': ('run', None), 'pause': ('pause', None), 'shutdown': ('poweroff', 0),
    'exit-failure': ('poweroff', 1),
}


@case(None, each={action: (action, *row) for action, row in PANIC.items()})
def panic_does_what_was_asked(row):
    needs_running()
    action, told, status = row
    with start(f'{ACTIONS} panic={action} -device pvpanic') as m:
        m.outb(0x505, 1)
        expect_equal(m.event('GUEST_PANICKED')['data']['action'], told)
        if status is not None:
            m.expect_exit(status)


@case(f'{PC} -device pvpanic')
def guest_that_loaded_a_crash_kernel(m):
    expect_equal(m.inb(0x505) & 2, 2)
    m.outb(0x505, 2)
    needs_running()
    expect_equal(m.event('GUEST_CRASHLOADED')['data']['action'], 'run')


@case(f'{PC} -device isa-debug-exit,iobase=0xf4,iosize=4')
def debug_exit_has_an_odd_status(m):
    m.lines.send(b'outl 0xf4 0x10\n')
    m.expect_exit(0x21)


@case(f'{PC} --preconfig')
def preconfig_waits(m):
    expect(m.status() in ('preconfig', 'prelaunch'), m.status())
    m.qmp('x-exit-preconfig')
    expect_refused(m.qmp, 'x-exit-preconfig')


@case(f'{PC} -S')
def device_state_can_be_read_before_it_runs(m):
    expect_equal(Pci(m).device(0).id, 0x12378086)
