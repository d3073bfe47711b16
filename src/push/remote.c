
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A question to another node goes to the channel of one of its workers, which
 * finds the connection's owner as it would for a caller of its own.  Only the
 * RESULT that comes back makes a 200: what Redis counts proves neither that a
 * question has arrived nor that it has not.  So a question is never repeated,
 * unless its node has said that the worker we asked does not listen any more.
 *
 *     asked --- nobody counted ---> again, after 0.1, 0.4 and 1 s
 *     asked --- RESULT ---> over
 *     any   --- five seconds, the pair is lost, the caller leaves ---> over
 */


#include "push/remote.h"
#include "base/random.h"
#include "cluster/peer.h"
#include "push/ending.h"
#include "push/question.h"
#include "zone/meter.h"
#include "zone/number.h"


#define NGX_HTTP_WSGW_REMOTE_QUESTIONS  4096    /* out at a time */
#define NGX_HTTP_WSGW_REMOTE_PATIENCE   5000    /* ms */
#define NGX_HTTP_WSGW_REMOTE_TICK       50
#define NGX_HTTP_WSGW_REMOTE_BODY       (NGX_HTTP_WSGW_DIAL_MAX - 65536)


/*
 * A question that is out.  The caller may be gone, while Redis' count of it is
 * still to come.
 */

typedef struct {
    ngx_http_wsgw_push_t          *push;        /* NULL: it is over */
    ngx_http_wsgw_remote_t        *remote;
    ngx_queue_t                    queue;       /* of remote->out */
    ngx_http_wsgw_soon_t           waiter;      /* for the node's line */
    ngx_uint_t                     waits;       /* 1: it does */
    ngx_uint_t                     counts;      /* of Redis, to come */
    ngx_uint_t                     sent;        /* 1: somebody may have it */
    uint64_t                       sequence;
    uint32_t                       worker;      /* slot, that was asked last */
    ngx_uint_t                     tries;       /* to find somebody */
    ngx_msec_t                     since;
    ngx_msec_t                     again_at;    /* 0: no such try is due */
} ngx_http_wsgw_remote_ask_t;


struct ngx_http_wsgw_remote_s {
    ngx_http_wsgw_process_t       *process;
    ngx_http_wsgw_pair_t          *pair;
    ngx_http_wsgw_peers_t          peers;
    uint64_t                       epoch;       /* of this process */
    uint64_t                       sequence;
    ngx_queue_t                    out;         /* the eldest first */
    ngx_event_t                    timer;       /* while any is out */

    /* by the low bits of its sequence */
    ngx_http_wsgw_remote_ask_t    *ask[NGX_HTTP_WSGW_REMOTE_QUESTIONS];
};


static void ngx_http_wsgw_remote_ask(ngx_http_wsgw_push_t *push);
static void ngx_http_wsgw_remote_cancel(ngx_http_wsgw_push_t *push);
static ngx_http_wsgw_remote_ask_t *ngx_http_wsgw_remote_create(
    ngx_http_wsgw_remote_t *remote, ngx_http_wsgw_push_t *push);
static wsgw_outcome_t ngx_http_wsgw_remote_try(ngx_http_wsgw_remote_ask_t *ask,
    ngx_http_wsgw_peer_t *peer);
static wsgw_outcome_t ngx_http_wsgw_remote_publish(
    ngx_http_wsgw_remote_ask_t *ask, ngx_uint_t worker);
static void ngx_http_wsgw_remote_known(void *data);
static void ngx_http_wsgw_remote_counted(void *data,
    ngx_http_wsgw_reply_t *reply);
static wsgw_outcome_t ngx_http_wsgw_remote_later(
    ngx_http_wsgw_remote_ask_t *ask);
static void ngx_http_wsgw_remote_end(ngx_http_wsgw_remote_ask_t *ask,
    wsgw_outcome_t outcome);
static void ngx_http_wsgw_remote_end_soon(ngx_http_wsgw_remote_ask_t *ask,
    wsgw_outcome_t outcome);
static void ngx_http_wsgw_remote_leave(ngx_http_wsgw_remote_ask_t *ask);
static void ngx_http_wsgw_remote_count(ngx_http_wsgw_remote_t *remote,
    wsgw_outcome_t outcome);
static void ngx_http_wsgw_remote_timer(ngx_event_t *ev);
static void ngx_http_wsgw_remote_changed(void *data, ngx_uint_t ready);


/* no outcome: it is not over yet */
#define NGX_HTTP_WSGW_REMOTE_PENDING  WSGW_OUTCOMES

#define ngx_http_wsgw_remote_slot(sequence)                                   \
    ((sequence) % NGX_HTTP_WSGW_REMOTE_QUESTIONS)


ngx_http_wsgw_transport_t  ngx_http_wsgw_remote = {
    ngx_http_wsgw_remote_ask,
    ngx_http_wsgw_remote_cancel
};


ngx_int_t
ngx_http_wsgw_remote_start(ngx_http_wsgw_zone_t *zone)
{
    ngx_http_wsgw_remote_t     *remote;
    ngx_http_wsgw_process_t    *process;
    ngx_http_wsgw_pair_user_t   user;

    process = zone->process;

    if (process->remote) {
        return NGX_OK;
    }

    remote = ngx_calloc(sizeof(ngx_http_wsgw_remote_t), ngx_cycle->log);
    if (remote == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_wsgw_random(&remote->epoch) != NGX_OK
        || ngx_http_wsgw_random(&remote->sequence) != NGX_OK)
    {
        ngx_free(remote);
        return NGX_ERROR;
    }

    process->remote = remote;
    remote->process = process;
    remote->pair = process->pair;
    remote->peers.pair = process->pair;

    wsgw_node_self_conf(&remote->peers.conf, zone->cluster->takeover, 0, 0);

    ngx_queue_init(&remote->peers.queue);
    ngx_queue_init(&remote->out);

    remote->timer.handler = ngx_http_wsgw_remote_timer;
    remote->timer.data = remote;
    remote->timer.log = ngx_cycle->log;

    user.changed = ngx_http_wsgw_remote_changed;
    user.message = NULL;
    user.data = remote;

    ngx_http_wsgw_pair_use(process->pair, &user);

    return NGX_OK;
}


void
ngx_http_wsgw_remote_stop(ngx_http_wsgw_zone_t *zone)
{
    ngx_http_wsgw_remote_t  *remote;

    remote = zone->process->remote;

    if (remote == NULL) {
        return;
    }

    zone->process->remote = NULL;

    if (remote->timer.timer_set) {
        ngx_del_timer(&remote->timer);
    }

    /* Questions and peers are known to the pair, which ends with the process
       right after this. */
}


/* the transport */

static void
ngx_http_wsgw_remote_ask(ngx_http_wsgw_push_t *push)
{
    ngx_http_wsgw_peer_t        *peer;
    ngx_http_wsgw_remote_t      *remote;
    ngx_http_wsgw_remote_ask_t  *ask;

    remote = push->zone->process->remote;
    push->outcome = WSGW_OUTCOME_UNKNOWN;

    if (remote == NULL) {
        return;
    }

    if (push->body.len > NGX_HTTP_WSGW_REMOTE_BODY) {
        push->outcome = WSGW_OUTCOME_TOO_LARGE;
        return;
    }

    peer = NULL;
    ask = NULL;

    if (ngx_http_wsgw_pair_is_ready(remote->pair)) {
        peer = ngx_http_wsgw_peer(&remote->peers,
                                  ngx_http_wsgw_number_of(&push->id));
    }

    if (peer) {
        ask = ngx_http_wsgw_remote_create(remote, push);
    }

    if (ask == NULL) {
        ngx_http_wsgw_meter_count(&remote->process->meter, redis,
                                  ngx_http_wsgw_redis_unavailable);
        return;
    }

    push->outcome = ngx_http_wsgw_remote_try(ask, peer);

    if (push->outcome == NGX_HTTP_WSGW_REMOTE_PENDING) {
        push->pending = ask;
        return;
    }

    ngx_http_wsgw_remote_count(remote, push->outcome);
    ngx_http_wsgw_remote_leave(ask);
}


static void
ngx_http_wsgw_remote_cancel(ngx_http_wsgw_push_t *push)
{
    ngx_http_wsgw_remote_leave(push->pending);
}


/* NULL: too many are out, or there is no memory */

static ngx_http_wsgw_remote_ask_t *
ngx_http_wsgw_remote_create(ngx_http_wsgw_remote_t *remote,
    ngx_http_wsgw_push_t *push)
{
    ngx_http_wsgw_remote_ask_t  *ask;

    if (remote->pair->questions == NGX_HTTP_WSGW_REMOTE_QUESTIONS) {
        return NULL;
    }

    ask = ngx_calloc(sizeof(ngx_http_wsgw_remote_ask_t), ngx_cycle->log);
    if (ask == NULL) {
        return NULL;
    }

    /* One that is answered late may still have the next place. */

    do {
        ask->sequence = remote->sequence++;
    } while (remote->ask[ngx_http_wsgw_remote_slot(ask->sequence)]);

    remote->ask[ngx_http_wsgw_remote_slot(ask->sequence)] = ask;
    remote->pair->questions++;

    ask->push = push;
    ask->remote = remote;
    ask->since = ngx_current_msec;
    ask->waiter.handler = ngx_http_wsgw_remote_known;
    ask->waiter.data = ask;

    ngx_queue_insert_tail(&remote->out, &ask->queue);

    if (!remote->timer.timer_set) {
        ngx_add_timer(&remote->timer, NGX_HTTP_WSGW_REMOTE_TICK);
    }

    return ask;
}


/* an outcome, or PENDING */

static wsgw_outcome_t
ngx_http_wsgw_remote_try(ngx_http_wsgw_remote_ask_t *ask,
    ngx_http_wsgw_peer_t *peer)
{
    int                    worker;
    ngx_http_wsgw_push_t  *push;

    push = ask->push;

    if (!ngx_http_wsgw_peer_is_fresh(peer)) {

        if (ngx_http_wsgw_peer_read(peer, &ask->waiter) != NGX_OK) {
            return WSGW_OUTCOME_UNKNOWN;
        }

        ask->waits = 1;

        return NGX_HTTP_WSGW_REMOTE_PENDING;
    }

    switch (ngx_http_wsgw_peer_judge(peer, push->id.number
                                           & NGX_HTTP_WSGW_NUMBER_OWN))
    {
    case WSGW_NODE_GONE:
        return WSGW_OUTCOME_GONE;

    case WSGW_NODE_SUSPECT:
        return WSGW_OUTCOME_SUSPECT;

    case WSGW_NODE_UNSURE:
        return WSGW_OUTCOME_UNKNOWN;

    default: /* WSGW_NODE_ASK */
        break;
    }

    /* Who still listens, as its node says, may have heard us all the same. */

    if (ask->sent && wsgw_node_line_listens(&peer->line, ask->worker)) {
        return ngx_http_wsgw_remote_later(ask);
    }

    worker = wsgw_node_line_worker(&peer->line, push->id.slot);

    return worker == -1 ? ngx_http_wsgw_remote_later(ask)
                        : ngx_http_wsgw_remote_publish(ask, worker);
}


static wsgw_outcome_t
ngx_http_wsgw_remote_publish(ngx_http_wsgw_remote_ask_t *ask,
    ngx_uint_t worker)
{
    u_char                   buf[NGX_HTTP_WSGW_QUESTION_HEAD];
    ngx_str_t                head;
    ngx_http_wsgw_push_t    *push;
    ngx_http_wsgw_asker_t    asker;
    ngx_http_wsgw_remote_t  *remote;

    push = ask->push;
    remote = ask->remote;

    asker.number = remote->process->zone->number;
    asker.worker = remote->process->self.index;
    asker.epoch = remote->epoch;
    asker.sequence = ask->sequence;

    head.data = buf;
    head.len = ngx_http_wsgw_question_write(push, &asker, buf);

    if (head.len == 0) {
        return WSGW_OUTCOME_TOO_LARGE;
    }

    if (ngx_http_wsgw_pair_publish(remote->pair,
                                   ngx_http_wsgw_number_of(&push->id), worker,
                                   &head, &push->body,
                                   ngx_http_wsgw_remote_counted, ask)
        != NGX_OK)
    {
        return WSGW_OUTCOME_UNKNOWN;
    }

    ask->counts++;
    ask->sent = 1;
    ask->worker = worker;

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, push->log, 0,
                   "wsgw push node:%06xD worker:%ui len:%uz",
                   ngx_http_wsgw_number_of(&push->id), worker,
                   head.len + push->body.len);

    return NGX_HTTP_WSGW_REMOTE_PENDING;
}


/* the node's line was read, or could not be */

static void
ngx_http_wsgw_remote_known(void *data)
{
    ngx_http_wsgw_remote_ask_t *ask = data;

    wsgw_outcome_t         outcome;
    ngx_http_wsgw_peer_t  *peer;

    ask->waits = 0;

    peer = ngx_http_wsgw_peer(&ask->remote->peers,
                              ngx_http_wsgw_number_of(&ask->push->id));

    outcome = peer && peer->known ? ngx_http_wsgw_remote_try(ask, peer)
                                  : WSGW_OUTCOME_UNKNOWN;

    if (outcome != NGX_HTTP_WSGW_REMOTE_PENDING) {
        ngx_http_wsgw_remote_end(ask, outcome);
    }
}


/* how many have heard it; the RESULT may have come before */

static void
ngx_http_wsgw_remote_counted(void *data, ngx_http_wsgw_reply_t *reply)
{
    ngx_http_wsgw_remote_ask_t *ask = data;

    wsgw_outcome_t  outcome;

    ask->counts--;

    if (ask->push == NULL) {

        if (ask->counts == 0) {
            ngx_free(ask);
        }

        return;
    }

    if (reply == NULL) {
        /* all that is out ends when the pair is lost */
        return;
    }

    outcome = WSGW_OUTCOME_UNKNOWN;

    if (reply->type == ngx_http_wsgw_reply_integer) {

        if (reply->integer) {
            return;
        }

        outcome = ngx_http_wsgw_remote_later(ask);
    }

    if (outcome != NGX_HTTP_WSGW_REMOTE_PENDING) {
        ngx_http_wsgw_remote_end(ask, outcome);
    }
}


static wsgw_outcome_t
ngx_http_wsgw_remote_later(ngx_http_wsgw_remote_ask_t *ask)
{
    static const ngx_msec_t  delay[] = { 100, 400, 1000 };

    if (ask->tries == sizeof(delay) / sizeof(delay[0])) {
        return WSGW_OUTCOME_NOBODY;
    }

    ask->again_at = ngx_current_msec + delay[ask->tries++];

    return NGX_HTTP_WSGW_REMOTE_PENDING;
}


static void
ngx_http_wsgw_remote_end(ngx_http_wsgw_remote_ask_t *ask,
    wsgw_outcome_t outcome)
{
    ngx_http_wsgw_push_t  *push;

    push = ask->push;

    ngx_http_wsgw_remote_count(ask->remote, outcome);
    ngx_http_wsgw_remote_leave(ask);

    ngx_http_wsgw_push_complete(push, outcome, 1);
}


/* the same of one among many that may end in this turn */

static void
ngx_http_wsgw_remote_end_soon(ngx_http_wsgw_remote_ask_t *ask,
    wsgw_outcome_t outcome)
{
    ngx_http_wsgw_push_t  *push;

    push = ask->push;

    ngx_http_wsgw_remote_count(ask->remote, outcome);
    ngx_http_wsgw_remote_leave(ask);

    ngx_http_wsgw_ending_add(push, outcome);
}


/* It is over; a count that is still to come finds that nobody waits. */

static void
ngx_http_wsgw_remote_leave(ngx_http_wsgw_remote_ask_t *ask)
{
    ngx_http_wsgw_remote_t  *remote;

    remote = ask->remote;

    remote->ask[ngx_http_wsgw_remote_slot(ask->sequence)] = NULL;
    remote->pair->questions--;

    ngx_queue_remove(&ask->queue);

    if (ask->waits) {
        ngx_queue_remove(&ask->waiter.queue);
        ask->waits = 0;
    }

    ask->push = NULL;

    if (ask->counts == 0) {
        ngx_free(ask);
    }
}


static void
ngx_http_wsgw_remote_count(ngx_http_wsgw_remote_t *remote,
    wsgw_outcome_t outcome)
{
    ngx_http_wsgw_redis_e  which;

    switch (outcome) {

    case WSGW_OUTCOME_UNKNOWN:
        which = ngx_http_wsgw_pair_is_ready(remote->pair)
                ? ngx_http_wsgw_redis_unavailable : ngx_http_wsgw_redis_lost;
        break;

    case WSGW_OUTCOME_NOBODY:
        which = ngx_http_wsgw_redis_nobody;
        break;

    case WSGW_OUTCOME_SUSPECT:
        which = ngx_http_wsgw_redis_suspect;
        break;

    case WSGW_OUTCOME_TIMEOUT:
        which = ngx_http_wsgw_redis_timeout;
        break;

    default:
        which = ngx_http_wsgw_redis_answered;
    }

    ngx_http_wsgw_meter_count(&remote->process->meter, redis, which);
}


static void
ngx_http_wsgw_remote_timer(ngx_event_t *ev)
{
    ngx_queue_t                 *q, *next;
    ngx_msec_t                   now;
    wsgw_outcome_t               outcome;
    ngx_http_wsgw_peer_t        *peer;
    ngx_http_wsgw_remote_t      *remote;
    ngx_http_wsgw_remote_ask_t  *ask;

    remote = ev->data;
    now = ngx_current_msec;

    for (q = ngx_queue_head(&remote->out);
         q != ngx_queue_sentinel(&remote->out);
         q = next)
    {
        next = ngx_queue_next(q);
        ask = ngx_queue_data(q, ngx_http_wsgw_remote_ask_t, queue);

        if (now - ask->since >= NGX_HTTP_WSGW_REMOTE_PATIENCE) {
            ngx_http_wsgw_remote_end_soon(ask, WSGW_OUTCOME_TIMEOUT);
            continue;
        }

        if (ask->again_at == 0
            || (ngx_msec_int_t) (now - ask->again_at) < 0)
        {
            continue;
        }

        ask->again_at = 0;

        peer = ngx_http_wsgw_peer(&remote->peers,
                                  ngx_http_wsgw_number_of(&ask->push->id));

        outcome = WSGW_OUTCOME_UNKNOWN;

        if (peer) {
            peer->known = 0;
            outcome = ngx_http_wsgw_remote_try(ask, peer);
        }

        if (outcome != NGX_HTTP_WSGW_REMOTE_PENDING) {
            ngx_http_wsgw_remote_end_soon(ask, outcome);
        }
    }

    if (!ngx_queue_empty(&remote->out)) {
        ngx_add_timer(ev, NGX_HTTP_WSGW_REMOTE_TICK);
    }
}


/* Nobody can say what has become of what was out. */

static void
ngx_http_wsgw_remote_changed(void *data, ngx_uint_t ready)
{
    ngx_http_wsgw_remote_t *remote = data;

    ngx_queue_t                 *q;
    ngx_http_wsgw_remote_ask_t  *ask;

    ngx_http_wsgw_peer_forget(&remote->peers);

    while (!ready && !ngx_queue_empty(&remote->out)) {
        q = ngx_queue_head(&remote->out);

        ask = ngx_queue_data(q, ngx_http_wsgw_remote_ask_t, queue);

        ngx_http_wsgw_remote_end_soon(ask, WSGW_OUTCOME_UNKNOWN);
    }
}


void
ngx_http_wsgw_remote_result(ngx_http_wsgw_remote_t *remote,
    ngx_http_wsgw_asker_t *asker, ngx_str_t *message)
{
    ngx_http_wsgw_push_t        *push;
    ngx_http_wsgw_remote_ask_t  *ask;

    ask = remote->ask[ngx_http_wsgw_remote_slot(asker->sequence)];

    if (asker->epoch != remote->epoch
        || ask == NULL
        || ask->sequence != asker->sequence)
    {
        ngx_http_wsgw_meter_count(&remote->process->meter, redis,
                                  ngx_http_wsgw_redis_dropped);
        return;
    }

    push = ask->push;

    if (ngx_http_wsgw_question_read_result(push, message) != NGX_OK) {
        push->outcome = WSGW_OUTCOME_UNKNOWN;
    }

    ngx_http_wsgw_remote_end(ask, push->outcome);
}
