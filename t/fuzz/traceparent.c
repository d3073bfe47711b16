/*
 * An input is both headers.  What is read of either is an id in lower case that
 * is not zero, and stands in the input; what is none writes nothing.
 */

#include "fuzz.h"
#include "pure/traceparent.h"


static void
check_id(const uint8_t *id)
{
    size_t  i, zeros;

    zeros = 0;

    for (i = 0; i < WSGW_TRACEPARENT_ID; i++) {
        fuzz_check(memchr("0123456789abcdef", id[i], 16) != NULL);
        zeros += (id[i] == '0');
    }

    fuzz_check(zeros < WSGW_TRACEPARENT_ID);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t   i;
    uint8_t  kept[WSGW_TRACEPARENT_KEPT], root[WSGW_TRACEPARENT_ID + 1];

    memset(kept, '#', sizeof(kept));

    if (wsgw_traceparent_read(data, size, kept) == WSGW_DONE) {
        check_id(kept);
        fuzz_check(memcmp(kept, data + 3, WSGW_TRACEPARENT_ID) == 0);
        fuzz_check(kept[WSGW_TRACEPARENT_ID] == '0');
        fuzz_check(kept[WSGW_TRACEPARENT_ID + 1] == '0'
                   || kept[WSGW_TRACEPARENT_ID + 1] == '1');

    } else {
        for (i = 0; i < sizeof(kept); i++) {
            fuzz_check(kept[i] == '#');
        }
    }

    memset(root, '#', sizeof(root));

    if (wsgw_traceparent_root(data, size, root) == WSGW_DONE) {
        check_id(root);
        fuzz_check(root[WSGW_TRACEPARENT_ID] == '#');

    } else {
        for (i = 0; i < sizeof(root); i++) {
            fuzz_check(root[i] == '#');
        }
    }

    return 0;
}
