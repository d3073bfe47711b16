# wsgw for the installed nginx, from Debian's nginx-dev; "make help" lists
# the targets, each of which works from a clean tree

SHELL     = /bin/bash
NGINX     = /usr/sbin/nginx
NGINX_SRC = /usr/share/nginx/src
BUILD     = build
PORT      = 8080
HOST      = 127.0.0.1
T         = $(suites)
JOBS      = 4

# the last of either: nobody is to replace one of our functions

CC_OPT = -g -O2 -fstack-protector-strong -Wformat -Werror=format-security \
         -D_FORTIFY_SOURCE=2 -fno-semantic-interposition
LD_OPT = -Wl,-z,relro -Wl,-z,now -Wl,-Bsymbolic-functions

top    := $(CURDIR)
objs   := $(abspath $(BUILD))
module := $(objs)/ngx_http_wsgw_module.so
setup  := t/setup/packages

sources := $(wildcard src/*.[ch] src/*/*.[ch])

.DELETE_ON_ERROR:
.PHONY: module build-packages demo demo-cluster test hostile compile_commands.json \
        test-nginx-matrix builds asan asan-palloc memcheck lint install clean help

module: $(module)                       #: build/ngx_http_wsgw_module.so

build-packages:
	@$(setup) build

# nginx's configure decides what is compiled and how: it runs again when what
# it reads has changed, which the text in args tells

args = $(NGINX_SRC) $(shell sed -n '/define NGINX_VERSION/p' \
       $(NGINX_SRC)/src/core/nginx.h 2>/dev/null) \
       $(CC) $(CC_OPT) $(LD_OPT) $(sources)

$(objs)/args: build-packages
	@mkdir -p $(@D)
	@echo '$(args)' | cmp -s - $@ || echo '$(args)' > $@

$(objs)/Makefile: $(objs)/args config
	@echo "make: configuring for $(NGINX_SRC)"
	@cd $(NGINX_SRC) && . ./conf_flags && \
	WSGW_HEADERS= ./configure "$${NGX_CONF_FLAGS[@]}" --with-cc="$(CC)" \
	            --with-cc-opt="$(CC_OPT) -MMD -MP" \
	            --with-ld-opt="$(LD_OPT)" --builddir=$(objs) \
	            --add-dynamic-module=$(top) > $(objs)/configure.log \
	|| { tail $(objs)/configure.log >&2; exit 1; }
	@echo "make: compiling"

# An object is made again when a header that it includes has changed. The
# compiler writes down which these are; left to itself, nginx's Makefile makes
# all objects again for any header.

# Each file is named when its compilation begins; without a -j all processors
# take part.

jobs = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

$(module): $(objs)/Makefile $(sources)
	@cat /dev/null $(wildcard $(objs)/addon/*/*.d) > $(objs)/headers.mk
	@set -o pipefail; \
	$(MAKE) $(jobs) --no-print-directory -C $(NGINX_SRC) -f $< \
	    -f $(objs)/headers.mk modules \
	| sed -un 's|^\s*$(top)/\(src/.*\.c\)$$|  \1|p'

# for clangd and other tools that want to know how a file is compiled; clangd
# looks for it there

compile_commands.json: $(objs)/compile_commands.json #: into build, for clangd

$(objs)/compile_commands.json: $(objs)/Makefile
	@$(MAKE) -s -n -B -C $(NGINX_SRC) -f $< modules \
	| t/setup/compile-commands $(NGINX_SRC) > $@

demo: module                            #: the chat on PORT of HOST
	@$(setup) demo
	@exec conf/chat/demo $(PORT) "" $(HOST)

demo-cluster: module                    #: the chat on two nodes, PORT and 10 more
	@$(setup) demo-cluster
	@exec conf/cluster/demo $(PORT)

# the units' programs come from t/unit/unit.mk and print what prove reads; the
# suites follow from the quickest to the slowest, JOBS at a time, as they wait
# for most of their time

-include $(wildcard t/*/*.mk conf/packaging/*.mk)

suites := $(wildcard t/*.t t/multi/*.t t/e2e/*.t)

# nginx takes an NGINX in its environment for a list of inherited sockets

unexport NGINX

export MODULE                  = $(module)
export TEST_NGINX_BINARY       = $(NGINX)
export TEST_NGINX_LOAD_MODULES = $(module)

# A suite's name is also the name of its set of packages.

packages = $(setup) $(1) \
           && { ! grep -q 'use Test::Nginx' $(1) || t/setup/test-nginx; }

.PHONY: test-packages $(suites)

test: test-packages module unit         #: every suite, in five minutes
	@$(NGINX) -v
	@prove --timer -j $(JOBS) -e t/setup/suite $(T)

# what npm brings is there before suites that share it run side by side

test-packages:
	@$(setup) unit
	@$(call packages,$(T))
	@! command -v npm >/dev/null \
	|| t/setup/npm $(dir $(wildcard t/*/package-lock.json conf/*/package-lock.json))

$(suites): module                       #: one suite, with its packages alone
	@$(call packages,$@)
	@prove --timer -e t/setup/suite $@

hostile: module                         #: floods, 25 times those of "test"
	@$(call packages,t/hostile.t)
	@ulimit -n 20000 2>/dev/null; \
	HOSTILE_SCALE=25 prove -v --timer -It/lib t/hostile.t

# Debian's newer nginx versions, unpacked beside the installed one

newer  = trixie sid
native = $(filter-out t/e2e/%,$(T))

test-nginx-matrix: $(newer:%=test-nginx-%) #: the suites on newer nginx too

test-nginx-%:
	@$(setup) other
	@t/setup/nginx $* $(objs)/nginx-$*
	@$(MAKE) --no-print-directory test BUILD=$(BUILD)/module-$* \
	    NGINX=$(objs)/nginx-$*/usr/sbin/nginx \
	    NGINX_SRC=$(objs)/nginx-$*/usr/share/nginx/src T="$(native)"

# by each compiler for each nginx, and inside one; nginx's flags make an error
# of a warning; gcc for the installed one is what "module" does

builds: module                          #: by each compiler, for each nginx
	@$(setup) builds
	@set -e; \
	for suite in $(newer); do t/setup/nginx $$suite $(objs)/nginx-$$suite; done; \
	build() { $(MAKE) --no-print-directory module "$$@"; }; \
	build CC=clang BUILD=$(BUILD)/clang; \
	for cc in gcc clang; do for suite in $(newer); do \
	    build CC=$$cc BUILD=$(BUILD)/$$cc-$$suite \
	          NGINX_SRC=$(objs)/nginx-$$suite/usr/share/nginx/src; \
	done; done
	@t/setup/static $(objs)/static
	@$(MAKE) --no-print-directory build-hiredis

# with Debian's newer hiredis, unpacked beside, and with none

hiredis = BUILD=$(BUILD)/with-hiredis-$(1) \
          CC_OPT="$(CC_OPT) -I$(objs)/hiredis-$(1)/include" \
          LD_OPT="$(LD_OPT) -L$(objs)/hiredis-$(1)/lib \
                  -Wl,-rpath,$(objs)/hiredis-$(1)/lib"

.PHONY: build-hiredis test-hiredis

build-hiredis: build-packages           #: with hiredis 1.x, and without
	@set -e; for suite in trixie none; do \
	    t/setup/hiredis $$suite $(objs)/hiredis-$$suite; \
	done
	@$(MAKE) --no-print-directory module $(call hiredis,trixie)
	@$(MAKE) --no-print-directory module $(call hiredis,none)

test-hiredis: build-hiredis             #: and what there is to Redis then
	@$(MAKE) --no-print-directory $(call hiredis,trixie) t/redis.t \
	    t/multi/redis_cases.t t/multi/redis_faults.t t/multi/redis_kinds.t
	@WSGW_WITHOUT=hiredis $(MAKE) --no-print-directory \
	    $(call hiredis,none) t/redis.t

# the module alone is instrumented: nginx is the installed one, it gets the
# sanitizers' libraries from t/asan/nginx

sanitize = -fsanitize=address,undefined

asan:                                   #: the suites under ASan and UBSan
	@ASAN_NGINX=$(NGINX) $(MAKE) --no-print-directory test \
	    BUILD=$(BUILD)/asan NGINX=t/asan/nginx \
	    CC_OPT="-g -O1 -fno-omit-frame-pointer $(sanitize)" \
	    LD_OPT="$(sanitize)" T="$(native)"

# an instrumented nginx whose pools hide nothing; without -Bsymbolic ASan
# takes nginx's ngx_modules for the module's

asan-palloc: build-packages             #: the same, overruns in pools too
	@t/setup/nginx-palloc $(objs)/nginx-palloc
	@$(MAKE) --no-print-directory asan BUILD=$(BUILD)/palloc \
	    NGINX=$(objs)/nginx-palloc/nginx \
	    NGINX_SRC=$(objs)/nginx-palloc/source \
	    sanitize="$(sanitize) -Wl,-Bsymbolic"

asan-palloc-%:
	@$(setup) other
	@t/setup/nginx $* $(objs)/nginx-$*
	@t/setup/nginx-palloc $(objs)/nginx-palloc-$* $* \
	    $(objs)/nginx-$*/usr/share/nginx/src
	@$(MAKE) --no-print-directory asan BUILD=$(BUILD)/palloc-$* \
	    NGINX=$(objs)/nginx-palloc-$*/nginx \
	    NGINX_SRC=$(objs)/nginx-palloc-$*/source \
	    sanitize="$(sanitize) -Wl,-Bsymbolic"

# each process of nginx leaves a file, empty if there is nothing to report; the
# suites are those that look at bytes rather than at times

memcheck_dir    = $(objs)/memcheck
memcheck_suites = $(addprefix t/,event.t management.t variables.t async.t \
                    handshake.t compression.t integration.t)

memcheck: module                        #: bytes that leave are initialised
	@$(setup) bench
	@rm -rf $(memcheck_dir) && mkdir -p $(memcheck_dir)
	@MEMCHECK_NGINX=$(NGINX) MEMCHECK_DIR=$(memcheck_dir) \
	TEST_NGINX_TIMEOUT=30 $(MAKE) --no-print-directory test JOBS=1 \
	    NGINX=t/memcheck/nginx T="$(memcheck_suites)"
	@cat $(memcheck_dir)/*; test -z "$$(cat $(memcheck_dir)/*)"

lint: module                            #: style, layers, cppcheck
	@$(setup) lint
	@failed=0; \
	for check in style "layers $(objs)" cppcheck hosts; do \
	    t/lint/$$check || failed=1; \
	done; \
	exit $$failed

# DESTDIR= goes before each path, prefix= is /usr/local, moduledir= what nginx
# says; whether all of it can be written is asked before anything is built

installer = prefix="$(prefix)" moduledir="$(moduledir)" DESTDIR="$(DESTDIR)" \
            conf/packaging/install

.PHONY: may-install uninstall

install: may-install module             #: into nginx's modules, and prefix
	@$(installer) install $(module) $(NGINX)

uninstall:                              #: what "make install" has put there
	@$(installer) uninstall $(module) $(NGINX)

may-install:
	@[ ! -x $(NGINX) ] || $(installer) check $(module) $(NGINX)

clean:                                  #: all that make has made
	rm -rf $(objs)

help:                                   #: this list
	@sed -n -e 's/^\([a-z_.-]*\):.*#: \(.*\)/make \1	\2/p' \
	        -e 's/^\$$(suites):.*#: \(.*\)/make t\/NAME.t	\1/p' $(MAKEFILE_LIST) \
	| expand -t 24
