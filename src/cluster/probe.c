
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Whether the pair still does what it is for.  Every two seconds something is
 * published to our own channel, and has to be counted by a subscriber and to
 * arrive.  So a connection that only seems to live, a server that has
 * become a replica with its sockets kept, a subscription that was lost, and a
 * user who may not use the channel are all found out in the same way.
 */


#include "cluster/probe.h"
#include "base/text.h"
#include "cluster/greet.h"
#include "zone/meter.h"
#include "zone/succession.h"


#define NGX_HTTP_WSGW_PROBE_UNANSWERED 2000      /* ms, as the next ones */
#define NGX_HTTP_WSGW_PROBE_STALE      5000
#define NGX_HTTP_WSGW_PROBE_LEAVE      2000
#define NGX_HTTP_WSGW_PROBE_PART       1000      /* in addition */

#define NGX_HTTP_WSGW_PROBE_COUNT      1         /* bits of "probing" */
#define NGX_HTTP_WSGW_PROBE_MESSAGE    2


static void ngx_http_wsgw_probe_proved(ngx_http_wsgw_pair_t *pair,
    ngx_uint_t what);
static void ngx_http_wsgw_probe_role(void *data,
    ngx_http_wsgw_reply_t *reply);
static void ngx_http_wsgw_probe_counted(void *data,
    ngx_http_wsgw_reply_t *reply);
static void ngx_http_wsgw_probe_become_ready(ngx_http_wsgw_pair_t *pair);
static void ngx_http_wsgw_probe_become_parted(ngx_http_wsgw_pair_t *pair);
static ngx_uint_t ngx_http_wsgw_probe_part(ngx_http_wsgw_pair_t *pair);


void
ngx_http_wsgw_probe_try(ngx_http_wsgw_pair_t *pair)
{
    u_char     *p;
    ngx_str_t   hello, probe, none;

    /* It need not be a secret: it only differs from the one before. */

    p = ngx_http_wsgw_text_hex(pair->probe, (uint32_t) ngx_random());
    (void) ngx_http_wsgw_text_hex(p, (uint32_t) ngx_random());

    probe.data = pair->probe;
    probe.len = sizeof(pair->probe);
    ngx_str_null(&none);

    pair->probed = ngx_current_msec;
    pair->probing = NGX_HTTP_WSGW_PROBE_COUNT|NGX_HTTP_WSGW_PROBE_MESSAGE;

    ngx_str_set(&hello, "HELLO");

    if (ngx_http_wsgw_pair_send(pair, 1, &hello, ngx_http_wsgw_probe_role,
                                pair)
        != NGX_OK
        || ngx_http_wsgw_pair_publish(pair, pair->process->zone->number,
                                      pair->process->self.index, &probe,
                                      &none, ngx_http_wsgw_probe_counted,
                                      pair)
           != NGX_OK)
    {
        ngx_http_wsgw_pair_drop(pair, "too much waits to be sent");
    }
}


/* Between both connections to a server that has become a replica all is well:
   it is the others that do not hear us. */

static void
ngx_http_wsgw_probe_role(void *data, ngx_http_wsgw_reply_t *reply)
{
    ngx_http_wsgw_pair_t *pair = data;

    u_char      why[NGX_HTTP_WSGW_GREET_WHY];
    ngx_uint_t  sharded;

    if (reply
        && ngx_http_wsgw_greet_read(reply, &sharded, why) != NGX_OK)
    {
        ngx_http_wsgw_meter_count(&pair->process->meter, redis,
                                  ngx_http_wsgw_redis_probes_failed);
        ngx_http_wsgw_pair_drop(pair, (char *) why);
    }
}


static void
ngx_http_wsgw_probe_counted(void *data, ngx_http_wsgw_reply_t *reply)
{
    ngx_http_wsgw_pair_t *pair = data;

    if (reply == NULL) {
        return;
    }

    if (reply->type == ngx_http_wsgw_reply_error) {
        ngx_http_wsgw_pair_drop(pair, (char *) reply->text.data);
        return;
    }

    /*
     * One more may be a subscription of ours whose end Redis has not noticed,
     * or that of a node with our number, which the node's line tells.
     */

    if (reply->type != ngx_http_wsgw_reply_integer || reply->integer < 1) {

        ngx_http_wsgw_meter_count(&pair->process->meter, redis,
                                  ngx_http_wsgw_redis_probes_failed);

        ngx_http_wsgw_pair_drop(pair, "it does not know our subscription");
        return;
    }

    ngx_http_wsgw_probe_proved(pair, NGX_HTTP_WSGW_PROBE_COUNT);
}


ngx_uint_t
ngx_http_wsgw_probe_arrived(ngx_http_wsgw_pair_t *pair, ngx_str_t *message)
{
    if (message->len != sizeof(pair->probe)
        || ngx_memcmp(message->data, pair->probe, sizeof(pair->probe)) != 0)
    {
        return 0;
    }

    ngx_http_wsgw_probe_proved(pair, NGX_HTTP_WSGW_PROBE_MESSAGE);

    return 1;
}


static void
ngx_http_wsgw_probe_proved(ngx_http_wsgw_pair_t *pair, ngx_uint_t what)
{
    pair->probing &= ~what;

    if (pair->probing) {
        return;
    }

    pair->rtt = ngx_current_msec - pair->probed;

    if (pair->state == ngx_http_wsgw_pair_probe) {
        ngx_http_wsgw_probe_become_ready(pair);
    }
}


static void
ngx_http_wsgw_probe_become_ready(ngx_http_wsgw_pair_t *pair)
{
    ngx_http_wsgw_pair_step(pair, ngx_http_wsgw_pair_ready,
                            NGX_HTTP_WSGW_PROBE_LOOK);

    pair->ticked = ngx_current_msec;
    ngx_http_wsgw_pick_settle(&pair->pick);
    pair->server++;
    ngx_memzero(pair->said, sizeof(pair->said));

    ngx_http_wsgw_pair_listen(pair, 1);

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "redis \"%V\" of zone \"%V\" is ready",
                  &pair->pick.server->text, &pair->process->zone->name);

    ngx_http_wsgw_pair_changed(pair, 1);
}


void
ngx_http_wsgw_probe_look(ngx_http_wsgw_pair_t *pair)
{
    ngx_msec_t  now, late;

    now = ngx_current_msec;
    late = now - pair->ticked;
    late -= ngx_min(late, NGX_HTTP_WSGW_PROBE_LOOK);

    if (late > pair->gap) {
        pair->gap = late;
    }

    if (!ngx_http_wsgw_probe_fresh(&pair->command)) {
        return;
    }

    pair->ticked = now;

    if (ngx_http_wsgw_pending_age(&pair->pending)
        > NGX_HTTP_WSGW_PROBE_UNANSWERED)
    {
        ngx_http_wsgw_pair_drop(pair, "it does not answer");
        return;
    }

    if (pair->probing && now - pair->probed >= NGX_HTTP_WSGW_PROBE_EVERY) {

        ngx_http_wsgw_meter_count(&pair->process->meter, redis,
                                  ngx_http_wsgw_redis_probes_failed);
        ngx_http_wsgw_pair_drop(pair, "what we publish does not arrive");
        return;
    }

    if ((ngx_http_wsgw_probe_leaves(pair) || pair->parting)
        && ngx_http_wsgw_probe_part(pair))
    {
        ngx_http_wsgw_probe_become_parted(pair);
        return;
    }

    if (!pair->parting && now - pair->probed >= NGX_HTTP_WSGW_PROBE_EVERY) {
        ngx_http_wsgw_probe_try(pair);

        if (pair->state != ngx_http_wsgw_pair_ready) {
            return;
        }
    }

    ngx_add_timer(&pair->timer, NGX_HTTP_WSGW_PROBE_LOOK);
}


/* It can still say that the node has ended, if it is the last. */

static void
ngx_http_wsgw_probe_become_parted(ngx_http_wsgw_pair_t *pair)
{
    ngx_http_wsgw_pair_step(pair, ngx_http_wsgw_pair_parted,
                            NGX_HTTP_WSGW_PROBE_PARTED);

    pair->timer.cancelable = 1;

    ngx_http_wsgw_pair_changed(pair, 0);
}


/*
 * 1: it can go.  Others may have read long ago that we listen, and what they
 * publish until Redis has unsubscribed us is counted: it is here before the
 * answer to that, and has until the next look to be answered itself.
 */

static ngx_uint_t
ngx_http_wsgw_probe_part(ngx_http_wsgw_pair_t *pair)
{
    ngx_str_t   words[2];
    ngx_msec_t  since;

    since = ngx_current_msec - pair->left;

    if (pair->parting == 2
        || since >= NGX_HTTP_WSGW_PROBE_LEAVE + NGX_HTTP_WSGW_PROBE_PART)
    {
        return 1;
    }

    /* A probe on its way must find the subscription. */

    if (pair->parting || pair->probing || since < NGX_HTTP_WSGW_PROBE_LEAVE) {
        return 0;
    }

    if (pair->sharded) {
        ngx_str_set(&words[0], "SUNSUBSCRIBE");

    } else {
        ngx_str_set(&words[0], "UNSUBSCRIBE");
    }

    words[1] = pair->channel;
    pair->parting = 1;

    return ngx_http_wsgw_dial_command(&pair->subscriber, 2, words) != NGX_OK;
}


/* What a worker that was stopped finds in its sockets is nobody's any more. */

ngx_uint_t
ngx_http_wsgw_probe_fresh(ngx_http_wsgw_dial_t *dial)
{
    ngx_http_wsgw_pair_t  *pair;

    pair = dial->data;

    if (pair->state != ngx_http_wsgw_pair_ready) {
        return 1;
    }

    ngx_time_update();

    if (ngx_current_msec - pair->ticked < NGX_HTTP_WSGW_PROBE_STALE) {
        return 1;
    }

    ngx_http_wsgw_pair_drop(pair, "this worker stood still");

    return 0;
}


/* By way of it the last worker says that the node has ended, so it stays open
   to the end. */

void
ngx_http_wsgw_probe_leave(ngx_http_wsgw_dial_t *dial, ngx_uint_t now)
{
    ngx_http_wsgw_pair_t  *pair;

    pair = dial->data;

    if (now) {
        pair->timer.cancelable = 1;

    } else {
        (void) ngx_http_wsgw_probe_leaves(pair);
    }
}


/*
 * After a reload the new workers are asked, perhaps by way of another Redis,
 * and we stay a moment for what has been asked of us.  They may come later than
 * we were told to exit, and end before us.  Who ends without others in its
 * zone, as after a change of its size, goes on: nobody else answers for its
 * number.
 */

ngx_uint_t
ngx_http_wsgw_probe_leaves(ngx_http_wsgw_pair_t *pair)
{
    ngx_uint_t  leaves;

    leaves = ngx_exiting
             && ngx_http_wsgw_succession_is_reload(pair->process->zone);

    if (leaves == pair->leaving) {
        return leaves;
    }

    pair->leaving = leaves;
    pair->left = ngx_current_msec;

    if (pair->state == ngx_http_wsgw_pair_ready) {
        ngx_http_wsgw_pair_listen(pair, 1);
        pair->timer.cancelable = !leaves;
    }

    return leaves;
}
