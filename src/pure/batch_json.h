/*
 * A batch of messages, as a caller of @connections writes it:
 *
 *     {"messages":[{"to":["ID"]|"group":"NAME"|"all":true,"except":["ID"],
 *                   "data":"...","base64":false}]}
 *
 * Nothing is copied or allocated: what is found stays where the text is, with
 * its escapes.
 */

#ifndef WSGW_BATCH_JSON_H
#define WSGW_BATCH_JSON_H


#include "pure/id.h"
#include "pure/json_walk.h"


#define WSGW_BATCH_JSON_MESSAGES  100
#define WSGW_BATCH_JSON_IDS       10000      /* of all messages, in "to" */
#define WSGW_BATCH_JSON_EXCEPT    16         /* of one message */


/* A message has one of "to", "group" and "all"; what it does not have is of
   type NONE. */

typedef struct {
    const char        *error;           /* NULL: it can be sent; else nothing
                                           below means anything */
    wsgw_json_value_t  to;              /* an array */
    size_t             nto;             /* of so many elements */
    wsgw_json_value_t  group;           /* a string, and maybe no name */
    wsgw_json_value_t  all;
    wsgw_json_value_t  except;          /* an array */
    size_t             nexcept;
    wsgw_json_value_t  data;            /* a string */
    int                base64;
} wsgw_batch_json_message_t;


typedef struct {
    wsgw_batch_json_message_t   message[WSGW_BATCH_JSON_MESSAGES];
    size_t                      messages;
    size_t                      ids;            /* nto of all that have one */
} wsgw_batch_json_t;


/*
 * Validates all of the text and reads its messages.  Returns NULL, or what is
 * wrong with the batch as a whole.
 */
const char *wsgw_batch_json(wsgw_batch_json_t *batch, const uint8_t *p,
    size_t n);

/* Takes the next id of an array that wsgw_json_walk_into() has begun.  Returns
   1, 0 at the end, or -1 if it is no id. */
int wsgw_batch_json_id(wsgw_json_walk_t *walk, wsgw_id_t *id);


#endif /* WSGW_BATCH_JSON_H */
