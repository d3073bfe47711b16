/*
 * UTF-8 as RFC 3629 has it: no overlong form, no surrogate, nothing above
 * U+10FFFF.  Resumable at any byte, so that a text message is judged while
 * its frames come in.
 */

#ifndef WSGW_UTF8_H
#define WSGW_UTF8_H


#include <stddef.h>
#include <stdint.h>


/*
 * Continues with n bytes from *state, which is 0 at a character boundary and
 * nonzero inside a character.  Returns 0 if the text is legal so far and -1
 * at the first byte that no legal text can have there (RFC 6455, 8.1); after
 * -1 the state means nothing.
 */
int wsgw_utf8_validate(uint32_t *state, const uint8_t *p, size_t n);

/* Returns 1 if the n bytes are a whole legal text, else 0. */
int wsgw_utf8_is_valid(const uint8_t *p, size_t n);

/* Returns the length of the character that n bytes, at least one, begin with,
   and 0 if they begin with none. */
size_t wsgw_utf8_char(const uint8_t *p, size_t n);

/*
 * Returns how many of the n bytes are kept of a text that may have max: what is
 * kept does not end within a character.  The text need not be legal.
 */
size_t wsgw_utf8_cut(const uint8_t *p, size_t n, size_t max);

/*
 * Copies n bytes to dst, those that are not part of a character as U+FFFD.
 * Returns the number of bytes written, or to be written if dst is NULL; at
 * most 3 * n.
 */
size_t wsgw_utf8_repair(uint8_t *dst, const uint8_t *src, size_t n);


#endif /* WSGW_UTF8_H */
