
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Whether nginx's structs are those that the module was compiled against.
 * nginx compares versions and options, but a distribution may have patched a
 * header.  So nginx's own functions run here on structs of ours, before any
 * worker is started, and what they leave has to be what we expect.  Sizes come
 * first: where they agree no member is missing, and only bits may differ.
 */


#include "conf/abi.h"


#define NGX_HTTP_WSGW_ABI_SPARE  512


/* A struct of nginx's may be larger than ours. */

typedef union {
    ngx_connection_t               c;
    u_char                         room[sizeof(ngx_connection_t)
                                        + NGX_HTTP_WSGW_ABI_SPARE];
} ngx_http_wsgw_abi_connection_t;


typedef union {
    ngx_event_t                    ev;
    u_char                         room[sizeof(ngx_event_t)
                                        + NGX_HTTP_WSGW_ABI_SPARE];
} ngx_http_wsgw_abi_event_t;


typedef struct {
    ngx_cycle_t                   *cycle;
    ngx_http_wsgw_abi_connection_t connection;
    ngx_http_wsgw_abi_event_t      read;
    ngx_http_wsgw_abi_event_t      write;
} ngx_http_wsgw_abi_t;


static const char *ngx_http_wsgw_abi_cycle(ngx_cycle_t *cycle);
static const char *ngx_http_wsgw_abi_connection(ngx_http_wsgw_abi_t *abi,
    ngx_log_t *log);
static ngx_int_t ngx_http_wsgw_abi_sizes(ngx_http_wsgw_abi_t *abi,
    ngx_socket_t s, ngx_log_t *log);
static size_t ngx_http_wsgw_abi_zeroed(u_char *room, size_t size);
static ngx_uint_t ngx_http_wsgw_abi_read(ngx_connection_t *c);
static ngx_uint_t ngx_http_wsgw_abi_posted(ngx_http_wsgw_abi_t *abi);
static ngx_uint_t ngx_http_wsgw_abi_timer(ngx_event_t *ev);
static void ngx_http_wsgw_abi_handler(ngx_event_t *ev);
static ngx_uint_t ngx_http_wsgw_abi_close(ngx_connection_t *c);
static const char *ngx_http_wsgw_abi_conf(ngx_conf_t *cf);
static const char *ngx_http_wsgw_abi_request(ngx_conf_t *cf,
    ngx_http_wsgw_abi_t *abi);
static ngx_uint_t ngx_http_wsgw_abi_is_request(ngx_http_request_t *r,
    ngx_connection_t *c, ngx_http_connection_t *hc);
static ngx_uint_t ngx_http_wsgw_abi_is_subrequest(ngx_http_request_t *r);


ngx_int_t
ngx_http_wsgw_abi_check(ngx_conf_t *cf)
{
    const char           *name;
    volatile ngx_cycle_t *cycle;
    ngx_http_wsgw_abi_t   abi;

    /* Who sends a signal does not use the module and has to get through. */

    if (ngx_process == NGX_PROCESS_SIGNALLER) {
        return NGX_OK;
    }

    name = ngx_http_wsgw_abi_cycle(cf->cycle);

    if (name == NULL) {
        abi.cycle = cf->cycle;

        cycle = ngx_cycle;
        ngx_cycle = cf->cycle;

        name = ngx_http_wsgw_abi_connection(&abi, cf->log);

        if (name == NULL) {
            name = ngx_http_wsgw_abi_conf(cf);
        }

        if (name == NULL) {
            name = ngx_http_wsgw_abi_request(cf, &abi);
        }

        ngx_cycle = cycle;

        cf->cycle->free_connections = NULL;
        cf->cycle->free_connection_n = 0;
    }

    if (name == NULL) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "ngx_http_wsgw_module was built for another nginx, whose %s "
                  "differs from that of this one: build the module against "
                  "the headers of this nginx, \"make NGINX_SRC=...\"", name);

    return NGX_ERROR;
}


/* Looks at what nginx has made of the cycle so far. */

static const char *
ngx_http_wsgw_abi_cycle(ngx_cycle_t *cycle)
{
    ngx_queue_t  *q;

    q = &cycle->reusable_connections_queue;

    if (q->next != q
        || q->prev != q
        || cycle->config_dump_rbtree.sentinel != &cycle->config_dump_sentinel
        || cycle->paths.size != sizeof(ngx_path_t *)
        || cycle->open_files.size != sizeof(ngx_open_file_t))
    {
        return "ngx_cycle_t";
    }

    if (cycle->shared_memory.size != sizeof(ngx_shm_zone_t)) {
        return "ngx_shm_zone_t";
    }

    if (cycle->listening.size != sizeof(ngx_listening_t)) {
        return "ngx_listening_t";
    }

    return NULL;
}


static const char *
ngx_http_wsgw_abi_connection(ngx_http_wsgw_abi_t *abi, ngx_log_t *log)
{
    const char        *name;
    ngx_socket_t       s[2];
    ngx_connection_t  *c;

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, s) == -1) {
        ngx_log_error(NGX_LOG_WARN, log, ngx_socket_errno,
                      "socketpair() failed, nginx's structs are not checked");
        return NULL;
    }

    (void) close(s[1]);

    c = &abi->connection.c;
    name = NULL;

    if (ngx_http_wsgw_abi_sizes(abi, s[0], log) != NGX_OK) {
        name = "ngx_connection_t or ngx_event_t";

    } else if (!ngx_http_wsgw_abi_read(c)
               || !ngx_http_wsgw_abi_posted(abi)
               || !ngx_http_wsgw_abi_timer(c->read))
    {
        name = "ngx_event_t";

    } else if (!ngx_http_wsgw_abi_close(c)) {
        name = "ngx_connection_t";
    }

    (void) close(s[0]);

    return name;
}


/* nginx zeroes a connection and its events before it fills them. */

static ngx_int_t
ngx_http_wsgw_abi_sizes(ngx_http_wsgw_abi_t *abi, ngx_socket_t s,
    ngx_log_t *log)
{
    ngx_event_t       *rev, *wev;
    ngx_connection_t  *c;

    c = &abi->connection.c;
    rev = &abi->read.ev;
    wev = &abi->write.ev;

    ngx_memset(abi->connection.room, 0xff, sizeof(abi->connection.room));
    ngx_memset(abi->read.room, 0xff, sizeof(abi->read.room));
    ngx_memset(abi->write.room, 0xff, sizeof(abi->write.room));

    c->data = NULL;
    c->read = rev;
    c->write = wev;

    abi->cycle->free_connections = c;
    abi->cycle->free_connection_n = 1;

    if (ngx_get_connection(s, log) != c
        || c->read != rev
        || c->write != wev
        || c->fd != s
        || c->log != log
        || rev->data != c
        || rev->index != NGX_INVALID_INDEX
        || rev->instance != 0
        || rev->write != 0
        || wev->write != 1)
    {
        return NGX_DECLINED;
    }

    if (ngx_http_wsgw_abi_zeroed(abi->connection.room,
                                 sizeof(abi->connection.room))
        != sizeof(ngx_connection_t)
        || ngx_http_wsgw_abi_zeroed(abi->write.room, sizeof(abi->write.room))
           != sizeof(ngx_event_t))
    {
        return NGX_DECLINED;
    }

    rev->log = log;
    wev->log = log;

    return NGX_OK;
}


static size_t
ngx_http_wsgw_abi_zeroed(u_char *room, size_t size)
{
    while (size && room[size - 1] == 0xff) {
        size--;
    }

    return size;
}


/* The other end is closed, which the event has to say. */

static ngx_uint_t
ngx_http_wsgw_abi_read(ngx_connection_t *c)
{
    u_char        ch;
    ngx_event_t  *rev;

    rev = c->read;

    rev->ready = 1;
    rev->available = -1;

    return ngx_unix_recv(c, &ch, 1) == 0
           && rev->ready == 0
           && rev->eof == 1
           && rev->error == 0;
}


static ngx_uint_t
ngx_http_wsgw_abi_posted(ngx_http_wsgw_abi_t *abi)
{
    ngx_event_t  *ev;
    ngx_queue_t   queue;

    ev = abi->connection.c.read;

    ev->handler = ngx_http_wsgw_abi_handler;
    ev->index = 0;

    ngx_queue_init(&queue);
    ngx_post_event(ev, &queue);

    ngx_event_process_posted(abi->cycle, &queue);

    return ev->index == 1 && ev->posted == 0;
}


/* The tree is one of its own, as other timers must not expire here. */

static ngx_uint_t
ngx_http_wsgw_abi_timer(ngx_event_t *ev)
{
    ngx_uint_t         fits;
    ngx_rbtree_t       tree;
    ngx_rbtree_node_t  sentinel;

    tree = ngx_event_timer_rbtree;

    ngx_rbtree_init(&ngx_event_timer_rbtree, &sentinel,
                    ngx_rbtree_insert_timer_value);

    ngx_add_timer(ev, 0);

    ev->cancelable = 1;
    fits = (ngx_event_no_timers_left() == NGX_OK);

    ev->cancelable = 0;
    fits = fits && ngx_event_no_timers_left() == NGX_AGAIN;

    ngx_event_expire_timers();

    fits = fits && ev->index == 2 && ev->timedout == 1 && ev->timer_set == 0;

    ngx_event_timer_rbtree = tree;

    return fits;
}


static void
ngx_http_wsgw_abi_handler(ngx_event_t *ev)
{
    ev->index++;
}


/* A socket that is shared stays open. */

static ngx_uint_t
ngx_http_wsgw_abi_close(ngx_connection_t *c)
{
    ngx_uint_t    fits;
    ngx_socket_t  s;

    s = c->fd;

    ngx_reusable_connection(c, 1);
    fits = (c->reusable == 1);
    ngx_reusable_connection(c, 0);
    fits = fits && c->reusable == 0;

    c->fd = socket(AF_INET, SOCK_STREAM, 0);

    if (c->fd != (ngx_socket_t) -1) {
        fits = fits
               && ngx_tcp_nodelay(c) == NGX_OK
               && c->tcp_nodelay == NGX_TCP_NODELAY_SET;

        (void) close(c->fd);
    }

    c->fd = s;
    c->shared = 1;

    ngx_close_connection(c);

    return fits
           && fcntl(s, F_GETFD) != -1
           && c->fd == (ngx_socket_t) -1
           && c->read->closed == 1;
}


/* In those that are new, numbers are unset and most pointers are NULL. */

static const char *
ngx_http_wsgw_abi_conf(ngx_conf_t *cf)
{
    ngx_http_module_t         *core;
    ngx_http_core_srv_conf_t  *cscf;
    ngx_http_core_loc_conf_t  *clcf;

    core = ngx_http_core_module.ctx;

    cscf = core->create_srv_conf(cf);
    clcf = core->create_loc_conf(cf);

    if (cscf == NULL || clcf == NULL) {
        return NULL;
    }

    if (cscf->server_names.size != sizeof(ngx_http_server_name_t)
        || cscf->file_name != cf->conf_file->file.name.data
        || cscf->server_name.data != NULL
        || cscf->connection_pool_size != NGX_CONF_UNSET_SIZE
        || cscf->client_header_buffer_size != NGX_CONF_UNSET_SIZE
        || cscf->large_client_header_buffers.num != 0
        || cscf->merge_slashes != NGX_CONF_UNSET
        || cscf->named_locations != NULL)
    {
        return "ngx_http_core_srv_conf_t";
    }

    if (clcf->default_type.data != NULL
        || clcf->client_max_body_size != NGX_CONF_UNSET
        || clcf->client_body_buffer_size != NGX_CONF_UNSET_SIZE
        || clcf->error_pages != NULL
        || clcf->open_file_cache != NGX_CONF_UNSET_PTR
        || clcf->open_file_cache_events != NGX_CONF_UNSET
#if (NGX_HTTP_GZIP)
        || clcf->gzip_disable_msie6 != 3
#endif
        || clcf->error_log != NULL)
    {
        return "ngx_http_core_loc_conf_t";
    }

    return NULL;
}


static const char *
ngx_http_wsgw_abi_request(ngx_conf_t *cf, ngx_http_wsgw_abi_t *abi)
{
    ngx_log_t                   log;
    ngx_buf_t                   b;
    ngx_connection_t           *c;
    ngx_http_log_ctx_t          ctx;
    ngx_http_request_t         *r;
    ngx_http_connection_t       hc;
    ngx_http_core_srv_conf_t  **cscf;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    if (cmcf->servers.nelts == 0) {
        return NULL;
    }

    cscf = cmcf->servers.elts;

    ngx_memzero(&ctx, sizeof(ngx_http_log_ctx_t));
    ngx_memzero(&hc, sizeof(ngx_http_connection_t));

    log = *cf->log;
    log.data = &ctx;
    log.handler = NULL;

    hc.conf_ctx = cscf[0]->ctx;

    c = &abi->connection.c;
    c->data = &hc;
    c->buffer = &b;
    c->log = &log;

    r = ngx_http_create_request(c);

    if (r == NULL) {
        return NULL;
    }

#if (NGX_STAT_STUB)
    (void) ngx_atomic_fetch_add(ngx_stat_reading, -1);
    (void) ngx_atomic_fetch_add(ngx_stat_requests, -1);
#endif

    if (!ngx_http_wsgw_abi_is_request(r, c, &hc)
        || !ngx_http_wsgw_abi_is_subrequest(r))
    {
        return "ngx_http_request_t";
    }

    ngx_destroy_pool(r->pool);

    return NULL;
}


static ngx_uint_t
ngx_http_wsgw_abi_is_request(ngx_http_request_t *r, ngx_connection_t *c,
    ngx_http_connection_t *hc)
{
    if (r->signature != NGX_HTTP_MODULE
        || r->connection != c
        || r->main_conf != hc->conf_ctx->main_conf
        || r->loc_conf != hc->conf_ctx->loc_conf
        || r->read_event_handler != ngx_http_block_reading
        || r->header_in != c->buffer
        || r->http_connection != hc
        || r->main != r)
    {
        return 0;
    }

    if (r->headers_in.content_length_n != -1
        || r->headers_in.keep_alive_n != -1
        || r->headers_out.headers.size != sizeof(ngx_table_elt_t)
        || r->headers_out.content_length_n != -1
        || r->headers_out.last_modified_time != -1
        || r->start_sec != ngx_time()
        || r->method != NGX_HTTP_UNKNOWN
        || r->http_version != NGX_HTTP_VERSION_10)
    {
        return 0;
    }

    return r->variables != NULL
           && r->log_handler != NULL
           && r->count == 1
           && r->subrequests == NGX_HTTP_MAX_SUBREQUESTS + 1
           && r->uri_changes == NGX_HTTP_MAX_URI_CHANGES + 1
#if (NGX_STAT_STUB)
           && r->stat_reading == 1
#endif
           && r->http_state == NGX_HTTP_READING_REQUEST_STATE;
}


/* nginx sets bits of a subrequest that lie far apart. */

static ngx_uint_t
ngx_http_wsgw_abi_is_subrequest(ngx_http_request_t *r)
{
    ngx_http_request_t  *sr;

    static ngx_str_t     uri = ngx_string("/");

    r->discard_body = 1;
    r->main_filter_need_in_memory = 1;

    if (ngx_http_subrequest(r, &uri, NULL, &sr, NULL,
                            NGX_HTTP_SUBREQUEST_WAITED
                            |NGX_HTTP_SUBREQUEST_IN_MEMORY
                            |NGX_HTTP_SUBREQUEST_BACKGROUND)
        != NGX_OK)
    {
        return 0;
    }

    return sr->uri.data == uri.data
           && sr->parent == r
           && r->posted_requests
           && r->count == 2
           && sr->subrequest_in_memory
           && sr->waited
           && sr->discard_body
           && sr->internal
           && sr->expect_tested
           && sr->main_filter_need_in_memory
           && sr->filter_need_in_memory
           && sr->background;
}
