
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * What only its owner knows of a connection, as fields of an envelope.
 */


#include "push/known.h"


void
ngx_http_wsgw_known_write(ngx_http_wsgw_known_t *known, wsgw_wire_writer_t *w)
{
    wsgw_wire_put_u64(w, WSGW_TAG_LAST_ACTIVE_AT, known->last_active_at);
    wsgw_wire_put_bytes(w, WSGW_TAG_SOURCE_IP, known->source_ip.data,
                        known->source_ip.len);
    wsgw_wire_put_bytes(w, WSGW_TAG_USER_AGENT, known->user_agent.data,
                        known->user_agent.len);

    if (known->groups.len) {
        wsgw_wire_put_bytes(w, WSGW_TAG_GROUP, known->groups.data,
                            known->groups.len);
    }
}


void
ngx_http_wsgw_known_read(ngx_http_wsgw_known_t *known, wsgw_wire_field_t *f)
{
    ngx_str_t  text;

    text.data = (u_char *) f->data;
    text.len = f->len;

    switch (f->tag) {

    case WSGW_TAG_LAST_ACTIVE_AT:
        (void) wsgw_wire_u64(f, &known->last_active_at);
        break;

    case WSGW_TAG_SOURCE_IP:
        known->source_ip = text;
        break;

    case WSGW_TAG_USER_AGENT:
        known->user_agent = text;
        break;

    case WSGW_TAG_GROUP:
        known->groups = text;
        break;
    }
}
