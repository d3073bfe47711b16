"""What scenarios act on: nginx, the backend, the clients, and the faults."""

import json
import os
import random
import socket
import subprocess
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

from bench import zone
from bench.history import History
from bench.log import Log, now
from bench.nginx import HERE, Nginx, memory

PORTS = range(20000, 32000)         # below the ephemeral ones
POLL = 0.05


class Failure(Exception):
    """The bench could not do what a scenario needs."""


class Stage:

    def __init__(self, directory, options):
        self.dir = directory
        self.options = options
        self.random = random.Random(options.seed)
        self.faults = Log(directory / 'faults.log')
        self.history = History(directory)
        self.programs = {}

        port = options.port or self.claim_ports()
        values = {'workers': options.workers}

        if options.state:
            values['state'] = f"state={directory / 'state'}"

        self.nginx = Nginx(directory, port=port, ledger_port=port + 1,
                           **values)
        self.port = port

    def claim_ports(self):
        """A port that is free, and the next is, too."""

        for _ in range(1000):
            port = self.random.choice(PORTS)

            try:
                self.held = [hold(port), hold(port + 1)]
                return port
            except OSError:
                pass

        raise Failure('no free port')

    def log(self, name):
        return self.dir / f'{name}.log'

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for name in reversed(list(self.programs)):
            self.end_program(name)

        self.nginx.end()

    # beginning and end

    def start(self):
        o = self.options
        seed = ('--seed', o.seed)
        url = f'http://127.0.0.1:{self.port}/dev'

        self.start_servers()
        self.program('swarm', *seed, '--connections', o.connections,
                     '--rate', o.rate, '--churn', o.churn,
                     url, self.log('truth'))
        self.program('pusher', *seed, '--rate', o.push_rate,
                     f'{url}/@connections', self.log('truth'),
                     self.log('ledger'), self.log('pushes'))
        self.fill()

    def start_servers(self):
        self.program('ledgerd', '--seed', self.options.seed,
                     self.port + 1, self.log('ledger'))
        self.wait(lambda: reachable(self.port + 1), 10, 'ledgerd is there')
        self.start_nginx()

    def start_nginx(self):
        try:
            self.nginx.start()
        except subprocess.CalledProcessError as error:
            raise Failure('nginx does not start') from error

        # a dead master's pid file may be there, too

        self.wait(lambda: self.nginx.read_pid() in self.nginx.masters(), 20,
                  'the master has written its pid')
        self.nginx.master = self.nginx.read_pid()

    def finish(self):
        """Lets all come to rest, and looks; ends all clients, looks again."""

        self.fill()
        self.tell('swarm', 'quiet')
        self.settle()
        self.end_program('pusher')
        self.look()

        self.tell('swarm', 'finish')
        self.end_program('swarm')
        self.settle()
        self.look()
        self.stop_servers()

    def stop_servers(self):
        for pid in self.nginx.end():
            self.alarm(f'process {pid} did not end')

        lines, killed = self.nginx.alarms()

        for line in lines:
            self.alarm(line)

        for pid in killed:
            if not self.history.kill_of(pid):
                self.alarm(f'worker {pid} died of a SIGKILL not ours')

        self.end_program('ledgerd')

    def fill(self):
        """Waits until connections are open again, but for what churns."""

        enough = self.options.connections - 2 * self.options.churn

        self.wait(lambda: self.history.open >= enough,
                  60 + self.options.connections / 50, 'all are open')

    def settle(self):
        """Waits until every $disconnect was delivered and slots are freed."""

        began = now()
        deadline = began + self.options.settle

        while now() < deadline:
            if not self.history.read().owed() and self.at_rest():
                break

            time.sleep(4 * POLL)

        else:
            self.note('not settled', f'after {self.options.settle} s, '
                                     f'{len(self.history.owed())} owed')

    def at_rest(self):
        count = self.slots()

        return (count['connecting'], count['owed'], count['open']) \
            == (0, 0, self.history.read().open)

    def slots(self):
        count = Counter()

        for each in zone.find(self.nginx.processes()):
            count.update(each.states())

        return count

    def look(self):
        zones = zone.find(self.nginx.processes())
        states = Counter()
        faults = []

        for each in zones:
            states.update(each.states())
            faults += each.faults()

        self.faults.write('zone', zones=len(zones), faults=faults,
                          **{name: states[name] for name in zone.STATES[1:]})
        self.history.read()

    # programs of the bench

    def program(self, name, *arguments):
        self.programs[name] = subprocess.Popen(
            [HERE / name, *map(str, arguments)], stdin=subprocess.PIPE)

    def tell(self, name, command):
        pipe = self.programs[name].stdin
        pipe.write(command.encode() + b'\n')
        pipe.flush()

    def end_program(self, name):
        program = self.programs.pop(name)
        program.stdin.close()

        try:
            status = program.wait(20)
        except subprocess.TimeoutExpired:
            program.kill()
            status = program.wait()

        if status != 0:
            self.alarm(f'{name} ended with status {status}')

    # time

    def wait(self, condition, patience, text):
        deadline = now() + patience

        while True:
            self.history.read()

            if (result := condition()):
                return result

            if now() > deadline:
                raise Failure(f'waited {patience:.0f} s in vain: {text}')

            time.sleep(POLL)

    def hold(self, seconds):
        time.sleep(seconds)
        self.history.read()

    def pause(self, mean):
        """Between half and three halves of it."""

        self.hold(mean * (0.5 + self.random.random()))

    # faults

    def kill(self, *pids):
        for pid in pids:
            self.faults.write('kill', pid=pid)
            try:
                os.kill(pid, 9)
            except ProcessLookupError:
                pass

    def workers(self, **which):
        return self.wait(lambda: self.nginx.workers(**which), 20,
                         'there is a worker')

    def some_worker(self, **which):
        return self.random.choice(sorted(self.workers(**which)))

    def leave(self, name, pid=None):
        """A signal that makes workers go."""

        self.faults.write('leave', signal=name)
        self.nginx.signal(name, pid)

    def stop(self, pid):
        self.faults.write('stop', pid=pid)
        self.nginx.signal('STOP', pid)

    def resume(self, pid):
        self.nginx.signal('CONT', pid)
        self.faults.write('cont', pid=pid)

    @contextmanager
    def failpoint(self, name):
        """Who comes there first while it lasts dies; yields whether one did."""

        file = self.dir / 'failpoints' / name
        known = set(self.nginx.alarms()[1])
        at = now()

        def died():
            others = known.union(self.history.read().kills)
            return set(self.nginx.alarms()[1]) - others

        # a worker may unlink it, whoever it runs as

        file.parent.mkdir(exist_ok=True)
        file.parent.chmod(0o777)
        file.touch()

        yield died

        file.unlink(missing_ok=True)

        for pid in died():
            self.faults.write('kill', t=at, pid=pid)

    @contextmanager
    def strangers(self):
        """While it lasts there are zones that cannot reach each other."""

        if not self.options.state:
            self.faults.write('part')

        yield

        if not self.options.state:
            self.faults.write('join')

    @contextmanager
    def away(self):
        """While it lasts nobody need be there to accept a connection."""

        self.faults.write('down')

        yield

        self.faults.write('up')

    def note(self, name, text):
        self.faults.write('note', name=name, text=str(text))

    def note_owed(self):
        self.note('owed by then', len(self.history.read().owed()))

    def alarm(self, text):
        self.faults.write('alarm', text=text)

    def rule(self, fault, **rule):
        self.tell('ledgerd', 'rule ' + json.dumps({'fault': fault, **rule}))

    def measure(self):
        workers = self.nginx.workers()

        return len(workers), sum(memory(pid) for pid in workers)


def reachable(port):
    with socket.socket() as s:
        return s.connect_ex(('127.0.0.1', port)) == 0


def hold(port):
    """No other suite takes it any more, as t/lib/Wsgw/Port.pm says."""

    s = socket.socket()
    s.bind(('', port))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

    return s


def directory(path):
    """Where a run writes: nginx's workers must reach it, too."""

    path = Path(path).resolve()
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o755)

    return path
