# damaged inputs of wsgw-convert, by the hundred thousand

CONVERT_RUNS = 100000
CONVERT_SEED = 1

.PHONY: fuzz-convert

fuzz-convert: module                    #: wsgw-convert, CONVERT_RUNS inputs
	@$(setup) t/convert.t
	@NGINX_BINARY=$(NGINX) t/convert/mutate.py $(CONVERT_RUNS) $(CONVERT_SEED)
