#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The tests under each of Debian's kernels that picket is made for, and the BPF programs of each compiler on each of
# them; all emulated where there is no KVM, which takes hours. Arguments are words of tests/run.sh, instead of those
# below.
set -u
cd "$(dirname "$0")/../.." || exit 1
export BUILD="${BUILD:-build}"
KERNELS=${KERNELS:-linux-image-amd64 linux-image-6.12-amd64}
CLANGS=${CLANGS:-14 16 19}
FORMS=64 # whose verification is shown under an emulated kernel: all 2,048 take an hour
# What depends on the kernel. Not there: what is about text and files alone, browsers, packages, and what compares
# speeds.
PARTS="step diff golden/run golden/captures netns/apply netns/attacks netns/audit netns/capture netns/confirm netns/control
netns/cuts netns/daemon netns/device netns/doctor netns/drops netns/faults netns/learn netns/limits netns/plan
netns/refusals netns/reports netns/swap netns/traffic"
parts=${*:-$PARTS}
failed=0

# tell NAME STATUS
tell() {
	if [ "$2" = 0 ]; then
		echo "ok - $1"
	else
		echo "not ok - $1 (exit status $2)"
		failed=$((failed + 1))
	fi
}

# with_clang VERSION: a build of its own, in $BUILD/clang-VERSION
with_clang() {
	make --no-print-directory -j"$(nproc)" BUILD="$BUILD/clang-$1" CLANG="clang-$1" WERROR=1 \
		"$BUILD/clang-$1/tests/step" "$BUILD/clang-$1/tests/bench" "$BUILD/clang-$1/tests/diff" >/dev/null
}

for version in $CLANGS; do
	with_clang "$version"
	tell "clang $version compiles it" $?
done
for kernel in "" $KERNELS; do
	[ -n "${CLANGS// /}" ] || break # of no compiler there is nothing to tell
	# shellcheck disable=SC2086 # a list of words; without a kernel it is the one that runs
	${kernel:+tests/kernels/run.sh} $kernel env BUILD="$BUILD" FORMS=${kernel:+$FORMS} tests/kernels/programs.sh $CLANGS
	tell "what the compilers made, on ${kernel:-the running kernel}" $?
done
for kernel in $KERNELS; do
	# shellcheck disable=SC2086 # lists of words
	tests/kernels/run.sh "$kernel" env SLOWER=50 PART_SECONDS=4000 SEEDS=30 BUILD="$BUILD" tests/run.sh $parts
	tell "the tests on $kernel" $?
done
echo "$failed of them failed"
[ "$failed" = 0 ]
