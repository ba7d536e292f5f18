#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A policy for a time only: it goes back by itself, whatever is killed, unless it is confirmed. And the history of all
# changes, with the way back through it.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
private "$0" "$@"

# How often everything of picket's is killed while a policy is applied for a time, or waits to be confirmed.
KILLS=${KILLS:-50}
WITHIN=6 # seconds: enough for what is looked at meanwhile

topology() {
	netns gw dev other
	cable gw lan0 dev eth0 02:00:00:00:20:17
	cable gw lan1 other eth0 02:00:00:00:30:18
	gw ip address add 10.20.0.1/24 dev lan0
	gw ip address add 10.30.0.1/24 dev lan1
	in_ns dev ip address add 10.20.0.17/24 dev eth0
	in_ns other ip address add 10.30.0.18/24 dev eth0
}

# policy FILE SERVICES [MORE SEGMENTS [MORE DEVICES]]
policy() {
	cat >"$WORK/$1" <<-POLICY
	picket: 1
	gateway: {addresses: [10.20.0.1]}
	segments:
	  sensors: {interfaces: [lan0], subnets: [10.20.0.0/24]}
	${3-}
	roles:
	  thermometer: {connect: [{to: gateway, ports: [$2]}]}
	devices:
	  therm-17: {role: thermometer, mac: "02:00:00:00:20:17", ip: 10.20.0.17}
	${4-}
	POLICY
}

policies() {
	policy old.yaml icmp
	policy new.yaml udp/9
	policy wide.yaml icmp "  more: {interfaces: [lan1], subnets: [10.30.0.0/24]}"
	policy grown.yaml icmp "" "$(for ((i = 20; i < 200; i++)); do echo "  d$i: {ip: 10.20.0.$i}"; done)"
}

apply() {
	picket apply "$@" >"$WORK/out" 2>&1
}

live() {
	picket status --json 2>/dev/null | jq -r 'if .live then .policy else "nothing" end'
}

live_is() {
	[ "$(live)" = "$1" ]
}

from_dev() {
	pings dev 10.20.0.1 >/dev/null
}

from_other() {
	pings other 10.30.0.1 >/dev/null
}

# The policy before is in force again: what it allows passes, what it does not is dropped, with no one's help.
gone_back() {
	wait_for $((WITHIN + 5)) from_dev
}

last() {
	picket history --json | jq -r ".[0] | \"\(.action) \(.result) \(.policy)\""
}

test_return() {
	check "a policy" apply "$WORK/old.yaml"
	check "what it allows passes" from_dev
	check "another for a time" apply --confirm-within 2m "$WORK/new.yaml"
	refuse "is in force at once" from_dev
	equal "and is live" new "$(live)"
	check "the time that is left is told" sh -c "PICKET_PINS=$PICKET_PINS $PICKET status | grep -q 'goes back in: *1m'"
	picket apply "$WORK/old.yaml" >/dev/null 2>"$WORK/err"
	equal "meanwhile nothing else is applied" 3 $?
	check "... and what to do is said" grep -q "'picket confirm' keeps it" "$WORK/err"
	check "taken back before the time is over" picket rollback
	equal "... at once" old "$(live)"
	check "... in force" from_dev
	check "once more, for a short time" apply --confirm-within 1s "$WORK/new.yaml"
	check "the one before comes back by itself" gone_back
	equal "and is live, for all commands" old "$(live)"
	refuse "it is too late to confirm" picket confirm
	equal "the return is in the history" "return ok null" "$(picket history --json | jq -r '
		map(select(.action == "return"))[0] | "\(.action) \(.result) \(.policy)"')"
	check "then another can be applied" apply "$WORK/old.yaml"
	refuse "with nothing to confirm, confirm says no" picket confirm
}

test_confirm() {
	check "for a time" apply --confirm-within ${WITHIN}s "$WORK/new.yaml"
	check "confirmed" picket confirm
	sleep $((WITHIN + 1))
	equal "it stays" new "$(live)"
	refuse "... in force" from_dev
	equal "the history says so" "confirm ok new" "$(last)"
	check "the way back" picket rollback
	equal "leads to the one before" old "$(live)"
	check "... in force" from_dev
}

# A port that only the new policy has is nobody's business before and after it.
test_ports() {
	check "before, the other port is open" from_other
	check "a policy with another port" apply --confirm-within ${WITHIN}s "$WORK/wide.yaml"
	refuse "filters it" from_other
	wait_for $((WITHIN + 5)) from_other
	check "and leaves it open again, with nobody there" from_other
	check "an apply of the old clears it away" apply "$WORK/old.yaml"
	equal "it is detached" lan0 "$(picket status --json | jq -r '[.ports[].interface] | join(" ")')"
	equal "nothing of it is left there" null "$(gw ip -json link show lan1 | jq '.[0].xdp')"

	apply "$WORK/wide.yaml"
	refuse "with both ports filtered" from_other
	check "a policy without one" apply --confirm-within ${WITHIN}s "$WORK/old.yaml"
	check "lets it pass" from_other
	wait_for $((WITHIN + 5)) live_is wide
	refuse "and it is filtered again by itself" from_other
	apply --confirm-within 1m "$WORK/old.yaml"
	check "without the port, confirmed" picket confirm
	equal "it is detached" null "$(gw ip -json link show lan1 | jq '.[0].xdp')"
	check "... and open" from_other
}

# Connections that only the new policy allows end with it; those of both go on; counters stay.
test_state() {
	local before

	apply "$WORK/old.yaml"
	from_dev
	before=$(device therm-17 .passed)
	check "a larger policy for a time" apply --confirm-within ${WITHIN}s "$WORK/grown.yaml"
	check "goes on" from_dev
	picket quarantine therm-17 >/dev/null
	refuse "who is cut off meanwhile" from_dev
	wait_for $((WITHIN + 5)) live_is old
	refuse "is cut off after it" from_dev
	picket release therm-17 >/dev/null
	check "and let back" from_dev
	within "its counters went on" $((before + 2)) "$(device therm-17 .passed)" $((before + 40))
}

# With nothing live before, nothing comes back: the ports are open.
test_first() {
	picket unload >/dev/null
	check "a first policy for a time" apply --confirm-within ${WITHIN}s "$WORK/new.yaml"
	refuse "is in force" from_dev
	check "and goes by itself" gone_back
	equal "nothing is live" nothing "$(live)"
	check "another can be applied" apply "$WORK/old.yaml"
	equal "... and is live" old "$(live)"
	check "... in force" from_dev
}

# All of picket's, whoever it is: in a process namespace of the test's own.
kill_all() {
	pkill -KILL -x picket
}

test_kills() {
	local i good=0

	apply "$WORK/old.yaml"
	for ((i = 0; i < KILLS; i++)); do
		start_daemon --listen none
		nsenter --net=/run/netns/gw setsid "$PICKET" apply --confirm-within 1s "$WORK/new.yaml" >/dev/null 2>&1 &
		# while it is under way, or once it is live
		if [ $((i % 2)) = 0 ]; then
			sleep "0.$((i * 7 % 30 + 10))"
		else
			wait_for 10 live_is new
		fi
		kill_all
		wait 2>/dev/null
		wait_for 10 live_is old && from_dev && good=$((good + 1))
	done 2>/dev/null
	equal "killed with all of it $KILLS times, the policy before came back" "$KILLS" "$good"
	check "and the next apply works" apply "$WORK/old.yaml"
}

test_daemon() {
	apply "$WORK/old.yaml"
	start_daemon --listen none
	check "with a daemon there" apply --confirm-within ${WITHIN}s "$WORK/wide.yaml"
	wait_for $((WITHIN + 5)) live_is old
	check "it clears away what was the other's" wait_for 5 sh -c \
		"[ \"\$(nsenter --net=/run/netns/gw ip -json link show lan1 | jq '.[0].xdp')\" = null ]"
	check "... and says so" logged "the last policy was not confirmed"
	end_daemon
}

test_history() {
	local entries

	picket history --all --json >"$WORK/history"
	entries=$(jq length "$WORK/history")
	policy next.yaml tcp/80
	apply "$WORK/next.yaml"
	echo "nonsense: [" >"$WORK/bad.yaml"
	apply "$WORK/bad.yaml"
	picket quarantine --for 1h therm-17 >/dev/null
	picket release therm-17 >/dev/null
	equal "each thing done is an entry" $((entries + 4)) "$(picket history --all --json | jq length)"
	equal "with what it was" "release ok therm-17,quarantine ok therm-17,apply not valid null,apply ok null" \
		"$(picket history --top 4 --json | jq -r 'map("\(.action) \(.result) \(.device)") | join(",")')"
	equal "by whom" root "$(picket history --top 1 --json | jq -r '.[0].user')"
	equal "for how long" true "$(picket history --json | jq '.[1].until > now + 3500')"
	check "it reads as text" sh -c "PICKET_PINS=$PICKET_PINS $PICKET history | grep -q '^ *TIME.*ACTION.*RESULT'"
	equal "nobody else may read it" 600 "$(stat -c %a /var/lib/picket/*/history.jsonl)"
	printf '{"time":1,"action":"app' >>"$(ls /var/lib/picket/*/history.jsonl)"
	check "a line that was cut short" picket quarantine therm-17
	equal "... costs no other" "quarantine ok" "$(picket history --json | jq -r '.[0] | "\(.action) \(.result)"')"
	picket release therm-17 >/dev/null
}

test_rollback() {
	local i

	for ((i = 1; i <= 13; i++)); do
		policy "p$i.yaml" "tcp/$i"
		apply "$WORK/p$i.yaml"
	done
	equal "ten are kept to go back to" 10 "$(picket history --all --json | jq 'map(select(.rollback != null)) | length')"
	check "ten back" picket rollback 10
	equal "... is the one of ten applies ago" p3 "$(live)"
	check "and back again" picket rollback
	equal "... is where it was" p13 "$(live)"
	refuse "eleven back is too far" picket rollback 11
	refuse "a number that is none" picket rollback x
	within "no more is kept than can be gone back to" 10 "$(find /var/lib/picket/*/policies -type f | wc -l)" 12
	equal "a file of the archive is whole" 1 "$(head -c 15 "$(find /var/lib/picket/*/policies -type f | head -n 1)" |
		grep -c "picket policy 1")"
	i=$(picket history --all --json | jq -r 'map(select(.rollback == 2))[0].hash')
	truncate -s 200 /var/lib/picket/*/policies/"$i"
	refuse "a damaged one is refused" picket rollback 2
	equal "... and what is live stays" p13 "$(live)"
}

# The disk full, the directory read-only: the change is made, and the loss is told.
test_full() {
	mount -t tmpfs -o size=16k picket-full /var/lib/picket
	head -c 100000 /dev/zero >/var/lib/picket/filler 2>/dev/null
	check "with the disk full an apply works" apply "$WORK/old.yaml"
	check "... and says what it could not keep" grep -q "this is not in the history" "$WORK/out"
	check "a quarantine too" picket quarantine therm-17
	picket release therm-17 >/dev/null 2>&1
	umount /var/lib/picket
	check "it is in force" from_dev
}

topology
policies
test_return
test_confirm
test_ports
test_state
test_first
test_kills
test_daemon
test_history
test_rollback
test_full
picket unload >/dev/null
equal "nothing is left pinned" "" "$(pins_left)"
finish
