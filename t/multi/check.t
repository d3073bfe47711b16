#!/usr/bin/python3 -B

"""The chaos bench's checker: it takes a history in which all was right, and
notices each single thing that is doctored into it."""

import copy
import json
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'chaos'))

from bench.history import History
from bench.verdict import Verdict


def call(t, what, id, request, worker, **rest):
    return {'t': t, 'what': what, 'id': id, 'request': request,
            'worker': worker, 'attempt': 1, 'token': None, 'n': None,
            'answer': 200, **rest}


def truth(t, what, token, **rest):
    return {'t': t, 'what': what, 'token': token, **rest}


def push(n, id, t0, t1, status, worker=11):
    return {'t': t1, 'what': 'push', 'n': n, 'id': id, 't0': t0, 't1': t1,
            'status': status, 'worker': worker}


# a is closed by its client, b loses its worker, c stays, d is refused by the
# backend; worker 11 has a, c and d, worker 12 has b

STORY = {
    'truth': [
        truth(1.0, 'dial', 'a'), truth(1.2, 'open', 'a'),
        truth(1.0, 'dial', 'b'), truth(1.2, 'open', 'b'),
        truth(1.0, 'dial', 'c'), truth(1.2, 'open', 'c'),
        truth(1.0, 'dial', 'd'), truth(1.2, 'refused', 'd', status=403),
        truth(3.0, 'push', 'a', n=1),
        truth(30.0, 'end', 'a', by='client', how='close'),
        truth(40.1, 'end', 'b', by='server', how='fin'),
    ],
    'ledger': [
        {'t': 0.0, 'what': 'on'},
        call(1.1, 'CONNECT', 'A', 'r1', 11, token='a'),
        call(1.1, 'CONNECT', 'B', 'r2', 12, token='b'),
        call(1.1, 'CONNECT', 'C', 'r3', 11, token='c'),
        call(1.1, 'CONNECT', 'D', 'r4', 11, token='d', answer=403),
        call(2.0, 'MESSAGE', 'A', 'r5', 11, n=1),
        call(2.1, 'MESSAGE', 'A', 'r6', 11, n=2),
        call(30.1, 'DISCONNECT', 'A', 'r7', 11),
        call(40.3, 'DISCONNECT', 'B', 'r8', 11),
    ],
    'pushes': [
        push(1, 'A', 2.9, 2.91, 200),
        push(2, 'A', 30.2, 30.21, 410),
        push(3, 'B', 40.05, 40.06, 410),
    ],
    'faults': [
        {'t': 40.0, 'what': 'kill', 'pid': 12},
        {'t': 50.0, 'what': 'zone', 'zones': 1, 'faults': [],
         'connecting': 0, 'open': 1, 'owed': 0},
    ],
}


def add(log, *events):
    return lambda story: story[log].extend(events)


def drop(log, **some):
    def doctor(story):
        story[log] = [e for e in story[log] if not some.items() <= e.items()]
    return doctor


def change(log, some, **values):
    def doctor(story):
        [event] = [e for e in story[log] if some.items() <= e.items()]
        event.update(values)
    return doctor


def both(*doctors):
    def doctor(story):
        for each in doctors:
            each(story)
    return doctor


END_A = {'what': 'DISCONNECT', 'id': 'A'}
END_B = {'what': 'DISCONNECT', 'id': 'B'}
AGAIN_B = call(41.0, 'DISCONNECT', 'B', 'r8', 11, attempt=2)
OUTAGE = ({'t': 41.0, 'what': 'off'}, {'t': 45.0, 'what': 'on'})
DEATH = add('faults', {'t': 40.5, 'what': 'kill', 'pid': 13})
STOP = {'t': 20.0, 'what': 'stop', 'pid': 11}
APART = add('faults', {'t': 4.0, 'what': 'part'}, {'t': 9.0, 'what': 'join'})

CASES = [
    ('', 'the history itself', lambda story: None),

    ('P1', 'a $disconnect is missing', drop('ledger', **END_A)),
    ('P1', 'that of a killed worker is missing', drop('ledger', **END_B)),
    ('P1', 'none but a failed attempt',
     change('ledger', END_A, answer=503)),
    ('P1', 'none but one whose answer was cut',
     change('ledger', END_A, answer='reset')),
    ('P1', '$connect hung, the handshake failed, nothing followed',
     change('ledger', {'id': 'D'}, answer='hang')),

    ('P2', 'the connection is open',
     add('ledger', call(30.0, 'DISCONNECT', 'C', 'r9', 11))),
    ('P2', 'its client ends it only later',
     change('ledger', END_A, t=29.99)),
    ('P2', 'its worker dies only later',
     change('ledger', END_B, t=37.9)),
    ('', 'its client hears of its worker\'s death only later',
     change('truth', {'what': 'end', 'token': 'b'}, t=45.0)),
    ('P2', 'the backend had refused it',
     add('ledger', call(1.3, 'DISCONNECT', 'D', 'r9', 11))),
    ('P2', 'nobody knows the id, and nobody had been killed',
     add('ledger', call(1.3, 'DISCONNECT', 'E', 'r9', 11))),
    ('', 'nobody knows the id, but a worker had been killed',
     add('ledger', call(41.0, 'DISCONNECT', 'E', 'r9', 11))),

    ('P3', 'another event id',
     both(add('ledger', {**AGAIN_B, 'request': 'r9'}), DEATH)),
    ('P3', 'the event id of another event',
     change('ledger', END_A, request='r5')),
    ('P3', 'the same attempt again',
     both(change('ledger', END_B, answer=503),
          add('ledger', {**AGAIN_B, 'attempt': 1}))),
    ('P3', 'an attempt without a number',
     change('ledger', END_A, attempt=0)),
    ('', 'the same attempt again, its answer had been cut',
     both(change('ledger', END_B, answer='close'),
          add('ledger', {**AGAIN_B, 'attempt': 1}))),

    ('P4', 'a second attempt behind a delivered one',
     add('ledger', AGAIN_B)),
    ('P4', 'a first attempt that is the second',
     change('ledger', END_A, attempt=2)),
    ('', 'a second attempt behind a 503',
     both(change('ledger', END_B, answer=503), add('ledger', AGAIN_B))),
    ('', 'a second attempt behind the death of who made the first',
     both(add('ledger', AGAIN_B), DEATH)),
    ('', 'a second attempt behind one read long after its sender\'s death',
     both(change('ledger', END_B, t=45.0, worker=13),
          add('ledger', {**AGAIN_B, 't': 46.0}), DEATH)),
    ('', 'an attempt is missing, the backend was away',
     both(drop('ledger', **END_B),
          add('ledger', *OUTAGE, {**AGAIN_B, 't': 46.0, 'attempt': 3}))),

    ('P5', 'a message behind $disconnect',
     add('ledger', call(30.2, 'MESSAGE', 'A', 'r9', 11, n=3))),
    ('P5', 'messages change places',
     change('ledger', {'request': 'r6'}, n=1)),
    ('P5', 'a message before $connect',
     change('ledger', {'request': 'r5'}, t=1.0)),
    ('', 'what a killed worker sent is read late',
     add('ledger', call(40.4, 'MESSAGE', 'B', 'r9', 12, n=1))),
    ('P5', 'it is read too late',
     add('ledger', call(47.0, 'MESSAGE', 'B', 'r9', 12, n=1))),

    ('P6', 'a slot is owed', change('faults', {'what': 'zone'}, owed=1)),
    ('P6', 'a slot is open', change('faults', {'what': 'zone'}, open=2)),
    ('P6', 'a record is torn',
     change('faults', {'what': 'zone'}, faults=['slot 1: a circle'])),
    ('P6', 'nobody looked', drop('faults', what='zone')),

    ('end', 'a drop without a kill',
     both(drop('faults', what='kill'), drop('pushes', id='B'))),
    ('end', 'a drop by the death of another worker',
     change('ledger', {'request': 'r2'}, worker=11)),
    ('end', 'a Close of the server that nobody asked for',
     change('truth', {'what': 'end', 'token': 'b'}, how='close', code=1001)),
    ('end', 'a refusal of the server that nobody asked for',
     both(change('ledger', {'id': 'D'}, answer=200),
          add('ledger', call(1.3, 'DISCONNECT', 'D', 'r9', 11)))),
    ('', 'a Close because of a reload',
     both(change('truth', {'what': 'end', 'token': 'b'}, how='close',
                 code=1001),
          add('faults', {'t': 39.0, 'what': 'leave'}))),

    ('push', 'a 410 for an open connection',
     add('pushes', push(9, 'C', 5.0, 5.01, 410))),
    ('push', 'a 410 before the client ends it',
     change('pushes', {'n': 2}, t0=29.9, t1=29.99)),
    ('push', 'a 503 though its worker is well',
     add('pushes', push(9, 'C', 5.0, 10.0, 503))),
    ('push', 'a 503 long after the end',
     add('pushes', push(9, 'A', 39.0, 39.1, 503))),
    ('push', 'a 200 long after the end',
     add('pushes', push(9, 'A', 39.0, 39.1, 200))),
    ('push', 'a 200 for what never came',
     add('pushes', push(9, 'C', 5.0, 5.01, 200))),
    ('push', 'a 200 that took its time',
     change('pushes', {'n': 1}, t0=0.5)),
    ('push', 'another answer', add('pushes', push(9, 'C', 5.0, 5.01, 500))),
    ('push', 'an unknown id', add('pushes', push(9, 'F', 5.0, 5.01, 410))),
    ('', 'a 503 while the worker is stopped',
     both(add('faults', STOP),
          add('pushes', push(9, 'C', 21.0, 26.0, 503)))),

    ('', 'a 503 while nobody can know',
     both(APART,
          add('pushes', push(9, 'C', 5.0, 5.01, 503)))),
    ('push', 'even then no 410',
     both(APART,
          add('pushes', push(9, 'C', 5.0, 5.01, 410)))),

    ('log', 'an alert', add('faults', {'t': 50.0, 'what': 'alarm',
                                       'text': '[alert] oh'})),
]


def judge(doctor):
    story = copy.deepcopy(STORY)
    doctor(story)

    with tempfile.TemporaryDirectory() as directory:
        for name, events in story.items():
            events.sort(key=lambda event: event['t'])
            text = ''.join(json.dumps(event) + '\n' for event in events)
            (Path(directory) / f'{name}.log').write_text(text)

        return Verdict(History(directory).read())


def main():
    failed = 0

    for number, (name, title, doctor) in enumerate(CASES, 1):
        found = {key: texts for key, texts
                 in judge(doctor).violations.items() if texts}
        right = set(found) == ({name} if name else set())
        failed += not right

        print(f'{"" if right else "not "}ok {number} - '
              f'{name or "all right"}: {title}')

        if not right:
            print(f'# {found}')

    print(f'1..{len(CASES)}')

    return 1 if failed else 0


sys.exit(main())
