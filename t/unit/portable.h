/*
 * What src/pure does with vectors where there are some, built a second time
 * without: both must do the same.
 */

#ifndef PORTABLE_H
#define PORTABLE_H


#include <stddef.h>
#include <stdint.h>


int portable_utf8_validate(uint32_t *state, const uint8_t *p, size_t n);

void portable_frame_unmask(uint8_t *p, size_t n, const uint8_t mask[4],
    uint64_t offset);

const uint8_t *portable_json_string_skip_plain(const uint8_t *p,
    const uint8_t *last);
size_t portable_json_string_escape(uint8_t *dst, size_t size,
    const uint8_t **src, const uint8_t *last);


#endif /* PORTABLE_H */
