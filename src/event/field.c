
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The headers that a client sent with its handshake, as they are looked at.
 */


#include "event/field.h"


ngx_list_part_t *
ngx_http_wsgw_field_first(ngx_http_request_t *handshake)
{
    return handshake ? &handshake->headers_in.headers.part : NULL;
}


ngx_table_elt_t *
ngx_http_wsgw_field_next(ngx_list_part_t **part, ngx_uint_t *i)
{
    ngx_table_elt_t  *h;

    while (*part) {

        if (*i < (*part)->nelts) {
            h = (*part)->elts;
            return &h[(*i)++];
        }

        *part = (*part)->next;
        *i = 0;
    }

    return NULL;
}


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
ngx_http_wsgw_field_one_of(ngx_table_elt_t *h, const char *const *names)
{
    for ( /* void */ ; *names; names++) {
        if (h->key.len && h->lowcase_key[0] == (u_char) **names
            && ngx_http_wsgw_field_is(h, *names))
        {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
ngx_http_wsgw_field_names_client(ngx_table_elt_t *h)
{
    static const char *const  names[] = {
        "x-real-ip", "x-client-ip", "x-cluster-client-ip", "true-client-ip",
        "cf-connecting-ip", "fastly-client-ip", NULL
    };

    return ngx_http_wsgw_field_one_of(h, names);
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
