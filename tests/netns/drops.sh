#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What `picket drops` tells of a gateway's refusals: filtered by reason, device and segment, in sums
# and as it happens, and as a capture that tshark reads.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
private "$0" "$@"

THERM=02:00:00:00:20:17
BROKER=10.1.0.10
EVENT='"\(.reason)/\(.device)/\(.segment)"' # for jq

topology() {
	netns gw therm valve srv
	cable gw lan0 therm eth0 $THERM
	cable gw act0 valve eth0 02:00:00:00:30:11
	cable gw srv0 srv eth0
	gw ip address add 10.20.0.1/16 dev lan0
	gw ip address add 10.30.0.1/24 dev act0
	gw ip address add 10.1.0.1/24 dev srv0
	gw ip neighbour replace 10.20.0.17 lladdr $THERM dev lan0
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
	    mode: audit
	  servers:
	    kind: hosts
	    interfaces: [srv0]
	    subnets: [10.1.0.0/24]
	roles:
	  thermometer:
	    connect:
	      - {to: servers, ports: [tcp/8883]}
	  actor: {extends: [thermometer]}
	devices:
	  therm-17: {roles: [thermometer, actor], mac: "02:00:00:00:20:17", ip: 10.20.0.17}
	  meter: {role: thermometer, mac: "02:00:00:00:20:18", ip: 10.20.0.18}
	  valve-1: {role: actor, mac: "02:00:00:00:30:11", ip: 10.30.0.11}
	conduits:
	  - {from: [sensors, actors], to: servers}
	POLICY
}

# One frame each that is refused: of therm-17, of meter, of nobody, of valve-1 in audit.
refused() {
	inject therm eth0 "udp from=10.20.0.17 to=$BROKER sport=4000 dport=4711 bytes=300" \
		"udp smac=02:00:00:00:20:18 from=10.20.0.18 to=$BROKER sport=4000 dport=4711" \
		"udp smac=02:00:00:00:20:99 from=10.20.0.99 to=$BROKER sport=4000 dport=4711"
	inject valve eth0 "udp from=10.30.0.11 to=$BROKER sport=4000 dport=4711"
}

# follow FILE ARGUMENTS...: picket drops --follow, in the background; its process is $follower.
follow() {
	local file=$1
	shift
	nsenter --net=/run/netns/gw "$PICKET" drops --follow "$@" >"$file" 2>"$file.err" &
	follower=$!
	following $follower
}

end_follow() {
	kill -INT $follower
	wait $follower
}

# More refusals until each of these words was seen twice: of the round before all was read then.
# shellcheck disable=SC2317 # wait_for calls it
seen_twice() {
	local file=$1 word
	shift
	refused
	sleep 0.2
	for word; do
		[ "$(jq -r "select(.reason) | $EVENT" "$file" | grep -cx "$word")" -ge 2 ] || return 1
	done
}

# follows WORDS ARGUMENTS...: the events that these filters let through are of these kinds, and all of them.
follows() {
	local words=$1
	shift
	follow "$WORK/follow" --json "$@"
	# shellcheck disable=SC2086 # a word each
	wait_for 30 seen_twice "$WORK/follow" $words
	end_follow
	equal "follow: ${*:-all}" "$words" "$(jq -r "select(.reason) | $EVENT" "$WORK/follow" | sort -u | xargs)"
}

# totals WORDS ARGUMENTS...
totals() {
	local words=$1
	shift
	equal "totals: ${*:-all}" "$words" "$(picket drops --json "$@" |
		jq -r '"\(.verdict)/\(.reason)/\(.segment)"' | sort | xargs)"
}

# says STATUS PATTERN ARGUMENTS...: one sentence on stderr, nothing on stdout.
says() {
	local status=$1 pattern=$2 got
	shift 2
	picket drops "$@" >"$WORK/out" 2>"$WORK/err" </dev/null
	got=$?
	if [ $got = "$status" ] && [ ! -s "$WORK/out" ] && [ "$(wc -l <"$WORK/err")" = 1 ] &&
		grep -q -- "$pattern" "$WORK/err"; then
		ok "drops $*: $pattern"
	else
		not_ok "drops $*: $pattern" "status $got: $(cat "$WORK/err" "$WORK/out")"
	fi
}

usage() {
	says 2 "there is no reason 'role-conect'; did you mean 'role-connect'?" --reason role-conect
	says 2 "no segment 'sensor'; did you mean 'sensors'?" --segment sensor
	says 2 "no segment 'nowhere'; see" --segment sensors --segment nowhere --follow
	says 2 "no device 'therm-18'; did you mean 'therm-17'?" --follow --device therm-18
	says 2 "'picket devices meter' has the device's own" --device meter
	says 2 "--pcap goes with --follow" --pcap "$WORK/none"
	says 2 "one argument too many" --follow meter
	says 3 "frames cannot go to $WORK/policy.yaml: it is no pcapng capture" --follow --pcap "$WORK/policy.yaml"
	refuse "no file is made before all is well" test -e "$WORK/none"
}

sums() {
	refused
	totals "audit/role-connect/actors drop/role-connect/sensors drop/unknown-device/sensors"
	totals "drop/role-connect/sensors drop/unknown-device/sensors" --segment sensors
	totals "audit/role-connect/actors drop/role-connect/sensors" --reason role-connect
	totals "drop/unknown-device/sensors" --reason unknown-device --reason martian
	totals "audit/role-connect/actors drop/role-connect/sensors" -s sensors -s actors -r role-connect
	totals "" --segment servers
	equal "totals: --json is an object a line" 2 "$(picket drops --json --segment sensors | wc -l)"
	equal "totals: as text" 1 "$(picket drops --reason unknown-device | grep -c '^sensors  *drop  *unknown-device')"
}

filters() {
	local therm=role-connect/therm-17/sensors meter=role-connect/meter/sensors
	local nobody=unknown-device/null/sensors valve=role-connect/valve-1/actors

	follows "$meter $therm $valve $nobody"
	follows "$therm" --device therm-17
	follows "$nobody" --reason unknown-device
	follows "$meter $therm $nobody" --segment sensors --reason unknown-device -r role-connect
	follows "$therm" --segment sensors --reason role-connect --device therm-17 -d valve-1
	equal "follow: the summary counts what was let through" \
		"$(jq -s 'map(select(.reason)) | length' "$WORK/follow")" "$(jq '.summary.events // empty' "$WORK/follow")"
}

# shark FILE FIELD...: of each frame, a tab between.
shark() {
	local file=$1 field args=()
	shift
	for field; do
		args+=(-e "$field")
	done
	tshark -r "$file" -T fields -E quote=n "${args[@]}" 2>"$WORK/tshark.err"
}

COMMENT="role-connect: therm-17 (thermometer, actor), from sensors"

# Comments without how many frames they stand for, which depends on when these were sent.
alone() {
	sed 's/, stands for [0-9]* frames//'
}

captures() {
	local file=$WORK/frames.pcapng from to

	from=$(date +%s)
	follow "$WORK/follow" --json --pcap "$file"
	wait_for 30 seen_twice "$WORK/follow" role-connect/therm-17/sensors role-connect/valve-1/actors
	gw python3 -c 'import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("10.20.0.17", 9))' 2>/dev/null
	wait_for 10 grep -q '"direction":"out"' "$WORK/follow"
	end_follow
	to=$(date +%s)
	equal "pcap: a packet for each event" "$(jq -s 'map(select(.reason)) | length' "$WORK/follow")" \
		"$(shark "$file" frame.number | wc -l)"
	equal "pcap: the reason, device and roles as a comment, how the frame begins, how long it was" \
		"$COMMENT|lan0|$THERM|10.20.0.17|$BROKER|4711|128|342" "$(shark "$file" frame.comment frame.interface_name \
			eth.src ip.src ip.dst udp.dstport frame.cap_len frame.len | tr '\t' '|' | alone | grep -m 1 therm-17)"
	equal "pcap: audit is told from a drop" "role-connect (audit): valve-1 (actor), from actors|act0" \
		"$(shark "$file" frame.comment frame.interface_name | tr '\t' '|' | alone | grep -m 1 'valve-1')"
	equal "pcap: without a device" "unknown-device, from sensors" \
		"$(shark "$file" frame.comment | alone | grep -m 1 unknown-device)"
	equal "pcap: which way" "0x00000001 0x00000002" \
		"$(shark "$file" frame.packet_flags_direction | sort -u | xargs)"
	equal "pcap: the counts in comments and events are the same" \
		"$(jq -r 'select(.reason) | .count' "$WORK/follow" | xargs)" \
		"$(shark "$file" frame.comment | sed 's/.*stands for \([0-9]*\) .*/\1/; t; s/.*/1/' | xargs)"
	equal "pcap: times are the events' own" "$(jq -r 'select(.reason) | .time | floor' "$WORK/follow" | xargs)" \
		"$(shark "$file" frame.time_epoch | cut -d. -f1 | xargs)"
	within "pcap: ... and now" "$from" "$(shark "$file" frame.time_epoch | tail -n 1 | cut -d. -f1)" "$to"
	capinfos "$file" >"$WORK/capinfos" 2>&1
	check "pcap: capinfos takes it" grep -q '^File type: .*pcapng' "$WORK/capinfos"
	equal "pcap: capinfos shows the application" 1 "$(grep -c '^Capture application: *picket [0-9]' "$WORK/capinfos")"
	equal "pcap: capinfos shows the interfaces" "act0 lan0" \
		"$(sed -n 's/^ *Name = //p' "$WORK/capinfos" | sort -u | xargs)"
	equal "pcap: ... in nanoseconds" 1 "$(grep -c '^File timestamp precision: *nanoseconds (9)' "$WORK/capinfos")"
	equal "pcap: for its owner and group" 640 "$(stat -c %a "$file")"
}

# Killed, it leaves what it wrote; the next one goes on.
goes_on() {
	local file=$WORK/frames.pcapng before

	before=$(shark "$file" frame.number | wc -l)
	follow "$WORK/follow" --json --pcap "$file" --device therm-17
	wait_for 30 seen_twice "$WORK/follow" role-connect/therm-17/sensors
	kill -KILL $follower
	wait $follower 2>/dev/null
	equal "pcap: a second run goes on in the same file" "$((before + $(wc -l <"$WORK/follow")))" \
		"$(shark "$file" frame.number | wc -l)"
	equal "pcap: filtered as the lines are" "role-connect: therm-17 (thermometer" \
		"$(shark "$file" frame.comment | tail -n "+$((before + 1))" | cut -d, -f1 | sort -u)"
}

# shellcheck disable=SC2317 # wait_for calls it
piped_one() {
	refused
	sleep 0.2
	[ -s "$WORK/pipe" ]
}

# As into `wireshark -k -i -`: live, before anything ends. What picket writes next ends it.
piped() {
	local way

	for way in "-r -" "-i -"; do
		: >"$WORK/pipe"
		# shellcheck disable=SC2086 # two words
		gw "$PICKET" drops --follow --pcap - --device therm-17 2>"$WORK/pipe.err" |
			tshark -l $way -c 1 -T fields -e frame.comment >"$WORK/pipe" 2>"$WORK/tshark.err" &
		wait_for 30 piped_one
		equal "pcap: into tshark $way" "$COMMENT" "$(sed 's/, stands.*//' "$WORK/pipe")"
		wait_for 30 no_more_pipe
		equal "pcap: ... and nothing is said of it" "" "$(cat "$WORK/pipe.err")"
	done
}

# shellcheck disable=SC2317 # wait_for calls it
no_more_pipe() {
	refused
	sleep 0.2
	! pgrep -x picket
}

# shellcheck disable=SC2317 # wait_for calls it
captured_one() {
	refused
	sleep 0.2
	[ -n "$(shark "$1" frame.comment)" ]
}

# A disk without room costs frames of the capture, and nothing else.
full_disk() {
	local disk=$WORK/disk

	mkdir "$disk"
	mount -t tmpfs -o size=8k picket-disk "$disk"
	dd if=/dev/zero of="$disk/filler" bs=4k count=2 2>/dev/null
	follow "$WORK/follow" --json --pcap "$disk/frames"
	wait_for 30 seen_twice "$WORK/follow" role-connect/therm-17/sensors
	: >"$disk/filler"
	wait_for 30 captured_one "$disk/frames"
	end_follow
	equal "full disk: ends well" 0 $?
	equal "full disk: said once, and once how many were lost" 2 "$(wc -l <"$WORK/follow.err")"
	check "full disk: said plainly" grep -q "warning: frames do not reach $disk/frames: No space left on device" "$WORK/follow.err"
	check "full disk: it goes on when there is room, and the capture is whole" \
		sh -c "[ \"\$(tshark -r $disk/frames | wc -l)\" -ge 1 ] && tshark -r $disk/frames"
	umount "$disk"
}

topology
policy >"$WORK/policy.yaml"
command -v tshark >/dev/null || give_up "tshark is there" "tools/install-deps.sh installs it"
check "apply" picket apply "$WORK/policy.yaml"
usage
sums
filters
captures
goes_on
piped
full_disk
finish
