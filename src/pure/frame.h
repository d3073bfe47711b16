/*
 * The frame of RFC 6455: its header is read, at any byte anew, and written, and
 * its payload is unmasked in place.  This file knows one frame only; protocol.c
 * knows what may follow what.
 */

#ifndef WSGW_FRAME_H
#define WSGW_FRAME_H


#include <stddef.h>
#include <stdint.h>

#include "pure/result.h"


#define WSGW_OP_CONTINUATION   0x0
#define WSGW_OP_TEXT           0x1
#define WSGW_OP_BINARY         0x2
#define WSGW_OP_CLOSE          0x8
#define WSGW_OP_PING           0x9
#define WSGW_OP_PONG           0xa

/* the first byte on the wire */

#define WSGW_FRAME_FIN         0x80
#define WSGW_FRAME_RSV1        0x40
#define WSGW_FRAME_OPCODE      0x0f

#define WSGW_FRAME_MAX_HEADER  10       /* of ours: a server never masks */


/* It is all zero before the first byte.  After a parse that is DONE the next
   frame may be parsed with the same struct. */

typedef struct {
    uint64_t  length;       /* of the payload, as announced */
    uint8_t   mask[4];      /* valid if masked */
    uint8_t   opcode;
    uint8_t   fin;          /* 0 or 1 */
    uint8_t   rsv;          /* three bits, RSV1 is 4 */
    uint8_t   masked;       /* 0 or 1 */
    uint8_t   state;        /* 0 between frames and when DONE */
    uint8_t   left;         /* bytes left of a length or mask being read */
} wsgw_frame_t;


/*
 * Reads a frame's header (RFC 6455, 5.2) from *pos, never at or past last,
 * and moves *pos past what it took.  DONE: the header is whole, *pos is the
 * payload's first byte.  AGAIN: *pos is last.  ERROR: the length has its top
 * bit set or is not in its shortest form.  Reserved bits and opcodes are
 * reported, not judged.
 */
int wsgw_frame_parse(wsgw_frame_t *f, uint8_t **pos, uint8_t *last);

/*
 * Unmasks n bytes in place (RFC 6455, 5.3); offset is the number of payload
 * bytes of this frame that came before p.
 */
void wsgw_frame_unmask(uint8_t *p, size_t n, const uint8_t mask[4],
    uint64_t offset);

/*
 * Writes the header of an unmasked frame to dst, which has room for
 * WSGW_FRAME_MAX_HEADER bytes; first is FIN, RSV and opcode as on the wire.
 * Returns its size: 2, 4 or 10.
 */
size_t wsgw_frame_header(uint8_t *dst, uint8_t first, uint64_t length);


#endif /* WSGW_FRAME_H */
