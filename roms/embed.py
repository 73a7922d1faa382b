#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Turn a file into a C header: NAME[] and NAME_size. Include it in one source.

usage: embed.py NAME INPUT OUTPUT
"""

import os
import sys

PER_LINE = 16


def header(name, data, origin):
    lines = [
        f'/* Generated from {origin} by roms/embed.py. */',
        '#include <stdint.h>',
        '',
        f'static const uint8_t {name}[{len(data)}] = {{',
    ]
    for start in range(0, len(data), PER_LINE):
        lines.append('    ' + ' '.join(f'{byte:#04x},' for byte in data[start:start + PER_LINE]))
    lines += ['};', '', f'static const unsigned {name}_size = sizeof({name});', '']
    return '\n'.join(lines)


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    name, source, output = sys.argv[1:]
    with open(source, 'rb') as file:
        data = file.read()
    with open(output, 'w', encoding='ascii') as file:
        file.write(header(name, data, os.path.basename(source)))


if __name__ == '__main__':
    main()
