# a module that traces requests as nginx-otel does, for t/trace.t; it is not what
# sanitizers look at

tracer = $(objs)/tracer/ngx_http_tracer_module.so

export TRACER = $(tracer)

test t/trace.t: $(tracer)

$(objs)/tracer/Makefile: $(objs)/args t/trace/config
	@cd $(NGINX_SRC) && . ./conf_flags && \
	./configure "$${NGX_CONF_FLAGS[@]}" --with-cc="$(CC)" \
	            --with-cc-opt="-g -O2 -fPIC" --with-ld-opt= \
	            --builddir=$(@D) --add-dynamic-module=$(top)/t/trace \
	            > $(objs)/tracer.log \
	|| { tail $(objs)/tracer.log >&2; exit 1; }

$(tracer): $(objs)/tracer/Makefile t/trace/ngx_http_tracer_module.c
	@$(MAKE) -s --no-print-directory -C $(NGINX_SRC) -f $< modules
