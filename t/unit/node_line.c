/* the line of a node: what is one, what is written, who is asked */

#include "unit.h"
#include "pure/node_line.h"


static int
read_text(wsgw_node_line_t *line, const char *text)
{
    int       rc;
    size_t    n;
    uint8_t  *copy;

    n = strlen(text);
    copy = unit_copy(text, n);
    rc = wsgw_node_line_read(line, copy, n);
    free(copy);

    return rc;
}


static void
test_read(void **state)
{
    wsgw_node_line_t  line;

    static const char  text[] =
        "1 00ff1234abcdef09 18446744073709551615 8000000000000005 a.b-c 1.2.3"
        " addr=[::1]:80 more";

    (void) state;

    assert_int_equal(wsgw_node_line_read(&line, unit_bytes(text),
                                         sizeof(text) - 1),
                     WSGW_DONE);
    assert_int_equal(line.token, 0x00ff1234abcdef09);
    assert_int_equal(line.beat, UINT64_MAX);
    assert_int_equal(line.workers[0], 0x8000000000000005);
    assert_int_equal(line.workers[1], 0);
    assert_int_equal(line.name_len, 5);
    assert_memory_equal(line.name, "a.b-c", 5);
    assert_int_equal(line.version_len, 5);
    assert_memory_equal(line.version, "1.2.3", 5);

    assert_true(wsgw_node_line_listens(&line, 0));
    assert_false(wsgw_node_line_listens(&line, 1));
    assert_true(wsgw_node_line_listens(&line, 2));
    assert_true(wsgw_node_line_listens(&line, 63));
    assert_false(wsgw_node_line_listens(&line, 64));
    assert_false(wsgw_node_line_listens(&line, 1u << 31));
}


static void
test_refused(void **state)
{
    size_t            i, n;
    char              text[300];
    wsgw_node_line_t  line;

    static const char  *texts[] = {
        "", " ", "1", "1 ", "x", "-1 a", " 1 0123456789abcdef 1 1 n v",
        "1 0123456789abcdef 1 1 n", "1 0123456789abcdef 1 1 n ",
        "1  0123456789abcdef 1 1 n v", "1 0123456789abcdef  1 1 n v",
        "1 0123456789abcde 1 1 n v", "1 0123456789abcdef0 1 1 n v",
        "1 0123456789ABCDEF 1 1 n v", "1 0123456789abcdeg 1 1 n v",
        "1 0123456789abcdef -1 1 n v", "1 0123456789abcdef 1x 1 n v",
        "1 0123456789abcdef 18446744073709551616 1 n v",
        "1 0123456789abcdef 99999999999999999999 1 n v",
        "1 0123456789abcdef 1 0x1 n v", "1 0123456789abcdef 1 F n v",
        "1 0123456789abcdef 1 1 n\t v", "1 0123456789abcdef 1 1 n v\n",
        "1 0123456789abcdef 1 1 n\x7f v", "1 0123456789abcdef 1 1 \xc3\xa4 v",
        "18446744073709551617 0123456789abcdef 1 1 n v",
    };

    (void) state;

    for (i = 0; i < unit_count(texts); i++) {
        assert_int_equal(read_text(&line, texts[i]), WSGW_ERROR);
    }

    /* words that are a byte too long: workers, name, version */

    memset(text, '0', sizeof(text));
    n = (size_t) sprintf(text, "1 0123456789abcdef 1 %0256d n v", 1);
    assert_int_equal(read_text(&line, text), WSGW_DONE);

    n = (size_t) snprintf(text, sizeof(text), "1 0123456789abcdef 1 %0257d n v",
                          1);
    assert_in_range(n, 0, sizeof(text) - 1);
    assert_int_equal(read_text(&line, text), WSGW_ERROR);

    for (i = 0; i < 2; i++) {
        n = (size_t) sprintf(text, "1 0123456789abcdef 1 1 %s",
                             i ? "n " : "");
        memset(text + n, 'x', 256);
        text[n + 255] = '\0';
        strcat(text, i ? "" : " v");
        assert_int_equal(read_text(&line, text), WSGW_DONE);

        text[n + 255] = 'x';
        text[n + 256] = '\0';
        strcat(text, i ? "" : " v");
        assert_int_equal(read_text(&line, text), WSGW_ERROR);
    }
}


static void
test_other_version(void **state)
{
    size_t            i;
    wsgw_node_line_t  line;

    static const char  *texts[] = {
        "2", "0 x", "2 0123456789abcdef 1 1 n v", "4294967297 a", "17 \x01"
    };

    (void) state;

    for (i = 0; i < unit_count(texts); i++) {
        assert_int_equal(read_text(&line, texts[i]), WSGW_NODE_LINE_OTHER);
    }

    assert_int_equal(read_text(&line, "01 0123456789abcdef 1 1 n v"),
                     WSGW_DONE);
}


/* what was written is read again, and is never longer than it may be */

static void
test_round_trip(void **state)
{
    size_t            i, n;
    uint8_t           text[WSGW_NODE_LINE_LEN], name[400];
    wsgw_node_line_t  line, again;

    static const struct {
        uint64_t     token, beat;
        uint32_t     worker;
        const char  *word;
    } rows[] = {
        { 0, 0, 0, "1 0000000000000000 0 1 n v" },
        { 1, 10, 3, "1 0000000000000001 10 8 n v" },
        { UINT64_MAX, UINT64_MAX, 4,
          "1 ffffffffffffffff 18446744073709551615 10 n v" },
        { 0xabcdef, 99, 64, "1 0000000000abcdef 99 10000000000000000 n v" },
        { 7, 7, 127,
          "1 0000000000000007 7 80000000000000000000000000000000 n v" },
    };

    (void) state;

    for (i = 0; i < unit_count(rows); i++) {
        memset(&line, 0, sizeof(line));
        line.token = rows[i].token;
        line.beat = rows[i].beat;
        line.workers[rows[i].worker / 64] = (uint64_t) 1 << rows[i].worker % 64;
        line.name = unit_bytes("n");
        line.name_len = 1;
        line.version = unit_bytes("v");
        line.version_len = 1;

        n = wsgw_node_line_write(text, &line);
        assert_int_equal(n, strlen(rows[i].word));
        assert_memory_equal(text, rows[i].word, n);

        assert_int_equal(wsgw_node_line_read(&again, text, n), WSGW_DONE);
        assert_int_equal(again.token, line.token);
        assert_int_equal(again.beat, line.beat);
        assert_memory_equal(again.workers, line.workers, sizeof(line.workers));
        assert_int_equal(wsgw_node_line_worker(&again, (uint32_t) i),
                         rows[i].worker);
    }

    /* the longest one; a name that is none */

    memset(name, 'n', sizeof(name));
    name[0] = ' ';
    name[1] = '\n';
    memset(line.workers, 0xff, sizeof(line.workers));
    line.beat = UINT64_MAX;
    line.name = name;
    line.name_len = sizeof(name);
    line.version_len = 0;

    n = wsgw_node_line_write(text, &line);
    assert_in_range(n, 500, WSGW_NODE_LINE_LEN);
    assert_int_equal(wsgw_node_line_read(&again, text, n), WSGW_DONE);
    assert_int_equal(again.name_len, WSGW_NODE_LINE_NAME);
    assert_memory_equal(again.name, "??nnn", 5);
    assert_int_equal(again.version_len, 1);
    assert_memory_equal(again.version, "?", 1);
}


/* each that listens gets its share */

static void
test_worker(void **state)
{
    int               w;
    uint32_t          i, seen[WSGW_NODE_LINE_WORKERS] = { 0 };
    wsgw_node_line_t  line;

    static const uint32_t  workers[] = { 0, 5, 63, 64, 700, 1023 };

    (void) state;

    memset(&line, 0, sizeof(line));
    assert_int_equal(wsgw_node_line_worker(&line, 17), -1);

    for (i = 0; i < unit_count(workers); i++) {
        line.workers[workers[i] / 64] |= (uint64_t) 1 << workers[i] % 64;
    }

    for (i = 0; i < 60000; i++) {
        w = wsgw_node_line_worker(&line, i);
        assert_in_range(w, 0, 1023);
        assert_int_equal(w, wsgw_node_line_worker(&line, i));
        assert_true(wsgw_node_line_listens(&line, (uint32_t) w));
        seen[w]++;
    }

    for (i = 0; i < unit_count(workers); i++) {
        assert_in_range(seen[workers[i]], 9000, 11000);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_other_version),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_worker),
    };

    return cmocka_run_group_tests_name("node line", tests, NULL, NULL);
}
