/*
 * What jansson reads is a batch, or none, as its tree says; each message can be
 * sent, or not, and has the ids that are there.  What jansson refuses, as a
 * lone surrogate, is read within its bounds.  A zero byte is nowhere in JSON,
 * but jansson passes over one behind a value.
 */

#include <jansson.h>

#include "fuzz.h"
#include "pure/batch_json.h"


#define FLAGS  (JSON_ALLOW_NUL|JSON_DECODE_INT_AS_REAL|JSON_REJECT_DUPLICATES)


static int
is_id(json_t *v)
{
    wsgw_id_t  id;

    return json_is_string(v)
           && wsgw_id_decode(&id, (const uint8_t *) json_string_value(v),
                             json_string_length(v)) == 0;
}


static int
is(json_t *v, json_type type)
{
    return v == NULL || json_typeof(v) == type;
}


static int
can_be_sent(json_t *m)
{
    json_t      *value;
    const char  *key;

    static const char  *names[] = {
        "to", "group", "all", "except", "data", "base64"
    };

    size_t  i, n;

    if (!json_is_object(m)) {
        return 0;
    }

    json_object_foreach(m, key, value) {
        for (i = 0; i < 6 && strcmp(key, names[i]) != 0; i++) { /* void */ }

        if (i == 6) {
            return 0;
        }
    }

    n = (json_object_get(m, "to") != NULL)
        + (size_t) (json_object_get(m, "group") != NULL)
        + (size_t) (json_object_get(m, "all") != NULL);

    value = json_object_get(m, "base64");

    return n == 1
           && is(json_object_get(m, "to"), JSON_ARRAY)
           && is(json_object_get(m, "group"), JSON_STRING)
           && is(json_object_get(m, "all"), JSON_TRUE)
           && is(json_object_get(m, "except"), JSON_ARRAY)
           && json_array_size(json_object_get(m, "except"))
              <= WSGW_BATCH_JSON_EXCEPT
           && json_is_string(json_object_get(m, "data"))
           && (value == NULL || json_is_boolean(value));
}


static void
check_ids(const wsgw_json_value_t *array, size_t n, json_t *v)
{
    int               rc;
    size_t            i;
    wsgw_id_t         id;
    wsgw_json_walk_t  walk;

    if (array->type == WSGW_JSON_NONE) {
        fuzz_check(n == 0 && (v == NULL || !json_is_array(v)));
        return;
    }

    fuzz_check(v == NULL || n == json_array_size(v));
    wsgw_json_walk_into(&walk, array);

    for (i = 0; (rc = wsgw_batch_json_id(&walk, &id)) != 0; i++) {
        fuzz_check(v == NULL || (rc == 1) == is_id(json_array_get(v, i)));
    }

    fuzz_check(i == n);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                      i, ids;
    json_t                     *tree, *messages, *m;
    const char                 *error;
    wsgw_batch_json_t           batch;
    wsgw_batch_json_message_t  *message;

    error = wsgw_batch_json(&batch, data, size);

    if (memchr(data, 0, size)) {
        fuzz_check(error != NULL);
        return 0;
    }

    tree = json_loadb((const char *) data, size, FLAGS, NULL);

    messages = json_object_get(tree, "messages");
    ids = 0;

    json_array_foreach(messages, i, m) {
        if (can_be_sent(m)) {
            ids += json_array_size(json_object_get(m, "to"));
        }
    }

    if (tree) {
        fuzz_check((error == NULL)
                   == (json_object_size(tree) == 1 && json_is_array(messages)
                       && json_array_size(messages) <= WSGW_BATCH_JSON_MESSAGES
                       && ids <= WSGW_BATCH_JSON_IDS));
    }

    if (error) {
        json_decref(tree);
        return 0;
    }

    fuzz_check(tree == NULL || batch.ids == ids);

    fuzz_check(tree == NULL || batch.messages == json_array_size(messages));

    for (i = 0; i < batch.messages; i++) {
        message = &batch.message[i];

        m = json_array_get(messages, i);
        fuzz_check(m == NULL || (message->error == NULL) == can_be_sent(m));

        if (message->error == NULL) {
            check_ids(&message->to, message->nto, json_object_get(m, "to"));
            check_ids(&message->except, message->nexcept,
                      json_object_get(m, "except"));

            fuzz_check(message->data.type == WSGW_JSON_STRING);
            fuzz_check(message->data.data + message->data.len <= data + size);
        }
    }

    json_decref(tree);

    return 0;
}
