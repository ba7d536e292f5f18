#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `picket learn --live` on a gateway: what happens while it listens is what the policy then allows, and no more.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
private "$0" "$@"

SERVER=10.1.0.10
DEVICE_MAC=02:00:00:00:20:17

topology() {
	netns gw dev srv
	cable gw lan0 dev eth0 $DEVICE_MAC
	cable gw srv0 srv eth0
	forwarding gw
	gw ip address add 10.20.0.1/24 dev lan0
	gw ip address add 10.1.0.1/24 dev srv0
	gw ip -6 address add fd00:20::1/64 dev lan0 nodad
	host dev eth0 10.20.0.1 fd00:20::1 10.20.0.17 fd00:20::17
	host srv eth0 10.1.0.1 fd00:1::1 $SERVER
	serve srv 8883 8884
	serve gw 53
	serve dev 22 80
}

# What the device is there for.
# shellcheck disable=SC2317 # check calls it
business() {
	sockets dev tcp "$SERVER" 8883 && sockets dev udp 10.20.0.1 53 && sockets dev udp fd00:20::1 53 &&
		sockets srv tcp 10.20.0.17 22 && sockets gw tcp 10.20.0.17 80 && pings gw 10.20.0.17
}

# listen ARGUMENTS...: learn --live in the background, when it hears; its process is $learning.
listen() {
	local before

	before=$(gw sh -c 'wc -l </proc/net/packet')
	nsenter --net=/run/netns/gw "$PICKET" learn --live "$@" >"$WORK/learned" 2>"$WORK/learn.log" &
	learning=$!
	wait_for 10 gw sh -c "[ \$(wc -l </proc/net/packet) -ge $((before + 2)) ]"
}

# heard NAME: interrupted, it ends well.
heard() {
	kill -INT "$learning"
	wait "$learning"
	equal "$1" 0 $?
}

says() {
	check "the policy says: $1" grep -qF -- "$1" "$WORK/policy.yaml"
}

test_listening() {
	listen --hosts servers=srv0 -o "$WORK/policy.yaml" lan0 srv0
	check "the device goes about its business" business
	heard "interrupted, it writes what it has learned"
	check "... which has no errors" picket check "$WORK/policy.yaml"
	says "mode: audit"
	says "addresses: [10.20.0.1"
	says "subnets: [10.20.0.0/24, \"fd00:20::/64\"]"
	says "servers:"
	says "- {to: $SERVER, ports: [tcp/8883]}"
	says "- {to: gateway, ports: [udp/53]}"
	says "- {from: gateway, ports: [icmp, tcp/80]}"
	says "- {from: $SERVER, ports: [tcp/22]}"
	says "mac: \"$DEVICE_MAC\""
	equal "one device" 1 "$(picket --json check "$WORK/policy.yaml" | jq .summary.devices)"
}

test_enforced() {
	sed '/^mode: audit/d' "$WORK/policy.yaml" >"$WORK/enforced.yaml"
	check "enforced" picket apply "$WORK/enforced.yaml"
	check "... its business goes on" business
	dropping "... nothing else does" lan0 segment sockets dev tcp "$SERVER" 8884
	injected "... nobody else is let in" lan0 unknown-device 1 dev eth0 \
		"udp smac=02:00:00:00:20:66 from=10.20.0.66 to=10.20.0.1 sport=4000 dport=53"
	listen --for 1s
	wait "$learning"
	check "of what is enforced it says that not all is seen" grep -q "enforces the segment lan0" "$WORK/learn.log"
}

test_live_ports() {
	check "in audit mode" picket apply "$WORK/policy.yaml"
	listen --hosts servers=srv0
	check "all passes" sockets dev tcp "$SERVER" 8884
	heard "interrupted, it ends"
	check "it heard it on the live policy's ports" grep -qF -- "- {to: $SERVER, ports: [tcp/8884]}" "$WORK/learned"
	check "the filter is where it was" picket status
}

test_faults() {
	local status

	picket learn --live nosuch0 >"$WORK/learned" 2>"$WORK/learn.log"
	equal "an interface that is not there" "3 picket: there is no interface nosuch0 to listen on" \
		"$? $(cat "$WORK/learn.log")"
	picket learn --live --for 1s -o "$WORK/none/policy.yaml" lan0 >"$WORK/learned" 2>"$WORK/learn.log"
	status=$?
	equal "a file that cannot be is refused before it listens" 3 $status
	listen --for 1h lan0 srv0
	gw ip link set lan0 down
	sleep 0.5 # it is heard of that before the interface is gone, of which the kernel says nothing more
	gw ip link delete lan0
	gw ip link delete srv0
	wait_for 10 sh -c "! kill -0 $learning"
	kill "$learning" 2>/dev/null
	wait "$learning"
	equal "without an interface there is nothing to learn" 1 $?
	check "... and it says which went" grep -q "lan0 is not listened on any more" "$WORK/learn.log"
}

topology
test_listening
test_enforced
test_live_ports
picket unload
picket learn --live >/dev/null 2>&1
equal "without a policy and a PORT it wants one" 2 $?
test_faults
finish
