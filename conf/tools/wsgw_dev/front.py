"""What nginx and the browser ask of wsgw-dev: Lambda's Invoke API, behind which
are functions of the project or another program, and the console."""

import http.client
import http.server
import json
import os
import queue
import re
import sys
import threading
import time
import uuid

from wsgw_convert.source import clean

from . import say
from .functions import Trouble

HERE = os.path.dirname(os.path.realpath(__file__))
INVOKE = re.compile(r'/2015-03-31/functions/([A-Za-z0-9_-]+)/invocations\Z')
KEPT = 200
MAX_PAYLOAD = 6 * 1024 * 1024


class Feed:
    """What the console is told, and what it missed."""

    def __init__(self):
        self.lock = threading.Lock()
        self.kept = []
        self.readers = set()

    def tell(self, kind, entry):
        line = json.dumps({'kind': kind, 'at': int(time.time() * 1000),
                           **entry})

        with self.lock:
            self.kept = self.kept[-KEPT:] + [line]

            for reader in self.readers:
                reader.put(line)

    def join(self):
        reader = queue.Queue()

        with self.lock:
            for line in self.kept:
                reader.put(line)

            self.readers.add(reader)

        return reader

    def leave(self, reader):
        with self.lock:
            self.readers.discard(reader)


class Elsewhere:
    """Functions that another program runs, by the Invoke API."""

    def __init__(self, address, emulators=None):
        self.address = address
        self.emulators = emulators or {}    # of one function each

    def call(self, name, event):
        emulator = self.emulators.get(name) or self.emulators.get('')
        address = emulator or self.address
        named = 'function' if emulator else name

        try:
            asked = http.client.HTTPConnection(address, timeout=900)
            asked.request('POST',
                          f'/2015-03-31/functions/{named}/invocations',
                          json.dumps(event),
                          {'Content-Type': 'application/json'})
            answer = asked.getresponse()
            body = answer.read()
            asked.close()
        except (OSError, http.client.HTTPException) as error:
            raise Trouble(f'{address} does not answer: {error}') from None

        if answer.status != 200:
            raise Trouble(f'{address} answers {answer.status}: '
                          + clean(body.decode('utf-8', 'replace')))

        try:
            value = json.loads(body)
        except ValueError:
            return {'error': {'errorType': 'Runtime.NoJSON',
                              'errorMessage': clean(body.decode('utf-8',
                                                                'replace'))}}

        if answer.getheader('X-Amz-Function-Error') \
                or isinstance(value, dict) and 'errorMessage' in value \
                and 'errorType' in value:
            return {'error': value}

        return {'result': value}


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """nginx no longer waits once a function's time is over."""

        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Front:
    def __init__(self, port, feed):
        self.feed = feed
        self.functions = None               # with a method call()
        self.about = {}                     # for the console
        self.port = port

        handler = type('Bound', (Handler,), {'front': self})
        self.server = Server(('127.0.0.1', port), handler)
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()

    def invoke(self, name, event):
        start = time.monotonic()

        try:
            answer = self.functions.call(name, event)
        except Trouble as error:
            say.wrong(f'{name}: {error}')
            answer = {'error': {'errorType': 'WsgwDev.Trouble',
                                'errorMessage': f'{name}: {error}'}}

        error = answer.get('error')

        # a process that has ended, or takes too long, says nothing itself
        if isinstance(error, dict) and error.get('errorType') in (
                'Runtime.ExitError', 'Sandbox.Timedout'):
            say.wrong(f'{name}: {error.get("errorMessage")}')

        took = round((time.monotonic() - start) * 1000, 1)
        self.feed.tell('event', {'function': name, 'event': event, 'ms': took,
                                 **answer})

        return answer


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    front = None

    def log_message(self, *_):
        pass

    def send(self, status, body, kind='application/json', **headers):
        data = body.encode()
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(data)))
        self.send_header('Cache-Control', 'no-store')

        for name, value in headers.items():
            self.send_header(name.replace('_', '-'), value)

        self.end_headers()
        self.wfile.write(data)

    def foreign(self):
        """A page of somebody else's, which may have this host's name."""

        host = self.headers.get('Host', '')
        ours = {f'{name}:{self.front.port}'
                for name in ('127.0.0.1', 'localhost')}

        return host not in ours

    def do_POST(self):
        match = INVOKE.match(self.path)

        # no page sends a POST without an Origin, and nginx none with one

        if not match or 'Origin' in self.headers:
            self.send(404, '{"Type":"User","Message":"no such operation"}')
            return

        try:
            length = int(self.headers.get('Content-Length', '0'))
        except ValueError:
            length = -1

        if not 0 <= length <= MAX_PAYLOAD:
            self.send(413, '{"Type":"User","Message":"too large"}')
            return

        try:
            event = json.loads(self.rfile.read(length) or '{}')
        except ValueError:
            self.send(400, '{"Type":"User","Message":"no JSON"}')
            return

        answer = self.front.invoke(match.group(1), event)
        more = {'x_amzn_RequestId': str(uuid.uuid4())}

        if 'error' in answer:
            more['X_Amz_Function_Error'] = 'Unhandled'

        self.send(200, json.dumps(answer.get('error', answer.get('result'))),
                  **more)

    def do_GET(self):
        if self.foreign():
            self.send(403, '{"message":"Forbidden"}')
        elif self.path == '/':
            self.page()
        elif self.path == '/about':
            self.send(200, json.dumps(self.front.about))
        elif self.path == '/feed':
            self.stream()
        else:
            self.send(404, '{"message":"Not Found"}')

    def page(self):
        with open(os.path.join(HERE, 'console.html'),
                  encoding='utf-8') as file:
            self.send(200, file.read(), 'text/html; charset=utf-8',
                      X_Frame_Options='DENY')

    def stream(self):
        reader = self.front.feed.join()

        self.send_response(200)
        self.send_header('Content-Type', 'text/event-stream')
        self.send_header('Cache-Control', 'no-store')
        self.send_header('Connection', 'close')
        self.end_headers()
        self.close_connection = True

        try:
            while True:
                try:
                    line = f'data: {reader.get(timeout=15)}\n\n'
                except queue.Empty:
                    line = ': still here\n\n'

                self.wfile.write(line.encode())
                self.wfile.flush()
        except OSError:
            pass
        finally:
            self.front.feed.leave(reader)
