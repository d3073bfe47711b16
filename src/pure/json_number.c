/*
 * The value of JSON numbers.  Zeros are only counted until another digit
 * follows them.  In the end there are the digits from the first to the last
 * that is not zero, and the number of zeros that follow these: neither a long
 * fraction nor a large exponent takes long.
 */

#include "pure/json_number.h"


/* No text in memory has as many digits. */
#define WSGW_JSON_MAX_EXPONENT  1000000000000000


static int32_t wsgw_json_number_shift(int32_t value, int64_t zeros);
static int64_t wsgw_json_number_exponent(const uint8_t *p, const uint8_t *last);


int32_t
wsgw_json_number_whole(const uint8_t *p, size_t n)
{
    int32_t         value;
    int64_t         zeros, places, fraction;
    const uint8_t  *last;

    if (n == 0 || *p == '-') {
        return -1;
    }

    last = p + n;
    value = 0;
    zeros = 0;
    places = 0;
    fraction = 0;

    for ( /* void */ ; p < last && *p != 'e' && *p != 'E'; p++) {

        if (*p == '.') {
            fraction = 1;
            continue;
        }

        places += fraction;
        zeros++;

        if (*p != '0') {
            value = wsgw_json_number_shift(value, zeros);

            if (value < 0) {
                return -1;
            }

            value += *p - '0';
            zeros = 0;
        }
    }

    zeros += wsgw_json_number_exponent(p, last) - places;

    return zeros < 0 && value ? -1 : wsgw_json_number_shift(value, zeros);
}


static int32_t
wsgw_json_number_shift(int32_t value, int64_t zeros)
{
    for ( /* void */ ; value && zeros > 0; zeros--) {

        if (value > WSGW_JSON_MAX_WHOLE / 10) {
            return -1;
        }

        value *= 10;
    }

    return value;
}


/* Returns the exponent; p is at its letter, or at the end if there is none. */

static int64_t
wsgw_json_number_exponent(const uint8_t *p, const uint8_t *last)
{
    int64_t  value, sign;

    value = 0;
    sign = 1;

    for ( /* void */ ; p < last; p++) {

        if (*p == '-') {
            sign = -1;

        } else if (*p >= '0' && *p <= '9' && value < WSGW_JSON_MAX_EXPONENT) {
            value = value * 10 + (*p - '0');
        }
    }

    return sign * value;
}
