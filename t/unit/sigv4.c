/* signatures of AWS's clients: what is one, what is none, and two of real
   clients from the request to the signature */

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "unit.h"
#include "pure/sigv4.h"


#define HEX  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

#define SCOPE  "20261122/us-east-1/execute-api/aws4_request"

#define CREDENTIAL  "Credential=AKIDEXAMPLE/" SCOPE
#define HEADERS     "SignedHeaders=host;x-amz-date"
#define SIGNATURE   "Signature=" HEX


static void
assert_text(wsgw_canonical_text_t text, const char *expected)
{
    assert_int_equal(text.len, strlen(expected));
    assert_memory_equal(text.data, expected, text.len);
}


static int
parse(wsgw_sigv4_t *s, const char *value)
{
    int       rc;
    uint8_t  *p;

    /* the texts are gone with the copy: only what is no pointer is looked at */

    p = unit_copy(value, strlen(value));
    rc = wsgw_sigv4_header(s, p, strlen(value));
    free(p);

    return rc;
}


static void
test_header(void **state)
{
    size_t        i;
    wsgw_sigv4_t  s;

    static const char  *good[] = {
        "AWS4-HMAC-SHA256 " CREDENTIAL ", " HEADERS ", " SIGNATURE,
        "AWS4-HMAC-SHA256 " CREDENTIAL "," HEADERS "," SIGNATURE,
        "AWS4-HMAC-SHA256  " SIGNATURE " ,  " HEADERS "  , " CREDENTIAL,
    };

    (void) state;

    for (i = 0; i < unit_count(good); i++) {
        assert_int_equal(parse(&s, good[i]), 0);

        assert_int_equal(wsgw_sigv4_header(&s, unit_bytes(good[i]),
                                           strlen(good[i])), 0);
        assert_text(s.key, "AKIDEXAMPLE");
        assert_text(s.scope, SCOPE);
        assert_text(s.day, "20261122");
        assert_text(s.region, "us-east-1");
        assert_text(s.headers, "host;x-amz-date");
        assert_int_equal(s.ours, 1);
        assert_int_equal(s.signature[0], 0x01);
        assert_int_equal(s.signature[31], 0xef);

        assert_int_equal(s.host, 1);
        assert_int_equal(s.date, 1);
    }
}


static void
test_no_header(void **state)
{
    size_t        i;
    wsgw_sigv4_t  s;

    static const char  *bad[] = {
        "", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 ", "Bearer abc",
        "Basic QUtJRDpzZWNyZXQ=", "AWS4-HMAC-SHA256 ,,",
        "AWS4-ECDSA-P256-SHA256 " CREDENTIAL "," HEADERS "," SIGNATURE,
        "aws4-hmac-sha256 " CREDENTIAL "," HEADERS "," SIGNATURE,
        "AWS4-HMAC-SHA256" CREDENTIAL "," HEADERS "," SIGNATURE,

        /* parts that are missing, repeated, unknown */
        "AWS4-HMAC-SHA256 " CREDENTIAL "," HEADERS,
        "AWS4-HMAC-SHA256 " CREDENTIAL "," SIGNATURE,
        "AWS4-HMAC-SHA256 " HEADERS "," SIGNATURE,
        "AWS4-HMAC-SHA256 " CREDENTIAL "," HEADERS "," SIGNATURE "," HEADERS,
        "AWS4-HMAC-SHA256 " CREDENTIAL "," HEADERS "," SIGNATURE ",a=b",
        "AWS4-HMAC-SHA256 " CREDENTIAL " " HEADERS " " SIGNATURE,
        "AWS4-HMAC-SHA256 " CREDENTIAL "," HEADERS "," "signature=" HEX,
        "AWS4-HMAC-SHA256 " CREDENTIAL "," HEADERS "," "Signature",

        /* signatures */
        "AWS4-HMAC-SHA256 " CREDENTIAL "," HEADERS ",Signature=",
        "AWS4-HMAC-SHA256 " CREDENTIAL "," HEADERS "," SIGNATURE "0",
        "AWS4-HMAC-SHA256 " CREDENTIAL "," HEADERS ",Signature=0123",
        "AWS4-HMAC-SHA256 " CREDENTIAL "," HEADERS ",Signature=g"
            "123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "AWS4-HMAC-SHA256 " CREDENTIAL "," HEADERS ",Signature=A"
            "123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    };

    (void) state;

    for (i = 0; i < unit_count(bad); i++) {
        assert_int_equal(parse(&s, bad[i]), -1);
    }
}


static int
parse_with(wsgw_sigv4_t *s, const char *credential, const char *headers)
{
    char  value[16384];

    snprintf(value, sizeof(value), "AWS4-HMAC-SHA256 Credential=%s,"
             "SignedHeaders=%s," SIGNATURE, credential, headers);

    return parse(s, value);
}


static void
test_credential(void **state)
{
    size_t        i;
    wsgw_sigv4_t  s;

    static const char  *bad[] = {
        "", "/", "A", "A/", "A/20261122", "A/20261122/r/execute-api",
        "A/20261122/r/execute-api/", "A/20261122/r/execute-api/aws4_request/",
        "A/20261122/r/execute-api/aws4_requests", "/" SCOPE,
        "A//r/execute-api/aws4_request", "A/20261122//execute-api/aws4_request",
        "A/20261122/r//aws4_request", "A/2026112/r/execute-api/aws4_request",
        "A/202611220/r/execute-api/aws4_request",
        "A/2026-1-1/r/execute-api/aws4_request", "A B/" SCOPE, "A\x01/" SCOPE,
        "A\"/" SCOPE, "A\\/" SCOPE, "\xce\xba/" SCOPE, "A/B/" SCOPE,
    };

    (void) state;

    for (i = 0; i < unit_count(bad); i++) {
        assert_int_equal(parse_with(&s, bad[i], "host"), -1);
    }

    assert_int_equal(parse_with(&s, "A/20261122/r/execute-api/aws4_request",
                                "host"), 0);
    assert_int_equal(s.ours, 1);
    assert_int_equal(parse_with(&s, "A/20261122/r/s3/aws4_request", "host"),
                     0);
    assert_int_equal(s.ours, 0);
}


/* lengths at their limits, and one more */

static void
test_lengths(void **state)
{
    int           more;
    char          text[512], credential[512];
    size_t        i, n;
    wsgw_sigv4_t  s;

    static const struct {
        const char  *format;
        int          max;
    } rows[] = {
        { "%.*s/" SCOPE, WSGW_SIGV4_KEY_MAX },
        { "A/20261122/%.*s/execute-api/aws4_request", WSGW_SIGV4_REGION_MAX },
        { "A/20261122/r/%.*s/aws4_request", WSGW_SIGV4_SERVICE_MAX },
    };

    (void) state;

    memset(text, 'x', sizeof(text));

    for (i = 0; i < unit_count(rows); i++) {
        for (more = 0; more < 2; more++) {
            snprintf(credential, sizeof(credential), rows[i].format,
                     rows[i].max + more, text);
            assert_int_equal(parse_with(&s, credential, "host"),
                             more ? -1 : 0);
        }
    }

    for (more = 0; more < 2; more++) {
        n = (size_t) snprintf(text, sizeof(text), "host");

        for (i = 1; i < WSGW_SIGV4_HEADERS_MAX + (size_t) more; i++) {
            n += (size_t) snprintf(text + n, sizeof(text) - n, ";x%02u",
                                   (unsigned) i);
        }

        assert_int_equal(parse_with(&s, "A/" SCOPE, text), more ? -1 : 0);
    }
}


static void
test_signed_headers(void **state)
{
    size_t        i;
    wsgw_sigv4_t  s;

    static const char  *good[] = {
        "host", "a;host", "a;ab;host;i", "host;x-amz-date", "a_b;host",
    };

    static const char  *bad[] = {
        "", ";", "host;", ";host", "host;;i", "Host", "host;X-Amz-Date",
        "x-amz-date", "hos", "hosts", "i;host", "host;host", "a b;host",
        "a:;host", "host; x", "host;\x7f", "host;\xff",
    };

    (void) state;

    for (i = 0; i < unit_count(good); i++) {
        assert_int_equal(parse_with(&s, "A/" SCOPE, good[i]), 0);
        assert_int_equal(s.date, strstr(good[i], "x-amz-date") != NULL);
    }

    assert_int_equal(parse_with(&s, "A/" SCOPE, "host;x-amz-dat;x-amz-dates"),
                     0);
    assert_int_equal(s.date, 0);

    for (i = 0; i < unit_count(bad); i++) {
        assert_int_equal(parse_with(&s, "A/" SCOPE, bad[i]), -1);
    }
}


/* which bytes may stand in a name, in a region, and in a signature */

static void
test_bytes(void **state)
{
    char          text[512], *p;
    size_t        i;
    unsigned      ch;
    wsgw_sigv4_t  s;

    static const char  digits[] = "0123456789abcdef";
    static const char  start[] = "AWS4-HMAC-SHA256 " CREDENTIAL "," HEADERS
                                 ",Signature=";

    (void) state;

    for (ch = 1; ch < 256; ch++) {

        /* a comma ends the list */

        snprintf(text, sizeof(text), "host;i%cj", (int) ch);

        if (ch != ',') {
            assert_int_equal(parse_with(&s, "A/" SCOPE, text),
                             ch > ' ' && ch < 0x7f && ch != ':'
                             && !(ch >= 'A' && ch <= 'Z') ? 0 : -1);
        }

        snprintf(text, sizeof(text),
                 "A/20261122/r%c/execute-api/aws4_request", (int) ch);

        assert_int_equal(parse_with(&s, text, "host"),
                         ch > ' ' && ch < 0x7f && ch != '"' && ch != '\\'
                         && ch != ',' && ch != '/' ? 0 : -1);
    }

    for (i = 0; i < WSGW_SIGV4_HEX; i++) {
        for (ch = 1; ch < 256; ch++) {
            snprintf(text, sizeof(text), "%s" HEX, start);
            text[sizeof(start) - 1 + i] = (char) ch;

            p = strchr(digits, (int) ch);

            assert_int_equal(parse(&s, text), p ? 0 : -1);

            if (p) {
                assert_int_equal(s.signature[i / 2] >> (i % 2 ? 0 : 4) & 15,
                                 p - digits);
            }
        }
    }
}


static void
test_hex(void **state)
{
    char      expected[3];
    size_t    i;
    uint8_t   digest[WSGW_SIGV4_DIGEST], text[WSGW_SIGV4_HEX];
    unsigned  value;

    (void) state;

    for (value = 0; value < 256; value++) {

        for (i = 0; i < sizeof(digest); i++) {
            digest[i] = (uint8_t) (value + 31 * i);
        }

        assert_ptr_equal(wsgw_sigv4_hex(text, digest), text + sizeof(text));

        for (i = 0; i < sizeof(digest); i++) {
            snprintf(expected, sizeof(expected), "%02x", digest[i]);
            assert_memory_equal(&text[2 * i], expected, 2);
        }
    }
}


#define Q_ALGORITHM  "X-Amz-Algorithm=AWS4-HMAC-SHA256"
#define Q_CREDENTIAL "X-Amz-Credential=AKIDEXAMPLE%2F20261122%2Fus-east-1"     \
                     "%2Fexecute-api%2Faws4_request"
#define Q_DATE       "X-Amz-Date=20261122T102804Z"
#define Q_HEADERS    "X-Amz-SignedHeaders=host"
#define Q_SIGNATURE  "X-Amz-Signature=" HEX

#define Q_ALL  Q_ALGORITHM "&" Q_CREDENTIAL "&" Q_DATE "&" Q_HEADERS "&"       \
               Q_SIGNATURE


static void
test_presigned(void **state)
{
    int           rc;
    size_t        i, n;
    uint8_t      *p, *scratch;
    wsgw_sigv4_t  s;

    static const struct {
        const char  *query;
        int          rc;
        uint32_t     expires;
    } rows[] = {
        { "", 0, 0 },
        { "a=b&X-Amz", 0, 0 },
        { "X-Amz-Security-Token=abc", 0, 0 },
        { "x-amz-signature=" HEX, 0, 0 },
        { Q_ALL, 1, 0 },
        { "a=b&" Q_ALL "&c", 1, 0 },
        { Q_ALL "&X-Amz-Expires=1", 1, 1 },
        { Q_ALL "&X-Amz-Expires=604800", 1, 604800 },
        { Q_ALL "&X-Amz-Security-Token=%2Fabc", 1, 0 },
        { Q_ALL "&X-Amz-Expires=604801", -1, 0 },
        { Q_ALL "&X-Amz-Expires=0", -1, 0 },
        { Q_ALL "&X-Amz-Expires=", -1, 0 },
        { Q_ALL "&X-Amz-Expires=-1", -1, 0 },
        { Q_ALL "&X-Amz-Expires=18446744073709551617", -1, 0 },
        { Q_ALL "&" Q_DATE, -1, 0 },
        { Q_SIGNATURE, -1, 0 },
        { "X-Amz-Expires=60", -1, 0 },
        { Q_CREDENTIAL "&" Q_DATE "&" Q_HEADERS "&" Q_SIGNATURE, -1, 0 },
        { Q_ALGORITHM "&" Q_DATE "&" Q_HEADERS "&" Q_SIGNATURE, -1, 0 },
        { Q_ALGORITHM "&" Q_CREDENTIAL "&" Q_HEADERS "&" Q_SIGNATURE, -1, 0 },
        { Q_ALGORITHM "&" Q_CREDENTIAL "&" Q_DATE "&" Q_SIGNATURE, -1, 0 },
        { Q_ALGORITHM "&" Q_CREDENTIAL "&" Q_DATE "&" Q_HEADERS, -1, 0 },
        { "X-Amz-Algorithm=AWS4&" Q_CREDENTIAL "&" Q_DATE "&" Q_HEADERS "&"
          Q_SIGNATURE, -1, 0 },
    };

    (void) state;

    for (i = 0; i < unit_count(rows); i++) {
        n = strlen(rows[i].query);
        p = unit_copy(rows[i].query, n);
        scratch = malloc(n ? n : 1);
        assert_non_null(scratch);

        rc = wsgw_sigv4_presigned(&s, p, n, scratch);

        assert_int_equal(rc, rows[i].rc);

        if (rc == 1) {
            assert_text(s.key, "AKIDEXAMPLE");
            assert_text(s.scope, SCOPE);
            assert_text(s.time, "20261122T102804Z");
            assert_text(s.headers, "host");
            assert_int_equal(s.expires, rows[i].expires);
        }

        free(scratch);
        free(p);
    }
}


static void
test_seconds(void **state)
{
    size_t   i;
    int64_t  seconds;

    static const struct {
        const char  *text;
        int64_t      seconds;
    } good[] = {
        { "19700101T000000Z", 0 },
        { "20000229T235959Z", 951868799 },
        { "20000301T000000Z", 951868800 },
        { "20261122T102804Z", 1795343284 },
        { "20380119T031408Z", 2147483648 },
        { "99991231T235959Z", 253402300799 },
    };

    static const char  *bad[] = {
        "", "20261122T102804", "20261122T102804Z0", "20261122 102804Z",
        "20261122T102804+", "20261322T102804Z", "20260022T102804Z",
        "20261132T102804Z", "20261100T102804Z", "20261122T242804Z",
        "20261122T106004Z", "20261122T102861Z", "19691231T235959Z",
        "2026112xT102804Z", "-0261122T102804Z", "2026-11-22T10:28Z",
    };

    (void) state;

    for (i = 0; i < unit_count(good); i++) {
        assert_int_equal(wsgw_sigv4_seconds(unit_bytes(good[i].text),
                                            strlen(good[i].text), &seconds),
                         0);
        assert_int_equal(seconds, good[i].seconds);
    }

    for (i = 0; i < unit_count(bad); i++) {
        assert_int_equal(wsgw_sigv4_seconds(unit_bytes(bad[i]),
                                            strlen(bad[i]), &seconds), -1);
    }
}


/* HMAC of "text" under a key that it replaces */

static void
derive(uint8_t key[WSGW_SIGV4_DIGEST], size_t len, const void *text, size_t n)
{
    uint8_t  digest[WSGW_SIGV4_DIGEST];

    assert_non_null(HMAC(EVP_sha256(), key, (int) len, text, n, digest, NULL));
    memcpy(key, digest, sizeof(digest));
}


static void
sha256(uint8_t digest[WSGW_SIGV4_DIGEST], const void *p, size_t n)
{
    assert_int_equal(EVP_Digest(p, n, digest, NULL, EVP_sha256(), NULL), 1);
}


/* what botocore and the SDK for JavaScript, v2, sent */

static void
test_vectors(void **state)
{
    char          value[512];
    size_t        i;
    uint8_t       request[1024], string[WSGW_SIGV4_STRING_MAX], *p;
    uint8_t       digest[WSGW_SIGV4_DIGEST], key[WSGW_SIGV4_DIGEST];
    wsgw_sigv4_t  s;

    static const char  path[] =
        "/prod/@connections/MKok200_R0oXAdfD0kwCH6w%3D";
    static const char  hello[] =
        "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    static const struct {
        const char  *time;
        const char  *headers;
        const char  *signature;
        int          sha;
    } rows[] = {
        { "20261122T102804Z", "host;x-amz-date",
          "d8b68bba86ff76c50e0fe229653059b6a0ebaef542883b13b8a68dc03fc715c7",
          0 },
        { "20261122T102741Z", "host;x-amz-content-sha256;x-amz-date",
          "9b9ddbb907e20f2941298f0d83f517907a2939f380e4304b10dbfc6e8697c5fa",
          1 },
    };

    (void) state;

    for (i = 0; i < unit_count(rows); i++) {
        snprintf(value, sizeof(value), "AWS4-HMAC-SHA256 " CREDENTIAL
                 ", SignedHeaders=%s, Signature=%s", rows[i].headers,
                 rows[i].signature);
        assert_int_equal(wsgw_sigv4_header(&s, unit_bytes(value),
                                           strlen(value)), 0);

        s.time.data = unit_bytes(rows[i].time);
        s.time.len = strlen(rows[i].time);

        sha256(digest, "hello", 5);
        wsgw_sigv4_hex(request, digest);
        assert_memory_equal(request, hello, WSGW_SIGV4_HEX);

        p = request;
        p += snprintf((char *) p, 16, "POST\n");
        p = wsgw_canonical_path(p, unit_bytes(path), strlen(path));
        p += snprintf((char *) p, 256, "\n\nhost:127.0.0.1:18080\n%s%s%s"
                      "x-amz-date:%s\n\n%s\n", rows[i].sha
                      ? "x-amz-content-sha256:" : "", rows[i].sha ? hello : "",
                      rows[i].sha ? "\n" : "", rows[i].time, rows[i].headers);
        p = wsgw_sigv4_hex(p, digest);

        sha256(digest, request, (size_t) (p - request));
        p = wsgw_sigv4_string(string, &s, digest);
        assert_true(p <= string + sizeof(string));

        memcpy(key, "AWS4secret", 10);
        derive(key, 10, s.day.data, s.day.len);
        derive(key, sizeof(key), s.region.data, s.region.len);
        derive(key, sizeof(key), "execute-api", 11);
        derive(key, sizeof(key), "aws4_request", 12);
        derive(key, sizeof(key), string, (size_t) (p - string));

        assert_memory_equal(key, s.signature, sizeof(key));
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_header),
        cmocka_unit_test(test_no_header),
        cmocka_unit_test(test_credential),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_signed_headers),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_presigned),
        cmocka_unit_test(test_seconds),
        cmocka_unit_test(test_vectors),
    };

    return cmocka_run_group_tests_name("sigv4", tests, NULL, NULL);
}
