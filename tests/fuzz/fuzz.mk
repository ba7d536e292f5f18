# SPDX-License-Identifier: GPL-2.0-only
# Fuzz targets: tests/fuzz/fuzz_NAME.c and what they share, over the library as clang builds it with libFuzzer's
# instrumentation and the sanitizers. Included by the Makefile.

# Nothing added to a null pointer is one, whatever C11 says; what lies beyond an object is the address sanitizer's.
FUZZ_SANITIZE := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined,float-cast-overflow \
	-fno-sanitize=pointer-overflow -fno-sanitize-recover=all
FUZZ_CFLAGS = $(ALL_CFLAGS) -U_FORTIFY_SOURCE $(FUZZ_SANITIZE) -fsanitize=fuzzer-no-link
FUZZ_OBJECTS := $(SOURCES:user/%.c=$(BUILD)/fuzz/obj/%.o)
FUZZ_SHARED := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/obj/fuzz/%.o,$(filter-out $(wildcard tests/fuzz/fuzz_*.c),$(wildcard tests/fuzz/*.c))) \
	$(BUILD)/fuzz/obj/diff/policies.o $(BUILD)/fuzz/obj/diff/policy_rules.o
FUZZ := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

# What stands between the code and the kernel, a peer or a library is the target's: "wrap: NAME..." in its source; of
# all of them, what would make a run another than the one before it.
fuzz_wraps = -Wl,--wrap=getrandom $(patsubst %,-Wl$(comma)--wrap=%,$(shell sed -n 's/^ \* wrap: //p' tests/fuzz/$(1).c))
comma := ,

# gcc's warnings hold for the library; clang's for what is here.
$(BUILD)/fuzz/obj/%.o: user/%.c $(SKELETONS)
	$(Q)mkdir -p $(@D) && $(CLANG) $(filter-out -W%,$(FUZZ_CFLAGS)) -w -MMD -MP -c -o $@ $<

$(BUILD)/fuzz/obj/page.o: $(wildcard user/page*.html user/page*.css user/page*.js)

$(BUILD)/fuzz/obj/fuzz/%.o: tests/fuzz/%.c $(SKELETONS)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CLANG) $(FUZZ_CFLAGS) -Wno-missing-field-initializers -MMD -MP -c -o $@ $<

$(BUILD)/fuzz/obj/diff/%.o: tests/diff/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CLANG) $(FUZZ_CFLAGS) -Wno-missing-field-initializers -MMD -MP -c -o $@ $<

$(BUILD)/fuzz/libpicket.a: $(FUZZ_OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@; $(AR) rcs $@ $^

$(BUILD)/fuzz/fuzz_%: $(BUILD)/fuzz/obj/fuzz/fuzz_%.o $(FUZZ_SHARED) $(BUILD)/fuzz/libpicket.a
	$(call say,FUZZ,$@)
	$(Q)$(CLANG) $(FUZZ_SANITIZE) -fsanitize=fuzzer $(LDFLAGS) $(call fuzz_wraps,fuzz_$*) -o $@ $^ $(LIBS)

fuzz-targets: $(FUZZ)

fuzz: deps
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) WERROR=1 all fuzz-targets $(BUILD)/tests/diff
	$(Q)BUILD=$(BUILD) tests/fuzz/run.sh $(MINUTES)

.PHONY: fuzz fuzz-targets
-include $(wildcard $(BUILD)/fuzz/obj/*.d $(BUILD)/fuzz/obj/*/*.d)
