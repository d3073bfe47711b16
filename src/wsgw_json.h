/*
 * A validating JSON scanner (RFC 8259): finds the value at a path in one pass,
 * without a tree, an allocation or a recursion.  The text is UTF-8 already
 * validated; the scanner judges the grammar alone.
 */

#ifndef WSGW_JSON_H
#define WSGW_JSON_H


#include "wsgw_json_string.h"


#define WSGW_JSON_MAX_DEPTH  1024       /* deeper is not JSON to us */


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


/* a piece of the scanned text as written; of a string what is between the
   quotes, with its escapes */

typedef struct {
    wsgw_json_type_t   type;
    const uint8_t     *data;
    size_t             len;
    uint8_t            escaped;         /* of a string: escapes it has, bits */
} wsgw_json_value_t;

#define WSGW_JSON_ESCAPED  0x01         /* any */
#define WSGW_JSON_UNICODE  0x02         /* of the form \u0000 */


typedef struct {
    const uint8_t     *name;            /* .name, not escaped */
    size_t             len;
    uint32_t           index;           /* [index] */
    unsigned           array:1;         /* 1: index counts, 0: name does */
} wsgw_json_step_t;


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
 * Likewise finds, of an object, the members of these names: v[i] is that of
 * names[i].  *members is the number of all that the object has, equal names
 * included; 0 if the text is JSON, but no object.
 */
int wsgw_json_members(const uint8_t *p, size_t n,
    const wsgw_json_step_t *names, size_t nnames, wsgw_json_value_t *v,
    size_t *members);


#endif /* WSGW_JSON_H */
