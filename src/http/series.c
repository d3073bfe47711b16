
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The series of wsgw_status.  Most are words of a row, in a table; neighbours
 * of the same name are one family.
 */


#include "http/series.h"


#define NGX_HTTP_WSGW_SERIES_SPARSE  1      /* without a sample that is 0 */

#define ngx_http_wsgw_counter  ngx_http_wsgw_emit_counter
#define ngx_http_wsgw_gauge    ngx_http_wsgw_emit_gauge
#define ngx_http_wsgw_times    ngx_http_wsgw_emit_histogram


/* a row's words from "first" on, as samples with a label each; or, without
   names of words, the first word or a histogram */

typedef struct {
    ngx_http_wsgw_emit_family_t    family;
    ngx_http_wsgw_row_e            kind;
    ngx_uint_t                     first;
    const char                    *label;
    const char *const             *words;
    const char                    *fixed;       /* another label, or NULL */
    const char                    *value;
    ngx_uint_t                     flags;
} ngx_http_wsgw_series_t;


static void ngx_http_wsgw_series_row(ngx_http_wsgw_emit_t *e,
    const ngx_http_wsgw_series_t *series,
    ngx_http_wsgw_subject_numbers_t *numbers);
static void ngx_http_wsgw_series_words(ngx_http_wsgw_emit_t *e,
    const ngx_http_wsgw_series_t *series,
    ngx_http_wsgw_subject_numbers_t *numbers);
static void ngx_http_wsgw_series_subject(ngx_http_wsgw_emit_t *e,
    ngx_http_wsgw_subject_numbers_t *numbers);
static void ngx_http_wsgw_series_stages(ngx_http_wsgw_emit_t *e,
    ngx_http_wsgw_picture_t *picture);
static void ngx_http_wsgw_series_connections(ngx_http_wsgw_emit_t *e,
    ngx_http_wsgw_census_stage_t *census);
static void ngx_http_wsgw_series_zones(ngx_http_wsgw_emit_t *e,
    ngx_http_wsgw_picture_t *picture);
static void ngx_http_wsgw_series_zone(ngx_http_wsgw_emit_t *e,
    ngx_uint_t which, ngx_http_wsgw_picture_zone_t *pz);
static void ngx_http_wsgw_series_workers(ngx_http_wsgw_emit_t *e,
    ngx_http_wsgw_picture_t *picture);


static const char *const  ngx_http_wsgw_series_results[] = {
    "accepted", "malformed", "origin", "path", "rejected", "unauthorized",
    "connect_failed", "connect_timeout", "limit", "zone_full", "memory",
    "aborted", NULL
};

static const char *const  ngx_http_wsgw_series_types[] = {
    "text", "binary", NULL
};

static const char *const  ngx_http_wsgw_series_sources[] = {
    "reply", "push", "error", NULL
};

static const char *const  ngx_http_wsgw_series_opcodes[] = {
    "close", "ping", "pong", NULL
};

static const char *const  ngx_http_wsgw_series_kinds[] = {
    "internal", "timeout", "forbidden", "limited", NULL
};

static const char *const  ngx_http_wsgw_series_deliveries[] = {
    "delivered", "retried", "abandoned", NULL
};

static const char *const  ngx_http_wsgw_series_requests[] = {
    "ok", "refused", "function_error", "status_5xx", "unreachable", "timeout",
    "bad_result", "too_large", NULL
};

static const char *const  ngx_http_wsgw_series_codes[] = {
    "1000", "1001", "1002", "1003", "1004", "1005", "1006", "1007", "1008",
    "1009", "1010", "1011", "1012", "1013", "3xxx", "4xxx", "other", NULL
};

static const char *const  ngx_http_wsgw_series_1001[] = { "1001", NULL };
static const char *const  ngx_http_wsgw_series_1006[] = { "1006", NULL };
static const char *const  ngx_http_wsgw_series_1007[] = { "1007", NULL };
static const char *const  ngx_http_wsgw_series_1009[] = { "1009", NULL };
static const char *const  ngx_http_wsgw_series_1011[] = { "1011", NULL };
static const char *const  ngx_http_wsgw_series_1013[] = { "1013", NULL };

/* in the order of ngx_http_wsgw_meter_statuses */

static const char *const  ngx_http_wsgw_series_statuses[] = {
    "200", "204", "400", "401", "403", "404", "408", "410", "411", "413",
    "414", "429", "500", "502", "503", "504", "other", NULL
};


#define NGX_HTTP_WSGW_SERIES_CLOSED                                           \
    { "wsgw_connections_closed_total", ngx_http_wsgw_counter,                 \
      "Connections that have ended, by reason and close code." }

#define ngx_http_wsgw_series_closed(reason, code)                             \
    { NGX_HTTP_WSGW_SERIES_CLOSED, ngx_http_wsgw_row_closed,                  \
      ngx_http_wsgw_ended_##reason - 1, "code",                               \
      ngx_http_wsgw_series_##code, "reason", #reason, 0 }

#define ngx_http_wsgw_series_closed_by(reason)                                \
    { NGX_HTTP_WSGW_SERIES_CLOSED, ngx_http_wsgw_row_closed_##reason, 0,      \
      "code", ngx_http_wsgw_series_codes, "reason", #reason,                  \
      NGX_HTTP_WSGW_SERIES_SPARSE }

#define NGX_HTTP_WSGW_SERIES_CONTROL                                          \
    { "wsgw_control_frames_total", ngx_http_wsgw_counter,                     \
      "Control frames, by direction and opcode." }

#define ngx_http_wsgw_series_pushes(verb)                                     \
    { { "wsgw_pushes_total", ngx_http_wsgw_counter,                           \
        "Calls of @connections, by verb and status." },                       \
      ngx_http_wsgw_row_push_##verb, 0, "status",                             \
      ngx_http_wsgw_series_statuses, "verb", #verb,                           \
      NGX_HTTP_WSGW_SERIES_SPARSE }

#define ngx_http_wsgw_series_push_time(where)                                 \
    { { "wsgw_push_duration_seconds", ngx_http_wsgw_times,                    \
        "Time of a push from its call to its outcome." },                     \
      ngx_http_wsgw_row_push_time_##where, 0, NULL, NULL, "where", #where,    \
      NGX_HTTP_WSGW_SERIES_SPARSE }

#define ngx_http_wsgw_series_word(name, type, kind, word, help)               \
    { { name, ngx_http_wsgw_##type, help }, ngx_http_wsgw_row_##kind,         \
      ngx_http_wsgw_##kind##_##word, NULL, NULL, NULL, NULL, 0 }

#define ngx_http_wsgw_series_time(name, kind, flags, help)                    \
    { { name, ngx_http_wsgw_times, help }, ngx_http_wsgw_row_##kind, 0, NULL, \
      NULL, NULL, NULL, flags }

#define ngx_http_wsgw_series_by(name, kind, word, label, words, help)         \
    { { name, ngx_http_wsgw_counter, help }, ngx_http_wsgw_row_##kind, word,  \
      label, ngx_http_wsgw_series_##words, NULL, NULL, 0 }


static const ngx_http_wsgw_series_t  ngx_http_wsgw_series_of_stages[] = {

    ngx_http_wsgw_series_by("wsgw_handshakes_total", handshakes, 0, "result",
        results, "Handshakes that have reached a stage, by result."),

    ngx_http_wsgw_series_time("wsgw_handshake_duration_seconds",
        handshake_time, 0,
        "Time of accepted handshakes, $connect included."),

    ngx_http_wsgw_series_closed_by(client),
    ngx_http_wsgw_series_closed(client_lost, 1006),
    ngx_http_wsgw_series_closed(idle, 1001),
    ngx_http_wsgw_series_closed(lifetime, 1001),
    ngx_http_wsgw_series_closed(pong_timeout, 1006),
    ngx_http_wsgw_series_closed(drain, 1001),
    ngx_http_wsgw_series_closed(quit, 1001),
    ngx_http_wsgw_series_closed_by(management),
    ngx_http_wsgw_series_closed_by(protocol),
    ngx_http_wsgw_series_closed(utf8, 1007),
    ngx_http_wsgw_series_closed(too_big, 1009),
    ngx_http_wsgw_series_closed(slow, 1013),
    ngx_http_wsgw_series_closed(send_timeout, 1006),
    ngx_http_wsgw_series_closed(memory, 1013),
    ngx_http_wsgw_series_closed(internal, 1011),
    ngx_http_wsgw_series_closed(worker_lost, 1006),

    ngx_http_wsgw_series_time("wsgw_connection_duration_seconds", lifetime, 0,
        "From handshakes' arrival to connections' ends."),

    ngx_http_wsgw_series_by("wsgw_messages_received_total", traffic,
        ngx_http_wsgw_traffic_text, "type", types,
        "Messages of clients, by type."),

    ngx_http_wsgw_series_by("wsgw_messages_sent_total", traffic,
        ngx_http_wsgw_traffic_reply, "source", sources,
        "Messages to clients, by source."),

    ngx_http_wsgw_series_word("wsgw_received_bytes_total", counter, traffic,
        bytes_in, "Payload of clients' messages, in bytes."),

    ngx_http_wsgw_series_word("wsgw_sent_bytes_total", counter, traffic,
        bytes_out, "Payload of messages to clients, in bytes."),

    ngx_http_wsgw_series_word("wsgw_wire_received_bytes_total", counter,
        traffic, wire_in,
        "Bytes of frames received, with their headers, as compressed."),

    ngx_http_wsgw_series_word("wsgw_wire_sent_bytes_total", counter, traffic,
        wire_out, "Bytes of frames sent, with their headers, as compressed."),

    { NGX_HTTP_WSGW_SERIES_CONTROL, ngx_http_wsgw_row_traffic,
      ngx_http_wsgw_traffic_close_in, "opcode", ngx_http_wsgw_series_opcodes,
      "direction", "in", 0 },

    { NGX_HTTP_WSGW_SERIES_CONTROL, ngx_http_wsgw_row_traffic,
      ngx_http_wsgw_traffic_close_out, "opcode", ngx_http_wsgw_series_opcodes,
      "direction", "out", 0 },

    ngx_http_wsgw_series_time("wsgw_ping_rtt_seconds", ping_time,
        NGX_HTTP_WSGW_SERIES_SPARSE,
        "Time from a ping of wsgw_ping_interval to its pong."),

    ngx_http_wsgw_series_word("wsgw_messages_unrouted_total", counter,
        traffic, unrouted, "Messages for which there is no route."),

    ngx_http_wsgw_series_word("wsgw_messages_limited_total", counter, traffic,
        limited, "Messages over wsgw_message_rate."),

    ngx_http_wsgw_series_by("wsgw_error_frames_total", failures,
        ngx_http_wsgw_failures_internal, "kind", kinds,
        "Error frames to clients, by kind."),

    ngx_http_wsgw_series_by("wsgw_disconnects_total", failures,
        ngx_http_wsgw_failures_delivered, "result", deliveries,
        "$disconnects, by what became of an attempt."),

    ngx_http_wsgw_series_word("wsgw_integrations_inflight", gauge, queues,
        running, "Events that run."),

    ngx_http_wsgw_series_word("wsgw_events_waiting", gauge, queues, waiting,
        "Events that wait for wsgw_worker_events."),

    ngx_http_wsgw_series_word("wsgw_slow_connections", gauge, queues, slow,
        "Clients for whom frames wait."),

    ngx_http_wsgw_series_word("wsgw_queued_bytes", gauge, queues, bytes,
        "Bytes that wait for clients."),

    ngx_http_wsgw_series_pushes(post),
    ngx_http_wsgw_series_pushes(get),
    ngx_http_wsgw_series_pushes(delete),

    ngx_http_wsgw_series_push_time(here),
    ngx_http_wsgw_series_push_time(worker),
    ngx_http_wsgw_series_push_time(instance)
};


static const ngx_http_wsgw_series_t  ngx_http_wsgw_series_of_routes[] = {

    ngx_http_wsgw_series_by("wsgw_integration_requests_total", requests, 0,
        "result", requests, "Events to integrations, by result."),

    ngx_http_wsgw_series_time("wsgw_integration_duration_seconds",
        request_time, 0, "Time from the start of an event to its answer."),

    ngx_http_wsgw_series_time("wsgw_integration_wait_seconds", request_wait,
        0, "Time from a message's end to the start of its event.")
};


static const ngx_http_wsgw_emit_family_t  ngx_http_wsgw_series_build = {
    "wsgw_build_info", ngx_http_wsgw_gauge,
    "The module, nginx, and the layout of zones."
};


static const ngx_http_wsgw_emit_family_t  ngx_http_wsgw_series_census[] = {
    { "wsgw_connections", ngx_http_wsgw_gauge, "Connections, by state." },
    { "wsgw_connections_draining", ngx_http_wsgw_gauge,
      "Open connections of workers that exit." },
    { "wsgw_disconnects_owed", ngx_http_wsgw_gauge,
      "$disconnects that are to be delivered." },
    { "wsgw_disconnect_owed_oldest_seconds", ngx_http_wsgw_gauge,
      "How long the oldest of them has been owed." }
};


static const ngx_http_wsgw_emit_family_t  ngx_http_wsgw_series_of_zones[] = {
    { "wsgw_start_time_seconds", ngx_http_wsgw_gauge,
      "When the zone was made and its counters began, in Unix time." },
    { "wsgw_workers", ngx_http_wsgw_gauge, "Workers of a zone, by state." },
    { "wsgw_workers_lost_total", ngx_http_wsgw_counter,
      "Workers that were killed or have crashed." },
    { "wsgw_letters_total", ngx_http_wsgw_counter,
      "Letters between workers, by result." },
    { "wsgw_zone_slots", ngx_http_wsgw_gauge,
      "Connections that a zone has room for." },
    { "wsgw_zone_slots_used", ngx_http_wsgw_gauge,
      "Of these, how many are taken." },
    { "wsgw_zone_letter_bytes", ngx_http_wsgw_gauge,
      "Bytes of a zone for letters." },
    { "wsgw_zone_letter_used_bytes", ngx_http_wsgw_gauge,
      "Of these, how many are in use." },
    { "wsgw_zone_record_bytes", ngx_http_wsgw_gauge,
      "Bytes of a zone for the records of $disconnects." },
    { "wsgw_zone_record_used_bytes", ngx_http_wsgw_gauge,
      "Of these, how many are in use." }
};


static const ngx_http_wsgw_emit_family_t  ngx_http_wsgw_series_memory[] = {
    { "wsgw_worker_memory_bytes", ngx_http_wsgw_gauge,
      "Bytes that a worker keeps for its clients." },
    { "wsgw_worker_memory_limit_bytes", ngx_http_wsgw_gauge,
      "The worker's wsgw_worker_memory." }
};


#define ngx_http_wsgw_series_n(table)  (sizeof(table) / sizeof((table)[0]))


void
ngx_http_wsgw_series(ngx_http_wsgw_emit_t *e, ngx_http_wsgw_picture_t *picture)
{
    u_char     buf[NGX_INT32_LEN];
    ngx_str_t  layout;

    layout.data = buf;
    layout.len = ngx_sprintf(buf, "%ud", NGX_HTTP_WSGW_LAYOUT) - buf;

    ngx_http_wsgw_emit_family(e, &ngx_http_wsgw_series_build);

    ngx_http_wsgw_emit_word(e, "version", NGX_HTTP_WSGW_VERSION);
    ngx_http_wsgw_emit_word(e, "nginx", NGINX_VERSION);
    ngx_http_wsgw_emit_label(e, "layout", &layout);
    ngx_http_wsgw_emit_value(e, 1);
    e->nlabels = 0;

    ngx_http_wsgw_series_zones(e, picture);
    ngx_http_wsgw_series_workers(e, picture);
    ngx_http_wsgw_series_stages(e, picture);
}


static void
ngx_http_wsgw_series_stages(ngx_http_wsgw_emit_t *e,
    ngx_http_wsgw_picture_t *picture)
{
    ngx_uint_t                         i, j, n;
    ngx_array_t                       *subjects;
    const ngx_http_wsgw_series_t      *series;
    ngx_http_wsgw_subject_numbers_t  **numbers;

    numbers = picture->stages.elts;

    for (i = 0; i < ngx_http_wsgw_series_n(ngx_http_wsgw_series_census); i++) {

        ngx_http_wsgw_emit_family(e, &ngx_http_wsgw_series_census[i]);

        for (j = 0; j < picture->stages.nelts; j++) {
            ngx_http_wsgw_series_subject(e, numbers[j]);
            ngx_http_wsgw_series_connections(e, &numbers[j]->census);
            e->nlabels = 0;
        }
    }

    n = ngx_http_wsgw_series_n(ngx_http_wsgw_series_of_stages);

    for (i = 0;
         i < n + ngx_http_wsgw_series_n(ngx_http_wsgw_series_of_routes);
         i++)
    {
        series = i < n ? &ngx_http_wsgw_series_of_stages[i]
                       : &ngx_http_wsgw_series_of_routes[i - n];
        subjects = i < n ? &picture->stages : &picture->routes;

        if (ngx_strcmp(e->family->name, series->family.name) != 0) {
            ngx_http_wsgw_emit_family(e, &series->family);
        }

        numbers = subjects->elts;

        for (j = 0; j < subjects->nelts; j++) {
            ngx_http_wsgw_series_subject(e, numbers[j]);
            ngx_http_wsgw_series_row(e, series, numbers[j]);
            e->nlabels = 0;
        }
    }
}


static void
ngx_http_wsgw_series_subject(ngx_http_wsgw_emit_t *e,
    ngx_http_wsgw_subject_numbers_t *numbers)
{
    ngx_http_wsgw_emit_label(e, "api", &numbers->api);
    ngx_http_wsgw_emit_label(e, "stage", &numbers->stage);

    if (numbers->route.len) {
        ngx_http_wsgw_emit_label(e, "route", &numbers->route);
    }
}


static void
ngx_http_wsgw_series_connections(ngx_http_wsgw_emit_t *e,
    ngx_http_wsgw_census_stage_t *census)
{
    ngx_uint_t  i, n[3];

    static const char *const  states[] = { "connecting", "open", "closing" };

    switch (e->family - ngx_http_wsgw_series_census) {

    case 0:
        n[0] = census->connecting;
        n[1] = census->open;
        n[2] = census->closing;

        for (i = 0; i < 3; i++) {
            ngx_http_wsgw_emit_word(e, "state", states[i]);
            ngx_http_wsgw_emit_value(e, n[i]);
            e->nlabels--;
        }

        break;

    case 1:
        ngx_http_wsgw_emit_value(e, census->draining);
        break;

    case 2:
        ngx_http_wsgw_emit_value(e, census->owed);
        break;

    default:
        ngx_http_wsgw_emit_ms(e, census->oldest);
        break;
    }
}


static void
ngx_http_wsgw_series_row(ngx_http_wsgw_emit_t *e,
    const ngx_http_wsgw_series_t *series,
    ngx_http_wsgw_subject_numbers_t *numbers)
{
    uint64_t  *row;

    row = numbers->row[series->kind];

    if ((series->flags & NGX_HTTP_WSGW_SERIES_SPARSE) && row == NULL) {
        return;
    }

    if (series->fixed) {
        ngx_http_wsgw_emit_word(e, series->fixed, series->value);
    }

    if (series->words) {
        ngx_http_wsgw_series_words(e, series, numbers);

    } else if (series->family.type != ngx_http_wsgw_emit_histogram) {
        ngx_http_wsgw_emit_value(e, row ? row[series->first] : 0);

    } else if (series->kind == ngx_http_wsgw_row_lifetime) {
        ngx_http_wsgw_emit_times(e, ngx_http_wsgw_meter_lifetimes,
                                 NGX_HTTP_WSGW_LIFETIME_BOUNDS, 1, row);

    } else {
        ngx_http_wsgw_emit_times(e, ngx_http_wsgw_meter_times,
                                 NGX_HTTP_WSGW_TIME_BOUNDS, 1000, row);
    }
}


static void
ngx_http_wsgw_series_words(ngx_http_wsgw_emit_t *e,
    const ngx_http_wsgw_series_t *series,
    ngx_http_wsgw_subject_numbers_t *numbers)
{
    uint64_t    value;
    ngx_uint_t  i;

    for (i = 0; series->words[i]; i++) {

        value = ngx_http_wsgw_picture_value(numbers, series->kind,
                                            series->first + i);

        if (value == 0 && (series->flags & NGX_HTTP_WSGW_SERIES_SPARSE)) {
            continue;
        }

        ngx_http_wsgw_emit_word(e, series->label, series->words[i]);
        ngx_http_wsgw_emit_value(e, value);
        e->nlabels--;
    }
}


static void
ngx_http_wsgw_series_zones(ngx_http_wsgw_emit_t *e,
    ngx_http_wsgw_picture_t *picture)
{
    ngx_uint_t                     i, j;
    ngx_http_wsgw_picture_zone_t  *pz;

    pz = picture->zones.elts;

    for (i = 0;
         i < ngx_http_wsgw_series_n(ngx_http_wsgw_series_of_zones);
         i++)
    {
        ngx_http_wsgw_emit_family(e, &ngx_http_wsgw_series_of_zones[i]);

        for (j = 0; j < picture->zones.nelts; j++) {
            ngx_http_wsgw_emit_label(e, "zone", &pz[j].zone->name);
            ngx_http_wsgw_series_zone(e, i, &pz[j]);
            e->nlabels = 0;
        }
    }
}


/* "which" is the family's place in the table */

static void
ngx_http_wsgw_series_zone(ngx_http_wsgw_emit_t *e, ngx_uint_t which,
    ngx_http_wsgw_picture_zone_t *pz)
{
    ngx_uint_t               i;
    ngx_http_wsgw_header_t  *h;

    static const char *const  letters[] = { "done", "timeout", "no_room" };

    h = ngx_http_wsgw_header(pz->zone);

    switch (which) {

    case 0:
        ngx_http_wsgw_emit_value(e, h->started);
        break;

    case 1:
        ngx_http_wsgw_emit_word(e, "state", "serving");
        ngx_http_wsgw_emit_value(e, pz->census.serving);
        e->nlabels--;

        ngx_http_wsgw_emit_word(e, "state", "draining");
        ngx_http_wsgw_emit_value(e, pz->census.draining);
        break;

    case 2:
        ngx_http_wsgw_emit_value(e, pz->own[ngx_http_wsgw_worker_lost]);
        break;

    case 3:
        for (i = 0; i < 3; i++) {
            ngx_http_wsgw_emit_word(e, "result", letters[i]);
            ngx_http_wsgw_emit_value(e,
                          pz->own[ngx_http_wsgw_worker_letters_done + i]);
            e->nlabels--;
        }

        break;

    case 4:
        ngx_http_wsgw_emit_value(e, pz->zone->slots);
        break;

    case 5:
        ngx_http_wsgw_emit_value(e, pz->census.slots);
        break;

    case 6:
        ngx_http_wsgw_emit_value(e, (uint64_t)
                                    ngx_http_wsgw_elements(&h->letters)
                                    * NGX_HTTP_WSGW_CHUNK);
        break;

    case 7:
        ngx_http_wsgw_emit_value(e, (uint64_t) pz->letters
                                    * NGX_HTTP_WSGW_CHUNK);
        break;

    case 8:
        ngx_http_wsgw_emit_value(e, (uint64_t)
                                    ngx_http_wsgw_elements(&h->records)
                                    * NGX_HTTP_WSGW_CHUNK);
        break;

    default:
        ngx_http_wsgw_emit_value(e, (uint64_t) pz->records
                                    * NGX_HTTP_WSGW_CHUNK);
        break;
    }
}


static void
ngx_http_wsgw_series_workers(ngx_http_wsgw_emit_t *e,
    ngx_http_wsgw_picture_t *picture)
{
    u_char                           buf[NGX_INT32_LEN];
    ngx_str_t                        number;
    ngx_uint_t                       i, j, k;
    ngx_http_wsgw_picture_zone_t    *pz;
    ngx_http_wsgw_picture_worker_t  *worker;

    pz = picture->zones.elts;
    number.data = buf;

    for (i = 0; i < ngx_http_wsgw_series_n(ngx_http_wsgw_series_memory); i++) {

        ngx_http_wsgw_emit_family(e, &ngx_http_wsgw_series_memory[i]);

        for (j = 0; j < picture->zones.nelts; j++) {
            worker = pz[j].workers.elts;

            for (k = 0; k < pz[j].workers.nelts; k++) {
                number.len = ngx_sprintf(buf, "%uD", worker[k].worker) - buf;

                ngx_http_wsgw_emit_label(e, "zone", &pz[j].zone->name);
                ngx_http_wsgw_emit_label(e, "worker", &number);
                ngx_http_wsgw_emit_value(e,
                       worker[k].row[ngx_http_wsgw_memory_kept + i]);
                e->nlabels = 0;
            }
        }
    }
}
