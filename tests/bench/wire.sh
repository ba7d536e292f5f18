#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# On the wire, over veth: million packets a second that are dropped, and that get through to a receiver,
# by picket, by nftables at the netdev ingress hook with the same devices, allow list and limits per device,
# by xdp-filter, by a bare XDP_DROP or XDP_PASS, and by the floor of a drop. Prints one JSON object a line, as tests/bench/bench does.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/../netns/lib.sh"
private "$0" "$@"

BENCH=$BUILD/tests/bench
ROUNDS=${ROUNDS:-3}
SECONDS_EACH=${SECONDS_EACH:-1}
DEVICES=1000
UNLISTED=200000

topology() {
	local i

	netns gen gw sink
	cable gw lan0 gen g0
	cable gw srv0 sink s0 02:00:00:00:01:10
	forwarding gw
	for i in gen gw sink; do
		in_ns $i sh -c 'for i in /proc/sys/net/ipv6/conf/*/disable_ipv6; do echo 1 >$i; done'
	done
	gw ip address add 10.16.0.0/12 dev lan0
	gw ip address add 10.1.0.254/24 dev srv0
	for ((i = 1; i <= 16; i++)); do
		gw ip neighbour replace 10.1.0.$i lladdr 02:00:00:00:01:10 dev srv0
	done
	# frames that XDP sends onto a veth want a NAPI instance at the other end
	gw ethtool -K lan0 gro on
	in_ns sink ethtool -K s0 gro on
	in_ns sink "$BENCH" attach drop 1 1 s0 < <(sleep 1000) >/dev/null &
}

policy() {
	cat <<-'POLICY'
	picket: 1
	segments:
	  sensors: {interfaces: [lan0], subnets: [10.16.0.0/12]}
	  servers: {kind: hosts, interfaces: [srv0], subnets: [10.1.0.0/24]}
	roles:
	  sensor:
	    connect: [{to: servers, ports: [udp/8883]}]
	    limit: {send: {packets: 1000000/s, bytes: 1GB/s}}
	conduits: [{from: sensors, to: servers}]
	devices:
	POLICY
	python3 -c "
for i in range(1, $DEVICES + 1):
    print(f'  d{i}: {{role: sensor, mac: \"02:00:00:00:{i >> 8:02x}:{i & 255:02x}\", ip: 10.16.{i >> 8}.{i & 255}}}')"
}

ruleset() {
	cat <<-'RULES'
	table netdev filter {
		set listed { typeof ether saddr . ip saddr; elements = {
	RULES
	python3 -c "
print(',\n'.join(f'02:00:00:00:{i >> 8:02x}:{i & 255:02x} . 10.16.{i >> 8}.{i & 255}' for i in range(1, $DEVICES + 1)))"
	cat <<-'RULES'
		} }
		set servers { typeof ip daddr . udp dport; elements = {
	RULES
	python3 -c "print(',\n'.join(f'10.1.0.{i} . 8883' for i in range(1, 17)))"
	cat <<-'RULES'
		} }
		set rates { typeof ip saddr; size 65536; flags dynamic; }
		set volumes { typeof ip saddr; size 65536; flags dynamic; }
		chain ingress {
			type filter hook ingress device lan0 priority 0; policy drop;
			ether saddr . ip saddr != @listed drop
			ip daddr . udp dport != @servers drop
			update @rates { ip saddr limit rate over 1000000/second burst 1000000 packets } drop
			update @volumes { ip saddr limit rate over 1000000000 bytes/second burst 1000000000 bytes } drop
			accept
		}
	}
	RULES
}

# Frames that reached the receiver; that the gateway's port took in.
received() {
	in_ns sink ethtool -S s0 | awk '/rx_queue_0_xdp_packets/ { print $2 }'
}

taken_in() {
	gw ip -json -stats link show lan0 | jq '.[0].stats64.rx.packets'
}

busy() {
	awk '/^cpu / { print $2 + $3 + $4 + $6 + $7 + $8 }' /proc/stat
}

# run NAME WHAT SUBJECT FIRST N COUNTER: prints Mpps and CPU seconds a million packets.
run() {
	local name=$1 what=$2 subject=$3 first=$4 n=$5 counter=$6 before after ns ticks packets i all=() cpu=()

	for ((i = 0; i < ROUNDS; i++)); do
		before=$($counter) ticks=$(busy)
		read -r _ ns < <(in_ns gen taskset -c 0 "$BENCH" send g0 "$n" "$first" "$SECONDS_EACH")
		after=$($counter) ticks=$(($(busy) - ticks))
		packets=$((after - before))
		all+=("$(jq -n "$packets * 1000 / $ns")")
		cpu+=("$(jq -n "$ticks / $(getconf CLK_TCK) * 1000000 / ($packets + 1)")")
	done
	printf '%s\n' "${all[@]}" | jq -sc --arg name "$name" --arg what "$what" --arg subject "$subject" \
		--argjson cpu "$(printf '%s\n' "${cpu[@]}" | jq -s 'sort | .[length / 2 | floor]')" \
		'sort | {scenario: $name, what: $what, subject: $subject, mpps: .[length / 2 | floor], min: min, max: max, cpu: $cpu}'
}

DROPPED="dropped on the wire, million packets a second"
PASSED="through to the receiver, million packets a second"

floods() {
	run j-drop "$DROPPED" "$1" $UNLISTED 65536 taken_in
}

flows() {
	run j-pass "$PASSED" "$1" 1 $DEVICES received
}

attached() {
	coproc program { gw "$BENCH" attach "$1" 65536 $UNLISTED lan0; }
	read -r -t 30 -u "${program[0]}" _ || return 1
}

detach() {
	# shellcheck disable=SC2154 # coproc makes it
	local pid=$program_PID

	eval "exec ${program[1]}>&-"
	wait "$pid"
}

topology
policy >"$WORK/policy.yaml"
ruleset >"$WORK/ruleset"
flows "nothing"
picket apply --mode native "$WORK/policy.yaml" >"$WORK/apply" 2>&1 || { cat "$WORK/apply" >&2; exit 1; }
floods picket
flows picket
picket unload >/dev/null
gw ethtool -K lan0 gro on
gw nft -f "$WORK/ruleset"
floods nftables
flows nftables
gw nft flush ruleset
attached drop && floods "XDP_DROP"
detach
attached floor && floods "floor"
detach
attached pass && flows "XDP_PASS"
detach
attached filter && floods "xdp-filter"
