/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A policy's own maps: made by one apply, and replaced whole by the next.
 */
#ifndef PICKET_POLICYMAPS_H
#define PICKET_POLICYMAPS_H

#include "picket/addr.h"

#define PICKET_MAX_SEGMENTS 1024 /* rows 1 to 1023 */
#define PICKET_MAX_PREFIX_DEPTH 16 /* rule prefixes that hold one another */
#define PICKET_MAX_STEPS_LOG2 16 /* a device's schedule has at most 2^16 steps */

/* ---- who and where ---- */

/*
 * hash "ports": port_key -> port_info. vlan 0 is untagged. Array "untagged", by ifindex, has the
 * id of those in its low 16 bits, and enum untagged_flags: what is not in it is asked of the hash.
 */
struct port_key {
	__u32 ifindex;
	__u32 vlan;
};

enum port_flags {
	PORT_DHCP = 1 << 0, /* a segment on it has dhcp: true */
	PORT_ROUTER_ADVERTISEMENTS = 1 << 1, /* a segment on it has router-advertisements: true */
};

enum untagged_flags {
	UNTAGGED_HOSTS = 1 << 16, /* only segments of hosts are on it */
	UNTAGGED_CLOSED = 1 << 17, /* IPv4 sources are listed devices there, or dropped */
};
#define PICKET_UNTAGGED_ID 0xffff
#define PICKET_UNTAGGED_MOST 65536 /* ifindexes that the array has room for */

struct port_info {
	__u32 id; /* from 1; index of the array "portstates" and half of mac_key */
	__u32 first_segment; /* row, in file order */
	__u32 first_hosts; /* row of the first segment of kind hosts, 0: none */
	__u32 flags;
	__u64 segments[PICKET_MAX_SEGMENTS / 64]; /* a bit per row */
};
PICKET_ASSERT_SIZE(struct port_info, 144);

/* array "segments", by row */
enum segment_flags {
	SEGMENT_HOSTS = 1 << 0,
	SEGMENT_TRACK = 1 << 1, /* fragments: track */
	SEGMENT_AUDIT = 1 << 2,
	SEGMENT_LEARNS_IPV4 = 1 << 3, /* a device of it is known by its MAC alone in this version */
	SEGMENT_LEARNS_IPV6 = 1 << 4,
};

struct segment_info {
	__u32 flags;
	__u32 target; /* the segment's name as a target, 0: no rule names it */
	__u32 profile; /* its limits, 0: none */
	__u32 pad;
};
PICKET_ASSERT_SIZE(struct segment_info, 16);

/* array "idents" (mmapable), by device row */
enum ident_flags {
	IDENT_PRESENT = 1 << 0, /* the policy lists it */
	IDENT_MAC = 1 << 1,
	IDENT_IPV4 = 1 << 2, /* lists at least one IPv4 address */
	IDENT_IPV6 = 1 << 3,
	IDENT_ROUTER = 1 << 4,
	IDENT_DHCP_SERVER = 1 << 5,
	IDENT_VALIDITY = 1 << 6, /* valid_from or valid_until is given */
	IDENT_SCHEDULE = 1 << 7, /* steps change what it may do */
};

/* What a device may do; 0 as a set: nothing. */
struct grants {
	__u32 connect; /* set */
	__u32 accept; /* set */
	__u32 roles; /* its roles as a target, 0: no rule names one of them */
	__u32 profile; /* its limits, 0: none */
};

struct ident {
	__u8 mac[6];
	__u16 flags;
	__u32 segment; /* row */
	__u32 name; /* its name as a target, 0: no rule names it */
	struct grants grants; /* until the first step */
	__u32 first_step, nsteps; /* in "steps" */
	__s64 valid_from, valid_until; /* Unix ns */
	__s64 quarantined_until; /* Unix ns; 0: not quarantined; S64_MAX: until released */
};
PICKET_ASSERT_SIZE(struct ident, 64);

/* array "steps": a device's schedule, sorted by from; the last step whose from <= now holds */
struct step {
	__s64 from; /* Unix ns */
	struct grants grants;
};
PICKET_ASSERT_SIZE(struct step, 24);

/* array "profiles", by profile number; row 0 is "no limits" */
enum bucket {
	BUCKET_SEND_FLOWS,
	BUCKET_SEND_PACKETS,
	BUCKET_SEND_BYTES,
	BUCKET_RECEIVE_FLOWS,
	BUCKET_RECEIVE_PACKETS,
	BUCKET_RECEIVE_BYTES,
	BUCKETS
};
#define LANE_BUCKETS (BUCKETS / 2) /* of one direction: flows, packets, bytes */

/* n units cost (n * mult) >> shift, in 1/64 ns; mult 0: no limit */
struct profile {
	__u64 mult[BUCKETS];
	__u64 burst[BUCKETS]; /* 1/64 ns */
	__u8 shift[BUCKETS];
	__u8 pad[26];
};
PICKET_ASSERT_SIZE(struct profile, 128);

/* ---- addresses ---- */

/*
 * Where an IPv4 address is: three levels, one memory access each. Array "roots"[addr >> 16], then
 * "pages"[page * 256 + (addr >> 8 & 255)], then "pages"[page * 256 + (addr & 255)]. An entry is
 * PICKET_ENTRY_PAGE and a page that tells more; or the row of the device that lists the address;
 * or PICKET_ENTRY_PLACE and an index of "places"; or 0: in no segment. Page 0 is never used.
 * Device addresses that are too sparse for pages, and IPv6, are in the hash "addrs",
 * picket_addr -> __u32 row.
 */
#define PICKET_ROOTS 65536
#define PICKET_PAGE 256
#define PICKET_ENTRY_PLACE (1U << 31)
#define PICKET_ENTRY_PAGE (1U << 30)
#define PICKET_ENTRY_NUMBER (PICKET_ENTRY_PAGE - 1)

/*
 * Array "guesses": lists of devices mostly run in the order of their addresses, so that the row of an
 * address is the guess of its block (the address without its last 16 bits) and these 16 bits. Only a
 * guess: it says which cache line to ask for while the flow's is on its way.
 */
#define PICKET_GUESSES 65536
#define PICKET_GUESS_BLOCK(w0, w1, w2, high16)                                      \
	((((w0) * 0x9e3779b1U + (w1) * 0x85ebca77U + (w2) * 0xc2b2ae3dU +           \
	   (high16) * 0x27d4eb2fU) >> 16) % PICKET_GUESSES)

/*
 * Array "macs": who has a MAC on a port. A cuckoo hash table of buckets of four (Dietzfelbinger and Weidling,
 * 2007), which is complete before its policy is live: an entry is in one of the two buckets that the halves of its
 * hash name. There is one for every port of the device's segment.
 */
#define PICKET_MAC_WAYS 4

struct mac_entry {
	__u32 row; /* 0: free */
	__u32 port; /* port_info.id */
	__u8 mac[6];
	__u16 pad;
};

struct mac_bucket {
	struct mac_entry way[PICKET_MAC_WAYS];
};
PICKET_ASSERT_SIZE(struct mac_bucket, 64);

/* mac48: as it lies on the wire, in the low 48 bits. */
static inline __u64 picket_mac_hash(__u64 mac48, __u32 port, __u64 seed)
{
	__u64 h = (mac48 | (__u64)port << 48) ^ seed;

	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93ULL;
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93ULL;
	return h ^ h >> 32;
}

/* The bucket, of n, that half 0 or 1 of a hash names. */
static inline __u32 picket_mac_bucket(__u64 hash, __u32 half, __u32 n)
{
	return (__u32)(half ? hash >> 32 : hash & 0xffffffff) * (__u64)n >> 32;
}

/* hash "ethertypes": ethertype_key -> __u32 1 */
struct ethertype_key {
	__u32 port;
	__u32 ethertype; /* host order */
};

/*
 * hash "interfaces": __u32 ifindex -> __u32 flags: interfaces whose frames were judged when they
 * arrived: those of ports, and VLAN devices and the like on top of them alone.
 */
enum interface_flags {
	INTERFACE_AUDIT = 1 << 0, /* a segment on one of its ports is in audit mode */
};

/* hash "gateway": picket_addr -> __u32 1: every address of this host */

/*
 * LPM trie "prefixes": subnets of segments, rule prefixes, and /32 entries for the broadcast
 * addresses of IPv4 subnets of prefix length 1 to 30. Each value speaks for every shorter
 * prefix that holds it too. ::ffff:0:0/96 is always there, so that ::/0 holds no IPv4 address.
 */
struct prefix_key {
	__u32 len;
	struct picket_addr addr;
};
PICKET_ASSERT_SIZE(struct prefix_key, 20);

enum prefix_flags {
	PREFIX_DEFAULT = 1 << 0, /* the longest subnet of a segment here is a /0 */
	PREFIX_BROADCAST = 1 << 1, /* a listed subnet's broadcast address */
	PREFIX_GATEWAY = 1 << 2, /* in "places" alone: an address of this host */
};

/* Array "places": what there is to say of addresses that are no listed device's. */
struct place_info {
	__u32 segment; /* row of the segment with the longest subnet, 0: none */
	__u32 flags; /* enum prefix_flags */
	__u32 broadcast_segment; /* row of the segment whose (longest) subnet's broadcast it is */
	__u32 port; /* port_info.id, when the segment is attached to this one port, untagged, alone */
};
PICKET_ASSERT_SIZE(struct place_info, 16);

struct prefix_info {
	__u32 segment; /* row of the segment with the longest subnet, 0: none */
	__u32 target; /* the longest rule prefix, 0: none; "parents" leads to the shorter ones */
	__u32 flags;
	__u32 broadcast_segment; /* row of the segment whose (longest) subnet's broadcast it is */
};
PICKET_ASSERT_SIZE(struct prefix_info, 16);

/* ---- rules ---- */

/*
 * Targets are numbered in one space: TARGET ids below, then roles, names, segments and rule
 * prefixes as the compiler meets them. Array "parents", by target: the next shorter rule
 * prefix that holds this one, 0: none (and 0 for what is no prefix).
 */
#define PICKET_TARGET_ANY 1
#define PICKET_TARGET_GATEWAY 2
#define PICKET_TARGET_FIRST 3

/* hash "rules": rule_key -> rule_services. Conduits are sets too: CONDUIT | source row, to row. */
#define PICKET_SET_CONDUIT 0x80000000U

struct rule_key {
	__u32 set;
	__u32 target;
};

struct rule_services {
	__u32 first, n; /* in "services" */
};

/*
 * Array "services": disjoint, sorted intervals of service numbers, merged where they touch.
 * A packet's service number is protocol << 16 | destination port for TCP, UDP and SCTP,
 * PICKET_SERVICE_ECHO for echo requests, PICKET_SERVICE_ODD for what "any" alone covers (other
 * ICMP, protocol 58 in IPv4, 1 in IPv6), protocol << 16 for the rest. "any" is 0 to ~0.
 */
#define PICKET_SERVICE_ECHO (1U << 16)
#define PICKET_SERVICE_ODD (256U << 16)

struct service_range {
	__u32 lo, hi; /* inclusive */
};

#endif
