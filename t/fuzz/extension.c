/*
 * An input is header lines.  Our answer, taken as an offer, gives the same
 * terms; and lines give what they give joined by commas, if all are legal.
 */

#include "fuzz.h"
#include "pure/extension.h"


#define MAX_INPUT  1024


static int
same(const wsgw_extension_t *a, const wsgw_extension_t *b)
{
    return a->accepted == b->accepted
           && a->server_max_window_bits == b->server_max_window_bits
           && a->client_max_window_bits == b->client_max_window_bits;
}


static int
negotiate_lines(const uint8_t *p, const uint8_t *last, wsgw_extension_t *chosen)
{
    const uint8_t  *end;

    while (p < last) {
        end = memchr(p, '\n', (size_t) (last - p));
        end = end ? end : last;

        if (wsgw_extension_negotiate(p, (size_t) (end - p), chosen) != 0) {
            return -1;
        }

        p = end < last ? end + 1 : last;
    }

    return 0;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t            i, n;
    uint8_t           joined[MAX_INPUT];
    uint8_t           answer[WSGW_EXTENSION_RESPONSE_MAX];
    wsgw_extension_t  lines, line, again;

    if (size == 0 || size > MAX_INPUT) {
        return 0;
    }

    memset(&lines, 0, sizeof(lines));
    memset(&line, 0, sizeof(line));
    memset(&again, 0, sizeof(again));

    if (negotiate_lines(data, data + size, &lines) != 0) {
        return 0;
    }

    for (i = 0; i < size; i++) {
        joined[i] = data[i] == '\n' ? ',' : data[i];
    }

    fuzz_check(wsgw_extension_negotiate(joined, size, &line) == 0);
    fuzz_check(same(&lines, &line));

    if (!lines.accepted) {
        fuzz_check(lines.server_max_window_bits == 0
                   && lines.client_max_window_bits == 0);
        return 0;
    }

    n = wsgw_extension_response(answer, &lines);

    fuzz_check(n <= sizeof(answer));
    fuzz_check(wsgw_extension_negotiate(answer, n, &again) == 0);
    fuzz_check(same(&lines, &again));

    return 0;
}
