"""AWS's sources of values, in nginx's words."""

import re

from .quote import Unquotable, constant
from .source import clean

NAME = re.compile(r'[A-Za-z0-9_]{1,64}\Z')
HEADER = re.compile(r'[A-Za-z0-9-]{1,64}\Z')

CONTEXT = {
    'apiId': '$wsgw_api_id',
    'authorizer.principalId': '$wsgw_authorizer_principalId',
    'authorizer.integrationLatency': '$wsgw_authorizer_integrationLatency',
    'awsEndpointRequestId': '$upstream_http_x_amzn_requestid',
    'connectedAt': '$wsgw_connected_at',
    'connectionId': '$wsgw_connection_id',
    'domainName': '$wsgw_domain_name',
    'error.message': '$wsgw_error',
    'error.messageString': '$wsgw_error',
    'eventType': '$wsgw_event_type',
    'extendedRequestId': '$wsgw_request_id',
    'identity.sourceIp': '$wsgw_source_ip',
    'identity.userAgent': '$wsgw_user_agent',
    'integration.error': '$wsgw_error',
    'integration.integrationStatus': '$wsgw_integration_status',
    'integration.latency': '$request_time',
    'integration.requestId': '$upstream_http_x_amzn_requestid',
    'integration.status': '$wsgw_integration_status',
    'integrationErrorMessage': '$wsgw_error',
    'integrationLatency': '$request_time',
    'integrationStatus': '$wsgw_integration_status',
    'messageId': '$wsgw_message_id',
    'requestId': '$wsgw_request_id',
    'requestTime': '$time_local',
    'requestTimeEpoch': '$msec',
    'routeKey': '$wsgw_route_key',
    'stage': '$wsgw_stage',
    'status': '$status',
}

# what no client can put a blank into, which would end a URL

SAFE = {'$wsgw_api_id', '$wsgw_connected_at', '$wsgw_connection_id',
        '$wsgw_event_type', '$wsgw_message_id', '$wsgw_request_id',
        '$wsgw_stage', '$wsgw_source_ip', '$msec'}


def context(name):
    """A variable of $context, or None if there is none here."""

    if name in CONTEXT:
        return CONTEXT[name]

    scope, _, member = name.partition('.')

    if scope == 'authorizer' and NAME.match(member) \
            and member not in ('error', 'latency', 'status', 'requestId',
                               'integrationStatus'):
        return f'$wsgw_authorizer_{member}'

    return None


# headers that the gateway has put there, whatever the client has sent

ADDED = {
    'x-amzn-trace-id': '$wsgw_request_id',
    'x-forwarded-for': '$wsgw_source_ip',
    'x-forwarded-port': '$server_port',
    'x-forwarded-proto': '$wsgw_scheme',
}


def header_variable(name):
    if name.lower() in ADDED:
        return ADDED[name.lower()]

    if not re.match(r'[A-Za-z0-9_-]{1,64}\Z', name):
        raise Unquotable(f'no variable of nginx has the header "{clean(name)}"')

    return '$http_' + name.lower().replace('-', '_')


def identity(source, variables):
    """identity= of wsgw_authorizer; '' for what is always there, as variables of
    the stage are."""

    source = str(source).strip()

    if source.startswith('route.request.header.'):
        return header_variable(source[len('route.request.header.'):])

    if source.startswith('route.request.querystring.'):
        name = source[len('route.request.querystring.'):]

        if not NAME.match(name):
            raise Unquotable(f'no variable of nginx has the argument '
                             f'"{clean(name)}"')

        return f'$arg_{name}'

    if source.startswith('context.'):
        variable = context(source[len('context.'):])

        if variable is None or variable.startswith('$wsgw_authorizer'):
            raise Unquotable(f'"{clean(source)}" has no variable here')

        return variable

    if source.startswith('stageVariables.'):
        if source[len('stageVariables.'):] not in variables:
            raise Unquotable(f'"{clean(source)}" is no variable of the stage')

        return ''

    raise Unquotable(f'"{clean(source)}" is no source of a WebSocket API')


class Mapper:
    """Values of requestParameters; keeps what bodies are asked for."""

    def __init__(self, variables):
        self.variables = variables          # of the stage
        self.body = {}                      # name -> expression

    def value(self, source):
        """A parameter of a directive, quoted."""

        source = str(source).strip()

        if len(source) > 1 and source[0] == source[-1] == "'":
            return constant(source[1:-1])

        if source.startswith('context.'):
            variable = context(source[len('context.'):])

            if variable:
                return variable

        if source.startswith('stageVariables.'):
            name = source[len('stageVariables.'):]

            if name in self.variables:
                return constant(self.variables[name])

            raise Unquotable(f'there is no stage variable "{clean(name)}"')

        if source.startswith('route.request.header.'):
            return header_variable(source[len('route.request.header.'):])

        if source.startswith('route.request.querystring.'):
            name = source[len('route.request.querystring.'):]

            if NAME.match(name):
                return f'$wsgw_query_{name}'

        if source.startswith('route.request.body.'):
            return self.body_variable(source[len('route.request.body.'):])

        raise Unquotable(f'"{clean(source)}" has no variable here')

    def body_variable(self, path):
        if not re.match(r'[A-Za-z0-9_]+(\.[A-Za-z0-9_]+|\[\d{1,6}\]){0,16}\Z',
                        path):
            raise Unquotable(f'"{clean(path)}" is no path to one member')

        base = re.sub(r'[^A-Za-z0-9_]+', '_', path).strip('_').lower()[:60]
        name, count = base, 1
        expression = f'$request.body.{path}'

        while self.body.get(name, expression) != expression:
            count += 1
            name = f'{base}_{count}'

        self.body[name] = expression

        return f'$wsgw_body_{name}'


# --- AccessLogSettings

VARIABLE = re.compile(r'\$\{?context\.([A-Za-z0-9_.]+)\}?')


def log_format(text):
    """A format of $context variables -> parameters of log_format, and names
    of what is "-" here."""

    text = ' '.join(str(text).split('\n')).strip()
    missing = []

    def one(match):
        name = match.group(1)
        tail = ''

        while name.endswith('.'):
            name, tail = name[:-1], '.' + tail

        variable = context(name)

        if variable is None:
            missing.append(name)
            return '-' + tail

        # a letter behind it would make another name of it
        after = text[match.end():match.end() + 1]

        if (after.isalnum() or after == '_') and not tail:
            variable = '${' + variable[1:] + '}'

        return variable + tail

    pieces, last = [], 0

    for match in VARIABLE.finditer(text):
        pieces.append(literal(text[last:match.start()]))
        pieces.append(one(match))
        last = match.end()

    pieces.append(literal(text[last:]))

    return "'" + ''.join(pieces) + "'", missing


def literal(text):
    if '$' in text:
        raise Unquotable('has a "$" that is no variable of $context')

    for char in text:
        if ord(char) < 0x20 or ord(char) == 0x7f or 0xd800 <= ord(char) < 0xe000:
            raise Unquotable('has a control character')

    return text.replace('\\', '\\\\').replace("'", "\\'")
