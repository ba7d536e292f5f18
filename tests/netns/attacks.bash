# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What attacks.sh and bypass.sh share: a gateway with victims, attackers and a server, and a table of what became
# of each attack.
#
#   att  ---------- lan0   guests    10.30.0.0/24   the attacker's own port
#   vic  ---------- lan1   sensors   10.20.0.0/24   a victim's own port
#   vic2 --+
#   att2 --+-- sw - lan2   sensors                  a switch that a victim shares with an attacker
#   net  ---------- wan0   uplink    0.0.0.0/0
#   srv  ---------- srv0   servers   10.1.0.0/24    its server

SERVER=10.1.0.10 SERVER6=fd00:1::10 PORT=5683
# Flows that the victim leaves alone: so few that hardly five of them share a bucket, where it may hold four against
# a flood that happens to be there, too.
IDLE=40
VICTIM_MAC=02:00:00:00:20:11 SHARED_MAC=02:00:00:00:20:12 ATTACKER_MAC=02:00:00:00:30:66
TABLE=$WORK/table
declare -A helpers=()
answer=

bridge() {
	netns sw
	cable gw lan2 sw up0
	cable sw vic0 vic2 eth0 $SHARED_MAC
	cable sw att0 att2 eth0 02:00:00:00:20:99
	in_ns sw ip link add br0 type bridge
	local port
	for port in up0 vic0 att0; do
		in_ns sw ip link set "$port" master br0
	done
	in_ns sw sh -c 'for f in /proc/sys/net/ipv6/conf/*/disable_ipv6; do echo 1 >$f; done'
	in_ns sw ip link set br0 up
}

# Nobody needs to ask for an address, so that frames can be counted.
known_neighbours() {
	gw ip neighbour replace 203.0.113.2 lladdr 02:00:00:00:99:01 dev wan0
	local line ns mac port
	while read -r ns port mac line; do
		for line in $line; do
			gw ip neighbour replace "$line" lladdr $mac dev "$port"
		done
		for line in 10.1.0.1 10.20.0.1 fd00:1::1 fd00:20::1; do
			in_ns "$ns" ip neighbour replace "$line" lladdr $GATEWAY_MAC dev eth0
		done
	done <<-NEIGHBOURS
	vic lan1 $VICTIM_MAC 10.20.0.11 fd00:20::11
	vic2 lan2 $SHARED_MAC 10.20.0.12 fd00:20::12
	srv srv0 02:00:00:00:10:10 $SERVER $SERVER6
	NEIGHBOURS
}

attack_topology() {
	netns gw att att2 vic vic2 net srv
	# attackers say nothing but what they are told to
	in_ns att sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
	in_ns att2 sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
	in_ns net sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
	cable gw lan0 att eth0 $ATTACKER_MAC
	cable gw lan1 vic eth0 $VICTIM_MAC
	cable gw srv0 srv eth0 02:00:00:00:10:10
	cable gw wan0 net eth0 02:00:00:00:99:01
	bridge
	forwarding gw
	local port
	for port in lan1 lan2; do
		gw ip address add 10.20.0.1/32 dev $port
		gw ip -6 address add fd00:20::1/128 dev $port nodad
	done
	gw ip address add 10.30.0.1/24 dev lan0
	gw ip address add 203.0.113.1/24 dev wan0
	gw ip address add 10.1.0.1/24 dev srv0
	gw ip -6 address add fd00:1::1/64 dev srv0 nodad
	host vic eth0 10.20.0.1 fd00:20::1 10.20.0.11 fd00:20::11
	host vic2 eth0 10.20.0.1 fd00:20::1 10.20.0.12 fd00:20::12
	host srv eth0 10.1.0.1 fd00:1::1 $SERVER $SERVER6
	route lan1 10.20.0.11 fd00:20::11
	route lan2 10.20.0.12 fd00:20::12
	known_neighbours
	gw ip route add default via 203.0.113.2
	# whatever it is sent, the server's network answers for all of its addresses without asking for each
	in_ns srv ip route add local 10.1.0.0/24 dev lo
	gw ip route replace 10.1.0.128/25 via $SERVER
}

attack_policy() {
	cat <<-POLICY
	picket: 1
	segments:
	  guests: {interfaces: [lan0], subnets: [10.30.0.0/24, "fd00:30::/64"], fragments: ${1-drop}}
	  sensors: {interfaces: [lan1, lan2], subnets: [10.20.0.0/24, "fd00:20::/64"]}
	  servers: {kind: hosts, interfaces: [srv0], subnets: [10.1.0.0/24, "fd00:1::/64"]}
	  uplink: {kind: hosts, interfaces: [wan0], subnets: [0.0.0.0/0, "::/0"]}
	roles:
	  sensor:
	    connect: [{to: servers, ports: [udp/$PORT, icmp]}]
	    accept: [{from: uplink, ports: [tcp/8080]}]
	  visitor:
	    connect: [{to: servers, ports: [udp/$PORT]}]
	  anything:
	    connect: [{to: servers, ports: [udp, tcp]}]
	devices:
	  victim: {role: sensor, mac: "$VICTIM_MAC", ip: [10.20.0.11, "fd00:20::11"]}
	  shared: {role: sensor, mac: "$SHARED_MAC", ip: [10.20.0.12, "fd00:20::12"]}
	  guest: {role: visitor, mac: "$ATTACKER_MAC", ip: [10.30.0.66, "fd00:30::66"]}
	  modest: {role: anything, mac: "02:00:00:00:30:67", ip: 10.30.0.67}
	  greedy:
	    role: anything
	    mac: "02:00:00:00:30:68"
	    ip: 10.30.0.68
	    limit: {send: {flows: 10000000/s, burst-flows: 10000000}}
	conduits:
	  - {from: [sensors, guests], to: servers}
	  - {from: uplink, to: sensors}
	POLICY
}

witness() {
	local ns=$1
	shift
	in_ns "$ns" python3 "$HERE/witness.py" "$@"
}

# Victims that talk, and taps on the ports that attackers come in by.
start_helpers() {
	local port

	helper server witness srv serve $PORT
	helper victim witness vic talk $SERVER $PORT --echo $SERVER6 --idle $IDLE
	helper shared witness vic2 talk $SERVER $PORT --echo $SERVER6
	for port in lan0 lan2 wan0; do
		helper "$port" witness gw tap "$port"
	done
	helper strangers witness gw tap lan2 --but $SHARED_MAC
}

# helper NAME COMMAND...: lives in the background; ask it, by its name.
helper() {
	local name=$1 descriptor
	shift

	mkfifo "$WORK/$name.in"
	"$@" <"$WORK/$name.in" >"$WORK/$name" 2>"$WORK/$name.err" &
	exec {descriptor}>"$WORK/$name.in"
	helpers[$name]=$descriptor
	wait_for 20 grep -qx ready "$WORK/$name" || give_up "$name is there" "$(cat "$WORK/$name.err")"
}

# answered NAME LINES: it has printed more than that.
answered() {
	[ "$(wc -l <"$WORK/$1")" -gt "$2" ]
}

# ask NAME LINE: $answer is the line that it answers with.
ask() {
	local name=$1 lines

	lines=$(wc -l <"$WORK/$name")
	echo "$2" >&"${helpers[$name]}"
	wait_for 30 answered "$name" "$lines" ||
		give_up "$name answers to $2" "$(cat "$WORK/$name.err")"
	# shellcheck disable=SC2034 # the scripts read it
	answer=$(tail -n 1 "$WORK/$name")
}

# reasons FILE FILE: what was added to the first of two outputs of `picket drops --json`, but for what the server's
# answers met.
reasons() {
	jq -rn --slurpfile a "$1" --slurpfile b "$2" 'def sums: map(select(.verdict == "drop" and .segment != "servers")) | group_by(.reason) |
		map({key: .[0].reason, value: map(.packets) | add}) | from_entries;
		($a | sums) as $before | $b | sums | to_entries | map(.value -= ($before[.key] // 0)) |
		map(select(.value > 0)) | sort_by(-.value) | map("\(.key) \(.value)") | join(", ")'
}

# row CELLS...: of the table
row() {
	local IFS='|'
	echo "$*" >>"$TABLE"
}

print_table() {
	echo
	column -t -s '|' "$TABLE"
	echo
}
