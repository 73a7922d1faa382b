# SPDX-License-Identifier: GPL-2.0-or-later
"""Every class the emulator advertises: its properties are listed, its help is printed, and adding one never kills."""

from case import (PC, Failure, case, expect, expect_equal, expect_refused, run_emulator, start, type_names)

NONE = '-machine none'
DIES = 'QEMU 7.2 dies of some'


@case(NONE)
def types_have_names_and_parents(m):
    rows = m.qmp('qom-list-types')
    names = [row['name'] for row in rows]
    expect_equal(len(names), len(set(names)), 'names are unique')
    parents = {row['name']: row.get('parent') for row in rows}
    for name, parent in parents.items():
        seen = set()
        while parent in parents and parent not in seen:
            seen.add(parent)
            parent = parents[parent]
        expect(parent not in seen, f'{name}: its ancestors are a circle')


@case(NONE)
def lists_by_ancestor_are_parts_of_the_whole(m):
    every = {row['name'] for row in m.qmp('qom-list-types', abstract=True)}
    concrete = {row['name'] for row in m.qmp('qom-list-types', abstract=False)}
    devices = {row['name'] for row in m.qmp('qom-list-types', implements='device', abstract=False)}
    expect(devices <= concrete <= every, devices - every)
    expect_equal(m.qmp('qom-list-types', implements='no-such-type'), [])


@case(NONE)
def abstract_types_say_so(m):
    rows = {row['name']: row for row in m.qmp('qom-list-types', implements='device', abstract=True)}
    expect(rows['device'].get('abstract') is True, rows['device'])


@case(NONE, ours=DIES)
def every_device_lists_its_properties(m):
    for name in type_names('device'):
        rows = m.qmp('device-list-properties', typename=name)
        expect(all(isinstance(row['name'], str) and row['type'] for row in rows), name)
        names = [row['name'] for row in rows]
        expect_equal(len(names), len(set(names)), f'{name}: {names}')


@case(NONE, ours=DIES)
def every_type_lists_its_properties(m):
    for row in m.qmp('qom-list-types'):
        m.monitor.ask({'execute': 'qom-list-properties', 'arguments': {'typename': row['name']}})
    expect_equal(m.ask('endianness'), 'OK little')


@case(NONE)
def properties_of_no_device_are_refused(m):
    error = expect_refused(m.qmp, 'device-list-properties', typename='nope')
    expect_equal(error['class'], 'DeviceNotFound')
    expect_equal(expect_refused(m.qmp, 'device-list-properties', typename='container')['class'], 'GenericError')
    expect_equal(expect_refused(m.qmp, 'device-list-properties', typename='device')['class'], 'GenericError')


@case(None, ours=DIES)
def help_of_every_device_ends_well():
    for name in type_names('device'):
        status, out, err = run_emulator(['-display', 'none', '-device', f'{name},help'])
        expect(status in (0, 1), f'-device {name},help: status {status}: {err}')
        expect(status == 1 or out or err, f'-device {name},help says nothing')


@case(None)
def help_of_every_object_ends_well():
    for name in type_names('user-creatable'):
        status, _, err = run_emulator(['-display', 'none', '-object', f'{name},help'])
        expect(status in (0, 1), f'-object {name},help: status {status}: {err}')


@case(None)
def adding_any_device_with_defaults_answers():
    for name in type_names('device'):
        try:
            with start() as m:
                m.monitor.ask({'execute': 'device_add', 'arguments': {'driver': name, 'id': 'x'}})
                expect_equal(m.ask('inl 0x1234'), 'OK 0xffffffff')
                m.monitor.ask({'execute': 'device_del', 'arguments': {'id': 'x'}})
        except Failure as failure:
            raise Failure(f'after device_add of {name}: {failure}') from failure


@case(None, ours=DIES)
def every_device_on_the_command_line_is_refused_or_works():
    for name in type_names('device'):
        try:
            with start(f'{PC} -device {name}') as m:
                expect_equal(m.ask('inl 0x1234'), 'OK 0xffffffff')
        except Failure as failure:
            expect(', status 1; it said: ' in str(failure), f'-device {name}: {failure}')


@case(None)
def adding_any_object_with_defaults_answers():
    for name in type_names('user-creatable'):
        with start() as m:
            m.monitor.ask({'execute': 'object-add', 'arguments': {'qom-type': name, 'id': 'x'}})
            expect_equal(m.ask('inl 0x1234'), 'OK 0xffffffff')
            m.monitor.ask({'execute': 'object-del', 'arguments': {'id': 'x'}})


def walk(m, path):
    """Every object of the tree below path: (path, rows of qom-list)."""
    rows = m.qmp('qom-list', path=path or '/')
    yield path or '/', rows
    for row in rows:
        if row['type'].startswith('child<'):
            yield from walk(m, f'{path}/{row["name"]}')


@case('-machine pc -m 64')
def every_property_of_every_object_is_readable_or_refused(m):
    count = 0
    for path, rows in walk(m, ''):
        for row in rows:
            m.monitor.ask({'execute': 'qom-get', 'arguments': {'path': path, 'property': row['name']}})
            count += 1
    expect(count > 50, f'{count} properties')
    expect_equal(m.ask('inl 0x1234'), 'OK 0xffffffff')


@case('-machine pc -m 64')
def links_lead_to_objects(m):
    for path, rows in walk(m, ''):
        for row in rows:
            if row['type'].startswith('link<'):
                where = m.qmp('qom-get', path=path, property=row['name'])
                expect(where == '' or m.qmp('qom-list', path=where) is not None, f'{path}.{row["name"]}: {where}')


@case('-machine pc -m 64')
def setting_any_property_to_odd_values_answers(m):
    for path, rows in walk(m, '/machine'):
        for row in rows:
            if row['type'].startswith(('child<', 'link<')) or row['name'] in ('realized',):
                continue
            for value in ({}, 'no such value'):
                m.monitor.ask({'execute': 'qom-set',
                               'arguments': {'path': path, 'property': row['name'], 'value': value}})
    expect_equal(m.ask('inl 0x1234'), 'OK 0xffffffff')


@case('-machine pc -m 64')
def trees_of_the_human_monitor(m):
    for command in ('info qtree', 'info qom-tree', 'info mtree', 'info pci'):
        expect(len(m.hmp(command).splitlines()) > 3, command)

