"""Words of an input as words of nginx.conf, or a refusal."""

import re

PLAIN = re.compile(r'[A-Za-z0-9_.:/@+=*$-]+\Z')
NAME = re.compile(r'[A-Za-z0-9_-]{1,128}\Z')
FUNCTION = re.compile(r'[A-Za-z0-9_-]{1,170}\Z')


class Unquotable(Exception):
    pass


def word(value):
    """A parameter of a directive that has no variables."""

    value = str(value)

    for char in value:
        if ord(char) < 0x20 or ord(char) == 0x7f:
            raise Unquotable(f'has the control character U+{ord(char):04X}')

        if 0xd800 <= ord(char) < 0xe000:
            raise Unquotable('has half of a surrogate pair')

    # a comment begins at "#" in front of a word, and "$" is the parser's
    # concern where "{" follows it

    if PLAIN.match(value):
        return value

    return '"' + value.replace('\\', '\\\\').replace('"', '\\"') + '"'


def constant(value):
    """A parameter in which nginx looks for variables, and is to find none."""

    if '$' in str(value):
        raise Unquotable('has a "$", which nginx cannot write as it is')

    return word(value)


def slug(value, default):
    """A name made of a name, for zones and locations."""

    made = re.sub(r'[^A-Za-z0-9]+', '-', str(value)).strip('-')[:40].strip('-')

    return made or default
