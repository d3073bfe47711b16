
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The types that several files share, in this order: route, configuration,
 * connection, a client's request, the worker.  There is no logic here, and what
 * only one file needs is declared in that file's header.
 */


#ifndef _NGX_HTTP_WSGW_H_INCLUDED_
#define _NGX_HTTP_WSGW_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_http.h>

#include "pure/id.h"
#include "pure/frame.h"
#include "pure/protocol.h"
#include "pure/selector.h"


typedef struct ngx_http_wsgw_zone_s        ngx_http_wsgw_zone_t;
typedef struct ngx_http_wsgw_loc_conf_s    ngx_http_wsgw_loc_conf_t;
typedef struct ngx_http_wsgw_connection_s  ngx_http_wsgw_connection_t;
typedef struct ngx_http_wsgw_rare_s        ngx_http_wsgw_rare_t;
typedef struct ngx_http_wsgw_invoke_s      ngx_http_wsgw_invoke_t;
typedef struct ngx_http_wsgw_keys_s        ngx_http_wsgw_keys_t;
typedef struct ngx_http_wsgw_meter_s       ngx_http_wsgw_meter_t;
typedef struct ngx_http_wsgw_cluster_s     ngx_http_wsgw_cluster_t;
typedef struct ngx_http_wsgw_pair_s        ngx_http_wsgw_pair_t;
typedef struct ngx_http_wsgw_node_s        ngx_http_wsgw_node_t;
typedef struct ngx_http_wsgw_roster_s      ngx_http_wsgw_roster_t;
typedef struct ngx_http_wsgw_remote_s      ngx_http_wsgw_remote_t;
typedef struct ngx_http_wsgw_inbox_s       ngx_http_wsgw_inbox_t;


/* The one place: packages, pages and documents take it from here. */
#define NGX_HTTP_WSGW_VERSION  "0.9.0"


/* bytes kept of a header's text; events and records know no more of it */
#define NGX_HTTP_WSGW_HEADER_MAX  512


/* Of a function that most calls go past: inlined, it would take its registers
   and its stack from those. */
#define ngx_http_wsgw_apart  __attribute__((noinline))


/* No line may have such a character, be it a header's or a log's. */
#define ngx_http_wsgw_is_control(ch)  ((ch) < 0x20 || (ch) == 0x7f)


/* Routes and configuration.  All of it is in the cycle's pool, and lives as
   long as the cycle. */

#define NGX_HTTP_WSGW_MAX_ROUTE_KEY  256    /* bytes */

#define NGX_HTTP_WSGW_AWS_PROXY      0      /* type= */
#define NGX_HTTP_WSGW_HTTP_PROXY     1

#define NGX_HTTP_WSGW_EXTENDED       0      /* wsgw_profile */
#define NGX_HTTP_WSGW_AWS            1

#define NGX_HTTP_WSGW_ORIGIN_ANY     0      /* wsgw_origin */
#define NGX_HTTP_WSGW_ORIGIN_SAME    1
#define NGX_HTTP_WSGW_ORIGIN_LIST    2


#define NGX_HTTP_WSGW_DOOR_GROUPS     0x0001    /* flags of wsgw_management */
#define NGX_HTTP_WSGW_DOOR_BROADCAST  0x0002
#define NGX_HTTP_WSGW_DOOR_LIST       0x0004


#define NGX_HTTP_WSGW_TRACE_MESSAGE     0   /* wsgw_trace */
#define NGX_HTTP_WSGW_TRACE_CONNECTION  1
#define NGX_HTTP_WSGW_TRACE_OFF         2


/* one wsgw_route */

typedef struct {
    ngx_str_t                      key;         /* as matched: "$connect" */
    ngx_str_t                      key_header;  /* the key as a header's
                                                   value */
    ngx_str_t                      uri;         /* of the integration */
    ngx_str_t                      args;        /* its query string */
    ngx_str_t                      name;        /* "@name", then the uri is the
                                                   stage's; else empty */

    ngx_str_t                      exten;       /* derived from these: the
                                                   uri's extension, */
    ngx_str_t                      request_line;    /* and the first line */

    ngx_uint_t                     type;        /* NGX_HTTP_WSGW_*_PROXY */
    ngx_msec_t                     timeout;
    ngx_http_wsgw_meter_t         *meter;       /* a stage's copy has one */

    unsigned                       response:1;
    unsigned                       oneway:1;
    unsigned                       async:1;
    unsigned                       authorizer:1;    /* of wsgw_authorizer; its
                                                   key is $connect */

    u_char                        *file;        /* where it is written */
    ngx_uint_t                     line;
} ngx_http_wsgw_route_t;


/* wsgw_authorizer; each stage has its own */

typedef struct {
    ngx_http_wsgw_route_t          route;       /* where it runs */
    ngx_array_t                   *identities;  /* ngx_http_complex_value_t; or
                                                   NULL */
    ngx_str_t                      account;     /* "REGION:ACCOUNT" */
    ngx_str_t                      arn;         /* methodArn */
} ngx_http_wsgw_authorizer_t;


/* one wsgw_stage_variable or wsgw_authorizer_context */

typedef struct {
    ngx_str_t                      name;
    ngx_http_complex_value_t       value;
} ngx_http_wsgw_named_value_t;


/* one name of wsgw_group */

typedef struct {
    ngx_http_complex_value_t       value;
    ngx_uint_t                     list;        /* 1: it may be several names */
} ngx_http_wsgw_joined_t;


/* one wsgw_body_variable */

typedef struct {
    ngx_str_t                      name;        /* in lower case */
    wsgw_selector_t                selector;
} ngx_http_wsgw_body_variable_t;


/* wsgw_api_key */

typedef struct {
    ngx_str_t                      text;        /* the value as written */
    ngx_http_complex_value_t       value;
    ngx_http_complex_value_t       id;          /* empty: none */
} ngx_http_wsgw_api_key_t;


/* one wsgw_limit_conn */

typedef struct {
    ngx_str_t                      text;        /* the key as written */
    ngx_http_complex_value_t       key;
    ngx_uint_t                     limit;
} ngx_http_wsgw_limit_t;


/* A directive that makes its location what it is.  Much of it is looked at
   after parsing, and what is said then names the place. */

typedef struct {
    ngx_str_t                      zone;        /* that it names; of wsgw_status
                                                   empty */
    ngx_http_core_loc_conf_t      *location;    /* where it stands */
    ngx_http_core_srv_conf_t      *server;
    u_char                        *file;
    ngx_uint_t                     line;
} ngx_http_wsgw_place_t;


/* one wsgw_status */

typedef struct {
    ngx_array_t                    names;       /* ngx_str_t; none: all */
    ngx_array_t                    zones;       /* ngx_http_wsgw_zone_t * */
    ngx_uint_t                     open;        /* 1: "public" */
    ngx_http_wsgw_place_t         *place;
} ngx_http_wsgw_status_t;


/* a directive in a location, once it has been read */

typedef struct {
    ngx_command_t                 *cmd;
    ngx_http_wsgw_loc_conf_t      *where;
    u_char                        *file;
    ngx_uint_t                     line;
} ngx_http_wsgw_effect_t;


/* what the http block says once */

typedef struct {
    ngx_array_t                    zones;       /* ngx_http_wsgw_zone_t * */
    ngx_array_t                    stages;      /* ngx_http_wsgw_loc_conf_t *,
                                                   one per wsgw_api */
    ngx_array_t                    managements; /* the same type, one per
                                                   wsgw_management */
    ngx_array_t                    statuses;    /* ngx_http_wsgw_status_t * */
    ngx_array_t                    clusters;    /* ngx_http_wsgw_cluster_t *,
                                                   one per wsgw_redis */
    ngx_array_t                    routes;      /* ngx_array_t *, each with the
                                                   routes of one level */
    ngx_array_t                    arguments;   /* ngx_str_t, of $wsgw_query_*;
                                                   in lower case */
    ngx_array_t                    beside;      /* other modules' directives */
    ngx_array_t                    effects;     /* ours: ngx_http_wsgw_effect_t,
                                                   each in a location */
    ngx_array_t                   *expands;     /* values that have variables;
                                                   NULL: none */
    ngx_msec_t                     drain_time;
    ngx_msec_t                     quit_time;
    ngx_uint_t                     worker_events;
    u_char                        *worker_events_file;  /* where it is written,
                                                           NULL: nowhere */
    ngx_uint_t                     worker_events_line;
    size_t                         worker_memory;
} ngx_http_wsgw_main_conf_t;


/* A location.  With wsgw_api it is a stage, to which its connections point as
   long as they live: an exiting worker keeps the old cycle for them. */

struct ngx_http_wsgw_loc_conf_s {

    ngx_http_wsgw_loc_conf_t      *above;       /* the level that it is in, or
                                                   NULL */
    ngx_uint_t                     kinds;       /* NGX_HTTP_WSGW_EFFECT_*: what
                                                   it is or has in it */

    /* wsgw_api; api_zone is NULL where the location is no stage */

    ngx_http_wsgw_place_t         *api_place;
    ngx_http_wsgw_zone_t          *api_zone;
    ngx_str_t                      stage;
    ngx_str_t                      api_id;
    ngx_http_wsgw_meter_t         *meter;       /* the stage's, or that of
                                                   wsgw_management's stage */
    ngx_str_t                      agent;       /* User-Agent for backends */
    ngx_str_t                      domain;      /* empty: derived */
    ngx_http_complex_value_t      *callback;    /* NULL: derived */
    ngx_str_t                      callback_url;    /* so derived, of the first
                                                   domain that comes; empty
                                                   before */
    ngx_str_t                      callback_domain; /* which is in it */
    ngx_http_complex_value_t      *scheme;      /* NULL: the connection's */
    ngx_str_t                      path;        /* the location's, like "/dev";
                                                   empty for "/", a regex and
                                                   a named location */
    uint64_t                       api;         /* hash of zone, stage and id */
    ngx_http_core_srv_conf_t      *server;      /* which it is in */
    ngx_array_t                    server_names;    /* a copy: nginx frees its
                                                   own after parsing */
    ngx_array_t                    server_ports;    /* in_port_t, of all that
                                                   the server listens on */

    /* wsgw_management */

    ngx_http_wsgw_place_t         *management_place;
    ngx_http_wsgw_zone_t          *management_zone;
    ngx_str_t                      management_stage;
    uint64_t                       management_api;  /* hash without the id */
    ngx_uint_t                     management_public;
    ngx_uint_t                     management_doors;    /* that are open:
                                                   NGX_HTTP_WSGW_DOOR_* */

    ngx_http_wsgw_status_t        *status;      /* wsgw_status, or NULL */
    ngx_array_t                   *error_pages; /* written here or above;
                                                   compared, never read */
    ngx_http_wsgw_keys_t          *keys;        /* wsgw_sigv4, NULL: off */

    /* routing; a level inherits all of an array or nothing */

    ngx_array_t                   *routes;      /* ngx_http_wsgw_route_t, as
                                                   written */

    /* these are found in routes once a stage's defaults are filled in */

    ngx_array_t                    message_routes;  /* ngx_http_wsgw_route_t *,
                                                   all but $connect and
                                                   $disconnect, by their keys */
    ngx_http_wsgw_route_t         *connect;     /* NULL: no such route */
    ngx_http_wsgw_route_t         *disconnect;
    ngx_http_wsgw_route_t         *fallback;    /* $default */
    ngx_uint_t                     selects;     /* 1: there are routes for
                                                   messages but $default */
    wsgw_selector_t               *selector;

    ngx_array_t                   *stage_variables;
                                                /* ngx_http_wsgw_named_value_t*/
    ngx_array_t                   *context;     /* wsgw_authorizer_context */
    ngx_http_wsgw_api_key_t       *api_key;     /* NULL: none is needed */
    ngx_array_t                   *limits;      /* ngx_http_wsgw_limit_t */
    ngx_array_t                   *body_variables;
                                                /* ..._body_variable_t */
    ngx_http_wsgw_authorizer_t    *authorizer;  /* NULL: none */
    ngx_array_t                   *groups;      /* ngx_http_wsgw_joined_t */
    ngx_uint_t                     max_groups;

    ngx_uint_t                     profile;
    ngx_uint_t                     integration_type;
    ngx_msec_t                     integration_timeout;
    ngx_uint_t                     concurrency;

    size_t                         max_message_size;
    size_t                         max_frame_size;
    ngx_uint_t                     max_fragments;
    size_t                         max_pending_size;
    size_t                         max_queue_size;

    /* times, of which 0 means off */

    ngx_msec_t                     idle_timeout;
    ngx_msec_t                     max_lifetime;
    ngx_msec_t                     ping_interval;
    ngx_msec_t                     close_timeout;
    ngx_msec_t                     send_timeout;
    ngx_msec_t                     disconnect_max_age;

    ngx_uint_t                     message_rate;    /* per 1000 s, 0: off */
    ngx_uint_t                     message_burst;
    ngx_uint_t                     origin_mode;     /* NGX_HTTP_WSGW_ORIGIN_* */
    ngx_array_t                   *origins;         /* ngx_str_t */
    ngx_flag_t                     compression;
    ngx_uint_t                     trace;       /* NGX_HTTP_WSGW_TRACE_* */

    /* what the parser gets of the above, with and without compression */

    wsgw_protocol_conf_t           protocol;
    wsgw_protocol_conf_t           protocol_deflate;
};


/*
 * The states of a connection; socket/close.c draws how it comes to the last
 * one.  A closed connection has no socket any more, but its messages may still
 * wait or be in flight; $disconnect follows the last of them.
 */

typedef enum {
    ngx_http_wsgw_connecting = 0,       /* $connect decides */
    ngx_http_wsgw_open,
    ngx_http_wsgw_closing,              /* our Close is queued or sent */
    ngx_http_wsgw_closed
} ngx_http_wsgw_state_e;


/* The strings that a connection has, in the order in which it keeps them.  The
   scheme is a bit, and a domain that equals the host is kept as empty. */

typedef enum {
    ngx_http_wsgw_text_addr = 0,        /* the client's address, no port */
    ngx_http_wsgw_text_domain,          /* host[:port] for callbacks */
    ngx_http_wsgw_text_host,            /* Host as sent */
    ngx_http_wsgw_text_agent,           /* User-Agent, empty if absent */
    ngx_http_wsgw_text_path,            /* below the stage, "" or "/x" */
    ngx_http_wsgw_text_context,         /* authorizer context, JSON members
                                           without the braces */
    ngx_http_wsgw_text_variables,       /* stage variables, in that form */
    ngx_http_wsgw_text_callback,        /* callback=, if it has variables */
    ngx_http_wsgw_text_query,           /* arguments that variables name, in
                                           that form, too */
    ngx_http_wsgw_text_access_key,      /* who signed the handshake, or empty */
    ngx_http_wsgw_text_api_key,         /* of wsgw_api_key, or empty */
    ngx_http_wsgw_text_api_key_id,
    ngx_http_wsgw_text_trace,           /* of wsgw_trace connection: id and
                                           flags, or empty */
    ngx_http_wsgw_text_kept,
    ngx_http_wsgw_text_scheme = ngx_http_wsgw_text_kept,
                                        /* "http" or "https" */
    ngx_http_wsgw_text_last
} ngx_http_wsgw_text_e;


/*
 * One client's connection, a block of its own.  It is counted: the socket holds
 * one reference, each event another, so events may outlive the socket.  A
 * worker that takes over a $disconnect makes one from the zone's record.
 * socket/client.c makes and frees it.
 */

struct ngx_http_wsgw_connection_s {
    ngx_connection_t              *connection;  /* the socket's; NULL before it
                                                   is open and once closed */
    ngx_http_wsgw_loc_conf_t      *wlcf;        /* the stage; the cycle's */
    ngx_http_wsgw_zone_t          *zone;        /* the stage's, or a file of an
                                                   instance that is no more */
    ngx_http_wsgw_rare_t          *rare;        /* owned; NULL when idle */

    ngx_listening_t               *listening;   /* the cycle's */
    ngx_atomic_uint_t              number;      /* $connection */

    /* who it is: secret, slot and the zone's number are the id */

    u_char                         id[WSGW_ID_LEN];     /* as text */
    uint64_t                       secret;
    uint64_t                       connected_at;    /* ms since the epoch */

    /* what has passed */

    uint64_t                       messages_in;     /* each has two numbers, of
                                                   its request's id and its
                                                   own */
    uint64_t                       messages_out;
    uint64_t                       bytes_in;
    uint64_t                       bytes_out;

    /* what the deadlines count from, in monotonic ms */

    ngx_msec_t                     opened;      /* at its handshake: for the
                                                   lifetime */
    ngx_msec_t                     active;      /* for the idle timeout; once
                                                   it has ended, when that was:
                                                   for the close timeout */
    uint32_t                       ping_from;   /* for the ping interval */
    uint32_t                       drain_at;    /* valid when draining */

    /* wsgw_message_rate */

    uint32_t                       rate_excess; /* thousandths of a message */
    uint32_t                       rate_last;   /* when that was, monotonic */

    uint32_t                       slot;        /* in the zone */
    uint32_t                       refs;
    uint32_t                       inflight;    /* events that hold a turn */

    /* how it ended */

    uint16_t                       code;        /* 0: not yet */
    uint16_t                       attempt;     /* the $disconnect's number */

    unsigned                       state:2;     /* ngx_http_wsgw_state_e */
    unsigned                       draining:1;  /* it closes at drain_at */
    unsigned                       close_sent:1;
    unsigned                       blocked:1;   /* no room for a message:
                                                   nothing is read */
    unsigned                       error:1;     /* the socket failed: the read
                                                   handler closes it */
    unsigned                       deaf:1;      /* nothing more is expected:
                                                   what comes is discarded */
    unsigned                       close_received:1;    /* and nothing has come
                                                   after it */
    unsigned                       corked:1;    /* a burst is being read: its
                                                   frames leave together */
    unsigned                       ping_sent:1; /* no frame has come since */
    unsigned                       deflate_bits:4;  /* the client's window;
                                                   0: no compression */
    unsigned                       owed:1;      /* the slot says that it has
                                                   ended */
    unsigned                       starting:1;  /* messages are being started:
                                                   dispatch is on the stack */
    unsigned                       secure:1;    /* https */
    unsigned                       registered:1;    /* the number in the id
                                                   is without NUMBER_OWN */
    unsigned                       inflated:1;  /* a message of it, so far */
    unsigned                       proxied:1;   /* the scheme is not that of
                                                   the socket */
    unsigned                       ended:5;     /* ngx_http_wsgw_ended_e */
    unsigned                       counted:1;   /* as accepted, so its end is
                                                   counted, too */
    unsigned                       quitting:1;  /* draining, and nobody comes
                                                   after this worker */
    unsigned                       port_len:4;  /* of the port that the client
                                                   has used, at the end of the
                                                   listening address or, if
                                                   proxied, the domain; 0: it
                                                   is the scheme's */
    unsigned                       kept_url:1;  /* the callback URL is the one
                                                   that the stage keeps */

    uint8_t                        socklen;     /* 0: made from a record */
    uint8_t                        local_socklen;   /* 0: listening's */

    uint16_t                       text_end[ngx_http_wsgw_text_kept];
    u_char                         data[1];     /* the texts, the client's
                                                   address and our own, a
                                                   tally + 1 for each
                                                   wsgw_limit_conn, and
                                                   without TLS a log */
};


#define NGX_HTTP_WSGW_MAPS  4       /* headers, their lists, query, its lists */

/*
 * The module's context of a client's request, a handshake or a call of
 * @connections.  It is in the request's pool; handshake.c and management.c have
 * it as the first member of structs of their own.
 */

typedef struct {
    ngx_http_wsgw_connection_t    *wc;          /* handshake: from its start */
    const char                    *push_result; /* management, or NULL */
    const char                    *push_via;    /* where it went, or NULL */
    const char                    *error;       /* $wsgw_error, or NULL */
    ngx_uint_t                     status;      /* $wsgw_integration_status */
    ngx_uint_t                     result;      /* handshake: how it ended, an
                                                   ngx_http_wsgw_handshake_e */
    ngx_str_t                      body;        /* in place of nginx's, */
    unsigned                       replace:1;   /* if this says so */
    unsigned                       replaced:1;

    /* of a handshake, in the request's pool: its headers and query as events
       have them, once they have been written */

    ngx_str_t                     *maps;

    /* and what its authorizer said */

    ngx_str_t                      context;     /* as wc's text, until wc has
                                                   it */
    ngx_str_t                      usage_key;   /* usageIdentifierKey, which
                                                   only the handshake knows;
                                                   a member before these */
} ngx_http_wsgw_ctx_t;


/* Pools of ended events, which the next ones take; base/spare.c keeps them. */

typedef struct {
    ngx_pool_t                    *first;       /* linked by d.next */
    ngx_uint_t                     n;
} ngx_http_wsgw_spare_t;


/* What a process has once, for all zones and cycles.  base/worker.c makes it
   when the process starts and frees it when it ends. */

typedef struct {
    u_char                        *recv_buffer; /* NGX_HTTP_WSGW_READ_SIZE */
    ngx_socket_t                   dummy[2];    /* fake connections' socket */

    /* what is kept for clients */

    size_t                         memory;      /* buffered for clients */
    size_t                         memory_limit;    /* wsgw_worker_memory */
    ngx_queue_t                    holding;     /* clients with a part of a
                                                   message, or messages that
                                                   wait: the eldest first */
    ngx_queue_t                    slow;        /* clients with a queue: first
                                                   who took nothing for
                                                   longest */
    ngx_queue_t                    leaving;     /* those that were sent a Close
                                                   and have not taken it */
    ngx_event_handler_pt           shed;        /* called when memory is above
                                                   its limit; set once */

    /* event requests */

    ngx_uint_t                     events;      /* in flight: without an
                                                   answer yet */
    ngx_uint_t                     nlingering;
    ngx_queue_t                    lingering;   /* those that were answered and
                                                   go on: the eldest first */
    ngx_queue_t                    waiting;     /* $connects and messages that
                                                   wait to be in flight */
    ngx_queue_t                    owed;        /* $disconnects that do */
    ngx_http_wsgw_spare_t          event_pools;
    ngx_http_wsgw_spare_t          connection_pools;
} ngx_http_wsgw_worker_t;


extern ngx_module_t            ngx_http_wsgw_module;
extern ngx_http_wsgw_worker_t  ngx_http_wsgw_worker;


#endif /* _NGX_HTTP_WSGW_H_INCLUDED_ */
