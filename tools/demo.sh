#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# picket at work, in network namespaces that vanish with this script: `make demo`. A gateway with
# two segments of devices, one of servers and an uplink; traffic that is allowed, forbidden,
# spoofed, flooding and unknown; what became of each. Exit 0 only if each met its fate.
#
# With STAY=1 it stays, with traffic, until Enter is pressed: the page is then at http://127.0.0.1:10713/, and
# `tools/demo.sh enter COMMAND...` runs a command on the gateway, such as: tools/demo.sh enter build/picket top
set -u
if [ "$(id -u)" != 0 ]; then
	echo "demo: network namespaces and BPF take root; run: sudo make demo" >&2
	exit 1
fi

# The process that lives in the demo's namespaces.
inhabitant() {
	local pid

	for pid in $(pgrep -f 'bash .*tools/demo\.sh'); do
		grep -qz '^PICKET_TEST_DIR=' "/proc/$pid/environ" 2>/dev/null &&
			[ "$(readlink "/proc/$pid/ns/mnt")" != "$(readlink /proc/self/ns/mnt)" ] && echo "$pid" && return
	done
	echo "demo: there is none that stays: sudo make demo STAY=1" >&2
	return 1
}

if [ "${1-}" = enter ]; then
	shift
	pid=$(inhabitant) || exit 1
	dir=$(tr '\0' '\n' <"/proc/$pid/environ" | sed -n 's/^PICKET_TEST_DIR=//p')
	exec nsenter --target "$pid" --mount --pid --wd="$PWD" nsenter --net=/run/netns/gw \
		env PICKET_PINS="$dir/bpf/picket" "$@"
fi

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/../tests/netns/lib.sh"
private "$0" "$@"

BROKER=10.1.0.10 CLOUD=203.0.113.10 PORT=10713
STAY=${STAY-}
CAPTURES=${CAPTURES:-$ROOT/../shared/data/captures/iot-setup}

ok() {
	passed=$((passed + 1))
	printf '  as expected   %s\n' "$1"
}

not_ok() {
	failed=$((failed + 1))
	printf '  UNEXPECTED    %s\n' "$1"
	[ -z "${2-}" ] || printf '                %s\n' "$2"
}

title() {
	printf '\n%s\n' "$*"
}

topology() {
	netns gw therm-17 cam-3 stranger plug server cloud
	cable gw lan0 therm-17 eth0 02:00:5e:10:00:17
	cable gw lan1 stranger eth0 02:00:5e:10:00:99
	cable gw cam0 cam-3 eth0 02:00:5e:20:00:03
	cable gw home0 plug eth0
	cable gw srv0 server eth0
	cable gw wan0 cloud eth0
	forwarding gw
	gw ip address add 10.20.0.1/32 dev lan0
	gw ip address add 10.20.0.1/32 dev lan1
	gw ip address add 10.21.0.1/24 dev cam0
	gw ip address add 10.10.10.1/24 dev home0
	gw ip address add 10.1.0.1/24 dev srv0
	gw ip address add 203.0.113.1/24 dev wan0
	gw ip -6 address add fd00:20::1/128 dev lan0 nodad
	gw ip -6 address add fd00:1::1/64 dev srv0 nodad
	route lan0 10.20.0.17 fd00:20::17
	route lan1 10.20.0.99
	host therm-17 eth0 10.20.0.1 fd00:20::1 10.20.0.17 fd00:20::17
	host stranger eth0 10.20.0.1 fd00:20::1 10.20.0.99
	host cam-3 eth0 10.21.0.1 fd00:21::1 10.21.0.3
	host server eth0 10.1.0.1 fd00:1::1 $BROKER fd00:1::10
	host cloud eth0 203.0.113.1 2001:db8::1 $CLOUD
	serve server 8883 22
	serve cloud 443
	serve therm-17 22
	serve cam-3 554
}

policy() {
	cat >"$WORK/policy.yaml" <<-'POLICY'
	picket: 1
	segments:
	  sensors:
	    interfaces: [lan0, lan1]
	    subnets: [10.20.0.0/24, "fd00:20::/64"]
	  cameras:
	    interfaces: [cam0]
	    subnets: [10.21.0.0/24]
	  home:
	    interfaces: [home0]
	    subnets: [10.10.10.0/24]
	    dhcp: true
	  servers:
	    kind: hosts
	    interfaces: [srv0]
	    subnets: [10.1.0.0/24, "fd00:1::/64"]
	  uplink:
	    kind: hosts
	    interfaces: [wan0]
	    subnets: [0.0.0.0/0]
	peers:
	  broker: [10.1.0.10, "fd00:1::10"]
	roles:
	  thermometer:
	    connect:
	      - {to: gateway, ports: [icmp]}
	      - {to: broker, ports: [tcp/8883, icmp]}
	    accept:
	      - {from: [servers, gateway], ports: [tcp/22, icmp]}
	    limit:
	      send: {packets: 100/s, burst: 200}
	  camera:
	    connect:
	      - {to: broker, ports: [tcp/8883]}
	    accept:
	      - {from: servers, ports: [tcp/554]}
	  plug:
	    connect:
	      - {to: gateway}
	      - {to: uplink, ports: [tcp, udp]}
	  home-only:
	    connect:
	      - {to: gateway}
	devices:
	  therm-17: {role: thermometer, mac: "02:00:5e:10:00:17", ip: [10.20.0.17, "fd00:20::17"]}
	  cam-3: {role: camera, mac: "02:00:5e:20:00:03", ip: 10.21.0.3}
	  hs100: {role: plug, mac: "50:c7:bf:00:fc:a3", segment: home}
	  wemo: {role: home-only, mac: "94:10:3e:35:01:c1", segment: home}
	conduits:
	  - {from: [sensors, cameras], to: servers}
	  - {from: servers, to: [sensors, cameras]}
	  - {from: home, to: uplink}
	POLICY
}

picture() {
	cat <<-'PICTURE'

	  therm-17  10.20.0.17 --- lan0 |         | srv0 --- broker 10.1.0.10   (servers)
	  a stranger           --- lan1 | gateway |
	  cam-3     10.21.0.3  --- cam0 |         | wan0 --- cloud 203.0.113.10 (uplink)
	  captured devices     --- home0|         |
	PICTURE
}

allowed() {
	title "Allowed: it arrives"
	check "therm-17 -> broker tcp/8883" sockets therm-17 tcp $BROKER 8883
	check "therm-17 -> broker tcp/8883 over IPv6" sockets therm-17 tcp fd00:1::10 8883
	check "therm-17 -> broker ping" pings therm-17 $BROKER
	check "therm-17 -> gateway ping" pings therm-17 10.20.0.1
	check "cam-3    -> broker tcp/8883" sockets cam-3 tcp $BROKER 8883
	check "server   -> therm-17 tcp/22" sockets server tcp 10.20.0.17 22
	check "server   -> cam-3 tcp/554" sockets server tcp 10.21.0.3 554
	check "gateway  -> therm-17 tcp/22" sockets gw tcp 10.20.0.17 22
}

forbidden() {
	title "Forbidden: it is dropped, and counted under its reason"
	dropping "therm-17 -> broker tcp/22: role-connect" sensors role-connect sockets therm-17 tcp $BROKER 22
	dropping "therm-17 -> cloud tcp/443: segment" sensors segment sockets therm-17 tcp $CLOUD 443
	dropping "cam-3    -> therm-17 tcp/22: segment" cameras segment sockets cam-3 tcp 10.20.0.17 22
	dropping "server   -> cam-3 tcp/22: role-accept" servers role-accept sockets server tcp 10.21.0.3 22
	dropping "gateway  -> cam-3 tcp/554: role-accept" cameras role-accept sockets gw tcp 10.21.0.3 554
}

spoofed() {
	title "Spoofed: nobody speaks for another"
	in_ns stranger ip address add 10.20.0.17/32 dev eth0
	dropping "stranger as 10.20.0.17: mac-mismatch" sensors mac-mismatch pings stranger $BROKER -I 10.20.0.17
	in_ns stranger ip address del 10.20.0.17/32 dev eth0
	in_ns cam-3 ip address add 10.1.0.66/32 dev eth0
	dropping "cam-3 as a server: spoofed" null spoofed pings cam-3 $BROKER -I 10.1.0.66
	in_ns cam-3 ip address del 10.1.0.66/32 dev eth0
	injected "cam-3's ARP claims the gateway's address: spoofed" null spoofed 1 cam-3 eth0 \
		"arp op=2 spa=10.21.0.1 tpa=10.21.0.1"
}

unknown() {
	title "Unknown: a device that the policy does not list"
	dropping "stranger -> broker ping: unknown-device" sensors unknown-device pings stranger $BROKER
	dropping "stranger -> broker tcp/8883: unknown-device" sensors unknown-device sockets stranger tcp $BROKER 8883
	dropping "server -> stranger ping: unknown-device" servers unknown-device pings server 10.20.0.99
}

flooding() {
	local before dropped_before sent=5000

	title "Flooding: $sent frames at once against 100/s and a burst of 200"
	before=$(device therm-17 .passed)
	dropped_before=$(dropped sensors limit-packets)
	inject therm-17 eth0 "tcp from=10.20.0.17 to=$BROKER sport=5555 dport=8883 flags=A count=$sent"
	within "what passed is the burst and what the rate gave meanwhile" 200 $(($(device therm-17 .passed) - before)) 1500
	within "the rest is dropped: limit-packets" $((sent - 1500)) $(($(dropped sensors limit-packets) - dropped_before)) $sent
}

# captured_device DEVICE MAC FILE
captured_device() {
	before_passed=$(device "$1" .passed)
	before_dropped=$(device "$1" .dropped)
	inject plug eth0 "pcap file=$CAPTURES/$3 smac=$2"
	sleep 0.1
	passed_now=$(($(device "$1" .passed) - before_passed))
	dropped_now=$(($(device "$1" .dropped) - before_dropped))
}

captured() {
	local before_passed before_dropped passed_now dropped_now

	title "Captured: what real devices sent when they were set up"
	if [ ! -e "$CAPTURES/TP-LinkPlugHS100.pcap" ] || [ ! -e "$CAPTURES/WeMoSwitch.pcap" ]; then
		skipped=$((skipped + 1))
		echo "  NOT SHOWN: there are no captures in $CAPTURES; CAPTURES=DIR says where they are"
		return
	fi
	captured_device hs100 50:c7:bf:00:fc:a3 TP-LinkPlugHS100.pcap
	within "a TP-Link plug that may reach its cloud: frames passed" 30 "$passed_now" 43
	captured_device wemo 94:10:3e:35:01:c1 WeMoSwitch.pcap
	within "a WeMo switch that may only reach the gateway: frames dropped" 90 "$dropped_now" 170
}

quarantine() {
	title "Quarantine: one device is cut off at once"
	picket quarantine therm-17
	dropping "therm-17 -> broker ping: quarantined" sensors quarantined pings therm-17 $BROKER
	picket release therm-17
	check "released, it is back" pings therm-17 $BROKER
}

report() {
	title "picket status"
	picket status
	title "picket devices"
	picket devices
	title "picket drops"
	picket drops
}

# The page's port on this host's loopback, to the daemon's socket.
forward() {
	python3 - "$PORT" /run/picket/*.sock <<-'FORWARD' &
	import asyncio, sys

	async def pump(reader, writer):
	    try:
	        while part := await reader.read(65536):
	            writer.write(part)
	            await writer.drain()
	    except OSError:
	        pass
	    writer.close()

	async def client(reader, writer):
	    there, back = await asyncio.open_unix_connection(sys.argv[2])
	    await asyncio.gather(pump(reader, back), pump(there, writer))

	async def main():
	    async with await asyncio.start_server(client, "127.0.0.1", int(sys.argv[1])) as server:
	        await server.serve_forever()

	asyncio.run(main())
	FORWARD
	wait_for 5 curl -sf "http://127.0.0.1:$PORT/healthz"
}

traffic() {
	while :; do
		sockets therm-17 tcp $BROKER 8883
		sockets cam-3 tcp $BROKER 8883
		pings therm-17 $BROKER -c 5 -i 0.2
		sockets therm-17 tcp $BROKER 22
		pings stranger $BROKER
	done >/dev/null 2>&1
}

watching() {
	title "picket run: what Prometheus scrapes"
	start_daemon --listen 127.0.0.1:$PORT
	sockets therm-17 tcp $BROKER 22 >/dev/null 2>&1
	http /metrics | grep -v '^#' | head -n 40
	check "a scrape says what was dropped" sh -c "curl -s --unix-socket /run/picket/*.sock http://picket/metrics |
		grep -q 'picket_drops_total{segment=\"sensors\",reason=\"role-connect\"} [1-9]'"
	if [ -z "$STAY" ]; then
		echo
		echo "To look at it: sudo make demo STAY=1, then in a browser http://127.0.0.1:$PORT/"
		echo "and in another terminal: sudo tools/demo.sh enter build/picket top"
	else
		check "the page is at http://127.0.0.1:$PORT/" forward
		traffic &
		echo
		echo "In another terminal: sudo tools/demo.sh enter build/picket top"
		read -r -p "Press Enter to end it. " _
		kill $! 2>/dev/null
	fi
	end_daemon TERM
}

title "A gateway, in network namespaces of its own"
picture
topology
policy
title "picket check, picket apply"
picket check "$WORK/policy.yaml" || not_ok "the policy is fine"
picket apply "$WORK/policy.yaml" || give_up "the policy goes live"
allowed
forbidden
spoofed
unknown
sleep 1
flooding
sleep 1
captured
quarantine
report
watching
title "picket unload"
check "unload leaves nothing" picket unload
equal "no pin is left" "" "$(pins_left)"
echo
echo "demo: $passed as expected, $failed not, $skipped not shown"
[ "$failed" = 0 ]
