/*
 * load_count.c: what is counted, and the line of JSON that says it.  Buckets
 * of a histogram are 64 to a power of two: a percentile is right to 1.6 %.
 */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"


load_histogram_t  load_times;         /* of each message */
load_histogram_t  load_frames;        /* of all frames of one push */
uint64_t          load_lost;
uint64_t          load_wrong;

static uint64_t   begun;
static uint64_t   ended;
static double     cpu_begun;
static double     cpu_ended;


void
load_count(load_histogram_t *h, uint64_t ns)
{
    unsigned  shift;

    shift = ns < 128 ? 0 : 57 - (unsigned) __builtin_clzll(ns);

    h->buckets[64 * shift + (ns >> shift)]++;
    h->count++;
    h->max = ns > h->max ? ns : h->max;
}


/* in us */

double
load_percentile(load_histogram_t *h, double p)
{
    size_t    i;
    double    left;
    unsigned  shift;

    left = (double) h->count * p / 100;

    for (i = 0; i < sizeof(h->buckets) / sizeof(uint64_t); i++) {
        left -= (double) h->buckets[i];

        if (left < 0) {
            shift = i < 128 ? 0 : (unsigned) (i / 64 - 1);
            return (double) ((i - 64 * shift) << shift) / 1e3;
        }
    }

    return (double) h->max / 1e3;
}


/* of all threads of a process, in seconds */

static double
process_cpu(const char *pid, int size)
{
    DIR            *dir;
    FILE           *file;
    char            name[320];
    double          sum, ns;
    struct dirent  *entry;

    snprintf(name, sizeof(name), "/proc/%.*s/task", size, pid);
    dir = opendir(name);
    sum = 0;

    if (dir == NULL) {
        load_die("no process %.*s", size, pid);
    }

    while ((entry = readdir(dir)) != NULL) {

        if (entry->d_name[0] == '.') {
            continue;
        }

        snprintf(name, sizeof(name), "/proc/%.*s/task/%s/schedstat", size, pid,
                 entry->d_name);
        file = fopen(name, "r");

        if (file) {
            sum += fscanf(file, "%lf", &ns) == 1 ? ns / 1e9 : 0;
            fclose(file);
        }
    }

    closedir(dir);

    return sum;
}


double
load_count_cpu(void)
{
    double       sum;
    size_t       n;
    const char  *p;

    sum = 0;

    for (p = load_options.pids; *p; p += n + (p[n] == ',')) {
        n = strcspn(p, ",");
        sum += process_cpu(p, (int) n);
    }

    return sum;
}


void
load_count_begin(void)
{
    memset(&load_times, 0, sizeof(load_times));
    memset(&load_frames, 0, sizeof(load_frames));

    cpu_begun = load_count_cpu();
    begun = load_net_now();
}


void
load_count_end(void)
{
    ended = load_net_now();
    cpu_ended = load_count_cpu();
}


void
load_count_wrong(uint32_t index, const char *what, const char *got,
    size_t size)
{
    if (load_wrong++ == 0) {
        fprintf(stderr, "load: connection %u: %s but \"%.*s\"\n", index, what,
                (int) (size < 160 ? size : 160), got);
    }
}


static void
print_times(const char *name, load_histogram_t *h)
{
    printf(", \"%s\": {\"count\": %llu, \"p50\": %.1f, \"p99\": %.1f, "
           "\"p99.9\": %.1f, \"max\": %.1f}", name,
           (unsigned long long) h->count, load_percentile(h, 50),
           load_percentile(h, 99), load_percentile(h, 99.9),
           (double) h->max / 1e3);
}


void
load_count_print(void)
{
    double  seconds;

    seconds = (double) (ended - begun) / 1e9;

    printf("{\"mode\": \"%s\", \"done\": %llu, \"lost\": %llu, "
           "\"wrong\": %llu, \"seconds\": %.3f, \"cpu\": %.6f, \"rate\": %.1f",
           load_options.mode, (unsigned long long) load_times.count,
           (unsigned long long) load_lost, (unsigned long long) load_wrong,
           seconds, cpu_ended - cpu_begun,
           (double) load_times.count / seconds);

    print_times("us", &load_times);

    if (load_frames.count) {
        print_times("frame_us", &load_frames);
    }

    printf("}\n");
}
