"""RUN.md: how what was made is run, what it needs, what it lacks."""

import shlex

from .source import clean

MANAGED = 'AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI'


def code(value):
    """A text of the input in a page of Markdown."""

    return '`' + clean(value).replace('`', "'") + '`'


def write(api, source, options, files, findings, modules):
    page = [f'# {clean(api.name)}', '',
            f'Made by wsgw-convert from {code(options.input)} '
            f'({source.kind}). Making it again replaces it.', '']

    page += running(options, files, modules)
    page += functions(api, source, options, files)
    page += urls(api, options)

    if findings.notes:
        page += ['## What to know', '']
        page += [f'- {note}' for note in findings.notes] + ['']

    page += ['## Not converted', '']

    if not findings.refusals:
        page += ['Nothing: all of it is in nginx.conf.', '']

    for refusal in findings.refusals:
        at = f'line {refusal.line}: ' if refusal.line else ''
        instead = f'; {clean(refusal.instead, 400)}' if refusal.instead else ''
        page.append(f'- {at}{code(refusal.name)}: '
                    f'{clean(refusal.what, 400)}{instead}')

        if refusal.shown:
            page += ['']
            page += [('      ' + clean(line, 500)).rstrip()
                     for line in refusal.shown.split('\n')]
            page += ['']

    return '\n'.join(page).rstrip('\n') + '\n'


def running(options, files, modules):
    run = '    nginx -p "$PWD" -c nginx.conf -e logs/error.log ' \
        "-g 'pid nginx.pid;'"
    page = ['## nginx', '', 'In this folder, beside an nginx that is there:',
            '',
            '    mkdir -p logs',
            f'    ln -sfn {shlex.quote(modules)} modules' if modules else
            '    ln -sfn "$(nginx -V 2>&1 | grep -o -- '
            "'--modules-path=[^ ]*' | cut -d= -f2)\" modules",
            f'{run} -t', run, '',
            'It ends by the last line and ` -s quit`. Or copy `nginx.conf` '
            'and `aws/` to where nginx has its configuration.', '']

    if files.keys:
        page += ['`api.keys` has the API keys: only nginx\'s master has to '
                 'read it.', '']

    if options.keys:
        page += [f'{code(options.keys)} has a line KEY:SECRET for each access '
                 'key, and nobody but nginx\'s master reads it.', '']

    return page


def functions(api, source, options, files):
    if not files.ports:
        return []

    known = {function.name: function for function in source.functions}
    page = ['## Functions', '']

    if options.per_function:
        page += ['Each has a port of its own, as of an image with the Runtime '
                 'Interface Emulator: `docker run -p PORT:8080 IMAGE`.', '']
    else:
        page += [f'They are called at {code(options.lambda_address)}, as '
                 '`POST /2015-03-31/functions/NAME/invocations`.', '']
        page += runs(source, options)

    page += ['| name | handler | runtime | port |' if options.per_function
             else '| name | handler | runtime |',
             '|---|---|---|---|' if options.per_function else '|---|---|---|']

    for name, port in files.ports.items():
        function = known.get(name)
        handler = clean(function.handler) if function else ''
        runtime = clean(function.runtime) if function else ''
        row = [name, handler, runtime] + ([str(port)] if options.per_function
                                          else [])
        page.append('| ' + ' | '.join(cell.replace('|', '\\|')
                                      for cell in row) + ' |')

    return page + ['']


def runs(source, options):
    port = options.lambda_address.rpartition(':')[2]

    return {
        'SAM': [f'`sam local start-lambda --port {port}` runs them, or '
                '`wsgw-dev`.', ''],
        'serverless.yml': ['`serverless offline` runs them: its Lambda is at '
                           f'port {port}. So does `wsgw-dev`.', ''],
    }.get(source.kind, ['`wsgw-dev` runs them, or `node conf/chat/runtime.js '
                        f'{port} FOLDER`.', ''])


def urls(api, options):
    host = options.listen if ':' in options.listen \
        else f'127.0.0.1:{options.listen}'
    page = ['## Stages', '', '| clients | functions push to |', '|---|---|']

    for stage in api.stages:
        page.append(f'| `ws://{host}/{stage.name}` '
                    f'| `http://{options.back}/{stage.name}` |')

    return page + [
        '', 'SDKs of AWS take the second from their environment:', '',
        f'    {MANAGED}=http://{options.back}/{api.stages[0].name}', '',
        'A function that builds `https://{domainName}/{stage}` of its event '
        'wants TLS there, with a certificate that it trusts, or writes '
        '`http://`. Such a certificate:', '',
        '    openssl req -x509 -newkey ec -pkeyopt '
        'ec_paramgen_curve:P-256 -nodes -days 365 \\',
        '        -subj /CN=wsgw -addext subjectAltName=IP:'
        f'{options.back.rpartition(":")[0]} -keyout back.key -out back.pem',
        '', 'In the server of the way back, in place of its `listen`:', '',
        f'    listen {options.back} ssl;',
        '    ssl_certificate     back.pem;',
        '    ssl_certificate_key back.key;', '',
        'And in the environment of the functions `NODE_EXTRA_CA_CERTS`, or '
        '`AWS_CA_BUNDLE` for Python, with the whole path of `back.pem`.', '']
