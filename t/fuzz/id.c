/*
 * An id that decodes is the only text of its place and secret; the ids of
 * events keep the form and differ.
 */

#include "fuzz.h"
#include "pure/id.h"


static void
check_request(const wsgw_id_t *id, uint64_t number)
{
    uint8_t    own[WSGW_ID_LEN], a[WSGW_ID_LEN], b[WSGW_ID_LEN];
    wsgw_id_t  unused;

    static const wsgw_id_key_t  key = {
        { 0x0706050403020100, 0x0f0e0d0c0b0a0908 }
    };

    wsgw_id_encode(own, id);
    wsgw_id_request(a, id, number, &key);
    wsgw_id_request(b, id, number + 1, &key);

    fuzz_check(wsgw_id_decode(&unused, a, sizeof(a)) == 0);
    fuzz_check(memcmp(a, own, sizeof(a)) != 0);
    fuzz_check(memcmp(a, b, sizeof(a)) != 0);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t    text[WSGW_ID_LEN];
    uint64_t   number;
    wsgw_id_t  id, again;

    if (wsgw_id_decode(&id, data, size) == 0) {
        fuzz_check(size == WSGW_ID_LEN);
        fuzz_check(id.number >> WSGW_ID_NUMBER_BITS == 0);
        fuzz_check(id.slot >> WSGW_ID_SLOT_BITS == 0);
        fuzz_check(id.secret >> WSGW_ID_SECRET_BITS == 0);

        wsgw_id_encode(text, &id);
        fuzz_check(memcmp(text, data, size) == 0);
        check_request(&id, 0);
    }

    if (size < 24) {
        return 0;
    }

    memcpy(&id.number, data, 4);
    memcpy(&id.slot, data + 4, 4);
    memcpy(&id.secret, data + 8, 8);
    memcpy(&number, data + 16, 8);

    id.number &= (1 << WSGW_ID_NUMBER_BITS) - 1;
    id.slot &= (1 << WSGW_ID_SLOT_BITS) - 1;
    id.secret &= ((uint64_t) 1 << WSGW_ID_SECRET_BITS) - 1;

    wsgw_id_encode(text, &id);

    fuzz_check(wsgw_id_decode(&again, text, sizeof(text)) == 0);
    fuzz_check(again.number == id.number);
    fuzz_check(again.slot == id.slot);
    fuzz_check(again.secret == id.secret);
    check_request(&id, number);

    return 0;
}
