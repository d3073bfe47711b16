"""client_websockets.py URL [deflate]: Debian's python3-websockets against an
echo stage; one line of JSON for each check, read by t/interop.t."""

import asyncio
import json
import os
import ssl
import sys

import websockets

URL = sys.argv[1]
COMPRESSION = 'deflate' if sys.argv[2:] == ['deflate'] else None
TLS = None

if URL.startswith('wss:'):
    TLS = ssl.create_default_context()
    TLS.check_hostname = False
    TLS.verify_mode = ssl.CERT_NONE     # it is signed by itself


def check(name, ok):
    print(json.dumps({'name': name, 'ok': bool(ok)}), flush=True)


def connect():
    return websockets.connect(URL, compression=COMPRESSION, max_size=None,
                              ssl=TLS)


async def echoes():
    async with connect() as ws:
        names = [extension.name for extension in ws.extensions]

        check('the extension is as asked for',
              names == (['permessage-deflate'] if COMPRESSION else []))

        for size in 0, 1, 125, 126, 65535, 65536, 131072:
            for data in 'x' * size, os.urandom(size):
                await ws.send(data)
                check(f'{type(data).__name__} of {size}',
                      await ws.recv() == data)

        await ws.send(('fragment ', '1 ', '', 'κόσμε'))
        check('fragments', await ws.recv() == 'fragment 1 κόσμε')

        waiter = await ws.ping(b'ping')
        await asyncio.wait_for(waiter, 5)
        check('a pong', True)

        for n in range(200):
            await ws.send(f'message {n}')

        check('200 in order', [await ws.recv() for n in range(200)]
              == [f'message {n}' for n in range(200)])

        await ws.close(4001, 'done')
        check('the close', ws.close_code == 4001)


async def too_large():
    async with connect() as ws:
        await ws.send(os.urandom(131073))

        try:
            await ws.recv()
        except websockets.ConnectionClosed as closed:
            check('too large', closed.rcvd and closed.rcvd.code == 1009)


async def many():
    clients = [await connect() for n in range(50)]

    await asyncio.gather(*[ws.send(f'{n}') for n, ws in enumerate(clients)])
    replies = await asyncio.gather(*[ws.recv() for ws in clients])

    check('50 clients', replies == [f'{n}' for n in range(50)])

    await asyncio.gather(*[ws.close() for ws in clients])


async def main():
    await asyncio.wait_for(echoes(), 20)
    await asyncio.wait_for(too_large(), 5)
    await asyncio.wait_for(many(), 10)


asyncio.run(main())
