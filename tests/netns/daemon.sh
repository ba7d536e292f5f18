#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The daemon: it attaches what comes back, follows the host's changes, applies on SIGHUP, tells every reader of
# every event, and ends without ending the filter.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
private "$0" "$@"

DEVICE_MAC=02:00:00:00:20:17

plug_in() {
	cable gw lan0 dev eth0 $DEVICE_MAC
	gw ip address add 10.20.0.1/24 dev lan0
	in_ns dev ip address add 10.20.0.17/24 dev eth0
}

topology() {
	netns gw dev
	plug_in
}

policy() {
	cat <<-POLICY
	picket: 1
	segments:
	  sensors: {interfaces: [lan0], subnets: [10.20.0.0/24]}
	  spare: {interfaces: [lan1], subnets: [10.30.0.0/24]}
	roles:
	  thermometer: {connect: [{to: gateway, ports: [icmp${1-}]}], accept: [{from: gateway, ports: [icmp]}]}
	devices:
	  therm-17: {role: thermometer, mac: "$DEVICE_MAC", ip: 10.20.0.17}
	POLICY
}

pinging() {
	pings dev "${1:-10.20.0.1}"
}

attached() {
	[ "$(picket status --json 2>/dev/null | jq -r --arg port "$1" '.ports[] | select(.interface == $port) | .attached')" = "$2" ]
}

generation() {
	picket status --json 2>/dev/null | jq .generation
}

newer_than() {
	[ "$(generation)" -gt "$1" ]
}

forbidden() {
	inject dev eth0 "udp smac=$DEVICE_MAC from=10.20.0.17 to=10.20.0.1 sport=4000 dport=9"
}

# ready STATUS
ready() {
	[ "$(http /readyz -o /dev/null -w '%{http_code}')" = "$1" ]
}

test_start() {
	start_daemon --listen none "$WORK/policy.yaml"
	check "it starts with an interface missing" kill -0 "$daemon"
	check "... and says so" logged "there is no interface lan1 yet"
	check "the policy is live" wait_for 5 attached lan0 true
	check "what is allowed passes" pinging
	injected "what is not is dropped" sensors role-connect 1 dev \
		"eth0" "udp smac=$DEVICE_MAC from=10.20.0.17 to=10.20.0.1 sport=4000 dport=9"
	check "it is not ready while a port is missing" ready 503
	equal "... and says which" "interface lan1 is in the policy but not attached" "$(http /readyz)"
	check "it is healthy" http /healthz -f
}

test_ports() {
	local start took generation

	netns spare
	cable gw lan1 spare eth0
	check "an interface that comes is attached" wait_for 5 attached lan1 true
	check "now it is ready" wait_for 5 ready 200

	gw ip link delete lan0
	check "an interface that goes is missed" wait_for 5 attached lan0 false
	generation=$(generation)
	start=$(date +%s%3N)
	plug_in
	wait_for 5 attached lan0 true
	took=$(($(date +%s%3N) - start))
	within "it is attached within a second and what the test itself takes, ms" 0 "$took" $((2500 * (SLOWER > 1 ? 8 : 1)))
	check "the policy is made for it" wait_for 5 newer_than "$generation"
	check "and passes what it should" wait_for 5 pinging
	dropping "... and drops what it should" sensors role-connect sh -c "nsenter --net=/run/netns/dev \
		python3 $HERE/inject.py eth0 'udp smac=$DEVICE_MAC from=10.20.0.17 to=10.20.0.1 sport=4000 dport=9'; false"
	check "what came in before is told" logged "frames came in on it before that, and were not filtered"

	gw ip link set lan0 down
	gw ip link set lan0 name renamed0
	gw ip link set renamed0 up
	check "a renamed interface stays the port that it was" wait_for 5 attached lan0 true
	check "... which is said" wait_for 5 logged "interface lan0 is called renamed0 now"
	check "... and goes on passing" wait_for 5 pinging
	gw ip link set renamed0 down
	gw ip link set renamed0 name lan0
	gw ip link set lan0 up
	check "with its name back as well" wait_for 5 pinging
}

# Frames that came in while nothing was attached: the daemon was stopped as a busy machine would have it.
test_unfiltered() {
	gw ip link delete lan0
	wait_for 5 attached lan0 false
	kill -STOP "$daemon"
	plug_in
	inject dev eth0 "udp smac=$DEVICE_MAC from=10.20.0.17 to=10.20.0.1 sport=4000 dport=9 count=7"
	kill -CONT "$daemon"
	check "a port that was bare is attached" wait_for 5 attached lan0 true
	within "and what came in meanwhile is counted" 7 \
		"$(grep -o '[0-9]* frames came in on it' "$WORK/daemon.log" | tail -n 1 | cut -d' ' -f1)" 40
	wait_for 5 pinging
}

test_addresses() {
	local generation

	generation=$(generation)
	gw ip address add 10.20.0.99/32 dev lan0
	check "an address that the gateway gets is learned" wait_for 5 newer_than "$generation"
	in_ns dev ip route replace 10.20.0.99 dev eth0
	check "devices reach it as the gateway" wait_for 5 pinging 10.20.0.99
	injected "nobody else can use it" null spoofed 1 dev "eth0" \
		"udp smac=$DEVICE_MAC from=10.20.0.99 to=10.20.0.1 sport=4000 dport=9"
	generation=$(generation)
	gw ip address delete 10.20.0.99/32 dev lan0
	check "one that it loses is forgotten" wait_for 5 newer_than "$generation"

	generation=$(generation)
	gw ip link set lan0 mtu 9000
	check "a larger MTU has the policy made for large frames" wait_for 5 newer_than "$generation"
	generation=$(generation)
	ip link add other0 netns gw type veth peer name other1 netns spare
	gw ip link set other0 up
	sleep 1.5
	equal "what is no port's business changes nothing" "$generation" "$(generation)"
}

test_reload() {
	local generation

	policy ", udp/9" >"$WORK/policy.yaml"
	generation=$(generation)
	kill -HUP "$daemon"
	check "SIGHUP applies the file" wait_for 5 newer_than "$generation"
	check "... and it counts" forbidden
	generation=$(generation)
	echo "nonsense: [" >"$WORK/policy.yaml"
	kill -HUP "$daemon"
	check "a file that is wrong is refused in the log" wait_for 5 logged "is not valid: nothing was applied"
	check "... with the place" logged "policy.yaml:"
	check "... and makes it not ready" wait_for 5 ready 503
	equal "... and what was live stays" "$generation" "$(generation)"
	check "... in force" pinging
	policy >"$WORK/policy.yaml"
	kill -HUP "$daemon"
	check "a good one makes it ready again" wait_for 5 ready 200
}

# All readers get all events: two of the server, two commands.
test_readers() {
	local readers=() i

	for i in 1 2; do
		curl -sN --unix-socket /run/picket/*.sock http://picket/events >"$WORK/reader.$i" &
		readers+=($!)
		nsenter --net=/run/netns/gw "$PICKET" drops --follow --json >"$WORK/follower.$i" 2>&1 &
		readers+=($!)
	done
	for i in 1 2; do
		wait_for 5 test -s "$WORK/reader.$i"
	done
	wait_for 5 sh -c 'test "$(grep -c . /proc/net/unix)" -gt 0 && sleep 0.5'
	inject dev eth0 "udp smac=$DEVICE_MAC from=10.20.0.77 to=10.20.0.1 sport=4000 dport=9"
	for i in 1 2; do
		check "reader $i is told" wait_for 5 grep -q '"src":"10.20.0.77"' "$WORK/reader.$i"
		check "command $i is told" wait_for 5 grep -q '"src":"10.20.0.77"' "$WORK/follower.$i"
	done
	equal "all say the same" 1 "$(cat "$WORK"/follower.? "$WORK"/reader.? | sed 's/^data: //' | grep -F 10.20.0.77 |
		jq -c . | sort -u | wc -l)"
	kill "${readers[@]}"
	wait "${readers[@]}" 2>/dev/null
	http "/events?since=0" --max-time 1 >"$WORK/past"
	check "who comes later can have what was" grep -q '"src":"10.20.0.77"' "$WORK/past"
}

test_end() {
	end_daemon KILL
	check "killed, the filter is there" attached lan0 true
	injected "... and drops" sensors unknown-device 1 dev "eth0" \
		"udp smac=$DEVICE_MAC from=10.20.0.78 to=10.20.0.1 sport=4000 dport=9"
	check "... and passes" pinging
	start_daemon --listen none
	check "it starts again where a socket was left" http /healthz -f
	nsenter --net=/run/netns/gw "$PICKET" run --listen none >"$WORK/second" 2>&1
	equal "there is one at a time" 3 $?
	check "... and it says so" grep -q "another 'picket run' answers" "$WORK/second"
	kill -HUP "$daemon"
	check "without a file SIGHUP changes nothing, and is told" wait_for 5 logged "there is no policy file to apply"
	check "another policy from the command line" picket apply "$WORK/policy.yaml"
	picket unload >/dev/null
	check "with nothing live it waits" wait_for 5 ready 503
	equal "... and says so" "no policy is live" "$(http /readyz)"
	check "and goes on with what comes" picket apply "$WORK/policy.yaml"
	check "... ready at once" wait_for 5 ready 200
	end_daemon TERM
	equal "it ends with 0" 0 $?
	check "it takes its socket with it" sh -c '! ls /run/picket/*.sock'
	picket unload >/dev/null
}

# Every place that events can go to at once: all say the same, and what fails is said once and counted.
test_events_to() {
	local i

	picket apply "$WORK/policy.yaml" >/dev/null 2>&1
	mkdir -p "$WORK/full"
	mount -t tmpfs -o size=8k picket-full "$WORK/full"
	in_ns gw python3 -c "
import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind('$WORK/sink')
open('$WORK/bound', 'w')
while True:
    print(s.recv(65536).decode().strip(), flush=True)" >"$WORK/datagrams" &
	reader=$!
	wait_for 5 test -e "$WORK/bound"
	start_daemon --listen none --events-to "file:$WORK/events.jsonl" --events-to "unix:$WORK/sink" \
		--events-to "file:$WORK/full/events.jsonl" --pcap "$WORK/drops.pcapng"
	for i in 1 2 3; do
		inject dev eth0 "udp smac=$DEVICE_MAC from=10.20.0.$((80 + i)) to=10.20.0.1 sport=4000 dport=9"
		sleep 1.1 # one event a second
	done
	check "the file has all" wait_for 5 sh -c "[ \$(jq -s 'map(select(.reason == \"unknown-device\")) | length' $WORK/events.jsonl) -ge 3 ]"
	check "the socket has all" wait_for 5 sh -c "[ \$(grep -c unknown-device $WORK/datagrams) -ge 3 ]"
	equal "both the same" "$(jq -c . "$WORK/events.jsonl")" "$(jq -c . "$WORK/datagrams")"
	check "the capture names the reason" sh -c "tshark -r $WORK/drops.pcapng -T fields -e frame.comment 2>/dev/null | grep -q unknown-device"
	equal "filtered by segment, events are of it alone" "" "$(http "/events?since=0&segment=spare" --max-time 1 | grep data)"
	equal "filtered by reason as well" 400 "$(http "/events?reason=nonsense" -o /dev/null -w '%{http_code}')"
	for ((i = 0; i < 40; i++)); do
		inject dev eth0 "udp smac=$DEVICE_MAC from=10.20.0.90 to=10.20.0.1 sport=4000 dport=9" \
			"udp smac=02:00:00:00:99:99 from=10.20.0.17 to=10.20.0.1 sport=4000 dport=9" \
			"udp smac=$DEVICE_MAC from=10.99.0.17 to=10.20.0.1 sport=4000 dport=9"
		grep -qF "$WORK/full" "$WORK/daemon.log" && break
		sleep 0.5
	done
	check "a full disk is told" grep -qF "$WORK/full" "$WORK/daemon.log"
	check "... and holds up nothing" http /healthz -f
	kill $reader
	wait $reader 2>/dev/null
	end_daemon
	equal "it ends well" 0 $?
	umount "$WORK/full"
	gw "$PICKET" run --listen none --events-to nowhere >"$WORK/out" 2>&1
	equal "a place that there is not" 3 $?
	picket unload >/dev/null
}

test_first_apply() {
	echo "nonsense: [" >"$WORK/bad.yaml"
	nsenter --net=/run/netns/gw "$PICKET" run --listen none "$WORK/bad.yaml" >"$WORK/out" 2>&1
	equal "with nothing live, a file that is wrong ends it" 1 $?
	equal "... and nothing is left" "" "$(pins_left)"
}

# The clock of the machine is left alone: the daemon is told another one.
test_clock() {
	check "a clock to set" cc -shared -fPIC -o "$WORK/clock.so" "$HERE/preload/clock.c"
	echo 0 >"$WORK/offset"
	CLOCK_OFFSET=$WORK/offset LD_PRELOAD=$WORK/clock.so start_daemon --listen none "$WORK/policy.yaml"
	sleep 1.5
	echo -3600 >"$WORK/offset"
	check "the clock set back is told" wait_for 5 logged "the clock was set back by 1h"
	echo 0 >"$WORK/offset"
	check "and forward" wait_for 5 logged "the clock was set forward by 1h"
	check "it goes on" http /healthz -f
	end_daemon
	picket unload >/dev/null
}

test_no_pins() {
	umount "$WORK/bpf"
	gw "$PICKET" run --listen none >"$WORK/out" 2>&1
	equal "without a BPF file system it does not begin" 3 $?
	check "... and says what to do" grep -q "mount -t bpf bpf" "$WORK/out"
}

topology
policy >"$WORK/policy.yaml"
test_start
test_ports
test_unfiltered
test_addresses
test_reload
test_readers
test_end
test_events_to
test_first_apply
test_clock
test_no_pins
finish
