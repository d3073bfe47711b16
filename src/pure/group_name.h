/*
 * The names of groups, and lists of them.
 */

#ifndef WSGW_GROUP_NAME_H
#define WSGW_GROUP_NAME_H


#include <stddef.h>
#include <stdint.h>


#define WSGW_GROUP_NAME_MAX  128        /* bytes */


/* 1: it can be a name: 1 to 128 of A-Z a-z 0-9 . _ : @ / + = -, and neither
   "." nor ".." between slashes */
int wsgw_group_name_is_valid(const uint8_t *p, size_t n);

/*
 * Finds the next name of a list, blanks around it and empty ones left out.
 * Returns its length and sets *name, and *p to what follows; 0: there is none
 * left.  What it finds need not be valid.
 */
size_t wsgw_group_name_next(const uint8_t **p, const uint8_t *last,
    const uint8_t **name);


#endif /* WSGW_GROUP_NAME_H */
