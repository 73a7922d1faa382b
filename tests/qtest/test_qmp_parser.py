# SPDX-License-Identifier: GPL-2.0-or-later
"""QMP as a stream of bytes: negotiation, what ends a message, errors and how the parser goes on, ids, order, oob."""

import json

from case import PC, case, expect, expect_equal, expect_error, start

NONE = '-machine none'
PARSE_ERROR = 'JSON parse error'

# Lexical errors are answered at once, with no newline sent; what follows the error resynchronises.
LEXICAL = {
    'byte FF outside a string': b'{\xff', 'control character': b'{\x01', 'byte FF in a string': b"{'bad \xff",
    'newline in a string': b"{'execute': 'nonexistent', 'id':'\n", 'interpolation': b'%p',
    'byte F8': b'{\xf8',
    'minus alone': b'{"a": - ', 'two dots': b'{"a": 1.2.', 'carriage return in a string': b"{'a': '\r",
    'ampersand': b'&', 'backslash outside a string': b'{\\',
}
SYNTAX = {
    'closing bracket': b'{]\n', 'no value': b'{"execute": }\n', 'no colon': b'{"execute" "quit"}\n',
    'key is a number': b'{1: 2}\n',
    'comma too many': b'{"execute": "quit",}\n', 'no comma': b'{"execute": "quit" "id": 1}\n',
    'closing brace': b'}\n',
    'brackets crossed': b'[{]}\n', 'unknown word': b'{"execute": nope}\n',
    'capital literal': b'{"execute": True}\n',
    'unknown escape': b"{'a': '\\z'}\n", 'bad digits of \\u': b"{'a': '\\u12x0'}\n",
    'stray byte of UTF-8': b"{'a': '\x80'}\n",
    'lone surrogate': b"{'a': '\\ud800'}\n", 'letter in a number': b'{"a": 1x}\n',
    'twice the same key': b'{"execute": "a", "execute": "b"}\n',
}
# What is no command object, and the text of the error.
MALFORMED = {
    'null': ('null\n', 'QMP input must be a JSON object'),
    'true': ('true\n', 'QMP input must be a JSON object'),
    'a number': ('42\n', 'QMP input must be a JSON object'),
    'a string': ('"quit"\n', 'QMP input must be a JSON object'),
    'an array': ('[]', 'QMP input must be a JSON object'),
    'nothing in it': ('{}', "QMP input lacks member 'execute'"),
    'execute is no string': ('{"execute": true}', "QMP input member 'execute' must be a string"),
    'execute is null': ('{"execute": null}', "QMP input member 'execute' must be a string"),
    'arguments are no object': ('{"execute": "no-such-cmd", "arguments": []}', "QMP input member 'arguments' must be an object"),
    'a member too many': ('{"execute": "no-such-cmd", "extra": true}', "QMP input member 'extra' is unexpected"),
    'only an id': ('{"id": 7}', "QMP input lacks member 'execute'"),
}


def raw(m, data):
    """Send bytes; the reply."""
    m.monitor.lines.send(data)
    return m.monitor.response()


def expect_works(m):
    """The very next command is understood, and nothing else was said."""
    expect_error(raw(m, b'{"execute": "no-such-cmd"}'), 'The command no-such-cmd has not been found', 'CommandNotFound')
    expect(m.monitor.lines.is_silent(0.02), 'one message too many')


def expect_parse_error(reply):
    error = reply.get('error', {})
    expect(error.get('class') == 'GenericError' and error['desc'].startswith(PARSE_ERROR), reply)


# ---- negotiation ----

@case(None)
def greeting_says_version_and_capabilities():
    with start(NONE, connect_qmp=False) as m:
        greeting = m.monitor.message()
        expect_equal(list(greeting), ['QMP'])
        expect_equal(set(greeting['QMP']['version']['qemu']), {'major', 'minor', 'micro'})
        expect(isinstance(greeting['QMP']['version']['package'], str), greeting)
        expect('oob' in greeting['QMP']['capabilities'], greeting)


@case(None)
def commands_before_negotiation_are_refused():
    with start(NONE, connect_qmp=False) as m:
        m.monitor.message()
        for command in ('query-version', 'quit', 'no-such-cmd'):
            expect_error(m.monitor.ask({'execute': command}),
                         "Expecting capabilities negotiation with 'qmp_capabilities'", 'CommandNotFound')
        expect_equal(m.monitor.ask({'execute': 'qmp_capabilities'}), {'return': {}})
        expect('return' in m.monitor.ask({'execute': 'query-version'}), 'after it')


@case(None)
def malformed_messages_before_negotiation():
    with start(NONE, connect_qmp=False) as m:
        m.monitor.message()
        for text, error in MALFORMED.values():
            if 'no-such-cmd' not in text:
                expect_error(raw(m, text.encode()), error)
        expect_equal(m.monitor.ask({'execute': 'qmp_capabilities'}), {'return': {}})


@case(NONE)
def second_negotiation_is_refused(m):
    expect_equal(m.monitor.ask({'execute': 'qmp_capabilities'})['error']['class'], 'CommandNotFound')


@case(None, each={'unknown': ['nope'], 'known and unknown': ['oob', 'nope']})
def unknown_capabilities_leave_it_unnegotiated(names):
    with start(NONE, connect_qmp=False) as m:
        m.monitor.message()
        reply = m.monitor.ask({'execute': 'qmp_capabilities', 'arguments': {'enable': names}})
        expect_equal(reply['error']['class'], 'GenericError')
        expect_equal(m.monitor.ask({'execute': 'query-version'})['error']['class'], 'CommandNotFound')
        expect_equal(m.monitor.ask({'execute': 'qmp_capabilities', 'arguments': {'enable': ['oob']}}), {'return': {}})


@case(NONE)
def replies_are_one_line_each_that_ends_in_crlf(m):
    connection = m.monitor.lines.socket
    connection.sendall(b'{"execute": "query-version"}')
    data = b''
    while not data.endswith(b'\n'):
        data += connection.recv(4096)
    expect(data.endswith(b'}\r\n') and data.count(b'\n') == 1, data)
    json.loads(data)


# ---- what ends a message ----

@case(NONE)
def a_message_ends_when_its_braces_balance(m):
    expect('return' in raw(m, b'{"execute": "query-version"}'), 'no newline was sent')


@case(NONE)
def a_literal_ends_at_the_newline(m):
    m.monitor.lines.send(b'null')
    expect(m.monitor.lines.is_silent(), 'before the newline')
    expect_error(raw(m, b'\n'), 'QMP input must be a JSON object')


@case(NONE)
def a_message_may_come_byte_by_byte(m):
    for byte in b'{"execute": "query-version", "id": "slow"}':
        m.monitor.lines.socket.sendall(bytes([byte]))
    expect_equal(m.monitor.response()['id'], 'slow')


@case(NONE)
def many_messages_may_come_at_once(m):
    count = 500
    m.monitor.lines.send(b''.join(b'{"execute":"query-name","id":%d}' % n for n in range(count)))
    expect_equal([m.monitor.response()['id'] for _ in range(count)], list(range(count)))


@case(NONE)
def white_space_is_ignored(m):
    expect('return' in raw(m, b'\r\n\t {\r\n "execute"\t:\r"query-version"\n}'), 'a command')
    m.monitor.lines.send(b'\r\n   \n')
    expect(m.monitor.lines.is_silent(0.05), 'white space alone')


@case(NONE)
def single_quotes_are_quotes(m):
    expect_equal(raw(m, b"{'execute': 'query-version', 'id': 'a\"b'}")['id'], 'a"b')


@case(NONE)
def escapes_in_strings(m):
    reply = raw(m, b'{"execute": "query-version", "id": "\\u00e9\\n\\t\\"\\\\\\/\\ud834\\udd1e"}')
    expect_equal(reply['id'], 'é\n\t"\\/\U0001d11e')


# ---- errors ----

@case(NONE, each=LEXICAL)
def lexical_error_is_answered_at_once_and_forgotten(m, data):
    expect_parse_error(raw(m, data))
    m.monitor.lines.send(b'\n')
    expect_works(m)


@case(NONE)
def several_lexical_errors_one_after_the_other(m):
    for data in (b'{\xff', b'{\x01', b"{'bad \xff", b"{'execute': 'nonexistent', 'id':'\n", b'%p'):
        expect_parse_error(raw(m, data))
        m.monitor.lines.send(b'\n')
        expect_works(m)


@case(NONE)
def the_rest_of_a_bad_message_is_skipped(m):
    expect_parse_error(raw(m, b'{ "a": %d rest of it'))
    m.monitor.lines.send(b'\n')             # a control character ends the skipping
    expect_works(m)


@case(NONE, each=SYNTAX)
def syntax_error_is_answered_and_forgotten(m, data):
    m.monitor.lines.send(data)
    expect_parse_error(m.monitor.response())
    while not m.monitor.lines.is_silent(0.05):
        expect_parse_error(m.monitor.response())
    expect_works(m)


@case(NONE, each=MALFORMED)
def malformed_commands_are_named(m, row):
    text, error = row
    expect_error(raw(m, text.encode()), error)
    expect_works(m)


@case(NONE)
def a_message_nested_too_deep_is_refused(m):
    expect_equal(raw(m, b'[' * 1025)['error']['class'], 'GenericError')
    while not m.monitor.lines.is_silent(0.1):
        m.monitor.response()
    expect_works(m)


@case(NONE, ours='QEMU 7.2 refuses it without naming a number')
def a_token_of_megabytes_does_no_harm(m):
    m.monitor.lines.send(b'{"execute": "' + b'x' * (17 << 20) + b'"}\n')
    expect('error' in m.monitor.response(), 'a word of 17 MiB')
    while not m.monitor.lines.is_silent(0.1):
        m.monitor.response()
    expect_works(m)


# ---- ids and order ----

@case(NONE, each={'number': 5, 'string': 'x', 'null': None, 'object': {'a': [1, 2]}, 'array': [1, {}],
                  'float': 1.5, 'true': True})
def id_comes_back_as_it_was(m, value):
    for message in ({'execute': 'query-version'}, {'execute': 'no-such-cmd'}, {'id': 0}):
        reply = m.monitor.ask({**message, 'id': value})
        expect('id' in reply and reply['id'] == value, reply)


@case(NONE)
def no_id_no_id(m):
    expect('id' not in m.monitor.ask({'execute': 'query-version'}), 'an id nobody gave')


@case(NONE)
def errors_keep_their_place_in_the_queue(m):
    m.monitor.lines.send(b"{'execute': 'query-version', 'id': 1} {'id': 2} {'execute': 'query-name', 'id': 3} "
                         b"{'execute': 'nope', 'id': 4}")
    replies = [m.monitor.response() for _ in range(4)]
    expect_equal([(reply['id'], 'error' in reply) for reply in replies], [(1, False), (2, True), (3, False), (4, True)])


# ---- out of band ----

@case(NONE)
def exec_oob_needs_the_capability(m):
    reply = m.monitor.ask({'exec-oob': 'query-version', 'id': 1})
    expect_equal(reply['error']['class'], 'GenericError')
    expect_equal(reply['id'], 1)


@case(None)
def exec_oob_is_for_commands_that_allow_it():
    with start(NONE, connect_qmp=False) as m:
        m.monitor.negotiate('oob')
        reply = m.monitor.ask({'exec-oob': 'query-cpus-fast', 'id': 2})
        expect_equal((reply['error']['class'], reply['id']), ('GenericError', 2))
        expect('return' in m.monitor.ask({'execute': 'query-version'}), 'in-band')


@case(None)
def both_ways_to_execute_are_one_too_many():
    with start(NONE, connect_qmp=False) as m:
        m.monitor.negotiate('oob')
        reply = m.monitor.ask({'execute': 'query-version', 'exec-oob': 'query-version'})
        expect_equal(reply['error']['class'], 'GenericError')


# ---- connections ----

@case(None)
def a_client_that_leaves_in_the_middle_of_a_message():
    with start(PC) as m:
        m.monitor.lines.send(b'{"execute": "query-')
        m.monitor.lines.socket.close()
        expect_equal(m.ask('inl 0x1234'), 'OK 0xffffffff')


@case(None)
def a_command_that_may_be_out_of_band_is_run():
    with start(NONE, connect_qmp=False) as m:
        m.monitor.negotiate('oob')
        reply = m.monitor.ask({'exec-oob': 'migrate-pause', 'id': 'oob-1'})
        expect_equal(reply['id'], 'oob-1')
        expect_error({'error': reply['error']},
                     'migrate-pause is currently only supported during postcopy-active or postcopy-recover state')
        schema = m.qmp('query-qmp-schema')
        expect_equal([row['name'] for row in schema if row.get('allow-oob')], ['migrate-pause'])
