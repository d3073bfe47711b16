/* what the resumable parsers of the pure files answer */

#ifndef WSGW_RESULT_H
#define WSGW_RESULT_H


#define WSGW_DONE    0
#define WSGW_AGAIN   1      /* all bytes taken, more are needed */
#define WSGW_ERROR  -1


#endif /* WSGW_RESULT_H */
