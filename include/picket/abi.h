/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the BPF programs and user space share: keys, values, records.
 *
 * Two kinds of maps. A policy's own maps are made by one apply and replaced whole by the
 * next. State maps are pinned and outlive policies; whoever changes the layout of one raises
 * PICKET_LAYOUT.
 *
 * Rows: a device and a segment keep their number by name from policy to policy; 0 is nobody.
 * Addresses and ports are in network byte order where they are struct picket_addr or say so,
 * all other numbers in host order.
 */
#ifndef PICKET_ABI_H
#define PICKET_ABI_H

#include <linux/types.h>

#include "picket/reason.h"

#ifndef PICKET_LAYOUT /* tests make another version */
#define PICKET_LAYOUT 5
#endif
#define PICKET_MAX_SEGMENTS 1024 /* rows 1 to 1023 */
#define PICKET_MAX_PREFIX_DEPTH 16 /* rule prefixes that hold one another */
#define PICKET_MAX_STEPS_LOG2 16 /* a device's schedule has at most 2^16 steps */

#define PICKET_ASSERT_SIZE(type, size) \
	_Static_assert(sizeof(type) == (size), #type " must be " #size " bytes")

/* IPv6, or IPv4 as ::ffff:a.b.c.d */
struct picket_addr {
	__u32 w[4]; /* network byte order */
};
PICKET_ASSERT_SIZE(struct picket_addr, 16);

/* ---- who and where: the policy's own maps ---- */

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

/* hash "macs": mac_key -> __u32 row. An entry for every port of the device's segment. */
struct mac_key {
	__u8 mac[6];
	__u16 pad;
	__u32 port; /* port_info.id */
};
PICKET_ASSERT_SIZE(struct mac_key, 12);

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

/* ---- state: pinned, outlives policies ---- */

/*
 * One direction, in one cache line: all that a packet of a known flow changes.
 *
 * welcome is what the program found of the device the last time that it took the long way, so that
 * the short way need not ask again: PICKET_WELCOME() of the time until which it surely is welcome
 * (2^30 ns of boot time; PICKET_WELCOME_ALWAYS: until somebody says otherwise), the policy's generation
 * and the device's profile. 0: ask.
 */
#define PICKET_WELCOME(until, generation, profile) \
	((__u64)(until) << 32 | (__u64)((generation) & 0xffff) << 16 | (profile))
#define PICKET_WELCOME_ALWAYS 0xffffffffU
#define PICKET_WELCOME_SHIFT 30

struct lane {
	__u64 welcome;
	__u64 tat[2]; /* of packets, bytes: theoretical arrival times, 1/64 ns of boot time */
	__u64 packets, bytes; /* that passed */
	__u64 dropped_packets, dropped_bytes;
	__u64 seen; /* ns of boot time: the last frame that passed; kept of what is sent alone */
};
PICKET_ASSERT_SIZE(struct lane, 64);

/* Arrays "devices" and "segstates" (mmapable), by row. Three cache lines. */
struct state {
	struct lane sent, received;

	__u64 sent_audit_packets, sent_audit_bytes;
	__u64 received_audit_packets, received_audit_bytes;
	__u64 flow_tat[2]; /* of flows opened by it, to it, as in a lane */
	__u64 control_tat; /* control passes, as in a lane */
	__u64 refused; /* the last frame dropped or passed as audit: PICKET_REFUSED() */
};
PICKET_ASSERT_SIZE(struct state, 192);

/* ns of boot time, the last 8 bits given to the reason. */
#define PICKET_REFUSED(ns, reason) (((ns) & ~0xffULL) | (reason))
#define PICKET_REFUSED_REASON(refused) ((refused) & 0xff)

/*
 * Per-CPU array "totals": segment row * PICKET_TALLIES + tally; row 0 is "no segment".
 * Tally 0: passed; a reason: dropped; PICKET_TALLY_AUDIT + reason: passed as audit.
 */
#define PICKET_TALLIES 64
#define PICKET_TALLY_AUDIT 32

struct tally {
	__u64 packets, bytes;
};

/* Per-CPU array "stats" of __u64 */
enum stat_id {
	STAT_GCRA_RETRIES, /* compare-and-exchange lost to another CPU and tried again */
	STAT_EVENTS_LOST,
	STAT_FLOWS_OPENED,
	STAT_FLOWS_EVICTED,
	STAT_LEARNED,
	STAT_LEARN_FAILED,
	STAT_APPLY_FAILURES, /* counted by user space, as the next */
	STAT_UNFILTERED, /* frames that came in on a port before anything was attached to it */
	STATS
};

/*
 * Arrays "flows" (a device at one end or both, in a window of the address that owns
 * it: of the device that opened it, else of the one that it was opened to) and "hostflows". A tag is a
 * keyed 128-bit fingerprint of protocol, addresses and ports in canonical order; low 0: free.
 * An entry is one cache line. Its home is the way that the tag names, where a look-up finds it
 * at once; hints say which other way to try.
 */
#define PICKET_FLOW_WAYS 8

enum flow_kind { FLOW_TCP, FLOW_UDP, FLOW_OTHER, FLOW_FRAGMENT };

enum flow_flags {
	FLOW_LOW_OPENED = 1 << 0, /* the end with the lower address (then port) opened it */
	FLOW_ANSWERED = 1 << 1,
	FLOW_FIN_OPENER = 1 << 2,
	FLOW_FIN_RESPONDER = 1 << 3,
	FLOW_RESET = 1 << 4,
};

/* Where a frame comes from: its source MAC as it lies on the wire, in the low 48 bits, and port_info.id. */
#define PICKET_ARRIVAL(mac48, port) ((mac48) | (__u64)(port) << 48)

struct flow {
	__u64 low, high; /* tag */
	__u64 seen; /* ns of boot time */
	__u32 opener, responder; /* device rows, 0: none */
	__u32 generation; /* of the policy that allowed it */
	__u16 opener_step, responder_step; /* of their schedules when it was allowed */
	__u8 kind; /* enum flow_kind */
	__u8 flags;
	__u8 mark; /* reason that enforcing would have given; REASON_NONE: allowed */
	__u8 pad;
	union {
		__u32 fragment_end; /* FLOW_FRAGMENT: payload bytes that the first one carried */
		__u16 segment[2]; /* of opener, responder: rows, 0: the gateway or a group */
	};
	/* Of opener, responder: frames of this arrival take the short way under this generation; 0: none */
	__u64 arrival[2];
};
PICKET_ASSERT_SIZE(struct flow, 64);

#ifdef __bpf__
#define PICKET_LOCK struct bpf_spin_lock
#else
#define PICKET_LOCK struct { __u32 val; }
#endif

struct flow_bucket {
	struct flow flow[PICKET_FLOW_WAYS];
	PICKET_LOCK lock;
	__u32 pad;
	__u16 hint[PICKET_FLOW_WAYS]; /* of the tag in each way */
	__u32 owner[PICKET_FLOW_WAYS]; /* keyed hash of the address whose window each is in */
	__u32 pad2[2];
};
PICKET_ASSERT_SIZE(struct flow_bucket, 576);

/* hash "learned": picket_addr -> learned */
struct learned {
	__u32 row;
	__u32 pad;
	__u64 used; /* ns of boot time */
};

/* hash "learned_by": __u32 row -> learned_by. A slot counts while "learned" agrees with it. */
#define PICKET_LEARNED_MAX 16

struct learned_by {
	struct picket_addr addr[PICKET_LEARNED_MAX];
	__u64 since[PICKET_LEARNED_MAX]; /* ns of boot time when it was learned; 0: free */
};

/*
 * Per-CPU array "quiet", by segment row: drops of unlisted sources that the short way made since it last
 * let one go the long way, which reports them. Row 0: of no segment, spoofed; else unknown-device.
 */
struct quiet {
	__u64 since; /* jiffies */
	__u64 held;
};
#define PICKET_QUIET_JIFFIES 25 /* 25 to 250 ms */

/*
 * Hash "refusals": refusal_key -> refused, written when a limit refuses. What finds no room is not
 * counted here; the devices' own counters do.
 */
#define PICKET_REFUSALS 65536

enum bucket_owner { OWNER_DEVICE, OWNER_SEGMENT };

struct refusal_key {
	__u32 row;
	__u16 owner; /* enum bucket_owner */
	__u16 bucket; /* enum bucket */
};
PICKET_ASSERT_SIZE(struct refusal_key, 8);

/* What a bucket had no room for, dropped or passed as audit. */
struct refused {
	__u64 packets, bytes;
	__u64 last; /* ns of boot time */
};
PICKET_ASSERT_SIZE(struct refused, 24);

/* array "portstates" (the policy's own), by port_info.id: control passes of MACs that are no device's */
struct portstate {
	__u64 control_tat;
};

/*
 * LRU hash "gates": at most one event a second for each. Of what passes as audit, other ends and services go
 * through other gates, as far as the bins tell them apart, and what opens a flow through its own, so that a
 * list of what enforcing would drop soon has what always comes in the same second as something else.
 */
#define PICKET_GATE_BINS 64 /* a power of two */

struct gate_key {
	__u32 device; /* row; 0: none */
	__u16 segment; /* row, when there is no device */
	__u8 reason;
	__u8 bin; /* 0: dropped; else from 1, and as many again for what opens a flow */
};
PICKET_ASSERT_SIZE(struct gate_key, 8);

struct gate {
	__u64 opened; /* ns of boot time: the last event */
	__u64 held; /* drops since then that no event speaks of */
};

/* ring buffer "events" */
#define PICKET_CAPTURE 128
enum event_flags {
	EVENT_OUT = 1 << 0,
	EVENT_IPV6 = 1 << 1,
	EVENT_IP = 1 << 2,
	EVENT_PORTS = 1 << 3,
	EVENT_OPENS = 1 << 4, /* a flow, which passes as audit from here on */
};

struct event {
	__u64 time; /* ns of boot time */
	__u64 count; /* frames that it stands for, this one included */
	__u32 device; /* row, 0: none */
	__u32 segment; /* row, 0: none */
	__u32 ifindex;
	__u16 vlan;
	__u16 ethertype; /* host order */
	struct picket_addr src, dst; /* EVENT_IP; src also for ARP */
	__u16 sport, dport; /* host order; EVENT_PORTS; echo: sport is the id */
	__u32 bytes; /* the frame's length */
	__u8 mac[6]; /* source */
	__u8 verdict; /* enum verdict */
	__u8 reason;
	__u8 protocol;
	__u8 icmp_type;
	__u8 flags;
	__u8 captured; /* bytes of frame */
	__u8 pad[4];
	/* How it begins, from its Ethernet header on; without a tag that the stack keeps apart, as vlan tells. */
	__u8 frame[PICKET_CAPTURE];
};
PICKET_ASSERT_SIZE(struct event, 216);

/* array "meta", one entry, written when the state is made */
struct meta {
	__u32 layout; /* PICKET_LAYOUT; first, so that every version finds it */
	__u32 device_rows; /* capacity of "devices" */
	__u32 segment_rows; /* capacity of "segstates" */
	__u32 flow_buckets; /* of "flows", a power of two */
	__u32 hostflow_buckets; /* likewise */
	__u32 pad;
	__u64 secret[32]; /* keys the fingerprints */
};

/*
 * Array "live" (mmapable), one entry. The word's low bits are the slot that decides, then come flags, then the
 * number of commits, which is the generation of the policy in that slot. 0: none was ever live. With LIVE_PENDING
 * the word "back" holds from the deadline on, whether or not anybody is there to write it down.
 */
#define LIVE_SLOTS 3
#define LIVE_SLOT(word) ((word) & 3)
#define LIVE_PENDING (1ULL << 2) /* deadline and back count; they are written before the word */
#define LIVE_BYSTANDERS (1ULL << 3) /* something is attached that is no port of this slot's policy */
#define LIVE_NOTHING (1ULL << 4) /* no policy: every frame is nobody's business */
#define LIVE_GENERATION(word) ((__u32)((word) >> 8))
#define LIVE_WORD(generation, slot) ((__u64)(generation) << 8 | (slot))

struct live_word {
	__u64 word;
	__u64 deadline; /* ns of boot time */
	__u64 back;
};

/* hash "bystanders": bystander -> __u32 1: frames there are nobody's business while this slot decides */
struct bystander {
	__u32 ifindex;
	__u32 slot;
};

/* ---- one load of the program ---- */

/*
 * The variable "config" (.rodata) of picket.bpf.c and egress.bpf.c, set before the load.
 * A switch that is 0 removes what it guards from the program.
 */
struct config {
	__u8 use_vlan;
	__u8 use_limits; /* packets or bytes of a device or a segment */
	__u8 use_segment_limits;
	__u8 use_fragments; /* a segment tracks fragments */
	__u8 use_learning; /* a device is known by its MAC alone in an IP version */
	__u8 use_audit;
	__u8 use_validity; /* a device is valid for a time only */
	__u8 use_schedules; /* an assignment holds for a time only */
	__u8 replay; /* clock and port come from the variable "offline" */
	__u8 dry; /* decides, but charges, opens, learns and counts nothing */
	__u8 policy_audit; /* mode: audit, where no port is found */
	__u8 use_guesses; /* so many devices that their cache lines are rarely at hand */
	__u8 use_sparse; /* IPv4 addresses of devices in "addrs" */
	__u8 use_frags; /* frames may come in several buffers: an MTU beyond Ethernet's own */
	__u8 pad[2];
	__u32 generation;
	__u32 flow_mask, hostflow_mask; /* buckets - 1 */
	__u32 flow_window; /* buckets - 1 that one device's flows are spread over */
	__s64 tai_offset; /* ns: TAI less UTC as this kernel has it, 0 where it was never told */
	__u64 secret[32]; /* meta.secret */
};
PICKET_ASSERT_SIZE(struct config, 296);

/* What replay mode and dry runs leave after each frame. */
struct result {
	__u32 verdict;
	__u32 reason;
	__u32 device; /* row that the report names, 0: none */
	__u32 segment; /* row of S, 0: not known */
};

/* The variable "offline" (.bss) of picket.bpf.c */
struct offline {
	__u64 now; /* ns, as boot time; config.replay */
	__s64 unix_now; /* ns; config.replay */
	__u32 ifindex; /* config.replay, config.dry */
	__u32 pad;
	struct result result;
};
PICKET_ASSERT_SIZE(struct offline, 40);

#endif
