#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs every test that was built and every test script, as many at a time as there are CPUs or JOBS says;
# `make test` calls it. Each part's own counts are added up, the last line is their sum, and one failure
# makes it exit 1.
# With arguments it runs only the parts whose names hold one of them: tests/run.sh netns/traffic
set -u
cd "$(dirname "$0")/.." || exit 1
export BUILD="${BUILD:-build}"

PART_SECONDS=${PART_SECONDS:-1000} # that one may take
JOBS=${JOBS:-$(nproc)} # parts at a time: they do not touch one another, and wait more than they work
passed=0 failed=0 skipped=0
declare -a parts=() kinds=() starts=()
declare -A number_of=() # by process id, of what runs
logs=$(mktemp -d) || exit 1
trap 'rm -rf "$logs"' EXIT
trap 'exit 130' INT TERM
broken=() failures=()

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
		mapfile -t -O ${#failures[@]} failures < <(grep '^not ok ' "$log" | grep -v '# SKIP' | sed "s|^|$part: |")
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

# Tells of a part that has ended, whichever ends first.
reap() {
	local pid status number

	wait -n -p pid
	status=$?
	number=${number_of[$pid]}
	unset "number_of[$pid]"
	account "$number" "$status" "$logs/$number"
	rm -f "$logs/$number"
}

account() {
	local number=$1 status=$2 log=$3 p f s

	if [ "${kinds[number]}" = tap ]; then
		count_tap "$log"
	else
		count_last_line "$log"
	fi
	judge "${parts[number]}" "$log" "$status" $((SECONDS - starts[number]))
}

# run PART tap|line COMMAND...
run() {
	local number=${#parts[@]}

	[ ${#number_of[@]} -lt "$JOBS" ] || reap
	parts+=("$1") kinds+=("$2") starts+=("$SECONDS")
	shift 2
	CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 10 "$PART_SECONDS" "$@" >"$logs/$number" 2>&1 </dev/null &
	number_of[$!]=$number
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

	for script in tests/kernels/oldest.sh tests/netns/*.sh tests/lint/*.sh tests/fuzz/*.sh tests/install/*.sh tests/golden/*.sh; do
		if [ -f "$script" ] && [ "${script##*/}" != lib.sh ] && wanted "${script#tests/}" "$@"; then
			run "${script#tests/}" line bash "$script"
		fi
	done
}

# What takes long comes first, so that nothing long is left over at the end.
wanted diff "$@" && run_program diff --seeds "${SEEDS:-300}" --frames 300
run_scripts "$@"
wanted step "$@" && run_program step
run_units "$@"
while [ ${#number_of[@]} != 0 ]; do
	reap
done

[ "$failed" = 0 ] || printf '%s\n' "FAILED: ${broken[*]}" "${failures[@]}"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
