
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What a connection keeps of its handshake: texts for its events.
 */


#include "http/texts.h"
#include "event/authorizer.h"
#include "event/event.h"
#include "event/field.h"
#include "event/trace.h"
#include "http/domain.h"
#include "http/mapping.h"
#include "http/refuse.h"
#include "http/request.h"
#include "socket/client.h"


static ngx_int_t ngx_http_wsgw_texts_fit(ngx_http_request_t *r,
    ngx_str_t texts[ngx_http_wsgw_text_last]);
static ngx_int_t ngx_http_wsgw_texts_callback(ngx_http_request_t *r,
    ngx_str_t *url);


ngx_int_t
ngx_http_wsgw_texts(ngx_http_request_t *r,
    ngx_str_t texts[ngx_http_wsgw_text_last])
{
    ngx_int_t                  rc;
    ngx_str_t                  text;
    ngx_uint_t                 i;
    ngx_table_elt_t           *h;
    ngx_list_part_t           *part;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    ngx_memzero(texts, sizeof(ngx_str_t) * ngx_http_wsgw_text_last);

    texts[ngx_http_wsgw_text_addr] = r->connection->addr_text;

    /* The last of several is taken, as in an event's headers. */

    part = ngx_http_wsgw_field_first(r);
    i = 0;

    while ((h = ngx_http_wsgw_field_next(&part, &i)) != NULL) {
        if (ngx_http_wsgw_request_is(h, "user-agent")) {
            texts[ngx_http_wsgw_text_agent] = h->value;
        }
    }

    (void) ngx_http_wsgw_request_path(r, &texts[ngx_http_wsgw_text_path]);

    if (ngx_http_wsgw_mapping_arguments(r, &texts[ngx_http_wsgw_text_query])
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_wsgw_domain_scheme(r, &texts[ngx_http_wsgw_text_scheme])
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_wsgw_domain(r, &texts[ngx_http_wsgw_text_scheme],
                              &texts[ngx_http_wsgw_text_host],
                              &texts[ngx_http_wsgw_text_domain]);
    if (rc == NGX_DECLINED) {
        text = ngx_http_wsgw_domain_asked(r);
        text = ngx_http_wsgw_refuse_cut(text);

        return ngx_http_wsgw_refuse_because(r, ngx_http_wsgw_refuse_host,
                    NGX_HTTP_BAD_REQUEST, "Host \"%V\" is no host with or "
                    "without a port, and the server has no name; see domain= "
                    "of wsgw_api", &text);
    }

    if (rc != NGX_OK
        || ngx_http_wsgw_texts_callback(r, &texts[ngx_http_wsgw_text_callback])
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_wsgw_event_members(r, wlcf->stage_variables,
                                    &texts[ngx_http_wsgw_text_variables])
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (wlcf->trace == NGX_HTTP_WSGW_TRACE_CONNECTION
        && ngx_http_wsgw_trace_of_handshake(r,
                                            &texts[ngx_http_wsgw_text_trace])
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_wsgw_texts_fit(r, texts);
}


ngx_int_t
ngx_http_wsgw_texts_authorized(ngx_http_request_t *r,
    ngx_http_wsgw_ctx_t *ctx, ngx_str_t texts[ngx_http_wsgw_text_last])
{
    ngx_uint_t  i;

    for (i = 0; i < ngx_http_wsgw_text_last; i++) {
        texts[i] = ngx_http_wsgw_client_text(ctx->wc, i);
    }

    if (ngx_http_wsgw_authorizer_context(r, &ctx->context,
                                         ctx->wc->wlcf->context,
                                         &texts[ngx_http_wsgw_text_context])
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_wsgw_texts_fit(r, texts);
}


ngx_int_t
ngx_http_wsgw_texts_api_key(ngx_http_request_t *r,
    ngx_http_wsgw_connection_t *wc, ngx_str_t texts[ngx_http_wsgw_text_last])
{
    ngx_uint_t                i;
    ngx_http_wsgw_api_key_t  *key;

    key = wc->wlcf->api_key;

    for (i = 0; i < ngx_http_wsgw_text_last; i++) {
        texts[i] = ngx_http_wsgw_client_text(wc, i);
    }

    if (ngx_http_complex_value(r, &key->value,
                               &texts[ngx_http_wsgw_text_api_key])
        != NGX_OK
        || ngx_http_complex_value(r, &key->id,
                                  &texts[ngx_http_wsgw_text_api_key_id])
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (texts[ngx_http_wsgw_text_api_key].len == 0) {
        return ngx_http_wsgw_refuse_because(r, ngx_http_wsgw_refuse_api_key,
                    NGX_HTTP_FORBIDDEN, "client has no API key; see "
                    "wsgw_api_key %V", &key->text);
    }

    return ngx_http_wsgw_texts_fit(r, texts);
}


/* the zone's record has to hold them */

static ngx_int_t
ngx_http_wsgw_texts_fit(ngx_http_request_t *r,
    ngx_str_t texts[ngx_http_wsgw_text_last])
{
    size_t  len;

    len = texts[ngx_http_wsgw_text_context].len
          + texts[ngx_http_wsgw_text_variables].len
          + texts[ngx_http_wsgw_text_callback].len;

    if (len > NGX_HTTP_WSGW_CONTEXT_MAX) {
        return ngx_http_wsgw_refuse_because(r, ngx_http_wsgw_refuse_context,
                    NGX_HTTP_INTERNAL_SERVER_ERROR, "authorizer context, "
                    "stage variables and callback URL exceed %d bytes; see "
                    "wsgw_authorizer_context", NGX_HTTP_WSGW_CONTEXT_MAX);
    }

    /* what a client says is kept as well, and never cut: backends act on it */

    len += texts[ngx_http_wsgw_text_path].len
           + texts[ngx_http_wsgw_text_query].len
           + texts[ngx_http_wsgw_text_api_key].len
           + texts[ngx_http_wsgw_text_api_key_id].len;

    if (len > NGX_HTTP_WSGW_CONTEXT_MAX) {
        return ngx_http_wsgw_refuse_because(r, ngx_http_wsgw_refuse_texts,
                    NGX_HTTP_WSGW_HEADERS_TOO_LARGE, "path, query, API key, "
                    "context, stage variables and callback URL of %uz bytes "
                    "are more than the %d that a connection keeps; see "
                    "wsgw_api", len,
                    NGX_HTTP_WSGW_CONTEXT_MAX);
    }

    return NGX_OK;
}


/*
 * A callback= without variables is read from the configuration.  One with
 * variables may have a client's bytes in it: it leads to a host as a whole,
 * or the default is told; the rest of it has to be one line.
 */

static ngx_int_t
ngx_http_wsgw_texts_callback(ngx_http_request_t *r, ngx_str_t *url)
{
    ngx_str_t                  text;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    if (wlcf->callback == NULL || wlcf->callback->lengths == NULL) {
        return NGX_OK;
    }

    if (ngx_http_complex_value(r, wlcf->callback, url) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_http_wsgw_domain_is_url(url)
        && ngx_strnstr(url->data, "/@connections", url->len) == NULL)
    {
        return NGX_OK;
    }

    text = ngx_http_wsgw_refuse_cut(*url);
    ngx_str_null(url);

    return ngx_http_wsgw_refuse_because(r, ngx_http_wsgw_refuse_callback,
                NGX_OK, "callback \"%V\" is no URL that "
                "\"/@connections/ID\" can follow, the default is told; see "
                "callback= of wsgw_api", &text);
}
