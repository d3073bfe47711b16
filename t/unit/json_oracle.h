/* the scanner against jansson: used by the unit test and the fuzz target */

#ifndef WSGW_JSON_ORACLE_H
#define WSGW_JSON_ORACLE_H


#include "pure/json.h"


/* NULL if both find the same, else what differs */
const char *json_oracle(const uint8_t *p, size_t n,
    const wsgw_json_step_t *steps, size_t nsteps);

/* likewise, of an object's members; at most JSON_ORACLE_NAMES names */
const char *json_oracle_members(const uint8_t *p, size_t n,
    const wsgw_json_step_t *names, size_t nnames);

#define JSON_ORACLE_NAMES  4


#endif /* WSGW_JSON_ORACLE_H */
