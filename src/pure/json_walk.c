/*
 * A walk over a container of a text that is known to be JSON: there is nothing
 * to validate, only ends to find.
 */

#include "pure/json_walk.h"


static void wsgw_json_walk_skip(wsgw_json_walk_t *w, uint8_t separator);
static void wsgw_json_walk_value(wsgw_json_walk_t *w, wsgw_json_value_t *v);
static wsgw_json_type_t wsgw_json_walk_type(uint8_t ch);
static void wsgw_json_walk_string(wsgw_json_walk_t *w, wsgw_json_value_t *v);
static const uint8_t *wsgw_json_walk_end(const uint8_t *p,
    const uint8_t *last);


void
wsgw_json_walk(wsgw_json_walk_t *w, const uint8_t *p, size_t n)
{
    w->pos = p;
    w->last = p + n;
    w->start = p;
    w->len = 0;
}


void
wsgw_json_walk_into(wsgw_json_walk_t *w, const wsgw_json_value_t *v)
{
    wsgw_json_walk(w, v->data + 1, v->len - 2);
}


int
wsgw_json_walk_next(wsgw_json_walk_t *w, wsgw_json_value_t *name,
    wsgw_json_value_t *v)
{
    wsgw_json_walk_skip(w, ',');

    if (w->pos == w->last) {
        return 0;
    }

    w->start = w->pos;

    if (name) {
        wsgw_json_walk_string(w, name);
        wsgw_json_walk_skip(w, ':');
    }

    wsgw_json_walk_value(w, v);

    w->len = (size_t) (w->pos - w->start);

    return 1;
}


static void
wsgw_json_walk_skip(wsgw_json_walk_t *w, uint8_t separator)
{
    while (w->pos < w->last
           && (*w->pos == separator || *w->pos == ' ' || *w->pos == '\t'
               || *w->pos == '\r' || *w->pos == '\n'))
    {
        w->pos++;
    }
}


static void
wsgw_json_walk_value(wsgw_json_walk_t *w, wsgw_json_value_t *v)
{
    if (w->pos < w->last && *w->pos == '"') {
        wsgw_json_walk_string(w, v);
        return;
    }

    v->type = w->pos < w->last ? wsgw_json_walk_type(*w->pos)
                               : WSGW_JSON_NONE;
    v->data = w->pos;
    v->escaped = 0;

    w->pos = wsgw_json_walk_end(w->pos, w->last);
    v->len = (size_t) (w->pos - v->data);
}


static wsgw_json_type_t
wsgw_json_walk_type(uint8_t ch)
{
    switch (ch) {

    case '{':
        return WSGW_JSON_OBJECT;

    case '[':
        return WSGW_JSON_ARRAY;

    case 't':
        return WSGW_JSON_TRUE;

    case 'f':
        return WSGW_JSON_FALSE;

    case 'n':
        return WSGW_JSON_NULL;

    default:
        return WSGW_JSON_NUMBER;
    }
}


/* pos is at the quote that begins it, and is left behind the one that ends
   it */

static void
wsgw_json_walk_string(wsgw_json_walk_t *w, wsgw_json_value_t *v)
{
    const uint8_t  *p;

    v->type = WSGW_JSON_STRING;
    v->data = w->pos + 1;
    v->escaped = 0;

    p = wsgw_json_string_skip_plain(v->data, w->last);

    while (p < w->last && *p != '"') {
        v->escaped |= WSGW_JSON_ESCAPED;
        p = wsgw_json_string_skip_plain(w->last - p > 2 ? p + 2 : w->last,
                                        w->last);
    }

    v->len = (size_t) (p - v->data);
    w->pos = p < w->last ? p + 1 : p;
}


/* of what is no string: a container ends with its bracket, all else before a
   comma or a space */

static const uint8_t *
wsgw_json_walk_end(const uint8_t *p, const uint8_t *last)
{
    size_t             depth;
    wsgw_json_walk_t   w;
    wsgw_json_value_t  v;

    for (depth = 0; p < last; p++) {

        switch (*p) {

        case '{':
        case '[':
            depth++;
            break;

        case '}':
        case ']':
            if (depth && --depth == 0) {
                return p + 1;
            }

            break;

        case '"':
            wsgw_json_walk(&w, p, (size_t) (last - p));
            wsgw_json_walk_string(&w, &v);
            p = w.pos - 1;
            break;

        case ' ':
        case '\t':
        case '\r':
        case '\n':
        case ',':
            if (depth == 0) {
                return p;
            }

            break;
        }
    }

    return last;
}
