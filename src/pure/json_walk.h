/*
 * The members of an object or the elements of an array, one after the other,
 * of a text that wsgw_json_find() or wsgw_json_members() has accepted.
 */

#ifndef WSGW_JSON_WALK_H
#define WSGW_JSON_WALK_H


#include "pure/json.h"


typedef struct {
    const uint8_t     *pos;
    const uint8_t     *last;
    const uint8_t     *start;           /* what wsgw_json_walk_next() found */
    size_t             len;             /* last, its name included */
} wsgw_json_walk_t;


/* Begins with n bytes that are what stands between the braces or brackets. */
void wsgw_json_walk(wsgw_json_walk_t *w, const uint8_t *p, size_t n);

/* begins with such a value */
void wsgw_json_walk_into(wsgw_json_walk_t *w, const wsgw_json_value_t *v);

/*
 * Takes the next one.  Of an object, name is the member's, as a string; of an
 * array name is NULL.  Returns 0 at the end.  What was taken is not looked at
 * again, so the caller may spoil it.
 */
int wsgw_json_walk_next(wsgw_json_walk_t *w, wsgw_json_value_t *name,
    wsgw_json_value_t *v);


#endif /* WSGW_JSON_WALK_H */
