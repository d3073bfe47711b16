"""nginx in a folder of its own that ends with it, and the way back to it."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from wsgw_convert import check, command as convert_command
from wsgw_convert.model import Usage
from wsgw_convert.quote import word

from . import say

# what say.event() reads

FIELDS = {
    'event': '$wsgw_event_type', 'route': '$wsgw_route_key',
    'id': '$wsgw_connection_id', 'stage': '$wsgw_stage', 'status': '$status',
    'integration': '$wsgw_integration_status', 'time': '$request_time',
    'error': '$wsgw_error', 'body': '$wsgw_body',
    'code': '$wsgw_disconnect_code', 'reason': '$wsgw_disconnect_reason',
    'push': '$wsgw_push_result', 'method': '$request_method', 'uri': '$request_uri',
    'request': '$wsgw_request_id',
}


# of a line of the error log, what a developer knows or does not need

BESIDE = re.compile(r'^\S+ \S+ | \d+#\d+:( \*\d+)?|( while [a-z ]+)?'
                    r'(, (client|server|request|upstream|host): .*)?$')


class Gateway:
    def __init__(self, front, back, functions, heard):
        self.front = front              # ports
        self.back = back
        self.functions = functions
        self.heard = heard              # what is told of each log entry
        self.child = None
        self.nginx = check.find_nginx()

        if not self.nginx:
            raise Usage('there is no nginx here; install it, or name one: '
                        'NGINX_BINARY=/path wsgw-dev')

        self.module = check.find_module(self.nginx, convert_command.TOP)

        if not self.module:
            raise Usage('there is no ngx_http_wsgw_module.so here; run make, '
                        'or name it: MODULE=/path wsgw-dev')

        self.folder = tempfile.mkdtemp(prefix='wsgw-dev.')
        os.chmod(self.folder, 0o711)    # workers of root's nginx are "nobody"
        self.secure = bool(shutil.which('openssl'))

        if not self.secure:
            say.wrong('there is no openssl: functions have to push to http://, '
                      'not https://')

        check.fill(self.folder, self.module, convert_command.errors_conf())

        self.log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.log.bind(self.path('log.sock'))
        os.chmod(self.path('log.sock'), 0o666)
        threading.Thread(target=self.listen, daemon=True).start()

    def path(self, name):
        return os.path.join(self.folder, name)

    def certificate(self, names):
        """For functions that push to https://, as on AWS."""

        names = ['IP:127.0.0.1', 'DNS:localhost'] + [f'DNS:{name}'
                                                     for name in names]
        made = subprocess.run(
            ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
             'ec_paramgen_curve:P-256', '-nodes', '-days', '30', '-subj',
             '/CN=wsgw-dev', '-addext', 'subjectAltName=' + ','.join(names),
             '-keyout', self.path('back.key'), '-out', self.path('back.pem')],
            capture_output=True, text=True, check=False)

        if made.returncode:
            raise Usage('openssl makes no certificate: ' + made.stderr.strip())

    def environment(self, api, regions):
        """What functions find in theirs, beside their own. The last two are
        for worker.js and worker.py."""

        name = (api.id or api.logical).lower()
        found = {
            'AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI':
                f'http://127.0.0.1:{self.back}/{api.stages[0].name}',
            'IS_LOCAL': 'true', 'WSGW_DEV_API': name,
            'WSGW_DEV_BACK': str(self.back),
        }

        if self.secure:
            self.certificate(f'{name}.execute-api.{region}.amazonaws.com'
                             for region in regions if name)
            found['NODE_EXTRA_CA_CERTS'] = self.path('back.pem')
            found['AWS_CA_BUNDLE'] = found['REQUESTS_CA_BUNDLE'] = \
                found['SSL_CERT_FILE'] = self.bundle()

        return found

    def bundle(self):
        """Who else is trusted stays so."""

        path = self.path('trusted.pem')

        if not os.path.exists(path):
            with open(path, 'wb') as out:
                for name in (os.environ.get('SSL_CERT_FILE') or
                             '/etc/ssl/certs/ca-certificates.crt',
                             self.path('back.pem')):
                    if os.path.exists(name):
                        with open(name, 'rb') as file:
                            out.write(file.read() + b'\n')

        return path

    # --- what wsgw_convert's Options get

    def options(self, made):
        entry = ','.join(f'"{name}":"{value}"'
                         for name, value in FIELDS.items())
        log = f'syslog:server=unix:{self.path("log.sock")},nohostname'

        made.named = True
        made.listen = f'127.0.0.1:{self.front}'
        made.back = f'127.0.0.1:{self.back}'
        made.lambda_address = f'127.0.0.1:{self.functions}'
        made.head = ('worker_processes 1;', 'pid nginx.pid;',
                     'error_log stderr warn;', '')
        made.http = tuple(check.TEMPORARY.strip('\n').replace('    ', '')
                          .split('\n')) + (
            '', 'access_log off;', 'log_not_found off;', 'wsgw_drain_time 1s quit=1s;',
            f"log_format dev escape=json '{{{entry}}}';", '')
        made.server = (f'access_log {word(log)} dev;',)
        made.server_back = made.server
        made.back_listen = (f'unix:{self.path("back.sock")}',)

        if self.secure:
            made.back_listen += (f'unix:{self.path("tls.sock")} ssl',)
            made.server_back += (
                f'ssl_certificate {word(self.path("back.pem"))};',
                f'ssl_certificate_key {word(self.path("back.key"))};')

        return made

    # --- nginx

    def put(self, files):
        """What nginx says against it, or ''; else it is what counts."""

        if files.keys:
            self.write('api.keys', files.keys)

        self.write('nginx.new', files.conf)
        done = subprocess.run(self.command('nginx.new', '-t'),
                              capture_output=True, text=True, check=False,
                              errors='replace')

        if done.returncode:
            lines = [line for line in done.stderr.splitlines()
                     if 'test failed' not in line]
            return '\n'.join(lines).replace(self.folder + '/', '')

        os.replace(self.path('nginx.new'), self.path('nginx.conf'))
        return ''

    def write(self, name, text):
        with open(self.path(name), 'w', encoding='utf-8') as file:
            file.write(text)

    def command(self, conf, *more):
        return [self.nginx, '-e', 'stderr', '-p', self.folder, '-c', conf,
                *more]

    def start(self):
        for name in ('back.sock', 'tls.sock'):
            if os.path.exists(self.path(name)):
                os.remove(self.path(name))

        self.child = subprocess.Popen(
            self.command('nginx.conf', '-g', 'daemon off; '
                         'worker_shutdown_timeout 4s;'),
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            errors='replace', preexec_fn=alone)

        threading.Thread(target=self.complaints, args=(self.child,),
                         daemon=True).start()
        self.wait()
        self.demux = Demux(self.back, self.path('tls.sock') if self.secure
                           else '', self.path('back.sock'))

    def wait(self):
        deadline = time.monotonic() + 10

        while time.monotonic() < deadline:
            if self.child.poll() is not None:
                raise Usage('nginx does not start')

            try:
                socket.create_connection(('127.0.0.1', self.front), 1).close()
                return
            except OSError:
                time.sleep(0.05)

        raise Usage('nginx does not answer')

    def reload(self):
        self.child.send_signal(signal.SIGHUP)

    def complaints(self, child):
        for line in child.stderr:
            text = line.strip()

            if text and '[notice]' not in text:
                say.line('nginx', BESIDE.sub('', text), True)

    def listen(self):
        while True:
            try:
                data = self.log.recv(1 << 18).decode('utf-8', 'replace')
            except OSError:
                return

            try:
                entry = json.loads(data[data.index('{'):])
            except ValueError:
                continue

            self.heard(entry)

    def stop(self):
        if self.child and self.child.poll() is None:
            for number, patience in ((signal.SIGQUIT, 5), (signal.SIGTERM, 2),
                                     (signal.SIGKILL, 2)):
                self.child.send_signal(number)

                try:
                    self.child.wait(patience)
                    break
                except subprocess.TimeoutExpired:
                    continue

        shutil.rmtree(self.folder, ignore_errors=True)


def alone():
    """Ctrl-C is for wsgw-dev, which ends its children in order; one that is
    killed takes them along, where the system can do that: they are told when
    the thread ends that has started them, so that is the main one."""

    os.setsid()

    try:
        import ctypes
        ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        pass


class Demux:
    """One port for http and https: a function writes either in front of the
    domain of its event."""

    def __init__(self, port, tls, plain):
        self.paths = {True: tls, False: plain}
        self.listener = socket.create_server(('127.0.0.1', port), backlog=128)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return

            threading.Thread(target=self.serve, args=(client,),
                             daemon=True).start()

    def serve(self, client):
        try:
            client.settimeout(120)
            first = client.recv(1, socket.MSG_PEEK)
            path = self.paths[first == b'\x16']

            if not first or not path:
                client.close()
                return

            nginx = socket.socket(socket.AF_UNIX)
            nginx.connect(path)
        except OSError:
            client.close()
            return

        threading.Thread(target=copy, args=(client, nginx),
                         daemon=True).start()
        copy(nginx, client)


def copy(source, target):
    try:
        while True:
            data = source.recv(65536)

            if not data:
                break

            target.sendall(data)
    except OSError:
        pass

    for of in (source, target):
        try:
            of.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        of.close()
