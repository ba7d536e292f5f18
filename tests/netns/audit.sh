#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# From audit to enforce: `picket audit` lists what the policy lacks for what happens on a gateway, whole and most
# first; with the lines that it prints the same traffic passes an enforced policy, and nothing else does.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
private "$0" "$@"

BROKER=10.1.0.10
CLOUD=10.1.0.20

topology() {
	netns gw therm bare srv
	cable gw lan0 therm eth0 02:00:00:00:20:17
	cable gw lan1 bare eth0 02:00:00:00:21:18
	cable gw srv0 srv eth0
	forwarding gw
	gw ip address add 10.20.0.1/24 dev lan0
	gw ip address add 10.21.0.1/24 dev lan1
	gw ip address add 10.1.0.1/24 dev srv0
	gw ip -6 address add fd00:20::1/64 dev lan0 nodad
	host therm eth0 10.20.0.1 fd00:20::1 10.20.0.17 fd00:20::17
	host bare eth0 10.21.0.1 fd00:21::1 10.21.0.18
	host srv eth0 10.1.0.1 fd00:1::1 $BROKER $CLOUD
	serve srv 443 8883 9000
	serve gw 53 123 7001 7002 7003 7004 7005
	serve therm 22
	serve bare 22
}

# policy MODE
policy() {
	cat <<-POLICY
	picket: 1
	mode: $1
	gateway: {addresses: [10.20.0.1, 10.21.0.1, 10.1.0.1, "fd00:20::1"]}
	segments:
	  sensors:
	    interfaces: [lan0]
	    subnets: [10.20.0.0/24, "fd00:20::/64"]
	  others:
	    interfaces: [lan1]
	    subnets: [10.21.0.0/24]
	  servers:
	    kind: hosts
	    interfaces: [srv0]
	    subnets: [10.1.0.0/24]
	peers:
	  broker: [$BROKER]
	  clouds: [$CLOUD, 10.1.0.21]
	roles:
	  thermometer:
	    connect:
	      - {to: broker, ports: [tcp/8883]}
	devices:
	  therm-17: {role: thermometer, mac: "02:00:00:00:20:17", ip: [10.20.0.17, "fd00:20::17"]}
	  therm-99: {role: thermometer, mac: "02:00:00:00:20:99", ip: 10.20.0.99}
	  Bare-18: {mac: "02:00:00:00:21:18", ip: 10.21.0.18}
	conduits:
	  - {from: sensors, to: servers, ports: [tcp/8883]}
	POLICY
}

# All that happens here and should; each of it in the same second as the rest.
# shellcheck disable=SC2317 # check calls it
business() {
	sockets therm tcp "$BROKER" 8883 && sockets therm tcp "$CLOUD" 443 && sockets therm udp 10.20.0.1 53 &&
		sockets therm udp fd00:20::1 53 && sockets srv tcp 10.20.0.17 22 --source "$BROKER" &&
		sockets gw tcp 10.20.0.17 22 && pings therm "$BROKER" && pings gw 10.20.0.17 &&
		sockets bare tcp "$CLOUD" 9000 && sockets therm tcp 10.21.0.18 22
}

# Until all of it is listed: two that open in the same second may share a gate.
# shellcheck disable=SC2317 # check calls it
business_seen() {
	for _ in 1 2 3 4; do
		business || return 1
		sleep 0.3
		[ "$(picket audit --json | jq .found)" -lt 8 ] || return 0
	done
	return 1
}

audit() {
	picket audit "$@" >"$WORK/audit" 2>"$WORK/complaints"
}

listed() {
	audit --json "${@:3}"
	equal "$1" "$2" "$(jq -c '[.audit[] | [.source, .destination, .service, .reason]] | sort' "$WORK/audit")"
}

# has_row FILTER: there is one of which this is true; .lines are its own.
has_row() {
	picket audit --json | jq -e "[.to_allow as \$lines | .audit[] | .row as \$row | . + {lines: [\$lines[] | select(.row == \$row) | .line]}] | any($1)" >/dev/null
}

no_daemon() {
	audit
	equal "without a policy: exit status" 1 $?
	check "without a policy: says so" grep -q "nothing is live" "$WORK/complaints"
	check "the policy goes live" picket apply "$WORK/policy.yaml"
	audit
	equal "without a daemon: exit status" 3 $?
	check "without a daemon: what to do" grep -q "picket run" "$WORK/complaints"
}

arguments() {
	local words
	for words in "one" "--device nobody" "--segment nowhere" "--reason because" "--since noon" "--top 0" "--acept"; do
		# shellcheck disable=SC2086 # words
		audit $words
		equal "audit $words: exit status" 2 $?
		check "audit $words: says where help is" grep -q "picket audit --help" "$WORK/complaints"
	done
	audit --policy "$WORK/none.yaml"
	equal "a policy that is not there: exit status" 3 $?
}

lists() {
	audit
	equal "nothing yet: exit status" 0 $?
	check "nothing yet: says since when" grep -q '^since: ' "$WORK/audit"
	check "what happens here passes in audit mode" business_seen
	picket audit --json >"$WORK/audit"
	listed "all of it is listed, whatever came in the same second" "$(jq -cn '[
		["Bare-18", "10.1.0.20", "tcp/9000", "segment"],
		["gateway", "therm-17", "icmp", "role-accept"],
		["gateway", "therm-17", "tcp/22", "role-accept"],
		["broker", "therm-17", "tcp/22", "segment"],
		["therm-17", "10.1.0.20", "tcp/443", "segment"],
		["therm-17", "Bare-18", "tcp/22", "segment"],
		["therm-17", "broker", "icmp", "segment"],
		["therm-17", "gateway", "udp/53", "role-connect"]] | sort')"
	equal "the lines: as many as it lacks" '["conduits: {from: sensors, to: servers, ports: [tcp/443]}","role thermometer (policy.yaml:19), connect: {to: 10.1.0.20, ports: [tcp/443]}"]' \
		"$(jq -c '(.audit[] | select(.service == "tcp/443") | .row) as $row | [.to_allow[] | select(.row == $row) | .line | sub("/tmp/[^ ]*/"; "")]' "$WORK/audit")"
	equal "the lines: of a device that has no role" '["conduits: {from: others, to: servers, ports: [tcp/9000]}","a role for device Bare-18 (policy.yaml:25), connect: {to: 10.1.0.20, ports: [tcp/9000]}"]' \
		"$(jq -c '(.audit[] | select(.service == "tcp/9000") | .row) as $row | [.to_allow[] | select(.row == $row) | .line | sub("/tmp/[^ ]*/"; "")]' "$WORK/audit")"
	equal "both IP versions are one row, and its connections are counted" true \
		"$(jq '.audit[] | select(.service == "udp/53") | .connections >= 2 and .packets >= .connections' "$WORK/audit")"
	equal "the most first" true "$(jq '[.audit[].packets] | . == (sort | reverse)' "$WORK/audit")"
	listed "--device: from it or to it" '[["Bare-18","10.1.0.20","tcp/9000","segment"],["therm-17","Bare-18","tcp/22","segment"]]' \
		--device Bare-18
	equal "--segment" 2 "$(picket audit --json --segment others | jq .found)"
	equal "--reason" '["role-accept"]' "$(picket audit --json --reason role-accept | jq -c '[.audit[].reason] | unique')"
	equal "--top" 1 "$(picket audit --json --top 1 | jq '.audit | length')"
	sleep 1.1
	equal "--since: nothing since then" 0 "$(picket audit --json --since 1s | jq .found)"
	audit
	check "as text: a line to add" grep -Eq '^  [0-9]+: role thermometer .*, connect: .to: gateway, ports: .udp/53..' "$WORK/audit"
	check "as text: a row" grep -Eq '^ +[0-9]+ +therm-17 +sensors +gateway +- +udp/53 +role-connect ' "$WORK/audit"
}

# One after another in always the same order: with one event a second of a device and reason, nothing would be told of
# all but the first. A round may hide one of them, the next ones do not hide it too.
at_once() {
	local round ports="7001 7002 7003 7004 7005"
	local -a frames
	# shellcheck disable=SC2046,SC2086,SC2183 # words, two for each line
	mapfile -t frames < <(printf 'udp smac=02:00:00:00:20:17 from=10.20.0.17 to=10.20.0.1 sport=4%s dport=%s\n' \
		$(for port in $ports; do echo "${port#7}" "$port"; done))
	for round in 1 2 3 4; do
		inject therm eth0 "${frames[@]//sport=4/sport=$((40 + round))}"
		sleep 4.5
	done
	equal "what comes in the same moment is listed" '["udp/7001","udp/7002","udp/7003","udp/7004","udp/7005"]' \
		"$(picket audit --json --device therm-17 | jq -c '[.audit[].service | select(startswith("udp/700"))] | sort')"
}

others() {
	inject therm eth0 "udp smac=02:00:00:00:20:66 from=10.20.0.66 to=10.20.0.1 sport=4 dport=5 count=3" \
		"udp smac=02:00:00:00:20:66 from=10.20.0.99 to=10.20.0.1 sport=4 dport=5" \
		"ethertype type=0x88cc"
	wait_for 3 has_row '.reason == "ethertype"'
	check "an unknown device: how to list it" has_row \
		'.reason == "unknown-device" and .source == "02:00:00:00:20:66 10.20.0.66" and (.lines[0] | test("mac: \"02:00:00:00:20:66\", segment: sensors"))'
	check "another's address: nothing to add" has_row '.reason == "mac-mismatch" and (.lines | length == 1) and (.lines[0] | test("^nothing is to be added"))'
	check "another protocol: which line" has_row '.reason == "ethertype" and (.lines[0] | test("ethertypes: .lldp."))'
}

restart() {
	local before after
	before=$(picket audit --json | jq -c '[.since, (.audit | map([.source, .service, .packets]) | sort)]')
	end_daemon
	start_daemon --listen none
	after=$(picket audit --json | jq -c '[.since, (.audit | map([.source, .service, .packets]) | sort)]')
	equal "another daemon knows what this one did" "$before" "$after"
	end_daemon
	echo '{"format": 1, "owners": [' >"$(find /var/lib/picket -name audit.json)"
	start_daemon --listen none
	check "a file that is damaged is said to be" logged "damaged"
	equal "... and begun anew" 0 "$(picket audit --json | jq .found)"
}

accept() {
	check "the same happens again" business_seen
	equal "--accept: exit status" 0 "$(picket audit --accept >"$WORK/fragment.yaml"; echo $?)"
	check "--accept: YAML, merged into the policy" sh -c \
		"PYTHONDONTWRITEBYTECODE=1 python3 $HERE/merge.py $WORK/policy.yaml $WORK/fragment.yaml | sed 's/^mode: .*/mode: enforce/' >$WORK/merged.yaml"
	check "--accept: check has nothing against it" picket check "$WORK/merged.yaml"
	equal "--policy: that policy would drop nothing of it" 0 "$(picket audit --json --policy "$WORK/merged.yaml" | jq .found)"
	within "--policy: the old one, enforced, would" 8 \
		"$(sed 's/^mode: .*/mode: enforce/' "$WORK/policy.yaml" >"$WORK/strict.yaml"; picket audit --json --policy "$WORK/strict.yaml" | jq .found)" 8
	equal "--accept --json" true "$(picket audit --accept --json | jq '.policy | contains("conduits:")')"
}

# Sums of what was dropped, or passed as audit, for what is a matter of rules.
refused() {
	picket drops --json | jq -s '[.[] | select(.reason == "segment" or .reason == "role-connect" or .reason == "role-accept") | .packets] | add // 0'
}

enforced() {
	local before
	picket unload >/dev/null
	check "what was accepted goes live, enforced" picket apply "$WORK/merged.yaml"
	before=$(refused)
	check "enforced: the same passes" business
	equal "enforced: and nothing of it is dropped or audited" "$before" "$(refused)"
	audit
	equal "nothing is in audit mode: exit status" 1 $?
	check "nothing is in audit mode: says so" grep -q "nothing is in audit mode" "$WORK/complaints"
	dropping "enforced: another service is refused" sensors role-connect sockets therm udp 10.20.0.1 123 --timeout 0.3
	dropping "enforced: another server as well" sensors role-connect sockets therm tcp $BROKER 443 --timeout 0.3
	dropping "enforced: another host's connection too" servers role-accept sockets srv tcp 10.20.0.17 22 --source $CLOUD --timeout 0.3
}

# A device that tries every port: what another does, and what it does itself again and again, stays.
scan() {
	check "the policy in audit mode again" picket apply "$WORK/policy.yaml"
	for _ in 1 2 3; do
		sockets therm udp 10.20.0.1 53
		sleep 1.1
	done
	python3 -c 'print("\n".join(f"udp smac=02:00:00:00:20:99 from=10.20.0.99 to=10.20.0.1 sport=9 dport={p}" for p in range(2000, 5000)))' >"$WORK/frames"
	mapfile -t frames <"$WORK/frames"
	for _ in 1 2 3 4 5; do
		inject therm eth0 "${frames[@]}"
		sleep 1
	done
	sockets bare tcp "$CLOUD" 9000
	wait_for 5 has_row '.source == "Bare-18"'
	check "a scan: what another device did before is listed" has_row '.source == "therm-17" and .service == "udp/53"'
	within "a scan: as much of it as is kept" 60 "$(picket audit --json --device therm-99 --top 1000 | jq .found)" 64
	audit
	check "a scan: that there was more is said" grep -q "more kinds of packets" "$WORK/complaints"
}

topology
policy audit >"$WORK/policy.yaml"
no_daemon
start_daemon --listen none
arguments
lists
at_once
others
restart
accept
enforced
scan
end_daemon
finish
