/*
 * load_text.c: the messages.  All of a run are of one size and differ in a
 * number, which tells whose message it is and which of his: an answer that is
 * lost, doubled, late or another's is not the one that is waited for.
 */

#include <stdlib.h>
#include <string.h>

#include "load.h"


#define HEAD    "{\"action\":\"onMessage\",\"n\":\""
#define MIDDLE  "\",\"text\":\""
#define TAIL    "\"}"
#define DIGITS  20

#define FIXED   (sizeof(HEAD) + sizeof(MIDDLE) + sizeof(TAIL) - 3 + DIGITS)


static char    *plain;        /* as it is, behind room for an HTTP head */
static char    *frame;        /* as it is sent, masked */
static size_t   text_size;
static size_t   frame_size;
static size_t   frame_head;

#define ROOM    1024


void
load_text_init(size_t size)
{
    char  *p;

    if (size < FIXED) {
        load_die("size is %zu at least", FIXED);
    }

    text_size = size;
    plain = (char *) load_alloc(ROOM + size) + ROOM;

    p = plain;
    memcpy(p, HEAD, sizeof(HEAD) - 1);
    p += sizeof(HEAD) - 1;
    memset(p, '0', DIGITS);
    p += DIGITS;
    memcpy(p, MIDDLE, sizeof(MIDDLE) - 1);
    p += sizeof(MIDDLE) - 1;
    memset(p, 'x', size - FIXED);
    p += size - FIXED;
    memcpy(p, TAIL, sizeof(TAIL) - 1);

    frame = load_alloc(LOAD_FRAME_HEAD + size);
    frame_head = load_wire_frame_head(frame, LOAD_TEXT, size);
    frame_size = frame_head + size;
    memcpy(frame + frame_head, plain, size);
    load_wire_mask(frame + frame_head, size);
}


static void
put_number(char *text, uint32_t index, uint64_t n)
{
    int    i;
    char  *p;

    p = text + sizeof(HEAD) - 1;

    for (i = DIGITS - 1; i >= 8; i--) {
        p[i] = (char) ('0' + n % 10);
        n /= 10;
    }

    for ( /* void */ ; i >= 0; i--) {
        p[i] = (char) ('0' + index % 10);
        index /= 10;
    }
}


const char *
load_text_frame(uint32_t index, uint64_t n, size_t *size)
{
    char    *text;
    size_t   i;

    text = frame + frame_head;
    put_number(text, index, n);

    for (i = sizeof(HEAD) - 1; i < sizeof(HEAD) - 1 + DIGITS; i++) {
        text[i] ^= LOAD_MASK[i % 4];
    }

    *size = frame_size;

    return frame;
}


/* the head is of load_wire_post() */

const char *
load_text_post(const char *head, uint32_t index, uint64_t n, size_t *size)
{
    size_t  length;

    length = strlen(head);

    if (length > ROOM) {
        load_die("the head of a request is too long");
    }

    put_number(plain, index, n);
    memcpy(plain - length, head, length);
    *size = length + text_size;

    return plain - length;
}


int
load_text_is(const char *p, size_t size, uint32_t index, uint64_t n)
{
    put_number(plain, index, n);

    return size == text_size && memcmp(p, plain, size) == 0;
}
