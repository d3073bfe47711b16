#!/usr/bin/python3
"""mutate.py COUNT [SEED]: so many damaged inputs of t/convert/inputs through
wsgw-convert. None makes a traceback, writes anything but the files of DIR, or
puts a line into them that is not wsgw-convert's own; now and then nginx is asked
whether it takes what was made. What fails is left in build/convert/."""

import contextlib
import io
import os
import random
import re
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(TOP, 'conf', 'tools'))

from wsgw_convert import check, command         # noqa: E402

NASTY = [
    '\n', '\r', '\0', '\t', ';', '{', '}', '"', "'", '\\', '#', '$', '`',
    '; }\n}\nenv PATH;', '"; include /etc/passwd; #', '\\"', "\\'", '${', '$$',
    '$request_body', '${file(/etc/passwd)}', '${file(../../limits.yml)}',
    '${self:service}', '${opt:x, ""}', '${stageVariables.backend}', '../../x',
    '/etc/passwd', '~', '~^.*', '\\$default', '$default', '$connect', '*', '..',
    '$[?(@.x)]', '!Ref ', '!Sub ', '!GetAtt ', '!If [', '&a ', '*a', '<<: *a',
    '- ', ': ', ', ', '[', ']', '\ud7ff', '\u2028', '\u202e', '\x85', '\ufeff',
    '{{resolve:ssm:x}}', 'null', 'true', '1e999', '-1', '0', 'x' * 300,
    '\\ud800', '\\u0000', '\\n', 'AWS', 'HTTP', 'MOCK', 'HTTP_PROXY',
    'AWS_PROXY', 'AWS_IAM', 'CUSTOM', 'JWT', 'NONE', 'VPC_LINK', 'Condition',
    'http://h/$x', 'https://[::1]:1/;', 'http://h:99999/', 'http://-h/{',
    "'it''s'", 'context.authorizer.x', 'route.request.body.a[0].b',
    'route.request.header.Connection', '$context.requestId;', '@lambda',
]

SCALAR = re.compile(r'"(?:[^"\\\n]|\\.)*"|(?<=: )[^\s\[{][^\n]*|(?<=- )\S+')


def load():
    found = {}

    for folder, _, names in os.walk(os.path.join(HERE, 'inputs')):
        for name in names:
            if name.endswith(('.yaml', '.yml', '.json')) \
                    and name != 'limits.yml':
                with open(os.path.join(folder, name),
                          encoding='utf-8') as file:
                    found[os.path.join(folder, name)] = file.read()

    return found


def mutate(rng, text, others):
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        kind = rng.randrange(7)
        at = rng.randrange(len(text) + 1)
        end = min(len(text), at + rng.randrange(1, 60))

        if kind == 0:
            text = text[:at] + rng.choice(NASTY) + text[at:]

        elif kind == 1:
            text = text[:at] + text[end:]

        elif kind == 2:
            text = text[:at] + text[at:end] * 2 + text[end:]

        elif kind == 3:
            other = rng.choice(others)
            start = rng.randrange(len(other))
            text = text[:at] + other[start:start + 80] + text[end:]

        elif kind < 6:                          # a value, all of it or in part
            found = list(SCALAR.finditer(text))

            if found:
                match = rng.choice(found)
                value = match.group()
                quote = value[:1] if value[:1] in '"\'' else ''
                new = rng.choice(NASTY)

                if rng.random() < .5:
                    new = value.strip('"\'') + new

                if quote and rng.random() < .8:
                    new = new.replace('\\', '\\\\').replace('"', '\\"')

                text = (text[:match.start()] + quote + new + quote
                        + text[match.end():])

        else:                                   # two lines change places
            lines = text.split('\n')
            one, two = rng.randrange(len(lines)), rng.randrange(len(lines))
            lines[one], lines[two] = lines[two], lines[one]
            text = '\n'.join(lines)

    data = text.encode('utf-8', 'surrogatepass')

    if rng.random() < .05:
        data = bytearray(data)
        data[rng.randrange(len(data))] = rng.randrange(256)

    return bytes(data)


# --- what may stand in nginx.conf, read as nginx reads it

VARIABLE = re.compile(
    r'\$\{?(wsgw_[a-z0-9_]+|http_[a-z0-9_]+|arg_\w+|args|function|status|msec'
    r'|time_local|request_time|upstream_http_x_amzn_requestid|api_key'
    r'|api_client)\}?', re.I)

TOP_LEVEL = {'load_module': r'modules/ngx_http_wsgw_module\.so', 'events': '',
             'http': ''}
HTTP = {'wsgw_zone': r'zone=[\w-]+:64m', 'wsgw_profile': 'aws',
        'map': r'\$\S+ \$api_(key|client)', 'log_format': 'api escape=.*',
        'upstream': r'[\w-]+', 'server': ''}
SERVER = {'listen': r'127\.0\.0\.1:808[01]', 'include': r'aws/errors\.conf',
          'access_log': r'logs/access\.log api',
          'location': r'/[\w-]+|\^~ /[\w-]+/@connections|= /(lambda|http|mock)'
                      r'/[\w-]+|~ \^/lambda/\(\?<function>\[A-Za-z0-9_-\]\+\)'
                      r'\$'}
LOCATION = {'wsgw_api': r'[\w-]+( id=\w+)? domain=127\.0\.0\.1:8081',
            'deny': 'all', 'internal': '',
            'wsgw_authorizer': r'/lambda/[\w-]+( identity=\$\w+)*'
                               r'( arn=[\w-]+:\d{12})?',
            'wsgw_sigv4': r'k\.keys', 'wsgw_api_key': r'\$api_key '
                                                      r'id=\$api_client',
            'wsgw_route': r'.+ /(lambda|http|mock)/[\w-]+( type=http_proxy)?'
                          r'( response)?( timeout=\d+ms)?',
            'wsgw_route_selection_expression': '.+',
            'wsgw_stage_variable': r'\w+ .*', 'wsgw_body_variable': r'\w+ '
            r'\$request\.body\..+', 'wsgw_management': r'[\w-]+',
            'proxy_pass': r'https?://[\w-]+/[^ ]*', 'proxy_method': r'[A-Z]+',
            'proxy_set_header': r'[\w-]+ .*', 'proxy_http_version': r'1\.1',
            'proxy_ssl_server_name': 'on', 'proxy_ssl_name': r'[\w.:-]+',
            'default_type': 'text/plain', 'return': r'\d{3} .*'}
MAP = {'default': r'(\$\w+)?', 'include': r'api\.keys', '': ''}
UPSTREAM = {'server': r'[\w.:\[\]-]+', 'keepalive': '16'}

INSIDE = {'http': HTTP, 'server': SERVER, 'location': LOCATION, 'map': MAP,
          'upstream': UPSTREAM, 'events': {}}

# parameters in which nginx finds variables

EXPANDS = {'proxy_set_header', 'proxy_pass', 'return', 'wsgw_stage_variable',
           'log_format', 'map'}


def tokens(conf):
    """Words, and the characters that end a directive."""

    at, length = 0, len(conf)

    while at < length:
        char = conf[at]

        if char in ' \t\r\n':
            at += 1
        elif char == '#':
            at = (conf + '\n').index('\n', at)
        elif char in ';{}':
            yield char, True
            at += 1
        else:
            quote = char if char in '"\'' else ''
            at += bool(quote)
            word = ''

            while at < length:
                char = conf[at]

                if char == '\\' and at + 1 < length:
                    following = conf[at + 1]
                    word += following if following in '"\'\\' \
                        else char + following
                    at += 2
                    continue

                if quote and char == quote:
                    at += 1
                    break

                if not quote and (char in ' \t\r\n;'
                                  or char == '{' and word[-1:] != '$'):
                    break

                word += char
                at += 1

            yield word, False


def foreign(conf):
    """What is wrong in it, or ''."""

    for char in conf:
        if ord(char) < 32 and char != '\n' or char == '\x7f':
            return f'the character {char!r}'

    stack, words = [TOP_LEVEL], []

    for word, ends in tokens(conf):
        if not ends:
            if '\n' in word:
                return f'a line of {word!r}'

            words.append(word)
            continue

        if word == '}':
            stack.pop()

            if words or not stack:
                return f'"}}" behind {words}'
            continue

        if not words:
            return f'{word} behind nothing'

        name, rest = words[0], ' '.join(words[1:])
        allowed = stack[-1]
        words = []

        if name not in allowed or not re.fullmatch(allowed[name], rest, re.S):
            return f'{name} {rest}'

        if name in EXPANDS and '$' in VARIABLE.sub('', rest):
            return f'a variable in {name} {rest}'

        if word == '{':
            stack.append(INSIDE[name])

    return '' if stack == [TOP_LEVEL] and not words else 'it ends too early'


def foreign_keys(keys):
    words = []

    for word, ends in tokens(keys):
        if not ends:
            words.append(word)
            continue

        if word != ';' or len(words) != 2 or words[0][:2] != '~^':
            return f'{words}{word} in api.keys'

        words = []

    return 'api.keys ends too early' if words else ''


# --- a run

FILES = {'nginx.conf', 'RUN.md', 'api.keys', 'aws', 'aws/errors.conf'}
ARGUMENTS = ([], ['--per-function'], ['--keys', 'k.keys'], ['--strict'],
             ['--stage', 'dev'], ['--parameter', 'AcmeKey=8PVuRz5J0mEwQ9'])


def everything(folder):
    return {os.path.relpath(os.path.join(at, name), folder)
            for at, folders, names in os.walk(folder)
            for name in folders + names}


def attempt(folder, name, data, arguments):
    """What one input does wrong, or ''; and whether there is an nginx.conf."""

    shutil.rmtree(os.path.join(folder, 'out'), ignore_errors=True)

    with open(os.path.join(folder, name), 'wb') as file:
        file.write(data)

    said = io.StringIO()

    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            status = command.main([os.path.join(folder, name), '-o',
                                   os.path.join(folder, 'out'), *arguments])
    except SystemExit as error:
        status = error.code
    except BaseException as error:      # whatever it is, a user would see it
        return f'{type(error).__name__}: {error}', False

    if status not in (0, 1, 2):
        return f'status {status}', False

    if '\n' in said.getvalue() and any(
            not char.isprintable() and char != '\n'
            for char in said.getvalue()):
        return 'it says what no terminal should see', False

    there = everything(folder) - {name, 'limits.yml', 'out'}

    if there - {f'out/{file}' for file in FILES}:
        return f'it wrote {sorted(there)}', False

    conf = os.path.join(folder, 'out', 'nginx.conf')

    if not os.path.exists(conf):
        return ('' if status else 'nothing is there'), False

    with open(conf, encoding='utf-8') as file:
        wrong = foreign(file.read())

    keys = os.path.join(folder, 'out', 'api.keys')

    if not wrong and os.path.exists(keys):
        with open(keys, encoding='utf-8') as file:
            wrong = foreign_keys(file.read())

    return wrong, True


class Made:
    def __init__(self, folder):
        self.conf = self.keys = ''

        for name in ('nginx.conf', 'api.keys'):
            path = os.path.join(folder, name)

            if os.path.exists(path):
                with open(path, encoding='utf-8') as file:
                    setattr(self, 'keys' if 'keys' in name else 'conf',
                            file.read())


def taken(folder, nginx):
    """What nginx -t says against it; a host without a name is no fault."""

    os.environ['NGINX_BINARY'] = nginx
    made = Made(os.path.join(folder, 'out'))
    made.conf = made.conf.replace('wsgw_sigv4   k.keys;', '') \
                         .replace('wsgw_sigv4 k.keys;', '')

    try:
        done = check.run(made, command.TOP, command.errors_conf(), '')
    finally:
        os.environ['NGINX_BINARY'] = ''

    if done is None or done[0] or 'host not found' in done[1]:
        return ''

    return done[1]


def main(count, seed):
    inputs = load()
    names = sorted(inputs)
    rng = random.Random(seed)
    nginx = os.environ.get('NGINX_BINARY') or '/usr/sbin/nginx'
    os.environ['NGINX_BINARY'] = ''
    folder = tempfile.mkdtemp(prefix='wsgw-mutate.')
    made = asked = failed = 0

    with open(os.path.join(folder, 'limits.yml'), 'w',
              encoding='utf-8') as file:
        file.write('dev: "1"\n')

    try:
        for at in range(count):
            path = rng.choice(names)
            data = mutate(rng, inputs[path], list(inputs.values()))
            name = 'input' + os.path.splitext(path)[1]
            wrong, there = attempt(folder, name, data, rng.choice(ARGUMENTS))
            made += there

            if there and not wrong and made % 100 == 1:
                wrong = taken(folder, nginx)
                asked += 1

            if wrong:
                failed += 1
                keep(f'{seed}-{at}-{os.path.basename(path)}', data)
                print(f'{seed}-{at} of {os.path.relpath(path, HERE)}: {wrong}',
                      file=sys.stderr)

            os.remove(os.path.join(folder, name))

            if failed >= 20:
                break
    finally:
        shutil.rmtree(folder, ignore_errors=True)

    print(f'{count} inputs, seed {seed}: {made} nginx.conf, of which nginx was '
          f'asked about {asked}; {failed} failures')

    return failed != 0


def keep(name, data):
    kept = os.path.join(TOP, 'build', 'convert')
    os.makedirs(kept, exist_ok=True)

    with open(os.path.join(kept, name), 'wb') as file:
        file.write(data)


if __name__ == '__main__':
    sys.exit(main(int(sys.argv[1]),
                  int(sys.argv[2]) if len(sys.argv) > 2 else 1))
