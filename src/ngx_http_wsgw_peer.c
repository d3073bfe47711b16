
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The connection's struct is one block: the members, the texts that events
 * need, and copies of both addresses, since nginx's die with the socket.
 */


#include "ngx_http_wsgw_peer.h"
#include "ngx_http_wsgw_registry.h"
#include "wsgw_wire.h"


/* of a $disconnect: context of 8 KB, other texts of 512, and the reason */
#define NGX_HTTP_WSGW_RECORD_MAX  16384


/* sockaddr follows, padded to eight bytes */

typedef struct {
    uint64_t                       len;
    u_char                         sockaddr[1];
} ngx_http_wsgw_address_t;

#define ngx_http_wsgw_address_size(len)                                       \
    (sizeof(uint64_t) + ngx_align(len, sizeof(uint64_t)))


/* of a record; a header's text is cut, the others are ours */

static const struct {
    wsgw_wire_tag_t                tag;
    ngx_uint_t                     cut;
} ngx_http_wsgw_peer_tags[ngx_http_wsgw_text_last] = {
    { WSGW_TAG_SOURCE_IP, 0 },
    { WSGW_TAG_DOMAIN, 1 },
    { WSGW_TAG_HOST, 1 },
    { WSGW_TAG_USER_AGENT, 1 },
    { WSGW_TAG_PATH, 1 },
    { WSGW_TAG_SCHEME, 0 },
    { WSGW_TAG_CONTEXT, 0 },
    { WSGW_TAG_VARIABLES, 0 },
    { WSGW_TAG_CALLBACK, 0 }
};


static void ngx_http_wsgw_peer_read(u_char *record, size_t len,
    ngx_str_t texts[ngx_http_wsgw_text_last]);
static u_char *ngx_http_wsgw_peer_addresses(ngx_http_wsgw_connection_t *wc);
static u_char *ngx_http_wsgw_peer_put_address(u_char *p,
    struct sockaddr *sockaddr, socklen_t len);
static u_char *ngx_http_wsgw_peer_get_address(u_char *p,
    struct sockaddr **sockaddr, socklen_t *len);


ngx_http_wsgw_connection_t *
ngx_http_wsgw_peer_create(ngx_connection_t *c, ngx_http_wsgw_loc_conf_t *wlcf,
    ngx_str_t texts[ngx_http_wsgw_text_last], ngx_log_t *log)
{
    u_char                      *p;
    size_t                       len, size;
    ngx_uint_t                   i;
    ngx_http_wsgw_connection_t  *wc;

    len = 0;

    for (i = 0; i < ngx_http_wsgw_text_last; i++) {
        len += texts[i].len;
    }

    if (len > 65535) {
        ngx_log_error(NGX_LOG_INFO, log, 0,
                      "client sent too large headers for a connection");
        return NULL;
    }

    size = ngx_align(offsetof(ngx_http_wsgw_connection_t, data) + len,
                     sizeof(uint64_t));

    if (c) {
        size += ngx_http_wsgw_address_size(c->socklen)
                + ngx_http_wsgw_address_size(c->local_socklen);
    }

    wc = ngx_calloc(size, log);
    if (wc == NULL) {
        return NULL;
    }

    wc->wlcf = wlcf;
    wc->zone = wlcf->api_zone;
    wc->refs = 1;
    wc->opened = ngx_current_msec;

    p = wc->data;

    for (i = 0; i < ngx_http_wsgw_text_last; i++) {
        if (texts[i].len) {
            p = ngx_cpymem(p, texts[i].data, texts[i].len);
        }

        wc->text_end[i] = (uint16_t) (p - wc->data);
    }

    if (c) {
        p = ngx_http_wsgw_peer_addresses(wc);
        p = ngx_http_wsgw_peer_put_address(p, c->sockaddr, c->socklen);
        (void) ngx_http_wsgw_peer_put_address(p, c->local_sockaddr,
                                              c->local_socklen);
        wc->has_addresses = 1;
        wc->listening = c->listening;
        wc->number = c->number;
    }

    return wc;
}


/* they begin behind the texts; wc itself is aligned */

static u_char *
ngx_http_wsgw_peer_addresses(ngx_http_wsgw_connection_t *wc)
{
    return ngx_align_ptr(wc->data + wc->text_end[ngx_http_wsgw_text_last - 1],
                         sizeof(uint64_t));
}


static u_char *
ngx_http_wsgw_peer_put_address(u_char *p, struct sockaddr *sockaddr,
    socklen_t len)
{
    ngx_http_wsgw_address_t  *a;

    a = (ngx_http_wsgw_address_t *) p;
    a->len = len;
    ngx_memcpy(a->sockaddr, sockaddr, len);

    return p + ngx_http_wsgw_address_size(len);
}


static u_char *
ngx_http_wsgw_peer_get_address(u_char *p, struct sockaddr **sockaddr,
    socklen_t *len)
{
    ngx_http_wsgw_address_t  *a;

    a = (ngx_http_wsgw_address_t *) p;
    *sockaddr = (struct sockaddr *) a->sockaddr;
    *len = (socklen_t) a->len;

    return p + ngx_http_wsgw_address_size(a->len);
}


void
ngx_http_wsgw_connection_addresses(ngx_http_wsgw_connection_t *wc,
    ngx_connection_t *fc)
{
    u_char           *p;
    ngx_listening_t  *ls;

    fc->addr_text = ngx_http_wsgw_connection_text(wc, ngx_http_wsgw_text_addr);

    if (!wc->has_addresses) {
        ls = ngx_cycle->listening.elts;

        fc->listening = ls;
        fc->sockaddr = ls->sockaddr;
        fc->socklen = ls->socklen;
        fc->local_sockaddr = ls->sockaddr;
        fc->local_socklen = ls->socklen;
        return;
    }

    fc->listening = wc->listening;

    p = ngx_http_wsgw_peer_addresses(wc);
    p = ngx_http_wsgw_peer_get_address(p, &fc->sockaddr, &fc->socklen);
    (void) ngx_http_wsgw_peer_get_address(p, &fc->local_sockaddr,
                                          &fc->local_socklen);
}


size_t
ngx_http_wsgw_peer_record(ngx_http_wsgw_connection_t *wc, u_char *buf,
    size_t size)
{
    ngx_str_t           text;
    ngx_uint_t          i;
    wsgw_wire_writer_t  w;

    wsgw_wire_begin(&w, buf, size, WSGW_VERB_RECORD, 0);

    for (i = 0; i < ngx_http_wsgw_text_last; i++) {
        text = ngx_http_wsgw_connection_text(wc, i);

        if (ngx_http_wsgw_peer_tags[i].cut && text.len > 512) {
            text.len = 512;
        }

        if (text.len) {
            wsgw_wire_put_bytes(&w, ngx_http_wsgw_peer_tags[i].tag, text.data,
                                text.len);
        }
    }

    return wsgw_wire_finish(&w);
}


ngx_http_wsgw_connection_t *
ngx_http_wsgw_peer_resume(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_loc_conf_t *wlcf, uint32_t slot)
{
    u_char                       record[NGX_HTTP_WSGW_RECORD_MAX];
    ssize_t                      n;
    ngx_str_t                    texts[ngx_http_wsgw_text_last], reason;
    ngx_http_wsgw_slot_view_t    view;
    ngx_http_wsgw_connection_t  *wc;

    ngx_memzero(texts, sizeof(texts));
    ngx_str_null(&reason);

    n = ngx_http_wsgw_record_read(zone, slot, record, sizeof(record), &reason);

    if (n > 0) {
        ngx_http_wsgw_peer_read(record, (size_t) n, texts);
    }

    wc = ngx_http_wsgw_peer_create(NULL, wlcf, texts, ngx_cycle->log);

    if (wc == NULL || ngx_http_wsgw_connection_rare(wc) == NULL) {
        goto failed;
    }

    if (reason.len) {
        wc->rare->reason.data = ngx_alloc(reason.len, ngx_cycle->log);
        if (wc->rare->reason.data == NULL) {
            goto failed;
        }

        ngx_memcpy(wc->rare->reason.data, reason.data, reason.len);
        wc->rare->reason.len = reason.len;
    }

    ngx_http_wsgw_slot_view(zone, slot, &view);

    wc->zone = zone;
    wc->state = ngx_http_wsgw_closed;
    wc->owed = 1;
    wc->slot = slot;
    wc->secret = view.secret;
    wc->instance = view.instance;
    wc->connected_at = view.connected_at;
    wc->code = (uint16_t) view.code;
    wc->attempt = (uint16_t) (view.attempt + 1);

    return wc;

failed:

    if (wc) {
        ngx_http_wsgw_connection_release(wc);
    }

    return NULL;
}


static void
ngx_http_wsgw_peer_read(u_char *record, size_t len,
    ngx_str_t texts[ngx_http_wsgw_text_last])
{
    ngx_uint_t          i;
    wsgw_wire_field_t   f;
    wsgw_wire_reader_t  r;

    if (wsgw_wire_open(&r, record, len) != WSGW_DONE) {
        return;
    }

    while (wsgw_wire_next(&r, &f)) {

        for (i = 0; i < ngx_http_wsgw_text_last; i++) {
            if (ngx_http_wsgw_peer_tags[i].tag == f.tag) {
                texts[i].data = (u_char *) f.data;
                texts[i].len = f.len;
            }
        }
    }
}


void
ngx_http_wsgw_connection_release(ngx_http_wsgw_connection_t *wc)
{
    if (--wc->refs) {
        return;
    }

    if (wc->rare) {
        if (wc->rare->reason.data) {
            ngx_free(wc->rare->reason.data);
        }

        ngx_free(wc->rare);
    }

    ngx_free(wc);
}


ngx_str_t
ngx_http_wsgw_connection_text(ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_text_e which)
{
    size_t     start;
    ngx_str_t  text;

    start = which ? wc->text_end[which - 1] : 0;

    text.data = wc->data + start;
    text.len = wc->text_end[which] - start;

    return text;
}


void
ngx_http_wsgw_connection_id(ngx_http_wsgw_connection_t *wc,
    u_char id[WSGW_ID_LEN])
{
    wsgw_id_t  i;

    i.instance = wc->instance;
    i.slot = wc->slot;
    i.secret = wc->secret;

    wsgw_id_encode(id, &i);
}


void
ngx_http_wsgw_connection_event_id(ngx_http_wsgw_connection_t *wc,
    uint64_t number, u_char id[WSGW_ID_LEN])
{
    wsgw_id_t  i;

    i.instance = wc->instance;
    i.slot = wc->slot;
    i.secret = wc->secret;

    wsgw_id_request(id, &i, number);
}


void *
ngx_http_wsgw_alloc(size_t size)
{
    void  *p;

    p = ngx_alloc(size, ngx_cycle->log);

    if (p) {
        ngx_http_wsgw_worker.memory += size;
    }

    return p;
}


void *
ngx_http_wsgw_realloc(void *p, size_t old, size_t size)
{
    p = realloc(p, size);

    if (p == NULL) {
        ngx_log_error(NGX_LOG_EMERG, ngx_cycle->log, ngx_errno,
                      "realloc(%uz) failed", size);
        return NULL;
    }

    ngx_http_wsgw_worker.memory += size - old;

    return p;
}


void
ngx_http_wsgw_free(void *p, size_t size)
{
    ngx_http_wsgw_worker.memory -= size;
    ngx_free(p);
}


ngx_http_wsgw_rare_t *
ngx_http_wsgw_connection_rare(ngx_http_wsgw_connection_t *wc)
{
    if (wc->rare == NULL) {
        wc->rare = ngx_calloc(sizeof(ngx_http_wsgw_rare_t), ngx_cycle->log);

        if (wc->rare) {
            wc->rare->wc = wc;
        }
    }

    return wc->rare;
}


void
ngx_http_wsgw_connection_trim(ngx_http_wsgw_connection_t *wc)
{
    ngx_http_wsgw_rare_t  *rare;

    rare = wc->rare;

    if (rare == NULL
        || rare->message || rare->unread || rare->frames || rare->messages
        || rare->reason.data || !wsgw_protocol_idle(&rare->protocol))
    {
        return;
    }

    ngx_free(rare);
    wc->rare = NULL;
}
