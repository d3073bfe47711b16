"""worker.py FD: handlers in Python; see worker.js."""

import importlib.util
import json
import os
import re
import socket
import sys
import threading
import time
import traceback

channel = socket.socket(fileno=int(sys.argv[1]))
loading = threading.Lock()
sending = threading.Lock()
modules = {}


API = os.environ.get('WSGW_DEV_API')
BACK = os.environ.get('WSGW_DEV_BACK')
OURS = re.compile(rf'{API}\.execute-api\.[a-z0-9-]+\.amazonaws\.com\Z', re.I)

look_up = socket.getaddrinfo


def getaddrinfo(host, port, *more, **named):
    """The API's own name on AWS leads to the way back here."""

    if API and isinstance(host, str) and OURS.match(host):
        host, port = '127.0.0.1', BACK

    return look_up(host, port, *more, **named)


class Context:
    def __init__(self, of):
        self.function_name = of['functionName']
        self.function_version = of['functionVersion']
        self.invoked_function_arn = of['invokedFunctionArn']
        self.memory_limit_in_mb = of['memoryLimitInMB']
        self.aws_request_id = of['awsRequestId']
        self.log_group_name = '/aws/lambda/' + of['functionName']
        self.log_stream_name = 'local'
        self.identity = None
        self.client_context = None
        self.deadline = of['deadline']

    def get_remaining_time_in_millis(self):
        return max(0, self.deadline - int(time.time() * 1000))


def module_of(file):
    with loading:
        if file not in modules:
            name = os.path.splitext(os.path.relpath(file))[0] \
                .replace(os.sep, '.').strip('.')
            spec = importlib.util.spec_from_file_location(name, file)
            module = importlib.util.module_from_spec(spec)
            sys.modules[name] = module
            spec.loader.exec_module(module)
            modules[file] = module

        return modules[file]


def run(call):
    try:
        handler = getattr(module_of(call['file']), call['name'])
        result = handler(call['event'], Context(call['context']))
        line = json.dumps({'id': call['id'], 'result': result})

    except BaseException as error:      # a handler may say sys.exit()
        if isinstance(error, ModuleNotFoundError):
            print(f'the module "{error.name}" is not there; pip install it, '
                  'or what requirements.txt names', file=sys.stderr)
        else:
            traceback.print_exc()

        line = json.dumps({'id': call['id'], 'error': {
            'errorMessage': str(error), 'errorType': type(error).__name__,
            'stackTrace': traceback.format_tb(error.__traceback__)}})

    sys.stdout.flush()

    with sending:
        channel.sendall(line.encode() + b'\n')


def main():
    socket.getaddrinfo = getaddrinfo
    sys.path.insert(0, os.getcwd())
    calls = []

    with channel.makefile('r', encoding='utf-8') as lines:
        for line in lines:
            thread = threading.Thread(target=run, args=(json.loads(line),),
                                      daemon=True)
            thread.start()
            calls = [call for call in calls if call.is_alive()] + [thread]

    for call in calls:
        call.join()


main()
