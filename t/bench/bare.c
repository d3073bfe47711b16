/*
 * bare: the least that a server can do, as a floor beside which others are
 * measured, and a backend that takes little of what it is measured with.
 *
 *     bare WHERE [BACKEND]     WHERE is a port of 127.0.0.1 or a path
 *
 *     GET with Upgrade         101, X-Connection-Id is a number
 *     POST .../@connections/N  the body to that connection as a text frame, 200
 *     POST ...?all             the same to all that were upgraded
 *     POST                     200, and the body again
 *     GET                      200, nothing
 *     a message                the message again or, with BACKEND, what the
 *                              backend there answers to a POST of it
 *     Ping, Close              Pong; Close and the end
 *
 * It is one process with one epoll and the socket calls that nginx makes for
 * the same: a message by a backend is recv(), send(), recv(), send(); a push
 * is recv(), send(), send(); a connection that comes and goes is accept4(),
 * setsockopt(), epoll_ctl(), recv(), send(), recv(), send(), close().
 *
 * It does nothing else: no limits, no timers, no log, no routes, no
 * configuration, no second worker; heads are searched for what is needed and
 * believed.  A real server cannot reach it: what one is below it is what all of
 * these cost.
 */

#define _GNU_SOURCE

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>

#include <openssl/sha.h>

#include "load.h"


typedef struct peer_s  peer_t;

struct peer_s {
    load_conn_t  conn;
    peer_t      *other;       /* the client's upstream; an upstream's client */
};


load_options_t  load_options = { .address = "127.0.0.1" };

static peer_t   **peers;      /* by number */
static uint32_t  *unused;     /* numbers */
static uint32_t   unused_count;
static uint32_t   room;


static void
answer(load_conn_t *c, const char *body, size_t size)
{
    char    text[512], *p;
    size_t  n;

    p = text;
    n = (size_t) sprintf(text, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
                         size);

    if (n + size > sizeof(text)) {
        p = load_alloc(n + size);
        memcpy(p, text, n);
    }

    memcpy(p + n, body, size);
    load_net_send(c, p, n + size);

    if (p != text) {
        free(p);
    }
}


/* the payload has room for the head before it */

static void
send_frame(load_conn_t *c, unsigned opcode, char *payload, size_t size)
{
    int      i;
    size_t   n;
    char    *p;

    n = size < 126 ? 2 : size < 65536 ? 4 : 10;
    p = payload - n;
    p[0] = (char) (0x80 | opcode);
    p[1] = (char) (n == 2 ? size : n == 4 ? 126 : 127);

    for (i = 0; i < (int) n - 2; i++) {
        p[n - 1 - (size_t) i] = (char) ((uint64_t) size >> 8 * i);
    }

    load_net_send(c, p, n + size);
}


static size_t
read_upstream(load_conn_t *c, char *data, size_t size)
{
    size_t           n;
    load_response_t  r;

    n = load_wire_response(data, size, &r);

    if (n) {
        send_frame(&((peer_t *) c)->other->conn, LOAD_TEXT, (char *) r.body,
                   r.body_size);
    }

    return n;
}


static void
upstream_opened(load_conn_t *c)
{
    (void) c;
}


static void
upstream_ended(load_conn_t *c)
{
    (void) c;
    load_die("the backend has gone");
}


/* a client keeps its upstream connection: what it sends stays in order */

static void
forward(peer_t *client, const char *payload, size_t size)
{
    char    text[1024], *p;
    size_t  n;
    peer_t *up;

    up = client->other;

    if (up == NULL) {
        up = load_alloc(sizeof(peer_t));
        up->other = client;
        up->conn.on_open = upstream_opened;
        up->conn.on_data = read_upstream;
        up->conn.on_end = upstream_ended;
        client->other = up;
        load_net_open(&up->conn);
    }

    n = load_wire_post(text, sizeof(text), "/", size);
    p = n + size > sizeof(text) ? memcpy(load_alloc(n + size), text, n) : text;

    memcpy(p + n, payload, size);
    load_net_send(&up->conn, p, n + size);

    if (p != text) {
        free(p);
    }
}


static void
unmask(char *p, size_t size, const char *mask)
{
    size_t    i;
    uint64_t  key, word;

    memcpy(&key, mask, 4);
    memcpy((char *) &key + 4, mask, 4);

    for (i = 0; i + 8 <= size; i += 8) {
        memcpy(&word, p + i, 8);
        word ^= key;
        memcpy(p + i, &word, 8);
    }

    for ( /* void */ ; i < size; i++) {
        p[i] ^= mask[i % 4];
    }
}


static size_t
read_frame(load_conn_t *c, char *data, size_t size)
{
    int             i, more;
    char           *payload;
    size_t          length;
    unsigned char  *p;

    p = (unsigned char *) data;

    if (size < 6) {
        return 0;
    }

    length = p[1] & 0x7f;
    more = length == 126 ? 2 : length == 127 ? 8 : 0;

    if (size < 6 + (size_t) more) {
        return 0;
    }

    for (i = 0; i < more; i++) {
        length = (i ? length << 8 : 0) | p[2 + i];
    }

    payload = data + 6 + more;

    if (size - 6 - (size_t) more < length) {
        return 0;
    }

    unmask(payload, length, payload - 4);

    switch (p[0] & 0x0f) {

    case LOAD_CLOSE:
        send_frame(c, LOAD_CLOSE, payload, length);
        c->ends = 1;
        break;

    case LOAD_PING:
        send_frame(c, LOAD_PONG, payload, length);
        break;

    default:
        if (load_options.port) {
            forward((peer_t *) c, payload, length);

        } else {
            send_frame(c, LOAD_TEXT, payload, length);
        }
    }

    return 6 + (size_t) more + length;
}


static void
upgrade(load_conn_t *c, const char *key)
{
    int            n;
    char           text[256], accept[32];
    unsigned char  hash[SHA_DIGEST_LENGTH];

    n = sprintf(text, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    SHA1((unsigned char *) text, (size_t) n, hash);
    EVP_EncodeBlock((unsigned char *) accept, hash, sizeof(hash));

    n = sprintf(text, "HTTP/1.1 101 Switching Protocols\r\n"
                      "Connection: upgrade\r\nUpgrade: websocket\r\n"
                      "Sec-WebSocket-Accept: %s\r\nX-Connection-Id: %u\r\n\r\n",
                accept, c->index);

    c->on_data = read_frame;
    load_net_send(c, text, (size_t) n);
}


static void
send_all(char *payload, size_t size)
{
    uint32_t  i;

    for (i = 0; i < room; i++) {
        if (peers[i] && peers[i]->conn.on_data == read_frame) {
            send_frame(&peers[i]->conn, LOAD_TEXT, payload, size);
        }
    }
}


static size_t
read_request(load_conn_t *c, char *data, size_t size)
{
    char      *p, *body;
    size_t     length;
    uint32_t   to;

    p = memmem(data, size, "\r\n\r\n", 4);

    if (p == NULL) {
        return 0;
    }

    body = p + 4;
    *p = '\0';

    if (data[0] == 'G') {
        p = strcasestr(data, "Sec-WebSocket-Key: ");

        if (p) {
            upgrade(c, p + 19);

        } else {
            answer(c, "", 0);
        }

        return (size_t) (body - data);
    }

    p = strcasestr(data, "Content-Length: ");
    length = p ? strtoul(p + 16, NULL, 10) : 0;

    if (size - (size_t) (body - data) < length) {
        memcpy(body - 4, "\r\n\r\n", 4);
        return 0;
    }

    if (strstr(data, "?all ")) {
        send_all(body, length);
        answer(c, "", 0);
        return (size_t) (body - data) + length;
    }

    p = strstr(data, "/@connections/");
    to = p ? (uint32_t) strtoul(p + 14, NULL, 10) : 0;

    if (p == NULL) {
        answer(c, body, length);

    } else if (to < room && peers[to]) {
        send_frame(&peers[to]->conn, LOAD_TEXT, body, length);
        answer(c, "", 0);

    } else {
        load_die("a push to %u, which is not here", to);
    }

    return (size_t) (body - data) + length;
}


static void
ended(load_conn_t *c)
{
    peer_t  *peer;

    peer = (peer_t *) c;
    unused[unused_count++] = c->index;
    peers[c->index] = NULL;

    if (peer->other) {
        load_net_close(&peer->other->conn);
        free(peer->other);
    }

    free(peer);
}


static void
more_room(void)
{
    uint32_t  i, old;

    old = room;
    room = room ? 2 * room : 1024;
    peers = realloc(peers, room * sizeof(peer_t *));
    unused = realloc(unused, room * sizeof(uint32_t));

    for (i = room; i > old; i--) {
        peers[i - 1] = NULL;
        unused[unused_count++] = i - 1;
    }
}


static void
accepted(int fd)
{
    peer_t  *peer;

    if (unused_count == 0) {
        more_room();
    }

    peer = load_alloc(sizeof(peer_t));
    peer->conn.index = unused[--unused_count];
    peer->conn.on_data = read_request;
    peer->conn.on_end = ended;
    peers[peer->conn.index] = peer;

    load_net_accepted(&peer->conn, fd);
}


int
main(int argc, char **argv)
{
    struct rlimit  limit;

    if (argc < 2) {
        load_die("bare WHERE [BACKEND]");
    }

    load_options.port = argc > 2 ? atoi(argv[2]) : 0;
    signal(SIGPIPE, SIG_IGN);

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }

    load_net_init();
    load_net_listen(argv[1], accepted);

    for ( ;; ) {
        load_net_turn(1000000000);
    }
}
