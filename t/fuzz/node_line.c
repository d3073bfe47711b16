/*
 * A line that is read is written again as what it means, and that text is read
 * as the same; who is asked is one who listens.
 */

#include "fuzz.h"
#include "pure/node_line.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int               rc, worker;
    size_t            n;
    uint8_t           text[WSGW_NODE_LINE_LEN], twice[WSGW_NODE_LINE_LEN];
    wsgw_node_line_t  line, again;

    rc = wsgw_node_line_read(&line, data, size);

    if (rc != WSGW_DONE) {
        fuzz_check(rc == WSGW_ERROR || rc == WSGW_NODE_LINE_OTHER);
        return 0;
    }

    fuzz_check(line.name >= data && line.name + line.name_len <= data + size);
    fuzz_check(line.version + line.version_len <= data + size);
    fuzz_check(line.name_len != 0 && line.version_len != 0);

    worker = wsgw_node_line_worker(&line, (uint32_t) size * 77);
    fuzz_check(worker == -1
               || wsgw_node_line_listens(&line, (uint32_t) worker));

    n = wsgw_node_line_write(text, &line);
    fuzz_check(n <= sizeof(text));
    fuzz_check(wsgw_node_line_read(&again, text, n) == WSGW_DONE);
    fuzz_check(again.token == line.token && again.beat == line.beat);
    fuzz_check(memcmp(again.workers, line.workers, sizeof(line.workers)) == 0);
    fuzz_check(again.name_len == line.name_len);
    fuzz_check(memcmp(again.name, line.name, line.name_len) == 0);

    fuzz_check(wsgw_node_line_write(twice, &again) == n);
    fuzz_check(memcmp(twice, text, n) == 0);

    return 0;
}
