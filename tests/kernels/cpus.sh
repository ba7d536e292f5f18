#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# cpus.sh N: under a kernel that expects N CPUs, of which fewer are there (KERNEL_CPUS=N run.sh): maps with a value for
# each CPU are as large as it says, and what picket adds up of them is right.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/../netns/lib.sh"
HERE=$ROOT/tests/netns
# shellcheck source=tests/netns/faults.inc
. "$HERE/faults.inc"
WANTED=${1:-64}
private "$0" "$@"

# The last of "0-63", in CPUs.
possible() {
	local range

	range=$(cat /sys/devices/system/cpu/possible)
	echo $((${range##*-} + 1))
}


two_ports
equal "the kernel expects so many CPUs" "$WANTED" "$(possible)"
check "apply" picket apply "$WORK/a.yaml"
equal "it decides" "a a" "$(whose)"
check "another" picket apply "$WORK/b.yaml"
equal "it decides" "b b" "$(whose)"
for cpu in 0 1; do
	injected "frames that CPU $cpu drops are counted, each" sensors role-connect 100 dev eth0 \
		"udp smac=02:00:00:00:20:11 from=10.20.0.11 to=10.20.0.1 sport=7 dport=$((9 + cpu)) count=100"
done
equal "totals of no CPU are lost: drops by device and by segment agree" "$(dropped sensors role-connect)" \
	"$(device dev-0 .dropped)"
equal "a value for each CPU" "$WANTED" "$(bpftool -j map lookup pinned "$(find "$PICKET_PINS" -name stats | head -n 1)" \
	key 0 0 0 0 | jq '.values | length')"
start_daemon --listen none
within "metrics add them up" 200 "$(http /metrics |
	sed -nE 's/^picket_drops_total\{segment="sensors",reason="role-connect"\} //p')" 1000
end_daemon
check "unload" picket unload
equal "nothing is left pinned" "" "$(pins_left)"
finish
