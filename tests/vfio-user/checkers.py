# SPDX-License-Identifier: GPL-2.0-or-later
"""Checkers of what a description says. Each takes (where, value), and returns what the device wants."""

UNITS = {'K': 10, 'M': 20, 'G': 30}


class DescriptionError(Exception):
    """where: file and key; value: what was found there; advice: what to write instead."""

    def __init__(self, where, value, advice):
        super().__init__(f'{where} = {value!r}: {advice}')


def flag(where, value):
    if not isinstance(value, bool):
        raise DescriptionError(where, value, 'write true or false')
    return value


def text(where, value):
    if not isinstance(value, str):
        raise DescriptionError(where, value, 'write text in quotes')
    return value


def hex_bytes(where, value):
    try:
        bytes.fromhex(text(where, value))
    except ValueError:
        raise DescriptionError(where, value,
                               'write bytes as pairs of hexadecimal digits, as "12 ab"') from None
    return value


def number(low=0, high=(1 << 64) - 1):
    def check(where, value):
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise DescriptionError(where, value, f'write a number from {low} to {high:#x}')
        return value
    return check


def size(where, value):
    """Bytes: a number, or text such as "16M"."""
    if isinstance(value, str) and value[:-1].isdigit() and value[-1] in UNITS:
        return int(value[:-1]) << UNITS[value[-1]]
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 64:
        raise DescriptionError(where, value,
                               'write a number of bytes, or one with a unit as "4K", "16M", "1G"')
    return value


def choice(*words):
    def check(where, value):
        if value not in words or isinstance(value, bool):
            raise DescriptionError(where, value, f'write one of {", ".join(repr(word) for word in words)}')
        return value
    return check


def either(first, second):
    """first for numbers, second for everything else."""
    return lambda where, value: (first if isinstance(value, int) else second)(where, value)


def many(check):
    def check_all(where, value):
        if not isinstance(value, list):
            raise DescriptionError(where, value, 'write a list in [brackets]')
        return [check(f'{where}[{place}]', item) for place, item in enumerate(value)]
    return check_all


def table(keys, wanted=()):
    """A table with these keys; those of wanted must be there."""
    def check(where, value):
        if not isinstance(value, dict):
            raise DescriptionError(where, value, f'write a table with keys of {", ".join(sorted(keys))}')
        for key in value:
            if key not in keys:
                raise DescriptionError(f'{where}.{key}', value[key],
                                       f'no such key; keys are {", ".join(sorted(keys))}')
        for key in wanted:
            if key not in value:
                raise DescriptionError(f'{where}.{key}', None, 'is missing, and is needed here')
        return {key: keys[key](f'{where}.{key}', item) for key, item in value.items()}
    return check


def rows(keys, wanted=()):
    return many(table(keys, wanted))
