/*
 * load.h: what the files of the load generator share, and bare.c uses.
 * load.c says how it is called; load_net.c has the sockets, load_wire.c reads
 * and writes HTTP and WebSocket frames, load_text.c makes the messages,
 * load_pace.c decides when the next one is sent, load_client.c opens and reads
 * connections, load_count.c counts; each other file is a mode.
 */

#ifndef LOAD_H
#define LOAD_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>


/* what the command line says; times in ns */

typedef struct {
    const char  *mode;
    const char  *address;
    int          port;
    const char  *path;        /* of the handshake, or of the POST */
    const char  *push;        /* of a push, %s stands for the connection's id */
    const char  *ask;         /* a message: its answer is the id; or NULL */
    const char  *probe;       /* answered with the worker's name, or NULL */
    const char  *worker;      /* "same" or "other" than the client's, or NULL */
    const char  *hold;        /* a line before what follows, "idle" only */
    const char  *pids;        /* whose CPU time is taken, with commas between */
    int          by_http;
    int          tls;
    uint32_t     connections; /* that send */
    uint32_t     sockets;     /* that are pushed to */
    uint32_t     opening;     /* handshakes at a time, "idle" only */
    uint32_t     flight;      /* under way on a connection at a time */
    uint32_t     from;        /* addresses of ours, 127.0.1.1 and up */
    size_t       size;        /* of a message, in bytes */
    uint64_t     count;       /* of messages; 0: until the time is over */
    double       rate;        /* a second; 0: the next one follows an answer */
    uint64_t     warm;
    uint64_t     time;
    uint64_t     drain;       /* how long what is last is waited for */
    uint64_t     every;       /* between two pings, "idle" only */
} load_options_t;

extern load_options_t  load_options;


/* load_net.c: a socket, and who is told of what happens to it; bare.c, too */

typedef struct load_conn_s    load_conn_t;
typedef struct load_client_s  load_client_t;

struct load_conn_s {
    int        fd;
    uint32_t   index;
    SSL       *ssl;           /* NULL without TLS */

    char      *in;            /* read and not yet used, NULL when empty */
    size_t     in_size;
    size_t     in_room;

    char      *out;           /* to be written, NULL when empty */
    size_t     out_sent;
    size_t     out_size;

    unsigned   connected:1;
    unsigned   polls_out:1;
    unsigned   ends:1;        /* we close it when this turn's data is used */

    void      *data;          /* the mode's */

    const load_client_t  *as; /* load_client.c */

    void     (*on_open)(load_conn_t *c);

    /* returns what it has used: all of one unit, or 0 to wait for more */
    size_t   (*on_data)(load_conn_t *c, char *data, size_t size);

    /* the peer has closed or reset; the connection may be opened again */
    void     (*on_end)(load_conn_t *c);
};

typedef void (*load_accept_pt)(int fd);

void load_net_init(void);
void load_net_listen(const char *where, load_accept_pt on_accept);
void load_net_accepted(load_conn_t *c, int fd);
void load_net_open(load_conn_t *c);
void load_net_send(load_conn_t *c, const void *data, size_t size);
void load_net_close(load_conn_t *c);
void load_net_turn(uint64_t wait);
uint64_t load_net_now(void);

void load_die(const char *format, ...)
    __attribute__((noreturn, format(printf, 1, 2)));
void *load_alloc(size_t size);


/* load_wire.c */

typedef struct {
    int          status;
    const char  *body;        /* NULL when it came in chunks */
    size_t       body_size;
    char         id[64];      /* X-Connection-Id, "" without one */
    char         worker[24];  /* X-Worker, likewise */
    int          accepted;    /* Sec-WebSocket-Accept is right */
} load_response_t;

typedef struct {
    int          fin;
    int          opcode;
    char        *payload;
    size_t       size;
} load_frame_t;

enum { LOAD_TEXT = 1, LOAD_BINARY, LOAD_CLOSE = 8, LOAD_PING, LOAD_PONG };

#define LOAD_FRAME_HEAD  14
#define LOAD_MASK        "\x37\xfa\x21\x3d"

size_t load_wire_handshake(char *p, size_t room, const char *path);
size_t load_wire_get(char *p, size_t room, const char *path);
size_t load_wire_post(char *p, size_t room, const char *path, size_t size);
size_t load_wire_response(char *data, size_t size, load_response_t *r);
size_t load_wire_frame_head(char *p, unsigned opcode, size_t size);
void load_wire_mask(char *p, size_t size);
size_t load_wire_frame(char *data, size_t size, load_frame_t *f);


/* load_text.c: message "n" of connection "index" */

void load_text_init(size_t size);
const char *load_text_frame(uint32_t index, uint64_t n, size_t *size);
const char *load_text_post(const char *head, uint32_t index, uint64_t n,
    size_t *size);
int load_text_is(const char *p, size_t size, uint32_t index, uint64_t n);


/* load_pace.c: a lane is what may have messages under way */

typedef struct load_lane_s  load_lane_t;

struct load_lane_s {
    uint32_t   index;
    uint64_t   sent;
    uint64_t   received;
    uint64_t  *times;         /* a ring: when those under way were due */
    void      *data;          /* the mode's */
};

typedef void (*load_send_pt)(load_lane_t *lane);

void load_pace_init(uint32_t lanes, load_send_pt send);
void load_pace_join(load_lane_t *lane);
void load_pace_done(load_lane_t *lane);
void load_pace_run(void);


/* load_client.c: what a mode is told of a connection */

struct load_client_s {
    void     (*open)(load_conn_t *c);       /* NULL: it is a WebSocket */
    void     (*upgrade)(load_conn_t *c, load_response_t *r);
    void     (*response)(load_conn_t *c, load_response_t *r);
    void     (*frame)(load_conn_t *c, load_frame_t *f);
    void     (*end)(load_conn_t *c);        /* NULL: it must not end */
};

void load_client_open(load_conn_t *c, const load_client_t *as);
load_lane_t *load_client_lanes(void);
void load_client_send(load_conn_t *c, unsigned opcode, const char *payload,
    size_t size);
void load_client_awaits(load_frame_t *f, const char *what);


/* load_count.c */

typedef struct {
    uint64_t   count;
    uint64_t   max;
    uint64_t   buckets[64 * 48];
} load_histogram_t;

extern load_histogram_t  load_times;
extern load_histogram_t  load_frames;
extern uint64_t  load_lost;
extern uint64_t  load_wrong;

void load_count(load_histogram_t *h, uint64_t ns);
double load_percentile(load_histogram_t *h, double p);
void load_count_begin(void);
void load_count_end(void);
void load_count_print(void);
void load_count_wrong(uint32_t index, const char *what, const char *got,
    size_t size);
double load_count_cpu(void);


/* the modes */

void load_message(void);
void load_push(void);
void load_churn(void);
void load_idle(void);
void load_fanout(void);

#endif /* LOAD_H */
