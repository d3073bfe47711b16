/*
 * The validator against a decoder that is too simple to be wrong: the same
 * verdict, at the same byte, whole and byte by byte.
 */

#include "fuzz.h"
#include "pure/utf8.h"


/* the size of the character at p, 0 if there is none */

static size_t
decode(const uint8_t *p, size_t n)
{
    size_t    len, i;
    uint32_t  ch;

    static const uint32_t  least[] = { 0, 0, 0x80, 0x800, 0x10000 };

    len = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3
          : p[0] >> 3 == 30 ? 4 : 0;

    if (len < 2 || len > n) {
        return len > n ? 0 : len;
    }

    ch = p[0] & (0x7fU >> len);

    for (i = 1; i < len; i++) {

        if (p[i] >> 6 != 2) {
            return 0;
        }

        ch = ch << 6 | (p[i] & 0x3f);
    }

    if (ch < least[len] || ch > 0x10ffff || ch >> 11 == 0x1b) {
        return 0;
    }

    return len;
}


/* whether the n < 4 bytes at p can be continued to a character: by one of the
   bytes at which the rules change */

static int
can_continue(const uint8_t *p, size_t n)
{
    size_t   i, k;
    uint8_t  text[4];

    static const uint8_t  next[] = { 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf };

    for (i = 0; i < sizeof(next); i++) {
        memset(text, 0x80, sizeof(text));
        memcpy(text, p, n);
        text[n] = next[i];

        for (k = n + 1; k <= 4; k++) {
            if (decode(text, k)) {
                return 1;
            }
        }
    }

    return 0;
}


static void
check_repair(const uint8_t *p, size_t n)
{
    size_t    len;
    uint8_t  *text;

    len = wsgw_utf8_repair(NULL, p, n);
    fuzz_check(len >= n && len <= 3 * n);

    text = malloc(len ? len : 1);
    fuzz_check(text != NULL);

    fuzz_check(wsgw_utf8_repair(text, p, n) == len);
    fuzz_check(wsgw_utf8_is_valid(text, len));
    fuzz_check((len == n && (n == 0 || memcmp(text, p, n) == 0))
               == wsgw_utf8_is_valid(p, n));

    free(text);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t    i, begin, len;
    uint32_t  whole, bytes;

    begin = 0;
    bytes = 0;

    check_repair(data, size);

    for (i = 0; i < size; i++) {
        len = decode(data + begin, i + 1 - begin);

        if (len == 0 && (i - begin == 3
                         || !can_continue(data + begin, i + 1 - begin)))
        {
            fuzz_check(wsgw_utf8_validate(&bytes, data + i, 1) == -1);
            fuzz_check(!wsgw_utf8_is_valid(data, size));

            whole = 0;
            fuzz_check(wsgw_utf8_validate(&whole, data, i) == 0);
            fuzz_check(wsgw_utf8_validate(&whole, data + i, size - i) == -1);

            return 0;
        }

        fuzz_check(wsgw_utf8_validate(&bytes, data + i, 1) == 0);
        fuzz_check((bytes == 0) == (len != 0));

        if (len) {
            begin = i + 1;
        }
    }

    whole = 0;
    fuzz_check(wsgw_utf8_validate(&whole, data, size) == 0);
    fuzz_check(whole == bytes);
    fuzz_check(wsgw_utf8_is_valid(data, size) == (bytes == 0));

    return 0;
}
