"""Reads zones out of the processes that have them mapped: what stands in
src/zone/layout.h, layout 7."""

import re
import struct
from pathlib import Path

MAGIC = int.from_bytes(b'wsgwzone', 'little')
LAYOUT = 8
STATES = ('free', 'connecting', 'open', 'owed')

#                       magic layout nworkers size workers worker_size
HEADER = struct.Struct('=Q    I      I        Q    Q       Q'
                       '  QQII QQII QQII'    # tables: slots letters records
                       '  Q Q'        # tallies ntallies
                       '  Q Q Q Q'    # names nnames rows nrows
                       '  Q I I'      # bits bits_size nbits
                       '  I I I I')   # number successor generation attached
SLOT = struct.Struct('=QQQQQQIHHQ')
RECORD = struct.Struct('=IIIHH')
CHUNK = 256


class Zone:

    def __init__(self, data):
        fields = HEADER.unpack_from(data)

        if fields[1] != LAYOUT:
            raise ValueError(f'a zone of layout {fields[1]}, not {LAYOUT}')

        self.data = data
        self.slots = Table(*fields[6:10])
        self.records = Table(*fields[14:18])

    def states(self):
        """How many slots are in each state but free."""

        start, size = self.slots.elements, self.slots.number * SLOT.size
        words = memoryview(self.data)[start:start + size].cast('Q')
        counts = dict.fromkeys(STATES[1:], 0)

        for word in words[::SLOT.size // 8]:
            if word & 7:
                counts[STATES[word & 7]] += 1

        return counts

    def faults(self):
        """What is wrong in a zone that nobody changes right now."""

        for number in range(self.slots.number):
            slot = SLOT.unpack_from(
                self.data, self.slots.elements + number * SLOT.size)
            word, owner, record = slot[0], slot[2], slot[6]

            if word & 7 == 0:
                continue

            if owner == 0:
                yield f'slot {number} has no owner'

            yield from self.chain(number, word >> 32, record)

    def chain(self, number, sequence, record):
        """The chunks of a slot's record carry its number and sequence."""

        for _ in range(self.records.number):
            if record == 0:
                return

            if record > self.records.number:
                yield f'slot {number}: record chunk {record} does not exist'
                return

            link, slot, mark, _, _ = RECORD.unpack_from(
                self.data, self.records.elements + (record - 1) * CHUNK)

            if (slot, mark) != (number + 1, sequence):
                yield f'slot {number}: record chunk {record} is not its own'
                return

            record = link

        yield f'slot {number}: its record chunks form a circle'


class Table:

    def __init__(self, owners, elements, stripes, shift):
        self.elements = elements
        self.number = stripes << shift


def find(pids):
    """The zones that these processes have mapped, each once."""

    zones = {}

    for pid in pids:
        try:
            for start, end, file in shared_mappings(pid):
                if file not in zones:
                    zones[file] = load(pid, start, end)

        except OSError:
            continue        # it has ended meanwhile

    return [zone for zone in zones.values() if zone]


def shared_mappings(pid):
    text = Path(f'/proc/{pid}/maps').read_text()

    for first, last, file in re.findall(
            r'^(\w+)-(\w+) rw-s \w+ (\w+:\w+ \d+)', text, re.M):
        yield int(first, 16), int(last, 16), file


def load(pid, start, end):
    """nginx's own first page stands before a zone in anonymous memory."""

    with open(f'/proc/{pid}/mem', 'rb', buffering=0) as memory:
        for skip in (0, 4096):
            if end - start < skip + 4096:
                break

            memory.seek(start + skip)

            if int.from_bytes(memory.read(8), 'little') == MAGIC:
                memory.seek(start + skip)
                return Zone(read_all(memory, end - start - skip))

    return None


def read_all(memory, size):
    data = bytearray()

    while len(data) < size:
        part = memory.read(size - len(data))
        if not part:
            raise EOFError('a zone ends early')
        data += part

    return bytes(data)
