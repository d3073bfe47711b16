# the pure files: their tests under the sanitizers, and the fuzz corpora
# through the fuzz targets as further cases

BUILD ?= build

unit_dir     = $(BUILD)/unit
unit_tests   = utf8 frame protocol json selector id wire extension phrase \
               policy canonical sigv4 group_name node_line node_watch \
               node_storm traceparent batch_json
unit_corpora = utf8 protocol json_selector id wire extension policy sigv4 \
               node_line vector traceparent batch_json

unit_cc = $(CC) -std=c11 -g -O1 -Wall -Wextra -Wconversion -Werror \
          -fsanitize=address,undefined -fno-sanitize-recover=all \
          -Isrc -It/unit

unit_pure    = $(wildcard src/pure/*.c)
unit_headers = $(wildcard src/pure/*.h t/unit/*.h t/fuzz/*.h)
unit_objects = $(unit_pure:src/%.c=$(unit_dir)/%.o) \
               $(unit_dir)/json_oracle.o $(unit_dir)/portable.o
unit_run     = CMOCKA_MESSAGE_OUTPUT=TAP prove -j $(JOBS) -e t/setup/suite

.PHONY: unit
.SECONDARY: $(unit_objects)

unit: $(unit_tests:%=$(unit_dir)/test_%) $(unit_corpora:%=$(unit_dir)/corpus_%)
	@$(unit_run) $^

$(unit_dir)/%.o: src/%.c $(unit_headers)
	@mkdir -p $(@D)
	@$(unit_cc) -c $< -o $@

$(unit_dir)/portable.o: $(unit_pure)

$(unit_dir)/json_oracle.o $(unit_dir)/portable.o: $(unit_dir)/%.o: \
                                               t/unit/%.c $(unit_headers)
	@mkdir -p $(@D)
	@$(unit_cc) -c $< -o $@

$(unit_dir)/test_%: t/unit/%.c $(unit_objects)
	@$(unit_cc) $< $(unit_objects) -lcmocka -ljansson -lcrypto -o $@

$(unit_dir)/corpus_%: t/fuzz/%.c t/unit/corpus.c $(unit_objects)
	@$(unit_cc) -It/fuzz $< t/unit/corpus.c $(unit_objects) -ljansson -o $@
