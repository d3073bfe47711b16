"""Variables of a serverless.yml, as far as its folder decides them."""

import os
import re

from .model import REGION, Undecided
from .source import List, Map, SourceError, as_list, as_map, clean, line_of, \
    read as read_tree, text, truth

MAX_DEPTH = 20
VARIABLE = re.compile(r'\$\{([^${}]*)\}')
SETTING = re.compile(r'\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=\s*'
                     r'(?:\'([^\']*)\'|"((?:[^"\\]|\\.)*)"|([^\n#]*))')
MISSING = object()


class Variables:
    """${self:a.b}, ${opt:stage, "dev"}, ${env:X}, ${file(x.yml):a}, .."""

    def __init__(self, document, given, stage, folder):
        self.document = document
        self.given = given
        self.folder = folder
        self.option = stage
        self.depth = 0
        self.files = {}

        provider = as_map(document.get('provider'))
        self.stage = stage or 'dev'             # while it is looked for
        self.region = REGION
        self.environment = {**self.env_file('.env'), **os.environ}
        self.stage = stage or self.plain(provider.get('stage'), 'dev')
        self.environment = {**self.environment,
                            **self.env_file(f'.env.{self.stage}'),
                            **os.environ}
        self.region = self.plain(provider.get('region'), REGION)

    def env_file(self, name):
        path = self.inside(name)

        return settings(path) if path else {}

    def plain(self, value, default):
        try:
            found = self.value(value)
        except Undecided:
            found = None

        return str(found) if isinstance(found, str) and found else default

    def get(self, node, name):
        value = node.get(name)
        return self.shallow(value)

    def shallow(self, node):
        """A text that is one variable, as what it stands for."""

        return self.value(node) if isinstance(node, str) else node

    def value(self, node):
        if not isinstance(node, str) or '${' not in node:
            return node

        self.depth += 1

        try:
            if self.depth > MAX_DEPTH:
                raise Undecided(line_of(node), 'leads back to itself')

            return self.expand(node)
        finally:
            self.depth -= 1

    def expand(self, node):
        line = line_of(node)
        string = str(node)

        for _ in range(64):
            match = next((found for found in VARIABLE.finditer(string)
                          if is_variable(found.group(1))), None)

            if match is None:
                return text(string, line)       # ${AWS::Region} of Fn::Sub

            found = self.alternatives(match.group(1), line)

            if match.group() == string:
                return self.shallow(found)

            if not isinstance(found, str):
                raise Undecided(line, f'"{clean(match.group())}" is no text')

            string = string[:match.start()] + found + string[match.end():]

            if len(string) > 65536:
                break

        raise Undecided(line, f'"{clean(node)}" has too many variables')

    def alternatives(self, body, line):
        parts = [part.strip() for part in split_commas(body)]

        for part in parts:
            if part[:1] in ('"', "'") and part[-1:] == part[:1]:
                return text(part[1:-1], line)

            if re.match(r'-?\d+\Z|true\Z|false\Z', part):
                return text(part, line)

            if part == 'null':
                continue

            found = self.one(part, line)

            if found is not MISSING and found is not None:
                return found

        if parts[-1] == 'null':
            return None

        if re.match(r'(opt|env|param|ssm|cf|s3|aws)\b', parts[0]):
            raise Undecided(line, f'"${{{clean(body)}}}" is not known here',
                            f'say --parameter {clean(parts[0])}=VALUE')

        raise Undecided(line, f'"${{{clean(body)}}}" leads nowhere')

    def one(self, part, line):
        if part in self.given:
            return text(self.given[part], line)

        kind, _, name = part.partition(':')

        if kind == 'self':
            return self.walk(self.document, name)

        if kind == 'opt':
            value = {'stage': self.option, 'region': None}.get(name)
            return text(value, line) if value else MISSING

        if part == 'sls:stage':
            return text(self.stage, line)

        if part == 'sls:instanceId':
            return text('local', line)

        if part == 'aws:region':
            return text(self.region, line)

        if part == 'aws:accountId':
            return text(self.given.get('AWS::AccountId', '000000000000'), line)

        if kind == 'env' and name in self.environment:
            return text(self.environment[name], line)

        if kind == 'param':
            return self.parameter(name)

        match = re.match(r'strToBool\(\s*(true|false|1|0)\s*\)\Z', part, re.I)

        if match:
            return text(str(truth(match.group(1))).lower(), line)

        match = re.match(r'file\(([^()]*)\)(?::(.*))?\Z', part)

        if match:
            found = self.file(match.group(1).strip(), line)
            return self.walk(found, match.group(2)) if match.group(2) else found

        return MISSING

    def parameter(self, name):
        """Of params: STAGE, since v4 of stages: STAGE: params."""

        params = as_map(self.document.get('params'))
        stages = as_map(self.document.get('stages'))

        for stage in (self.stage, 'default'):
            for of in (params.get(stage),
                       as_map(stages.get(stage)).get('params')):
                value = as_map(self.shallow(of)).get(name)
                value = value.get('value') if isinstance(value, Map) else value

                if value is not None:
                    return self.shallow(value)

        return MISSING

    def walk(self, node, path):
        for name in filter(None, path.split('.')):
            node = self.shallow(node)

            if isinstance(node, List) and name.isdigit() \
                    and len(name) < 6 and int(name) < len(node):
                node = node[int(name)]
            elif isinstance(node, Map) and name in node:
                node = node[name]
            elif path == 'provider.stage':
                return text(self.stage, 0)
            elif path == 'provider.region':
                return text(self.region, 0)
            else:
                return MISSING

        return self.shallow(node)

    def inside(self, name):
        """Nothing outside of this folder is read."""

        path = os.path.realpath(os.path.join(self.folder, name)) \
            if '\0' not in name else ''

        return path if os.path.commonpath([path or '/', self.folder]) \
            == self.folder else ''

    def file(self, name, line):
        path = self.inside(name)

        if not path.endswith(('.yml', '.yaml', '.json')):
            raise Undecided(line, f'"{clean(name)}" is no YAML or JSON of this '
                                  'folder', 'write its value here')

        if path not in self.files:
            shown = clean(os.path.relpath(path, self.folder))

            try:
                with open(path, 'rb') as file:
                    documents = read_tree(file.read(), shown)
            except OSError as error:
                raise Undecided(line, f'"{shown}": {error.strerror}') from None
            except SourceError as error:
                raise Undecided(error.line or line,
                                f'"{shown}" {error}') from None

            self.files[path] = documents[0] if documents else None

        return self.files[path]


def is_variable(body):
    """What is left are functions' own, as ${AWS::Region} and ${Resource}."""

    return re.match(r'(self|opt|env|sls|param|aws|ssm|cf|s3|file|strToBool'
                    r'|git|terraform|output|custom)\b(?!::)[:(.]', body) \
        is not None


def split_commas(body):
    parts, quote, current = [], '', ''

    for char in body:
        if quote:
            quote = '' if char == quote else quote
        elif char in '"\'':
            quote = char
        elif char == ',':
            parts.append(current)
            current = ''
            continue

        current += char

    return parts + [current]


def settings(path):
    """NAME=VALUE of an .env file."""

    try:
        with open(path, encoding='utf-8') as file:
            lines = file.read(1 << 20).split('\n')
    except (OSError, UnicodeDecodeError):
        return {}

    found = {}

    for match in filter(None, map(SETTING.match, lines)):
        name, single, double, bare = match.groups()
        found[name] = (single if single is not None
                       else double.replace('\\n', '\n').replace('\\"', '"')
                       if double is not None else bare.strip())

    return found
