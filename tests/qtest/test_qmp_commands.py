# SPDX-License-Identifier: GPL-2.0-or-later
"""Every command of query-commands against query-qmp-schema: bad arguments are refused, replies conform.

No command is known here by name beyond the few whose behaviour has a case of its own.
"""

from case import PC, Refused, case, expect, expect_equal, expect_refused, start
from schema import Schema

NONE = '-machine none'
EXTRA = 'no-such-argument'


def schema_of(m):
    return Schema(m.qmp('query-qmp-schema'))


def commands_of(m):
    """All but the one that is over once there is a connection."""
    return sorted(row['name'] for row in m.qmp('query-commands') if row['name'] != 'qmp_capabilities')


def arguments_of(schema, command):
    """Name -> member."""
    entity = schema.entities[schema.of_kind('command')[command]['arg-type']]
    return {member['name']: member for member in entity['members']}


def expect_nothing(texts):
    expect(not texts, '\n'.join(map(str, texts)))


def refusal(m, command, arguments):
    """The error's text, None when the command was carried out."""
    reply = m.monitor.ask({'execute': command, 'arguments': arguments})
    return reply.get('error', {}).get('desc')


# ---- the schema ----

@case(NONE)
def schema_and_commands_name_the_same(m):
    schema = schema_of(m)
    expect_equal(sorted(set(schema.of_kind('command')) - {'qmp_capabilities'}), commands_of(m))


@case(NONE)
def schema_has_no_dangling_types(m):
    expect_nothing(schema_of(m).dangling())


@case(NONE)
def schema_describes_itself(m):
    schema = schema_of(m)
    reply = m.qmp('query-qmp-schema')
    expect_nothing(schema.wrong(reply, schema.entities['query-qmp-schema']['ret-type'], 'schema')[:5])


# ---- bad arguments, for every command ----

@case()
def argument_too_many_is_refused(m):
    schema, bad = schema_of(m), []
    for command in commands_of(m):
        good = {name: schema.good(member['type']) for name, member in arguments_of(schema, command).items()
                if 'default' not in member}
        if command == 'device_add':
            continue            # takes whatever the device takes
        text = refusal(m, command, {**good, EXTRA: 1})
        if text is None or EXTRA not in text and 'is missing' not in text:
            bad.append((command, text))
    expect_nothing(bad)


@case()
def missing_argument_is_refused_by_name(m):
    schema, bad = schema_of(m), []
    for command in commands_of(m):
        members = arguments_of(schema, command)
        good = {name: schema.good(member['type']) for name, member in members.items() if 'default' not in member}
        for name in good:
            text = refusal(m, command, {other: value for other, value in good.items() if other != name})
            if text is None or f"'{name}'" not in text:
                bad.append((command, name, text))
    expect_nothing(bad)


@case()
def argument_of_the_wrong_type_is_refused_by_name(m):
    schema, bad = schema_of(m), []
    for command in commands_of(m):
        members = arguments_of(schema, command)
        good = {name: schema.good(member['type']) for name, member in members.items() if 'default' not in member}
        for name, member in members.items():
            value = schema.bad(member['type'])
            if value == (None,) or command == 'device_add':
                continue            # device_add takes whatever the device takes
            text = refusal(m, command, {**good, name: value[0]})
            if text is None or name not in text and 'nvalid parameter' not in text:
                bad.append((command, name, value[0], text))
    expect_nothing(bad)


@case()
def arguments_that_are_no_object_are_refused(m):
    for command in commands_of(m):
        for value in ([], 'x', 1, None):
            reply = m.monitor.ask({'execute': command, 'arguments': value})
            expect_equal(reply['error']['desc'], "QMP input member 'arguments' must be an object", command)


# ---- good arguments ----

def queries(m, schema):
    """Commands that only ask and need no argument."""
    for command in commands_of(m):
        required = [name for name, member in arguments_of(schema, command).items() if 'default' not in member]
        if command.startswith(('query-', 'qom-list-types', 'x-query-')) and not required:
            yield command


@case(None, each={'machine none': NONE, 'pc': PC})
def replies_of_queries_conform(args):
    with start(args) as m:
        schema, bad = schema_of(m), []
        for command in queries(m, schema):
            try:
                reply = m.qmp(command)
            except Refused as refused:
                expect_equal(refused.error['class'] in ('GenericError', 'DeviceNotActive'), True, command)
                continue
            bad += schema.wrong(reply, schema.entities[command]['ret-type'], command)[:3]
        expect_nothing(bad)


@case()
def events_conform(m):
    schema = schema_of(m)
    m.qmp('stop')
    m.qmp('cont')
    m.qmp('system_reset')
    m.event('RESET')
    for event in m.monitor.events:
        entity = schema.of_kind('event')[event['event']]
        expect_nothing(schema.wrong(event.get('data', {}), entity['arg-type'], event['event']))
        expect(set(event['timestamp']) == {'seconds', 'microseconds'}, event)


# ---- single commands ----

@case(f'{PC} -name guest=box -uuid 00112233-4455-6677-8899-aabbccddeeff')
def name_and_uuid(m):
    expect_equal(m.qmp('query-name'), {'name': 'box'})
    expect_equal(m.qmp('query-uuid'), {'UUID': '00112233-4455-6677-8899-aabbccddeeff'})


@case(NONE)
def machines_have_what_clients_ask_for(m):
    machines = {row['name']: row for row in m.qmp('query-machines')}
    pc = next(row for row in machines.values() if row.get('alias') == 'pc')
    expect(pc['name'].startswith('pc-i440fx-'), pc)
    expect(pc['cpu-max'] >= 1 and isinstance(pc['hotpluggable-cpus'], bool), pc)
    expect('none' in machines, machines)


@case(f'{PC} -smp 3')
def processors(m):
    cpus = m.qmp('query-cpus-fast')
    expect_equal([cpu['cpu-index'] for cpu in cpus], [0, 1, 2])
    for cpu in cpus:
        expect(m.qmp('qom-get', path=cpu['qom-path'], property='type').endswith('x86_64-cpu'), cpu)


@case(f'{PC} -chardev null,id=one -chardev ringbuf,id=two,size=16')
def chardevs(m):
    labels = {row['label'] for row in m.qmp('query-chardev')}
    expect({'one', 'char0'} <= labels, labels)


@case(f'{PC} -object memory-backend-ram,id=mem,size=1M')
def memory_devices(m):
    rows = m.qmp('query-memdev')
    expect(any(row.get('id') == 'mem' and row['size'] == 1 << 20 for row in rows), rows)


@case()
def pci_devices(m):
    buses = m.qmp('query-pci')
    found = {(row['slot'], row['function']): (row['id']['vendor'], row['id']['device']) for row in buses[0]['devices']}
    expect_equal(found[(0, 0)], (0x8086, 0x1237))
    expect_equal(found[(1, 0)], (0x8086, 0x7000))


@case()
def objects_come_and_go(m):
    m.qmp('object-add', {'qom-type': 'memory-backend-ram', 'id': 'm0', 'size': 65536})
    expect_equal(m.qmp('qom-get', path='/objects/m0', property='size'), 65536)
    expect_refused(m.qmp, 'object-add', {'qom-type': 'memory-backend-ram', 'id': 'm0', 'size': 65536})
    m.qmp('object-del', id='m0')
    expect_refused(m.qmp, 'object-del', id='m0')
    expect_refused(m.qmp, 'qom-get', path='/objects/m0', property='size')


@case(each={'no type': {'qom-type': 'nope', 'id': 'a'}, 'no object': {'qom-type': 'pci-testdev', 'id': 'a'},
            'bad id': {'qom-type': 'memory-backend-ram', 'id': '1a', 'size': 4096},
            'no size': {'qom-type': 'memory-backend-ram', 'id': 'a'},
            'unknown property': {'qom-type': 'memory-backend-ram', 'id': 'a', 'size': 4096, 'foo': 1}})
def bad_objects_are_refused(m, arguments):
    expect_refused(m.qmp, 'object-add', arguments)


@case(each={'no driver': {'driver': 'nope'}, 'abstract': {'driver': 'pci-device'}, 'no device': {'driver': 'container'},
            'unknown property': {'driver': 'pci-testdev', 'foo': 1},
            'bad slot': {'driver': 'pci-testdev', 'addr': '99'},
            'slot taken': {'driver': 'pci-testdev', 'addr': '0'}, 'no bus': {'driver': 'pci-testdev', 'bus': 'nope'},
            'bad id': {'driver': 'pci-testdev', 'id': '1a'}, 'part of the board': {'driver': 'i440FX'}})
def bad_devices_are_refused(m, arguments):
    expect_refused(m.qmp, 'device_add', arguments)
    expect_equal(m.ask('inl 0x1234'), 'OK 0xffffffff')


@case()
def unknown_devices_cannot_be_removed(m):
    error = expect_refused(m.qmp, 'device_del', id='nope')
    expect_equal(error['class'], 'DeviceNotFound')


@case()
def properties_are_read_listed_and_written(m):
    expect(any(row['name'] == 'unattached' for row in m.qmp('qom-list', path='/machine')), 'machine')
    expect_equal(m.qmp('qom-get', path='/machine', property='type').endswith('-machine'), True)
    expect_refused(m.qmp, 'qom-get', path='/machine', property='nope')
    expect_refused(m.qmp, 'qom-list', path='/nope')
    expect_refused(m.qmp, 'qom-set', path='/machine', property='type', value='x')


@case()
def human_monitor_answers(m):
    for line in ('info status', 'info pci', 'info qtree', 'info qom-tree', 'info mtree', 'info registers', 'help',
                 'info version'):
        expect(m.hmp(line), line)
    expect('VM status' in m.hmp('info status'), 'status')
    expect('unknown command' in m.hmp('frobnicate'), 'an unknown command')
