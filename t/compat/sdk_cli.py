"""sdk_cli.py HOST:PORT [SCHEME]: Debian's awscli against @connections, which
wants it signed, with python3-websockets as its client; one line of JSON for
each check, read by t/sdk_signed.t."""

import asyncio
import json
import os
import sys
import tempfile

import websockets

AUTHORITY, SCHEME = (sys.argv[1:] + ['http'])[:2]


def check(name, ok, got=None):
    print(json.dumps({'name': name, 'ok': bool(ok), 'got': str(got)}),
          flush=True)


async def aws(operation, connection, *arguments, path='/prod', **environment):
    """Its status, output and complaint."""

    process = await asyncio.create_subprocess_exec(
        '/usr/bin/aws', 'apigatewaymanagementapi', operation,
        f'--connection-id={connection}',
        '--endpoint-url', f'{SCHEME}://{AUTHORITY}{path}', *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={**os.environ, 'AWS_ACCESS_KEY_ID': 'AKIDEXAMPLE',
             'AWS_SECRET_ACCESS_KEY': 'secret', 'AWS_MAX_ATTEMPTS': '1',
             'AWS_DEFAULT_REGION': 'us-east-1', 'AWS_PAGER': '',
             **environment})

    output, complaint = await process.communicate()

    return process.returncode, output.decode(), complaint.decode()


async def post(connection, data, **options):
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()

        return await aws('post-to-connection', connection,
                         '--data', f'fileb://{file.name}', **options)


async def fails(code, what, call):
    status, _, complaint = await call
    check(what, status != 0 and f'({code})' in complaint, complaint)


async def main():
    ws = await websockets.connect(
        f'{SCHEME.replace("http", "ws")}://{AUTHORITY}/prod')

    await ws.send('who')
    connection = await ws.recv()

    for data in (b'hello', b'x' * 131072):
        status, _, complaint = await post(connection, data)
        check(f'{len(data)} are posted', status == 0, complaint)
        check('and received',
              await asyncio.wait_for(ws.recv(), 5) == data.decode())

    _, output, complaint = await aws('get-connection', connection)
    check('described', json.loads(output)['Identity']['SourceIp']
          == '127.0.0.1', complaint)

    await fails('PayloadTooLargeException', 'a byte too many',
                post(connection, b'x' * 131073))
    await fails('InvalidSignatureException', 'a wrong secret',
                post(connection, b'x', AWS_SECRET_ACCESS_KEY='other'))
    await fails('UnrecognizedClientException', 'an unknown key',
                post(connection, b'x', AWS_ACCESS_KEY_ID='NOBODY'))
    await fails('ForbiddenException', 'another stage',
                post(connection, b'x', path='/other'))

    status, _, complaint = await aws('delete-connection', connection)
    check('closed', status == 0, complaint)

    await asyncio.wait_for(ws.wait_closed(), 5)
    check('its client is told', ws.close_code == 1000, ws.close_code)

    await fails('GoneException', 'gone', post(connection, b'x'))


asyncio.run(asyncio.wait_for(main(), 120))
