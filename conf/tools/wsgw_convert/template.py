"""CloudFormation, SAM, what CDK synthesizes, what Serverless compiles."""

import re

from .intrinsic import FUNCTIONS, Scope
from .model import NAMED, Function, Record, Source, Undecided
from .source import List, Map, as_list, as_map, clean, line_of, text

V2 = 'AWS::ApiGatewayV2::'
KINDS = {
    V2 + kind: kind for kind in (
        'Api', 'Route', 'Integration', 'Stage', 'Authorizer', 'RouteResponse',
        'IntegrationResponse', 'ApiMapping')
}
KINDS['AWS::ApiGateway::ApiKey'] = 'ApiKey'

SAM_API = 'AWS::Serverless::WebSocketApi'
LAYERS = ('AWS::Serverless::LayerVersion', 'AWS::Lambda::LayerVersion')
NESTED = ('AWS::CloudFormation::Stack', 'AWS::Serverless::Application')


def is_template(document):
    if not isinstance(document, Map):
        return False

    if 'AWSTemplateFormatVersion' in document:
        return True

    return any(str(as_map(resource).get('Type', '')).startswith('AWS::')
               for resource in as_map(document.get('Resources')).values())


def read(document, given, findings):
    # what CDK makes for one region has it in texts

    named = set(re.findall(rf'\b{NAMED}', str(document)))

    if len(named) == 1:
        given = {'AWS::Region': named.pop(), **given}

    scope = Scope(document, given)
    source = Source(kind_of(document), region=scope.region,
                    account=scope.account)

    if source.kind == 'SAM':
        source.lambda_address = '127.0.0.1:3001'

    read_resources(scope, document, source, findings)

    return source


def kind_of(document):
    if 'Transform' in document:
        return 'SAM'

    resources = as_map(document.get('Resources')).values()

    if any('aws:cdk:path' in as_map(as_map(resource).get('Metadata'))
           for resource in resources):
        return 'CDK'

    return 'CloudFormation'


def read_resources(scope, document, source, findings):
    globals_of = as_map(document.get('Globals'))

    for name, resource in scope.resources.items():
        if name.startswith('Fn::'):             # ForEach, Transform
            findings.refuse(line_of(name), f'"{clean(name)}"',
                            'makes resources that are not known here',
                            'the template that CloudFormation makes of it')
            source.incomplete = True

        if not isinstance(resource, Map):
            continue

        kind = str(resource.get('Type', ''))
        line = line_of(name, line_of(resource))
        props = as_map(resource.get('Properties'))

        try:
            there = scope.exists(name)
        except Undecided as error:
            if kind in KINDS or kind == SAM_API:
                findings.undecided(error, f'"{clean(name)}"', line)
                source.incomplete = True
            there = False

        if not there:
            continue

        if kind in KINDS:
            source.records.append(Record(KINDS[kind], name, props, line,
                                         scope.resolve))

        elif kind == SAM_API:
            merged = merge(as_map(globals_of.get('WebSocketApi')), props)
            sam_api(name, merged, line, scope, source)

        elif kind in FUNCTIONS:
            merged = merge(as_map(globals_of.get('Function')), props)
            source.functions.append(function(name, resource, merged, line,
                                             scope, kind))

        elif kind in NESTED:
            nested(name, resource, props, line, scope, source, findings)


def nested(name, resource, props, line, scope, source, findings):
    """A template of its own, which may have routes of an API that it gets."""

    file = as_map(resource.get('Metadata')).get('aws:asset:path') \
        or props.get('TemplateURL') or props.get('Location')
    source.nested.append(file if isinstance(file, str) else name)

    given = [as_map(scope.resources.get(of)).get('Type')
             for of in referred(props.get('Parameters'))]

    if V2 + 'Api' in given or SAM_API in given:
        findings.refuse(line, f'"{clean(name)}"',
                        'is a nested stack that gets the API; routes that it '
                        'may have are not read', 'one template with all of it')

        # who may connect is known if $connect is here
        source.incomplete |= not any(
            as_map(as_map(of).get('Properties')).get('RouteKey') == '$connect'
            for of in scope.resources.values())


def referred(value):
    """The names of resources in Ref and GetAtt below a value."""

    found = set()
    waiting = [value]

    while waiting:
        of = waiting.pop()

        if isinstance(of, Map):
            name = of.get('Ref') or of.get('Fn::GetAtt')
            name = name[0] if isinstance(name, List) and name else name

            if isinstance(name, str):
                found.add(name.partition('.')[0])

            waiting += of.values()

        elif isinstance(of, List):
            waiting += of

    return found


def merge(above, own):
    """Globals of SAM: maps and lists become one, else what stands below
    wins."""

    made = Map(above)
    made.line = own.line

    for key, value in own.items():
        if isinstance(value, Map) and isinstance(made.get(key), Map) \
                and not any(name.startswith('Fn::') or name == 'Ref'
                            for name in value):
            value = merge(made[key], value)

        elif isinstance(value, List) and isinstance(made.get(key), List):
            whole = List(made[key] + value)
            whole.line = value.line
            value = whole

        made.pop(key, None)
        made[key] = value

    return made


def sam_api(name, props, line, scope, source):
    """A WebSocketApi is what SAM makes of it."""

    def add(kind, id, record, at=line):
        source.records.append(Record(kind, id, record, at, scope.resolve,
                                     name=f'{kind} of "{clean(name)}"'))

    def of(**members):
        made = Map((text(key, line_of(value, line)), value)
                   for key, value in members.items() if value is not None)
        made.line = line
        return made

    me = text(name, line)
    auth = as_map(props.get('Auth'))
    kind = auth.get('AuthType')

    add('Api', name, of(Name=props.get('Name') or me,
                        ProtocolType=text('WEBSOCKET', line),
                        RouteSelectionExpression=props.get(
                            'RouteSelectionExpression'),
                        ApiKeySelectionExpression=props.get(
                            'ApiKeySelectionExpression')))

    add('Stage', f'{name}Stage', of(
        ApiId=me, StageName=props.get('StageName') or text('default', line),
        StageVariables=props.get('StageVariables'),
        AccessLogSettings=props.get('AccessLogSettings'),
        DefaultRouteSettings=props.get('DefaultRouteSettings'),
        RouteSettings=props.get('RouteSettings')))

    if kind == 'CUSTOM':
        add('Authorizer', f'{name}Authorizer', of(
            ApiId=me, AuthorizerType=text('REQUEST', line),
            AuthorizerUri=auth.get('AuthArn'),
            IdentitySource=auth.get('IdentitySource')), line_of(auth, line))

    if props.get('Domain') is not None:
        domain = as_map(props['Domain'])
        add('ApiMapping', f'{name}Domain', of(
            ApiId=me, DomainName=domain.get('DomainName')),
            line_of(domain, line))

    for key, route in as_map(props.get('Routes')).items():
        route = as_map(route)
        at = line_of(key, line)
        id = f'{name}/{key}'

        add('Integration', id, of(
            ApiId=me, IntegrationType=text('AWS_PROXY', at),
            IntegrationUri=route.get('FunctionArn'),
            TimeoutInMillis=route.get('IntegrationTimeout')), at)

        add('Route', id, of(
            ApiId=me, RouteKey=key, Target=text(f'integrations/{id}', at),
            ApiKeyRequired=route.get('ApiKeyRequired'),
            RouteResponseSelectionExpression=route.get(
                'RouteResponseSelectionExpression'),
            RequestModels=route.get('RequestModels'),
            AuthorizationType=kind if key == '$connect' else None,
            AuthorizerId=text(f'{name}Authorizer', at)), at)


def function(name, resource, props, line, scope, kind):
    record = Record('Function', name, props, line, scope.resolve)

    def known(prop, default=''):
        try:
            return record.text(prop, default)
        except Undecided:
            return default

    found = Function(name=str(scope.physical(name, line)), logical=str(name),
                     handler=str(known('Handler')),
                     runtime=str(known('Runtime')), line=line,
                     image=known('PackageType') == 'Image')

    def text_of(node):
        try:
            value = scope.resolve(node)
        except Undecided:
            return ''

        return str(value) if isinstance(value, str) else ''

    code = props.get('CodeUri', props.get('Code'))
    asset = as_map(resource.get('Metadata')).get('aws:asset:path')
    found.code = text_of(asset) or text_of(code)
    found.inline = text_of(props.get('InlineCode')) \
        or text_of(as_map(code).get('ZipFile'))

    found.timeout = seconds(known('Timeout'), 3.0)
    variables = as_map(as_map(props.get('Environment')).get('Variables'))
    found.environment = environment(variables, scope.resolve)
    found.layers = layers(props.get('Layers'), scope)
    found.external = texts(as_map(as_map(resource.get('Metadata')).get(
        'BuildProperties')).get('External'))

    return found


def texts(node):
    return [str(value) for value in as_list(node) if isinstance(value, str)]


def layers(node, scope):
    """Folders of those that are made here."""

    found = []

    for of in as_list(node):
        name = as_map(of).get('Ref')
        layer = as_map(scope.resources.get(name)
                       if isinstance(name, str) else None)
        props = as_map(layer.get('Properties'))
        folder = as_map(layer.get('Metadata')).get('aws:asset:path') \
            or props.get('ContentUri') or props.get('Content')

        if layer.get('Type') in LAYERS and isinstance(folder, str):
            found.append(str(folder))

    return found


def seconds(value, default):
    try:
        return min(max(float(value), 0.1), 900.0)
    except (TypeError, ValueError):
        return default


def environment(variables, resolve):
    """Each variable's text, or the Undecided that says why there is none; what is
    null, or AWS::NoValue, is not to be there."""

    found = {}

    for key, node in variables.items():
        try:
            value = resolve(node)

            if value is not None:
                found[str(key)] = str(value) if isinstance(value, str) else \
                    Undecided(line_of(key), 'it is no text')
        except Undecided as error:
            error.line = error.line or line_of(key)
            found[str(key)] = error

    return found
