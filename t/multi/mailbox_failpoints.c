/*
 * A process dies at each failpoint of the mailbox: the others go on, no letter
 * goes wrong, nothing is left over.  For random letters see mailbox.c.
 */

#include "peers.h"

#include <sys/stat.h>
#include <sys/wait.h>


/* the target of the only letter is not woken, but for its own timer */

static void
not_woken(void)
{
    pid_t   pids[PEERS];
    double  until;

    peers_begin_directed(pids);
    kill(pids[0], SIGCONT);

    close(open(NGX_HTTP_WSGW_FAILPOINTS "/letter_pushed", O_CREAT|O_WRONLY,
               0600));
    __atomic_store_n(&shared->order[1], 1, __ATOMIC_RELAXED);
    waitpid(pids[1], NULL, 0);

    until = peers_now() + 2;

    while (*peers_handled(1, 0) == 0 && peers_now() < until) {
        usleep(1000);
    }

    stub_ok(peers_now() < until,
            "not woken: a letter is handled though its sender died before "
            "it could wake the target");

    shared->order[1] = 0;
    pids[1] = peers_spawn(1);
    peers_end(pids, "not woken");
}


/* starts those anew that have died by themselves */

static void
revive(pid_t *pids)
{
    int  i;

    for (i = 0; i < PEERS; i++) {
        if (waitpid(pids[i], NULL, WNOHANG) == pids[i]) {
            pids[i] = peers_spawn(i);
        }
    }
}


static void
failpoint(const char *name)
{
    int     i;
    char    path[256];
    pid_t   pids[PEERS];
    double  until;

    peers_begin(256 * 1024, 65536, 5000);
    snprintf(path, sizeof(path), NGX_HTTP_WSGW_FAILPOINTS "/%s", name);

    for (i = 0; i < PEERS; i++) {
        pids[i] = peers_spawn(i);
    }

    usleep(20000);
    close(open(path, O_CREAT|O_WRONLY, 0600));

    until = peers_now() + 10;

    while (access(path, F_OK) == 0 && peers_now() < until) {

        /* some are met only by those who come, or take over */

        i = (int) peers_random(PEERS * 20);

        if (i < PEERS) {
            kill(pids[i], SIGKILL);
            waitpid(pids[i], NULL, 0);
            pids[i] = peers_spawn(i);
        }

        usleep(1000);
    }

    stub_ok(access(path, F_OK) == -1, "%s: one dies there", name);

    unlink(path);
    usleep(100000);
    revive(pids);
    usleep(100000);
    shared->stop = 1;

    stub_ok(peers_idle(PEERS, 20), "%s: the others go on", name);

    peers_end(pids, name);
}


int
main(void)
{
    size_t  i;

    static const char *const  names[] = {
        "worker_locked", "worker_epoch", "stripe_claimed", "stripe_released",
        "stripe_reclaimed", "letter_written", "letter_pushed",
        "mailbox_taken", "letter_taken", "letter_handled", "letter_done"
    };

    mkdir(NGX_HTTP_WSGW_FAILPOINTS, 0700);

    stub_process();
    not_woken();

    stub_speed = 20;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        failpoint(names[i]);
    }

    rmdir(NGX_HTTP_WSGW_FAILPOINTS);

    return stub_done();
}
