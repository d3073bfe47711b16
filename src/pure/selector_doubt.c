/*
 * Route selection expressions that are legal, yet make keys that no route has.
 * The compiler asks once an expression is compiled, and makes a warning of the
 * answer.
 */

#include <string.h>

#include "pure/selector_doubt.h"
#include "pure/selector.h"


static const char *wsgw_selector_doubt_literal(const wsgw_selector_part_t *part,
    int follows);
static int wsgw_selector_doubt_has_name(const wsgw_selector_part_t *part);
static int wsgw_selector_doubt_has_request(const wsgw_selector_part_t *part);
static int wsgw_selector_doubt_is_edge(uint8_t ch);


const char *
wsgw_selector_doubt(const wsgw_selector_t *s)
{
    size_t                       i;
    const char                  *error;
    const wsgw_selector_part_t  *part, *last;

    if (wsgw_selector_doubt_is_constant(s)) {
        return NULL;
    }

    part = s->parts;
    last = part + s->nparts - 1;

    if (part->data && (*part->data == '$' || *part->data == '~')) {
        return "no route key begins with \"$\" or \"~\", write "
               "${request.body.action}";
    }

    if ((part->data && wsgw_selector_doubt_is_edge(*part->data))
        || (last->data
            && wsgw_selector_doubt_is_edge(last->data[last->len - 1])))
    {
        return "white space around it belongs to the route key, write "
               "$request.body.action";
    }

    for (i = 0; i < s->nparts; i++, part++) {

        if (part->data == NULL) {

            if (part->nsteps == 0) {
                return "$request.body is the whole message, write "
                       "$request.body.action";
            }

            continue;
        }

        error = wsgw_selector_doubt_literal(part, i && part[-1].data == NULL
                                                  && !part[-1].braced);
        if (error) {
            return error;
        }
    }

    return NULL;
}


/* "follows": the text comes after a variable without braces, which it may have
   cut short. */

static const char *
wsgw_selector_doubt_literal(const wsgw_selector_part_t *part, int follows)
{
    size_t  i;

    if (wsgw_selector_doubt_has_request(part)) {
        return "a variable begins with a dollar sign, write "
               "${request.body.action}";
    }

    for (i = 0; i < part->len; i++) {
        if (part->data[i] < 0x20 || part->data[i] == 0x7f
            || memchr("*()[]{}\"'", part->data[i], 9))
        {
            return "wildcards, brackets, braces, quotes and control "
                   "characters outside of a variable belong to the route key, "
                   "write ${request.body.action}";
        }
    }

    if (follows && part->data[0] != '/' && wsgw_selector_doubt_has_name(part)) {
        return "braces tell where a name ends, write ${request.body.my-name} "
               "or ${request.body.my}-name";
    }

    return NULL;
}


/* Returns 1 if the text may have a part of a name, and not only what separates
   two of them. */

static int
wsgw_selector_doubt_has_name(const wsgw_selector_part_t *part)
{
    size_t  i;

    for (i = 0; i < part->len; i++) {
        if (part->data[i] >= 0x80 || wsgw_selector_is_name(part->data[i])) {
            return 1;
        }
    }

    return 0;
}


static int
wsgw_selector_doubt_has_request(const wsgw_selector_part_t *part)
{
    size_t  i, n;

    static const char  source[] = "request.body";

    for (i = 0, n = 0; i < part->len && source[n]; i++) {

        /* The first letter occurs in it once: a match can begin only there. */

        if ((part->data[i] | 0x20) == (source[n] | 0x20)) {
            n++;

        } else {
            n = ((part->data[i] | 0x20) == source[0]);
        }
    }

    return source[n] == '\0';
}


static int
wsgw_selector_doubt_is_edge(uint8_t ch)
{
    return ch <= 0x20 || ch == 0x7f;
}


int
wsgw_selector_doubt_is_constant(const wsgw_selector_t *s)
{
    size_t  i;

    for (i = 0; i < s->nparts; i++) {
        if (s->parts[i].data == NULL) {
            return 0;
        }
    }

    return 1;
}
