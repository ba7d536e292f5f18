#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What apply refuses: the right exit status, one sentence that says what to do, and the live policy
# goes on untouched. Two that run at once never leave a mixture.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
private "$0" "$@"

SERVER=10.1.0.10

topology() {
	netns gw dev srv
	cable gw lan0 dev eth0 02:00:00:00:20:11
	cable gw srv0 srv eth0
	cable gw free0 srv free1
	forwarding gw
	gw ip address add 10.20.0.1/24 dev lan0
	gw ip address add 10.1.0.1/24 dev srv0
	in_ns dev ip address add 10.20.0.11/24 dev eth0
	in_ns dev ip route add default via 10.20.0.1
	in_ns srv ip address add $SERVER/24 dev eth0
	in_ns srv ip route add default via 10.1.0.1
	serve srv 5683 5684
}

# policy FILE INTERFACE PORTS ADDRESS
policy() {
	cat >"$WORK/$1" <<-POLICY
	picket: 1
	segments:
	  sensors: {interfaces: [$2], subnets: [10.20.0.0/24]}
	  servers: {kind: hosts, interfaces: [srv0], subnets: [10.1.0.0/24]}
	roles:
	  sensor:
	    connect:
	      - {to: servers, ports: [$3, icmp]}
	devices:
	  dev-1: {role: sensor, mac: "02:00:00:00:20:11", ip: $4}
	conduits:
	  - {from: sensors, to: servers}
	POLICY
}

live() {
	picket status --json | jq -S '.policy // .hash // .'
}

# refused NAME STATUS WORDS COMMAND...: one sentence with these words on stderr. What is wrong with
# the policy itself is located: what is wrong, the line, a caret; then one sentence.
refused() {
	local name=$1 status=$2 words=$3 before got
	shift 3

	before=$(live)
	"$@" >/dev/null 2>"$WORK/error"
	got=$?
	equal "$name: exit status" "$status" $got
	if grep -qiE "$words" "$WORK/error"; then
		ok "$name: says so"
	else
		not_ok "$name: says so" "expected words like '$words' in: $(head -c 400 "$WORK/error")"
	fi
	equal "$name: in one sentence" 1 "$(sentences <"$WORK/error")"
	equal "$name: the live policy is the same" "$before" "$(live)"
	if sockets dev udp $SERVER 5683 && ! sockets dev udp $SERVER 5684 --timeout 0.2; then
		ok "$name: it filters as before"
	else
		not_ok "$name: it filters as before"
	fi 2>/dev/null
}

# Lines, but what belongs to a located error or warning, and what would have become of live flows.
sentences() {
	grep -cvE '^[^ ]+:[0-9]+:[0-9]+: (error|warning|note): |^    |^picket: warning: the new policy drops '
}

# shellcheck disable=SC2317 # refused calls it
unprivileged() {
	chmod 755 "$WORK"
	cp "$PICKET" "$WORK/picket"
	gw setpriv --reuid=65534 --regid=65534 --clear-groups "$WORK/picket" "$@"
}

foreign_program() {
	cat >"$WORK/foreign.c" <<-'PROGRAM'
	__attribute__((section("xdp"), used)) int pass(void *ctx) { return 2; }
	char gpl[] __attribute__((section("license"), used)) = "GPL";
	PROGRAM
	clang -O2 -target bpf -c "$WORK/foreign.c" -o "$WORK/foreign.o" &&
		bpftool prog load "$WORK/foreign.o" "$WORK/bpf/foreign" &&
		gw bpftool net attach "$1" pinned "$WORK/bpf/foreign" dev free0 &&
		rm "$WORK/bpf/foreign"
}

occupied() {
	local mode

	for mode in xdpdrv xdpgeneric; do
		if ! foreign_program $mode >"$WORK/foreign" 2>&1; then
			skip "an interface with another XDP program" "$(head -n 1 "$WORK/foreign")"
			continue
		fi
		refused "another program is attached ($mode)" 3 "free0.*(another|already|XDP)" \
			picket apply "$WORK/free.yaml"
		equal "another program is attached ($mode): it stays" true \
			"$(gw ip -json link show free0 | jq '.[0].xdp.prog.id > 0')"
		gw bpftool net detach $mode dev free0
	done
}

# Which bpf() of this command is the first that matches.
first_call() {
	gw strace -f -qq -s 64 -e trace=bpf -o "$WORK/calls" "$PICKET" "${@:2}" >/dev/null 2>&1
	grep 'bpf(' "$WORK/calls" | grep -n "$1" | head -n 1 | cut -d: -f1
}

# refusing ERROR WHEN ARGUMENTS...: picket, but these of its bpf() fail.
# shellcheck disable=SC2317 # refused calls it
refusing() {
	gw strace -f -qq -o /dev/null -e "inject=bpf:error=$1:when=$2" "$PICKET" "${@:3}"
}

# An old kernel, and one that was built without something.
kernel_lacks() {
	local call

	refused "an old kernel" 3 "Linux 2\.6.*needs 6\.1 or newer" \
		gw setarch "$(uname -m)" --uname-2.6 "$PICKET" apply "$WORK/a.yaml"
	if ! command -v strace >/dev/null; then
		skip "a kernel that refuses the program" "strace is not there"
		return
	fi
	call=$(first_call '"picket_ingress"' apply "$WORK/a.yaml")
	refused "a kernel that refuses the program" 3 "refused the program: .*needs Linux 6\.1" \
		refusing EINVAL "$call+" apply "$WORK/a.yaml"
	call=$(first_call '"entry_ingress"' --pins "$WORK/bpf/other" apply "$WORK/a.yaml")
	refused "a kernel that refuses the entry" 3 "refused the entry program: .*needs Linux 6\.1" \
		refusing EINVAL "$call..$((call + 1))" --pins "$WORK/bpf/other" apply "$WORK/a.yaml"
	refuse "a kernel that refuses the entry: nothing is left" test -e "$WORK/bpf/other"
}

no_bpffs() {
	local mount

	mkdir "$WORK/plain"
	while umount /sys/fs/bpf 2>/dev/null; do :; done
	refused "a directory on no BPF file system" 3 "'mount -t bpf bpf /sys/fs/bpf'" \
		picket --pins "$WORK/plain/picket" apply "$WORK/a.yaml"
	refused "a directory that is not there" 3 "'mount -t bpf bpf /sys/fs/bpf'" \
		picket --pins "$WORK/none/picket" apply "$WORK/a.yaml"
	refused "no BPF file system at all" 3 "'mount -t bpf bpf /sys/fs/bpf'" \
		picket --pins /sys/fs/bpf/picket apply "$WORK/a.yaml"
	mount=$(grep -oE "mount -t bpf [a-z/ ]+" "$WORK/error")
	# shellcheck disable=SC2086 # a command
	check "no BPF file system at all: the command that it names mends it" $mount
	check "no BPF file system at all: and then picket runs" picket --pins /sys/fs/bpf/picket unload
	umount /sys/fs/bpf
}

# ---- what does not fit ----

# More rules than the table may hold: 4100 addresses for each of 999 combinations of roles.
many_rules() {
	awk 'BEGIN {
		print "picket: 1"
		print "segments:"
		print "  sensors: {interfaces: [lan0], subnets: [10.20.0.0/16], dhcp: true}"
		print "  servers: {kind: hosts, interfaces: [srv0], subnets: [10.0.0.0/8]}"
		printf "peers:\n  many: ["
		for (i = 0; i < 4100; i++)
			printf "%s10.128.%d.%d", i ? ", " : "", i / 250, i % 250
		print "]\nroles:\n  common: {connect: [{to: many, ports: [tcp/1]}]}"
		for (i = 1; i < 1000; i++)
			printf "  role-%d: {connect: [{to: gateway, ports: [tcp/%d]}]}\n", i, i
		print "devices:"
		for (i = 1; i < 1000; i++)
			printf "  dev-%d: {roles: [common, role-%d], segment: sensors, mac: \"02:00:00:00:%02x:%02x\"}\n",
				i, i, i / 250, i % 250
		print "conduits:\n  - {from: sensors, to: servers}"
	}'
}

many_devices() {
	awk 'BEGIN {
		print "picket: 1"
		print "segments: {sensors: {interfaces: [lan0], subnets: [10.20.0.0/16]}}"
		print "roles: {sensor: {connect: [{to: gateway}]}}"
		print "devices:"
		for (i = 0; i < 60000; i++)
			printf "  dev-%d: {role: sensor, ip: 10.20.%d.%d}\n", i, 2 + i / 250, 1 + i % 250
	}'
}

# memory_group MIB: makes $GROUP, whose processes and maps have so much memory.
memory_group() {
	local parent file

	for parent in /sys/fs/cgroup/memory /sys/fs/cgroup; do
		GROUP=$parent/${WORK##*/}
		mkdir "$GROUP" 2>/dev/null || continue
		for file in memory.limit_in_bytes memory.max; do
			[ -f "$GROUP/$file" ] && echo $(($1 << 20)) >"$GROUP/$file" && return
		done
		rmdir "$GROUP"
	done 2>/dev/null
	return 1
}

# shellcheck disable=SC2317 # refused calls it
in_group() {
	# shellcheck disable=SC2016 # the shell inside expands it
	gw sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$GROUP" "$PICKET" "$@"
}

does_not_fit() {
	many_rules >"$WORK/rules.yaml"
	refused "rules that do not fit" 1 "rules.yaml:[0-9]+:[0-9]+: error: .* entries that fit" \
		picket apply "$WORK/rules.yaml"
	refuse "rules that do not fit: check says so too" picket check "$WORK/rules.yaml"
	if ! memory_group 64; then
		skip "a map that does not fit" "there is no memory cgroup to run it in"
		return
	fi
	many_devices >"$WORK/devices.yaml"
	refused "a map that does not fit" 3 "the map 'flows' of [0-9]+ entries: .*make the policy smaller" \
		in_group apply "$WORK/devices.yaml"
	check "a smaller policy fits into the same memory" in_group apply "$WORK/a.yaml"
	rmdir "$GROUP"
}

other_layout() {
	local bytes

	bytes=$(bpftool -j map dump pinned "$PICKET_PINS/meta" | jq -r '.[0].value[1:] | join(" ")')
	# shellcheck disable=SC2086 # a list of bytes
	bpftool map update pinned "$PICKET_PINS/meta" key hex 00 00 00 00 value hex 63 ${bytes//0x/} || {
		skip "pins of another layout" "bpftool could not write them"
		return
	}
	refuse "pins of another layout: status" picket status
	refuse "pins of another layout: apply" picket apply "$WORK/a.yaml"
	if sockets dev udp $SERVER 5683 && ! sockets dev udp $SERVER 5684 --timeout 0.2; then
		ok "pins of another layout: what is live goes on"
	else
		not_ok "pins of another layout: what is live goes on"
	fi 2>/dev/null
	check "pins of another layout: unload takes them away" picket unload
	equal "pins of another layout: no pin is left" "" "$(pins_left)"
}

at_once() {
	local i first second bad=0 mixed=0 a b

	for ((i = 0; i < 10; i++)); do
		picket apply "$WORK/a.yaml" >/dev/null 2>&1 &
		first=$!
		picket apply "$WORK/b.yaml" >/dev/null 2>&1 &
		second=$!
		wait $first || bad=$((bad + 1))
		wait $second || bad=$((bad + 1))
		sockets dev udp $SERVER 5683 --timeout 0.2 2>/dev/null && a=1 || a=0
		sockets dev udp $SERVER 5684 --timeout 0.2 2>/dev/null && b=1 || b=0
		[ $((a + b)) = 1 ] || mixed=$((mixed + 1))
	done
	equal "two at once, ten times: each waits for the other" 0 $bad
	equal "two at once: one policy or the other, never a mixture" 0 $mixed
}

topology
policy a.yaml lan0 udp/5683 10.20.0.11
policy b.yaml lan0 udp/5684 10.20.0.11
policy missing.yaml "lan0, lan9" udp/5683 10.20.0.11
policy gateway.yaml lan0 udp/5683 10.20.0.1
policy free.yaml "lan0, free0" udp/5683 10.20.0.11
printf 'picket: 1\nsegments: {a: {interfaces: lan0, colour: red}}\nroles: [\n' >"$WORK/bad.yaml"
check "a policy goes live" picket apply --mode native "$WORK/a.yaml"
refused "a policy with mistakes" 1 "bad.yaml:[0-9]+:[0-9]+: error: " picket apply "$WORK/bad.yaml"
refused "a policy that is not there" 3 "nowhere.yaml: No such file" picket apply "$WORK/nowhere.yaml"
install -m 600 "$WORK/a.yaml" "$WORK/secret.yaml"
refused "a policy that may not be read" 3 "secret.yaml: Permission denied" \
	unprivileged apply "$WORK/secret.yaml"
refused "a policy that is a directory" 3 "Is a directory" picket apply "$WORK"
refused "an interface that does not exist" 3 "lan9" picket apply "$WORK/missing.yaml"
refused "a device with the gateway's address" 1 \
	'gateway.yaml:[0-9]+:[0-9]+: error: "dev-1" has 10\.20\.0\.1' picket apply "$WORK/gateway.yaml"
refused "without privileges" 3 "CAP_BPF.*as root" unprivileged apply "$WORK/a.yaml"
no_bpffs
refused "an unknown mode" 2 "mode" picket apply --mode fast "$WORK/a.yaml"
occupied
kernel_lacks
does_not_fit
at_once
check "the first policy again" picket apply "$WORK/a.yaml"
other_layout
finish
