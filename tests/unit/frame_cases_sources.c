// SPDX-License-Identifier: GPL-2.0-only
/* Who sent it, whether it is still welcome, and which addresses are learned: steps 4 and 5. */
#include "frame_case.h"

#define UDP " udp 1 5000"

static const struct frame_case_step who[] = {
	{ 0, "lan0", "eth gw 17 ip 10.20.0.1 10.1.0.10" UDP, "drop spoofed", 0 },
	{ 0, "lan0", "eth gw 17 ip fe80::1 fd00:1::10" UDP, "drop spoofed", 0 },
	{ 0, "srv0", "eth gw 17 ip 10.20.0.17 10.1.0.10" UDP, "drop spoofed", 0 },
	{ 0, "lan0", "eth gw 30 vlan 20 ip 10.20.0.17 10.1.0.10" UDP, "drop spoofed", 0 },
	{ 0, "lan0", "eth gw 18 ip 10.20.0.17 10.1.0.10" UDP, "drop mac-mismatch - sensors", 0 },
	{ 0, "lan0", "eth gw 17 ip 10.20.0.17 10.1.0.10" UDP, "pass - therm sensors", 0 },
	/* known by its address alone: any MAC, even another device's */
	{ 0, "lan0", "eth gw 98 ip 10.20.0.24 10.1.0.10" UDP, "pass - anon sensors", 0 },
	{ 0, "lan0", "eth gw 17 ip 10.20.0.24 10.1.0.10" UDP, "pass - anon sensors", 0 },
	{ 0, "lan0", "eth gw 99 ip 10.20.1.1 10.1.0.10" UDP, "drop unknown-device - sensors", 0 },
	/* a listed device's other address of a version that it lists */
	{ 0, "lan0", "eth gw 17 ip 10.20.1.1 10.1.0.10" UDP, "drop unknown-device - sensors", 0 },
	{ 0, "lan0", "eth gw 99 ip 10.1.0.5 10.1.0.10" UDP, "drop spoofed", 0 },
	{ 0, "lan0", "eth gw 99 ip 8.8.8.8 10.1.0.10" UDP, "drop spoofed", 0 },
	{ 0, "srv0", "eth gw 99 ip 10.1.0.5 10.1.0.10" UDP, "pass - - servers", 0 },
	{ 0, "srv0", "eth gw 10 ip 10.1.0.5 10.1.0.10" UDP, "drop spoofed", 0 },
	{ 0, "srv0", "eth gw 10 ip 10.1.0.77 10.1.0.10" UDP, "pass - srv-dev servers", 0 },
	{ 0, "wan0", "eth gw 99 ip 10.60.0.1 10.70.0.1" UDP, "pass - - uplink", 0 },
	{ 0, "wan0", "eth gw 99 ip 10.20.0.200 10.70.0.1" UDP, "drop spoofed", 0 },
	FRAME_CASE_STEPS_END,
};

static const struct frame_case_step link_local[] = {
	{ 0, "lan0", "eth gw 20 ip fe80::20 fd00:20::1" UDP, "pass - old sensors", 0 },
	{ 0, "lan0", "eth gw 99 ip fe80::99 fd00:20::1" UDP, "drop unknown-device", 0 },
	{ 0, "srv0", "eth gw 99 ip fe80::99 fd00:20::1" UDP, "pass - - servers", 0 },
	{ 0, "srv0", "eth gw 10 ip fe80::10 fd00:20::1" UDP, "pass - srv-dev servers", 0 },
	{ 0, "lan0", "eth gw 31 vlan 20 ip fe80::31 fd00:20::1" UDP, "pass - router tracked", 0 },
	{ 0, "lan0", "eth gw 20 ip fe80::20 fe80::21" UDP, "pass - old sensors", 0 },
	FRAME_CASE_STEPS_END,
};

static const struct frame_case_step routers[] = {
	/* a router's other addresses are judged as hosts of a hosts segment, else unknown */
	{ 0, "lan0", "eth gw 31 vlan 20 ip 10.30.0.31 10.1.0.10" UDP, "pass - router tracked", 0 },
	{ 0, "lan0", "eth gw 31 vlan 20 ip 10.30.0.99 10.1.0.10" UDP, "drop unknown-device - tracked", 0 },
	{ 0, "lan0", "eth gw 31 vlan 20 ip fd00:30::99 fd00:1::10" UDP, "drop unknown-device - tracked", 0 },
	FRAME_CASE_STEPS_END,
};

static const struct frame_case_step welcome[] = {
	{ 0, "lan0", "eth gw 17 ip 10.20.0.17 10.1.0.10" UDP, "drop quarantined therm sensors", 0 },
	{ 0, "lan0", "eth bc 17 arp 1 17 10.20.0.17 10.20.0.1", "drop quarantined therm sensors", 0 },
	{ 0, "lan0", "eth bc 17 arp 1 17 0.0.0.0 10.20.0.17", "drop quarantined therm", 0 },
	{ 0, "srv0", "eth gw 99 ip 10.1.0.5 10.20.0.17 tcp 1 22 S", "drop quarantined therm servers", 0 },
	{ 0, "lan0", "eth gw 21 ip 10.20.0.21 10.1.0.10" UDP, "drop expired new sensors", 0 },
	{ 0, "srv0", "eth gw 99 ip 10.1.0.5 10.20.0.21 tcp 1 22 S", "drop expired new servers", 0 },
	{ 59.999999, "lan0", "eth gw 20 ip 10.20.0.20 10.1.0.10" UDP, "pass - old sensors", 0 },
	{ 59.999999, "lan0", "eth gw 21 ip 10.20.0.21 10.1.0.10" UDP, "drop expired new sensors", 0 },
	{ 60, "lan0", "eth gw 20 ip 10.20.0.20 10.1.0.10" UDP, "drop expired old sensors", 0 },
	{ 60, "lan0", "eth gw 21 ip 10.20.0.21 10.1.0.10" UDP, "pass - new sensors", 0 },
	{ 60, "lan0", "eth 01:80:c2:00:00:0e 20 type 0x88cc data 40", "drop expired old", 0 },
	/* the clock never goes back */
	{ 0, "lan0", "eth gw 20 ip 10.20.0.20 10.1.0.10" UDP, "drop expired old sensors", 0 },
	FRAME_CASE_STEPS_END,
};

#define GUEST(s) "eth gw 50 ip " s " 10.1.0.10" UDP
#define GUEST2(s) "eth gw 51 ip " s " 10.1.0.10" UDP
#define TO(d) "eth gw 99 ip 10.1.0.5 " d " udp 1 2"

static const struct frame_case_step learning[] = {
	{ 0, "srv0", TO("10.50.0.7"), "drop unknown-device - servers", 0 },
	{ 0, "off0", GUEST("10.50.0.7"), "pass - guest office", 0 },
	{ 0, "srv0", TO("10.50.0.7"), "pass - guest servers", 0 },
	{ 1, "off0", GUEST2("10.50.0.7"), "drop spoofed", 0 },
	{ 599.5, "off0", GUEST2("10.50.0.7"), "drop spoofed", 0 },
	{ 600, "off0", GUEST2("10.50.0.7"), "pass - guest2 office", 0 },
	{ 601, "off0", GUEST("10.50.0.7"), "drop spoofed", 0 },
	{ 601, "srv0", "eth gw 99 ip 10.1.0.6 10.50.0.7 udp 1 2", "pass - guest2 servers", 0 },
	{ 4199.5, "srv0", "eth gw 99 ip 10.1.0.6 10.50.0.7 udp 1 3", "pass - guest2 servers", 0 },
	/* being sent to is no use */
	{ 4200, "srv0", "eth gw 99 ip 10.1.0.6 10.50.0.7 udp 1 4", "drop unknown-device - servers", 0 },
	/* other segments' addresses, other versions, other MACs */
	{ 4200, "off0", GUEST("10.20.0.17"), "drop spoofed", 0 },
	{ 4200, "off0", GUEST("10.20.0.77"), "drop spoofed", 0 },
	{ 4200, "off0", "eth gw 50 ip fd00:50::7 fd00:1::10" UDP, "pass - guest office", 0 },
	{ 4200, "srv0", "eth gw 99 ip fd00:1::5 fd00:50::7 udp 1 2", "pass - guest servers", 0 },
	{ 4200, "off0", "eth gw 99 ip 10.50.0.9 10.1.0.10" UDP, "drop unknown-device - office", 0 },
	/* a frame that was dropped teaches nothing */
	{ 4200, "off0", "eth gw 50 ip 10.50.0.8 10.20.0.17 udp 1 2", "drop segment guest office", 0 },
	{ 4200, "srv0", TO("10.50.0.8"), "drop unknown-device - servers", 0 },
	/* so do ARP and targets of discovery */
	{ 4300, "off0", "eth bc 50 arp 1 50 10.50.0.8 10.50.0.1", "pass - guest office", 0 },
	{ 4300, "srv0", TO("10.50.0.8"), "pass - guest servers", 0 },
	{ 4300, "off0", "eth mc 50 ip fe80::50 ff02::1 nd 136 fd00:50::9 ndopt 2 50", "pass - guest office", 0 },
	{ 4300, "srv0", "eth gw 99 ip fd00:1::5 fd00:50::9 udp 1 2", "pass - guest servers", 0 },
	FRAME_CASE_STEPS_END,
};

/* 16 addresses a device: the one learned first goes, however lately used */
static const struct frame_case_step sixteen[] = {
	{ 0.00, "off0", GUEST("10.50.0.100"), "pass - guest office", 0 },
	{ 0.01, "off0", GUEST("10.50.0.101"), "pass - guest office", 0 },
	{ 0.02, "off0", GUEST("10.50.0.102"), "pass - guest office", 0 },
	{ 0.03, "off0", GUEST("10.50.0.103"), "pass - guest office", 0 },
	{ 0.04, "off0", GUEST("10.50.0.104"), "pass - guest office", 0 },
	{ 0.05, "off0", GUEST("10.50.0.105"), "pass - guest office", 0 },
	{ 0.06, "off0", GUEST("10.50.0.106"), "pass - guest office", 0 },
	{ 0.07, "off0", GUEST("10.50.0.107"), "pass - guest office", 0 },
	{ 0.08, "off0", GUEST("10.50.0.108"), "pass - guest office", 0 },
	{ 0.09, "off0", GUEST("10.50.0.109"), "pass - guest office", 0 },
	{ 0.10, "off0", GUEST("10.50.0.110"), "pass - guest office", 0 },
	{ 0.11, "off0", GUEST("10.50.0.111"), "pass - guest office", 0 },
	{ 0.12, "off0", GUEST("10.50.0.112"), "pass - guest office", 0 },
	{ 0.13, "off0", GUEST("10.50.0.113"), "pass - guest office", 0 },
	{ 0.14, "off0", GUEST("10.50.0.114"), "pass - guest office", 0 },
	{ 0.15, "off0", GUEST("10.50.0.115"), "pass - guest office", 0 },
	{ 0.16, "off0", GUEST("10.50.0.100"), "pass - guest office", 0 },
	{ 0.17, "srv0", TO("10.50.0.100"), "pass - guest servers", 0 },
	{ 0.18, "off0", GUEST("10.50.0.116"), "pass - guest office", 0 },
	{ 0.19, "srv0", TO("10.50.0.100"), "drop unknown-device - servers", 0 },
	{ 0.19, "srv0", TO("10.50.0.101"), "pass - guest servers", 0 },
	{ 0.19, "srv0", TO("10.50.0.116"), "pass - guest servers", 0 },
	FRAME_CASE_STEPS_END,
};

static const char default_route[] =
	"picket: 1\n"
	"segments:\n"
	"  everywhere: {interfaces: [eth0], subnets: [0.0.0.0/0, 'fd00::/16']}\n"
	"  servers: {kind: hosts, interfaces: [srv0], subnets: [10.1.0.0/24, 'fd01::/64']}\n"
	"roles:\n"
	"  all: {connect: [{to: any}], accept: [{from: any}]}\n"
	"devices:\n"
	"  roamer: {role: all, mac: 02:00:00:00:00:50, segment: everywhere}\n"
	"conduits:\n"
	"  - {from: [everywhere, servers], to: [everywhere, servers]}\n";

/* an address that only a /0 holds is not learned */
static const struct frame_case_step unlearnt[] = {
	{ 0, "eth0", "eth gw 50 ip 10.9.9.9 10.1.0.10" UDP, "pass - roamer everywhere", 0 },
	{ 0, "srv0", TO("10.9.9.9"), "drop unknown-device - servers", 0 },
	{ 0, "eth0", "eth gw 50 ip fd00::9 fd01::10" UDP, "pass - roamer everywhere", 0 },
	{ 0, "srv0", "eth gw 99 ip fd01::5 fd00::9 udp 1 2", "pass - roamer servers", 0 },
	FRAME_CASE_STEPS_END,
};

static const char shared[] =
	"picket: 1\n"
	"segments:\n"
	"  things: {interfaces: [eth0], subnets: [10.2.0.0/24], dhcp: true}\n"
	"  people: {kind: hosts, interfaces: [eth0, eth1], subnets: [10.3.0.0/24, 10.2.0.128/25]}\n"
	"roles:\n"
	"  all: {connect: [{to: any}], accept: [{from: any}]}\n"
	"devices:\n"
	"  thing: {role: all, mac: 02:00:00:00:00:50, ip: 10.2.0.5}\n"
	"  mover: {role: all, mac: 02:00:00:00:00:51, segment: things}\n"
	"  relay: {role: all, mac: 02:00:00:00:00:52, ip: 10.2.0.6, router: true}\n"
	"conduits:\n"
	"  - {from: [things, people], to: [things, people]}\n";

/* two segments on one port */
static const struct frame_case_step sharing[] = {
	{ 0, "eth0", "eth gw 50 ip 10.2.0.5 10.3.0.9" UDP, "pass - thing things", 0 },
	{ 0, "eth1", "eth gw 50 ip 10.2.0.5 10.3.0.9" UDP, "drop spoofed", 0 },
	{ 0, "eth0", "eth gw 99 ip 10.3.0.5 10.3.0.9" UDP, "pass - - people", 0 },
	{ 0, "eth0", "eth gw 99 ip 10.2.0.77 10.3.0.9" UDP, "drop unknown-device - things", 0 },
	/* the longest match decides which of them */
	{ 0, "eth0", "eth gw 99 ip 10.2.0.200 10.3.0.9" UDP, "pass - - people", 0 },
	{ 0, "eth0", "eth gw 51 ip 10.2.0.99 10.3.0.9" UDP, "pass - mover things", 0 },
	{ 0, "eth0", "eth gw 51 ip 10.2.0.200 10.3.0.9" UDP, "drop spoofed", 0 },
	{ 0, "eth0", "eth gw 50 ip 10.3.0.7 10.3.0.9" UDP, "drop spoofed", 0 },
	{ 0, "eth0", "eth gw 52 ip 10.3.0.7 10.3.0.9" UDP, "pass - - people", 0 },
	{ 0, "eth0", "eth gw 99 ip fe80::99 ff02::fb" UDP, "pass - - people", 0 },
	FRAME_CASE_STEPS_END,
};

const struct frame_case frame_cases_sources[] = {
	{ "who sent it", frame_case_policy, NULL, who },
	{ "link-local sources", frame_case_policy, NULL, link_local },
	{ "routers", frame_case_policy, NULL, routers },
	{ "still welcome", frame_case_policy, "therm", welcome },
	{ "learned addresses", frame_case_policy, NULL, learning },
	{ "sixteen learned addresses", frame_case_policy, NULL, sixteen },
	{ "a default route's addresses", default_route, NULL, unlearnt },
	{ "segments that share a port", shared, NULL, sharing },
	FRAME_CASES_END,
};
