#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What devices, drops and explain say of a policy that is live: in text and as JSON, while
# traffic passes, with a limit used up, a flow known, a device cut off.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
private "$0" "$@"

BROKER=10.1.0.10

topology() {
	netns gw therm valve srv
	cable gw lan0 therm eth0 02:00:00:00:20:17
	cable gw act0 valve eth0 02:00:00:00:30:11
	cable gw srv0 srv eth0
	forwarding gw
	gw ip address add 10.20.0.1/32 dev lan0
	gw ip address add 10.30.0.1/24 dev act0
	gw ip address add 10.1.0.1/24 dev srv0
	host therm eth0 10.20.0.1 fd00:20::1 10.20.0.17
	host valve eth0 10.30.0.1 fd00:30::1 10.30.0.11
	host srv eth0 10.1.0.1 fd00:1::1 $BROKER
	route lan0 10.20.0.17
}

policy() {
	cat <<-'POLICY'
	picket: 1
	segments:
	  sensors:
	    interfaces: [lan0]
	    subnets: [10.20.0.0/16]
	  actors:
	    interfaces: [act0]
	    subnets: [10.30.0.0/24]
	    dhcp: true
	    mode: audit
	  servers:
	    kind: hosts
	    interfaces: [srv0]
	    subnets: [10.1.0.0/24]
	roles:
	  thermometer:
	    connect:
	      - {to: servers, ports: [tcp/8883, udp/5683]}
	    accept:
	      - {from: servers, ports: [udp/7000]}
	  actor:
	    connect:
	      - {to: servers, ports: [tcp/8883]}
	  maintenance: {}
	devices:
	  therm-17: {role: thermometer, mac: "02:00:00:00:20:17", ip: 10.20.0.17, space: hq/floor-2}
	  valve-1: {role: actor, mac: "02:00:00:00:30:11", segment: actors}
	  meter: {role: thermometer, mac: "02:00:00:00:20:18", ip: 10.20.0.18, limit: {receive: {packets: 1/m, burst: 10}}}
	  gone: {role: thermometer, ip: 10.20.0.19, valid-until: 2020-01-01T00:00:00Z}
	assignments:
	  - {role: maintenance, space: hq}
	conduits:
	  - {from: [sensors, actors], to: servers, ports: [tcp, udp]}
	  - {from: servers, to: sensors}
	POLICY
}

# follow FILE ARGUMENTS...: picket drops --follow, in the background; its process is $follower.
follow() {
	local file=$1
	shift
	nsenter --net=/run/netns/gw "$PICKET" drops --follow "$@" >"$file" 2>"$file.err" &
	follower=$!
	following $follower
}

names() {
	picket devices --json "$@" | jq -r '[.[].device] | join(" ")'
}

# seen_last NS ADDRESS FIRST SECOND: after a frame of the first one's; a namespace may say something of its own, too
# shellcheck disable=SC2317 # wait_for calls it
seen_last() {
	inject "$1" eth0 "udp from=$2 to=$BROKER sport=4000 dport=5683"
	[ "$(names --sort seen --top 2)" = "$3 $4" ]
}

lists() {
	equal "devices: the order of the file" "therm-17 valve-1 meter gone" "$(names)"
	equal "devices: --sort name" "gone meter therm-17 valve-1" "$(names --sort name)"
	equal "devices: --sort name --reverse" "valve-1 therm-17 meter gone" "$(names --sort name --reverse)"
	equal "devices: --segment" "valve-1" "$(names --segment actors)"
	equal "devices: --top is by packets" "therm-17" "$(names --top 1)"
	equal "devices: --sort dropped" "therm-17" "$(names --sort dropped --top 1)"
	equal "devices: --sort audit" "valve-1" "$(names --sort audit --top 1)"
	check "devices: --sort seen: who sent last is first" wait_for 5 seen_last valve 10.30.0.11 valve-1 therm-17
	check "... whoever it is" wait_for 5 seen_last therm 10.20.0.17 therm-17 valve-1
	equal "devices: a state for each" "active active active expired" \
		"$(picket devices --json | jq -r '[.[].state] | join(" ")')"
	equal "devices: as text, a line each and titles" 5 "$(picket devices | wc -l)"
	equal "devices: why the last one was refused" '"role-connect"' "$(device therm-17 .last_reason)"
	equal "devices: what passes in audit is not passed" '[true,true]' "$(picket devices --json |
		jq -c '.[] | select(.device == "valve-1") | [.audit > 0, .last_seen != null]')"
	refuse "devices: a segment that is none" picket devices --segment nowhere
	refuse "devices: a device that is none" picket devices nobody
}

detail() {
	local one
	one=$(picket devices therm-17 --json)
	equal "one device: roles by place" '["maintenance"]' "$(jq -c .assigned_roles <<<"$one")"
	equal "one device: addresses" '["10.20.0.17"]' "$(jq -c .addresses <<<"$one")"
	equal "one device: counters both ways" '["sent","received"]' "$(jq -c '[.counters[].direction]' <<<"$one")"
	equal "one device: the list's sums are its counters'" "$(device therm-17 .passed)" \
		"$(jq '[.counters[].passed] | add' <<<"$one")"
	equal "one device: the limits that all have" '[50,500]' \
		"$(jq -c '.limits[] | select(.direction == "send" and .kind == "flows") | [.per_second, .burst]' <<<"$one")"
	equal "one device: what it learned" '["10.30.0.11"]' \
		"$(picket devices valve-1 --json | jq -c '[.learned[].address]')"
	check "one device: as text" picket devices therm-17
}

totals() {
	within "drops: by segment and reason" 1 "$(dropped sensors role-connect)" 100
	within "drops: audit apart" 1 "$(picket drops --json | jq -s 'map(select(.segment == "actors" and
		.verdict == "audit" and .reason == "role-connect") | .packets) | add // 0')" 100
	equal "drops: --segment" '["sensors"]' "$(picket drops --json --segment sensors | jq -cs 'map(.segment) | unique')"
}

# A second apart: one event a second is all that there is of a device and reason.
follows() {
	sleep 1
	follow "$WORK/json" --json
	sockets therm udp $BROKER 4711 --timeout 0.1 2>/dev/null
	wait_for 3 grep -q 4711 "$WORK/json"
	equal "follow: an event as it happens, flushed" '["drop","role-connect","therm-17","thermometer","sensors","in","lan0",null,"10.20.0.17","10.1.0.10","udp",4711]' \
		"$(jq -c 'select(.dport == 4711) | [.verdict, .reason, .device, .role, .segment, .direction, .interface, .vlan, .src, .dst, .protocol, .dport]' "$WORK/json")"
	policy >"$WORK/policy.yaml"
	check "follow: another policy becomes live meanwhile" picket apply "$WORK/policy.yaml"
	sleep 1
	sockets therm udp $BROKER 4712 --timeout 0.1 2>/dev/null
	wait_for 3 grep -q 4712 "$WORK/json"
	equal "follow: ... and the stream goes on" 1 "$(grep -c '"dport":4712' "$WORK/json")"
	kill -INT "$follower"
	wait "$follower"
	equal "follow: SIGINT ends it well" 0 $?
	equal "follow: the last line sums up" '[true,0]' \
		"$(tail -n 1 "$WORK/json" | jq -c '[.summary.events >= 2, .summary.lost]')"

	sleep 1
	follow "$WORK/text"
	sockets therm udp $BROKER 4713 --timeout 0.1 2>/dev/null
	wait_for 3 grep -q 4713 "$WORK/text"
	equal "follow: as text" 1 "$(grep -c ' drop role-connect device=therm-17 .* dst=10.1.0.10 .* dport=4713 ' "$WORK/text")"
	equal "follow: not what was before it" 0 "$(grep -c 4712 "$WORK/text")"
	kill -INT "$follower"
	wait "$follower"

	sleep 1
	follow "$WORK/actors" --segment actors --json
	sockets therm udp $BROKER 4714 --timeout 0.1 2>/dev/null
	sockets valve udp $BROKER 4715 --timeout 0.1 2>/dev/null
	wait_for 3 grep -q 4715 "$WORK/actors"
	equal "follow: --segment" 0 "$(grep -c 4714 "$WORK/actors")"
	kill -TERM "$follower"
	wait "$follower"
	equal "follow: SIGTERM ends it well" 0 $?
}

explain() {
	picket explain --json --in lan0 --src therm-17 --dst $BROKER "$@" 2>"$WORK/explain.err"
}

# verdict NAME EXPECTED ARGUMENTS...
verdict() {
	local name=$1 expected=$2
	shift 2
	equal "explain: $name" "$expected" "$(explain "$@" | jq -c '[.verdict, .reason, .note != null, .disagreement != null]')"
}

explains() {
	verdict "what a rule allows" '["pass",null,false,false]' tcp/8883
	verdict "what none allows" '["drop","role-connect",false,false]' tcp/9999
	equal "explain: the line that allows it" 1 "$(explain tcp/8883 | jq -r '.lines[].text' | grep -c 'ports: \[tcp/8883, udp/5683\]')"
	verdict "somebody else's MAC" '["drop","mac-mismatch",false,false]' --mac 02:00:00:00:00:01 tcp/8883
	verdict "another device's MAC, by name" '["drop","mac-mismatch",false,false]' --mac valve-1 tcp/8883
	picket explain --in srv0 --src $BROKER --dst meter udp/7000 >/dev/null 2>"$WORK/explain.err"
	equal "explain: exit status of a pass" 0 $?
	equal "explain: a made-up MAC is said" 1 "$(grep -c 'made-up' "$WORK/explain.err")"
	picket explain --in lan0 --src therm-17 --dst $BROKER tcp/9999 >/dev/null
	equal "explain: exit status of a drop" 1 $?
	picket explain --in lan0 --src therm-17 --dst $BROKER >/dev/null 2>&1
	equal "explain: exit status of bad usage" 2 $?
	picket explain --in act0 --src 10.30.0.11 --mac valve-1 --dst $BROKER udp/1 >/dev/null
	equal "explain: audit is a pass" 0 $?
}

# What the running filter remembers decides, and that is said.
remembers() {
	sockets srv udp 10.20.0.17 7000 --source-port 40001 --timeout 0.1 2>/dev/null
	equal "explain: the reply of a flow that is known" '["pass",null,true,false]' \
		"$(picket explain --json --in lan0 --src therm-17 --dst $BROKER --sport 7000 udp/40001 |
			jq -c '[.verdict, .reason, .note != null, .disagreement != null]')"
	equal "explain: opens nothing" '["drop","role-connect"]' "$(for _ in 1 2; do
		explain --sport 7001 udp/40001; done | jq -cs '.[1] | [.verdict, .reason]')"
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
		sockets srv udp 10.20.0.18 7000 --timeout 0.01 2>/dev/null
	done
	equal "devices: a limit that is used up" 0 "$(picket devices meter --json |
		jq '.limits[] | select(.direction == "receive" and .kind == "packets") | .available')"
	equal "explain: a limit that is used up" '["drop","limit-packets",true,false]' \
		"$(picket explain --json --in srv0 --src $BROKER --dst meter udp/7000 2>/dev/null |
			jq -c '[.verdict, .reason, .note != null, .disagreement != null]')"
}

cut_off() {
	check "quarantine" picket quarantine therm-17
	equal "devices: quarantined" '"quarantined"' "$(device therm-17 .state)"
	verdict "quarantined" '["drop","quarantined",false,false]' tcp/8883
	check "release" picket release therm-17
	verdict "released" '["pass",null,false,false]' tcp/8883
}

nothing_live() {
	local command

	follow "$WORK/end"
	check "unload" picket unload
	wait_for 20 bash -c "! kill -0 $follower"
	wait "$follower"
	equal "follow: ends when all is unloaded" 1 $?
	for command in devices drops "drops --follow" "explain --in lan0 --src 10.20.0.17 --dst 10.1.0.1 icmp"; do
		# shellcheck disable=SC2086 # words
		picket $command >"$WORK/out" 2>"$WORK/err"
		equal "$command: nothing is live" 1 $?
		equal "$command: ... one sentence on stderr, nothing on stdout" "1 0" "$(wc -l <"$WORK/err") $(wc -l <"$WORK/out")"
	done
}

topology
policy >"$WORK/policy.yaml"
serve srv 8883 5683
serve therm 9000
check "apply" picket apply "$WORK/policy.yaml"
equal "drops: nothing yet" "no drops" "$(picket drops --segment servers)"
check "therm-17 reaches its broker" sockets therm tcp $BROKER 8883
check "... over UDP" sockets therm udp $BROKER 5683
sockets therm udp $BROKER 4710 --timeout 0.1 2>/dev/null
check "valve-1 reaches its broker" sockets valve tcp $BROKER 8883
check "... and, audited, what it may not" sockets valve udp $BROKER 5683
lists
detail
totals
follows
explains
remembers
cut_off
nothing_live
finish
