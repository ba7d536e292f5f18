#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apply, status, unload, quarantine and release on a system that is not kind: what is missing,
# taken, killed, held by others or written by another version.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
private "$0" "$@"

POLICY=$WORK/one.yaml
EGRESS=tcx LINKS=4
if older_than 6.6; then
	EGRESS=clsact LINKS=2 # without tcx what leaves is filtered by a classifier, which is no link
fi

topology() {
	netns gw dev srv
	cable gw lan0 dev eth0 02:00:00:00:20:11
	cable gw srv0 srv eth0
	gw ip address add 10.20.0.1/24 dev lan0
	gw ip address add 10.1.0.1/24 dev srv0
	in_ns dev ip address add 10.20.0.11/24 dev eth0
	in_ns srv ip address add 10.1.0.10/24 dev eth0
}

# policy FILE [MORE-DEVICES [LAN [SERVER-SEGMENT]]]
policy() {
	cat >"$WORK/$1" <<-POLICY
	picket: 1
	segments:
	  sensors: {interfaces: [${3-lan0}], subnets: [10.20.0.0/16], dhcp: true}
	${4-  servers: {kind: hosts, interfaces: [srv0], subnets: [10.1.0.0/24]\}}
	roles:
	  sensor: {connect: [{to: gateway}]}
	devices:
	  dev-1: {role: sensor, mac: "02:00:00:00:20:11", ip: 10.20.0.11}
	${2-}
	POLICY
}

# says NAME STATUS PATTERN COMMAND...: ends with this status, and prints this.
says() {
	local name=$1 status=$2 pattern=$3 output got
	shift 3

	output=$("$@" 2>&1)
	got=$?
	if [ $got = "$status" ] && grep -qE -- "$pattern" <<<"$output"; then
		ok "$name"
	else
		not_ok "$name" "$* ended with $got and said: ${output:0:900}"
	fi
}

status() {
	picket status --json | jq -r "$1"
}

nothing_left() {
	local left
	left=$(pins_left)
	equal "$1" "" "$left"
}

xdp_mode() {
	gw ip -json link show "$1" | jq -r '.[0] | if .xdp then "\(.xdp.mode)" else "none" end'
}

offloads() {
	gw ethtool -k "$1" | grep -E '^(rx-vlan-offload|rx-vlan-stag|generic-receive|large-receive|rx-gro-hw)'
}

# Ids of the programs behind the pins: the entries, and the policy's in one slot.
programs() {
	local map

	for map in entry_ingress entry_egress; do
		bpftool -j prog show pinned "$PICKET_PINS/$map" | jq .id
	done
	for map in ingress_slots egress_slots; do
		bpftool map dump pinned "$PICKET_PINS/$map" -j | jq -r '.[].value |
			if type == "array" then .[] else empty end' | little_endian
	done
}

# Lines of bytes in hex, four a number.
little_endian() {
	local a b c d

	while read -r a && read -r b && read -r c && read -r d; do
		echo $((a + (b << 8) + (c << 16) + (d << 24)))
	done
}

programs_gone() {
	local id

	for id in $1; do
		! bpftool prog show id "$id" >/dev/null 2>&1 || return 1
	done
}

# ---- refusals: nothing may be there afterwards ----

refusals() {
	policy one.yaml
	policy missing.yaml "" nolan0
	policy conflict.yaml '  dev-9: {role: sensor, mac: "02:00:00:00:20:99", ip: 10.20.0.1}'
	echo 'picket: 1' >"$WORK/bad.yaml"
	echo 'segmnts: {}' >>"$WORK/bad.yaml"

	says "a policy that is not valid" 1 'bad.yaml:2:1: error' picket apply "$WORK/bad.yaml"
	says "an interface that is not there" 3 'no interface nolan0' picket apply "$WORK/missing.yaml"
	says "an address that is the gateway's" 1 'conflict.yaml:[0-9:]+ error: "dev-9" has 10\.20\.0\.1,' \
		picket apply "$WORK/conflict.yaml"
	says "no BPF file system" 3 'mount -t bpf' picket --pins "$WORK/picket" apply "$POLICY"
	mkdir "$WORK/here"
	says "no directory" 3 'cannot be used for pins: No such file' \
		picket --pins "$WORK/a/b/picket" apply "$POLICY"
	says "another file system" 3 'mount -t bpf' picket --pins "$WORK/picket" apply "$POLICY"
	says "no capabilities" 3 'CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON' \
		gw setpriv --bounding-set=-all "$PICKET" apply "$POLICY"
	says "no CAP_PERFMON" 3 'needs CAP_PERFMON,' \
		gw setpriv --bounding-set=-perfmon,-sys_admin "$PICKET" apply "$POLICY"
	says "a mode that is none" 2 "'fast' is no mode" picket apply --mode fast "$POLICY"
	says "no policy" 2 'one policy' picket apply
	says "status of nothing" 1 'nothing is live' picket status
	says "quarantine of nothing" 1 'nothing is live' picket quarantine dev-1
	says "unload of nothing" 0 'unloaded: *no' picket unload
	nothing_left "refusals leave no pin"
}

alien_program() {
	if ! bpftool prog loadall "$BUILD/entry.bpf.o" "$WORK/bpf/alien" 2>/dev/null; then
		skip "another XDP program" "bpftool cannot load one"
		return
	fi
	gw bpftool net attach xdpdrv pinned "$WORK/bpf/alien/entry_ingress" dev srv0
	says "another XDP program" 3 'srv0 has another XDP program, id [0-9]+ \(entry_ingress\)' \
		picket apply "$POLICY"
	equal "it is still there" 1 "$(xdp_mode srv0)"
	equal "and nothing on the other port" none "$(xdp_mode lan0)"
	gw bpftool net detach xdpdrv dev srv0
	gw bpftool net attach xdpgeneric pinned "$WORK/bpf/alien/entry_ingress" dev srv0
	says "another generic XDP program" 3 'srv0 has another XDP program' picket apply "$POLICY"
	gw bpftool net detach xdpgeneric dev srv0
	rm -r "$WORK/bpf/alien"
	nothing_left "that leaves no pin"
}

# ---- what works ----

three_capabilities() {
	check "three capabilities are enough" gw setpriv \
		--bounding-set=-all,+bpf,+net_admin,+perfmon "$PICKET" apply "$POLICY"
	check "also to unload" gw setpriv \
		--bounding-set=-all,+bpf,+net_admin,+perfmon "$PICKET" unload
	nothing_left "unload leaves no pin"
}

life() {
	local before after ids

	before=$(offloads lan0; offloads srv0; gw tc qdisc show)
	check "apply" picket apply "$POLICY"
	equal "policy" one "$(status .policy)"
	equal "ports" "lan0 native $EGRESS srv0 native $EGRESS" \
		"$(status '[.ports[] | .interface, .mode, .egress] | join(" ")')"
	equal "hash" 64 "$(status '.hash | length')"
	check "a device gets through" pings dev 10.20.0.1
	equal "rx-vlan-offload is off" off "$(gw ethtool -k lan0 | awk '/^rx-vlan-offload/ {print $2}')"
	check "apply again" picket apply "$POLICY"
	equal "generation" 2 "$(status .generation)"
	equal "one slot has pins" 1 "$(find "$PICKET_PINS" -name bundle | wc -l)"
	within "counters stay" 1 "$(device dev-1 .passed)" 9
	ids=$(programs)
	within "programs at work" 4 "$(wc -w <<<"$ids")" 4
	check "unload" picket unload
	nothing_left "unload leaves no pin"
	after=$(offloads lan0; offloads srv0; gw tc qdisc show)
	equal "offloads and qdiscs are as before" "$before" "$after"
	check "no program is left" wait_for 5 programs_gone "$ids"
	equal "no program on lan0" none "$(xdp_mode lan0)"
	equal "none on srv0" none "$(xdp_mode srv0)"
}

quarantine() {
	picket apply "$POLICY" >/dev/null 2>&1
	check "before quarantine" pings dev 10.20.0.1
	says "quarantine" 0 'dev-1' picket quarantine dev-1
	refuse "a quarantined device gets nowhere" pings dev 10.20.0.1
	equal "devices says so" quarantined "$(device dev-1 -r 2>/dev/null; device dev-1 .state | tr -d '"')"
	picket apply "$POLICY" >/dev/null 2>&1
	refuse "nor after another apply" pings dev 10.20.0.1
	says "release" 0 'dev-1' picket release dev-1
	check "a released one does" pings dev 10.20.0.1
	picket quarantine dev-1 --for $((1 + SLOWER / 5))s >/dev/null
	refuse "quarantined for a second" pings dev 10.20.0.1
	check "then no longer" wait_for 5 pings dev 10.20.0.1
	says "a device that is none" 2 "no device 'dev-2'" picket quarantine dev-2
	says "a time that is none" 2 "'soon' is no duration" picket quarantine dev-1 --for soon
}

modes() {
	says "to generic" 0 'generic' picket apply --mode generic "$POLICY"
	equal "generic it is" generic "$(status '.ports[0].mode')"
	equal "without GRO" off "$(gw ethtool -k lan0 | awk '/^generic-receive-offload/ {print $2}')"
	check "a device gets through in generic mode" pings dev 10.20.0.1
	says "auto keeps it" 0 generic picket apply "$POLICY"
	says "to native" 0 'native' picket apply --mode native "$POLICY"
	equal "native it is" native "$(status '.ports[0].mode')"
	check "a device gets through in native mode" pings dev 10.20.0.1
}

ports_come_and_go() {
	policy lan.yaml "" lan0 ""
	check "a policy without srv0" picket apply "$WORK/lan.yaml"
	equal "detaches it" none "$(xdp_mode srv0)"
	equal "and turns its offload on again" on "$(gw ethtool -k srv0 | awk '/^rx-vlan-offload/ {print $2}')"
	check "and back" picket apply "$POLICY"
	equal "attaches it" native "$(status '.ports[1].mode')"
	gw ip link delete srv0
	says "a deleted interface" 0 'interface srv0 is in the policy but not attached' picket status
	says "cannot be applied to" 3 'no interface srv0' picket apply "$POLICY"
	equal "lan0 is as it was" native "$(status '.ports[0].mode')"
	cable gw srv0 srv eth0
	says "nor is its successor attached" 0 'interface srv0 is in the policy but not attached' picket status
	check "until the next apply" picket apply "$POLICY"
	equal "which attaches it" "native native" "$(status '[.ports[].mode] | join(" ")')"
	equal "dead pins are gone" $LINKS "$(find "$PICKET_PINS/links" -type f | wc -l)"
}

# ---- state ----

# Sends its answer when the file "answer" is there: only a flow lets it out.
late_answer() {
	gw python3 - "$WORK/answer" <<-'PYTHON' &
	import os, socket, sys, time
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	s.bind(("10.20.0.1", 4000))
	data, peer = s.recvfrom(100)
	while not os.path.exists(sys.argv[1]):
	    time.sleep(0.05)
	s.sendto(data, peer)
	PYTHON
	wait_for 5 sh -c "nsenter --net=/run/netns/gw ss -lun | grep -q 10.20.0.1:4000"
	in_ns dev python3 -c 'if True:
		import socket, sys
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.settimeout(20)
		s.sendto(b"x", ("10.20.0.1", 4000))
		sys.exit(s.recv(10) != b"x")' &
	asker=$!
	sleep 0.5
}

growth() {
	local before

	late_answer
	before=$(device dev-1 .passed)
	{
		policy many.yaml
		for i in $(seq 3000); do
			echo "  many-$i: {role: sensor, ip: 10.20.$((1 + i / 250)).$((1 + i % 250))}"
		done
	} >>"$WORK/rest" && cat "$WORK/rest" >>"$WORK/many.yaml"
	check "three thousand more devices" picket apply "$WORK/many.yaml"
	equal "are there" 3001 "$(status .devices)"
	within "counters moved into the larger map" "$before" "$(device dev-1 .passed)" $((before + 3))
	touch "$WORK/answer"
	wait $asker
	equal "flows moved into the larger table" 0 $?
	check "a device gets through" pings dev 10.20.0.1
	check "and fewer again" picket apply "$POLICY"
	within "counters are kept" "$before" "$(device dev-1 .passed)" $((before + 20))
}

learning() {
	policy learn.yaml '  mac-only: {role: sensor, mac: "02:00:00:00:20:77", segment: sensors}'
	gw ip neighbour replace 10.20.0.77 lladdr 02:00:00:00:20:77 dev lan0 nud stale
	gw ip neighbour replace 10.20.0.11 lladdr 02:00:00:00:20:77 dev lan0 nud stale
	check "a device known by its MAC" picket apply "$WORK/learn.yaml"
	equal "is learned from the neighbour table, but not at another's address" 1 \
		"$(bpftool -j map dump pinned "$(find "$PICKET_PINS" -name learned)" | jq length)"
	check "without it" picket apply "$POLICY"
	equal "that is forgotten" 0 \
		"$(bpftool -j map dump pinned "$(find "$PICKET_PINS" -name learned)" | jq length)"
	gw ip neighbour flush dev lan0
}

# Of more than one apply the lock makes a queue.
together() {
	local before pids=() i bad=0 n=$((SLOWER > 1 ? 2 : 5)) # none of them may have to wait for too long

	before=$(status .generation)
	for ((i = 0; i < n; i++)); do
		picket apply "$POLICY" >/dev/null 2>&1 &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || bad=$((bad + 1))
	done
	equal "$n applies at once all end well" 0 $bad
	equal "one after the other" $((before + n)) "$(status .generation)"
	flock "$PICKET_PINS" sleep $((13 + SLOWER)) &
	sleep 0.2
	says "an apply that waits too long" 3 'another picket is changing' picket apply "$POLICY"
	equal "leaves what was live" $((before + n)) "$(status .generation)"
	wait $!
}

lost_pins() {
	rm "$PICKET_PINS/live" "$PICKET_PINS/ingress_slots" "$PICKET_PINS/entry_ingress"
	says "lost pins are found again" 0 'was found again' picket apply "$POLICY"
	check "and it filters" pings dev 10.20.0.1
	rm -r "$PICKET_PINS"/slot?
	says "a lost slot is missed" 3 'apply a policy again' picket status
	says "state starts anew" 0 'start anew' picket apply "$POLICY"
	check "and it filters again" pings dev 10.20.0.1
	rm "$PICKET_PINS/meta"
	says "without meta nobody knows the layout" 3 "picket unload" picket apply "$POLICY"
	check "unload works on what is left" picket unload
	nothing_left "and leaves no pin"
}

other_layout() {
	local bytes

	picket apply "$POLICY" >/dev/null 2>&1
	bytes=$(bpftool -j map lookup pinned "$PICKET_PINS/meta" key 0 0 0 0 |
		jq -r '.value | .[0] = "0x63" | join(" ")')
	# shellcheck disable=SC2086 # one argument a byte
	bpftool map update pinned "$PICKET_PINS/meta" key 0 0 0 0 value $bytes
	says "another version's state is not applied to" 3 'another version' picket apply "$POLICY"
	says "nor read" 3 'another version' picket status
	says "nor changed" 3 'another version' picket quarantine dev-1
	check "but unloaded" picket unload
	nothing_left "wholly"
	equal "from lan0 too" none "$(xdp_mode lan0)"
}

# ---- killed ----

# kill_at CALL N COMMAND...: at the Nth system call of this name.
kill_at() {
	local call=$1 n=$2
	shift 2
	# In braces: bash would announce each death.
	{ strace -f -o /dev/null -e "inject=$call:signal=SIGKILL:when=$n" "$@" >/dev/null 2>&1; } 2>/dev/null
}

calls() {
	strace -f -o "$WORK/calls" "$@" >/dev/null 2>&1
	sed -E 's/^[0-9]+ +//' "$WORK/calls" | grep -oE '^[a-z_0-9]+' | grep -vE '^(exit|execve|exit_group)$' |
		sort | uniq -c
}

# What is live after a kill is the old policy or the new one, whole.
killed_later() {
	local call n points=0 killed=0 broken=0 step old new

	picket apply "$POLICY" >/dev/null 2>&1
	while read -r n call; do
		step=$((n > 60 ? 9 : n > 8 ? 3 : 1))
		case $call in
		bpf | mkdir | rename | unlink | rmdir | sendmsg | ioctl | flock | membarrier | munmap) ;;
		*) step=$((n + 1)) ;;
		esac
		for i in $(seq 1 $step "$n"); do
			old=$(status .generation)
			points=$((points + 1))
			kill_at "$call" "$i" nsenter --net=/run/netns/gw "$PICKET" apply "$POLICY"
			[ $? = 137 ] && killed=$((killed + 1))
			new=$(status .generation)
			if [ "$new" != "$old" ] && [ "$new" != $((old + 1)) ]; then
				broken=$((broken + 1))
			elif ! pings dev 10.20.0.1 >/dev/null; then
				broken=$((broken + 1))
			fi
		done
	done <<<"$(calls nsenter --net=/run/netns/gw "$PICKET" apply "$POLICY")"
	within "killed while applying, of $points times" 20 $killed 9999
	equal "and always the old policy or the new one" 0 $broken
	check "the next apply works" picket apply "$POLICY"
	check "so does unload" picket unload
	nothing_left "which leaves no pin"
}

killed_first() {
	local points=0 bad=0 i before

	before=$(offloads lan0)
	for i in $(seq 2 13 220); do
		points=$((points + 1))
		kill_at bpf "$i" nsenter --net=/run/netns/gw "$PICKET" apply "$POLICY"
		picket status >/dev/null 2>&1
		[ $? -le 1 ] || bad=$((bad + 1))
		if [ $((i % 2)) = 0 ]; then
			picket apply "$POLICY" >/dev/null 2>&1 || bad=$((bad + 1))
		fi
		picket unload >/dev/null 2>&1 || bad=$((bad + 1))
		[ -z "$(pins_left)" ] || bad=$((bad + 1))
	done
	equal "a first apply killed $points times: status, apply and unload work" 0 $bad
	picket apply "$POLICY" >/dev/null 2>&1
	for i in 3 6 9 12 15; do
		kill_at bpf "$i" nsenter --net=/run/netns/gw "$PICKET" unload
	done
	check "an unload that was killed can be done again" picket unload
	nothing_left "and leaves no pin"
	equal "nor an offload changed" "$before" "$(offloads lan0)"
}

topology
refusals
alien_program
three_capabilities
life
quarantine
modes
ports_come_and_go
growth
learning
together
lost_pins
other_layout
if command -v strace >/dev/null; then
	killed_later
	killed_first
else
	skip "killed at any point" "strace is not there"
fi
finish
