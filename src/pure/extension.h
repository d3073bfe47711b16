/*
 * Sec-WebSocket-Extensions: negotiation of permessage-deflate (RFC 7692)
 * without context takeover either way, which is what a server may always ask
 * for (7.1.1).
 */

#ifndef WSGW_EXTENSION_H
#define WSGW_EXTENSION_H


#include <stddef.h>
#include <stdint.h>


#define WSGW_EXTENSION_RESPONSE_MAX  160    /* bytes */


/* It is all zero before the first header line. */

typedef struct {
    uint8_t   server_max_window_bits;   /* 9..15; 0: not asked for, so 15 */
    uint8_t   client_max_window_bits;   /* 8..15; 0: not offered, so 15 */
    uint8_t   accepted;                 /* an offer has been chosen */
} wsgw_extension_t;


/*
 * Reads the value of one header line; it is called for each, in their order,
 * with the same struct.  The first acceptable offer is chosen, the rest is
 * only checked.  An offer with a parameter that is unknown, repeated or has an
 * illegal value is passed over; so is server_max_window_bits=8, which zlib
 * cannot do.  Returns 0, or -1 if the value breaks the grammar of RFC 6455,
 * 9.1; the handshake is then answered 400.
 */
int wsgw_extension_negotiate(const uint8_t *p, size_t n,
    wsgw_extension_t *chosen);

/*
 * Writes the value of our Sec-WebSocket-Extensions for an accepted offer to
 * dst, which has room for WSGW_EXTENSION_RESPONSE_MAX bytes.  Returns its
 * size.
 */
size_t wsgw_extension_response(uint8_t *dst, const wsgw_extension_t *chosen);


#endif /* WSGW_EXTENSION_H */
