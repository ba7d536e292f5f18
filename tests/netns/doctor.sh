#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# picket doctor: what it finds of a host and of interfaces, and what it says mends it.
set -u
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
private "$0" "$@"

# finding ABOUT TEXT [ARGUMENTS...]: the finding with this text.
finding() {
	local about=$1 text=$2
	shift 2

	picket doctor --json "$@" | jq -r --arg about "$about" --arg text "$text" \
		'[.[] | select(.about == $about and (.says | contains($text)))][0].finding'
}

topology() {
	netns gw dev
	ip link add lan0 netns gw numrxqueues 2 numtxqueues 2 type veth peer name eth0 netns dev
	gw ip link set lan0 up
	in_ns dev ip link set eth0 up
	cat >"$WORK/policy.yaml" <<-POLICY
	picket: 1
	segments:
	  sensors: {interfaces: [lan0, {name: lan0, vlan: 20}], subnets: [10.20.0.0/24]}
	roles: {r: {connect: [{to: gateway}]}}
	devices:
	  therm-17: {role: r, mac: "02:00:00:00:20:17", ip: 10.20.0.17, valid-until: 2090-01-01T00:00:00Z}
	POLICY
	cat >"$WORK/missing.yaml" <<-POLICY
	picket: 1
	segments:
	  sensors: {interfaces: [nolan0], subnets: [10.20.0.0/24]}
	POLICY
}

topology
check "a host that is fit" picket doctor lan0
equal "its kernel" ok "$(finding kernel "Linux ")"
equal "its permissions" ok "$(finding permissions "can be loaded" lan0)"
equal "its file system for pins" ok "$(finding bpffs "BPF file system" lan0)"
if older_than 6.3; then
	equal "native XDP of a veth, of which older kernels say nothing" warning "$(finding lan0 "does not say whether" lan0)"
else
	equal "native XDP of a veth" ok "$(finding lan0 "veth has native XDP" lan0)"
fi
equal "VLANs on a veth" warning "$(finding lan0 "its peer may hide VLAN tags" --policy "$WORK/policy.yaml")"
equal "the memory that a policy takes" ok "$(finding memory "1 devices take about" --policy "$WORK/policy.yaml")"
gw ip link set lan0 down
equal "an interface that is down" warning "$(finding lan0 "it is down" lan0)"
equal "... and what mends it" "ip link set dev lan0 up" "$(picket doctor --json lan0 |
	jq -r '.[] | select(.says == "it is down") | .mend')"
gw ip link set lan0 up
equal "an interface that is not there" bad "$(finding nolan0 "there is no such interface" nolan0)"
picket doctor --policy "$WORK/missing.yaml" >/dev/null
equal "... of a policy, is a no" 1 $?
echo "picket: 2" >"$WORK/bad.yaml"
picket doctor --policy "$WORK/bad.yaml" >/dev/null 2>&1
equal "a policy that is not valid is a no" 1 $?
picket doctor --policy "$WORK/nothing.yaml" >/dev/null 2>&1
equal "one that is not there" 3 $?
picket apply "$WORK/policy.yaml" >/dev/null 2>&1
equal "what picket filters already" ok "$(finding lan0 "picket filters it, in native mode")"
PICKET_PINS=$WORK/bpf/other picket doctor lan0 >/dev/null
equal "somebody else's program is a no" 1 $?
equal "... and said" bad "$(PICKET_PINS=$WORK/bpf/other finding lan0 "another XDP program" lan0)"
picket unload >/dev/null
equal "without permissions" bad "$(gw setpriv --reuid 65534 --clear-groups --bounding-set -all "$PICKET" doctor --json lan0 |
	jq -r '.[] | select(.about == "permissions") | .finding')"
umount "$WORK/bpf"
equal "without a file system for pins" bad "$(PICKET_PINS=$WORK/bpf/none finding bpffs "no BPF file system" lan0)"
check "it reads as text" sh -c "nsenter --net=/run/netns/gw $PICKET doctor lan0 | grep -q '^ABOUT *FINDING *SAYS *MEND'"
equal "it changed nothing" null "$(gw ip -json link show lan0 | jq '.[0].xdp')"
finish
