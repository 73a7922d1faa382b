# SPDX-License-Identifier: GPL-2.0-or-later
"""VNC: who is let in, and that no client, however bad, holds up the machine."""

import contextlib
import os
import socket
import struct
import time

import rfb
from case import case, expect, expect_equal
from qtest import Refused, scratch_path, wait_until
from vnc import WORDS, expect_prompt, served, viewer

HANDSHAKE = 10              # seconds a client has to be let in
MANY = 32                   # clients, at most


# ---- who is let in ----

def refused(path, security, version=b'RFB 003.008\n'):
    """Why a client that chooses this security type is not let in."""
    client = rfb.Rfb(path)
    try:
        client.version(version)
        expect_equal(client.security_types(), [rfb.VNC_AUTH])
        client.send(bytes([security]))
        if security == rfb.NONE:
            return client.is_closed()
        client.recv(16)
        client.send(bytes(16))
        reason = client.result()
        return reason and client.is_closed()
    finally:
        client.close()


@case(None)
def wrong_passwords():
    with served(',password=on') as (m, path):
        expect_equal(m.qmp('query-vnc')['auth'], 'vnc')
        expect(refused(path, rfb.VNC_AUTH), 'let in before there was a password')
        m.qmp('set_password', protocol='vnc', password='secret')
        m.qmp('change-vnc-password', password='secret')
        expect(refused(path, rfb.VNC_AUTH), 'let in with a wrong password')
        expect(refused(path, rfb.NONE), 'let in without a password')
        expect_equal(m.hmp('expire_password vnc never'), '')
        expect_equal(m.hmp('set_password vnc other'), '')
        expect_equal(m.hmp('set_password vnc third -d default keep'), '')
        for line in ('set_password', 'set_password vnc', 'set_password vnc a b', 'set_password foo a', 'expire_password vnc x',
                     'set_password vnc a -d nosuch', 'set_password vnc a fail', 'expire_password vnc now keep'):
            expect(m.hmp(line).startswith('Error: '), f'{line}: {m.hmp(line)}')
        m.qmp('set_password', protocol='vnc', password='secret')
        m.qmp('expire_password', protocol='vnc', time='now')
        expect(refused(path, rfb.VNC_AUTH), 'let in after the end')
        for end in 'never', '+30', '1':
            m.qmp('expire_password', protocol='vnc', time=end)
        expect_refusal(m, "Invalid parameter 'connected'", 'set_password', protocol='vnc', password='x', connected='fail')
        expect_refusal(m, 'SPICE is not in use', 'set_password', protocol='spice', password='x')


def expect_refusal(m, text, command, **arguments):
    try:
        m.qmp(command, arguments)
    except Refused as error:
        expect_equal(error.error['desc'], text)
    else:
        expect(False, f'{command} should have been refused: {text}')


@case(None)
def passwords_nobody_is_asked_for():
    with served() as (m, _):
        expect_refusal(m, 'Could not set password', 'set_password', protocol='vnc', password='x')
        expect_refusal(m, 'Could not set password expire time', 'expire_password', protocol='vnc', time='now')


@case(None)
def one_server_is_no_door_to_another():
    """What security there is, is each server's own, also when their clients come at once."""
    other = scratch_path('.vnc')
    with served(f',password=on -vnc unix:{other},id=open') as (_, path):
        client = rfb.Rfb(path)
        client.version()
        expect_equal(client.security_types(), [rfb.VNC_AUTH])
        with viewer(other) as guest:
            guest.look()
            client.send(bytes([rfb.NONE]))
            expect(client.is_closed(), 'let in')
        client.close()


@case(None, each={'allow-exclusive': ('', False, True), 'force-shared': (',share=force-shared', True, False),
                  'ignore': (',share=ignore', True, True)})
def sharing(row):
    """A second client that wants to be alone."""
    more, first_stays, second_comes = row
    with served(more) as (_, path), viewer(path) as first:
        first.look()
        second = rfb.Rfb(path)
        try:
            second.connect(shared=False).look()
            came = True
        except rfb.Closed:
            came = False
        second.close()
        try:
            first.look()
            stayed = True
        except rfb.Closed:
            stayed = False
        expect_equal((stayed, came), (first_stays, second_comes))


@case(None)
def old_versions():
    """3.3: the server chooses, and 3.7 has no result without a password."""
    with served() as (_, path):
        for version in b'RFB 003.003\n', b'RFB 003.007\n':
            client = rfb.Rfb(path)
            client.version(version)
            if version.endswith(b'3\n'):
                expect_equal(client.unpack('I')[0], rfb.NONE)
            else:
                client.security_types()
                client.send(bytes([rfb.NONE]))
            client.init()
            expect_equal((client.width, client.height), WORDS)
            client.close()


# ---- bad clients ----

NONSENSE = {
    'an unknown message': b'\x07' * 20,
    'too many encodings': struct.pack('>BxH', 2, 0xffff) + bytes(400000),
    'a pixel with wild shifts': b'\0\0\0\0' + struct.pack('>BBBBHHHBBB3x', 32, 24, 0, 1, 255, 255, 255, 200, 8, 0),
    'a pixel of no size': b'\0\0\0\0' + bytes(16),
    'a scale': b'\x08\x00\x00\x00',
    'a file': b'\x07' + bytes(100),
}


@case(None, each=NONSENSE)
def nonsense_ends_the_connection(data):
    with served() as (m, path):
        client = rfb.Rfb(path).connect()
        try:
            client.send(data)
        except rfb.Closed:
            pass
        expect(client.is_closed(), 'the connection is still open')
        client.close()
        expect_prompt(m, path)


@case(None, each={'version': b'GET / HTTP/1.1\r\n\r\n', 'old version': b'RFB 999.x\n\n\n', 'zeros': bytes(100),
                  'security type': b'RFB 003.008\n\x05'})
def nonsense_in_the_handshake(data):
    with served() as (m, path):
        client = rfb.Rfb(path)
        client.recv(12)
        client.send(data)
        expect(client.is_closed(), 'the connection is still open')
        client.close()
        expect_prompt(m, path)


@case(None)
def half_messages_hold_nobody_up():
    """Clients that stop in the middle of something: all of them at once."""
    beginnings = [b'\x03\0\0', b'\x02\0\0\x05\0\0', b'\x04', b'\x06\0\0\0\0\x10\0\0half', b'\xff\0\0', b'\0\0\0\0']
    with served() as (m, path), contextlib.ExitStack() as stack:
        for half in beginnings:
            stack.enter_context(viewer(path)).send(half)
        for half in b'', b'RFB', b'RFB 003.008\n', b'RFB 003.008\n\x01':
            client = rfb.Rfb(path)
            stack.callback(client.close)
            client.send(half)
        for _ in range(10):
            expect_prompt(m, path)


@case(None)
def who_does_not_come_in_goes():
    with served() as (m, path):
        client = rfb.Rfb(path, HANDSHAKE + 5)
        begun = time.monotonic()
        expect(client.is_closed(), 'a client that says nothing may stay')
        took = time.monotonic() - begun
        expect(took > HANDSHAKE - 1, f'it had {took:.1f} s only')
        client.close()
        expect_prompt(m, path)


def resident(m):
    with open(f'/proc/{m.process.pid}/statm', encoding='ascii') as file:
        return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')


@case(None)
def who_does_not_read_costs_a_picture():
    with served() as (m, path), viewer(path) as client:
        client.look()
        before = resident(m)
        client.sock.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            for _ in range(20000):
                client.request()
        for _ in range(10):
            expect_prompt(m, path)
        grown = resident(m) - before
        expect(grown < 32 << 20, f'the emulator has grown by {grown >> 20} MiB')
        client.sock.setblocking(True)
        client.sock.settimeout(rfb.SECONDS)
        client.look()


@case(None, each={'what encodings say': struct.pack('>BxHi', 2, 1, rfb.EXTENDED_KEY),
                  'sizes': struct.pack('>BxHHBxIHHHHI', 251, 800, 600, 1, 0, 0, 0, 800, 600, 0),
                  'the picture': struct.pack('>BBHHHH', 3, 0, 0, 0, 1, 1)})
def who_asks_and_does_not_read_is_not_answered_each_time(question):
    """Answers that pile up would be memory of the machine's."""
    with served() as (m, path), viewer(path, encodings=(rfb.RAW, rfb.EXTENDED_KEY, rfb.EXTENDED_SIZE)) as client:
        client.request()            # larger than the socket's buffers: its update stays under way
        for _ in range(50):
            client.send(question * 1000)
        expect_prompt(m, path)
        client.sock.settimeout(1)
        answers = 0
        with contextlib.suppress(TimeoutError):
            while answers < 1000:
                answers += len(client.update())
        expect(0 < answers < 1000, f'{answers} answers')


@case(None)
def floods():
    """Keys, movements and requests as fast as a socket takes them, and connections that come and go."""
    with served() as (m, path), viewer(path) as client:
        client.sock.settimeout(0.05)
        events = b''.join(struct.pack('>BBHH', 5, i & 1, i, i) + struct.pack('>BBxxI', 4, i & 1, 0x61 + i % 26)
                          for i in range(10000))
        for _ in range(10):
            with contextlib.suppress(TimeoutError):
                client.sock.sendall(events)
            client = stack_of_noise(path, client)
            expect_prompt(m, path)


def stack_of_noise(path, client):
    """Connections that go at once; the flooding client is replaced by a new one, as its last message may be half."""
    for _ in range(20):
        rfb.Rfb(path).close()
    client.close()
    return rfb.Rfb(path, 0.5).connect()


@case(None)
def clipboards_are_forgotten():
    """Text of the clients' clipboards, larger than memory should be, and the extended form with its negative length."""
    with served() as (m, path), viewer(path) as client:
        before = resident(m)
        client.send(struct.pack('>BxxxI', 6, 64 << 20))
        for _ in range(64):
            client.send(bytes(1 << 20))
        client.send(struct.pack('>Bxxxi', 6, -8) + bytes(8))
        client.look()
        expect(resident(m) - before < 16 << 20, 'the emulator kept it')
        client.send(struct.pack('>Bxxxi', 6, -1 << 31))
        expect_prompt(m, path)


@case(None)
def many_clients():
    with served() as (m, path), contextlib.ExitStack() as stack:
        clients = [stack.enter_context(viewer(path)) for _ in range(MANY)]
        one_more = rfb.Rfb(path)
        expect(one_more.is_closed(), 'one too many')
        one_more.close()
        for client in clients:
            client.look()
        clients[0].close()
        wait_until(lambda: len(m.qmp('query-vnc')['clients']) == MANY - 1, 'the client to go')
        expect_prompt(m, path)


@case(None)
def noise():
    """Bytes of chance after the handshake, and in it."""
    with served() as (m, path):
        for number in range(60):
            client = rfb.Rfb(path)
            with contextlib.suppress(rfb.Closed, socket.timeout):
                if number % 2:
                    client.connect()
                client.send(os.urandom(1 + number * 50))
            client.close()
        expect_prompt(m, path)
