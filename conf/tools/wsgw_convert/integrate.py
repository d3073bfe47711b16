"""Integrations: a Lambda function, an HTTP URL, an answer that is known."""

import re

from .mapping import SAFE
from .model import Integration, Undecided
from .quote import FUNCTION, Unquotable, constant
from .source import as_map, clean, line_of

DEFAULT_TIMEOUT = 29000

INVOKE = re.compile(r'arn:[\w-]+:apigateway:([\w-]*):lambda:path/[\d-]+'
                    r'/functions/(.+)/invocations\Z')
ARN = re.compile(r'arn:[\w-]+:lambda:([\w-]*):(\d*):function:'
                 r'([^:]+)(?::[^:]+)?\Z')
STAGE_VARIABLE = re.compile(r'\$\{stageVariables\.([^}]*)\}')
URL = re.compile(r'(https?)://([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])'
                 r'(?::(\d{1,5}))?(/[^?#]*)?(?:\?([^#]*))?\Z')
VALUE = re.compile(r'[A-Za-z0-9._~:@/-]*\Z')
PATH = re.compile(r'[A-Za-z0-9._~:/@!&\'()*+,;=%-]*\Z')

# headers that are the connection's own, not an integration's to set

OWN_HEADERS = ('connection', 'content-length', 'transfer-encoding', 'upgrade',
               'keep-alive', 'te', 'trailer')


class Refused(Exception):
    """It has been told already."""


def with_variables(text, variables, line):
    """${stageVariables.NAME} of a URI, which a stage knows."""

    def one(match):
        name = match.group(1)

        if name not in variables:
            raise Undecided(line, f'stage variable "{clean(name)}" has no '
                                  'value', 'give the stage one')
        return variables[name]

    return STAGE_VARIABLE.sub(one, str(text))


def function_of(uri, variables, line):
    """The function's name in an ARN, and REGION:ACCOUNT if they are told."""

    uri = with_variables(uri, variables, line)
    match = INVOKE.match(uri)
    inner = match.group(2) if match else uri
    arn = ''
    match = ARN.match(inner)

    if match:
        name = match.group(3)

        if match.group(1) and len(match.group(2)) == 12 \
                and match.group(2) != '0' * 12:
            arn = f'{match.group(1)}:{match.group(2)}'
    else:
        name = inner.split(':')[0]

    if not FUNCTION.match(name):
        raise Undecided(line, f'"{clean(uri)}" is no Lambda function')

    return name, arn


class Integrations:
    """Those of one stage, each made once."""

    def __init__(self, of, stage, mapper):
        self.records = {record.id: record
                        for record in of.records['Integration']}
        self.responses = of.records['IntegrationResponse']
        self.findings = of.findings
        self.stage = stage
        self.mapper = mapper
        self.made = {}

    def of(self, route):
        """(integration, timeout), or None for what is refused."""

        target = route.text('Target')
        line = route.line_at('Target')

        if not target:
            raise Undecided(line, 'it has no Target',
                            'write integrations/INTEGRATION')

        id = target[len('integrations/'):] \
            if target.startswith('integrations/') else target

        if id not in self.records:
            raise Undecided(line, f'there is no integration "{clean(id)}"')

        if id not in self.made:
            self.made[id] = self.make(self.records[id])

        return self.made[id]

    def make(self, record):
        try:
            return self.integration(record), self.timeout(record)

        except Undecided as error:
            self.findings.undecided(error, record.name, record.line)

        except Refused:
            pass

        except Unquotable as error:
            self.findings.refuse(record.line, record.name, error)

        return None

    def timeout(self, record):
        try:
            found = int(float(record.text('TimeoutInMillis',
                                          str(DEFAULT_TIMEOUT))))
        except (ValueError, OverflowError):
            raise Undecided(record.line_at('TimeoutInMillis'),
                            'TimeoutInMillis is no number') from None

        found = min(max(found, 50), DEFAULT_TIMEOUT)

        return 0 if found == DEFAULT_TIMEOUT else found

    def integration(self, record):
        kind = record.text('IntegrationType').upper()

        if kind == 'AWS_PROXY':
            function, _ = function_of(record.text('IntegrationUri'),
                                      self.stage.variables,
                                      record.line_at('IntegrationUri'))
            return Integration('lambda', function, function=function)

        if kind == 'HTTP_PROXY':
            return self.http(record)

        if kind == 'MOCK':
            return self.mock(record)

        line = record.line_at('IntegrationType')

        if kind in ('AWS', 'HTTP'):
            proxy = ('AWS_PROXY and let the function read the event'
                     if kind == 'AWS' else
                     'HTTP_PROXY and let the backend read the message')
            self.findings.refuse(
                line, record.name, f'IntegrationType {kind} has templates in '
                'a language that is not spoken here', f'write {proxy}',
                self.templates(record))
            raise Refused()

        raise Undecided(line, f'there is no IntegrationType "{clean(kind)}"')

    def templates(self, record):
        """The VTL, for who has to write it differently."""

        shown = []

        for of in [record] + [response for response in self.responses
                              if self.answers(response, record)]:
            for prop in ('RequestTemplates', 'ResponseTemplates'):
                try:
                    found = as_map(of.get(prop))
                except Undecided:
                    continue

                for key, template in found.items():
                    shown.append(f'{prop} {clean(key)}:\n{template}')

        return '\n'.join(shown)[:20000]

    def answers(self, response, record):
        try:
            return response.text('IntegrationId') == record.id
        except Undecided:
            return False

    # --- HTTP_PROXY

    def http(self, record):
        line = record.line_at('IntegrationUri')
        uri = with_variables(record.text('IntegrationUri'),
                             self.stage.variables, line)
        match = URL.match(uri)

        if record.text('ConnectionType') == 'VPC_LINK' and not match:
            raise Undecided(line, 'it leads through a VPC link to '
                                  f'"{clean(uri)}"',
                            'write the URL of the load balancer, '
                            'http://HOST/PATH')

        if not match:
            raise Undecided(line, f'"{clean(uri)}" is no URL of a host',
                            'write http://HOST:PORT/PATH')

        scheme, host, port, path, query = match.groups()
        port = int(port or (443 if scheme == 'https' else 80))
        path = path or '/'

        if not 0 < port < 65536 or host.startswith(('.', '-')):
            raise Undecided(line, f'"{clean(uri)}" is no URL of a host')

        if not PATH.match(path) or not PATH.match(query or ''):
            raise Undecided(line, f'"{clean(uri)}" has characters that a URL '
                                  'has encoded', 'write them as %XX')

        headers, arguments = self.parameters(record)

        if query:
            arguments = [tuple(part.partition('=')[::2])
                         for part in query.split('&') if part] + arguments

        method = record.text('IntegrationMethod', 'POST').upper()

        if not re.match(r'[A-Z]{1,16}\Z', method):
            raise Undecided(record.line_at('IntegrationMethod'),
                            f'"{clean(method)}" is no method')

        return Integration('http', str(record.id),
                           url=(scheme, host.lower(), port, path),
                           method='' if method in ('POST', 'ANY') else method,
                           headers=tuple(headers), query=tuple(arguments))

    def parameters(self, record):
        headers, arguments = [], []
        found = as_map(record.get('RequestParameters'))

        for target, source in found.items():
            line = line_of(target, record.line)
            place, _, name = target.partition('.request.')[2].partition('.')

            try:
                self.parameter(place, name, source, headers, arguments)
            except Unquotable as error:
                self.findings.refuse(line, f'"{clean(target)}" of '
                                           f'{record.name}', error,
                                     'write it in its location')

        return headers, arguments

    def parameter(self, place, name, source, headers, arguments):
        if not isinstance(source, str):
            raise Unquotable('its source is no text')

        value = self.mapper.value(source)

        if place == 'header':
            if not re.match(r'[A-Za-z0-9_-]{1,64}\Z', name) \
                    or name.lower() in OWN_HEADERS:
                raise Unquotable('this header is not to be set')

            headers.append((name, value))

        elif place == 'querystring':
            if not re.match(r'[A-Za-z0-9._~-]{1,64}\Z', name):
                raise Unquotable('this argument has a name to be encoded')

            if value.startswith('$wsgw_query_'):
                value = '$arg_' + value[len('$wsgw_query_'):]   # encoded

            if value not in SAFE and not value.startswith('$arg_') \
                    and not VALUE.match(value):
                raise Unquotable('its value could break out of a URL')

            arguments.append((name, value))

        else:
            raise Unquotable('headers and arguments can be set')

    # --- MOCK

    def mock(self, record):
        """`return`, where the answer does not depend on the message."""

        line = record.line_at('IntegrationType')
        status = 200

        for template in as_map(record.get('RequestTemplates')).values():
            match = re.search(r'"statusCode"\s*:\s*"?(\d{3})"?',
                              str(template))

            if match:
                status = int(match.group(1))

        if not 200 <= status <= 599:
            raise Undecided(line, f'it answers {status}')

        body, found = '', False

        for response in self.responses:
            if not self.answers(response, record):
                continue

            templates = as_map(response.get('ResponseTemplates'))

            for template in templates.values():
                if found:
                    continue

                if re.search(r'[$#]', str(template)):
                    self.findings.refuse(
                        line_of(response, response.line), record.name,
                        'its response template is a program',
                        'write the text that it makes, or a function',
                        self.templates(record))
                    raise Refused()

                body, found = str(template), True

        constant(body)

        return Integration('mock', str(record.id), status=status, body=body)
