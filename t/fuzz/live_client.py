"""The clients of t/fuzz/live, and the callers of @connections."""

import asyncio
import os
import socket
import struct
import zlib

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
STAGES = ('plain', 'plain', 'deflate', 'small', 'aws', 'lambda', 'kept',
          'alone')
ACTIONS = ('reply', 'nothing', 'async', 'lambda', 'return', 'file', 'mirror',
           'slow', 'auth', 'half', 'down', 'named', '444', 'unknown')
GAP = 0.3       # seconds, the longest pause of a client


def frame(opcode, payload=b'', fin=True, rsv=0, masked=True, claim=None):
    n = len(payload) if claim is None else claim
    head = bytes([fin << 7 | rsv << 4 | opcode])
    bit = masked << 7

    if n < 126:
        head += bytes([bit | n])
    elif n < 65536:
        head += struct.pack('>BH', bit | 126, n)
    else:
        head += struct.pack('>BQ', bit | 127, n)

    if not masked:
        return head + payload

    mask = os.urandom(4)
    pad = mask * (len(payload) // 4 + 1)
    n = len(payload)
    masked = int.from_bytes(payload, 'big') ^ int.from_bytes(pad[:n], 'big')

    return head + mask + masked.to_bytes(n, 'big')


def deflated(payload):
    z = zlib.compressobj(wbits=-15)
    return (z.compress(payload) + z.flush(zlib.Z_SYNC_FLUSH))[:-4]


def reset(writer):
    """Lets the connection end by a RST."""

    s = writer.get_extra_info('socket')

    if s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     struct.pack('ii', 1, 0))


class Client:

    def __init__(self, port, tls, counts):
        self.port = port
        self.tls = tls
        self.counts = counts

    async def polite(self):
        """Comes and goes as a client should."""

        await self.open(False)
        self.writer.write(self.request('plain', '')
                          + frame(TEXT, b'{"action":"return"}')
                          + frame(CLOSE, b'\x03\xe8'))
        await asyncio.wait_for(self.reader.read(), 5)
        self.writer.close()

    async def act(self, rng):
        self.rng = rng
        await self.open(rng.random() < 0.25)

        drain = None

        try:
            if await self.handshake():
                self.counts['handshakes'] += 1
                drain = asyncio.ensure_future(self.drain())
                await self.session()

            await self.leave(drain)
        finally:
            if drain:
                drain.cancel()

            self.writer.transport.abort()

    async def open(self, tls):
        self.counts['connections'] += 1
        self.reader, self.writer = await asyncio.wait_for(
            asyncio.open_connection('127.0.0.1', self.port + tls,
                                    ssl=self.tls if tls else None), 5)

    async def pause(self):
        if self.rng.random() < 0.4:
            await asyncio.sleep(self.rng.uniform(0, GAP))

    async def put(self, data):
        """Whole, or in pieces; maybe not to its end."""

        way = self.rng.random()

        if way < 0.8:
            self.writer.write(data)
        else:
            step = self.rng.choice((1, 2, 7, 100, 5000))
            data = data[:step * 60]

            for n in range(0, len(data), step):
                self.writer.write(data[n:n + step])

                if way < 0.83:
                    await asyncio.sleep(0.005)

        await asyncio.wait_for(self.writer.drain(), 4)

    def request(self, stage, more):
        return (f'GET /{stage} HTTP/1.1\r\nHost: localhost\r\n'
                f'Upgrade: websocket\r\nConnection: Upgrade\r\n'
                f'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
                f'Sec-WebSocket-Version: 13\r\n{more}\r\n').encode('latin-1')

    async def handshake(self):
        """Returns whether there is a WebSocket."""

        rng = self.rng
        self.stage = rng.choice(STAGES)
        request = self.request(self.stage, rng.choice((
            '', '', '', 'Sec-WebSocket-Extensions: permessage-deflate\r\n',
            'Sec-WebSocket-Extensions: permessage-deflate; '
            'server_max_window_bits=9; client_max_window_bits\r\n',
            'Sec-WebSocket-Protocol: a, b\r\n',
            f'X-Long: {"x" * 3000}\r\n', 'Origin: http://other\r\n',
            'X-Forwarded-For: 1.2.3.4\r\nX-Connection-Id: forged\r\n')))

        way = rng.random()

        if way < 0.1:
            request = self.broken(request)
        elif way < 0.13:
            request = request[:rng.randrange(len(request))]
        elif way < 0.16:
            request += self.message() * rng.randrange(1, 20)

        await self.put(request)

        if rng.random() < 0.06:
            await asyncio.sleep(rng.choice((0, 0, 0.005, 0.05)))
            return False        # leaves while $connect is pending

        try:
            head = await asyncio.wait_for(
                self.reader.readuntil(b'\r\n\r\n'), 3)
        except (asyncio.TimeoutError, EOFError, OSError):
            return False

        self.deflate = b'permessage-deflate' in head

        return head.startswith(b'HTTP/1.1 101')

    def broken(self, request):
        lines = request.split(b'\r\n')
        n = self.rng.randrange(len(lines) - 2)
        way = self.rng.randrange(5)

        if way == 0:
            del lines[n]
        elif way == 1:
            lines[n] = lines[n][:-2]
        elif way == 2:
            lines[n] += self.rng.randbytes(3)
        elif way == 3:
            lines.insert(1, b'Content-Length: 5')
        else:
            lines.insert(1, lines[n])

        return b'\r\n'.join(lines)

    async def drain(self):
        """Reads all, now and then, or nothing."""

        pace = self.rng.choice((0, 0, 0, 0.01, 0.2, None))

        if pace is None:
            self.writer.transport.pause_reading()
            return

        while True:
            data = await self.reader.read(65536 if pace == 0 else 500)

            if not data:
                return

            self.counts['received'] += len(data)
            await asyncio.sleep(pace)

    async def session(self):
        ways = (self.messages, self.fragments, self.controls, self.broken_one,
                self.noise, self.bomb, self.flood, self.wait)
        weights = (30, 6, 6, 1, 0.5, 1, 1, 4)

        for _ in range(self.rng.choice((0, 1, 3, 10, 30))):
            await self.rng.choices(ways, weights)[0]()
            await self.pause()

            if self.reader.at_eof():
                return

    def message(self, size=None):
        rng = self.rng
        self.counts['messages'] += 1
        self.counts['frames'] += 1

        if size is None:
            size = rng.choice((0, 1, 10, 100, 125, 126, 1000, 2048, 2049,
                               30000, 65535, 65536, 65537))

            if rng.random() < 0.8:
                size = rng.randrange(200)

        payload = b'{"action":"%s","x":"%s"}' % (
            rng.choice(ACTIONS).encode(), b'x' * size)

        if rng.random() < 0.1:
            return frame(BINARY, rng.randbytes(size))

        if rng.random() < 0.05:
            payload = b'x' * size

        if getattr(self, 'deflate', False) and rng.random() < 0.7:
            return frame(TEXT, deflated(payload), rsv=4)

        return frame(TEXT, payload)

    async def messages(self):
        await self.put(b''.join(self.message()
                                for _ in range(self.rng.randrange(1, 6))))

    async def fragments(self):
        payload = b'{"action":"reply"}' + b' ' * self.rng.randrange(5000)
        out = b''
        first = TEXT

        while payload:
            n = self.rng.choice((0, 1, 50, 1000))
            out += frame(first, payload[:n], fin=len(payload) <= n)
            payload = payload[n:]
            first = 0
            self.counts['frames'] += 1

            if self.rng.random() < 0.1:
                out += frame(PING, b'between')

            if self.rng.random() < 0.01:
                break           # it never ends

        self.counts['messages'] += 1
        await self.put(out)

    async def controls(self):
        n = self.rng.choice((1, 1, 10, 1000))
        self.counts['frames'] += n
        await self.put(frame(self.rng.choice((PING, PING, PONG)),
                             b'p' * self.rng.randrange(126)) * n)

    async def broken_one(self):
        rng = self.rng
        self.counts['frames'] += 1
        await self.put(rng.choice((
            frame(TEXT, b'\xff\xfe'), frame(3, b'x'), frame(11),
            frame(TEXT, b'x', rsv=rng.randrange(8)),
            frame(TEXT, b'x', masked=False), frame(0, b'no message'),
            frame(PING, b'x' * 126), frame(PING, b'x', fin=False),
            frame(TEXT, b'', claim=rng.choice((1 << 63, 1 << 62, 1 << 32,
                                               70000))),
            frame(CLOSE, b'\x03'), frame(CLOSE, b'\x03\xee'),
            frame(CLOSE, b'\x03\xe8\xff'),
            frame(TEXT, rng.randbytes(50), rsv=4),
            frame(TEXT, b'x', fin=False) + frame(TEXT, b'y'))))

    async def noise(self):
        await self.put(self.rng.randbytes(self.rng.randrange(1, 3000)))

    async def bomb(self):
        self.counts['messages'] += 1
        await self.put(frame(TEXT, deflated(bytes(10000000)), rsv=4))

    async def flood(self):
        n = self.rng.choice((50, 300))
        await self.put(b''.join(self.message(self.rng.choice((0, 20, 1500)))
                                for _ in range(n)))

    async def wait(self):
        await asyncio.sleep(self.rng.uniform(0, 1.5))

    async def leave(self, drain):
        rng = self.rng
        way = rng.random()

        if way < 0.3:
            await self.put(frame(CLOSE, rng.choice((
                b'', b'\x03\xe8', b'\x03\xe8bye', b'\x0f\xa0' + b'r' * 123))))

            if drain and way < 0.2:
                await asyncio.wait([drain], timeout=3)

        elif way < 0.4:
            if self.writer.can_write_eof():
                self.writer.write_eof()
                await asyncio.sleep(rng.uniform(0, GAP))

        elif way < 0.7:
            reset(self.writer)

        elif way < 0.75:
            await asyncio.sleep(rng.uniform(0, 5))


class Caller:
    """Sends, asks and closes by ids that the backend has seen, or others."""

    def __init__(self, port, backend, counts):
        self.port = port
        self.backend = backend
        self.counts = counts

    async def act(self, rng):
        reader, writer = await asyncio.wait_for(
            asyncio.open_connection('127.0.0.1', self.port), 5)

        try:
            for _ in range(rng.randrange(1, 20)):
                await self.call(rng, reader, writer)

            if rng.random() < 0.3:
                reset(writer)
        finally:
            writer.transport.abort()

    async def call(self, rng, reader, writer):
        self.counts['calls'] += 1

        method = rng.choices(('POST', 'GET', 'DELETE', 'PUT'),
                             (20, 4, 1, 0.3))[0]
        body = b''

        if method == 'POST':
            body = rng.choice((b'', b'text', b'\xff\x00', b'y' * 3000,
                               b'z' * rng.randrange(70000)))

        request = (f'{method} /plain/@connections/{self.some_id(rng)} '
                   f'HTTP/1.1\r\nHost: localhost\r\n'
                   f'Content-Length: {len(body)}\r\n\r\n').encode() + body

        if rng.random() < 0.03:
            request = request[:rng.randrange(len(request))]

        writer.write(request)

        if rng.random() < 0.05:
            raise EOFError      # leaves while it is being answered

        head = (await asyncio.wait_for(reader.readuntil(b'\r\n\r\n'),
                                       6)).lower()
        at = head.find(b'content-length: ')

        if at >= 0:
            await reader.readexactly(int(head[at + 16:].split(b'\r', 1)[0]))

    def some_id(self, rng):
        way = rng.random()

        if way < 0.05 or not self.backend.ids:
            return rng.choice(('x', 'AAAAAAAAAAAAAAA=', 'a' * 300, '%00',
                               '_' * 15 + '='))

        if way < 0.6:
            return self.backend.ids[-1 - rng.randrange(
                min(len(self.backend.ids), 30))]

        return rng.choice(self.backend.ids)
