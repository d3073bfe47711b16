#!/usr/bin/env python3
"""app.py [PORT]: rooms as an ordinary HTTP backend that keeps nothing.

nginx calls POST /connect and /message. "join ROOM" and "leave ROOM" are answered
with a header, and nginx does it; "say ROOM TEXT" is one POST to the room, and
"who ROOM" asks how many are there."""

import json
import sys
import urllib.parse
import urllib.request

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def ask(url, body=None):
    with urllib.request.urlopen(url, body, timeout=5) as answer:
        return json.load(answer)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers.get('Content-Length', 0))
        body = self.rfile.read(length).decode()

        if self.path.startswith('/connect'):
            self.answer('')
            return

        verb, room, text = (body.split(' ', 2) + ['', ''])[:3]
        group = urllib.parse.quote('room:' + room)
        rooms = self.headers['X-Callback-Url'] + '/@connections?'
        me = urllib.parse.quote(self.headers['X-Connection-Id'])

        if verb == 'join':
            self.answer('you are in ' + room, 'X-Wsgw-Join', 'room:' + room)
        elif verb == 'leave':
            self.answer('you left ' + room, 'X-Wsgw-Leave', 'room:' + room)
        elif verb == 'say':
            told = ask(f'{rooms}group={group}&except={me}', text.encode())
            self.answer('%d got it' % told['sent'])
        elif verb == 'who':
            there = ask(f'{rooms}count&group={group}')
            self.answer('%d there' % there['count'])
        else:
            self.answer('join, leave, say or who?')

    def answer(self, body, *header):
        self.send_response(200)
        if header:
            self.send_header(*header)
        self.send_header('Content-Length', str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


port = int(sys.argv[1]) if len(sys.argv) > 1 else 9000

ThreadingHTTPServer(('127.0.0.1', port), Handler).serve_forever()
