
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * An event request: a real ngx_http_request_t on a connection without a
 * socket.  It runs all phases of its location like any internal request; what
 * it would send is taken at send_chain, below every filter.
 */


#include "invoke/invoke.h"
#include "base/block.h"
#include "base/memory.h"
#include "base/spare.h"
#include "base/text.h"
#include "base/worker.h"
#include "invoke/fake.h"
#include "invoke/invoke_request.h"
#include "socket/client.h"
#include "zone/meter.h"


#define NGX_HTTP_WSGW_INVOKE_POOL  4096


static void ngx_http_wsgw_invoke_dequeue(ngx_http_wsgw_invoke_t *inv);
static ngx_uint_t ngx_http_wsgw_invoke_has_free(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t reserved);
static ngx_uint_t ngx_http_wsgw_invoke_turns(ngx_http_wsgw_connection_t *wc);
static void ngx_http_wsgw_invoke_turn_over(ngx_http_wsgw_invoke_t *inv);
static void ngx_http_wsgw_invoke_turn_post(void);
static void ngx_http_wsgw_invoke_turn_handler(ngx_event_t *ev);
static ngx_uint_t ngx_http_wsgw_invoke_next(ngx_queue_t *queue);
static void ngx_http_wsgw_invoke_start(ngx_http_wsgw_invoke_t *inv);
static void ngx_http_wsgw_invoke_closed(void *data);
static void ngx_http_wsgw_invoke_event_handler(ngx_event_t *ev);
static void ngx_http_wsgw_invoke_linger(ngx_http_wsgw_invoke_t *inv);
static void ngx_http_wsgw_invoke_linger_over(ngx_http_wsgw_invoke_t *inv);
static void ngx_http_wsgw_invoke_linger_end(void);
static void ngx_http_wsgw_invoke_abort(ngx_http_wsgw_invoke_t *inv);
static void ngx_http_wsgw_invoke_report(ngx_http_wsgw_invoke_t *inv);
static void ngx_http_wsgw_invoke_free(ngx_http_wsgw_invoke_t *inv);
static u_char *ngx_http_wsgw_invoke_log_error(ngx_log_t *log, u_char *buf,
    size_t len);


static ngx_event_t  ngx_http_wsgw_invoke_turn;


ngx_http_wsgw_invoke_t *
ngx_http_wsgw_invoke_create(ngx_http_wsgw_connection_t *wc)
{
    ngx_pool_t                *pool;
    ngx_http_wsgw_invoke_t    *inv;
    ngx_http_core_loc_conf_t  *clcf;

    pool = ngx_http_wsgw_spare_take(&ngx_http_wsgw_worker.event_pools,
                                    ngx_cycle->log);
    if (pool == NULL) {
        pool = ngx_create_pool(NGX_HTTP_WSGW_INVOKE_POOL, ngx_cycle->log);
        if (pool == NULL) {
            return NULL;
        }
    }

    inv = ngx_pcalloc(pool, sizeof(ngx_http_wsgw_invoke_t));
    if (inv == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    inv->pool = pool;
    ngx_str_set(&inv->answer, "");

    /* until nginx has found the integration's location, and its log */

    clcf = ngx_http_get_module_loc_conf(wc->wlcf->server->ctx,
                                        ngx_http_core_module);

    inv->log = *clcf->error_log;
    inv->log.handler = ngx_http_wsgw_invoke_log_error;
    inv->log.data = &inv->log_ctx;
    inv->log.connection = wc->number;
    inv->log.action = "running an event request";
    pool->log = &inv->log;

    inv->event.handler = ngx_http_wsgw_invoke_event_handler;
    inv->event.data = inv;
    inv->event.log = &inv->log;

    inv->wc = wc;
    wc->refs++;

    return inv;
}


void
ngx_http_wsgw_invoke_discard(ngx_http_wsgw_invoke_t *inv)
{
    inv->state = ngx_http_wsgw_invoke_over;
    ngx_http_wsgw_invoke_free(inv);
}


void
ngx_http_wsgw_invoke_post(ngx_http_wsgw_invoke_t *inv)
{
    inv->state = ngx_http_wsgw_invoke_deferred;
    ngx_post_event(&inv->event, &ngx_posted_events);
}


void
ngx_http_wsgw_invoke_run(ngx_http_wsgw_invoke_t *inv)
{
    ngx_queue_t  *queue;

    queue = inv->reserved ? &ngx_http_wsgw_worker.owed
                          : &ngx_http_wsgw_worker.waiting;

    if (ngx_queue_empty(&ngx_http_wsgw_worker.owed) && ngx_queue_empty(queue)
        && ngx_http_wsgw_invoke_has_free(inv->wc, inv->reserved))
    {
        ngx_http_wsgw_invoke_start(inv);
        return;
    }

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, &inv->log, 0,
                   "wsgw event queued running:%ui",
                   ngx_http_wsgw_worker.events);

    inv->state = ngx_http_wsgw_invoke_queued;
    ngx_queue_insert_tail(queue, &inv->queue);
    ngx_http_wsgw_meter_count(inv->wc->wlcf->meter, queues,
                              ngx_http_wsgw_queues_waiting);
    ngx_http_wsgw_memory_count(inv->body.len);

    if (inv->timeout && !inv->reserved) {
        ngx_add_timer(&inv->event, inv->timeout);
    }
}


ngx_uint_t
ngx_http_wsgw_invoke_has_turn(ngx_http_wsgw_connection_t *wc)
{
    return ngx_queue_empty(&ngx_http_wsgw_worker.owed)
           && ngx_queue_empty(&ngx_http_wsgw_worker.waiting)
           && ngx_http_wsgw_invoke_has_free(wc, 0);
}


void
ngx_http_wsgw_invoke_cancel(ngx_http_wsgw_invoke_t *inv)
{
    if (inv->state == ngx_http_wsgw_invoke_queued) {
        inv->cancelled = 1;
        ngx_http_wsgw_invoke_dequeue(inv);
        ngx_http_wsgw_invoke_report(inv);
    }
}


static void
ngx_http_wsgw_invoke_dequeue(ngx_http_wsgw_invoke_t *inv)
{
    ngx_queue_remove(&inv->queue);
    ngx_http_wsgw_meter_add(inv->wc->wlcf->meter, ngx_http_wsgw_row_queues,
                            ngx_http_wsgw_queues_waiting, -1);
    ngx_http_wsgw_memory_uncount(inv->body.len);
}


/* An eighth of the turns is kept for $disconnects. */

static ngx_uint_t
ngx_http_wsgw_invoke_has_free(ngx_http_wsgw_connection_t *wc,
    ngx_uint_t reserved)
{
    ngx_uint_t  n;

    n = ngx_http_wsgw_invoke_turns(wc);

    if (!reserved && n > 1) {
        n -= ngx_max(n / 8, 1);
    }

    return ngx_http_wsgw_worker.events < n;
}


static ngx_uint_t
ngx_http_wsgw_invoke_turns(ngx_http_wsgw_connection_t *wc)
{
    ngx_http_wsgw_main_conf_t  *wmcf;

    wmcf = ngx_http_get_module_main_conf(wc->wlcf->server->ctx,
                                         ngx_http_wsgw_module);

    return wmcf->worker_events;
}


/* Those who wait get the turn from the event loop. */

static void
ngx_http_wsgw_invoke_turn_over(ngx_http_wsgw_invoke_t *inv)
{
    if (!inv->turn) {
        return;
    }

    inv->turn = 0;
    ngx_http_wsgw_worker.events--;
    ngx_http_wsgw_meter_add(inv->wc->wlcf->meter, ngx_http_wsgw_row_queues,
                            ngx_http_wsgw_queues_running, -1);

    if (!ngx_queue_empty(&ngx_http_wsgw_worker.owed)
        || !ngx_queue_empty(&ngx_http_wsgw_worker.waiting))
    {
        ngx_http_wsgw_invoke_turn_post();
    }
}


static void
ngx_http_wsgw_invoke_turn_post(void)
{
    ngx_http_wsgw_invoke_turn.handler = ngx_http_wsgw_invoke_turn_handler;
    ngx_http_wsgw_invoke_turn.log = ngx_cycle->log;

    ngx_post_event(&ngx_http_wsgw_invoke_turn, &ngx_posted_events);
}


static void
ngx_http_wsgw_invoke_turn_handler(ngx_event_t *ev)
{
    ngx_http_wsgw_invoke_linger_end();

    while (ngx_http_wsgw_invoke_next(&ngx_http_wsgw_worker.owed)) {
        /* void */
    }

    while (ngx_http_wsgw_invoke_next(&ngx_http_wsgw_worker.waiting)) {
        /* void */
    }
}


static ngx_uint_t
ngx_http_wsgw_invoke_next(ngx_queue_t *queue)
{
    ngx_http_wsgw_invoke_t  *inv;

    if (ngx_queue_empty(queue)) {
        return 0;
    }

    inv = ngx_queue_data(ngx_queue_head(queue), ngx_http_wsgw_invoke_t, queue);

    if (!ngx_http_wsgw_invoke_has_free(inv->wc, inv->reserved)) {
        return 0;
    }

    ngx_http_wsgw_invoke_dequeue(inv);
    ngx_http_wsgw_invoke_start(inv);

    return 1;
}


static void
ngx_http_wsgw_invoke_start(ngx_http_wsgw_invoke_t *inv)
{
    ngx_http_request_t  *r;

    if (ngx_http_wsgw_fake_connect(inv, ngx_http_wsgw_invoke_closed) != NGX_OK)
    {
        ngx_http_wsgw_invoke_report(inv);
        return;
    }

    r = inv->request;

    ngx_http_wsgw_text_debug(&inv->log, "wsgw event started \"%V\"", &inv->uri);

    inv->run = 1;
    inv->begun = ngx_current_msec;

    ngx_http_wsgw_worker.events++;
    inv->turn = 1;
    ngx_http_wsgw_meter_count(inv->wc->wlcf->meter, queues,
                              ngx_http_wsgw_queues_running);
    inv->state = ngx_http_wsgw_invoke_entered;

    if (ngx_http_wsgw_invoke_request(inv, r) == NGX_OK) {
        ngx_http_process_request(r);

    } else {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
    }

    if (inv->connection) {
        ngx_http_run_posted_requests(inv->connection);
    }

    if (inv->connection) {
        ngx_http_wsgw_fake_wait(inv->connection);
        ngx_http_wsgw_fake_leave(r);
    }

    if (inv->state == ngx_http_wsgw_invoke_answered) {
        ngx_http_wsgw_invoke_report(inv);
        return;
    }

    inv->state = ngx_http_wsgw_invoke_running;

    /* One that was queued has its timer already, and what is left of the time:
       a $connect's slot falls due at its end, should the worker die. */

    if (inv->timeout && !inv->event.timer_set) {
        ngx_add_timer(&inv->event, inv->timeout);
    }

    if (inv->started) {
        inv->started(inv);
    }
}


/* The last thing that nginx does as it closes the fake connection. */

static void
ngx_http_wsgw_invoke_closed(void *data)
{
    ngx_http_wsgw_invoke_t  *inv = data;

    inv->connection = NULL;
    ngx_http_wsgw_invoke_turn_over(inv);
    ngx_http_wsgw_invoke_linger_over(inv);

    ngx_http_wsgw_invoke_answer_due(inv);
    ngx_http_wsgw_invoke_free(inv);
}


/* The event is a timer while the request waits or runs, and posted else. */

static void
ngx_http_wsgw_invoke_event_handler(ngx_event_t *ev)
{
    ngx_http_wsgw_invoke_t  *inv;

    inv = ev->data;

    switch (inv->state) {

    case ngx_http_wsgw_invoke_deferred:
        ngx_http_wsgw_invoke_run(inv);
        return;

    case ngx_http_wsgw_invoke_queued:
        inv->timedout = 1;
        ngx_http_wsgw_invoke_dequeue(inv);
        break;

    case ngx_http_wsgw_invoke_running:
        inv->timedout = 1;
        ngx_http_wsgw_invoke_abort(inv);
        break;

    default: /* ngx_http_wsgw_invoke_answered */
        if (inv->held && inv->connection) {
            inv->held = 0;
            ngx_http_wsgw_fake_leave(inv->request);
        }

        break;
    }

    ngx_http_wsgw_invoke_report(inv);
}


static void
ngx_http_wsgw_invoke_abort(ngx_http_wsgw_invoke_t *inv)
{
    ngx_http_request_t  *r;

    r = inv->request;

    inv->state = ngx_http_wsgw_invoke_entered;

    /* A post_action would go on with a request whose upstream is still at
       work, so it is taken for one that has been done. */

    r->post_action = 1;
    r->uri_changes = 0;

    /* the request must survive its own cleanup handlers (as in
       ngx_http_request_handler() for a closed connection) */

    r->count++;
    ngx_http_finalize_request(r, NGX_HTTP_CLIENT_CLOSED_REQUEST);

    if (inv->connection) {
        ngx_http_run_posted_requests(inv->connection);
    }
}


/* The state remains "answered" while done() runs, so that the struct stays
   should nginx end meanwhile. */

static void
ngx_http_wsgw_invoke_report(ngx_http_wsgw_invoke_t *inv)
{
    if (inv->event.timer_set) {
        ngx_del_timer(&inv->event);
    }

    if (inv->event.posted) {
        ngx_delete_posted_event(&inv->event);
    }

    if (inv->timedout) {
        inv->status = NGX_HTTP_GATEWAY_TIME_OUT;
    }

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, &inv->log, 0,
                   "wsgw event answered status:%ui len:%uz",
                   inv->status, inv->answer.len);

    inv->state = ngx_http_wsgw_invoke_answered;

    ngx_http_wsgw_invoke_turn_over(inv);

    if (inv->connection) {
        ngx_http_wsgw_invoke_linger(inv);
    }

    inv->done(inv);
    inv->state = ngx_http_wsgw_invoke_over;

    ngx_http_wsgw_invoke_free(inv);
}


/*
 * nginx goes on with the request of an event that was answered: it mirrors it,
 * or has a post_action to do.  Nobody waits for that, so it must not keep a
 * turn; but it takes connections and memory, so it has bounds of its own.
 */

static void
ngx_http_wsgw_invoke_linger(ngx_http_wsgw_invoke_t *inv)
{
    inv->lingering = 1;
    ngx_queue_insert_tail(&ngx_http_wsgw_worker.lingering, &inv->queue);
    ngx_http_wsgw_worker.nlingering++;

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, &inv->log, 0,
                   "wsgw event lingers, of %ui",
                   ngx_http_wsgw_worker.nlingering);

    if (ngx_http_wsgw_worker.nlingering > ngx_http_wsgw_invoke_turns(inv->wc)) {
        ngx_http_wsgw_invoke_turn_post();
    }
}


static void
ngx_http_wsgw_invoke_linger_over(ngx_http_wsgw_invoke_t *inv)
{
    if (inv->lingering) {
        inv->lingering = 0;
        ngx_queue_remove(&inv->queue);
        ngx_http_wsgw_worker.nlingering--;
    }
}


/* Ends the eldest of too many. */

static void
ngx_http_wsgw_invoke_linger_end(void)
{
    ngx_uint_t               level;
    ngx_queue_t             *q;
    ngx_http_wsgw_invoke_t  *inv;

    static time_t  logged;

    while (!ngx_queue_empty(&ngx_http_wsgw_worker.lingering)) {

        q = ngx_queue_head(&ngx_http_wsgw_worker.lingering);
        inv = ngx_queue_data(q, ngx_http_wsgw_invoke_t, queue);

        if (ngx_http_wsgw_worker.nlingering
            <= ngx_http_wsgw_invoke_turns(inv->wc))
        {
            return;
        }

        level = ngx_http_wsgw_worker_level(&logged);

        ngx_log_error(level, &inv->log, 0,
                      "%ui requests go on behind their answers, as with "
                      "\"mirror\" or \"post_action\": the eldest is ended, see "
                      "\"wsgw_worker_events\"",
                      ngx_http_wsgw_worker.nlingering);

        ngx_http_wsgw_invoke_linger_over(inv);

        ngx_http_wsgw_invoke_abort(inv);

        inv->state = ngx_http_wsgw_invoke_over;
        ngx_http_wsgw_invoke_free(inv);
    }
}


/* Frees what is neither the caller's nor nginx's any more. */

static void
ngx_http_wsgw_invoke_free(ngx_http_wsgw_invoke_t *inv)
{
    ngx_pool_t                  *pool;
    ngx_http_wsgw_connection_t  *wc;

    if (inv->connection || inv->state != ngx_http_wsgw_invoke_over) {
        return;
    }

    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, &inv->log, 0, "wsgw event over");

    wc = inv->wc;
    pool = inv->pool;
    pool->log = ngx_cycle->log;

    if (pool->d.next
        || ngx_http_wsgw_spare_is_full(&ngx_http_wsgw_worker.event_pools))
    {
        ngx_destroy_pool(pool);

    } else {
        ngx_http_wsgw_block_pclear(pool);
        ngx_reset_pool(pool);
        ngx_http_wsgw_spare_keep(&ngx_http_wsgw_worker.event_pools, pool);
    }

    ngx_http_wsgw_client_release(wc);
}


static u_char *
ngx_http_wsgw_invoke_log_error(ngx_log_t *log, u_char *buf, size_t len)
{
    u_char                  *p;
    ngx_str_t                addr;
    ngx_http_log_ctx_t      *ctx;
    ngx_http_wsgw_invoke_t  *inv;

    ctx = log->data;
    inv = (ngx_http_wsgw_invoke_t *) ((u_char *) ctx
                               - offsetof(ngx_http_wsgw_invoke_t, log_ctx));

    if (log->action) {
        p = ngx_snprintf(buf, len, " while %s", log->action);
        len -= p - buf;
        buf = p;
    }

    addr = ngx_http_wsgw_client_text(inv->wc, ngx_http_wsgw_text_addr);

    p = ngx_snprintf(buf, len, ", client: %V", &addr);
    len -= p - buf;

    if (ctx->request) {
        return ctx->request->log_handler(ctx->request, ctx->current_request,
                                         p, len);
    }

    return p;
}
