
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The headers that a client sent with its handshake, as they are looked at.
 */


#include "event/field.h"


#define NGX_HTTP_WSGW_FIELD_LONGEST  24


typedef struct {
    const char                    *name;
    ngx_uint_t                     kinds;
} ngx_http_wsgw_field_name_t;


#define ngx_http_wsgw_field_length(n)                                         \
    [n] = (const ngx_http_wsgw_field_name_t [])


/* The names that mean something, by their length: all headers of a handshake
   and of a push are looked up. */

static const ngx_http_wsgw_field_name_t *const
    ngx_http_wsgw_field_names[NGX_HTTP_WSGW_FIELD_LONGEST + 1] =
{
    ngx_http_wsgw_field_length(2) {
        { "te", NGX_HTTP_WSGW_FIELD_REQUEST },
        { NULL, 0 }
    },
    ngx_http_wsgw_field_length(4) {
        { "etag", NGX_HTTP_WSGW_FIELD_REQUEST },
        { "host", NGX_HTTP_WSGW_FIELD_REQUEST },
        { NULL, 0 }
    },
    ngx_http_wsgw_field_length(5) {
        { "range", NGX_HTTP_WSGW_FIELD_REQUEST },
        { NULL, 0 }
    },
    ngx_http_wsgw_field_length(6) {
        { "digest", NGX_HTTP_WSGW_FIELD_REQUEST },
        { "expect", NGX_HTTP_WSGW_FIELD_REQUEST },
        { "pragma", NGX_HTTP_WSGW_FIELD_REQUEST },
        { NULL, 0 }
    },
    ngx_http_wsgw_field_length(7) {
        { "trailer", NGX_HTTP_WSGW_FIELD_REQUEST },
        { "upgrade", NGX_HTTP_WSGW_FIELD_HOP },
        { NULL, 0 }
    },
    ngx_http_wsgw_field_length(8) {
        { "if-match", NGX_HTTP_WSGW_FIELD_REQUEST },
        { "if-range", NGX_HTTP_WSGW_FIELD_REQUEST },
        { NULL, 0 }
    },
    ngx_http_wsgw_field_length(9) {
        { "forwarded", NGX_HTTP_WSGW_FIELD_HOP
                       | NGX_HTTP_WSGW_FIELD_CLIENT },
        { "x-attempt", NGX_HTTP_WSGW_FIELD_OWN },
        { "x-real-ip", NGX_HTTP_WSGW_FIELD_CLIENT },
        { NULL, 0 }
    },
    ngx_http_wsgw_field_length(10) {
        { "connection", NGX_HTTP_WSGW_FIELD_HOP },
        { "keep-alive", NGX_HTTP_WSGW_FIELD_REQUEST },
        { NULL, 0 }
    },
    ngx_http_wsgw_field_length(11) {
        { "content-md5", NGX_HTTP_WSGW_FIELD_REQUEST },
        { "repr-digest", NGX_HTTP_WSGW_FIELD_REQUEST },
        { "x-client-ip", NGX_HTTP_WSGW_FIELD_CLIENT },
        { "x-route-key", NGX_HTTP_WSGW_FIELD_OWN },
        { NULL, 0 }
    },
    ngx_http_wsgw_field_length(12) {
        { "content-type", NGX_HTTP_WSGW_FIELD_REQUEST },
        { "x-event-type", NGX_HTTP_WSGW_FIELD_OWN },
        { "x-request-id", NGX_HTTP_WSGW_FIELD_OWN },
        { NULL, 0 }
    },
    ngx_http_wsgw_field_length(13) {
        { "cache-control", NGX_HTTP_WSGW_FIELD_REQUEST },
        { "content-range", NGX_HTTP_WSGW_FIELD_REQUEST },
        { "if-none-match", NGX_HTTP_WSGW_FIELD_REQUEST },
        { "last-modified", NGX_HTTP_WSGW_FIELD_REQUEST },
        { NULL, 0 }
    },
    ngx_http_wsgw_field_length(14) {
        { "content-digest", NGX_HTTP_WSGW_FIELD_REQUEST },
        { "content-length", NGX_HTTP_WSGW_FIELD_REQUEST },
        { "true-client-ip", NGX_HTTP_WSGW_FIELD_CLIENT },
        { "x-callback-url", NGX_HTTP_WSGW_FIELD_OWN },
        { NULL, 0 }
    },
    ngx_http_wsgw_field_length(15) {
        { "accept-encoding", NGX_HTTP_WSGW_FIELD_REQUEST },
        { "x-connection-id", NGX_HTTP_WSGW_FIELD_OWN },
        { "x-forwarded-for", NGX_HTTP_WSGW_FIELD_HOP
                             | NGX_HTTP_WSGW_FIELD_CLIENT },
        { NULL, 0 }
    },
    ngx_http_wsgw_field_length(16) {
        { "cf-connecting-ip", NGX_HTTP_WSGW_FIELD_CLIENT },
        { "content-encoding", NGX_HTTP_WSGW_FIELD_REQUEST },
        { "content-language", NGX_HTTP_WSGW_FIELD_REQUEST },
        { "content-location", NGX_HTTP_WSGW_FIELD_REQUEST },
        { "fastly-client-ip", NGX_HTTP_WSGW_FIELD_CLIENT },
        { "proxy-connection", NGX_HTTP_WSGW_FIELD_REQUEST },
        { "x-forwarded-host", NGX_HTTP_WSGW_FIELD_HOP },
        { "x-forwarded-port", NGX_HTTP_WSGW_FIELD_HOP },
        { NULL, 0 }
    },
    ngx_http_wsgw_field_length(17) {
        { "if-modified-since", NGX_HTTP_WSGW_FIELD_REQUEST },
        { "transfer-encoding", NGX_HTTP_WSGW_FIELD_REQUEST },
        { "x-disconnect-code", NGX_HTTP_WSGW_FIELD_OWN },
        { "x-forwarded-proto", NGX_HTTP_WSGW_FIELD_HOP },
        { NULL, 0 }
    },
    ngx_http_wsgw_field_length(19) {
        { "content-disposition", NGX_HTTP_WSGW_FIELD_REQUEST },
        { "if-unmodified-since", NGX_HTTP_WSGW_FIELD_REQUEST },
        { "x-cluster-client-ip", NGX_HTTP_WSGW_FIELD_CLIENT },
        { "x-disconnect-reason", NGX_HTTP_WSGW_FIELD_OWN },
        { NULL, 0 }
    },
    ngx_http_wsgw_field_length(24) {
        { "x-amzn-apigateway-api-id", NGX_HTTP_WSGW_FIELD_REQUEST },
        { NULL, 0 }
    }
};


ngx_table_elt_t *
ngx_http_wsgw_field(ngx_http_wsgw_event_t *event, const char *name)
{
    ngx_uint_t        i;
    ngx_table_elt_t  *h;
    ngx_list_part_t  *part;

    part = ngx_http_wsgw_field_first(event->handshake);
    i = 0;

    while ((h = ngx_http_wsgw_field_next(&part, &i)) != NULL) {
        if (ngx_http_wsgw_field_is(h, name)) {
            return h;
        }
    }

    return NULL;
}


ngx_str_t
ngx_http_wsgw_field_trim(ngx_str_t value)
{
    while (value.len && (*value.data == ' ' || *value.data == '\t')) {
        value.data++;
        value.len--;
    }

    while (value.len && (value.data[value.len - 1] == ' '
                         || value.data[value.len - 1] == '\t'))
    {
        value.len--;
    }

    return value;
}


ngx_uint_t
ngx_http_wsgw_field_is_of(ngx_table_elt_t *h, ngx_uint_t kinds)
{
    const ngx_http_wsgw_field_name_t  *n;

    if (h->key.len > NGX_HTTP_WSGW_FIELD_LONGEST
        || ngx_http_wsgw_field_names[h->key.len] == NULL)
    {
        return 0;
    }

    for (n = ngx_http_wsgw_field_names[h->key.len]; n->name; n++) {
        if ((n->kinds & kinds) && ngx_http_wsgw_field_is(h, n->name)) {
            return 1;
        }
    }

    return 0;
}


/* "_" is "-" here, as it is to every backend that is called by CGI's rules */

ngx_uint_t
ngx_http_wsgw_field_is(ngx_table_elt_t *h, const char *name)
{
    u_char  ch;
    size_t  i;

    for (i = 0; i < h->key.len; i++) {
        ch = h->lowcase_key[i];

        if ((ch == '_' ? '-' : ch) != (u_char) name[i]) {
            return 0;
        }
    }

    return name[i] == '\0';
}


/*
 * An answer of ours says what has been done, so there is nothing that could be
 * "not modified", cut or refused by a condition any more.  The filters look at
 * these fields alone; $http_... and logs still find the headers in the list.
 */

void
ngx_http_wsgw_field_unsteer(ngx_http_request_t *r)
{
    r->headers_in.if_modified_since = NULL;
    r->headers_in.if_unmodified_since = NULL;
    r->headers_in.if_match = NULL;
    r->headers_in.if_none_match = NULL;

    r->headers_in.range = NULL;
    r->headers_in.if_range = NULL;

#if (NGX_HTTP_GZIP || NGX_HTTP_HEADERS)
    r->headers_in.accept_encoding = NULL;
#endif
}
