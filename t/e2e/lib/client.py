"""client.py URL CA: a client of Debian's python3-websockets. It sends each line
of its input, and writes what it receives; its first line is "open"."""

import asyncio
import ssl
import sys

import websockets


async def main(url, ca):
    context = ssl.create_default_context(cafile=ca)

    async with websockets.connect(url, ssl=context) as ws:
        print('open', flush=True)

        lines = asyncio.create_task(send_lines(ws))

        async for message in ws:
            print(message, flush=True)

        lines.cancel()


async def send_lines(ws):
    reader = asyncio.StreamReader()

    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)

    while line := await reader.readline():
        await ws.send(line.decode().rstrip('\n'))

    await ws.close()


asyncio.run(main(*sys.argv[1:]))
