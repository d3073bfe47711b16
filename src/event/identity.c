
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Who the client of an event is: its API key, where it came from, and who has
 * signed the handshake.
 */


#include "event/identity.h"
#include "socket/client.h"


static ngx_inline void ngx_http_wsgw_identity_member(ngx_http_wsgw_writer_t *w,
    const char *name, ngx_http_wsgw_connection_t *wc,
    ngx_http_wsgw_text_e which);
static ngx_str_t ngx_http_wsgw_identity_account(
    ngx_http_wsgw_authorizer_t *authorizer);


void
ngx_http_wsgw_identity(ngx_http_wsgw_writer_t *w,
    ngx_http_wsgw_connection_t *wc)
{
    ngx_str_t  addr, key, account;

    ngx_http_wsgw_json_literal(w, ",\"identity\":{");

    ngx_http_wsgw_identity_member(w, "apiKey", wc, ngx_http_wsgw_text_api_key);
    ngx_http_wsgw_identity_member(w, "apiKeyId", wc,
                                  ngx_http_wsgw_text_api_key_id);
    ngx_http_wsgw_identity_member(w, "userAgent", wc, ngx_http_wsgw_text_agent);
    ngx_http_wsgw_identity_member(w, "accessKey", wc,
                                  ngx_http_wsgw_text_access_key);

    key = ngx_http_wsgw_client_text(wc, ngx_http_wsgw_text_access_key);

    if (key.len) {
        account = ngx_http_wsgw_identity_account(wc->wlcf->authorizer);

        ngx_http_wsgw_json_literal(w, "\"userArn\":\"arn:aws:iam::");
        ngx_http_wsgw_json_put(w, account.data, account.len);
        ngx_http_wsgw_json_literal(w, ":user/");
        ngx_http_wsgw_json_put(w, key.data, key.len);
        ngx_http_wsgw_json_literal(w, "\",");
    }

    addr = ngx_http_wsgw_client_text(wc, ngx_http_wsgw_text_addr);

    ngx_http_wsgw_json_literal(w, "\"sourceIp\":");
    ngx_http_wsgw_writer_string(w, addr.data, addr.len);
    ngx_http_wsgw_json_literal(w, "}");
}


/* "name":"text", of a text that is not empty */

static ngx_inline void
ngx_http_wsgw_identity_member(ngx_http_wsgw_writer_t *w, const char *name,
    ngx_http_wsgw_connection_t *wc, ngx_http_wsgw_text_e which)
{
    ngx_str_t  text;

    text = ngx_http_wsgw_client_text(wc, which);

    if (text.len == 0) {
        return;
    }

    ngx_http_wsgw_json_literal(w, "\"");
    ngx_http_wsgw_json_put(w, (u_char *) name, ngx_strlen(name));
    ngx_http_wsgw_json_literal(w, "\":");
    ngx_http_wsgw_writer_string(w, text.data, text.len);
    ngx_http_wsgw_json_literal(w, ",");
}


/* that of the authorizer's REGION:ACCOUNT */

static ngx_str_t
ngx_http_wsgw_identity_account(ngx_http_wsgw_authorizer_t *authorizer)
{
    u_char     *p;
    ngx_str_t   account = ngx_string("000000000000");

    if (authorizer == NULL) {
        return account;
    }

    account = authorizer->account;
    p = ngx_strlchr(account.data, account.data + account.len, ':') + 1;

    account.len -= p - account.data;
    account.data = p;

    return account;
}
