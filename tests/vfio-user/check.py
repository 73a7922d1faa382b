# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of the device server share: a table of tests, a server with a client, comparisons."""

import contextlib
import errno
import os
import time

import client
import device_server

TESTS = []
SECONDS = 5

# The least description, to be changed by tests.
PLAIN = {'config': {'pin': 'A'}, 'bar': [{'index': 0, 'kind': 'mem32', 'size': 4096}]}


def test(function):
    TESTS.append(function)
    return function


def name_of(function):
    return function.__name__.replace('_', ' ')


@contextlib.contextmanager
def device(description, faults=(), capabilities=None):
    """(server, client) of a device."""
    with device_server.DeviceServer(description, faults) as server:
        with client.Client(server.socket, capabilities=capabilities) as guest:
            yield server, guest


def plain(**changes):
    return {**PLAIN, **changes}


def bar(**changes):
    """A description whose BAR 0 has these keys too."""
    return plain(bar=[{**PLAIN['bar'][0], **changes}])


def same(got, wanted, what=''):
    if got != wanted:
        raise AssertionError(f'{what}: got {got!r}, wanted {wanted!r}')


def refused(number, function, *arguments, **keywords):
    """The server answers with this errno."""
    try:
        function(*arguments, **keywords)
    except client.Answered as answer:
        same(errno.errorcode.get(answer.number, answer.number), errno.errorcode[number], f'errno {arguments}')
    else:
        raise AssertionError(f'{function.__name__}{arguments} was not refused')


def gone(guest):
    """The server has closed the connection."""
    try:
        guest.receive()
    except ConnectionError:
        return
    raise AssertionError('the server has not left')


def until(condition, what):
    """Wait for what the server does by itself."""
    end = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f'{what}: not within {SECONDS} seconds')
        time.sleep(0.002)


@contextlib.contextmanager
def memory(size):
    """A memfd of this many bytes."""
    fd = os.memfd_create('guest memory')
    try:
        os.ftruncate(fd, size)
        yield fd
    finally:
        os.close(fd)
