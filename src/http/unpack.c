
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * A batch is read: its ids become numbers, each of them once, its data becomes
 * bytes.  What is wrong with a message is said of that message alone.
 */


#include "http/unpack.h"
#include "base/text.h"
#include "http/many.h"
#include "pure/batch_json.h"
#include "zone/group.h"


/* ids that were seen: a hash table of their places + 1 */

typedef struct {
    uint32_t                      *place;
    uint32_t                       mask;
    wsgw_id_t                     *id;
    uint32_t                       n;
} ngx_http_wsgw_unpack_set_t;


static ngx_int_t ngx_http_wsgw_unpack_one(ngx_http_request_t *r,
    wsgw_batch_json_message_t *from, ngx_http_wsgw_unpacked_t *m);
static ngx_int_t ngx_http_wsgw_unpack_data(ngx_http_request_t *r,
    wsgw_batch_json_message_t *from, ngx_http_wsgw_unpacked_t *m);
static ngx_int_t ngx_http_wsgw_unpack_bytes(ngx_http_request_t *r,
    ngx_str_t *text, ngx_str_t *bytes);
static ngx_int_t ngx_http_wsgw_unpack_ids(ngx_http_request_t *r,
    wsgw_batch_json_message_t *from, ngx_http_wsgw_unpacked_t *m);
static ngx_int_t ngx_http_wsgw_unpack_set(ngx_http_request_t *r,
    ngx_http_wsgw_unpack_set_t *set, wsgw_batch_json_message_t *from);
static ngx_int_t ngx_http_wsgw_unpack_add(ngx_http_wsgw_unpack_set_t *set,
    wsgw_json_value_t *array);
static ngx_uint_t ngx_http_wsgw_unpack_has(ngx_http_wsgw_unpack_set_t *set,
    wsgw_id_t *id, uint32_t **place);
static ngx_int_t ngx_http_wsgw_unpack_judge(ngx_http_request_t *r,
    ngx_http_wsgw_unpacked_t *m);


ngx_int_t
ngx_http_wsgw_unpack(ngx_http_request_t *r, ngx_str_t *text,
    ngx_http_wsgw_unpacked_t **messages, ngx_uint_t *n, const char **error)
{
    ngx_uint_t                 i;
    wsgw_batch_json_t         *batch;
    ngx_http_wsgw_unpacked_t  *m;

    batch = ngx_palloc(r->pool, sizeof(wsgw_batch_json_t));
    if (batch == NULL) {
        return NGX_ERROR;
    }

    *error = wsgw_batch_json(batch, text->data, text->len);

    if (*error) {
        return NGX_DECLINED;
    }

    m = ngx_pcalloc(r->pool,
                    batch->messages * sizeof(ngx_http_wsgw_unpacked_t));
    if (m == NULL) {
        return NGX_ERROR;
    }

    *messages = m;
    *n = batch->messages;

    for (i = 0; i < batch->messages; i++) {

        m[i].error = batch->message[i].error;

        if (m[i].error == NULL
            && ngx_http_wsgw_unpack_one(r, &batch->message[i], &m[i])
               == NGX_ERROR)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* Each of these returns NGX_DECLINED with m->error set, or NGX_ERROR. */

static ngx_int_t
ngx_http_wsgw_unpack_one(ngx_http_request_t *r, wsgw_batch_json_message_t *from,
    ngx_http_wsgw_unpacked_t *m)
{
    ngx_int_t  rc;

    m->all = (from->all.type != WSGW_JSON_NONE);

    if (from->group.type != WSGW_JSON_NONE) {

        if (ngx_http_wsgw_text_json(r->pool, &from->group, &m->group)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (!ngx_http_wsgw_group_is_name(&m->group)) {
            m->error = "Invalid group: it is no name";
            return NGX_DECLINED;
        }
    }

    rc = ngx_http_wsgw_unpack_ids(r, from, m);

    if (rc == NGX_OK) {
        rc = ngx_http_wsgw_unpack_data(r, from, m);
    }

    return rc == NGX_OK ? ngx_http_wsgw_unpack_judge(r, m) : rc;
}


static ngx_int_t
ngx_http_wsgw_unpack_data(ngx_http_request_t *r,
    wsgw_batch_json_message_t *from, ngx_http_wsgw_unpacked_t *m)
{
    ngx_int_t  rc;
    ngx_str_t  text;

    if (ngx_http_wsgw_text_json(r->pool, &from->data, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!from->base64) {
        m->item.body = text;
        return NGX_OK;
    }

    rc = ngx_http_wsgw_unpack_bytes(r, &text, &m->item.body);

    if (rc == NGX_DECLINED) {
        m->error = "Invalid data: it is not base64";
    }

    return rc;
}


/* nginx reads base64 up to its first "=". */

static ngx_int_t
ngx_http_wsgw_unpack_bytes(ngx_http_request_t *r, ngx_str_t *text,
    ngx_str_t *bytes)
{
    u_char  *p, *last;

    last = text->data + text->len;
    p = ngx_strlchr(text->data, last, '=');

    if (p && (text->len % 4 || last - p > 2 || last[-1] != '=')) {
        return NGX_DECLINED;
    }

    bytes->data = ngx_pnalloc(r->pool, ngx_base64_decoded_length(text->len));
    if (bytes->data == NULL) {
        return NGX_ERROR;
    }

    return ngx_decode_base64(bytes, text) == NGX_OK ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_http_wsgw_unpack_ids(ngx_http_request_t *r, wsgw_batch_json_message_t *from,
    ngx_http_wsgw_unpacked_t *m)
{
    ngx_http_wsgw_unpack_set_t  set;

    if (ngx_http_wsgw_unpack_set(r, &set, from) != NGX_OK) {
        return NGX_ERROR;
    }

    /* Who is excepted comes first, so that "to" does not name him any more. */

    if (ngx_http_wsgw_unpack_add(&set, &from->except) != NGX_OK) {
        m->error = "Invalid except: it has what is no connectionId";
        return NGX_DECLINED;
    }

    m->except = set.id;
    m->nexcept = set.n;

    if (ngx_http_wsgw_unpack_add(&set, &from->to) != NGX_OK) {
        m->error = "Invalid to: it has what is no connectionId";
        return NGX_DECLINED;
    }

    m->item.id = set.id + m->nexcept;
    m->item.n = set.n - m->nexcept;

    m->item.outcome = ngx_pnalloc(r->pool, m->item.n);

    return m->item.outcome ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_wsgw_unpack_set(ngx_http_request_t *r,
    ngx_http_wsgw_unpack_set_t *set, wsgw_batch_json_message_t *from)
{
    size_t  n, places;

    n = from->nexcept + from->nto;

    for (places = 1; places < 2 * n; places *= 2) { /* void */ }

    set->id = ngx_palloc(r->pool, n * sizeof(wsgw_id_t));
    set->place = ngx_pcalloc(r->pool, places * sizeof(uint32_t));
    set->mask = (uint32_t) places - 1;
    set->n = 0;

    return set->id && set->place ? NGX_OK : NGX_ERROR;
}


/* NGX_DECLINED: it has something that is no id */

static ngx_int_t
ngx_http_wsgw_unpack_add(ngx_http_wsgw_unpack_set_t *set,
    wsgw_json_value_t *array)
{
    int               rc;
    uint32_t         *place;
    wsgw_id_t         id;
    wsgw_json_walk_t  walk;

    if (array->type == WSGW_JSON_NONE) {
        return NGX_OK;
    }

    wsgw_json_walk_into(&walk, array);

    while ((rc = wsgw_batch_json_id(&walk, &id)) == 1) {

        if (!ngx_http_wsgw_unpack_has(set, &id, &place)) {
            set->id[set->n++] = id;
            *place = set->n;
        }
    }

    return rc == 0 ? NGX_OK : NGX_DECLINED;
}


/* 0: it can be put into *place */

static ngx_uint_t
ngx_http_wsgw_unpack_has(ngx_http_wsgw_unpack_set_t *set, wsgw_id_t *id,
    uint32_t **place)
{
    uint32_t    n;
    uint64_t    hash;
    wsgw_id_t  *seen;

    hash = (id->secret ^ (uint64_t) id->slot << 42) * 0x9e3779b97f4a7c15;

    for (n = (uint32_t) (hash >> 32) & set->mask;
         set->place[n];
         n = (n + 1) & set->mask)
    {
        seen = &set->id[set->place[n] - 1];

        if (seen->secret == id->secret && seen->slot == id->slot
            && seen->number == id->number)
        {
            return 1;
        }
    }

    *place = &set->place[n];

    return 0;
}


/* as a push, or a message to many, would be judged */

static ngx_int_t
ngx_http_wsgw_unpack_judge(ngx_http_request_t *r, ngx_http_wsgw_unpacked_t *m)
{
    ngx_uint_t                 opcode;
    wsgw_outcome_t             outcome;
    ngx_http_wsgw_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wsgw_module);

    if ((m->group.len && !(wlcf->management_doors & NGX_HTTP_WSGW_DOOR_GROUPS))
        || (m->all && !(wlcf->management_doors & NGX_HTTP_WSGW_DOOR_BROADCAST)))
    {
        m->error = m->all
                   ? "This message needs the flag broadcast of wsgw_management"
                   : "This message needs the flag groups of wsgw_management";
        return NGX_DECLINED;
    }

    opcode = 0;
    outcome = ngx_http_wsgw_many_judge(r, &m->item.body, &opcode);

    if (outcome == WSGW_OUTCOME_TOO_LARGE
        || m->item.body.len > wlcf->max_message_size)
    {
        m->error = "Payload Too Large";
        return NGX_DECLINED;
    }

    if (outcome != WSGW_OUTCOME_OK) {
        m->error = "Data is not UTF-8";
        return NGX_DECLINED;
    }

    m->item.binary = (opcode == WSGW_OP_BINARY);

    return NGX_OK;
}
