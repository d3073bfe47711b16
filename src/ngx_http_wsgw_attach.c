
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A process as a member of a zone: its worker slot, the lock that tells the
 * others it lives, its random numbers, and what becomes of the slot of one that
 * died.
 */


#include "ngx_http_wsgw_zone.h"
#include "ngx_http_wsgw_failpoint.h"
#include "ngx_http_wsgw_masters.h"

#include <sys/random.h>


/* of a worker slot, in the file that all instances of a zone may have */

#define ngx_http_wsgw_lock_byte(instance, index)                              \
    ((off_t) (instance) << 20 | (index))


static ngx_int_t ngx_http_wsgw_attach_open_lock(
    ngx_http_wsgw_process_t *process, ngx_log_t *log);
static ngx_int_t ngx_http_wsgw_attach_lock(ngx_http_wsgw_process_t *process,
    uint32_t index, int type);
static ngx_uint_t ngx_http_wsgw_attach_is_locked(int fd, off_t start,
    off_t len);
static void ngx_http_wsgw_attach_reset(ngx_http_wsgw_process_t *process,
    uint32_t index);
static ngx_int_t ngx_http_wsgw_attach_claim(ngx_http_wsgw_process_t *process,
    ngx_log_t *log);
static ngx_int_t ngx_http_wsgw_attach_init(ngx_http_wsgw_process_t *process);
static ngx_uint_t ngx_http_wsgw_attach_is_reload(ngx_http_wsgw_zone_t *zone);
static void ngx_http_wsgw_attach_free(ngx_http_wsgw_process_t *process);


ngx_int_t
ngx_http_wsgw_zone_attach(ngx_http_wsgw_zone_t *zone, ngx_log_t *log)
{
    ngx_http_wsgw_process_t  *process;

    if (zone->process) {
        return NGX_OK;
    }

    process = ngx_calloc(sizeof(ngx_http_wsgw_process_t), log);
    if (process == NULL) {
        return NGX_ERROR;
    }

    process->zone = zone;
    process->lock = -1;

    ngx_queue_init(&process->sent);
    ngx_queue_init(&process->owed);

    if (ngx_http_wsgw_attach_open_lock(process, log) != NGX_OK
        || ngx_http_wsgw_attach_claim(process, log) != NGX_OK)
    {
        ngx_http_wsgw_attach_free(process);
        return NGX_ERROR;
    }

    zone->process = process;

    if (ngx_http_wsgw_attach_init(process) != NGX_OK
        || (!zone->orphan && ngx_http_wsgw_mailbox_open(zone, log) != NGX_OK))
    {
        ngx_http_wsgw_zone_detach(zone);
        return NGX_ERROR;
    }

    ngx_log_debug4(NGX_LOG_DEBUG_HTTP, log, 0,
                   "wsgw zone \"%V\": worker slot %uD, epoch %uD, "
                   "instance %uD", &zone->name, process->self.index,
                   process->self.epoch, zone->instance);

    return NGX_OK;
}


void
ngx_http_wsgw_zone_detach(ngx_http_wsgw_zone_t *zone)
{
    ngx_http_wsgw_process_t  *process;

    process = zone->process;

    if (process == NULL) {
        return;
    }

    ngx_http_wsgw_mailbox_close(zone);

    if (process->listen) {
        ngx_http_wsgw_process_unwatch(process->listen);
    }

    ngx_http_wsgw_pool_close(&process->slots);
    ngx_http_wsgw_pool_close(&process->records);
    ngx_http_wsgw_pool_close(&process->letters);

    /* whatever is left has a dead owner from here on */

    ngx_http_wsgw_attach_reset(process, process->self.index);
    ngx_http_wsgw_attach_lock(process, process->self.index, F_UNLCK);

    zone->process = NULL;

    ngx_http_wsgw_attach_free(process);
}


ngx_connection_t *
ngx_http_wsgw_process_watch(ngx_http_wsgw_process_t *process, int fd,
    ngx_event_handler_pt handler, ngx_log_t *log)
{
    ngx_connection_t  *c;

    c = ngx_get_connection(fd, log);
    if (c == NULL) {
        return NULL;
    }

    c->data = process;
    c->log = ngx_cycle->log;

    c->read->handler = handler;
    c->read->log = c->log;
    c->write->log = c->log;

    if (ngx_add_event(c->read, NGX_READ_EVENT, NGX_CLEAR_EVENT) != NGX_OK) {
        ngx_free_connection(c);
        c->fd = (ngx_socket_t) -1;
        return NULL;
    }

    return c;
}


void
ngx_http_wsgw_process_unwatch(ngx_connection_t *c)
{
    ngx_del_event(c->read, NGX_READ_EVENT, 0);
    ngx_free_connection(c);

    c->fd = (ngx_socket_t) -1;
}


/*
 * A lock belongs to an open file description, and those that the master opened
 * are shared by all its children: so we open the file once more.  Without
 * /proc a lock of the old kind serves, which belongs to a process, as long as
 * nobody in it closes the file.
 */

static ngx_int_t
ngx_http_wsgw_attach_open_lock(ngx_http_wsgw_process_t *process,
    ngx_log_t *log)
{
    int     fd;
    u_char  path[sizeof("/proc/self/fd/") + NGX_INT_T_LEN];

    fd = process->zone->descriptors->lock;

    ngx_sprintf(path, "/proc/self/fd/%d%Z", fd);

    process->lock = open((char *) path, O_RDWR|O_CLOEXEC);

    if (process->lock == -1) {
        ngx_log_error(NGX_LOG_INFO, log, ngx_errno,
                      "open() \"%s\" failed, using a lock of the process",
                      path);

        process->lock = fd;
        process->shared_lock = 1;

        ngx_http_wsgw_masters_attach();
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_wsgw_attach_lock(ngx_http_wsgw_process_t *process, uint32_t index,
    int type)
{
    struct flock  fl;

    ngx_memzero(&fl, sizeof(struct flock));

    fl.l_type = (short) type;
    fl.l_whence = SEEK_SET;
    fl.l_start = ngx_http_wsgw_lock_byte(process->zone->instance, index);
    fl.l_len = 1;

    if (fcntl(process->lock,
              process->shared_lock ? F_SETLK : F_OFD_SETLK, &fl) == -1)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


ngx_uint_t
ngx_http_wsgw_owner_alive(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_owner_t owner)
{
    ngx_http_wsgw_worker_slot_t  *worker;

    /* what no owner can be is nobody's to inherit */

    if (owner.index >= ngx_http_wsgw_header(zone)->nworkers) {
        return 1;
    }

    worker = ngx_http_wsgw_worker_slot(zone, owner.index);

    if (__atomic_load_n(&worker->epoch, __ATOMIC_ACQUIRE) != owner.epoch) {
        return 0;
    }

    if (zone->process && zone->process->self.index == owner.index) {
        return 1;
    }

    return ngx_http_wsgw_attach_is_locked(zone->descriptors->lock,
                                ngx_http_wsgw_lock_byte(zone->instance,
                                                        owner.index),
                                          1);
}


/* sees locks of either kind; an error tells nothing, so not a death */

static ngx_uint_t
ngx_http_wsgw_attach_is_locked(int fd, off_t start, off_t len)
{
    struct flock  fl;

    ngx_memzero(&fl, sizeof(struct flock));

    fl.l_type = F_WRLCK;
    fl.l_whence = SEEK_SET;
    fl.l_start = start;
    fl.l_len = len;

    return fcntl(fd, F_OFD_GETLK, &fl) == -1 || fl.l_type != F_UNLCK;
}


ngx_uint_t
ngx_http_wsgw_zone_predecessor(ngx_http_wsgw_zone_t *zone, uint32_t instance)
{
    return instance != zone->instance
           && (ngx_http_wsgw_masters_others()
               || ngx_http_wsgw_instance_alive(zone, instance));
}


/* any byte of its own: of any worker */

ngx_uint_t
ngx_http_wsgw_instance_alive(ngx_http_wsgw_zone_t *zone, uint32_t instance)
{
    return ngx_http_wsgw_attach_is_locked(zone->descriptors->lock,
                                          ngx_http_wsgw_lock_byte(instance, 0),
                                          ngx_http_wsgw_lock_byte(1, 0));
}


/* takes the first worker slot that nobody holds, dead ones included */

static ngx_int_t
ngx_http_wsgw_attach_claim(ngx_http_wsgw_process_t *process, ngx_log_t *log)
{
    uint32_t                 i;
    ngx_http_wsgw_zone_t    *zone;
    ngx_http_wsgw_header_t  *h;

    zone = process->zone;
    h = ngx_http_wsgw_header(zone);

    for (i = 0; i < h->nworkers; i++) {

        if (ngx_http_wsgw_attach_lock(process, i, F_WRLCK) == NGX_OK) {
            goto found;
        }
    }

    if (!zone->full) {
        zone->full = 1;
        ngx_log_error(NGX_LOG_CRIT, log, 0,
                      "all %uD worker slots of zone \"%V\" are taken, "
                      "handshakes are refused", h->nworkers, &zone->name);
    }

    return NGX_ERROR;

found:

    ngx_http_wsgw_failpoint("worker_locked");

    ngx_http_wsgw_attach_reset(process, i);

    process->self.index = i;
    process->self.epoch = ngx_http_wsgw_worker_slot(zone, i)->epoch;

    return NGX_OK;
}


/*
 * Makes the slot, whose lock we hold, one that nobody was ever in: nothing has
 * the new epoch yet.  Dying anywhere in it, the next holder does it again.
 */

static void
ngx_http_wsgw_attach_reset(ngx_http_wsgw_process_t *process, uint32_t index)
{
    uint32_t                      i;
    ngx_http_wsgw_zone_t         *zone;
    ngx_http_wsgw_worker_slot_t  *worker;

    zone = process->zone;
    worker = ngx_http_wsgw_worker_slot(zone, index);

    __atomic_store_n(&worker->generation, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&worker->epoch, worker->epoch + 1, __ATOMIC_RELEASE);

    ngx_http_wsgw_failpoint("worker_epoch");

    for (i = 0; i < ngx_http_wsgw_header(zone)->nworkers; i++) {
        __atomic_store_n(&ngx_http_wsgw_worker_slot(zone, i)->load[index], 0,
                         __ATOMIC_RELAXED);
    }

    /* twice: who waits for a letter to get lost counts two whole drains */

    ngx_http_wsgw_mailbox_drain(process, index);
    ngx_http_wsgw_mailbox_drain(process, index);
}


ngx_int_t
ngx_http_wsgw_worker_bury(ngx_http_wsgw_process_t *process, uint32_t index)
{
    if (ngx_http_wsgw_worker_inherit(process, index) != NGX_OK) {
        return NGX_DECLINED;
    }

    ngx_http_wsgw_worker_leave(process, index);

    return NGX_OK;
}


ngx_int_t
ngx_http_wsgw_worker_inherit(ngx_http_wsgw_process_t *process, uint32_t index)
{
    if (index == process->self.index
        || ngx_http_wsgw_attach_lock(process, index, F_WRLCK) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    ngx_http_wsgw_attach_reset(process, index);

    return NGX_OK;
}


void
ngx_http_wsgw_worker_leave(ngx_http_wsgw_process_t *process, uint32_t index)
{
    ngx_http_wsgw_attach_lock(process, index, F_UNLCK);
}


static ngx_int_t
ngx_http_wsgw_attach_init(ngx_http_wsgw_process_t *process)
{
    u_char                       *base;
    uint32_t                      newest;
    uint64_t                      me;
    ngx_http_wsgw_zone_t         *zone;
    ngx_http_wsgw_header_t       *h;
    ngx_http_wsgw_worker_slot_t  *worker;

    zone = process->zone;
    base = zone->base;
    h = ngx_http_wsgw_header(zone);
    worker = ngx_http_wsgw_worker_slot(zone, process->self.index);
    me = ngx_http_wsgw_owner_word(&process->self);

#define first(table)  (process->self.index * (table)->stripes / h->nworkers)

    if (ngx_http_wsgw_pool_init(&process->slots, base, &h->slots, me,
                                first(&h->slots), ngx_http_wsgw_slot_used)
        != NGX_OK
        || ngx_http_wsgw_pool_init(&process->records, base, &h->records, me,
                                   first(&h->records),
                                   ngx_http_wsgw_record_used)
        != NGX_OK
        || ngx_http_wsgw_pool_init(&process->letters, base, &h->letters, me,
                                   first(&h->letters), NULL)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

#undef first

    /* of the system itself: pages that are not touched cost nothing */

    zone->local = calloc(zone->slots, sizeof(ngx_http_wsgw_connection_t *));
    process->owing = calloc(zone->slots, sizeof(ngx_queue_t));
    process->letter = calloc((size_t) h->letters.stripes << h->letters.shift,
                             sizeof(ngx_http_wsgw_letter_t *));

    process->reclaim = ngx_http_wsgw_reclaim_create(zone);

    if (zone->local == NULL
        || process->owing == NULL
        || process->letter == NULL
        || process->reclaim == NULL)
    {
        return NGX_ERROR;
    }

    newest = __atomic_load_n(&h->attached, __ATOMIC_RELAXED);

    while (newest < zone->generation
           && !__atomic_compare_exchange_n(&h->attached, &newest,
                                           zone->generation, 0,
                                           __ATOMIC_RELAXED, __ATOMIC_RELAXED))
    {
        /* void */
    }

    __atomic_store_n(&worker->generation, zone->generation, __ATOMIC_RELEASE);

    return NGX_OK;
}


/*
 * A reload goes on in a new zone or in workers of a newer generation.  While
 * nginx's binary is being replaced, the other master's workers go on.
 */

ngx_uint_t
ngx_http_wsgw_zone_succeeded(ngx_http_wsgw_zone_t *zone)
{
    return ngx_http_wsgw_header(zone)->successor
           || ngx_http_wsgw_masters_others()
           || ngx_http_wsgw_attach_is_reload(zone);
}


/*
 * The other master's workers are in a zone of their own, as those of a zone of
 * another size.  A reload's are in this one.
 */

ngx_uint_t
ngx_http_wsgw_zone_is_last(ngx_http_wsgw_zone_t *zone)
{
    if (zone->descriptors->map) {
        return 0;
    }

    return ngx_http_wsgw_header(zone)->successor
           || (ngx_http_wsgw_masters_others()
               && !ngx_http_wsgw_attach_is_reload(zone));
}


/*
 * Workers of a newer generation may not have come as far as here yet; later
 * they may be gone again.
 */

static ngx_uint_t
ngx_http_wsgw_attach_is_reload(ngx_http_wsgw_zone_t *zone)
{
    uint32_t                      i, committed, attached;
    ngx_http_wsgw_owner_t         owner;
    ngx_http_wsgw_header_t       *h;
    ngx_http_wsgw_worker_slot_t  *worker;

    h = ngx_http_wsgw_header(zone);

    attached = __atomic_load_n(&h->attached, __ATOMIC_ACQUIRE);
    committed = __atomic_load_n(&h->generation, __ATOMIC_ACQUIRE);

    if (committed > attached) {
        return 1;
    }

    for (i = 0; i < h->nworkers; i++) {
        worker = ngx_http_wsgw_worker_slot(zone, i);

        owner.index = i;
        owner.epoch = __atomic_load_n(&worker->epoch, __ATOMIC_ACQUIRE);

        if (__atomic_load_n(&worker->generation, __ATOMIC_ACQUIRE)
            > zone->generation
            && ngx_http_wsgw_owner_alive(zone, owner))
        {
            return 1;
        }
    }

    return 0;
}


static void
ngx_http_wsgw_attach_free(ngx_http_wsgw_process_t *process)
{
    if (process->lock != -1 && !process->shared_lock) {
        (void) close(process->lock);
    }

    if (process->sweep.timer_set) {
        ngx_del_timer(&process->sweep);
    }

    if (process->scratch) {
        ngx_free(process->scratch);
    }

    if (process->reclaim) {
        ngx_free(process->reclaim);
    }

    free(process->letter);
    free(process->owing);
    free(process->zone->local);
    process->zone->local = NULL;

    ngx_free(process);
}


/* in batches; the process is checked as a child inherits what is left */

ngx_int_t
ngx_http_wsgw_random(uint64_t *secret)
{
    static uint64_t    batch[32];
    static ngx_pid_t   pid;
    static ngx_uint_t  left;

    if (left == 0 || pid != ngx_pid) {

        if (getrandom(batch, sizeof(batch), 0) != (ssize_t) sizeof(batch)) {
            ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, ngx_errno,
                          "getrandom() failed");
            return NGX_ERROR;
        }

        left = sizeof(batch) / sizeof(batch[0]);
        pid = ngx_pid;
    }

    *secret = batch[--left] >> (64 - WSGW_ID_SECRET_BITS);
    batch[left] = 0;

    return NGX_OK;
}
