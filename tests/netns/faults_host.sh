#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What breaks around picket, and what it may leave behind.
#
#	fault                               promise                                       injected by
#	a policy applied 100 times (10,000) no object, pin, descriptor or memory more     a daemon beside it
#	an interface deleted in an apply    the other port goes on, whole; the next       strace, delay_enter= and
#	                                    apply says which is missing, and works when   ip link delete
#	                                    it is back
#	the BPF file system unmounted       the ports are open, none is dead; the daemon  umount
#	                                    lives and a new mount and apply mend it
#	pins removed by hand                with the daemon nothing changes, and they     rm
#	                                    are put back; without it the ports are
#	                                    dead, status says what to do, apply mends it
#	nobody reads the events             frames are judged and counted as ever, what   4,800 devices
#	                                    is not told is counted; a new reader gets
#	                                    what happens from then on
#	the wall clock set                  a policy for a time goes back on time         preload/clock.c
#	another version, the same layout    each goes on from what the other left         another build
#	another version, another layout     status and apply refuse with what to do; what "
#	                                    is live goes on; unload takes it away
#
# Elsewhere: a disk that is full (confirm.sh, daemon.sh), the clock in the daemon (daemon.sh), flows and
# other maps that one device fills (faults_maps.sh), 64 possible CPUs (tests/kernels/cpus.sh).
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/faults.inc
. "$(dirname "$0")/faults.inc"
private "$0" "$@"

A=$WORK/a.yaml B=$WORK/b.yaml
APPLIES=${FAULTS_APPLIES:-100}
[ -z "$LONG" ] || APPLIES=${FAULTS_APPLIES:-10000}
GROWTH=5 # percent, and 1 MiB, that the daemon's memory may grow by from a tenth of the applies on

apply() {
	picket apply "$@" >"$WORK/out" 2>"$WORK/error"
}

# ---- again and again ----

memory() {
	awk '/^VmRSS/ { print $2 }' "/proc/$daemon/status"
}

descriptors() {
	find "/proc/$daemon/fd" -mindepth 1 2>/dev/null | wc -l
}

# Of those ids that were seen, how many objects are still there besides those that are pinned now.
outlived() {
	objects | sort -u >"$WORK/now"
	python3 "$HERE/bpf_ids.py" alive | sort -u >"$WORK/alive"
	sort -u "$WORK/seen" | comm -23 - "$WORK/now" | comm -12 - "$WORK/alive" | wc -l
}

again_and_again() {
	local i bad=0 tenth=$((APPLIES / 10)) rss fds pins count

	start_daemon --listen none
	apply "$A"
	apply "$B"
	pins=$(pins_now)
	count=$(objects | sort -u | wc -l)
	: >"$WORK/seen"
	for ((i = 1; i <= APPLIES; i++)); do
		if ((i % 2)); then apply "$A"; else apply "$B"; fi || bad=$((bad + 1))
		((i % tenth)) || objects >>"$WORK/seen"
		((i == tenth)) && rss=$(memory) fds=$(descriptors)
	done
	equal "$APPLIES applies went live" 0 $bad
	equal "the last one decides" "b b" "$(whose)"
	equal "pins are what they were" "$pins" "$(pins_now)"
	equal "programs, maps and links are as many" "$count" "$(objects | sort -u | wc -l)"
	within "of those in between ($(sort -u "$WORK/seen" | wc -l) ids)" 100 "$(sort -u "$WORK/seen" | wc -l)" 1000
	check "... none is left" wait_for 5 none_outlived
	within "the daemon has no more descriptors" 1 "$(descriptors)" $((fds + 2))
	within "nor memory, kB (before: $rss)" 1 "$(memory)" $((rss * (100 + GROWTH) / 100 + 1024))
	end_daemon
}

# shellcheck disable=SC2317 # wait_for calls it
none_outlived() {
	[ "$(outlived)" = 0 ]
}

# ---- around it ----

# Before the commit, at it, and when the ports are looked at: lan1 goes.
interface_deleted() {
	local call n pid status

	apply "$A"
	while read -r call n; do
		gw strace -f --seccomp-bpf -qq -o /dev/null -e trace="$call" -e inject="$call:delay_enter=400000:when=$n" \
			"$PICKET" apply "$B" >"$WORK/out" 2>"$WORK/error" </dev/null &
		pid=$!
		sleep 0.3
		gw ip link delete lan1
		wait $pid
		status=$?
		case $status:$(live):$(one_port) in
		0:b:b | 3:b:b | 3:a:a) ok "lan1 deleted about $call $n of an apply: the other port goes on, whole" ;;
		*) not_ok "lan1 deleted about $call $n of an apply: the other port goes on, whole" \
			"status $status, $(live) is live, $(one_port) decides" ;;
		esac
		apply "$B"
		equal "... the next apply needs it" 3 $?
		check "... and says so" grep -q "there is no interface lan1" "$WORK/error"
		lan1_again
		check "... and with it back it works" apply "$A"
		equal "... on both" "a a" "$(whose)"
	done <<-'POINTS'
	flock 1
	membarrier 1
	POINTS
}

one_port() {
	local now

	now=$(whose)
	echo "${now% *}"
}

bpffs_unmounted() {
	apply "$A"
	start_daemon --listen none "$A"
	wait_for 10 http /readyz -f
	check "the BPF file system is unmounted" wait_for 5 umount "$WORK/bpf"
	equal "without a BPF file system the ports are open, none is dead" "open open" "$(wait_for 5 is_open; whose)"
	picket status >/dev/null 2>"$WORK/error"
	check "status says what to do" grep -qE "mount -t bpf|picket apply" "$WORK/error"
	apply "$B"
	equal "apply refuses" 3 $?
	check "... and says what to do" grep -q "mount -t bpf" "$WORK/error"
	check "the daemon lives" http /healthz -f
	refuse "... and is not ready" http /readyz -f
	check "... and says that nothing is live" wait_for 5 logged "nothing is live: "
	mount -t bpf picket-bpf "$WORK/bpf"
	check "with one again apply works" apply "$B"
	equal "... on both ports" "b b" "$(whose)"
	check "the daemon sees it" wait_for 10 http /readyz -f
	end_daemon
}

# All of a policy's, and those that lead to it. What is attached stays so.
remove_pins() {
	rm -r "$WORK"/bpf/picket/{live,meta,bystanders,ingress_slots,egress_slots,entry_ingress,entry_egress,slot?}
}

pins_removed() {
	apply "$A"
	PINS=$(pins_now)
	start_daemon --listen none
	wait_for 10 http /readyz -f
	sleep 1 # it looks after what is live as soon as it is ready
	check "pins are removed by hand" remove_pins
	equal "the daemon holds what is live: nothing changes" "a a" "$(whose)"
	check "... and puts the pins back" wait_for 5 pins_are_back
	equal "... all of them" "$PINS" "$(pins_now)"
	check "... and says so" logged "ingress_slots was lost, and was put back"
	equal "... for all commands" "a, a a" "$(live), $(whose)"
	end_daemon
	equal "without the daemon as well" "a a" "$(whose)"
	check "pins are removed without a daemon" rm -r "$WORK"/bpf/picket/{ingress_slots,egress_slots,slot?}
	equal "what leads nowhere is dead, not open" "dead dead" "$(whose)"
	picket status >/dev/null 2>"$WORK/error"
	equal "status does not say that all is well" 3 $?
	check "... but what to do" grep -q "apply a policy again" "$WORK/error"
	start_daemon --listen none
	equal "nor does the daemon" "pins are missing: apply a policy again" "$(http /readyz)"
	end_daemon
	check "which helps" apply "$B"
	equal "... on both ports" "b b" "$(whose)"
	for pin in live meta; do
		rm "$WORK/bpf/picket/$pin"
		picket status >/dev/null 2>"$WORK/error"
		equal "without the pin '$pin' status does not say that nothing is live" 3 $?
		check "... but what to do" grep -q "pins are missing" "$WORK/error"
	done
	check "unload" picket unload
	equal "... takes it away" "open open" "$(whose)"
}

# shellcheck disable=SC2317 # wait_for calls it
pins_are_back() {
	[ "$(pins_now)" = "$PINS" ]
}

# shellcheck disable=SC2317 # wait_for calls it
is_open() {
	[ "$(whose)" = "open open" ]
}

clock_set() {
	check "a clock to set" cc -shared -fPIC -o "$WORK/clock.so" "$HERE/preload/clock.c"
	apply "$A"
	for offset in -86400 86400; do
		echo $offset >"$WORK/offset"
		CLOCK_OFFSET=$WORK/offset LD_PRELOAD=$WORK/clock.so apply --confirm-within 2s "$B"
		equal "the clock off by $offset s: a policy for a time decides" "b b" "$(whose)"
		sleep 2.1
		equal "... and goes back on time" "a a" "$(whose)"
		check "... for all commands" apply "$A"
	done
}

# ---- who reads events ----

many_devices() {
	awk 'BEGIN {
		print "picket: 1\ngateway: {addresses: [10.20.0.1]}"
		print "segments: {sensors: {interfaces: [lan0], subnets: [10.20.0.0/16]}}"
		print "roles: {sensor: {connect: [{to: gateway, ports: [udp/5001]}]}}"
		print "devices:"
		for (i = 0; i < 4864; i++)
			printf "  dev-%d: {role: sensor, ip: 10.20.%d.%d}\n", i, 1 + i / 256, i % 256
	}'
}

ring_full() {
	local follower lost told

	many_devices >"$WORK/many.yaml"
	check "a policy of 4,864 devices" apply "$WORK/many.yaml"
	injected "nobody reads: each refused frame is counted" sensors role-connect 4864 dev eth0 \
		"udp smac=02:00:00:00:20:11 from=10.20.1.0-10.20.19.255 to=10.20.0.1 sport=7 dport=9"
	lost=$(picket status --json | jq .events_lost)
	within "what could not be told is counted" 1 "$lost" 4864
	nsenter --net=/run/netns/gw "$PICKET" drops --follow --json >"$WORK/follow" 2>&1 &
	follower=$!
	following $follower
	inject dev eth0 "udp smac=02:00:00:00:20:11 from=10.20.7.7 to=10.20.0.1 sport=8 dport=9 count=5"
	sleep 1.1
	inject dev eth0 "udp smac=02:00:00:00:20:11 from=10.20.7.7 to=10.20.0.1 sport=8 dport=9 count=5"
	wait_for 5 told_all
	kill $follower
	wait $follower 2>/dev/null
	told=$(jq -s 'map(select(.device == "dev-1543") | .count) | add' "$WORK/follow")
	within "a new reader is told of what happens then" 6 "${told:-0}" 10
	equal "... and nothing more is lost" "$lost" "$(picket status --json | jq .events_lost)"
}

# shellcheck disable=SC2317 # wait_for calls it
told_all() {
	[ "$(jq -s 'map(select(.device == "dev-1543")) | length' "$WORK/follow")" -ge 2 ]
}

# ---- other versions ----

# another_version NAME VERSION [LAYOUT]: builds one. What knows neither is taken from this build.
another_version() {
	local other=$WORK/other name

	rm -rf "$other"
	mkdir -p "$other"
	cp -rp "$BUILD"/user "$BUILD"/*.bpf.o "$BUILD"/*.skel.h "$other/"
	grep -lE "PICKET_(VERSION|LAYOUT)" "$ROOT"/user/*.c | while read -r name; do
		rm "$other/user/$(basename "$name" .c).o"
	done
	make -C "$ROOT" -s -j2 BUILD="$other" VERSION="$2" CFLAGS="-O1 ${3:+-DPICKET_LAYOUT=$3}" all >"$WORK/make" 2>&1 &&
		mv "$other/picket" "$WORK/$1"
}

# by WHICH ARGUMENTS...: another version.
by() {
	local which=$1
	shift
	gw "$WORK/$which" "$@" >"$WORK/out" 2>"$WORK/error"
}

other_versions() {
	check "another version, with the same layout" another_version later 9.9.9
	check "one with another layout" another_version strange 9.9.10 99
	by later --version
	equal "it is another" "picket 9.9.9" "$(cat "$WORK/out")"
	check "a policy" apply "$A"
	check "the later version goes on from it" by later apply "$B"
	equal "... live" "b b" "$(whose)"
	check "... knows what was" by later status
	check "... and this one from that" apply "$A"
	equal "... live" "a a" "$(whose)"

	by strange apply "$B"
	equal "another layout: apply refuses" 3 $?
	check "... and says what to do" grep -q "another version of picket (layout [0-9]*, not 99): run 'picket unload'" "$WORK/error"
	by strange status
	equal "another layout: status too" 3 $?
	check "... and says what to do" grep -q "another version of picket: run 'picket unload'" "$WORK/error"
	equal "... what is live goes on" "a a" "$(whose)"
	equal "... for the version that made it" a "$(live)"
	check "another layout: unload takes it away" by strange unload
	equal "... with every pin" "" "$(pins_left)"
	equal "... and every program" "open open" "$(whose)"
	check "then it applies" by strange apply "$B"
	equal "... live" "b b" "$(whose)"
	refuse "and this version refuses in turn" apply "$A"
	equal "... what is live goes on" "b b" "$(whose)"
	check "unload" by strange unload
}

# Interfaces that a policy of two segments has.
lan1_again() {
	cable gw lan1 dev eth1 02:00:00:00:21:11
	lan_addresses 1
}

two_ports
again_and_again
interface_deleted
clock_set
ring_full
picket unload >/dev/null
other_versions
pins_removed
bpffs_unmounted
picket unload >/dev/null
equal "nothing is left pinned" "" "$(pins_left)"
finish
