#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Frames that try to slip by, with real interfaces: without picket they come in, with it none that is forbidden does,
# and each is counted for its reason. Stolen addresses and a false router: what the gateway then believes. The table
# at the end is the README's; what each single frame meets, tests/step has.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
private "$0" "$@"
# shellcheck source=tests/netns/attacks.bash
. "$HERE/attacks.bash"

COUNT=20

# NAME PASSED REASONS: of COUNT times the trick, how many frames pass (the first fragments that are allowed), and
# what the others are dropped for
tricks() {
	cat <<-'TRICKS'
	overlap 20 fragment 20
	overlap6 20 fragment 20
	orphan 0 fragment 20
	forbidden-first 0 fragment 20, role-connect 20
	tiny 0 malformed 40
	hidden-ports 0 malformed 40
	nine-headers 0 malformed 20
	eight-headers 0 role-connect 20
	repeated 0 malformed 40
	two-fragments 0 malformed 40
	atomic 0 role-connect 40
	routed 0 malformed 20
	source-route 0 malformed 40
	long-options 0 role-connect 20
	unknown-header 0 role-connect 60
	priority-tag 0 role-connect 40
	stacked 0 unbound 160
	other-tag 0 unbound 40
	short-tag 0 malformed 40
	old-tag 0 ethertype 20
	snap 0 ethertype 40
	encapsulated 0 ethertype 80
	jumbo 0 role-connect 20
	arp-gateway 0 spoofed 40
	arp-victim 0 spoofed 20
	arp-other-mac 0 arp-spoofed 20
	na-gateway 0 spoofed 20
	na-victim 0 spoofed 20
	na-other-mac 0 nd-spoofed 20
	own-address-other-mac 0 mac-mismatch 40
	own-mac-other-address 0 unknown-device 40
	dhcp 0 rogue-dhcp 40
	router 0 rogue-router 40
	redirect 0 rogue-router 20
	TRICKS
}

# try HELPER TAP TRICK: sets sent and past; the tap counts from its last answer on
try() {
	ask "$1" "$3"
	sent=$answer
	sleep 0.02
	ask "$2" end
	past=$answer
}

# by_reason FILE FILE: as reasons, in the alphabet's order
by_reason() {
	reasons "$@" | sed 's/, /\n/g' | sort | paste -sd, | sed 's/,/, /g'
}

try_without() {
	local name rest

	while read -r name rest; do
		try slip lan0 "$name"
		[ "$name" = short-tag ] || # the kernel throws it away
			equal "without picket: $name comes in" "$sent" "$past"
		bare[$name]=$past
	done < <(tricks)
}

try_with() {
	local name may expected

	picket drops --json >"$WORK/before"
	ask lan0 start
	while read -r name may expected; do
		try slip lan0 "$name"
		picket drops --json >"$WORK/after"
		equal "$name: what passes is what may" "$may" "$past"
		equal "$name: the rest is dropped, for its reason" "$expected" "$(by_reason "$WORK/before" "$WORK/after")"
		row "$name" "$sent" "${bare[$name]}" "$past" "$(reasons "$WORK/before" "$WORK/after")"
		mv "$WORK/after" "$WORK/before"
	done < <(tricks)
}

# The MAC that the gateway sends to.
believed() {
	gw ip -json neighbour show "$1" dev lan2 | jq -r '.[0].lladdr'
}

# steal TRICK ADDRESS: what the gateway believes afterwards
steal() {
	gw ip neighbour replace "$2" lladdr $SHARED_MAC nud reachable dev lan2
	sleep 1.1 # an entry is not changed within a second
	try there strangers "$1"
	believed "$2"
}

default_router() {
	gw ip -6 route show default | grep -c fe80::66
}

believe_routers() {
	gw sh -c 'echo 2 >/proc/sys/net/ipv6/conf/lan0/accept_ra; echo 0 >/proc/sys/net/ipv6/conf/lan0/addr_gen_mode'
	gw ip -6 address add fe80::1/64 dev lan0 nodad 2>/dev/null
}

# stolen WITH|WITHOUT MAC ROUTERS
stolen() {
	equal "$1 picket: ARP, a neighbour's address" "$2" "$(steal steal-arp 10.20.0.12)"
	equal "$1 picket: an NA, a neighbour's address" "$2" "$(steal steal-na fd00:20::12)"
	gw ip -6 route flush proto ra 2>/dev/null
	try slip lan0 router
	equal "$1 picket: routers that the gateway follows" "$3" "$(default_router)"
}

declare -A bare=()
sent=0 past=0
attack_topology
gw ip link set lan0 mtu 9000
in_ns att ip link set eth0 mtu 9000
start_helpers
helper slip in_ns att python3 "$HERE/slip.py" eth0 $COUNT
helper there in_ns att2 python3 "$HERE/slip.py" eth0 $COUNT
believe_routers
ask lan0 start
try_without
stolen without 02:00:00:00:20:99 1
attack_policy track >"$WORK/policy.yaml"
check "apply" picket apply --mode native "$WORK/policy.yaml"
row "trick" "frames" "without: came in" "with" "reasons"
try_with
stolen with $SHARED_MAC 0
ask victim go
sleep 0.5
ask victim end
equal "whoever is allowed still is" 0 "$(jq .lost <<<"$answer")"
print_table
finish
