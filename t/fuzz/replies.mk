# replies of a Redis: the one file that knows hiredis, with clang, and pools of
# the target's own; its corpus is what a hostile one says first

.PHONY: fuzz-replies

fuzz: fuzz-replies

fuzz-replies: $(fuzz_dir)/replies
	@mkdir -p $(fuzz_dir)/found/replies
	@$(fuzz_dir)/replies $(fuzz_limit) -max_len=512 -rss_limit_mb=512 \
	    -timeout=10 -verbosity=0 -print_final_stats=1 \
	    -dict=t/fuzz/replies.dict -artifact_prefix=$(fuzz_dir)/replies- \
	    $(fuzz_dir)/found/replies t/fuzz/corpus/replies

$(fuzz_dir)/replies: t/fuzz/replies.c src/cluster/redis.c $(fuzz_headers) \
    $(objs)/Makefile | fuzz-packages
	@mkdir -p $(@D)
	@$(fuzz_zone_cc) -Wno-void-pointer-to-int-cast $< \
	    src/cluster/redis.c -lhiredis -o $@
