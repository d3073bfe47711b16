/*
 * Whole images of zones, as a dead nginx leaves them in a file: the code
 * itself makes them, with slots in each state, records of every length, owed
 * entries and letters; the input says what happens to one. Whatever that is,
 * it is found to be damaged, or taken over and delivered to the end.
 */

#include "stub.h"
#include "fuzz.h"
#include "zone/adopt.h"
#include "zone/examine.h"
#include "zone/letter.h"
#include "zone/member.h"
#include "zone/record.h"
#include "zone/slot.h"

#include <sys/mman.h>


#define IMAGES    2
#define SLOTS     120                   /* in use, of an image */
#define RECORD    16384                 /* of a $disconnect, at most */
#define ATTEMPTS  3


typedef struct {
    u_char                      *start; /* as it was left */
    u_char                      *copy;  /* with what the input did to it */
    size_t                       size;
    ngx_cycle_t                 *cycle; /* the log is its */
    ngx_http_wsgw_header_t       header;
    uint32_t                     slot[SLOTS];
} image_t;


/* bytes of the input, 0 behind its end */

typedef struct {
    const uint8_t               *pos;
    const uint8_t               *end;
} input_t;


static image_t   images[IMAGES];
static int       lock;

static uint32_t  found[1 << 16], nfound;
static uint64_t  runs, swept;


static uint32_t
take(input_t *in, size_t n)
{
    uint32_t  value;

    value = 0;

    while (n--) {
        value = value << 8 | (in->pos < in->end ? *in->pos++ : 0);
    }

    return value;
}


/* making them */

static wsgw_outcome_t
no_letter(ngx_http_wsgw_zone_t *zone, ngx_str_t *letter, ngx_str_t *answer)
{
    (void) zone;
    (void) letter;

    answer->len = 0;

    return WSGW_OUTCOME_OK;
}


static void
attach(ngx_http_wsgw_zone_t *zone)
{
    fuzz_check(ngx_http_wsgw_member_attach(zone, ngx_cycle->log) == NGX_OK);
}


static void
fill(ngx_http_wsgw_zone_t *zone, uint32_t *slot, uint32_t n)
{
    uint32_t   i;
    wsgw_id_t  id;
    ngx_str_t  reason = ngx_string("because");

    static u_char          record[RECORD];
    static const uint32_t  lengths[] = { 0, 1, 115, 116, 240, 900, 4000 };

    for (i = 0; i < n; i++) {
        memset(record, (int) i, sizeof(record));

        fuzz_check(stub_take(zone, &id, i, 1000,
                                           ngx_current_msec + 2000, record,
                                           lengths[i % 7])
                   == NGX_OK);

        if (i % 3 > 0) {
            ngx_http_wsgw_slot_open(zone, id.slot);
        }

        if (i % 3 > 1) {
            ngx_http_wsgw_slot_owe(zone, id.slot,
                                   ngx_http_wsgw_ended_client, 4000, &reason);
        }

        /* chunks that are free, with what was in them */

        if (i % 5 == 0) {
            ngx_http_wsgw_slot_free(zone, id.slot);
        }

        slot[i] = id.slot;
    }
}


static void
post(ngx_http_wsgw_zone_t *from, ngx_http_wsgw_zone_t *to)
{
    uint32_t        i;
    ngx_str_t       head, body;
    wsgw_outcome_t  outcome;

    static u_char  text[4000];

    head.data = text;
    head.len = 40;
    body.data = text;

    for (i = 0; i < 4; i++) {
        body.len = i * 300;
        fuzz_check(ngx_http_wsgw_letter_post(from, to->process->self, &head,
                                             &body, NULL, 0, NULL, NULL,
                                             &outcome)
                   != NULL);
    }
}


/* two processes, each with connections and letters of the other */

static void
make(image_t *image, size_t size)
{
    ngx_http_wsgw_zone_t  *zone, other;

    zone = stub_zone(NULL, size);
    fuzz_check(zone != NULL);

    other = *zone;
    attach(zone);
    attach(&other);

    fill(zone, image->slot, SLOTS / 2);
    fill(&other, image->slot + SLOTS / 2, SLOTS / 2);

    post(zone, &other);
    post(&other, zone);

    image->cycle = zone->cycle;
    image->header = *ngx_http_wsgw_header(zone);
    image->size = image->header.size;
    image->start = malloc(image->size);

    /* a byte behind it is nobody's */

    fuzz_check(posix_memalign((void **) &image->copy, 64, image->size) == 0
               && image->start
               && zone->slots <= sizeof(found) / sizeof(found[0]));

    memcpy(image->start, zone->base, image->size);

    ngx_http_wsgw_member_detach(&other);
    ngx_http_wsgw_member_detach(zone);
    munmap(zone->shm_zone->shm.addr, zone->shm_zone->shm.size);
}


static void
tell(void)
{
    printf("%llu images, %llu swept to the end\n",
           (unsigned long long) runs, (unsigned long long) swept);
}


static void
begin(void)
{
    stub_process();
    ngx_http_wsgw_letter_handler = no_letter;

    /* the smallest one, and one whose parts end anywhere */

    make(&images[0], NGX_HTTP_WSGW_ZONE_MIN);
    make(&images[1], 333333);

    lock = memfd_create("zone", MFD_CLOEXEC);
    fuzz_check(lock != -1);

    atexit(tell);
}


/* what an input does to one */

static uint64_t
place(input_t *in, image_t *image)
{
    uint32_t                 n, next, slot;
    uint64_t                 chunk;
    ngx_http_wsgw_header_t  *h;
    ngx_http_wsgw_slot_t    *s;

    h = &image->header;

    switch (take(in, 1) % 8) {

    case 0:
        return take(in, 1) % sizeof(ngx_http_wsgw_header_t);

    case 1:
        return h->workers + take(in, 2) % (h->nworkers * h->worker_size);

    case 2:
        return h->slots.owners + take(in, 2) % (h->slots.stripes * 8);

    case 3:
        return h->records.owners + take(in, 2) % (h->records.stripes * 8);

    case 4:
    case 5:
        slot = image->slot[take(in, 1) % SLOTS];

        return h->slots.elements + slot * sizeof(ngx_http_wsgw_slot_t)
               + take(in, 1) % sizeof(ngx_http_wsgw_slot_t);

    case 6:
        slot = image->slot[take(in, 1) % SLOTS];
        s = ngx_http_wsgw_slot(image->start, slot);
        chunk = 0;
        next = s->record;

        for (n = take(in, 1) % 18; next; n--) {
            chunk = next - 1;
            next = n ? ngx_http_wsgw_record(image->start, next - 1)->next : 0;
        }

        return h->records.elements + chunk * NGX_HTTP_WSGW_CHUNK
               + take(in, 1) % 16;

    default:
        return take(in, 3) % image->size;
    }
}


static uint64_t
number(input_t *in, image_t *image, size_t width)
{
    uint32_t                 index;
    uint64_t                 from, value;
    ngx_http_wsgw_header_t  *h;

    h = &image->header;

    const uint64_t  known[] = {
        0, 1, UINT64_MAX, 0x7fffffff, 0x80000000, h->nworkers,
        ngx_http_wsgw_elements(&h->slots),
        ngx_http_wsgw_elements(&h->slots) + 1,
        ngx_http_wsgw_elements(&h->records),
        ngx_http_wsgw_elements(&h->records) + 1
    };

    switch (take(in, 1) % 4) {

    case 0:
        return known[take(in, 1) % (sizeof(known) / sizeof(known[0]))];

    case 1:
        index = take(in, 1);
        return (uint64_t) index << 32 | take(in, 1);

    case 2:
        from = place(in, image);
        from = ngx_min(from, image->size - width);
        value = 0;
        memcpy(&value, image->start + from, width);
        return value;

    default:
        return take(in, width);
    }
}


static void
change(input_t *in, image_t *image)
{
    size_t    i, n, width;
    u_char   *p;
    uint32_t  seed;
    uint64_t  from, to, value;

    to = place(in, image);
    p = image->copy + to;

    switch (take(in, 1) % 8) {

    case 0:                                     /* a bit */
        *p = (u_char) (*p ^ 1 << take(in, 1) % 8);
        return;

    case 1:                                     /* a piece of another place */
        from = place(in, image);
        n = take(in, 2) % 4096;
        n = ngx_min(n, image->size - ngx_max(from, to));
        memcpy(p, image->start + from, n);
        return;

    case 2:                                     /* a page that is lost */
        n = take(in, 2) % 8192;
        n = ngx_min(n, image->size - to);
        memset(p, 0, n);
        return;

    case 3:                                     /* or random */
        n = take(in, 3);
        n = ngx_min(n, image->size - to);
        seed = take(in, 2);

        for (i = 0; i < n; i++) {
            seed = seed * 1103515245 + 12345;
            p[i] = (u_char) (seed >> 16);
        }

        return;

    default:                                    /* a member */
        width = (size_t) 1 << take(in, 1) % 4;
        to = ngx_min(to - to % width, image->size - width);
        value = number(in, image, width);
        memcpy(image->copy + to, &value, width);
    }
}


/* as ngx_http_wsgw_orphan_judge() does */

static ngx_uint_t
is_whole(image_t *image, size_t size)
{
    ngx_http_wsgw_header_t  *h;

    h = (ngx_http_wsgw_header_t *) (void *) image->copy;

    return size == h->size
           && ((h->number ^ image->header.number) & NGX_HTTP_WSGW_NUMBER) == 0
           && ngx_http_wsgw_layout_is_sound(h) == NGX_OK;
}


/* the sweep's part of it */

static void
note(ngx_http_wsgw_zone_t *zone, uint32_t slot)
{
    fuzz_check(nfound < zone->slots && slot < zone->slots);

    found[nfound++] = slot;
}


static void
deliver(ngx_http_wsgw_zone_t *zone, uint32_t slot, ngx_uint_t attempts)
{
    ssize_t                    n;
    ngx_str_t                  reason;
    ngx_http_wsgw_slot_view_t  view;

    static u_char  record[RECORD];

    ngx_http_wsgw_slot_view(zone, slot, &view);
    fuzz_check(view.state > 0 && view.state <= NGX_HTTP_WSGW_SLOT_OWED);
    fuzz_check(view.due <= ngx_current_msec + 10 * 60 * 1000);

    if (view.state != NGX_HTTP_WSGW_SLOT_OWED) {
        ngx_http_wsgw_slot_lost(zone, slot);
    }

    while (attempts--) {
        n = ngx_http_wsgw_record_read(zone, slot, record, sizeof(record),
                                      &reason);

        fuzz_check(n == NGX_DECLINED
                   || (n >= 0 && n + reason.len <= sizeof(record)));

        ngx_http_wsgw_slot_view(zone, slot, &view);
        ngx_http_wsgw_slot_attempt(zone, slot, view.attempt + 1);
        ngx_http_wsgw_slot_delay(zone, slot, ngx_current_msec);
    }

    ngx_http_wsgw_slot_free(zone, slot);
}


static void
sweep(ngx_http_wsgw_zone_t *zone)
{
    uint32_t  i;

    for (i = 0; i < ngx_http_wsgw_header(zone)->nworkers; i++) {
        ngx_http_wsgw_worker_slot(zone, i)->mailbox = 0;
    }

    attach(zone);

    nfound = 0;
    ngx_http_wsgw_adopt(zone, note);

    for (i = 0; i < nfound; i++) {
        deliver(zone, found[i], 1 + i % ATTEMPTS);
    }

    fuzz_check(ngx_http_wsgw_adopt_is_done(zone));

    ngx_http_wsgw_member_detach(zone);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input_t                      in;
    image_t                     *image;
    uint32_t                     number;
    ngx_http_wsgw_zone_t         zone;
    ngx_http_wsgw_descriptors_t  descriptors;

    if (lock == 0) {
        begin();
    }

    runs++;

    in.pos = data;
    in.end = data + size;

    image = &images[take(&in, 1) % IMAGES];
    memcpy(image->copy, image->start, image->size);

    while (in.pos < in.end) {
        change(&in, image);
    }

    if (!is_whole(image, image->size)) {
        return 0;
    }

    ngx_memzero(&zone, sizeof(zone));
    ngx_memzero(&descriptors, sizeof(descriptors));

    descriptors.lock = lock;

    zone.orphan = 1;
    zone.base = image->copy;
    zone.number = image->header.number & NGX_HTTP_WSGW_NUMBER;
    zone.slots = ngx_http_wsgw_elements(&image->header.slots);
    zone.descriptors = &descriptors;

    if (ngx_http_wsgw_examine(&zone, &number) == NULL) {
        sweep(&zone);
        swept++;

        fuzz_check(size > 1 || nfound == SLOTS - SLOTS / 5);
    }

    return 0;
}
