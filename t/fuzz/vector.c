/*
 * The forms with vectors against those without: unmasking, what is plain in a
 * string and how the rest is escaped, UTF-8.  The latter sees the input as it
 * is, and as a long text of characters of every length that it stands for, with
 * one byte of it changed.
 */

#include "fuzz.h"
#include "portable.h"
#include "pure/frame.h"
#include "pure/json_string.h"
#include "pure/utf8.h"


static uint8_t *
copy(const uint8_t *p, size_t n)
{
    uint8_t  *again;

    again = malloc(n ? n : 1);
    fuzz_check(again != NULL);

    if (n) {
        memcpy(again, p, n);
    }

    return again;
}


static void
check_unmask(const uint8_t *p, size_t n)
{
    uint8_t   *one, *two, mask[4] = { 0, 0, 0, 0 };
    uint64_t   offset;

    memcpy(mask, p, n < 4 ? n : 4);
    offset = n;

    one = copy(p, n);
    two = copy(p, n);

    wsgw_frame_unmask(one, n, mask, offset);
    portable_frame_unmask(two, n, mask, offset);

    fuzz_check(n == 0 || memcmp(one, two, n) == 0);

    free(one);
    free(two);
}


/* in memory of its own, of which no more than the room is there at a time */

static size_t
escape(uint8_t *dst, const uint8_t *p, size_t n, size_t room)
{
    size_t          len, size;
    uint8_t        *part;
    const uint8_t  *src;

    src = p;
    size = 0;

    do {
        part = malloc(room);
        fuzz_check(part != NULL);

        len = wsgw_json_string_escape(part, room, &src, p + n);
        fuzz_check(len <= room);
        fuzz_check(src == p + n || room - len < WSGW_JSON_LONGEST);

        memcpy(dst + size, part, len);
        size += len;

        free(part);
    } while (src < p + n);

    return size;
}


static void
check_string(const uint8_t *p, size_t n)
{
    size_t          len, size;
    uint8_t        *text, *one, *two;
    const uint8_t  *src;

    text = copy(p, n);

    fuzz_check(wsgw_json_string_skip_plain(text, text + n)
               == portable_json_string_skip_plain(text, text + n));

    size = WSGW_JSON_LONGEST * (n ? n : 1);
    one = malloc(size);
    two = malloc(size);
    fuzz_check(one != NULL && two != NULL);

    src = text;
    len = portable_json_string_escape(two, size, &src, text + n);
    fuzz_check(src == text + n);

    fuzz_check(escape(one, text, n, size) == len);
    fuzz_check(memcmp(one, two, len) == 0);

    fuzz_check(escape(one, text, n, WSGW_JSON_LONGEST + n / 3) == len);
    fuzz_check(memcmp(one, two, len) == 0);

    free(text);
    free(one);
    free(two);
}


/* from each state, and in two portions */

static void
check_utf8(const uint8_t *p, size_t n, size_t cut)
{
    int       rc;
    uint8_t  *text;
    uint32_t  one, two;

    text = copy(p, n);
    one = 0;
    two = 0;

    rc = portable_utf8_validate(&two, text, n);
    fuzz_check(wsgw_utf8_validate(&one, text, n) == rc);
    fuzz_check(rc != 0 || one == two);

    one = 0;
    rc = wsgw_utf8_validate(&one, text, cut);

    if (rc == 0) {
        rc = wsgw_utf8_validate(&one, text + cut, n - cut);
    }

    two = 0;
    fuzz_check(portable_utf8_validate(&two, text, n) == rc);
    fuzz_check(rc != 0 || one == two);

    free(text);
}


static void
check_characters(const uint8_t *p, size_t n)
{
    size_t    i, len;
    uint8_t  *text;

    static const char *const  chars[] = {
        "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xe1\x80\xbf",
        "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80",
        "\xf1\x80\x80\x80", "\xf3\xbf\xbf\xbf", "\xf4\x8f\xbf\xbf",
        "0123456789abcdef0123456789abcdef" /* a vector of ASCII */,
        "\xe6\x97\xa5", "\xd0\x96"
    };

    if (n < 4) {
        return;
    }

    text = malloc(n * 32);
    fuzz_check(text != NULL);

    len = 0;

    for (i = 3; i < n; i++) {
        memcpy(text + len, chars[p[i] & 15], strlen(chars[p[i] & 15]));
        len += strlen(chars[p[i] & 15]);
    }

    check_utf8(text, len, (p[0] * 256U + p[1]) % (len + 1));

    text[(p[0] * 256U + p[1]) % len] = p[2];

    check_utf8(text, len, (p[0] * 256U + p[1]) % (len + 1));
    check_utf8(text, len, p[1] % (len + 1));

    free(text);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_unmask(data, size);
    check_string(data, size);
    check_utf8(data, size, size / 3);
    check_characters(data, size);

    return 0;
}
