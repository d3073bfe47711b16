# programs that run the zone's files in several processes, without nginx but
# against its headers; the suites in t/multi start them

BUILD ?= build

multi_dir      = $(abspath $(BUILD))/multi
multi_programs = registry mailbox mailbox_failpoints adopt tally meter \
                 number
multi_zone     = adopt bits chunk cycle examine fault file group heir layout \
                 lease letter \
                 masters member meter number reclaim record siblings slot \
                 stripes succession tally tick zone
multi_base     = flock hash random watch
multi_pure     = group_name id
multi_parts    = $(multi_zone:%=zone/%) $(multi_base:%=base/%) \
                 $(multi_pure:%=pure/%)
multi_include  = core event event/modules event/quic os/unix http \
                 http/modules http/v2 http/v3

multi_cc = $(CC) -g -O1 -Wall -Wextra -Wno-unused-parameter -Werror \
           -fsanitize=address,undefined -fno-sanitize-recover=all \
           -Isrc -It/multi -I$(abspath $(BUILD)) \
           $(multi_include:%=-I$(NGINX_SRC)/src/%)

multi_sources = t/multi/stub.c t/multi/peers.c \
                $(multi_parts:%=src/%.c)
multi_headers = $(wildcard t/multi/*.h src/*.h src/*/*.h)

.PHONY: multi

multi: $(multi_programs:%=$(multi_dir)/%)

test: multi

$(multi_programs:%=t/multi/%.t): t/multi/%.t: $(multi_dir)/%

$(multi_dir)/mailbox_failpoints $(multi_dir)/adopt: \
    multi_cc += -DNGX_HTTP_WSGW_FAILPOINTS='"$@.points"'

$(multi_dir)/%: t/multi/%.c $(multi_sources) $(multi_headers) $(objs)/Makefile
	@mkdir -p $(@D)
	@$(multi_cc) $< $(multi_sources) -o $@

.PHONY: counted

counted: module                         #: 200 kills, and the sums behind them
	@$(call packages,t/multi/counted.t)
	@COUNTED_KILLS=200 COUNTED_RELOADS=20 prove -v --timer -It/lib \
	    t/multi/counted.t
