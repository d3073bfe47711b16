/*
 * Letters between processes that post to each other at random: none is
 * handled twice, none is OK that was not handled, letters of one
 * sender arrive in order, and no memory is lost; also while processes are
 * killed at random, or do not run for a while.
 */

#include "peers.h"

#include <sys/wait.h>


static void
busy(uint32_t letters)
{
    int     i;
    double  start;
    pid_t   pids[PEERS];

    peers_begin(1024 * 1024, letters / PEERS, 20000);
    start = peers_now();

    for (i = 0; i < PEERS; i++) {
        pids[i] = peers_spawn(i);
    }

    stub_ok(peers_idle(PEERS, 300) && shared->posted >= letters - PEERS,
            "busy: all letters are answered");
    printf("# %.1f s\n", peers_now() - start);

    stub_ok(shared->outcomes[WSGW_OUTCOME_GONE] == 0,
            "busy: nobody is taken for dead");

    peers_end(pids, "busy");
}


/* letters that take most of their memory, and the share of one target */

static void
crowded(void)
{
    int    i;
    pid_t  pids[PEERS];

    peers_begin(256 * 1024, 4000, 52000);

    for (i = 0; i < PEERS; i++) {
        pids[i] = peers_spawn(i);
    }

    stub_ok(peers_idle(PEERS, 60), "crowded: all letters are answered");
    stub_ok(shared->refused > 0, "crowded: some had to be refused");

    peers_end(pids, "crowded");
}


static void
killed(double seconds)
{
    int       i, n;
    double    until;
    pid_t     pids[PEERS];

    peers_begin(1024 * 1024, 65536, 5000);
    until = peers_now() + seconds;
    n = 0;

    for (i = 0; i < PEERS; i++) {
        pids[i] = peers_spawn(i);
    }

    while (peers_now() < until && !shared->errors) {
        usleep(peers_random(20000));

        i = (int) peers_random(PEERS);
        kill(pids[i], SIGKILL);
        waitpid(pids[i], NULL, 0);
        pids[i] = peers_spawn(i);
        n++;
    }

    shared->stop = 1;

    stub_ok(peers_idle(PEERS, 20), "killed: after %d kills all is quiet", n);

    peers_end(pids, "killed");
}


static void
dead_target(void)
{
    pid_t   pids[PEERS];
    double  until;

    peers_begin_directed(pids);
    peers_order();

    kill(pids[0], SIGKILL);
    waitpid(pids[0], NULL, 0);
    until = peers_now() + 5;

    while (shared->outcomes[WSGW_OUTCOME_GONE]
           + shared->outcomes[WSGW_OUTCOME_UNKNOWN]
           == 0
           && peers_now() < until)
    {
        usleep(1000);
    }

    stub_ok(shared->outcomes[WSGW_OUTCOME_GONE] == 1,
            "dead target: the sender learns of it before it gives up");

    pids[0] = peers_spawn(0);
    peers_end(pids, "dead target");
}


static void
dead_sender(void)
{
    pid_t  pids[PEERS];

    peers_begin_directed(pids);
    peers_order();

    kill(pids[1], SIGKILL);
    waitpid(pids[1], NULL, 0);
    pids[1] = peers_spawn(1);

    usleep(3000000);

    stub_ok(peers_dead() == 1,
            "dead sender: its memory stays while a target has its letter");

    kill(pids[0], SIGCONT);
    peers_end(pids, "dead sender");
}


/* a target that does not run: the outcome is unknown in time, and nothing is
   done after that */

static void
stopped(void)
{
    int       i;
    double    start;
    pid_t     pids[PEERS];
    uint64_t  before;

    peers_begin(1024 * 1024, 65536, 5000);

    for (i = 0; i < PEERS; i++) {
        pids[i] = peers_spawn(i);
    }

    usleep(100000);
    kill(pids[0], SIGSTOP);
    start = peers_now();
    before = shared->outcomes[WSGW_OUTCOME_UNKNOWN];

    while (shared->outcomes[WSGW_OUTCOME_UNKNOWN] == before
           && peers_now() < start + 20)
    {
        usleep(1000);
    }

    stub_ok(shared->outcomes[WSGW_OUTCOME_UNKNOWN] > before,
            "stopped: a letter to it is given up in time");

    shared->stop = 1;

    stub_ok(peers_idle(PEERS - 1, 1) == 0,
            "stopped: its letters' memory is not given away");

    kill(pids[0], SIGCONT);

    stub_ok(peers_idle(PEERS, 20), "stopped: when it runs again all is quiet");
    stub_ok(shared->late <= 1,
            "stopped: but for one that it had in hand, it handles none of "
            "those");

    peers_end(pids, "stopped");
}


int
main(void)
{
    const char  *letters;

    letters = getenv("WSGW_LETTERS");

    stub_process();
    stub_speed = 20;

    busy(letters ? (uint32_t) atoi(letters) : 200000);
    crowded();
    killed(5);
    stopped();
    dead_target();
    dead_sender();

    return stub_done();
}
