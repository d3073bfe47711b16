
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * The reason phrases of HTTP's statuses.
 */


#ifndef _WSGW_PHRASE_H_INCLUDED_
#define _WSGW_PHRASE_H_INCLUDED_


/* Returns the registered phrase, else the name of the status's class; it is
   never empty. */
const char *wsgw_phrase(unsigned status);


#endif /* _WSGW_PHRASE_H_INCLUDED_ */
