"""serverless.yml: functions, their events, the API that is made of them."""

from .intrinsic import Scope
from .model import Function, Record, Source, Undecided
from .source import List, Map, as_list, as_map, clean, line_of, text, truth
from .template import (environment, layers, merge, read_resources, seconds,
                       texts)
from .variables import Variables

API = 'WebsocketsApi'           # what the framework calls it in its template

LOG_FORMAT = ('$context.identity.sourceIp $context.identity.caller '
              '$context.identity.user [$context.requestTime] '
              '"$context.eventType $context.routeKey $context.connectionId" '
              '$context.requestId')


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
    resources = resources_of(variables, document, findings)
    scope = Both(resources, given, variables)
    source = Source('serverless.yml', region=scope.region,
                    account=scope.account, lambda_address='127.0.0.1:3002')

    read_resources(scope, resources, source, findings)
    scope.resources.setdefault(API, Map(Type='AWS::ApiGatewayV2::Api'))

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


def resources_of(variables, document, findings):
    """resources: a template, or a list of such."""

    merged = Map()
    merged.line = 1

    def known(node):
        try:
            return variables.shallow(node)
        except Undecided as error:
            findings.undecided(error, 'resources', line_of(node))
            return None

    for part in as_list(known(document.get('resources'))):
        part = as_map(known(part))

        for section in ('Resources', 'Parameters', 'Mappings', 'Conditions'):
            of = as_map(known(part.get(section)))
            merged.setdefault(section, Map()).update(of)

        # of what the framework makes, and so without a Type
        resources = merged['Resources']
        resources.update(
            (name, merge(as_map(resources.get(name)), as_map(known(more))))
            for name, more in as_map(known(part.get('extensions'))).items())

    return merged


def logical(name):
    """A function's name, as the framework has it in names of its own."""

    name = name.replace('-', 'Dash').replace('_', 'Underscore')

    return name[:1].upper() + name[1:]


def route_id(key):
    for char, word in (('$', 'S'), ('/', 'Slash'), ('-', 'Dash'),
                       ('_', 'Underscore'), ('.', 'Period')):
        key = key.replace(char, word)

    return f'{key}WebsocketsRoute'


def route_of(settings):
    return settings.get('route') or settings.get('routeKey')


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
        self.external = []
        self.listed = list(source.records)          # what resources: has

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

    def layers(self, document):
        """As what Ref knows them by."""

        try:
            found = as_map(self.variables.get(document, 'layers'))
        except Undecided:
            return

        for name, layer in found.items():
            path = as_map(layer).get('path')

            if isinstance(path, str):
                self.resource(name, 'LambdaLayer', 'AWS::Lambda::LayerVersion',
                              'Content', path)

    def esbuild(self, document):
        """What Serverless 4, or a plugin, is not to bundle."""

        for above in ('build', 'custom'):
            try:
                options = as_map(self.variables.get(document, above))
                options = as_map(self.variables.get(options, 'esbuild'))
            except Undecided:
                continue

            for name in ('external', 'exclude'):
                self.external += texts(options.get(name))

    def functions(self, document):
        self.layers(document)
        self.esbuild(document)
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
            environment={**above, **self.env(node)}, image='image' in node,
            layers=self.layers_of(node), external=self.external)

        self.source.functions.append(made)
        self.resource(made.logical, 'LambdaFunction', 'AWS::Lambda::Function',
                      'FunctionName', text(made.name, line))

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

    def layers_of(self, node):
        try:
            return layers(self.variables.shallow(
                node.get('layers') or self.provider.get('layers')), self.scope)
        except Undecided:
            return []

    def resource(self, name, suffix, kind, prop, value):
        """As what resources: and Fn::GetAtt know it."""

        self.scope.resources.setdefault(
            text(logical(name) + suffix, 0),
            Map(Type=text(kind, 0), Properties=Map({prop: value})))

    def event(self, function, event):
        key = next(key for key in event if key == 'websocket')
        settings = self.variables.shallow(event['websocket'])

        if settings is None:
            raise Undecided(line_of(key), '"websocket" has no route',
                            'write it on the same line, or as "route" below '
                            'it, indented')

        if isinstance(settings, str):
            made = Map()
            made[text('route', line_of(key))] = settings
            settings = made

        self.events.append((function, as_map(settings), line_of(key)))

    # --- the API of the events

    def add(self, kind, id, line, name=None, **members):
        """What resources: or extensions: say of it as well goes first."""

        own = as_map(as_map(self.scope.resources.get(id)).get('Properties'))
        props = Map((text(key, line_of(value, line)),
                     text(value, line) if type(value) is str else value)
                    for key, value in members.items() if value is not None)

        for record in self.listed:
            if (record.kind, record.id) == (kind, id):
                self.source.records.remove(record)
                self.listed.remove(record)
                break

        self.source.records.append(Record(kind, id, merge(props, own), line,
                                          self.resolve, name))

    def api(self, document):
        if not self.events:
            return

        provider = self.provider
        self.shared(provider)
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

    def shared(self, provider):
        """An API that several services have: a part of its routes is here."""

        try:
            gateway = as_map(self.variables.shallow(provider.get('apiGateway')))
        except Undecided as error:
            self.lost(error, 'apiGateway')
            return

        for key in gateway:
            if key == 'websocketApiId':
                self.findings.refuse(
                    line_of(key), 'websocketApiId',
                    'is an API of another service, which has the other routes',
                    'one serverless.yml with all of them')
                self.source.incomplete |= not any(
                    route_of(settings) == '$connect'
                    for _, settings, _ in self.events)

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
        key = route_of(settings)
        id = route_id(clean(self.known({'key': key}, 'key', key)))
        to = logical(function.logical) + 'WebsocketsIntegration'
        authorizer = settings.get('authorizer')

        self.add('Integration', to, line,
                 f'websocket event of "{clean(function.logical)}"', ApiId=API,
                 IntegrationType='AWS_PROXY', IntegrationUri=function.name)

        self.add('Route', id, line,
                 f'websocket event of "{clean(function.logical)}"', ApiId=API,
                 RouteKey=key, Target=f'integrations/{to}',
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
