"""Lines for the terminal: one for each event, in columns."""

import sys
import threading
import time

LOCK = threading.Lock()
COLORS = {'CONNECT': '32', 'DISCONNECT': '33', 'MESSAGE': '36', 'push': '35',
          'error': '31', 'wsgw-dev': '1'}


def paint(kind, text):
    if not sys.stdout.isatty() or kind not in COLORS:
        return text

    return f'\033[{COLORS[kind]}m{text}\033[0m'


def line(kind, text, wrong=False):
    now = time.strftime('%H:%M:%S')
    kind_shown = paint('error' if wrong else kind, f'{kind:<10}')

    shown = ''.join(char if char.isprintable() else ' '
                    for char in text[:1000])

    with LOCK:
        print(f'{now} {kind_shown} {shown}', flush=True)


def block(text):
    with LOCK:
        print(text, flush=True)


def wrong(text):
    line('error', text, True)


def event(entry):
    """A line of nginx's access log, as it is in gateway.LOG_FORMAT."""

    kind = entry['event']
    took = f'{float(entry["time"] or 0) * 1000:.0f} ms'
    error = f'  {entry["error"]}' if entry['error'] else ''

    if kind:
        status = entry['integration'] or entry['status']
        body = f'  {entry["body"][:120]}' if entry['body'] else ''

        if entry['code']:
            body = f'  code {entry["code"]} {entry["reason"]}'

        line(kind, f'{entry["route"]:<14} {entry["id"]:<16} {status} '
             f'{took:>6}{error}{body}', bool(error))

    elif entry['push']:
        line('push', f'{entry["method"]:<14} {entry["id"]:<16} '
             f'{entry["status"]} {took:>6}  {entry["push"]}',
             entry['status'] >= '400')

    elif entry['status'] != '101':
        # a refusal of a stage has its reason
        if entry['status'] == '403' and not error:
            error = '  there is no such stage'

        line('handshake', f'{entry["uri"].partition("?")[0]:<31} '
             f'{entry["status"]} {took:>6}{error}', True)
