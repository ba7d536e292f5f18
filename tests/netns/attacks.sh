#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Floods of frames with false senders, and a device that opens all the flows it can, at full speed, while allowed
# devices talk: without picket, and with it, where what has a cable of its own loses nothing, its flows stay, and
# every frame of the attack is counted under its reason. ATTACK_SECONDS says how long each lasts, ATTACK_FLOWS how
# many flows are opened, ATTACK_ALL=1 adds some. The table at the end is the README's.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
private "$0" "$@"
# shellcheck source=tests/netns/attacks.bash
. "$HERE/attacks.bash"

ATTACK_SECONDS=${ATTACK_SECONDS:-1}
ATTACK_FLOWS=${ATTACK_FLOWS:-200000}
ATTACK_ALL=${ATTACK_ALL-}
export SLOWER # for witness.py

# Frames that this port of the gateway took in, and those that its queue had no room for: veth counts what it
# refuses at the sender.
taken() {
	gw ip -json -statistics link show "$1" | jq '.[0].stats64.rx.packets'
}

# Frames that had no room in the queues of the server's cable, which flows that the server answers share with victims.
crowded_out() {
	{
		gw ip -json -statistics link show srv0
		in_ns srv ip -json -statistics link show eth0
	} | jq -s '[.[][].stats64 | .rx.dropped + .tx.dropped] | add'
}

# shellcheck disable=SC2317 # talk_while calls it
flood() {
	local ns=$1
	shift
	in_ns "$ns" "$BUILD/tests/netns" spoof eth0 dmac=$GATEWAY_MAC "$@" >"$WORK/sent"
}

# talk_while PORT COMMAND...: the victims talk meanwhile. Sets sent, crowded, past (frames past XDP at that port), strange
# (those of them that are no victim's), took (seconds), and what each victim says.
talk_while() {
	local port=$1
	shift

	took=$SECONDS
	crowded=$(crowded_out)
	ask "$port" start
	ask strangers start
	ask victim go
	ask shared go
	"$@"
	ask victim end
	victim=$answer
	ask shared end
	shared=$answer
	ask "$port" end
	past=$answer strange=$answer
	ask strangers end
	[ "$port" != lan2 ] || strange=$answer
	sent=$(cat "$WORK/sent")
	crowded=$(($(crowded_out) - crowded))
	took=$((SECONDS - took + 1))
}

# What one of them said, in a line: sent, lost, idle flows that are still known, whether the stream ended by itself.
words_of() {
	jq -r '"\(.sent) \(.lost) \(.idle) \(.told)"' <<<"$1"
}

lost() {
	jq -r '"\(.lost) of \(.sent)"' <<<"$1"
}

# Frames of both victims that were dropped so far.
victims_dropped() {
	picket devices --json | jq -c 'map(select(.device == "victim" or .device == "shared") | .dropped)'
}

# dropped_between: not what the server's answers met
dropped_between() {
	jq -n --slurpfile a "$WORK/before" --slurpfile b "$WORK/after" 'def sum: map(select(.verdict == "drop" and
		.segment != "servers") | .packets) | add // 0; ($b | sum) - ($a | sum)'
}

# attack NAME NS PORT FLOOD...: with picket. Sets besides: in (frames that the port took), out (all drops), refused
# (the victims' before).
attack() {
	local name=$1 ns=$2 port=$3
	shift 3

	picket drops --json >"$WORK/before"
	refused=$(victims_dropped)
	in=$(taken "$port")
	talk_while "$port" flood "$ns" "$@"
	in=$(($(taken "$port") - in))
	picket drops --json >"$WORK/after"
	out=$(dropped_between)
	equal "$name: every frame that came in was dropped for a reason, or passed" "$in" $((out + past))
}

# Those with a cable of their own lose nothing; those who share theirs, nothing that reached picket. A slow server
# does not keep up with answering: what its cable had no room for is not picket's loss.
victims_are_well() {
	local name=$1 loss=0

	[ "$SLOWER" = 1 ] || loss=$(jq --argjson crowded "$crowded" '[.lost, $crowded] | min' <<<"$victim")
	equal "$name: the victim lost nothing, its flows stay" "$(jq .sent <<<"$victim") $loss $IDLE true" "$(words_of "$victim")"
	equal "$name: nothing of it was dropped, nor of the one on the switch" "$refused" "$(victims_dropped)"
}

# spoofed NAME NS PORT FLOOD...: none of it may pass. What the victims have on the attacker's own port is none.
# shellcheck disable=SC2317 # for_each calls it
spoofed() {
	local name=$1 ns=$2 port=$3 bare_passed bare_lost bare_shared
	shift 3

	bare_passed=${bare[$name.passed]--} bare_lost=${bare[$name.victim]--} bare_shared=${bare[$name.shared]--}
	attack "$name" "$ns" "$port" "$@"
	victims_are_well "$name"
	equal "$name: nothing of it passed" 0 "$strange"
	if [ "$port" = lan2 ]; then
		equal "$name: the stream to who shares the switch ended by itself" true "$(jq .told <<<"$shared")"
	else
		equal "$name: every frame that was sent came in" "$sent" "$in"
	fi
	check "$name: much was sent" test "$sent" -gt $((10000 / SLOWER))
	row "$name" "$sent" "$bare_passed" "$strange" \
		"$bare_lost" "$(lost "$victim")" "$bare_shared" "$(lost "$shared")" "$(reasons "$WORK/before" "$WORK/after")"
}

# for_each RUNNER: of the floods with false senders
for_each() {
	local run=$1 for="seconds=$ATTACK_SECONDS"

	"$run" "UDP, any IPv4 source" att lan0 from=0.0.0.0/0 to=$SERVER dport=$PORT "$for"
	"$run" "UDP, any source, on the shared switch" att2 lan2 from=0.0.0.0/0 to=$SERVER dport=$PORT "$for"
	[ "$run" = spoofed ] || [ -n "$ATTACK_ALL" ] || return
	"$run" "SYN, any IPv6 source" att lan0 kind=syn from=2000::/3 to=$SERVER6 dport=$PORT "$for"
	"$run" "UDP, the victim's address and MAC" att lan0 smac=$VICTIM_MAC from=10.20.0.11 to=$SERVER dport=$PORT "$for"
	"$run" "SYN to the server from outside" net wan0 kind=syn smac=02:00:00:00:99:01 from=128.0.0.0/2 to=$SERVER \
		dport=$PORT "$for"
	[ -n "$ATTACK_ALL" ] || return
	"$run" "SYN, any IPv4 source" att lan0 kind=syn from=0.0.0.0/0 to=$SERVER dport=$PORT "$for"
	"$run" "UDP, any IPv6 source" att lan0 from=2000::/3 to=$SERVER6 dport=$PORT "$for"
	"$run" "UDP, the victim's subnet" att lan0 from=10.20.0.0/24 to=$SERVER dport=$PORT "$for"
	"$run" "SYN, the victim's IPv6 and MAC" att lan0 kind=syn smac=$VICTIM_MAC from=fd00:20::11 to=$SERVER6 \
		dport=$PORT "$for"
	"$run" "SYN, the sharer's subnet, there" att2 lan2 kind=syn from=10.20.0.0/24 to=$SERVER dport=$PORT "$for"
	"$run" "UDP, the sharer's IPv6, there" att2 lan2 from=fd00:20::12 to=$SERVER6 dport=$PORT "$for"
}

# The same without picket, to be told beside it.
# shellcheck disable=SC2317 # for_each calls it
without() {
	local name=$1 ns=$2 port=$3
	shift 3

	talk_while "$port" flood "$ns" "$@"
	equal "without picket: $name: all of it passes" "$sent" "$strange"
	bare[$name.passed]=$strange
	bare[$name.victim]=$(lost "$victim")
	bare[$name.shared]=$(lost "$shared")
}

# ---- flows ----

# What hosts may open to a device is bounded: a flood at an open port of the victim's.
at_an_open_port() {
	local name="SYN to the victim's open port"

	attack "$name" net wan0 kind=syn smac=02:00:00:00:99:01 from=128.0.0.0/2 to=10.20.0.11 dport=8080 \
		"seconds=$ATTACK_SECONDS"
	equal "$name: the victim lost nothing, its flows stay" "$(jq .sent <<<"$victim") 0 $IDLE true" "$(words_of "$victim")"
	equal "$name: for the one reason" "limit-flows $out" "$(reasons "$WORK/before" "$WORK/after")"
	bounded "$name"
	row "$name" "$sent" "-" "$past" "-" "$(lost "$victim")" "-" "$(lost "$shared")" "$(reasons "$WORK/before" "$WORK/after")"
}

# 500 flows at once and then 50 a second, for as long as it took.
bounded() {
	within "$1: what passed is what may be opened" 500 "$past" $((500 + 50 * (took + 1)))
}

# opens NAME MAC ADDRESS FLOOD...: a flow for each frame, to 64 addresses of the server's
opens() {
	local name=$1 mac=$2 from=$3
	shift 3

	attack "$name" att lan0 smac="$mac" from="$from" to=10.1.0.128/26 frames="$ATTACK_FLOWS" "$@"
	victims_are_well "$name"
	row "$name" "$sent" "-" "$past" "-" "$(lost "$victim")" "-" "$(lost "$shared")" "$(reasons "$WORK/before" "$WORK/after")"
}

exhaustion() {
	serve srv discard:9000
	opens "flows, as any device may" 02:00:00:00:30:67 10.30.0.67 dport=count
	bounded "flows, as any device may"
	opens "flows without a limit" 02:00:00:00:30:68 10.30.0.68 dport=count
	equal "flows without a limit: all were opened" "$sent" "$past"
	opens "answered flows without a limit" 02:00:00:00:30:68 10.30.0.68 kind=syn dport=9000
	equal "answered flows without a limit: all were opened" "$sent" "$past"
}

[ -x "$BUILD/tests/netns" ] || give_up "$BUILD/tests/netns is there" "build it with make build-tests"
declare -A bare=()
sent=0 past=0 strange=0 took=0 crowded=0 in=0 out=0 refused=0 victim="" shared=""
attack_topology
start_helpers
for_each without
attack_policy >"$WORK/policy.yaml"
check "apply" picket apply --mode native "$WORK/policy.yaml"
row "attack" "frames" "without: passed" "with: passed" "without: victim lost" "with" "shared port: without" "with" "reasons"
for_each spoofed
at_an_open_port
exhaustion
print_table
finish
