# SPDX-License-Identifier: GPL-2.0-or-later
"""The text of a description. One that names another as its base says only what differs from it.

Tables are merged and other values replaced. Rows are merged with the row of the base that is about the same thing (the
same BAR, the same address), else they are added; contents are not merged but replaced, because a row says them in one of
many forms. What has remove = true is taken out.
"""

import copy
import json
import os
import tomllib

from checkers import DescriptionError, text

# Lists whose rows are told apart by a key; any other list is replaced as a whole.
ROWS = {'bar': 'index', 'region': 'name', 'capability': 'id', 'extended': 'id', 'feature': 'index',
        'bytes': 'at', 'contents': 'at', 'register': 'at', 'plane': 'name', 'dmabuf': 'id'}


def parse(path):
    try:
        with open(path, 'rb') as file:
            return json.load(file) if path.endswith('.json') else tomllib.load(file)
    except OSError as error:
        raise DescriptionError(path, None, f'{error.strerror}; name a file that can be read') from None
    except ValueError as error:
        raise DescriptionError(path, None, f'the file cannot be parsed: {error}') from None


def read(path, above=()):
    """The tables of a file, on top of those of its bases; above: the files that named it as theirs."""
    tree = parse(path)
    if not isinstance(tree, dict) or 'base' not in tree:
        return tree
    where, name = f'{path}.base', tree.pop('base')
    base = os.path.join(os.path.dirname(path), text(where, name))
    if not os.path.isfile(base):
        raise DescriptionError(where, name, 'there is no such file; the name is relative to this one')
    if os.path.realpath(base) in (*above, os.path.realpath(path)):
        raise DescriptionError(where, name, 'the file would be its own base')
    return change(path, read(base, (*above, os.path.realpath(path))), tree)


def change(where, base, changes):
    """The tables of base with changes made to a copy of them."""
    if not isinstance(base, dict):
        return copy.deepcopy(changes)
    tree = dict(base)
    for key, value in changes.items():
        place = f'{where}.{key}'
        if key in ROWS and isinstance(value, list) and isinstance(tree.get(key), list):
            tree[key] = change_rows(place, tree[key], value, ROWS[key])
        elif is_removed(value):
            take(place, tree, key)
        else:
            tree[key] = changed(place, tree.get(key), value)
    return tree


def changed(where, old, value):
    return change(where, old, value) if isinstance(value, dict) and isinstance(old, dict) else copy.deepcopy(value)


def is_removed(value):
    return isinstance(value, dict) and value.get('remove') is True


def take(where, tree, key):
    if key not in tree:
        raise DescriptionError(where, None, 'the base has no such thing to remove')
    del tree[key]


def change_rows(where, base, changes, key):
    rows = list(base)
    for row in changes:
        name = row.get(key) if isinstance(row, dict) else None
        place = next((n for n, old in enumerate(rows) if name is not None and old.get(key) == name), None)
        if is_removed(row):
            if place is None:
                raise DescriptionError(where, row, 'the base has no such row to remove')
            del rows[place]
        elif place is None:
            rows.append(copy.deepcopy(row))
        else:
            old = {} if where.endswith('.contents') else rows[place]
            rows[place] = change(f'{where}[{place}]', old, row)
    return rows
