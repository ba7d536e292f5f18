#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Loading: policies of a million devices, and of many roles, segments and rules, checked, applied,
# changed and listed. Prints one JSON object a line, as tests/bench/bench does.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/../netns/lib.sh"
private "$0" "$@"

RUNS=${RUNS:-3}
DEVICES=${DEVICES:-1000000}

# figure NAME WHAT VALUES...: the median.
figure() {
	local name=$1 what=$2
	shift 2
	printf '%s\n' "$@" | sort -g | jq -sc --arg name "$name" --arg what "$what" \
		'{scenario: $name, what: $what, subject: "picket", value: .[length / 2 | floor], min: min, max: max}'
}

devices() {
	python3 - "$DEVICES" >"$WORK/devices.csv" <<-'PYTHON'
	import sys
	print("name,role,mac,ip")
	for i in range(1, int(sys.argv[1]) + 1):
	    a = 0x0a100000 + i
	    print(f"d{i},sensor,02:00:{i >> 24:02x}:{i >> 16 & 255:02x}:{i >> 8 & 255:02x}:{i & 255:02x},"
	          f"{a >> 24}.{a >> 16 & 255}.{a >> 8 & 255}.{a & 255}")
	PYTHON
}

policy() {
	cat >"$WORK/$1.yaml" <<-POLICY
	picket: 1
	segments:
	  sensors: {interfaces: [lan0], subnets: [10.16.0.0/12]}
	  servers: {kind: hosts, interfaces: [srv0], subnets: [10.1.0.0/24]}
	roles:
	  sensor:
	    connect: [{to: servers, ports: [udp/8883]}, {to: gateway, ports: [icmp]}]
	    limit: {send: {packets: 1000000/s, bytes: 1GB/s}}
	device-files: [$1.csv]
	conduits: [{from: sensors, to: servers}]
	POLICY
}

# measured COMMAND...: sets seconds and megabytes (peak, of user space).
measured() {
	local out status
	out=$(gw python3 - "$@" 2>"$WORK/errors" <<-'PYTHON'
	import os, subprocess, sys, time, resource
	start = time.monotonic()
	status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
	print(status, round(time.monotonic() - start, 3),
	      round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, 1))
	PYTHON
	)
	read -r status seconds megabytes <<<"$out"
	[ "$status" = 0 ] || { echo "bench: $* ended with $status"; tail -n 3 "$WORK/errors"; } >&2
}

# Kernel memory of all maps that there are, flows apart, in bytes.
map_bytes() {
	bpftool -j map show 2>/dev/null |
		jq 'map(select(.name != "flows" and .name != "hostflows") | .bytes_memlock) | add'
}

# many COMMAND...: runs it RUNS times; sets all_seconds, all_megabytes.
many() {
	local i
	all_seconds=() all_megabytes=()
	for ((i = 0; i < RUNS; i++)); do
		measured "$@"
		all_seconds+=("$seconds") all_megabytes+=("$megabytes")
	done
}

scrape() {
	gw curl -sSf -o "$WORK/scrape" -w '%{time_total}\n' http://127.0.0.1:10713/metrics && grep -q '^picket_flows' "$WORK/scrape"
}

scrapes() {
	local daemon i fresh=() rest=()

	nsenter --net=/run/netns/gw "$PICKET" run --listen 127.0.0.1:10713 >"$WORK/run" 2>&1 &
	daemon=$!
	wait_for 60 scrape
	for ((i = 0; i < RUNS; i++)); do
		if ((i % 2)); then policy=a; else policy=b; fi
		picket apply "$WORK/$policy.yaml" >/dev/null 2>&1
		fresh+=("$(scrape)")
		sleep 3
		rest+=("$(scrape)")
	done
	kill $daemon
	wait $daemon
	figure load-scrape "a scrape of a million devices, s" "${rest[@]}"
	figure load-scrape-fresh "... the first one after an apply, s" "${fresh[@]}"
}

million() {
	local i at_rest during=0 now applying pings

	devices
	cp "$WORK/devices.csv" "$WORK/a.csv"
	sed 's/^d500000,sensor,02:00:/d500000,sensor,02:01:/' "$WORK/a.csv" >"$WORK/b.csv"
	policy a
	policy b
	many "$PICKET" check "$WORK/a.yaml"
	figure load-check "picket check of a million devices, s" "${all_seconds[@]}"
	figure load-check-memory "... its memory, MB" "${all_megabytes[@]}"
	all_seconds=() all_megabytes=()
	for ((i = 0; i < RUNS; i++)); do
		[ ! -e "$PICKET_PINS" ] || picket unload >/dev/null
		measured "$PICKET" apply "$WORK/a.yaml"
		all_seconds+=("$seconds") all_megabytes+=("$megabytes")
	done
	figure load-apply "picket apply of a million devices, s" "${all_seconds[@]}"
	figure load-apply-memory "... its memory, MB" "${all_megabytes[@]}"
	at_rest=$(map_bytes)
	figure load-kernel "kernel memory a device at rest, flows apart, bytes" $((at_rest / DEVICES))
	for ((i = 0; i < RUNS; i++)); do
		if ((i % 2)); then policy=a; else policy=b; fi
		gw "$PICKET" apply "$WORK/$policy.yaml" >/dev/null 2>&1 &
		applying=$!
		while kill -0 $applying 2>/dev/null; do
			now=$(map_bytes)
			[ "${now:-0}" -le "$during" ] || during=$now
			sleep 0.02
		done
		wait $applying
	done
	figure load-kernel-apply "... during an apply, bytes" $((during / DEVICES))
	all_seconds=()
	nsenter --net=/run/netns/dev ping -q -n -f 10.31.255.254 >"$WORK/ping" 2>&1 &
	pings=$!
	for ((i = RUNS; i < 2 * RUNS; i++)); do
		if ((i % 2)); then policy=a; else policy=b; fi
		measured "$PICKET" apply "$WORK/$policy.yaml"
		all_seconds+=("$seconds")
	done
	kill -INT $pings
	wait $pings
	figure load-change-loss "... flooding pings lost meanwhile" \
		"$(awk '/transmitted/ { print $1 - $4 }' "$WORK/ping")"
	figure load-change "apply of a change of one device, s" "${all_seconds[@]}"
	many "$PICKET" devices --json
	figure load-devices "picket devices --json of a million, s" "${all_seconds[@]}"
	figure load-devices-memory "... its memory, MB" "${all_megabytes[@]}"
	scrapes
	picket unload >/dev/null
}

# 2,000 roles, 200 segments, 50,000 rules
compiler() {
	python3 - >"$WORK/rules.yaml" <<-'PYTHON'
	print("picket: 1\nsegments:")
	for s in range(200):
	    print(f"  s{s}: {{interfaces: [{{name: lan0, vlan: {s + 1}}}], subnets: [10.{s}.0.0/16]}}")
	print("roles:")
	for r in range(2000):
	    print(f"  r{r}:\n    connect:")
	    for k in range(25):
	        to = f"s{(r * 7 + k * 13) % 200}" if k % 2 else f"10.{(r + k) % 200}.{k}.0/24"
	        print(f"      - {{to: {to}, ports: [tcp/{1000 + (r * 25 + k) % 60000}]}}")
	    print("    accept: [{from: any}]")
	print("devices:")
	for r in range(2000):
	    print(f"  d{r}: {{role: r{r}, mac: \"02:00:00:00:{r >> 8:02x}:{r & 255:02x}\", ip: 10.{r % 200}.1.{r // 200 + 1}}}")
	print("conduits:")
	for s in range(200):
	    print(f"  - {{from: s{s}, to: [s{(s + 1) % 200}, s{(s + 2) % 200}]}}")
	PYTHON
	many "$PICKET" check "$WORK/rules.yaml"
	figure load-compile "2,000 roles, 200 segments, 50,000 rules: check and compile, s" "${all_seconds[@]}"
}

netns gw dev srv
cable gw lan0 dev eth0
cable gw srv0 srv eth0
in_ns dev ip link set eth0 address 02:00:00:00:00:01
in_ns dev ip address add 10.16.0.1/12 dev eth0
gw ip address add 10.31.255.254/12 dev lan0
million
compiler
