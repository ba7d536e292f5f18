// SPDX-License-Identifier: GPL-2.0-only
/* Link control, its budgets, ARP: steps 6 and 7. */
#include "frame_case.h"

static const struct frame_case_step routers[] = {
	{ 0, "wan0", "eth mc 99 ip fe80::99 ff02::1 nd 134 -", "pass", 0 },
	{ 0, "wan0", "eth mc 99 ip fd00:9::99 ff02::1 nd 134 -", "drop malformed", 0 },
	{ 0, "lan0", "eth mc 99 ip fe80::99 ff02::1 nd 134 -", "drop rogue-router", 0 },
	{ 0, "lan0", "eth mc 17 ip fe80::17 ff02::1 nd 137 fe80::5", "drop rogue-router", 0 },
	{ 0, "wan0", "eth mc 99 ip fe80::1 ff02::1 nd 134 -", "drop spoofed", 0 },
	{ 0, "lan0", "eth mc 30 vlan 20 ip fe80::30 ff02::1 nd 134 -", "drop rogue-router", 0 },
	{ 0, "lan0", "eth mc 31 vlan 20 ip fe80::31 ff02::1 nd 134 -", "pass", 0 },
	{ 0, "lan0", "eth mc 99 vlan 20 ip fe80::99 ff02::1 nd 134 -", "pass", 0 },
	{ 0, "lan0", "eth gw 17 ip 10.20.0.17 10.20.0.1 icmp 5 0", "drop rogue-router", 0 },
	{ 0, "wan0", "eth gw 99 ip 8.8.8.8 224.0.0.1 icmp 9 0", "pass", 0 },
	/* not on the link: no link control, but an ICMP message like others */
	{ 0, "wan0", "eth gw 99 ip 8.8.8.8 10.1.0.10 icmp 5 0", "drop segment - uplink", 0 },
	{ 0, "lan0", "eth gw 31 vlan 20 ip fe80::31 fd00:1::10 nd 134 -", "pass - router tracked", 0 },
	FRAME_CASE_STEPS_END,
};

static const struct frame_case_step dhcp[] = {
	{ 0, "lan0", "eth bc 99 ip 0.0.0.0 255.255.255.255 udp 68 67", "pass", 0 },
	{ 0, "lan0", "eth bc 99 ip 0.0.0.0 10.20.255.255 udp 68 67", "pass", 0 },
	{ 0, "lan0", "eth gw 99 ip 0.0.0.0 10.20.0.1 udp 68 67", "pass", 0 },
	{ 0, "lan0", "eth bc 99 ip 0.0.0.0 10.1.0.255 udp 68 67", "drop martian", 0 },
	{ 0, "lan0", "eth bc 99 ip 0.0.0.0 255.255.255.255 udp 69 67", "drop martian", 0 },
	{ 0, "lan0", "eth bc 30 vlan 20 ip 0.0.0.0 255.255.255.255 udp 68 67", "drop martian", 0 },
	{ 0, "lan0", "eth bc 99 ip 0.0.0.0 255.255.255.255 frag 1 0 more udp 68 67", "drop martian", 0 },
	{ 0, "lan0", "eth bc 21 ip 0.0.0.0 255.255.255.255 udp 68 67", "drop expired new", 0 },
	{ 0, "lan0", "eth gw 18 ip 10.20.0.18 10.20.0.1 udp 68 67", "pass - coll sensors", 0 },
	{ 0, "lan0", "eth gw 99 ip 10.20.0.18 10.20.0.1 udp 68 67", "drop mac-mismatch - sensors", 0 },
	{ 0, "lan0", "eth gw 18 ip 10.20.0.18 10.1.0.10 udp 68 67", "drop role-connect coll sensors", 0 },
	{ 0, "lan0", "eth mc 99 ip fe80::99 ff02::1:2 udp 546 547", "pass", 0 },
	{ 0, "lan0", "eth mc 99 ip fe80::1 ff02::1:2 udp 546 547", "drop spoofed", 0 },
	{ 0, "lan0", "eth mc 99 ip fe80::99 ff02::1:3 udp 546 547", "drop unknown-device", 0 },
	{ 0, "lan0", "eth mc 30 vlan 20 ip fe80::99 ff02::1:2 udp 546 547", "pass - track tracked", 0 },
	/* answers */
	{ 0, "lan0", "eth bc 22 ip 10.20.0.22 255.255.255.255 udp 67 68", "pass - dhcpd sensors", 0 },
	{ 0, "lan0", "eth bc 23 ip 10.20.0.23 255.255.255.255 udp 67 68", "drop rogue-dhcp dhcpx sensors", 0 },
	{ 0, "lan0", "eth mc 23 ip fe80::23 ff02::1 udp 547 546", "drop rogue-dhcp dhcpx sensors", 0 },
	FRAME_CASE_STEPS_END,
};

#define NS(s, t) "eth mc 17 ip " s " ff02::1:ff00:1 nd 135 " t
#define NA(s, t) "eth mc 17 ip " s " ff02::1 nd 136 " t

static const struct frame_case_step discovery[] = {
	{ 0, "lan0", NS("fe80::17", "fd00:20::1") " ndopt 1 17", "pass", 0 },
	{ 0, "lan0", NS("fe80::17", "fd00:20::1") " ndopt 1 18", "drop nd-spoofed", 0 },
	{ 0, "lan0", NS("fe80::17", "fd00:20::1") " ndopt 1 17 ndopt 1 18", "drop nd-spoofed", 0 },
	{ 0, "lan0", NS("fe80::17", "fd00:20::1") " ndopt 2 18", "pass", 0 },
	{ 0, "lan0", NS("fe80::1", "fd00:20::1"), "drop spoofed", 0 },
	{ 0, "lan0", NS("fd00:20::17", "fd00:20::1"), "pass - therm sensors", 0 },
	{ 0, "lan0", NS("fd00:20::18", "fd00:20::1"), "drop unknown-device - sensors", 0 },
	{ 0, "lan0", NS("fd00:20::17", "fd00:20::1") " ndopt 1 18", "drop nd-spoofed therm sensors", 0 },
	{ 0, "lan0", "eth mc 17 ip fe80::17 ff02::2 nd 133 - ndopt 1 18", "drop nd-spoofed", 0 },
	{ 0, "lan0", "eth mc 99 ip :: ff02::2 nd 133 -", "pass", 0 },
	/* whose address is it */
	{ 0, "lan0", NS("::", "fd00:20::17"), "pass - therm sensors", 0 },
	{ 0, "lan0", NS("::", "fd00:20::1"), "drop spoofed", 0 },
	{ 0, "lan0", NS("::", "fe80::1"), "drop spoofed", 0 },
	{ 0, "lan0", NS("::", "fe80::17"), "pass", 0 },
	{ 0, "lan0", NS("::", "fd00:20::99"), "drop unknown-device - sensors", 0 },
	{ 0, "lan0", NS("::", "::ffff:10.20.0.17"), "drop spoofed", 0 },
	{ 0, "lan0", NA("fe80::17", "fd00:20::17") " ndopt 2 17", "pass - therm sensors", 0 },
	{ 0, "lan0", NA("fe80::17", "fd00:20::17") " ndopt 2 18", "drop nd-spoofed", 0 },
	{ 0, "lan0", NA("fe80::17", "fd00:20::17") " ndopt 1 18", "pass - therm sensors", 0 },
	{ 0, "lan0", NA("fe80::17", "fd00:20::1"), "drop spoofed", 0 },
	{ 0, "lan0", NA("fd00:20::17", "fd00:20::1"), "drop spoofed", 0 },
	{ 0, "lan0", NA("fe80::17", "fe80::17"), "pass", 0 },
	{ 0, "lan0", "eth mc 18 ip fe80::18 ff02::1 nd 136 fd00:20::17", "drop mac-mismatch - sensors", 0 },
	{ 0, "lan0", "eth mc 20 ip fe80::20 ff02::1 nd 136 fd00:30::30", "drop spoofed", 0 },
	/* not on the link */
	{ 0, "lan0", "eth gw 17 ip :: fd00:1::10 nd 135 fd00:20::17", "drop martian", 0 },
	{ 0, "lan0", "eth gw 20 ip fe80::20 fd00:1::10 nd 135 fd00:20::17", "drop segment old sensors", 0 },
	FRAME_CASE_STEPS_END,
};

static const struct frame_case_step groups[] = {
	{ 0, "lan0", "eth mc 99 ip :: ff02::16 ttl 1 icmp 143 0", "pass", 0 },
	{ 0, "lan0", "eth mc 99 ip fe80::99 ff02::16 ttl 1 icmp 131 0", "pass", 0 },
	{ 0, "lan0", "eth mc 99 ip fe80::1 ff02::16 ttl 1 icmp 130 0", "drop spoofed", 0 },
	{ 0, "lan0", "eth mc 99 ip fe80::99 ff02::16 ttl 2 icmp 132 0", "drop unknown-device", 0 },
	{ 0, "lan0", "eth mc 99 ip :: ff02::16 ttl 2 icmp 132 0", "drop martian", 0 },
	{ 0, "lan0", "eth mc 17 ip fd00:20::17 ff02::16 ttl 1 icmp 132 0", "pass - therm sensors", 0 },
	{ 0, "lan0", "eth mc 17 ip fd00:20::18 ff02::16 ttl 1 icmp 132 0", "drop unknown-device - sensors", 0 },
	{ 0, "lan0", "eth bc 17 ip 10.20.0.17 224.0.0.22 proto 2 data 8", "pass - therm sensors", 0 },
	{ 0, "lan0", "eth bc 99 ip 10.20.0.17 224.0.0.22 proto 2 data 8", "drop mac-mismatch - sensors", 0 },
	{ 0, "lan0", "eth bc 99 ip 0.0.0.0 224.0.0.22 proto 2 data 8", "drop martian", 0 },
	{ 0, "lan0", "eth gw 17 ip 10.20.0.17 10.20.0.1 proto 2 data 8", "drop role-connect therm sensors", 0 },
	FRAME_CASE_STEPS_END,
};

static const struct frame_case_step arp[] = {
	{ 0, "lan0", "eth bc 17 arp 1 17 10.20.0.17 10.20.0.1", "pass - therm sensors", 0 },
	{ 0, "lan0", "eth gw 17 arp 2 17 10.20.0.17 10.20.0.1 pad 60", "pass - therm sensors", 0 },
	{ 0, "lan0", "eth bc 17 arp 3 17 10.20.0.17 10.20.0.1", "drop malformed", 0 },
	{ 0, "lan0", "eth bc 17 arp 1 17 10.20.0.17 10.20.0.1 cut 41", "drop malformed", 0 },
	{ 0, "lan0", "eth bc 17 arp 1 17 10.20.0.17 10.20.0.1 n8 1 6", "drop malformed", 0 },
	{ 0, "lan0", "eth bc 17 arp 1 17 10.20.0.17 10.20.0.1 n8 5 16", "drop malformed", 0 },
	{ 0, "lan0", "eth bc 17 arp 1 18 10.20.0.17 10.20.0.1", "drop arp-spoofed", 0 },
	{ 0, "lan0", "eth bc 99 arp 1 99 0.0.0.0 10.20.0.17", "pass", 0 },
	{ 0, "lan0", "eth bc 21 arp 1 21 0.0.0.0 10.20.0.17", "drop expired new", 0 },
	{ 0, "lan0", "eth bc 99 arp 2 99 0.0.0.0 10.20.0.17", "drop martian", 0 },
	{ 0, "lan0", "eth bc 99 arp 1 99 10.20.255.255 10.20.0.17", "drop martian", 0 },
	{ 0, "lan0", "eth bc 99 arp 1 99 127.0.0.1 10.20.0.17", "drop martian", 0 },
	{ 0, "lan0", "eth bc 99 arp 1 99 0.0.0.9 10.20.0.17", "drop martian", 0 },
	{ 0, "lan0", "eth bc 17 arp 2 17 10.20.0.1 10.20.0.18", "drop spoofed", 0 },
	{ 0, "lan0", "eth bc 18 arp 2 18 10.20.0.17 10.20.0.1", "drop mac-mismatch - sensors", 0 },
	{ 0, "lan0", "eth bc 99 arp 1 99 10.20.0.200 10.20.0.1", "drop unknown-device - sensors", 0 },
	{ 0, "lan0", "eth bc 30 vlan 20 arp 1 30 10.30.0.30 10.30.0.1", "pass - track tracked", 0 },
	FRAME_CASE_STEPS_END,
};

static const struct frame_case_step budgets[] = {
	{ 0, "lan0", "eth bc 17 arp 1 17 10.20.0.17 10.20.0.1", "pass - therm sensors", 40 },
	{ 0, "lan0", "eth bc 17 arp 1 17 10.20.0.17 10.20.0.1", "drop limit-packets therm sensors", 0 },
	{ 0, "lan0", "eth bc 17 arp 1 17 0.0.0.0 10.20.0.1", "drop limit-packets", 0 },
	{ 0.0499, "lan0", "eth bc 17 arp 1 17 10.20.0.17 10.20.0.1", "drop limit-packets therm sensors", 0 },
	{ 0.05, "lan0", "eth bc 17 arp 1 17 10.20.0.17 10.20.0.1", "pass - therm sensors", 0 },
	{ 0.05, "lan0", "eth bc 17 arp 1 17 10.20.0.17 10.20.0.1", "drop limit-packets therm sensors", 0 },
	/* by the MAC, whoever's address it carries; the others have a budget of their own */
	{ 0.05, "lan0", "eth bc 17 arp 1 17 10.20.0.24 10.20.0.1", "drop limit-packets anon sensors", 0 },
	{ 0.05, "lan0", "eth bc 18 arp 1 18 10.20.0.18 10.20.0.1", "pass - coll sensors", 40 },
	{ 1, "lan0", "eth bc 99 arp 1 99 10.20.0.24 10.20.0.1", "pass - anon sensors", 200 },
	{ 1, "lan0", "eth bc 98 type 0x9000 data 40", "pass", 200 },
	{ 1, "lan0", "eth bc 97 type 0x9000 data 40", "drop limit-packets", 0 },
	{ 1, "off0", "eth bc 97 arp 1 97 0.0.0.0 10.50.0.1", "pass", 0 },
	/* ordinary frames are none of it, and what failed was not charged */
	{ 1, "lan0", "eth gw 17 ip 10.20.0.17 10.1.0.10 udp 1 5000", "pass - therm sensors", 0 },
	FRAME_CASE_STEPS_END,
};

const struct frame_case frame_cases_link[] = {
	{ "router advertisements and redirects", frame_case_policy, NULL, routers },
	{ "DHCP", frame_case_policy, NULL, dhcp },
	{ "neighbour discovery", frame_case_policy, NULL, discovery },
	{ "MLD and IGMP", frame_case_policy, NULL, groups },
	{ "ARP", frame_case_policy, NULL, arp },
	{ "control budgets", frame_case_policy, NULL, budgets },
	FRAME_CASES_END,
};
