import json
import os
import urllib.parse
import urllib.request

ENDPOINT = os.environ['AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI']


def push(endpoint, connection_id, data):
    id = urllib.parse.quote(connection_id, safe='')
    request = urllib.request.Request(f'{endpoint}/@connections/{id}',
                                     data=data.encode(), method='POST')
    urllib.request.urlopen(request).close()


def handler(event, context):
    of = event['requestContext']

    push(ENDPOINT, of['connectionId'], 'from Python')
    push(f"https://{of['domainName']}/{of['stage']}", of['connectionId'],
         'by TLS')
    push(f"https://{of['apiId']}.execute-api.{os.environ['AWS_REGION']}"
         f".amazonaws.com/{of['stage']}", of['connectionId'], 'by name')
    assert context.get_remaining_time_in_millis() > 0

    return {'statusCode': 200,
            'body': f"{len(json.loads(event['body']))} {os.environ['UNIT']}"}
