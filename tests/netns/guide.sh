#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What guide, README and picket(8) tell their readers to do, done on a gateway, one after the other.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
private "$0" "$@"

# The capture that the guide speaks of: one frame from a camera.
capture() {
	python3 - "$1" <<-'PYTHON'
	import struct, sys
	frame = bytes.fromhex("0200000000fe 02005e300001 0800 4500001c00000000 4011 0000 0a1e000b 0a1e0001 c0000035 0008 0000")
	with open(sys.argv[1], "wb") as file:
	    file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
	    file.write(struct.pack("<IIII", 1700000000, 0, len(frame), len(frame)) + frame)
	PYTHON
}

# run STATUS NAME LINE
run_line() {
	local line=${3//\/etc\/picket/$WORK/etc} output status limit=60

	[[ $line != *--follow* ]] || limit=2
	output=$(cd "$WORK/etc" && gw env PATH="$BUILD:$PATH" timeout -s INT $limit sh -c "$line" 2>&1 </dev/null)
	status=$?
	# interrupted, which ends a stream well
	[[ $status != 124 || $line != *--follow* ]] || status=0
	if [ "$status" = "$1" ]; then
		ok "$2: ${3:0:90}"
	else
		not_ok "$2: $3" "exit status $status: ${output:0:600}"
	fi
}

# step LINE WHAT ARGUMENT
step() {
	local name="$document:$1" what=$2 argument=$3

	case $what in
	policy) cat >"$WORK/etc/policy.yaml" <<<"$argument" ;;
	interface) ;;
	run\ *) run_line "${what#run }" "$name" "$argument" ;;
	nft) check "$name: nft takes it" gw nft -c -f - <<<"$argument" ;;
	dnsmasq)
		cat >"$WORK/etc/dnsmasq.conf" <<<"$argument"
		check "$name: dnsmasq takes it" gw dnsmasq --test -C "$WORK/etc/dnsmasq.conf"
		;;
	*) not_ok "$name" "what is '$what'?" ;;
	esac
}

# follow DOCUMENT [POLICY'S DOCUMENT]
follow() {
	local document=$1 before=$passed line what argument
	local -a record

	netns gw far
	rm -rf "${WORK:?}/etc" && mkdir "$WORK/etc"
	capture "$WORK/etc/cameras.pcap"
	python3 "$ROOT/tests/install/documents.py" "$@" >"$WORK/steps" ||
		give_up "$document can be read"
	mapfile -d '' record <"$WORK/steps"
	set -- "${record[@]}"
	for ((; $# >= 3; )); do
		[ "$2" != interface ] || gw ip link show "$3" >/dev/null 2>&1 || cable gw "$3" far "far-$3"
		shift 3
	done
	# what the guide takes for granted
	start_daemon --listen none
	set -- "${record[@]}"
	for ((; $# >= 3; )); do
		line=$1 what=$2 argument=$3
		step "$line" "$what" "$argument"
		shift 3
	done
	[ "$passed" -gt $((before + 4)) ] || not_ok "$document has commands"
	end_daemon
	picket unload >/dev/null
	remove_netns gw far
}

follow tools/guide.md
follow README.md
follow tools/man/picket.8 tools/man/picket.yaml.5
finish
