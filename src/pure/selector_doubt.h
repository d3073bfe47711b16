
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Selection expressions that can be evaluated, and that hardly anybody means.
 */


#ifndef WSGW_SELECTOR_DOUBT_H
#define WSGW_SELECTOR_DOUBT_H


#include "pure/selector.h"


/* Returns 1 if the expression has no variable: all messages have one key. */
int wsgw_selector_doubt_is_constant(const wsgw_selector_t *s);

/* Returns why the keys are hardly those that are meant, or NULL. */
const char *wsgw_selector_doubt(const wsgw_selector_t *s);


#endif /* WSGW_SELECTOR_DOUBT_H */
