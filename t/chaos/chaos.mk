# workers die, stop and are replaced while clients, pushes and a backend go
# on; what must hold is in t/chaos/bench/verdict.py

BUILD ?= build

.PHONY: chaos chaos-long chaos-cluster chaos-groups chaos-sweep \
        chaos-failpoints chaos-packages

chaos: module chaos-packages            #: each kind of fault, in minutes
	@t/chaos/runs short

chaos-long: module chaos-packages       #: 200 kills, 5,000 connections, seeds
	@t/chaos/runs long

chaos-cluster: module                   #: nodes over Redis, in half an hour
	@$(call packages,t/multi/redis_faults.t)
	@WSGW_ALL=1 prove -v -It/lib t/multi/redis_kinds.t
	@prove -v t/chaos/nodes

chaos-groups: module chaos-packages     #: 200 kills, while groups are used
	@t/chaos/groups

chaos-sweep: chaos-packages             #: a kill at each system call
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/failpoints \
	    CC_OPT="$(CC_OPT) -include $(top)/t/chaos/failpoints.h" \
	    chaos-failpoints

chaos-failpoints: module
	@t/chaos/sweep --failpoints
	@t/chaos/sweep --failpoints --state
	@t/chaos/run --scenario mute

chaos-packages:
	@$(setup) chaos
