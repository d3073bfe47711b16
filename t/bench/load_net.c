/*
 * load_net.c: sockets, with TLS or without, in one epoll.  Reads go to one
 * buffer; only what is left of a unit is kept with the connection, so that a
 * hundred thousand idle ones take little.
 */

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "load.h"


#define EVENTS  512
#define READ    (256 * 1024)


static int       poll_fd;
static char      buffer[READ];
static SSL_CTX  *tls;
static uint32_t  opened;

static load_conn_t     listening;
static load_accept_pt  accepted;


void
load_die(const char *format, ...)
{
    va_list  args;

    va_start(args, format);
    fputs("load: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);

    exit(2);
}


void *
load_alloc(size_t size)
{
    void  *p;

    p = calloc(1, size ? size : 1);

    if (p == NULL) {
        load_die("no memory");
    }

    return p;
}


uint64_t
load_net_now(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_MONOTONIC, &t);

    return (uint64_t) t.tv_sec * 1000000000 + (uint64_t) t.tv_nsec;
}


void
load_net_init(void)
{
    poll_fd = epoll_create1(EPOLL_CLOEXEC);

    /* a message is due to the microsecond, not to the usual 50 */

    prctl(PR_SET_TIMERSLACK, 1000);

    if (load_options.tls) {
        tls = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE
                              |SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
                              |SSL_MODE_RELEASE_BUFFERS);
    }
}


static void
poll_for(load_conn_t *c, int op, uint32_t events)
{
    struct epoll_event  ee = { .events = events, .data.ptr = c };

    if (epoll_ctl(poll_fd, op, c->fd, &ee) == -1) {
        load_die("epoll_ctl: %s", strerror(errno));
    }

    c->polls_out = (events & EPOLLOUT) != 0;
}


/* one of our addresses in turn: each has some 28,000 ports to one of theirs */

static void
bind_to_next(load_conn_t *c)
{
    int                 on;
    uint32_t            n;
    struct sockaddr_in  sin = { .sin_family = AF_INET };

    on = 1;
    n = opened++ % load_options.from;
    sin.sin_addr.s_addr = htonl(0x7f000101 + n / 250 * 256 + n % 250);

    setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(int));

    if (bind(c->fd, (struct sockaddr *) &sin, sizeof(sin)) == -1) {
        load_die("bind: %s", strerror(errno));
    }
}


void
load_net_open(load_conn_t *c)
{
    int                 on;
    struct sockaddr_in  sin = { .sin_family = AF_INET };

    on = 1;
    c->connected = 0;
    c->fd = socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);

    if (c->fd == -1) {
        load_die("socket: %s", strerror(errno));
    }

    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(int));

    if (load_options.from) {
        bind_to_next(c);
    }

    sin.sin_port = htons((uint16_t) load_options.port);

    if (inet_pton(AF_INET, load_options.address, &sin.sin_addr) != 1) {
        load_die("\"%s\" is no address", load_options.address);
    }

    if (connect(c->fd, (struct sockaddr *) &sin, sizeof(sin)) == -1
        && errno != EINPROGRESS)
    {
        load_die("connect: %s", strerror(errno));
    }

    if (tls) {
        c->ssl = SSL_new(tls);
        SSL_set_fd(c->ssl, c->fd);
        SSL_set_connect_state(c->ssl);
    }

    poll_for(c, EPOLL_CTL_ADD, EPOLLIN|EPOLLOUT);
}


/* a port of 127.0.0.1, or the path of a unix socket */

void
load_net_listen(const char *where, load_accept_pt on_accept)
{
    int                 fd, on;
    struct sockaddr_in  sin = { .sin_family = AF_INET };
    struct sockaddr_un  sun = { .sun_family = AF_UNIX };

    on = 1;
    fd = socket(where[0] == '/' ? AF_UNIX : AF_INET,
                SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);

    if (where[0] == '/') {
        snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", where);
        on = bind(fd, (struct sockaddr *) &sun, sizeof(sun));

    } else {
        sin.sin_port = htons((uint16_t) atoi(where));
        sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(int));
        on = bind(fd, (struct sockaddr *) &sin, sizeof(sin));
    }

    if (on == -1 || listen(fd, 4096) == -1) {
        load_die("%s: %s", where, strerror(errno));
    }

    listening.fd = fd;
    accepted = on_accept;
    poll_for(&listening, EPOLL_CTL_ADD, EPOLLIN);
}


void
load_net_accepted(load_conn_t *c, int fd)
{
    c->fd = fd;
    c->connected = 1;
    poll_for(c, EPOLL_CTL_ADD, EPOLLIN);
}


static void
accept_all(void)
{
    int  fd, on;

    on = 1;

    while ((fd = accept4(listening.fd, NULL, NULL,
                         SOCK_NONBLOCK|SOCK_CLOEXEC)) != -1)
    {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(int));
        accepted(fd);
    }

    if (errno != EAGAIN && errno != ECONNABORTED) {
        load_die("accept: %s", strerror(errno));
    }
}


void
load_net_close(load_conn_t *c)
{
    if (c->ssl) {
        SSL_free(c->ssl);
        c->ssl = NULL;
    }

    close(c->fd);
    c->fd = -1;

    free(c->in);
    free(c->out);
    c->in = c->out = NULL;
    c->in_size = c->in_room = c->out_size = c->out_sent = 0;
}


/* returns what could be read or written, 0 at the end, -1 to try again */

static ssize_t
transfer(load_conn_t *c, void *data, size_t size, int writes)
{
    int      n;
    ssize_t  done;

    if (c->ssl) {
        n = writes ? SSL_write(c->ssl, data, (int) size)
                   : SSL_read(c->ssl, data, (int) size);

        if (n > 0) {
            return n;
        }

        n = SSL_get_error(c->ssl, n);

        return n == SSL_ERROR_WANT_READ || n == SSL_ERROR_WANT_WRITE ? -1 : 0;
    }

    done = writes ? send(c->fd, data, size, MSG_NOSIGNAL)
                  : recv(c->fd, data, size, 0);

    if (done == -1) {
        return errno == EAGAIN || errno == EINTR ? -1 : 0;
    }

    return done;
}


void
load_net_send(load_conn_t *c, const void *data, size_t size)
{
    ssize_t  n;

    if (c->out == NULL) {
        n = transfer(c, (void *) data, size, 1);

        if (n == (ssize_t) size) {
            return;
        }

        /* an end is seen when it is read */

        if (n > 0) {
            data = (const char *) data + n;
            size -= (size_t) n;
        }

        poll_for(c, EPOLL_CTL_MOD, EPOLLIN|EPOLLOUT);
    }

    c->out = realloc(c->out, c->out_size + size);
    memcpy(c->out + c->out_size, data, size);
    c->out_size += size;
}


static void
flush(load_conn_t *c)
{
    ssize_t  n;

    while (c->out_sent < c->out_size) {
        n = transfer(c, c->out + c->out_sent, c->out_size - c->out_sent, 1);

        if (n <= 0) {
            return;
        }

        c->out_sent += (size_t) n;
    }

    free(c->out);
    c->out = NULL;
    c->out_size = c->out_sent = 0;
    poll_for(c, EPOLL_CTL_MOD, EPOLLIN);
}


/* returns what is left */

static size_t
use(load_conn_t *c, char *data, size_t size)
{
    size_t  n;

    while (size) {
        n = c->on_data(c, data, size);

        if (n == 0) {
            break;
        }

        data += n;
        size -= n;
    }

    return size;
}


static void
feed(load_conn_t *c, char *data, size_t size)
{
    size_t  left;

    if (c->in == NULL) {
        left = use(c, data, size);

        if (left) {
            c->in_room = left + READ;
            c->in = load_alloc(c->in_room);
            c->in_size = left;
            memcpy(c->in, data + size - left, left);
        }

        return;
    }

    if (c->in_size + size > c->in_room) {
        c->in_room = 2 * (c->in_size + size);
        c->in = realloc(c->in, c->in_room);
    }

    memcpy(c->in + c->in_size, data, size);
    c->in_size += size;

    left = use(c, c->in, c->in_size);

    if (left == 0) {
        free(c->in);
        c->in = NULL;

    } else {
        memmove(c->in, c->in + c->in_size - left, left);
    }

    c->in_size = left;
}


static void
read_all(load_conn_t *c)
{
    ssize_t  n;

    do {
        n = transfer(c, buffer, READ, 0);

        if (n == -1) {
            return;
        }

        if (n == 0) {
            load_net_close(c);
            c->on_end(c);
            return;
        }

        feed(c, buffer, (size_t) n);

        if (c->ends) {
            load_net_close(c);
            c->on_end(c);
            return;
        }

    } while (c->ssl);
}


static int
finish_connect(load_conn_t *c)
{
    int        n;
    socklen_t  size;

    size = sizeof(int);

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &n, &size) == -1 || n) {
        load_die("connect: %s", strerror(n));
    }

    if (c->ssl) {
        n = SSL_do_handshake(c->ssl);

        if (n != 1) {
            n = SSL_get_error(c->ssl, n);

            if (n == SSL_ERROR_WANT_READ) {
                poll_for(c, EPOLL_CTL_MOD, EPOLLIN);
                return 0;
            }

            if (n == SSL_ERROR_WANT_WRITE) {
                return 0;
            }

            load_die("the TLS handshake failed");
        }
    }

    c->connected = 1;
    poll_for(c, EPOLL_CTL_MOD, EPOLLIN);
    c->on_open(c);

    return 1;
}


/* one turn of the loop, which waits for "wait" ns at most */

void
load_net_turn(uint64_t wait)
{
    int                 i, n;
    load_conn_t        *c;
    struct timespec     t;
    struct epoll_event  list[EVENTS];

    t.tv_sec = (time_t) (wait / 1000000000);
    t.tv_nsec = (long) (wait % 1000000000);

    n = epoll_pwait2(poll_fd, list, EVENTS, &t, NULL);

    if (n == -1 && errno != EINTR) {
        load_die("epoll_wait: %s", strerror(errno));
    }

    for (i = 0; i < n; i++) {
        c = list[i].data.ptr;

        if (c == &listening) {
            accept_all();
            continue;
        }

        /* closed by one before it in this turn */

        if (c->fd == -1) {
            continue;
        }

        if (!c->connected && !finish_connect(c)) {
            continue;
        }

        if (c->out && (list[i].events & EPOLLOUT)) {
            flush(c);
        }

        if (list[i].events & (EPOLLIN|EPOLLHUP|EPOLLERR)) {
            read_all(c);
        }
    }
}
