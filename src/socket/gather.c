
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A message from its frames.  One that is whole in the buffer of a read goes on
 * from there; what comes in parts is gathered in memory of its own, which its
 * event keeps.
 */


#include "socket/gather.h"
#include "base/block.h"
#include "base/memory.h"
#include "base/worker.h"
#include "pure/utf8.h"
#include "socket/client.h"
#include "socket/close.h"
#include "socket/deflate.h"
#include "socket/shed.h"


/* Less of a frame than this comes by way of the worker's buffer, together with
   what follows it. */
#define NGX_HTTP_WSGW_GATHER_LEAST  512


static ngx_int_t ngx_http_wsgw_gather_append(ngx_http_wsgw_connection_t *wc,
    wsgw_protocol_t *p);
static ngx_int_t ngx_http_wsgw_gather_reserve(ngx_http_wsgw_connection_t *wc,
    size_t more);
static void ngx_http_wsgw_gather_deliver(ngx_http_wsgw_connection_t *wc,
    wsgw_protocol_t *p, u_char *data, size_t len,
    ngx_http_wsgw_block_t *block);
static void ngx_http_wsgw_gather_free(ngx_http_wsgw_block_t *block);
static ngx_int_t ngx_http_wsgw_gather_inflate(ngx_http_wsgw_connection_t *wc,
    wsgw_protocol_t *p, u_char *data, size_t len, ngx_str_t *message,
    size_t *size);
static void ngx_http_wsgw_gather_no_memory(ngx_http_wsgw_connection_t *wc);


void
ngx_http_wsgw_gather(ngx_http_wsgw_connection_t *wc, wsgw_protocol_t *p)
{
    ngx_http_wsgw_rare_t   *rare;
    ngx_http_wsgw_block_t   block;

    if (wc->state != ngx_http_wsgw_open) {
        return;
    }

    rare = wc->rare;

    if (p->message_end && (rare == NULL || rare->message == NULL)) {
        ngx_memzero(&block, sizeof(ngx_http_wsgw_block_t));
        ngx_http_wsgw_gather_deliver(wc, p, p->data, p->data_len, &block);
        return;
    }

    if (ngx_http_wsgw_gather_append(wc, p) != NGX_OK) {
        ngx_http_wsgw_gather_no_memory(wc);
        return;
    }

    if (!p->message_end) {
        return;
    }

    rare = wc->rare;
    block.data = rare->message;
    block.size = rare->message_size;
    rare->message = NULL;

    /* What it was kept in must not be the reason why it may not wait. */

    ngx_http_wsgw_memory_uncount(block.size);

    ngx_http_wsgw_gather_deliver(wc, p, block.data, rare->message_len, &block);
}


static ngx_int_t
ngx_http_wsgw_gather_append(ngx_http_wsgw_connection_t *wc,
    wsgw_protocol_t *p)
{
    size_t                 size;
    u_char                *end;
    ngx_http_wsgw_rare_t  *rare;

    size = p->data_len;

    if (size == 0) {
        return NGX_OK;
    }

    rare = wc->rare;

    /* The first part of a message makes room for as much again of its frame.
       Any other may have been received in that room, which must not move. */

    if (rare == NULL || rare->message == NULL) {
        size += (size_t) ngx_min(wsgw_protocol_left(p), size);
    }

    if (ngx_http_wsgw_gather_reserve(wc, size) != NGX_OK) {
        return NGX_ERROR;
    }

    rare = wc->rare;
    end = rare->message + rare->message_len;

    /* else it was received there */

    if (p->data != end) {
        ngx_memcpy(end, p->data, p->data_len);
    }

    rare->message_len += p->data_len;

    return NGX_OK;
}


/* Makes room for so many bytes more of a message.  The memory grows with what
   has come, not with what was announced: nobody asks for more than that. */

static ngx_int_t
ngx_http_wsgw_gather_reserve(ngx_http_wsgw_connection_t *wc, size_t more)
{
    u_char                *message;
    size_t                 len, size;
    ngx_http_wsgw_rare_t  *rare;

    rare = ngx_http_wsgw_client_rare(wc);
    if (rare == NULL) {
        return NGX_ERROR;
    }

    ngx_http_wsgw_client_hold(rare);

    if (rare->message == NULL) {
        rare->message_len = 0;
        rare->message_size = 0;
    }

    len = rare->message_len + more;

    if (len > rare->message_size) {
        size = ngx_max(len, ngx_min(rare->message_size * 2,
                                    wc->wlcf->max_message_size));
        size = ngx_http_wsgw_block_room(size);

        if (ngx_http_wsgw_memory_is_full()) {
            ngx_http_wsgw_shed_for(wc);
        }

        message = ngx_http_wsgw_memory_realloc(rare->message,
                                               rare->message_size,
                                               size);
        if (message == NULL) {
            return NGX_ERROR;
        }

        rare->message = message;
        rare->message_size = size;
    }

    return NGX_OK;
}


/* The block is the memory that the data are in, if it is theirs. */

static void
ngx_http_wsgw_gather_deliver(ngx_http_wsgw_connection_t *wc, wsgw_protocol_t *p,
    u_char *data, size_t len, ngx_http_wsgw_block_t *block)
{
    size_t     size;
    ngx_int_t  rc;
    ngx_str_t  message;

    size = 0;
    message.data = data;
    message.len = len;

    if (p->data_compressed) {
        rc = ngx_http_wsgw_gather_inflate(wc, p, data, len, &message, &size);

        ngx_http_wsgw_gather_free(block);

        if (rc != NGX_OK) {
            return;
        }

        block->data = size ? message.data : NULL;
        block->size = size;
    }

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, wc->connection->log, 0,
                   "wsgw message whole op:%ui len:%uz",
                   (ngx_uint_t) p->data_opcode, message.len);

    wc->messages_in++;
    wc->bytes_in += message.len;

    ngx_http_wsgw_meter_count(wc->wlcf->meter, traffic,
                              p->data_opcode == WSGW_OP_TEXT
                                  ? ngx_http_wsgw_traffic_text
                                  : ngx_http_wsgw_traffic_binary);
    ngx_http_wsgw_meter_add(wc->wlcf->meter, ngx_http_wsgw_row_traffic,
                            ngx_http_wsgw_traffic_bytes_in, message.len);

    if (ngx_http_wsgw_client_upward.message(wc, p->data_opcode, &message,
                                            block)
        != NGX_OK)
    {
        ngx_http_wsgw_gather_no_memory(wc);
    }

    ngx_http_wsgw_memory_uncount(size);
    ngx_http_wsgw_gather_free(block);
}


static void
ngx_http_wsgw_gather_free(ngx_http_wsgw_block_t *block)
{
    if (block->data) {
        ngx_http_wsgw_block_free(block->data, block->size);
    }
}


/* Inflates a whole message.  Its size is judged while it grows; what cannot be
   inflated closes the connection (RFC 7692). */

static ngx_int_t
ngx_http_wsgw_gather_inflate(ngx_http_wsgw_connection_t *wc, wsgw_protocol_t *p,
    u_char *data, size_t len, ngx_str_t *message, size_t *size)
{
    const char  *hint;

    switch (ngx_http_wsgw_deflate_inflate(data, len, wc->wlcf->max_message_size,
                                          message, size))
    {
    case NGX_OK:
        wc->inflated = 1;

        ngx_log_debug2(NGX_LOG_DEBUG_HTTP, wc->connection->log, 0,
                       "wsgw inflated len:%uz to:%uz", len, message->len);

        if (p->data_opcode != WSGW_OP_TEXT
            || wsgw_utf8_is_valid(message->data, message->len))
        {
            return NGX_OK;
        }

        ngx_http_wsgw_memory_free(message->data, *size);
        ngx_http_wsgw_gather_fail(wc, NGX_HTTP_WSGW_CLOSE_INVALID,
                                  "Invalid UTF-8", "");
        break;

    case NGX_DECLINED:
        ngx_http_wsgw_gather_fail(wc, NGX_HTTP_WSGW_CLOSE_TOO_BIG,
                                  "Message too long", "");
        break;

    case NGX_ABORT:

        /* Some clients agree to forget former messages, and do not.  The first
           message has none before it: there the data themselves are broken. */

        hint = wc->inflated && ngx_http_wsgw_deflate_has_looked_back()
               ? "; the client does not keep to client_no_context_takeover, "
                 "write \"wsgw_compression off\" for such clients"
               : "";

        ngx_http_wsgw_gather_fail(wc, NGX_HTTP_WSGW_CLOSE_INVALID,
                                  "Invalid compressed data", hint);
        break;

    default: /* NGX_ERROR */
        ngx_http_wsgw_gather_no_memory(wc);
    }

    return NGX_ERROR;
}


/* Closes the connection, which takes no message from now on: the rest of this
   one, which may be here already, would look like a whole one. */

static void
ngx_http_wsgw_gather_no_memory(ngx_http_wsgw_connection_t *wc)
{
    static ngx_str_t  reason = ngx_string("Internal error");

    ngx_http_wsgw_close(wc, ngx_http_wsgw_ended_internal,
                        NGX_HTTP_WSGW_CLOSE_INTERNAL, &reason);
}


u_char *
ngx_http_wsgw_gather_buffer(ngx_http_wsgw_connection_t *wc, size_t *size)
{
    uint64_t               left;
    ngx_http_wsgw_rare_t  *rare;

    rare = wc->rare;

    if (rare->message) {
        left = wsgw_protocol_left(&rare->protocol);
        *size = ngx_max(rare->message_size - rare->message_len,
                        ngx_min(rare->message_len, NGX_HTTP_WSGW_READ_SIZE));
        *size = (size_t) ngx_min(left, *size);

        if (*size >= NGX_HTTP_WSGW_GATHER_LEAST
            && ngx_http_wsgw_gather_reserve(wc, *size) == NGX_OK)
        {
            return rare->message + rare->message_len;
        }
    }

    *size = NGX_HTTP_WSGW_READ_SIZE;

    return ngx_http_wsgw_worker.recv_buffer;
}


/* RFC 6455, 7.1.7: nothing is looked at that the client sends after this. */

void
ngx_http_wsgw_gather_fail(ngx_http_wsgw_connection_t *wc, ngx_uint_t code,
    const char *reason, const char *hint)
{
    ngx_str_t              text;
    ngx_http_wsgw_ended_e  why;

    why = code == NGX_HTTP_WSGW_CLOSE_INVALID ? ngx_http_wsgw_ended_utf8
          : code == NGX_HTTP_WSGW_CLOSE_TOO_BIG ? ngx_http_wsgw_ended_too_big
          : ngx_http_wsgw_ended_protocol;

    text.data = (u_char *) reason;
    text.len = ngx_strlen(reason);

    ngx_log_error(NGX_LOG_INFO, wc->connection->log, 0,
                  "client broke the protocol: %ui \"%V\"%s", code, &text,
                  hint);

    wc->deaf = 1;
    ngx_http_wsgw_close(wc, why, code, &text);
}
