#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Policies that replace one another under traffic, flows that a new policy forbids, expiry without
# any process, processes that are killed, and what unload leaves behind: nothing.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
private "$0" "$@"

SWAPS=200
KILLS=40
SERVER=10.1.0.10
DEVICE=10.20.0.11
MAC=02:00:00:00:20:11
SERVER_MAC=02:00:00:00:01:10

# Neighbours are fixed, IPv6 and GRO are off: every frame that the gateway takes in on one port
# leaves by the other, one for one.
topology() {
	local name

	netns gw dev srv
	for name in gw dev srv; do
		in_ns $name sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
	done
	cable gw lan0 dev eth0 $MAC
	cable gw srv0 srv eth0 $SERVER_MAC
	forwarding gw
	gw ip address add 10.20.0.1/24 dev lan0
	gw ip address add 10.1.0.1/24 dev srv0
	in_ns dev ip address add $DEVICE/24 dev eth0
	in_ns dev ip route add default via 10.20.0.1
	in_ns srv ip address add $SERVER/24 dev eth0
	in_ns srv ip route add default via 10.1.0.1
	gw ip neighbour replace $DEVICE lladdr $MAC dev lan0
	gw ip neighbour replace $SERVER lladdr $SERVER_MAC dev srv0
	in_ns dev ip neighbour replace 10.20.0.1 lladdr $GATEWAY_MAC dev eth0
	in_ns srv ip neighbour replace 10.1.0.1 lladdr $GATEWAY_MAC dev eth0
	serve srv 8883 5683
}

# policy FILE PORTS [LINE-OF-DEVICE]: a device that may open PORTS to the server.
policy() {
	cat >"$WORK/$1" <<-POLICY
	picket: 1
	segments:
	  sensors: {interfaces: [lan0], subnets: [10.20.0.0/24]}
	  servers: {kind: hosts, interfaces: [srv0], subnets: [10.1.0.0/24]}
	roles:
	  sensor:
	    connect:
	      - {to: servers, ports: [$2]}
	devices:
	  dev-1: {role: sensor, mac: "02:00:00:00:20:11", ip: 10.20.0.11${3-}}
	conduits:
	  - {from: sensors, to: servers}
	POLICY
}

# Another shape altogether: more segments, devices and roles, limits, audit elsewhere.
other_policy() {
	cat >"$WORK/$1" <<-'POLICY'
	picket: 1
	segments:
	  guests: {interfaces: [{name: lan0, vlan: 7}], subnets: [10.99.0.0/24], mode: audit}
	  servers: {kind: hosts, interfaces: [srv0], subnets: [10.1.0.0/24]}
	  sensors: {interfaces: [lan0], subnets: [10.20.0.0/24, "fd00:20::/64"], fragments: track, dhcp: true}
	roles:
	  printer: {connect: [{to: any}]}
	  base: {connect: [{to: servers, ports: [tcp/8883, icmp]}]}
	  sensor: {extends: [base], limit: {send: {packets: 1000000/s}}}
	devices:
	  printer-1: {role: printer, mac: "02:00:00:00:99:01", ip: 10.99.0.5}
	  dev-0: {role: sensor, mac: "02:00:00:00:20:10", ip: "fd00:20::10", valid-until: 2040-01-01T00:00:00Z}
	  dev-1: {role: sensor, mac: "02:00:00:00:20:11", ip: 10.20.0.11}
	  dev-2: {role: sensor, mac: "02:00:00:00:20:12", segment: sensors}
	conduits:
	  - {from: sensors, to: servers, ports: [tcp/8883, icmp]}
	  - {from: guests, to: servers}
	POLICY
}

apply() {
	picket apply --mode native "$WORK/$1" >"$WORK/apply.out" 2>&1 || {
		cat "$WORK/apply.out"
		return 1
	}
}

# snmp NS PROTOCOL FIELD: one of the kernel's counters.
snmp() {
	# shellcheck disable=SC2016 # awk expands it
	in_ns "$1" awk -v protocol="$2:" -v field="$3" '$1 != protocol { next }
		!n { for (i = 2; i <= NF; i++) if ($i == field) n = i; next } { print $n }' /proc/net/snmp
}

# driver PORT PATTERN: what a port's driver counted itself, its queues together.
driver() {
	gw ethtool -S "$1" | awk -v pattern="$2" '$1 ~ pattern { n += $2 } END { print n + 0 }'
}

# What no counter of picket's can hide: frames that its XDP programs took in, and dropped, on
# both ports, by the driver's count.
taken_in() {
	echo "$(driver lan0 _xdp_packets:) $(driver srv0 _xdp_packets:)"
}

thrown_away() {
	echo "$(driver lan0 '_(xdp_)?drops:') $(driver srv0 '_(xdp_)?drops:')"
}

# Frames that left for the server, and for the device.
let_out() {
	local port

	for port in srv0 lan0; do
		gw ip -stats -json link show $port | jq '.[0].stats64.tx.packets'
	done | xargs
}

# since "A B" "C D": C - A and D - B.
since() {
	local before now

	read -ra before <<<"$1"
	read -ra now <<<"$2"
	echo "$((now[0] - before[0])) $((now[1] - before[1]))"
}

# segments NS: that it sent, for the first time or again.
segments() {
	echo $(($(snmp "$1" Tcp OutSegs) + $(snmp "$1" Tcp RetransSegs)))
}

drops() {
	picket drops --json | jq -s 'map(.packets) | add // 0'
}

# Both keep so little on the way that it fits into a veth's queue (256 frames), which loses the
# rest of a longer burst, with picket or without. They give way to apply.
start_traffic() {
	nsenter --net=/run/netns/dev nice -n 19 python3 "$HERE/sockets.py" \
		steady $SERVER 8883 --timeout 5 <"$WORK/stop" >"$WORK/steady" 2>&1 &
	steady=$!
	exec {stop}>"$WORK/stop"
	nsenter --net=/run/netns/dev nice -n 19 ping -q -n -f $SERVER >"$WORK/ping" 2>&1 &
	ping=$!
}

stop_traffic() {
	kill -INT $ping
	wait $ping
	echo >&"$stop"
	exec {stop}>&-
	wait $steady
	sleep 0.2
}

swap_under_traffic() {
	local i port in out thrown answers bad=0 idle=0 steady ping stop

	check "a policy goes live" apply a.yaml
	for port in lan0 srv0; do
		gw ethtool -K $port gro off
	done
	in=$(taken_in) out=$(let_out) thrown=$(thrown_away)
	start_traffic
	sleep 0.5
	for ((i = 1; i <= SWAPS; i++)); do
		answers=$(snmp dev Icmp InEchoReps)
		if ((i % 2)); then apply b.yaml; else apply a.yaml; fi || bad=$((bad + 1))
		[ "$(snmp dev Icmp InEchoReps)" -gt "$answers" ] || idle=$((idle + 1))
	done
	stop_traffic
	equal "$SWAPS swaps went live" 0 $bad
	# A ping that gives way may get no CPU in one of them.
	check "pings went on in nearly all of them ($idle without)" test $((idle * 10)) -le $SWAPS
	within "pings" 10000 "$(snmp dev Icmp OutEchos)" 1000000000
	equal "every ping reached the server" "$(snmp dev Icmp OutEchos)" "$(snmp srv Icmp InEchos)"
	equal "every answer reached the device" "$(snmp srv Icmp OutEchoReps)" "$(snmp dev Icmp InEchoReps)"
	within "bytes of the TCP transfer" 10000000 "$(tail -n 1 "$WORK/steady")" 1000000000000
	# Segments sent twice are no sign of loss: TCP does that too when its process is kept waiting.
	equal "every segment of it reached the server" "$(segments dev)" "$(snmp srv Tcp InSegs)"
	equal "every segment back reached the device" "$(segments srv)" "$(snmp dev Tcp InSegs)"
	equal "what the ports took in, they let out" "$(since "$in" "$(taken_in)")" "$(since "$out" "$(let_out)")"
	equal "the driver saw no program drop a frame" "$thrown" "$(thrown_away)"
	equal "picket counted none either" 0 "$(drops)"
}

# empty DIRECTION: takes the live program away. What the account above must then see.
empty() {
	local slot

	for slot in 0 1; do
		bpftool map delete pinned "$PICKET_PINS/$1_slots" key $slot 0 0 0
	done >/dev/null 2>&1
}

# The account of frames would have shown a moment without a policy, of which picket's own counters know nothing.
account_can_fail() {
	local in out thrown

	in=$(taken_in) out=$(let_out) thrown=$(thrown_away)
	empty ingress
	refuse "without a program on the way in nothing passes" pings dev $SERVER
	equal "... which the driver counts" "1 0" "$(since "$thrown" "$(thrown_away)")"
	equal "... and is missing on the way out" "1 0 0 0" \
		"$(since "$in" "$(taken_in)") $(since "$out" "$(let_out)")"
	check "the next apply mends it" apply a.yaml
	check "... so that pings pass again" pings dev $SERVER
	equal "picket counted none of it" 0 "$(drops)"
}

# That the gateway sends a datagram and the device gets it, which none of the policies allows.
tells_device() {
	local before

	before=$(snmp dev Udp NoPorts)
	gw bash -c "echo >/dev/udp/$DEVICE/9"
	[ "$(snmp dev Udp NoPorts)" -gt "$before" ]
}

# Where a classifier outlives its program, the gateway is not cut off.
way_out() {
	refuse "what leaves is judged" tells_device
	empty egress
	check "without a program on the way out, what leaves passes" tells_device
	check "... and what is forwarded" pings dev $SERVER
	check "the next apply mends that" apply a.yaml
	refuse "... so that what leaves is judged" tells_device
}

say() {
	echo >&"${held[1]}"
	read -r -t 5 -u "${held[0]}" answer
	echo "$answer"
}

# shellcheck disable=SC2317 # wait_for calls it
echoes() {
	[ "$(say)" = echo ]
}

forbidden_flow() {
	local answer before

	check "a policy that allows TCP and UDP" apply a.yaml
	coproc held { sockets dev held $SERVER 8883; }
	read -r -t 5 -u "${held[0]}" answer
	equal "a connection is open" "connected echo" "$answer $(say)"
	check "a UDP flow is open" sockets dev udp $SERVER 5683 --source-port 7000
	check "a policy that allows neither" apply none.yaml
	before=$(snmp srv Tcp InSegs)
	equal "the connection is silent" silence "$(say)"
	equal "not one segment arrived" "$before" "$(snmp srv Tcp InSegs)"
	within "its segments are counted" 1 "$(dropped sensors role-connect)" 100
	before=$(snmp srv Udp InDatagrams)
	dropping "the UDP flow stops" sensors role-connect sockets dev udp $SERVER 5683 --source-port 7000
	equal "not one datagram arrived" "$before" "$(snmp srv Udp InDatagrams)"
	check "pings, which both allow, go on" pings dev $SERVER
	check "the first policy again" apply a.yaml
	check "the connection goes on where it was" wait_for 10 echoes
}

expiry() {
	policy short.yaml "tcp/8883, icmp" ", valid-until: $(date -u -d '+4 seconds' +%Y-%m-%dT%H:%M:%SZ)"
	check "a device that is valid for seconds" apply short.yaml
	check "... passes" pings dev $SERVER
	sleep 4.1
	dropping "... and no more when they are over, with nobody running" sensors expired pings dev $SERVER
	dropping "... nor is anything sent to it" servers expired pings srv 10.20.0.11
}

still_filters() {
	check "$1: what is allowed passes" pings dev $SERVER
	refuse "$1: what is not does not" sockets dev udp $SERVER 5683 --timeout 0.3
}

killed() {
	local i follower policy bad=0

	check "a policy goes live before the kills" apply b.yaml
	nsenter --net=/run/netns/gw "$PICKET" drops --follow --json >/dev/null 2>&1 &
	follower=$!
	sleep 0.3
	kill -9 $follower
	wait $follower 2>/dev/null
	still_filters "drops --follow killed"
	for ((i = 1; i <= KILLS; i++)); do
		policy=b.yaml
		((i % 2)) && policy=none.yaml
		timeout -s KILL "0.0$((i * 37 % 90 + 10))" nsenter --net=/run/netns/gw "$PICKET" apply "$WORK/$policy" >/dev/null 2>&1
		{ pings dev $SERVER && ! sockets dev udp $SERVER 5683 --timeout 0.1; } >/dev/null 2>&1 || bad=$((bad + 1))
	done
	equal "apply killed $KILLS times on its way: always one policy or the other" 0 $bad
	check "status finds what is live" picket status
	still_filters "after the kills"
	check "the next apply goes through" apply b.yaml
	still_filters "after that"
}

interfaces() {
	local port

	for port in lan0 srv0; do
		gw ip -json -details link show "$port" | jq -c 'map(del(.stats64, .stats))'
		gw ethtool -k "$port"
		gw tc qdisc show dev "$port"
		gw tc filter show dev "$port" ingress
		gw tc filter show dev "$port" egress
	done
}

# shellcheck disable=SC2317 # wait_for calls it
none_left() {
	local kind id

	while read -r kind id; do
		! bpftool "$kind" show id "$id" || return 1
	done <"$WORK/objects"
}

unloaded() {
	local mode before

	check "unload" picket unload
	for mode in native generic; do
		before=$(interfaces)
		check "$mode: apply" picket apply --mode $mode "$WORK/b.yaml"
		objects >"$WORK/objects"
		within "$mode: programs, maps and links are there" 10 "$(wc -l <"$WORK/objects")" 1000
		check "$mode: unload" picket unload
		check "$mode: no program, map or link is left" wait_for 5 none_left
		equal "$mode: interfaces, offloads and queueing are as they were" "$before" "$(interfaces)"
		equal "$mode: no pin is left" "" "$(pins_left)"
		refuse "$mode: nothing is live" picket drops
	done
}

topology
mkfifo "$WORK/stop"
policy a.yaml "tcp/8883, udp/5683, icmp"
policy none.yaml "icmp"
other_policy b.yaml
swap_under_traffic
account_can_fail
way_out
forbidden_flow
expiry
killed
unloaded
finish
