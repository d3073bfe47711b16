"""The API as nginx.conf. Every text of an input goes through quote.py, or is a
comment of one line."""

import re
from dataclasses import dataclass, field

from .mapping import log_format
from .quote import constant, slug, word
from .source import clean

INVOCATIONS = '2015-03-31/functions'
KEEPALIVE = 16
FIRST_PORT = 9001               # of --per-function


@dataclass
class Options:
    listen: str = '127.0.0.1:8080'
    back: str = '127.0.0.1:8081'
    lambda_address: str = '127.0.0.1:9000'
    per_function: bool = False
    keys: str = ''
    input: str = ''
    named: bool = False         # of wsgw-dev: what Ref gives is the API's id
    head: tuple = ()            # lines of wsgw-dev: of the whole, of http,
    http: tuple = ()
    server: tuple = ()          # of the server, and of the way back
    server_back: tuple = ()
    back_listen: tuple = ()     # in place of `back`, which events still name


@dataclass
class Files:
    """What is written, by the name in DIR."""

    conf: str = ''
    keys: str = ''
    ports: dict = field(default_factory=dict)   # function -> port


class Lines:
    def __init__(self):
        self.lines = []
        self.depth = 0

    def add(self, *words):
        """A directive."""

        self.line(' '.join(words) + ';')

    def line(self, text=''):
        self.lines.append(' ' * 4 * self.depth + text if text else '')

    def comment(self, text):
        indent = ' ' * 4 * self.depth
        current = '#'

        for part in clean(text, 2000).split(' '):
            if len(indent) + len(current) + 1 + len(part) > 79 \
                    and current != '#':
                self.lines.append(indent + current)
                current = '#'

            current += ' ' + part

        self.lines.append(indent + current)

    def open(self, text):
        self.line(text + ' {')
        self.depth += 1

    def close(self):
        if self.lines[-1] == '':
            self.lines.pop()

        self.depth -= 1
        self.line('}')
        self.line()

    def aligned(self, rows):
        """Directives, their second words in a column."""

        width = max((len(row[0]) for row in rows if len(row[0]) < 24),
                    default=0)

        for row in rows:
            self.add(row[0].ljust(width), *row[1:])

    def __str__(self):
        return '\n'.join(self.lines).rstrip('\n') + '\n'


class Writer:
    def __init__(self, api, options):
        self.api = api
        self.options = options
        self.zone = slug(api.name, 'api')
        self.lines = Lines()
        self.files = Files()
        self.locations = {}         # integration -> path
        self.upstreams = {}         # host:port -> name
        self.names = set()

    def write(self):
        lines = self.lines

        self.collect()

        lines.comment(f'Made by wsgw-convert from {self.options.input}: API '
                      f'"{self.api.name}". RUN.md says how it is run, and what '
                      'it lacks.')
        lines.line()

        for line in self.options.head:
            lines.line(line)

        lines.add('load_module modules/ngx_http_wsgw_module.so')
        lines.line()
        lines.line('events { }')
        lines.line()
        lines.open('http')

        for line in self.options.http:
            lines.line(line)

        lines.add('wsgw_zone   ', f'zone={self.zone}:64m')
        lines.add('wsgw_profile', 'aws')
        lines.line()
        self.keys()
        self.log()
        self.upstream_blocks()
        self.server()
        self.management()
        lines.close()

        self.files.conf = str(lines)

        return self.files

    # --- what integrations need

    def used(self):
        for stage in self.api.stages:
            for route in stage.routes:
                yield route.integration

    def functions(self):
        names = [integration.function for integration in self.used()
                 if integration.kind == 'lambda']
        names += [stage.authorizer.function for stage in self.api.stages
                  if stage.authorizer]

        return sorted(set(names))

    def collect(self):
        for integration in self.used():
            if integration.kind == 'lambda' or integration in self.locations:
                continue

            self.locations[integration] = self.unique(
                f'/{integration.kind}/' + slug(integration.name, 'integration'))

            if integration.kind == 'http':
                host, port = integration.url[1:3]
                self.upstreams.setdefault((host, port), self.unique(
                    f'{slug(host, "host")}-{port}'))

        for at, name in enumerate(self.functions()):
            self.files.ports[name] = FIRST_PORT + at

    def unique(self, name):
        made, count = name, 1

        while made in self.names:
            count += 1
            made = f'{name}-{count}'

        self.names.add(made)
        return made

    def path(self, integration):
        if integration.kind == 'lambda':
            return '/lambda/' + integration.function

        return self.locations[integration]

    # --- http {}

    def keys(self):
        sources = [stage.api_key for stage in self.api.stages if stage.api_key]

        if not sources:
            return

        lines = self.lines
        lines.comment('"api.keys" has whom each key belongs to')
        lines.open(f'map {sources[0]} $api_client')
        lines.aligned([('default', '""'), ('include', 'api.keys')])
        lines.close()
        lines.open('map $api_client $api_key')
        lines.aligned([('default', sources[0]), ('""', '""')])
        lines.close()

        self.files.keys = ''.join(
            word('~^' + re.escape(value) + '$') + ' ' + constant(whose) + ';\n'
            for value, whose in self.api.keys)

    def log(self):
        formats = [stage.log_format for stage in self.api.stages
                   if stage.log_format]

        if formats:
            text, _ = log_format(formats[0])
            escape = 'json' if formats[0].lstrip().startswith('{') \
                else 'default'

            self.lines.add('log_format', 'api', f'escape={escape}\n'
                           + ' ' * 8 + text)
            self.lines.line()

    def upstream(self, name, address):
        self.lines.open(f'upstream {name}')
        self.lines.add('server', address)
        self.lines.add('keepalive', str(KEEPALIVE))
        self.lines.close()

    def upstream_blocks(self):
        if self.options.per_function:
            for name, port in self.files.ports.items():
                self.upstream(f'lambda-{name}', f'127.0.0.1:{port}')
        elif self.files.ports:
            self.upstream('lambda', self.options.lambda_address)

        for (host, port), name in self.upstreams.items():
            self.upstream(name, f'{host}:{port}')

    # --- the clients' server

    def server(self):
        lines = self.lines

        lines.open('server')
        lines.add('listen', self.options.listen)

        if any(stage.log_format for stage in self.api.stages):
            lines.add('access_log', 'logs/access.log', 'api')

        for line in self.options.server:
            lines.line(line)

        lines.line()
        lines.add('include', 'aws/errors.conf')
        lines.line()

        for stage in self.api.stages:
            self.stage(stage)

        self.lambda_locations()

        for integration in self.locations:
            if integration.kind == 'http':
                self.http_location(integration)
            else:
                self.mock_location(integration)

        lines.close()

    def stage(self, stage):
        lines = self.lines
        lines.open(f'location /{stage.name}')
        id = self.api.id or self.options.named and self.api.logical
        rows = [['wsgw_api', self.zone] + ([f'id={id}'] if id else [])
                + [f'domain={self.options.back}']]

        if stage.closed:
            lines.comment(f'nobody may connect: {stage.closed}')
            rows.append(['deny', 'all'])

        if stage.authorizer:
            row = ['wsgw_authorizer', '/lambda/' + stage.authorizer.function]
            row += [f'identity={value}' for value in stage.authorizer.identity]

            if stage.authorizer.arn:
                row.append(f'arn={stage.authorizer.arn}')

            rows.append(row)

        if stage.sigv4:
            rows.append(['wsgw_sigv4', word(self.options.keys)])

        if stage.api_key:
            rows.append(['wsgw_api_key', '$api_key', 'id=$api_client'])

        lines.aligned(rows)

        self.stage_values(stage)
        self.routes(stage)

        for comment in stage.comments:
            lines.line()
            lines.comment(comment)

        self.throttle(stage)
        lines.close()

    def stage_values(self, stage):
        lines = self.lines

        if self.api.selection != '$request.body.action':
            lines.line()
            lines.add('wsgw_route_selection_expression',
                      word(self.api.selection))

        rows = [['wsgw_stage_variable', name, constant(value) if value
                 else '""'] for name, value in stage.variables.items()]
        rows += [['wsgw_body_variable', name, word(expression)]
                 for name, expression in stage.body_variables.items()]

        if rows:
            lines.line()
            lines.aligned(rows)

    def routes(self, stage):
        if not stage.routes:
            return

        keys = [word(route.key) for route in stage.routes]
        width = max((len(key) for key in keys if len(key) < 24), default=0)

        self.lines.line()

        for route, key in zip(stage.routes, keys):
            row = ['wsgw_route', key.ljust(width), self.path(route.integration)]

            if route.integration.kind != 'lambda':
                row.append('type=http_proxy')

            if route.response:
                row.append('response')

            if route.timeout:
                row.append(f'timeout={route.timeout}ms')

            self.lines.add(*row)

    def throttle(self, stage):
        for key, rate, burst in stage.throttle:
            of = f'the route "{key}"' if key else 'all routes'
            lines = self.lines

            lines.line()
            lines.comment(f'AWS lets {rate} requests a second and {burst} at '
                          f'once through to {of}, of all clients together. '
                          'Here handshakes, with a zone in http{}, and the '
                          'messages of each connection can be limited:')
            lines.line('#')
            lines.line('#     limit_req_zone $server_name zone=connects:1m '
                       f'rate={rate}r/s;')
            lines.line(f'#     limit_req zone=connects burst={burst} nodelay;')
            lines.line(f'#     wsgw_message_rate {rate}r/s burst={burst};')

    # --- integrations

    def proxied(self, url, rows=()):
        self.lines.add('proxy_pass', word(url))
        self.lines.aligned(list(rows) + [
            ['proxy_http_version', '1.1'],
            ['proxy_set_header', 'Connection', '""'],
        ])

    def lambda_locations(self):
        lines = self.lines

        if not self.files.ports:
            return

        if self.options.per_function:
            for name in self.files.ports:
                lines.open(f'location = /lambda/{name}')
                lines.add('internal')
                self.proxied(f'http://lambda-{name}/{INVOCATIONS}/function'
                             '/invocations')
                lines.close()
            return

        lines.open('location ~ ^/lambda/(?<function>[A-Za-z0-9_-]+)$')
        lines.add('internal')
        self.proxied(f'http://lambda/{INVOCATIONS}/$function/invocations')
        lines.close()

    def http_location(self, integration):
        scheme, host, port, path = integration.url
        url = f'{scheme}://{self.upstreams[host, port]}{path}'
        shown = host if port == (443 if scheme == 'https' else 80) \
            else f'{host}:{port}'

        if integration.query:
            # with a variable in it, nginx appends nothing of itself
            url += '?' + '&'.join(f'{name}={value}' for name, value
                                  in integration.query) + '&$args'

        rows = []

        if integration.method:
            rows.append(['proxy_method', integration.method])

        if scheme == 'https':
            rows += [['proxy_ssl_server_name', 'on'],
                     ['proxy_ssl_name', host.strip('[]')]]

        if not any(name.lower() == 'host' for name, _ in integration.headers):
            rows.append(['proxy_set_header', 'Host', shown])

        rows += [['proxy_set_header', name, value]
                 for name, value in integration.headers]

        self.lines.open(f'location = {self.locations[integration]}')
        self.lines.add('internal')
        self.proxied(url, rows)
        self.lines.close()

    def mock_location(self, integration):
        self.lines.open(f'location = {self.locations[integration]}')
        self.lines.add('internal')
        self.lines.add('default_type', 'text/plain')
        self.lines.add('return', str(integration.status),
                       constant(integration.body) if integration.body
                       else '""')
        self.lines.close()

    # --- the way back

    def management(self):
        lines = self.lines

        lines.comment('The way back has a server of its own, for this host '
                      'alone.')
        lines.line()
        lines.open('server')

        for address in self.options.back_listen or (self.options.back,):
            lines.add('listen', address)

        for line in self.options.server_back:
            lines.line(line)

        lines.line()
        lines.add('include', 'aws/errors.conf')
        lines.line()

        for stage in self.api.stages:
            lines.open(f'location ^~ /{stage.name}/@connections')
            lines.add('wsgw_management', self.zone)
            lines.close()

        lines.close()
