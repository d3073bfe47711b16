# a running nginx under ASan and UBSan, for FUZZ_S seconds; FUZZ_SEED draws the
# same again

.PHONY: fuzz-live fuzz-live-run

fuzz-live:                              #: fuzz a running nginx under ASan
	@$(setup) live
	@ASAN_NGINX=$(NGINX) $(MAKE) --no-print-directory fuzz-live-run \
	    BUILD=$(BUILD)/asan NGINX=t/asan/nginx \
	    CC_OPT="-g -O1 -fno-omit-frame-pointer $(sanitize)" \
	    LD_OPT="$(sanitize)"

fuzz-live-run: module
	@t/fuzz/live --time $(FUZZ_S) $(if $(FUZZ_SEED),--seed $(FUZZ_SEED))
