#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What breaks on the way from one policy to another, at every system call of it.
#
#	fault                              promise                                          injected by
#	kill -9 in the first apply         each port is open as before, or by the policy;   strace, signal=KILL at the
#	                                   the next apply works, unload leaves nothing      N-th call of each name
#	kill -9 in a later apply           the old policy or the new one, whole, on both    "
#	                                   ports; status says which; the next apply works
#	kill -9 with --confirm-within      the same; rollback leads back                    "
#	kill -9 in confirm, rollback       one of the two, whole; the next one ends it      "
#	kill -9 in unload                  each port is filtered or open, none is dead;     "
#	                                   unload ends it, and so does an apply
#	bpf() fails: ENOMEM, EPERM         refused in a sentence and the old one stays,     strace, error= at the N-th
#	                                   whole; or it did no harm and the new one is
#
# Without FAULTS_LONG=1 only some of the calls, from FAULTS_OFFSET on, which is printed; with FAULTS_LONG=n each n-th,
# so that n runs of offsets 0 to n - 1 share them.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/faults.inc
. "$(dirname "$0")/faults.inc"
private "$0" "$@"

OFFSET=${FAULTS_OFFSET:-$RANDOM}
POINTS=${FAULTS_POINTS:-2} # of each kind, in the short form
A=$WORK/a.yaml B=$WORK/b.yaml

# Wrong outcomes of one kind of fault.
faults=()

fault() {
	faults+=("$1")
}

no_faults() {
	equal "$1" "" "$(printf '%s\n' "${faults[@]+"${faults[@]}"}" | head -n 8)"
	faults=()
}

# works WHERE COMMAND...: it must end with 0.
works() {
	local where=$1
	shift
	picket "$@" >"$WORK/out" 2>"$WORK/error" ||
		fault "$where: $1 ended with $?: $(grep -v warning "$WORK/error" | tail -n 1)"
}

# decides WHERE PATTERN: who decides on the two ports is this.
decides() {
	local now

	now=$(whose)
	# shellcheck disable=SC2053 # a pattern
	[[ $now == $2 ]] || fault "$1: $now decides, not $2"
}

# Pins are those that one apply makes, no fewer and no more.
tidy() {
	local now

	now=$(pins_now)
	[ "$now" = "$PINS" ] || fault "$1: pins: $(diff <(echo "$PINS") <(echo "$now") | tr -s '\n ' ' ')"
}

gone() {
	local now

	now=$(pins_left | tr '\n' ' ')
	[ -z "$now" ] || fault "$1: pins are left: $now"
}

# each_kill NAME CHECK COMMAND...: for some of the command's calls: kills it there, then CHECK WHERE. $BEFORE is run
# first to make the state that it begins in.
each_kill() {
	local name=$1 check=$2 call n at=0
	shift 2

	$BEFORE "to begin"
	calls "$@"
	some "$WORK/calls" "$POINTS" >"$WORK/points"
	while read -r call n; do
		$BEFORE "before $call $n"
		at_call "$call" "$n" signal=KILL "$@"
		at=$((at + 1))
		$check "$call $n"
	done <"$WORK/points"
	no_faults "$name: killed at $at of $(wc -l <"$WORK/calls") system calls"
}

# ---- the first policy ----

nothing() {
	[ -z "$(pins_left)" ] || works "$1" unload
	gone "$1"
	decides "$1" "open open"
}

# Afterwards an apply and an unload, or the unload at once.
after_first() {
	local now

	now=$(whose)
	[[ $now =~ ^(open|a)\ (open|a)$ ]] || fault "$1: $now decides in the first apply"
	odd=$((1 - ${odd:-0}))
	if [ $odd = 1 ]; then
		works "$1, then" apply "$A"
		decides "$1, then" "a a"
		tidy "$1, then"
	fi
	works "$1, then" unload
	gone "$1, then"
	decides "$1, then" "open open"
}

# ---- from one to the other ----

a_live() {
	[ "$(whose)" != "a a" ] || return
	! pending || works "$1" rollback
	works "$1" apply "$A"
}

# Either policy, whole, and status says which.
either() {
	now=$(whose)
	case $now in
	"a a" | "b b") ;;
	*) fault "$1: $now decides" ;;
	esac
	[ "$(live)" = "${now% *}" ] || fault "$1: ${now% *} decides, and status says $(live)"
}

after_second() {
	local now

	either "$1"
	works "$1, then" apply "$B"
	decides "$1, then" "b b"
	tidy "$1, then"
}

# Nothing else is applied while one waits to be confirmed.
pending() {
	picket status --json 2>/dev/null | jq -e .goes_back_in >/dev/null
}

after_within() {
	local now

	either "$1"
	if pending; then
		[ "$now" = "b b" ] || fault "$1: $now decides, and b waits to be confirmed"
		works "$1, then" rollback
		decides "$1, then" "a a"
	fi
	works "$1, then" apply "$A"
	decides "$1, then" "a a"
	tidy "$1, then"
}

b_pending() {
	a_live "$1"
	works "$1" apply --confirm-within 10m "$B"
}

after_confirm() {
	local now

	either "$1"
	[ "$now" = "b b" ] || fault "$1: $now decides after a confirm"
	! pending || works "$1, then" confirm
	works "$1, then" apply "$A"
	decides "$1, then" "a a"
	tidy "$1, then"
}

after_rollback() {
	local now

	either "$1"
	! pending || works "$1, then" rollback
	works "$1, then" apply "$A"
	decides "$1, then" "a a"
	tidy "$1, then"
}

# ---- none any more ----

after_unload() {
	local now

	now=$(whose)
	[[ $now =~ ^(open|a)\ (open|a)$ ]] || fault "$1: $now decides in unload"
	odd=$((1 - ${odd:-0}))
	if [ $odd = 1 ]; then
		works "$1, then" unload
		gone "$1, then"
		decides "$1, then" "open open"
	fi
	works "$1, then" apply "$A"
	decides "$1, then" "a a"
	tidy "$1, then"
}

# ---- what the kernel refuses ----

# Whole lines that say what to do, and no more of them than a reader takes in.
a_sentence() {
	grep -q '^picket: [^ ].*' "$WORK/error" || fault "$1: it said nothing: $(head -c 200 "$WORK/error")"
}

# refused_or_harmless WHERE STATUS: what a fault in an apply of b made of a.
refused_or_harmless() {
	local now

	either "$1"
	case $2:$now in
	"3:a a") a_sentence "$1" ;;
	"3:b b") grep -q "is live, but not on every port" "$WORK/error" ||
		fault "$1: b is live, and it said: $(head -c 200 "$WORK/error")" ;;
	"0:b b") ;;
	*) fault "$1: exit status $2 and $now decides: $(head -c 200 "$WORK/error")" ;;
	esac
	[ "$now" != "b b" ] || works "$1, then" apply "$A"
}

each_error() {
	local error=$1 n points=0 status

	calls apply "$B"
	works "to begin" apply "$A"
	grep '^bpf ' "$WORK/calls" >"$WORK/bpf_calls"
	some "$WORK/bpf_calls" $((POINTS * 2)) >"$WORK/points"
	while read -r _ n; do
		at_call bpf "$n" "error=$error" apply "$B"
		status=$?
		points=$((points + 1))
		refused_or_harmless "$error, bpf $n" $status
	done <"$WORK/points"
	works "after them" apply "$B"
	decides "after them" "b b"
	tidy "after them"
	works "after them" apply "$A"
	no_faults "$error from $points of $(wc -l <"$WORK/bpf_calls") bpf() of an apply"
}

# Of the first apply a failure leaves nothing.
each_first_error() {
	local error=$1 n points=0 status

	nothing "to begin"
	calls apply "$A"
	grep '^bpf ' "$WORK/calls" >"$WORK/bpf_calls"
	some "$WORK/bpf_calls" "$POINTS" >"$WORK/points"
	while read -r _ n; do
		nothing "$error, before bpf $n"
		at_call bpf "$n" "error=$error" apply "$A"
		status=$?
		points=$((points + 1))
		case $status:$(whose) in
		"0:a a") tidy "$error, bpf $n" ;;
		"3:open open")
			a_sentence "$error, bpf $n"
			gone "$error, bpf $n"
			;;
		*) fault "$error, bpf $n: exit status $status and $(whose) decides: $(head -c 200 "$WORK/error")" ;;
		esac
	done <"$WORK/points"
	works "after them" apply "$A"
	decides "after them" "a a"
	tidy "after them"
	no_faults "$error from $points of $(wc -l <"$WORK/bpf_calls") bpf() of a first apply"
}

command -v strace >/dev/null || {
	skip "faults at system calls" "strace is not there"
	finish
}
two_ports
echo "FAULTS_OFFSET=$OFFSET${LONG:+ FAULTS_LONG=$LONG}"
works "the policies" apply "$A"
PINS=$(pins_now)
decides "policy a" "a a"
works "the policies" apply "$B"
decides "policy b" "b b"
tidy "policy b"
works "the policies" unload
decides "no policy" "open open"
no_faults "two policies, told apart on two ports"
BEFORE=nothing each_kill "a first apply" after_first apply "$A"
BEFORE=a_live each_kill "apply" after_second apply "$B"
BEFORE=a_live each_kill "apply --confirm-within" after_within apply --confirm-within 10m "$B"
BEFORE=b_pending each_kill "confirm" after_confirm confirm
BEFORE=b_pending each_kill "rollback" after_rollback rollback
BEFORE=a_live each_kill "unload" after_unload unload
a_live "to begin"
for error in ENOMEM EPERM; do
	each_error $error
	each_first_error $error
	a_live "to begin"
done
finish
