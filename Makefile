# wsgw for the installed nginx, from Debian's nginx-dev; "make help" lists
# the targets, each of which works from a clean tree

SHELL     = /bin/bash
NGINX     = /usr/sbin/nginx
NGINX_SRC = /usr/share/nginx/src
BUILD     = build
PORT      = 8080

CC_OPT = -g -O2 -fstack-protector-strong -Wformat -Werror=format-security \
         -D_FORTIFY_SOURCE=2
LD_OPT = -Wl,-z,relro -Wl,-z,now

top    := $(CURDIR)
objs   := $(abspath $(BUILD))
module := $(objs)/ngx_http_wsgw_module.so
setup  := t/setup/packages

.DELETE_ON_ERROR:
.PHONY: module build-packages demo install clean help

module: $(module)                       #: build/ngx_http_wsgw_module.so

build-packages:
	@$(setup) build

# nginx's configure decides what is compiled and how: it runs again when what
# it reads has changed, which the text in args tells

args = $(NGINX_SRC) $(shell sed -n '/define NGINX_VERSION/p' \
       $(NGINX_SRC)/src/core/nginx.h 2>/dev/null) \
       $(CC_OPT) $(LD_OPT) $(wildcard src/*.[ch])

$(objs)/args: build-packages
	@mkdir -p $(@D)
	@echo '$(args)' | cmp -s - $@ || echo '$(args)' > $@

$(objs)/Makefile: $(objs)/args config
	@echo "make: configuring for $(NGINX_SRC)"
	@cd $(NGINX_SRC) && . ./conf_flags && \
	./configure "$${NGX_CONF_FLAGS[@]}" --with-cc-opt="$(CC_OPT)" \
	            --with-ld-opt="$(LD_OPT)" --builddir=$(objs) \
	            --add-dynamic-module=$(top) > $(objs)/configure.log \
	|| { tail $(objs)/configure.log >&2; exit 1; }
	@echo "make: compiling"

$(module): $(objs)/Makefile $(wildcard src/*.[ch])
	@$(MAKE) -s --no-print-directory -C $(NGINX_SRC) -f $< modules

demo: module                            #: the chat on PORT, Ctrl-C ends it
	@$(setup) demo
	@exec conf/chat/demo $(PORT)

install: module                         #: into nginx's modules, see DESTDIR
	install -D -m 644 $(module) "$(DESTDIR)$$($(NGINX) -V 2>&1 \
	    | grep -o -- '--modules-path=[^ ]*' | cut -d= -f2)/$(notdir $(module))"

clean:                                  #: all that make has made
	rm -rf $(objs)

help:                                   #: this list
	@sed -n 's/^\([a-z-]*\):.*#: \(.*\)/make \1	\2/p' $(MAKEFILE_LIST) \
	| expand -t 24
