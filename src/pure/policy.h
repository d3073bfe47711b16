/*
 * The policy of an authorizer, AWS's IAM language as far as it decides about
 * one action on one resource: explicit Deny first, then Allow.  What it says
 * beyond that, such as a Condition, cannot be judged here, and is an error.
 */

#ifndef WSGW_POLICY_H
#define WSGW_POLICY_H


#include "pure/json.h"


typedef enum {
    WSGW_POLICY_SILENT,                 /* no statement speaks of it */
    WSGW_POLICY_ALLOW,
    WSGW_POLICY_DENY,
    WSGW_POLICY_ERROR
} wsgw_policy_t;


/*
 * Says what the policy means for execute-api:Invoke on the resource.  It is a
 * value of a text that the scanner has accepted, and is spoilt.  *error says
 * what is wrong with it.
 */
wsgw_policy_t wsgw_policy_evaluate(const wsgw_json_value_t *policy,
    const uint8_t *resource, size_t len, const char **error);

/* Returns 1 if the pattern, of which "*" stands for any bytes and "?" for one,
   is all of the text; fold: letter case does not matter.  Its time is at most
   the product of both lengths. */
int wsgw_policy_matches(const uint8_t *pattern, size_t m, const uint8_t *text,
    size_t n, int fold);


#endif /* WSGW_POLICY_H */
