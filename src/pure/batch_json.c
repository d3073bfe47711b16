/*
 * The reader of batches.  A text that is no JSON, or is of another form, is
 * refused as a whole; a message that cannot be sent stands in nobody's way.
 */

#include <string.h>

#include "pure/batch_json.h"
#include "pure/utf8.h"


/* in the order of a wsgw_batch_member_e */

static const char *const  wsgw_batch_json_names[] = {
    "to", "group", "all", "except", "data", "base64"
};

typedef enum {
    wsgw_batch_to = 0,
    wsgw_batch_group,
    wsgw_batch_all,
    wsgw_batch_except,
    wsgw_batch_data,
    wsgw_batch_base64,
    wsgw_batch_members
} wsgw_batch_member_e;


static const char *wsgw_batch_json_read(wsgw_batch_json_message_t *m,
    const wsgw_json_value_t *v);
static wsgw_batch_member_e wsgw_batch_json_member(
    const wsgw_json_value_t *name);
static const char *wsgw_batch_json_judge(const wsgw_json_value_t *members);
static size_t wsgw_batch_json_count(const wsgw_json_value_t *v);
static int wsgw_batch_json_is(const wsgw_json_value_t *v,
    wsgw_json_type_t type);


const char *
wsgw_batch_json(wsgw_batch_json_t *batch, const uint8_t *p, size_t n)
{
    wsgw_json_walk_t            walk;
    wsgw_json_value_t           messages, other, v;
    wsgw_batch_json_message_t  *m;

    static const wsgw_json_step_t  name = wsgw_json_name("messages");

    if (!wsgw_utf8_is_valid(p, n)
        || wsgw_json_members(p, n, &name, 1, &messages, &other) != 0)
    {
        return "Invalid batch: it is not JSON";
    }

    if (messages.type != WSGW_JSON_ARRAY) {
        return "Invalid batch: it has no array \"messages\"";
    }

    if (other.type != WSGW_JSON_NONE) {
        return "Invalid batch: it has more than \"messages\"";
    }

    batch->messages = 0;
    batch->ids = 0;

    wsgw_json_walk_into(&walk, &messages);

    while (wsgw_json_walk_next(&walk, NULL, &v)) {

        if (batch->messages == WSGW_BATCH_JSON_MESSAGES) {
            return "Invalid batch: it has more than 100 messages";
        }

        m = &batch->message[batch->messages++];
        m->error = wsgw_batch_json_read(m, &v);

        if (m->error == NULL) {
            batch->ids += m->nto;
        }

        if (batch->ids > WSGW_BATCH_JSON_IDS) {
            return "Invalid batch: it has more than 10,000 ids";
        }
    }

    return NULL;
}


static const char *
wsgw_batch_json_read(wsgw_batch_json_message_t *m, const wsgw_json_value_t *v)
{
    size_t               i;
    const char          *error;
    wsgw_json_walk_t     walk;
    wsgw_json_value_t    name, value, members[wsgw_batch_members];
    wsgw_batch_member_e  n;

    if (v->type != WSGW_JSON_OBJECT) {
        return "Invalid message: it is no object";
    }

    for (i = 0; i < wsgw_batch_members; i++) {
        members[i].type = WSGW_JSON_NONE;
    }

    wsgw_json_walk_into(&walk, v);

    while (wsgw_json_walk_next(&walk, &name, &value)) {
        n = wsgw_batch_json_member(&name);

        if (n == wsgw_batch_members) {
            return "Invalid message: it has an unknown member";
        }

        if (members[n].type != WSGW_JSON_NONE) {
            return "Invalid message: it has a member twice";
        }

        members[n] = value;
    }

    error = wsgw_batch_json_judge(members);

    if (error) {
        return error;
    }

    m->to = members[wsgw_batch_to];
    m->nto = wsgw_batch_json_count(&m->to);
    m->group = members[wsgw_batch_group];
    m->all = members[wsgw_batch_all];
    m->except = members[wsgw_batch_except];
    m->nexcept = wsgw_batch_json_count(&m->except);
    m->data = members[wsgw_batch_data];
    m->base64 = (members[wsgw_batch_base64].type == WSGW_JSON_TRUE);

    return m->nexcept > WSGW_BATCH_JSON_EXCEPT
           ? "Invalid except: it has more than 16 connectionIds" : NULL;
}


static wsgw_batch_member_e
wsgw_batch_json_member(const wsgw_json_value_t *name)
{
    size_t   i, len;
    uint8_t  buf[64];

    /* an escaped character takes six bytes, or twelve */

    if (name->len > sizeof(buf)) {
        return wsgw_batch_members;
    }

    len = wsgw_json_string_unescape(buf, name->data, name->len);

    for (i = 0; i < wsgw_batch_members; i++) {
        if (len == strlen(wsgw_batch_json_names[i])
            && memcmp(buf, wsgw_batch_json_names[i], len) == 0)
        {
            break;
        }
    }

    return (wsgw_batch_member_e) i;
}


static const char *
wsgw_batch_json_judge(const wsgw_json_value_t *members)
{
    if ((members[wsgw_batch_to].type != WSGW_JSON_NONE)
        + (members[wsgw_batch_group].type != WSGW_JSON_NONE)
        + (members[wsgw_batch_all].type != WSGW_JSON_NONE)
        != 1)
    {
        return "Invalid message: it needs one of to, group and all";
    }

    if (!wsgw_batch_json_is(&members[wsgw_batch_to], WSGW_JSON_ARRAY)) {
        return "Invalid to: it is an array of connectionIds";
    }

    if (!wsgw_batch_json_is(&members[wsgw_batch_group], WSGW_JSON_STRING)) {
        return "Invalid group: it is a string";
    }

    if (!wsgw_batch_json_is(&members[wsgw_batch_all], WSGW_JSON_TRUE)) {
        return "Invalid all: it is true";
    }

    if (!wsgw_batch_json_is(&members[wsgw_batch_except], WSGW_JSON_ARRAY)) {
        return "Invalid except: it is an array of connectionIds";
    }

    if (members[wsgw_batch_data].type != WSGW_JSON_STRING) {
        return "Invalid data: it is a string";
    }

    if (!wsgw_batch_json_is(&members[wsgw_batch_base64], WSGW_JSON_TRUE)
        && members[wsgw_batch_base64].type != WSGW_JSON_FALSE)
    {
        return "Invalid base64: it is true or false";
    }

    return NULL;
}


/* how many elements an array has that may not be there */

static size_t
wsgw_batch_json_count(const wsgw_json_value_t *v)
{
    size_t             n;
    wsgw_json_walk_t   walk;
    wsgw_json_value_t  one;

    if (v->type == WSGW_JSON_NONE) {
        return 0;
    }

    wsgw_json_walk_into(&walk, v);

    for (n = 0; wsgw_json_walk_next(&walk, NULL, &one); n++) { /* void */ }

    return n;
}


/* of what is there */

static int
wsgw_batch_json_is(const wsgw_json_value_t *v, wsgw_json_type_t type)
{
    return v->type == WSGW_JSON_NONE || v->type == type;
}


int
wsgw_batch_json_id(wsgw_json_walk_t *walk, wsgw_id_t *id)
{
    size_t             len;
    uint8_t            buf[6 * WSGW_ID_LEN];
    wsgw_json_value_t  v;

    if (!wsgw_json_walk_next(walk, NULL, &v)) {
        return 0;
    }

    if (v.type != WSGW_JSON_STRING || v.len > sizeof(buf)) {
        return -1;
    }

    if (!v.escaped) {
        return wsgw_id_decode(id, v.data, v.len) == 0 ? 1 : -1;
    }

    len = wsgw_json_string_unescape(buf, v.data, v.len);

    return wsgw_id_decode(id, buf, len) == 0 ? 1 : -1;
}
