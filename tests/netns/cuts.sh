#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What a policy would cut off, said before it is made live: the SSH connection of who does it, and
# live flows of devices. The connections are real; who holds them is played.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
private "$0" "$@"

ADMIN4=10.1.0.10 ADMIN6=fd01::10
GW4=10.1.0.1 GW6=fd01::1

topology() {
	netns gw dev srv off
	cable gw lan0 dev eth0 02:00:00:00:20:17
	cable gw srv0 srv eth0 02:00:00:00:10:10
	cable gw off0 off eth0
	forwarding gw
	gw ip address add 10.20.0.1/24 dev lan0
	gw ip address add fd20::1/64 dev lan0 nodad
	gw ip address add $GW4/24 dev srv0
	gw ip address add $GW6/64 dev srv0 nodad
	gw ip address add 10.9.0.1/24 dev off0
	in_ns dev ip address add 10.20.0.17/24 dev eth0
	in_ns dev ip address add fd20::17/64 dev eth0 nodad
	in_ns dev ip route add default via 10.20.0.1
	in_ns dev ip route add default via fd20::1
	in_ns srv ip address add $ADMIN4/24 dev eth0
	in_ns srv ip address add $ADMIN6/64 dev eth0 nodad
	in_ns srv ip route add default via $GW4
	in_ns srv ip route add default via $GW6
	in_ns off ip address add 10.9.0.9/24 dev eth0
	serve srv 8883 443
	serve gw 22
}

# policy FILE SUBNETS CONNECT [TOP]: whom the port srv0 knows, and what therm-17 may
policy() {
	cat >"$WORK/$1" <<-POLICY
	picket: 1
	${4-}
	segments:
	  sensors: {interfaces: [lan0], subnets: [10.20.0.0/24, "fd20::/64"]}
	  servers: {kind: hosts, interfaces: [srv0], subnets: [$2]}
	  others: {kind: hosts, interfaces: [lan0], subnets: [10.21.0.0/24]}
	roles:
	  thermometer: {connect: [$3], accept: [{from: servers, ports: [tcp/443]}]}
	devices:
	  therm-17: {role: thermometer, mac: "02:00:00:00:20:17", ip: [10.20.0.17, "fd20::17"]}
	conduits: [{from: sensors, to: servers}, {from: servers, to: sensors}]
	POLICY
}

# hold NS ADDRESS PORT SOURCE SOURCE_PORT: a connection that stays; its input is fd $holder
hold() {
	local ns=$1 name=$WORK/hold.$5
	shift

	mkfifo "$name"
	in_ns "$ns" python3 "$HERE/sockets.py" held "$1" "$2" --source "$3" --source-port "$4" <"$name" >"$name.out" 2>&1 &
	exec {holder}>"$name"
	wait_for 5 grep -q connected "$name.out" || not_ok "a connection from $3 to $1 port $2" "$(cat "$name.out")"
}

# talks PORT FD: the connection that was opened from this port
talks() {
	local before

	before=$(wc -l <"$WORK/hold.$1.out")
	echo >&"$2"
	wait_for 3 sh -c "[ \$(wc -l <'$WORK/hold.$1.out') -gt $before ]"
	[ "$(tail -n 1 "$WORK/hold.$1.out")" = echo ]
}

live() {
	picket status --json | jq -r .policy
}

# ---- who works by SSH, and how that is known ----

in_environment() {
	gw env SSH_CONNECTION="$SSH" "$PICKET" "$@"
}

# As under sudo: a process above has it, this one has nothing.
in_parent() {
	# shellcheck disable=SC2016 # the shell inside expands it
	gw env SSH_CONNECTION="$SSH" bash -c 'env -i PICKET_PINS="$PICKET_PINS" bash -c "\"\$0\" \"\$@\"; exit \$?" "$0" "$@"; exit $?' \
		"$PICKET" "$@"
}

# Under sshd itself: nobody has it in the environment, and the socket is sshd's.
under_sshd() {
	gw env -i PICKET_PINS="$PICKET_PINS" python3 - "$SSH" "$PICKET" "$@" <<-'PYTHON'
	import socket, subprocess, sys, threading
	open("/proc/self/comm", "w").write("sshd")
	server = socket.create_server(("10.1.0.1", 2222))
	client = subprocess.Popen(["nsenter", "--net=/run/netns/srv", "python3", "-c", """
import socket, sys
s = socket.create_connection(("10.1.0.1", 2222))
sys.stdin.read()
"""], stdin=subprocess.PIPE)
	connection, _ = server.accept()
	status = subprocess.run(sys.argv[2:]).returncode
	client.stdin.close()
	client.wait()
	sys.exit(status)
	PYTHON
}

# Below tmux: its server has no ssh above it, its client does.
under_tmux() {
	local client status

	cp "$(command -v bash)" "$WORK/tmux: client"
	cp "$(command -v bash)" "$WORK/tmux: server"
	gw env SSH_CONNECTION="$SSH" "$WORK/tmux: client" -c 'sleep 30; true' &
	client=$!
	wait_for 5 pgrep -x "tmux: client"
	# shellcheck disable=SC2016 # the shell inside expands it
	gw env -i PICKET_PINS="$PICKET_PINS" "$WORK/tmux: server" -c '"$0" "$@"; exit $?' "$PICKET" "$@"
	status=$?
	kill "$client"
	pkill -x -P "$client" sleep
	wait "$client" 2>/dev/null
	return $status
}

# on_terminal ANSWER COMMAND...
on_terminal() {
	python3 - "$@" <<-'PYTHON'
	import os, pty, select, sys
	pid, fd = pty.fork()
	if not pid:
	    os.execvp(sys.argv[2], sys.argv[2:])
	text, told = b"", False
	while True:
	    try:
	        text += os.read(fd, 4096)
	    except OSError:
	        break
	    if b"[y/N]" in text and not told:
	        told = True
	        os.write(fd, sys.argv[1].encode() + b"\n")
	sys.stdout.write(text.decode())
	sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
	PYTHON
}

# stopped NAME REASON HOW...: an apply of cut.yaml is refused for it, and changes nothing.
stopped() {
	local name=$1 reason=$2 status
	shift 2

	"$@" apply "$WORK/cut.yaml" >"$WORK/out" 2>"$WORK/err" </dev/null
	status=$?
	equal "$name: refused" 1 $status
	if grep -q "the SSH connection that you work by, .* tcp/[0-9]*, would be cut: $reason; .*--confirm-within.*--force" "$WORK/err"; then
		ok "$name: and why, and what to do"
	else
		not_ok "$name: and why, and what to do" "$(head -c 600 "$WORK/err")"
	fi
	equal "$name: nothing is changed" open "$(live)"
}

# goes NAME POLICY HOW...: no reason to stop.
goes() {
	local name=$1 file=$2
	shift 2

	if "$@" apply "$WORK/$file" >"$WORK/out" 2>"$WORK/err" </dev/null; then
		ok "$name"
	else
		not_ok "$name" "$(head -c 600 "$WORK/err")"
	fi
	picket apply "$WORK/open.yaml" >/dev/null 2>&1
}

test_session() {
	local how

	hold srv $GW4 22 $ADMIN4 50222
	admin=$holder
	SSH="$ADMIN4 50222 $GW4 22"
	for how in in_environment in_parent under_sshd under_tmux; do
		stopped "IPv4, $how" spoofed $how
		goes "IPv4, $how, not cut" other.yaml $how
	done
	SSH="$ADMIN6 50223 $GW6 22"
	hold srv $GW6 22 $ADMIN6 50223
	for how in in_environment in_parent; do
		stopped "IPv6, $how" spoofed $how
		goes "IPv6, $how, not cut" other.yaml $how
	done
	goes "in audit mode nothing is cut" audit.yaml in_environment
	SSH="$ADMIN4 50999 $GW4 22"
	goes "a connection that is no more stops nothing" cut.yaml in_environment
	SSH=nonsense
	goes "nor does nonsense" cut.yaml in_environment
	hold off 10.9.0.1 22 10.9.0.9 50224
	SSH="10.9.0.9 50224 10.9.0.1 22"
	goes "nor one that comes by no port" cut.yaml in_environment
}

# A device has the way that its role gives it.
test_device() {
	hold dev 10.20.0.1 22 10.20.0.17 50225
	SSH="10.20.0.17 50225 10.20.0.1 22"
	goes "a device that may connect" other.yaml in_environment
	stopped "a device that may not" role-connect in_environment
	hold dev fd20::1 22 fd20::17 50226
	SSH="fd20::17 50226 fd20::1 22"
	stopped "a device that may not, IPv6" role-connect in_parent
}

test_ways() {
	local status before

	SSH="$ADMIN4 50222 $GW4 22"
	before=$(picket history --json | jq -r '.[0].time')
	in_environment apply --json "$WORK/cut.yaml" >"$WORK/out" 2>/dev/null </dev/null
	equal "refused, in JSON" "false ssh $ADMIN4 $GW4 tcp/22 spoofed" "$(jq -r \
		'"\(.applied) \(.cuts[] | select(.kind == "ssh") | "\(.kind) \(.from) \(.to) \(.service) \(.reason)")"' "$WORK/out")"
	equal "... it is in the history" "apply would cut the session" \
		"$(picket history --json | jq -r '.[0] | "\(.action) \(.result)"')"
	refuse "... as a new entry" [ "$before" = "$(picket history --json | jq -r '.[0].time')" ]

	on_terminal "" nsenter --net=/run/netns/gw env SSH_CONNECTION="$SSH" "$PICKET" apply "$WORK/cut.yaml" >"$WORK/out"
	status=$?
	equal "on a terminal it asks, and Enter means no" "1 open" "$status $(live)"
	check "... in so many words" grep -q "would be cut: spoofed" "$WORK/out"
	on_terminal n nsenter --net=/run/netns/gw env SSH_CONNECTION="$SSH" "$PICKET" apply "$WORK/cut.yaml" >"$WORK/out"
	equal "n too" "1 open" "$? $(live)"
	on_terminal y nsenter --net=/run/netns/gw env SSH_CONNECTION="$SSH" "$PICKET" apply "$WORK/cut.yaml" >"$WORK/out"
	equal "y means yes" "0 cut" "$? $(live)"
	refuse "and the connection is cut" talks 50222 "$admin"
	check "back" picket apply "$WORK/open.yaml"
	check "and the connection goes on" wait_for 10 talks 50222 "$admin"

	in_environment apply --force "$WORK/cut.yaml" >/dev/null 2>"$WORK/err" </dev/null
	equal "--force asks nobody" "0 cut" "$? $(live)"
	check "... and warns" grep -q "warning: .*would be cut: spoofed" "$WORK/err"
	picket apply "$WORK/open.yaml" >/dev/null 2>&1
	in_environment apply --confirm-within 1s "$WORK/cut.yaml" >/dev/null 2>"$WORK/err" </dev/null
	equal "--confirm-within goes on" 0 $?
	check "... and warns" grep -q "warning: .*would be cut: spoofed" "$WORK/err"
	wait_for 5 sh -c "[ \"\$(nsenter --net=/run/netns/gw $PICKET status --json | jq -r .policy)\" = open ]"
	check "... since it comes back by itself" talks 50222 "$admin"

	in_environment plan "$WORK/cut.yaml" >"$WORK/out" 2>&1
	check "plan says so" grep -qE "^ *- the SSH connection .*$ADMIN4 → $GW4 tcp/22, would be cut: spoofed" "$WORK/out"
	in_environment plan "$WORK/other.yaml" >"$WORK/out" 2>&1
	refuse "plan says nothing where nothing is cut" grep -q "SSH" "$WORK/out"
}

test_rollback() {
	picket apply "$WORK/cut.yaml" >/dev/null 2>&1
	picket apply "$WORK/open.yaml" >/dev/null 2>&1
	in_environment rollback >/dev/null 2>"$WORK/err" </dev/null
	equal "rollback to one that cuts is refused" "1 open" "$? $(live)"
	check "... and why" grep -q "would be cut: spoofed" "$WORK/err"
	in_environment rollback --force >/dev/null 2>&1 </dev/null
	equal "unless it is forced" "0 cut" "$? $(live)"
	picket apply "$WORK/open.yaml" >/dev/null 2>&1
	picket apply --confirm-within 1m "$WORK/other.yaml" >/dev/null 2>&1
	in_environment rollback >/dev/null 2>&1 </dev/null
	equal "one that waits is always taken back" "0 open" "$? $(live)"
}

# ---- live flows ----

# cuts POLICY: as "FROM TO SERVICE REASON FLOWS", a line each
cuts() {
	picket plan --json "$WORK/$1" | jq -r '.cuts[] | select(.kind == "flow") |
		"\(.from) \(.to) \(.service) \(.reason) \(.flows)"' | sort
}

test_flows() {
	local broker6

	picket unload >/dev/null
	picket apply "$WORK/open.yaml" >/dev/null 2>&1
	hold dev $ADMIN4 8883 10.20.0.17 40001
	hold dev $ADMIN4 8883 10.20.0.17 40002
	hold dev $ADMIN6 8883 fd20::17 40003
	broker6=$holder
	hold dev $ADMIN4 443 10.20.0.17 40004
	in_ns dev python3 "$HERE/sockets.py" udp $ADMIN4 443
	pings dev 10.20.0.1 >/dev/null
	equal "no flow is lost by the policy that is live" "" "$(cuts open.yaml)"
	equal "each that is lost is named" "therm-17 $ADMIN4 tcp/8883 role-connect 2
therm-17 $ADMIN6 tcp/8883 role-connect 1" "$(cuts fewer.yaml)"
	equal "UDP and echoes too" "therm-17 10.1.0.10 tcp/443 role-connect 1
therm-17 10.1.0.10 tcp/8883 role-connect 2
therm-17 10.1.0.10 udp/443 role-connect 1
therm-17 fd01::10 tcp/8883 role-connect 1
therm-17 the gateway icmp role-connect 1" "$(cuts none.yaml)"
	equal "where a destination is nobody's" "therm-17 10.1.0.10 tcp/443 segment 1
therm-17 10.1.0.10 tcp/8883 segment 2
therm-17 10.1.0.10 udp/443 segment 1
therm-17 fd01::10 tcp/8883 segment 1" "$(cuts moved.yaml)"
	equal "a device that is listed no more" "therm-17 10.1.0.10 tcp/443 unknown-device 1" \
		"$(cuts gone.yaml | grep tcp/443)"
	equal "in audit mode none is lost" "" "$(cuts audit.yaml)"
	equal "nor where the policy leaves a port alone" "" "$(cuts left.yaml)"
	picket plan "$WORK/fewer.yaml" >"$WORK/out" 2>&1
	check "in words" grep -q "therm-17 → $ADMIN6 tcp/8883 has a live flow, and the new policy drops it: role-connect" "$WORK/out"
	picket apply --json "$WORK/fewer.yaml" >"$WORK/out" 2>"$WORK/err"
	equal "apply goes on" 0 $?
	check "... and warns" grep -q "warning: the new policy drops 3 live flows, as therm-17 → $ADMIN4 tcp/8883 (role-connect)" "$WORK/err"
	equal "... in JSON" "3 true 2" "$(jq -r '"\(.live_flows.cut) \(.live_flows.all_looked_at) \(.cuts | length)"' "$WORK/out")"
	refuse "what it said comes true" talks 40003 "$broker6"
	equal "and then there is nothing more to lose" "" "$(cuts fewer.yaml)"
}

# What a host opened to a device.
test_accepted() {
	in_ns dev python3 "$HERE/sockets.py" serve 443 >"$WORK/serve.dev" 2>&1 &
	wait_for 5 test -s "$WORK/serve.dev"
	picket apply "$WORK/open.yaml" >/dev/null 2>&1
	hold srv 10.20.0.17 443 $ADMIN4 40006
	equal "what a host opened to a device" "$ADMIN4 therm-17 tcp/443 role-accept 1" "$(cuts closed.yaml | grep "^$ADMIN4")"
}

topology
ALL='10.1.0.0/24, "fd01::/64"'
policy open.yaml "$ALL" "{to: any}"
policy other.yaml "$ALL" "{to: gateway, ports: [tcp/22, icmp]}, {to: servers}"
policy cut.yaml "10.1.9.0/24, \"fd01:9::/64\"" "{to: gateway, ports: [udp/53]}"
policy audit.yaml "10.1.9.0/24, \"fd01:9::/64\"" "{to: gateway, ports: [udp/53]}" "mode: audit"
policy fewer.yaml "$ALL" "{to: gateway}, {to: servers, ports: [tcp/443, udp/443]}"
policy none.yaml "$ALL" "{to: gateway, ports: [udp/53]}"
policy moved.yaml "10.1.9.0/24, \"fd01:9::/64\"" "{to: any}"
sed 's/therm-17/therm-18/; s/20:17/20:18/; s/10.20.0.17/10.20.0.18/; s/fd20::17/fd20::18/' "$WORK/open.yaml" >"$WORK/gone.yaml"
sed 's/, accept: .*]}/}/' "$WORK/open.yaml" >"$WORK/closed.yaml"
printf 'picket: 1\nsegments: {servers: {kind: hosts, interfaces: [srv0], subnets: [10.1.0.0/24]}}\n' >"$WORK/left.yaml"
check "a policy is live" picket apply "$WORK/open.yaml"
test_session
test_device
test_ways
test_rollback
test_flows
test_accepted
finish
