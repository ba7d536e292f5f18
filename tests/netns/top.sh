#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The live view, in a terminal that tmux makes: what passes and what is dropped is on it, its keys work, and
# it lives through other policies, none at all and other sizes, and leaves the terminal as it was.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
private "$0" "$@"

BROKER=10.1.0.10
LONG=20 # seconds until what must come counts as missing

topology() {
	netns gw therm valve srv
	cable gw lan0 therm eth0 02:00:00:00:20:17
	cable gw act0 valve eth0 02:00:00:00:30:11
	cable gw srv0 srv eth0
	forwarding gw
	gw ip address add 10.20.0.1/32 dev lan0
	gw ip address add 10.30.0.1/24 dev act0
	gw ip address add 10.1.0.1/24 dev srv0
	host therm eth0 10.20.0.1 fd00:20::1 10.20.0.17 10.20.0.18 10.20.0.19
	host valve eth0 10.30.0.1 fd00:30::1 10.30.0.11
	host srv eth0 10.1.0.1 fd00:1::1 $BROKER
	route lan0 10.20.0.17 10.20.0.18 10.20.0.19
}

# policy NAME [LINE]: of devices.
policy() {
	cat >"$WORK/$1.yaml" <<-POLICY
	picket: 1
	segments:
	  sensors: {interfaces: [lan0], subnets: [10.20.0.0/16]}
	  actors: {interfaces: [act0], subnets: [10.30.0.0/24], dhcp: true, mode: audit}
	  servers: {kind: hosts, interfaces: [srv0], subnets: [10.1.0.0/24]}
	roles:
	  thermometer:
	    connect: [{to: servers, ports: [udp/5683]}]
	  actor:
	    connect: [{to: servers, ports: [tcp/8883]}]
	  maintenance: {}
	devices:
	  therm-17: {role: thermometer, mac: "02:00:00:00:20:17", ip: 10.20.0.17, space: hq/floor-2}
	  meter: {role: thermometer, ip: 10.20.0.18, limit: {send: {packets: 5/s, burst: 10}}}
	  valve-1: {role: actor, mac: "02:00:00:00:30:11", segment: actors}
	  idle-1: {role: thermometer, ip: 10.20.0.99}
	  ${2-}
	assignments: [{role: maintenance, space: hq}]
	conduits:
	  - {from: [sensors, actors], to: servers}
	POLICY
}

# send NS SOURCE PORT MILLISECONDS: a datagram to the broker in every such time, until the script ends.
send() {
	in_ns "$1" python3 - "$2" "$3" "$4" 2>"$WORK/send.$3" <<-PYTHON &
	import socket, sys, time
	sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	sender.bind((sys.argv[1], 0))
	while True:
	    sender.sendto(b"x" * 40, ("$BROKER", int(sys.argv[2])))
	    time.sleep(int(sys.argv[3]) / 1000)
	PYTHON
}

traffic() {
	serve srv 8883
	send therm 10.20.0.17 5683 40
	send therm 10.20.0.17 23 100
	send therm 10.20.0.18 5683 30
	send valve 10.30.0.11 7 100
}

# ---- the terminal ----

tmux_() {
	LANG=C.UTF-8 gw tmux -u -S "$WORK/tmux" -f /dev/null "$@"
}

keys() {
	tmux_ send-keys "$@"
}

screen() {
	tmux_ capture-pane -p "$@"
}

# shellcheck disable=SC2317 # wait_for calls it
seen() {
	screen | grep -Eq -- "$1"
}

# shellcheck disable=SC2317 # wait_for calls it
unseen() {
	! seen "$1"
}

# shows NAME REGEX: sooner or later a line of the screen matches.
shows() {
	if wait_for $LONG seen "$2"; then
		ok "$1"
	else
		not_ok "$1" "no line of the screen matches '$2': $(screen | tr '\n' '|')"
	fi
}

# hides NAME REGEX: sooner or later none does.
hides() {
	if wait_for $LONG unseen "$2"; then
		ok "$1"
	else
		not_ok "$1" "a line of the screen matches '$2': $(screen | tr '\n' '|')"
	fi
}

resize() {
	tmux_ resize-window -x "$1" -y "$2"
}

# top VARIABLES ARGUMENTS: in the terminal's shell, until its overview is there.
top() {
	local program=$PICKET

	keys "clear; $1 $program top $2; echo ended \$?" Enter
	wait_for $LONG seen '1 Overview'
}

# ends NAME KEY...: it is over, and the terminal as it was.
ends() {
	local name=$1
	shift
	[ $# = 0 ] || keys "$@"
	shows "$name: it ends well" '^ended 0'
	equal "$name: the other screen is gone, the cursor is back" "0 1" \
		"$(tmux_ display-message -p '#{alternate_on} #{cursor_flag}')"
	keys "clear; stty -g >$WORK/stty.now" Enter
	wait_for $LONG test -s "$WORK/stty.now"
	equal "$name: the terminal's settings are what they were" "$(cat "$WORK/stty.before")" \
		"$(cat "$WORK/stty.now")"
	rm -f "$WORK/stty.now"
}

terminal() {
	tmux_ new-session -d -x 80 -y 24 "bash --norc"
	keys "PS1='$ '; stty -g >$WORK/stty.before" Enter
	wait_for $LONG test -s "$WORK/stty.before"
}

process() {
	pgrep -f "^$PICKET top"
}

# ---- what is tested ----

# refused NAME STATUS WORD ARGUMENTS...: with this status, and one sentence that has this word.
refused() {
	local name=$1 status=$2 word=$3
	shift 3
	picket top "$@" >"$WORK/out" 2>"$WORK/err"
	equal "$name" "$status 0 1 1" \
		"$? $(wc -l <"$WORK/out") $(wc -l <"$WORK/err") $(grep -c -- "$word" "$WORK/err")"
}

refusals() {
	refused "no terminal" 2 "picket devices"
	refused "no JSON" 2 "picket status" --json
	refused "an interval of nothing" 2 "interval" --interval 0
	refused "an interval that is no number" 2 "interval" --interval often
	refused "an order that there is not" 2 "sort" --sort size
	keys "clear; $PICKET top; echo ended \$?" Enter
	shows "nothing is live: it says so" 'nothing is live'
	shows "nothing is live: exit status 1" '^ended 1'
}

# How the live policy's hash begins.
hash() {
	picket status --json | jq -r '.hash[:8]'
}

overview() {
	top "" ""
	shows "the header: policy, hash, mode" "^ picket  first  #$(hash)  enforce, 1 in audit  since 20"
	shows "the header: what is attached" 'Ports +lan0 native  act0 native'
	shows "the header: rates of what passes" '^ Passed +[1-9][0-9.k]*/s +[0-9.]+ [KM]?i?B/s'
	shows "... is dropped" '^ Dropped +[1-9][0-9.k]*/s'
	shows "... is audited" '^ Audited +[1-9][0-9.k]*/s'
	shows "the header: bars" '^ Passed .*total .*[▁▂▃▄▅▆▇█]'
	shows "segments, with rates" '^ sensors +enforce +[1-9]'
	shows "segments in audit mode" '^ actors +audit .* [1-9][0-9.]*( |$)'
	shows "top talkers" '^ therm-17 +sensors +[1-9][0-9.]* '
	shows "top dropped" '^ meter +sensors +[1-9][0-9.]* .*limit-packets'
	shows "reasons" '^ role-connect +[1-9]'
	shows "limits in force" '^ meter +send packets +5/s +10 '
}

views() {
	keys 2
	shows "2: segments" '^ servers +enforce'
	keys 3
	shows "3: talkers, idle devices at the end" '^ idle-1 +sensors +0 '
	shows "... sorted by packets" '^ .*s by passed'
	keys s
	shows "s: by bytes" 's by bytes'
	keys S S
	shows "S: by when it was seen" 's by seen'
	keys s s s s
	keys 4
	shows "4: dropped" '^ therm-17 +sensors .*role-connect'
	hides "... not who was never refused" 'idle-1'
	keys 5
	shows "5: reasons" '^ limit-packets +[1-9]'
	hides "... not those that never were" 'spoofed'
	keys 6
	shows "6: limits" '^ meter +send packets .* [1-9][0-9.k]* +(now|[0-9]+s)$'
	keys Tab
	shows "Tab: round to the overview" '^ TOP TALKERS'
	keys BTab
	hides "Shift-Tab: back" '^ TOP TALKERS'
	keys '?'
	shows "?: help" 'any key goes back'
	keys x
	hides "... until a key" 'any key goes back'
}

filters() {
	keys 3
	keys / e r m
	shows "/: what is typed" 'device: erm_'
	hides "/: counts at once" '^ meter'
	shows "/: those whose names hold it" '^ therm-17'
	keys BSpace BSpace BSpace M E T Enter
	shows "/: in upper case, too" '^ meter'
	hides "/: ... and no others" '^ therm-17'
	keys Escape
	shows "Esc: all again" '^ therm-17'
	keys f a c t Enter
	shows "f: a segment's devices" '^ valve-1'
	hides "f: ... and no others" '^ (meter|therm-17)'
	keys 5
	shows "f: its reasons" '^ role-connect'
	hides "f: ... and no others" 'limit-packets'
	keys Escape 2
	shows "the segments" '^ servers'
	keys g Enter
	shows "Enter on a segment: its devices" 'segment: sensors'
	hides "... alone" '^ valve-1'
	keys Escape
}

pauses() {
	local before

	keys 3 p
	shows "p: it says so" 'PAUSED'
	before=$(screen)
	sleep 3
	equal "p: nothing moves" "$before" "$(screen)"
	keys 4
	shows "p: keys still work" 's by dropped'
	keys p
	hides "p: it goes on" 'PAUSED'
	keys 3
	before=$(screen | sed 1d)
	check "p: things move again" wait_for $LONG differs "$before"
}

# differs LINES: the screen below its first line is another one now.
# shellcheck disable=SC2317 # wait_for calls it
differs() {
	[ "$(screen | sed 1d)" != "$1" ]
}

# open_device NAME
open_device() {
	keys 3 / "$1" Enter g Enter
	wait_for $LONG seen "^ $1 +(active|quarantined)"
}

one_device() {
	open_device meter
	shows "a device: role and segment" '^ Segment +sensors'
	shows "a device: its addresses" '^ Addresses +10\.20\.0\.18$'
	shows "a device: why it was refused last" 'Last refused +limit-packets'
	shows "a device: what it sends" '^ sent +[1-9][0-9.]* '
	shows "a device: its bucket's rate, burst, what is left, what it refused, when" \
		'^ send packets +5/s +10 +[0-9]+ .* [1-9][0-9.k]* +(now|[0-9]+s)$'
	shows "a device: the limits that all have" '^ receive flows +50/s +500 +500 '
	shows "a device: its last drops" \
		"^ [0-9:]{8}Z +limit-packets +[1-9][0-9]* +udp +10\.20\.0\.18:[0-9]+ > $BROKER:5683\$"
	hides "a device: no other's drops" 'role-connect'
	picket quarantine meter >/dev/null
	shows "a device that is cut off" '^ meter +quarantined'
	picket release meter >/dev/null
	shows "... and back" '^ meter +active'
	keys q
	shows "q: back" '3 Talkers'
	keys Escape
	open_device valve-1
	shows "a device known by its MAC: what it learned" '^ Addresses +10\.30\.0\.11 \(learned, used '
	shows "a device in audit mode" '^ Segment +actors, in audit mode'
	keys Escape Escape
	open_device therm-17
	shows "a device: its roles by place" '^ Role +thermometer, maintenance \(by place\)'
	shows "a device: its place and MAC" 'Place +hq/floor-2'
	keys Escape Escape
}

sizes() {
	local size

	resize 120 30
	shows "wider: more columns" '^ TOP TALKERS .*ROLE'
	for size in "40 10" "12 4" "5 2" "3 3"; do
		# shellcheck disable=SC2086 # two words
		resize $size
		keys 1 3 Enter
		sleep 0.3
		keys Escape
	done
	resize 80 24
	shows "80x24 again" '^ TOP TALKERS .*SEEN$'
	check "... by the same process" test "$(process)" = "$1"
}

policies() {
	local pid=$1 before

	keys 3
	policy second 'late-1: {role: thermometer, ip: 10.20.0.19}'
	send therm 10.20.0.19 5683 50
	check "another policy meanwhile: apply" picket apply "$WORK/second.yaml"
	shows "another policy: its name and hash" "^ picket  second  #$(hash)"
	shows "another policy: its new device" '^ late-1 +sensors +[1-9]'
	shows "another policy: rates go on" '^ therm-17 +sensors +[1-9]'
	open_device late-1
	shows "a device of it" '^ Addresses +10\.20\.0\.19$'
	check "... that the next one does not list: apply" picket apply "$WORK/first.yaml"
	shows "a device that is gone" 'does not list it any more'
	keys Escape Escape

	before=$(picket devices --json | jq '.[] | select(.device == "therm-17") | .passed')
	within "before it is unloaded, it has counted" 1 "$before" 100000000
	keys p
	wait_for $LONG seen 'PAUSED'
	check "unload and apply between two looks" gw sh -c "$PICKET unload && $PICKET apply $WORK/second.yaml"
	keys p
	shows "... it is followed" '^ picket  second'
	shows "... with rates" '^ therm-17 +sensors +[1-9][0-9.]* '
	hides "... that are not a whole counter's" '^ therm-17 +sensors +[0-9.]+[kMG]'
	check "unload" picket unload
	shows "nothing is live: it says so, and waits" 'Nothing is live any more'
	shows "... with what was last seen" '^ therm-17 +sensors'
	keys Enter
	keys Escape
	check "... and alive" kill -0 "$pid"
	check "applied again" picket apply "$WORK/first.yaml"
	hides "... it goes on" 'Nothing is live any more'
	shows "... with rates" '^ therm-17 +sensors +[1-9][0-9.]* '
	check "... by the same process" test "$(process)" = "$pid"
}

endings() {
	ends "q" q
	top "" ""
	ends "Ctrl-C" C-c
	top "" ""
	kill -TERM "$(process)"
	ends "SIGTERM"
	top "" ""
	open_device meter
	kill -TERM "$(process)"
	ends "SIGTERM while a device is open"
	keys "TERM=nothing $PICKET top; echo ended \$?" Enter
	shows "a terminal that nothing is known of" "terminal of type 'nothing'"
	shows "... exit status 3" '^ended 3'
}

COLOURS=$'\e\\[([0-9]+;)*(3[0-8]|4[0-8]|9[0-7]|10[0-7])(;[0-9]+)*m'

looks() {
	top "" "--segment actors --sort audit --interval 0.3"
	shows "--segment" 'segment: actors'
	keys 3
	shows "--sort" 's by audit'
	shows "--interval" 'every 0.3s'
	hides "--segment: no others" '^ therm-17'
	check "with colours" grep -Eq "$COLOURS" <(screen -e)
	ends "q" q
	top "NO_COLOR=1" ""
	shows "NO_COLOR: all the same" '^ therm-17 +sensors +[1-9]'
	refuse "NO_COLOR: no colours" grep -E "$COLOURS" <(screen -e)
	ends "q" q
	top "LC_ALL=C" ""
	shows "no UTF-8: bars of ASCII" '^ Passed .*total .*[.:=+*#@-]'
	refuse "no UTF-8: nothing else" grep -P '[^\x00-\x7f]' <(screen)
	ends "q" q
	refused_segment
}

refused_segment() {
	keys "clear; $PICKET top --segment nowhere; echo ended \$?" Enter
	shows "a segment that there is not" "no segment 'nowhere'"
	shows "... exit status 2" '^ended 2'
	keys clear Enter
}

detached() {
	top "" ""
	gw ip link delete act0
	shows "an interface that is gone: the header says so first" '^ Ports +act0 NOT ATTACHED  lan0 native'
	ends "q" q
}

# shellcheck disable=SC2317 # wait_for calls it
gone() {
	! kill -0 "$1"
}

hung_up() {
	local pid

	top "" ""
	pid=$(process)
	tmux_ kill-server
	check "a terminal that is gone ends it" wait_for $LONG gone "$pid"
}

if ! command -v tmux >/dev/null; then
	skip top "tmux makes the terminals"
	finish
fi
topology
terminal
refusals
policy first
check "apply" picket apply "$WORK/first.yaml"
traffic
overview
views
filters
pauses
one_device
sizes "$(process)"
policies "$(process)"
endings
looks
detached
hung_up
finish
