
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The connection's struct is one block: the members, the texts that events
 * need, and copies of both addresses, since nginx's die with the socket.
 */


#include "socket/client.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "pure/utf8.h"
#include "pure/wire.h"
#include "zone/group.h"
#include "zone/number.h"
#include "zone/record.h"
#include "zone/slot.h"
#include "zone/tally.h"


ngx_http_wsgw_client_upward_t  ngx_http_wsgw_client_upward;


/* bytes of a $disconnect's record: context and path have 8 KB, headers and the
   reason the rest */
#define NGX_HTTP_WSGW_RECORD_MAX  16384

#define NGX_HTTP_WSGW_ADDRESS_ALIGN  sizeof(uint32_t)


/* The tags of the texts in a record.  A header's text is cut, the others are
   bounded already. */

static const struct {
    wsgw_wire_tag_t                tag;
    ngx_uint_t                     cut;
} ngx_http_wsgw_client_tags[ngx_http_wsgw_text_last] = {
    { WSGW_TAG_SOURCE_IP, 0 },
    { WSGW_TAG_DOMAIN, 1 },
    { WSGW_TAG_HOST, 1 },
    { WSGW_TAG_USER_AGENT, 1 },
    { WSGW_TAG_PATH, 0 },
    { WSGW_TAG_CONTEXT, 0 },
    { WSGW_TAG_VARIABLES, 0 },
    { WSGW_TAG_CALLBACK, 0 },
    { WSGW_TAG_QUERY, 0 },
    { WSGW_TAG_ACCESS_KEY, 0 },
    { WSGW_TAG_API_KEY, 0 },
    { WSGW_TAG_API_KEY_ID, 0 },
    { WSGW_TAG_TRACE, 0 },
    { WSGW_TAG_SCHEME, 0 }
};


static size_t ngx_http_wsgw_client_port_len(ngx_http_wsgw_connection_t *wc);
static u_char *ngx_http_wsgw_client_address(ngx_http_wsgw_connection_t *wc);
static void ngx_http_wsgw_client_read(u_char *record, size_t len,
    ngx_str_t texts[ngx_http_wsgw_text_last]);


ngx_http_wsgw_connection_t *
ngx_http_wsgw_client_create(ngx_connection_t *c, ngx_http_wsgw_loc_conf_t *wlcf,
    ngx_str_t texts[ngx_http_wsgw_text_last], ngx_log_t *log)
{
    u_char                      *p;
    size_t                       len, size;
    socklen_t                    socklen, local_socklen;
    ngx_uint_t                   i;
    ngx_http_wsgw_connection_t  *wc;

    for (i = 0; i < ngx_http_wsgw_text_kept; i++) {
        if (ngx_http_wsgw_client_tags[i].cut) {
            texts[i].len = wsgw_utf8_cut(texts[i].data, texts[i].len,
                                         NGX_HTTP_WSGW_HEADER_MAX);
        }
    }

    if (ngx_http_wsgw_text_is_same(&texts[ngx_http_wsgw_text_domain],
                                   &texts[ngx_http_wsgw_text_host]))
    {
        texts[ngx_http_wsgw_text_domain].len = 0;
    }

    len = 0;

    for (i = 0; i < ngx_http_wsgw_text_kept; i++) {
        len += texts[i].len;
    }

    socklen = c ? c->socklen : 0;
    local_socklen = c && c->local_sockaddr != c->listening->sockaddr
                    ? c->local_socklen : 0;

    size = ngx_align(offsetof(ngx_http_wsgw_connection_t, data) + len,
                     NGX_HTTP_WSGW_ADDRESS_ALIGN)
           + ngx_align(socklen, NGX_HTTP_WSGW_ADDRESS_ALIGN)
           + ngx_align(local_socklen, NGX_HTTP_WSGW_ADDRESS_ALIGN);

    if (c && wlcf->limits) {
        size += wlcf->limits->nelts * sizeof(uint32_t);
    }

#if (NGX_SSL)
    if (c && c->ssl == NULL)
#else
    if (c)
#endif
    {
        size = ngx_align(size, sizeof(void *)) + sizeof(ngx_log_t);
    }

    wc = ngx_calloc(size, log);
    if (wc == NULL) {
        return NULL;
    }

    wc->wlcf = wlcf;
    wc->zone = wlcf->api_zone;
    wc->refs = 1;
    wc->opened = ngx_current_msec;
    wc->active = wc->opened;
    wc->secure = (texts[ngx_http_wsgw_text_scheme].len
                  == sizeof("https") - 1);

    p = wc->data;

    for (i = 0; i < ngx_http_wsgw_text_kept; i++) {
        if (texts[i].len) {
            p = ngx_cpymem(p, texts[i].data, texts[i].len);
        }

        wc->text_end[i] = (uint16_t) (p - wc->data);
    }

    if (c) {
#if (NGX_HTTP_SSL)
        wc->proxied = (wc->secure != (c->ssl != NULL));
#else
        wc->proxied = wc->secure;
#endif

        wc->socklen = (uint8_t) socklen;
        wc->local_socklen = (uint8_t) local_socklen;
        wc->listening = c->listening;
        wc->number = c->number;
        wc->port_len = ngx_http_wsgw_client_port_len(wc);

        p = ngx_http_wsgw_client_address(wc);
        ngx_memcpy(p, c->sockaddr, socklen);

        if (local_socklen) {
            p += ngx_align(socklen, NGX_HTTP_WSGW_ADDRESS_ALIGN);
            ngx_memcpy(p, c->local_sockaddr, local_socklen);
        }
    }

    return wc;
}


/* nginx has the port as text, after the listening address; a unix socket has
   none.  Behind a proxy that ends TLS the client has used the domain's. */

static size_t
ngx_http_wsgw_client_port_len(ngx_http_wsgw_connection_t *wc)
{
    u_char     *p;
    size_t      len;
    ngx_str_t   addr;

    if (wc->proxied) {
        addr = ngx_http_wsgw_client_text(wc, ngx_http_wsgw_text_domain);

    } else if (ngx_inet_get_port(wc->listening->sockaddr) == 0) {
        return 0;

    } else {
        addr = wc->listening->addr_text;
    }

    p = addr.data + addr.len;

    for (len = 0; len < addr.len && len <= NGX_HTTP_WSGW_PORT_MAX; len++) {
        p--;

        if (*p == ':') {
            return len;
        }

        /* this ends an address of IPv6 that has no port */

        if (*p == ']') {
            break;
        }
    }

    return 0;
}


ngx_http_wsgw_connection_t *
ngx_http_wsgw_client_renew(ngx_connection_t *c, ngx_http_wsgw_connection_t *wc,
    ngx_str_t texts[ngx_http_wsgw_text_last], ngx_log_t *log)
{
    ngx_http_wsgw_connection_t  *again;

    again = ngx_http_wsgw_client_create(c, wc->wlcf, texts, log);
    if (again == NULL) {
        return NULL;
    }

    /* all but what the texts and addresses say of themselves */

    ngx_memcpy(again, wc, offsetof(ngx_http_wsgw_connection_t, socklen));

    again->refs = 1;
    again->zone->local[again->slot] = again;
    ngx_http_wsgw_group_move(again);

    /* a push may have queued frames already */

    if (again->rare) {
        again->rare->wc = again;
        wc->rare = NULL;
    }

    ngx_http_wsgw_client_release(wc);

    return again;
}


/* Returns the client's address, which follows the texts; ours follows it. */

static u_char *
ngx_http_wsgw_client_address(ngx_http_wsgw_connection_t *wc)
{
    return ngx_align_ptr(wc->data + wc->text_end[ngx_http_wsgw_text_kept - 1],
                         NGX_HTTP_WSGW_ADDRESS_ALIGN);
}


uint32_t *
ngx_http_wsgw_client_tallies(ngx_http_wsgw_connection_t *wc)
{
    u_char  *p;

    p = ngx_http_wsgw_client_address(wc)
        + ngx_align(wc->socklen, NGX_HTTP_WSGW_ADDRESS_ALIGN)
        + ngx_align(wc->local_socklen, NGX_HTTP_WSGW_ADDRESS_ALIGN);

    return (uint32_t *) (void *) p;
}


ngx_log_t *
ngx_http_wsgw_client_own_log(ngx_http_wsgw_connection_t *wc)
{
    uint32_t  *p;

    p = ngx_http_wsgw_client_tallies(wc);

    if (wc->wlcf->limits) {
        p += wc->wlcf->limits->nelts;
    }

    return (ngx_log_t *) (void *) ngx_align_ptr(p, sizeof(void *));
}


void
ngx_http_wsgw_client_uncount(ngx_http_wsgw_connection_t *wc)
{
    uint32_t    *tally;
    ngx_uint_t   i;

    /* what was made from a record is counted no more */

    if (wc->wlcf->limits == NULL || wc->socklen == 0) {
        return;
    }

    tally = ngx_http_wsgw_client_tallies(wc);

    for (i = 0; i < wc->wlcf->limits->nelts; i++) {
        if (tally[i]) {
            ngx_http_wsgw_tally_drop(wc->zone, tally[i] - 1);
            tally[i] = 0;
        }
    }
}


void
ngx_http_wsgw_client_release(ngx_http_wsgw_connection_t *wc)
{
    if (--wc->refs) {
        return;
    }

    if (wc->rare) {
        if (wc->rare->reason.data) {
            ngx_free(wc->rare->reason.data);
        }

        ngx_queue_remove(&wc->rare->holding);
        ngx_free(wc->rare);
    }

    ngx_free(wc);
}


size_t
ngx_http_wsgw_client_record(ngx_http_wsgw_connection_t *wc, u_char *buf,
    size_t size)
{
    ngx_str_t           text;
    ngx_uint_t          i;
    wsgw_wire_writer_t  w;

    wsgw_wire_begin(&w, buf, size, WSGW_VERB_RECORD, 0);

    for (i = 0; i < ngx_http_wsgw_text_last; i++) {
        text = ngx_http_wsgw_client_text(wc, i);

        if (text.len) {
            wsgw_wire_put_bytes(&w, ngx_http_wsgw_client_tags[i].tag, text.data,
                                text.len);
        }
    }

    return wsgw_wire_finish(&w);
}


ngx_http_wsgw_connection_t *
ngx_http_wsgw_client_resume(ngx_http_wsgw_zone_t *zone,
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
        ngx_http_wsgw_client_read(record, (size_t) n, texts);
    }

    wc = ngx_http_wsgw_client_create(NULL, wlcf, texts, ngx_cycle->log);
    if (wc == NULL) {
        return NULL;
    }

    if (ngx_http_wsgw_client_keep_reason(wc, &reason) != NGX_OK) {
        ngx_http_wsgw_client_release(wc);
        return NULL;
    }

    ngx_http_wsgw_slot_view(zone, slot, &view);

    ngx_http_wsgw_client_identify(wc, &view.id);

    wc->zone = zone;
    wc->state = ngx_http_wsgw_closed;
    wc->owed = 1;
    wc->connected_at = view.connected_at;
    wc->code = (uint16_t) view.code;
    wc->ended = view.ended;
    wc->attempt = (uint16_t) (view.attempt + 1);

    /* Who opened it need not have lived as long as this host does. */

    wc->opened = ngx_current_msec
                 - (ngx_msec_t) ngx_http_wsgw_clock_since(wc->connected_at);
    wc->active = (ngx_msec_t) view.owed_at;

    return wc;
}


ngx_msec_t
ngx_http_wsgw_client_duration(ngx_http_wsgw_connection_t *wc)
{
    ngx_msec_int_t  ms;

    ms = (ngx_msec_int_t) ((wc->owed ? wc->active : ngx_current_msec)
                           - wc->opened);

    return (ngx_msec_t) ngx_max(ms, 0);
}


static void
ngx_http_wsgw_client_read(u_char *record, size_t len,
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
            if (ngx_http_wsgw_client_tags[i].tag == f.tag) {
                texts[i].data = (u_char *) f.data;
                texts[i].len = f.len;
            }
        }
    }
}


void
ngx_http_wsgw_client_identify(ngx_http_wsgw_connection_t *wc,
    const wsgw_id_t *id)
{
    wc->registered = !(id->number & NGX_HTTP_WSGW_NUMBER_OWN);
    wc->slot = id->slot;
    wc->secret = id->secret;

    wsgw_id_encode(wc->id, id);
}


void
ngx_http_wsgw_client_event_id(ngx_http_wsgw_connection_t *wc,
    uint64_t number, u_char id[WSGW_ID_LEN])
{
    wsgw_id_t  i;

    i.number = ngx_http_wsgw_number_in_id(wc->zone, wc->registered);
    i.slot = wc->slot;
    i.secret = wc->secret;

    wsgw_id_request(id, &i, number, &wc->zone->key);
}


void
ngx_http_wsgw_client_addresses(ngx_http_wsgw_connection_t *wc,
    ngx_connection_t *fc)
{
    u_char           *p;
    ngx_listening_t  *ls;

    fc->addr_text = ngx_http_wsgw_client_text(wc, ngx_http_wsgw_text_addr);

    ls = wc->listening ? wc->listening : ngx_cycle->listening.elts;

    fc->listening = ls;
    fc->sockaddr = ls->sockaddr;
    fc->socklen = ls->socklen;
    fc->local_sockaddr = ls->sockaddr;
    fc->local_socklen = ls->socklen;

    if (wc->socklen) {
        p = ngx_http_wsgw_client_address(wc);
        fc->sockaddr = (struct sockaddr *) p;
        fc->socklen = wc->socklen;

        if (wc->local_socklen) {
            p += ngx_align(wc->socklen, NGX_HTTP_WSGW_ADDRESS_ALIGN);
            fc->local_sockaddr = (struct sockaddr *) p;
            fc->local_socklen = wc->local_socklen;
        }
    }
}


uint64_t
ngx_http_wsgw_client_last_active(ngx_http_wsgw_connection_t *wc)
{
    uint64_t  at;

    at = ngx_http_wsgw_clock() - (ngx_current_msec - wc->active);

    /* Two clocks, each cut to milliseconds, differ by one; and the clock of
       the day may have been set back since the handshake. */

    return ngx_max(at, wc->connected_at);
}


ngx_http_wsgw_rare_t *
ngx_http_wsgw_client_rare(ngx_http_wsgw_connection_t *wc)
{
    if (wc->rare == NULL) {
        wc->rare = ngx_calloc(sizeof(ngx_http_wsgw_rare_t), ngx_cycle->log);

        if (wc->rare) {
            wc->rare->wc = wc;
            ngx_queue_init(&wc->rare->holding);
        }
    }

    return wc->rare;
}


void
ngx_http_wsgw_client_hold(ngx_http_wsgw_rare_t *rare)
{
    if (rare->message == NULL && rare->messages == NULL) {
        ngx_queue_remove(&rare->holding);
        ngx_queue_insert_tail(&ngx_http_wsgw_worker.holding, &rare->holding);
    }
}


void
ngx_http_wsgw_client_trim(ngx_http_wsgw_connection_t *wc)
{
    ngx_http_wsgw_rare_t  *rare;

    rare = wc->rare;

    if (rare == NULL
        || rare->message || rare->unread || rare->frames || rare->messages
        || rare->reason.data || rare->request
        || !wsgw_protocol_is_idle(&rare->protocol))
    {
        return;
    }

    ngx_queue_remove(&rare->holding);
    ngx_free(rare);
    wc->rare = NULL;
}


ngx_int_t
ngx_http_wsgw_client_keep_reason(ngx_http_wsgw_connection_t *wc,
    ngx_str_t *reason)
{
    u_char  *p;

    if (reason->len == 0) {
        return NGX_OK;
    }

    if (ngx_http_wsgw_client_rare(wc) == NULL) {
        return NGX_ERROR;
    }

    p = ngx_alloc(reason->len, ngx_cycle->log);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, reason->data, reason->len);

    wc->rare->reason.data = p;
    wc->rare->reason.len = reason->len;

    return NGX_OK;
}


ngx_str_t
ngx_http_wsgw_client_reason(ngx_http_wsgw_connection_t *wc)
{
    ngx_str_t  none = ngx_null_string;

    return wc->rare ? wc->rare->reason : none;
}


void
ngx_http_wsgw_client_forget_message(ngx_http_wsgw_connection_t *wc)
{
    ngx_http_wsgw_rare_t  *rare;

    rare = wc->rare;

    if (rare && rare->message) {
        ngx_http_wsgw_memory_free(rare->message, rare->message_size);
        rare->message = NULL;
    }
}


void
ngx_http_wsgw_client_discard_input(ngx_http_wsgw_connection_t *wc)
{
    ngx_http_wsgw_rare_t  *rare;

    ngx_http_wsgw_client_forget_message(wc);

    rare = wc->rare;

    if (rare && rare->unread) {
        ngx_http_wsgw_memory_free(rare->unread, rare->unread_len);
        rare->unread = NULL;
    }
}
