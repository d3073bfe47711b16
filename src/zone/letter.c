
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The sender writes a letter into chunks of its own stripes and pushes it onto
 * the mailbox of the target, a stack; the target takes all of it by one
 * exchange, handles the letters in the order they came, and pushes each back
 * onto the mailbox of its sender, who alone frees its memory.
 *
 * A target that dies loses the letters it had taken from its mailbox.  So each
 * worker slot counts the drains it has ended, which tells the sender when to
 * wait no longer, see tick.c.
 */


#include "zone/letter.h"
#include "base/failpoint.h"
#include "zone/chunk.h"
#include "zone/meter.h"


/* No mailbox has more letters: each has a chunk. */

#define ngx_http_wsgw_mailbox_max(process)                                    \
    ngx_http_wsgw_elements(&ngx_http_wsgw_header((process)->zone)->letters)


static void ngx_http_wsgw_letter_await(ngx_http_wsgw_process_t *process,
    ngx_int_t n);
static void ngx_http_wsgw_letter_push(ngx_http_wsgw_process_t *process,
    uint32_t index, uint32_t chunk);
static uint32_t ngx_http_wsgw_letter_take_all(ngx_http_wsgw_process_t *process,
    uint32_t index);
static void ngx_http_wsgw_letter_handle(ngx_http_wsgw_process_t *process,
    ngx_http_wsgw_letter_head_t *head, uint32_t chunk);
static wsgw_outcome_t ngx_http_wsgw_letter_deliver(
    ngx_http_wsgw_process_t *process, ngx_http_wsgw_letter_head_t *head,
    uint32_t chunk);
static void ngx_http_wsgw_letter_came_back(ngx_http_wsgw_process_t *process,
    ngx_http_wsgw_letter_head_t *head, uint32_t chunk);


ngx_http_wsgw_letter_pt  ngx_http_wsgw_letter_handler;


ngx_http_wsgw_letter_t *
ngx_http_wsgw_letter_post(ngx_http_wsgw_zone_t *zone,
    ngx_http_wsgw_owner_t to, ngx_str_t *head, ngx_str_t *body,
    ngx_http_wsgw_parcel_t *parcel, size_t room,
    ngx_http_wsgw_letter_done_pt done, void *data, wsgw_outcome_t *outcome)
{
    size_t                        size;
    uint32_t                      chunk;
    uint64_t                      chunks;
    ngx_http_wsgw_cursor_t        cursor;
    ngx_http_wsgw_letter_t       *letter;
    ngx_http_wsgw_process_t      *process;
    ngx_http_wsgw_worker_slot_t  *worker;
    ngx_http_wsgw_letter_head_t  *h;

    process = zone->process;

    if (process == NULL) {
        *outcome = WSGW_OUTCOME_UNKNOWN;
        return NULL;
    }

    size = head->len + body->len;
    chunks = ngx_http_wsgw_chunk_count(ngx_max(size, room));

    *outcome = ngx_http_wsgw_chunk_room(process, to.index, chunks);
    if (*outcome != WSGW_OUTCOME_OK) {
        ngx_http_wsgw_meter_count(&process->meter, worker,
                                  ngx_http_wsgw_worker_letters_no_room);
        return NULL;
    }

    chunk = ngx_http_wsgw_chunk_alloc(process, (uint32_t) chunks);
    if (chunk == NGX_HTTP_WSGW_NONE) {
        ngx_http_wsgw_meter_count(&process->meter, worker,
                                  ngx_http_wsgw_worker_letters_no_room);
        *outcome = WSGW_OUTCOME_UNKNOWN;
        return NULL;
    }

    h = ngx_http_wsgw_chunk_cursor(&cursor, process, chunk);

    h->from = ngx_http_wsgw_owner_word(&process->self);
    h->to = ngx_http_wsgw_owner_word(&to);
    h->word = NGX_HTTP_WSGW_POSTED;
    h->size = (uint32_t) size;
    h->room = (uint32_t) room;
    h->answer = 0;
    h->returned = 0;
    h->parcel = 0;

    if (parcel) {
        parcel->refs++;
        h->parcel = parcel->chunk + 1;
        h->parcel_size = parcel->size;
    }

    ngx_http_wsgw_chunk_write(&cursor, head->data, head->len);
    ngx_http_wsgw_chunk_write(&cursor, body->data, body->len);

    worker = ngx_http_wsgw_worker_slot(zone, to.index);
    worker->load[process->self.index] += (uint32_t) chunks;

    letter = &process->letter[chunk];

    letter->process = process;
    letter->done = done;
    letter->data = data;
    letter->posted = ngx_current_msec;
    letter->target = to.index;
    letter->chunk = chunk;
    letter->chunks = (uint32_t) chunks;
    letter->parcel = parcel;
    letter->overdue = 0;

    ngx_queue_insert_tail(&process->sent, &letter->queue);
    ngx_http_wsgw_letter_await(process, 1);

    ngx_http_wsgw_failpoint("letter_written");

    ngx_http_wsgw_letter_push(process, to.index, chunk);

    /* After the push: a drain that ended before it has not seen the letter. */

    letter->drains = ngx_http_wsgw_letter_drains(zone, to.index);

    ngx_log_debug4(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "wsgw letter:%uD posted to worker slot:%uD size:%uz "
                   "chunks:%uL", chunk, to.index, size, chunks);

    *outcome = WSGW_OUTCOME_OK;

    return letter;
}


ngx_http_wsgw_parcel_t *
ngx_http_wsgw_letter_pack(ngx_http_wsgw_zone_t *zone, ngx_str_t *text,
    wsgw_outcome_t *outcome)
{
    uint64_t                  chunks;
    ngx_http_wsgw_cursor_t    cursor;
    ngx_http_wsgw_parcel_t   *parcel;
    ngx_http_wsgw_process_t  *process;

    process = zone->process;
    chunks = ngx_http_wsgw_chunk_count(text->len);

    if (chunks > ngx_http_wsgw_mailbox_max(process)) {
        *outcome = WSGW_OUTCOME_TOO_LARGE;
        return NULL;
    }

    *outcome = WSGW_OUTCOME_UNKNOWN;

    parcel = ngx_alloc(sizeof(ngx_http_wsgw_parcel_t), ngx_cycle->log);
    if (parcel == NULL) {
        return NULL;
    }

    parcel->process = process;
    parcel->refs = 1;
    parcel->chunks = (uint32_t) chunks;
    parcel->size = (uint32_t) text->len;
    parcel->chunk = ngx_http_wsgw_chunk_alloc(process, parcel->chunks);

    if (parcel->chunk == NGX_HTTP_WSGW_NONE) {
        ngx_http_wsgw_meter_count(&process->meter, worker,
                                  ngx_http_wsgw_worker_letters_no_room);
        ngx_free(parcel);
        return NULL;
    }

    ngx_http_wsgw_chunk_cursor(&cursor, process, parcel->chunk);
    ngx_http_wsgw_chunk_write(&cursor, text->data, text->len);

    return parcel;
}


void
ngx_http_wsgw_letter_unpack(ngx_http_wsgw_parcel_t *parcel)
{
    if (--parcel->refs == 0) {
        ngx_http_wsgw_chunk_free(parcel->process, parcel->chunk + 1,
                                 parcel->chunks);
        ngx_free(parcel);
    }
}


void
ngx_http_wsgw_letter_cancel(ngx_http_wsgw_letter_t *letter)
{
    if (letter->done) {
        letter->done = NULL;
        ngx_http_wsgw_letter_await(letter->process, -1);
    }
}


/*
 * Counts the letters whose outcome somebody waits for: as long as there are
 * any, the timer keeps an exiting worker.
 */

static void
ngx_http_wsgw_letter_await(ngx_http_wsgw_process_t *process, ngx_int_t n)
{
    process->awaited += n;
    process->timer.cancelable = (process->awaited == 0);
}


/*
 * The CAS hands the letter over.  Dying before it, the letter was never there;
 * dying after it, the target finds the letter within a second.
 */

static void
ngx_http_wsgw_letter_push(ngx_http_wsgw_process_t *process, uint32_t index,
    uint32_t chunk)
{
    uint32_t                      newest;
    uint64_t                      one;
    ngx_http_wsgw_letter_head_t  *head;
    ngx_http_wsgw_worker_slot_t  *worker;

    head = ngx_http_wsgw_chunk(process, chunk);
    worker = ngx_http_wsgw_worker_slot(process->zone, index);
    newest = __atomic_load_n(&worker->mailbox, __ATOMIC_RELAXED);

    do {
        head->link = newest;

    } while (!__atomic_compare_exchange_n(&worker->mailbox, &newest, chunk + 1,
                                          0, __ATOMIC_RELEASE,
                                          __ATOMIC_RELAXED));

    ngx_http_wsgw_failpoint("letter_pushed");

    if (newest == 0) {
        one = 1;

        /* If it fails, the target finds the letter within a second. */

        if (write(process->zone->descriptors->wake[index], &one, sizeof(one))
            == -1)
        {
            ngx_log_debug1(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, ngx_errno,
                           "wsgw worker slot:%uD not woken, write() to its "
                           "eventfd failed", index);
        }
    }
}


/*
 * The exchange takes all letters.  They are turned around, and the oldest + 1
 * is returned, or 0.  Dying after it loses them, which their senders learn
 * from the count of drains.
 */

static uint32_t
ngx_http_wsgw_letter_take_all(ngx_http_wsgw_process_t *process,
    uint32_t index)
{
    uint32_t                      next, link, oldest, all, left;
    ngx_http_wsgw_letter_head_t  *head;
    ngx_http_wsgw_worker_slot_t  *worker;

    worker = ngx_http_wsgw_worker_slot(process->zone, index);

    if (__atomic_load_n(&worker->mailbox, __ATOMIC_RELAXED) == 0) {
        return 0;
    }

    next = __atomic_exchange_n(&worker->mailbox, 0, __ATOMIC_ACQUIRE);

    ngx_http_wsgw_failpoint("mailbox_taken");

    oldest = 0;
    all = ngx_http_wsgw_mailbox_max(process);

    for (left = all; next - 1 < all && left; next = link, left--) {
        head = ngx_http_wsgw_chunk(process, next - 1);

        link = head->link;
        head->link = oldest;
        oldest = next;
    }

    return oldest;
}


void
ngx_http_wsgw_letter_drain(ngx_http_wsgw_process_t *process, uint32_t index)
{
    uint32_t                      next, chunk, all, left;
    ngx_http_wsgw_letter_head_t  *head;
    ngx_http_wsgw_worker_slot_t  *worker;

    next = ngx_http_wsgw_letter_take_all(process, index);
    all = ngx_http_wsgw_mailbox_max(process);

    for (left = all; next - 1 < all && left; left--) {
        chunk = next - 1;
        head = ngx_http_wsgw_chunk(process, chunk);
        next = head->link;

        if (head->returned) {
            ngx_http_wsgw_letter_came_back(process, head, chunk);

        } else {
            ngx_http_wsgw_letter_handle(process, head, chunk);
        }
    }

    worker = ngx_http_wsgw_worker_slot(process->zone, index);

    __atomic_store_n(&worker->drains, worker->drains + 1, __ATOMIC_RELEASE);
}


uint32_t
ngx_http_wsgw_letter_drains(ngx_http_wsgw_zone_t *zone, uint32_t index)
{
    return __atomic_load_n(&ngx_http_wsgw_worker_slot(zone, index)->drains,
                           __ATOMIC_ACQUIRE);
}


ngx_uint_t
ngx_http_wsgw_letter_is_drained(ngx_http_wsgw_zone_t *zone, uint32_t index,
    uint32_t drains)
{
    return ngx_http_wsgw_letter_drains(zone, index) - drains >= 2;
}


/*
 * The target's side.  DONE says that the letter was handled; dying before it,
 * nobody will know whether it was.  After the push it is not ours any more.
 */

static void
ngx_http_wsgw_letter_handle(ngx_http_wsgw_process_t *process,
    ngx_http_wsgw_letter_head_t *head, uint32_t chunk)
{
    uint32_t        from, posted;
    wsgw_outcome_t  outcome;

    posted = NGX_HTTP_WSGW_POSTED;

    if (__atomic_compare_exchange_n(&head->word, &posted, NGX_HTTP_WSGW_TAKEN,
                                    0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
    {
        ngx_log_debug2(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                       "wsgw letter:%uD taken from worker slot:%uD",
                       chunk, ngx_http_wsgw_owner(head->from).index);

        ngx_http_wsgw_failpoint("letter_taken");

        outcome = WSGW_OUTCOME_GONE;

        /* If it is addressed to another owner, that one is dead. */

        if (process->wake
            && head->to == ngx_http_wsgw_owner_word(&process->self))
        {
            outcome = ngx_http_wsgw_letter_deliver(process, head, chunk);
        }

        ngx_http_wsgw_failpoint("letter_handled");

        __atomic_store_n(&head->word,
                         NGX_HTTP_WSGW_DONE | (uint32_t) outcome << 8,
                         __ATOMIC_RELEASE);
    }

    head->returned = 1;

    ngx_http_wsgw_failpoint("letter_done");

    from = ngx_http_wsgw_owner(head->from).index;

    if (from < ngx_http_wsgw_header(process->zone)->nworkers) {
        ngx_http_wsgw_letter_push(process, from, chunk);
    }
}


static wsgw_outcome_t
ngx_http_wsgw_letter_deliver(ngx_http_wsgw_process_t *process,
    ngx_http_wsgw_letter_head_t *head, uint32_t chunk)
{
    u_char                  *p;
    size_t                   room;
    uint32_t                 parcel;
    ngx_str_t                letter, answer;
    wsgw_outcome_t           outcome;
    ngx_http_wsgw_cursor_t   cursor;

    room = head->room;
    parcel = head->parcel;
    letter.len = head->size;

    if (parcel) {
        letter.len += head->parcel_size;
    }

    if (parcel > ngx_http_wsgw_mailbox_max(process)
        || ngx_max(letter.len, room)
           > (size_t) ngx_http_wsgw_mailbox_max(process) * NGX_HTTP_WSGW_CHUNK)
    {
        return WSGW_OUTCOME_UNKNOWN;
    }

    p = ngx_http_wsgw_chunk_scratch(process, letter.len + room);
    if (p == NULL) {
        return WSGW_OUTCOME_UNKNOWN;
    }

    letter.data = p;
    answer.data = p + letter.len;
    answer.len = room;

    ngx_http_wsgw_chunk_cursor(&cursor, process, chunk);

    if (parcel) {
        ngx_http_wsgw_chunk_read(&cursor, letter.data, head->size);
        ngx_http_wsgw_chunk_cursor(&cursor, process, parcel - 1);
        ngx_http_wsgw_chunk_read(&cursor, letter.data + head->size,
                                 head->parcel_size);

    } else {
        ngx_http_wsgw_chunk_read(&cursor, letter.data, letter.len);
    }

    outcome = ngx_http_wsgw_letter_handler(process->zone, &letter, &answer);

    head->answer = (uint32_t) ngx_min(answer.len, room);

    if (head->answer) {

        /* The letter has been read, so the answer takes its place. */

        ngx_http_wsgw_chunk_cursor(&cursor, process, chunk);
        ngx_http_wsgw_chunk_write(&cursor, answer.data, head->answer);
    }

    return outcome;
}


static void
ngx_http_wsgw_letter_came_back(ngx_http_wsgw_process_t *process,
    ngx_http_wsgw_letter_head_t *head, uint32_t chunk)
{
    void                          *data;
    uint32_t                       word;
    ngx_str_t                      answer;
    wsgw_outcome_t                 outcome;
    ngx_http_wsgw_cursor_t         cursor;
    ngx_http_wsgw_letter_t        *letter;
    ngx_http_wsgw_letter_done_pt   done;

    if (process->wake == NULL
        || head->from != ngx_http_wsgw_owner_word(&process->self))
    {
        /* Its sender is dead: who reclaims the stripe frees its memory. */
        return;
    }

    letter = &process->letter[chunk];

    if (letter->chunks == 0) {
        /* It has come back already. */
        return;
    }

    done = letter->done;
    data = letter->data;

    word = head->word >> 8;
    outcome = word < WSGW_OUTCOMES ? (wsgw_outcome_t) word
                                   : WSGW_OUTCOME_UNKNOWN;
    answer.len = head->answer;
    answer.data = NULL;

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "wsgw letter:%uD back with word:%xD answer:%uz",
                   chunk, head->word, answer.len);

    if (done && answer.len) {

        if (ngx_http_wsgw_chunk_count(answer.len) <= letter->chunks) {
            answer.data = ngx_http_wsgw_chunk_scratch(process, answer.len);
        }

        if (answer.data == NULL) {
            outcome = WSGW_OUTCOME_UNKNOWN;
            answer.len = 0;
        }

        ngx_http_wsgw_chunk_cursor(&cursor, process, chunk);
        ngx_http_wsgw_chunk_read(&cursor, answer.data, answer.len);
    }

    ngx_http_wsgw_letter_release(letter);

    if (done) {
        ngx_http_wsgw_meter_count(&process->meter, worker,
                                  ngx_http_wsgw_worker_letters_done);
        done(data, outcome, &answer);
    }
}


void
ngx_http_wsgw_letter_release(ngx_http_wsgw_letter_t *letter)
{
    ngx_http_wsgw_process_t      *process;
    ngx_http_wsgw_worker_slot_t  *worker;

    ngx_http_wsgw_letter_cancel(letter);

    process = letter->process;
    worker = ngx_http_wsgw_worker_slot(process->zone, letter->target);

    worker->load[process->self.index] -= letter->chunks;

    ngx_queue_remove(&letter->queue);

    ngx_http_wsgw_chunk_free(process, letter->chunk + 1, letter->chunks);
    letter->chunks = 0;

    ngx_http_wsgw_letter_forget_parcel(letter);
}


void
ngx_http_wsgw_letter_forget_parcel(ngx_http_wsgw_letter_t *letter)
{
    if (letter->parcel) {
        ngx_http_wsgw_letter_unpack(letter->parcel);
        letter->parcel = NULL;
    }
}
