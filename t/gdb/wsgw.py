"""What a worker holds, for gdb:

    gdb -p PID -x t/gdb/wsgw.py
    (gdb) wsgw worker
    (gdb) wsgw connection ID        or its slot, or an expression, as wc
    (gdb) wsgw slot ID              or its number
    (gdb) wsgw letter               all that are out
    (gdb) wsgw letter CHUNK         that one

A zone's name may follow; without it the id's zone is meant, or the first.
Nothing is called in the worker, so a core file will do, if the zone is in it.
"""

import base64
import re

import gdb

# zone/layout.h and zone/letter.h have these as macros, which gdb does not see

SLOT_STATES = 'FREE', 'CONNECTING', 'OPEN', 'OWED'
LETTER_STATES = 'UNUSED', 'POSTED', 'TAKEN', 'DONE', 'CANCELLED'
NUMBER = 0x7fffff
SLOT_SIZE = 64
CHUNK_SIZE = 256

MANY = 1000         # of a list that is broken, or of what anybody reads


def pointer(address, type_name):
    return gdb.Value(int(address)).cast(
        gdb.lookup_type(type_name).pointer())


def symbol(name, type_name):
    """A variable of nginx, which Debian's has no types for."""
    return pointer(gdb.parse_and_eval('(long) &' + name),
                   type_name).dereference()


def memory(address, words):
    return gdb.selected_inferior().read_memory(int(address), 8 * int(words)) \
              .cast('Q')


def text(s):
    return s['data'].string('utf-8', 'replace', int(s['len']))


def zones():
    cycle = symbol('ngx_cycle', 'ngx_uint_t')
    http = symbol('ngx_http_module', 'ngx_module_t')
    module = symbol('ngx_http_wsgw_module', 'ngx_module_t')

    contexts = pointer(cycle, 'ngx_cycle_t')['conf_ctx'][http['index']]
    main = pointer(contexts, 'ngx_http_conf_ctx_t')['main_conf']
    conf = pointer(main[module['ctx_index']], 'ngx_http_wsgw_main_conf_t')
    elts = pointer(conf['zones']['elts'], 'uintptr_t')

    return [pointer(elts[i], 'ngx_http_wsgw_zone_t')
            for i in range(int(conf['zones']['nelts']))]


def find_zone(name=None, number=None):
    for zone in zones():
        if (name or text(zone['name'])) == text(zone['name']) \
                and (number is None or number == zone['number']):
            return zone

    raise gdb.GdbError('no such zone')


def place(argument, name):
    """The zone and the slot of an id or a number."""
    if re.fullmatch('[A-Za-z0-9_-]{15}=', argument):
        bits = int.from_bytes(base64.urlsafe_b64decode(argument), 'big')
        return find_zone(name, bits >> 64 & NUMBER), bits >> 42 & 0x3fffff

    return find_zone(name), int(gdb.parse_and_eval(argument))


def element(zone, which, index, size, type_name):
    table = pointer(zone['base'], 'ngx_http_wsgw_header_t')[which]

    if index >= int(table['stripes']) << int(table['shift']):
        raise gdb.GdbError(f'the zone has no {index} of its {which}')

    return pointer(zone['base'] + table['elements'] + index * size, type_name)


def worker_slot(zone, index):
    header = pointer(zone['base'], 'ngx_http_wsgw_header_t')

    return pointer(zone['base'] + header['workers']
                   + index * header['worker_size'],
                   'ngx_http_wsgw_worker_slot_t')


def owner(word):
    return f'worker slot {(int(word) >> 32) - 1} epoch {word & 0xffffffff}' \
        if word else 'nobody'


def queue(head, type_name, link):
    offset = next(field.bitpos // 8
                  for field in gdb.lookup_type(type_name).fields()
                  if field.name == link)
    q = head['next']

    for _ in range(MANY):
        if q in (0, head.address):
            return

        yield pointer(int(q) - offset, type_name)
        q = q['next']


def members(value, without=()):
    """A struct, a member a line; what follows it in memory is left out."""
    for field in value.type.strip_typedefs().fields():
        if field.name not in without:
            print(f'    {field.name:16} {value[field.name]}')


def worker():
    members(gdb.parse_and_eval('ngx_http_wsgw_worker'))

    for zone in zones():
        print(f'zone "{text(zone["name"])}" number {int(zone["number"]):06x}')

        process = zone['process']

        if not process:
            print('    not attached')
            continue

        own = worker_slot(zone, process['self']['index'])
        local = [i for i, wc in enumerate(memory(zone['local'],
                                                 zone['slots'])) if wc]

        print(f'    worker slot {process["self"]["index"]}'
              f' epoch {process["self"]["epoch"]}'
              f' generation {own["generation"]}')
        print(f'    mailbox {own["mailbox"]} drains {own["drains"]}'
              f' letters out {len(list(letters(process)))}'
              f' owed {process["nowed"]}')
        print(f'    connections {len(local)}, in slots {local[:MANY]}')


def connection(argument, name=None):
    if re.fullmatch(r'\d+|[\w-]{15}=', argument):
        zone, slot = place(argument, name)

        if slot >= zone['slots'] or not zone['local'][slot]:
            raise gdb.GdbError('this worker has no such connection')

        wc = zone['local'][slot]
    else:
        wc = gdb.parse_and_eval(argument)

    print(f'connection {int(wc):#x} in slot {wc["slot"]}')
    print('    is', ('connecting', 'open', 'closing', 'closed')[wc['state']])
    members(wc.dereference(), without=('data', 'text_end'))

    if wc['rare']:
        print('rare')
        members(wc['rare'].dereference())


def slot(argument, name=None):
    zone, index = place(argument, name)

    value = element(zone, 'slots', index, SLOT_SIZE, 'ngx_http_wsgw_slot_t')
    word = int(value['word'])

    print(f'slot {index} {SLOT_STATES[word & 3]} attempt {word >> 3 & 0x1fff}'
          f' code {word >> 16 & 0xffff} sequence {word >> 32}'
          f' of {owner(value["owner"])}')
    members(value.dereference())


def letters(process):
    return queue(process['sent'], 'ngx_http_wsgw_letter_t', 'queue')


def letter(chunk=None, name=None):
    zone = find_zone(name)

    if chunk is None and not zone['process']:
        raise gdb.GdbError('not attached')

    for index in [int(out['chunk']) for out in letters(zone['process'])] \
            if chunk is None else [int(chunk)]:

        head = element(zone, 'letters', index, CHUNK_SIZE,
                       'ngx_http_wsgw_letter_head_t')
        word = int(head['word'])
        state = dict(enumerate(LETTER_STATES)).get(word & 0xff, 'NO LETTER')

        print(f'letter {index} {state}'
              f' status {word >> 8} from {owner(head["from"])}'
              f' to {owner(head["to"])}')
        members(head.dereference(), without=('data', 'spare'))


class Wsgw(gdb.Command):
    __doc__ = __doc__

    COMMANDS = {'worker': worker, 'connection': connection, 'slot': slot,
                'letter': letter}

    def __init__(self):
        super().__init__('wsgw', gdb.COMMAND_DATA)

    def invoke(self, line, from_tty):
        what, *arguments = gdb.string_to_argv(line) or ['']

        if what not in self.COMMANDS:
            raise gdb.GdbError(self.__doc__)

        try:
            self.COMMANDS[what](*arguments)
        except (TypeError, gdb.error) as e:
            raise gdb.GdbError(str(e)) from e


Wsgw()
