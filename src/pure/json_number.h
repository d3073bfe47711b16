/*
 * The value of JSON numbers (RFC 8259, 6), without floating point.
 */

#ifndef WSGW_JSON_NUMBER_H
#define WSGW_JSON_NUMBER_H


#include <stddef.h>
#include <stdint.h>


#define WSGW_JSON_MAX_WHOLE  999999999


/*
 * Returns the value of a number that wsgw_json_find() has accepted, however it
 * is written: 200, 200.0 and 2e2 are one.  Returns -1 if it is not whole, less
 * than 0 or more than WSGW_JSON_MAX_WHOLE.
 */
int32_t wsgw_json_number_whole(const uint8_t *p, size_t n);


#endif /* WSGW_JSON_NUMBER_H */
