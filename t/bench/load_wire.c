/*
 * load_wire.c: the little of HTTP/1.1 and of RFC 6455 that a client needs.
 * Every frame has the same mask, and every handshake the same key.
 */

#define _GNU_SOURCE

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "load.h"


/* the example of RFC 6455, 1.3 */

#define KEY     "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT  "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


size_t
load_wire_handshake(char *p, size_t room, const char *path)
{
    return (size_t) snprintf(p, room,
                             "GET %s HTTP/1.1\r\n"
                             "Host: localhost\r\n"
                             "Connection: Upgrade\r\n"
                             "Upgrade: websocket\r\n"
                             "Sec-WebSocket-Version: 13\r\n"
                             "Sec-WebSocket-Key: " KEY "\r\n\r\n", path);
}


size_t
load_wire_get(char *p, size_t room, const char *path)
{
    return (size_t) snprintf(p, room,
                             "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n",
                             path);
}


size_t
load_wire_post(char *p, size_t room, const char *path, size_t size)
{
    return (size_t) snprintf(p, room,
                             "POST %s HTTP/1.1\r\n"
                             "Host: localhost\r\n"
                             "Content-Type: application/json\r\n"
                             "Content-Length: %zu\r\n\r\n", path, size);
}


static int
is_header(const char *line, const char *name)
{
    return strncasecmp(line, name, strlen(name)) == 0;
}


static void
copy_value(char *to, size_t room, const char *value)
{
    size_t  n;

    value += strspn(value, " ");
    n = strcspn(value, "\r");
    n = n < room ? n : room - 1;

    memcpy(to, value, n);
    to[n] = '\0';
}


/* returns the length of the whole response, 0 when some is missing */

size_t
load_wire_response(char *data, size_t size, load_response_t *r)
{
    int      chunked;
    char    *line, *body, *end, accept[64];
    size_t   length;

    body = memmem(data, size, "\r\n\r\n", 4);

    if (body == NULL) {
        return 0;
    }

    if (size < 13 || memcmp(data, "HTTP/1.1 ", 9) != 0) {
        load_die("not a response: \"%.*s\"", (int) (size < 40 ? size : 40),
                 data);
    }

    memset(r, 0, sizeof(load_response_t));
    r->status = atoi(data + 9);
    accept[0] = '\0';
    length = 0;
    chunked = 0;

    for (line = data; line < body; line += 2) {

        if (is_header(line, "Content-Length:")) {
            length = strtoul(line + 15, NULL, 10);

        } else if (is_header(line, "Transfer-Encoding: chunked")) {
            chunked = 1;

        } else if (is_header(line, "X-Connection-Id:")) {
            copy_value(r->id, sizeof(r->id), line + 16);

        } else if (is_header(line, "X-Worker:")) {
            copy_value(r->worker, sizeof(r->worker), line + 9);

        } else if (is_header(line, "Sec-WebSocket-Accept:")) {
            copy_value(accept, sizeof(accept), line + 21);
        }

        line = memmem(line, (size_t) (body + 2 - line), "\r\n", 2);
    }

    r->accepted = strcmp(accept, ACCEPT) == 0;
    body += 4;

    if (chunked) {
        end = memmem(body - 2, size - (size_t) (body - 2 - data),
                     "\r\n0\r\n\r\n", 7);

        return end ? (size_t) (end + 7 - data) : 0;
    }

    if (r->status == 101 || r->status == 204) {
        length = 0;
    }

    if ((size_t) (data + size - body) < length) {
        return 0;
    }

    r->body = body;
    r->body_size = length;

    return (size_t) (body - data) + length;
}


/* of a frame of ours, which is final and masked */

size_t
load_wire_frame_head(char *p, unsigned opcode, size_t size)
{
    int      i;
    size_t   n;

    p[0] = (char) (0x80 | opcode);
    n = 2;

    if (size < 126) {
        p[1] = (char) (0x80 | size);

    } else if (size < 65536) {
        p[1] = (char) (0x80 | 126);
        p[n++] = (char) (size >> 8);
        p[n++] = (char) size;

    } else {
        p[1] = (char) (0x80 | 127);

        for (i = 56; i >= 0; i -= 8) {
            p[n++] = (char) ((uint64_t) size >> i);
        }
    }

    memcpy(p + n, LOAD_MASK, 4);

    return n + 4;
}


void
load_wire_mask(char *p, size_t size)
{
    size_t  i;

    for (i = 0; i < size; i++) {
        p[i] ^= LOAD_MASK[i % 4];
    }
}


/* of a frame of theirs: its length, 0 when some of it is missing */

size_t
load_wire_frame(char *data, size_t size, load_frame_t *f)
{
    int             i, more;
    uint64_t        length;
    unsigned char  *p;

    p = (unsigned char *) data;

    if (size < 2) {
        return 0;
    }

    f->fin = p[0] >> 7;
    f->opcode = p[0] & 0x0f;
    length = p[1];
    more = length == 126 ? 2 : length == 127 ? 8 : 0;

    if (length & 0x80) {
        load_die("a masked frame of a server");
    }

    if (size < 2 + (size_t) more) {
        return 0;
    }

    if (more) {
        length = 0;

        for (i = 0; i < more; i++) {
            length = length << 8 | p[2 + i];
        }
    }

    f->payload = data + 2 + more;
    f->size = length;

    return size - 2 - (size_t) more < length ? 0
                                             : 2 + (size_t) more + length;
}
