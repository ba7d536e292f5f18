#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# One device fills what devices share: the others have what they had.
#
#	fault                                    promise                                      injected by
#	flows without end, answered              other devices' flows stay, and new ones of   frames of 60,000 ports
#	                                         theirs get their answers
#	flows without end, not answered          the same                                     "
#	addresses without end of one MAC         it holds 16; what others use is found        frames of 600 addresses
#	first fragments without end              others' datagrams arrive whole               frames of 20,000 ids
#	refused by every limit                   6 entries of it; others' refusals are told   more than the limits allow
#	nobody reads the events                  frames are judged and counted as ever; what  4,800 devices that are
#	                                         was not told is counted; a new reader gets   refused
#	                                         what happens from then on, whole
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
private "$0" "$@"

SERVER=10.1.0.10
PORT=5683
ATTACKER_MAC=02:00:00:00:20:66 LEARNER_MAC=02:00:00:00:20:67
VICTIM_MAC=02:00:00:00:21:01
VICTIMS=64 EACH=8 # flows of each; some share buckets of the table with the attacker's, and with each other
FLOWS=$((VICTIMS * EACH))

victims() {
	local i

	for ((i = 1; i <= VICTIMS; i++)); do
		echo "10.21.0.$i"
	done
}

topology() {
	local name address

	netns gw att vic srv
	for name in gw att vic srv; do
		in_ns $name sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
	done
	cable gw lan0 att eth0 $ATTACKER_MAC
	cable gw lan1 vic eth0 $VICTIM_MAC
	cable gw srv0 srv eth0
	forwarding gw
	gw ip address add 10.20.0.254/16 dev lan0
	gw ip address add 10.21.0.254/16 dev lan1
	gw ip address add 10.1.0.1/24 dev srv0
	in_ns att ip address add 10.20.0.66/16 dev eth0
	for address in $(victims) 10.21.0.99 10.21.0.200; do
		in_ns vic ip address add "$address/16" dev eth0
		gw ip neighbour replace "$address" lladdr $VICTIM_MAC dev lan1
	done
	in_ns srv ip address add $SERVER/24 dev eth0
	in_ns att ip route add default via 10.20.0.254
	in_ns vic ip route add default via 10.21.0.254
	in_ns srv ip route add default via 10.1.0.1
	in_ns att sh -c 'echo 1000 >/proc/sys/net/ipv4/icmp_ratelimit' # closed ports answer
	mkfifo "$WORK/server"
	in_ns srv python3 "$HERE/crowd.py" serve $PORT <"$WORK/server" >"$WORK/serving" &
	exec {server_in}>"$WORK/server"
	wait_for 10 test -s "$WORK/serving"
}

policy() {
	local i=0 address

	cat <<-POLICY
	picket: 1
	gateway: {addresses: [10.20.0.254, 10.21.0.254, 10.1.0.1]}
	segments:
	  attackers: {interfaces: [lan0], subnets: [10.20.0.0/16], dhcp: true, fragments: track}
	  victims: {interfaces: [lan1], subnets: [10.21.0.0/16], dhcp: true, fragments: track}
	  servers: {kind: hosts, interfaces: [srv0], subnets: [10.1.0.0/24]}
	roles:
	  sensor:
	    connect: [{to: servers, ports: [udp, icmp]}]
	    accept: [{from: servers, ports: [icmp]}]
	  open: {extends: [sensor], limit: {send: {flows: 10000000/s}, receive: {flows: 10000000/s}}}
	  little:
	    extends: [sensor]
	    limit: {send: {packets: 10/s, burst: 10}, receive: {packets: 10/s, burst: 10}}
	devices:
	  attacker: {role: open, mac: "$ATTACKER_MAC", ip: 10.20.0.66}
	  learner: {role: open, mac: "$LEARNER_MAC", segment: attackers}
	  limited: {role: little, ip: 10.20.0.68}
	  other: {role: little, ip: 10.21.0.99}
	  by-mac: {role: sensor, mac: "$VICTIM_MAC", segment: victims}
	POLICY
	for address in $(victims); do
		echo "  v-$((i += 1)): {role: sensor, ip: $address}"
	done
	echo "conduits: [{from: [attackers, victims], to: servers}, {from: servers, to: [attackers, victims]}]"
}

# crowd WORD: how many of the victims' flows heard something.
crowd() {
	local got

	echo "$1" >&"${held[1]}"
	read -r -t 20 -u "${held[0]}" got
	echo "${got:-nothing}"
}

server() {
	sleep 0.3 # until what is on the way has come
	echo "$1" >&"$server_in"
}

# Datagrams of the attacker's to a port that answers, or does not.
flood() {
	inject att eth0 "udp smac=$ATTACKER_MAC from=10.20.0.66 to=$SERVER sport=1-60000 dport=$1"
}

# flood_of WHAT PORT: what is open before it hears of the server after it without having said anything itself, and so
# does what was asked before it, and not answered yet.
flood_of() {
	local what=$1 port=$2 before after refused

	equal "$what: the victims' flows are open" $FLOWS "$(crowd now)"
	before=$(evicted)
	flood "$port"
	after=$(evicted)
	within "$what: one device's flows push each other out" 50000 $((after - before)) 60000
	refused=$(refused_answers)
	server again
	within "$what: ... and none of other devices' (a queue may be full)" $((FLOWS * 95 / 100)) "$(crowd listen)" $FLOWS
	crowd renew >/dev/null
	crowd late >/dev/null
	flood "$port"
	server late
	within "$what: ... nor their requests before they are answered" $((FLOWS * 95 / 100)) "$(crowd listen)" $FLOWS
	within "$what: no answer was refused (but the oldest flow of a full bucket's)" "$refused" "$(refused_answers)" $((refused + 1))
}

# Of the server's to the victims, because the flow was no more.
refused_answers() {
	picket devices --json | jq '[.[] | select(.device | startswith("v-")) | .dropped] | add'
}

test_flows() {
	# shellcheck disable=SC2046 # addresses
	coproc held { in_ns vic python3 "$HERE/crowd.py" hold $SERVER $PORT $EACH $(victims); }
	read -r -t 10 -u "${held[0]}" _
	flood_of "a flood of requests" 9
	crowd renew >/dev/null
	check "all flows are forgotten" picket unload
	check "... and the policy is back" picket apply "$WORK/policy.yaml"
	flood_of "a flood of flows" $PORT
}

evicted() {
	picket status --json | jq .flows_evicted
}

learned_by() {
	local row

	row=$(bpftool -j map dump pinned "$(find "$PICKET_PINS" -name learned)" | jq length)
	echo "$row"
}

test_learned() {
	check "a device that is known by its MAC uses an address" pings vic $SERVER -I 10.21.0.200
	within "an address is learned" 1 "$(learned_by)" 2
	inject att eth0 "udp smac=$LEARNER_MAC from=10.20.1.1-10.20.3.88 to=$SERVER sport=7 dport=9"
	within "600 addresses of one MAC: 16 are held" 17 "$(learned_by)" 18
	check "... and the other device is found by its own" pings srv 10.21.0.200
}

test_fragments() {
	local i
	local -a first=() last=()

	for ((i = 1; i <= VICTIMS; i++)); do
		first+=("fragment smac=$VICTIM_MAC from=10.21.0.$i to=$SERVER sport=7 dport=9 part=first id=1-4")
		last+=("fragment smac=$VICTIM_MAC from=10.21.0.$i to=$SERVER sport=7 dport=9 part=last id=1-4")
	done
	inject vic eth0 "${first[@]}"
	inject att eth0 "fragment smac=$ATTACKER_MAC from=10.20.0.66 to=$SERVER sport=7 dport=9 part=first id=1-20000"
	injected "first fragments without end: others' later ones pass" victims fragment 0 vic eth0 "${last[@]}"
	injected "... and one without a first does not" victims fragment 1 vic eth0 \
		"fragment smac=$VICTIM_MAC from=10.21.0.1 to=$SERVER sport=7 dport=9 part=last id=999"
}

refusals() {
	bpftool -j map dump pinned "$(find "$PICKET_PINS" -name refusals)" | jq length
}

test_refusals() {
	local i

	for ((i = 0; i < 3; i++)); do
		inject att eth0 "udp smac=$ATTACKER_MAC from=10.20.0.68 to=$SERVER sport=1-3000 dport=9"
	done
	within "refused without end: a device has at most 6 entries" 1 "$(refusals)" 6
	injected "another one's limit still refuses" victims limit-packets 20 vic eth0 \
		"udp smac=$VICTIM_MAC from=10.21.0.99 to=$SERVER sport=7 dport=9 count=30"
	equal "... which is told of it" 20 "$(picket devices other --json |
		jq '[.limits[].refused] | add')"
}

topology
policy >"$WORK/policy.yaml"
check "a policy" picket apply "$WORK/policy.yaml"
test_flows
test_learned
test_fragments
test_refusals
finish
