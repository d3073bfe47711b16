"""An nginx of the bench's own: its configuration, its processes, its end."""

import ctypes
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).parent.parent
MODULE = HERE.parent.parent / 'build' / 'ngx_http_wsgw_module.so'

PR_SET_CHILD_SUBREAPER = 36

# expected of a run, with what a killed worker leaves behind
KILLED = re.compile(r'\[alert\].* (\d+) exited on signal 9$')
ALARM = re.compile(r'\[(alert|emerg|crit)\]|Sanitizer|runtime error:'
                   r'|exited on signal|was locked by|open socket .* left'
                   r'|abandon')


class Nginx:
    """Masters come and go, all of them become children of this process."""

    def __init__(self, directory, **values):
        self.dir = Path(directory)
        self.binary = shutil.which(
            os.environ.get('TEST_NGINX_BINARY', '/usr/sbin/nginx'))
        self.values = {
            'dir': self.dir, 'workers': 4, 'zone_size': '16m', 'state': '',
            'drain_time': '15s quit=10s', 'timeout': '5s',
            'module': Path(os.environ.get('MODULE', MODULE)).resolve(),
            **values}
        self.master = None          # whom signals go to
        (self.dir / 'temp').mkdir(exist_ok=True)
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)

    def configure(self, **values):
        self.values.update(values)
        text = (HERE / 'nginx.conf.in').read_text()

        for name, value in self.values.items():
            text = text.replace(f'@{name}@', str(value))

        (self.dir / 'nginx.conf').write_text(text)

    def start(self, **values):
        self.configure(**values)
        environment = {name: value for name, value in os.environ.items()
                       if name != 'NGINX'}

        subprocess.run(
            [self.binary, '-p', self.dir, '-e', self.dir / 'error.log',
             '-c', self.dir / 'nginx.conf'],
            env=environment, check=True, timeout=20)

    def read_pid(self):
        """The newest master's; None while one gives way to another."""

        try:
            return int((self.dir / 'nginx.pid').read_text())
        except (FileNotFoundError, ValueError):
            return None

    def signal(self, name, pid=None):
        os.kill(pid or self.master, getattr(signal, 'SIG' + name))

    def masters(self):
        return [pid for pid in descendants(os.getpid())
                if 'master process' in title(pid)]

    def workers(self, exiting=None):
        """Of all masters; those that leave, that do not, or all."""

        titles = {pid: title(pid) for pid in descendants(os.getpid())}

        return [pid for pid, text in titles.items()
                if 'worker process' in text
                and exiting in (None, 'shutting down' in text)]

    def processes(self):
        return self.masters() + self.workers()

    def alarms(self):
        """Lines of the error log that no run expects, and pids that died."""

        path = self.dir / 'error.log'
        lines, killed = [], []

        for text in path.read_text(errors='replace').splitlines():
            if (match := KILLED.search(text)):
                killed.append(int(match[1]))
            elif ALARM.search(text):
                lines.append(text)

        return lines, killed

    def end(self, patience=15):
        """A fast end of all that is left; returns what had to be killed."""

        for pid in self.masters():
            self.signal('CONT', pid)
            self.signal('TERM', pid)

        deadline = time.monotonic() + patience

        while (left := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.02)

        for pid in left:
            self.signal('KILL', pid)

        return left


def descendants(pid):
    try:
        text = Path(f'/proc/{pid}/task/{pid}/children').read_text()
    except OSError:
        return

    for child in map(int, text.split()):
        yield child
        yield from descendants(child)


def title(pid):
    """What a process calls itself: nothing when it is dead."""

    try:
        return Path(f'/proc/{pid}/cmdline').read_bytes().decode()
    except OSError:
        return ''


def memory(pid):
    """Resident bytes of a process's own."""

    try:
        text = Path(f'/proc/{pid}/status').read_text()
    except OSError:
        return 0

    found = re.search(r'^RssAnon:\s+(\d+)', text, re.M)

    return int(found[1]) * 1024 if found else 0
