#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Real sockets between namespaces through a gateway that picket filters, first with native XDP,
# then with generic: what the policy allows arrives, what it does not is dropped and counted
# under its reason.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
private "$0" "$@"

ALL="gw therm cam rogue valve plc srv up far vpn"
BROKER=10.1.0.10 BROKER6=fd00:1::10
FAR=198.51.100.10 FAR6=2001:db8:64::10
LAN=10.20.0.1 LAN6=fd00:20::1

# One segment on three ports, one whose device gets its address by DHCP, one behind a tag,
# servers, and an uplink whose path narrows twice.
topology() {
	# shellcheck disable=SC2086 # a list of words
	netns $ALL
	# no port for what is not tagged: its system's own multicast reports would be dropped
	in_ns plc sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
	cable gw lan0 therm eth0 02:00:00:00:20:11
	cable gw lan1 cam eth0 02:00:00:00:20:12
	cable gw lan2 rogue eth0 02:00:00:00:20:99
	cable gw act0 valve eth0 02:00:00:00:30:11
	cable gw tag0 plc eth0 02:00:00:00:40:11
	cable gw srv0 srv eth0
	cable gw wan0 up gw0
	cable gw vpn0 vpn eth0
	cable up far0 far eth0
	in_ns plc ethtool -K eth0 txvlan off >/dev/null
	forwarding gw up
	addresses
	mtus
}

addresses() {
	local port

	for port in lan0 lan1 lan2; do
		gw ip address add "$LAN/32" dev "$port"
		gw ip -6 address add "$LAN6/128" dev "$port" nodad
	done
	gw ip address add 10.30.0.1/24 dev act0
	gw ip address add 10.1.0.1/24 dev srv0
	gw ip -6 address add fd00:1::1/64 dev srv0 nodad
	gw ip address add 192.0.2.2/24 dev wan0
	gw ip -6 address add 2001:db8:1::2/64 dev wan0 nodad
	gw ip address add 10.9.0.1/24 dev vpn0
	in_ns up ip address add 192.0.2.1/24 dev gw0
	in_ns up ip -6 address add 2001:db8:1::1/64 dev gw0 nodad
	in_ns up ip address add 198.51.100.1/24 dev far0
	in_ns up ip -6 address add 2001:db8:64::1/64 dev far0 nodad
	in_ns up ip route add default via 192.0.2.2
	in_ns up ip -6 route add default via 2001:db8:1::2
	gw ip route add default via 192.0.2.1
	gw ip -6 route add default via 2001:db8:1::1
	host therm eth0 $LAN $LAN6 10.20.0.11 fd00:20::11
	host cam eth0 $LAN $LAN6 10.20.0.12 fd00:20::12
	host rogue eth0 $LAN $LAN6 10.20.0.99 fd00:20::99
	host srv eth0 10.1.0.1 fd00:1::1 $BROKER $BROKER6
	host far eth0 198.51.100.1 2001:db8:64::1 $FAR $FAR6
	host vpn eth0 10.9.0.1 fd00:9::1 10.9.0.2
	route lan0 10.20.0.11 fd00:20::11
	route lan1 10.20.0.12 fd00:20::12
	route lan2 10.20.0.99 fd00:20::99
}

# Jumbo frames from thermometer to server; 1400 bytes to the uplink, 1300 behind it.
mtus() {
	gw ip link set lan0 mtu 9000
	in_ns therm ip link set eth0 mtu 9000
	gw ip link set srv0 mtu 9000
	in_ns srv ip link set eth0 mtu 9000
	gw ip link set wan0 mtu 1400
	in_ns up ip link set gw0 mtu 1400
	in_ns up ip link set far0 mtu 1300
	in_ns far ip link set eth0 mtu 1300
	# it offers larger segments than the path can carry
	in_ns far ip route change default via 198.51.100.1 advmss 8000
	in_ns far ip -6 route change default via 2001:db8:64::1 advmss 8000
}

policy() {
	cat <<-'POLICY'
	picket: 1
	segments:
	  sensors:
	    interfaces: [lan0, lan1, lan2]
	    subnets: [10.20.0.0/16, "fd00:20::/64"]
	  actors:
	    interfaces: [act0]
	    subnets: [10.30.0.0/24]
	    dhcp: true
	  tagged:
	    interfaces: [{name: tag0, vlan: 30}]
	    subnets: [10.40.0.0/24]
	  servers:
	    kind: hosts
	    interfaces: [srv0]
	    subnets: [10.1.0.0/24, "fd00:1::/64"]
	  uplink:
	    kind: hosts
	    interfaces: [wan0]
	    subnets: [0.0.0.0/0, "::/0"]
	peers:
	  broker: [10.1.0.10, "fd00:1::10"]
	  far: [198.51.100.10, "2001:db8:64::10"]
	  tunnel: [10.9.0.0/24]
	roles:
	  base:
	    connect:
	      - {to: gateway, ports: [icmp]}
	      - {to: broker, ports: [tcp/8883, udp/5683, icmp]}
	  thermometer:
	    extends: [base]
	    connect:
	      - {to: far, ports: [tcp/443]}
	      - {to: camera, ports: [tcp/554, icmp]}
	      - {to: actor, ports: [tcp/8080]}
	    accept:
	      - {from: servers, ports: [tcp/8080, udp/8080, icmp]}
	      - {from: [gateway, tunnel, far], ports: [tcp/8080]}
	  camera:
	    extends: [base]
	    accept:
	      - {from: thermometer, ports: [tcp/554, icmp]}
	  actor:
	    extends: [base]
	    accept:
	      - {from: [thermometer, tunnel], ports: [tcp/8080]}
	      - {from: servers, ports: [icmp]}
	devices:
	  therm-17: {role: thermometer, mac: "02:00:00:00:20:11", ip: [10.20.0.11, "fd00:20::11"]}
	  cam-3: {role: camera, mac: "02:00:00:00:20:12", ip: [10.20.0.12, "fd00:20::12"]}
	  valve-1: {role: actor, mac: "02:00:00:00:30:11", segment: actors}
	  plc-1: {role: base, mac: "02:00:00:00:40:11", ip: 10.40.0.11}
	conduits:
	  - {from: [sensors, actors, tagged], to: servers}
	  - {from: servers, to: [sensors, actors]}
	  - {from: sensors, to: [sensors, actors]}
	  - {from: sensors, to: uplink, ports: [tcp/443]}
	  - {from: uplink, to: sensors, ports: [tcp/8080]}
	POLICY
}

servers() {
	serve srv 8883 5683 9999
	serve therm 8080 9999
	serve cam 554 8080
	serve valve 8080
	serve far 443 80
	serve rogue 8080
}

allowed_to_server() {
	check "$mode: TCP from device to server" sockets therm tcp $BROKER 8883 --bytes 1000000
	check "$mode: TCP over IPv6" sockets therm tcp $BROKER6 8883 --bytes 1000000
	check "$mode: UDP from device to server" sockets therm udp $BROKER 5683
	check "$mode: UDP over IPv6" sockets therm udp $BROKER6 5683
	check "$mode: ping from device to server" pings therm $BROKER
	check "$mode: ping over IPv6" pings therm $BROKER6
	check "$mode: ping from device to gateway" pings therm $LAN
	check "$mode: ping to the gateway over IPv6" pings therm $LAN6
	check "$mode: a jumbo frame's ping" pings therm $BROKER -M "do" -s 8900
	check "$mode: a jumbo frame's ping over IPv6" pings therm $BROKER6 -M "do" -s 8900
	check "$mode: a jumbo datagram" sockets therm udp $BROKER 5683 --bytes 8900
}

allowed_to_device() {
	check "$mode: TCP from server to device" sockets srv tcp 10.20.0.11 8080 --bytes 1000000
	check "$mode: TCP from server to device over IPv6" sockets srv tcp fd00:20::11 8080
	check "$mode: UDP from server to device" sockets srv udp 10.20.0.11 8080
	check "$mode: ping from server to device" pings srv 10.20.0.11
	check "$mode: ping from server to device over IPv6" pings srv fd00:20::11
	check "$mode: device to device in one segment" sockets therm tcp 10.20.0.12 554 --bytes 100000
	check "$mode: ... over IPv6" sockets therm tcp fd00:20::12 554
	check "$mode: ... by ping" pings therm 10.20.0.12
	check "$mode: the gateway polls a device" sockets gw tcp 10.20.0.11 8080 --bytes 1000000
	check "$mode: ... over IPv6" sockets gw tcp fd00:20::11 8080
	check "$mode: from an interface that is no port" sockets vpn tcp 10.20.0.11 8080 --bytes 100000
	check "$mode: rewritten to a device (DNAT)" sockets far tcp 192.0.2.2 2222 --bytes 100000
}

mtu_of() {
	in_ns therm ip route get "$1" | grep -o 'mtu [0-9]*'
}

path_mtu() {
	check "$mode: TCP through two narrowing links" sockets therm tcp $FAR 443 --bytes 300000
	equal "$mode: the path MTU error of the router beyond reached the device" "mtu 1300" "$(mtu_of $FAR)"
	check "$mode: TCP through them over IPv6" sockets therm tcp $FAR6 443 --bytes 300000
	equal "$mode: the packet-too-big did as well" "mtu 1300" "$(mtu_of $FAR6)"
}

lease_script() {
	cat >"$WORK/lease" <<-'SCRIPT'
	#!/bin/sh
	[ "$1" = bound ] || exit 0
	ip address add "$ip/24" dev "$interface"
	ip route add default via "$router"
	SCRIPT
	chmod +x "$WORK/lease"
}

dhcp() {
	local address

	lease_script
	in_ns gw dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --user=root --no-ping \
		--interface=act0 --bind-interfaces --dhcp-range=10.30.0.100,10.30.0.120,255.255.255.0,1h \
		--dhcp-leasefile="$WORK/leases.$mode" --pid-file= >"$WORK/dnsmasq" 2>&1 &
	dnsmasq=$!
	check "$mode: a device gets its address by DHCP" \
		in_ns valve busybox udhcpc -i eth0 -n -q -t 8 -T 1 -s "$WORK/lease"
	address=$(in_ns valve ip -json -4 address show eth0 | jq -r '.[0].addr_info[0].local')
	check "$mode: ... and reaches the server from it" sockets valve tcp $BROKER 8883
	check "$mode: ... and is found at it by a server" pings srv "$address"
	check "$mode: ... and by a device of another segment" sockets therm tcp "$address" 8080
	equal "$mode: ... which picket has learned" "$address" \
		"$(picket devices valve-1 --json | jq -r '.learned[].address')"
	valve=$address
}

tagged() {
	local before after

	before=$(device plc-1 .passed)
	inject plc eth0 "udp vlan=30 from=10.40.0.11 to=$BROKER sport=4000 dport=5683 count=3"
	after=$(device plc-1 .passed)
	equal "$mode: frames with the segment's tag are their device's" $((before + 3)) "$after"
}

# Everything so far was allowed.
nothing_dropped() {
	equal "$mode: nothing that is allowed was dropped" "" "$(picket drops --json)"
	within "$mode: the thermometer's passed packets are counted" 100 "$(device therm-17 .passed)" 100000000
	equal "$mode: its dropped ones are none" 0 "$(device therm-17 .dropped)"
}

forbidden() {
	dropping "$mode: a port that the role does not have" sensors role-connect sockets therm tcp $BROKER 9999
	dropping "$mode: ... over IPv6" sensors role-connect sockets therm udp $BROKER6 9999
	dropping "$mode: a port that the device does not offer" servers role-accept sockets srv tcp 10.20.0.11 9999
	dropping "$mode: a segment that no conduit reaches" sensors segment sockets therm tcp $FAR 80
	dropping "$mode: a device that does not accept it" sensors role-connect pings cam 10.20.0.11
	dropping "$mode: a device that accepts nobody" servers role-accept sockets srv tcp 10.20.0.12 8080
	dropping "$mode: an unlisted device" sensors unknown-device pings rogue $BROKER
	dropping "$mode: an unlisted device over IPv6" sensors unknown-device pings rogue $BROKER6
	dropping "$mode: to an unlisted device" servers unknown-device pings srv 10.20.0.99
	dropping "$mode: the gateway polls one that does not accept it" sensors role-accept \
		sockets gw tcp 10.20.0.12 8080
	dropping "$mode: no port's interface, a device that does not accept it" sensors role-accept \
		sockets vpn tcp 10.20.0.12 8080
	dropping "$mode: no port's interface, no conduit" actors segment sockets vpn tcp "$valve" 8080
	dropping "$mode: rewritten to a device that does not accept it" sensors role-accept \
		sockets far tcp 192.0.2.2 2223
}

spoofed() {
	in_ns therm ip address add 10.1.0.99/32 dev eth0
	dropping "$mode: an address of another segment" null spoofed pings therm $BROKER -I 10.1.0.99
	in_ns therm ip address del 10.1.0.99/32 dev eth0
	in_ns rogue ip address add 10.20.0.11/32 dev eth0
	dropping "$mode: a device's address behind another MAC" sensors mac-mismatch \
		pings rogue $BROKER -I 10.20.0.11
	in_ns rogue ip address del 10.20.0.11/32 dev eth0
	in_ns far ip address add 10.1.0.77/32 dev eth0
	dropping "$mode: a server's address from the uplink" null spoofed pings far 192.0.2.2 -I 10.1.0.77
	in_ns far ip address del 10.1.0.77/32 dev eth0
}

by_hand() {
	local four="from=10.20.0.11 to=$BROKER sport=7777 dport=8883" six="from=fd00:20::11 to=$BROKER6"

	injected "$mode: a reply without a flow (SYN+ACK)" sensors no-flow 1 therm eth0 "tcp $four flags=SA"
	injected "$mode: a reply without a flow (RST)" sensors no-flow 1 therm eth0 "tcp $four flags=R"
	injected "$mode: a reply without a flow (echo)" sensors no-flow 2 therm eth0 \
		"echo-reply from=10.20.0.11 to=$BROKER" "echo-reply $six"
	injected "$mode: an ARP reply that claims the gateway" null spoofed 1 therm eth0 \
		"arp op=2 spa=$LAN tpa=10.20.0.12"
	injected "$mode: an ARP request that claims the gateway" null spoofed 1 rogue eth0 \
		"arp op=1 spa=$LAN tpa=$LAN"
	injected "$mode: an ARP reply that claims another device" sensors mac-mismatch 1 rogue eth0 \
		"arp op=2 spa=10.20.0.12 tpa=10.20.0.11"
	injected "$mode: ARP whose hardware address is another's" null arp-spoofed 1 therm eth0 \
		"arp op=2 sha=02:00:00:00:20:12 spa=10.20.0.11 tpa=$LAN"
	injected "$mode: an NA that claims the gateway" null spoofed 1 therm eth0 \
		"na dmac=33:33:00:00:00:01 from=fe80::20:11 target=$LAN6"
	injected "$mode: an NA that claims another device" sensors mac-mismatch 1 rogue eth0 \
		"na dmac=33:33:00:00:00:01 from=fe80::20:99 target=fd00:20::12"
	injected "$mode: an NA with another's link-layer address" null nd-spoofed 1 therm eth0 \
		"na dmac=33:33:00:00:00:01 from=fe80::20:11 target=fd00:20::11 tll=02:00:00:00:20:12"
	injected "$mode: another tag" null unbound 1 plc eth0 "udp vlan=31 $four"
	injected "$mode: no tag where only a tag is a port" null unbound 1 plc eth0 "udp $four"
	injected "$mode: DHCP where no segment has it" null martian 1 rogue eth0 \
		"udp from=0.0.0.0 to=255.255.255.255 sport=68 dport=67 bytes=240"
	injected "$mode: a device that answers DHCP clients" sensors rogue-dhcp 1 therm eth0 \
		"udp from=10.20.0.11 to=10.20.0.12 sport=67 dport=68"
	injected "$mode: an EtherType that nobody listed" null ethertype 1 therm eth0 "ethertype type=0x88cc"
}

# What the commands say of what is live.
commands() {
	check "$mode: explain says what passes" picket explain --in lan0 --src 10.20.0.11 --dst $BROKER tcp/8883
	refuse "$mode: explain says what does not" picket explain --in lan0 --src 10.20.0.11 --dst $BROKER tcp/9999
	check "$mode: quarantine" picket quarantine therm-17
	dropping "$mode: ... cuts a device off" sensors quarantined pings therm $BROKER
	dropping "$mode: ... in both directions" servers quarantined pings srv 10.20.0.11
	check "$mode: release" picket release therm-17
	check "$mode: ... lets it back" pings therm $BROKER
	check "$mode: ... in both directions" pings srv 10.20.0.11
	follow
}

follow() {
	local events=$WORK/events.$mode follower

	nsenter --net=/run/netns/gw "$PICKET" drops --follow --json >"$events" 2>&1 &
	follower=$!
	following $follower
	sleep 1 # one event a second is all that there is of a device and reason
	sockets therm udp $BROKER 4711 --timeout 0.2 2>/dev/null
	wait_for 3 grep -q '"dport":4711' "$events"
	kill $follower
	wait $follower
	equal "$mode: drops --follow shows a drop as it happens" "therm-17 role-connect sensors lan0 $BROKER" \
		"$(jq -r 'select(.dport == 4711) | "\(.device) \(.reason) \(.segment) \(.interface) \(.dst)"' "$events")"
}

rewrite() {
	gw nft -f - <<-'RULES'
	table ip nat {
		chain prerouting {
			type nat hook prerouting priority dstnat
			iifname wan0 tcp dport 2222 dnat to 10.20.0.11:8080
			iifname wan0 tcp dport 2223 dnat to 10.20.0.12:8080
		}
	}
	RULES
}

attached_as() {
	gw ip -json link show lan0 | jq -r '.[0].xdp.mode // 0 | if . == 1 then "native" elif . == 2 then "generic" else "none" end'
}

run_mode() {
	local mode=$1 dnsmasq valve=10.30.0.100

	topology
	rewrite
	servers
	policy >"$WORK/policy.yaml"
	check "$mode: apply" picket apply --mode "$mode" "$WORK/policy.yaml"
	equal "$mode: the program is attached so" "$mode" "$(attached_as)"
	allowed_to_server
	allowed_to_device
	path_mtu
	dhcp
	tagged
	nothing_dropped
	forbidden
	spoofed
	by_hand
	commands
	check "$mode: unload" picket unload
	equal "$mode: ... detaches" none "$(attached_as)"
	check "$mode: ... and what was refused passes" pings cam 10.20.0.11
	kill "$dnsmasq"
	# shellcheck disable=SC2046 # a list of words
	kill $(jobs -p) 2>/dev/null
	wait 2>/dev/null
	# shellcheck disable=SC2086 # a list of words
	remove_netns $ALL
}

run_mode native
run_mode generic
finish
