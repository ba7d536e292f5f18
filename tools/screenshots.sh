#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Makes the README's pictures, tools/screenshots/*.png, from a gateway in network namespaces with lively
# traffic: tools/screenshots.sh [page] [top]. Takes the five minutes that the page's charts show;
# SECONDS_OF_TRAFFIC says otherwise. BUILD is where picket was built.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/../tests/netns/lib.sh"
if [ -z "${PICKET_TEST_DIR-}" ]; then
	"$ROOT/tools/install-deps.sh" pngquant fonts-inter fonts-dejavu-core tmux || exit
fi
private "$0" "$@"

PICTURES=$ROOT/tools/screenshots
LASTING=${SECONDS_OF_TRAFFIC:-310}
BROKER=10.1.0.10

topology() {
	netns gw lan cam plc srv wan
	for ns in gw lan cam plc srv wan; do
		in_ns $ns sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
	done
	cable gw lan0 lan eth0
	cable gw cam0 cam eth0
	cable gw plc0 plc eth0
	cable gw srv0 srv eth0
	cable gw wan0 wan eth0
	forwarding gw
	gw ip address add 10.20.0.1/24 dev lan0
	gw ip address add 10.21.0.1/24 dev cam0
	gw ip address add 10.22.0.1/24 dev plc0
	gw ip address add 10.1.0.1/24 dev srv0
	gw ip address add 203.0.113.1/24 dev wan0
	gw ip neighbour add $BROKER lladdr 02:00:00:00:00:aa dev srv0
	gw ip neighbour add 203.0.113.10 lladdr 02:00:00:00:00:bb dev wan0
}

policy() {
	cat >"$WORK/building-7.yaml" <<-'POLICY'
	picket: 1
	gateway: {addresses: [10.20.0.1, 10.21.0.1, 10.22.0.1, 10.1.0.1, 203.0.113.1]}
	segments:
	  sensors: {interfaces: [lan0], subnets: [10.20.0.0/24]}
	  cameras: {interfaces: [cam0], subnets: [10.21.0.0/24]}
	  controllers: {interfaces: [plc0], subnets: [10.22.0.0/24], mode: audit}
	  servers: {kind: hosts, interfaces: [srv0], subnets: [10.1.0.0/24]}
	  uplink: {kind: hosts, interfaces: [wan0], subnets: [0.0.0.0/0]}
	peers:
	  broker: [10.1.0.10]
	  cloud: [203.0.113.10]
	roles:
	  thermometer:
	    connect: [{to: broker, ports: [udp/5683]}]
	    limit: {send: {packets: 20/s, burst: 40}}
	  camera:
	    connect:
	      - {to: broker, ports: [udp/5004]}
	      - {to: cloud, ports: [udp/443]}
	    limit: {send: {bytes: 60KB/s}}
	  controller:
	    connect: [{to: broker, ports: [udp/4840]}]
	device-files: [inventory.csv]
	conduits:
	  - {from: [sensors, cameras, controllers], to: servers}
	  - {from: cameras, to: uplink, ports: [udp/443]}
	POLICY
	{
		echo name,role,mac,ip,space
		for i in $(seq 10 33); do
			echo "therm-$i,thermometer,02:00:5e:20:00:$i,10.20.0.$i,hq/floor-$((i % 4 + 1))"
		done
		for i in $(seq 10 17); do
			echo "cam-$i,camera,02:00:5e:21:00:$i,10.21.0.$i,hq/entrance"
			echo "plc-$i,controller,02:00:5e:22:00:$i,10.22.0.$i,hq/plant"
		done
	} >"$WORK/inventory.csv"
}

# from KIND NUMBER: the keys of a frame that one of them sends
from() {
	echo "udp from=10.$1.0.$2 smac=02:00:5e:$1:00:$2 sport=40$2"
}

traffic() {
	local i lan=() cam=() plc=() srv=() wan=()

	for i in $(seq 10 33); do
		lan+=("$((2 + i % 3))~1/$((40 + i)) $(from 20 "$i") to=$BROKER dport=5683 bytes=60")
		srv+=("1 udp from=$BROKER to=10.20.0.$i sport=5683 dport=40$i bytes=20")
	done
	for i in $(seq 10 17); do
		cam+=("$((14 + i % 4))~6/$((50 + 3 * i)) $(from 21 "$i") to=$BROKER dport=5004 bytes=900")
		plc+=("$((5 + i % 3))~2/90 $(from 22 "$i") to=$BROKER dport=4840 bytes=120")
	done
	# what should not be: a sensor with another server in mind, a camera that sends too much, strangers
	lan+=("5~5/130 $(from 20 13) to=8.8.8.8 dport=53" "2~3/70 $(from 20 21) to=$BROKER dport=22"
		"12~14/100 $(from 20 28) to=$BROKER dport=5683 bytes=60"
		"1.5 udp from=10.20.0.99 smac=02:00:5e:20:00:99 to=$BROKER sport=1 dport=5683"
		"1~1/80 udp from=10.20.0.14 smac=02:00:5e:20:00:99 to=$BROKER sport=1 dport=5683")
	cam+=("55~25/110 $(from 21 12) to=$BROKER dport=5004 bytes=900" "3 $(from 21 15) to=203.0.113.10 dport=443"
		"1 udp from=10.20.0.5 smac=02:00:5e:21:00:16 to=$BROKER sport=1 dport=2")
	plc+=("3~2/60 $(from 22 11) to=$BROKER dport=502" "1 $(from 22 14) to=10.21.0.10 dport=80")
	wan+=("2~2/120 udp from=198.51.100.7 to=10.21.0.12 sport=9 dport=554")
	in_ns lan python3 "$PICTURES/traffic.py" eth0 "${lan[@]}" &
	in_ns cam python3 "$PICTURES/traffic.py" eth0 "${cam[@]}" &
	in_ns plc python3 "$PICTURES/traffic.py" eth0 "${plc[@]}" &
	in_ns srv python3 "$PICTURES/traffic.py" eth0 "${srv[@]}" &
	in_ns wan python3 "$PICTURES/traffic.py" eth0 "${wan[@]}" &
}

start_browser() {
	cat >"$WORK/fonts.conf" <<-'FONTS'
	<fontconfig>
	  <include>/etc/fonts/fonts.conf</include>
	  <match><test name="family"><string>sans-serif</string></test>
	    <edit name="family" mode="prepend" binding="strong"><string>Inter</string></edit></match>
	</fontconfig>
	FONTS
	coproc BROWSER { FONTCONFIG_FILE=$WORK/fonts.conf in_ns gw python3 "$HERE/browser.py" "$WORK/profile"; }
	exec 3>&"${BROWSER[1]}" 4<&"${BROWSER[0]}"
}

browser() {
	local status text
	printf '%s\0' $# "$@" >&3
	IFS= read -r -d '' status <&4 && IFS= read -r -d '' text <&4 || return 1
	[ "$status" = 0 ] || give_up "browser $*" "$text"
}

# keep NAME: the picture, with as few colours and bytes as will do
keep() {
	pngquant --force --strip --quality 60-95 --speed 1 --output "$PICTURES/$1.png" "$WORK/$1.png" &&
		ls -l "$PICTURES/$1.png"
}

picture_of_page() {
	picket run >"$WORK/log" 2>&1 &
	wait_for 30 gw curl -sf -o "$WORK/out" http://127.0.0.1:10713/readyz || give_up "the daemon runs" "$(tail -n 3 "$WORK/log")"
	browser view 1280 1010 scale=1.5
	browser open http://127.0.0.1:10713/
	sleep "$LASTING"
	browser shot "$WORK/page.png"
	keep page
}

picture_of_top() {
	terminal() { tmux -L "picket-$$-$PPID" -f /dev/null "$@"; }
	terminal new-session -d -x 100 -y 30 "LC_ALL=C.UTF-8 PICKET_PINS=$PICKET_PINS nsenter --net=/run/netns/gw $PICKET top"
	sleep 40 # its history has so many bars
	terminal capture-pane -e -p -N | python3 "$PICTURES/terminal.py" >"$WORK/top.html"
	terminal kill-server
	browser view 940 568 scale=1.5
	browser open "file://$WORK/top.html"
	browser shot "$WORK/top.png"
	keep top
}

topology
policy
picket apply "$WORK/building-7.yaml" >"$WORK/log" 2>&1 || give_up "the policy goes live" "$(tail -n 3 "$WORK/log")"
traffic
start_browser
for what in "${@:-page}"; do
	"picture_of_$what"
done
