#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The daemon's Unix socket for those who are not root: each right allowed and refused, what comes of it, who is named
# for it, and what clients do that it must bear.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
private "$0" "$@"

PORT=10713
DEVICE_MAC=02:00:00:00:20:17

# Users and groups that there are in here alone.
users() {
	local file

	for file in passwd group; do
		cp /etc/$file "$WORK/$file"
	done
	cat >>"$WORK/group" <<-GROUPS
	pt-read:x:7001:
	pt-quarantine:x:7002:
	pt-apply:x:7003:
	pt-late:x:7004:
	GROUPS
	cat >>"$WORK/passwd" <<-USERS
	pt-alice:x:8001:8001::/:/bin/false
	pt-bob:x:8002:8002::/:/bin/false
	USERS
	for file in passwd group; do
		mount --bind "$WORK/$file" /etc/$file
	done
}

topology() {
	netns gw dev
	cable gw lan0 dev eth0 $DEVICE_MAC
	gw ip address add 10.20.0.1/24 dev lan0
	in_ns dev ip address add 10.20.0.17/24 dev eth0
	chmod 755 "$WORK"
	cp "$PICKET" "$WORK/picket"
	policy >"$WORK/policy.yaml"
}

# policy [SERVICE]: what therm-17 may besides pings
policy() {
	cat <<-POLICY
	picket: 1
	segments:
	  sensors: {interfaces: [lan0], subnets: [10.20.0.0/16]}
	roles:
	  thermometer: {connect: [{to: gateway, ports: [icmp, ${1-tcp/1}]}]}
	devices:
	  therm-17: {role: thermometer, mac: "$DEVICE_MAC", ip: 10.20.0.17}
	device-files: [more.csv]
	POLICY
}

access() {
	cat >"$WORK/access.new"
	mv "$WORK/access.new" "$WORK/access.yaml"
}

# as UID GROUPS COMMAND...: its primary group is its own.
as() {
	local uid=$1 groups=$2
	shift 2

	if [ -n "$groups" ]; then
		gw setpriv --reuid="$uid" --regid="$uid" --groups="$groups" --inh-caps=-all "$@"
	else
		gw setpriv --reuid="$uid" --regid="$uid" --clear-groups --inh-caps=-all "$@"
	fi
}

alice() {
	as 8001 "$1" "$WORK/picket" "${@:2}"
}

# ask UID GROUPS PATH [CURL'S ARGUMENTS...]: the status; $WORK/answer is the answer.
ask() {
	# shellcheck disable=SC2069 # what curl says of itself is the answer here
	as "$1" "$2" curl -s --max-time $((SLOWER > 1 ? 100 : 15)) -w '%{stderr}%{http_code}' --unix-socket /run/picket/*.sock \
		"${@:4}" "http://picket$3" 2>&1 >"$WORK/answer"
}

# refused NAME STATUS SENTENCE COMMAND...
refused() {
	local name=$1 status=$2 sentence=$3 said
	shift 3

	said=$("$@" 2>&1 >/dev/null </dev/null)
	equal "$name" "$status" $?
	case $said in
	*"$sentence"*) ok "... and says why" ;;
	*) not_ok "... and says why" "$said" ;;
	esac
}

# same NAME ARGUMENTS...: alice, who may read, and root get the same of a command.
same() {
	local name=$1 mine hers
	shift

	mine=$(picket "$@" 2>&1; echo "exit $?")
	hers=$(alice 7001 "$@" 2>&1; echo "exit $?")
	equal "$name" "$mine" "$hers"
}

live() {
	picket status --json 2>/dev/null | jq -r .hash
}

quarantined() {
	[ "$(picket devices therm-17 --json | jq -r '.state')" = quarantined ]
}

newest() {
	picket history --top 1 --json | jq -r ".[0] | $1"
}

test_no_daemon() {
	picket apply "$WORK/policy.yaml" >/dev/null 2>&1
	refused "without a daemon" 3 "run it as root" alice "" status
	refused "... nor is there one to apply" 3 "start 'picket run'" alice "" apply "$WORK/policy.yaml"
}

start() {
	access <<-ACCESS
	pt-read: read
	pt-quarantine: [quarantine]
	pt-apply: [read, quarantine, apply]
	ACCESS
	start_daemon --listen 127.0.0.1:$PORT --access "$WORK/access.yaml" "$WORK/policy.yaml"
	check "the groups are told" logged "lets 3 groups use the socket"
	wait_for 5 sh -c "curl -sf --unix-socket /run/picket/*.sock http://picket/readyz"
	equal "anybody may connect" 666 "$(stat -c %a /run/picket/*.sock)"
}

test_read() {
	same "devices" devices --sort name
	same "devices as JSON" --json devices
	same "one device" devices therm-17
	same "a device that there is not" devices nobody
	same "an option that there is not" devices --nonsense
	same "drops" drops
	same "drops of a segment" drops --segment sensors --json
	same "the history" history
	same "what enforcing would drop" audit
	same "what would happen to a frame" explain --in lan0 --src 10.20.0.17 --dst 10.20.0.1 tcp/443
	same "a plan" plan "$WORK/policy.yaml"
	equal "the status" "$(live)" "$(alice 7001 status --json | jq -r .hash)"
	policy tcp/443 >"$WORK/next.yaml"
	alice 7001 plan --exit-code "$WORK/next.yaml" >"$WORK/plan" 2>/dev/null
	equal "a plan with changes" 1 $?
	check "... says them" grep -q "tcp/443" "$WORK/plan"
	equal "metrics" 200 "$(ask 8001 7001 /metrics)"
	equal "the page's status" 200 "$(ask 8001 7001 /api/status)"
	equal "with read a primary group will do" 200 "$(gw setpriv --reuid=8001 --regid=7001 --clear-groups curl -s \
		-o /dev/null -w '%{http_code}' --unix-socket /run/picket/*.sock http://picket/healthz)"
	refused "read is no right to quarantine" 3 "'quarantine' wants the right 'quarantine'" alice 7001 quarantine therm-17
	refused "... nor to release" 3 "the right 'quarantine'" alice 7001 release therm-17
	refused "... nor to apply" 3 "the right 'apply'" alice 7001 apply "$WORK/policy.yaml"
	refused "... nor to confirm" 3 "the right 'apply'" alice 7001 confirm
	refused "... nor to go back" 3 "the right 'apply'" alice 7001 rollback
	refused "... and the file is named" 3 "$WORK/access.yaml" alice 7001 confirm
	check "a refusal is in the log" logged "user 8001 (pt-alice) was refused at the socket: rollback"
}

test_follow() {
	local follower

	as 8001 7001 "$WORK/picket" drops --follow --json >"$WORK/follower" 2>&1 &
	follower=$!
	wait_for 10 sh -c "ls -l /proc/$follower/fd 2>/dev/null | grep -q eventpoll"
	sleep 0.5
	inject dev eth0 "udp smac=$DEVICE_MAC from=10.20.0.77 to=10.20.0.1 sport=4000 dport=9"
	check "events as they happen" wait_for 5 grep -q '"src":"10.20.0.77"' "$WORK/follower"
	kill $follower
	wait $follower 2>/dev/null
	refused "... for nobody else" 3 "the right 'read'" alice "" drops --follow
}

test_unlisted() {
	refused "who is in no group may not read" 3 "'status' wants the right 'read'" alice "" status
	refused "... nor with another one" 3 "'devices' wants the right 'read'" alice 7004 devices
	equal "... nor metrics" 403 "$(ask 8002 "" /metrics)"
	check "... and is told" grep -q "'/metrics' wants the right 'read'" "$WORK/answer"
	equal "... nor events" 403 "$(ask 8002 "" /events)"
	equal "... nor what is not there" 403 "$(ask 8002 "" /nothing)"
	check "that is in the log" logged "user 8002 (pt-bob) was refused at the socket: /metrics"
	equal "root needs no group" 200 "$(http /metrics -o /dev/null -w '%{http_code}')"
}

test_quarantine() {
	check "quarantine" alice 7002 quarantine --for 1h therm-17
	check "... is in force" quarantined
	equal "... in the history by her name" "quarantine ok pt-alice socket" \
		"$(newest '"\(.action) \(.result) \(.user) \(.through)"')"
	check "... and in the daemon's log" logged "user 8001 (pt-alice) ran 'quarantine' at the socket: exit status 0"
	equal "... and with no login of the daemon's" null "$(newest .login)"
	check "release" alice 7002 release therm-17
	refuse "... lets it back" quarantined
	refused "a device that there is not" 2 "no device 'nobody'" alice 7002 quarantine nobody
	refused "it is no right to read" 3 "the right 'read'" alice 7002 status
	refused "... nor to apply" 3 "the right 'apply'" alice 7002 apply "$WORK/policy.yaml"
	picket quarantine therm-17 >/dev/null
	equal "root's own is not through the socket" "root null" "$(newest '"\(.user) \(.through)"')"
	picket release therm-17 >/dev/null
}

test_apply() {
	local before

	before=$(live)
	policy tcp/443 >"$WORK/next.yaml"
	mkdir -p "$WORK/hers"
	cp "$WORK/next.yaml" "$WORK/more.csv" "$WORK/hers/"
	echo "d1,thermometer,,10.20.0.18,,,," >>"$WORK/hers/more.csv"
	chown -R 8001 "$WORK/hers"
	chmod 700 "$WORK/hers"
	equal "apply says what root's does" "next 2" \
		"$(alice 7003 --json apply "$WORK/hers/next.yaml" 2>"$WORK/err" | jq -r '"\(.policy) \(.devices)"')"
	refuse "another policy is live" test "$before" = "$(live)"
	equal "... in the history by her name" "apply ok next pt-alice socket" \
		"$(newest '"\(.action) \(.result) \(.policy) \(.user) \(.through)"')"
	equal "... and in the status" 8001 "$(picket status --json | jq .applied_by_uid)"
	equal "the hash is that of root's" "$(live)" "$(picket apply --json "$WORK/hers/next.yaml" 2>/dev/null | jq -r .hash)"
	check "rollback" alice 7003 rollback
	equal "... leads back" "$before" "$(live)"
	equal "... by her name" "rollback ok pt-alice" "$(newest '"\(.action) \(.result) \(.user)"')"
	check "apply for a time" alice 7003 apply --confirm-within 60s "$WORK/hers/next.yaml"
	check "... and confirm" alice 7003 confirm
	equal "... by her name" "confirm ok pt-alice" "$(newest '"\(.action) \(.result) \(.user)"')"
	refused "... once" 1 "nothing waits to be confirmed" alice 7003 confirm
	check "apply for four seconds" alice 7003 apply --confirm-within $((4 + SLOWER / 2))s "$WORK/policy.yaml"
	equal "... is live" "$before" "$(live)"
	check "... and what was before comes back" wait_for 8 sh -c "! [ '$before' = \"\$($WORK/picket status --json | jq -r .hash)\" ]"
}

# packed NAME TEXT [NAME TEXT]...: as `picket apply` sends it
packed() {
	python3 -c '
import struct, sys, zlib
raw = b"".join(a.encode() + b"\0" + struct.pack("=Q", len(b.encode())) + b.encode()
	for a, b in zip(sys.argv[1::2], sys.argv[2::2]))
sys.stdout.buffer.write(zlib.compress(raw))' "$@"
}

# What the command wrote, out of the pieces of $WORK/answer: one may end within a word.
written() {
	python3 -c '
import re, sys
data = open(sys.argv[1], "rb").read()
while piece := re.match(rb"(?:out|err) (\d+)\n", data):
	end = piece.end() + int(piece[1])
	sys.stdout.buffer.write(data[piece.end():end])
	data = data[end:]' "$WORK/answer"
}

# sent NAME STATUS SENTENCE GROUP PATH: what is in $WORK/body
sent() {
	equal "$1" 200 "$(ask 8001 "$4" "$5" -X POST --data-binary "@$WORK/body")"
	equal "... exit status" "exit $2" "$(tail -n 1 "$WORK/answer" | tr -d '\0')"
	written >"$WORK/said"
	check "... says why" grep -aq -- "$3" "$WORK/said"
}

# How many are in the history.
applies() {
	picket history --all --json | jq 'map(select(.action == "apply")) | length'
}

test_bad_policies() {
	local before entries

	before=$(live)
	entries=$(applies)
	echo "nonsense: 1" >"$WORK/bad.yaml"
	chmod 644 "$WORK/bad.yaml"
	refused "a policy with errors" 1 "bad.yaml:1:1: error: " alice 7003 apply "$WORK/bad.yaml"
	refused "... to plan" 1 "bad.yaml:1:1: error: " alice 7001 plan "$WORK/bad.yaml"
	refused "one that is not there" 3 "none.yaml" alice 7003 apply "$WORK/none.yaml"
	chmod 600 "$WORK/bad.yaml"
	refused "one that she may not read" 3 "Permission denied" alice 7003 apply "$WORK/bad.yaml"
	equal "they leave no trace" "$entries" "$(applies)"
	packed her.yaml "nonsense: 1" >"$WORK/body"
	sent "errors that only the daemon meets" 1 "her.yaml:1:1: error: " 7003 "/command/apply?arg=her.yaml"
	packed her.yaml "$(policy)" >"$WORK/body"
	sent "a file that it names and that was not sent" 3 "more.csv" 7003 "/command/apply?arg=her.yaml"
	packed her.yaml "$(policy | sed "s|more.csv|/etc/shadow|")" >"$WORK/body"
	sent "a file of root's" 3 "/etc/shadow" 7003 "/command/apply?arg=her.yaml"
	refuse "... is not shown" grep -aq "root:" "$WORK/answer"
	packed "$(printf 'a\033[2Jb.yaml')" "picket: 1" >"$WORK/body"
	sent "a name that is none" 1 "no packed policy" 7003 "/command/apply?arg=her.yaml"
	echo "picket: 1" >"$WORK/body"
	sent "what is not packed" 1 "no packed policy" 7003 "/command/apply?arg=her.yaml"
	: >"$WORK/body"
	sent "nothing" 1 "no packed policy" 7003 "/command/apply?arg=$WORK/policy.yaml"
	packed her.yaml "picket: 1" | head -c 20 >"$WORK/body"
	sent "half of one" 1 "no packed policy" 7003 "/command/apply?arg=her.yaml"
	{ packed her.yaml "picket: 1"; echo more; } >"$WORK/body"
	sent "more than one" 1 "no packed policy" 7003 "/command/apply?arg=her.yaml"
	python3 -c 'import sys, zlib
c = zlib.compressobj(9)
for _ in range(600): sys.stdout.buffer.write(c.compress(b"a" * (1 << 20)))
sys.stdout.buffer.write(c.flush())' >"$WORK/body"
	sent "a small one that unpacks to a large one" 3 "larger than 512 MiB" 7003 "/command/apply?arg=her.yaml"
	policy tcp/9 | sed 's/lan0/lan9/' >"$WORK/absent.yaml"
	refused "one that does not fit this host" 3 "lan9" alice 7003 apply "$WORK/absent.yaml"
	equal "what was live stays" "$before" "$(live)"
}

test_bad_requests() {
	local before

	before=$(live)
	equal "a command that is root's" 404 "$(ask 8001 7003 /command/unload -X POST)"
	equal "... and of root itself" 404 "$(http /command/unload -X POST -o /dev/null -w '%{http_code}')"
	equal "none" 404 "$(ask 8001 7003 /command/)"
	equal "quarantine by GET" 405 "$(ask 8001 7003 "/command/quarantine?arg=therm-17")"
	equal "status by POST" 405 "$(ask 8001 7003 /command/status -X POST)"
	equal "a POST of what is read" 405 "$(ask 8001 7003 /healthz -X POST -d a=b)"
	equal "a body where there is none" 400 "$(ask 8001 7003 "/command/quarantine?arg=therm-17" -d a=b)"
	truncate -s 33M "$WORK/large"
	equal "a large body" 413 "$(ask 8001 7003 /command/apply -X POST -T "$WORK/large")"
	equal "... of no said length" 413 "$(ask 8001 7003 /command/apply -X POST -T - -H "Transfer-Encoding: chunked" \
		<"$WORK/large")"
	equal "... by who may not is not taken" 403 "$(ask 8001 7001 /command/apply -X POST -T "$WORK/large")"
	equal "too many words" 503 "$(ask 8001 7001 "/command/devices?$(printf 'arg=a&%.0s' {1..70})")"
	equal "where the pins are is not theirs to say" 200 "$(ask 8001 7001 "/command/status?arg=--pins=/tmp/x")"
	check "... and is told" grep -aq "root's to say" "$WORK/answer"
	equal "... nor a file to write" 200 "$(ask 8001 7001 "/command/drops?arg=--follow&arg=--pcap&arg=$WORK/written")"
	check "... as is told" grep -aq "not permitted" "$WORK/answer"
	refuse "... nor is it written" test -e "$WORK/written"
	equal "... nor a policy to read" 200 "$(ask 8001 7001 \
		"/command/explain?arg=--policy=/etc/shadow&arg=--in=lan0&arg=--src=10.20.0.17&arg=--dst=10.20.0.1&arg=icmp")"
	check "... as is told" grep -aq "not permitted" "$WORK/answer"
	equal "... nor a capture" 200 "$(packed her.yaml "picket: 1" |
		ask 8001 7001 "/command/plan?arg=--replay=lan0=$WORK/large&arg=her.yaml" -X POST --data-binary @-)"
	check "... as is told" grep -aq "not permitted" "$WORK/answer"
	packed her.yaml "$(policy tcp/7)" more.csv "$(cat "$WORK/more.csv")" >"$WORK/body"
	as 8001 7003 python3 "$HERE/control_clients.py" /run/picket/*.sock cut "$WORK/body"
	equal "a request that is cut short changes nothing" "$before" "$(live)"
}

test_tcp() {
	equal "TCP has no commands" 404 "$(gw curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:$PORT/command/status)"
	equal "... nor takes one" 405 "$(gw curl -s -o /dev/null -w '%{http_code}' -X POST \
		"http://127.0.0.1:$PORT/command/quarantine?arg=therm-17")"
	equal "... and lets read as before" 200 "$(gw curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:$PORT/metrics)"
	refuse "nothing was done" quarantined
}

clients() {
	as "$1" "$2" python3 "$HERE/control_clients.py" /run/picket/*.sock "${@:3}"
}

test_clients() {
	coproc hold { clients 8002 "" hold 600; }
	read -r -t 20 -u "${hold[0]}" open
	within "who may nothing holds a few connections" 1 "$open" 32
	check "who may something finds room" alice 7001 status
	check "... and root does" http /healthz -f
	echo go >&"${hold[1]}"
	# shellcheck disable=SC2154 # coproc makes it
	wait "$hold_PID" 2>/dev/null
	within "a request at a byte a second is cut off, s" 8 "$(clients 8001 7003 slow)" 20
	equal "who reads no answer holds up no other" 200 "$(clients 8001 7001 deaf & sleep 1; ask 8001 7001 /command/devices; wait)"
	check "it still answers" alice 7001 status
}

refused_some() {
	ask 8002 "" /metrics >/dev/null
	sleep 1
	logged "more were refused at the socket"
}

test_changes() {
	local i start

	access <<-ACCESS
	pt-read: read
	pt-late: [read]
	ACCESS
	check "a file that changes is read" wait_for 5 alice 7004 status
	refused "... and what it no longer gives is gone" 3 "the right 'quarantine'" alice 7003 quarantine therm-17
	printf 'pt-read: read\npt-late: [raed]\npt-none: read\n' | access
	check "a wrong one is refused" wait_for 5 logged "who may use the socket stays as it was"
	check "... with the place" logged "access.yaml:2:11: error: "
	check "... and of a group that is none" logged 'there is no group "pt-none"'
	check "... and what held before holds" alice 7004 status
	chmod 666 "$WORK/access.yaml"
	printf 'pt-quarantine: read\n' >"$WORK/access.yaml"
	check "one that others may write is refused" wait_for 5 logged "can be written by others than root"
	refused "... and gives nothing" 3 "the right 'read'" alice 7002 status
	rm "$WORK/access.yaml"
	check "without it" wait_for 5 logged "root alone may use the socket"
	refused "... there is nobody" 3 "the right 'read'" alice 7001 status
	printf 'pt-read: read\n' | access
	check "it comes back" wait_for 5 alice 7001 status
	as 8001 7001 curl -sN --unix-socket /run/picket/*.sock http://picket/events >"$WORK/stream" &
	i=$!
	wait_for 5 test -s "$WORK/stream"
	printf 'pt-late: read\n' | access
	check "a stream ends with the right to it" wait_for 5 sh -c "! kill -0 $i"
	wait $i 2>/dev/null
	start=$SECONDS
	for ((i = 0; i < 40; i++)); do
		ask 8002 "" /metrics >/dev/null
	done
	within "refusals are told at a bounded rate" 1 "$(grep -c "pt-bob) was refused at the socket: /metrics" \
		"$WORK/daemon.log")" $((20 + (SECONDS - start) / 6))
	check "... and how many were not, later" wait_for 20 refused_some
}

# The daemon's side does not see by which connection alice is here: her own says so, and it is not cut.
test_session() {
	local served held stop out

	policy tcp/22 >"$WORK/open.yaml"
	policy udp/22 >"$WORK/shut.yaml"
	check "a policy that lets alice in" alice 7003 apply "$WORK/open.yaml"
	nsenter --net=/run/netns/gw python3 "$HERE/sockets.py" serve 22 >"$WORK/served" 2>&1 &
	served=$!
	check "there is somebody to talk to" wait_for 10 sh -c "nsenter --net=/run/netns/gw ss -Hltn 'sport = 22' | grep -q ."
	mkfifo "$WORK/held"
	nsenter --net=/run/netns/dev python3 "$HERE/sockets.py" held 10.20.0.1 22 --source 10.20.0.17 \
		--source-port 50222 <"$WORK/held" >"$WORK/held.out" 2>&1 &
	held=$!
	exec {stop}>"$WORK/held"
	check "she is connected" wait_for 5 grep -q connected "$WORK/held.out"
	out=$(SSH_CONNECTION="10.20.0.17 50222 10.20.0.1 22" alice 7003 apply "$WORK/shut.yaml" 2>&1 </dev/null)
	equal "one that would cut her off is refused" 1 $?
	check "... in so many words" grep -q "10.20.0.17.*would be cut: role-connect" <<<"$out"
	SSH_CONNECTION="10.20.0.17 50223 10.20.0.1 22" check "a connection that is none stops nothing" \
		alice 7003 apply "$WORK/shut.yaml"
	check "back" alice 7003 apply "$WORK/open.yaml"
	SSH_CONNECTION="10.20.0.17 50222 10.20.0.1 22" check "--force is heard" alice 7003 apply --force "$WORK/shut.yaml"
	exec {stop}>&-
	kill $served
	wait $held $served 2>/dev/null
}

test_wrong_at_start() {
	end_daemon
	equal "it ends well" 0 $?
	refused "a daemon that is gone" 3 "run it as root" alice 7001 status
	printf 'pt-read: [all]\n' | access
	start_daemon --listen none --access "$WORK/access.yaml"
	check "a wrong file holds up no start" kill -0 "$daemon"
	check "... and is told" logged "root alone"
	refused "... and lets nobody in" 3 "the right 'read'" alice 7001 status
	end_daemon
}

echo "name,role,mac,ip,segment,space,valid-from,valid-until" >"$WORK/more.csv"
users
topology
test_no_daemon
start
test_read
test_follow
test_unlisted
test_quarantine
test_apply
test_session
test_bad_policies
test_bad_requests
test_tcp
test_clients
test_changes
test_wrong_at_start
picket unload >/dev/null
finish
