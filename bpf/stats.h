/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is counted of a verdict, and the events that tell of drops.
 */
#ifndef PICKET_BPF_STATS_H
#define PICKET_BPF_STATS_H

#include "flow.h"
#include "learned.h"

HOT void tally(const struct pkt *p, u32 segment, u32 slot)
{
	u32 key = segment * PICKET_TALLIES + slot;
	struct tally *t = bpf_map_lookup_elem(&totals, &key);

	if (!t)
		return;
	t->packets += p->units;
	t->bytes += p->len;
}

/* How long a device that step 5 let on surely is welcome, as struct lane has it. */
COLD u64 welcome_of(struct pkt *p, u32 row)
{
	struct ident *ident = ident_of(row);
	u32 until = PICKET_WELCOME_ALWAYS;
	s64 left;

	if (!p || !ident || ident->flags & IDENT_SCHEDULE || ident->grants.profile > 0xffff)
		return 0;
	if (config.use_validity && ident->flags & IDENT_VALIDITY) {
		/* No further than the next unit: the wall clock may be set. */
		until = (pkt_now(p) >> PICKET_WELCOME_SHIFT) + 1;
		left = ident->valid_until - pkt_unix(p);
		if (left < 2LL << PICKET_WELCOME_SHIFT)
			return 0;
	}
	return PICKET_WELCOME(until, config.generation, ident->grants.profile);
}

/* A frame of a device's passed: its counters, and what its next ones need not ask. */
HOT void count_lane(struct pkt *p, u32 row, struct lane *lane)
{
	__sync_fetch_and_add(&lane->packets, p->units);
	__sync_fetch_and_add(&lane->bytes, p->len);
	if (!surely_welcome(lane->welcome, pkt_now(p)))
		lane->welcome = welcome_of(p, row);
}

/* Both ends' counters of a frame that passed without a reason. */
HOT void count_pass(struct pkt *p)
{
	u32 row = p->src.row;
	struct state *state = row ? bpf_map_lookup_elem(&devices, &row) : NULL;

	if (state) {
		count_lane(p, row, &state->sent);
		state->sent.seen = pkt_now(p);
	}
	row = p->dst.row;
	state = row ? bpf_map_lookup_elem(&devices, &row) : NULL;
	if (state)
		count_lane(p, row, &state->received);
}

/* The reported device's counters of a frame that had a reason. */
HOT void count_refusal(struct pkt *p, u32 reason, u32 verdict)
{
	bool sent = !p->dst.row || p->report != p->dst.row || p->src.row == p->report;
	u32 row = p->report;
	struct state *state = bpf_map_lookup_elem(&devices, &row);

	if (!row || !state)
		return;
	if (verdict == VERDICT_DROP) {
		__sync_fetch_and_add(sent ? &state->sent.dropped_packets : &state->received.dropped_packets,
				     p->units);
		__sync_fetch_and_add(sent ? &state->sent.dropped_bytes : &state->received.dropped_bytes,
				     p->len);
	} else {
		__sync_fetch_and_add(sent ? &state->sent_audit_packets : &state->received_audit_packets,
				     p->units);
		__sync_fetch_and_add(sent ? &state->sent_audit_bytes : &state->received_audit_bytes,
				     p->len);
		if (p->src.row && sent)
			state->sent.seen = pkt_now(p);
	}
	state->refused = PICKET_REFUSED(pkt_now(p), reason);
}

/* What the short way dropped on this CPU, and leaves to this event to tell. */
HOT u64 take_quiet(const struct pkt *p, u32 reason)
{
	u32 row = p->src.segment;
	struct quiet *held;
	u64 n;

	if (p->report || reason != (row ? REASON_UNKNOWN_DEVICE : REASON_SPOOFED))
		return 0;
	held = bpf_map_lookup_elem(&quiet, &row);
	if (!held)
		return 0;
	n = held->held;
	held->held = 0;
	held->since = bpf_jiffies64();
	return n;
}

/*
 * The same for all flows to a service, and for both directions of what follows an opening, where the service
 * most likely has the lower port. Which openings share one changes every four seconds, so that none hides
 * another for good, in whichever order a device goes through its round.
 */
HOT u8 gate_bin(struct pkt *p)
{
	bool opens = p->opens && p->mark;
	u32 h = opens || p->dport < p->sport ? p->dport : p->sport;

	h ^= (u32)p->protocol << 16 ^ p->ethertype << 8;
	if (opens)
		h ^= (u32)(pkt_now(p) >> 32) * 0x85ebca6b;
#pragma unroll
	for (int i = 0; i < 4; i++)
		h = (h ^ p->wire_src.w[i] ^ p->dst.addr.w[i]) * 0x9e3779b1;
	if (!p->report)
		h = (h ^ p->mac_head ^ p->mac_tail) * 0x9e3779b1;
	h = 1 + (h >> 16 & (PICKET_GATE_BINS - 1));
	return opens ? h + PICKET_GATE_BINS : h;
}

/* At most one event a second for a gate; how many it stands for, 0: not now. */
HOT u64 pass_gate(struct pkt *p, u32 reason, u32 verdict)
{
	struct gate_key key = { .device = p->report, .reason = reason };
	struct gate fresh = {}, *gate;
	u64 now = pkt_now(p), opened, held, n = p->units + take_quiet(p, reason);

	if (!p->report)
		key.segment = p->src.segment;
	if (config.use_audit && verdict == VERDICT_AUDIT)
		key.bin = gate_bin(p);
	gate = bpf_map_lookup_elem(&gates, &key);
	if (!gate) {
		fresh.opened = now;
		bpf_map_update_elem(&gates, &key, &fresh, BPF_ANY);
		return n;
	}
	opened = gate->opened;
	if (age(p, opened) < NSEC || __sync_val_compare_and_swap(&gate->opened, opened, now) != opened) {
		__sync_fetch_and_add(&gate->held, n);
		return 0;
	}
	held = gate->held;
	__sync_fetch_and_add(&gate->held, -held);
	return held + n;
}

/* How the frame begins, from whichever of its buffers. */
HOT void capture(frame_t *ctx, const struct pkt *p, struct event *event)
{
	u32 n = p->len < PICKET_CAPTURE ? p->len : PICKET_CAPTURE;

	/* 1 to 128, in a way that Linux 6.1's verifier follows, and clang does not see through */
	barrier_var(n);
	n = ((n - 1) & (PICKET_CAPTURE - 1)) + 1;
	if (!frame_load_bytes(ctx, 0, event->frame, n))
		event->captured = n;
}

/* Tells user space of a frame that was dropped or passed as audit. */
COLD int report(frame_t *ctx, struct pkt *p, u32 reason, u32 verdict)
{
	struct event *event;
	u64 count;

	if (!ctx || !p)
		return 0;
	count = pass_gate(p, reason, verdict);
	if (!count)
		return 0;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		count_stat(STAT_EVENTS_LOST, count);
		return 0;
	}
	__builtin_memset(event, 0, sizeof(*event));
	event->time = pkt_now(p);
	event->count = count;
	event->device = p->report;
	event->segment = p->src.segment;
	event->ifindex = p->ifindex;
	event->vlan = p->vlan;
	event->ethertype = p->ethertype;
	event->bytes = p->len;
	__builtin_memcpy(event->mac, p->mac, sizeof(event->mac));
	event->verdict = verdict;
	event->reason = reason;
	event->flags = p->out ? EVENT_OUT : 0;
	event->src = p->wire_src;
	if (p->version && p->ethertype != ETH_P_ARP) {
		event->flags |= EVENT_IP | (p->version == 6 ? EVENT_IPV6 : 0);
		event->dst = p->dst.addr;
		event->protocol = p->protocol;
		event->icmp_type = p->icmp_type;
		event->sport = p->sport;
		event->dport = p->dport;
		if (p->sport || p->dport)
			event->flags |= EVENT_PORTS;
		if (p->opens && p->mark)
			event->flags |= EVENT_OPENS;
	}
	capture(ctx, p, event);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

/* In audit mode nothing is dropped: of the source's segment, or of the destination's. */
COLD int audited(struct pkt *p)
{
	if (!p || !config.use_audit)
		return 0;
	if (!p->port && !p->out)
		return config.policy_audit;
	if (p->out)
		return audited_segment(p->dst.segment);
	return audited_segment(p->src.segment ? p->src.segment : p->first_segment) ||
	       audited_segment(p->dst.segment);
}

/* Counts and tells the verdict; true: the frame passes. */
HOT bool finish(frame_t *ctx, struct pkt *p, u32 reason, u32 verdict)
{
	u32 segment = p->out ? p->dst.segment : p->src.segment;

	if (config.replay || config.dry) {
		offline.result.verdict = verdict;
		offline.result.reason = reason;
		offline.result.device = p->report ? p->report : p->dst.row;
		offline.result.segment = segment;
	}
	if (config.dry)
		return verdict != VERDICT_DROP;
	if (verdict == VERDICT_PASS) {
		tally(p, segment, 0);
		count_pass(p);
		if (config.use_learning && p->learn_row) {
			learn_address(p, 0);
			if (p->learn_count > 1)
				learn_address(p, 1);
		}
	} else {
		if (!p->report)
			p->report = p->dst.row;
		tally(p, segment, reason + (verdict == VERDICT_AUDIT ? PICKET_TALLY_AUDIT : 0));
		count_refusal(p, reason, verdict);
		report(ctx, p, reason, verdict);
	}
	if (config.use_fragments && p->tracked && verdict != VERDICT_DROP)
		remember_fragment(p);
	return verdict != VERDICT_DROP;
}

#endif
