# SPDX-License-Identifier: GPL-2.0-or-later
"""What the style tests share: the files of the tree, C without comments and strings, functions."""

import ast
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# What lies in a tree and is not of the project.
SKIPPED_FOLDERS = re.compile(r'build.*|\.git|\.cache|__pycache__')
SKIPPED_FILES = re.compile(r'config\.mk|.*\.(pyc|orig|rej|swp)|.*~|core')

C_SUFFIXES = ('.c', '.h')
SOURCE_SUFFIXES = C_SUFFIXES + ('.S', '.s', '.ld', '.lds', '.asl', '.py', '.sh')
SOURCE_NAMES = ('Makefile', 'meson.build', 'meson.options', 'meson_options.txt', 'configure')

C_TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
C_DIRECTIVE = re.compile(r'^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', re.MULTILINE)


def is_skipped(folder):
    """A folder that is skipped by its name, or a build folder of another name."""
    return (SKIPPED_FOLDERS.fullmatch(os.path.basename(folder)) is not None
            or os.path.isdir(os.path.join(folder, 'meson-private')))


def files(top):
    """Paths of all files of the tree, relative to top, sorted."""
    found = []
    for folder, folders, names in os.walk(top):
        folders[:] = [name for name in folders if not is_skipped(os.path.join(folder, name))]
        found += [os.path.relpath(os.path.join(folder, name), top)
                  for name in names if not SKIPPED_FILES.fullmatch(name)]
    return sorted(path for path in found if os.path.isfile(os.path.join(top, path)))


def read(top, path):
    with open(os.path.join(top, path), encoding='utf-8', errors='replace') as file:
        return file.read()


def is_script(top, path):
    """A file without a suffix that begins with #!."""
    if os.path.splitext(path)[1]:
        return False
    with open(os.path.join(top, path), 'rb') as file:
        return file.read(2) == b'#!'


def sources(top):
    """The files people write code in: C, assembler, ASL, Python, shell, build files."""
    return [path for path in files(top)
            if path.endswith(SOURCE_SUFFIXES) or os.path.basename(path) in SOURCE_NAMES
            or is_script(top, path)]


def c_sources(top):
    return [path for path in files(top) if path.endswith(C_SUFFIXES)]


def is_python(top, path):
    return path.endswith('.py') or (is_script(top, path) and 'python' in read(top, path).split('\n', 1)[0])


def spaces(text):
    """Text of the same shape with nothing in it, so that offsets and line numbers stay."""
    return re.sub(r'[^\n]', ' ', text)


def c_without_comments(text):
    return C_TOKEN.sub(lambda match: spaces(match[0]) if match[0][0] == '/' else match[0], text)


def c_code(text):
    """C with comments and the insides of strings blanked."""
    return C_TOKEN.sub(lambda match: spaces(match[0]), text)


def line_of(text, offset):
    return text.count('\n', 0, offset) + 1


class Function:
    """A function definition: lines count from 1, end is the line of the closing brace."""

    def __init__(self, name, start, body, end, parameters):
        self.name = name
        self.start = start
        self.body = body
        self.end = end
        self.parameters = parameters


def top_level_blocks(code):
    """(start of what precedes it, offset of {, offset of }) for every outermost pair of braces."""
    depth, header, opening = 0, 0, 0
    for match in re.finditer(r'[{};]', code):
        sign, offset = match[0], match.start()
        if sign == '{':
            if depth == 0:
                opening = offset
            depth += 1
        elif sign == '}' and depth:
            depth -= 1
            if depth == 0:
                yield header, opening, offset
                header = offset + 1
        elif sign == ';' and depth == 0:
            header = offset + 1


def paren_groups(header):
    """(word before it, offset of the word, text inside) for every outermost pair of parentheses."""
    depth, word, inside = 0, None, 0
    for offset, sign in enumerate(header):
        if sign == '(':
            if depth == 0:
                word = re.search(r'\w*\s*$', header[:offset])
                inside = offset + 1
            depth += 1
        elif sign == ')' and depth:
            depth -= 1
            if depth == 0:
                yield word[0].strip(), word.start(), header[inside:offset]


def count_parameters(text):
    if text.strip() in ('', 'void'):
        return 0
    return re.sub(r'\([^()]*\)', '', text).count(',') + 1


def declarator(header):
    """The paren group that is the parameter list; None when the header starts no function."""
    bare = re.sub(r'\([^()]*\)', '', re.sub(r'\([^()]*\)', '', header))
    if '=' in bare:
        return None
    groups = [group for group in paren_groups(header) if not group[0].startswith('__attribute')]
    named = [group for group in groups if re.search('[a-z]', group[0])]
    if named:
        return named[0]
    return groups[-1] if groups and header.rstrip().endswith(')') else None


def c_functions(text):
    """The functions a C text defines."""
    code = c_code(text)
    code = C_DIRECTIVE.sub(lambda match: spaces(match[0]), code)
    for header, opening, closing in top_level_blocks(code):
        found = declarator(code[header:opening])
        if found:
            name, offset, parameters = found
            yield Function(name, line_of(code, header + offset), line_of(code, opening),
                           line_of(code, closing), count_parameters(parameters))


def python_functions(text):
    """The functions a Python text defines; text that does not parse has none."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            names = [arg.arg for arg in node.args.posonlyargs + node.args.args + node.args.kwonlyargs]
            if names[:1] in (['self'], ['cls']):
                names = names[1:]
            yield Function(node.name, node.lineno, node.lineno, node.end_lineno, len(names))


def report(violations):
    """Print what was found and return the exit status."""
    violations = sorted(set(violations))
    for path, line, rule in violations:
        print(f'{path}:{line}: {rule}')
    return 1 if violations else 0


def main(check):
    """Run check(top) on the tree named on the command line, or on the one this file lies in."""
    top = sys.argv[1] if len(sys.argv) > 1 else TOP
    if not os.path.isdir(top):
        sys.exit(f'{sys.argv[0]}: no such folder: {top}')
    sys.exit(report(check(top)))
