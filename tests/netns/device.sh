#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What `picket devices DEVICE` says of one device: its rules with their lines, by whatever way it has
# them; each bucket with what it holds, what it refused, and when; addresses it was seen to use.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
private "$0" "$@"

topology() {
	netns gw therm srv
	in_ns therm sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
	cable gw lan0 therm eth0 02:00:00:00:20:17
	cable gw srv0 srv eth0
	forwarding gw
	gw ip address add 10.20.0.1/24 dev lan0
	gw ip address add 10.1.0.1/24 dev srv0
	in_ns therm ip address add 10.20.0.17/24 dev eth0
	in_ns srv ip address add 10.1.0.10/24 dev eth0
	in_ns therm ip route add default via 10.20.0.1
	in_ns srv ip route add default via 10.1.0.1
}

# policy [MORE-DEVICES]
policy() {
	cat >site.yaml <<-POLICY
	picket: 1
	segments:
	  sensors:
	    interfaces: [lan0]
	    subnets: [10.20.0.0/16]
	    dhcp: true
	    limit: {send: {packets: 1/h, burst: 40}}
	  servers: {kind: hosts, interfaces: [srv0], subnets: [10.1.0.0/24]}
	roles:
	  base:
	    connect:
	      - {to: gateway, ports: [udp/53]}
	  thermometer:
	    extends: [base]
	    connect:
	      - to: servers # its broker
	        ports:
	          - udp/7000-7099
	    accept: [{from: servers, ports: [udp/9]}]
	    limit:
	      send: {packets: 1/h, burst: 12}
	      receive: {bytes: 1/s, burst-bytes: 2000}
	  maintenance:
	    accept:
	      - {from: [servers, 10.9.0.0/16],
	         ports: [tcp/22]}
	  once:
	    connect: [{to: any}]
	devices:
	  therm-17: {role: thermometer, mac: "02:00:00:00:20:17", segment: sensors, space: hq/floor-2}
	  fast: {role: base, ip: 10.20.0.18, limit: {send: {flows: 7/m}}}
	${1-}
	assignments:
	  - {role: maintenance, space: hq}
	  - {role: once, space: hq, valid-until: 2020-01-01T00:00:00Z}
	conduits:
	  - {from: sensors, to: servers}
	  - {from: servers, to: sensors}
	POLICY
}

# one DEVICE FILTER
one() {
	picket devices "$1" --json | jq -c "$2"
}

# bucket OWNER DIRECTION KIND FILTER: of therm-17
bucket() {
	one therm-17 ".limits[] | select(.owner == \"$1\" and .direction == \"$2\" and .kind == \"$3\") | $4"
}

# send COUNT PORT: datagrams from therm-17 to the server
send() {
	inject therm eth0 "udp from=10.20.0.17 to=10.1.0.10 sport=4000 dport=$2 count=$1"
}

rules() {
	equal "rules: each as it is written, with its line" '["connect thermometer site.yaml:16 to: servers ports: - udp/7000-7099","connect base site.yaml:12 {to: gateway, ports: [udp/53]}","accept thermometer site.yaml:19 {from: servers, ports: [udp/9]}","accept maintenance site.yaml:25 {from: [servers, 10.9.0.0/16], ports: [tcp/22]}"]' \
		"$(one therm-17 '[.rules[] | "\(.kind) \(.role) \(.place) \(.rule)"]')"
	equal "rules: how it has them" '[["thermometer"],["maintenance"],["base"],4]' \
		"$(one therm-17 '[.roles, .assigned_roles, .inherited_roles, .rule_count]')"
}

refused_again() {
	[ "$(bucket device send packets .refused)" = 4 ]
}

limits() {
	equal "limits: in the order in which they are asked, with their lines" '[["device","send","flows","default"],["device","send","packets","site.yaml:21"],["segment","send","packets","site.yaml:7"],["device","receive","flows","default"],["device","receive","bytes","site.yaml:22"]]' \
		"$(one therm-17 '[.limits[] | [.owner, .direction, .kind, .place]]')"
	equal "limits: a device's own" '["send","flows",10,"site.yaml:31"]' \
		"$(one fast '.limits[0] | [.direction, .kind, .burst, .place]')"
	equal "limits: none has refused anything" '[[0,null]]' \
		"$(one therm-17 '[.limits[] | [.refused, .last_refused]] | unique')"
	send 15 7000
	equal "limits: what a bucket refused" '[12,0,3]' "$(bucket device send packets '[.burst, .available, .refused]')"
	equal "limits: ... in bytes" 180 "$(bucket device send packets .refused_bytes)"
	equal "limits: ... and when" true "$(bucket device send packets "(.last_refused - $(date +%s) | fabs) < 60")"
	equal "limits: what it admitted was asked of the segment" '[40,28,0]' \
		"$(bucket segment send packets '[.burst, .available, .refused]')"
	equal "limits: the device's own counter says the same" 3 "$(device therm-17 .dropped)"
	picket explain --in lan0 --mac therm-17 --src 10.20.0.17 --dst 10.1.0.10 udp/7000 >explained
	equal "limits: a question is refused" 1 "$(grep -c '^reason: *limit-packets$' explained)"
	equal "limits: ... and counted nowhere" 3 "$(bucket device send packets .refused)"
	inject srv eth0 "udp from=10.1.0.10 to=10.20.0.17 sport=5 dport=9 bytes=1000 count=1"
	check "limits: that nobody listens there, it may not say either" wait_for 5 refused_again
	inject srv eth0 "udp from=10.1.0.10 to=10.20.0.17 sport=5 dport=9 bytes=1000 count=1"
	equal "limits: what goes to it" '[1,1042]' "$(bucket device receive bytes '[.refused, .refused_bytes]')"
	equal "learned" '["10.20.0.17"]' "$(one therm-17 '[.learned[] | select(.last_used != null) | .address]')"
	equal "last refused, and why" '["limit-bytes",true]' \
		"$(one therm-17 '[.last_reason, .last_refused != null]')"
}

# A device's row stays its own from policy to policy, and so do its counts; a row of nobody has none.
another_policy() {
	local before

	before=$(bucket device send packets '[.refused, (.last_refused * 1000 | round)]')
	policy "  later: {role: base, ip: 10.20.0.30}"
	check "another policy" picket apply site.yaml
	equal "another policy: the counts stay" "$before" "$(bucket device send packets \
		'[.refused, (.last_refused * 1000 | round)]')"
	policy
	sed -i '/therm-17:/d' site.yaml
	check "a policy without it" picket apply site.yaml
	policy
	check "a policy with it again" picket apply site.yaml
	equal "back again: it starts at nothing" '[0,null]' \
		"$(bucket device send packets '[.refused, .last_refused]')"
	equal "back again: nothing is left of what it had" 0 \
		"$(bpftool -j map dump pinned "$PICKET_PINS/slot$(slot)/refusals" | jq length)"
}

slot() {
	[ -e "$PICKET_PINS/slot0/refusals" ] && echo 0 || echo 1
}

text() {
	picket devices therm-17 >"$WORK/text"
	equal "text: a table of rules" 1 "$(grep -c '^  accept   maintenance  site.yaml:25  {from: \[servers, 10.9.0.0/16\], ports: \[tcp/22\]}$' "$WORK/text")"
	equal "text: a table of limits" 1 "$(grep -cE '^  device   send       packets  1/h +0.000278 +12 +0 +[0-9]+ +[0-9]+ B +.* ago +site.yaml:21$' "$WORK/text")"
}

many_rules() {
	local i

	policy
	for ((i = 1; i <= 300; i++)); do
		echo "      - {to: servers, ports: [tcp/$i]}"
	done >"$WORK/rules"
	sed -i "/^  base:/,/connect:/{/connect:/r $WORK/rules
	}" site.yaml
	check "many rules: apply" picket apply site.yaml
	equal "many rules: the first hundred" '[304,100]' "$(one therm-17 '[.rule_count, (.rules | length)]')"
	equal "many rules: all" '[304,"site.yaml:311"]' "$(picket devices --all therm-17 --json |
		jq -c '[(.rules | length), (.rules[] | select(.rule == "{to: servers, ports: [tcp/300]}") | .place)]')"
	refuse "many rules: all are of one device" picket devices --all
}

topology
cd "$WORK" || exit 1 # so that the policy's name is short
policy
check "apply" picket apply site.yaml
rules
limits
text
another_policy
many_rules
check "unload" picket unload
finish
