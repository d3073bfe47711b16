/*
 * A validating JSON scanner (RFC 8259): finds the value at a path in one pass,
 * without a tree, an allocation or a recursion.  The text is UTF-8 already
 * validated; the scanner judges the grammar alone.
 */

#ifndef WSGW_JSON_H
#define WSGW_JSON_H


#include "pure/json_string.h"


#define WSGW_JSON_MAX_DEPTH  1024       /* what is deeper is not JSON to us */


typedef enum {
    WSGW_JSON_NONE,                     /* the path is absent */
    WSGW_JSON_OBJECT,
    WSGW_JSON_ARRAY,
    WSGW_JSON_STRING,
    WSGW_JSON_NUMBER,
    WSGW_JSON_TRUE,
    WSGW_JSON_FALSE,
    WSGW_JSON_NULL
} wsgw_json_type_t;


/* a piece of the scanned text as it is written; of a string, what is between
   the quotes, with its escapes */

typedef struct {
    wsgw_json_type_t   type;
    const uint8_t     *data;
    size_t             len;
    uint8_t            escaped;         /* of a string: escapes it has, bits */
    uint8_t            again;           /* of wsgw_json_members(): 1 if another
                                           one before it has the name */
} wsgw_json_value_t;

#define WSGW_JSON_ESCAPED  0x01         /* it has escapes */
#define WSGW_JSON_UNICODE  0x02         /* some have the form \u0000 */


typedef struct {
    const uint8_t     *name;            /* .name, not escaped */
    size_t             len;
    uint32_t           index;           /* [index] */
    uint32_t           kind;            /* which of these counts: */
} wsgw_json_step_t;

#define WSGW_JSON_NAME      0
#define WSGW_JSON_ANY_CASE  1           /* the name, which is in lower case,
                                           in any letter case */
#define WSGW_JSON_INDEX     2
#define WSGW_JSON_LAST      3           /* neither: an array's last element */

#define wsgw_json_name(name)                                                  \
    { (const uint8_t *) name, sizeof(name) - 1, 0, WSGW_JSON_NAME }


/*
 * Validates all of the text and finds the value that steps lead to; no steps
 * mean the whole value.  Of duplicate names the last wins, with everything
 * below it (as in JSON.parse); names are compared unescaped.  Returns 0 if the
 * text is JSON, v->type is then NONE if there is no such value; -1 if it is
 * not, v means nothing then.
 */
int wsgw_json_find(const uint8_t *p, size_t n, const wsgw_json_step_t *steps,
    size_t nsteps, wsgw_json_value_t *v);

/*
 * Validates all of the text in the same way and finds the members of an object
 * that have these names: v[i] is that of names[i].  *other is the first name
 * that is none of these, as a string; its type is NONE if there is none.
 */
int wsgw_json_members(const uint8_t *p, size_t n,
    const wsgw_json_step_t *names, size_t nnames, wsgw_json_value_t *v,
    wsgw_json_value_t *other);


#endif /* WSGW_JSON_H */
