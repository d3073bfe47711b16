"""What happened to each connection, joined from the logs of a run."""

from bisect import bisect_left
from math import inf
from pathlib import Path

from bench.log import Tail

LOGS = ('truth', 'ledger', 'pushes', 'faults')
RETRIED = (429, 502, 503, 504)
CALLS = ('CONNECT', 'MESSAGE', 'DISCONNECT')


class Connection:
    """A dial of swarm's, an id of nginx's, or both."""

    __slots__ = ('token', 'id', 'dialed', 'opened', 'end', 'pushes',
                 *CALLS)

    def __init__(self):
        self.token = self.id = None
        self.dialed = self.opened = None
        self.end = None             # truth's "end" or "refused"
        self.pushes = {}            # number: time, as it came
        self.CONNECT, self.MESSAGE, self.DISCONNECT = [], [], []

    def __str__(self):
        return f'{self.id or "?"} ({self.token or "?"})'

    @property
    def ended(self):
        return self.end['t'] if self.end else inf

    @property
    def by_client(self):
        return self.end is not None and self.end.get('by') == 'client'

    def is_open(self, at=inf):
        return self.opened is not None and self.opened <= at < self.ended

    @property
    def worker(self):
        return self.CONNECT[0]['worker'] if self.CONNECT else 0


class Spans:
    """Times at which something lasted; the last may last still."""

    def __init__(self):
        self.spans = []

    def begin(self, at, **rest):
        self.spans.append({'from': at, 'to': inf, **rest})

    def finish(self, at, **rest):
        for span in self.spans:
            if span['to'] == inf and rest.items() <= span.items():
                span['to'] = at

    def during(self, start, end, **rest):
        return any(span['from'] <= end and start <= span['to']
                   and rest.items() <= span.items() for span in self.spans)


class History:

    def __init__(self, directory):
        self.tails = [Tail(Path(directory) / f'{name}.log') for name in LOGS]
        self.by_token = {}
        self.by_id = {}
        self.open = 0
        self.pushes = []
        self.kills = {}             # by pid
        self.kill_times = []        # in order
        self.outages = Spans()      # of the ledger
        self.stops = Spans()        # of a worker
        self.parted = Spans()       # zones that know nothing of each other
        self.away = Spans()         # nginx, and all its workers
        self.leaves = []            # when workers were told to go
        self.zones = []
        self.alarms = []
        self.notes = []

    def read(self):
        """What the logs got since the last time."""

        for tail in self.tails:
            for event in tail.read():
                getattr(self, 'on_' + event['what'].lower())(event)

        return self

    def dial(self, token):
        if token not in self.by_token:
            self.by_token[token] = c = Connection()
            c.token = token

        return self.by_token[token]

    @property
    def connections(self):
        yield from self.by_token.values()
        yield from (c for c in self.by_id.values() if c.token is None)

    # truth

    def on_dial(self, event):
        self.dial(event['token']).dialed = event['t']

    def on_open(self, event):
        self.dial(event['token']).opened = event['t']
        self.open += 1

    def on_end(self, event):
        c = self.dial(event['token'])
        c.end = event
        self.open -= c.opened is not None

    on_refused = on_end

    # ledger

    def on_connect(self, event):
        c = self.dial(event['token'])
        before = self.by_id.get(event['id'], c)
        c.id = event['id']
        c.CONNECT.append(event)
        self.by_id[c.id] = c

        # calls that should not have come before it

        if before is not c:
            c.MESSAGE += before.MESSAGE
            c.DISCONNECT += before.DISCONNECT

    def on_message(self, event):
        self.known(event).MESSAGE.append(event)

    def on_disconnect(self, event):
        self.known(event).DISCONNECT.append(event)

    def known(self, event):
        if event['id'] not in self.by_id:
            self.by_id[event['id']] = c = Connection()
            c.id = event['id']

        return self.by_id[event['id']]

    def on_off(self, event):
        self.outages.begin(event['t'])

    def on_on(self, event):
        self.outages.finish(event['t'])

    # pushes, and how they came

    def on_push(self, event):
        if 'token' in event:
            self.dial(event['token']).pushes[event['n']] = event['t']
        else:
            self.pushes.append(event)

    # faults

    def on_kill(self, event):
        self.kills[event['pid']] = event
        self.kill_times.append(event['t'])

    def on_stop(self, event):
        self.stops.begin(event['t'], pid=event['pid'])

    def on_cont(self, event):
        self.stops.finish(event['t'], pid=event['pid'])

    def on_part(self, event):
        self.parted.begin(event['t'])

    def on_join(self, event):
        self.parted.finish(event['t'])

    def on_down(self, event):
        self.away.begin(event['t'])

    def on_up(self, event):
        self.away.finish(event['t'])

    def on_leave(self, event):
        self.leaves.append(event['t'])

    def on_zone(self, event):
        self.zones.append(event)

    def on_alarm(self, event):
        self.alarms.append(event['text'])

    def on_note(self, event):
        self.notes.append(event)

    # questions

    def killed(self, start, end):
        """Whether any process was killed in that time."""

        first = bisect_left(self.kill_times, start)

        return first < len(self.kill_times) and self.kill_times[first] <= end

    def kill_of(self, pid):
        return self.kills.get(pid)

    def lost(self, call):
        """Whether the answer may not have reached nginx."""

        return isinstance(call['answer'], str) \
            or self.outages.during(call['t'], call['t'] + 1)

    def failed(self, call):
        return self.lost(call) or call['answer'] in RETRIED

    def may_have_connected(self, c):
        return any(self.lost(call) or call['answer'] // 100 == 2
                   for call in c.CONNECT)

    def delivered(self, c):
        """Whether the ledger took one, and nginx heard of it or not."""

        return any(not isinstance(call['answer'], str)
                   and call['answer'] not in RETRIED for call in c.DISCONNECT)

    def owed(self):
        """Connections that still wait for a $disconnect to be delivered."""

        return [c for c in self.by_token.values()
                if c.end and self.may_have_connected(c)
                and not self.delivered(c)]
