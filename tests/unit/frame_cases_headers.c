// SPDX-License-Identifier: GPL-2.0-only
/* The port, the EtherType, the headers: steps 1 to 3. */
#include "frame_case.h"

#define THERM "eth gw 17 ip 10.20.0.17 10.1.0.10 "
#define THERM6 "eth gw 17 ip fd00:20::17 fd00:1::10 "
#define TRACK6 "eth gw 30 vlan 20 ip fd00:30::30 fd00:1::10 "
#define PASSED "pass - therm sensors"
#define BAD "drop malformed"

static const struct frame_case_step port[] = {
	{ 0, "lan0", "eth gw 17 cut 13", BAD, 0 },
	{ 0, "lan0", THERM "tcp 1000 8883 S", PASSED, 0 },
	{ 0, "lan0", "eth gw 17 vlan 0 ip 10.20.0.17 10.1.0.10 tcp 1000 8883 S", PASSED, 0 },
	{ 0, "lan0", "eth gw 17 svlan 0xe000 ip 10.20.0.17 10.1.0.10 tcp 1000 8883 S", PASSED, 0 },
	{ 0, "lan0", "eth gw 30 vlan 20 ip 10.30.0.30 10.1.0.10 tcp 1 2 S", "pass - track tracked", 0 },
	{ 0, "lan0", "eth gw 30 svlan 0x2014 ip 10.30.0.30 10.1.0.10 tcp 1 2 S", "pass - track tracked", 0 },
	{ 0, "lan0", "eth gw 30 vlan 20 vlan 20 ip 10.30.0.30 10.1.0.10 tcp 1 2 S", "drop unbound", 0 },
	{ 0, "lan0", "eth gw 17 vlan 0 svlan 0 ip 10.20.0.17 10.1.0.10 tcp 1 8883 S", "drop unbound", 0 },
	{ 0, "lan0", "eth gw 17 vlan 21 ip 10.20.0.17 10.1.0.10 tcp 1 8883 S", "drop unbound", 0 },
	{ 0, "eth9", THERM "tcp 1 8883 S", "drop unbound", 0 },
	{ 0, "lan0", "eth gw 17 vlan 20 cut 17", BAD, 0 },
	{ 0, "lan0", "eth gw 00:00:00:00:00:00 ip 10.20.0.17 10.1.0.10 tcp 1 8883 S", BAD, 0 },
	{ 0, "lan0", "eth gw 03:00:00:00:00:17 ip 10.20.0.17 10.1.0.10 tcp 1 8883 S", BAD, 0 },
	/* an unattached port is found out before the MAC */
	{ 0, "eth9", "eth gw 03:00:00:00:00:17 ip 10.20.0.17 10.1.0.10 tcp 1 8883 S", "drop unbound", 0 },
	FRAME_CASE_STEPS_END,
};

static const struct frame_case_step ethertype[] = {
	{ 0, "lan0", "eth 01:80:c2:00:00:0e 17 type 0x88cc data 40", "pass", 0 },
	{ 0, "lan0", "eth bc 99 type 0x9000 data 40", "pass", 0 },
	{ 0, "lan0", "eth bc 17 type 0x888e data 40", "drop ethertype", 0 },
	{ 0, "lan0", "eth bc 17 type 0x0026 data 40", "drop ethertype", 0 },
	{ 0, "lan0", "eth 01:80:c2:00:00:0e 30 vlan 20 type 0x88cc data 40", "drop ethertype", 0 },
	{ 0, "lan0", "eth bc 21 type 0x9000 data 40", "drop expired new", 0 },
	FRAME_CASE_STEPS_END,
};

static const struct frame_case_step ipv4[] = {
	{ 0, "lan0", THERM "tcp 1 8883 S pad 200", PASSED, 0 },
	{ 0, "lan0", THERM "tcp 1 8883 S n8 0 0x55", BAD, 0 },
	{ 0, "lan0", THERM "tcp 1 8883 S n8 0 0x44", BAD, 0 },
	{ 0, "lan0", THERM "tcp 1 8883 S n8 0 0x4f", BAD, 0 },
	{ 0, "lan0", THERM "tcp 1 8883 S n16 2 41", BAD, 0 },
	{ 0, "lan0", THERM "tcp 1 8883 S n16 2 19", BAD, 0 },
	{ 0, "lan0", THERM "tcp 1 8883 S cut 33", BAD, 0 },
	{ 0, "lan0", THERM "opts 01010100 tcp 1 8883 S", PASSED, 0 },
	{ 0, "lan0", THERM "opts 4404000100000000 tcp 1 8883 S", PASSED, 0 },
	{ 0, "lan0", THERM "opts 00830301 tcp 1 8883 S", PASSED, 0 },
	{ 0, "lan0", THERM "opts 44050001 tcp 1 8883 S", BAD, 0 },
	{ 0, "lan0", THERM "opts 44010001 tcp 1 8883 S", BAD, 0 },
	{ 0, "lan0", THERM "opts 01010144 tcp 1 8883 S", BAD, 0 },
	{ 0, "lan0", THERM "opts 8307040a01000100 tcp 1 8883 S", BAD, 0 },
	{ 0, "lan0", THERM "opts 0189070400000000 tcp 1 8883 S", BAD, 0 },
	FRAME_CASE_STEPS_END,
};

static const struct frame_case_step ipv6[] = {
	{ 0, "lan0", THERM6 "tcp 1 8883 S pad 200", PASSED, 0 },
	{ 0, "lan0", THERM6 "tcp 1 8883 S n8 0 0x40", BAD, 0 },
	{ 0, "lan0", THERM6 "tcp 1 8883 S n16 4 21", BAD, 0 },
	{ 0, "lan0", THERM6 "tcp 1 8883 S cut 53", BAD, 0 },
	{ 0, "lan0", THERM6 "ext 0 0 ext 60 1 routing 0 tcp 1 8883 S", PASSED, 0 },
	{ 0, "lan0", THERM6 "routing 1 tcp 1 8883 S", BAD, 0 },
	{ 0, "lan0", THERM6 "ext 60 0 ext 0 0 tcp 1 8883 S", BAD, 0 },
	{ 0, "lan0", THERM6 "ext 60 0 n16 4 7", BAD, 0 },
	{ 0, "lan0", THERM6 "ext 60 0 n8 41 1", BAD, 0 },
	{ 0, "lan0", THERM6 "ext 60 0 ext 60 0 ext 60 0 ext 60 0 ext 60 0 ext 60 0 ext 60 0 ext 60 0 tcp 1 8883 S", PASSED, 0 },
	{ 0, "lan0", THERM6 "ext 60 0 ext 60 0 ext 60 0 ext 60 0 ext 60 0 ext 60 0 ext 60 0 ext 60 0 ext 60 0 tcp 1 8883 S", BAD, 0 },
	{ 0, "lan0", THERM6 "frag 7 0 last tcp 1 8883 S", PASSED, 0 },
	{ 0, "lan0", THERM6 "frag 7 0 last frag 7 0 last tcp 1 8883 S", BAD, 0 },
	/* what ends the chain is the protocol, here of "any" conduits only */
	{ 0, "lan0", TRACK6 "proto 50 data 8", "pass - track tracked", 0 },
	{ 0, "lan0", TRACK6 "proto 135 data 8", "pass - track tracked", 0 },
	FRAME_CASE_STEPS_END,
};

static const struct frame_case_step l4[] = {
	{ 0, "lan0", THERM "tcp 1 8883 S n16 2 39 cut 53", BAD, 0 },
	{ 0, "lan0", THERM "tcp 1 8883 S t8 12 0x40", BAD, 0 },
	{ 0, "lan0", THERM "tcp 1 8883 S t8 12 0x60", BAD, 0 },
	{ 0, "lan0", THERM "tcp 1 8883 S t8 12 0x60 pad 80", BAD, 0 },
	{ 0, "lan0", THERM "tcp 1 8883 SF", BAD, 0 },
	{ 0, "lan0", THERM "tcp 1 8883 SR", BAD, 0 },
	{ 0, "lan0", THERM "tcp 1 8883 P", BAD, 0 },
	{ 0, "lan0", THERM "tcp 1 8883 -", BAD, 0 },
	{ 0, "lan0", THERM "tcp 1 8883 F", PASSED, 0 },
	{ 0, "lan0", THERM "udp 1 5000 data 4", PASSED, 0 },
	{ 0, "lan0", THERM "udp 1 5000 t16 4 7", BAD, 0 },
	{ 0, "lan0", THERM "udp 1 5000 t16 4 9 pad 80", BAD, 0 },
	{ 0, "lan0", THERM "udp 1 5000 data 4 t16 4 8", PASSED, 0 },
	{ 0, "lan0", THERM "proto 17 data 7", BAD, 0 },
	{ 0, "lan0", THERM "sctp 1 2", PASSED, 0 },
	{ 0, "lan0", THERM "proto 132 data 11", BAD, 0 },
	{ 0, "lan0", THERM "echo 5", PASSED, 0 },
	{ 0, "lan0", THERM "proto 1 data 7", BAD, 0 },
	{ 0, "lan0", THERM6 "echo 5", PASSED, 0 },
	{ 0, "lan0", THERM6 "proto 58 data 7", BAD, 0 },
	{ 0, "lan0", THERM "proto 47", PASSED, 0 },
	/* a first fragment's UDP length may exceed it; its other headers are judged */
	{ 0, "lan0", "eth gw 30 vlan 20 ip 10.30.0.30 10.1.0.10 frag 1 0 more udp 1 2 t16 4 2000", "pass - track tracked", 0 },
	{ 0, "lan0", "eth gw 30 vlan 20 ip 10.30.0.30 10.1.0.10 frag 1 0 more udp 1 2 t16 4 7", BAD, 0 },
	{ 0, "lan0", "eth gw 30 vlan 20 ip 10.30.0.30 10.1.0.10 frag 2 0 more proto 6 data 16", BAD, 0 },
	{ 0, "lan0", "eth gw 30 vlan 20 ip 10.30.0.30 10.1.0.10 frag 1 8 last proto 17 data 1", "pass - track tracked", 0 },
	FRAME_CASE_STEPS_END,
};

#define SOLICIT "eth 33:33:ff:00:00:01 17 ip fe80::17 ff02::1:ff00:1 nd 135 fd00:20::1 "

static const struct frame_case_step discovery[] = {
	{ 0, "lan0", SOLICIT "ndopt 1 17", "pass", 0 },
	{ 0, "lan0", SOLICIT "ttl 254", BAD, 0 },
	{ 0, "lan0", SOLICIT "t8 1 1", BAD, 0 },
	{ 0, "lan0", "eth mc 17 ip fe80::17 ff02::1 ttl 255 icmp 135 0 data 15", BAD, 0 },
	{ 0, "lan0", "eth mc 17 ip fe80::17 ff02::1 ttl 255 icmp 137 0 data 31", BAD, 0 },
	{ 0, "lan0", "eth mc 17 ip fe80::17 ff02::1 ttl 255 icmp 134 0 data 7", BAD, 0 },
	{ 0, "lan0", "eth mc 17 ip fe80::17 ff02::2 nd 133 -", "pass", 0 },
	{ 0, "lan0", SOLICIT "hex 0500000000000000", BAD, 0 },
	{ 0, "lan0", SOLICIT "hex 0502000000000000", BAD, 0 },
	{ 0, "lan0", SOLICIT "hex 05", BAD, 0 },
	{ 0, "lan0", SOLICIT "ndopt 9 17 ndopt 9 17 ndopt 9 17 ndopt 9 17 ndopt 9 17 ndopt 9 17 ndopt 9 17 ndopt 9 17", "pass", 0 },
	{ 0, "lan0", SOLICIT "ndopt 9 17 ndopt 9 17 ndopt 9 17 ndopt 9 17 ndopt 9 17 ndopt 9 17 ndopt 9 17 ndopt 9 17 ndopt 9 17", BAD, 0 },
	/* only a whole one */
	{ 0, "lan0", "eth gw 30 vlan 20 ip fe80::30 fd00:1::10 frag 1 0 more icmp 135 0", "drop fragment track tracked", 0 },
	FRAME_CASE_STEPS_END,
};

#define SRC(s) "eth gw 99 ip " s " 10.20.0.17 udp 1 2"
#define DST(d) "eth gw 17 ip 10.20.0.17 " d " udp 1 5000"
#define SRC6(s) "eth gw 99 ip6 " s " fd00:20::17 udp 1 2"
#define DST6(d) "eth gw 17 ip6 fd00:20::17 " d " udp 1 5000"
#define MARTIAN "drop martian"

static const struct frame_case_step martian[] = {
	{ 0, "lan0", SRC("224.0.0.1"), MARTIAN, 0 },
	{ 0, "lan0", SRC("127.0.0.1"), MARTIAN, 0 },
	{ 0, "wan0", SRC("0.1.2.3"), MARTIAN, 0 },
	{ 0, "wan0", SRC("0.0.0.0"), MARTIAN, 0 },
	{ 0, "wan0", SRC("240.0.0.1"), MARTIAN, 0 },
	{ 0, "wan0", SRC("255.255.255.255"), MARTIAN, 0 },
	{ 0, "wan0", SRC("10.1.0.255"), MARTIAN, 0 },
	{ 0, "wan0", SRC6("::"), MARTIAN, 0 },
	{ 0, "wan0", SRC6("::1"), MARTIAN, 0 },
	{ 0, "wan0", SRC6("ff02::1"), MARTIAN, 0 },
	{ 0, "wan0", SRC6("::ffff:10.20.0.17"), MARTIAN, 0 },
	{ 0, "wan0", SRC6("::10.20.0.17"), MARTIAN, 0 },
	{ 0, "lan0", DST("127.0.0.1"), MARTIAN, 0 },
	{ 0, "lan0", DST("0.0.0.0"), MARTIAN, 0 },
	{ 0, "lan0", DST6("::1"), MARTIAN, 0 },
	{ 0, "lan0", DST6("::"), MARTIAN, 0 },
	{ 0, "lan0", DST6("::ffff:10.1.0.10"), MARTIAN, 0 },
	{ 0, "lan0", DST6("::10.1.0.10"), MARTIAN, 0 },
	{ 0, "lan0", "eth bc 17 ip 10.20.0.17 10.1.0.10 udp 1 5000", MARTIAN, 0 },
	{ 0, "lan0", "eth mc 17 ip fd00:20::17 fd00:1::10 udp 1 5000", MARTIAN, 0 },
	{ 0, "lan0", "eth bc 17 ip 10.20.0.17 239.1.1.1 udp 1 7000", PASSED, 0 },
	{ 0, "lan0", "eth bc 24 ip 10.20.0.24 10.20.255.255 udp 1 7000", "pass - anon sensors", 0 },
	{ 0, "lan0", "eth bc 24 ip 10.20.0.24 255.255.255.255 udp 1 7000", "pass - anon sensors", 0 },
	/* malformed comes first */
	{ 0, "lan0", SRC("127.0.0.1") " t16 4 7", BAD, 0 },
	FRAME_CASE_STEPS_END,
};

const struct frame_case frame_cases_headers[] = {
	{ "port and VLAN", frame_case_policy, NULL, port },
	{ "EtherType", frame_case_policy, NULL, ethertype },
	{ "IPv4 header", frame_case_policy, NULL, ipv4 },
	{ "IPv6 header and chain", frame_case_policy, NULL, ipv6 },
	{ "L4 headers", frame_case_policy, NULL, l4 },
	{ "neighbour discovery's headers", frame_case_policy, NULL, discovery },
	{ "martians", frame_case_policy, NULL, martian },
	FRAME_CASES_END,
};
