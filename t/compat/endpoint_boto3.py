"""endpoint_boto3.py HOST:PORT CERTIFICATE: boto3 at the endpoint that handlers
build from the event's domainName and stage, over TLS; one line of JSON for each
check, read by t/protocol_page.t."""

import asyncio
import json
import ssl
import sys

import boto3
import websockets

AUTHORITY, CERTIFICATE = sys.argv[1:]


def check(name, ok, got=None):
    print(json.dumps({'name': name, 'ok': bool(ok), 'got': str(got)}),
          flush=True)


async def main():
    context = ssl.create_default_context(cafile=CERTIFICATE)

    ws = await websockets.connect(f'wss://{AUTHORITY}/prod', ssl=context)
    await ws.send('who')

    event = json.loads(await ws.recv())

    api = boto3.client(
        'apigatewaymanagementapi',
        endpoint_url=f'https://{event["domainName"]}/{event["stage"]}',
        region_name='us-east-1', aws_access_key_id='AKIDEXAMPLE',
        aws_secret_access_key='secret', verify=CERTIFICATE)

    connection = event['connectionId']

    await asyncio.to_thread(api.post_to_connection, ConnectionId=connection,
                            Data=b'hello')
    check('post', await ws.recv() == 'hello')

    got = await asyncio.to_thread(api.get_connection, ConnectionId=connection)
    check('get', got['Identity']['SourceIp'] == '127.0.0.1', got)

    await asyncio.to_thread(api.delete_connection, ConnectionId=connection)
    await asyncio.wait_for(ws.wait_closed(), 5)
    check('delete', ws.close_code == 1000, ws.close_code)


asyncio.run(asyncio.wait_for(main(), 20))
