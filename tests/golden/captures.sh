#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Real captures through `picket replay --verify`: it neither crashes nor differs from the second
# reading, devices pass with the policies made for them, and reach nobody else with strict ones.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/golden/captures.inc
. tests/golden/captures.inc
needs python3

# replay POLICY FILE: verified, printing what it said to $work/json
replay() {
	"$picket" --json replay --verify --policy "$1" "lan0=$2" >"$work/json" 2>"$work/log"
}

while IFS=$'\t' read -r name mac; do
	capture=$data/iot-setup/$name.pcap
	for kind in reaching strict; do
		policy=$here/$name.yaml
		[ $kind = strict ] && policy=$here/$name.strict.yaml
		if ! replay "$policy" "$capture"; then
			bad "$name, $kind: replay --verify ended with an error"
		elif ! PYTHONDONTWRITEBYTECODE=1 python3 "$here/check.py" $kind "$capture" "$mac" \
			"$work/json" >"$work/log" 2>&1; then
			bad "$name, $kind"
		else
			good
		fi
	done
done <"$here/devices.tsv"

# Its second half is overwritten: frames, then a located error.
damaged=$data/odd/bgp_vpn_rt-oobr.pcap
if replay "$here/odd.yaml" "$damaged"; then
	bad "${damaged##*/}: a damaged file is taken as whole"
elif grep -q 'packet 19: its timestamp is out of range' "$work/log" && grep -q '"index":17,' "$work/json"; then
	good
else
	bad "${damaged##*/}: neither frames nor a located error"
fi

for capture in "$data"/odd/*.pcap; do
	[ "$capture" != "$damaged" ] || continue
	if replay "$here/odd.yaml" "$capture" && tail -n 1 "$work/json" | grep -q '^{"summary":{"packets":[1-9]'; then
		good
	else
		bad "${capture##*/}: replay --verify ended with an error"
	fi
done

# All of them at once: merged by time, one clock.
inputs=()
for capture in "$data"/odd/*.pcap "$data"/iot-setup/*.pcap; do
	[ "$capture" = "$damaged" ] || inputs+=("lan0=$capture")
done
if "$picket" --json replay --verify --policy $here/odd.yaml "${inputs[@]}" >"$work/json" 2>"$work/log"; then
	good
else
	bad "all captures merged"
fi

finish
