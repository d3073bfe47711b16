/*
 * What a dead process leaves in the zone becomes another's, whole, whoever
 * dies in the middle of taking it over.
 */

#include "stub.h"
#include "zone/adopt.h"
#include "zone/member.h"
#include "zone/record.h"
#include "zone/slot.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>


#define MB      ((size_t) 1024 * 1024)
#define LEFT    300             /* slots of two stripes */
#define RECORD  1000            /* bytes, in chunks of some stripes */


static struct {
    uint32_t   ready;           /* processes that have attached */
    uint32_t   arm;             /* failpoint after so many slots, from 1 on */
    wsgw_id_t  id[LEFT];
} *told;

static char      armed[256];    /* the failpoint's file */
static uint32_t  found[LEFT], nfound, strangers;


static void
attach(ngx_http_wsgw_zone_t *zone)
{
    stub_process();
    zone->process = NULL;

    if (ngx_http_wsgw_member_attach(zone, ngx_cycle->log) != NGX_OK) {
        _exit(2);
    }
}


static void
ready(void)
{
    (void) __atomic_add_fetch(&told->ready, 1, __ATOMIC_RELEASE);
}


static void
wait_ready(uint32_t n)
{
    int  ms;

    for (ms = 0;
         ms < 10000 && __atomic_load_n(&told->ready, __ATOMIC_ACQUIRE) < n;
         ms++)
    {
        usleep(1000);
    }
}


static pid_t
spawn(void (*run)(ngx_http_wsgw_zone_t *zone), ngx_http_wsgw_zone_t *zone)
{
    pid_t  pid;

    fflush(stdout);

    pid = fork();

    if (pid == 0) {
        run(zone);
        _exit(0);
    }

    return pid;
}


/* the signal by which a child ended, or 0 */

static int
signal_of(pid_t pid)
{
    int  status;

    waitpid(pid, &status, 0);

    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}


/* a third of them is connecting, a third open, a third owed */

static void
take(ngx_http_wsgw_zone_t *zone)
{
    u_char     record[RECORD];
    uint32_t   i;
    ngx_str_t  reason = ngx_string("because");

    for (i = 0; i < LEFT; i++) {
        memset(record, (int) i, sizeof(record));

        if (stub_take(zone, &told->id[i], i, 1000,
                                    ngx_current_msec + 2000, record, RECORD)
            != NGX_OK)
        {
            _exit(3);
        }

        if (i % 3 > 0) {
            ngx_http_wsgw_slot_open(zone, told->id[i].slot);
        }

        if (i % 3 > 1) {
            ngx_http_wsgw_slot_owe(zone, told->id[i].slot,
                                   ngx_http_wsgw_ended_client, 4000, &reason);
        }
    }
}


static void
owner(ngx_http_wsgw_zone_t *zone)
{
    attach(zone);
    take(zone);
    ready();
    pause();
}


static void
leaver(ngx_http_wsgw_zone_t *zone)
{
    attach(zone);
    take(zone);
    ngx_http_wsgw_member_detach(zone);
}


static void
arm(void)
{
    close(open(armed, O_CREAT|O_WRONLY, 0600));
}


static void
count(ngx_http_wsgw_zone_t *zone, uint32_t slot)
{
    uint32_t  i;

    (void) zone;

    for (i = 0; i < LEFT; i++) {
        if (told->id[i].slot == slot) {
            found[i]++;
            nfound++;

            if (nfound == told->arm) {
                arm();
            }

            return;
        }
    }

    strangers++;
}


/* dies in the middle, if a failpoint is armed */

static void
heir(ngx_http_wsgw_zone_t *zone)
{
    attach(zone);
    ready();
    wait_ready(3);

    if (told->arm == 1) {
        arm();
    }

    ngx_http_wsgw_adopt(zone, count);
}


static void
begin(ngx_http_wsgw_zone_t *zone)
{
    attach(zone);

    memset(told, 0, sizeof(*told));
    memset(found, 0, sizeof(found));
    nfound = 0;
    strangers = 0;
}


static ngx_uint_t
used(ngx_http_wsgw_zone_t *zone, ngx_http_wsgw_stripes_t *stripes)
{
    uint32_t    i;
    ngx_uint_t  n;

    n = 0;

    for (i = 0; i < stripes->nstripes << stripes->shift; i++) {
        n += stripes->used(zone->base, i);
    }

    return n;
}


/* stripes that are neither ours nor nobody's */

static ngx_uint_t
foreign(ngx_http_wsgw_stripes_t *stripes)
{
    uint32_t    i;
    ngx_uint_t  n;

    n = 0;

    for (i = 0; i < stripes->nstripes; i++) {
        n += stripes->owners[i] && stripes->owners[i] != stripes->me;
    }

    return n;
}


static ngx_uint_t
is_as_left(ngx_http_wsgw_zone_t *zone, uint32_t i)
{
    u_char                     data[2 * RECORD];
    ngx_str_t                  reason;
    ngx_http_wsgw_slot_info_t  info;
    ngx_http_wsgw_slot_view_t  view;

    static const ngx_uint_t  states[] = {
        NGX_HTTP_WSGW_SLOT_CONNECTING, NGX_HTTP_WSGW_SLOT_OPEN,
        NGX_HTTP_WSGW_SLOT_OWED
    };

    ngx_http_wsgw_slot_view(zone, told->id[i].slot, &view);
    (void) ngx_http_wsgw_slot_find(zone, &told->id[i], &info);

    return view.state == states[i % 3]
           && view.attempt == (i % 3 == 2)
           && view.code == (i % 3 == 2 ? 4000 : 0)
           && view.id.secret == told->id[i].secret
           && view.api == i
           && info.here
           && ngx_http_wsgw_record_read(zone, told->id[i].slot, data,
                                        sizeof(data), &reason) == RECORD
           && data[0] == (u_char) i
           && data[RECORD - 1] == (u_char) i
           && reason.len == (i % 3 == 2 ? 7 : 0);
}


/* all was found once, as it was left; nothing is left over when it is freed */

static void
check(ngx_http_wsgw_zone_t *zone, const char *what)
{
    uint32_t               i;
    ngx_uint_t             once, same;
    ngx_http_wsgw_stripes_t  *slots, *records;

    slots = &zone->process->slots;
    records = &zone->process->records;

    once = 0;
    same = 0;

    for (i = 0; i < LEFT; i++) {
        once += found[i] == 1;
        same += is_as_left(zone, i);
    }

    stub_ok(once == LEFT && strangers == 0, "%s: each slot is found once",
            what);
    stub_ok(same == LEFT, "%s: slots and records are as they were", what);

    for (i = 0; i < LEFT; i++) {
        ngx_http_wsgw_slot_free(zone, told->id[i].slot);
    }

    stub_ok(foreign(slots) == 0 && foreign(records) == 0,
            "%s: no stripe has a dead owner", what);
    stub_ok(used(zone, slots) == 0 && used(zone, records) == 0,
            "%s: no slot or chunk is left over", what);
}


static void
end(ngx_http_wsgw_zone_t *zone)
{
    ngx_http_wsgw_member_detach(zone);
    munmap(zone->shm_zone->shm.addr, zone->shm_zone->shm.size);
    stub_destroy(zone->cycle);
}


static void
killed(void)
{
    pid_t                  pid;
    ngx_http_wsgw_zone_t  *zone;

    zone = stub_zone(NULL, MB);
    begin(zone);

    pid = spawn(owner, zone);
    wait_ready(1);

    ngx_http_wsgw_adopt(zone, count);
    stub_ok(nfound == 0, "nothing of a living process is taken over");

    kill(pid, SIGKILL);
    signal_of(pid);

    ngx_http_wsgw_adopt(zone, count);
    check(zone, "killed");
    end(zone);
}


static void
left(void)
{
    pid_t                  pid;
    ngx_http_wsgw_zone_t  *zone;

    zone = stub_zone(NULL, MB);
    begin(zone);

    pid = spawn(leaver, zone);
    signal_of(pid);

    ngx_http_wsgw_adopt(zone, count);
    check(zone, "left");
    end(zone);
}


/*
 * An heir dies at a failpoint, in the place of the one that it inherits from
 * or in another; the next one takes over from both.
 */

static void
heir_dies(const char *name, uint32_t after, int other)
{
    char                   what[128];
    pid_t                  pids[2];
    ngx_http_wsgw_zone_t  *zone;

    snprintf(what, sizeof(what), "%s after %u slots, %s", name, after,
             other ? "beside" : "in the same place");
    snprintf(armed, sizeof(armed), NGX_HTTP_WSGW_FAILPOINTS "/%s", name);

    zone = stub_zone(NULL, MB);
    begin(zone);
    told->arm = after + 1;

    pids[0] = spawn(owner, zone);
    wait_ready(1);

    if (other) {
        pids[1] = spawn(heir, zone);
        wait_ready(2);
    }

    kill(pids[0], SIGKILL);
    signal_of(pids[0]);

    if (!other) {
        pids[1] = spawn(heir, zone);
        wait_ready(2);
    }

    ready();
    stub_ok(signal_of(pids[1]) == SIGKILL, "%s: the heir dies there", what);

    told->arm = 0;
    ngx_http_wsgw_adopt(zone, count);
    check(zone, what);
    end(zone);
}


/* this process as another one of the zone */

static void
beside(ngx_http_wsgw_zone_t *zone, ngx_http_wsgw_zone_t *other)
{
    *other = *zone;
    other->process = NULL;

    if (ngx_http_wsgw_member_attach(other, ngx_cycle->log) != NGX_OK) {
        _exit(2);
    }
}


/* slots are ours, the records that belong to them another's */

static void
parted(void)
{
    uint32_t                i;
    u_char                  record[RECORD];
    wsgw_id_t               id[4];
    ngx_uint_t              before;
    ngx_http_wsgw_stripes_t   *records;
    ngx_http_wsgw_zone_t   *zone, other;

    zone = stub_zone(NULL, MB);
    begin(zone);
    beside(zone, &other);

    memset(record, 1, sizeof(record));

    for (i = 0; i < 4; i++) {
        stub_take(zone, &id[i], 1, 0, 0, record, RECORD);
    }

    records = &zone->process->records;
    before = records->nfree;

    /* as who has the slots, but not the records, frees them */

    for (i = 0; i < 4; i++) {
        ngx_http_wsgw_slot_free(&other, id[i].slot);
    }

    ngx_http_wsgw_adopt(zone, count);
    stub_ok(records->nfree == before,
            "while chunks last nobody looks for what others have freed");

    while (ngx_http_wsgw_stripes_get(records) != NGX_HTTP_WSGW_NONE) {
        /* void */
    }

    ngx_http_wsgw_adopt(zone, count);
    stub_ok(records->nfree
            == (ngx_uint_t) records->nstripes << records->shift,
            "when they are exhausted, they are found");

    ngx_http_wsgw_member_detach(&other);
    end(zone);
}


/* a quarter of the zone may be owed, whoever owes it */

static void
excess(void)
{
    uint32_t               i, quarter;
    wsgw_id_t              id;
    ngx_str_t              reason = ngx_null_string;
    ngx_http_wsgw_zone_t  *zone, other;

    zone = stub_zone(NULL, MB);
    begin(zone);
    beside(zone, &other);

    quarter = zone->slots / 4;

    for (i = 0; i < quarter; i++) {
        stub_take(zone, &id, 1, 0, 0, NULL, 0);
        ngx_http_wsgw_slot_owe(zone, id.slot,
                               ngx_http_wsgw_ended_client, 1000, &reason);
    }

    stub_ok(ngx_http_wsgw_adopt_excess(zone, quarter) == 0,
            "one of two workers may owe a whole quarter of the zone");

    for (i = 0; i < 10; i++) {
        stub_take(zone, &id, 1, 0, 0, NULL, 0);
        ngx_http_wsgw_slot_owe(zone, id.slot,
                               ngx_http_wsgw_ended_client, 1000, &reason);
    }

    stub_ok(ngx_http_wsgw_adopt_excess(zone, quarter + 10) == 10,
            "what is more is too much");
    stub_ok(ngx_http_wsgw_adopt_excess(zone, quarter / 2) == 0
            && ngx_http_wsgw_adopt_excess(zone, quarter / 2 + 3) == 3,
            "but of nobody who has no more than his share");

    ngx_http_wsgw_member_detach(&other);
    end(zone);
}


int
main(void)
{
    size_t  i;

    static const struct {
        const char  *name;
        uint32_t     after;
    } points[] = {
        { "worker_epoch", 0 }, { "stripe_claimed", 0 },
        { "stripe_adopted", 0 }, { "stripe_claimed", 1 },
        { "stripe_adopted", 1 }
    };

    told = mmap(NULL, sizeof(*told), PROT_READ|PROT_WRITE,
                MAP_SHARED|MAP_ANONYMOUS, -1, 0);

    mkdir(NGX_HTTP_WSGW_FAILPOINTS, 0700);

    killed();
    left();

    for (i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
        if (points[i].after || strcmp(points[i].name, "worker_epoch") != 0) {
            heir_dies(points[i].name, points[i].after, 0);
        }

        heir_dies(points[i].name, points[i].after, 1);
    }

    parted();
    excess();

    rmdir(NGX_HTTP_WSGW_FAILPOINTS);

    return stub_done();
}
