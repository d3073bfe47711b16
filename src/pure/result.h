/* what a parser answers that can be called again with the bytes that follow */

#ifndef WSGW_RESULT_H
#define WSGW_RESULT_H


#define WSGW_DONE    0
#define WSGW_AGAIN   1      /* all bytes are taken, more are needed */
#define WSGW_ERROR  -1


#endif /* WSGW_RESULT_H */
