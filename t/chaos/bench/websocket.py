"""The client's side of RFC 6455, as far as a well-behaved client needs it."""

import base64
import os

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def handshake(host, target):
    key = base64.b64encode(os.urandom(16)).decode()

    return (f'GET {target} HTTP/1.1\r\nHost: {host}\r\n'
            'Connection: Upgrade\r\nUpgrade: websocket\r\n'
            f'Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n'
            '\r\n').encode()


def frame(opcode, payload=b''):
    """A whole message; each frame of a client is masked (RFC 6455, 5.1)."""

    size = len(payload)
    key = os.urandom(4)
    mask = int.from_bytes((key * (size // 4 + 1))[:size], 'big')
    masked = (int.from_bytes(payload, 'big') ^ mask).to_bytes(size, 'big')

    if size < 126:
        head = bytes((0x80 | opcode, 0x80 | size))
    else:
        head = bytes((0x80 | opcode, 0x80 | 126)) + size.to_bytes(2, 'big')

    return head + key + masked


def close(code):
    return frame(CLOSE, code.to_bytes(2, 'big'))


def split(data):
    """Takes the first frame off: (opcode, payload, rest), or None."""

    if len(data) < 2:
        return None

    size, start = data[1] & 127, 2

    if size > 125:
        start = 4 if size == 126 else 10
        size = int.from_bytes(data[2:start], 'big')

    if len(data) < start + size:
        return None

    return data[0] & 15, data[start:start + size], data[start + size:]
