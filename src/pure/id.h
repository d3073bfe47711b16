/*
 * Connection ids: AWS's form, ^[A-Za-z0-9_-]{15}=$, over 88 bits that say
 * where the connection lives, so that a look-up needs no table.
 */

#ifndef WSGW_ID_H
#define WSGW_ID_H


#include <stddef.h>
#include <stdint.h>


#define WSGW_ID_LEN            16

#define WSGW_ID_NUMBER_BITS    24
#define WSGW_ID_SLOT_BITS      22
#define WSGW_ID_SECRET_BITS    42


typedef struct {
    uint64_t  secret;       /* 42 bits; higher ones are not encoded */
    uint32_t  slot;         /* 22 bits */
    uint32_t  number;       /* 24 bits: the zone's */
} wsgw_id_t;


/* The key is random, and nobody outside the gateway knows it. */

typedef struct {
    uint64_t  word[2];
} wsgw_id_key_t;


/* Writes a connection's id. */
void wsgw_id_encode(uint8_t dst[WSGW_ID_LEN], const wsgw_id_t *id);

/*
 * Reads a connection's id.  Returns 0, or -1 if the n bytes are not what
 * wsgw_id_encode() writes for any id.
 */
int wsgw_id_decode(wsgw_id_t *id, const uint8_t *p, size_t n);

/*
 * Writes the id of the event `number` of a connection, in the same form.
 * Every process that has the key computes the same, so all attempts of a
 * $disconnect carry one id.  Nobody else can compute it.  In all probability no
 * two events share an id, and none has the connection's own.
 */
void wsgw_id_request(uint8_t dst[WSGW_ID_LEN], const wsgw_id_t *id,
    uint64_t number, const wsgw_id_key_t *key);

/*
 * A hash of n bytes that follow what `hash` stands for (0: nothing).  Nobody
 * without the key can find two texts that have the same.
 */
uint64_t wsgw_id_digest(const wsgw_id_key_t *key, uint64_t hash,
    const uint8_t *p, size_t n);


#endif /* WSGW_ID_H */
