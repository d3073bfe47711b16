"""The integrations of t/fuzz/live: they answer, or they do not."""

import asyncio
import json

from live_client import reset

HANG = 1.5      # seconds, longer than any integration's timeout


class Backend:

    def __init__(self, rng, counts):
        self.rng = rng
        self.counts = counts
        self.calm = False       # from now on all is answered by 200
        self.ids = []           # of connections, the latest last

    async def start(self, port):
        self.server = await asyncio.start_server(self.serve, '127.0.0.1',
                                                 port, backlog=1024)

    async def stop(self):
        self.server.close()

    async def serve(self, reader, writer):
        try:
            while await self.request(reader, writer):
                pass
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.transport.abort()

    async def request(self, reader, writer):
        """Returns whether the connection is good for another one."""

        head = (await reader.readuntil(b'\r\n\r\n')).decode('latin-1')
        lines = head.split('\r\n')
        path = lines[0].split()[1]
        headers = dict(line.lower().split(': ', 1) for line in lines[1:-2]
                       if ': ' in line)
        body = await reader.readexactly(int(headers.get('content-length', 0)))

        self.counts['events'] += 1

        for line in lines:
            if line.startswith('X-Connection-Id: '):
                self.ids = self.ids[-500:] + [line[17:]]

        if path.startswith('/int/lambda'):
            answer = self.lambda_result(body)
        else:
            answer = body[:200]

        return await self.behave(path, answer, reader, writer)

    def lambda_result(self, body):
        """The body of a result, mostly a valid one."""

        context = json.loads(body)['requestContext']
        self.ids = self.ids[-500:] + [context['connectionId']]

        if self.calm:
            return b'{"statusCode":200}'

        return self.rng.choices((
            b'{"statusCode":200,"body":"text"}',
            b'{"statusCode":200,"body":"AAECAw==","isBase64Encoded":true}',
            json.dumps({'statusCode': 200,
                        'body': '\x01' * self.rng.randrange(300000)}).encode(),
            b'{"statusCode":403}', b'null', b'', b'[' * 3000, b'{"x":1}',
            b'{"errorMessage":"m","errorType":"t"}', b'no JSON',
            b'{"statusCode":200,"headers":{"Sec-WebSocket-Protocol":"a"}}',
        ), (20, 3, 1, 1, 2, 2, 1, 1, 1, 1, 2))[0]

    async def behave(self, path, body, reader, writer):
        ways = (self.good, self.status, self.chunked, self.dribble,
                self.silence, self.reset, self.half, self.huge, self.garbage,
                self.switch, self.interim, self.twice)
        weights = (60, 6, 4, 3, 2, 3, 3, 1, 2, 1, 1, 1)

        if path.endswith('connect'):
            weights = (200,) + weights[1:]

        way = self.good

        if not self.calm:
            way = self.rng.choices(ways, weights)[0]
            await asyncio.sleep(self.rng.choice((0, 0, 0, 0.01, 0.1)))

        return await way(body, writer)

    async def put(self, writer, *pieces):
        writer.write(b''.join(pieces))
        await writer.drain()

    async def good(self, body, writer, status=b'200 OK', keep=True):
        more = b'' if keep else b'Connection: close\r\n'
        kind = self.rng.choice((b'application/json',
                                b'application/octet-stream'))
        await self.put(writer, b'HTTP/1.1 ', status, b'\r\n', more,
                       b'Content-Type: ', kind,
                       b'\r\nContent-Length: %d\r\n\r\n' % len(body), body)
        return keep

    async def status(self, body, writer):
        return await self.good(body, writer, self.rng.choice((
            b'204 No', b'301 Moved', b'403 No', b'404 No', b'429 Slow',
            b'500 Bad', b'503 Away')), False)

    async def chunked(self, body, writer):
        await self.put(writer, b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked'
                       b'\r\n\r\n5\r\nhello\r\n')
        await asyncio.sleep(self.rng.uniform(0, 0.05))
        await self.put(writer, b'3\r\nyou\r\n0\r\n\r\n')
        return True

    async def dribble(self, body, writer):
        answer = b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'

        for n in range(0, len(answer), 7):
            await self.put(writer, answer[n:n + 7])
            await asyncio.sleep(0.02)

        return True

    async def silence(self, body, writer):
        await asyncio.sleep(HANG)
        return False

    async def reset(self, body, writer):
        reset(writer)
        return False

    async def half(self, body, writer):
        await self.put(writer, b'HTTP/1.1 200 OK\r\nContent-Length: 5000'
                       b'\r\n\r\n', b'x' * self.rng.randrange(4000))

        if self.rng.random() < 0.5:
            return await self.silence(body, writer)

        return await self.reset(body, writer)

    async def huge(self, body, writer):
        size = self.rng.choice((65536, 65537, 400000, 3000000))
        await self.put(writer, b'HTTP/1.1 200 OK\r\nContent-Length: %d'
                       b'\r\n\r\n' % size, b'x' * size)
        return True

    async def garbage(self, body, writer):
        await self.put(writer, self.rng.randbytes(self.rng.randrange(300)))
        return False

    async def switch(self, body, writer):
        await self.put(writer, b'HTTP/1.1 101 Switching Protocols\r\n'
                       b'Upgrade: websocket\r\nConnection: upgrade\r\n\r\n')
        return await self.silence(body, writer)

    async def interim(self, body, writer):
        await self.put(writer, b'HTTP/1.1 100 Continue\r\n\r\n')
        return await self.good(body, writer)

    async def twice(self, body, writer):
        await self.good(body, writer)
        return await self.good(body, writer, keep=False)
