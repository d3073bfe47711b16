/* the forms without vectors, under names of their own; portable.h has those
   that are asked */

#define WSGW_NO_VECTOR  1

#define wsgw_utf8_validate           portable_utf8_validate
#define wsgw_utf8_is_valid           portable_utf8_is_valid
#define wsgw_utf8_char               portable_utf8_char
#define wsgw_utf8_cut                portable_utf8_cut
#define wsgw_utf8_repair             portable_utf8_repair

#define wsgw_frame_parse             portable_frame_parse
#define wsgw_frame_unmask            portable_frame_unmask
#define wsgw_frame_header            portable_frame_header

#define wsgw_json_string_skip_plain  portable_json_string_skip_plain
#define wsgw_json_string_hex4        portable_json_string_hex4
#define wsgw_json_string_char        portable_json_string_char
#define wsgw_json_string_unescape    portable_json_string_unescape
#define wsgw_json_string_escape      portable_json_string_escape

#include "pure/utf8.c"
#include "pure/frame.c"
#include "pure/json_string.c"
