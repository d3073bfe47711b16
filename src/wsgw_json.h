/*
 * A validating JSON scanner (RFC 8259): finds the value at a path in one pass,
 * without a tree, an allocation or a recursion; and the escapes of strings.
 * The text is UTF-8 already validated; the scanner judges the grammar alone.
 */

#ifndef WSGW_JSON_H
#define WSGW_JSON_H


#include <stddef.h>
#include <stdint.h>


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
   quotes, still escaped */

typedef struct {
    wsgw_json_type_t   type;
    const uint8_t     *data;
    size_t             len;
} wsgw_json_value_t;


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
 * Takes one character from *src, escaped or not, writes its UTF-8 to dst and
 * moves *src behind it.  Surrogate pairs are joined, a lone one becomes
 * U+FFFD.  An unescaped character is taken byte by byte.  Returns the number
 * of bytes written, 1 to 4.  [*src, last) is not empty and is the inside of a
 * string that wsgw_json_find() has accepted.
 */
size_t wsgw_json_char(uint8_t dst[4], const uint8_t **src,
    const uint8_t *last);

/*
 * Writes the string whose inside is the n bytes at src, as accepted by
 * wsgw_json_find(), to dst, unescaped.  dst has room for n bytes and may be
 * src.  Returns the number of bytes written.
 */
size_t wsgw_json_unescape(uint8_t *dst, const uint8_t *src, size_t n);

/*
 * Writes n bytes to dst as the inside of a JSON string: quote, backslash and
 * controls escaped, all else as it is.  Returns the number of bytes written,
 * or to be written if dst is NULL; at most 6 * n.
 */
size_t wsgw_json_escape(uint8_t *dst, const uint8_t *src, size_t n);


#endif /* WSGW_JSON_H */
