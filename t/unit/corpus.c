/* replays a corpus through its fuzz target: corpus FILE... */

#include "../fuzz/fuzz.h"


static int
replay(const char *name)
{
    FILE     *file;
    size_t    n;
    uint8_t  *data;

    static uint8_t  buf[1 << 20];

    file = fopen(name, "rb");

    if (file == NULL) {
        perror(name);
        return -1;
    }

    n = fread(buf, 1, sizeof(buf), file);

    if (ferror(file) || !feof(file)) {
        fprintf(stderr, "%s: cannot be read, or too large\n", name);
        fclose(file);
        return -1;
    }

    fclose(file);

    /* an allocation of its own size, so that a read behind it is seen */

    data = malloc(n ? n : 1);
    fuzz_check(data != NULL);
    memcpy(data, buf, n);

    (void) LLVMFuzzerTestOneInput(data, n);

    free(data);

    return 0;
}


int
main(int argc, char **argv)
{
    int  i;

    if (argc < 2) {
        fprintf(stderr, "the corpus is empty\n");
        return 1;
    }

    printf("1..%d\n", argc - 1);

    for (i = 1; i < argc; i++) {

        if (replay(argv[i]) != 0) {
            return 1;
        }

        printf("ok %d - %s\n", i, argv[i]);
        fflush(stdout);
    }

    return 0;
}
