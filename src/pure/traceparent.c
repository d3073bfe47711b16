
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The id of a trace, read from what is told of it in headers.
 */


#include <string.h>

#include "pure/traceparent.h"


#define WSGW_TRACEPARENT_ROOT  (sizeof("1-01234567-0123456789abcdef01234567") \
                                - 1)


static int wsgw_traceparent_is_hex(const uint8_t *p, size_t len);
static int wsgw_traceparent_is_id(const uint8_t *p, size_t len);


int
wsgw_traceparent_read(const uint8_t *p, size_t len,
    uint8_t kept[WSGW_TRACEPARENT_KEPT])
{
    const uint8_t  *trace, *span, *flags;

    if (len < WSGW_TRACEPARENT_LEN) {
        return WSGW_ERROR;
    }

    trace = p + 3;
    span = trace + WSGW_TRACEPARENT_ID + 1;
    flags = span + WSGW_TRACEPARENT_SPAN + 1;

    if (!wsgw_traceparent_is_hex(p, 2)
        || memcmp(p, "ff", 2) == 0
        || trace[-1] != '-' || span[-1] != '-' || flags[-1] != '-'
        || !wsgw_traceparent_is_id(trace, WSGW_TRACEPARENT_ID)
        || !wsgw_traceparent_is_id(span, WSGW_TRACEPARENT_SPAN)
        || !wsgw_traceparent_is_hex(flags, 2))
    {
        return WSGW_ERROR;
    }

    /* a later version may have more, behind a dash */

    if (len > WSGW_TRACEPARENT_LEN
        && (memcmp(p, "00", 2) == 0 || p[WSGW_TRACEPARENT_LEN] != '-'))
    {
        return WSGW_ERROR;
    }

    memcpy(kept, trace, WSGW_TRACEPARENT_ID);

    /* an odd number: letters' codes are as odd as what they mean is even */

    kept[WSGW_TRACEPARENT_ID] = '0';
    kept[WSGW_TRACEPARENT_ID + 1] = (uint8_t)
        ((flags[1] <= '9' ? flags[1] & 1 : !(flags[1] & 1)) ? '1' : '0');

    return WSGW_DONE;
}


int
wsgw_traceparent_root(const uint8_t *p, size_t len,
    uint8_t id[WSGW_TRACEPARENT_ID])
{
    uint8_t         root[WSGW_TRACEPARENT_ID];
    const uint8_t  *last, *part, *end;

    last = p + len;

    for (part = p; part < last; part = end + 1) {

        while (part < last && (*part == ' ' || *part == '\t')) {
            part++;
        }

        end = memchr(part, ';', (size_t) (last - part));

        if (end == NULL) {
            end = last;
        }

        if ((size_t) (end - part) != sizeof("Root=") - 1 + WSGW_TRACEPARENT_ROOT
            || memcmp(part, "Root=1-", 7) != 0)
        {
            continue;
        }

        part += 7;

        if (part[8] != '-') {
            return WSGW_ERROR;
        }

        memcpy(root, part, 8);
        memcpy(root + 8, part + 9, sizeof(root) - 8);

        if (!wsgw_traceparent_is_id(root, sizeof(root))) {
            return WSGW_ERROR;
        }

        memcpy(id, root, sizeof(root));

        return WSGW_DONE;
    }

    return WSGW_ERROR;
}


/* in lower case only */

static int
wsgw_traceparent_is_hex(const uint8_t *p, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (!((p[i] >= '0' && p[i] <= '9') || (p[i] >= 'a' && p[i] <= 'f'))) {
            return 0;
        }
    }

    return 1;
}


/* zero is none */

static int
wsgw_traceparent_is_id(const uint8_t *p, size_t len)
{
    size_t  i;

    if (!wsgw_traceparent_is_hex(p, len)) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        if (p[i] != '0') {
            return 1;
        }
    }

    return 0;
}
