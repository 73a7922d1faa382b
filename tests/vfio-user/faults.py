# SPDX-License-Identifier: GPL-2.0-or-later
"""Faults: which message they wait for, and what becomes of its reply.

    when=command:REGION_READ,nth=3,do=errno:5

nth counts the messages that match: 3 is the third only, 3+ the third and all later; without it every one.
"""

import os
import struct
import time

import irqs
import wire

WHEN = ('any', 'command', 'region', 'index')


class FaultError(Exception):
    """A specification that says nothing we know."""


class Dies(Exception):
    """The server shall end now, as one that crashed."""


class Delivery:
    """A reply on its way out, with everything a fault may do to it."""

    def __init__(self, reply):
        self.reply, self.extra, self.most = reply, b'', None
        self.send, self.repeat = True, 1
        self.behind = None              # exception that ends the server, or its connection

    def through(self, connection):
        if self.send:
            for _ in range(self.repeat):
                connection.send(self.reply, self.extra, self.most)
        self.reply.close_fds()
        if self.behind:
            raise self.behind


# ---- what a fault does: (device, delivery, words) ----

def do_errno(device, delivery, words):
    """The request has been carried out, as far as it was; only the answer is an error."""
    request = delivery.reply
    request.close_fds()
    delivery.reply = wire.Message(request.command, b'', (), request.id, wire.TYPE_REPLY | wire.FLAG_ERROR)
    delivery.reply.error = wire.errno_of(words[0])


def do_slow(device, delivery, words):
    time.sleep(int(words[0]) / 1000)


def do_no_reply(device, delivery, words):
    delivery.send = False


def do_short(device, delivery, words):
    """A consistent message whose payload lacks its last bytes."""
    delivery.reply.payload = delivery.reply.payload[:max(0, len(delivery.reply.payload) - int(words[0], 0))]


def do_oversized(device, delivery, words):
    delivery.reply.payload += bytes(int(words[0], 0))


def do_extra(device, delivery, words):
    """Bytes behind the message that belong to no message."""
    delivery.extra = b'\xa5' * int(words[0], 0)


def do_header(field):
    def change(device, delivery, words):
        setattr(delivery.reply, field, int(words[0], 0))
    return change


def do_patch(device, delivery, words):
    """Bytes of the payload become others: patch:OFFSET:HEX."""
    at, data = int(words[0], 0), bytes.fromhex(words[1])
    payload = delivery.reply.payload
    delivery.reply.payload = payload[:at].ljust(at, b'\0') + data + payload[at + len(data):]


def do_garbage(device, delivery, words):
    delivery.extra, delivery.most = b'\xff' * 64, 0


def do_fds(device, delivery, words):
    """This many descriptors more than belong to the reply."""
    delivery.reply.fds += [os.open('/dev/null', os.O_RDWR | os.O_CLOEXEC) for _ in range(int(words[0], 0))]


def do_no_fd(device, delivery, words):
    delivery.reply.close_fds()


def do_twice(device, delivery, words):
    delivery.repeat = 2


def end_at(delivery, words, end):
    """before (the default) the reply, after it, or in the middle of it."""
    how = words[0] if words else 'before'
    delivery.behind = end
    delivery.send = how != 'before'
    if how == 'middle':
        delivery.most = (wire.HEADER.size + len(delivery.reply.payload)) // 2


def do_die(device, delivery, words):
    end_at(delivery, words, Dies())


def do_hangup(device, delivery, words):
    """The connection ends, the server does not: with --keep there can be another."""
    end_at(delivery, words, ConnectionResetError('hung up on purpose'))


def do_truncate(device, delivery, words):
    """Cut the memory behind a region: truncate:REGION[:BYTES]."""
    region = next((region for region in device.regions if region.index == int(words[0], 0)), None)
    if region and region.memory:
        region.memory.truncate(int(words[1], 0) if len(words) > 1 else 0)


def do_irq(device, delivery, words):
    """Raise an interrupt just before the reply: irq:msi[:N]."""
    device.raise_irq(words[0], int(words[1], 0) if len(words) > 1 else 0)


def do_request(device, delivery, words):
    """A command of our own before the reply: request:COMMAND[:HEX]; its answer is not waited for."""
    command = wire.COMMANDS.get(words[0]) or int(words[0], 0)
    message = wire.Message(command, bytes.fromhex(words[1]) if len(words) > 1 else b'', (), 0x7ead)
    device.unanswered.add((message.id, message.command))
    device.connection.send(message)


def do_dma(device, delivery, words):
    """A DMA_READ wherever the words say, before the reply: dma:ADDRESS:BYTES."""
    address, count = int(words[0], 0), int(words[1], 0)
    do_request(device, delivery, ['DMA_READ', struct.pack('<QQ', address, count).hex()])


def count(word):
    if int(word, 0) < 0:
        raise ValueError


def moment(word):
    if word not in ('before', 'middle', 'after'):
        raise ValueError


def line(word):
    irqs.NAMES.index(word)


def command(word):
    return wire.COMMANDS.get(word) or count(word)


DO = {
    # name             what the words are, how many of them may be missing, function
    'errno':          ((wire.errno_of,), 0, do_errno),
    'slow':           ((count,), 0, do_slow),                   # milliseconds
    'noreply':        ((), 0, do_no_reply),
    'short':          ((count,), 0, do_short),                  # bytes that are missing
    'oversized':      ((count,), 0, do_oversized),              # bytes more, in the header's size too
    'extra':          ((count,), 0, do_extra),                  # bytes more, not in the header's size
    'size':           ((count,), 0, do_header('size')),
    'command':        ((count,), 0, do_header('command')),
    'id':             ((count,), 0, do_header('id')),
    'flags':          ((count,), 0, do_header('flags')),
    'patch':          ((count, bytes.fromhex), 0, do_patch),
    'garbage':        ((), 0, do_garbage),
    'fds':            ((count,), 0, do_fds),
    'nofd':           ((), 0, do_no_fd),
    'twice':          ((), 0, do_twice),
    'die':            ((moment,), 1, do_die),
    'hangup':         ((moment,), 1, do_hangup),
    'truncate':       ((count, count), 1, do_truncate),
    'irq':            ((line, count), 1, do_irq),
    'request':        ((command, bytes.fromhex), 1, do_request),
    'dma':            ((count, count), 0, do_dma),
}


class Fault:
    """spec: text as above, or the keys of a [[fault]] row joined the same way."""

    def __init__(self, spec):
        self.spec, self.seen = spec, 0
        parts = dict(part.partition('=')[::2] for part in spec.split(','))
        if unknown := set(parts) - {'when', 'nth', 'do'}:
            raise FaultError(f'"{sorted(unknown)[0]}" is no part of a fault; parts are when=, nth= and do=')
        self.kind, _, self.wanted = parts.get('when', 'any').partition(':')
        self._parse_when()
        self._parse_nth(parts.get('nth', '1+'))
        self.verb, *self.words = parts.get('do', '').split(':')
        self._check_do()

    def _parse_when(self):
        if self.kind not in WHEN or (self.kind == 'any') == bool(self.wanted):
            raise FaultError(f'when={self.kind}: write any, command:NAME, region:N or index:N')
        if self.kind == 'command':
            self.wanted = wire.COMMANDS.get(self.wanted, self.wanted)
        if self.wanted and not isinstance(self.wanted, int):
            self.wanted = self._number(self.wanted, f'when={self.kind}')

    def _parse_nth(self, word):
        self.onwards = word.endswith('+')
        self.nth = self._number(word.rstrip('+'), 'nth')
        if self.nth < 1:
            raise FaultError(f'nth={word}: messages are counted from 1')

    def _number(self, word, what):
        try:
            return int(word, 0)
        except ValueError:
            names = f', or a command: {", ".join(wire.COMMANDS)}' if self.kind == 'command' else ''
            raise FaultError(f'{what}: "{word}" is no number{names}') from None

    def _check_do(self):
        if self.verb not in DO:
            raise FaultError(f'do={self.verb}: write one of {", ".join(DO)}')
        kinds, missing, _ = DO[self.verb]
        if not len(kinds) - missing <= len(self.words) <= len(kinds):
            raise FaultError(f'do={self.verb} takes {len(kinds) - missing} to {len(kinds)} words with colons')
        for kind, word in zip(kinds, self.words):
            try:
                kind(word)
            except ValueError:
                raise FaultError(f'do={self.verb}: "{word}" is not what is wanted here') from None

    def strikes(self, message, fields):
        """fields: what was decoded of the message."""
        value = {'any': None, 'command': message.command}.get(self.kind, fields.get(self.kind))
        if self.kind != 'any' and value != self.wanted:
            return False
        self.seen += 1
        return self.seen == self.nth or self.onwards and self.seen > self.nth

    def apply(self, device, delivery):
        DO[self.verb][2](device, delivery, self.words)
