
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * How an answer fails before anybody reads it, whatever it was to be.
 */


#include "event/failure.h"
#include "invoke/invoke_answer.h"


/* bytes of a content coding that are shown in the log */
#define NGX_HTTP_WSGW_FAILURE_CODING  32


static const char *ngx_http_wsgw_failure_unheard(ngx_http_wsgw_invoke_t *inv);


const char  ngx_http_wsgw_failure_too_large[] =
                "integration's answer is larger than wsgw_max_message_size";


const char *
ngx_http_wsgw_failure(ngx_http_wsgw_invoke_t *inv)
{
    if (inv->timedout) {
        return "integration timed out";
    }

    if (inv->too_large) {
        return ngx_http_wsgw_failure_too_large;
    }

    if (inv->invalid && inv->status) {
        return "integration answered 1xx";
    }

    if (!inv->complete && !inv->invalid) {
        return "integration did not answer";
    }

    if (inv->status == 0) {
        return "integration gave no valid answer";
    }

    if (!inv->redirected
        && (inv->upstream || inv->status < NGX_HTTP_BAD_REQUEST))
    {
        return NULL;
    }

    return ngx_http_wsgw_failure_unheard(inv);
}


/* A backend that is away lets nobody in, whatever page answers in its place. */

const char *
ngx_http_wsgw_failure_to_admit(ngx_http_wsgw_invoke_t *inv)
{
    const char  *error;

    error = ngx_http_wsgw_failure(inv);

    if (error == NULL && inv->unanswered
        && inv->status < NGX_HTTP_SPECIAL_RESPONSE)
    {
        error = "integration did not answer, an error_page or a cache did";
    }

    return error;
}


/* why nginx has made an error itself */

static const char *
ngx_http_wsgw_failure_unheard(ngx_http_wsgw_invoke_t *inv)
{
    if (inv->header_too_large) {
        return "integration's header is larger than its buffer, see "
               "proxy_buffer_size";
    }

    if (inv->heard) {
        return "integration's answer was replaced by an error of nginx";
    }

    return inv->reached ? "integration gave no valid answer"
                     : "integration could not be called";
}


/* The body of an answer can be read only as it is: of all encodings nginx
   itself undoes gzip alone. */

const char *
ngx_http_wsgw_failure_encoded(ngx_http_wsgw_invoke_t *inv,
    ngx_str_t *note)
{
    u_char     *p;
    ngx_str_t   coding;

    coding = ngx_http_wsgw_invoke_answer_header(inv, "Content-Encoding");

    if (coding.len == 0
        || (coding.len == sizeof("identity") - 1
            && ngx_strncasecmp(coding.data, (u_char *) "identity", coding.len)
               == 0))
    {
        return NULL;
    }

    coding.len = ngx_min(coding.len, NGX_HTTP_WSGW_FAILURE_CODING);

    p = ngx_pnalloc(inv->pool, coding.len + 128);

    if (p) {
        note->data = p;
        note->len = ngx_sprintf(p, ", Content-Encoding \"%V\"; let it "
                                       "answer identity, or for gzip write "
                                       "\"gunzip on\" in its location",
                                       &coding)
                           - p;
    }

    return "integration's answer is encoded";
}
