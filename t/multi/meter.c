/*
 * What is counted, in one process and in several that are killed while they
 * count: a row is its worker slot's for good, the slot's next owner counts on,
 * and no sum ever goes down.  Gauges of the dead are 0.
 */

#include "stub.h"
#include "base/hash.h"
#include "zone/member.h"
#include "zone/meter.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>


#define MB         ((size_t) 1024 * 1024)

#define PROCESSES  4
#define KILLS      200
#define STAGES     3


typedef struct {
    uint64_t  counted[PROCESSES];   /* by all lives of one, before each store */
} told_t;


static told_t  *told;


static ngx_http_wsgw_meter_t *
meter(ngx_http_wsgw_zone_t *zone, ngx_uint_t n)
{
    static ngx_http_wsgw_meter_t  meters[STAGES];
    static ngx_str_t              api = ngx_string("api");
    static ngx_str_t              names[STAGES] = {
        ngx_string("dev"), ngx_string("test"), ngx_string("prod")
    };

    if (meters[n].zone != zone) {
        memset(&meters[n], 0, sizeof(ngx_http_wsgw_meter_t));

        meters[n].zone = zone;
        meters[n].hash = 1000 + n;
        meters[n].api = api;
        meters[n].name = names[n];
    }

    return &meters[n];
}


/* of all worker slots */

static uint64_t
sum(ngx_http_wsgw_zone_t *zone, ngx_uint_t kind, ngx_uint_t value)
{
    uint32_t              i;
    uint64_t              all;
    ngx_http_wsgw_row_t  *row;

    all = 0;

    for (i = 0; i < ngx_http_wsgw_header(zone)->nrows; i++) {
        row = ngx_http_wsgw_meter_row_at(zone, i);

        if (row->key && ngx_http_wsgw_row_kind(row->key) == kind) {
            all += __atomic_load_n(&row->value[value], __ATOMIC_RELAXED);
        }
    }

    return all;
}


static void
alone(ngx_http_wsgw_zone_t *zone)
{
    char                    end[sizeof("~01234567")];
    uint32_t                n, other;
    ngx_http_wsgw_name_t   *name;
    ngx_http_wsgw_meter_t   route, *stage;

    static ngx_str_t        shorter = ngx_string("route");
    static u_char           letters[200];

    stage = meter(zone, 0);
    n = ngx_http_wsgw_meter_name(stage);
    name = ngx_http_wsgw_meter_name_at(zone, n);

    stub_ok(n != NGX_HTTP_WSGW_NONE && name->split == 3
            && name->len == 6 && memcmp(name->text, "apidev", 6) == 0,
            "a stage has a name");
    stub_ok(ngx_http_wsgw_meter_name(stage) == n, "and no second one");

    /* who claimed it died before it could write the text */

    name->len = 0;
    stub_ok(ngx_http_wsgw_meter_name(stage) == n && name->len == 6,
            "a name without a text gets it from the next who looks");

    memset(&route, 0, sizeof(ngx_http_wsgw_meter_t));
    memset(letters, 'x', sizeof(letters));

    route.zone = zone;
    route.stage = stage;
    route.hash = 77;
    route.name = shorter;
    other = ngx_http_wsgw_meter_name(&route);

    stub_ok(other != n
            && ngx_http_wsgw_meter_name_at(zone, other)->stage == n + 1,
            "a route's name leads to its stage's");

    route.hash = 78;
    route.name.data = letters;
    route.name.len = sizeof(letters);
    other = ngx_http_wsgw_meter_name(&route);
    name = ngx_http_wsgw_meter_name_at(zone, other);

    snprintf(end, sizeof(end), "~%08x",
             (unsigned) ngx_http_wsgw_hash(NGX_HTTP_WSGW_HASH_EMPTY,
                                           &route.name));

    stub_ok(name->len == NGX_HTTP_WSGW_NAME_TEXT
            && memcmp(name->text + name->len - 9, end, 9) == 0,
            "one that is too long ends with its hash");

    ngx_http_wsgw_meter_count(stage, traffic, ngx_http_wsgw_traffic_text);
    ngx_http_wsgw_meter_count(stage, traffic, ngx_http_wsgw_traffic_text);
    ngx_http_wsgw_meter_time(stage, ngx_http_wsgw_row_ping_time, 0);
    ngx_http_wsgw_meter_time(stage, ngx_http_wsgw_row_ping_time, 1);
    ngx_http_wsgw_meter_time(stage, ngx_http_wsgw_row_ping_time, 30001);

    stub_ok(sum(zone, ngx_http_wsgw_row_traffic, ngx_http_wsgw_traffic_text)
            == 2, "what is counted is there");
    stub_ok(sum(zone, ngx_http_wsgw_row_ping_time, 0) == 2
            && sum(zone, ngx_http_wsgw_row_ping_time,
                   NGX_HTTP_WSGW_TIME_BOUNDS) == 1
            && sum(zone, ngx_http_wsgw_row_ping_time,
                   NGX_HTTP_WSGW_TIME_BOUNDS + 1) == 30002,
            "times are in their buckets, and in the sum");

    ngx_http_wsgw_meter_closed(stage, ngx_http_wsgw_ended_client, 1000);
    ngx_http_wsgw_meter_closed(stage, ngx_http_wsgw_ended_client, 3999);
    ngx_http_wsgw_meter_closed(stage, ngx_http_wsgw_ended_client, 4000);
    ngx_http_wsgw_meter_closed(stage, ngx_http_wsgw_ended_client, 1014);
    ngx_http_wsgw_meter_closed(stage, ngx_http_wsgw_ended_client, 65535);

    stub_ok(sum(zone, ngx_http_wsgw_row_closed_client, 0) == 1
            && sum(zone, ngx_http_wsgw_row_closed_client,
                   NGX_HTTP_WSGW_CODE_3XXX) == 1
            && sum(zone, ngx_http_wsgw_row_closed_client,
                   NGX_HTTP_WSGW_CODE_4XXX) == 1
            && sum(zone, ngx_http_wsgw_row_closed_client,
                   NGX_HTTP_WSGW_CODE_OTHER) == 2,
            "codes are in their places");
}


/* names, then rows, of which there are no more */

static void
full(ngx_http_wsgw_zone_t *zone)
{
    uint32_t                i;
    uint64_t                all;
    ngx_http_wsgw_meter_t   route;

    stub_alerts = 0;
    all = sum(zone, ngx_http_wsgw_row_requests, 0);

    for (i = 0; i < 100; i++) {
        memset(&route, 0, sizeof(ngx_http_wsgw_meter_t));

        route.zone = zone;
        route.stage = meter(zone, 1);
        route.hash = 5000 + i;
        route.name = route.stage->name;

        ngx_http_wsgw_meter_count(&route, requests, 0);
    }

    stub_ok(sum(zone, ngx_http_wsgw_row_requests, 0) == all + 100,
            "what finds no name counts for its stage");
    stub_ok(stub_alerts == 1, "which is told once: %s", stub_last_alert);

    for (i = 0; i < ngx_http_wsgw_header(zone)->nrows; i++) {
        if (ngx_http_wsgw_meter_row_at(zone, i)->key == 0) {
            ngx_http_wsgw_meter_row_at(zone, i)->key = UINT64_MAX;
        }
    }

    ngx_http_wsgw_meter_count(meter(zone, 2), failures, 0);
    ngx_http_wsgw_meter_count(meter(zone, 2), failures, 0);

    stub_ok(sum(zone, ngx_http_wsgw_row_failures, 0) == 0,
            "without a row nothing is counted, and nothing is hurt");
}


static void
count(ngx_http_wsgw_zone_t *zone, int me)
{
    ngx_uint_t  i;

    stub_process();

    if (ngx_http_wsgw_member_attach(zone, ngx_cycle->log) != NGX_OK) {
        exit(2);
    }

    for (i = 0; ; i++) {
        told->counted[me]++;
        ngx_http_wsgw_meter_count(meter(zone, i % STAGES), traffic,
                                  ngx_http_wsgw_traffic_binary);
        ngx_http_wsgw_meter_add(meter(zone, 0), ngx_http_wsgw_row_queues,
                                ngx_http_wsgw_queues_bytes, 1);

        if (i % 64 == 0) {
            usleep(100);
        }
    }
}


static void
killed(ngx_http_wsgw_zone_t *zone)
{
    int       i, n;
    pid_t     pids[PROCESSES];
    uint64_t  now, before, want;

    told = mmap(NULL, sizeof(told_t), PROT_READ|PROT_WRITE,
                MAP_SHARED|MAP_ANONYMOUS, -1, 0);

    for (i = 0; i < PROCESSES; i++) {
        pids[i] = fork();

        if (pids[i] == 0) {
            count(zone, i);
        }
    }

    before = 0;

    for (n = 0; n < KILLS; n++) {
        usleep(2000);

        i = n % PROCESSES;
        kill(pids[i], SIGKILL);
        waitpid(pids[i], NULL, 0);

        pids[i] = fork();

        if (pids[i] == 0) {
            count(zone, i);
        }

        now = sum(zone, ngx_http_wsgw_row_traffic,
                  ngx_http_wsgw_traffic_binary);

        if (now < before) {
            break;
        }

        before = now;
    }

    stub_ok(n == KILLS, "over %d kills no sum has gone down", n);

    for (i = 0; i < PROCESSES; i++) {
        kill(pids[i], SIGKILL);
        waitpid(pids[i], NULL, 0);
    }

    now = sum(zone, ngx_http_wsgw_row_traffic, ngx_http_wsgw_traffic_binary);
    want = 0;

    for (i = 0; i < PROCESSES; i++) {
        want += told->counted[i];
    }

    stub_ok(now <= want && now + KILLS + PROCESSES >= want,
            "%llu of %llu are there: at most one is missing for each kill",
            (unsigned long long) now, (unsigned long long) want);

    /* each worker slot that is taken or buried is cleared first */

    for (i = 0; i < PROCESSES + 1; i++) {
        ngx_http_wsgw_meter_bury(zone, i);
    }

    stub_ok(sum(zone, ngx_http_wsgw_row_queues, ngx_http_wsgw_queues_bytes)
            == 0, "gauges of the dead are 0");
    stub_ok(sum(zone, ngx_http_wsgw_row_traffic,
                ngx_http_wsgw_traffic_binary) == now,
            "and their counters are not");
    stub_ok(sum(zone, ngx_http_wsgw_row_worker, ngx_http_wsgw_worker_lost)
            > KILLS / 2, "who died is counted: %llu",
            (unsigned long long) sum(zone, ngx_http_wsgw_row_worker,
                                     ngx_http_wsgw_worker_lost));
}


int
main(void)
{
    ngx_http_wsgw_zone_t  *zone;

    zone = stub_zone(NULL, MB);
    stub_commit(zone);
    killed(zone);

    stub_process();

    if (ngx_http_wsgw_member_attach(zone, ngx_cycle->log) != NGX_OK) {
        stub_ok(0, "the process takes part");
        return stub_done();
    }

    alone(zone);
    full(zone);

    return stub_done();
}
