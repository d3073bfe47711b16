
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What types of an answer a client takes: RFC 9110, 12.5.1.
 */


#include "http/accept.h"
#include "event/field.h"


static ngx_str_t ngx_http_wsgw_accept_part(ngx_str_t *rest, u_char end);
static ngx_uint_t ngx_http_wsgw_accept_range(ngx_str_t range,
    const char *type);
static ngx_uint_t ngx_http_wsgw_accept_quality(ngx_str_t *value);


ngx_uint_t
ngx_http_wsgw_accept(ngx_http_request_t *r, const char *type)
{
    ngx_str_t         rest;
    ngx_uint_t        i, quality, best;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    i = 0;
    best = 0;
    part = ngx_http_wsgw_field_first(r);

    for (h = ngx_http_wsgw_field_next(&part, &i);
         h;
         h = ngx_http_wsgw_field_next(&part, &i))
    {
        if (!ngx_http_wsgw_field_is(h, "accept")) {
            continue;
        }

        rest = h->value;

        while (rest.len) {
            quality = ngx_http_wsgw_accept_range(
                                    ngx_http_wsgw_accept_part(&rest, ','),
                                    type);
            best = ngx_max(best, quality);
        }
    }

    return best;
}


/* what comes before the next separator, which may stand in a quoted string */

static ngx_str_t
ngx_http_wsgw_accept_part(ngx_str_t *rest, u_char end)
{
    size_t      i;
    ngx_str_t   part;
    ngx_uint_t  quoted;

    quoted = 0;

    for (i = 0; i < rest->len; i++) {

        if (rest->data[i] == '"') {
            quoted = !quoted;

        } else if (quoted && rest->data[i] == '\\') {
            i++;

        } else if (!quoted && rest->data[i] == end) {
            break;
        }
    }

    i = ngx_min(i, rest->len);

    part.data = rest->data;
    part.len = i;

    rest->data += ngx_min(i + 1, rest->len);
    rest->len -= ngx_min(i + 1, rest->len);

    return ngx_http_wsgw_field_trim(part);
}


/* "type;parameter=value;q=0.5" */

static ngx_uint_t
ngx_http_wsgw_accept_range(ngx_str_t range, const char *type)
{
    ngx_str_t  part;

    part = ngx_http_wsgw_accept_part(&range, ';');

    if (part.len != ngx_strlen(type)
        || ngx_strncasecmp(part.data, (u_char *) type, part.len) != 0)
    {
        return 0;
    }

    while (range.len) {
        part = ngx_http_wsgw_accept_part(&range, ';');

        if (part.len > 2
            && ngx_strncasecmp(part.data, (u_char *) "q=", 2) == 0)
        {
            part.data += 2;
            part.len -= 2;

            return ngx_http_wsgw_accept_quality(&part);
        }
    }

    return 1000;
}


/* what is no number is not wanted */

static ngx_uint_t
ngx_http_wsgw_accept_quality(ngx_str_t *value)
{
    ngx_int_t  q;

    q = ngx_atofp(value->data, value->len, 3);

    return q == NGX_ERROR ? 0 : ngx_min((ngx_uint_t) q, 1000);
}
