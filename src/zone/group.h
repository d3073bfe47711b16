
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Groups: names under which connections of this process can be reached.  A
 * group exists while it has members; what it costs, its members pay.
 */


#ifndef _NGX_HTTP_WSGW_GROUP_H_INCLUDED_
#define _NGX_HTTP_WSGW_GROUP_H_INCLUDED_


#include "zone/ahead.h"
#include "zone/zone.h"
#include "pure/group_name.h"


#define NGX_HTTP_WSGW_GROUP_NUMBER  255         /* a connection's, at most */

/* a list of all names that a connection may have, commas between them */
#define NGX_HTTP_WSGW_GROUP_LIST                                              \
    (NGX_HTTP_WSGW_GROUP_NUMBER * (WSGW_GROUP_NAME_MAX + 1))


typedef struct ngx_http_wsgw_group_s       ngx_http_wsgw_group_t;
typedef struct ngx_http_wsgw_membership_s  ngx_http_wsgw_membership_t;


struct ngx_http_wsgw_group_s {
    ngx_http_wsgw_group_t         *next;        /* in its bucket */
    uint64_t                       hash;
    ngx_http_wsgw_meter_t         *meter;       /* that counts it */
    ngx_queue_t                    members;     /* who came last is first */
    uint32_t                       count;       /* of them */
    uint32_t                       walks;       /* over them: it stays */
    uint16_t                       len;         /* of the name */
    u_char                         name[1];
};


/* one connection in one group, in a list of each */

struct ngx_http_wsgw_membership_s {
    ngx_queue_t                    queue;       /* in group->members */
    ngx_http_wsgw_group_t         *group;
    ngx_http_wsgw_membership_t    *next;        /* of the connection */
    ngx_http_wsgw_connection_t    *wc;          /* NULL: where a walk is */
};


/* a walk over the members of a group, who may come and go meanwhile */

typedef struct {
    ngx_http_wsgw_zone_t          *zone;
    ngx_http_wsgw_membership_t     mark;        /* group NULL: it is over */
} ngx_http_wsgw_group_walk_t;


/* those whose turn is next, and of the one after them the links */

static ngx_inline void
ngx_http_wsgw_group_ahead(ngx_http_wsgw_group_walk_t *walk)
{
    ngx_uint_t                   i;
    ngx_queue_t                 *q, *end;
    ngx_http_wsgw_membership_t  *member;

    end = ngx_queue_sentinel(&walk->mark.group->members);
    q = &walk->mark.queue;

    for (i = 1; i <= NGX_HTTP_WSGW_AHEAD; i++) {
        q = ngx_queue_next(q);

        if (q == end) {
            return;
        }

        member = ngx_queue_data(q, ngx_http_wsgw_membership_t, queue);
        ngx_http_wsgw_ahead(member->wc, i);
    }

    __builtin_prefetch(ngx_queue_next(q), 1);
}


/* 1: it can be a name */

static ngx_inline ngx_uint_t
ngx_http_wsgw_group_is_name(ngx_str_t *name)
{
    return (ngx_uint_t) wsgw_group_name_is_valid(name->data, name->len);
}


/* Takes the next name off a list; NGX_DONE: there is none left. */

static ngx_inline ngx_int_t
ngx_http_wsgw_group_split(ngx_str_t *list, ngx_str_t *name)
{
    const uint8_t  *p, *last, *found;

    p = list->data;
    last = p + list->len;

    name->len = wsgw_group_name_next(&p, last, &found);
    name->data = (u_char *) found;

    list->data = (u_char *) p;
    list->len = last - p;

    return name->len ? NGX_OK : NGX_DONE;
}


/* of a group: names its bit as well */
uint64_t ngx_http_wsgw_group_hash(ngx_http_wsgw_zone_t *zone, uint32_t stage,
    ngx_str_t *name);

/* NGX_OK: it is a member, and who sends from now on reaches it; NGX_BUSY: it
   has as many groups as it may have; NGX_ERROR: no memory */
ngx_int_t ngx_http_wsgw_group_join(ngx_http_wsgw_connection_t *wc,
    ngx_str_t *name);

void ngx_http_wsgw_group_leave(ngx_http_wsgw_connection_t *wc,
    ngx_str_t *name);
void ngx_http_wsgw_group_leave_all(ngx_http_wsgw_connection_t *wc);

/* the connection of that slot is another struct now */
void ngx_http_wsgw_group_move(ngx_http_wsgw_connection_t *wc);

/* the names of a connection's groups in the order in which it has joined them,
   commas between them; valid until the next call */
ngx_str_t ngx_http_wsgw_group_names(ngx_http_wsgw_connection_t *wc);

/* room for the names of any connection of a worker */
size_t ngx_http_wsgw_group_longest(ngx_http_wsgw_zone_t *zone,
    uint32_t worker);

/* how many members this process has */
ngx_uint_t ngx_http_wsgw_group_count(ngx_http_wsgw_zone_t *zone,
    uint32_t stage, ngx_str_t *name);

/* begins, goes on to the next member (NULL: there is none), ends early */
void ngx_http_wsgw_group_walk(ngx_http_wsgw_group_walk_t *walk,
    ngx_http_wsgw_zone_t *zone, uint32_t stage, ngx_str_t *name);
ngx_http_wsgw_connection_t *ngx_http_wsgw_group_next(
    ngx_http_wsgw_group_walk_t *walk);
void ngx_http_wsgw_group_stop(ngx_http_wsgw_group_walk_t *walk);

/* when the process leaves the zone */
void ngx_http_wsgw_group_free(ngx_http_wsgw_process_t *process);


#endif /* _NGX_HTTP_WSGW_GROUP_H_INCLUDED_ */
