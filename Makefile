# SPDX-License-Identifier: GPL-2.0-only
#
#   make            build/picket
#   make test       install what is missing, build with warnings as errors, run everything (root)
#   make demo       install what is missing, build, show it at work in network namespaces (root)
#   make diff       random policies and frames through both readings: SEEDS=n
#   make bench      what a packet costs, beside others: BENCH_JSON=file (root)
#   make bench-check   holds the last run against the goals
#   make verifier-budget   what the kernel's verifier makes of every form of the programs (root)
#   make lint       sizes, clang-tidy, cppcheck, gcc -fanalyzer, shellcheck, hardening
#   make coverage   lines and branches of user/ that the tests run, in a build of its own (root)
#   make test-kernels   the tests under Debian's kernels 6.1 and 6.12, and with clang 14, 16 and 19 (root; hours)
#   make fuzz       libFuzzer over everything that reads foreign bytes, and captured frames, mutated,
#                   through both readings: MINUTES=n (root)
#   make soak       the daemon under faults, with the sanitizers, MINUTES=n; HOURS=n: that long, and the long forms of
#                   the tests of faults first, at each system call (root)
#   make test-cpus  under a kernel that expects 64 CPUs, in a virtual machine (root)
#   make attacks    floods and tricks, in full: SECONDS=n for each flood, FLOWS=n (root)
#   make install, uninstall, deb, arm64-objects   see tools/install.mk
#   make clean

BUILD ?= build
CLANG ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
VERSION := 0.1.0

V ?= 0
ifeq ($(V),0)
Q = @
say = @printf '  %-7s %s\n' $(1) $(2)
endif

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wno-unused-parameter
ifeq ($(WERROR),1)
WARN += -Werror
endif
PACKAGES := libnl-route-3.0 libnl-genl-3.0 libnl-3.0 yaml-0.1 jansson libpcap libmicrohttpd libcurl ncursesw nettle libbpf libelf zlib
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -DPICKET_VERSION='"$(VERSION)"' -Iinclude -Iuser -I$(BUILD) \
	$(WARN) $(CFLAGS) -fstack-protector-strong -fstack-clash-protection -D_FORTIFY_SOURCE=2 -fPIE $(shell pkg-config --cflags $(PACKAGES))
LIBS = $(shell pkg-config --libs $(PACKAGES)) -lpthread -lresolv
LDFLAGS += -pie -Wl,-z,relro,-z,now
SANITIZE := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer

BPF_CFLAGS := -O2 -g -target bpf -mcpu=v3 -Iinclude -Ibpf -I/usr/include/$(shell uname -m)-linux-gnu \
	-Wall -Wextra -Wno-unused-parameter -Wno-address-of-packed-member -Wno-missing-field-initializers
ifeq ($(WERROR),1)
BPF_CFLAGS += -Werror
endif

BPF := $(wildcard bpf/*.bpf.c)
SKELETONS := $(BPF:bpf/%.bpf.c=$(BUILD)/%.skel.h)
SOURCES := $(filter-out user/main.c,$(wildcard user/*.c))
OBJECTS := $(SOURCES:user/%.c=$(BUILD)/user/%.o)
TEST_OBJECTS := $(SOURCES:user/%.c=$(BUILD)/asan/%.o)
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))
UNIT_PARTS := $(patsubst tests/unit/%.c,$(BUILD)/asan/unit/%.o,$(filter-out $(wildcard tests/unit/test_*.c),$(wildcard tests/unit/*.c)))
# Programs that tests run: tests/<folder>/<folder>.c and its parts, optimised, with the frame builder.
TOOLS := $(foreach d,step diff netns bench,$(if $(wildcard tests/$(d)/*.c),$(BUILD)/tests/$(d)))

all: $(BUILD)/picket

$(BUILD)/picket: $(BUILD)/user/main.o $(BUILD)/libpicket.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/libpicket.a: $(OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@; $(AR) rcs $@ $^

$(BUILD)/user/%.o: user/%.c $(SKELETONS) | $(BUILD)/user
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# The compiler does not see what the assembler takes in.
$(BUILD)/user/page.o $(BUILD)/asan/page.o: $(wildcard user/page*.html user/page*.css user/page*.js)

$(BUILD)/%.bpf.o: bpf/%.bpf.c | $(BUILD)
	$(call say,BPF,$<)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/bench.bpf.o: tests/bench/bench.bpf.c | $(BUILD)
	$(call say,BPF,$<)
	$(Q)$(CLANG) $(BPF_CFLAGS) -Itests/bench -MMD -MP -c -o $@ $<

$(BUILD)/tool/bench/stand.o $(BUILD)/tool/bench/wire.o: $(BUILD)/bench.skel.h

$(BUILD)/%.skel.h: $(BUILD)/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $* > $@.tmp && mv $@.tmp $@

# ---- tests ----

$(BUILD)/asan/%.o: user/%.c $(SKELETONS) | $(BUILD)/asan/unit
	$(Q)$(CC) $(ALL_CFLAGS) -U_FORTIFY_SOURCE $(SANITIZE) -MMD -MP -c -o $@ $<

$(BUILD)/asan/unit/%.o: tests/unit/%.c $(SKELETONS) | $(BUILD)/asan/unit
	$(Q)$(CC) $(ALL_CFLAGS) -Itests/unit -U_FORTIFY_SOURCE $(SANITIZE) -MMD -MP -c -o $@ $<

$(BUILD)/libpicket-asan.a: $(TEST_OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@; $(AR) rcs $@ $^

$(BUILD)/tests/test_%: $(BUILD)/asan/unit/test_%.o $(UNIT_PARTS) $(BUILD)/libpicket-asan.a | $(BUILD)/tests
	$(call say,TEST,$@)
	$(Q)$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

define tool
$(BUILD)/tests/$(1): $(patsubst tests/$(1)/%.c,$(BUILD)/tool/$(1)/%.o,$(filter-out %.bpf.c,$(wildcard tests/$(1)/*.c))) \
		$(patsubst tests/unit/%.c,$(BUILD)/tool/unit/%.o,$(wildcard tests/unit/frame*.c)) $(BUILD)/libpicket.a | $(BUILD)/tests
	$$(call say,TEST,$$@)
	$$(Q)$$(CC) $$(ALL_CFLAGS) $$(LDFLAGS) -o $$@ $$^ $$(LIBS)
endef
$(foreach d,step diff netns bench,$(eval $(call tool,$(d))))

$(BUILD)/tool/%.o: tests/%.c $(SKELETONS)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -Itests/unit -MMD -MP -c -o $@ $<

$(BUILD) $(BUILD)/user $(BUILD)/asan/unit $(BUILD)/tests:
	$(Q)mkdir -p $@

# The whole program under the sanitizers.
$(BUILD)/asan/picket: $(BUILD)/asan/main.o $(BUILD)/libpicket-asan.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LIBS)

build-tests: all $(UNIT) $(TOOLS) fuzz-targets

deps:
	$(Q)tools/install-deps.sh

test: deps
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) WERROR=1 build-tests arm64-objects
	$(Q)BUILD=$(BUILD) tests/run.sh

demo: deps
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) all
	$(Q)BUILD=$(BUILD) STAY=$(STAY) tools/demo.sh

# What can be found without running anything.
lint: deps
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) all
	$(Q)BUILD=$(BUILD) LINT=all tests/run.sh lint

# Which lines and branches of user/ the tests run: WORDS (see tests/run.sh), LINES=1.
coverage: deps
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) BUILD=$(BUILD)/coverage CFLAGS="-O0 -g --coverage" LDFLAGS=--coverage build-tests
	$(Q)find $(BUILD)/coverage -name '*.gcda' -delete
	$(Q)-BUILD=$(BUILD)/coverage tests/run.sh $(WORDS)
	$(Q)LINES=$(LINES) python3 tests/coverage.py $(BUILD)/coverage

# The same tests on other kernels of Debian's, and with other compilers; WORDS say which (see tests/run.sh).
test-kernels:
	$(Q)tools/install-deps.sh $(foreach v,$(CLANGS),clang-$(v))
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) WERROR=1 build-tests
	$(Q)BUILD=$(BUILD) tests/kernels/all.sh $(WORDS)
CLANGS := 16 19

SEEDS ?= 300
FRAMES ?= 300
diff: deps
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) WERROR=1 $(BUILD)/tests/diff
	$(Q)$(BUILD)/tests/diff --seeds $(SEEDS) --frames $(FRAMES)

bench: deps-bench
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) all $(BUILD)/tests/bench
	$(Q)BUILD=$(BUILD) tests/bench/run.sh

bench-check:
	$(Q)BUILD=$(BUILD) tests/bench/run.sh check

verifier-budget: deps
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) $(BUILD)/tests/bench
	$(Q)$(BUILD)/tests/bench budget

deps-bench:
	$(Q)tools/install-deps.sh xdp-tools

MINUTES ?= 10
soak: deps
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) all $(BUILD)/asan/picket
	$(Q)BUILD=$(BUILD) MINUTES=$(MINUTES) HOURS=$(HOURS) tests/soak.sh

CPUS_KERNEL ?= linux-image-amd64
test-cpus: deps
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) all
	$(Q)BUILD=$(BUILD) KERNEL_CPUS=64 tests/kernels/run.sh $(CPUS_KERNEL) tests/kernels/cpus.sh 64

SECONDS ?= 3
FLOWS ?= 1000000
attacks: deps
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) all $(BUILD)/tests/netns
	$(Q)BUILD=$(BUILD) ATTACK_ALL=1 ATTACK_SECONDS=$(SECONDS) ATTACK_FLOWS=$(FLOWS) bash tests/netns/attacks.sh
	$(Q)BUILD=$(BUILD) bash tests/netns/bypass.sh

include tools/install.mk
include $(wildcard tests/fuzz/fuzz.mk) # no tests in the package

clean:
	rm -rf $(BUILD)

.PHONY: all attacks bench bench-check build-tests clean coverage demo deps deps-bench diff lint soak test test-cpus test-kernels verifier-budget
.SECONDARY:
.DELETE_ON_ERROR:
-include $(wildcard $(BUILD)/*.d $(BUILD)/user/*.d $(BUILD)/asan/*.d $(BUILD)/asan/unit/*.d $(BUILD)/tool/*/*.d)
