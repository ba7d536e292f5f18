/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * State maps: pinned, they outlive policies. Whoever changes the layout of one raises PICKET_LAYOUT.
 */
#ifndef PICKET_STATEMAPS_H
#define PICKET_STATEMAPS_H

#include "picket/addr.h"
#include "picket/policymaps.h"

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

#endif
