"""Records as AWS has them, and the one API that is made of them."""

import re
from dataclasses import dataclass, field

from .source import Map, Text, clean, line_of


class Undecided(Exception):
    """A value that the input alone does not tell."""

    def __init__(self, line, what, instead=''):
        super().__init__(what)
        self.line = line
        self.what = what
        self.instead = instead


class Usage(Exception):
    """What the caller has to say differently; nothing can be converted."""


REGION = 'us-east-1'            # where nothing says another one
NAMED = r'[a-z]{2}(?:-[a-z]+)+-\d\b'


def region_of(texts):
    """That of the first ARN or endpoint of AWS."""

    for text in texts:
        match = re.match(r'(?:arn:[\w-]+:[\w-]+:|\w+://\w+\.execute-api\.)'
                         rf'({NAMED})', str(text))
        if match:
            return match.group(1)

    return REGION


@dataclass
class Refusal:
    line: int
    name: str
    what: str
    instead: str = ''
    shown: str = ''             # a template, as it is in the input

    def __str__(self):
        at = f'line {self.line}: ' if self.line else ''
        instead = f'; {self.instead}' if self.instead else ''
        return f'{at}{clean(self.name)}: {clean(self.what, 400)}{instead}'


@dataclass
class Findings:
    refusals: list = field(default_factory=list)
    notes: list = field(default_factory=list)

    def refuse(self, line, name, what, instead='', shown=''):
        found = Refusal(line or 0, str(name), str(what), str(instead),
                        str(shown))

        if found not in self.refusals:
            self.refusals.append(found)

    def undecided(self, error, name, line=0):
        self.refuse(error.line or line, name, error.what, error.instead)

    def note(self, text):
        if text not in self.notes:
            self.notes.append(text)


class Record:
    """A thing of AWS's, with the names of CloudFormation's properties."""

    def __init__(self, kind, id, props, line=0, resolve=lambda value: value,
                 name=None):
        self.kind = kind
        self.id = str(id)
        self.props = props if isinstance(props, Map) else Map()
        self.line = line
        self.resolve = resolve
        self.name = name or f'{kind} "{clean(id)}"'

    def line_at(self, prop):
        for key in self.props:
            if key == prop:
                return line_of(key, line_of(self.props[prop], self.line))

        return self.line

    def get(self, prop, default=None):
        value = self.props.get(prop)

        if value is None:
            return default

        try:
            value = self.resolve(value)
        except Undecided as error:
            error.line = error.line or self.line_at(prop)
            raise

        return default if value is None else value

    def inner(self, prop, member):
        """A member of a property, whatever stands beside it."""

        value = self.props.get(prop)

        if isinstance(value, list):         # a block of terraform's
            value = value[0] if value else None

        if isinstance(value, Map) and member in value:
            return self.resolve(value[member])

        value = self.get(prop)

        return value.get(member) if isinstance(value, Map) else None

    def text(self, prop, default=''):
        value = self.get(prop)

        if value is None:
            return default

        if not isinstance(value, str):
            raise Undecided(self.line_at(prop), f'{prop} is no text')

        return Text(value)


@dataclass
class Function:
    """What runs behind a name; what of it is known."""

    name: str
    logical: str = ''
    handler: str = ''
    runtime: str = ''
    code: str = ''              # a folder, seen from the input's
    inline: str = ''
    environment: dict = field(default_factory=dict)  # a text, or why not
    layers: list = field(default_factory=list)      # folders, as code is
    external: list = field(default_factory=list)    # packages not bundled
    timeout: float = 3.0
    image: bool = False
    line: int = 0


@dataclass(frozen=True)
class Integration:
    """Where events go: a Lambda function, a URL, or an answer that is known."""

    kind: str                   # lambda, http, mock
    name: str
    function: str = ''
    url: tuple = ()             # scheme, host, port, path and query
    method: str = ''
    headers: tuple = ()         # name, value in nginx's words
    query: tuple = ()
    status: int = 200
    body: str = ''


@dataclass
class Route:
    key: str
    integration: Integration
    response: bool = False
    timeout: int = 0            # milliseconds
    line: int = 0


@dataclass
class Authorizer:
    function: str
    identity: tuple = ()
    arn: str = ''


@dataclass
class Stage:
    name: str
    variables: dict = field(default_factory=dict)
    log_format: str = ''
    throttle: list = field(default_factory=list)    # route key, rate, burst
    routes: list = field(default_factory=list)
    body_variables: dict = field(default_factory=dict)
    authorizer: Authorizer = None
    closed: str = ''            # why nobody may connect
    comments: list = field(default_factory=list)
    api_key: str = ''           # its source, in nginx's words
    sigv4: bool = False


@dataclass
class Api:
    name: str
    id: str = ''                # AWS's own, if it is known
    logical: str = ''           # in a template: what Ref gives
    selection: str = ''
    stages: list = field(default_factory=list)
    keys: list = field(default_factory=list)        # value, whose
    functions: dict = field(default_factory=dict)


@dataclass
class Source:
    """What a reader has found."""

    kind: str
    records: list = field(default_factory=list)
    functions: list = field(default_factory=list)
    nested: list = field(default_factory=list)      # files of nested stacks
    region: str = REGION
    account: str = ''
    lambda_address: str = '127.0.0.1:9000'
    incomplete: bool = False    # a route may be missing that closes the API

    def of(self, kind):
        return [record for record in self.records if record.kind == kind]
