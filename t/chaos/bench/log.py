"""Logs: a line of JSON for each event. Times are CLOCK_MONOTONIC's, which all
processes of a machine share."""

import json
import os
from time import monotonic as now

encode = json.JSONEncoder(separators=(',', ':')).encode


def line(what, **rest):
    event = {'t': round(now(), 6), 'what': what, **rest}

    return encode(event).encode() + b'\n'


class Log:
    """Appends; each event is one write, so a killed writer tears none."""

    def __init__(self, path):
        self.fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def write(self, what, **rest):
        os.write(self.fd, line(what, **rest))


class Tail:
    """Follows a log that another process writes."""

    def __init__(self, path):
        self.path = path
        self.file = None
        self.rest = b''

    def read(self):
        """What has been added since the last time."""

        if self.file is None:
            if not os.path.exists(self.path):
                return []
            self.file = open(self.path, 'rb')

        lines = (self.rest + self.file.read()).split(b'\n')
        self.rest = lines.pop()

        return [json.loads(text) for text in lines]
