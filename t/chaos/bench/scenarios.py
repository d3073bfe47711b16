"""What goes wrong in a run. A scenario takes its decisions from the seed."""

from bench.stage import Failure

DRAIN = 15              # seconds, as nginx.conf.in is filled in
PATIENT = 5             # seconds that a service manager waits for an exit


def none(stage):
    """nothing: clients come and go"""

    stage.hold(stage.options.seconds)


def kills(stage):
    """a: random workers are killed"""

    for _ in range(stage.options.kills):
        stage.pause(stage.options.every)
        stage.kill(stage.some_worker())


def takeover(stage):
    """c: so is whoever takes a dead worker's connections over"""

    for _ in range(stage.options.kills):
        victim = stage.wait(lambda: busy_worker(stage), 20,
                            'a worker has a connection')
        stage.kill(victim)
        heir = stage.wait(lambda: heir_of(stage.history, victim), 20,
                          f'somebody sweeps up behind {victim}')
        stage.kill(heir)
        stage.fill()


def busy_worker(stage):
    """One whose death somebody will notice: it holds a connection."""

    worker = stage.some_worker()

    return worker if any(c.worker == worker and c.opened and not c.end
                         for c in stage.history.connections) else None


def heir_of(history, victim):
    for c in history.by_id.values():
        if c.worker == victim:
            for call in c.DISCONNECT:
                if call['worker'] != victim:
                    return call['worker']

    return None


def outage(stage):
    """d: the backend is away while connections end and a worker dies"""

    stage.tell('ledgerd', 'off')
    stage.tell('swarm', f'close {stage.options.connections // 4}')
    stage.pause(1)
    stage.kill(stage.some_worker())
    stage.hold(stage.options.seconds)
    stage.note_owed()
    stage.tell('ledgerd', 'on')
    stage.fill()


def answers(stage):
    """the backend fails at $disconnect, in all the ways there are"""

    for fault in ('status:500', 'status:502', 'status:503', 'status:504',
                  'status:429', 'hang', 'reset', 'close', 'half', 'garbage',
                  'delay:1', 'delay:1,reset'):
        stage.rule(fault, event='DISCONNECT', share=0.1)

    stage.hold(stage.options.seconds)
    stage.tell('ledgerd', 'clear')


def reload_kills(stage):
    """e: a worker, of any age, dies within 100 ms of a reload"""

    for _ in range(stage.options.kills):
        stage.pause(stage.options.every)
        faults = [lambda: stage.leave('HUP'),
                  lambda: stage.kill(stage.some_worker())]
        stage.random.shuffle(faults)
        faults[0]()
        stage.pause(0.066 * stage.random.random())
        faults[1]()

    drained(stage)


def all_workers(stage):
    """f: all workers die at once"""

    for _ in range(stage.options.kills):
        stage.kill(*stage.workers())
        stage.fill()
        stage.pause(stage.options.every)


def master(stage):
    """g: so does the master, and nginx is started again; needs --state"""

    for _ in range(stage.options.kills):
        with stage.away():
            stage.kill(*stage.nginx.masters())
            stage.pause(0.5)
            stage.kill(*stage.nginx.workers())
            start_again(stage)

        stage.fill()
        stage.pause(stage.options.every)


def restart(stage):
    """a quit takes too long: all are killed and nginx is started; --state"""

    stage.rule('status:503', event='DISCONNECT', share=0.5)

    for _ in range(stage.options.kills):
        with stage.away():
            stage.leave('QUIT')
            stage.hold(PATIENT)
            stage.kill(*stage.nginx.processes())
            start_again(stage)

        stage.fill()
        stage.pause(stage.options.every)

    stage.tell('ledgerd', 'clear')


def start_again(stage):
    if not stage.options.state:
        raise Failure('nothing outlives the master without --state')

    stage.wait(lambda: not stage.nginx.processes() and not stage.history.open,
               20, 'all are dead, and all clients know')
    stage.note_owed()
    stage.start_nginx()


def mute(stage):
    """workers die between a letter and its wake-up; needs failpoints"""

    for _ in range(stage.options.kills):
        stage.pause(stage.options.every)

        with stage.failpoint('letter_pushed') as died:
            stage.wait(died, 20, 'a worker posts a letter')


def stopped(stage):
    """a worker is stopped for a while"""

    pid = stage.some_worker()
    stage.stop(pid)
    stage.hold(stage.options.seconds)
    stage.resume(pid)
    stage.fill()


def reloads(stage):
    """reloads come every so many seconds"""

    peak = [0, 0]

    for _ in range(max(1, int(stage.options.seconds / stage.options.every))):
        stage.leave('HUP')
        stage.pause(stage.options.every)
        peak = [max(pair) for pair in zip(peak, stage.measure())]

    stage.note('peak', f'{peak[0]} workers with {peak[1] >> 20} MB')
    drained(stage)


def resize(stage):
    """the zone's size changes at a reload"""

    for size in ('32m', '16m'):
        with stage.strangers():
            stage.nginx.configure(zone_size=size)
            stage.leave('HUP')
            stage.pause(stage.options.seconds / 2)
            drained(stage)


def upgrade(stage):
    """USR2, WINCH, and QUIT of the old master or a roll-back to it"""

    for back in (True, False):
        with stage.strangers():
            upgrade_binary(stage, back)
            drained(stage)


def upgrade_binary(stage, back):
    old = stage.nginx.master
    stage.nginx.signal('USR2')
    stage.wait(lambda: len(stage.nginx.masters()) == 2
               and stage.nginx.read_pid() not in (None, old), 20,
               'there is a new master')
    new = stage.nginx.read_pid()
    stage.pause(stage.options.seconds / 4)
    stage.leave('WINCH', old)
    stage.pause(stage.options.seconds / 4)

    if back:
        stage.leave('HUP', old)
        stage.pause(1)

    gone, left = (new, old) if back else (old, new)
    stage.leave('QUIT', gone)
    stage.wait(lambda: gone not in stage.nginx.masters()
               and stage.nginx.read_pid() == left, 3 * DRAIN,
               'the other master is gone, and the one that is left knows')
    stage.nginx.master = left


def drained(stage):
    """Waits until nobody holds connections that he wants to be rid of."""

    stage.wait(lambda: not stage.nginx.workers(exiting=True), 3 * DRAIN,
               'exiting workers have gone')
    stage.fill()


SCENARIOS = {
    'none': none, 'a': kills, 'c': takeover, 'd': outage, 'e': reload_kills,
    'f': all_workers, 'g': master, 'restart': restart, 'mute': mute,
    'answers': answers, 'stop': stopped, 'reload': reloads,
    'resize': resize, 'upgrade': upgrade,
}
