# whole images of zones: built as the programs of t/multi are, with clang

.PHONY: fuzz-zone

fuzz: fuzz-zone

fuzz_zone_cc = clang -g -O2 -Wall -Wextra -Wno-unused-parameter -Werror \
               -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
               $(filter -I%,$(multi_cc)) -It/fuzz

fuzz-zone: $(fuzz_dir)/zone
	@mkdir -p $(fuzz_dir)/found/zone
	@$(fuzz_dir)/zone $(fuzz_limit) -max_len=256 -timeout=10 -verbosity=0 \
	    -print_final_stats=1 -artifact_prefix=$(fuzz_dir)/zone- \
	    $(fuzz_dir)/found/zone

$(fuzz_dir)/zone: t/fuzz/zone.c t/multi/stub.c $(fuzz_headers) \
    $(sources) $(wildcard t/multi/*.h) $(objs)/Makefile | fuzz-packages
	@mkdir -p $(@D)
	@$(fuzz_zone_cc) $< t/multi/stub.c \
	    $(multi_parts:%=src/%.c) -o $@
