"""errors_boto3.py HOST:PORT: boto3 at endpoints and with ids that no location
takes, under conf/aws/errors.conf; one line of JSON for each check, read by
t/refuse.t."""

import json
import sys

import boto3
import botocore.config
import botocore.exceptions

AUTHORITY = sys.argv[1]
ID = 'AAAAAAAAAAAAAAA='

# an endpoint's path, the id, the error and the status that come of it

CASES = (
    ('', ID, 'ForbiddenException', 403),
    ('/unknown', ID, 'ForbiddenException', 403),
    ('/unknown/', ID, 'ForbiddenException', 403),
    ('/prod', 'x' * 9000, 'BadRequestException', 414),
    ('/away', ID, 'InternalServerErrorException', 502),
)


def check(name, ok, got=None):
    print(json.dumps({'name': name, 'ok': bool(ok), 'got': str(got)}),
          flush=True)


def call(method, code, status, what, **arguments):
    try:
        method(**arguments)
    except botocore.exceptions.ClientError as error:
        got = error.response['Error']['Code']
        answer = error.response['ResponseMetadata']

        check(what, got == code and answer['HTTPStatusCode'] == status
              and answer['RequestId'], f'{got} {answer["HTTPStatusCode"]}')
    else:
        check(what, False, 'success')


for path, connection, code, status in CASES:
    api = boto3.client(
        'apigatewaymanagementapi', endpoint_url=f'http://{AUTHORITY}{path}',
        region_name='us-east-1', aws_access_key_id='AKIDEXAMPLE',
        aws_secret_access_key='secret',
        config=botocore.config.Config(retries={'total_max_attempts': 1}))

    call(api.post_to_connection, code, status, f'post at "{path}"',
         ConnectionId=connection, Data=b'x')
    call(api.get_connection, code, status, f'get at "{path}"',
         ConnectionId=connection)
    call(api.delete_connection, code, status, f'delete at "{path}"',
         ConnectionId=connection)
