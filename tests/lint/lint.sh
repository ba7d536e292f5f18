#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What can be found without running anything. A finding is mended, or explained where it stands.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/../netns/lib.sh"
cd "$ROOT" || exit 1

LIBRARIES="libnl-route-3.0 libnl-genl-3.0 libnl-3.0 yaml-0.1 jansson libpcap libmicrohttpd libcurl ncursesw nettle libbpf libelf zlib"
read -ra FLAGS <<<"-std=gnu11 -D_GNU_SOURCE -DPICKET_VERSION=\"lint\" -Iinclude -Iuser -I$BUILD $(
	# shellcheck disable=SC2086 # a list of words
	pkg-config --cflags $LIBRARIES | sed 's/-I/-isystem /g')"

# Files as git has them, or what stands here where there is no git.
sources() {
	git ls-files "$@" 2>/dev/null || ls "$@"
}

scripts() {
	sources '*.sh' .ci/run tests/kernels/init tools/debian/postrm tools/debian/prerm tools/completion/picket.bash \
		tests/netns/cleanroot.bash tests/netns/attacks.bash
}

# each COMMAND...: for each C file of user/, as many at a time as there are CPUs; what it says is a finding.
each() {
	sources 'user/*.c' | xargs -P "$(nproc)" -n 6 "$@" 2>&1
}

tidy() {
	each sh -c 'flags=$0; clang-tidy --quiet "$@" -- $flags 2>/dev/null || echo "clang-tidy ended with $?"' "${FLAGS[*]}"
}

# Not asked for: leaks and uninitialized values, which this compiler's analyzer sees wherever memory is grown or a
# structure filled by a callee; the sanitizers watch these in every unit test.
analyzer() {
	each sh -c 'flags=$0; for file; do
		gcc -O0 -fanalyzer -Wno-analyzer-malloc-leak -Wno-analyzer-use-of-uninitialized-value $flags -Wno-unused \
			-fdiagnostics-plain-output -c -o /dev/null "$file"
	done' "${FLAGS[*]}" | grep -e '-Wanalyzer' -e ' error: ' | while IFS= read -r finding; do
		explained "$finding" || echo "$finding"
	done
}

# explained "FILE:LINE:COLUMN: warning: WHAT": whether analyzer.txt has it
explained() {
	local file=${1%%:*} line

	while IFS= read -r line; do
		case $line in "$file: "*) [[ $1 != *"${line#*: }"* ]] || return 0 ;; esac
	done <tests/lint/analyzer.txt
	return 1
}

check_cppcheck() {
	cppcheck --quiet --std=c11 --enable=warning,portability,performance --inline-suppr --error-exitcode=1 \
		--suppressions-list=tests/lint/cppcheck.txt \
		'-DLIBBPF_OPTS(type,name,...)=struct type name = {}' \
		-D_GNU_SOURCE -Iinclude -Iuser user include
}

nothing_said() {
	local said

	said=$("$@")
	[ -z "$said" ] || { echo "$said"; return 1; }
}

# shellcheck disable=SC2046 # names without blanks
check "shellcheck" shellcheck -x -S warning $(scripts)
check "sizes and licence lines" python3 tests/lint/sizes.py
check "cppcheck" check_cppcheck
check "clang-tidy" nothing_said tidy
# Minutes, where the others take seconds: "make lint" alone asks for it.
[ "${LINT-}" != all ] || check "gcc -fanalyzer" nothing_said analyzer
while IFS= read -r line; do
	case $line in "ok - "*) ok "${line#ok - }" ;; *) not_ok "${line#not ok - }" ;; esac
done < <(python3 tests/lint/hardening.py "$PICKET")
finish
