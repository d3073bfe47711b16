"""Text of YAML or JSON -> maps, lists and texts that know their line.

Numbers and truth values stay as they are written: an account's id keeps its
zeros. Null is None. A short tag of CloudFormation, as !Ref, is the long form.
"""

import codecs
import json.scanner
import re

import yaml

MAX_BYTES = 64 * 1024 * 1024
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
MAX_DEPTH = 100
MAX_NODES = 2000000

LOADER = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)
NULLS = ('', '~', 'null', 'Null', 'NULL')


class SourceError(Exception):
    """What cannot be read at all."""

    def __init__(self, line, text):
        super().__init__(text)
        self.line = line


class Line(int):
    """A line of a file that another one names."""

    file = ''

    def __str__(self):
        number = int.__repr__(self)
        return f'{number} of {self.file}' if self.file else number


class Text(str):
    line = 0
    size = 1


class Map(dict):
    line = 0
    size = 1
    merged = frozenset()        # keys that "<<" has brought


class List(list):
    line = 0
    size = 1


def text(value, line):
    made = Text(value)
    made.line = line
    return made


def line_of(value, default=0):
    return getattr(value, 'line', 0) or default


def read(data, file=''):
    """The documents of an input; JSON may have several, one behind another."""

    if len(data) > MAX_BYTES:
        raise SourceError(0, f'is larger than {MAX_BYTES >> 20} MB')

    # Windows' shell writes the other one when it is told to write a file

    name = 'UTF-16' if data[:2] in UTF_16 else 'UTF-8'

    try:
        string = data.decode(name).removeprefix('\ufeff')
    except UnicodeDecodeError as error:
        line = data.count(b'\n', 0, error.start) + 1
        raise SourceError(line, f'is not {name}') from None

    if string.lstrip()[:1] in ('{', '['):
        try:
            return Json(string, file).documents()
        except SourceError as error:
            try:
                return from_yaml(string, file)  # a flow mapping, perhaps
            except SourceError:
                raise error from None

    return from_yaml(string, file)


def line_in(file, number):
    if not file:
        return number

    made = Line(number)
    made.file = file
    return made


def measure(node):
    """A container's size counts an alias as often as it is used."""

    values = node.values() if isinstance(node, Map) else node
    node.size = 1 + sum(getattr(value, 'size', 1) for value in values)

    if node.size > MAX_NODES:
        raise SourceError(node.line, f'has more than {MAX_NODES} values')


# --- YAML

def from_yaml(string, file):
    composer = Composer(file)

    try:
        for event in yaml.parse(string, Loader=LOADER):
            composer.take(event)

    except yaml.YAMLError as error:
        mark = getattr(error, 'problem_mark', None)
        problem = getattr(error, 'problem', None) or 'it has a character ' \
            'that no YAML has'
        raise SourceError(line_in(file, mark.line + 1 if mark else 0),
                          f'is neither JSON nor YAML: {problem}') from None

    return composer.documents


class Composer:
    """Events of a parser -> a tree, without recursion."""

    def __init__(self, file):
        self.file = file
        self.documents = []
        self.anchors = {}
        self.stack = []             # [container, pending key, tag, anchor]

    def take(self, event):
        line = line_in(self.file, event.start_mark.line + 1)

        if isinstance(event, yaml.DocumentStartEvent):
            self.anchors = {}

        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                raise SourceError(line, f'"*{clean(event.anchor)}" is the '
                                        'alias of nothing before it')
            self.put(self.anchors[event.anchor], line)

        elif isinstance(event, yaml.ScalarEvent):
            value = text(event.value, line)

            if event.implicit[0] and event.value in NULLS:
                value = None

            value = tagged(event.tag, value, line)

            if event.anchor:
                self.anchors[event.anchor] = value

            self.put(value, line)

        elif isinstance(event, (yaml.MappingStartEvent,
                                yaml.SequenceStartEvent)):
            node = (Map() if isinstance(event, yaml.MappingStartEvent)
                    else List())
            node.line = line
            self.stack.append([node, None, event.tag, event.anchor])

            if len(self.stack) > MAX_DEPTH:
                raise SourceError(line, f'is nested more than {MAX_DEPTH} deep')

        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            node, _, tag, anchor = self.stack.pop()
            measure(node)
            value = tagged(tag, node, node.line)

            if anchor:
                self.anchors[anchor] = value

            self.put(value, line)

    def put(self, value, line):
        if not self.stack:
            self.documents.append(value)
            return

        frame = self.stack[-1]
        node, key = frame[0], frame[1]

        if isinstance(node, List):
            node.append(value)

        elif key is None:
            if value is None:
                value = text('null', line)

            if not isinstance(value, Text):
                raise SourceError(line, 'has a key that is no text')

            frame[1] = value

        else:
            frame[1] = None
            put_member(node, key, value)


def put_member(node, key, value):
    if key != '<<':
        if key in node and key not in node.merged:
            raise SourceError(key.line, f'has "{clean(key)}" twice')

        # what stands here goes before what is merged from elsewhere
        node.pop(key, None)
        node.merged -= {key}
        node[key] = value
        return

    for merged in value if isinstance(value, List) else [value]:
        if not isinstance(merged, Map):
            raise SourceError(key.line, 'merges what is no map with "<<"')

        for name, member in merged.items():
            if name not in node:
                node.merged |= {name}
                node[name] = member


def tagged(tag, value, line):
    """!Sub x -> {"Fn::Sub": x}; the tags of YAML itself say nothing here."""

    if not tag or not tag.startswith('!') or tag == '!':
        return value

    name = tag[1:]

    if name not in ('Ref', 'Condition'):
        name = f'Fn::{name}'

    node = Map()
    node.line = line
    node[text(name, line)] = value
    measure(node)

    return node


# --- JSON, which YAML's parser would read too slowly, and not with tabs

class Json:
    SPACE = re.compile(r'[ \t\r\n]*')
    NUMBER = re.compile(r'-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?')
    WORD = re.compile(r'true|false|null')

    def __init__(self, string, file):
        self.string = string
        self.file = file
        self.at = 0
        self.line = 1
        self.counted = 0

    def here(self):
        self.line += self.string.count('\n', self.counted, self.at)
        self.counted = self.at
        return line_in(self.file, self.line)

    def fail(self, what):
        raise SourceError(self.here(), f'is no JSON: {what}')

    def space(self):
        self.at = self.SPACE.match(self.string, self.at).end()

    def char(self):
        self.space()
        return self.string[self.at:self.at + 1]

    def documents(self):
        found = []

        while self.char():
            found.append(self.value(0))

        return found

    def value(self, depth):
        char = self.char()
        line = self.here()

        if depth > MAX_DEPTH:
            raise SourceError(line, f'is nested more than {MAX_DEPTH} deep')

        if char == '{':
            return self.map(depth, line)

        if char == '[':
            return self.list(depth, line)

        if char == '"':
            return self.text(line)

        for pattern in (self.NUMBER, self.WORD):
            match = pattern.match(self.string, self.at)

            if match:
                self.at = match.end()
                word = match.group()
                return None if word == 'null' else text(word, line)

        return self.fail('a value is missing')

    def text(self, line):
        try:
            value, self.at = json.decoder.scanstring(self.string, self.at + 1,
                                                     False)
        except ValueError as error:
            self.fail(str(error).split(':', 1)[0])

        # a half of a surrogate pair is no character, and cannot be written
        value = value.encode('utf-16', 'surrogatepass').decode('utf-16',
                                                               'replace')
        return text(value, line)

    def map(self, depth, line):
        node = Map()
        node.line = line
        self.at += 1

        if self.char() == '}':
            self.at += 1
            return node

        while True:
            if self.char() != '"':
                self.fail('a key in quotes is missing')

            key = self.text(self.here())

            if self.char() != ':':
                self.fail('a colon is missing')

            self.at += 1

            if key in node:
                raise SourceError(key.line, f'has "{clean(key)}" twice')

            node[key] = self.value(depth + 1)

            char = self.char()
            self.at += 1

            if char == '}':
                measure(node)
                return node

            if char != ',':
                self.fail('a comma or "}" is missing')

    def list(self, depth, line):
        node = List()
        node.line = line
        self.at += 1

        if self.char() == ']':
            self.at += 1
            return node

        while True:
            node.append(self.value(depth + 1))

            char = self.char()
            self.at += 1

            if char == ']':
                measure(node)
                return node

            if char != ',':
                self.fail('a comma or "]" is missing')


# --- what readers ask

def clean(value, most=200):
    """Anything said by an input, as one line of a message or a comment."""

    line = ''.join(c if c.isprintable() else ' ' for c in str(value))
    line = ' '.join(line.split())

    return line if len(line) <= most else line[:most - 2] + '..'


def truth(value):
    return str(value).lower() in ('true', 'yes', 'on', '1')


def as_map(value):
    return value if isinstance(value, Map) else Map()


def as_list(value):
    if value is None:
        return List()

    if isinstance(value, List):
        return value

    made = List([value])
    made.line = line_of(value)
    return made
