#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs every test that was built and every test script; `make test` calls it. Each part's own
# counts are added up, the last line is their sum, and one failure makes it exit 1.
# With arguments it runs only the parts whose names hold one of them: tests/run.sh netns/traffic
set -u
cd "$(dirname "$0")/.." || exit 1
export BUILD="${BUILD:-build}"

passed=0 failed=0 skipped=0
logs=$(mktemp -d) || exit 1
trap 'rm -rf "$logs"' EXIT
trap 'exit 130' INT TERM
broken=()

wanted() {
	local part=$1 word
	shift
	[ $# = 0 ] && return 0
	for word; do
		[[ $part == *"$word"* ]] && return 0
	done
	return 1
}

# The counts of a cmocka program, from its TAP output. cmocka 1 calls what was skipped "not ok".
count_tap() {
	p=$(grep '^ok ' "$1" | grep -vc '# SKIP')
	f=$(grep '^not ok ' "$1" | grep -vc '# SKIP')
	s=$(grep -cE '^(not )?ok .*# SKIP' "$1")
}

# The counts of everything else, from its last line.
count_last_line() {
	local line
	line=$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$1" | tail -n 1)
	p=0 f=0 s=0
	if [ -n "$line" ]; then
		read -r p _ f _ s _ <<<"$line"
	fi
}

# A part that ends badly, or says nothing, has failed even where it counted no failure.
judge() {
	local part=$1 log=$2 status=$3 seconds=$4

	if [ "$f" = 0 ] && { [ "$status" != 0 ] || [ $((p + s)) = 0 ]; }; then
		f=1
		echo "not ok - $part ended with exit status $status and these counts: $p passed, 0 failed" >>"$log"
	fi
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	printf '%-28s %6d passed %4d failed %4d skipped %5d s\n' "$part" "$p" "$f" "$s" "$seconds"
	if [ "$f" != 0 ]; then
		broken+=("$part")
		echo "---- what $part said about its failures"
		grep -nE -A 1 '^not ok |FAIL|ERROR|Error|error:|runtime error' "$log" | head -n 80
		echo "---- its last lines"
		tail -n 40 "$log"
		echo "----"
	fi
	if [ "$s" != 0 ]; then
		grep -iE '^((not )?ok .*# )?skip' "$log" | sed "s|^|SKIPPED in $part: |" | head -n 20
	fi
}

# run PART tap|line COMMAND...
run() {
	local part=$1 kind=$2 log=$logs/log p f s start=$SECONDS status
	shift 2

	CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 10 1000 "$@" >"$log" 2>&1 </dev/null
	status=$?
	if [ "$kind" = tap ]; then
		count_tap "$log"
	else
		count_last_line "$log"
	fi
	judge "$part" "$log" "$status" $((SECONDS - start))
}

skip() {
	skipped=$((skipped + 1))
	echo "SKIPPED: $1: $2"
}

run_units() {
	local program

	for program in "$BUILD"/tests/test_*; do
		if [ -x "$program" ] && wanted "unit/${program##*/}" "$@"; then
			run "unit/${program##*/}" tap "$program"
		fi
	done
}

run_program() {
	local part=$1

	shift
	if [ ! -x "$BUILD/tests/$part" ]; then
		failed=$((failed + 1))
		broken+=("$part")
		echo "not ok - $BUILD/tests/$part is not there: was it built? make build-tests"
	elif [ "$(id -u)" != 0 ]; then
		skip "$part" "it loads BPF programs, which takes root"
	else
		run "$part" line "$BUILD/tests/$part" "$@"
	fi
}

run_scripts() {
	local script

	for script in tests/golden/*.sh tests/install/*.sh tests/netns/*.sh; do
		if [ -f "$script" ] && [ "${script##*/}" != lib.sh ] && wanted "${script#tests/}" "$@"; then
			run "${script#tests/}" line bash "$script"
		fi
	done
}

run_units "$@"
wanted step "$@" && run_program step
run_scripts "$@"
wanted diff "$@" && run_program diff --seeds 300 --frames 300

[ "$failed" = 0 ] || echo "FAILED: ${broken[*]}"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
