// SPDX-License-Identifier: GPL-2.0-only
/* Flows, limits, audit, and what the gateway sends: steps 11, 14, 15. */
#include "frame_case.h"

#define THERM "eth gw 17 ip 10.20.0.17 10.1.0.10 "
#define BROKER "eth gw 99 ip 10.1.0.10 10.20.0.17 "
#define UP "pass - therm sensors"
#define DOWN "pass - therm servers"
#define NO_FLOW "drop no-flow therm servers"
#define NOT_ACCEPT "drop role-accept therm servers"

static const struct frame_case_step tcp[] = {
	{ 0, "srv0", BROKER "tcp 8883 1 SA", NO_FLOW, 0 },
	{ 0, "srv0", BROKER "tcp 8883 1 R", NO_FLOW, 0 },
	{ 0, "srv0", BROKER "tcp 8883 1 A", NOT_ACCEPT, 0 },
	{ 0, "lan0", THERM "tcp 1 8883 S", UP, 0 },
	{ 0, "srv0", BROKER "tcp 8883 1 SA", DOWN, 0 },
	{ 0, "srv0", BROKER "tcp 8883 2 SA", NO_FLOW, 0 },
	{ 0, "srv0", BROKER "tcp 8883 1 S", NOT_ACCEPT, 0 },
	{ 0, "lan0", THERM "tcp 1 8883 A", UP, 0 },
	{ 3599.9, "srv0", BROKER "tcp 8883 1 A", DOWN, 0 },
	{ 7199, "srv0", BROKER "tcp 8883 1 AP", DOWN, 0 },
	{ 10799, "srv0", BROKER "tcp 8883 1 A", NOT_ACCEPT, 0 },
	/* a connection older than the filter goes on */
	{ 10799, "lan0", THERM "tcp 1 8883 A", UP, 0 },
	{ 10799, "srv0", BROKER "tcp 8883 1 A", DOWN, 0 },
	/* reset: 10 s more, a SYN starts it anew */
	{ 10800, "srv0", BROKER "tcp 8883 1 R", DOWN, 0 },
	{ 10809, "lan0", THERM "tcp 1 8883 A", UP, 0 },
	{ 10818, "srv0", BROKER "tcp 8883 1 A", DOWN, 0 },
	{ 10828, "srv0", BROKER "tcp 8883 1 A", NOT_ACCEPT, 0 },
	{ 10828, "lan0", THERM "tcp 1 8883 S", UP, 0 },
	{ 10828, "srv0", BROKER "tcp 8883 1 RA", DOWN, 0 },
	{ 10829, "lan0", THERM "tcp 1 8883 S", UP, 0 },
	{ 10929, "srv0", BROKER "tcp 8883 1 SA", DOWN, 0 },
	/* one FIN is not the end, two are */
	{ 11000, "lan0", THERM "tcp 1 8883 FA", UP, 0 },
	{ 11100, "lan0", THERM "tcp 1 8883 FA", UP, 0 },
	{ 11200, "srv0", BROKER "tcp 8883 1 FA", DOWN, 0 },
	{ 11210, "srv0", BROKER "tcp 8883 1 A", NOT_ACCEPT, 0 },
	FRAME_CASE_STEPS_END,
};

static const struct frame_case_step others[] = {
	{ 0, "lan0", THERM "udp 1 5000", UP, 0 },
	{ 0, "srv0", BROKER "udp 5000 1", DOWN, 0 },
	{ 0, "srv0", BROKER "udp 5000 2", NOT_ACCEPT, 0 },
	{ 0, "srv0", BROKER "udp 5001 1", NOT_ACCEPT, 0 },
	{ 0, "srv0", "eth gw 99 ip 10.1.0.11 10.20.0.17 udp 5000 1", NOT_ACCEPT, 0 },
	{ 179.9, "srv0", BROKER "udp 5000 1", DOWN, 0 },
	{ 359.9, "srv0", BROKER "udp 5000 1", NOT_ACCEPT, 0 },
	{ 400, "lan0", THERM "sctp 7 8", UP, 0 },
	{ 400, "srv0", BROKER "sctp 8 7", DOWN, 0 },
	{ 400, "srv0", BROKER "sctp 8 6", NOT_ACCEPT, 0 },
	{ 400, "lan0", THERM "proto 47 data 4", UP, 0 },
	{ 459, "srv0", BROKER "proto 47 data 4", DOWN, 0 },
	{ 519, "srv0", BROKER "proto 47 data 4", NOT_ACCEPT, 0 },
	FRAME_CASE_STEPS_END,
};

static const struct frame_case_step echo[] = {
	{ 0, "srv0", BROKER "reply 7", NO_FLOW, 0 },
	{ 0, "lan0", THERM "echo 7", UP, 0 },
	{ 0, "srv0", BROKER "reply 7", DOWN, 0 },
	{ 0, "srv0", BROKER "reply 8", NO_FLOW, 0 },
	{ 0, "srv0", BROKER "icmp 14 0", NOT_ACCEPT, 0 },
	/* a request is no reply: it opens its own, which ends the other */
	{ 1, "srv0", BROKER "echo 7", DOWN, 0 },
	{ 1, "srv0", BROKER "reply 7", DOWN, 0 },
	{ 1, "lan0", THERM "reply 7", UP, 0 },
	{ 61, "lan0", THERM "reply 7", "drop no-flow therm sensors", 0 },
	FRAME_CASE_STEPS_END,
};

/* a host's way in: a device may be sent what it accepts, and answers */
static const struct frame_case_step inward[] = {
	{ 0, "srv0", BROKER "tcp 9 22 S", DOWN, 0 },
	{ 0, "lan0", THERM "tcp 22 9 SA", UP, 0 },
	{ 0, "lan0", THERM "tcp 22 9 S", "drop segment therm sensors", 0 },
	{ 0, "lan0", THERM "tcp 22 10 A", "drop segment therm sensors", 0 },
	FRAME_CASE_STEPS_END,
};

#define QUOTED "quote 200 { ip 10.20.0.17 10.1.0.10 udp 1 5000 data 4 }"

static const struct frame_case_step errors[] = {
	{ 0, "srv0", BROKER "icmp 3 3 " QUOTED, NO_FLOW, 0 },
	{ 0, "lan0", THERM "udp 1 5000", UP, 0 },
	{ 0, "srv0", BROKER "icmp 3 3 " QUOTED, DOWN, 0 },
	{ 0, "srv0", BROKER "icmp 11 0 " QUOTED, DOWN, 0 },
	{ 0, "srv0", BROKER "icmp 12 0 " QUOTED, DOWN, 0 },
	{ 0, "srv0", BROKER "icmp 4 0 " QUOTED, NOT_ACCEPT, 0 },
	/* a host on the way may report too; a device only when it forwards or was sent to */
	{ 0, "srv0", "eth gw 99 ip 10.1.0.200 10.20.0.17 icmp 3 1 " QUOTED, DOWN, 0 },
	{ 0, "srv0", "eth gw 10 ip 10.1.0.77 10.20.0.17 icmp 3 1 " QUOTED, "drop no-flow srv-dev servers", 0 },
	{ 0, "lan0", "eth gw 31 vlan 20 ip 10.30.0.31 10.20.0.17 icmp 3 1 " QUOTED, "pass - router tracked", 0 },
	{ 0, "lan0", "eth gw 30 vlan 20 ip 10.30.0.30 10.20.0.17 icmp 3 1 " QUOTED, "drop no-flow track tracked", 0 },
	/* sent to who sent the quoted packet */
	{ 0, "srv0", "eth gw 99 ip 10.1.0.10 10.20.0.18 icmp 3 3 " QUOTED, "drop no-flow coll servers", 0 },
	/* in the other direction: about an answer */
	{ 0, "lan0", THERM "icmp 3 3 quote 200 { ip 10.1.0.10 10.20.0.17 udp 5000 1 }", UP, 0 },
	{ 0, "srv0", BROKER "icmp 3 3 quote 28 { ip 10.20.0.17 10.1.0.10 udp 1 5000 }", DOWN, 0 },
	{ 0, "srv0", BROKER "icmp 3 3 quote 27 { ip 10.20.0.17 10.1.0.10 udp 1 5000 }", NO_FLOW, 0 },
	{ 0, "srv0", BROKER "icmp 3 3 quote 200 { ip 10.20.0.17 10.1.0.10 udp 1 5001 }", NO_FLOW, 0 },
	{ 0, "srv0", BROKER "icmp 3 3 quote 200 { ip 10.20.0.17 10.1.0.10 frag 1 8 last proto 17 hex 0001138800080000 }", NO_FLOW, 0 },
	{ 0, "srv0", BROKER "icmp 3 3 quote 200 { ip 10.20.0.17 10.1.0.10 udp 1 5000 n8 0 0x44 }", NO_FLOW, 0 },
	{ 0, "srv0", BROKER "icmp 3 3 quote 200 { ip 10.20.0.17 10.1.0.10 udp 1 5000 n8 0 0x65 }", NO_FLOW, 0 },
	/* errors keep nothing alive */
	{ 179, "srv0", BROKER "icmp 3 3 " QUOTED, DOWN, 0 },
	{ 180, "srv0", BROKER "icmp 3 3 " QUOTED, NO_FLOW, 0 },
	/* IPv6, and echo by its id */
	{ 180, "lan0", "eth gw 17 ip fd00:20::17 fd00:1::10 echo 5", UP, 0 },
	{ 180, "srv0", "eth gw 99 ip fd00:1::10 fd00:20::17 icmp 1 4 quote 200 { ip fd00:20::17 fd00:1::10 echo 5 }", DOWN, 0 },
	{ 180, "srv0", "eth gw 99 ip fd00:1::10 fd00:20::17 icmp 4 0 quote 200 { ip fd00:20::17 fd00:1::10 echo 6 }", NO_FLOW, 0 },
	{ 180, "srv0", "eth gw 99 ip fd00:1::10 fd00:20::17 icmp 2 0 quote 200 { ip fd00:20::17 fd00:1::10 ext 60 0 echo 5 }", NO_FLOW, 0 },
	FRAME_CASE_STEPS_END,
};

/* a flow belongs to the devices at its ends */
static const struct frame_case_step ends[] = {
	{ 0, "off0", "eth gw 50 ip 10.50.0.7 10.1.0.10 udp 1 2", "pass - guest office", 0 },
	{ 0, "srv0", "eth gw 99 ip 10.1.0.10 10.50.0.7 tcp 2 1 SA", "drop no-flow guest servers", 0 },
	{ 500, "off0", "eth gw 50 ip 10.50.0.7 10.1.0.10 tcp 1 2 S", "pass - guest office", 0 },
	{ 1200, "srv0", "eth gw 99 ip 10.1.0.10 10.50.0.7 tcp 2 1 SA", "pass - guest servers", 0 },
	{ 1200, "off0", "eth gw 51 ip 10.50.0.7 10.1.0.10 udp 9 9", "pass - guest2 office", 0 },
	{ 1200, "srv0", "eth gw 99 ip 10.1.0.10 10.50.0.7 tcp 2 1 SA", "drop no-flow guest2 servers", 0 },
	/* another device's flow between the same addresses and ports leaves the first one's alone */
	{ 1800, "off0", "eth gw 51 ip 10.50.0.7 10.1.0.10 tcp 1 2 S", "pass - guest2 office", 0 },
	{ 2401, "off0", "eth gw 50 ip 10.50.0.7 10.1.0.10 udp 1 2", "pass - guest office", 0 },
	{ 2401, "srv0", "eth gw 99 ip 10.1.0.10 10.50.0.7 tcp 2 1 SA", "pass - guest servers", 0 },
	FRAME_CASE_STEPS_END,
};

static const char limited[] =
	"picket: 1\n"
	"gateway: {addresses: [10.2.0.1]}\n"
	"segments:\n"
	"  things:\n"
	"    interfaces: [eth0]\n"
	"    subnets: [10.2.0.0/24]\n"
	"    limit: {send: {packets: 100/s, burst: 30}, receive: {bytes: 1KB/s, burst-bytes: 3000}}\n"
	"  people: {kind: hosts, interfaces: [eth1], subnets: [10.3.0.0/24]}\n"
	"roles:\n"
	"  all: {connect: [{to: any}], accept: [{from: any}]}\n"
	"  slow: {extends: [all], limit: {send: {packets: 10/s, burst: 20}}}\n"
	"  slower: {extends: [slow]}\n"
	"  small: {extends: [all], limit: {send: {bytes: 1KB/s, burst-bytes: 200, packets: 600/m}}}\n"
	"devices:\n"
	"  a: {role: slow, mac: 02:00:00:00:00:0a, ip: 10.2.0.10}\n"
	"  b: {role: slower, mac: 02:00:00:00:00:0b, ip: 10.2.0.11}\n"
	"  c: {roles: [slower, small], mac: 02:00:00:00:00:0c, ip: 10.2.0.12}\n"
	"  d: {role: slow, mac: 02:00:00:00:00:0d, ip: 10.2.0.13, limit: {send: {flows: 1/s, burst-flows: 3}}}\n"
	"  e: {role: all, mac: 02:00:00:00:00:0e, ip: 10.2.0.14}\n"
	"conduits:\n"
	"  - {from: [things, people], to: [things, people]}\n";

static const struct frame_case_step packets[] = {
	{ 0, "eth0", "eth gw 0a ip 10.2.0.10 10.3.0.5 udp 1 2", "pass - a things", 20 },
	{ 0, "eth0", "eth gw 0a ip 10.2.0.10 10.3.0.5 udp 1 2", "drop limit-packets a things", 0 },
	{ 0.1, "eth0", "eth gw 0a ip 10.2.0.10 10.3.0.5 udp 1 2", "pass - a things", 0 },
	{ 0.1, "eth0", "eth gw 0a ip 10.2.0.10 10.3.0.5 udp 1 2", "drop limit-packets a things", 0 },
	/* b's limit is its parent's; 20 of the segment's 30 were taken, and 10 came back */
	{ 0.1, "eth0", "eth gw 0b ip 10.2.0.11 10.3.0.5 udp 1 2", "pass - b things", 10 },
	{ 0.1, "eth0", "eth gw 0e ip 10.2.0.14 10.3.0.5 udp 1 2", "pass - e things", 9 },
	{ 0.1, "eth0", "eth gw 0e ip 10.2.0.14 10.3.0.5 udp 1 2", "drop limit-packets e things", 0 },
	/* what a device's own bucket admitted stays charged, though its segment's refused */
	{ 0.1, "eth0", "eth gw 0b ip 10.2.0.11 10.3.0.5 udp 1 2", "drop limit-packets b things", 10 },
	{ 0.2, "eth0", "eth gw 0b ip 10.2.0.11 10.3.0.5 udp 1 2", "pass - b things", 0 },
	{ 0.2, "eth0", "eth gw 0b ip 10.2.0.11 10.3.0.5 udp 1 2", "drop limit-packets b things", 0 },
	{ 0.2, "eth0", "eth gw 0e ip 10.2.0.14 10.3.0.5 udp 1 2", "pass - e things", 9 },
	{ 0.2, "eth0", "eth gw 0e ip 10.2.0.14 10.3.0.5 udp 1 2", "drop limit-packets e things", 0 },
	FRAME_CASE_STEPS_END,
};

static const struct frame_case_step bytes[] = {
	/* of two roles the lowest rate of each kind; 600/m is 10/s with a lower burst */
	{ 0, "eth0", "eth gw 0c ip 10.2.0.12 10.3.0.5 udp 1 2 data 58", "pass - c things", 2 },
	{ 0, "eth0", "eth gw 0c ip 10.2.0.12 10.3.0.5 udp 1 2 data 58", "drop limit-bytes c things", 0 },
	{ 0.0999, "eth0", "eth gw 0c ip 10.2.0.12 10.3.0.5 udp 1 2 data 58", "drop limit-bytes c things", 0 },
	{ 0.1, "eth0", "eth gw 0c ip 10.2.0.12 10.3.0.5 udp 1 2 data 58", "pass - c things", 0 },
	/* the frame's bytes, padding too */
	{ 1, "eth0", "eth gw 0c ip 10.2.0.12 10.3.0.5 udp 1 2 pad 201", "drop limit-bytes c things", 0 },
	{ 1, "eth0", "eth gw 0c ip 10.2.0.12 10.3.0.5 udp 1 2 pad 200", "pass - c things", 0 },
	/* a segment's receive */
	{ 10, "eth1", "eth gw 99 ip 10.3.0.5 10.2.0.14 udp 1 2 pad 1500", "pass - e people", 2 },
	{ 10, "eth1", "eth gw 99 ip 10.3.0.5 10.2.0.14 udp 1 2", "drop limit-bytes e people", 0 },
	{ 10, "eth1", "eth gw 99 ip 10.3.0.5 10.2.0.10 udp 1 2", "drop limit-bytes a people", 0 },
	FRAME_CASE_STEPS_END,
};

static const struct frame_case_step flows[] = {
	/* its own limits replace its role's; a known flow and a refused one cost none */
	{ 0, "eth0", "eth gw 0d ip 10.2.0.13 10.3.0.5 udp 1 1", "pass - d things", 0 },
	{ 0, "eth0", "eth gw 0d ip 10.2.0.13 10.3.0.5 udp 1 1", "pass - d things", 20 },
	{ 0, "eth0", "eth gw 0d ip 10.2.0.13 10.3.0.5 udp 1 2", "pass - d things", 0 },
	{ 0, "eth0", "eth gw 0d ip 10.2.0.13 10.9.0.5 udp 1 2", "drop segment d things", 0 },
	{ 0, "eth0", "eth gw 0d ip 10.2.0.13 10.3.0.5 tcp 1 3 S", "pass - d things", 0 },
	{ 0, "eth0", "eth gw 0d ip 10.2.0.13 10.3.0.5 tcp 1 3 S", "drop limit-flows d things", 0 },
	{ 0, "eth0", "eth gw 0d ip 10.2.0.13 10.3.0.5 udp 1 3", "drop limit-flows d things", 0 },
	{ 0, "eth0", "eth gw 0d ip 10.2.0.13 10.3.0.5 tcp 1 3 A", "pass - d things", 0 },
	{ 1, "eth0", "eth gw 0d ip 10.2.0.13 10.3.0.5 udp 1 3", "pass - d things", 0 },
	{ 1, "eth0", "eth gw 0d ip 10.2.0.13 10.3.0.5 udp 1 4", "drop limit-flows d things", 0 },
	FRAME_CASE_STEPS_END,
};

/* every device: 50 a second, 500 at once, both ways */
static const struct frame_case_step default_flows[] = {
	{ 0, "off0", "eth gw 50 ip 10.50.0.7 10.1.0.10 tcp 1 2 S", "pass - guest office", 500 },
	{ 0, "off0", "eth gw 50 ip 10.50.0.7 10.1.0.10 tcp 1 2 S", "drop limit-flows guest office", 0 },
	{ 0.02, "off0", "eth gw 50 ip 10.50.0.7 10.1.0.10 tcp 1 2 S", "pass - guest office", 0 },
	{ 0.02, "srv0", "eth gw 99 ip 10.1.0.10 10.50.0.7 tcp 1 2 S", "pass - guest servers", 500 },
	{ 0.02, "srv0", "eth gw 99 ip 10.1.0.10 10.50.0.7 tcp 1 2 S", "drop limit-flows guest servers", 0 },
	FRAME_CASE_STEPS_END,
};

#define GUINEA "eth gw 40 ip 10.40.0.40 "
#define LAB "lab"

static const struct frame_case_step audit[] = {
	{ 0, "lab0", GUINEA "10.1.0.10 tcp 1 8883 S", "pass - guinea lab", 0 },
	{ 0, "lab0", GUINEA "10.1.0.10 tcp 1 80 S", "audit role-connect guinea lab", 0 },
	/* a marked flow: both ways, with the opener's reason */
	{ 0, "srv0", "eth gw 99 ip 10.1.0.10 10.40.0.40 tcp 80 1 SA", "audit role-connect guinea servers", 0 },
	{ 0, "lab0", GUINEA "10.1.0.10 tcp 1 80 A", "audit role-connect guinea lab", 0 },
	{ 0, "srv0", "eth gw 99 ip 10.1.0.10 10.40.0.40 icmp 3 3 quote 99 { ip 10.40.0.40 10.1.0.10 tcp 1 80 A }", "audit role-connect guinea servers", 0 },
	{ 0, "lab0", GUINEA "8.8.8.8 udp 1 53", "audit segment guinea lab", 0 },
	/* what goes to the segment, too */
	{ 0, "srv0", "eth gw 99 ip 10.1.0.10 10.40.0.40 tcp 80 9 SA", "audit no-flow guinea servers", 0 },
	{ 0, "srv0", "eth gw 99 ip 10.1.0.10 10.40.0.40 tcp 9 80 S", "audit role-accept guinea servers", 0 },
	{ 0, "srv0", "eth gw 99 ip 10.1.0.10 10.40.0.77 tcp 9 80 S", "audit unknown-device - servers", 0 },
	{ 0, "srv0", "eth gw 99 ip 10.1.0.10 10.40.0.255 tcp 9 80 S", "drop segment - servers", 0 },
	/* before there is a source segment: the port's first; before a port: the policy's */
	{ 0, "lab0", GUINEA "10.1.0.10 tcp 1 80 -", "audit malformed", 0 },
	{ 0, "lab0", "eth gw 99 ip 10.20.0.17 10.1.0.10 tcp 1 80 S", "audit spoofed", 0 },
	{ 0, "lab0", "eth gw 99 ip 10.40.0.40 10.1.0.10 tcp 1 80 S", "audit mac-mismatch - lab", 0 },
	{ 0, "lab0", "eth gw 99 ip 10.40.0.41 10.1.0.10 tcp 1 80 S", "audit unknown-device - lab", 0 },
	{ 0, "lab0", "eth bc 40 type 0x1234", "audit ethertype", 0 },
	{ 0, "lab0", "eth gw 00:00:00:00:00:00 ip 10.40.0.40 10.1.0.10 tcp 1 80 S", "audit malformed", 0 },
	{ 0, "lab0", "eth bc 40 vlan 5 type 0x1234", "drop unbound", 0 },
	{ 0, "lab0", "eth bc 40 cut 13", "drop malformed", 0 },
	{ 0, "lan0", "eth gw 17 ip 10.20.0.17 10.1.0.10 tcp 1 80 S", "drop segment therm sensors", 0 },
	/* what audit let pass before 12 opened nothing */
	{ 0, "srv0", "eth gw 99 ip 10.1.0.10 10.40.0.40 tcp 80 9 A", "audit role-accept guinea servers", 0 },
	/* control budgets: still asked, and reported */
	{ 0, "lab0", "eth bc 40 arp 1 40 10.40.0.40 10.40.0.1", "pass - guinea lab", 40 },
	{ 0, "lab0", "eth bc 40 arp 1 40 10.40.0.40 10.40.0.1", "audit limit-packets guinea lab", 0 },
	FRAME_CASE_STEPS_END,
};

static const char audit_all[] =
	"picket: 1\n"
	"mode: audit\n"
	"segments:\n"
	"  things: {interfaces: [eth0], subnets: [10.2.0.0/24]}\n"
	"  people: {kind: hosts, interfaces: [eth1], subnets: [10.3.0.0/24]}\n"
	"  strict: {kind: hosts, mode: enforce, interfaces: [eth2], subnets: [10.4.0.0/24]}\n"
	"roles:\n"
	"  all: {connect: [{to: any}], accept: [{from: any}], limit: {send: {packets: 1/s, burst: 2}}}\n"
	"devices:\n"
	"  a: {role: all, mac: 02:00:00:00:00:0a, ip: 10.2.0.10}\n"
	"  m: {role: all, mac: 02:00:00:00:00:0b, segment: things}\n"
	"conduits:\n"
	"  - {from: things, to: people}\n";

static const struct frame_case_step audit_more[] = {
	{ 0, "eth9", "eth gw 0a ip 10.2.0.10 10.3.0.5 udp 1 2", "audit unbound", 0 },
	{ 0, "eth0", "eth gw 0a cut 13", "audit malformed", 0 },
	/* limits: counted, and it goes on; the flow is none that enforcing would have refused */
	{ 0, "eth0", "eth gw 0a ip 10.2.0.10 10.3.0.5 udp 1 2", "pass - a things", 2 },
	{ 0, "eth0", "eth gw 0a ip 10.2.0.10 10.3.0.5 udp 1 3", "audit limit-packets a things", 0 },
	{ 0, "eth1", "eth gw 99 ip 10.3.0.5 10.2.0.10 udp 3 1", "pass - a people", 0 },
	/* a conduit's reason comes first */
	{ 0, "eth0", "eth gw 0a ip 10.2.0.10 10.4.0.5 udp 1 2", "audit segment a things", 0 },
	{ 0, "eth2", "eth gw 99 ip 10.4.0.5 10.2.0.10 udp 2 1", "audit segment a strict", 0 },
	{ 0, "eth2", "eth gw 99 ip 10.4.0.5 10.3.0.5 udp 2 1", "audit segment - strict", 0 },
	{ 0, "eth2", "eth gw 99 ip 10.4.0.5 10.5.0.5 udp 2 1", "drop segment - strict", 0 },
	/* teaches no address */
	{ 0, "eth0", "eth gw 0b ip 10.2.0.20 10.4.0.5 udp 1 2", "audit segment m things", 0 },
	{ 0, "eth1", "eth gw 99 ip 10.3.0.5 10.2.0.20 udp 9 9", "audit unknown-device - people", 0 },
	FRAME_CASE_STEPS_END,
};

#define OUT(d) "eth 17 gw ip 10.20.0.1 " d " "

static const struct frame_case_step outward[] = {
	{ 0, "out:lan0", OUT("10.20.0.17") "udp 40000 161", "pass - therm sensors", 0 },
	{ 0, "lan0", "eth gw 17 ip 10.20.0.17 10.20.0.1 udp 161 40000", "pass - therm sensors", 0 },
	{ 0, "lan0", "eth gw 17 ip 10.20.0.17 10.20.0.1 udp 161 40001", "drop role-connect therm sensors", 0 },
	{ 0, "out:lan0", OUT("10.20.0.17") "udp 40000 162", "drop role-accept therm sensors", 0 },
	{ 0, "out:lan0", OUT("10.20.0.17") "tcp 1 2 SA", "drop no-flow therm sensors", 0 },
	{ 0, "out:lan0", OUT("10.20.0.17") "echo 1", "pass - therm sensors", 0 },
	/* answers to what a device may ask */
	{ 0, "lan0", "eth gw 17 ip 10.20.0.17 10.20.0.1 udp 9 53", "pass - therm sensors", 0 },
	{ 0, "out:lan0", OUT("10.20.0.17") "udp 53 9", "pass - therm sensors", 0 },
	{ 0, "out:lan0", OUT("10.20.0.17") "icmp 3 3 quote 99 { ip 10.20.0.17 10.20.0.1 udp 9 53 }", "pass - therm sensors", 0 },
	/* control traffic, and what goes to no device */
	{ 0, "out:lan0", OUT("10.20.0.17") "udp 67 68", "pass - therm sensors", 0 },
	{ 0, "out:lan0", OUT("10.20.0.17") "frag 1 8 last proto 17 data 8", "pass - therm sensors", 0 },
	{ 0, "out:lan0", "eth 17 gw ip fe80::1 fd00:20::17 nd 135 fd00:20::17", "pass - therm sensors", 0 },
	{ 0, "out:lan0", "eth bc gw arp 1 gw 10.20.0.1 10.20.0.17", "pass", 0 },
	{ 0, "out:lan0", OUT("10.20.0.200") "udp 1 2", "pass", 0 },
	{ 0, "out:lan0", OUT("239.1.1.1") "udp 1 2", "pass", 0 },
	{ 0, "out:srv0", OUT("10.1.0.10") "udp 1 2", "pass", 0 },
	{ 0, "out:lan0", OUT("10.20.0.17") "tcp 1 2 -", "drop malformed therm sensors", 0 },
	{ 0, "out:lan0", OUT("10.20.0.17") "udp 1 161 n8 0 0x44", "pass", 0 },
	{ 0, "out:lan0", OUT("10.20.0.21") "udp 1 2", "drop expired new sensors", 0 },
	{ 0, "out:lab0", OUT("10.40.0.40") "udp 1 162", "audit role-accept guinea lab", 0 },
	FRAME_CASE_STEPS_END,
};

const struct frame_case frame_cases_flows[] = {
	{ "TCP flows", frame_case_policy, NULL, tcp },
	{ "other flows", frame_case_policy, NULL, others },
	{ "echo", frame_case_policy, NULL, echo },
	{ "flows opened from outside", frame_case_policy, NULL, inward },
	{ "ICMP errors", frame_case_policy, NULL, errors },
	{ "the devices at a flow's ends", frame_case_policy, NULL, ends },
	{ "packet limits", limited, NULL, packets },
	{ "byte limits", limited, NULL, bytes },
	{ "flow limits", limited, NULL, flows },
	{ "default flow limits", frame_case_policy, NULL, default_flows },
	{ "audit", frame_case_policy, NULL, audit },
	{ "audit everywhere", audit_all, NULL, audit_more },
	{ "what the gateway sends", frame_case_policy, NULL, outward },
	FRAME_CASES_END,
};
