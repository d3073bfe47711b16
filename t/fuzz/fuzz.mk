# every fuzz target for FUZZ_S seconds, or FUZZ_RUNS inputs if that is set;
# new inputs and crashes stay in build/fuzz; those of a mended crash belong into
# t/fuzz/corpus

BUILD  ?= build
FUZZ_S ?= 60

fuzz_dir     = $(BUILD)/fuzz
fuzz_targets = utf8 protocol json_selector id wire extension policy sigv4 \
               node_line vector traceparent batch_json

fuzz_cc = clang -std=c11 -g -O1 -Wall -Wextra -Wconversion -Werror \
          -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
          -Isrc -It/unit -It/fuzz

fuzz_sources = $(wildcard src/pure/*.c) t/unit/json_oracle.c t/unit/portable.c
fuzz_headers = $(wildcard src/pure/*.h t/unit/*.h t/fuzz/*.h)
fuzz_limit   = $(if $(FUZZ_RUNS),-runs=$(FUZZ_RUNS),-max_total_time=$(FUZZ_S))

.PHONY: fuzz fuzz-packages $(fuzz_targets:%=fuzz-%)

fuzz: $(fuzz_targets:%=fuzz-%)          #: the pure files, FUZZ_S seconds each

fuzz-packages:
	@$(setup) build fuzz

$(fuzz_targets:%=fuzz-%): fuzz-%: $(fuzz_dir)/%
	@mkdir -p $(fuzz_dir)/found/$*
	@$(fuzz_dir)/$* $(fuzz_limit) -max_len=512 -verbosity=0 -print_final_stats=1 \
	    -artifact_prefix=$(fuzz_dir)/$*- \
	    $(addprefix -dict=,$(wildcard t/fuzz/$*.dict)) \
	    $(fuzz_dir)/found/$* t/fuzz/corpus/$*

$(fuzz_dir)/%: t/fuzz/%.c $(fuzz_sources) $(fuzz_headers) | fuzz-packages
	@mkdir -p $(@D)
	@$(fuzz_cc) $< $(fuzz_sources) -ljansson -o $@
