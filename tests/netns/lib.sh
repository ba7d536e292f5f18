# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the tests and the demo with real interfaces share. A script sources it, calls
# `private "$0" "$@"` and then lives in a mount and a process namespace of its own: its
# network namespaces, BPF filesystem and processes are nobody else's, and go when it goes,
# whatever ends it.
#
# The gateway is the network namespace "gw"; picket runs there.

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
BUILD=${BUILD:-build}
case $BUILD in /*) ;; *) BUILD=$ROOT/$BUILD ;; esac
PICKET=$BUILD/picket
GATEWAY_MAC=02:00:00:00:00:fe
export PYTHONDONTWRITEBYTECODE=1 # the tree stays as it was
SLOWER=${SLOWER:-1} # times that this machine is slower than one of today: 50 where another is emulated

passed=0 failed=0 skipped=0

ok() {
	passed=$((passed + 1))
	echo "ok - $1"
}

not_ok() {
	failed=$((failed + 1))
	echo "not ok - $1"
	[ -z "${2-}" ] || echo "#   $2"
}

skip() {
	skipped=$((skipped + 1))
	echo "skip - $1: $2"
}

# check NAME COMMAND...: it must end with 0.
check() {
	local name=$1 output
	shift
	if output=$("$@" 2>&1); then
		ok "$name"
	else
		not_ok "$name" "$* ended with $?: ${output:0:600}"
	fi
}

# refuse NAME COMMAND...: it must not end with 0.
refuse() {
	local name=$1 output
	shift
	if output=$("$@" 2>&1); then
		not_ok "$name" "$* worked: ${output:0:600}"
	else
		ok "$name"
	fi
}

equal() {
	local name=$1 expected=$2 got=$3

	if [ "$expected" = "$got" ]; then
		ok "$name"
	else
		not_ok "$name" "expected '$expected', got '$got'"
	fi
}

# within NAME LOW VALUE HIGH: integers, bounds included.
within() {
	local name=$1

	if [ "$3" -ge "$2" ] && [ "$3" -le "$4" ]; then
		ok "$name ($3)"
	else
		not_ok "$name" "expected $2 to $4, got $3"
	fi
}

finish() {
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ]
	exit
}

# The script cannot go on.
give_up() {
	not_ok "$1" "${2-}"
	finish
}

# private SCRIPT ARGUMENTS...: goes on only inside; "$$" is 1 there.
private() {
	if [ "$(id -u)" != 0 ]; then
		skip "${1##*/}" "network namespaces and BPF take root"
		finish
	fi
	if [ -z "${PICKET_TEST_DIR-}" ]; then
		local dir status

		dir=$(mktemp -d "/tmp/picket-test.XXXXXX") || exit 1
		mkdir -p /run/netns
		trap 'exit 130' INT TERM
		PICKET_TEST_DIR=$dir unshare --mount --pid --fork --kill-child --mount-proc bash "$@" &
		trap 'kill $! 2>/dev/null; wait; rm -rf "$dir"' EXIT
		wait $!
		status=$?
		exit $status
	fi
	WORK=$PICKET_TEST_DIR
	mount -t tmpfs picket-netns /run/netns
	mkdir -p /run/picket /var/lib/picket
	mount -t tmpfs picket-run /run/picket
	mount -t tmpfs picket-lib /var/lib/picket
	mkdir "$WORK/bpf"
	mount -t bpf picket-bpf "$WORK/bpf"
	export PICKET_PINS=$WORK/bpf/picket
	# shellcheck disable=SC2154 # status is set in the trap itself
	trap 'status=$?; umount "$WORK/bpf" 2>/dev/null; exit $status' EXIT
	[ -x "$PICKET" ] || give_up "$PICKET is there" "build it with make"
}

# netns NAME...: empty, loopback up, IPv6 without the noise of new interfaces.
netns() {
	local name

	for name; do
		ip netns add "$name"
		# shellcheck disable=SC2016 # the shell inside expands it
		in_ns "$name" sh -c '
			for v in accept_dad dad_transmits router_solicitations accept_ra; do
				echo 0 >/proc/sys/net/ipv6/conf/default/$v
			done
			echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter
			echo 0 >/proc/sys/net/ipv4/conf/default/rp_filter
			ip link set lo up'
	done
}

remove_netns() {
	local name

	for name; do
		ip netns delete "$name"
	done
}

# `ip netns exec` would mount a /sys of its own, without the BPF filesystem.
in_ns() {
	local name=$1
	shift
	nsenter --net="/run/netns/$name" "$@"
}

gw() {
	in_ns gw "$@"
}

picket() {
	gw "$PICKET" "$@"
}

# start_daemon ARGUMENTS...: `picket run`; $daemon is its process, $WORK/daemon.log what it says.
start_daemon() {
	nsenter --net=/run/netns/gw "$PICKET" run "$@" >>"$WORK/daemon.log" 2>&1 </dev/null &
	daemon=$!
	wait_for 10 sh -c "test -S /run/picket/*.sock && curl -sf --unix-socket /run/picket/*.sock http://picket/healthz"
}

# end_daemon [SIGNAL]
end_daemon() {
	kill "-${1:-TERM}" "$daemon"
	wait "$daemon"
}

# logged TEXT: the daemon said so.
logged() {
	grep -qF -- "$1" "$WORK/daemon.log"
}

# http PATH [CURL'S ARGUMENTS...]: asks the daemon by its Unix socket.
http() {
	local path=$1
	shift
	curl -s --max-time 10 --unix-socket /run/picket/*.sock "$@" "http://picket$path"
}

# What is pinned; the kernel's own *.debug are always there.
pins_left() {
	find "$WORK/bpf" -mindepth 1 ! -name '*.debug'
}

# Ids of the programs, maps and links that picket has pinned, one "KIND ID" a line.
objects() {
	python3 "$HERE/bpf_ids.py" pinned "$PICKET_PINS"
}

# cable NS1 IF1 NS2 IF2 [MAC2 [QUEUES]]: a veth pair, up at both ends. All of the gateway's
# interfaces have one address, which inject.py knows.
cable() {
	local queues=${6:-1}

	ip link add "$2" netns "$1" numrxqueues "$queues" numtxqueues "$queues" \
		type veth peer name "$4" netns "$3" numrxqueues "$queues" numtxqueues "$queues"
	[ "$1" != gw ] || gw ip link set "$2" address $GATEWAY_MAC
	[ -z "${5-}" ] || in_ns "$3" ip link set "$4" address "$5"
	in_ns "$1" ip link set "$2" up
	in_ns "$3" ip link set "$4" up
}

# host NS IF GATEWAY4 GATEWAY6 ADDRESS...: addresses without a network and a way to the gateway.
host() {
	local ns=$1 dev=$2 via4=$3 via6=$4 address
	shift 4

	for address; do
		case $address in
		*:*) in_ns "$ns" ip -6 address add "$address/128" dev "$dev" nodad ;;
		*) in_ns "$ns" ip address add "$address/32" dev "$dev" ;;
		esac
	done
	in_ns "$ns" ip route add "$via4" dev "$dev"
	in_ns "$ns" ip route add default via "$via4"
	in_ns "$ns" ip -6 route add "$via6" dev "$dev"
	in_ns "$ns" ip -6 route add default via "$via6"
}

# route IF ADDRESS...: from the gateway
route() {
	local dev=$1 address
	shift
	for address; do
		case $address in
		*:*) gw ip -6 route replace "$address" dev "$dev" ;;
		*) gw ip route replace "$address" dev "$dev" ;;
		esac
	done
}

forwarding() {
	local name

	for name; do
		in_ns "$name" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward
			echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
	done
}


# older_than VERSION: the kernel that runs
older_than() {
	[ "$(printf '%s\n' "$1" "$(uname -r)" | sort -V | head -n 1)" != "$1" ]
}

# Python with this folder's modules, in a namespace.
sockets() {
	local ns=$1
	shift
	in_ns "$ns" python3 "$HERE/sockets.py" "$@"
}

inject() {
	local ns=$1
	shift
	in_ns "$ns" python3 "$HERE/inject.py" "$@"
}

# serve NS PORT...: TCP and UDP echo on these ports, IPv4 and IPv6, until the script ends.
serve() {
	local ns=$1
	shift
	in_ns "$ns" python3 "$HERE/sockets.py" serve "$@" >"$WORK/serve.$ns" 2>&1 &
	wait_for 5 test -s "$WORK/serve.$ns"
}

# wait_for SECONDS COMMAND...
wait_for() {
	local until=$((SECONDS + $1 * (SLOWER > 1 ? 6 : 1)))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -le "$until" ] || return 1
		sleep 0.05
	done
}

# following PID: until this `picket drops --follow` has the stream open.
following() {
	wait_for 10 sh -c "ls -l /proc/$1/fd | grep -q eventpoll"
	sleep 0.1
}

pings() {
	local ns=$1 address=$2
	shift 2
	in_ns "$ns" ping -q -n -c 1 -W 1 "$@" "$address"
}

# dropped SEGMENT|null REASON: packets so far.
dropped() {
	picket drops --json | jq -s --arg segment "$1" --arg reason "$2" '[.[] | select(.verdict == "drop" and
		(.segment // "null") == $segment and .reason == $reason) | .packets] | add // 0'
}

# device NAME FILTER: of what `picket devices` says of it.
device() {
	picket devices --json | jq --arg name "$1" ".[] | select(.device == \$name) | $2"
}

# dropping NAME SEGMENT REASON COMMAND...: the command must fail, and this reason's counter rise.
dropping() {
	local name=$1 segment=$2 reason=$3 before after output
	shift 3

	before=$(dropped "$segment" "$reason")
	if output=$("$@" 2>&1); then
		not_ok "$name" "$* worked: ${output:0:600}"
		return
	fi
	after=$(dropped "$segment" "$reason")
	if [ "$after" -gt "$before" ]; then
		ok "$name"
	else
		not_ok "$name" "no frame was dropped as $reason in $segment; $(picket drops | tr '\n' ';')"
	fi
}

# injected NAME SEGMENT REASON COUNT NS FRAME...: exactly so many frames more are dropped for it.
injected() {
	local name=$1 segment=$2 reason=$3 count=$4 ns=$5 before
	shift 5

	before=$(dropped "$segment" "$reason")
	inject "$ns" "$@" || {
		not_ok "$name" "inject $* ended with $?"
		return
	}
	sleep 0.05
	equal "$name" "$((before + count))" "$(dropped "$segment" "$reason")"
}
