#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# plan against what is live: nothing, the same, another policy; what it says is what traffic then
# meets; captures through both policies; and nothing is touched.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
private "$0" "$@"

BROKER=10.1.0.10
CLOUD=10.1.0.20

topology() {
	netns gw therm srv
	cable gw lan0 therm eth0 02:00:00:00:20:17
	cable gw srv0 srv eth0
	forwarding gw
	gw ip address add 10.20.0.1/24 dev lan0
	gw ip address add 10.1.0.1/24 dev srv0
	in_ns therm ip address add 10.20.0.17/24 dev eth0
	in_ns therm ip route add default via 10.20.0.1
	in_ns srv ip address add $BROKER/24 dev eth0
	in_ns srv ip address add $CLOUD/24 dev eth0
	in_ns srv ip route add default via 10.1.0.1
	serve srv 443 8883
}

# policy FILE TARGET SERVICE [MODE]
policy() {
	cat >"$WORK/$1" <<-POLICY
	picket: 1
	mode: ${4-enforce}
	segments:
	  sensors: {interfaces: [lan0], subnets: [10.20.0.0/24]}
	  servers: {kind: hosts, interfaces: [srv0], subnets: [10.1.0.0/24]}
	peers:
	  broker: [$BROKER]
	  cloud: [$CLOUD]
	roles:
	  thermometer:
	    connect:
	      - {to: gateway, ports: [udp/53]}
	      - {to: $2, ports: [$3]}
	devices:
	  therm-17: {role: thermometer, mac: "02:00:00:00:20:17", ip: 10.20.0.17}
	  therm-18: {role: thermometer, mac: "02:00:00:00:20:18", ip: 10.20.0.18}
	conduits:
	  - {from: sensors, to: servers}
	POLICY
}

# plan ARGUMENTS...: into $WORK/plan; warnings of the policy apart.
plan() {
	picket plan "$@" >"$WORK/plan" 2>"$WORK/complaints"
}

# planned NAME TEXT: the last plan says it.
planned() {
	if grep -qF -- "$2" "$WORK/plan"; then
		ok "$1"
	else
		not_ok "$1" "'$2' is not in: $(tr '\n' ';' <"$WORK/plan" | cut -c 1-900)"
	fi
}

# value NAME FILTER EXPECTED: of the last plan as JSON.
value() {
	equal "$1" "$3" "$(jq -r "$2" "$WORK/plan" | tr '\n' ' ' | sed 's/ $//')"
}

hash() {
	picket status --json | jq -r '"\(.hash) \(.generation)"'
}

# shellcheck disable=SC2317 # check and refuse call it
reaches() {
	sockets therm tcp "$1" "$2" --timeout 0.5
}

nothing_live() {
	plan "$WORK/old.yaml"
	equal "nothing is live: exit status" 0 $?
	planned "nothing is live: says so" "nothing is live: everything is an addition"
	planned "nothing is live: devices are added" "  + therm-17: role thermometer; segment sensors"
	planned "nothing is live: and what they may reach" \
		"+ new devices of role thermometer in sensors (2 devices) may now reach cloud ($CLOUD): tcp/443"
	plan --exit-code "$WORK/old.yaml"
	equal "nothing is live: exit status with --exit-code" 1 $?
	equal "nothing is live: nor after it" "" "$(pins_left)"
}

the_same() {
	plan --exit-code "$WORK/old.yaml"
	equal "the same policy: exit status" 0 $?
	planned "the same policy: no changes" "changes:  no"
	sed 's/$/  # the same in other words/' "$WORK/old.yaml" >"$WORK/commented.yaml"
	plan --exit-code "$WORK/commented.yaml"
	equal "comments are no changes" 0 $?
}

another() {
	local before

	before=$(hash)
	plan --exit-code "$WORK/new.yaml"
	equal "another policy: exit status" 1 $?
	planned "another policy: the live one by its name" "against:  old"
	planned "another policy: what is lost" \
		"- role thermometer in sensors (2 devices) may no longer reach cloud ($CLOUD): tcp/443"
	planned "another policy: what is gained" \
		"+ role thermometer in sensors (2 devices) may now reach broker ($BROKER): tcp/8883"
	plan --json "$WORK/new.yaml"
	equal "another policy: exit status without --exit-code" 0 $?
	value "another policy: JSON: elements" '.roles[] | .change, .name, (.fields[] | .added[], .removed[])' \
		"changed thermometer broker tcp/8883 cloud tcp/443"
	value "another policy: JSON: effects" '.effects[] | "\(.change) \(.from[0].name) \(.to[0].name) \(.services[0])"' \
		"added role thermometer in sensors (2 devices) broker ($BROKER) tcp/8883 removed role thermometer in sensors (2 devices) cloud ($CLOUD) tcp/443"
	equal "another policy: what is live is untouched" "$before" "$(hash)"
	check "before: the cloud is reached" reaches $CLOUD 443
	refuse "before: the broker is not" reaches $BROKER 8883
	check "the policy goes live" picket apply "$WORK/new.yaml"
	refuse "after: the cloud is not reached" reaches $CLOUD 443
	check "after: the broker is" reaches $BROKER 8883
	check "the old policy again" picket apply "$WORK/old.yaml"
}

refusals() {
	printf 'picket: 1\nsegmnts: {}\n' >"$WORK/bad.yaml"
	plan "$WORK/bad.yaml"
	equal "a policy that is not valid: exit status" 1 $?
	check "a policy that is not valid: where" grep -q 'bad.yaml:2:1: error' "$WORK/complaints"
	plan "$WORK/none.yaml"
	equal "a policy that is not there: exit status" 3 $?
	plan --against "$WORK/none.yaml" "$WORK/old.yaml"
	equal "a policy to compare with that is not there: exit status" 3 $?
	plan --against "$WORK/bad.yaml" "$WORK/old.yaml"
	equal "a policy to compare with that is not valid: exit status" 1 $?
	plan
	equal "no policy: exit status" 2 $?
	plan --at noon "$WORK/old.yaml"
	equal "no time: exit status" 2 $?
	plan --replay lan0 "$WORK/old.yaml"
	equal "no capture: exit status" 2 $?
	plan --replay "lan0=$WORK/none.pcap" "$WORK/new.yaml"
	equal "a capture that is not there: exit status" 3 $?
	cp "$PICKET" "$WORK/picket"
	chmod 755 "$WORK"
	gw setpriv --reuid=65534 --regid=65534 --clear-groups "$WORK/picket" plan "$WORK/new.yaml" \
		>"$WORK/plan" 2>"$WORK/complaints"
	equal "without privileges: exit status" 3 $?
	check "without privileges: what to do" grep -q -- "--against" "$WORK/complaints"
	gw setpriv --reuid=65534 --regid=65534 --clear-groups "$WORK/picket" plan \
		--against "$WORK/old.yaml" "$WORK/new.yaml" >"$WORK/plan" 2>"$WORK/complaints"
	equal "without privileges: two files are compared" 0 $?
}

captures() {
	local therm17="smac=02:00:00:00:20:17 from=10.20.0.17" therm18="smac=02:00:00:00:20:18 from=10.20.0.18"
	local server="smac=02:00:00:00:10:10"

	python3 "$HERE/write_pcap.py" "$WORK/lan.pcap" \
		"tcp $therm17 to=$CLOUD sport=40001 dport=443" \
		"tcp $therm17 to=$CLOUD sport=40001 dport=443 flags=A count=3 at=1767225602" \
		"tcp $therm18 to=$BROKER sport=40002 dport=8883 count=2" \
		"udp $therm17 to=10.20.0.1 sport=40003 dport=53 count=5" \
		"tcp $therm17 to=10.20.0.1 sport=40004 dport=54" \
		"udp $therm17 to=203.0.113.9 sport=40003 dport=53"
	python3 "$HERE/write_pcap.py" "$WORK/srv.pcap" \
		"tcp $server from=$CLOUD to=10.20.0.17 sport=443 dport=40001 flags=SA at=1767225601" \
		"tcp $server from=$CLOUD to=10.20.0.17 sport=443 dport=40001 flags=A at=1767225603"
	plan --json --replay "lan0=$WORK/lan.pcap" --replay "srv0=$WORK/srv.pcap" "$WORK/new.yaml"
	equal "captures: exit status" 0 $?
	value "captures: sums" '.replay | .packets, .dropped, .passed, .reported, .unreported' "15 6 2 0 0"
	value "captures: groups, most first" \
		'.replay.groups[] | "\(.fate) \(.packets) \(.from) \(.to) \(.service) \(.reason);"' \
		"dropped 4 therm-17 cloud ($CLOUD) tcp/443 role-connect; passed 2 therm-18 broker ($BROKER) tcp/8883 role-connect; dropped 1 cloud ($CLOUD) therm-17 tcp/443 (answers) no-flow; dropped 1 cloud ($CLOUD) therm-17 tcp/443 (answers) segment;"
	plan --replay "lan0=$WORK/lan.pcap" "$WORK/new.yaml"
	planned "captures: in words" \
		"- 4 packets from therm-17 to cloud ($CLOUD), tcp/443: would be dropped: role-connect"
	plan --json --replay "lan0=$WORK/lan.pcap" "$WORK/audit.yaml"
	value "captures: audit instead" '.replay | .dropped, .passed, .reported' "0 4 4"
	python3 "$HERE/write_pcap.py" "$WORK/out.pcap" \
		"udp smac=02:00:00:00:00:fe from=10.20.0.1 to=10.20.0.17 sport=53 dport=40009 count=2"
	plan --json --replay "out:lan0=$WORK/out.pcap" "$WORK/accept.yaml"
	value "captures: what the gateway sends" \
		'.replay.groups[] | .fate, .packets, .from, .to, .reason' "passed 2 the gateway therm-17 role-accept"
	sed 's,udp/53,tcp/54,' "$WORK/old.yaml" >"$WORK/dns.yaml"
	plan --json --replay "lan0=$WORK/lan.pcap" "$WORK/dns.yaml"
	value "captures: the gateway by an address of this host" '.replay.groups[] | .fate, .packets, .from, .to, .service' \
		"dropped 5 therm-17 the gateway udp/53 passed 1 therm-17 the gateway tcp/54"
}

colours() {
	local command="$PICKET plan --against $WORK/old.yaml $WORK/new.yaml"

	check "colours on a terminal" sh -c "TERM=xterm script -qec '$command' /dev/null | grep -q \$(printf '\033')'\[3[12]m'"
	refuse "NO_COLOR: none" sh -c "NO_COLOR=1 script -qec '$command' /dev/null | grep -q \$(printf '\033')"
	refuse "none in a pipe" sh -c "$command 2>/dev/null | grep -q \$(printf '\033')"
}

topology
policy old.yaml cloud tcp/443
policy new.yaml broker tcp/8883
policy audit.yaml broker tcp/8883 audit
sed -e 's/^peers:/gateway: {addresses: [10.20.0.1]}\npeers:/' \
	-e 's/^    connect:/    accept: [{from: gateway}]\n    connect:/' "$WORK/old.yaml" >"$WORK/accept.yaml"
nothing_live
check "a policy goes live" picket apply "$WORK/old.yaml"
the_same
another
captures
colours
refusals
finish
