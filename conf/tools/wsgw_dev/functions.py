"""Handlers of a project, run by worker.js and worker.py. Functions of one
folder with one environment share a process, which ends when their code changes:
the next event starts another."""

import json
import os
import shutil
import socket
import subprocess
import threading
import time
import uuid

from . import say
from .project import stamps

HERE = os.path.dirname(os.path.realpath(__file__))

# the program, what runs in it, and what a handler's file ends with; one that has
# to be built comes after all that are

LANGUAGES = {
    'nodejs': ('node', 'worker.js', ('.js', '.mjs', '.cjs'), ('.ts', '.mts')),
    'python': ('python3', 'worker.py', ('.py',)),
}

IGNORED = {'node_modules', '.git', '__pycache__', '.venv', 'venv', '.aws-sam',
           '.serverless', '.terraform'}
CODE = ('.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '.tsx', '.py', '.json')
MAX_FILES = 5000


class Trouble(Exception):
    """Why a function cannot be run here."""


class Place:
    """A function, and where its handler is."""

    def __init__(self, function, base, inline):
        self.function = function
        self.language = next((name for name in LANGUAGES
                              if function.runtime.startswith(name)), '')
        self.trouble = ''

        try:
            self.find(base, inline)
            program = LANGUAGES[self.language][0]

            if not shutil.which(program):
                raise Trouble(f'it needs {program}, which is not installed')

        except Trouble as error:
            self.trouble = str(error)

    def find(self, base, inline):
        function = self.function

        if function.image:
            raise Trouble('it is a container image; run it, and say --rie '
                          f'{function.name}=HOST:PORT')

        if not function.handler:
            raise Trouble('its handler is not known')

        path, _, name = function.handler.rpartition('.')

        if function.inline:
            base = self.inline(inline)

        for language in ([self.language] if self.language else LANGUAGES):
            for extensions in LANGUAGES[language][2:]:
                for folder in candidates(base, function):
                    whole = first(folder, path, extensions)

                    if whole:
                        self.language = language
                        self.folder = os.path.realpath(folder)
                        self.file = os.path.realpath(whole)
                        self.name = name
                        self.layers = tuple(
                            os.path.realpath(placed(base, layer))
                            for layer in function.layers)
                        return

        if not self.language:
            raise Trouble(f'it runs on "{function.runtime}", which '
                          'is not run here; start it, and say --lambda '
                          'HOST:PORT')

        raise Trouble(f'there is no file for its handler '
                      f'"{function.handler}"')

    def inline(self, folder):
        """Code that stands in the template itself."""

        base = os.path.join(folder, self.function.name)
        os.makedirs(base, exist_ok=True)
        extension = '.py' if self.language == 'python' else '.js'
        path = os.path.basename(self.function.handler.rpartition('.')[0])

        with open(os.path.join(base, (path or 'index') + extension), 'w',
                  encoding='utf-8') as file:
            file.write(self.function.inline)

        self.function.code = '.'
        return base


def first(folder, path, extensions):
    for extension in extensions:
        for file in (path, path.replace('.', '/')):
            whole = os.path.join(folder, file + extension)

            if os.path.isfile(whole):
                return whole

    return None


def search_paths(layers):
    """Where Lambda looks in layers, which it has put into /opt; what `sam
    build` would make of one is looked for in its source."""

    def all_of(*places):
        return [os.path.join(layer, place) if place else layer
                for layer in layers for place in places]

    return {
        'NODE_PATH': all_of('nodejs/node_modules', 'node_modules'),
        'PYTHONPATH': all_of('python', ''),
        'WSGW_DEV_LAYERS': list(layers),
    } if layers else {}


def placed(base, folder):
    """Seen from the template, or what "cdk synth" has printed of it."""

    synthesized = os.path.join(base, 'cdk.out', folder)

    return synthesized if os.path.isdir(synthesized) \
        else os.path.join(base, folder)


def candidates(base, function):
    if function.code:
        yield placed(base, function.code)

    for name in ('.', 'src', 'dist', 'build', 'lambda',
                 os.path.join('functions', function.logical)):
        yield os.path.join(base, name)


class Group:
    """A process, and the calls that it has not answered yet."""

    def __init__(self, language, folder, layers, environment):
        self.language = language
        self.folder = folder
        self.layers = layers
        self.environment = environment
        self.lock = threading.Lock()
        self.child = None
        self.channel = None
        self.calls = {}
        self.stamps = None
        self.sources = {}           # of what is built, wherever they are

    def files(self):
        """What is watched; of packages, whether some came or went."""

        found = [os.path.join(self.folder, 'node_modules')]

        for top in (self.folder, *self.layers):
            for at, folders, names in os.walk(top):
                folders[:] = [name for name in folders if name not in IGNORED]
                found += [os.path.join(at, name) for name in names
                          if name.endswith(CODE)]

                if len(found) > MAX_FILES:
                    break

        return found

    def changed(self):
        """Called now and then; true once for each change of the code."""

        now = stamps(self.files())
        before, self.stamps = self.stamps, now
        built = self.sources
        moved = stamps(built) != built

        if moved:
            self.sources = {}

        return moved or before is not None and before != now

    def start(self):
        program, worker = LANGUAGES[self.language][:2]
        ours, theirs = socket.socketpair()

        # what is written from now on may not be what it runs

        self.stamps = stamps(self.files())
        self.sources = {}

        self.child = subprocess.Popen(
            [shutil.which(program), os.path.join(HERE, worker), str(theirs.fileno())],
            cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            pass_fds=[theirs.fileno()], start_new_session=True)
        theirs.close()
        self.channel = ours

        for target, argument in ((self.answers, ours), (self.said,
                                                        self.child)):
            threading.Thread(target=target, args=(argument, self.child),
                             daemon=True).start()

    def answers(self, channel, child):
        with channel.makefile('r', encoding='utf-8') as lines:
            try:
                for line in lines:
                    answer = json.loads(line)

                    if 'sources' in answer:
                        self.sources = {**self.sources,
                                        **stamps(answer['sources'])}
                        continue

                    call = self.calls.pop(answer['id'], None)

                    if call:
                        call.answer(answer)
            except (OSError, ValueError):
                pass

        for id, call in list(self.calls.items()):
            if call.child is child:
                self.calls.pop(id, None)
                call.answer({'error': {
                    'errorType': 'Runtime.ExitError',
                    'errorMessage': 'the process of the function has ended'}})

    def said(self, child, _):
        for line in child.stdout:
            say.line('function', line.decode('utf-8', 'replace').rstrip())

    def call(self, place, event, context):
        """What the handler answers: {"result": ..} or {"error": ..}."""

        call = Call()
        message = json.dumps({
            'id': call.id, 'file': place.file, 'name': place.name,
            'external': place.function.external,
            'event': event, 'context': context}) + '\n'

        with self.lock:
            if self.child is None or self.child.poll() is not None:
                self.start()

            call.child = self.child
            self.calls[call.id] = call

            try:
                self.channel.sendall(message.encode())
            except OSError:
                self.calls.pop(call.id, None)
                raise Trouble('its process has ended') from None

        answer = call.wait(place.function.timeout)

        if answer is None:
            self.calls.pop(call.id, None)
            return {'error': {
                'errorType': 'Sandbox.Timedout',
                'errorMessage': f'{context["awsRequestId"]} Task timed out '
                                f'after {place.function.timeout:g} seconds'}}

        return answer

    def end(self, patience=5.0):
        """What it has begun it may finish."""

        with self.lock:
            child, self.child = self.child, None
            channel, self.channel = self.channel, None

        if child is None:
            return

        try:
            channel.shutdown(socket.SHUT_WR)
        except OSError:
            pass

        threading.Thread(target=finish, args=(child, patience)).start()


def finish(child, patience):
    try:
        child.wait(patience)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


class Call:
    def __init__(self):
        self.id = str(uuid.uuid4())
        self.done = threading.Event()
        self.value = None
        self.child = None

    def answer(self, value):
        self.value = value
        self.done.set()

    def wait(self, seconds):
        return self.value if self.done.wait(seconds) else None


class Functions:
    """All of a project, by the names in nginx.conf."""

    def __init__(self, inline, environment):
        self.inline = inline
        self.environment = environment      # beside each one's own
        self.places = {}
        self.groups = {}
        self.lock = threading.Lock()

    def take(self, functions, base, region):
        """What a template says now; processes of what has not changed stay."""

        places = {}
        missing = {}

        for function in functions:
            place = Place(function, base, self.inline)
            place.key = None
            places[function.name] = place

            for name, value in function.environment.items():
                if not isinstance(value, str):
                    missing.setdefault(name, (function.logical, value))

            if not place.trouble:
                place.key = (place.language, place.folder, place.layers,
                             tuple(sorted((name, value) for name, value
                                          in function.environment.items()
                                          if isinstance(value, str))))

        with self.lock:
            self.places = places
            keys = {place.key for place in places.values() if place.key}

            for key in set(self.groups) - keys:
                self.groups.pop(key).end()

            for key in keys - set(self.groups):
                *place, environment = key
                self.groups[key] = Group(*place, self.whole(
                    dict(environment), region, place[-1]))

        return missing

    def whole(self, own, region, layers):
        found = dict(os.environ)
        found.setdefault('AWS_REGION', region)
        found.setdefault('AWS_DEFAULT_REGION', found['AWS_REGION'])

        if 'AWS_PROFILE' not in found:
            found.setdefault('AWS_ACCESS_KEY_ID', 'dev')
            found.setdefault('AWS_SECRET_ACCESS_KEY', 'dev')

        found.update(own)
        found.update(self.environment)

        for name, paths in search_paths(layers).items():
            found[name] = os.pathsep.join(
                paths + list(filter(None, [found.get(name)])))

        return found

    def troubles(self, names):
        """Why those of a configuration cannot be run."""

        found = {}

        for name in names:
            place = self.places.get(name)
            trouble = place.trouble if place else \
                'its code is not known; start it, and say --lambda HOST:PORT'

            if trouble:
                found[name] = trouble

        return found

    def call(self, name, event):
        place = self.places.get(name)

        if place is None:
            raise Trouble('there is no such function')

        if place.trouble:
            raise Trouble(place.trouble)

        context = {
            'functionName': name, 'functionVersion': '$LATEST',
            'awsRequestId': str(uuid.uuid4()), 'memoryLimitInMB': '128',
            'invokedFunctionArn': 'arn:aws:lambda:us-east-1:000000000000:'
                                  f'function:{name}',
            'deadline': int((time.time() + place.function.timeout) * 1000),
        }

        with self.lock:
            group = self.groups[place.key]

        return group.call(place, event, context)

    def reload(self):
        """Ends the processes whose code has changed."""

        with self.lock:
            groups = list(self.groups.values())

        for group in groups:
            if group.changed():
                say.line('wsgw-dev', 'code has changed in '
                         + os.path.relpath(group.folder))
                group.end()

    def end(self):
        with self.lock:
            for group in self.groups.values():
                group.end(2.0)
