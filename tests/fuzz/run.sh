#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# run.sh           every fuzz target over its corpus and some seconds more, and captured frames, mutated, through both
#                  readings of the verdict
# run.sh MINUTES   the same for so long in all
# What is found stays in BUILD/fuzz: corpus/TARGET, and crashes/TARGET-*, each of which fails.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
JOBS=${JOBS:-$(nproc)}
CAPTURES=../shared/data/captures
SHORT_SECONDS=2
SHORT_DIFF="--seeds 20 --frames 3000"
passed=0 failed=0 skipped=0
out=$BUILD/fuzz

# Some have one together.
dictionary() {
	case $1 in
	audit | events | history) echo tests/fuzz/json.dict ;;
	access | webconfig) echo tests/fuzz/webconfig.dict ;;
	packed) echo tests/fuzz/policy.dict ;;
	session) echo tests/fuzz/http.dict ;;
	*) echo "tests/fuzz/$1.dict" ;;
	esac
}

# fuzz TARGET SECONDS: in the background, its log beside its corpus
fuzz() {
	local target=$1 corpus=$out/corpus/$1 seconds=$2 kept=()

	mkdir -p "$corpus" "$out/seeds/$target"
	[ ! -d "tests/fuzz/corpus/$target" ] || kept=("tests/fuzz/corpus/$target")
	"$out/fuzz_$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=3000 -close_fd_mask=3 -print_final_stats=1 \
		-artifact_prefix="$out/crashes/$target-" -dict="$(dictionary "$target")" \
		"$corpus" "$out/seeds/$target" "${kept[@]}" >"$out/$target.log" 2>&1
	echo "ended with $?" >>"$out/$target.log"
}

# The last number that a line of the log has after a word.
number() {
	sed -n "s/.*$2[: ]*\([0-9][0-9]*\).*/\1/p" "$out/$1.log" | tail -n 1
}

report() {
	local target=$1 log=$out/$1.log runs rate edges of crashes

	runs=$(number "$target" number_of_executed_units) rate=$(number "$target" average_exec_per_sec)
	edges=$(number "$target" 'cov') of=$(sed -n 's/.*Loaded 1 modules *(\([0-9]*\) inline.*/\1/p' "$log")
	crashes=$(find "$out/crashes" -name "$target-*" -newer "$out/began" | wc -l)
	printf '%-12s %10s executions %8s/s %7s of %s edges %3s crashes\n' "$target" "${runs:-?}" "${rate:-?}" "${edges:-?}" \
		"${of:-?}" "$crashes"
	if [ "$crashes" = 0 ] && grep -q '^ended with 0$' "$log" && [ "${runs:-0}" -gt 0 ]; then
		passed=$((passed + 1))
		return
	fi
	failed=$((failed + 1))
	echo "not ok - $target"
	grep -E -A 8 'ERROR|runtime error|does not hold|^SUMMARY|Test unit written' "$log" | head -n 40
	find "$out/crashes" -name "$target-*" -newer "$out/began"
}

# differ OPTIONS...: its own last line counts seeds; here it is one test
differ() {
	local log=$out/diff.log

	if [ "$(id -u)" != 0 ] || [ ! -d $CAPTURES ]; then
		echo "SKIP: mutated captures through both readings: it takes root, and $CAPTURES"
		skipped=$((skipped + 1))
		return
	fi
	if "$BUILD/tests/diff" --captures $CAPTURES --jobs "$JOBS" "$@" >"$log" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok - mutated captures are judged differently"
	fi
	tail -n 200 "$log"
}

targets=()
for source in tests/fuzz/fuzz_*.c; do
	target=${source##*/fuzz_}
	targets+=("${target%.c}")
	[ -x "$out/fuzz_${target%.c}" ] || { echo "not ok - $out/fuzz_${target%.c} is not there: was it built? make build-tests"; exit 1; }
done
mkdir -p "$out/crashes" && touch "$out/began" || exit 1
PYTHONDONTWRITEBYTECODE=1 python3 tests/fuzz/seeds.py "$out/seeds" || exit 1

seconds=$SHORT_SECONDS
if [ $# != 0 ]; then
	case $1 in *[!0-9]* | '' | 0*) echo "run.sh: MINUTES is a number from 1, not '$1'" >&2; exit 2 ;; esac
	# a fifth for the frames, the rest for the targets, JOBS of them at a time
	seconds=$((($1 * 48 * JOBS + ${#targets[@]} - 1) / ${#targets[@]}))
	differ --seconds $(($1 * 12)) --seeds 4000000000 --frames 5000 --start "$(date +%s)"
fi
for target in "${targets[@]}"; do
	while [ "$(jobs -rp | wc -l)" -ge "$JOBS" ]; do
		wait -n
	done
	fuzz "$target" "$seconds" &
done
wait
for target in "${targets[@]}"; do
	report "$target"
done
# shellcheck disable=SC2086 # a list of words
[ $# != 0 ] || differ $SHORT_DIFF
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ] && [ $passed != 0 ]
