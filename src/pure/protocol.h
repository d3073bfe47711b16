/*
 * What a client may send when (RFC 6455, 5.4, 5.5, 7.4, 8.1): a stream of
 * bytes becomes events.  Every rule and limit is checked on a frame's header,
 * before any byte of its payload is taken.
 *
 * A struct that is zero up to its control[] stands between two messages.  An
 * idle connection therefore keeps nothing: the caller has such a struct on its
 * stack and keeps it only when !wsgw_protocol_is_idle().
 */

#ifndef WSGW_PROTOCOL_H
#define WSGW_PROTOCOL_H


#include "pure/frame.h"


#define WSGW_CONTROL_MAX  125       /* payload of a control frame */


typedef struct {
    uint64_t  max_frame;            /* payload bytes of a data frame; 0: any */
    uint64_t  max_message;          /* payload bytes of a message; one that is
                                       compressed may have more as sent */
    uint32_t  max_fragments;        /* data frames of a message; 0: any */
    unsigned  binary:1;             /* 0: a binary message fails with 1003 */
    unsigned  deflate:1;            /* permessage-deflate was negotiated */
} wsgw_protocol_conf_t;


typedef enum {
    WSGW_PROTOCOL_AGAIN,            /* all bytes are taken */
    WSGW_PROTOCOL_HEADER,           /* a data frame begins */
    WSGW_PROTOCOL_DATA,             /* some of its payload is here */
    WSGW_PROTOCOL_PING,
    WSGW_PROTOCOL_PONG,
    WSGW_PROTOCOL_CLOSE,            /* the peer's Close; nothing follows */
    WSGW_PROTOCOL_FAIL              /* close with p->code; nothing follows */
} wsgw_protocol_event_t;


typedef struct {
    wsgw_frame_t   frame;           /* frame.length: announced, of this frame */
    uint64_t       taken;           /* payload bytes of it so far */

    uint64_t       size;            /* of the message as sent, including all
                                       of the current frame as announced */
    uint32_t       fragments;       /* data frames of the message so far */
    uint32_t       utf8;            /* state of wsgw_utf8_validate() */
    uint8_t        opcode;          /* TEXT, BINARY; 0 outside a message */
    uint8_t        compressed;      /* RSV1 of the message's first frame */
    uint8_t        stage;

    /* payload of PING and PONG, reason of CLOSE */
    uint8_t        control_len;
    uint8_t        control[WSGW_CONTROL_MAX];

    /* The results of the last event; they are valid until the next call, and
       not in a copy of the struct. */

    uint8_t        message_end;     /* DATA: the message is complete */
    uint8_t        data_opcode;     /* DATA: TEXT or BINARY */
    uint8_t        data_compressed; /* DATA: to be inflated */
    uint16_t       code;            /* CLOSE, FAIL */
    const char    *reason;          /* FAIL: NUL-terminated, <= 123 bytes */
    uint8_t       *data;            /* DATA: in the caller's buffer */
    size_t         data_len;
} wsgw_protocol_t;


/*
 * Reads the next event from [*pos, last), moving *pos past the bytes it took.
 * It is called until AGAIN, CLOSE or FAIL; the bytes may come in any portions.
 *
 * HEADER  p->size and p->frame.length are known and within the limits, none
 *         of the payload is taken.  The caller may stop here and go on later
 *         with the same state, then even without new bytes: an empty final
 *         frame's DATA needs none.
 * DATA    p->data, p->data_len: unmasked in place, legal UTF-8 so far if it
 *         is text and not compressed.  Empty only at the end of a message.
 *         With p->message_end the state is idle again; p->data_opcode and
 *         p->data_compressed still say what the message was.
 * PING, PONG  the payload is whole in p->control, p->control_len.
 * CLOSE   p->code, 1005 if the peer sent none; the reason, legal UTF-8, is in
 *         p->control, p->control_len.
 * FAIL    p->code 1002, 1003, 1007 or 1009 and p->reason, the text for our
 *         Close frame; it may lie in p itself.
 */
wsgw_protocol_event_t wsgw_protocol_next(wsgw_protocol_t *p,
    const wsgw_protocol_conf_t *conf, uint8_t **pos, uint8_t *last);

/* Returns 1 between messages, when nothing need be kept, else 0. */
int wsgw_protocol_is_idle(const wsgw_protocol_t *p);

/* Returns 1 behind the header of a data frame, before its end, else 0. */
int wsgw_protocol_is_inside(const wsgw_protocol_t *p);

/* Returns how much of a data frame's payload has not come yet. */
uint64_t wsgw_protocol_left(const wsgw_protocol_t *p);


#endif /* WSGW_PROTOCOL_H */
