"""The scripted life of one connection, which blocks at each step and writes
the same truth as swarm does."""

import json
import socket
from urllib.parse import quote

from bench import websocket
from bench.log import now

PATIENCE = 4            # seconds for a step


class Ended(Exception):
    """The server ended the connection, or did not answer."""


class Life:

    def __init__(self, port, token, truth, pushes):
        self.address = ('127.0.0.1', port)
        self.token = token
        self.truth = truth
        self.pushes = pushes
        self.is_open = False
        self.over = False
        self.pushed = 0
        self.data = b''

    def log(self, what, **rest):
        self.truth.write(what, token=self.token, **rest)

    # the client

    def connect(self):
        self.log('dial')
        self.ws = socket.create_connection(self.address, PATIENCE)
        self.ws.sendall(websocket.handshake(
            'localhost', f'/dev?token={self.token}'))

        while b'\r\n\r\n' not in self.data:
            self.receive()

        head, _, self.data = self.data.partition(b'\r\n\r\n')
        status = int(head.split(b' ')[1])

        if status != 101:
            self.end('refused', status=status)
            raise Ended

        self.log('open')
        self.is_open = True

    def message(self, n):
        text = json.dumps({'action': 'say', 'n': n}).encode()
        self.send(websocket.TEXT, text)
        self.expect(websocket.TEXT, text)

    def ping(self):
        self.send(websocket.PING, b'still there?')
        self.expect(websocket.PONG, b'still there?')

    def close(self):
        self.end('end', by='client', how='close')
        self.send(websocket.CLOSE, (1000).to_bytes(2, 'big'))
        self.expect(websocket.CLOSE, None)

    def leave(self):
        """Whatever state it is in: the socket is gone when this returns."""

        if not self.over:
            self.end('end', by='client',
                     how='reset' if self.is_open else 'gives up')
        self.ws.close()

    # a backend

    def call(self, http, method, id, body=b''):
        """A request on a connection of ours: (status, worker)."""

        http.sendall((f'{method} /dev/@connections/{quote(id)} HTTP/1.1\r\n'
                      f'Host: localhost\r\nContent-Length: {len(body)}\r\n'
                      '\r\n').encode() + body)

        data = b''

        while b'\r\n\r\n' not in data:
            part = http.recv(65536)
            if not part:
                raise ConnectionError
            data += part

        head, _, rest = data.partition(b'\r\n\r\n')
        headers = dict(line.lower().split(': ', 1)
                       for line in head.decode().split('\r\n')[1:])
        left = int(headers.get('content-length', 0)) - len(rest)

        while left > 0:
            left -= len(http.recv(left))

        return int(head.split(b' ')[1]), int(headers['x-worker'])

    def push(self, http, id):
        self.pushed += 1
        n = int(self.token.split('-')[1]) * 10 + self.pushed
        t0, status, worker = now(), 0, 0

        try:
            status, worker = self.call(http, 'POST', id, b'{"push":%d}' % n)
        except OSError:
            pass

        self.pushes.write('push', n=n, id=id, t0=t0, t1=now(),
                          status=status, worker=worker)

        if status == 200:
            self.expect(websocket.TEXT, b'{"push":%d}' % n)

    # frames

    def send(self, opcode, payload):
        try:
            self.ws.sendall(websocket.frame(opcode, payload))
        except OSError:
            self.lost('reset')

    def expect(self, opcode, payload):
        """Reads until that frame; a push may come before it."""

        while True:
            while (one := websocket.split(self.data)) is None:
                self.receive()

            got, found, self.data = one

            if found.startswith(b'{"push":'):
                self.log('push', n=json.loads(found)['push'])

            if got == opcode and payload in (None, found):
                return

            if got == websocket.CLOSE:
                self.end('end', by='server', how='close',
                         code=int.from_bytes(found[:2], 'big'))
                raise Ended

    def receive(self):
        try:
            data = self.ws.recv(65536)
        except socket.timeout:
            raise Ended from None
        except OSError:
            self.lost('reset')

        if not data:
            self.lost('fin')

        self.data += data

    def lost(self, how):
        if self.is_open:
            self.end('end', by='server', how=how)
        else:
            self.end('refused', status=0)

        raise Ended

    def end(self, what, **rest):
        if not self.over:
            self.over = True
            self.log(what, **rest)
