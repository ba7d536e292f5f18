#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `picket learn` on real captures: the policy has no errors, `replay` drops of the capture what learn said it left
# out and nothing else, and nothing that was not in it passes.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/golden/captures.inc
. tests/golden/captures.inc
needs jq

# equal NAME EXPECTED GOT
equal() {
	if [ "$2" = "$3" ]; then
		good
	else
		echo "expected '$2', got '$3'" >>"$work/log"
		bad "$1"
	fi
}

# learn ARGUMENTS...: a policy that enforces in $work/policy.yaml, what was left out in $work/left
learn() {
	"$picket" --json learn --enforce -o "$work/policy.yaml" "$@" >"$work/learned" 2>"$work/log" &&
		jq -cS .left_out "$work/learned" >"$work/left"
}

# replay ARGUMENTS...: reasons of what the policy drops in $work/dropped
replay() {
	"$picket" --json replay --verify --policy "$work/policy.yaml" "$@" >"$work/json" 2>"$work/log" &&
		tail -n 1 "$work/json" | jq -cS .summary.reasons >"$work/dropped"
}

# What cannot be learned of each: frames that no policy lets pass, the ends of connections that were opened before
# the capture, what devices forward for others, calls to addresses that nobody has. Of others: nothing.
declare -A left_out=(
	[D-LinkCam]='{"no-flow":1,"unknown-device":1}'
	[D-LinkDoorSensor]='{"segment":3}'
	[D-LinkSensor]='{"ethertype":1}'
	[D-LinkWaterSensor]='{"ethertype":1}'
	[EdimaxPlug1101W]='{"ethertype":1,"spoofed":5}'
	[EdimaxPlug2101W]='{"ethertype":1,"spoofed":6}'
	[EdnetGateway]='{"no-flow":1,"segment":1}'
	[HomeMaticPlug]='{"segment":1}'
	[HueBridge]='{"martian":3}'
	[WeMoInsightSwitch]='{"ethertype":1,"spoofed":11}'
	[WeMoLink]='{"no-flow":1,"segment":1,"spoofed":44}'
	[WeMoSwitch]='{"no-flow":1,"segment":1}'
	[WeMoSwitch2]='{"ethertype":1,"spoofed":19}'
	[Withings]='{"martian":1}'
)

# The first IPv4 address that the policy has for a MAC, listed or learned.
address_of() {
	grep -F "mac: \"$1\"" "$work/policy.yaml" | grep -oE '(ip: \[|by its MAC )[0-9.]+' | grep -oE '[0-9.]+$' | head -n 1
}

# No frame of strangers.py passes.
strangers() {
	local name=$1 mac=$2 capture=$3 address

	address=$(address_of "$mac")
	PYTHONDONTWRITEBYTECODE=1 python3 $here/strangers.py "$capture" "$mac" "$address" "$work/strangers.pcap" \
		>"$work/log" 2>&1 || {
		bad "$name: strangers.py $mac $address"
		return
	}
	# the capture before them: addresses are learned, flows open
	replay "lan0=$capture" "lan0=$work/strangers.pcap"
	equal "$name: nobody else passes, and no other service" '"drop"' \
		"$(jq -c 'select(.time >= 2000000000) | .verdict' "$work/json" | sort -u)"
}

while IFS=$'\t' read -r name mac; do
	capture=$data/iot-setup/$name.pcap
	if ! learn "lan0=$capture"; then
		bad "$name: learn ended with an error"
		continue
	fi
	equal "$name: what is left out" "${left_out[$name]:-{\}}" "$(cat "$work/left")"
	if "$picket" check "$work/policy.yaml" >"$work/log" 2>&1; then good; else bad "$name: check"; fi
	if replay "lan0=$capture"; then
		equal "$name: replay drops what was left out" "$(cat "$work/left")" "$(cat "$work/dropped")"
	else
		bad "$name: replay --verify ended with an error"
	fi
	strangers "$name" "$mac" "$capture"
	# the same, as the gateway's own capture
	learn --gateway 10.10.10.1 "lan0=$capture"
	if "$picket" check "$work/policy.yaml" >"$work/log" 2>&1; then good; else bad "$name, as the gateway: check"; fi
	if replay --gateway 28:b2:bd:c3:41:79 --gateway 00:b5:6d:06:08:ba "lan0=$capture"; then
		equal "$name, as the gateway: replay drops what was left out" "$(cat "$work/left")" "$(cat "$work/dropped")"
	else
		bad "$name, as the gateway: replay --verify ended with an error"
	fi
done <$here/devices.tsv

# All devices in one network. Those of a kind share a role.
inputs=()
for capture in "$data"/iot-setup/*.pcap; do
	inputs+=("lan0=$capture")
done
if learn "${inputs[@]}" && replay "${inputs[@]}"; then
	equal "all: replay drops what was left out" "$(cat "$work/left")" "$(cat "$work/dropped")"
	equal "all: devices of a kind share a role" 4 "$(grep -cE '^  [a-z0-9.-]+:  # [2-9] devices' "$work/policy.yaml")"
else
	bad "all: an error"
fi

# What is no network at all, and a file that is cut off: whatever is learned is a policy.
for capture in "$data"/odd/*.pcap; do
	learn "odd0=$capture"
	status=$?
	if [ $status = 0 ] && "$picket" check "$work/policy.yaml" >"$work/log" 2>&1; then
		good
	else
		bad "${capture##*/}: learn ended with $status"
	fi
done

finish
