/*
 * Route selection expressions.  The configuration compiles them, and the
 * dispatch of each message evaluates them.
 */

#include <string.h>

#include "pure/selector.h"
#include "pure/selector_doubt.h"


/* an expression that is being compiled; a function that fails sets the error */

typedef struct {
    const uint8_t           *pos;
    const uint8_t           *last;
    wsgw_selector_t         *selector;
    const char              *error;
    unsigned                 braced:1;  /* inside ${...} */
} wsgw_selector_cursor_t;


typedef struct {
    uint8_t                 *pos;
    uint8_t                 *end;
    unsigned                 overflow:1;
} wsgw_selector_output_t;


static int wsgw_selector_parts(wsgw_selector_cursor_t *c);
static int wsgw_selector_literal(wsgw_selector_cursor_t *c);
static int wsgw_selector_variable(wsgw_selector_cursor_t *c);
static int wsgw_selector_path(wsgw_selector_cursor_t *c);
static int wsgw_selector_tail(wsgw_selector_cursor_t *c);
static int wsgw_selector_name(wsgw_selector_cursor_t *c);
static int wsgw_selector_name_check(wsgw_selector_cursor_t *c,
    const uint8_t *start);
static int wsgw_selector_bracket(wsgw_selector_cursor_t *c);
static int wsgw_selector_quoted(wsgw_selector_cursor_t *c,
    wsgw_json_step_t *step);
static int wsgw_selector_index(wsgw_selector_cursor_t *c,
    wsgw_json_step_t *step);
static const char *wsgw_selector_bad_source(const wsgw_selector_cursor_t *c);
static wsgw_selector_part_t *wsgw_selector_add_part(wsgw_selector_cursor_t *c);
static wsgw_json_step_t *wsgw_selector_add_step(wsgw_selector_cursor_t *c);
static int wsgw_selector_fail(wsgw_selector_cursor_t *c, const char *error);
static int wsgw_selector_is_at(const wsgw_selector_cursor_t *c,
    const char *text);
static void wsgw_selector_append_value(wsgw_selector_output_t *out,
    const wsgw_json_value_t *v);
static void wsgw_selector_append_container(wsgw_selector_output_t *out,
    const wsgw_json_value_t *v);
static void wsgw_selector_append_string(wsgw_selector_output_t *out,
    const uint8_t *p, const uint8_t *last);
static void wsgw_selector_append(wsgw_selector_output_t *out, const uint8_t *p,
    size_t n);
static const uint8_t *wsgw_selector_string_end(const uint8_t *p);


int
wsgw_selector_compile(wsgw_selector_t *s, const uint8_t *expr, size_t n,
    const char **error)
{
    int                     rc;
    wsgw_selector_cursor_t  c;

    memset(s, 0, sizeof(wsgw_selector_t));

    c.pos = expr;
    c.last = expr + n;
    c.selector = s;
    c.error = NULL;
    c.braced = 0;

    if (n == 0) {
        *error = "the expression is empty, write $request.body.action";
        return -1;
    }

    /* The console of the original shows expressions without the dollar sign.
       By the grammar such a one would be a constant. */

    rc = 0;

    if (wsgw_selector_is_at(&c, "request.body.")
        || wsgw_selector_is_at(&c, "request.body["))
    {
        c.error = "a variable begins with a dollar sign, "
                  "write $request.body.action";
        rc = wsgw_selector_path(&c);
    }

    if (rc == 0) {
        rc = wsgw_selector_parts(&c);
    }

    if (c.error == NULL) {
        c.error = wsgw_selector_doubt(s);
    }

    if (c.error == NULL) {
        return 0;
    }

    *error = c.error;

    return rc == 0 ? 1 : -1;
}


static int
wsgw_selector_parts(wsgw_selector_cursor_t *c)
{
    int  rc;

    while (c->pos < c->last) {
        rc = (*c->pos == '$') ? wsgw_selector_variable(c)
                              : wsgw_selector_literal(c);

        if (rc != 0) {
            return -1;
        }
    }

    return 0;
}


/* Reads text up to a variable or the next \$.  The part of a \$ begins with the
   dollar sign. */

static int
wsgw_selector_literal(wsgw_selector_cursor_t *c)
{
    const uint8_t         *start;
    wsgw_selector_part_t  *part;

    part = wsgw_selector_add_part(c);

    if (part == NULL) {
        return -1;
    }

    if (wsgw_selector_is_at(c, "\\$")) {
        c->pos++;
    }

    start = c->pos++;

    while (c->pos < c->last && *c->pos != '$'
           && !wsgw_selector_is_at(c, "\\$"))
    {
        c->pos++;
    }

    part->data = start;
    part->len = (size_t) (c->pos - start);

    return 0;
}


static int
wsgw_selector_variable(wsgw_selector_cursor_t *c)
{
    c->pos++;

    if (c->pos == c->last || *c->pos != '{') {
        return wsgw_selector_path(c);
    }

    c->pos++;
    c->braced = 1;

    if (wsgw_selector_path(c) != 0) {
        return -1;
    }

    if (c->pos == c->last || *c->pos != '}') {
        return wsgw_selector_fail(c, "\"}\" is missing, "
                                     "write ${request.body.action}");
    }

    c->pos++;
    c->braced = 0;

    return 0;
}


static int
wsgw_selector_path(wsgw_selector_cursor_t *c)
{
    wsgw_selector_part_t  *part;

    static const char  source[] = "request.body";

    if (!wsgw_selector_is_at(c, source)) {
        return wsgw_selector_fail(c, wsgw_selector_bad_source(c));
    }

    c->pos += sizeof(source) - 1;

    if (c->pos < c->last && wsgw_selector_is_name(*c->pos)) {
        return wsgw_selector_fail(c, wsgw_selector_bad_source(c));
    }

    part = wsgw_selector_add_part(c);

    if (part == NULL) {
        return -1;
    }

    part->first = c->selector->nsteps;
    part->braced = c->braced;

    if (wsgw_selector_tail(c) != 0) {
        return -1;
    }

    part->nsteps = (uint16_t) (c->selector->nsteps - part->first);

    return 0;
}


/* Reads the steps of a path.  A variable without braces ends at a dot that
   separates it from another. */

static int
wsgw_selector_tail(wsgw_selector_cursor_t *c)
{
    int  rc;

    while (c->pos < c->last) {

        if (*c->pos == '[') {
            rc = wsgw_selector_bracket(c);

        } else if (*c->pos == '.'
                   && (c->braced || !wsgw_selector_is_at(c, ".$")))
        {
            rc = wsgw_selector_name(c);

        } else {
            return 0;
        }

        if (rc != 0) {
            return -1;
        }
    }

    return 0;
}


/* Reads .name.  In braces it has any bytes but those that end it. */

static int
wsgw_selector_name(wsgw_selector_cursor_t *c)
{
    const uint8_t     *start;
    wsgw_json_step_t  *step;

    step = wsgw_selector_add_step(c);

    if (step == NULL) {
        return -1;
    }

    start = ++c->pos;

    while (c->pos < c->last
           && (c->braced ? memchr(".[}", *c->pos, 3) == NULL
                         : wsgw_selector_is_name(*c->pos)))
    {
        c->pos++;
    }

    step->name = start;
    step->len = (size_t) (c->pos - start);

    return wsgw_selector_name_check(c, start);
}


/* Checks the name that has ended at c->pos.  One of any other bytes can stand
   in brackets. */

static int
wsgw_selector_name_check(wsgw_selector_cursor_t *c, const uint8_t *start)
{
    const uint8_t  *p;

    if (memchr(start, '*', (size_t) (c->pos - start))
        || (c->pos == start && (wsgw_selector_is_at(c, "*")
                                || wsgw_selector_is_at(c, "."))))
    {
        return wsgw_selector_fail(c, "wildcards and \"..\" are not "
                                     "supported, write the path in full");
    }

    if (c->pos == start) {
        return wsgw_selector_fail(c, "a name follows the dot; one of other "
                                     "characters than letters, digits and "
                                     "\"_\" is written "
                                     "${request.body.my-name}");
    }

    for (p = start; p < c->pos; p++) {
        if (*p < 0x20 || *p == 0x7f || memchr("()]{\"'", *p, 6)
            || (*p == ' ' && (p == start || p == c->pos - 1)))
        {
            return wsgw_selector_fail(c, "a name with brackets, quotes or "
                                         "white space around it is written "
                                         "${request.body['my.name']}");
        }
    }

    return 0;
}


/* Reads ['name'], ["name"] or [n]. */

static int
wsgw_selector_bracket(wsgw_selector_cursor_t *c)
{
    int                rc;
    wsgw_json_step_t  *step;

    step = wsgw_selector_add_step(c);

    if (step == NULL) {
        return -1;
    }

    c->pos++;

    rc = (c->pos < c->last && (*c->pos == '\'' || *c->pos == '"'))
         ? wsgw_selector_quoted(c, step)
         : wsgw_selector_index(c, step);

    if (rc != 0 || c->pos == c->last || *c->pos != ']') {
        return wsgw_selector_fail(c, "only ['name'] and [0] may stand in "
                                     "brackets");
    }

    c->pos++;

    return 0;
}


static int
wsgw_selector_quoted(wsgw_selector_cursor_t *c, wsgw_json_step_t *step)
{
    const uint8_t  *end;

    end = memchr(c->pos + 1, *c->pos, (size_t) (c->last - c->pos) - 1);

    if (end == NULL) {
        return -1;
    }

    step->name = c->pos + 1;
    step->len = (size_t) (end - step->name);

    c->pos = end + 1;

    return 0;
}


static int
wsgw_selector_index(wsgw_selector_cursor_t *c, wsgw_json_step_t *step)
{
    uint32_t        index;
    const uint8_t  *start;

    start = c->pos;
    index = 0;

    while (c->pos < c->last && *c->pos >= '0' && *c->pos <= '9') {

        /* Nine digits fit, and no message has as many elements. */

        if (c->pos - start == 9) {
            return -1;
        }

        index = index * 10 + (uint32_t) (*c->pos++ - '0');
    }

    step->kind = WSGW_JSON_INDEX;
    step->index = index;

    return c->pos == start ? -1 : 0;
}


static const char *
wsgw_selector_bad_source(const wsgw_selector_cursor_t *c)
{
    if (wsgw_selector_is_at(c, "request.header")) {
        return "$request.header.* is known at the handshake only, "
               "of a message there is $request.body.*";
    }

    if (wsgw_selector_is_at(c, "request.querystring")) {
        return "$request.querystring.* is known at the handshake only, "
               "of a message there is $request.body.*";
    }

    if (wsgw_selector_is_at(c, "context.")) {
        return "$context.* is known at the handshake only, "
               "of a message there is $request.body.*";
    }

    return "a variable is $request.body.NAME or ${request.body.NAME}, "
           "a plain dollar sign is written \\$";
}


static wsgw_selector_part_t *
wsgw_selector_add_part(wsgw_selector_cursor_t *c)
{
    if (c->selector->nparts == WSGW_SELECTOR_MAX_PARTS) {
        c->error = "the expression has more than 16 parts";
        return NULL;
    }

    return &c->selector->parts[c->selector->nparts++];
}


static wsgw_json_step_t *
wsgw_selector_add_step(wsgw_selector_cursor_t *c)
{
    if (c->selector->nsteps == WSGW_SELECTOR_MAX_STEPS) {
        c->error = "the expression's paths have more than 64 steps";
        return NULL;
    }

    return &c->selector->steps[c->selector->nsteps++];
}


static int
wsgw_selector_fail(wsgw_selector_cursor_t *c, const char *error)
{
    c->error = error;

    return -1;
}


static int
wsgw_selector_is_at(const wsgw_selector_cursor_t *c, const char *text)
{
    size_t  n;

    n = strlen(text);

    return (size_t) (c->last - c->pos) >= n && memcmp(c->pos, text, n) == 0;
}


int
wsgw_selector_evaluate(const wsgw_selector_t *s, const uint8_t *body, size_t n,
    uint8_t *dst, size_t size, size_t *len)
{
    size_t                       i;
    wsgw_json_value_t            v;
    wsgw_selector_output_t       out;
    const wsgw_selector_part_t  *part;

    out.pos = dst;
    out.end = dst + size;
    out.overflow = 0;

    for (i = 0; i < s->nparts; i++) {
        part = &s->parts[i];

        if (part->data) {
            wsgw_selector_append(&out, part->data, part->len);
            continue;
        }

        if (wsgw_json_find(body, n, &s->steps[part->first], part->nsteps, &v)
            != 0)
        {
            return -1;
        }

        wsgw_selector_append_value(&out, &v);
    }

    *len = (size_t) (out.pos - dst);

    return out.overflow ? -2 : 0;
}


static void
wsgw_selector_append_value(wsgw_selector_output_t *out,
    const wsgw_json_value_t *v)
{
    switch (v->type) {

    case WSGW_JSON_NONE:
    case WSGW_JSON_NULL:
        break;

    case WSGW_JSON_STRING:
        if (v->escaped) {
            wsgw_selector_append_string(out, v->data, v->data + v->len);

        } else {
            wsgw_selector_append(out, v->data, v->len);
        }

        break;

    case WSGW_JSON_ARRAY:
    case WSGW_JSON_OBJECT:
        wsgw_selector_append_container(out, v);
        break;

    default:
        wsgw_selector_append(out, v->data, v->len);
        break;
    }
}


/*
 * Writes a list as "[x, y]", with bare strings, as are the lists in it; and an
 * object, with all that is in it, as JSON without white space.
 */

static void
wsgw_selector_append_container(wsgw_selector_output_t *out,
    const wsgw_json_value_t *v)
{
    size_t          objects;
    const uint8_t  *p, *start, *last;

    p = v->data;
    last = p + v->len;
    objects = 0;

    while (p < last && !out->overflow) {
        start = p;

        switch (*p++) {

        case ' ':
        case '\t':
        case '\n':
        case '\r':
            continue;

        case '"':
            p = wsgw_selector_string_end(p);

            if (objects == 0) {
                wsgw_selector_append_string(out, start + 1, p - 1);
                continue;
            }

            break;

        case '{':
            objects++;
            break;

        case '}':
            objects--;
            break;

        case ',':
            if (objects == 0) {
                wsgw_selector_append(out, (const uint8_t *) ", ", 2);
                continue;
            }

            break;
        }

        wsgw_selector_append(out, start, (size_t) (p - start));
    }
}


static void
wsgw_selector_append_string(wsgw_selector_output_t *out, const uint8_t *p,
    const uint8_t *last)
{
    uint8_t         ch[4];
    const uint8_t  *escape;

    while (p < last && !out->overflow) {
        escape = memchr(p, '\\', (size_t) (last - p));

        if (escape == NULL) {
            escape = last;
        }

        wsgw_selector_append(out, p, (size_t) (escape - p));
        p = escape;

        if (p < last) {
            wsgw_selector_append(out, ch, wsgw_json_string_char(ch, &p, last));
        }
    }
}


static void
wsgw_selector_append(wsgw_selector_output_t *out, const uint8_t *p, size_t n)
{
    if ((size_t) (out->end - out->pos) < n) {
        out->overflow = 1;
        return;
    }

    memcpy(out->pos, p, n);
    out->pos += n;
}


/* Returns what follows the closing quote of a validated string, p being inside
   it. */

static const uint8_t *
wsgw_selector_string_end(const uint8_t *p)
{
    while (*p != '"') {
        p += (*p == '\\') ? 2 : 1;
    }

    return p + 1;
}
