# SPDX-License-Identifier: GPL-2.0-or-later
"""-machine none: no memory, no processor, no firmware, and still somebody to ask."""

from case import case, expect, expect_equal, expect_refused, run_emulator

NONE = '-machine none'


@case(NONE)
def nothing_is_there(m):
    expect_equal(m.qmp('query-cpus-fast'), [])
    expect_equal(m.qmp('query-memdev'), [])


@case(NONE)
def machines_and_devices_are_listed(m):
    names = {row['name'] for row in m.qmp('query-machines')}
    expect('none' in names and any(name.startswith('pc-i440fx-') for name in names), names)
    devices = {row['name'] for row in m.qmp('qom-list-types', implements='device', abstract=False)}
    expect({'vfio-pci', 'isa-serial'} <= devices, devices)


@case(NONE, ours='QEMU 7.2 dies: it has no processor to ask')
def memory_and_ports_are_nobodys(m):
    nobody = m.readq(0)
    m.writeq(0x1000, 0x1234)
    expect_equal((m.readq(0x1000), m.readq(0xfffffff0)), (nobody, nobody))


@case(NONE)
def it_resets_stops_and_goes_on(m):
    m.qmp('stop')
    m.qmp('cont')
    m.qmp('system_reset')
    m.event('RESET')


@case(NONE)
def devices_have_no_bus(m):
    expect_refused(m.qmp, 'device_add', driver='pci-testdev')


@case(f'{NONE} -vnc 127.0.0.1:50,to=99')
def viewers_are_served(m):
    expect(m.qmp('query-vnc')['enabled'], 'no server')


@case(f'{NONE} -object memory-backend-ram,id=m0,size=1M')
def objects_need_no_machine(m):
    expect_equal(m.qmp('qom-get', path='/objects/m0', property='size'), 1 << 20)


@case(None)
def a_machine_that_is_none_of_ours_is_refused():
    status, _, err = run_emulator('-machine nope -display none'.split())
    expect(status == 1 and 'unsupported machine type' in err, err)


@case('-M none -M none')
def a_second_option_merges(m):
    expect_equal(m.qmp('query-cpus-fast'), [])
