#!/usr/bin/env python3
"""app.py [PORT]: a chat room as an ordinary HTTP backend.

nginx calls POST /connect, /message and /disconnect, one for each event; who it
is about is in the headers, a message is the body, and what is answered goes to
its sender. To all others it is pushed: POST CALLBACK/@connections/ID."""

import json
import sys
import urllib.error
import urllib.parse
import urllib.request

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

people = {}                             # id: (name, callback URL)


def push(connection, text):
    name, callback = people[connection]
    url = f'{callback}/@connections/{urllib.parse.quote(connection)}'

    try:
        urllib.request.urlopen(urllib.request.Request(url, text.encode()),
                               timeout=5).close()
    except urllib.error.HTTPError as error:
        if error.code == 410:           # it has ended: that is a fact
            people.pop(connection, None)


def tell_others(sender, text):
    for connection in list(people):
        if connection != sender:
            push(connection, text)


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'       # nginx keeps connections

    def do_POST(self):
        length = int(self.headers.get('Content-Length', 0))
        body = self.rfile.read(length).decode()
        path, _, query = self.path.partition('?')

        event = {'/connect': self.connect, '/message': self.message,
                 '/disconnect': self.disconnect}.get(path)

        if event is None:
            self.answer(404)
        else:
            event(self.headers['X-Connection-Id'], body,
                  dict(urllib.parse.parse_qsl(query)))

    def connect(self, connection, body, query):
        if not query.get('name'):
            self.answer(403, '{"message": "add ?name=YOU"}')
            return

        people[connection] = query['name'], self.headers['X-Callback-Url']
        self.answer(200)

    def message(self, connection, body, query):
        if connection not in people:    # another life of this program let it in
            self.answer(200, '{"error": "connect again"}')
            return

        text = json.dumps({'from': people[connection][0], 'text': body})
        tell_others(connection, text)
        self.answer(200, '{"told": %d}' % (len(people) - 1))

    def disconnect(self, connection, body, query):
        left = people.pop(connection, None)

        if left:                        # it may be told twice
            tell_others(None, json.dumps({'left': left[0]}))

        self.answer(200)

    def answer(self, status, body=''):
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


port = int(sys.argv[1]) if len(sys.argv) > 1 else 9000

ThreadingHTTPServer(('127.0.0.1', port), Handler).serve_forever()
