"""Records of AWS's kinds -> one API. Each thing that cannot be had here is
refused by its name and line, and the rest goes on without it; what would open
an API that was closed closes it."""

import re
from types import SimpleNamespace

from . import mapping
from .integrate import Integrations, function_of
from .model import Api, Authorizer, Route, Stage, Undecided, Usage
from .quote import NAME, Unquotable, constant, slug, word
from .source import Map, as_list, as_map, clean, line_of, truth

SPECIAL = ('$connect', '$disconnect', '$default')
SELECTION = '$request.body.action'
MAX_KEY = 256


def assemble(source, findings, api=None, stage=None, keys=None):
    chosen = choose(source, findings, api)
    made = Api(name=str(text_or(findings, chosen, 'Name', chosen.id)))

    if re.match(r'[a-z0-9]{10}\Z', chosen.id):
        made.id = chosen.id

    elif re.match(r'[A-Za-z0-9]+\Z', chosen.id):
        made.logical = chosen.id

    made.selection = selection(chosen, findings)
    made.keys = api_keys(source, findings)
    made.functions = {function.name: function for function in source.functions}

    of = SimpleNamespace(
        source=source, findings=findings, api=chosen, keys=keys, made=made,
        records={kind: [record for record in source.of(kind)
                        if belongs(record, chosen, findings)]
                 for kind in ('Route', 'Integration', 'Stage', 'Authorizer',
                              'RouteResponse', 'IntegrationResponse',
                              'ApiMapping')})

    if not of.records['Route']:
        findings.refuse(chosen.line, chosen.name, 'has no route in this input',
                        'write one template with all of it')
        source.incomplete = True

    for record in stages(of, stage):
        add_stage(of, record)

        if source.incomplete:
            close(made.stages[-1], 'a route of it is not known')

    for record in of.records['ApiMapping']:
        domain = text_or(findings, record, 'DomainName', 'a domain')
        findings.note(f'The domain "{clean(domain)}" is its server\'s '
                      '`server_name` and certificate here; clients use the '
                      'path of the stage, not of a mapping.')

    return made


def text_or(findings, record, prop, default):
    try:
        return record.text(prop, default)
    except Undecided as error:
        findings.undecided(error, f'{prop} of {record.name}', record.line)
        return default


def choose(source, findings, name):
    """The one WebSocket API that is meant."""

    apis = []

    for record in source.of('Api'):
        if text_or(findings, record, 'ProtocolType', 'WEBSOCKET').upper() \
                == 'WEBSOCKET':
            apis.append(record)

    names = [(str(record.id), str(text_or(findings, record, 'Name', '')))
             for record in apis]

    if name is not None:
        apis = [record for record, of in zip(apis, names) if name in of]

    if len(apis) == 1:
        return apis[0]

    told = ', '.join(f'"{clean(of or id)}"' for id, of in names)

    if not names:
        told = ', '.join(clean(of) for of in source.nested)
        raise Usage('there is no WebSocket API in it'
                    + ('; its routes are of an API that another template has: '
                       'write one with all of it' if source.of('Route') else '')
                    + (f'; it has nested stacks, which are templates of their '
                       f'own: {told}' if told else ''))

    if name is not None:
        raise Usage(f'there is no WebSocket API "{clean(name)}" in it; there '
                    f'is {told}')

    raise Usage(f'there are several WebSocket APIs in it: {told}; choose one '
                'by --api NAME')


def belongs(record, api, findings):
    try:
        owner = record.text('ApiId')
    except Undecided as error:
        findings.undecided(error, record.name, record.line)
        return record.kind == 'Route'           # which may be its $connect

    # an IntegrationResponse or a listing may leave it out
    return owner in ('', api.id)


# --- the API

def selection(api, findings):
    found = text_or(findings, api, 'RouteSelectionExpression', SELECTION)
    line = api.line_at('RouteSelectionExpression')
    wrong = None

    if re.search(r'\.\.|[*?:]|\$\{?request\.(?!body\b)|\$\{?context', found):
        wrong = ('has a wildcard, a filter, or a source that is no message')
    elif len(found) > 1024:
        wrong = 'is longer than 1024 characters'
    else:
        try:
            word(found)
        except Unquotable as error:
            wrong = str(error)

    if not found or wrong:
        findings.refuse(line, f'RouteSelectionExpression "{clean(found)}"',
                        wrong or 'is empty',
                        f'write paths to one member each; {SELECTION} is '
                        'taken instead')
        return SELECTION

    return str(found)


def api_keys(source, findings):
    found = []

    for record in source.of('ApiKey'):
        try:
            value = record.text('Value')

            if not value:
                raise Undecided(record.line, 'its value is made by AWS',
                                'write a Value')

            if not re.match(r'[!-~]{8,128}\Z', value):
                raise Undecided(record.line, 'its value is no key',
                                'a key has 8 to 128 characters without blanks')

            if truth(record.text('Enabled', 'true')):
                found.append((str(value), slug(record.id, 'key')))

        except Undecided as error:
            findings.undecided(error, record.name, record.line)

    return found


# --- stages

def stages(of, wanted):
    found = {}

    for record in of.records['Stage']:
        try:
            name = str(record.text('StageName'))
        except Undecided as error:
            of.findings.undecided(error, record.name, record.line)
            continue

        if not NAME.match(name):
            of.findings.refuse(record.line_at('StageName'),
                               f'stage "{clean(name)}"',
                               'has a name that is no segment of a path',
                               'a name has letters, digits, "-" and "_"')
        elif name in found:
            of.findings.refuse(record.line, f'stage "{name}"',
                               'is there twice', 'the first one counts')
        else:
            found[name] = record

    if wanted is None:
        if found:
            return list(found.items())

        of.findings.refuse(of.api.line, of.api.name, 'has no stage',
                           'say --stage NAME; "dev" is taken')
        wanted = 'dev'

    if not NAME.match(wanted):
        raise Usage(f'--stage "{clean(wanted)}" is no segment of a path')

    if wanted in found:
        return [(wanted, found[wanted])]

    if found:
        raise Usage(f'there is no stage "{wanted}" in it; there is '
                    + ', '.join(f'"{name}"' for name in found))

    return [(wanted, None)]


def add_stage(of, named):
    name, record = named
    stage = Stage(name=name)
    of.made.stages.append(stage)

    if record is not None:
        stage_variables(of, stage, record)
        access_log(of, stage, record)
        throttle(of, stage, record)

    mapper = mapping.Mapper(stage.variables)
    integrations = Integrations(of, stage, mapper)
    seen = {}

    for route in of.records['Route']:
        add_route(of, stage, route, integrations, seen)

    stage.body_variables = dict(mapper.body)


def stage_variables(of, stage, record):
    try:
        variables = as_map(record.get('StageVariables'))
    except Undecided as error:
        of.findings.undecided(error, f'StageVariables of {record.name}')
        return

    for name, value in variables.items():
        line = line_of(name, record.line)
        told = f'stage variable "{clean(name)}"'

        if not re.match(r'[A-Za-z0-9_]{1,64}\Z', name):
            of.findings.refuse(line, told, 'has a name that no variable has')
            continue

        try:
            constant('' if value is None else value)
        except Unquotable as error:
            of.findings.refuse(line, told, error,
                               'write another value, and tell the functions')
            continue

        stage.variables[str(name)] = '' if value is None else str(value)


def access_log(of, stage, record):
    line = record.line_at('AccessLogSettings')

    try:
        text = record.inner('AccessLogSettings', 'Format')

        if not isinstance(text, str) or not text.strip():
            return

        if len(text) > 4096:
            raise Unquotable('is longer than 4096 characters')

        _, missing = mapping.log_format(text)

        if not mapping.VARIABLE.search(text):
            raise Unquotable('has no variable of $context')

        stage.log_format = str(text)

        if missing:
            of.findings.note('In the access log these are "-": '
                             + ', '.join(f'`$context.{clean(name)}`'
                                         for name in sorted(set(missing))))
    except Undecided as error:
        of.findings.undecided(error, f'access log of stage "{stage.name}"',
                              line)
    except Unquotable as error:
        of.findings.refuse(line, f'access log of stage "{stage.name}"', error,
                           'include a format of conf/logs')


def first(value):
    """terraform shows a block as a list of one."""

    listed = as_list(value)
    return listed[0] if listed else None


def throttle(of, stage, record):
    try:
        default = as_map(first(record.get('DefaultRouteSettings')))
        routes = record.get('RouteSettings')
    except Undecided as error:
        of.findings.undecided(error, f'throttling of stage "{stage.name}"')
        return

    every = [('', default)]

    if isinstance(routes, Map):
        every += [(str(key), as_map(value)) for key, value in routes.items()]
    else:
        every += [(str(as_map(value).get('RouteKey') or '?'), as_map(value))
                  for value in as_list(routes)]

    for key, settings in every:
        rate = number(settings.get('ThrottlingRateLimit'))
        burst = number(settings.get('ThrottlingBurstLimit'))

        if rate and burst:
            stage.throttle.append((clean(key), rate, burst))


def number(value):
    try:
        found = int(float(str(value)))
    except (ValueError, OverflowError):
        return 0

    return found if 0 < found < 1000000 else 0


# --- routes

def add_route(of, stage, record, integrations, seen):
    try:
        key = str(record.text('RouteKey'))

        if not key:
            raise Undecided(record.line_at('RouteKey'), 'it has no RouteKey')
    except Undecided as error:
        of.findings.undecided(error, record.name, record.line)
        close(stage, 'the key of a route is not known')
        return

    told = f'route "{clean(key)}"'
    line = record.line_at('RouteKey')
    wrong = wrong_key(key)

    if wrong or key in seen:
        of.findings.refuse(line, told, wrong or 'is there twice',
                           '' if wrong else 'the first one counts')

        if key == '$connect':
            close(stage, '$connect is there twice')

        return

    seen[key] = True

    if key == '$connect':
        protect(of, stage, record)

    models(of, record, told)

    try:
        found = integrations.of(record)
        response = two_way(of, record)
    except Undecided as error:
        of.findings.undecided(error, told, line)
        found = None

    if found is None:
        stage.comments.append(f'{told} is not converted, see RUN.md')

        if key == '$connect':
            close(stage, 'its $connect is not converted')

        return

    integration, timeout = found

    stage.routes.append(Route(key, integration, timeout=timeout, line=line,
                              response=response
                              and key not in ('$connect', '$disconnect')))


def wrong_key(key):
    if not 0 < len(key.encode('utf-8', 'replace')) <= MAX_KEY:
        return f'has a key that is not 1 to {MAX_KEY} bytes long'

    if key.startswith('~') or key.startswith('\\$') \
            or key.startswith('$') and key not in SPECIAL:
        return 'has a key that is reserved'

    try:
        word(key)
    except Unquotable as error:
        return str(error)

    return ''


def two_way(of, record):
    if record.text('RouteResponseSelectionExpression') == '$default':
        return True

    for response in of.records['RouteResponse']:
        if response.text('RouteId') == record.id \
                and response.text('RouteResponseKey') == '$default':
            return True

    return False


def models(of, record, told):
    line = record.line_at('RequestModels')

    try:
        found = record.get('RequestModels')
    except Undecided:
        found = True

    if found:
        of.findings.refuse(line, f'models of {told}',
                           'messages are not validated here',
                           'validate in the function')


# --- who may connect

def close(stage, why):
    if not stage.closed:
        stage.closed = why


def protect(of, stage, record):
    try:
        kind = record.text('AuthorizationType', 'NONE').upper()
        key = truth(record.text('ApiKeyRequired', 'false'))
    except Undecided as error:
        of.findings.undecided(error, 'authorization of $connect', record.line)
        close(stage, 'its authorization is not converted')
        return

    line = record.line_at('AuthorizationType')

    if kind == 'CUSTOM':
        stage.authorizer = authorizer(of, stage, record, line)

    elif kind == 'AWS_IAM':
        if of.keys:
            stage.sigv4 = True
        else:
            of.findings.refuse(line, 'AWS_IAM of $connect',
                               'which access keys may connect is known to AWS',
                               'write a line KEY:SECRET each into a file, and '
                               'say --keys FILE')
            close(stage, 'it wants AWS_IAM, and there is no file of keys')

    elif kind not in ('NONE', ''):
        of.findings.refuse(line, f'authorization "{clean(kind)}" of $connect',
                           'WebSocket APIs have none of this name',
                           'write CUSTOM, AWS_IAM or NONE')
        close(stage, 'its authorization is not converted')

    if key:
        require_key(of, stage, record.line_at('ApiKeyRequired'))


def require_key(of, stage, line):
    expression = text_or(of.findings, of.api, 'ApiKeySelectionExpression',
                         '$request.header.x-api-key')

    try:
        if expression == '$context.authorizer.usageIdentifierKey':
            source = '$wsgw_authorizer_usageIdentifierKey'
        elif expression.startswith('$request.header.'):
            source = mapping.header_variable(
                expression[len('$request.header.'):])
        else:
            raise Unquotable('is no header and no usageIdentifierKey')
    except Unquotable as error:
        of.findings.refuse(of.api.line_at('ApiKeySelectionExpression'),
                           f'ApiKeySelectionExpression "{clean(expression)}"',
                           error, 'write $request.header.x-api-key')
        close(stage, 'its API key is not converted')
        return

    if not of.made.keys:
        of.findings.refuse(line, 'ApiKeyRequired of $connect',
                           'no key of the input has a value',
                           'give each AWS::ApiGateway::ApiKey a Value')
        close(stage, 'it wants an API key, and there is none')
        return

    stage.api_key = source


def authorizer(of, stage, record, line):
    name = 'authorizer of $connect'

    try:
        id = record.text('AuthorizerId')
        found = [known for known in of.records['Authorizer'] if known.id == id]

        if not found:
            raise Undecided(line, f'there is no authorizer "{clean(id)}"')

        found = found[0]
        name = f'authorizer "{clean(found.id)}"'
        kind = found.text('AuthorizerType', 'REQUEST').upper()

        if kind != 'REQUEST':
            raise Undecided(found.line_at('AuthorizerType'),
                            f'it is of type {clean(kind)}',
                            'write a Lambda authorizer of type REQUEST')

        function, arn = function_of(found.text('AuthorizerUri'),
                                    stage.variables,
                                    found.line_at('AuthorizerUri'))
        identity = []

        for source in identity_sources(found):
            value = mapping.identity(source, stage.variables)

            if value and value not in identity:
                identity.append(value)

    except Undecided as error:
        of.findings.undecided(error, name, line)
        close(stage, 'its authorizer is not converted')
        return None

    except Unquotable as error:
        of.findings.refuse(found.line_at('IdentitySource'), name, error,
                           'write route.request.querystring.NAME or '
                           'route.request.header.NAME')
        close(stage, 'its authorizer is not converted')
        return None

    return Authorizer(function, tuple(identity), arn)


def identity_sources(record):
    """A list, in older tools of one text with commas, or that text."""

    listed = as_list(record.get('IdentitySource'))

    if any(not isinstance(text, str) for text in listed):
        raise Undecided(record.line_at('IdentitySource'),
                        'IdentitySource is no list of texts')

    return [part for text in listed for part in text.split(',')
            if part.strip()]
