"""Judges a history: P1 to P6, and what else must hold while workers die.

A client learns of what a server did only later; GRACE is more than that takes
on a loaded machine. What a client did itself needs none."""

from collections import Counter
from itertools import accumulate
from math import inf

GRACE = 2.0
PAUSE = 2.0             # of a push to a worker that nothing happened to
NOTED = 0.1             # a death that a tracer sees, after the client saw it
LETTER = 6.0            # a push to a dead worker is decided within that

TITLES = {
    'P1': 'no $disconnect is lost',
    'P2': 'none comes for a connection that is open, or never was',
    'P3': 'attempts share an event id and count up',
    'P4': 'there is more than one only behind a death or a lost answer',
    'P5': 'events of a connection come in order',
    'P6': 'no slot, record or $disconnect is left over',
    'end': 'connections end only where a fault was',
    'push': 'answers to pushes are facts, and never pause',
    'log': 'the error log is clean',
}


class Verdict:

    def __init__(self, history):
        self.history = history
        self.violations = {name: [] for name in TITLES}

        self.event_ids()
        self.zones()
        self.violations['log'] += history.alarms

        for c in history.connections:
            self.no_loss(c)
            self.no_phantom(c)
            self.labelled(c)
            self.bounded(c)
            self.ordered(c)
            self.cause_of_end(c)

        for push in history.pushes:
            self.push(push)

    @property
    def holds(self):
        return not any(self.violations.values())

    def violation(self, name, text):
        self.violations[name].append(text)

    def over(self, c):
        """It ends with its worker, however late its client hears of it."""

        kill = self.history.kill_of(c.worker)

        return min(c.ended, kill['t']) if kill else c.ended

    # P1

    def no_loss(self, c):
        h = self.history

        if c.token is None or not h.may_have_connected(c):
            return

        if c.end is None and c.opened is not None:
            return

        if not h.delivered(c):
            how = c.end or 'no end'
            self.violation('P1', f'{c}: {len(c.DISCONNECT)} attempts, none '
                                 f'delivered; worker {c.worker}, {how}')

    # P2

    def no_phantom(self, c):
        if not c.DISCONNECT:
            return

        h = self.history
        at = c.DISCONNECT[0]['t']
        ended = self.over(c) - (0 if c.by_client else GRACE)

        if c.token is not None and at < ended:
            self.violation('P2', f'{c}: $disconnect at {at}, {c.end}')

        began = c.CONNECT[0]['t'] if c.CONNECT else 0

        if not h.may_have_connected(c) and not h.killed(began, at):
            self.violation('P2', f'{c}: $disconnect at {at}, but it never '
                                 f'connected: {c.CONNECT}')

    # P3

    def event_ids(self):
        owner = {}

        for c in self.history.connections:
            for call in c.CONNECT + c.MESSAGE + c.DISCONNECT:
                other = owner.setdefault(call['request'], (c, call['what']))

                if other != (c, call['what']):
                    self.violation('P3', f'{c}: {call["what"]} has the event '
                                         f'id of {other[1]} of {other[0]}')

    def labelled(self, c):
        if len({call['request'] for call in c.DISCONNECT}) > 1:
            self.violation('P3', f'{c}: several event ids: {c.DISCONNECT}')

        for before, call in zip(c.DISCONNECT, c.DISCONNECT[1:]):
            cut = self.history.lost(before)
            step = call['attempt'] - before['attempt']

            if step < 0 or step == 0 and not cut:
                self.violation('P3', f'{c}: attempt {call["attempt"]} behind '
                                     f'attempt {before["attempt"]}')

        if any(call['attempt'] < 1 for call in c.DISCONNECT):
            self.violation('P3', f'{c}: an attempt without a number')

    # P4

    def bounded(self, c):
        h = self.history
        before = None

        for call in c.DISCONNECT:
            start = before['t'] if before else min(
                [each['t'] for each in c.CONNECT] or [0])

            if before or call['attempt'] > 1:
                excused = (before and h.failed(before)
                           or before and self.sent_by_dead(before)
                           or h.killed(start, call['t'])
                           or h.outages.during(start, call['t']))

                if not excused:
                    self.violation('P4', f'{c}: attempt {call["attempt"]} at '
                                         f'{call["t"]} without a reason')

            before = call

    def sent_by_dead(self, call):
        """However late a busy ledger reads it, there is none to answer to."""

        kill = self.history.kill_of(call['worker'])

        return kill and kill['t'] <= call['t']

    # P5

    def ordered(self, c):
        numbers = [call['n'] for call in c.MESSAGE]

        if any(b <= a for a, b in zip(numbers, numbers[1:])):
            self.violation('P5', f'{c}: messages come as {numbers}')

        if c.MESSAGE and c.CONNECT \
                and c.MESSAGE[0]['t'] < c.CONNECT[0]['t']:
            self.violation('P5', f'{c}: a message before $connect')

        if not c.DISCONNECT:
            return

        last = c.DISCONNECT[0]['t']
        kill = self.history.kill_of(c.worker)

        for call in c.CONNECT + c.MESSAGE:

            # what a killed worker had sent may be read late

            if call['t'] > last and not (
                    kill and kill['t'] <= last and call['t'] < last + 1):
                self.violation('P5', f'{c}: {call["what"]} at {call["t"]} '
                                     f'behind $disconnect at {last}')

    # P6

    def zones(self):
        if not self.history.zones:
            self.violation('P6', 'nobody looked into the zone')

        for zone in self.history.zones:
            really = sum(c.is_open(zone['t'])
                         for c in self.history.connections)

            if (zone['open'], zone['connecting'], zone['owed']) \
                    != (really, 0, 0):
                self.violation('P6', f'slots {zone}; open are {really}')

            for fault in zone['faults']:
                self.violation('P6', fault)

    # how connections ended

    def cause_of_end(self, c):
        if c.end is None or c.by_client:
            return

        if c.opened is None:
            self.cause_of_refusal(c)

        elif c.end['how'] == 'close':
            left = [at for at in self.history.leaves if at < c.ended]

            if c.end['code'] != 1001 or not left:
                self.violation('end', f'{c}: closed, {c.end}')

        else:
            kill = self.history.kill_of(c.worker)

            if not kill or kill['t'] > c.ended + NOTED:
                self.violation('end', f'{c}: dropped, worker {c.worker} was '
                                      f'not killed before: {c.end}')

    def cause_of_refusal(self, c):
        h = self.history

        excused = (any(h.failed(call) or call['answer'] // 100 != 2
                       for call in c.CONNECT)
                   or h.killed(c.dialed - GRACE, c.ended + NOTED)
                   or h.outages.during(c.dialed, c.ended)
                   or h.away.during(c.dialed, c.ended))

        if not excused:
            self.violation('end', f'{c}: refused without a reason: {c.end}')

    # pushes

    def push(self, push):
        c = self.history.by_id.get(push['id'])
        t0, t1, status = push['t0'], push['t1'], push['status']

        if c is None:
            self.violation('push', f'to an unknown id: {push}')

        elif status == 200:
            self.pushed(c, push)

        elif status == 410:
            if self.over(c) > t1 + (0 if c.by_client else GRACE):
                self.violation('push', f'410 for a live connection {c}: '
                                       f'{push}, {c.end}')

        elif status == 503 and not self.history.parted.during(t0, t1):
            if c.is_open(t0) and c.is_open(t1 + GRACE) \
                    and not self.disturbed(c, push):
                self.violation('push', f'503 for a connection of a worker '
                                       f'that is well, {c}: {push}')

            if c.ended < t0 - LETTER and not self.disturbed(c, push):
                self.violation('push', f'503 for one that ended long ago, '
                                       f'{c}: {push}')

        elif status not in (0, 503):
            self.violation('push', f'an answer that should not be: {push}')

    def pushed(self, c, push):
        t0, t1 = push['t0'], push['t1']

        if c.ended < t0 - GRACE and not self.disturbed(c, push):
            self.violation('push', f'200 for one that had ended, {c}: {push}')

        if push['n'] not in c.pushes and c.ended > t1 + GRACE:
            self.violation('push', f'200, but it never came, {c}: {push}')

        if t1 - t0 > PAUSE and not self.disturbed(c, push):
            self.violation('push', f'waited {t1 - t0:.3f} s, {c}: {push}')

    def disturbed(self, c, push):
        """Whether a fault hit the worker that holds c, or the one asked."""

        start, end = push['t0'] - LETTER, push['t1']

        return any(self.history.stops.during(start, end, pid=pid)
                   or (kill := self.history.kill_of(pid))
                   and start <= kill['t'] <= end
                   for pid in (c.worker, push['worker']))

    # figures

    def delays(self):
        """From a kill to the first $disconnect of what was dropped by it."""

        found = []

        for c in self.history.connections:
            kill = self.history.kill_of(c.worker)

            if kill and c.ended >= kill['t']:
                after = [call['t'] - kill['t'] for call in c.DISCONNECT
                         if call['t'] > kill['t']]
                found += after[:1]

        return sorted(found)

    def opened(self, first, last):
        """How many connections are open from one time to the other."""

        steps = [(first, 0), (last, 0)]

        for c in self.history.connections:
            if c.opened is not None:
                steps += (c.opened, 1), (c.ended, -1)

        steps.sort()
        levels = accumulate(step for _, step in steps)
        spans = [(end - start, level) for (start, _), (end, _), level
                 in zip(steps, steps[1:], levels) if first <= start < last]
        average = sum(span * level for span, level in spans) / (last - first)
        lowest = min(level for _, level in spans)

        return f'{average:.0f} on average, {lowest} at least'

    def figures(self):
        h = self.history
        cs = list(h.connections)
        duplicates = sum(len(c.DISCONNECT) - 1 for c in cs if c.DISCONNECT)
        pushed = [p for p in h.pushes if p['status'] == 200]
        undisturbed = sorted(
            p['t1'] - p['t0'] for p in pushed
            if not self.disturbed(h.by_id[p['id']], p))
        ends = Counter(how(c) for c in cs)
        statuses = Counter(p['status'] for p in h.pushes)

        yield 'connections', f'{len(cs)}: ' + listed(ends)
        yield 'calls', listed({name: sum(len(getattr(c, name)) for c in cs)
                               for name in ('CONNECT', 'MESSAGE',
                                            'DISCONNECT')})
        yield 'kills', str(len(h.kills))

        if len(set(h.kill_times)) > 1:
            yield 'open meanwhile', self.opened(h.kill_times[0],
                                                h.kill_times[-1])

        yield '$disconnect', (f'{len(self.violations["P1"])} lost, '
                              f'{duplicates} duplicates, at most attempt '
                              + str(max((call['attempt'] for c in cs
                                         for call in c.DISCONNECT),
                                        default=0)))
        yield 'delay from kill', quantiles(self.delays())
        yield 'pushes', listed(statuses)
        yield 'beside faults', quantiles(undisturbed)
        yield 'no push done for', quantiles(gaps(pushed))

        for note in h.notes:
            yield note['name'], note['text']


def gaps(pushes):
    times = sorted(push['t1'] for push in pushes)

    return sorted(b - a for a, b in zip(times, times[1:]))


def how(c):
    if c.end is None:
        return 'open' if c.opened else 'unknown'

    if c.end['what'] == 'refused':
        return f'refused {c.end["status"]}'

    return ' '.join(str(c.end[key]) for key in ('by', 'how', 'code')
                    if key in c.end)


def listed(counts):
    return ', '.join(f'{number} {name}' for name, number
                     in sorted(counts.items(), key=str)) or 'none'


def quantiles(values):
    if not values:
        return 'none'

    def at(share):
        return values[min(int(len(values) * share), len(values) - 1)]

    return (f'p50 {at(0.5):.3f} s, p99 {at(0.99):.3f} s, '
            f'max {values[-1]:.3f} s of {len(values)}')
