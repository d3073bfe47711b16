/*
 * The names of groups, and lists of them.  A name has no comma, no blank and no
 * control character, so it can stand in a list, a header and a log.
 */

#include <string.h>

#include "pure/group_name.h"


/* Between slashes it has no "." and no "..": in the path of a URL these would
   lead elsewhere. */

int
wsgw_group_name_is_valid(const uint8_t *p, size_t n)
{
    size_t  i, begin, len;

    if (n == 0 || n > WSGW_GROUP_NAME_MAX) {
        return 0;
    }

    begin = 0;

    for (i = 0; i <= n; i++) {

        if (i == n || p[i] == '/') {
            len = i - begin;

            if ((len == 1 || len == 2) && memcmp(&p[begin], "..", len) == 0) {
                return 0;
            }

            begin = i + 1;
            continue;
        }

        if ((p[i] >= '0' && p[i] <= '9')
            || (p[i] >= 'a' && p[i] <= 'z')
            || (p[i] >= 'A' && p[i] <= 'Z')
            || (p[i] && strchr("._:@+=-", p[i])))
        {
            continue;
        }

        return 0;
    }

    return 1;
}


size_t
wsgw_group_name_next(const uint8_t **p, const uint8_t *last,
    const uint8_t **name)
{
    const uint8_t  *pos, *end;

    for (pos = *p; pos < last; pos++) {
        if (*pos != ',' && *pos != ' ' && *pos != '\t') {
            break;
        }
    }

    *p = pos;
    *name = pos;

    if (pos == last) {
        return 0;
    }

    end = memchr(pos, ',', (size_t) (last - pos));
    if (end == NULL) {
        end = last;
    }

    *p = end;

    while (end[-1] == ' ' || end[-1] == '\t') {
        end--;
    }

    return (size_t) (end - pos);
}
