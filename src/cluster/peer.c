
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A line is read by two commands in a row, which are answered in a row: the
 * node's line, and whether the node is among the dead.
 */


#include "cluster/peer.h"


#define NGX_HTTP_WSGW_PEER_AGE    5000          /* ms, */
#define NGX_HTTP_WSGW_PEER_DOUBT  1000          /* of one that did not beat */
#define NGX_HTTP_WSGW_PEERS       4096


static ngx_http_wsgw_peer_t *ngx_http_wsgw_peer_create(
    ngx_http_wsgw_peers_t *peers, uint32_t number);
static void ngx_http_wsgw_peer_evict(ngx_http_wsgw_peers_t *peers);
static void ngx_http_wsgw_peer_unlink(ngx_http_wsgw_peer_t *peer);
static void ngx_http_wsgw_peer_line(void *data, ngx_http_wsgw_reply_t *reply);
static void ngx_http_wsgw_peer_dead(void *data, ngx_http_wsgw_reply_t *reply);
static void ngx_http_wsgw_peer_answered(ngx_http_wsgw_peer_t *peer,
    ngx_http_wsgw_reply_t *reply);


#define ngx_http_wsgw_peer_bucket(peers, number)                              \
    (&(peers)->bucket[(number) % NGX_HTTP_WSGW_PEER_BUCKETS])


ngx_http_wsgw_peer_t *
ngx_http_wsgw_peer(ngx_http_wsgw_peers_t *peers, uint32_t number)
{
    ngx_http_wsgw_peer_t  *peer;

    for (peer = *ngx_http_wsgw_peer_bucket(peers, number);
         peer;
         peer = peer->next)
    {
        if (peer->number == number) {
            return peer;
        }
    }

    return ngx_http_wsgw_peer_create(peers, number);
}


static ngx_http_wsgw_peer_t *
ngx_http_wsgw_peer_create(ngx_http_wsgw_peers_t *peers, uint32_t number)
{
    ngx_http_wsgw_peer_t  *peer, **bucket;

    if (peers->n >= NGX_HTTP_WSGW_PEERS) {
        ngx_http_wsgw_peer_evict(peers);
    }

    peer = ngx_calloc(sizeof(ngx_http_wsgw_peer_t), ngx_cycle->log);
    if (peer == NULL) {
        return NULL;
    }

    peer->number = number;
    peer->peers = peers;
    ngx_queue_init(&peer->waiters);

    bucket = ngx_http_wsgw_peer_bucket(peers, number);
    peer->next = *bucket;
    *bucket = peer;

    ngx_queue_insert_head(&peers->queue, &peer->queue);
    peers->n++;

    return peer;
}


/* Who asks for numbers that there are not cannot make us keep them all. */

static void
ngx_http_wsgw_peer_evict(ngx_http_wsgw_peers_t *peers)
{
    ngx_queue_t           *q;
    ngx_http_wsgw_peer_t  *peer;

    for (q = ngx_queue_last(&peers->queue);
         q != ngx_queue_sentinel(&peers->queue);
         q = ngx_queue_prev(q))
    {
        peer = ngx_queue_data(q, ngx_http_wsgw_peer_t, queue);

        if (peer->reading == 0) {
            ngx_http_wsgw_peer_unlink(peer);
            return;
        }
    }
}


static void
ngx_http_wsgw_peer_unlink(ngx_http_wsgw_peer_t *peer)
{
    ngx_http_wsgw_peer_t  **p;

    for (p = ngx_http_wsgw_peer_bucket(peer->peers, peer->number);
         *p != peer;
         p = &(*p)->next)
    {
        /* void */
    }

    *p = peer->next;

    ngx_queue_remove(&peer->queue);
    peer->peers->n--;

    ngx_free(peer);
}


/* A line that is gone, or as it was, may be back or go on at any moment. */

ngx_uint_t
ngx_http_wsgw_peer_is_fresh(ngx_http_wsgw_peer_t *peer)
{
    ngx_msec_t  age;

    age = peer->found.dead || (peer->found.line && !peer->found.unchanged)
          ? NGX_HTTP_WSGW_PEER_AGE : NGX_HTTP_WSGW_PEER_DOUBT;

    return peer->known && ngx_current_msec - peer->read_at <= age;
}


ngx_int_t
ngx_http_wsgw_peer_read(ngx_http_wsgw_peer_t *peer,
    ngx_http_wsgw_soon_t *waiter)
{
    u_char                 nodes[NGX_HTTP_WSGW_PAIR_KEY],
                           dead[NGX_HTTP_WSGW_PAIR_KEY], number[8];
    ngx_str_t              words[3];
    ngx_http_wsgw_pair_t  *pair;

    pair = peer->peers->pair;

    ngx_queue_remove(&peer->queue);
    ngx_queue_insert_head(&peer->peers->queue, &peer->queue);

    if (peer->reading) {
        ngx_queue_insert_tail(&peer->waiters, &waiter->queue);
        return NGX_OK;
    }

    ngx_str_set(&words[0], "HGET");
    words[1] = ngx_http_wsgw_pair_key(pair, nodes, "nodes");
    words[2].data = number;
    words[2].len = ngx_sprintf(number, "%06xD", peer->number) - number;

    if (ngx_http_wsgw_pair_send(pair, 3, words, ngx_http_wsgw_peer_line, peer)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    /* What was sent is answered, also by the end of the pair. */

    peer->reading++;
    peer->failed = 0;

    ngx_str_set(&words[0], "ZSCORE");
    words[1] = ngx_http_wsgw_pair_key(pair, dead, "dead");

    if (ngx_http_wsgw_pair_send(pair, 3, words, ngx_http_wsgw_peer_dead, peer)
        != NGX_OK)
    {
        peer->failed = 1;
        return NGX_DECLINED;
    }

    peer->reading++;

    ngx_queue_insert_tail(&peer->waiters, &waiter->queue);

    return NGX_OK;
}


static void
ngx_http_wsgw_peer_line(void *data, ngx_http_wsgw_reply_t *reply)
{
    ngx_http_wsgw_peer_t *peer = data;

    int                      rc;
    uint64_t                 token, beat;
    wsgw_node_found_t       *found;
    ngx_http_wsgw_header_t  *h;

    found = &peer->found;
    token = peer->line.token;
    beat = peer->line.beat;

    rc = WSGW_ERROR;

    if (reply && reply->type == ngx_http_wsgw_reply_string) {
        rc = wsgw_node_line_read(&peer->line, reply->text.data,
                                 reply->text.len);
    }

    found->line = rc == WSGW_DONE ? &peer->line : NULL;
    found->other = reply && reply->type == ngx_http_wsgw_reply_string
                   && rc != WSGW_DONE;

    peer->read_at = ngx_current_msec;

    if (reply == NULL || reply->type != ngx_http_wsgw_reply_nil) {
        found->absent = 0;
        found->gone = 0;

    } else {
        h = ngx_http_wsgw_header(peer->peers->pair->process->zone);
        wsgw_node_self_absent(&peer->peers->conf, &h->self, found,
                              peer->read_at);
    }

    if (found->line == NULL
        || peer->line.token != token
        || peer->line.beat != beat)
    {
        peer->first_at = peer->read_at;
    }

    found->unchanged = peer->read_at - peer->first_at;

    ngx_http_wsgw_peer_answered(peer, reply);
}


static void
ngx_http_wsgw_peer_dead(void *data, ngx_http_wsgw_reply_t *reply)
{
    ngx_http_wsgw_peer_t *peer = data;

    ngx_int_t  rc;

    rc = reply ? ngx_http_wsgw_redis_score(reply) : NGX_ERROR;

    peer->found.dead = rc == NGX_OK;

    ngx_http_wsgw_peer_answered(peer, rc == NGX_ERROR ? NULL : reply);
}


static void
ngx_http_wsgw_peer_answered(ngx_http_wsgw_peer_t *peer,
    ngx_http_wsgw_reply_t *reply)
{
    ngx_queue_t  *q;

    if (reply == NULL || reply->type == ngx_http_wsgw_reply_error) {
        peer->failed = 1;
    }

    if (--peer->reading) {
        return;
    }

    peer->known = !peer->failed;

    while (!ngx_queue_empty(&peer->waiters)) {
        q = ngx_queue_head(&peer->waiters);
        ngx_queue_remove(q);

        ngx_http_wsgw_soon(ngx_queue_data(q, ngx_http_wsgw_soon_t, queue));
    }
}


wsgw_node_verdict_t
ngx_http_wsgw_peer_judge(ngx_http_wsgw_peer_t *peer, ngx_uint_t cover)
{
    ngx_http_wsgw_header_t  *h;

    h = ngx_http_wsgw_header(peer->peers->pair->process->zone);

    peer->found.cover = (cover != 0);

    return wsgw_node_self_ask(&peer->peers->conf, &h->self, ngx_current_msec,
                              &peer->found);
}


void
ngx_http_wsgw_peer_forget(ngx_http_wsgw_peers_t *peers)
{
    ngx_queue_t           *q;
    ngx_http_wsgw_peer_t  *peer;

    for (q = ngx_queue_head(&peers->queue);
         q != ngx_queue_sentinel(&peers->queue);
         q = ngx_queue_next(q))
    {
        peer = ngx_queue_data(q, ngx_http_wsgw_peer_t, queue);
        peer->known = 0;
    }
}
