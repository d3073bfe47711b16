# measurements

.PHONY: callgrind callgrind-check callgrind-update bench bench-batch \
        bench-flat bench-groups bench-hosts bench-idle bench-linear \
        bench-nodes bench-packages bench-scrape bench-signed bench-stalled soak

bench-packages: module
	@$(setup) bench

# the load generator, and the floor that servers are measured beside

bench_dir = $(BUILD)/bench
bench_cc  = $(CC) -std=gnu11 -g -O2 -Wall -Wextra -Wconversion -Werror

.PHONY: bench-programs load-packages

load-packages:
	@$(setup) load

bench-programs: bench-packages $(bench_dir)/load $(bench_dir)/bare

test t/load.t: $(bench_dir)/load $(bench_dir)/bare

$(bench_dir)/load: $(wildcard t/bench/load*.c)
$(bench_dir)/bare: t/bench/bare.c t/bench/load_net.c t/bench/load_wire.c

$(bench_dir)/load $(bench_dir)/bare: t/bench/load.h | load-packages
	@mkdir -p $(@D)
	@$(bench_cc) $(filter %.c,$^) -lssl -lcrypto -o $@

# The debug lines are no part of what is counted: Debian's nginx is built with
# --with-debug, and so would be the module.

callgrind_make = $(MAKE) --no-print-directory BUILD=$(BUILD)/callgrind \
                 CC_OPT="$(CC_OPT) -DNGX_DEBUG=0" callgrind-run

.PHONY: callgrind-run

callgrind-run: bench-packages
	@t/bench/callgrind $(CALLGRIND)

callgrind:                              #: instructions a message costs
	@$(callgrind_make)

callgrind-check:                        #: the same, against the kept table
	@$(callgrind_make) CALLGRIND=check

callgrind-update:                       #: the same, into the kept table
	@$(callgrind_make) CALLGRIND=update

bench-flat: bench-programs              #: memory over FLAT messages and pushes
	@t/bench/flat

bench-idle: bench-programs              #: memory of IDLE idle connections
	@t/bench/idle

# all that wsgw is measured beside comes from Debian's packages and from npm

.PHONY: bench-peers bench-update bench-growth bench-growth-update

bench-peers: bench-programs
	@$(setup) bench-peers
	@t/setup/npm t/bench/peers

bench: bench-peers                      #: beside plain HTTP and other servers
	@t/bench/bench

bench-update: bench-peers               #: the same, into docs/performance.md
	@t/bench/bench update

bench-growth: bench-programs            #: what a message costs as things grow
	@t/bench/growth

bench-growth-update: bench-programs     #: the same, into docs/performance.md
	@t/bench/growth update

bench-scrape: bench-packages            #: what a scrape costs, and others
	@t/bench/scrape

bench-signed: bench-packages            #: what a signature costs a push
	@t/bench/signed

bench-batch: bench-packages             #: a batch, beside as many POSTs
	@t/bench/batch

bench-stalled: bench-programs           #: members who do not read, and others
	@t/bench/stalled

bench-nodes: bench-packages             #: pushes across nodes, beside local ones
	@$(setup) bench-nodes
	@t/bench/nodes

bench-groups: bench-programs            #: messages to groups, beside a bare loop
	@$(setup) bench-peers
	@t/bench/groups

bench-hosts: bench-packages             #: their times, between network namespaces
	@$(setup) t/multi/redis_hosts.t
	@t/bench/hosts

bench-linear: bench-packages            #: instructions by size of what is sent
	@t/bench/linear

soak: bench-packages                    #: churn and reloads for SOAK_S seconds
	@t/bench/soak
