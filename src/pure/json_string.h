/*
 * The inside of JSON strings (RFC 8259, 7): escaping, unescaping, and what
 * the scanner of wsgw_json.h needs to know of both.
 */

#ifndef WSGW_JSON_STRING_H
#define WSGW_JSON_STRING_H


#include <stddef.h>
#include <stdint.h>


/*
 * Takes one character from *src, escaped or not, writes its UTF-8 to dst and
 * moves *src past it.  Surrogate pairs are joined, a lone one becomes
 * U+FFFD.  An unescaped character is taken byte by byte.  Returns the number
 * of bytes written, 1 to 4.  [*src, last) is not empty and is the inside of a
 * string that wsgw_json_find() has accepted.
 */
size_t wsgw_json_string_char(uint8_t dst[4], const uint8_t **src,
    const uint8_t *last);

/*
 * Writes the string whose inside is the n bytes at src, as accepted by
 * wsgw_json_find(), to dst, unescaped.  dst has room for n bytes and may be
 * src.  Returns the number of bytes written.
 */
size_t wsgw_json_string_unescape(uint8_t *dst, const uint8_t *src, size_t n);

/*
 * Writes what is at *src, up to last, to dst as the inside of a JSON string:
 * quote, backslash and controls escaped, all else as it is.  Moves *src past
 * what it has written, which is all if the size is 6 times as much; else fewer
 * than 6 bytes are left of the size.  Returns the number of bytes written.
 */
size_t wsgw_json_string_escape(uint8_t *dst, size_t size, const uint8_t **src,
    const uint8_t *last);

#define WSGW_JSON_LONGEST  6     /* bytes that one becomes at most */

/* Returns the first byte that cannot stand in a string as it is (a quote, a
   backslash or a control), or last. */
const uint8_t *wsgw_json_string_skip_plain(const uint8_t *p,
    const uint8_t *last);

/* Returns the value of the four hexadecimal digits at p, or -1. */
int32_t wsgw_json_string_hex4(const uint8_t *p);


#endif /* WSGW_JSON_STRING_H */
