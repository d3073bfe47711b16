/*
 * A zone's number, with random bits that this program chooses: which are drawn
 * again, what ids are made of them, and which ids are found.
 */

#include "stub.h"
#include "zone/member.h"
#include "zone/number.h"
#include "zone/slot.h"
#include "zone/succession.h"

#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/wait.h>


#define MB  ((size_t) 1024 * 1024)


/* what is drawn next; then the operating system's random bits */

static uint64_t  drawn[32];
static unsigned  ndrawn;


ssize_t
getrandom(void *buf, size_t size, unsigned flags)
{
    uint64_t  *p;
    unsigned   i, n;

    if (ndrawn == 0) {
        return syscall(SYS_getrandom, buf, size, flags);
    }

    p = buf;
    n = (unsigned) (size / sizeof(uint64_t));

    for (i = 0; i < n; i++) {
        p[n - 1 - i] = i < ndrawn ? drawn[i] : ~(uint64_t) i;
    }

    ndrawn = 0;

    return (ssize_t) size;
}


/* Numbers that are drawn from here on; bits that are no number's are set, as
   half of all random ones are. */

static void
draw(unsigned n, ...)
{
    va_list   args;
    unsigned  i;

    va_start(args, n);

    for (i = 0; i < n; i++) {
        drawn[i] = va_arg(args, uint32_t) | ~(uint64_t) NGX_HTTP_WSGW_NUMBER;
    }

    va_end(args);

    ndrawn = n;

    /* what is left of the last batch is another process's */

    ngx_pid++;
}


static void
draw_one(uint32_t number, unsigned times)
{
    unsigned  i;

    draw(0);

    for (i = 0; i < times; i++) {
        drawn[i] = number;
    }

    ndrawn = times;
}


static pid_t
holder(ngx_http_wsgw_zone_t *zone)
{
    pid_t  pid;

    fflush(stdout);

    pid = fork();

    if (pid == 0) {
        stub_process();
        _exit(ngx_http_wsgw_member_attach(zone, ngx_cycle->log) != NGX_OK
              || raise(SIGSTOP));
    }

    waitpid(pid, NULL, WUNTRACED);

    return pid;
}


static void
end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}


static void
unmap(ngx_http_wsgw_zone_t *zone)
{
    munmap(zone->shm_zone->shm.addr, zone->shm_zone->shm.size);
    stub_destroy(zone->cycle);
}


/* zones of changing sizes, whose locks are in one file */

static void
sizes(void)
{
    pid_t                  first, second;
    ngx_http_wsgw_zone_t  *zone;

    draw(1, 0);
    zone = stub_zone(NULL, MB);
    stub_commit(zone);
    stub_ok(zone->number == 0
            && ngx_http_wsgw_header(zone)->number == 0,
            "0 is a number as any other; nothing is issued yet");

    draw(3, 0, 0, 1);
    zone = stub_zone(zone->cycle, 2 * MB);
    stub_commit(zone);
    stub_ok(zone->number == 1,
            "the old zone's number is drawn again, though nobody is in it");

    first = holder(zone);

    draw(1, 2);
    zone = stub_zone(zone->cycle, MB);
    stub_commit(zone);

    second = holder(zone);

    draw(4, 2, 1, 2, NGX_HTTP_WSGW_NUMBER);
    zone = stub_zone(zone->cycle, 2 * MB);
    stub_commit(zone);
    stub_ok(zone->number == NGX_HTTP_WSGW_NUMBER,
            "so is that of any that lives");
    stub_ok(ngx_http_wsgw_succession_predecessor(zone, 1) == 1
            && ngx_http_wsgw_succession_predecessor(zone, 2) == 1
            && ngx_http_wsgw_succession_predecessor(zone, 0) == 0,
            "of which nobody here can tell what lives in them");

    end(first);
    stub_ok(ngx_http_wsgw_succession_predecessor(zone, 1) == 0
            && ngx_http_wsgw_succession_predecessor(zone, 2) == 1,
            "while they live");

    draw(1, 1);
    zone = stub_zone(zone->cycle, MB);
    stub_commit(zone);
    stub_ok(zone->number == 1, "that of one that has ended is free");

    end(second);
    unmap(zone);
}


/* one reload takes the zone away, another brings it back */

static void
back(void)
{
    pid_t                  first;
    ngx_http_wsgw_zone_t  *zone;

    draw(1, 7);
    zone = stub_zone(NULL, MB);
    stub_commit(zone);

    first = holder(zone);
    unmap(zone);

    draw(2, 7, 8);
    zone = stub_zone(NULL, MB);
    stub_commit(zone);
    stub_ok(zone->number == 8
            && ngx_http_wsgw_succession_predecessor(zone, 7) == 1,
            "a zone that comes back sees who lives in the one that went");

    end(first);
    stub_ok(ngx_http_wsgw_succession_predecessor(zone, 7) == 0,
            "until that one has ended");
    unmap(zone);
}


/* whatever is drawn, it comes to an end */

static void
endless(void)
{
    ngx_http_wsgw_zone_t  *zone;

    draw(1, 5);
    zone = stub_zone(NULL, MB);
    stub_commit(zone);

    draw_one(5, 16);
    zone = stub_zone(zone->cycle, 2 * MB);
    stub_ok(zone && zone->number == 5, "16 draws are enough");
    stub_commit(zone);
    unmap(zone);
}


static int
there(ngx_str_t *dir, const char *name)
{
    char  path[256];

    snprintf(path, sizeof(path), "%s/%s", dir->data, name);

    return access(path, F_OK) == 0;
}


/* with state= the file's name is the number */

static void
files(void)
{
    int                    fd;
    char                   dir[] = "/tmp/wsgw-number-XXXXXX", path[256];
    ngx_str_t              state;
    ngx_http_wsgw_zone_t  *zone, *other, *gone, *none;

    if (mkdtemp(dir) == NULL) {
        stub_ok(0, "mkdtemp()");
        return;
    }

    state.data = (u_char *) dir;
    state.len = strlen(dir);
    stub_state = state;

    draw(1, 0xabc);
    zone = stub_zone(NULL, MB);
    stub_ok(zone && zone->number == 0xabc && there(&state, "test.000abc")
            && there(&state, "test.000abc.sock"),
            "a file has the number in its name");

    draw(3, 0xabc, 0xabc, NGX_HTTP_WSGW_NUMBER);
    other = stub_zone(NULL, MB);
    stub_ok(other && other->number == NGX_HTTP_WSGW_NUMBER
            && there(&state, "test.7fffff"),
            "a number that has a file is drawn again");

    /* the directory knows of it, too */

    snprintf(path, sizeof(path), "%s/test.000abc", dir);
    unlink(path);

    draw(3, 0xabc, 0xabc, 0xabd);
    gone = stub_zone(NULL, MB);
    stub_ok(gone && gone->number == 0xabd,
            "so is one whose file was removed while it lives");
    unmap(gone);

    /* whatever has the name */

    snprintf(path, sizeof(path), "%s/test.00000d", dir);
    fd = open(path, O_CREAT|O_WRONLY, 0600);
    close(fd);

    draw_one(0xd, 16);

    stub_alerts = 0;
    none = stub_zone(NULL, MB);
    stub_ok(none == NULL && stub_alerts == 1
            && strstr(stub_last_alert, "gets no file in"),
            "16 that are taken end the start");
    unlink(path);

    unmap(zone);
    unmap(other);
    stub_ok(rmdir(dir) == 0, "files go with a cycle that fails");

    ngx_str_null(&stub_state);
}


static ngx_uint_t
found(ngx_http_wsgw_zone_t *zone, wsgw_id_t *id)
{
    ngx_http_wsgw_slot_info_t  info;

    return ngx_http_wsgw_slot_find(zone, id, &info) == NGX_OK;
}


static void
ids(void)
{
    unsigned                    i, others;
    uint32_t                   *word;
    wsgw_id_t                   id, registered, wrong;
    ngx_http_wsgw_zone_t       *zone;
    ngx_http_wsgw_slot_view_t   view;

    draw(1, 0x123456);
    zone = stub_zone(NULL, MB);
    stub_commit(zone);
    word = &ngx_http_wsgw_header(zone)->number;

    ngx_http_wsgw_member_attach(zone, ngx_cycle->log);
    stub_ok(*word == 0x123456, "a process alone issues nothing");

    stub_take(zone, &id, 1, 0, 0, NULL, 0);
    stub_ok(*word == (0x123456 | NGX_HTTP_WSGW_NUMBER_ISSUED),
            "the first id issues the number");
    stub_ok(id.number == 0x923456 && found(zone, &id),
            "its top bit says that nobody else knows of it");

    for (i = 0, others = 0; i < 24; i++) {
        wrong = id;
        wrong.number ^= (uint32_t) 1 << i;
        others += found(zone, &wrong);
    }

    stub_ok(others == 0, "no bit of the number may differ, nor the top one");

    for (i = 0, others = 0; i < 42; i++) {
        wrong = id;
        wrong.secret ^= (uint64_t) 1 << i;
        others += found(zone, &wrong);
    }

    stub_ok(others == 0 && id.secret <= NGX_HTTP_WSGW_SECRET,
            "nor one of 42 of the secret");

    /* as it will be with a registry */

    *word |= NGX_HTTP_WSGW_NUMBER_REGISTERED;

    stub_take(zone, &registered, 1, 0, 0, NULL, 0);
    stub_ok(registered.number == 0x123456 && found(zone, &registered),
            "registered, it is without that bit");
    stub_ok(found(zone, &id), "which ids of before keep");

    wrong = registered;
    wrong.number |= NGX_HTTP_WSGW_NUMBER_OWN;
    stub_ok(!found(zone, &wrong), "one with it is another's");

    ngx_http_wsgw_slot_view(zone, registered.slot, &view);
    stub_ok(view.id.number == registered.number
            && view.id.slot == registered.slot
            && view.id.secret == registered.secret,
            "the slot has all of its id");

    ngx_http_wsgw_slot_view(zone, id.slot, &view);
    stub_ok(view.id.number == id.number && view.id.slot == id.slot
            && view.id.secret == id.secret, "of either kind");

    ngx_http_wsgw_slot_free(zone, id.slot);
    ngx_http_wsgw_slot_free(zone, registered.slot);
    ngx_http_wsgw_member_detach(zone);
    unmap(zone);
}


int
main(void)
{
    alarm(60);
    stub_process();

    sizes();
    back();
    endless();
    files();
    ids();

    return stub_done();
}
