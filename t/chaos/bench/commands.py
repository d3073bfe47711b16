"""Commands to a running program of the bench: lines on its standard input,
whose end ends the program."""

import asyncio
import sys


async def read():
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()

    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)

    async for text in reader:
        yield text.decode().strip()
