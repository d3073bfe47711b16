"""sdk_boto3.py HOST:PORT [SCHEME [signed]]: boto3 against @connections, with
python3-websockets as the clients that it pushes to; one line of JSON for each
check, read by t/sdk.t and t/sdk_signed.t. "signed": what is not signed rightly
is refused."""

import asyncio
import datetime
import json
import sys

import boto3
import botocore.config
import botocore.exceptions
import websockets

AUTHORITY, SCHEME, SIGNED = (sys.argv[1:] + ['http', ''])[:3]


def check(name, ok, got=None):
    print(json.dumps({'name': name, 'ok': bool(ok), 'got': str(got)}),
          flush=True)


def sdk(path, key='AKIDEXAMPLE', secret='secret', token=None):
    return boto3.client(
        'apigatewaymanagementapi',
        endpoint_url=f'{SCHEME}://{AUTHORITY}{path}', region_name='us-east-1',
        aws_access_key_id=key, aws_secret_access_key=secret,
        aws_session_token=token,
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

    ws = await websockets.connect(
        f'{SCHEME.replace("http", "ws")}://{AUTHORITY}/prod',
        user_agent_header='check/1', max_queue=1)
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


async def full():
    """A client that does not read; its queue holds 256 KB."""

    ws, connection = await connect()

    async def many():
        for _ in range(500):
            await call(api.post_to_connection, ConnectionId=connection,
                       Data=b'x' * 102400)

    try:
        await many()
        check('a full queue', False, 'success')
    except api.exceptions.LimitExceededException as error:
        status = error.response['ResponseMetadata']['HTTPStatusCode']
        check('a full queue', status == 429, status)

    ws.transport.abort()


# what changes behind boto3's back, once the request is signed

def change_header(name, change):
    def changed(request):
        value = request.headers[name]
        value = value.decode() if isinstance(value, bytes) else value
        del request.headers[name]
        request.headers[name] = change(value)

    return changed


def change(name, function):
    return lambda request: setattr(request, name,
                                   function(getattr(request, name)))


def last_digit(value):
    """a date of the same form, a second earlier or later"""

    return value[:-2] + chr(ord(value[-2]) ^ 1) + value[-1]


CHANGES = {
    'body': change('body', lambda body: b'Hello'),
    'path': change('url', lambda url: url[:-19] + chr(ord(url[-19]) ^ 1)
                   + url[-18:]),
    'query': change('url', lambda url: url + '?X-Amz-A'),
    'header': change_header('X-Amz-Security-Token', lambda token: 'tokem'),
    'date': change_header('X-Amz-Date', last_digit),
    'key': change_header('Authorization',
                         lambda value: value.replace('AKIDEXAMPLE', 'SECOND')),
    'signature': change_header('Authorization', lambda value: value[:-1]
                               + ('0' if value[-1] != '0' else '1')),
}


async def refused(ws, connection):
    """Unless all of it is what was signed, whoever asks learns nothing."""

    for name, function in CHANGES.items():
        other = sdk('/prod', token='token')
        other.meta.events.register('before-send',
                                   lambda request, **_: function(request))

        await fails('InvalidSignatureException', 403, f'another {name}',
                    other.post_to_connection, ConnectionId=connection,
                    Data=b'hello')

    for target in connection, 'malformed', 'AAAAAAAAAAAAAAA=':
        for code, other in (
                ('InvalidSignatureException', sdk('/prod', secret='other')),
                ('UnrecognizedClientException', sdk('/prod', key='NOBODY'))):
            await fails(code, 403, f'post {target}', other.post_to_connection,
                        ConnectionId=target, Data=b'hello')
            await fails(code, 403, f'get {target}', other.get_connection,
                        ConnectionId=target)
            await fails(code, 403, f'delete {target}',
                        other.delete_connection, ConnectionId=target)

    for other in (sdk('/prod', token='a+/=='), sdk('/prod', 'SECOND', 'more')):
        await call(other.post_to_connection, ConnectionId=connection,
                   Data=b'allowed')
        check('others may', await ws.recv() == 'allowed')


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
    await full()

    if SIGNED:
        await refused(ws, connection)

    await ended(ws, connection)


asyncio.run(asyncio.wait_for(main(), 20))
