
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Groups of this process: a hash table by name, and a list by connection, which
 * is found by its slot, so that one in no group has no member for it.  Nothing
 * of this is in the zone but a bit for each hash; what a killed worker loses
 * are its own members.
 */


#include "zone/group.h"
#include "zone/bits.h"
#include "zone/meter.h"
#include "zone/slot.h"


#define NGX_HTTP_WSGW_GROUP_BUCKETS  64         /* to begin with; doubled */


struct ngx_http_wsgw_group_table_s {
    ngx_http_wsgw_group_t        **bucket;
    ngx_uint_t                     nbuckets;    /* a power of two */
    ngx_uint_t                     ngroups;
    ngx_http_wsgw_membership_t   **member;      /* by slot */
    uint32_t                      *bits;        /* groups with that bit */
    u_char                        *names;       /* a buffer for a list */
};


static ngx_http_wsgw_group_table_t *ngx_http_wsgw_group_table(
    ngx_http_wsgw_zone_t *zone);
static void ngx_http_wsgw_group_table_free(
    ngx_http_wsgw_group_table_t *table);
static ngx_http_wsgw_group_t *ngx_http_wsgw_group_find(
    ngx_http_wsgw_group_table_t *table, uint64_t hash, ngx_str_t *name);
static ngx_http_wsgw_group_t *ngx_http_wsgw_group_add(
    ngx_http_wsgw_connection_t *wc, uint64_t hash, ngx_str_t *name);
static void ngx_http_wsgw_group_grow(ngx_http_wsgw_group_table_t *table);
static void ngx_http_wsgw_group_release(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_group_t *group);
static void ngx_http_wsgw_group_part(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_membership_t *member);
static void ngx_http_wsgw_group_note_longest(ngx_http_wsgw_connection_t *wc);


#define ngx_http_wsgw_group_stage(wc)                                         \
    ngx_http_wsgw_slot_api_stage((wc)->wlcf->api)


uint64_t
ngx_http_wsgw_group_hash(ngx_http_wsgw_zone_t *zone, uint32_t stage,
    ngx_str_t *name)
{
    return wsgw_id_digest(&zone->key, stage, name->data, name->len);
}


ngx_int_t
ngx_http_wsgw_group_join(ngx_http_wsgw_connection_t *wc, ngx_str_t *name)
{
    uint64_t                       hash;
    ngx_uint_t                     n;
    ngx_http_wsgw_zone_t          *zone;
    ngx_http_wsgw_group_t         *group;
    ngx_http_wsgw_membership_t    *member, **link;
    ngx_http_wsgw_group_table_t   *table;

    zone = wc->zone;

    table = ngx_http_wsgw_group_table(zone);
    if (table == NULL) {
        return NGX_ERROR;
    }

    hash = ngx_http_wsgw_group_hash(zone, ngx_http_wsgw_group_stage(wc), name);
    group = ngx_http_wsgw_group_find(table, hash, name);
    n = 0;

    for (link = &table->member[wc->slot]; *link; link = &(*link)->next) {
        if ((*link)->group == group) {
            return NGX_OK;
        }

        n++;
    }

    if (n >= wc->wlcf->max_groups) {
        return NGX_BUSY;
    }

    member = ngx_alloc(sizeof(ngx_http_wsgw_membership_t), ngx_cycle->log);
    if (member == NULL) {
        return NGX_ERROR;
    }

    if (group == NULL) {
        group = ngx_http_wsgw_group_add(wc, hash, name);

        if (group == NULL) {
            ngx_free(member);
            return NGX_ERROR;
        }
    }

    member->group = group;
    member->wc = wc;
    member->next = NULL;
    *link = member;

    ngx_queue_insert_head(&group->members, &member->queue);
    group->count++;

    ngx_http_wsgw_meter_count(wc->wlcf->meter, queues,
                              ngx_http_wsgw_queues_members);

    ngx_http_wsgw_group_note_longest(wc);

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "wsgw group \"%V\" joined by slot:%uD members:%uD",
                   name, wc->slot, group->count);

    return NGX_OK;
}


/* Who describes one of our connections needs room for its groups. */

static void
ngx_http_wsgw_group_note_longest(ngx_http_wsgw_connection_t *wc)
{
    uint32_t                       len;
    ngx_http_wsgw_membership_t    *member;
    ngx_http_wsgw_worker_slot_t   *worker;

    len = 0;

    for (member = wc->zone->process->groups->member[wc->slot];
         member;
         member = member->next)
    {
        len += member->group->len + 1;
    }

    worker = ngx_http_wsgw_worker_slot(wc->zone,
                                       wc->zone->process->self.index);

    if (len > worker->longest) {
        __atomic_store_n(&worker->longest, len, __ATOMIC_RELEASE);
    }
}


/* The system's calloc(), whose untouched pages cost nothing. */

static ngx_http_wsgw_group_table_t *
ngx_http_wsgw_group_table(ngx_http_wsgw_zone_t *zone)
{
    ngx_http_wsgw_group_table_t  *table;

    if (zone->process == NULL) {
        return NULL;
    }

    if (zone->process->groups) {
        return zone->process->groups;
    }

    table = calloc(1, sizeof(ngx_http_wsgw_group_table_t));
    if (table == NULL) {
        return NULL;
    }

    table->nbuckets = NGX_HTTP_WSGW_GROUP_BUCKETS;
    table->bucket = calloc(table->nbuckets, sizeof(ngx_http_wsgw_group_t *));
    table->member = calloc(zone->slots, sizeof(ngx_http_wsgw_membership_t *));
    table->bits = calloc(ngx_http_wsgw_header(zone)->nbits, sizeof(uint32_t));
    table->names = malloc(NGX_HTTP_WSGW_GROUP_LIST);

    if (table->bucket == NULL || table->member == NULL
        || table->bits == NULL || table->names == NULL)
    {
        ngx_http_wsgw_group_table_free(table);
        return NULL;
    }

    zone->process->groups = table;

    return table;
}


static void
ngx_http_wsgw_group_table_free(ngx_http_wsgw_group_table_t *table)
{
    free(table->names);
    free(table->bits);
    free(table->member);
    free(table->bucket);
    free(table);
}


void
ngx_http_wsgw_group_free(ngx_http_wsgw_process_t *process)
{
    ngx_uint_t                    i;
    ngx_queue_t                  *q, *next;
    ngx_http_wsgw_group_t        *group, *after;
    ngx_http_wsgw_membership_t   *member;
    ngx_http_wsgw_group_table_t  *table;

    table = process->groups;

    if (table == NULL) {
        return;
    }

    process->groups = NULL;

    for (i = 0; i < table->nbuckets; i++) {
        for (group = table->bucket[i]; group; group = after) {
            after = group->next;

            for (q = ngx_queue_head(&group->members);
                 q != ngx_queue_sentinel(&group->members);
                 q = next)
            {
                next = ngx_queue_next(q);

                member = ngx_queue_data(q, ngx_http_wsgw_membership_t, queue);

                if (member->wc) {
                    ngx_free(member);
                }
            }

            ngx_free(group);
        }
    }

    ngx_http_wsgw_group_table_free(table);
}


static ngx_http_wsgw_group_t *
ngx_http_wsgw_group_find(ngx_http_wsgw_group_table_t *table, uint64_t hash,
    ngx_str_t *name)
{
    ngx_http_wsgw_group_t  *group;

    for (group = table->bucket[hash & (table->nbuckets - 1)];
         group;
         group = group->next)
    {
        if (group->hash == hash
            && group->len == name->len
            && ngx_memcmp(group->name, name->data, name->len) == 0)
        {
            return group;
        }
    }

    return NULL;
}


static ngx_http_wsgw_group_t *
ngx_http_wsgw_group_add(ngx_http_wsgw_connection_t *wc, uint64_t hash,
    ngx_str_t *name)
{
    ngx_http_wsgw_zone_t          *zone;
    ngx_http_wsgw_group_t         *group, **bucket;
    ngx_http_wsgw_group_table_t   *table;

    zone = wc->zone;
    table = zone->process->groups;

    group = ngx_alloc(offsetof(ngx_http_wsgw_group_t, name) + name->len,
                      ngx_cycle->log);
    if (group == NULL) {
        return NULL;
    }

    group->hash = hash;
    group->meter = wc->wlcf->meter;
    group->count = 0;
    group->walks = 0;
    group->len = (uint16_t) name->len;
    ngx_memcpy(group->name, name->data, name->len);
    ngx_queue_init(&group->members);

    if (table->ngroups >= table->nbuckets) {
        ngx_http_wsgw_group_grow(table);
    }

    bucket = &table->bucket[hash & (table->nbuckets - 1)];
    group->next = *bucket;
    *bucket = group;
    table->ngroups++;

    ngx_http_wsgw_meter_count(group->meter, queues,
                              ngx_http_wsgw_queues_groups);

    if (table->bits[hash % ngx_http_wsgw_header(zone)->nbits]++ == 0) {
        ngx_http_wsgw_bits_set(zone, hash, 1);
    }

    return group;
}


/* Without memory the buckets stay as they are, and get longer. */

static void
ngx_http_wsgw_group_grow(ngx_http_wsgw_group_table_t *table)
{
    ngx_uint_t               i, n;
    ngx_http_wsgw_group_t   *group, *next, **bucket, **to;

    n = 2 * table->nbuckets;

    bucket = calloc(n, sizeof(ngx_http_wsgw_group_t *));
    if (bucket == NULL) {
        return;
    }

    for (i = 0; i < table->nbuckets; i++) {
        for (group = table->bucket[i]; group; group = next) {
            next = group->next;

            to = &bucket[group->hash & (n - 1)];
            group->next = *to;
            *to = group;
        }
    }

    free(table->bucket);

    table->bucket = bucket;
    table->nbuckets = n;
}


/* A group is its members: with the last one it is gone. */

static void
ngx_http_wsgw_group_release(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_group_t *group)
{
    ngx_http_wsgw_group_t        **link;
    ngx_http_wsgw_group_table_t   *table;

    if (group->count || group->walks) {
        return;
    }

    table = zone->process->groups;
    link = &table->bucket[group->hash & (table->nbuckets - 1)];

    while (*link != group) {
        link = &(*link)->next;
    }

    *link = group->next;
    table->ngroups--;

    ngx_http_wsgw_meter_add(group->meter, ngx_http_wsgw_row_queues,
                            ngx_http_wsgw_queues_groups, -1);

    if (--table->bits[group->hash % ngx_http_wsgw_header(zone)->nbits] == 0) {
        ngx_http_wsgw_bits_set(zone, group->hash, 0);
    }

    ngx_free(group);
}


void
ngx_http_wsgw_group_leave(ngx_http_wsgw_connection_t *wc, ngx_str_t *name)
{
    ngx_http_wsgw_group_t         *group;
    ngx_http_wsgw_membership_t    *member, **link;
    ngx_http_wsgw_group_table_t   *table;

    table = wc->zone->process ? wc->zone->process->groups : NULL;

    if (table == NULL) {
        return;
    }

    for (link = &table->member[wc->slot]; *link; link = &(*link)->next) {
        member = *link;
        group = member->group;

        if (group->len == name->len
            && ngx_memcmp(group->name, name->data, name->len) == 0)
        {
            *link = member->next;
            ngx_http_wsgw_group_part(wc->zone, member);
            return;
        }
    }
}


void
ngx_http_wsgw_group_leave_all(ngx_http_wsgw_connection_t *wc)
{
    ngx_http_wsgw_membership_t    *member, *next;
    ngx_http_wsgw_group_table_t   *table;

    table = wc->zone->process ? wc->zone->process->groups : NULL;

    if (table == NULL) {
        return;
    }

    member = table->member[wc->slot];
    table->member[wc->slot] = NULL;

    for ( /* void */ ; member; member = next) {
        next = member->next;
        ngx_http_wsgw_group_part(wc->zone, member);
    }
}


static void
ngx_http_wsgw_group_part(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_membership_t *member)
{
    ngx_http_wsgw_group_t  *group;

    group = member->group;

    ngx_log_debug4(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "wsgw group \"%*s\" left by slot:%uD members:%uD",
                   (size_t) group->len, group->name, member->wc->slot,
                   group->count - 1);

    ngx_http_wsgw_meter_add(member->wc->wlcf->meter, ngx_http_wsgw_row_queues,
                            ngx_http_wsgw_queues_members, -1);

    ngx_queue_remove(&member->queue);
    ngx_free(member);

    group->count--;

    ngx_http_wsgw_group_release(zone, group);
}


void
ngx_http_wsgw_group_move(ngx_http_wsgw_connection_t *wc)
{
    ngx_http_wsgw_membership_t    *member;
    ngx_http_wsgw_group_table_t   *table;

    table = wc->zone->process->groups;

    if (table == NULL) {
        return;
    }

    for (member = table->member[wc->slot]; member; member = member->next) {
        member->wc = wc;
    }
}


ngx_str_t
ngx_http_wsgw_group_names(ngx_http_wsgw_connection_t *wc)
{
    u_char                        *p;
    ngx_str_t                      names;
    ngx_http_wsgw_membership_t    *member;
    ngx_http_wsgw_group_table_t   *table;

    ngx_str_null(&names);

    /* Who has ended has left all of them, and what lingers of its event may
       outlive the zone: the file of an instance that is no more. */

    if (wc->owed) {
        return names;
    }

    table = wc->zone->process ? wc->zone->process->groups : NULL;

    if (table == NULL || wc->zone->local[wc->slot] != wc) {
        return names;
    }

    p = table->names;

    for (member = table->member[wc->slot]; member; member = member->next) {

        if (p > table->names) {
            *p++ = ',';
        }

        p = ngx_cpymem(p, member->group->name, member->group->len);
    }

    names.data = table->names;
    names.len = p - table->names;

    return names;
}


size_t
ngx_http_wsgw_group_longest(ngx_http_wsgw_zone_t *zone, uint32_t worker)
{
    return __atomic_load_n(&ngx_http_wsgw_worker_slot(zone, worker)->longest,
                           __ATOMIC_ACQUIRE);
}


ngx_uint_t
ngx_http_wsgw_group_count(ngx_http_wsgw_zone_t *zone, uint32_t stage,
    ngx_str_t *name)
{
    ngx_http_wsgw_group_t  *group;

    if (zone->process->groups == NULL) {
        return 0;
    }

    group = ngx_http_wsgw_group_find(zone->process->groups,
                                     ngx_http_wsgw_group_hash(zone, stage,
                                                              name),
                                     name);

    return group ? group->count : 0;
}


/* A walk holds its place by a mark among the members. */

void
ngx_http_wsgw_group_walk(ngx_http_wsgw_group_walk_t *walk,
    ngx_http_wsgw_zone_t *zone, uint32_t stage, ngx_str_t *name)
{
    ngx_http_wsgw_group_t  *group;

    walk->zone = zone;
    walk->mark.group = NULL;
    walk->mark.wc = NULL;

    if (zone->process->groups == NULL) {
        return;
    }

    group = ngx_http_wsgw_group_find(zone->process->groups,
                                     ngx_http_wsgw_group_hash(zone, stage,
                                                              name),
                                     name);
    if (group == NULL) {
        return;
    }

    group->walks++;
    walk->mark.group = group;
    ngx_queue_insert_head(&group->members, &walk->mark.queue);
}


ngx_http_wsgw_connection_t *
ngx_http_wsgw_group_next(ngx_http_wsgw_group_walk_t *walk)
{
    ngx_queue_t                 *q, *mark;
    ngx_http_wsgw_membership_t  *member;

    if (walk->mark.group == NULL) {
        return NULL;
    }

    mark = &walk->mark.queue;

    for ( ;; ) {
        q = ngx_queue_next(mark);

        if (q == ngx_queue_sentinel(&walk->mark.group->members)) {
            ngx_http_wsgw_group_stop(walk);
            return NULL;
        }

        ngx_queue_remove(mark);
        ngx_queue_insert_after(q, mark);

        member = ngx_queue_data(q, ngx_http_wsgw_membership_t, queue);

        if (member->wc) {
            ngx_http_wsgw_group_ahead(walk);
            return member->wc;
        }
    }
}


void
ngx_http_wsgw_group_stop(ngx_http_wsgw_group_walk_t *walk)
{
    ngx_http_wsgw_group_t  *group;

    group = walk->mark.group;

    if (group) {
        walk->mark.group = NULL;
        ngx_queue_remove(&walk->mark.queue);
        group->walks--;

        ngx_http_wsgw_group_release(walk->zone, group);
    }
}
