#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Limits hold exactly: what passes in ten seconds is the rate times the time and the burst, from
# one CPU and from two that compete for the same bucket, in packets and in bytes. The only tests
# that measure time. Bursts are 200 ms of the rate, so that a sender which the machine stops for
# less loses nothing.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
private "$0" "$@"

SECONDS_LONG=10
PACKET_RATE=$((40000 / SLOWER)) PACKET_BURST=$((8000 / SLOWER))
BYTE_RATE=$((20000000 / SLOWER)) BYTE_BURST=$((4000000 / SLOWER)) BYTE_FRAME=1000
TCP_RATE=$((40000000 / SLOWER)) TCP_BURST=$((8000000 / SLOWER))
MANY=10000000 # flows: each frame of one that finds its bucket empty asks to be opened again
MAC=02:00:00:00:20:11

# policy LIMIT
policy() {
	cat >"$WORK/policy.yaml" <<-POLICY
	picket: 1
	segments:
	  lan: {interfaces: [lan0], subnets: [10.20.0.0/24]}
	roles:
	  talker:
	    connect:
	      - {to: gateway, ports: [udp/9]}
	    accept:
	      - {from: gateway, ports: [tcp/9000]}
	devices:
	  talker-1:
	    role: talker
	    mac: "$MAC"
	    ip: 10.20.0.11
	    limit: $1
	POLICY
	check "$2: apply" picket apply --mode native "$WORK/policy.yaml"
}

topology() {
	netns gw dev
	in_ns dev sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
	cable gw lan0 dev eth0 $MAC 2
	gw ip address add 10.20.0.1/24 dev lan0
	in_ns dev ip address add 10.20.0.11/24 dev eth0
	gw ip neighbour replace 10.20.0.11 lladdr $MAC dev lan0
}

# Frames that reached the gateway's network stack.
received() {
	# shellcheck disable=SC2016 # awk expands it
	gw awk '/^Ip: [0-9]/ { print $4 }' /proc/net/snmp
}

# flood CPUS BYTES: sets sent and ns.
flood() {
	read -r sent ns < <(in_ns dev "$BUILD/tests/netns" eth0 $MAC $GATEWAY_MAC \
		10.20.0.11 10.20.0.1 9 "$2" $SECONDS_LONG "$1")
}

retries() {
	local map

	for map in "$PICKET_PINS"/slot*/stats; do
		[ ! -e "$map" ] || bpftool -j map dump pinned "$map" | jq '.[0].formatted.values | map(.value) | add'
		return
	done
}

# measure NAME CPUS BYTES RATE BURST UNIT: rate, burst in units of UNIT a frame. A slow machine does not keep each
# bucket empty all the time: less passes there, never more.
measure() {
	local name=$1 cpus=$2 bytes=$3 rate=$4 burst=$5 unit=$6 before after counted sent ns expected passed_now

	before=$(received)
	counted=$(device talker-1 .passed)
	flood "$cpus" "$bytes"
	after=$(received)
	passed_now=$(((after - before) * unit))
	expected=$((rate * (ns / 1000) / 1000000 + burst))
	within "$name: enough was sent" $((expected * 2)) $((sent * unit)) $((1 << 60))
	within "$name: what passed is within 1 % of $expected" $((expected * (SLOWER > 1 ? 95 : 99) / 100)) "$passed_now" \
		$((expected * 101 / 100))
	equal "$name: the device's counter agrees with the gateway's stack" $((after - before)) \
		$(($(device talker-1 .passed) - counted))
	equal "$name: nothing was dropped for another reason" "$7" \
		"$(picket drops --json | jq -rs 'map(.reason) | join(" ")')"
}

# A bucket that has been idle is full again.
rest() {
	sleep 0.5
}

packets() {
	local cpus contended

	policy "{send: {flows: $MANY/s, packets: $PACKET_RATE/s, burst: $PACKET_BURST}}" "packets"
	for cpus in 1 2; do
		rest
		contended=$(retries)
		measure "packets from $cpus CPU" "$cpus" 60 $PACKET_RATE $PACKET_BURST 1 limit-packets
	done
	within "packets from 2 CPUs: they met at the bucket, and tried again" 1 \
		$(($(retries) - contended)) $((1 << 60))
	check "packets: unload" picket unload
}

bytes() {
	local cpus

	policy "{send: {flows: $MANY/s, bytes: ${BYTE_RATE}B/s, burst-bytes: $BYTE_BURST}}" "bytes"
	for cpus in 1 2; do
		rest
		measure "bytes from $cpus CPU" "$cpus" $BYTE_FRAME $BYTE_RATE $BYTE_BURST $BYTE_FRAME limit-bytes
	done
	check "bytes: unload" picket unload
}

# The stack hands the egress program superframes of up to 64 kB. A machine with other things to do makes a sender slow:
# one of three gets its share, an emulated machine's three quarters of it; all of them no more.
superframes() {
	local acknowledged ns all least i

	policy "{receive: {bytes: ${TCP_RATE}B/s, burst-bytes: $TCP_BURST}}" "TCP from the gateway"
	serve dev discard:9000
	for ((i = 0; i < 3; i++)); do
		read -r acknowledged ns < <(sockets gw flood 10.20.0.11 9000 --seconds $SECONDS_LONG)
		all=$((TCP_RATE * (ns / 1000) / 1000000))
		least=$((all * (SLOWER > 1 ? 75 : 90) / 100))
		[ "$acknowledged" -ge $least ] && break
	done
	within "TCP from the gateway gets 90 % of a byte limit, and no more than it" \
		$least "$acknowledged" $((all * 101 / 100 + TCP_BURST))
	within "TCP from the gateway: the limit was met" 1 "$(dropped lan limit-bytes)" $((1 << 60))
	check "TCP from the gateway: unload" picket unload
}

if [ "$(nproc)" -lt 2 ]; then
	skip limits "two CPUs are needed to compete for a bucket"
	finish
fi
[ -x "$BUILD/tests/netns" ] || give_up "$BUILD/tests/netns is there" "build it with make build-tests"
topology
packets
bytes
superframes
finish
