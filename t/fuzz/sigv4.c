/*
 * What is taken for a signature keeps its limits, and what is signed of a
 * request has one form: a query in that form stays as it is, sorted.
 */

#include "fuzz.h"
#include "pure/sigv4.h"


static void
check_signature(const wsgw_sigv4_t *s)
{
    size_t                 n;
    uint8_t                string[WSGW_SIGV4_STRING_MAX], *p;
    wsgw_sigv4_t           timed;
    wsgw_canonical_text_t  list, name;

    static const uint8_t  time[] = "20261122T102804Z";
    static const uint8_t  digest[WSGW_SIGV4_DIGEST];

    fuzz_check(s->key.len > 0 && s->key.len <= WSGW_SIGV4_KEY_MAX);
    fuzz_check(s->day.len == WSGW_SIGV4_DAY);
    fuzz_check(s->region.len > 0 && s->region.len <= WSGW_SIGV4_REGION_MAX);
    fuzz_check(s->day.data == s->key.data + s->key.len + 1);
    fuzz_check(s->scope.data == s->day.data);
    fuzz_check(s->expires <= WSGW_SIGV4_EXPIRES_MAX);
    fuzz_check(memchr(s->key.data, '/', s->key.len) == NULL);

    list = s->headers;
    n = 0;

    while (wsgw_sigv4_next_header(&list, &name)) {
        fuzz_check(name.len > 0);
        n++;
    }

    fuzz_check(n > 0 && n <= WSGW_SIGV4_HEADERS_MAX);
    fuzz_check(s->host);

    timed = *s;
    timed.time.data = time;
    timed.time.len = WSGW_SIGV4_TIME;

    p = wsgw_sigv4_string(string, &timed, digest);
    fuzz_check(p <= string + sizeof(string));
}


static size_t
query(uint8_t *dst, const uint8_t *p, size_t n, const char *except)
{
    size_t                  len;
    uint8_t                *scratch;
    wsgw_canonical_pair_t  *pairs;

    scratch = malloc(4 * n + 1);
    pairs = malloc(wsgw_canonical_pairs(p, n) * sizeof(*pairs));
    fuzz_check(scratch != NULL && pairs != NULL);

    len = (size_t) (wsgw_canonical_query(dst, p, n, except, pairs, scratch)
                    - dst);
    fuzz_check(len <= 4 * n);

    free(pairs);
    free(scratch);

    return len;
}


static void
check_query(const uint8_t *data, size_t size)
{
    size_t    i, n, less;
    uint8_t  *once, *again;

    once = malloc(4 * size + 1);
    again = malloc(16 * size + 1);
    fuzz_check(once != NULL && again != NULL);

    n = query(once, data, size, NULL);

    fuzz_check(query(again, once, n, NULL) == n);
    fuzz_check(memcmp(once, again, n) == 0);

    for (i = 0; i < n; i++) {
        fuzz_check(once[i] > ' ' && once[i] < 0x7f && once[i] != '+'
                   && once[i] != '/');
    }

    less = query(again, data, size, "X-Amz-Signature");
    fuzz_check(less <= n);

    free(again);
    free(once);
}


static void
check_path(const uint8_t *data, size_t size)
{
    size_t    i, n;
    uint8_t  *dst;

    dst = malloc(3 * size + 1);
    fuzz_check(dst != NULL);

    n = (size_t) (wsgw_canonical_path(dst, data, size) - dst);

    fuzz_check(n >= 1 && n <= 3 * size + 1 && dst[0] == '/');

    for (i = 1; i < n; i++) {
        fuzz_check(dst[i] != '/' || dst[i - 1] != '/');
    }

    n = (size_t) (wsgw_canonical_value(dst, data, size) - dst);

    fuzz_check(n <= size);
    fuzz_check(n == 0 || (dst[0] != ' ' && dst[n - 1] != ' '));

    free(dst);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t        seconds;
    uint8_t       *scratch;
    wsgw_sigv4_t   s;

    if (wsgw_sigv4_header(&s, data, size) == 0) {
        check_signature(&s);
    }

    scratch = malloc(size + 1);
    fuzz_check(scratch != NULL);

    if (wsgw_sigv4_presigned(&s, data, size, scratch) == 1) {
        check_signature(&s);
    }

    free(scratch);

    if (wsgw_sigv4_seconds(data, size, &seconds) == 0) {
        fuzz_check(seconds >= 0 && seconds < 253402387200);
    }

    check_query(data, size);
    check_path(data, size);

    return 0;
}
