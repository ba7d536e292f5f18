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

#include "picket/addr.h"
#include "picket/policymaps.h"
#include "picket/reason.h"
#include "picket/statemaps.h"

#ifndef PICKET_LAYOUT /* tests make another version */
#define PICKET_LAYOUT 6
#endif

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
	__u32 mac_buckets; /* of "macs" */
	__u32 pad2;
	__u64 mac_seed; /* of picket_mac_hash() */
	__s64 tai_offset; /* ns: TAI less UTC as this kernel has it, 0 where it was never told */
	__u64 secret[32]; /* meta.secret */
};
PICKET_ASSERT_SIZE(struct config, 312);

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
