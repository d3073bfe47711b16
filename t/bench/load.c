/*
 * load: work for a server, in one process.  It prints a line of JSON.
 *
 *     load MODE NAME=VALUE ...
 *
 *     message   each connection sends messages that are to come back as they
 *               were: by WebSocket, or with by=http as POSTs
 *     push      POSTs, each of which one socket has to get as a frame
 *     fanout    POSTs, each of which all sockets have to get
 *     churn     handshake, Close, and again
 *     idle      connections that are left alone, and pinged "every" so often
 *
 *     port=8080 address=127.0.0.1 tls=1
 *     path=/ws            of the handshake or, by=http, of the POST; %u in that
 *                         of "message" and "push" is the connection's number
 *     push=/push/%s       of the POST; %s stands for X-Connection-Id, which the
 *                         handshake was answered with, or else that number
 *     ask=MESSAGE         ... or for what this message is answered with
 *     connections=32      that send: clients that post, with "push"
 *     sockets=32          that get pushes
 *     flight=1            messages under way on a connection
 *     size=100            of a message, 58 bytes at least
 *     seconds=1 warm=0.3  what is measured, and what goes before it
 *     drain=5             what is not answered so long after the end is lost
 *     count=0             of messages, instead of seconds
 *     rate=0              a second, whatever the answers do (open loop); 0:
 *                         each answer makes the next message (closed loop)
 *     from=1              addresses of ours, as each has 28,000 ports
 *     worker=same|other probe=/worker
 *                         push where X-Worker is, or is not, what GET "probe"
 *                         has as X-Worker
 *     hold=1 every=10 opening=64
 *                         "idle": wait for a line on stdin; between two pings;
 *                         handshakes at a time
 *     pids=1,2            whose CPU time is taken meanwhile
 *
 * The line has what was done, lost and wrong (anything that is not what had
 * to come next), seconds, CPU seconds of "pids", the rate, and times in us.
 * Losses and wrong content are the exit status, too.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "load.h"


typedef struct {
    const char  *name;
    void       (*run)(void);
} load_mode_t;


load_options_t  load_options = {
    .address = "127.0.0.1",
    .port = 8080,
    .path = "/ws",
    .push = "/push/%s",
    .pids = "",
    .connections = 32,
    .sockets = 32,
    .flight = 1,
    .opening = 64,
    .size = 100,
    .warm = 300000000,
    .time = 1000000000,
    .drain = 5000000000ull,
    .every = 10000000000ull,
};

static const load_mode_t  modes[] = {
    { "message", load_message },
    { "push", load_push },
    { "fanout", load_fanout },
    { "churn", load_churn },
    { "idle", load_idle },
    { NULL, NULL }
};


static double
number(const char *name, const char *value)
{
    char    *end;
    double   n;

    n = strtod(value, &end);

    if (end == value || *end || n < 0) {
        load_die("%s: \"%s\" is no number", name, value);
    }

    return n;
}


static void
set_option(const char *name, const char *value)
{
    load_options_t  *o;

    o = &load_options;

    const struct { const char *name; const char **to; } texts[] = {
        { "address", &o->address }, { "path", &o->path },
        { "push", &o->push }, { "ask", &o->ask }, { "probe", &o->probe },
        { "worker", &o->worker }, { "pids", &o->pids }, { "hold", &o->hold },
    };

    const struct { const char *name; uint32_t *to; } numbers[] = {
        { "connections", &o->connections }, { "sockets", &o->sockets },
        { "flight", &o->flight }, { "from", &o->from },
        { "opening", &o->opening },
    };

    const struct { const char *name; uint64_t *to; } times[] = {
        { "seconds", &o->time }, { "warm", &o->warm }, { "every", &o->every },
        { "drain", &o->drain },
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (strcmp(name, texts[i].name) == 0) {
            *texts[i].to = value;
            return;
        }
    }

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (strcmp(name, numbers[i].name) == 0) {
            *numbers[i].to = (uint32_t) number(name, value);
            return;
        }
    }

    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        if (strcmp(name, times[i].name) == 0) {
            *times[i].to = (uint64_t) (number(name, value) * 1e9);
            return;
        }
    }

    if (strcmp(name, "by") == 0) {
        o->by_http = strcmp(value, "http") == 0;

    } else if (strcmp(name, "port") == 0) {
        o->port = (int) number(name, value);

    } else if (strcmp(name, "tls") == 0) {
        o->tls = number(name, value) != 0;

    } else if (strcmp(name, "size") == 0) {
        o->size = (size_t) number(name, value);

    } else if (strcmp(name, "count") == 0) {
        o->count = (uint64_t) number(name, value);

    } else if (strcmp(name, "rate") == 0) {
        o->rate = number(name, value);

    } else {
        load_die("no option \"%s\"", name);
    }
}


static void
parse(int argc, char **argv)
{
    int    i;
    char  *value;

    for (i = 2; i < argc; i++) {
        value = strchr(argv[i], '=');

        if (value == NULL) {
            load_die("\"%s\" is not NAME=VALUE", argv[i]);
        }

        *value = '\0';
        set_option(argv[i], value + 1);
    }

    if (load_options.flight == 0 || load_options.connections == 0
        || load_options.sockets == 0 || load_options.opening == 0)
    {
        load_die("0 of them do nothing");
    }
}


int
main(int argc, char **argv)
{
    struct rlimit       limit;
    const load_mode_t  *mode;

    if (argc < 2) {
        load_die("MODE NAME=VALUE ...; load.c says what there is");
    }

    for (mode = modes; mode->name; mode++) {
        if (strcmp(mode->name, argv[1]) == 0) {
            break;
        }
    }

    if (mode->name == NULL) {
        load_die("no mode \"%s\"", argv[1]);
    }

    load_options.mode = mode->name;
    parse(argc, argv);

    signal(SIGPIPE, SIG_IGN);

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }

    load_net_init();
    load_text_init(load_options.size);
    mode->run();
    load_count_print();

    return load_lost || load_wrong;
}
