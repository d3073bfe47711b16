/*
 * What another instance or node asks: a question that is anything, or one to
 * the instance as a whole in whose envelope is anything.  Nothing reaches a
 * fan-out or a lister that a caller could not ask for, each question is
 * answered once or refused, an answer can be read, and none takes more memory
 * than a page.
 */

#include "fuzz.h"
#include "push/fanout.h"
#include "push/here.h"
#include "push/lister.h"
#include "push/serve.h"
#include "zone/group.h"
#include "zone/number.h"


#define NUMBER  0x123456
#define SLOTS   4096
#define MOST    (512 * 1024)


typedef struct piece_s  piece_t;

struct piece_s {
    piece_t      *next;
    max_align_t   data[];
};


static size_t          held;            /* bytes that were asked for */
static unsigned        pools;           /* one at a time */
static piece_t        *pieces;          /* in it */
static unsigned        answers;
static const uint8_t  *script;          /* what decides what owners say */
static size_t          script_len;
static u_char          long_text[40000];


volatile ngx_cycle_t  *ngx_cycle;
volatile ngx_msec_t    ngx_current_msec;


static unsigned
next_byte(void)
{
    if (script_len == 0) {
        return 0;
    }

    script_len--;

    return *script++;
}


static void *
take(size_t size)
{
    void  *p;

    held += size;
    fuzz_check(held <= MOST);

    p = calloc(1, size + 1);
    fuzz_check(p != NULL);

    return p;
}


void
ngx_log_error_core(ngx_uint_t level, ngx_log_t *log, ngx_err_t err,
    const char *fmt, ...)
{
    /* void */
}


void *ngx_alloc(size_t size, ngx_log_t *log) { return take(size); }
void *ngx_calloc(size_t size, ngx_log_t *log) { return take(size); }


ngx_pool_t *
ngx_create_pool(size_t size, ngx_log_t *log)
{
    fuzz_check(pools++ == 0);

    return take(sizeof(ngx_pool_t));
}


void
ngx_destroy_pool(ngx_pool_t *pool)
{
    piece_t  *next;

    for ( /* void */ ; pieces; pieces = next) {
        next = pieces->next;
        free(pieces);
    }

    free(pool);
    pools--;
}


void *
ngx_pnalloc(ngx_pool_t *pool, size_t size)
{
    piece_t  *piece;

    piece = take(sizeof(piece_t) + size);
    piece->next = pieces;
    pieces = piece;

    return piece->data;
}


void *ngx_palloc(ngx_pool_t *pool, size_t n) { return ngx_pnalloc(pool, n); }
void *ngx_pcalloc(ngx_pool_t *pool, size_t n) { return ngx_pnalloc(pool, n); }


u_char *
ngx_pstrdup(ngx_pool_t *pool, ngx_str_t *src)
{
    return memcpy(ngx_pnalloc(pool, src->len), src->data, src->len);
}


/* the owners of connections */

static wsgw_outcome_t
run(ngx_http_wsgw_push_t *push, ngx_http_wsgw_connection_t *wc)
{
    return WSGW_OUTCOME_OK;
}


const ngx_http_wsgw_here_verb_t *
ngx_http_wsgw_here_verb(ngx_uint_t verb)
{
    static ngx_http_wsgw_here_verb_t  one = { run, 0 };

    return (verb >= WSGW_VERB_SEND && verb <= WSGW_VERB_CLOSE)
           || verb == WSGW_VERB_JOIN || verb == WSGW_VERB_LEAVE ? &one : NULL;
}


ngx_int_t
ngx_http_wsgw_push(ngx_http_wsgw_push_t *push)
{
    fuzz_check(push->verb != WSGW_VERB_WHOLE);
    fuzz_check(push->served);
    fuzz_check(ngx_http_wsgw_number_of(&push->id) == NUMBER);

    push->known.groups.data = long_text;
    push->known.groups.len = next_byte() * 129;

    ngx_http_wsgw_push_complete(push, next_byte() % WSGW_OUTCOMES, 0);

    return NGX_OK;
}


ngx_http_wsgw_fanout_t *
ngx_http_wsgw_fanout_create(void)
{
    return take(sizeof(ngx_http_wsgw_fanout_t));
}


void
ngx_http_wsgw_fanout(ngx_http_wsgw_fanout_t *f)
{
    ngx_uint_t  i;

    fuzz_check(f->served);
    fuzz_check(f->ngroups <= NGX_HTTP_WSGW_FANOUT_GROUPS);
    fuzz_check(f->nexcept <= NGX_HTTP_WSGW_FANOUT_EXCEPT);

    for (i = 0; i < f->ngroups; i++) {
        fuzz_check(ngx_http_wsgw_group_is_name(&f->group[i]));
    }

    f->sent = next_byte() * (uint64_t) 0x0123456789abcdef;
    f->unknown = next_byte() & 1;
    f->outcome = next_byte() % WSGW_OUTCOMES;

    f->done(f);
    free(f);
}


ngx_int_t
ngx_http_wsgw_lister(ngx_http_wsgw_lister_t *l)
{
    uint32_t    slot;
    ngx_uint_t  i;

    fuzz_check(l->page <= 1000);
    fuzz_check(l->next <= SLOTS);
    fuzz_check(l->patience > 0);
    fuzz_check(l->group.len == 0 || ngx_http_wsgw_group_is_name(&l->group));

    l->outcome = next_byte() & 15 ? WSGW_OUTCOME_OK : WSGW_OUTCOME_UNKNOWN;
    l->total = l->page ? ngx_min(l->page, next_byte() * 4) : next_byte();

    l->open = ngx_pcalloc(l->pool, (l->total + 1)
                                   * sizeof(ngx_http_wsgw_slot_open_t));

    if (l->details) {
        l->entry = ngx_pcalloc(l->pool, (l->total + 1)
                                     * sizeof(ngx_http_wsgw_lister_entry_t));
    }

    slot = l->next;

    for (i = 0; l->page && i < l->total; i++) {
        l->open[i].id.number = NUMBER;
        l->open[i].id.slot = slot++;

        if (l->entry) {
            l->entry[i].told = next_byte() & 1;
            l->entry[i].gone = !(next_byte() & 7);
            l->entry[i].known.groups.data = long_text;
            l->entry[i].known.groups.len = next_byte() * 129;
        }
    }

    l->next = next_byte() & 1 ? SLOTS : ngx_min(slot, SLOTS);

    l->done(l);

    return NGX_OK;
}


static void
answered(ngx_http_wsgw_serve_t *serve)
{
    u_char                *whole;
    ngx_str_t              result;
    ngx_http_wsgw_push_t   push;
    wsgw_wire_reader_t     r;

    answers++;

    fuzz_check(serve->result.len > 0);

    result.len = serve->result.len + serve->more.len;
    whole = malloc(result.len);
    fuzz_check(whole != NULL);

    memcpy(whole, serve->result.data, serve->result.len);

    if (serve->more.len) {
        memcpy(whole + serve->result.len, serve->more.data, serve->more.len);
    }

    result.data = whole;
    memset(&push, 0, sizeof(push));

    fuzz_check(ngx_http_wsgw_question_read_result(&push, &result) == NGX_OK);
    fuzz_check(push.answer.len == serve->more.len);

    if (push.answer.len) {
        fuzz_check(push.outcome == WSGW_OUTCOME_OK);
        fuzz_check(wsgw_wire_open(&r, push.answer.data, push.answer.len)
                   == WSGW_DONE);
        fuzz_check(r.verb == WSGW_VERB_RESULT);
    }

    free(whole);
}


/* fields of the script's choice, a few of which are likely to mean something */

static size_t
inner(uint8_t *buf, size_t size)
{
    size_t              n;
    uint8_t             bytes[300];
    unsigned            tag, what, i;
    wsgw_wire_writer_t  w;

    wsgw_wire_begin(&w, buf, size, next_byte() % 16, next_byte() & 3);

    while (script_len && !w.overflow) {
        tag = next_byte() % 36;
        what = next_byte();

        if (what & 1) {
            wsgw_wire_put_u64(&w, tag, what & 2 ? next_byte() : UINT64_MAX);
            continue;
        }

        n = what & 2 ? what : what % 20;

        for (i = 0; i < n; i++) {
            bytes[i] = what & 4 ? 'a' : (uint8_t) next_byte();
        }

        wsgw_wire_put_bytes(&w, tag, bytes, n);
    }

    return wsgw_wire_finish(&w);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                        n;
    ngx_int_t                     rc;
    uint8_t                       buf[16384], in[16000];
    wsgw_id_t                     id;
    ngx_str_t                     question;
    wsgw_wire_writer_t            w;
    static ngx_log_t              log;
    static ngx_cycle_t            cycle;
    static ngx_http_wsgw_zone_t   zone;
    static ngx_http_wsgw_serve_t  serve;
    ngx_http_wsgw_asker_t         asker = { 1, 2, 3, 4 };

    cycle.log = &log;
    ngx_cycle = &cycle;

    zone.number = NUMBER;
    zone.slots = SLOTS;
    zone.size = 1024 * 1024;

    script = data;
    script_len = size;
    held = 0;
    answers = 0;

    if (next_byte() & 1) {
        question.len = script_len;
        question.data = malloc(script_len + 1);
        memcpy(question.data, script, script_len);

    } else {
        id.number = NUMBER;
        id.slot = next_byte();
        id.secret = 0;

        n = inner(in, sizeof(in));

        wsgw_wire_begin(&w, buf, sizeof(buf), WSGW_VERB_WHOLE, 0);
        wsgw_wire_put_targets(&w, &id, 1);
        wsgw_wire_put_bytes(&w, WSGW_TAG_QUESTION, in, n);

        question.len = wsgw_wire_finish(&w);
        question.data = malloc(question.len + 1);
        memcpy(question.data, buf, question.len);

        script = data;
        script_len = size;
    }

    memset(&serve, 0, sizeof(serve));
    serve.zone = &zone;
    serve.asker = size & 1 ? &asker : NULL;
    serve.done = answered;

    rc = ngx_http_wsgw_serve(&serve, &question);

    fuzz_check(answers == (rc == NGX_OK));
    fuzz_check(pools == 0);

    free(question.data);

    return 0;
}
