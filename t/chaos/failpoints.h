
/*
 * Copyright (C) 2026 the wsgw authors
 *
 * Included before all else in the build whose workers die where sweep tells
 * them to: in their working directory, which is the run's.
 */

#define NGX_HTTP_WSGW_FAILPOINTS  "failpoints"
