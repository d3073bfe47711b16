/*
 * The offers of Sec-WebSocket-Extensions.  The handshake calls it for each
 * header line, which is read in one pass.
 */

#include <string.h>

#include "pure/extension.h"


#define WSGW_EXTENSION_NO_VALUE  -1
#define WSGW_EXTENSION_ILLEGAL   0


enum {
    wsgw_extension_server_no_context_takeover = 0,
    wsgw_extension_client_no_context_takeover,
    wsgw_extension_server_max_window_bits,
    wsgw_extension_client_max_window_bits,
    wsgw_extension_nparams
};


typedef struct {
    const uint8_t     *data;
    size_t             len;
} wsgw_extension_token_t;


typedef struct {
    const uint8_t     *pos;
    const uint8_t     *last;
} wsgw_extension_cursor_t;


/* an offer being read */

typedef struct {
    wsgw_extension_t   terms;
    unsigned           acceptable:1;
    uint8_t            seen[wsgw_extension_nparams];
} wsgw_extension_offer_t;


static int wsgw_extension_offer(wsgw_extension_cursor_t *c,
    wsgw_extension_offer_t *offer);
static int wsgw_extension_param(wsgw_extension_cursor_t *c,
    wsgw_extension_offer_t *offer);
static int wsgw_extension_accept(wsgw_extension_offer_t *offer,
    const wsgw_extension_token_t *name, int value);
static int wsgw_extension_token(wsgw_extension_cursor_t *c,
    wsgw_extension_token_t *token);
static int wsgw_extension_value(wsgw_extension_cursor_t *c, int *value);
static int wsgw_extension_digit(int value, size_t i, uint8_t ch);
static int wsgw_extension_is_next(wsgw_extension_cursor_t *c, uint8_t ch);
static void wsgw_extension_skip_space(wsgw_extension_cursor_t *c);
static int wsgw_extension_is_tchar(uint8_t ch);
static int wsgw_extension_is_name(const wsgw_extension_token_t *token,
    const char *name);
static size_t wsgw_extension_append_bits(uint8_t *dst, const char *name,
    uint8_t bits);


static const char *const  wsgw_extension_names[wsgw_extension_nparams] = {
    "server_no_context_takeover",
    "client_no_context_takeover",
    "server_max_window_bits",
    "client_max_window_bits"
};


int
wsgw_extension_negotiate(const uint8_t *p, size_t n, wsgw_extension_t *chosen)
{
    wsgw_extension_offer_t   offer;
    wsgw_extension_cursor_t  c;

    c.pos = p;
    c.last = p + n;

    for ( ;; ) {

        /* RFC 7230, 7: a recipient ignores empty elements of a list. */

        while (wsgw_extension_is_next(&c, ',')) {
            c.pos++;
        }

        if (c.pos == c.last) {
            return 0;
        }

        memset(&offer, 0, sizeof(wsgw_extension_offer_t));

        if (wsgw_extension_offer(&c, &offer) != 0) {
            return -1;
        }

        if (c.pos < c.last && !wsgw_extension_is_next(&c, ',')) {
            return -1;
        }

        if (offer.acceptable && !chosen->accepted) {
            *chosen = offer.terms;
            chosen->accepted = 1;
        }
    }
}


/* RFC 6455, 9.1: extension-token *( ";" extension-param ) */

static int
wsgw_extension_offer(wsgw_extension_cursor_t *c, wsgw_extension_offer_t *offer)
{
    wsgw_extension_token_t  name;

    if (wsgw_extension_token(c, &name) != 0) {
        return -1;
    }

    offer->acceptable = wsgw_extension_is_name(&name, "permessage-deflate")
                        != 0;

    while (wsgw_extension_is_next(c, ';')) {
        c->pos++;

        if (wsgw_extension_param(c, offer) != 0) {
            return -1;
        }
    }

    return 0;
}


static int
wsgw_extension_param(wsgw_extension_cursor_t *c, wsgw_extension_offer_t *offer)
{
    int                     value;
    wsgw_extension_token_t  name;

    if (wsgw_extension_token(c, &name) != 0) {
        return -1;
    }

    value = WSGW_EXTENSION_NO_VALUE;

    if (wsgw_extension_is_next(c, '=')) {
        c->pos++;

        if (wsgw_extension_value(c, &value) != 0) {
            return -1;
        }
    }

    if (!wsgw_extension_accept(offer, &name, value)) {
        offer->acceptable = 0;
    }

    return 0;
}


/* Returns 1 if the parameter is one of RFC 7692, 7.1, is legal, and was not in
   the offer before. */

static int
wsgw_extension_accept(wsgw_extension_offer_t *offer,
    const wsgw_extension_token_t *name, int value)
{
    size_t  i;

    for (i = 0; i < wsgw_extension_nparams; i++) {
        if (wsgw_extension_is_name(name, wsgw_extension_names[i])) {
            break;
        }
    }

    if (i == wsgw_extension_nparams || offer->seen[i]) {
        return 0;
    }

    offer->seen[i] = 1;

    switch (i) {

    case wsgw_extension_server_max_window_bits:

        /* zlib has no raw deflate with a window of 8 bits. */

        if (value < 9) {
            return 0;
        }

        offer->terms.server_max_window_bits = (uint8_t) value;
        return 1;

    case wsgw_extension_client_max_window_bits:

        /* RFC 7692, 7.1.2.2: without a value the client leaves it to us. */

        if (value == WSGW_EXTENSION_ILLEGAL) {
            return 0;
        }

        offer->terms.client_max_window_bits =
            (uint8_t) (value == WSGW_EXTENSION_NO_VALUE ? 15 : value);
        return 1;

    default:
        return value == WSGW_EXTENSION_NO_VALUE;
    }
}


static int
wsgw_extension_token(wsgw_extension_cursor_t *c, wsgw_extension_token_t *token)
{
    wsgw_extension_skip_space(c);

    token->data = c->pos;

    while (c->pos < c->last && wsgw_extension_is_tchar(*c->pos)) {
        c->pos++;
    }

    token->len = (size_t) (c->pos - token->data);

    return token->len ? 0 : -1;
}


/*
 * Reads a token, or a quoted string whose content is one (RFC 6455, 9.1).  Only
 * window bits have values, so it is a number from 8 to 15 or illegal.
 */

static int
wsgw_extension_value(wsgw_extension_cursor_t *c, int *value)
{
    int     quoted;
    size_t  n;

    quoted = wsgw_extension_is_next(c, '"');
    c->pos += quoted;
    *value = WSGW_EXTENSION_ILLEGAL;

    for (n = 0; c->pos < c->last && *c->pos != '"'; n++) {

        if (quoted && *c->pos == '\\' && ++c->pos == c->last) {
            return -1;
        }

        if (!wsgw_extension_is_tchar(*c->pos)) {

            if (quoted) {
                return -1;
            }

            break;
        }

        *value = wsgw_extension_digit(*value, n, *c->pos++);
    }

    if (*value < 8 || *value > 15) {
        *value = WSGW_EXTENSION_ILLEGAL;
    }

    if (n == 0 || (quoted && c->pos == c->last)) {
        return -1;
    }

    c->pos += quoted;

    return 0;
}


/* RFC 7692, 7.1.2: window bits are one or two digits without leading zeros. */

static int
wsgw_extension_digit(int value, size_t i, uint8_t ch)
{
    if (ch < '0' || ch > '9' || i > 1) {
        return WSGW_EXTENSION_ILLEGAL;
    }

    if (i == 1 && value == WSGW_EXTENSION_ILLEGAL) {
        return WSGW_EXTENSION_ILLEGAL;
    }

    return value * 10 + (ch - '0');
}


/* Returns 1 if ch comes next, after any white space, which is taken. */

static int
wsgw_extension_is_next(wsgw_extension_cursor_t *c, uint8_t ch)
{
    wsgw_extension_skip_space(c);

    return c->pos < c->last && *c->pos == ch;
}


/* By RFC 6455, 9.1 white space may stand between any two tokens. */

static void
wsgw_extension_skip_space(wsgw_extension_cursor_t *c)
{
    while (c->pos < c->last && (*c->pos == ' ' || *c->pos == '\t')) {
        c->pos++;
    }
}


/* RFC 7230, 3.2.6: what a token is made of. */

static int
wsgw_extension_is_tchar(uint8_t ch)
{
    return (ch >= 'a' && ch <= 'z')
           || (ch >= 'A' && ch <= 'Z')
           || (ch >= '0' && ch <= '9')
           || (ch && strchr("!#$%&'*+-.^_`|~", ch));
}


/* Compares without regard to case, as with ABNF's literals (RFC 5234, 2.3). */

static int
wsgw_extension_is_name(const wsgw_extension_token_t *token, const char *name)
{
    size_t   i;
    uint8_t  ch;

    if (token->len != strlen(name)) {
        return 0;
    }

    for (i = 0; i < token->len; i++) {
        ch = token->data[i];

        if (ch >= 'A' && ch <= 'Z') {
            ch |= 0x20;
        }

        if (ch != (uint8_t) name[i]) {
            return 0;
        }
    }

    return 1;
}


size_t
wsgw_extension_response(uint8_t *dst, const wsgw_extension_t *chosen)
{
    uint8_t  *p;

    static const char  always[] = "permessage-deflate"
                                  "; server_no_context_takeover"
                                  "; client_no_context_takeover";

    p = dst;

    memcpy(p, always, sizeof(always) - 1);
    p += sizeof(always) - 1;

    if (chosen->server_max_window_bits) {
        p += wsgw_extension_append_bits(p, "; server_max_window_bits=",
                                        chosen->server_max_window_bits);
    }

    if (chosen->client_max_window_bits) {
        p += wsgw_extension_append_bits(p, "; client_max_window_bits=",
                                        chosen->client_max_window_bits);
    }

    return (size_t) (p - dst);
}


static size_t
wsgw_extension_append_bits(uint8_t *dst, const char *name, uint8_t bits)
{
    size_t  n;

    n = strlen(name);
    memcpy(dst, name, n);

    if (bits > 9) {
        dst[n++] = '1';
    }

    dst[n++] = (uint8_t) ('0' + bits % 10);

    return n;
}
