/*
 * As much of nginx as the zone's files need.
 */

#include "stub.h"
#include "base/block.h"
#include "zone/cycle.h"
#include "zone/slot.h"

#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>


#define STUB_CONNECTIONS  8


typedef struct {
    ngx_cycle_t                    cycle;
    ngx_pool_t                     pool;
    ngx_http_conf_ctx_t            http;
    ngx_http_wsgw_main_conf_t      wmcf;
    ngx_core_conf_t                ccf;
    ngx_shm_zone_t                 shm_zone;
    void                         **conf_ctx[4];
    void                          *main_conf[1];
    ngx_str_t                      env[1];
    ngx_http_wsgw_zone_t          *zones[4];
    void                          *allocated[32];
    ngx_uint_t                     nallocated;
} stub_cycle_t;


ngx_uint_t            stub_speed = 1;
ngx_uint_t            stub_alerts;
char                  stub_last_alert[512];
ngx_str_t             stub_state;

ngx_module_t          ngx_http_wsgw_module;
ngx_module_t          ngx_http_module = { .index = 1 };
ngx_module_t          ngx_core_module = { .index = 2 };

volatile ngx_cycle_t  *ngx_cycle;
static ngx_time_t      stub_time;

volatile ngx_time_t   *ngx_cached_time = &stub_time;
volatile ngx_msec_t    ngx_current_msec;
ngx_uint_t             ngx_pagesize = 4096;
ngx_pid_t              ngx_pid;
ngx_uint_t             ngx_test_config;
ngx_uint_t             ngx_process = NGX_PROCESS_MASTER;
ngx_uint_t             ngx_inherited;

ngx_event_actions_t    ngx_event_actions;
ngx_rbtree_t           ngx_event_timer_rbtree;


static int               stub_epoll = -1;
static ngx_connection_t  stub_connections[STUB_CONNECTIONS];
static ngx_event_t       stub_events[STUB_CONNECTIONS][2];
static ngx_event_t      *stub_timer;
static ngx_log_t         stub_log = { .log_level = NGX_LOG_INFO };
static ngx_cycle_t       stub_none = { .log = &stub_log };

static unsigned          stub_tests, stub_failed;


void
stub_ok(int ok, const char *format, ...)
{
    va_list  args;

    stub_failed += !ok;

    printf("%sok %u - ", ok ? "" : "not ", ++stub_tests);

    va_start(args, format);
    vprintf(format, args);
    va_end(args);

    printf("\n");
    fflush(stdout);
}


int
stub_done(void)
{
    printf("1..%u\n", stub_tests);

    return stub_failed != 0;
}


void
ngx_log_error_core(ngx_uint_t level, ngx_log_t *log, ngx_err_t err,
    const char *fmt, ...)
{
    (void) log;
    (void) err;

    if (level > NGX_LOG_WARN) {
        return;
    }

    stub_alerts++;
    snprintf(stub_last_alert, sizeof(stub_last_alert), "%s", fmt);
}


void
ngx_conf_log_error(ngx_uint_t level, ngx_conf_t *cf, ngx_err_t err,
    const char *fmt, ...)
{
    (void) cf;

    ngx_log_error_core(level, &stub_log, err, fmt);
}


void
ngx_http_wsgw_block_trim(void)
{
}


void *
ngx_alloc(size_t size, ngx_log_t *log)
{
    (void) log;

    return malloc(size);
}


void *
ngx_calloc(size_t size, ngx_log_t *log)
{
    (void) log;

    return calloc(1, size);
}


void *
ngx_pcalloc(ngx_pool_t *pool, size_t size)
{
    stub_cycle_t  *sc;

    sc = (stub_cycle_t *) (void *) ((char *) pool
                                    - offsetof(stub_cycle_t, pool));

    return sc->allocated[sc->nallocated++] = calloc(1, size);
}


ngx_pool_cleanup_t *
ngx_pool_cleanup_add(ngx_pool_t *pool, size_t size)
{
    ngx_pool_cleanup_t  *cln;

    (void) size;

    cln = ngx_pcalloc(pool, sizeof(ngx_pool_cleanup_t));
    cln->next = pool->cleanup;
    pool->cleanup = cln;

    return cln;
}


void *
ngx_array_push(ngx_array_t *a)
{
    return (char *) a->elts + a->size * a->nelts++;
}


/* of the formats in use: %d, %s, %V, %06xD, %Z */

u_char *
ngx_sprintf(u_char *buf, const char *fmt, ...)
{
    char       *p;
    va_list     args;
    ngx_str_t  *s;

    p = (char *) buf;
    va_start(args, fmt);

    for ( /* void */ ; *fmt; fmt++) {

        if (*fmt != '%') {
            *p++ = *fmt;
            continue;
        }

        switch (*++fmt) {

        case 'd':
            p += sprintf(p, "%d", va_arg(args, int));
            break;

        case 's':
            p += sprintf(p, "%s", va_arg(args, char *));
            break;

        case 'V':
            s = va_arg(args, ngx_str_t *);
            p += sprintf(p, "%.*s", (int) s->len, (char *) s->data);
            break;

        case '0':
            fmt += sizeof("6xD") - 1;
            p += sprintf(p, "%06x", va_arg(args, uint32_t));
            break;

        default: /* 'Z' */
            *p++ = '\0';
        }
    }

    va_end(args);

    return (u_char *) p;
}


ngx_int_t
ngx_hextoi(u_char *line, size_t n)
{
    char text[17];

    if (n == 0 || n >= sizeof(text)) {
        return NGX_ERROR;
    }

    memcpy(text, line, n);
    text[n] = '\0';

    return (ngx_int_t) strtoll(text, NULL, 16);
}


ngx_shm_zone_t *
ngx_shared_memory_add(ngx_conf_t *cf, ngx_str_t *name, size_t size, void *tag)
{
    ngx_shm_zone_t  *shm_zone;

    shm_zone = cf->cycle->shared_memory.part.elts;
    cf->cycle->shared_memory.part.nelts = 1;

    shm_zone->shm.name = *name;
    shm_zone->shm.size = size;
    shm_zone->shm.log = &stub_log;
    shm_zone->tag = tag;

    return shm_zone;
}


/* what ngx_init_cycle() does about shared memory, reuse included */

ngx_http_wsgw_zone_t *
stub_zone(ngx_cycle_t *old, size_t size)
{
    static ngx_str_t  name = ngx_string("test");

    void                  *data;
    ngx_conf_t             cf;
    stub_cycle_t          *sc;
    ngx_shm_zone_t        *shm_zone, *oshm_zone;
    ngx_slab_pool_t       *slab;
    ngx_conf_file_t        file;
    ngx_http_wsgw_zone_t  *zone;

    sc = calloc(1, sizeof(stub_cycle_t));

    sc->cycle.pool = &sc->pool;
    sc->cycle.log = &stub_log;
    sc->cycle.old_cycle = old ? old : &stub_none;
    sc->cycle.conf_ctx = (void ****) (void *) sc->conf_ctx;
    sc->cycle.shared_memory.part.elts = &sc->shm_zone;

    sc->ccf.worker_processes = 4;
    sc->ccf.env.elts = sc->env;
    sc->ccf.env.size = sizeof(ngx_str_t);
    sc->conf_ctx[1] = (void *) &sc->http;
    sc->conf_ctx[2] = (void *) &sc->ccf;
    sc->http.main_conf = sc->main_conf;
    sc->main_conf[0] = &sc->wmcf;
    sc->wmcf.zones.elts = sc->zones;
    sc->wmcf.zones.size = sizeof(ngx_http_wsgw_zone_t *);

    ngx_memzero(&cf, sizeof(ngx_conf_t));
    ngx_memzero(&file, sizeof(ngx_conf_file_t));

    cf.cycle = &sc->cycle;
    cf.pool = &sc->pool;
    cf.ctx = &sc->http;
    cf.conf_file = &file;

    ngx_cycle = &sc->cycle;

    zone = ngx_http_wsgw_zone_add(&cf, &name, size, &stub_state);
    shm_zone = zone->shm_zone;
    data = NULL;

    oshm_zone = old ? old->shared_memory.part.elts : NULL;

    if (oshm_zone && oshm_zone->shm.size == size) {
        shm_zone->shm.addr = oshm_zone->shm.addr;
        data = oshm_zone->data;

    } else {
        shm_zone->shm.addr = mmap(NULL, size, PROT_READ|PROT_WRITE,
                                  MAP_SHARED|MAP_ANONYMOUS, -1, 0);

        /* traces of nginx's allocator */

        slab = (ngx_slab_pool_t *) shm_zone->shm.addr;
        slab->end = shm_zone->shm.addr + size;
        slab->start = shm_zone->shm.addr + 2 * 4096;
        ngx_memset(shm_zone->shm.addr + 4096, 0xa5, 4096);
    }

    if (shm_zone->init(shm_zone, data) != NGX_OK) {
        if (data == NULL) {
            munmap(shm_zone->shm.addr, size);
        }

        stub_destroy(&sc->cycle);
        return NULL;
    }

    return zone;
}


ngx_int_t
stub_take(ngx_http_wsgw_zone_t *zone, wsgw_id_t *id, uint64_t api,
    uint64_t connected_at, uint64_t due, u_char *record, size_t len)
{
    ngx_int_t  rc;

    rc = ngx_http_wsgw_slot_take(zone, id, api, connected_at);

    if (rc != NGX_OK || len == 0) {
        return rc;
    }

    rc = ngx_http_wsgw_slot_record(zone, id->slot, due, record, len);

    if (rc != NGX_OK) {
        ngx_http_wsgw_slot_free(zone, id->slot);
    }

    return rc;
}


void
stub_commit(ngx_http_wsgw_zone_t *zone)
{
    ngx_cycle_t     *old;
    ngx_shm_zone_t  *oshm_zone;

    old = zone->cycle->old_cycle;

    ngx_http_wsgw_cycle_retire(zone->cycle);
    ngx_http_wsgw_cycle_commit(zone->cycle, zone);

    if (old == &stub_none) {
        return;
    }

    oshm_zone = old->shared_memory.part.elts;

    if (oshm_zone->shm.addr != zone->shm_zone->shm.addr) {
        munmap(oshm_zone->shm.addr, oshm_zone->shm.size);
    }

    stub_destroy(old);
}


void
stub_destroy(ngx_cycle_t *cycle)
{
    ngx_uint_t           i;
    stub_cycle_t        *sc;
    ngx_pool_cleanup_t  *cln;

    sc = (stub_cycle_t *) (void *) cycle;

    for (cln = sc->pool.cleanup; cln; cln = cln->next) {
        cln->handler(cln->data);
    }

    for (i = 0; i < sc->nallocated; i++) {
        free(sc->allocated[i]);
    }

    free(sc);
}


ngx_connection_t *
ngx_get_connection(ngx_socket_t s, ngx_log_t *log)
{
    ngx_uint_t         i;
    ngx_connection_t  *c;

    for (i = 0; i < STUB_CONNECTIONS; i++) {
        c = &stub_connections[i];

        if (c->read) {
            continue;
        }

        ngx_memzero(stub_events[i], sizeof(stub_events[i]));

        c->read = &stub_events[i][0];
        c->write = &stub_events[i][1];
        c->read->data = c;
        c->write->data = c;
        c->fd = s;
        c->log = log;

        return c;
    }

    return NULL;
}


void
ngx_free_connection(ngx_connection_t *c)
{
    c->read = NULL;
}


static ngx_int_t
stub_add_event(ngx_event_t *ev, ngx_int_t event, ngx_uint_t flags)
{
    ngx_connection_t    *c;
    struct epoll_event   ee;

    (void) event;
    (void) flags;

    c = ev->data;
    ee.events = EPOLLIN|EPOLLET;
    ee.data.ptr = c;

    return epoll_ctl(stub_epoll, EPOLL_CTL_ADD, c->fd, &ee) ? NGX_ERROR
                                                            : NGX_OK;
}


static ngx_int_t
stub_del_event(ngx_event_t *ev, ngx_int_t event, ngx_uint_t flags)
{
    ngx_connection_t  *c;

    (void) event;
    (void) flags;

    c = ev->data;

    return epoll_ctl(stub_epoll, EPOLL_CTL_DEL, c->fd, NULL) ? NGX_ERROR
                                                             : NGX_OK;
}


/* one timer is all that is asked for */

void
ngx_rbtree_insert(ngx_rbtree_t *tree, ngx_rbtree_node_t *node)
{
    (void) tree;

    stub_timer = ngx_rbtree_data(node, ngx_event_t, timer);
}


void
ngx_rbtree_delete(ngx_rbtree_t *tree, ngx_rbtree_node_t *node)
{
    (void) tree;
    (void) node;

    stub_timer = NULL;
}


static void
stub_update_time(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_REALTIME, &ts);

    stub_time.sec = ts.tv_sec;
    stub_time.msec = (ngx_uint_t) ts.tv_nsec / 1000000;
    ngx_cached_time = &stub_time;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    ngx_current_msec = ((ngx_msec_t) ts.tv_sec * 1000
                        + (ngx_msec_t) ts.tv_nsec / 1000000) * stub_speed;
}


void
stub_process(void)
{
    ngx_pid = getpid();
    stub_epoll = epoll_create1(EPOLL_CLOEXEC);
    stub_timer = NULL;

    ngx_memzero(stub_connections, sizeof(stub_connections));

    ngx_event_actions.add = stub_add_event;
    ngx_event_actions.del = stub_del_event;

    stub_update_time();
}


pid_t
stub_spawn(int (*run)(ngx_http_wsgw_zone_t *zone),
    ngx_http_wsgw_zone_t *zone)
{
    pid_t  pid;

    fflush(stdout);

    pid = fork();

    if (pid == 0) {
        stub_process();
        _exit(run(zone));
    }

    return pid;
}


void
stub_turn(int ms)
{
    int                  i, n;
    ngx_event_t         *ev;
    ngx_connection_t    *c;
    struct epoll_event   events[STUB_CONNECTIONS];

    n = epoll_wait(stub_epoll, events, STUB_CONNECTIONS, ms);

    stub_update_time();

    for (i = 0; i < n; i++) {
        c = events[i].data.ptr;
        c->read->handler(c->read);
    }

    ev = stub_timer;

    if (ev && (ngx_msec_int_t) (ev->timer.key - ngx_current_msec) <= 0) {
        ngx_rbtree_delete(&ngx_event_timer_rbtree, &ev->timer);
        ev->timer_set = 0;
        ev->handler(ev);
    }
}
