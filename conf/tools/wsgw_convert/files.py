"""What is written, and that it is written nowhere but in DIR."""

import os
import tempfile

from .model import Usage
from .source import clean

MARK = '# Made by wsgw-convert'


def prepare(folder):
    """DIR, made if it is not there; what somebody else wrote is left alone."""

    try:
        os.makedirs(folder, exist_ok=True)
        conf = os.path.join(folder, 'nginx.conf')

        if os.path.lexists(conf):
            with open(conf, encoding='utf-8', errors='replace') as file:
                if not file.readline().startswith(MARK):
                    raise Usage(f'{clean(conf)} is not by wsgw-convert; say '
                                'another DIR')
    except OSError as error:
        raise Usage(f'{clean(folder)}: {error.strerror}') from None

    return os.path.realpath(folder)


def write(folder, name, text, mode=0o644):
    """A file of a fixed name, replaced at once: a link there is not followed,
    and nobody reads half of it."""

    target = os.path.join(folder, name)
    parent = os.path.dirname(target)

    if os.path.islink(parent):
        raise Usage(f'{clean(parent)} is a link; remove it')

    try:
        os.makedirs(parent, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=parent)

        with open(handle, 'w', encoding='utf-8') as file:
            file.write(text)
            os.fchmod(handle, mode)

        os.replace(temporary, target)
    except OSError as error:
        raise Usage(f'{clean(target)}: {error.strerror}') from None
