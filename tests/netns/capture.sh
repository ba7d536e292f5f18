#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# An event holds how its frame begins, byte for byte: of frames that arrive and that leave, short ones,
# jumbo ones, and ones whose payload lies in other buffers than their headers.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
private "$0" "$@"

THERM_MAC=02:00:00:00:20:17
FRAMES=$WORK/frames

topology() {
	netns gw therm
	in_ns gw sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
	in_ns therm sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
	cable gw lan0 therm eth0 $THERM_MAC
	gw ip address add 10.20.0.1/24 dev lan0
	in_ns therm ip address add 10.20.0.17/24 dev eth0
	gw ip neighbour replace 10.20.0.17 lladdr $THERM_MAC dev lan0
	in_ns therm ip neighbour replace 10.20.0.1 lladdr $GATEWAY_MAC dev eth0
}

policy() {
	cat <<-POLICY
	picket: 1
	segments:
	  sensors: {interfaces: [lan0], subnets: [10.20.0.0/24]}
	roles:
	  thermometer:
	    accept:
	      - {from: gateway, ports: [tcp/9000]}
	devices:
	  therm-17:
	    role: thermometer
	    mac: "$THERM_MAC"
	    ip: 10.20.0.17
	    limit: {receive: {packets: 1/h, burst: 2}}
	POLICY
}

# udp_frame LENGTH: from therm-17 to the gateway, as hex, with a payload that counts.
udp_frame() {
	local length=$1 i
	local head=${GATEWAY_MAC//:/}${THERM_MAC//:/}0800

	printf '%s4500%04x0001000040110000%s%s%04x%04x%04x0000' "$head" $((length - 14)) 0a140011 0a140001 \
		4000 4000 $((length - 34))
	for ((i = 0; i < length - 42; i++)); do
		printf '%02x' $((i & 255))
	done
}

# seen PATTERN: an event was like this
# shellcheck disable=SC2317 # wait_for calls it
seen() {
	grep -q "$1" "$FRAMES"
}

# Sends $hex again until there is an event: of a device and reason there is one a second.
# shellcheck disable=SC2317 # wait_for calls it
try() {
	inject therm eth0 "raw hex=$hex"
	seen "$1"
}

# captures NAME REASON HEX: what arrives so is reported with its first 128 bytes.
captures() {
	local name=$1 reason=$2 hex=$3 begins=${3:0:256}

	check "$name" wait_for 20 try "^in $reason $((${#hex} / 2)) $((${#begins} / 2)) $begins\$"
}

arriving() {
	captures "$1: 20 bytes" ethertype "${GATEWAY_MAC//:/}${THERM_MAC//:/}9999010203040506"
	captures "$1: 60 bytes" role-connect "$(udp_frame 60)"
	captures "$1: 128 bytes" role-connect "$(udp_frame 128)"
	captures "$1: 129 bytes" role-connect "$(udp_frame 129)"
	captures "$1: a jumbo frame" role-connect "$(udp_frame 8000)"
}

# The headers of what TCP sends are in one buffer, the payload in others.
leaving() {
	local payload

	payload=$(printf 'payload in another buffer, %.0s' 1 2 3 4 5 6 7 8)
	serve therm 9000
	gw timeout 5 bash -c "exec 3<>/dev/tcp/10.20.0.17/9000 && printf '%s' '$payload' >&3; sleep 1"
	check "leaving: with its payload elsewhere" wait_for 10 seen "^out limit-packets $((66 + ${#payload})) 128 \
${THERM_MAC//:/}${GATEWAY_MAC//:/}08004500.*$(printf '%s' "${payload:0:62}" | od -An -v -tx1 | tr -d ' \n')\$"
	gw bash -c 'printf "no room in 60" >/dev/udp/10.20.0.17/4000'
	check "leaving: a short one" wait_for 10 seen "^out role-accept 55 55 \
${THERM_MAC//:/}${GATEWAY_MAC//:/}08004500.*$(printf 'no room in 60' | od -An -v -tx1 | tr -d ' \n')\$"
}

[ -x "$BUILD/tests/netns" ] || give_up "$BUILD/tests/netns is there" "build it with make build-tests"
topology
gw ip link set lan0 mtu 9000
in_ns therm ip link set eth0 mtu 9000
policy >"$WORK/policy.yaml"
for mode in native generic; do
	check "$mode: apply" picket apply --mode $mode "$WORK/policy.yaml"
	nsenter --net=/run/netns/gw "$BUILD/tests/netns" frames >"$FRAMES" 2>&1 &
	reader=$!
	following $reader
	arriving $mode
	[ $mode = generic ] || leaving
	kill $reader
	wait $reader 2>/dev/null
	check "$mode: unload" picket unload
done
finish
