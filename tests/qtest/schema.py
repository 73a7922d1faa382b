# SPDX-License-Identifier: GPL-2.0-or-later
"""The schema of query-qmp-schema: does a value conform, what would be a good value, what a bad one."""

JSON_TYPES = {
    'string': lambda value: isinstance(value, str),
    'number': lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    'int': lambda value: isinstance(value, int) and not isinstance(value, bool),
    'boolean': lambda value: isinstance(value, bool),
    'null': lambda value: value is None,
    'object': lambda value: isinstance(value, dict),
    'array': lambda value: isinstance(value, list),
    'value': lambda value: True,
}
EXAMPLES = {'string': 'x', 'number': 1.5, 'int': 1, 'boolean': True, 'null': None, 'object': {}, 'array': [],
            'value': 1}


class Schema:
    """Entities by name, as the emulator describes them."""

    def __init__(self, entities):
        self.entities = {entity['name']: entity for entity in entities}

    def of_kind(self, kind):
        return {name: entity for name, entity in self.entities.items() if entity['meta-type'] == kind}

    # ---- the schema itself ----

    def references(self, entity):
        """Names of all types an entity mentions."""
        names = [entity[key] for key in ('arg-type', 'ret-type', 'element-type') if key in entity]
        names += [member['type'] for member in entity.get('members', [])
                  if isinstance(member, dict) and 'type' in member]
        return names + [variant['type'] for variant in entity.get('variants', [])]

    def dangling(self):
        return [(name, reference) for name, entity in self.entities.items()
                for reference in self.references(entity) if reference not in self.entities]

    # ---- values ----

    def wrong(self, value, name, where):
        """What does not conform: a list of texts."""
        entity = self.entities[name]
        return getattr(self, 'wrong_' + entity['meta-type'])(value, entity, where)

    def wrong_builtin(self, value, entity, where):
        fits = JSON_TYPES[entity['json-type']](value)
        return [] if fits else [f'{where}: {value!r} is no {entity["json-type"]}']

    def wrong_enum(self, value, entity, where):
        return [] if value in entity['values'] else [f'{where}: {value!r} is not in {entity["values"]}']

    def wrong_array(self, value, entity, where):
        if not isinstance(value, list):
            return [f'{where}: {value!r} is no array']
        return [text for n, one in enumerate(value)
                for text in self.wrong(one, entity['element-type'], f'{where}[{n}]')]

    def wrong_alternate(self, value, entity, where):
        fits = any(not self.wrong(value, member['type'], where) for member in entity['members'])
        return [] if fits else [f'{where}: {value!r} fits no alternative']

    def members(self, entity, value):
        """Name -> member, those of the variant that the value chose included."""
        found = {member['name']: member for member in entity['members']}
        for variant in entity.get('variants', []):
            if variant['case'] == value.get(entity['tag']):
                found.update(self.members(self.entities[variant['type']], value))
        return found

    def wrong_object(self, value, entity, where):
        if not isinstance(value, dict):
            return [f'{where}: {value!r} is no object']
        members = self.members(entity, value)
        texts = [f'{where}: {name} is not in the schema' for name in value if name not in members]
        texts += [f'{where}: no {name}' for name, member in members.items()
                  if 'default' not in member and name not in value]
        for name, member in members.items():
            if name in value:
                texts += self.wrong(value[name], member['type'], f'{where}.{name}')
        return texts

    # ---- examples ----

    def good(self, name):
        """A value that conforms, with the required members only."""
        entity = self.entities[name]
        kind = entity['meta-type']
        if kind == 'builtin':
            return EXAMPLES[entity['json-type']]
        if kind == 'enum':
            return entity['values'][0]
        if kind == 'array':
            return []
        if kind == 'alternate':
            return self.good(entity['members'][0]['type'])
        value = {member['name']: self.good(member['type']) for member in entity['members'] if 'default' not in member}
        return {member: self.good(found['type']) for member, found in self.members(entity, value).items()
                if 'default' not in found}

    def bad(self, name):
        """A value that does not conform; None in a tuple when every value does."""
        candidates = ([[]], {'no-such-member': {}}, 'no such value', 3.5, True, None)
        return next(((value,) for value in candidates if self.wrong(value, name, '')), (None,))
