/*
 * Route selection expressions: text, \$ and variables like
 * $request.body.action or ${request.body['my-key'][0]}, compiled once and
 * evaluated on each message.
 */

#ifndef WSGW_SELECTOR_H
#define WSGW_SELECTOR_H


#include "pure/json.h"


#define WSGW_SELECTOR_MAX_PARTS  16
#define WSGW_SELECTOR_MAX_STEPS  64


/* A part is literal text if data is set, else the path of nsteps steps, the
   first of which is steps[first]. */

typedef struct {
    const uint8_t           *data;
    size_t                   len;
    uint16_t                 first;
    uint16_t                 nsteps;
    unsigned                 braced:1;
} wsgw_selector_part_t;


/* The text of parts and steps is the expression's, which must live as long. */

typedef struct {
    wsgw_selector_part_t     parts[WSGW_SELECTOR_MAX_PARTS];
    wsgw_json_step_t         steps[WSGW_SELECTOR_MAX_STEPS];
    uint16_t                 nparts;
    uint16_t                 nsteps;
} wsgw_selector_t;


/* A name without braces is made of these. */

#define wsgw_selector_is_name(ch)                                             \
    (((ch) >= 'a' && (ch) <= 'z') || ((ch) >= 'A' && (ch) <= 'Z')             \
     || ((ch) >= '0' && (ch) <= '9') || (ch) == '_')


/*
 * Compiles an expression.  Returns 0; 1 if it is accepted with a warning
 * (request.body.x without the dollar sign is taken as $request.body.x, and
 * wsgw_selector_doubt() has others); -1 if it is refused.  For 1 and -1 *error
 * is a constant, NUL-terminated text that says what to write instead.
 */
int wsgw_selector_compile(wsgw_selector_t *s, const uint8_t *expr, size_t n,
    const char **error);

/*
 * Writes the route key that the message body selects to dst and its size to
 * *len.  A missing value and null are empty, strings are unescaped, numbers
 * are as written, a list is "[x, y]", an object is compact JSON.  Returns 0;
 * -1 if the body is not JSON; -2 if the result is longer than size, so that no
 * route key can equal it.  An expression without a variable does not look at
 * the body.
 */
int wsgw_selector_evaluate(const wsgw_selector_t *s, const uint8_t *body,
    size_t n, uint8_t *dst, size_t size, size_t *len);


#endif /* WSGW_SELECTOR_H */
