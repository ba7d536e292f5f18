// SPDX-License-Identifier: GPL-2.0-only
/* Fragments, destinations, hosts' own business, conduits, roles: steps 8 to 10, 12, 13. */
#include "frame_case.h"

#define TRACK "eth gw 30 vlan 20 ip 10.30.0.30 10.1.0.10 "
#define TRACK6 "eth gw 30 vlan 20 ip fd00:30::30 fd00:1::10 "
#define TRACKED "pass - track tracked"
#define LATE "drop fragment track tracked"

static const struct frame_case_step fragments[] = {
	{ 0, "lan0", "eth gw 17 ip 10.20.0.17 10.1.0.10 frag 1 0 more udp 1 5000 data 8", "drop fragment therm sensors", 0 },
	{ 0, "lan0", "eth gw 17 ip 10.20.0.17 10.1.0.10 frag 1 16 last proto 17 data 8", "drop fragment therm sensors", 0 },
	/* tracked: after the first one, from its end on, within 30 s */
	{ 0, "lan0", TRACK "frag 1 16 last proto 17 data 8", LATE, 0 },
	{ 0, "lan0", TRACK "frag 1 0 more udp 1 5000 data 8", TRACKED, 0 },
	{ 0, "lan0", TRACK "frag 1 16 more proto 17 data 8", TRACKED, 0 },
	{ 0, "lan0", TRACK "frag 1 8 last proto 17 data 8", LATE, 0 },
	{ 0, "lan0", TRACK "frag 1 24 last proto 17 data 8", TRACKED, 0 },
	{ 0, "lan0", TRACK "frag 2 24 last proto 17 data 8", LATE, 0 },
	{ 0, "lan0", TRACK "frag 1 24 last proto 6 data 8", LATE, 0 },
	{ 0, "lan0", "eth gw 30 vlan 20 ip 10.30.0.30 10.1.0.11 frag 1 24 last proto 17 data 8", LATE, 0 },
	{ 29.999, "lan0", TRACK "frag 1 24 last proto 17 data 8", TRACKED, 0 },
	{ 30, "lan0", TRACK "frag 1 24 last proto 17 data 8", LATE, 0 },
	/* IPv6: whatever the protocol */
	{ 30, "lan0", TRACK6 "frag 70000 0 more udp 1 5000 data 8", TRACKED, 0 },
	{ 30, "lan0", TRACK6 "frag 70000 16 last proto 99 data 8", TRACKED, 0 },
	{ 30, "lan0", TRACK6 "frag 70000 8 last proto 17 data 8", LATE, 0 },
	{ 30, "lan0", TRACK6 "frag 4464 16 last proto 17 data 8", LATE, 0 },
	{ 30, "lan0", TRACK6 "frag 5 0 last udp 1 5000", TRACKED, 0 },
	/* a first one that rules drop lets none in */
	{ 30, "lan0", "eth gw 30 vlan 20 ip 10.30.0.30 10.20.0.17 frag 9 0 more udp 1 2", "drop segment track tracked", 0 },
	{ 30, "lan0", "eth gw 30 vlan 20 ip 10.30.0.30 10.20.0.17 frag 9 8 last proto 17 data 8", LATE, 0 },
	/* steps 9 and 10 count for later ones too */
	{ 30, "lan0", "eth gw 30 vlan 20 ip 10.30.0.30 10.30.0.77 frag 9 8 last proto 17 data 8", LATE, 0 },
	FRAME_CASE_STEPS_END,
};

static const struct frame_case_step destinations[] = {
	{ 0, "srv0", "eth gw 99 ip 10.1.0.5 10.20.0.1 udp 1 2", "pass - - servers", 0 },
	{ 0, "srv0", "eth mc 99 ip 10.1.0.5 239.1.1.1 udp 1 2", "pass - - servers", 0 },
	{ 0, "srv0", "eth bc 99 ip 10.1.0.5 10.1.0.255 udp 1 2", "pass - - servers", 0 },
	{ 0, "srv0", "eth gw 99 ip 10.1.0.5 10.20.255.255 udp 1 2", "drop segment - servers", 0 },
	{ 0, "srv0", "eth gw 99 ip 10.1.0.5 10.20.0.200 udp 1 2", "drop unknown-device - servers", 0 },
	{ 0, "srv0", "eth gw 99 ip fe80::5 fe80::6 udp 1 2", "pass - - servers", 0 },
	{ 0, "lan0", "eth gw 17 ip 10.20.0.17 8.8.8.8 udp 1 5000", "drop segment therm sensors", 0 },
	{ 0, "lan0", "eth gw 24 ip 10.20.0.24 10.20.255.255 udp 1 2", "pass - anon sensors", 0 },
	FRAME_CASE_STEPS_END,
};

static const char nowhere[] =
	"picket: 1\n"
	"segments:\n"
	"  things: {interfaces: [eth0], subnets: [10.2.0.0/24]}\n"
	"  people: {kind: hosts, interfaces: [eth1], subnets: [10.3.0.0/24, 'fd00:3::/112'], limit: {send: {packets: 10/s}}}\n"
	"gateway: {addresses: [10.3.0.1]}\n"
	"roles:\n"
	"  all: {connect: [{to: any}], accept: [{from: any}]}\n"
	"devices:\n"
	"  thing: {role: all, mac: 02:00:00:00:00:50, ip: 10.2.0.5}\n"
	"conduits:\n"
	"  - {from: [things, people], to: [things, people]}\n";

static const struct frame_case_step no_segment[] = {
	{ 0, "eth0", "eth gw 50 ip 10.2.0.5 10.9.0.1 udp 1 2", "drop segment thing things", 0 },
	/* IPv6 has no broadcast addresses */
	{ 0, "eth1", "eth gw 99 ip fd00:3::ffff fd00:3::1 udp 1 2", "pass - - people", 0 },
	{ 10, "eth1", "eth gw 99 ip 10.3.0.5 10.3.0.1 udp 1 2", "pass - - people", 10 },
	{ 10, "eth1", "eth gw 99 ip 10.3.0.5 10.3.0.1 udp 1 2", "drop limit-packets - people", 0 },
	{ 10, "eth1", "eth gw 99 ip 10.3.0.5 239.0.0.1 udp 1 2", "drop limit-packets - people", 0 },
	{ 10.1, "eth1", "eth gw 99 ip 10.3.0.5 239.0.0.1 udp 1 2", "pass - - people", 0 },
	FRAME_CASE_STEPS_END,
};

static const struct frame_case_step conduits[] = {
	{ 0, "lan0", "eth gw 24 ip 10.20.0.24 10.1.0.10 tcp 1 8883 S", "pass - anon sensors", 0 },
	{ 0, "lan0", "eth gw 24 ip 10.20.0.24 10.1.0.10 tcp 1 8884 S", "drop segment anon sensors", 0 },
	{ 0, "lan0", "eth gw 24 ip 10.20.0.24 10.1.0.10 udp 1 1", "pass - anon sensors", 0 },
	{ 0, "lan0", "eth gw 24 ip 10.20.0.24 10.1.0.10 sctp 1 1", "pass - anon sensors", 0 },
	{ 0, "lan0", "eth gw 24 ip 10.20.0.24 10.1.0.10 echo 1", "pass - anon sensors", 0 },
	{ 0, "lan0", "eth gw 24 ip 10.20.0.24 10.1.0.10 icmp 13 0", "drop segment anon sensors", 0 },
	{ 0, "lan0", "eth gw 24 ip 10.20.0.24 10.1.0.10 proto 47", "pass - anon sensors", 0 },
	{ 0, "lan0", "eth gw 24 ip 10.20.0.24 10.1.0.10 proto 50", "drop segment anon sensors", 0 },
	{ 0, "lan0", "eth gw 24 ip 10.20.0.24 10.1.0.10 proto 58 data 8", "drop segment anon sensors", 0 },
	{ 0, "lan0", "eth gw 24 ip 10.20.0.24 10.30.0.30 tcp 1 22 S", "pass - anon sensors", 0 },
	{ 0, "lan0", "eth gw 24 ip 10.20.0.24 10.30.0.30 tcp 1 23 S", "drop segment anon sensors", 0 },
	/* between devices of one segment too, and not backwards */
	{ 0, "lan0", "eth gw 24 ip 10.20.0.24 10.20.0.23 tcp 1 23 S", "pass - anon sensors", 0 },
	{ 0, "lan0", "eth gw 24 ip 10.20.0.24 10.20.0.23 echo 1", "drop segment anon sensors", 0 },
	{ 0, "lan0", "eth gw 30 vlan 20 ip 10.30.0.30 10.20.0.24 tcp 9 22 S", "drop segment track tracked", 0 },
	{ 0, "wan0", "eth gw 99 ip 8.8.8.8 10.30.0.30 tcp 9 22 S", "drop segment track uplink", 0 },
	{ 0, "lan0", "eth gw 30 vlan 20 ip 10.30.0.30 8.8.8.8 tcp 9 22 S", "pass - track tracked", 0 },
	{ 0, "lan0", "eth gw 30 vlan 20 ip 10.30.0.30 10.1.0.9 icmp 13 0", "pass - track tracked", 0 },
	{ 0, "lan0", "eth gw 30 vlan 20 ip 10.30.0.30 10.1.0.9 proto 58", "pass - track tracked", 0 },
	FRAME_CASE_STEPS_END,
};

#define NOT_CONNECT "drop role-connect therm sensors"
#define CONNECTS "pass - therm sensors"
#define FROM_THERM "eth gw 17 ip 10.20.0.17 "

static const struct frame_case_step connects[] = {
	{ 0, "lan0", FROM_THERM "10.1.0.10 tcp 1 8883 S", CONNECTS, 0 },
	{ 0, "lan0", "eth gw 17 ip fd00:20::17 fd00:1::10 tcp 1 8883 S", CONNECTS, 0 },
	{ 0, "lan0", FROM_THERM "10.1.0.11 tcp 1 8883 S", NOT_CONNECT, 0 },
	{ 0, "lan0", FROM_THERM "10.1.0.10 udp 1 4999", NOT_CONNECT, 0 },
	{ 0, "lan0", FROM_THERM "10.1.0.10 udp 1 5000", CONNECTS, 0 },
	{ 0, "lan0", FROM_THERM "10.1.0.10 udp 1 5010", CONNECTS, 0 },
	{ 0, "lan0", FROM_THERM "10.1.0.10 udp 1 5011", NOT_CONNECT, 0 },
	{ 0, "lan0", FROM_THERM "10.1.0.10 udp 5000 1", NOT_CONNECT, 0 },
	{ 0, "lan0", FROM_THERM "10.1.0.10 sctp 1 0", CONNECTS, 0 },
	{ 0, "lan0", FROM_THERM "10.1.0.10 echo 9", CONNECTS, 0 },
	{ 0, "lan0", FROM_THERM "10.1.0.10 proto 47", CONNECTS, 0 },
	/* inherited */
	{ 0, "lan0", FROM_THERM "10.20.0.1 udp 1 53", CONNECTS, 0 },
	{ 0, "lan0", FROM_THERM "10.1.0.1 udp 1 53", CONNECTS, 0 },
	{ 0, "lan0", FROM_THERM "10.20.0.1 udp 1 54", NOT_CONNECT, 0 },
	{ 0, "lan0", FROM_THERM "10.20.0.1 echo 1", CONNECTS, 0 },
	{ 0, "lan0", FROM_THERM "10.20.0.1 icmp 13 0", NOT_CONNECT, 0 },
	/* groups: by a CIDR, a peer or any */
	{ 0, "lan0", FROM_THERM "239.1.2.3 udp 1 7000", CONNECTS, 0 },
	{ 0, "lan0", FROM_THERM "224.1.2.3 udp 1 7000", NOT_CONNECT, 0 },
	{ 0, "lan0", "eth gw 19 ip 10.20.0.19 239.1.2.3 udp 1 7000", "drop role-connect worker sensors", 0 },
	{ 0, "lan0", "eth gw 24 ip 10.20.0.24 224.1.2.3 udp 1 7000", "pass - anon sensors", 0 },
	/* a CIDR also covers a device, whose own rules are asked too */
	{ 0, "lan0", FROM_THERM "10.20.0.99 tcp 1 80 S", "drop role-accept therm sensors", 0 },
	/* no role: nothing */
	{ 0, "lan0", "eth gw 98 ip 10.20.0.99 10.20.0.1 udp 1 53", "drop role-connect bare sensors", 0 },
	/* a role as the target, on both sides */
	{ 0, "lan0", FROM_THERM "10.20.0.18 udp 1 7000", CONNECTS, 0 },
	{ 0, "lan0", FROM_THERM "10.20.0.18 udp 1 7001", NOT_CONNECT, 0 },
	{ 0, "lan0", "eth gw 18 ip 10.20.0.18 10.20.0.17 tcp 1 22 S", "drop role-accept coll sensors", 0 },
	{ 0, "lan0", "eth gw 18 ip 10.20.0.18 10.20.0.24 tcp 1 22 S", "drop role-connect coll sensors", 0 },
	FRAME_CASE_STEPS_END,
};

#define TO_THERM "eth gw 99 ip 10.1.0.5 10.20.0.17 "

static const struct frame_case_step accepts[] = {
	{ 0, "srv0", TO_THERM "tcp 1 22 S", "pass - therm servers", 0 },
	{ 0, "srv0", TO_THERM "tcp 1 23 S", "drop role-accept therm servers", 0 },
	{ 0, "srv0", TO_THERM "echo 1", "pass - therm servers", 0 },
	{ 0, "srv0", TO_THERM "icmp 13 0", "drop role-accept therm servers", 0 },
	{ 0, "srv0", "eth gw 10 ip 10.1.0.77 10.20.0.17 tcp 1 22 S", "pass - srv-dev servers", 0 },
	{ 0, "srv0", "eth gw 99 ip 10.1.0.5 10.20.0.99 tcp 1 22 S", "drop role-accept bare servers", 0 },
	{ 0, "srv0", "eth gw 99 ip 10.1.0.5 10.20.0.24 proto 99", "pass - anon servers", 0 },
	{ 0, "srv0", "eth gw 99 ip fe80::99 fd00:20::17 tcp 1 22 S", "pass - therm servers", 0 },
	FRAME_CASE_STEPS_END,
};

#define WORKER "eth gw 19 ip 10.20.0.19 10.20.0.17 tcp 1 23 S"

static const struct frame_case_step assignments[] = {
	{ 0, "lan0", WORKER, "drop role-accept worker sensors", 0 },
	{ 0, "lan0", "eth gw 19 ip 10.20.0.19 10.20.0.22 udp 1 2", "drop role-connect worker sensors", 0 },
	{ 59.999, "lan0", WORKER, "drop role-accept worker sensors", 0 },
	{ 60, "lan0", WORKER, "pass - worker sensors", 0 },
	{ 60, "lan0", "eth gw 19 ip 10.20.0.19 10.20.0.22 udp 1 2", "pass - worker sensors", 0 },
	{ 60, "lan0", "eth gw 18 ip 10.20.0.18 10.20.0.17 tcp 1 23 S", "drop role-accept coll sensors", 0 },
	{ 119.999, "lan0", WORKER, "pass - worker sensors", 0 },
	{ 119.999, "lan0", "eth gw 17 ip 10.20.0.17 10.20.0.19 tcp 23 1 A", "pass - therm sensors", 0 },
	/* it ends, and what it had opened with it */
	{ 120, "lan0", WORKER, "drop role-accept worker sensors", 0 },
	{ 120, "lan0", "eth gw 17 ip 10.20.0.17 10.20.0.19 tcp 23 1 A", "drop role-connect therm sensors", 0 },
	FRAME_CASE_STEPS_END,
};

const struct frame_case frame_cases_rules[] = {
	{ "fragments", frame_case_policy, NULL, fragments },
	{ "destinations", frame_case_policy, NULL, destinations },
	{ "no segment, and hosts' limits", nowhere, NULL, no_segment },
	{ "conduits", frame_case_policy, NULL, conduits },
	{ "connect", frame_case_policy, NULL, connects },
	{ "accept", frame_case_policy, NULL, accepts },
	{ "assignments", frame_case_policy, NULL, assignments },
	FRAME_CASES_END,
};
