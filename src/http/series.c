
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The series of wsgw_status that are words of a row, in a table; neighbours of
 * the same name are one family.
 */


#include "http/series.h"
#include "http/present.h"


#define NGX_HTTP_WSGW_SERIES_SPARSE  1      /* without a sample that is 0 */

/* subjects of a step, each of which may have twenty lines */
#define NGX_HTTP_WSGW_SERIES_STEP    8

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

static const char *const  ngx_http_wsgw_series_sends[] = {
    "group", "all", "batch", NULL
};

static const char *const  ngx_http_wsgw_series_sent[] = {
    "sent", "full", "unknown", NULL
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

#define NGX_HTTP_WSGW_SERIES_SENT  "Messages to clients, by source."

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
        NGX_HTTP_WSGW_SERIES_SENT),

    { { "wsgw_messages_sent_total", ngx_http_wsgw_counter,
        NGX_HTTP_WSGW_SERIES_SENT }, ngx_http_wsgw_row_groups,
      ngx_http_wsgw_groups_sent, NULL, NULL, "source", "group", 0 },

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

    ngx_http_wsgw_series_word("wsgw_groups", gauge, queues, groups,
        "Groups that have members, in each worker that has some."),

    ngx_http_wsgw_series_word("wsgw_group_members", gauge, queues, members,
        "Connections in groups, in each of them."),

    ngx_http_wsgw_series_by("wsgw_group_sends_total", groups,
        ngx_http_wsgw_groups_group, "kind", sends,
        "Messages to groups and to all, and batches."),

    ngx_http_wsgw_series_by("wsgw_group_deliveries_total", groups,
        ngx_http_wsgw_groups_sent, "result", sent,
        "Members to whom messages were sent, or not."),

    ngx_http_wsgw_series_pushes(post),
    ngx_http_wsgw_series_pushes(get),
    ngx_http_wsgw_series_pushes(delete),

    ngx_http_wsgw_series_push_time(here),
    ngx_http_wsgw_series_push_time(worker),
    ngx_http_wsgw_series_push_time(instance),
    ngx_http_wsgw_series_push_time(node)
};


static const ngx_http_wsgw_series_t  ngx_http_wsgw_series_of_routes[] = {

    ngx_http_wsgw_series_by("wsgw_integration_requests_total", requests, 0,
        "result", requests, "Events to integrations, by result."),

    ngx_http_wsgw_series_time("wsgw_integration_duration_seconds",
        request_time, 0, "Time from the start of an event to its answer."),

    ngx_http_wsgw_series_time("wsgw_integration_wait_seconds", request_wait,
        0, "Time from a message's end to the start of its event.")
};


#define ngx_http_wsgw_series_n(table)  (sizeof(table) / sizeof((table)[0]))


ngx_int_t
ngx_http_wsgw_series_step(ngx_http_wsgw_emit_t *e,
    ngx_http_wsgw_picture_t *picture, ngx_http_wsgw_series_place_t *place)
{
    ngx_uint_t                         n, left;
    ngx_array_t                       *subjects;
    const ngx_http_wsgw_series_t      *series;
    ngx_http_wsgw_subject_numbers_t  **numbers;

    if (e->family == NULL) {
        ngx_http_wsgw_present(e, picture);
        return NGX_AGAIN;
    }

    n = ngx_http_wsgw_series_n(ngx_http_wsgw_series_of_stages);

    for (left = NGX_HTTP_WSGW_SERIES_STEP; left; left--) {

        if (place->series == n + ngx_http_wsgw_series_n(
                                      ngx_http_wsgw_series_of_routes))
        {
            return NGX_OK;
        }

        series = place->series < n
                 ? &ngx_http_wsgw_series_of_stages[place->series]
                 : &ngx_http_wsgw_series_of_routes[place->series - n];
        subjects = place->series < n ? &picture->stages : &picture->routes;

        if (ngx_strcmp(e->family->name, series->family.name) != 0) {
            ngx_http_wsgw_emit_family(e, &series->family);
        }

        if (place->subject == subjects->nelts) {
            place->series++;
            place->subject = 0;
            continue;
        }

        numbers = subjects->elts;
        numbers += place->subject++;

        ngx_http_wsgw_present_subject(e, *numbers);
        ngx_http_wsgw_series_row(e, series, *numbers);
        e->nlabels = 0;
    }

    return NGX_AGAIN;
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
