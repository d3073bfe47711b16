/*
 * The zone alone and between two processes: its size, slots, records, life of
 * workers, and what a reload takes over.
 */

#include "stub.h"
#include "zone/cycle.h"
#include "zone/heir.h"
#include "zone/lease.h"
#include "zone/member.h"
#include "zone/record.h"
#include "zone/slot.h"
#include "zone/succession.h"

#include <sys/mman.h>
#include <sys/wait.h>


#define KB  ((size_t) 1024)
#define MB  (1024 * KB)


static unsigned
descriptors(void)
{
    int       fd;
    unsigned  n;

    n = 0;

    for (fd = 0; fd < 1024; fd++) {
        n += fcntl(fd, F_GETFD) != -1;
    }

    return n;
}


static int
wait_for(pid_t pid)
{
    int  status;

    waitpid(pid, &status, 0);

    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}


static void
sizes(void)
{
    size_t                   size, end, i;
    ngx_http_wsgw_zone_t    *zone;
    ngx_http_wsgw_header_t  *h;

    static const size_t  all[] = { 256 * KB, 300 * KB + 77, MB, 16 * MB,
                                   64 * MB };

    stub_ok(ngx_http_wsgw_layout_capacity(256 * KB - 1) == 0,
            "a zone under 256k holds nothing");
    stub_ok(ngx_http_wsgw_layout_capacity(256 * KB) == 512,
            "a zone of 256k holds 512 connections");
    stub_ok(ngx_http_wsgw_layout_capacity(16 * MB) == 32768,
            "a zone of 16m holds 32,768 connections");
    stub_ok(ngx_http_wsgw_layout_capacity(64 * MB) == 131072,
            "a zone of 64m holds 131,072 connections");
    stub_ok(ngx_http_wsgw_layout_capacity(8192 * MB) == (uint32_t) 1 << 22,
            "no zone holds more than the slots that an id can name");

    for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        size = all[i];
        zone = stub_zone(NULL, size);
        h = ngx_http_wsgw_header(zone);

        end = h->records.elements
              + ((size_t) h->records.stripes << h->records.shift)
                * NGX_HTTP_WSGW_CHUNK;

        stub_ok(zone->slots == ngx_http_wsgw_layout_capacity(size)
                && h->workers + h->nworkers * h->worker_size
                   <= h->slots.elements
                && h->slots.elements + zone->slots * 64
                   <= h->letters.elements
                && h->letters.elements + (size / 32 * 7 / 64 / 1024) * 64 * 1024
                   <= h->slots.owners
                && h->slots.owners + h->slots.stripes * 8
                   <= h->letters.owners
                && h->letters.owners + h->letters.stripes * 8 <= h->tallies
                && h->tallies + h->ntallies * 24 <= h->names
                && h->names + h->nnames * 128 <= h->rows
                && h->rows + h->nrows * 144 <= h->records.owners
                && h->nnames >= 8
                && h->rows + h->nrows * 144 - h->names <= size / 32
                && h->records.stripes << h->records.shift >= zone->slots
                && h->records.owners + h->records.stripes * 8
                   <= h->records.elements
                && end <= h->size
                && h->size - end <= 70 * KB,
                "%zu bytes are laid out: %u records, %zu bytes to spare",
                size, h->records.stripes << h->records.shift, h->size - end);

        munmap(zone->shm_zone->shm.addr, size);
        stub_destroy(zone->cycle);
    }
}


static void
slots(ngx_http_wsgw_zone_t *zone)
{
    ngx_str_t                  reason;
    wsgw_id_t                  id, wrong;
    ngx_http_wsgw_slot_info_t  info;
    ngx_http_wsgw_slot_view_t  view;

    stub_ok(stub_take(zone, &id, 7, 1000, 2000, NULL, 0)
            == NGX_OK
            && id.number == (zone->number | NGX_HTTP_WSGW_NUMBER_OWN),
            "a slot is taken under the zone's number");
    stub_ok(ngx_http_wsgw_slot_find(zone, &id, &info) == NGX_OK
            && info.state == NGX_HTTP_WSGW_SLOT_CONNECTING
            && info.api == 7 && info.here,
            "it is found, connecting, here");

    ngx_http_wsgw_slot_view(zone, id.slot, &view);
    stub_ok(!view.recorded && view.due == 0, "it has no record");

    stub_ok(ngx_http_wsgw_slot_record(zone, id.slot, 2000,
                                      (u_char *) "record", 6) == NGX_OK,
            "a record is written");

    ngx_http_wsgw_slot_view(zone, id.slot, &view);
    stub_ok(view.recorded && view.due == 2000
            && view.state == NGX_HTTP_WSGW_SLOT_CONNECTING,
            "it has one, and its time, and is connecting still");

    ngx_http_wsgw_slot_open(zone, id.slot);

    stub_ok(ngx_http_wsgw_slot_find(zone, &id, &info) == NGX_OK
            && info.state == NGX_HTTP_WSGW_SLOT_OPEN, "it is found open");

    wrong = id;
    wrong.secret ^= 1;
    stub_ok(ngx_http_wsgw_slot_find(zone, &wrong, &info) == NGX_DECLINED,
            "another secret is not found");

    wrong = id;
    wrong.number ^= 1;
    stub_ok(ngx_http_wsgw_slot_find(zone, &wrong, &info) == NGX_DECLINED,
            "another number is not found");

    wrong = id;
    wrong.slot = zone->slots;
    stub_ok(ngx_http_wsgw_slot_find(zone, &wrong, &info) == NGX_DECLINED,
            "a slot that the zone has not is not found");

    ngx_str_null(&reason);
    ngx_http_wsgw_slot_owe(zone, id.slot,
                           ngx_http_wsgw_ended_client, 1006, &reason);

    stub_ok(ngx_http_wsgw_slot_find(zone, &id, &info) == NGX_DECLINED
            && info.state == NGX_HTTP_WSGW_SLOT_OWED,
            "one that owes its $disconnect has ended");

    ngx_http_wsgw_slot_free(zone, id.slot);

    wrong = id;
    stub_take(zone, &id, 7, 1000, 2000, NULL, 0);

    stub_ok(id.slot == wrong.slot
            && ngx_http_wsgw_slot_find(zone, &wrong, &info) == NGX_DECLINED,
            "the next connection in the slot has an id of its own");

    ngx_http_wsgw_slot_free(zone, id.slot);
}


static void
records(ngx_http_wsgw_zone_t *zone)
{
    size_t      len;
    u_char      data[12000], copy[12000];
    ssize_t     n;
    uint32_t    before;
    unsigned    bad;
    wsgw_id_t   id;
    ngx_str_t   reason, read;

    for (len = 0; len < sizeof(data); len++) {
        data[len] = (u_char) (len * 31 + len / 256);
    }

    bad = 0;
    stub_take(zone, &id, 7, 0, 0, data, 1);
    before = zone->process->records.nfree;
    ngx_http_wsgw_slot_free(zone, id.slot);
    before = zone->process->records.nfree;

    for (len = 1; len < 10240; len += len < 1000 ? 1 : 97) {
        stub_take(zone, &id, 7, 0, 0, data, len);
        ngx_http_wsgw_slot_open(zone, id.slot);

        n = ngx_http_wsgw_record_read(zone, id.slot, copy, len, &read);
        bad += n != (ssize_t) len || read.len != 0
               || memcmp(data, copy, len) != 0;

        reason.data = data + 1000;
        reason.len = len % 126;
        ngx_http_wsgw_slot_owe(zone, id.slot,
                               ngx_http_wsgw_ended_client, 1001, &reason);

        n = ngx_http_wsgw_record_read(zone, id.slot, copy, len + reason.len,
                                      &read);
        bad += n != (ssize_t) len || read.len != reason.len
               || memcmp(data, copy, len) != 0
               || memcmp(read.data, reason.data, reason.len) != 0;

        bad += ngx_http_wsgw_record_read(zone, id.slot, copy,
                                         len + reason.len - 1, &read)
               != NGX_DECLINED;

        ngx_http_wsgw_slot_free(zone, id.slot);
    }

    stub_ok(bad == 0, "records and reasons of all lengths are read back");
    stub_ok(zone->process->records.nfree == before,
            "and their chunks are free again");
}


/* pages of a file that its host had not written when it went down */

static void
lost_pages(ngx_http_wsgw_zone_t *zone)
{
    u_char                  data[700], copy[1000];
    uint32_t                i, first, chunk[2];
    unsigned                bad;
    wsgw_id_t               id, other;
    ngx_str_t               read;
    ngx_http_wsgw_slot_t   *slots;
    ngx_http_wsgw_record_t *records;

    slots = ngx_http_wsgw_at(zone->base,
                             ngx_http_wsgw_header(zone)->slots.elements,
                             ngx_http_wsgw_slot_t);
    records = ngx_http_wsgw_at(zone->base,
                               ngx_http_wsgw_header(zone)->records.elements,
                               ngx_http_wsgw_record_t);

    memset(data, 1, sizeof(data));
    bad = 0;

    for (i = 0; i < 2; i++) {
        stub_take(zone, &id, 7, 0, 0, data, sizeof(data));
        ngx_http_wsgw_slot_open(zone, id.slot);

        first = slots[id.slot].record - 1;
        chunk[0] = first;
        chunk[1] = records[first].next - 1;
        memset(&records[chunk[i]], 0, sizeof(ngx_http_wsgw_record_t));

        ngx_http_wsgw_slot_lost(zone, id.slot);
        bad += ngx_http_wsgw_record_read(zone, id.slot, copy, sizeof(copy),
                                         &read) != NGX_DECLINED;
        ngx_http_wsgw_slot_free(zone, id.slot);
    }

    stub_ok(bad == 0, "a record with a lost page is not read");

    stub_take(zone, &other, 7, 0, 0, data, 1);
    stub_take(zone, &id, 7, 0, 0, data, 1);

    slots[id.slot].record = slots[other.slot].record;
    ngx_http_wsgw_slot_lost(zone, id.slot);

    stub_ok(ngx_http_wsgw_record_read(zone, id.slot, copy, sizeof(copy),
                                      &read) == NGX_DECLINED,
            "nor is another connection's, which a lost page leads to");

    data[0] = 2;
    ngx_http_wsgw_slot_free(zone, id.slot);
    stub_take(zone, &id, 7, 0, 0, data, 1);

    stub_ok(ngx_http_wsgw_record_read(zone, other.slot, copy, sizeof(copy),
                                      &read) == 1
            && copy[0] == 1,
            "and that one keeps it");

    ngx_http_wsgw_slot_free(zone, id.slot);
    ngx_http_wsgw_slot_free(zone, other.slot);
    ngx_http_wsgw_stripes_rescan(&zone->process->records);
}


static void
exhaustion(ngx_http_wsgw_zone_t *zone)
{
    u_char      data[1000];
    uint32_t    i, n, used, half;
    wsgw_id_t  *ids;

    ids = calloc(zone->slots + 1, sizeof(wsgw_id_t));

    for (n = 0; n <= zone->slots; n++) {
        if (stub_take(zone, &ids[n], 1, 0, 0, NULL, 0)
            != NGX_OK)
        {
            break;
        }
    }

    stub_ok(n == zone->slots, "one process may take all %u slots", n);

    for (i = 0; i < n; i++) {
        ngx_http_wsgw_slot_free(zone, ids[i].slot);
    }

    stub_ok(zone->process->slots.nfree
            <= (uint32_t) 2 << zone->process->slots.shift,
            "stripes that are wholly free are given back");

    memset(data, 1, sizeof(data));

    for (half = 0; half <= zone->slots; half++) {
        if (stub_take(zone, &ids[half], 1, 0, 0, data,
                                    sizeof(data))
            != NGX_OK)
        {
            break;
        }
    }

    stub_ok(half > 0 && half < zone->slots,
            "with large records there are fewer: %u", half);

    used = 0;

    for (i = 0; i < half; i++) {
        ngx_http_wsgw_slot_free(zone, ids[i].slot);
    }

    for (i = 0; i < zone->process->records.nstripes; i++) {
        used += zone->process->records.owners[i] != 0;
    }

    stub_ok(used <= 2, "and their stripes are given back, too");

    free(ids);
}


static int
lives(ngx_http_wsgw_zone_t *zone)
{
    wsgw_id_t  id;

    zone->process = NULL;

    if (ngx_http_wsgw_member_attach(zone, ngx_cycle->log) != NGX_OK) {
        return 1;
    }

    if (stub_take(zone, &id, 3, 0, 0, NULL, 0) != NGX_OK) {
        return 2;
    }

    ngx_http_wsgw_slot_open(zone, id.slot);

    /* its id is told by way of the zone's name, which the parent maps */

    memcpy(zone->name.data, &id, sizeof(id));
    __atomic_store_n(&zone->name.data[sizeof(id)], 1, __ATOMIC_RELEASE);

    for ( ;; ) {
        pause();
    }
}


static void
life(ngx_http_wsgw_zone_t *zone)
{
    pid_t                      pid;
    u_char                    *told;
    wsgw_id_t                  id;
    ngx_http_wsgw_owner_t      owner;
    ngx_http_wsgw_slot_info_t  info;

    told = mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS,
                -1, 0);
    zone->name.data = told;

    pid = stub_spawn(lives, zone);

    while (__atomic_load_n(&told[sizeof(id)], __ATOMIC_ACQUIRE) == 0) {
        usleep(1000);
    }

    memcpy(&id, told, sizeof(id));

    stub_ok(ngx_http_wsgw_slot_find(zone, &id, &info) == NGX_OK && !info.here,
            "another process's connection is found, not here");

    owner = info.owner;

    stub_ok(ngx_http_wsgw_lease_owner_lives(zone, owner) == 1
            && ngx_http_wsgw_heir_bury(zone->process, owner.index)
               == NGX_DECLINED,
            "its owner is alive and cannot be buried");

    kill(pid, SIGKILL);
    wait_for(pid);

    stub_ok(ngx_http_wsgw_lease_owner_lives(zone, owner) == 0,
            "killed, it is known to be dead");
    stub_ok(ngx_http_wsgw_slot_find(zone, &id, &info) == NGX_OK
            && info.state == NGX_HTTP_WSGW_SLOT_OPEN,
            "its slot is left for the sweep as it was");
    stub_ok(ngx_http_wsgw_heir_bury(zone->process, owner.index) == NGX_OK
            && ngx_http_wsgw_lease_owner_lives(zone, owner) == 0,
            "it can be buried, and stays dead");
    stub_ok(ngx_http_wsgw_slot_find(zone, &id, &info) == NGX_DECLINED
            && info.state == NGX_HTTP_WSGW_SLOT_OPEN,
            "then the connection has ended for all");

    told[sizeof(id)] = 0;
    pid = stub_spawn(lives, zone);

    while (__atomic_load_n(&told[sizeof(id)], __ATOMIC_ACQUIRE) == 0) {
        usleep(1000);
    }

    memcpy(&id, told, sizeof(id));
    ngx_http_wsgw_slot_find(zone, &id, &info);

    stub_ok(info.owner.index == owner.index && info.owner.epoch != owner.epoch
            && ngx_http_wsgw_lease_owner_lives(zone, owner) == 0
            && ngx_http_wsgw_lease_owner_lives(zone, info.owner) == 1,
            "a successor in its place is another owner");

    kill(pid, SIGKILL);
    wait_for(pid);
}


/* an unprivileged worker has its own lock, too */

static int
unprivileged(ngx_http_wsgw_zone_t *zone)
{
    if (geteuid() == 0 && (setgid(65534) == -1 || setuid(65534) == -1)) {
        return 1;
    }

    if (ngx_http_wsgw_member_attach(zone, ngx_cycle->log) != NGX_OK) {
        return 2;
    }

    return zone->process->shared_lock ? 3 : 0;
}


static int
not_all_attach(ngx_http_wsgw_zone_t *zone)
{
    unsigned                 i, n;
    ngx_http_wsgw_zone_t     zones[65];

    for (i = 0, n = 0; i < 65; i++) {
        zones[i] = *zone;
        stub_process();
        n += ngx_http_wsgw_member_attach(&zones[i], ngx_cycle->log) == NGX_OK;
    }

    return n == 64 && zones[64].workers_logged ? 0 : 1;
}


static int
succeeded(ngx_http_wsgw_zone_t *zone)
{
    if (ngx_http_wsgw_member_attach(zone, ngx_cycle->log) != NGX_OK) {
        return 2;
    }

    return (int) ngx_http_wsgw_succession_succeeded(zone);
}


static int
holds(ngx_http_wsgw_zone_t *zone)
{
    if (ngx_http_wsgw_member_attach(zone, ngx_cycle->log) == NGX_OK) {
        raise(SIGSTOP);
    }

    return 0;
}


static void
reload(void)
{
    pid_t                    pid, second;
    uint32_t                 number, another;
    unsigned                 before, n;
    ngx_http_wsgw_zone_t    *zone, *next, old;
    ngx_http_wsgw_header_t  *h;

    before = descriptors();

    zone = stub_zone(NULL, MB);
    stub_commit(zone);
    n = descriptors();

    stub_ok(n == before + 65, "a zone has 64 eventfds and a memfd");
    stub_ok(wait_for(stub_spawn(unprivileged, zone)) == 0,
            "an unprivileged process gets a lock of its own");
    stub_ok(wait_for(stub_spawn(not_all_attach, zone)) == 0,
            "the 65th process gets no worker slot");
    stub_ok(wait_for(stub_spawn(succeeded, zone)) == 0,
            "without a reload a quit is a quit");

    /* a reload that fails after the zones */

    next = stub_zone(zone->cycle, MB);
    stub_ok(descriptors() == n, "the next cycle borrows the descriptors");
    stub_destroy(next->cycle);
    ngx_cycle = zone->cycle;
    stub_ok(descriptors() == n, "if it fails they stay open");
    stub_ok(wait_for(stub_spawn(succeeded, zone)) == 0,
            "and for the workers nothing happened");

    /* one that succeeds */

    old = *zone;
    old.descriptors = NULL;

    next = stub_zone(zone->cycle, MB);
    stub_commit(next);
    old.descriptors = next->descriptors;
    zone = next;

    stub_ok(descriptors() == n, "a reload takes the descriptors over");
    stub_ok(wait_for(stub_spawn(succeeded, &old)) == 1,
            "an old worker that has to quit knows of the reload, though no "
            "new one is there yet");
    stub_ok(wait_for(stub_spawn(succeeded, zone)) == 0,
            "the new ones' quit is a quit");
    stub_ok(wait_for(stub_spawn(succeeded, &old)) == 0,
            "the old one's as well, when the new ones are gone");

    /* a resize that fails, and one that succeeds */

    stub_alerts = 0;
    next = stub_zone(zone->cycle, 2 * MB);
    stub_ok(stub_alerts == 1 && strstr(stub_last_alert, "changes from"),
            "a changed size is warned of");
    stub_ok(descriptors() == n + 65, "it has descriptors of its own");
    munmap(next->shm_zone->shm.addr, 2 * MB);
    stub_destroy(next->cycle);
    ngx_cycle = zone->cycle;
    stub_ok(descriptors() == n, "which close if it fails");

    h = ngx_http_wsgw_header(zone);
    stub_ok(h->successor == 0, "the old zone knows nothing of it");

    next = stub_zone(zone->cycle, 2 * MB);
    ngx_http_wsgw_cycle_retire(next->cycle);
    stub_ok(h->successor == 1 && wait_for(stub_spawn(succeeded, zone)) == 1,
            "the old zone's workers know that theirs is a reload");

    number = zone->number;
    pid = stub_spawn(holds, zone);
    waitpid(pid, NULL, WUNTRACED);

    stub_commit(next);
    stub_ok(descriptors() == n, "the old zone's descriptors are closed");
    stub_ok(ngx_http_wsgw_succession_predecessor(next, number) == 1
            && ngx_http_wsgw_succession_predecessor(next, number ^ 1) == 0,
            "while a worker of the old zone lives, its ids may be alive");

    another = next->number;
    second = stub_spawn(holds, next);
    waitpid(second, NULL, WUNTRACED);

    zone = stub_zone(next->cycle, MB);
    stub_commit(zone);

    stub_ok(ngx_http_wsgw_succession_predecessor(zone, number) == 1
            && ngx_http_wsgw_succession_predecessor(zone, another) == 1,
            "also after another change, and so may be those of both");

    kill(second, SIGKILL);
    wait_for(second);
    kill(pid, SIGKILL);
    wait_for(pid);

    stub_ok(ngx_http_wsgw_succession_predecessor(zone, number) == 0,
            "when the last one has died, none is");

    munmap(zone->shm_zone->shm.addr, MB);
    stub_destroy(zone->cycle);
    stub_ok(descriptors() == before, "in the end all are");
}


/* a single process reloads: what it has must go on */

static void
single(void)
{
    wsgw_id_t                  id;
    ngx_http_wsgw_zone_t      *zone, *next;
    ngx_http_wsgw_slot_info_t  info;

    zone = stub_zone(NULL, MB);
    stub_commit(zone);

    ngx_http_wsgw_member_attach(zone, ngx_cycle->log);
    stub_take(zone, &id, 1, 0, 0, NULL, 0);

    next = stub_zone(zone->cycle, MB);
    stub_commit(next);

    stub_ok(ngx_http_wsgw_member_attach(next, ngx_cycle->log) == NGX_OK
            && ngx_http_wsgw_slot_find(next, &id, &info) == NGX_OK
            && info.here
            && (id.number & NGX_HTTP_WSGW_NUMBER) == next->number,
            "a single process keeps its slots over a reload");

    ngx_process = NGX_PROCESS_SINGLE;
    stub_ok(stub_zone(next->cycle, 2 * MB) == NULL
            && strstr(stub_last_alert, "master_process off"),
            "so it refuses another size, whose zone is another");
    ngx_process = NGX_PROCESS_MASTER;

    ngx_cycle = next->cycle;
    ngx_http_wsgw_member_detach(next);
    munmap(next->shm_zone->shm.addr, MB);
    stub_destroy(next->cycle);
}


static void
hashes(void)
{
    uint64_t          a, b, c;
    static ngx_str_t  zone = ngx_string("chat"), other = ngx_string("cha");
    static ngx_str_t  dev = ngx_string("dev"), id = ngx_string("abcdefghij");
    static ngx_str_t  shifted = ngx_string("tdev");

    a = ngx_http_wsgw_slot_api(&zone, &id, &dev);
    b = ngx_http_wsgw_slot_api(&zone, &other, &dev);
    c = ngx_http_wsgw_slot_api(&other, &id, &shifted);

    stub_ok(a != b
            && ngx_http_wsgw_slot_api_stage(a)
               == ngx_http_wsgw_slot_api_stage(b),
            "APIs of one stage share the upper half of their names");
    stub_ok(ngx_http_wsgw_slot_api_stage(a) != ngx_http_wsgw_slot_api_stage(c),
            "where a zone's name ends matters");
}


int
main(void)
{
    ngx_http_wsgw_zone_t  *zone;

    alarm(60);
    stub_process();

    sizes();
    hashes();
    reload();
    single();

    stub_process();

    zone = stub_zone(NULL, 256 * KB);
    stub_commit(zone);

    stub_ok(ngx_http_wsgw_member_attach(zone, ngx_cycle->log) == NGX_OK,
            "a process attaches");

    slots(zone);
    records(zone);
    lost_pages(zone);
    exhaustion(zone);
    life(zone);

    ngx_http_wsgw_member_detach(zone);

    return stub_done();
}
