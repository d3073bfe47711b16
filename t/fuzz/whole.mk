# what another instance or node asks: the files that read it, with owners of the
# target's own

.PHONY: fuzz-whole

whole_parts = push/known push/question push/serve push/whole pure/group_name \
              pure/id pure/wire

fuzz: fuzz-whole

fuzz-whole: $(fuzz_dir)/whole
	@mkdir -p $(fuzz_dir)/found/whole
	@$(fuzz_dir)/whole $(fuzz_limit) -max_len=4096 -rss_limit_mb=512 \
	    -timeout=10 -verbosity=0 -print_final_stats=1 \
	    -artifact_prefix=$(fuzz_dir)/whole- $(fuzz_dir)/found/whole

$(fuzz_dir)/whole: t/fuzz/whole.c $(whole_parts:%=src/%.c) $(fuzz_headers) \
    $(objs)/Makefile | fuzz-packages
	@mkdir -p $(@D)
	@$(fuzz_zone_cc) $< $(whole_parts:%=src/%.c) -o $@
