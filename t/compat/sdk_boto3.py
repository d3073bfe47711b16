"""sdk_boto3.py HOST:PORT: boto3 against @connections, with python3-websockets
as the clients that it pushes to; one line of JSON for each check, read by
t/sdk.t."""

import asyncio
import datetime
import json
import sys

import boto3
import botocore.config
import botocore.exceptions
import websockets

AUTHORITY = sys.argv[1]


def check(name, ok, got=None):
    print(json.dumps({'name': name, 'ok': bool(ok), 'got': str(got)}),
          flush=True)


def sdk(path):
    return boto3.client(
        'apigatewaymanagementapi', endpoint_url=f'http://{AUTHORITY}{path}',
        region_name='us-east-1', aws_access_key_id='AKIDEXAMPLE',
        aws_secret_access_key='secret',
        config=botocore.config.Config(retries={'total_max_attempts': 1}))


api = sdk('/prod')


async def call(method, **arguments):
    return await asyncio.to_thread(method, **arguments)


async def fails(code, status, what, method, **arguments):
    """A call that fails with this error, and of its class if boto3 has one."""

    try:
        await call(method, **arguments)
    except botocore.exceptions.ClientError as error:
        got = error.response['Error']['Code']
        answer = error.response['ResponseMetadata']
        known = getattr(api.exceptions, code, botocore.exceptions.ClientError)

        check(what, got == code and answer['HTTPStatusCode'] == status
              and isinstance(error, known), got)
    else:
        check(what, False, 'success')


async def connect():
    """A client, and the id that the reply to its first message tells."""

    ws = await websockets.connect(f'ws://{AUTHORITY}/prod',
                                  user_agent_header='check/1')
    await ws.send('who')

    return ws, await ws.recv()


async def posts(ws, connection):
    for data, received in (('hello', 'hello'), (b'hello', 'hello'),
                           ('κόσμε'.encode(), 'κόσμε'), (b'\xff', b'\xff'),
                           ('x' * 131072, 'x' * 131072)):
        answer = await call(api.post_to_connection,
                            ConnectionId=connection, Data=data)

        check(f'{len(data)} of {type(data).__name__}',
              answer['ResponseMetadata']['HTTPStatusCode'] == 200
              and await ws.recv() == received)

    await fails('PayloadTooLargeException', 413, 'a byte too many',
                api.post_to_connection, ConnectionId=connection,
                Data=b'x' * 131073)
    await fails('BadRequestException', 400, 'an id of another form',
                api.post_to_connection, ConnectionId='malformed', Data=b'x')
    await fails('ForbiddenException', 403, 'another stage',
                sdk('/other').post_to_connection, ConnectionId=connection,
                Data=b'x')


async def described(connection):
    answer = await call(api.get_connection, ConnectionId=connection)
    age = datetime.datetime.now(datetime.timezone.utc) - answer['ConnectedAt']

    check('connectedAt is a date', abs(age.total_seconds()) < 10, age)
    check('lastActiveAt is one',
          answer['LastActiveAt'] >= answer['ConnectedAt'])
    check('the address', answer['Identity']['SourceIp'] == '127.0.0.1')
    check('the user agent', answer['Identity']['UserAgent'] == 'check/1')


async def ended(ws, connection):
    answer = await call(api.delete_connection, ConnectionId=connection)

    check('DELETE is 204', answer['ResponseMetadata']['HTTPStatusCode'] == 204)

    await asyncio.wait_for(ws.wait_closed(), 5)
    check('the client is closed', ws.close_code == 1000, ws.close_code)

    left, other = await connect()
    await left.close()

    for gone in connection, other, 'AAAAAAAAAAAAAAA=':
        await fails('GoneException', 410, f'post {gone}',
                    api.post_to_connection, ConnectionId=gone, Data=b'x')
        await fails('GoneException', 410, f'get {gone}',
                    api.get_connection, ConnectionId=gone)
        await fails('GoneException', 410, f'delete {gone}',
                    api.delete_connection, ConnectionId=gone)


async def main():
    ws, connection = await connect()

    await posts(ws, connection)
    await described(connection)
    await ended(ws, connection)


asyncio.run(asyncio.wait_for(main(), 20))
