"""wsgw-dev: the command line, the start, the loop, the end."""

import argparse
import contextlib
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

from wsgw_convert import command as convert_command
from wsgw_convert.model import NAMED, Refusal, Usage
from wsgw_convert.source import SourceError, as_map, clean, read
from wsgw_convert.writer import Options

from . import say
from .front import Elsewhere, Feed, Front
from .functions import Functions
from .gateway import Gateway, alone
from .project import Project, stamps

POLL = 0.3
ADDRESS = convert_command.ADDRESS


def parser():
    made = argparse.ArgumentParser(
        prog='wsgw-dev', allow_abbrev=False,
        description='Runs the WebSocket API that a project has on AWS, on '
        'this machine: its template becomes an nginx.conf, its functions are '
        'found or run, a console is in the browser. Ctrl-C ends all of it.')
    made.add_argument('place', nargs='?', default='.', metavar='DIR',
                      help='a folder with a serverless.yml, a template.yaml, '
                      'a cdk.out .., or a file (.)')
    made.add_argument('--api', metavar='NAME', help='which one of several')
    made.add_argument('--stage', metavar='S', help='this stage alone')
    made.add_argument('--lambda', metavar='HOST:PORT', dest='functions',
                      help='where functions run: serverless offline, sam '
                      'local start-lambda, or anything with Lambda\'s Invoke '
                      'API; looked for at 3002 and 3001')
    made.add_argument('--rie', metavar='NAME=HOST:PORT', action='append',
                      default=[], help='a container image with the Runtime '
                      'Interface Emulator; without NAME= for all functions')
    made.add_argument('--own', action='store_true',
                      help='run the handlers here, whatever else runs')
    made.add_argument('--port', metavar='P', type=int, default=8080,
                      help='of clients; the next one is that of '
                      '@connections, the one behind it has the console (8080)')
    made.add_argument('--parameter', metavar='K=V', action='append',
                      default=[], help='as of wsgw-convert')
    made.add_argument('--keys', metavar='FILE', help='as of wsgw-convert')

    return made


def main(argv=None):
    arguments = parser().parse_args(argv)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP,
                   signal.SIGQUIT):
        signal.signal(number, end)

    with contextlib.ExitStack() as stack:
        try:
            Dev(arguments, stack).run()
        except Usage as error:
            print(f'wsgw-dev: {error}', file=sys.stderr)
            return 1
        except Stopped:
            print()
            quiet()

    return 0


class Stopped(BaseException):
    """Ctrl-C, or whatever asks for the end."""


def end(*_):
    quiet()
    raise Stopped


def quiet():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP,
                   signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)


class Dev:
    def __init__(self, arguments, stack):
        self.arguments = arguments
        self.stack = stack
        self.project = Project(arguments.place)
        self.feed = Feed()
        self.gateway = None
        self.functions = None
        self.front = None
        self.told = None
        self.sam = None

    # --- the start

    def run(self):
        ports = [self.arguments.port + at for at in range(3)]
        free(ports)

        self.front = Front(ports[2], self.feed)
        self.gateway = Gateway(ports[0], ports[1], ports[2], self.heard)
        self.stack.callback(self.gateway.stop)

        result = self.convert()
        region = result.source.region
        # a CDK of one region says it in an endpoint, and nowhere else
        named = re.findall(rf'\b{NAMED}',
                           self.project.read().decode(errors='replace'))
        regions = [region, os.environ.get('AWS_REGION', region),
                   *sorted(set(named))[:64]]

        self.functions = Functions(
            self.gateway.path('inline'), self.gateway.environment(
                result.api, list(dict.fromkeys(regions))))
        self.stack.callback(self.functions.end)
        # nginx ends first: its last $disconnect still finds its function
        self.stack.callback(self.gateway.stop)

        self.choose(result)
        said = self.gateway.put(result.files)

        if said:
            raise Usage(f'nginx does not take what was made:\n{said}')

        self.gateway.start()
        self.welcome(result)
        self.watch()

    def heard(self, entry):
        say.event(entry)
        self.feed.tell('log', entry)

    def convert(self):
        options = self.gateway.options(Options(
            keys=os.path.abspath(self.arguments.keys)
            if self.arguments.keys else '',
            input=os.path.basename(self.project.input)))

        given = convert_command.given_of(self.arguments)

        try:
            result = convert_command.convert(
                [self.project.read()], self.project.folder, options, given,
                self.arguments.api, self.arguments.stage)
        except Usage as error:
            raise Usage(f'{self.project.name}: {error}') from None
        except SourceError as error:
            at = f':{error.line}' if error.line else ''
            raise Usage(f'{self.project.name}{at}: {error}') from None

        told = [str(refusal) for refusal in result.findings.refusals]

        if told != self.told:
            self.told = told

            for line in told:
                say.wrong(f'not converted: {line}')

        return result

    # --- who runs the functions

    def choose(self, result):
        emulators = dict(emulator(of) for of in self.arguments.rie)
        address = self.arguments.functions

        if address and not ADDRESS.match(address):
            raise Usage(f'--lambda {clean(address)} is no HOST:PORT')

        if not address and not emulators and not self.arguments.own:
            address = self.found(result)

        missing = self.functions.take(result.source.functions,
                                      self.project.base, result.source.region)
        troubles = self.functions.troubles(result.files.ports)

        if not address and not emulators and troubles:
            address = self.start_sam(result, troubles)

        if address or emulators:
            self.front.functions = Elsewhere(address or '', emulators)
            self.runs = f'functions at {address}' if address else \
                'functions in ' + ', '.join(
                    f'{name or "all"} {of}' for name, of in emulators.items())
            return

        self.front.functions = self.functions
        places = self.functions.places.values()
        able = sum(not place.trouble for place in places)
        of = f'{able} of ' if able < len(places) else ''
        self.runs = f'{of}{len(places)} function' \
            f'{"s" if len(places) != 1 else ""} here'

        for name, why in troubles.items():
            say.wrong(f'{name}: {why}')

        for name, (function, error) in missing.items():
            say.wrong(str(Refusal(
                error.line, f'{name} of {function}', error.what,
                (error.instead or 'write its value')
                + f', or {name}=VALUE before wsgw-dev')))

    def found(self, result):
        """serverless offline, or sam local start-lambda, if it runs."""

        kind = result.source.kind

        if kind == 'serverless.yml':
            port = offline_port(self.project)
        elif kind == 'SAM':
            port = 3001
        else:
            return None

        return f'127.0.0.1:{port}' if is_lambda(port) else None

    def start_sam(self, result, troubles):
        """Of a SAM template whose functions are not for us."""

        sam = shutil.which('sam')

        if result.source.kind != 'SAM':
            return None

        if not sam:
            say.wrong('"sam local start-lambda" would run what is not run '
                      'here; sam is not installed')
            return None

        port = self.arguments.port + 3
        say.line('wsgw-dev', f'sam local start-lambda --port {port}, for '
                 + ', '.join(troubles))
        self.sam = subprocess.Popen(
            [sam, 'local', 'start-lambda', '--port', str(port), '--template',
             self.project.input], stdin=subprocess.DEVNULL,
            preexec_fn=alone)
        self.stack.callback(stop_group, self.sam)

        for _ in range(300):
            if is_lambda(port):
                return f'127.0.0.1:{port}'

            if self.sam.poll() is not None:
                break

            time.sleep(0.1)

        raise Usage('sam local start-lambda does not answer')

    # --- what is said

    def welcome(self, result):
        front, back, console = (self.arguments.port + at for at in range(3))
        lines = ['']

        for stage in result.api.stages:
            lines.append(f'  socket    ws://127.0.0.1:{front}/{stage.name}')

            if stage.closed:
                lines.append(f'            is closed: {stage.closed}')

        lines += [f'  push      http://127.0.0.1:{back}/'
                  f'{result.api.stages[0].name}/@connections/ID',
                  f'  console   http://127.0.0.1:{console}/',
                  f'  runs      {self.runs}', '', '  Ctrl-C ends it.', '']
        say.block('\n'.join(lines))
        self.tell(result)

    def tell(self, result):
        front, back = self.arguments.port, self.arguments.port + 1

        self.front.about = {
            'name': result.api.name, 'input': os.path.basename(
                self.project.input),
            'selection': result.api.selection, 'runs': self.runs,
            'refusals': self.told,
            'stages': [{
                'name': stage.name, 'closed': stage.closed,
                'url': f'ws://127.0.0.1:{front}/{stage.name}',
                'push': f'http://127.0.0.1:{back}/{stage.name}'
                        '/@connections/',
                'identity': list(stage.authorizer.identity)
                if stage.authorizer else [],
                'routes': [{'key': route.key, 'to': route.integration.name,
                            'response': route.response}
                           for route in stage.routes],
            } for stage in result.api.stages],
        }
        self.feed.tell('about', {})

    # --- the loop

    def watch(self):
        before = stamps(self.project.watched())

        while True:
            time.sleep(POLL)

            if self.gateway.child.poll() is not None:
                raise Usage('nginx has ended')

            now = stamps(self.project.watched())

            if now != before:
                before = now
                self.again()

            if self.front.functions is self.functions:
                self.functions.reload()

    def again(self):
        """The template has changed; what cannot be taken changes nothing."""

        try:
            result = self.convert()
            said = self.gateway.put(result.files)
        except Usage as error:
            said = str(error)

        if said:
            say.wrong('the template is not taken over: ' + said)
            return

        self.functions.take(result.source.functions, self.project.base,
                            result.source.region)
        self.gateway.reload()
        self.tell(result)
        say.line('wsgw-dev', 'the template has changed, and counts')


def free(ports):
    for port in ports:
        try:
            socket.create_server(('127.0.0.1', port)).close()
        except (OSError, OverflowError) as error:
            why = os.strerror(error.errno) if isinstance(error, OSError) \
                else 'there is no such port'
            raise Usage(f'port {port}: {why}; try --port P') from None


def emulator(text):
    name, equals, address = text.rpartition('=')

    if not ADDRESS.match(address):
        raise Usage(f'--rie {clean(text)} is no NAME=HOST:PORT')

    return name if equals else '', address


def offline_port(project):
    """custom: serverless-offline: lambdaPort:"""

    try:
        settings = as_map(as_map(as_map(read(project.read())[0])
                                 .get('custom')).get('serverless-offline'))
    except SourceError:
        return 3002

    match = re.match(r'(?:\$\{env:\w+, *)?(\d{1,5})\}?\Z',
                     str(settings.get('lambdaPort', '')))

    return int(match.group(1)) if match else 3002


def is_lambda(port):
    """Does the Invoke API answer there? A name that no function has is 404."""

    try:
        asked = http.client.HTTPConnection('127.0.0.1', port, timeout=2)
        asked.request('POST', '/2015-03-31/functions/wsgw-dev-looks/'
                      'invocations', '{}')
        answer = asked.getresponse()
        body = answer.read()
        asked.close()
    except (OSError, http.client.HTTPException):
        return False

    return answer.status == 404 and (
        answer.getheader('x-amzn-errortype', '').startswith('ResourceNotFound')
        or b'ResourceNotFound' in body)


def stop_group(child):
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGTERM)

        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
