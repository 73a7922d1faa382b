# SPDX-License-Identifier: GPL-2.0-or-later
"""Loading a description: text becomes checked tables; what is wrong is said with file, key and value."""

import os

import capabilities
import config
import dump
import edid_region
import faults
import irqs
import planes
import registers
import rom
import source
import vbt
from checkers import (DescriptionError, choice, either, flag, hex_bytes, many, number, rows, size, table, text)

U8, U16, U32, U64 = number(high=0xff), number(high=0xffff), number(high=0xffffffff), number()
PINS = {'none': 0, 'A': 1, 'B': 2, 'C': 3, 'D': 4}
FIELDS = {'u8': (1, U8), 'u16': (2, U16), 'u32': (4, U32), 'u64': (8, U64)}
BAR_KINDS = {'io': config.BAR_IO, 'mem32': 0, 'mem64': config.BAR_64}
BAR_LEAST = {'io': 4, 'mem32': 16, 'mem64': 16}
BAR_MOST = {'io': 1 << 16, 'mem32': 1 << 31, 'mem64': 1 << 40}     # there is memory behind it
VGA_SIZE = 0xc0000                      # the kernel's VGA region ends with the legacy window

VBT = {'version': number(1, 998), 'platform': text, 'children': many(choice(*vbt.children())), 'bad': choice(*vbt.BAD)}
CONTENTS = {'at': size, 'vbt': table(VBT), 'hex': hex_bytes, 'text': text, 'file': text, 'fill': U8, 'len': size,
            **{key: either(check, many(check)) for key, (_, check) in FIELDS.items()}}
REGISTER = {'at': size, 'width': choice(1, 2, 4, 8), 'name': text, 'value': U64, 'mask': U64,
            'read': choice(*registers.READS), 'write': choice(*registers.WRITES), 'on_read': many(text),
            'on_write': many(text), 'before_reply': flag}
CHAIN = {'id': U16, 'version': U16, 'next': U32, 'hex': hex_bytes}
CLAIMS = {'size': size, 'flags': U32, 'argsz': U32, 'cap_offset': U32}
REGION = {'size': size, 'read': flag, 'write': flag, 'mmap': flag, 'sparse': many(many(size)),
          'fds': number(high=253), 'fd_offset': size, 'msix_mappable': flag,
          'reset': flag, 'claims': table(CLAIMS),
          'chain': rows(CHAIN, ['id']), 'contents': rows(CONTENTS, ['at']),
          'register': rows(REGISTER, ['at'])}
HEADER = {key: number(high=(1 << 8 * count) - 1) for key, (_, count, _) in config.HEADER.items()}
EDID = {'offset': size, 'max_size': size, 'max_xres': U32, 'max_yres': U32, 'any_width': flag}
DMABUF = {'id': U32, 'kind': choice(*planes.KINDS), 'size': size}
INDIRECT = {'bar': number(0, 5), 'gtt': size}
BYTES = {'at': number(high=4095), 'hex': hex_bytes, 'writable': hex_bytes}
IRQ = {'count': number(high=65536), 'flags': U32, 'dynamic': flag, 'strict': flag, 'silent': flag,
       'absent': flag}
PROTOCOL = {'major': U16, 'minor': U16, 'max_msg_fds': U32, 'max_data_xfer_size': size, 'pgsizes': size,
            'max_dma_maps': U32, 'write_multiple': flag, 'version_data': text}
FAULT = {'when': text, 'nth': either(number(1), text), 'do': text}

SCHEMA = {
    'device': table({'name': text, 'reset': flag, 'flags': U32, 'num_regions': U32, 'num_irqs': U32}),
    'config': table({**HEADER, 'pin': choice(*PINS), 'size': choice(256, 4096), 'dump': text,
                     'claims': table(CLAIMS),
                     'bytes': rows(BYTES, ['at', 'hex'])}),
    'bar': rows({**REGION, 'index': number(0, 5), 'kind': choice(*BAR_KINDS), 'prefetch': flag,
                 'indirect': table(INDIRECT, ['bar'])}, ['index']),
    'rom': table({**REGION, 'file': text, 'vendor': U16, 'device': U16, 'class': number(high=0xffffff),
                  'bad': choice(*rom.BAD)}),
    'vga': table(REGION),
    'region': rows({**REGION, 'type': U32, 'subtype': U32, 'name': text, 'index': number(9, 99),
                    'bar': number(0, 5), 'edid': table(EDID)}, ['size']),
    'plane': rows(planes.PLANE, ['name']),
    'dmabuf': rows(DMABUF, ['id']),
    'irq': table({name: table(IRQ) for name in irqs.NAMES}),
    'dma': table({'bar': number(0, 5), 'at': size, 'irq': text, 'by_messages': flag, 'before_reply': flag},
                 ['bar', 'at']),
    'protocol': table(PROTOCOL),
    'feature': rows({'index': U16, 'hex': hex_bytes, 'get': flag, 'set': flag}, ['index']),
    'fault': rows(FAULT, ['do']),
}


def field_check(kind, key):
    return number(high=(1 << kind.fields[key][2]) - 1) if key in kind.fields else U32


def cap_rows(extended):
    """Capability rows have the keys of their kind."""
    kinds = capabilities.kinds(extended)
    common = {'id': either(U16, choice(*kinds)), 'at': number(0x40, 4095), 'next': number(high=4095),
              'hex': hex_bytes}
    if extended:
        common['header_version'] = number(high=15)
    special = {'msi.vectors': choice(1, 2, 4, 8, 16, 32), 'msix.vectors': number(1, 2048), 'wide': flag,
               'maskable': flag, 'type': either(number(high=15), choice(*capabilities.EXPRESS_TYPES)),
               'bars': rows({'index': number(0, 5), 'sizes': many(number(1)), 'size': number(1)},
                            ['index', 'sizes', 'size'])}

    def check(where, value):
        name = value.get('id') if isinstance(value, dict) else None
        kind = kinds.get(name) if isinstance(name, str) else None
        own = {key: special.get(f'{name}.{key}') or special.get(key) or field_check(kind, key)
               for key in kind.keys()} if kind else {}
        return table({**own, **common}, ['id'])(where, value)
    return many(check)


SCHEMA['capability'] = cap_rows(False)
SCHEMA['extended'] = cap_rows(True)

# The DMA engine of the [dma] table: registers at dma.at, "doorbell" starts a copy.
ENGINE = [
    {'name': 'dma.src', 'at': 0x00, 'width': 8},
    {'name': 'dma.dst', 'at': 0x08, 'width': 8},
    {'name': 'dma.len', 'at': 0x10},
    {'name': 'dma.doorbell', 'at': 0x14,
     'on_write': ['set dma.status 0', 'dma-copy dma.src dma.dst dma.len dma.status']},
    {'name': 'dma.status', 'at': 0x18, 'write': 'ignore'},      # 0 busy or never used, 1 done, 2 failed
]


class Loader:
    """path: the description, whose folder files are relative to."""

    def __init__(self, path):
        self.path, self.folder = path, os.path.dirname(os.path.abspath(path))

    def load(self):
        tree = table(SCHEMA)(self.path, source.read(self.path))
        try:
            self._complete(tree)
        except config.LayoutError as error:
            raise self._wrong('config', tree['config'].get('size', 'as needed'), str(error)) from None
        return tree

    def _complete(self, tree):
        self._config(tree.setdefault('config', {}), tree)
        self._bars(tree)
        self._regions(tree)
        self._engine(tree)
        self._indirect(tree)
        self._planes(tree)
        self._actions(tree)
        self._faults(tree)
        tree['space'] = config.Config(tree['config'], tree.get('capability', []), tree.get('extended', []),
                                      tree['bars'], tree.get('rom', {}).get('size', 0))

    def _wrong(self, key, value, advice):
        return DescriptionError(f'{self.path}.{key}', value, advice)

    def _file(self, key, name):
        try:
            with open(os.path.join(self.folder, name), 'rb') as file:
                return file.read()
        except OSError as error:
            raise self._wrong(key, name,
                              f'{error.strerror}; the name is relative to the description') from None

    # ---- configuration space ----

    def _config(self, header, tree):
        if 'pin' in header:
            header['pin'] = PINS[header['pin']]
        if 'dump' not in header:
            return
        words = self._file('config.dump', header['dump']).decode(errors='replace')
        try:
            header['image'] = dump.image_of(words)
        except dump.DumpError as error:
            raise self._wrong('config.dump', header['dump'], str(error)) from None
        if len(header['image']) == 64:
            header['image'] = header['image'].ljust(256, b'\0')
        described = {row['index'] for row in tree.get('bar', [])}
        tree.setdefault('bar', [])
        tree['bar'] += [{'index': index, 'size': length} for index, length in dump.bars_of(words).items()
                        if index not in described]
        if dump.rom_size_of(words) and 'rom' not in tree:
            tree['rom'] = {'size': dump.rom_size_of(words)}

    def _bar_low(self, row, key, image):
        """Low bits of the register: from the row; what it does not say, from the dump."""
        seen = image[config.BARS + 4 * row['index']] if image else 0
        if 'kind' in row:
            low = BAR_KINDS[row['kind']] | (config.BAR_PREFETCH if row.get('prefetch') else 0)
        elif image:
            low = seen & 1 or seen & 0xc
        else:
            raise self._wrong(f'{key}.kind', None, f'is missing; write one of {", ".join(BAR_KINDS)}')
        if low & config.BAR_IO and (row.get('mmap') or row.get('prefetch')):
            raise self._wrong(f'{key}.kind', row.get('kind', 'io'),
                              'I/O ports are neither mapped nor prefetched')
        return low

    def _bars(self, tree):
        tree['bars'], places = {}, {}
        for place, row in enumerate(tree.get('bar', [])):
            key = f'bar[{place}]'
            low = self._bar_low(row, key, tree['config'].get('image'))
            length = row.get('size', 0)
            kind = 'io' if low & config.BAR_IO else 'mem64' if low & config.BAR_64 else 'mem32'
            if not BAR_LEAST[kind] <= length <= BAR_MOST[kind] or length & length - 1:
                raise self._wrong(f'{key}.size', row.get('size'),
                                  f'write a power of two from {BAR_LEAST[kind]} to {BAR_MOST[kind]:#x}; '
                                  'what the device shall say goes into claims = { size = ... }')
            for index in range(row['index'], row['index'] + (2 if kind == 'mem64' else 1)):
                if index > 5 or index in places:
                    raise self._wrong(f'{key}.index', row['index'], f'BAR {index} is '
                                      + (f'taken by {places[index]}' if index in places
                                         else 'beyond the last'))
                places[index] = key
            tree['bars'][row['index']] = (length, low)

    # ---- regions ----

    def _regions(self, tree):
        for place, row in enumerate(tree.get('bar', [])):
            self._region(row, f'bar[{place}]')
        for place, row in enumerate(tree.get('region', [])):
            self._region(row, f'region[{place}]')
        if 'vga' in tree:
            tree['vga'].setdefault('size', VGA_SIZE)
            self._region(tree['vga'], 'vga')
        if 'rom' in tree:
            self._rom(tree['rom'], tree['config'])
            self._region(tree['rom'], 'rom')

    def _rom(self, row, header):
        row['write'] = False
        image = self._file('rom.file', row['file']) if 'file' in row else None
        row.setdefault('size', 1 << max(len(image) - 1, 2047).bit_length() if image else 2048)
        if row['size'] < 2048 or row['size'] & row['size'] - 1:
            raise self._wrong('rom.size', row['size'], 'write a power of two of at least 2048')
        if image is None:
            seen = config.Config(header, [], [], {}, 0)     # ids of the device, from rows or dump
            image = rom.generate(row['size'], row.get('vendor', seen.get(0, 2)),
                                 row.get('device', seen.get(2, 2)),
                                 row.get('class', seen.get(9, 3)), row.get('bad', 'none'))
        row['data'] = [(0, image)]

    def _region(self, row, key):
        row.setdefault('data', []).extend(
            self._contents(row, item, f'{key}.contents[{place}]')
            for place, item in enumerate(row.get('contents', ())))
        for at, data in row['data']:
            if at + len(data) > row['size']:
                raise self._wrong(key, f'{len(data)} bytes at {at:#x}',
                                  f'do not fit into {row["size"]:#x} bytes')
        if row['size'] > 1 << 40:
            raise self._wrong(f'{key}.size', row['size'],
                              'no memory is that big; what the device shall say in spite '
                              'of that goes into claims = { size = ... }')
        for place, area in enumerate(row.get('sparse', ())):
            if len(area) != 2:
                raise self._wrong(f'{key}.sparse[{place}]', area, 'write [offset, size]')
        for place, register in enumerate(row.get('register', ())):
            self._register(row, register, f'{key}.register[{place}].at')

    def _register(self, row, register, key):
        at, end = register['at'], register['at'] + register.get('width', 4)
        if end > row['size']:
            raise self._wrong(key, at, 'lies beyond the region')
        areas = row.get('sparse', [[0, row['size']]]) if row.get('mmap') else []
        if any(start < end and at < start + count for start, count in areas):
            raise self._wrong(key, at,
                              'lies in an area that is mapped, where nobody sees an access; leave its page '
                              'out of sparse, or map nothing')

    def _contents(self, row, item, key):
        forms = [form for form in ('hex', 'text', 'file', 'fill', 'vbt', *FIELDS) if form in item]
        if len(forms) != 1:
            raise self._wrong(key, item, 'write one of hex, text, file, fill, vbt, u8, u16, u32, u64')
        form, value = forms[0], item[forms[0]]
        if form in FIELDS:
            values = value if isinstance(value, list) else [value]
            data = b''.join(one.to_bytes(FIELDS[form][0], 'little') for one in values)
        else:
            length = min(item.get('len', 1), row['size'] + 1)
            data = {'hex': lambda: bytes.fromhex(value), 'text': lambda: value.encode(),
                    'file': lambda: self._file(key, value),
                    'vbt': lambda: vbt.generate(**value),
                    'fill': lambda: bytes([value]) * length}[form]()
        return item['at'], data

    def _engine(self, tree):
        engine = tree.get('dma')
        if engine is None:
            return
        row = next((row for row in tree.get('bar', []) if row['index'] == engine['bar']), None)
        if row is None or engine['at'] + 0x20 > row['size']:
            raise self._wrong('dma.bar', engine['bar'], 'describe this BAR, with 32 bytes of room at dma.at')
        for register in ENGINE:
            register = {**register, 'at': register['at'] + engine['at'],
                        'before_reply': engine.get('before_reply', False)}
            self._register(row, register, 'dma.at')
            if register['name'] == 'dma.doorbell' and 'irq' in engine:
                register['on_write'] = [*register['on_write'], f'raise {engine["irq"]}']
            row.setdefault('register', []).append(register)

    def _indirect(self, tree):
        sizes = {row['index']: row['size'] for row in tree.get('bar', [])}
        for place, row in enumerate(tree.get('bar', [])):
            ports = row.get('indirect')
            if ports is None:
                continue
            key, target = f'bar[{place}].indirect', ports['bar']
            if row['size'] < 8 or row.get('mmap') or row.get('register'):
                raise self._wrong(key, ports, 'takes the first 8 bytes of a BAR that is not mapped and has '
                                  'no registers of its own')
            if target not in sizes or target == row['index']:
                raise self._wrong(f'{key}.bar', target, 'name another BAR that is described')
            if ports.get('gtt', 0) >= sizes[target]:
                raise self._wrong(f'{key}.gtt', ports['gtt'], f'lies beyond BAR {target}')

    # ---- display ----

    def _planes(self, tree):
        sizes = {row['index']: row['size'] for row in tree.get('bar', [])}
        for place, row in enumerate(tree.get('region', [])):
            if row.get('index') in [other.get('index', 9 + n) for n, other in enumerate(tree['region'][:place])]:
                raise self._wrong(f'region[{place}].index', row['index'], 'there is one region of a number')
            if 'bar' in row and sizes.get(row['bar'], 0) < row['size']:
                raise self._wrong(f'region[{place}].bar', row['bar'], f'no such BAR with {row["size"]:#x} bytes')
            table = row.get('edid')
            if table is not None and (table.get('offset', edid_region.OFFSET) < edid_region.HEADER.size or
                                      table.get('offset', edid_region.OFFSET) + table.get('max_size', 128) > row['size']):
                raise self._wrong(f'region[{place}].edid', table, 'the EDID lies behind the registers and in the region')
        for place, row in enumerate(tree.get('plane', [])):
            if row['name'] in [other['name'] for other in tree['plane'][:place]]:
                raise self._wrong(f'plane[{place}].name', row['name'], 'there is one plane of a name')

    # ---- actions and faults ----

    def _actions(self, tree):
        places = [(f'bar[{n}]', row) for n, row in enumerate(tree.get('bar', []))]
        places += [(f'region[{n}]', row) for n, row in enumerate(tree.get('region', []))]
        places += [(key, tree[key]) for key in ('vga', 'rom') if key in tree]
        names = {register.get('name') for _, row in places for register in row.get('register', ())}
        for key, row in places:
            for place, register in enumerate(row.get('register', ())):
                for when in ('on_read', 'on_write'):
                    for action in register.get(when, ()):
                        self._action(f'{key}.register[{place}].{when}', action, names)

    def _action(self, key, action, names):
        verb, *words = action.split() or ['']
        if verb not in registers.VERBS:
            raise self._wrong(key, action, f'no such verb; verbs are {", ".join(registers.VERBS)}')
        least, most = registers.VERBS[verb][0]
        if not least <= len(words) <= most:
            raise self._wrong(key, action, f'"{verb}" takes {least} to {most} words')
        if verb == 'fault':
            self._fault(key, words[0])
            return
        if verb == 'raise' and words[0] not in irqs.NAMES:
            raise self._wrong(key, action, f'no such interrupt; they are {", ".join(irqs.NAMES)}')
        if verb in ('set', 'add') and words[0] not in names:
            raise self._wrong(key, action, f'no register is called "{words[0]}"')
        if verb.startswith('dma-') and words[3:] and words[3] not in names:
            raise self._wrong(key, action, f'no register is called "{words[3]}"')
        for word in words[1 if verb in ('raise', 'set', 'add') else 0:]:
            if word not in names and word != 'written':
                self._integer(key, action, word)

    def _integer(self, key, action, word):
        try:
            int(word, 0)
        except ValueError:
            raise self._wrong(key, action,
                              f'"{word}" is neither a number nor the name of a register') from None

    def _faults(self, tree):
        tree['faults'] = []
        for place, row in enumerate(tree.get('fault', [])):
            spec = ','.join(f'{key}={value}' for key, value in row.items())
            tree['faults'].append(self._fault(f'fault[{place}]', spec))

    def _fault(self, key, spec):
        try:
            faults.Fault(spec)
        except faults.FaultError as error:
            raise self._wrong(key, spec, str(error)) from None
        return spec


def load(path):
    """A description's tables, checked; space is the configuration space they make. Or DescriptionError."""
    return Loader(path).load()
