#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Commands and links in documents are of things that exist.

  documents.py [--top DIR] [PAGE...]     a line for each that is not, status 1 if there is one

Looked at are code blocks and `inline code` that begins with a program of ours or of SYSTEM: the program is there, the man page or
the program's own text has each option, the Makefile has the target and the variable, the module has the parameter, the packages
and files that are installed have the name. Blocks of C are left to tests/host/libmtce.sh and tests/guest/lib_example.c.
"""
import functools
import glob
import os
import re
import shlex
import sys

PAGES = ('README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'docs/*.md', '*/README.md', 'bpf/bt/README.md', 'examples/*/README.md')
# Their blocks, and those below docs/, have commands only; in others there is output, too.
ALL_COMMANDS = ('README.md', 'CONTRIBUTING.md')
# What a page may use of the system: programs of Debian that need no look at their options.
SYSTEM = set('''apt cat cc cp dkms echo git grep gunzip id ls lsmod modinfo perf pidof pkg-config ppc64_cpu qemu-system-ppc64 rm set tar
tee true uname xz zcat bpftrace'''.split())
MODULES = {'vfio_iommu_mtce', 'vfio_iommu_spapr_tce', 'vfio', 'vfio-pci', 'kvm-hv', 'mtce_audit', 'mtce_oracle'}
# Options that make knows without the Makefile.
MAKE_KNOWS = {'CC', 'CFLAGS', 'CPPFLAGS', 'LDFLAGS', 'ARCH', 'CROSS_COMPILE', 'DESTDIR', 'KDIR', 'O'}
# How programs are called once they are installed.
INSTALLED = {'mtce-host': 'scripts/mtce-host', 'mtce-report': 'scripts/report'}
# mtce-host hands what is behind -- to these.
RUNS = {'bench': 'bench/mtce-bench', 'sweep': 'bench/mtce-sweep', 'replay': 'bench/mtce-replay', 'test': 'tests/guest/run'}


TOP = HERE = ''  # the checkout, and the folder of the page in it


class Wrong(Exception):
    """A sentence for the user."""


def text_of(*patterns):
    text = ''
    for pattern in patterns:
        for name in sorted(glob.glob(os.path.join(TOP, pattern))):
            if os.path.isfile(name):
                with open(name, encoding='utf-8', errors='replace') as f:
                    text += f.read()
    return text


def exists(name):
    return os.path.exists(os.path.join(TOP, name))


@functools.lru_cache(maxsize=None)
def parameters():
    """Of the module: name and default."""
    source = text_of('driver/*.c')
    found = {}
    for name, words in re.findall(r'module_param(?:_named)?\((\w+),.*?MODULE_PARM_DESC\(\w+,\s*"(.*?)"\)', source, re.S):
        default = re.search(r'\(default: (\w+)\)', words)
        found[name] = default[1] if default else None
    return found


@functools.lru_cache(maxsize=None)
def man_page(name, section='*'):
    return re.sub(r'\\f[A-Z]', ' ', text_of(*(f'{d}/{name}.{section}' for d in ('packaging/man', 'bpf/man', 'lib/man'))).replace('\\-', '-'))


@functools.lru_cache(maxsize=None)
def help_of(program):
    """The text in which a program of this checkout has its options."""
    base = os.path.basename(program)
    if program.startswith(('bench/', 'bpf/')) or base.startswith('nvme-direct'):
        source = text_of(f'{program}.c') or text_of(f'examples/nvme-direct/{base}.c')
        names = re.findall(r'^\t\{ "([a-z-]+)", *(?:\'(\w)\')?', source, re.M)
        return man_page(base) + source + ' --help ' + ''.join(f' --{n} -{s} ' for n, s in names)
    return text_of(program, 'scripts/lib/*.sh' if program == 'scripts/lab' else program, 'scripts/host/*.sh' if 'mtce-host' in program else program)


def program_file(word):
    """The file of this checkout that a command is, or None."""
    word = re.sub(r'^(\./|/mtce/)', '', word)
    if word in INSTALLED:
        return INSTALLED[word]
    if re.fullmatch(r'mtce-\w+', word):
        return f'bench/{word}'
    if re.fullmatch(r'mtce(lat|snoop|stat)', word):
        return f'bpf/{word}'
    if word == 'nvme-direct':
        return 'examples/nvme-direct/nvme-direct'
    return word if re.match(r'\w+/', word) and exists(word.split('/')[0]) else None


def check_program(name, words):
    if not exists(name) and not exists(name + '.c') and not exists(os.path.join(name, os.path.basename(name) + '.c')):
        raise Wrong(f'there is no {name}')
    behind = []
    if '--' in words:
        at = words.index('--')
        words, behind = words[:at], words[at + 1:]
    known = help_of(name)
    for word in words:
        option = re.match(r'--?[a-z][a-z-]*', word)
        if option and not re.search(rf'(?<![\w-]){re.escape(option[0])}(?![\w-])', known):
            raise Wrong(f'{name} has no option {option[0]}')
    if not behind:
        return
    if name == 'scripts/lab':
        check_words(behind)
    elif name == 'scripts/mtce-host' and words and words[0] in RUNS:
        check_program(RUNS[words[0]], behind)


def check_make(words):
    folder, at = '', 0
    while at < len(words):
        word = words[at]
        if word == '-C':
            folder, at = words[at + 1].rstrip('/'), at + 2
            continue
        at += 1
        if word.startswith('-') or folder.startswith('mtce-kit'):
            continue
        if not exists(os.path.join(folder, 'Makefile')):
            raise Wrong(f'there is no {folder}/Makefile')
        makefile = text_of(os.path.join(folder, 'Makefile'), *(['driver/*', 'scripts/lab'] if folder in ('', 'driver') else []))
        variable = re.match(r'(\w+)=', word)
        if variable:
            if variable[1] not in MAKE_KNOWS and not re.search(rf'\b{variable[1]}\b', makefile):
                raise Wrong(f'{folder or "the"} Makefile has no {variable[1]}')
        elif not re.search(rf'^(?:[\w -]+ )?{re.escape(word)}(?: [\w -]+)?:', makefile, re.M):
            raise Wrong(f'{folder or "the"} Makefile has no target {word}')


def check_module(words):
    for word in words:
        name, _, value = word.partition('=')
        if value:
            if name not in parameters():
                raise Wrong(f'vfio_iommu_mtce has no parameter {name}')
        elif not word.startswith('-'):
            name = os.path.basename(word)
            name = name[:-3] if name.endswith('.ko') else name
            if name not in MODULES:
                raise Wrong(f'no module is called {name}')


@functools.lru_cache(maxsize=None)
def control():
    return text_of('packaging/debian/control')


def check_packages(words):
    for word in words:
        name = re.match(r'(?:\./)?((?:lib)?mtce[a-z0-9-]*)', word)
        if name and not re.search(rf'^Package: {name[1]}$', control(), re.M):
            raise Wrong(f'there is no package {name[1]}')


@functools.lru_cache(maxsize=None)
def installed_names():
    """File names that make install and the packages bring."""
    return text_of('scripts/install', 'packaging/debian/*')


def check_path(word):
    match = re.match(r'/sys/module/vfio_iommu_mtce/parameters/(\w+)', word)
    if match and match[1] not in parameters():
        raise Wrong(f'vfio_iommu_mtce has no parameter {match[1]}')
    match = re.match(r'/usr/(?:local/)?share/(?:doc/mtce[a-z-]*|mtce)/(\S+)', word)
    if match and not exists(os.path.join('packaging', os.path.basename(match[1]))) and match[1] not in installed_names():
        raise Wrong(f'nothing installs {word}')
    match = re.match(r'(?:driver|uapi|lib|bench|bpf|docs|scripts|tests|packaging|examples|vmm|results)/[\w./-]*\w$', word)
    places = ('', HERE, os.path.join(HERE, '*'))
    if match and not re.search(r'\.(ko|json|zst|o|so|a)$|/X$', word) and not any(
            glob.glob(os.path.join(TOP, place, word + end)) for place in places for end in ('', '.c')):
        raise Wrong(f'there is no {word}')


def check_words(words):
    while words and (words[0] in ('sudo', 'nice', 'time') or re.match(r'[A-Z_0-9]+(\[\d\])?=', words[0])):
        words = words[1:]
    if not words or words[0] == '...':
        return
    command, rest = words[0], words[1:]
    for word in rest:
        check_path(word)
    program = program_file(command)
    if program:
        check_program(program, rest)
    elif command == 'make':
        check_make(rest)
    elif command in ('modprobe', 'insmod', 'rmmod'):
        check_module(rest)
    elif command == 'man':
        if not man_page(rest[-1], rest[0] if len(rest) > 1 else '*'):
            raise Wrong(f'there is no man page {" ".join(rest)}')
    elif command not in SYSTEM:
        raise Wrong(f'nobody knows the command {command}')
    if command == 'apt':
        check_packages(rest)
    if command == 'modinfo':
        check_module(rest[2:] if rest[:1] == ['-F'] else rest)


def check_line(line):
    for inner in re.findall(r'\$\(([^)]*)\)', line):
        check_line(inner)
    line = re.sub(r'\$\([^)]*\)|<[a-z]+>', 'X', line)
    lexer = shlex.shlex(line, posix=True, punctuation_chars='|&;<>')
    lexer.whitespace_split = True
    try:
        words = list(lexer)
    except ValueError as e:
        raise Wrong(str(e)) from e
    command = []
    for word in words + [';']:
        if re.fullmatch(r'[|&;]+', word):
            check_words([w for w in command if not re.fullmatch(r'[<>&]+\d?', w)])
            command = []
        else:
            command.append(word)


def blocks(lines):
    """(line number, line) of commands: indented by four behind an empty line, or fenced without a language or with sh."""
    fence = indented = None
    before = ''
    for number, line in enumerate(lines, 1):
        mark = re.match(r'```(\w*)$', line)
        if mark:
            fence = None if fence is not None else mark[1]
        elif fence is not None:
            if fence in ('', 'sh'):
                yield number, line
        elif re.match(r'    \S', line) and (indented or not before.strip()):
            indented = True
            yield number, line.strip()
        else:
            indented = False
        before = line


def begins_a_command(line):
    """Output of programs stands in blocks, too: only what begins with a known word is a command there."""
    word = re.match(r'(?:sudo )?(\S+)', line)
    return word and (word[1] in SYSTEM | {'make', 'modprobe', 'insmod', 'rmmod', 'man'} or program_file(word[1]))


def anchors(text):
    return {re.sub(r'[^\w\- ]', '', h.lower()).replace(' ', '-') for h in re.findall(r'^#+ (.*)$', text, re.M)}


def check_link(page, target):
    name, _, anchor = target.partition('#')
    path = os.path.normpath(os.path.join(os.path.dirname(page), name)) if name else page
    if not exists(path):
        raise Wrong(f'a link leads nowhere: {target}')
    if anchor and path.endswith('.md') and anchor not in anchors(text_of(path)):
        raise Wrong(f'{path} has no section #{anchor}')


def check_tables(text):
    """A section of parameters, a table of errnos: all of them, and the right defaults."""
    section = re.search(r'^## Parameters.*?(?=^## |\Z)', text, re.M | re.S)
    if section:
        rows = dict(re.findall(r'^\| `(\w+)` \| (\w+) \|', section[0], re.M))
        if rows != parameters():
            raise Wrong(f'the table of parameters is not {parameters()}')
    errnos = re.findall(r'^\| (E[A-Z0-9]+) \|', text, re.M)
    if errnos and set(errnos) != set(re.findall(r'^ \* %(E[A-Z0-9]+): ', text_of('uapi/linux/vfio_mtce.h'), re.M)):
        raise Wrong('the table of errnos is not that of uapi/linux/vfio_mtce.h')


def look_at(page):
    global HERE
    HERE = os.path.dirname(page)
    text = text_of(page)
    wrong = []

    def tell(number, check, *arguments):
        try:
            check(*arguments)
        except Wrong as e:
            wrong.append(f'{page}:{number}: {e}')

    lines = text.split('\n')
    for number, line in blocks(lines):
        line = re.sub(r'(^|\s)#\s.*$', '', line).strip()
        if line and (begins_a_command(line) or page in ALL_COMMANDS or page.startswith('docs/')):
            tell(number, check_line, line)
    for number, line in enumerate(lines, 1):
        if re.match(r'    |```', line):
            continue
        for target in re.findall(r'\]\(([^)\s]+)\)', re.sub(r'`[^`]*`', '', line)):
            if not re.match(r'\w+:', target):
                tell(number, check_link, page, target)
        for code in re.findall(r'`([^`]+)`', line):
            setting = re.fullmatch(r'([a-z_]+)=\d+', code)
            if setting and setting[1] in ('takeover', 'direct', 'lazy_entries', 'lazy_timeout_ms', 'lazy_hcalls', 'kill_threshold'):
                tell(number, check_module, [code])
            elif begins_a_command(code) and '...' not in code and ' ' in code:
                tell(number, check_line, code)
            else:
                tell(number, check_path, code)
    tell(0, check_tables, text)
    return wrong


def main():
    global TOP
    words = sys.argv[1:]
    TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    if words[:1] == ['--top']:
        TOP, words = words[1], words[2:]
    pages = words or sorted({os.path.relpath(p, TOP) for pattern in PAGES for p in glob.glob(os.path.join(TOP, pattern))})
    wrong = [line for page in pages for line in look_at(page)]
    print('\n'.join(wrong or [f'{len(pages)} pages']))
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
