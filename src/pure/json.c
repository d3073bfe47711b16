/*
 * The JSON scanner.  The selector calls it for each message, so it is written
 * for few instructions per byte, and its time grows with the text's length
 * only.
 *
 * The containers that are open form a stack; the first `path` of them are
 * those the steps have led through so far.  A value is a hit when all open
 * containers are on the path and the last one's step leads to it: it is then
 * the wanted one, or the next container of the path.  Several names may be
 * wanted of one container: then there is a value for each.
 */

#include <string.h>

#include "pure/json.h"


#define wsgw_json_is_digit(ch)  ((ch) >= '0' && (ch) <= '9')

#define wsgw_json_is_space(ch)                                                \
    ((ch) == ' ' || (ch) == '\t' || (ch) == '\n' || (ch) == '\r')


typedef struct {
    const uint8_t           *pos;
    const uint8_t           *last;
    const wsgw_json_step_t  *steps;
    size_t                   nsteps;
    size_t                   nnames;    /* of a step */
    wsgw_json_value_t       *values;    /* as many */
    wsgw_json_value_t       *value;     /* that of the name found last */
    wsgw_json_value_t       *other;     /* a name that is not wanted; or NULL */

    size_t                   depth;     /* open containers */
    size_t                   path;      /* of these, on the path */
    uint32_t                 index;     /* next element of container `path` */

    uint8_t                  hit;       /* the value at pos is one */
    uint8_t                  open;      /* value is a container, still open */
    uint8_t                  escaped;   /* bits, of the last string */

    uint8_t                  closers[WSGW_JSON_MAX_DEPTH];
} wsgw_json_scanner_t;


/* what is expected next in the text */

typedef enum {
    wsgw_json_st_value,
    wsgw_json_st_value_end,
    wsgw_json_st_done,
    wsgw_json_st_error
} wsgw_json_state_t;


static int wsgw_json_scan(wsgw_json_scanner_t *s, const uint8_t *p, size_t n);
static wsgw_json_state_t wsgw_json_value(wsgw_json_scanner_t *s);
static wsgw_json_state_t wsgw_json_value_end(wsgw_json_scanner_t *s);
static wsgw_json_state_t wsgw_json_open(wsgw_json_scanner_t *s,
    wsgw_json_type_t type, uint8_t closer);
static wsgw_json_state_t wsgw_json_close(wsgw_json_scanner_t *s);
static wsgw_json_state_t wsgw_json_member(wsgw_json_scanner_t *s);
static wsgw_json_state_t wsgw_json_element(wsgw_json_scanner_t *s);
static void wsgw_json_choose(wsgw_json_scanner_t *s, const uint8_t *name,
    size_t n);
static int wsgw_json_is_name(const wsgw_json_scanner_t *s,
    const uint8_t *name, size_t n, const wsgw_json_step_t *step);
static int wsgw_json_is_escaped_name(const uint8_t *name, size_t n,
    const wsgw_json_step_t *step) __attribute__((noinline));
static int wsgw_json_is_same(const uint8_t *p, const wsgw_json_step_t *step,
    size_t offset, size_t n);
static int wsgw_json_string(wsgw_json_scanner_t *s);
static int wsgw_json_escaped(wsgw_json_scanner_t *s)
    __attribute__((noinline));
static int wsgw_json_escape_sequence(wsgw_json_scanner_t *s);
static int wsgw_json_number(wsgw_json_scanner_t *s);
static int wsgw_json_digits(wsgw_json_scanner_t *s);
static int wsgw_json_literal(wsgw_json_scanner_t *s, const char *text,
    size_t n);
static void wsgw_json_skip_space(wsgw_json_scanner_t *s);


int
wsgw_json_find(const uint8_t *p, size_t n, const wsgw_json_step_t *steps,
    size_t nsteps, wsgw_json_value_t *v)
{
    wsgw_json_scanner_t  s;

    s.steps = steps;
    s.nsteps = nsteps;
    s.nnames = 1;
    s.values = v;
    s.other = NULL;

    return wsgw_json_scan(&s, p, n);
}


int
wsgw_json_members(const uint8_t *p, size_t n, const wsgw_json_step_t *names,
    size_t nnames, wsgw_json_value_t *v, wsgw_json_value_t *other)
{
    wsgw_json_scanner_t  s;

    s.steps = names;
    s.nsteps = 1;
    s.nnames = nnames;
    s.values = v;
    s.other = other;

    other->type = WSGW_JSON_NONE;

    return wsgw_json_scan(&s, p, n);
}


static int
wsgw_json_scan(wsgw_json_scanner_t *s, const uint8_t *p, size_t n)
{
    size_t             i;
    wsgw_json_state_t  state;

    for (i = 0; i < s->nnames; i++) {
        s->values[i].type = WSGW_JSON_NONE;
        s->values[i].data = p;
        s->values[i].len = 0;
        s->values[i].again = 0;
    }

    s->pos = p;
    s->last = p + n;
    s->value = s->values;
    s->depth = 0;
    s->path = 0;
    s->index = 0;
    s->hit = 1;
    s->open = 0;
    s->escaped = 0;

    state = wsgw_json_st_value;

    do {
        state = (state == wsgw_json_st_value) ? wsgw_json_value(s)
                                              : wsgw_json_value_end(s);
    } while (state < wsgw_json_st_done);

    return state == wsgw_json_st_done ? 0 : -1;
}


static wsgw_json_state_t
wsgw_json_value(wsgw_json_scanner_t *s)
{
    int                rc;
    size_t             quote;
    const uint8_t     *start;
    wsgw_json_type_t   type;

    wsgw_json_skip_space(s);

    if (s->pos == s->last) {
        return wsgw_json_st_error;
    }

    start = s->pos;
    quote = 0;

    switch (*start) {

    case '{':
        return wsgw_json_open(s, WSGW_JSON_OBJECT, '}');

    case '[':
        return wsgw_json_open(s, WSGW_JSON_ARRAY, ']');

    case '"':
        type = WSGW_JSON_STRING;
        quote = 1;
        rc = wsgw_json_string(s);
        break;

    case 't':
        type = WSGW_JSON_TRUE;
        rc = wsgw_json_literal(s, "true", 4);
        break;

    case 'f':
        type = WSGW_JSON_FALSE;
        rc = wsgw_json_literal(s, "false", 5);
        break;

    case 'n':
        type = WSGW_JSON_NULL;
        rc = wsgw_json_literal(s, "null", 4);
        break;

    default:
        type = WSGW_JSON_NUMBER;
        rc = wsgw_json_number(s);
        break;
    }

    if (rc != 0) {
        return wsgw_json_st_error;
    }

    if (s->hit && s->depth == s->nsteps) {
        s->value->type = type;
        s->value->data = start + quote;
        s->value->len = (size_t) (s->pos - start) - 2 * quote;
        s->value->escaped = s->escaped;
    }

    return wsgw_json_st_value_end;
}


static wsgw_json_state_t
wsgw_json_value_end(wsgw_json_scanner_t *s)
{
    uint8_t  ch, closer;

    wsgw_json_skip_space(s);

    if (s->depth == 0) {
        return s->pos == s->last ? wsgw_json_st_done : wsgw_json_st_error;
    }

    if (s->pos == s->last) {
        return wsgw_json_st_error;
    }

    ch = *s->pos++;
    closer = s->closers[s->depth - 1];

    if (ch == closer) {
        return wsgw_json_close(s);
    }

    if (ch != ',') {
        return wsgw_json_st_error;
    }

    return closer == '}' ? wsgw_json_member(s) : wsgw_json_element(s);
}


static wsgw_json_state_t
wsgw_json_open(wsgw_json_scanner_t *s, wsgw_json_type_t type, uint8_t closer)
{
    if (s->depth == WSGW_JSON_MAX_DEPTH) {
        return wsgw_json_st_error;
    }

    if (s->hit && s->depth == s->nsteps) {
        s->value->type = type;
        s->value->data = s->pos;
        s->open = 1;

    } else if (s->hit) {
        s->path = s->depth + 1;
        s->index = 0;
    }

    s->closers[s->depth++] = closer;
    s->pos++;

    wsgw_json_skip_space(s);

    if (s->pos < s->last && *s->pos == closer) {
        s->pos++;
        return wsgw_json_close(s);
    }

    return closer == '}' ? wsgw_json_member(s) : wsgw_json_element(s);
}


static wsgw_json_state_t
wsgw_json_close(wsgw_json_scanner_t *s)
{
    s->depth--;

    if (s->open && s->depth == s->nsteps) {
        s->value->len = (size_t) (s->pos - s->value->data);
        s->open = 0;
    }

    /* We are back in a container of the path, and the one that was left was its
       hit: if it is an array, the elements after that one come next. */

    if (s->path > s->depth) {
        s->path = s->depth;

        if (s->path) {
            s->index = s->steps[s->path - 1].index + 1;
        }
    }

    return wsgw_json_st_value_end;
}


static wsgw_json_state_t
wsgw_json_member(wsgw_json_scanner_t *s)
{
    const uint8_t  *name;

    wsgw_json_skip_space(s);

    if (s->pos == s->last || *s->pos != '"') {
        return wsgw_json_st_error;
    }

    name = s->pos + 1;

    if (wsgw_json_string(s) != 0) {
        return wsgw_json_st_error;
    }

    s->hit = 0;

    if (s->path == s->depth) {
        wsgw_json_choose(s, name, (size_t) (s->pos - name) - 1);
    }

    wsgw_json_skip_space(s);

    if (s->pos == s->last || *s->pos++ != ':') {
        return wsgw_json_st_error;
    }

    return wsgw_json_st_value;
}


static wsgw_json_state_t
wsgw_json_element(wsgw_json_scanner_t *s)
{
    const wsgw_json_step_t  *step;

    s->hit = 0;

    if (s->path == s->depth) {
        step = &s->steps[s->depth - 1];
        s->hit = step->kind == WSGW_JSON_LAST
                 || (step->kind == WSGW_JSON_INDEX && step->index == s->index);
        s->index++;

        if (step->kind == WSGW_JSON_LAST) {
            s->value->type = WSGW_JSON_NONE;
        }
    }

    return wsgw_json_st_value;
}


static void
wsgw_json_choose(wsgw_json_scanner_t *s, const uint8_t *name, size_t n)
{
    size_t                   i;
    const wsgw_json_step_t  *step;

    step = &s->steps[s->depth - 1];

    for (i = 0; i < s->nnames; i++) {

        if (wsgw_json_is_name(s, name, n, &step[i])) {
            s->hit = 1;
            s->value = &s->values[i];

            /* What an earlier member of this name led to does not count. */

            s->value->again |= (s->value->type != WSGW_JSON_NONE);
            s->value->type = WSGW_JSON_NONE;
            return;
        }
    }

    if (s->other && s->other->type == WSGW_JSON_NONE) {
        s->other->type = WSGW_JSON_STRING;
        s->other->data = name;
        s->other->len = n;
        s->other->escaped = s->escaped;
    }
}


static int
wsgw_json_is_name(const wsgw_json_scanner_t *s, const uint8_t *name, size_t n,
    const wsgw_json_step_t *step)
{
    if (step->kind >= WSGW_JSON_INDEX || n < step->len) {
        return 0;
    }

    if (s->escaped) {
        return wsgw_json_is_escaped_name(name, n, step);
    }

    return n == step->len
           && (memcmp(name, step->name, n) == 0
               || wsgw_json_is_same(name, step, 0, n));
}


/* Few names have escapes: this is kept out of what all names pass. */

static int
wsgw_json_is_escaped_name(const uint8_t *name, size_t n,
    const wsgw_json_step_t *step)
{
    size_t          len, left, offset;
    uint8_t         ch[4];
    const uint8_t  *last;

    last = name + n;
    left = step->len;

    while (name < last) {
        len = wsgw_json_string_char(ch, &name, last);

        offset = step->len - left;

        if (len > left
            || (memcmp(ch, step->name + offset, len) != 0
                && !wsgw_json_is_same(ch, step, offset, len)))
        {
            return 0;
        }

        left -= len;
    }

    return left == 0;
}


/* Returns 1 if the step takes any letter case, and the n bytes at p are, but
   for their case, those of its name from the offset on. */

static int
wsgw_json_is_same(const uint8_t *p, const wsgw_json_step_t *step, size_t offset,
    size_t n)
{
    size_t   i;
    uint8_t  ch;

    if (step->kind != WSGW_JSON_ANY_CASE) {
        return 0;
    }

    for (i = 0; i < n; i++) {
        ch = p[i];

        if (ch >= 'A' && ch <= 'Z') {
            ch |= 0x20;
        }

        if (ch != step->name[offset + i]) {
            return 0;
        }
    }

    return 1;
}


static int
wsgw_json_string(wsgw_json_scanner_t *s)
{
    const uint8_t  *p;

    p = wsgw_json_string_skip_plain(s->pos + 1, s->last);

    s->pos = p;
    s->escaped = 0;

    if (p < s->last && *p == '"') {
        s->pos++;
        return 0;
    }

    return wsgw_json_escaped(s);
}


/* Reads the rest of a string from the first byte that is not plain; kept out of
   what all strings pass. */

static int
wsgw_json_escaped(wsgw_json_scanner_t *s)
{
    s->escaped = WSGW_JSON_ESCAPED;

    while (s->pos < s->last) {

        switch (*s->pos++) {

        case '"':
            return 0;

        case '\\':
            if (wsgw_json_escape_sequence(s) != 0) {
                return -1;
            }

            s->pos = wsgw_json_string_skip_plain(s->pos, s->last);
            break;

        default:
            return -1;
        }
    }

    return -1;
}


static int
wsgw_json_escape_sequence(wsgw_json_scanner_t *s)
{
    if (s->pos == s->last) {
        return -1;
    }

    switch (*s->pos++) {

    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return 0;

    case 'u':
        if (s->last - s->pos < 4 || wsgw_json_string_hex4(s->pos) < 0) {
            return -1;
        }

        s->pos += 4;
        s->escaped |= WSGW_JSON_UNICODE;
        return 0;

    default:
        return -1;
    }
}


/* RFC 8259, 6: a sign, digits without leading zeros, fraction, exponent. */

static int
wsgw_json_number(wsgw_json_scanner_t *s)
{
    if (*s->pos == '-') {
        s->pos++;
    }

    if (s->pos < s->last && *s->pos == '0') {
        s->pos++;

    } else if (wsgw_json_digits(s) != 0) {
        return -1;
    }

    if (s->pos < s->last && *s->pos == '.') {
        s->pos++;

        if (wsgw_json_digits(s) != 0) {
            return -1;
        }
    }

    if (s->pos == s->last || (*s->pos != 'e' && *s->pos != 'E')) {
        return 0;
    }

    s->pos++;

    if (s->pos < s->last && (*s->pos == '+' || *s->pos == '-')) {
        s->pos++;
    }

    return wsgw_json_digits(s);
}


static int
wsgw_json_digits(wsgw_json_scanner_t *s)
{
    const uint8_t  *p;

    p = s->pos;

    while (p < s->last && wsgw_json_is_digit(*p)) {
        p++;
    }

    if (p == s->pos) {
        return -1;
    }

    s->pos = p;

    return 0;
}


static int
wsgw_json_literal(wsgw_json_scanner_t *s, const char *text, size_t n)
{
    if ((size_t) (s->last - s->pos) < n || memcmp(s->pos, text, n) != 0) {
        return -1;
    }

    s->pos += n;

    return 0;
}


static void
wsgw_json_skip_space(wsgw_json_scanner_t *s)
{
    while (s->pos < s->last && wsgw_json_is_space(*s->pos)) {
        s->pos++;
    }
}
