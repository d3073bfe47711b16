"""serverless.yml, with its variables as far as this folder decides them."""

import os
import re

from .intrinsic import Scope
from .model import Function, Record, Source, Undecided
from .source import List, Map, SourceError, as_list, as_map, clean, line_of, \
    read as read_tree, text, truth
from .template import environment, read_resources, seconds

API = 'WebsocketsApi'           # what the framework calls it in its template
MAX_DEPTH = 20
VARIABLE = re.compile(r'\$\{([^${}]*)\}')
MISSING = object()

LOG_FORMAT = ('$context.identity.sourceIp $context.identity.caller '
              '$context.identity.user [$context.requestTime] '
              '"$context.eventType $context.routeKey $context.connectionId" '
              '$context.status $context.requestId')


def is_serverless(document):
    return (isinstance(document, Map) and 'provider' in document
            and 'service' in document)


def read(document, given, stage, findings, folder):
    variables = Variables(document, given, stage, folder)
    provider = as_map(variables.get(document, 'provider'))
    service = variables.get(document, 'service')
    service = clean(as_map(service).get('name', 'service')
                    if isinstance(service, Map) else service or 'service')

    given = dict(given)
    given.setdefault('AWS::Region', variables.region)
    given.setdefault(API, API)
    resources = resources_of(variables, document)
    scope = Both(resources, given, variables)
    source = Source('serverless.yml', region=scope.region,
                    account=scope.account, lambda_address='127.0.0.1:3002')

    read_resources(scope, resources, source, findings)

    reader = Reader(variables, scope, source, findings, provider, service)
    reader.functions(document)
    reader.api(document)

    return source


class Both(Scope):
    """Variables first, then CloudFormation's functions."""

    def __init__(self, template, given, variables):
        super().__init__(template, given)
        self.variables = variables

    def any(self, node):
        if isinstance(node, str):
            node = self.variables.value(node)

            if not isinstance(node, str):
                return self.value(node) if node is not None else None

        return super().any(node)


def resources_of(variables, document):
    """resources: a template, or a list of such."""

    merged = Map()
    merged.line = 1

    try:
        found = variables.shallow(document.get('resources'))
        parts = [as_map(variables.shallow(part)) for part in as_list(found)]
    except Undecided:
        parts = []

    for part in parts:
        for section in ('Resources', 'Parameters', 'Mappings', 'Conditions'):
            try:
                of = as_map(variables.shallow(part.get(section)))
            except Undecided:
                continue

            merged.setdefault(section, Map()).update(of)

    return merged


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
        self.region = 'us-east-1'
        self.stage = stage or self.plain(provider.get('stage'), 'dev')
        self.region = self.plain(provider.get('region'), 'us-east-1')

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

            found = self.one(part, line)

            if found is not MISSING and found is not None:
                return found

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

        if part == 'aws:region':
            return text(self.region, line)

        if part == 'aws:accountId':
            return text(self.given.get('AWS::AccountId', '000000000000'), line)

        if kind == 'env' and name in os.environ:
            return text(os.environ[name], line)

        if kind == 'param':
            params = as_map(self.document.get('params'))

            for of in (self.stage, 'default'):
                value = as_map(params.get(of)).get(name)
                value = as_map(value).get('value', None) \
                    if isinstance(value, Map) else value

                if value is not None:
                    return value

        match = re.match(r'file\(([^()]*)\)(?::(.*))?\Z', part)

        if match:
            found = self.file(match.group(1).strip(), line)
            return self.walk(found, match.group(2)) if match.group(2) else found

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

    def file(self, name, line):
        """A file of this folder; nothing outside of it is read."""

        path = os.path.realpath(os.path.join(self.folder, name)) \
            if '\0' not in name else ''

        if os.path.commonpath([path or '/', self.folder]) != self.folder \
                or not path.endswith(('.yml', '.yaml', '.json')):
            raise Undecided(line, f'"{clean(name)}" is no YAML or JSON of this '
                                  'folder', 'write its value here')

        if path not in self.files:
            try:
                with open(path, 'rb') as file:
                    documents = read_tree(file.read())
            except (OSError, SourceError) as error:
                raise Undecided(line, f'"{clean(name)}": {error}') from None

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


class Reader:
    def __init__(self, variables, scope, source, findings, provider, service):
        self.variables = variables
        self.scope = scope
        self.resolve = scope.resolve
        self.source = source
        self.findings = findings
        self.provider = provider
        self.service = service
        self.events = []            # function, event's settings, line

    def known(self, node, name, default=''):
        try:
            value = self.resolve(node.get(name))
        except Undecided:
            return default

        return str(value) if isinstance(value, str) else default

    def lost(self, error, name, line=0):
        """Events, of which one may be $connect with an authorizer."""

        self.findings.undecided(error, name, line)
        self.source.incomplete = True

    # --- functions

    def functions(self, document):
        above = self.env(self.provider)

        try:
            listed = self.variables.get(document, 'functions')
        except Undecided as error:
            self.lost(error, 'functions')
            return

        for part in as_list(listed):
            try:
                part = as_map(self.variables.shallow(part))
            except Undecided as error:
                self.lost(error, 'functions')
                continue

            for name, function in part.items():
                try:
                    function = as_map(self.variables.shallow(function))
                except Undecided as error:
                    self.lost(error, f'"{clean(name)}"')
                    continue

                self.function(str(name), function, line_of(name), above)

    def env(self, node):
        try:
            found = as_map(self.variables.shallow(node.get('environment')))
        except Undecided:
            return {}

        return environment(found, self.resolve)

    def function(self, name, node, line, above):
        default = f'{self.service}-{self.variables.stage}-{name}'

        made = Function(
            name=self.known(node, 'name', default) or default, logical=name,
            handler=self.known(node, 'handler'), code='.', line=line,
            runtime=self.known(node, 'runtime')
            or self.known(self.provider, 'runtime'),
            timeout=seconds(self.known(node, 'timeout')
                            or self.known(self.provider, 'timeout'), 6.0),
            environment={**above, **self.env(node)}, image='image' in node)

        self.source.functions.append(made)
        self.resource(made)

        try:
            events = as_list(self.variables.shallow(node.get('events')))
        except Undecided as error:
            self.lost(error, f'events of "{clean(name)}"', line)
            return

        for event in events:
            try:
                event = as_map(self.variables.shallow(event))

                if 'websocket' in event:
                    self.event(made, event)
            except Undecided as error:
                self.lost(error, f'events of "{clean(name)}"', line)

    def resource(self, function):
        """As what resources: and Fn::GetAtt know it."""

        props = Map()
        props[text('FunctionName', function.line)] = text(function.name,
                                                          function.line)
        made = Map()
        made[text('Type', function.line)] = text('AWS::Lambda::Function', 0)
        made[text('Properties', function.line)] = props

        name = function.logical.replace('-', 'Dash').replace('_', 'Underscore')
        self.scope.resources.setdefault(
            text(name[:1].upper() + name[1:] + 'LambdaFunction', 0), made)

    def event(self, function, event):
        key = next(key for key in event if key == 'websocket')
        settings = self.variables.shallow(event['websocket'])

        if isinstance(settings, str):
            made = Map()
            made[text('route', line_of(key))] = settings
            settings = made

        self.events.append((function, as_map(settings), line_of(key)))

    # --- the API of the events

    def add(self, kind, id, line, name=None, **members):
        props = Map((text(key, line_of(value, line)),
                     text(value, line) if type(value) is str else value)
                    for key, value in members.items() if value is not None)
        self.source.records.append(Record(kind, id, props, line, self.resolve,
                                          name))

    def api(self, document):
        if not self.events:
            return

        provider = self.provider
        name = f'{self.variables.stage}-{self.service}-websockets'
        self.add('Api', API, line_of(provider), ProtocolType='WEBSOCKET',
                 Name=provider.get('websocketsApiName', name),
                 RouteSelectionExpression=provider.get(
                     'websocketsApiRouteSelectionExpression'))

        self.add('Stage', 'WebsocketsDeploymentStage', line_of(provider),
                 ApiId=API, StageName=self.variables.stage,
                 AccessLogSettings=self.log())

        self.keys()

        for function, settings, line in self.events:
            self.route(function, settings, line)

    def log(self):
        try:
            logs = as_map(self.variables.shallow(self.provider.get('logs')))
            logs = self.variables.shallow(logs.get('websocket'))
        except Undecided:
            return None

        if isinstance(logs, Map):
            if not truth(self.known(logs, 'accessLogging', 'true')):
                return None
            value = logs.get('format') or text(LOG_FORMAT, logs.line)
        elif truth(logs):
            value = text(LOG_FORMAT, line_of(logs))
        else:
            return None

        made = Map()
        made.line = line_of(value)
        made[text('Format', line_of(value))] = value
        return made

    def keys(self):
        try:
            gateway = as_map(self.variables.shallow(
                self.provider.get('apiGateway')))
            listed = as_list(self.variables.shallow(gateway.get('apiKeys')))
        except Undecided as error:
            self.findings.undecided(error, 'apiKeys')
            return

        for at, key in enumerate(listed):
            if isinstance(key, str):
                self.add('ApiKey', key, line_of(key))
            elif isinstance(key, Map):
                plain = [part for part in key.values()
                         if isinstance(part, List)]
                if plain:
                    continue            # keys of a usage plan each
                self.add('ApiKey', self.known(key, 'name') or f'key{at}',
                         line_of(key), Value=key.get('value'),
                         Enabled=key.get('enabled'))

    def route(self, function, settings, line):
        key = settings.get('route') or settings.get('routeKey')
        id = f'{function.logical}/{clean(key)}'
        authorizer = settings.get('authorizer')

        self.add('Integration', id, line,
                 f'websocket event of "{clean(function.logical)}"', ApiId=API,
                 IntegrationType='AWS_PROXY', IntegrationUri=function.name)

        self.add('Route', id, line,
                 f'websocket event of "{clean(function.logical)}"', ApiId=API,
                 RouteKey=key, Target=f'integrations/{id}',
                 RouteResponseSelectionExpression=settings.get(
                     'routeResponseSelectionExpression'),
                 AuthorizationType='CUSTOM' if authorizer is not None else None,
                 AuthorizerId=f'{id}/authorizer',
                 ApiKeyRequired=settings.get('apiKeyRequired'),
                 RequestModels=settings.get('request'))

        if authorizer is not None:
            self.authorizer(f'{id}/authorizer', authorizer, line)

    def authorizer(self, id, node, line):
        """A function's name, an ARN, or a map of one of them."""

        try:
            node = self.variables.shallow(node)
            sources = text('route.request.header.Auth', line)
            uri = node

            if isinstance(node, Map) and not any(
                    key == 'Ref' or key.startswith('Fn::') for key in node):
                uri = node.get('arn') or node.get('name')
                sources = node.get('identitySource', sources)

            uri = self.resolve(uri)
        except Undecided as error:
            self.findings.undecided(error, f'authorizer "{clean(id)}"', line)
            return

        names = {function.logical: function.name
                 for function in self.source.functions}

        if isinstance(uri, str) and ':' not in uri:
            if uri not in names:
                self.findings.refuse(line, f'authorizer "{clean(uri)}"',
                                     'is no function of this file, and no ARN')
                return

            uri = text(names[uri], line)

        self.add('Authorizer', id, line, ApiId=API, AuthorizerType='REQUEST',
                 AuthorizerUri=uri, IdentitySource=sources)
