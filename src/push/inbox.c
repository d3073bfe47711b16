
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What is published to this worker: questions of other nodes, each of which is
 * pushed as one of our own callers' is and answered by a RESULT, and RESULTs of
 * what we have asked.
 */


#include "push/inbox.h"
#include "cluster/pair.h"
#include "push/remote.h"
#include "push/serve.h"
#include "zone/meter.h"


/* a question of another node, until it is answered */

typedef struct {
    ngx_http_wsgw_serve_t          serve;
    ngx_http_wsgw_asker_t          asker;
    ngx_http_wsgw_inbox_t        *inbox;      /* NULL: it has ended */
    ngx_queue_t                    queue;
} ngx_http_wsgw_inbox_one_t;


struct ngx_http_wsgw_inbox_s {
    ngx_http_wsgw_process_t       *process;
    ngx_http_wsgw_pair_t          *pair;
    ngx_queue_t                    served;      /* not yet answered */
    ngx_queue_t                    spare;       /* answered, to be used again */
};


static void ngx_http_wsgw_inbox_changed(void *data, ngx_uint_t ready);
static void ngx_http_wsgw_inbox_message(void *data, ngx_str_t *message);
static void ngx_http_wsgw_inbox_serve(ngx_http_wsgw_inbox_t *inbox,
    ngx_http_wsgw_asker_t *asker, ngx_str_t *message);
static void ngx_http_wsgw_inbox_answer(ngx_http_wsgw_serve_t *serve);


ngx_int_t
ngx_http_wsgw_inbox_start(ngx_http_wsgw_zone_t *zone)
{
    ngx_http_wsgw_inbox_t      *inbox;
    ngx_http_wsgw_pair_user_t   user;

    if (zone->process->inbox) {
        return NGX_OK;
    }

    inbox = ngx_calloc(sizeof(ngx_http_wsgw_inbox_t), ngx_cycle->log);
    if (inbox == NULL) {
        return NGX_ERROR;
    }

    zone->process->inbox = inbox;
    inbox->process = zone->process;
    inbox->pair = zone->process->pair;

    ngx_queue_init(&inbox->served);
    ngx_queue_init(&inbox->spare);

    user.changed = ngx_http_wsgw_inbox_changed;
    user.message = ngx_http_wsgw_inbox_message;
    user.data = inbox;

    ngx_http_wsgw_pair_use(inbox->pair, &user);

    return NGX_OK;
}


/* What is still served finds that nobody is to be answered. */

void
ngx_http_wsgw_inbox_stop(ngx_http_wsgw_zone_t *zone)
{
    ngx_queue_t                *q;
    ngx_http_wsgw_inbox_t      *inbox;
    ngx_http_wsgw_inbox_one_t  *served;

    inbox = zone->process->inbox;

    if (inbox == NULL) {
        return;
    }

    zone->process->inbox = NULL;

    while (!ngx_queue_empty(&inbox->served)) {
        q = ngx_queue_head(&inbox->served);
        ngx_queue_remove(q);

        served = ngx_queue_data(q, ngx_http_wsgw_inbox_one_t, queue);
        served->inbox = NULL;
    }

    while (!ngx_queue_empty(&inbox->spare)) {
        q = ngx_queue_head(&inbox->spare);
        ngx_queue_remove(q);

        ngx_free(ngx_queue_data(q, ngx_http_wsgw_inbox_one_t, queue));
    }

    ngx_free(inbox);
}


/* An answer that cannot leave is dropped: its asker hears of the loss, too. */

static void
ngx_http_wsgw_inbox_changed(void *data, ngx_uint_t ready)
{
    /* void */
}


/* a question of another node, or the RESULT of ours */

static void
ngx_http_wsgw_inbox_message(void *data, ngx_str_t *message)
{
    ngx_http_wsgw_inbox_t *inbox = data;

    ngx_uint_t             verb;
    ngx_http_wsgw_asker_t  asker;

    if (ngx_http_wsgw_question_read_asker(message, &verb, &asker) != NGX_OK) {

        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                       "wsgw push from a node is unreadable len:%uz",
                       message->len);

        ngx_http_wsgw_meter_count(&inbox->process->meter, redis,
                                  ngx_http_wsgw_redis_dropped);
        return;
    }

    if (verb == WSGW_VERB_RESULT) {
        ngx_http_wsgw_remote_result(inbox->process->remote, &asker, message);

    } else {
        ngx_http_wsgw_inbox_serve(inbox, &asker, message);
    }
}


static void
ngx_http_wsgw_inbox_serve(ngx_http_wsgw_inbox_t *inbox,
    ngx_http_wsgw_asker_t *asker, ngx_str_t *message)
{
    ngx_queue_t                    *q;
    ngx_http_wsgw_inbox_one_t  *served;

    if (!ngx_queue_empty(&inbox->spare)) {
        q = ngx_queue_head(&inbox->spare);
        ngx_queue_remove(q);
        served = ngx_queue_data(q, ngx_http_wsgw_inbox_one_t, queue);

    } else {
        served = ngx_alloc(sizeof(ngx_http_wsgw_inbox_one_t),
                           ngx_cycle->log);
        if (served == NULL) {
            return;
        }
    }

    served->inbox = inbox;
    served->asker = *asker;
    served->serve.zone = inbox->process->zone;
    served->serve.asker = &served->asker;
    served->serve.done = ngx_http_wsgw_inbox_answer;
    served->serve.data = served;

    ngx_queue_insert_head(&inbox->served, &served->queue);

    if (ngx_http_wsgw_serve(&served->serve, message) == NGX_OK) {
        return;
    }

    ngx_queue_remove(&served->queue);
    ngx_queue_insert_head(&inbox->spare, &served->queue);

    ngx_http_wsgw_meter_count(&inbox->process->meter, redis,
                              ngx_http_wsgw_redis_dropped);
}


static void
ngx_http_wsgw_inbox_answer(ngx_http_wsgw_serve_t *serve)
{
    ngx_http_wsgw_inbox_t      *inbox;
    ngx_http_wsgw_inbox_one_t  *served;

    served = serve->data;
    inbox = served->inbox;

    if (inbox == NULL) {
        ngx_free(served);
        return;
    }

    if (serve->result.len
        && ngx_http_wsgw_pair_publish(inbox->pair, served->asker.number,
                                      served->asker.worker, &serve->result,
                                      &serve->more, NULL, NULL)
           == NGX_OK)
    {
        ngx_http_wsgw_meter_count(&inbox->process->meter, redis,
                                  ngx_http_wsgw_redis_served);

    } else {
        ngx_http_wsgw_meter_count(&inbox->process->meter, redis,
                                  ngx_http_wsgw_redis_dropped);
    }

    ngx_queue_remove(&served->queue);
    ngx_queue_insert_head(&inbox->spare, &served->queue);
}
