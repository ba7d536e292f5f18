#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Bad input: every command with wrong arguments, with files that are not there, may not be read, are no
# files or have no end; full disks; and whatever ends it in the middle of a write. Always the right exit
# status and a sentence, never half of anything. What apply itself refuses is in refusals.sh.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
private "$0" "$@"

KILLS=${KILLS:-30}

prepare() {
	netns gw dev
	cable gw lan0 dev eth0 02:00:00:00:20:17
	gw ip address add 10.20.0.1/24 dev lan0
	cd "$WORK" || exit 1
	chmod 755 .
	cp "$PICKET" picket
	policy p.yaml 1
	mkdir dir
	mkfifo fifo
	truncate -s 10G sparse
	install -m 600 p.yaml secret
	python3 - <<-'PYTHON'
	import struct
	head = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65536, 1)
	open("empty.pcap", "wb").write(head)
	open("cut.pcap", "wb").write(head + b"\0\0")
	frame = bytes.fromhex("0200000000fe0200000020170800") + bytes.fromhex(
	    "4500001c0001000040110000" "0a140011" "0a140001" "c0000035" "00080000")
	open("one.pcap", "wb").write(head + b"".join(
	    struct.pack("<IIII", 1700000000 + i, 0, len(frame), len(frame)) + frame for i in range(3)))
	PYTHON
}

# policy FILE PORT
policy() {
	cat >"$WORK/$1" <<-POLICY
	picket: 1
	gateway: {addresses: [10.20.0.1]}
	segments: {sensors: {interfaces: [lan0], subnets: [10.20.0.0/24]}}
	roles: {sensor: {connect: [{to: gateway, ports: [udp/$2]}]}}
	devices: {dev-1: {role: sensor, mac: "02:00:00:00:20:17", ip: 10.20.0.17}}
	POLICY
}

# Someone without any right, for whom the same binary runs.
unprivileged() {
	gw setpriv --reuid=65534 --regid=65534 --clear-groups "$WORK/picket" "$@"
}

# says NAME STATUS WORDS COMMAND...: that exit status, within ten seconds, and words on stderr that end a
# sentence of picket's or locate an error; nothing of a crash.
says() {
	local name=$1 expected=$2 words=$3 got
	shift 3

	timeout -k 1 60 nsenter --net=/run/netns/gw "$@" >"$WORK/out" 2>"$WORK/err" </dev/null
	got=$?
	if [ $got != "$expected" ]; then
		not_ok "$name" "exit status $got, not $expected: $(head -c 300 "$WORK/err")"
	elif ! grep -qE "^(picket: |error: ).*$words" "$WORK/err"; then
		not_ok "$name" "no words like '$words': $(head -c 300 "$WORK/err")"
	else
		ok "$name"
	fi
}

COMMANDS='check plan apply confirm rollback history learn status devices drops audit top explain replay quarantine
	release run doctor unload'

test_arguments() {
	local command

	equal "all commands are here" "$(tr -s ' \n\t' '\n' <<<"$COMMANDS" | sort | tr '\n' ' ')" \
		"$("$PICKET" --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | sort | tr '\n' ' ')"
	for command in $COMMANDS; do
		says "$command --nonsense" 2 "'--nonsense'; see 'picket $command --help'" "$PICKET" "$command" --nonsense
		[ "$command" = doctor ] || # any number of interfaces
			says "$command with too many arguments" 2 "see 'picket $command --help'" "$PICKET" "$command" a b c d
		says "$command --pins without a value" 2 "wants a directory" "$PICKET" "$command" --pins
	done
	for command in check plan apply learn explain replay quarantine release; do
		says "$command without arguments" 2 "see 'picket $command --help'" "$PICKET" "$command"
	done
	says "a command that is none" 2 "apply" "$PICKET" aply
	says "an option without its value" 2 "see 'picket apply --help'" "$PICKET" apply p.yaml --confirm-within
}

# Where a policy is wanted.
test_policies() {
	local command file words

	while read -r file words; do
		while read -r command; do
			# shellcheck disable=SC2086 # words
			says "$command $file" 3 "$words" "$PICKET" $command "$file"
		done <<-'COMMANDS'
		check
		apply
		plan
		plan --against p.yaml
		plan p.yaml --against
		explain --in lan0 --src dev-1 --dst gateway tcp/1 --policy
		replay lan0=empty.pcap --policy
		doctor --policy
		COMMANDS
	done <<-'FILES'
	nowhere No such file
	dir Is a directory
	sparse File too large
	/dev/zero File too large
	FILES
	for command in check "explain --in lan0 --src dev-1 --dst gateway tcp/1 --policy" "plan --against p.yaml"; do
		# shellcheck disable=SC2086 # words
		says "$command, a file that may not be read" 3 "Permission denied" \
			setpriv --reuid=65534 --regid=65534 --clear-groups "$WORK/picket" $command secret
	done
	cat p.yaml >fifo &
	says "a pipe is as good as a file" 0 "" sh -c "'$PICKET' check fifo; s=\$?; echo 'picket: ' >&2; exit \$s"
}

# Where a capture is wanted.
test_captures() {
	local command file words

	while read -r file words; do
		for command in learn "replay --policy p.yaml" "plan p.yaml --replay"; do
			# shellcheck disable=SC2086 # words
			says "$command $file" 3 "$words" "$PICKET" $command "lan0=$file"
		done
	done <<-'FILES'
	nowhere No such file
	dir Is a directory
	sparse not a pcap or pcapng capture
	/dev/zero not a pcap or pcapng capture
	p.yaml not a pcap or pcapng capture
	FILES
	says "learn of nothing" 1 "nothing to learn" "$PICKET" learn lan0=empty.pcap
	says "replay of half a packet" 3 "packet 1: truncated" "$PICKET" replay --policy p.yaml lan0=cut.pcap
	says "learn of half a packet" 1 "truncated" "$PICKET" learn lan0=cut.pcap
}

# Where something is written.
test_outputs() {
	local command file words

	while read -r file words; do
		says "learn -o $file" 3 "$words" "$PICKET" learn -o "$file" lan0=one.pcap
		says "drops --pcap $file" 3 "" "$PICKET" drops --follow --pcap "$file"
		says "run --pcap $file" 3 "" "$PICKET" run --listen none --pcap "$file"
		says "run --events-to $file" 3 "" "$PICKET" run --listen none --events-to "file:$file"
	done <<-'FILES'
	nowhere/x No such file
	dir Is a directory
	/dev/full No space left
	FILES
	says "learn -o nothing" 3 "'' cannot be written" "$PICKET" learn -o "" lan0=one.pcap
	mknod null c 1 3
	check "learn -o /dev/null" picket learn -o null lan0=one.pcap
	check "... leaves it what it is" test -c null
	touch kept
	ln -s kept link
	check "learn -o of a link" picket learn -o link lan0=one.pcap
	check "... writes what it leads to" test -s kept -a -L link
	picket learn -o /dev/stdout lan0=one.pcap >stdout 2>/dev/null
	check "learn -o /dev/stdout" grep -q "picket: 1" stdout
	for command in "status" "history" "devices" "devices dev-1" "drops" "check p.yaml" "plan p.yaml" "doctor" "--help" \
		"--version" "apply --help" "explain --in lan0 --src dev-1 --dst gateway tcp/1" "learn lan0=one.pcap" \
		"replay --policy p.yaml lan0=one.pcap" "status --json"; do
		says "$command to a full disk" 3 "could not be written" sh -c "exec '$PICKET' $command >/dev/full"
	done
}

test_full_disk() {
	mkdir small
	mount -t tmpfs -o size=16k picket-small small
	echo before >small/p.yaml
	head -c 100000 /dev/zero >small/filler 2>/dev/null
	says "learn -o to a full disk" 3 "cannot be written: No space left" "$PICKET" learn -o small/p.yaml lan0=one.pcap
	equal "... what was there stays" before "$(cat small/p.yaml)"
	equal "... and nothing else" "filler p.yaml " "$(find small -type f -printf '%f\n' | sort | tr '\n' ' ')"
	umount small
}

# whole: every line of the history is an entry, and every kept policy can be read.
whole() {
	local file

	jq -e . "$1"/history.jsonl >/dev/null 2>&1 || return 1
	for file in "$1"/policies/*; do
		[ "${file##*/}" = new ] || [ "$(head -c 15 "$file")" = "picket policy 1" ] || return 1
	done
}

test_kills() {
	local i dir lines before after signal bad=0 lost=0

	dir=$(echo /var/lib/picket/*)
	picket apply p.yaml >/dev/null 2>&1
	for ((i = 0; i < KILLS; i++)); do
		signal=$(cut -d' ' -f$((i % 4 + 1)) <<<"KILL TERM INT PIPE")
		policy k.yaml $((i + 2))
		before=$(picket history --all --json | jq length)
		timeout -s "$signal" "0.$((i * 13 % 40 + 10))" nsenter --net=/run/netns/gw "$PICKET" apply k.yaml >/dev/null 2>&1
		after=$(picket history --all --json | jq length)
		[ "${after:-0}" -ge "${before:-1}" ] || lost=$((lost + 1))
		whole "$dir" || bad=$((bad + 1))
	done 2>/dev/null
	equal "killed $KILLS times in an apply: no entry of the history is lost" 0 $lost
	equal "... none is half, and no kept policy is" 0 $bad
	check "... and the next apply works" picket apply p.yaml
	lines=$(wc -l <"$dir/history.jsonl")
	check "... and adds to the history" picket apply k.yaml
	within "... an entry more" $((lines + 1)) "$(wc -l <"$dir/history.jsonl")" $((lines + 2))

	mkdir learned
	echo before >learned/p.yaml
	bad=0
	for ((i = 0; i < KILLS; i++)); do
		timeout -s KILL "0.0$((i * 7 % 90 + 10))" "$PICKET" learn -o learned/p.yaml lan0=one.pcap >/dev/null 2>&1
		[ "$(cat learned/p.yaml)" = before ] || "$PICKET" check learned/p.yaml >/dev/null 2>&1 || bad=$((bad + 1))
	done 2>/dev/null
	equal "learn -o, killed $KILLS times: the file is the old or a whole new one" 0 $bad
	nsenter --net=/run/netns/gw "$PICKET" learn --live -o learned/live.yaml lan0 >/dev/null 2>&1 &
	wait_for 5 sh -c "ls -l /proc/$!/fd | grep -q learned"
	kill -KILL $!
	wait $! 2>/dev/null
	equal "... and nothing is left beside it" "p.yaml " "$(find learned -type f -printf '%f\n' | sort | tr '\n' ' ')"
}

prepare
check "a policy is live" picket apply p.yaml
test_arguments
test_policies
test_captures
test_outputs
test_full_disk
test_kills
finish
