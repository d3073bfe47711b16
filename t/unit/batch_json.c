/* batches: which there are, what is wrong with them, and their limits */

#include "unit.h"

#include "pure/batch_json.h"


#define ID  "AAAAAAAAAAAAAAA="

#define BATCH(messages)  "{\"messages\":[" messages "]}"


static const char *
error_of(const char *text)
{
    wsgw_batch_json_t  batch;

    return wsgw_batch_json(&batch, (const uint8_t *) text, strlen(text));
}


static const char *
error_of_message(const char *text)
{
    wsgw_batch_json_t  batch;

    assert_null(wsgw_batch_json(&batch, (const uint8_t *) text,
                                strlen(text)));
    assert_int_equal(batch.messages, 1);

    return batch.message[0].error;
}


static void
test_messages(void **state)
{
    wsgw_id_t                   id;
    wsgw_batch_json_t           batch;
    wsgw_json_walk_t            walk;
    wsgw_batch_json_message_t  *m;

    static const char  text[] = BATCH(
        "{\"to\":[\"" ID "\",\"\\u0042AAAAAAAAAAAAAA=\",\"x\"],\"data\":\"a\"},"
        "7,"
        "{\"group\":\"g\",\"data\":\"\\n\",\"base64\":true,\"except\":[]},"
        " {\"all\":true , \"data\":\"\", \"base64\":false}");

    (void) state;

    assert_null(wsgw_batch_json(&batch, (const uint8_t *) text,
                                sizeof(text) - 1));
    assert_int_equal(batch.messages, 4);
    assert_int_equal(batch.ids, 3);

    m = &batch.message[0];
    assert_null(m->error);
    assert_int_equal(m->data.len, 1);
    assert_int_equal(m->base64, 0);
    assert_int_equal(m->group.type, WSGW_JSON_NONE);
    assert_int_equal(m->nto, 3);

    wsgw_json_walk_into(&walk, &m->to);
    assert_int_equal(wsgw_batch_json_id(&walk, &id), 1);
    assert_int_equal(id.number | id.slot | id.secret, 0);
    assert_int_equal(wsgw_batch_json_id(&walk, &id), 1);
    assert_int_not_equal(id.number | id.slot | id.secret, 0);
    assert_int_equal(wsgw_batch_json_id(&walk, &id), -1);
    assert_int_equal(wsgw_batch_json_id(&walk, &id), 0);

    m = &batch.message[1];
    assert_non_null(m->error);

    m = &batch.message[2];
    assert_null(m->error);
    assert_int_equal(m->group.len, 1);
    assert_int_equal(m->base64, 1);
    assert_int_equal(m->nexcept, 0);

    m = &batch.message[3];
    assert_null(m->error);
    assert_int_equal(m->all.type, WSGW_JSON_TRUE);
    assert_int_equal(m->data.len, 0);
}


static void
test_errors(void **state)
{
    size_t  i;

    static const char  *bad[] = {
        "", "{}", "[]", "null", "{\"messages\":1}", "{\"messages\":[]",
        "{\"messages\":[],\"x\":1}", BATCH("{\"data\":\"\xff\"}"), BATCH("{]")
    };

    static const char  *messages[] = {
        BATCH("{}"), BATCH("[]"), BATCH("\"\""), BATCH("{\"data\":\"x\"}"),
        BATCH("{\"to\":[],\"all\":true,\"data\":\"x\"}"),
        BATCH("{\"to\":\"" ID "\",\"data\":\"x\"}"),
        BATCH("{\"group\":[],\"data\":\"x\"}"),
        BATCH("{\"all\":false,\"data\":\"x\"}"),
        BATCH("{\"to\":[]}"), BATCH("{\"to\":[],\"data\":1}"),
        BATCH("{\"to\":[],\"data\":\"\",\"base64\":0}"),
        BATCH("{\"to\":[],\"data\":\"\",\"except\":true}"),
        BATCH("{\"to\":[],\"data\":\"\",\"more\":1}"),
        BATCH("{\"to\":[],\"data\":\"\",\"data\":\"\"}")
    };

    (void) state;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_non_null(error_of(bad[i]));
    }

    for (i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        assert_non_null(error_of_message(messages[i]));
    }

    assert_null(error_of_message(BATCH("{\"to\":[],\"data\":\"\"}")));
}


/* a batch of so many messages with so many ids each */

static const char *
error_of_many(size_t messages, size_t ids)
{
    char        *text, *p;
    size_t       i;
    const char  *error;

    text = malloc(64 + messages * (32 + ids * 4));
    assert_non_null(text);

    p = text + sprintf(text, "{\"messages\":[");

    while (messages--) {
        p += sprintf(p, "{\"data\":\"\",\"to\":[");

        for (i = 0; i < ids; i++) {
            p += sprintf(p, i ? ",0" : "0");
        }

        p += sprintf(p, messages ? "]}," : "]}");
    }

    sprintf(p, "]}");

    error = error_of(text);
    free(text);

    return error;
}


static void
test_limits(void **state)
{
    (void) state;

    assert_null(error_of_many(WSGW_BATCH_JSON_MESSAGES, 100));
    assert_non_null(error_of_many(WSGW_BATCH_JSON_MESSAGES + 1, 0));

    assert_null(error_of_many(1, WSGW_BATCH_JSON_IDS));
    assert_non_null(error_of_many(1, WSGW_BATCH_JSON_IDS + 1));
    assert_null(error_of_many(2, WSGW_BATCH_JSON_IDS / 2));
    assert_non_null(error_of_many(2, WSGW_BATCH_JSON_IDS / 2 + 1));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
