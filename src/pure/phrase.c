
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The reason phrases of HTTP's statuses.  nginx sends a status for which it has
 * no phrase without one, and clients exist that do not read such a line.
 */


#include <stddef.h>

#include "pure/phrase.h"


typedef struct {
    unsigned      status;
    const char   *phrase;
} wsgw_phrase_t;


/* The statuses of IANA's registry, and those that others use in its gaps. */

static const wsgw_phrase_t  wsgw_phrases[] = {
    { 100, "Continue" },
    { 101, "Switching Protocols" },
    { 102, "Processing" },
    { 103, "Early Hints" },

    { 200, "OK" },
    { 201, "Created" },
    { 202, "Accepted" },
    { 203, "Non-Authoritative Information" },
    { 204, "No Content" },
    { 205, "Reset Content" },
    { 206, "Partial Content" },
    { 207, "Multi-Status" },
    { 208, "Already Reported" },
    { 226, "IM Used" },

    { 300, "Multiple Choices" },
    { 301, "Moved Permanently" },
    { 302, "Found" },
    { 303, "See Other" },
    { 304, "Not Modified" },
    { 305, "Use Proxy" },
    { 307, "Temporary Redirect" },
    { 308, "Permanent Redirect" },

    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 402, "Payment Required" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 406, "Not Acceptable" },
    { 407, "Proxy Authentication Required" },
    { 408, "Request Timeout" },
    { 409, "Conflict" },
    { 410, "Gone" },
    { 411, "Length Required" },
    { 412, "Precondition Failed" },
    { 413, "Content Too Large" },
    { 414, "URI Too Long" },
    { 415, "Unsupported Media Type" },
    { 416, "Range Not Satisfiable" },
    { 417, "Expectation Failed" },
    { 418, "I'm a teapot" },
    { 421, "Misdirected Request" },
    { 422, "Unprocessable Content" },
    { 423, "Locked" },
    { 424, "Failed Dependency" },
    { 425, "Too Early" },
    { 426, "Upgrade Required" },
    { 428, "Precondition Required" },
    { 429, "Too Many Requests" },
    { 431, "Request Header Fields Too Large" },
    { 451, "Unavailable For Legal Reasons" },

    { 500, "Internal Server Error" },
    { 501, "Not Implemented" },
    { 502, "Bad Gateway" },
    { 503, "Service Unavailable" },
    { 504, "Gateway Timeout" },
    { 505, "HTTP Version Not Supported" },
    { 506, "Variant Also Negotiates" },
    { 507, "Insufficient Storage" },
    { 508, "Loop Detected" },
    { 510, "Not Extended" },
    { 511, "Network Authentication Required" }
};


/* RFC 9110, 15: a client takes an unknown status for the first of its class. */

static const char *const  wsgw_phrase_classes[] = {
    "Informational", "Successful", "Redirection", "Client Error",
    "Server Error"
};


const char *
wsgw_phrase(unsigned status)
{
    size_t  i;

    for (i = 0; i < sizeof(wsgw_phrases) / sizeof(wsgw_phrase_t); i++) {
        if (wsgw_phrases[i].status == status) {
            return wsgw_phrases[i].phrase;
        }
    }

    return status >= 100 && status < 600
           ? wsgw_phrase_classes[status / 100 - 1] : "Unknown";
}
