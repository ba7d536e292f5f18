#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The daemon under all that can go wrong around it, for MINUTES (10), built with the address sanitizer: it must not
# crash, leak or grow, and must filter and answer all the while. With HOURS it goes on for so long, and begins with the
# long forms of the tests of faults.
set -u
ALL_OF_IT=6 # hours from which on there is time for each system call of apply (some 7,000) and 10,000 applies
if [ -n "${HOURS:-}" ] && [ -z "${PICKET_TEST_DIR-}" ]; then
	if ! [[ $HOURS =~ ^[1-9][0-9]*$ ]]; then
		echo "HOURS=$HOURS: name whole hours, 1 or more" >&2
		exit 2
	fi
	if [ "$HOURS" -ge $ALL_OF_IT ]; then
		export FAULTS_LONG=1
	else
		export FAULTS_POINTS=$((HOURS * 50)) FAULTS_APPLIES=$((HOURS * 1500))
	fi
	export MINUTES=$((HOURS * 60)) long_failed=0
	for part in maps host apply; do
		bash "$(dirname "$0")/netns/faults_$part.sh" || long_failed=1
	done
	MINUTES=$((MINUTES - SECONDS / 60))
	[ "$MINUTES" -ge 10 ] || MINUTES=10
fi
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/netns/lib.sh"
private "$0" "$@"

MINUTES=${MINUTES:-10}
PORT=10713
DEVICE_MAC=02:00:00:00:20:17
GROWTH=30 # percent that its memory may grow by after the first rounds
export ASAN_OPTIONS=detect_leaks=1:exitcode=99:verify_asan_link_order=0
PLAIN=$PICKET
PICKET=$BUILD/asan/picket

plug_in() {
	cable gw lan0 dev eth0 $DEVICE_MAC
	gw ip address add 10.20.0.1/24 dev lan0
	in_ns dev ip address add 10.20.0.17/24 dev eth0
}

policy() {
	cat <<-POLICY
	picket: 1
	segments:
	  sensors: {interfaces: [lan0], subnets: [10.20.0.0/24]}
	roles:
	  thermometer:
	    connect: [{to: gateway, ports: [icmp$1]}]
	    limit: {send: {packets: 20/s}}
	devices:
	  therm-17: {role: thermometer, mac: "$DEVICE_MAC", ip: 10.20.0.17}
	POLICY
}

clients() {
	gw python3 "$HERE/http_clients.py" $PORT "$@"
}

memory() {
	awk '/^VmRSS/ { print $2 }' "/proc/$daemon/status"
}

descriptors() {
	find "/proc/$daemon/fd" -mindepth 1 2>/dev/null | wc -l
}

traffic() {
	inject dev eth0 "udp smac=$DEVICE_MAC from=10.20.0.17 to=10.20.0.1 sport=4000 dport=9 count=50" \
		"udp smac=$DEVICE_MAC from=10.20.0.99 to=10.20.0.1 sport=4000 dport=9 count=50" \
		"arp spa=10.20.0.1 tpa=10.20.0.17 count=5"
}

one_round() {
	local round=$1

	clients many 500 >"$WORK/many"
	clients rude >/dev/null
	clients slow >/dev/null &
	traffic
	for _ in 1 2 3; do
		gw curl -s http://127.0.0.1:$PORT/metrics >/dev/null &
	done
	echo go | clients stalled >/dev/null &
	policy "$([ $((round % 2)) = 0 ] || echo ", udp/9")" >"$WORK/policy.yaml"
	[ $((round % 5)) != 0 ] || echo "nonsense: [" >"$WORK/policy.yaml"
	kill -HUP "$daemon"
	traffic
	if [ $((round % 3)) = 0 ]; then
		gw ip link delete lan0
		plug_in
	fi
	echo $((round % 4 * -3600)) >"$WORK/offset"
	rm -f "$WORK/events.jsonl" # rotated
	[ $((round % 2)) = 0 ] && head -c 1M /dev/zero >"$WORK/full/filler" 2>/dev/null || rm -f "$WORK/full/filler"
	"$PLAIN" --version >/dev/null
	gw "$PLAIN" quarantine --for 1s therm-17 >/dev/null 2>&1
	sleep 1.5
	gw "$PLAIN" release therm-17 >/dev/null 2>&1
	policy "" >"$WORK/policy.yaml"
	kill -HUP "$daemon"
	wait_for 10 http /readyz -f || faults+=("round $round: not ready: $(http /readyz)")
	wait_for 10 pings dev 10.20.0.1 || faults+=("round $round: a device that may does not get through")
	[ "$(cat "$WORK/many")" = 500 ] || faults+=("round $round: $(cat "$WORK/many") of 500 clients were answered")
}

netns gw dev
plug_in
policy "" >"$WORK/policy.yaml"
cc -shared -fPIC -o "$WORK/clock.so" "$HERE/preload/clock.c" || give_up "a clock to set"
echo 0 >"$WORK/offset"
mkdir "$WORK/full"
mount -t tmpfs -o size=64k picket-full "$WORK/full"
CLOCK_OFFSET=$WORK/offset LD_PRELOAD=$WORK/clock.so start_daemon --listen 127.0.0.1:$PORT --device-metrics all \
	--events-to journal --events-to "file:$WORK/events.jsonl" --events-to "file:$WORK/full/events.jsonl" \
	--events-to "unix:$WORK/nobody" --pcap "$WORK/full/drops.pcapng" "$WORK/policy.yaml"
faults=()
first=0 rounds=0
until=$((SECONDS + MINUTES * 60))
while [ "$SECONDS" -lt "$until" ] && kill -0 "$daemon" 2>/dev/null; do
	rounds=$((rounds + 1))
	one_round $rounds
	if [ $rounds = 5 ]; then
		first=$(memory)
		descriptors=$(descriptors)
	fi
done
check "it lives after $rounds rounds" kill -0 "$daemon"
equal "nothing went wrong on the way" "" "$(printf '%s\n' "${faults[@]+"${faults[@]}"}" | head -n 10)"
within "its memory has not grown, kB (at first $first)" 1 "$(memory)" $((first * (100 + GROWTH) / 100 + 1))
sleep 12 # clients that hang are cut off
within "nor its descriptors (at first ${descriptors-0})" 1 "$(descriptors)" $((${descriptors-0} + 8))
end_daemon
equal "it ends without a leak or another complaint of the sanitizer" 0 $?
grep -E "ERROR|runtime error|SUMMARY" "$WORK/daemon.log" | head -n 20
picket unload >/dev/null
equal "the long forms of the tests of faults, before it" 0 "${long_failed:-0}"
finish
