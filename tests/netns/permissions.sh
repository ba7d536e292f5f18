#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Everything that picket writes as root: whose it is and who may read and write it, under any umask; links that
# another user planted where it is about to write, or a directory of his; and files that say what is allowed and
# that others can change.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
private "$0" "$@"

DEVICE_MAC=02:00:00:00:20:17
MALLORY=8001 # a user without rights
PRECIOUS=$WORK/root/precious
EVIL=$WORK/evil # a directory of his
STATE="" RUN=/run/picket

# policy FILE [SERVICE]
policy() {
	cat >"$1" <<-POLICY
	picket: 1
	mode: audit
	segments:
	  sensors: {interfaces: [lan0], subnets: [10.20.0.0/24]}
	roles:
	  thermometer: {connect: [{to: gateway, ports: [${2-icmp}]}]}
	devices:
	  therm-17: {role: thermometer, mac: "$DEVICE_MAC", ip: 10.20.0.17}
	device-files: [more.csv]
	POLICY
}

prepare() {
	netns gw dev
	cable gw lan0 dev eth0 $DEVICE_MAC
	gw ip address add 10.20.0.1/24 dev lan0
	in_ns dev ip address add 10.20.0.17/24 dev eth0
	chmod 755 "$WORK"
	mkdir "$WORK/root" "$EVIL"
	chmod 777 "$EVIL" # and not sticky: the kernel's own protection of links is for sticky directories
	chown $MALLORY "$EVIL"
	echo precious >"$PRECIOUS"
	policy "$WORK/root/policy.yaml"
	policy "$WORK/root/other.yaml" udp/53
	echo "name,role,mac,ip,segment,space,valid-from,valid-until" >"$WORK/root/more.csv"
	cp "$PICKET" "$WORK/picket"
	in_ns dev python3 - "$WORK/root/one.pcap" <<-'PYTHON'
	import struct, sys
	frame = bytes.fromhex("0200000000fe0200000020170800") + bytes.fromhex(
	    "4500001c0001000040110000" "0a140011" "0a140001" "c0000035" "00080000")
	open(sys.argv[1], "wb").write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65536, 1) + b"".join(
	    struct.pack("<IIII", 1700000000 + i, 0, len(frame), len(frame)) + frame for i in range(3)))
	PYTHON
}

as_mallory() {
	gw setpriv --reuid=$MALLORY --regid=$MALLORY --clear-groups "$@"
}

# refused NAME STATUS SENTENCE ARGUMENTS...: of picket, which ends at once
refused() {
	local name=$1 status=$2 sentence=$3 said
	shift 3

	said=$(gw timeout -k 1 20 "$PICKET" "$@" 2>&1 >/dev/null </dev/null)
	equal "$name: exit status" "$status" $?
	case $said in
	*"$sentence"*) ok "$name: says why" ;;
	*) not_ok "$name: says why" "$said" ;;
	esac
}

# ---- modes ----

use_everything() {
	mkdir "$WORK/out"
	chmod 755 "$WORK/out"
	picket apply --confirm-within 60s "$WORK/root/policy.yaml"
	picket confirm
	picket apply "$WORK/root/other.yaml"
	picket quarantine therm-17
	picket release therm-17
	picket learn -o "$WORK/out/learned.yaml" "lan0=$WORK/root/one.pcap"
	start_daemon --listen none --events-to "file:$WORK/out/events.jsonl" --pcap "$WORK/out/drops.pcapng"
	inject dev eth0 "udp smac=$DEVICE_MAC from=10.20.0.17 to=10.20.0.1 sport=4000 dport=9 count=3"
	wait_for 5 grep -q therm-17 "$WORK/out/events.jsonl"
	stat -c '%a %n' $RUN/*.sock >"$WORK/socket"
	end_daemon
}

# What matches of all that was written.
written() {
	find "$STATE" "$PICKET_PINS" "$WORK/out" "$RUN" -mindepth 0 ! -path $RUN "$@" -printf '%M %u %p\n'
}

test_modes() {
	local mask

	STATE=$(picket history --json >/dev/null; find /var/lib/picket -mindepth 1 -maxdepth 1 -type d)
	for mask in 0000 0077; do
		rm -rf "$STATE" "$WORK/out"
		umask $mask
		use_everything >"$WORK/log" 2>&1
		umask 0022
		equal "umask $mask: history, archive and book of audit are there" "audit.json history.jsonl policies" \
			"$(find "$STATE" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | tr '\n' ' ' | sed 's/ $//')"
		equal "umask $mask: two policies are kept" 2 "$(find "$STATE/policies" -type f | wc -l)"
		equal "umask $mask: what was asked for is there" "drops.pcapng events.jsonl learned.yaml" \
			"$(find "$WORK/out" -type f -printf '%f\n' | sort | tr '\n' ' ' | sed 's/ $//')"
		equal "umask $mask: all of it is root's" "" "$(written ! -uid 0)"
		equal "umask $mask: none of it may be written by others" "" "$(written ! -type l -perm /022)"
		equal "umask $mask: pins and state are for nobody else at all" "" \
			"$(find "$STATE" "$PICKET_PINS" ! -type l -perm /077)"
		equal "umask $mask: who sees what was dropped" "640 640" \
			"$(stat -c %a "$WORK/out/drops.pcapng" "$WORK/out/events.jsonl" | sed "s/600/640/" | tr '\n' ' ' | sed 's/ $//')"
		equal "umask $mask: all may connect to the socket, which asks who they are" 666 "$(cut -d' ' -f1 "$WORK/socket")"
		check "umask $mask: unload" picket unload
	done
	install -m 600 "$WORK/root/policy.yaml" "$WORK/out/secret.yaml"
	check "learn -o over a file that only root may read" picket learn -o "$WORK/out/secret.yaml" "lan0=$WORK/root/one.pcap"
	equal "... leaves it so" 600 "$(stat -c %a "$WORK/out/secret.yaml")"
}

# ---- links ----

# planted NAME COMMAND...: what it is to write is a link, of each kind, to a file of root's
planted() {
	local name=$1 kind
	shift

	for kind in symbolic dangling hard; do
		rm -f "$EVIL/out" "$WORK/root/new"
		case $kind in
		symbolic) as_mallory ln -s "$PRECIOUS" "$EVIL/out" ;;
		dangling) as_mallory ln -s "$WORK/root/new" "$EVIL/out" ;;
		hard) ln "$PRECIOUS" "$EVIL/out" ;; # as a kernel without protected_hardlinks lets him
		esac
		if [ "$kind$name" = "hardlearn -o" ]; then
			check "$name, a hard link: another file takes its name" picket "$@"
		else
			refused "$name, a $kind link" 3 "link" "$@"
		fi
		equal "$name, a $kind link: what it leads to is as it was" precious "$(cat "$PRECIOUS")"
		refuse "$name, a $kind link: nor was it made" test -e "$WORK/root/new"
	done
}

test_links() {
	planted "learn -o" learn -o "$EVIL/out" "lan0=$WORK/root/one.pcap"
	check "a policy is live" picket apply "$WORK/root/policy.yaml"
	planted "drops --pcap" drops --follow --pcap "$EVIL/out"
	planted "run --pcap" run --listen none --pcap "$EVIL/out"
	planted "run --events-to" run --listen none --events-to "file:$EVIL/out"
	rm -f "$EVIL/out"
	as_mallory touch "$EVIL/out"
	refused "run --events-to, a file of another user's" 3 "belongs to another user" \
		run --listen none --events-to "file:$EVIL/out"
	mknod "$WORK/root/device" c 1 3
	rm -f "$EVIL/out"
	as_mallory ln -s "$WORK/root/device" "$EVIL/out"
	refused "learn -o, a link to a device" 3 "link of another user's" learn -o "$EVIL/out" "lan0=$WORK/root/one.pcap"
	rm -f "$EVIL/out"
	ln -s "$WORK/root/new" "$EVIL/out"
	check "learn -o, a link of root's own" picket learn -o "$EVIL/out" "lan0=$WORK/root/one.pcap"
	check "... is followed" test -s "$WORK/root/new" -a -L "$EVIL/out"
	test_socket_link
	check "unload" picket unload
}

test_socket_link() {
	local socket

	start_daemon --listen none
	socket=$(echo $RUN/*.sock)
	end_daemon
	as_mallory ln -s "$PRECIOUS" "$socket"
	start_daemon --listen none
	check "a link where the socket is to be is replaced" test -S "$socket" -a ! -L "$socket"
	equal "... and what it led to is as it was" precious "$(cat "$PRECIOUS")"
	end_daemon
}

# ---- directories of others ----

test_directories() {
	chmod 1777 "$WORK/bpf"
	as_mallory mkdir "$WORK/bpf/theirs"
	refused "pins in a directory of another user's" 3 "belongs to another user" \
		--pins "$WORK/bpf/theirs" apply "$WORK/root/policy.yaml"
	refused "... nor does the daemon use it" 3 "belongs to another user" \
		--pins "$WORK/bpf/theirs" run --listen none "$WORK/root/policy.yaml"
	equal "... nothing is in it" "" "$(find "$WORK/bpf/theirs" -mindepth 1)"
	check "pins for a link to lead to" picket apply "$WORK/root/policy.yaml"
	as_mallory ln -s "$PICKET_PINS" "$WORK/bpf/link"
	refused "unload by a link of another user's" 3 "symbolic link" --pins "$WORK/bpf/link" unload
	check "... what it leads to is live" picket status
	chmod 777 "$PICKET_PINS"
	refused "pins in a directory that all may write" 3 "others may write it" \
		apply "$WORK/root/policy.yaml"
	chmod 700 "$PICKET_PINS"
	test_state
	test_run_dir
	check "unload" picket unload
}

test_state() {
	chmod 777 "$STATE"
	picket apply "$WORK/root/other.yaml" 2>"$WORK/said" >/dev/null
	equal "a state directory that others may write holds up no apply" 0 $?
	check "... which is told" grep -q "not in the history.*'chmod 700'" "$WORK/said"
	refused "... and there is no way back by what may be theirs" 3 "'chmod 700'" rollback
	chmod 700 "$STATE"
	check "... until it is root's again" picket history
}

test_run_dir() {
	mount -t tmpfs -o mode=777 picket-run2 $RUN
	refused "a directory of the socket that others may write" 3 "no directory of root's alone" \
		run --listen none
	chmod 755 $RUN
	chown $MALLORY $RUN
	refused "... or own" 3 "no directory of root's alone" run --listen none
	umount $RUN
}

# ---- files that say what is allowed ----

# warned NAME CULPRIT: check and apply, in one sentence each
warned() {
	local command

	for command in check apply; do
		picket $command "$WORK/policies/policy.yaml" >"$WORK/said" 2>&1
		equal "$1: $command is done" 0 $?
		equal "$1: $command warns" 1 "$(grep -c "warning: others than its owner can change .*'chmod go-w $2'" "$WORK/said")"
	done
}

test_policies() {
	mkdir "$WORK/policies"
	cp "$WORK/root/policy.yaml" "$WORK/root/more.csv" "$WORK/policies"
	picket check "$WORK/policies/policy.yaml" >"$WORK/said" 2>&1
	refuse "a policy of root's: no warning" grep -q "can change" "$WORK/said"
	chmod 666 "$WORK/policies/policy.yaml"
	warned "a policy that all may write" "$WORK/policies/policy.yaml"
	equal "... as JSON too" true "$(picket check --json "$WORK/policies/policy.yaml" 2>/dev/null |
		jq '.warnings | any(.message | test("others than its owner"))')"
	chmod 664 "$WORK/policies/policy.yaml"
	picket check "$WORK/policies/policy.yaml" >"$WORK/said" 2>&1
	refuse "root's group is root" grep -q "can change" "$WORK/said"
	chgrp $MALLORY "$WORK/policies/policy.yaml"
	warned "a policy that a group may write" "$WORK/policies/policy.yaml"
	chmod 644 "$WORK/policies/policy.yaml"
	chmod 666 "$WORK/policies/more.csv"
	warned "a device file that all may write" "$WORK/policies/more.csv"
	check "... at the line that names it" grep -q "policy.yaml:9:16: warning: .*more.csv" "$WORK/said"
	chmod 644 "$WORK/policies/more.csv"
	chmod 777 "$WORK/policies"
	picket check "$WORK/policies/policy.yaml" >"$WORK/said" 2>&1
	equal "a directory that all may write: both files in it" 2 "$(grep -c "'chmod go-w $WORK/policies'" "$WORK/said")"
	chmod 1777 "$WORK/policies"
	picket check "$WORK/policies/policy.yaml" >"$WORK/said" 2>&1
	refuse "a sticky one: nobody can replace what is root's" grep -q "can change" "$WORK/said"
	chmod 755 "$WORK/policies"
	as_mallory ln -s "$WORK/policies/policy.yaml" "$EVIL/policy.yaml"
	ln -s "$WORK/root/more.csv" "$EVIL/more.csv"
	picket check "$EVIL/policy.yaml" >"$WORK/said" 2>&1
	check "a link that others may replace" grep -q "can change $EVIL/policy.yaml: 'chmod go-w $EVIL'" "$WORK/said"
	check "unload" picket unload
}

test_web_config() {
	openssl rand -hex 32 >"$WORK/root/token"
	chmod 600 "$WORK/root/token"
	echo "bearer-token-file: token" >"$WORK/root/web.yaml"
	chmod 666 "$WORK/root/web.yaml"
	refused "a --web-config that all may write" 1 "others can change this file" \
		run --listen 127.0.0.1:10713 --web-config "$WORK/root/web.yaml"
	chmod 644 "$WORK/root/web.yaml"
	chown $MALLORY "$WORK/root/token"
	refused "a secret of another user's" 1 "token can be changed by others" \
		run --listen 127.0.0.1:10713 --web-config "$WORK/root/web.yaml"
}

prepare
test_modes
test_links
test_directories
test_policies
test_web_config
finish
