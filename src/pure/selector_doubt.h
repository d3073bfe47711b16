
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Selection expressions that can be evaluated, and are hardly meant.
 */


#ifndef WSGW_SELECTOR_DOUBT_H
#define WSGW_SELECTOR_DOUBT_H


#include "pure/selector.h"


/* 1 if there is no variable in it: all messages have the same key */
int wsgw_selector_doubt_is_constant(const wsgw_selector_t *s);

/* why its keys are hardly those that are meant, or NULL */
const char *wsgw_selector_doubt(const wsgw_selector_t *s);


#endif /* WSGW_SELECTOR_DOUBT_H */
