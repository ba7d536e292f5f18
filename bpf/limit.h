/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generic cell rate algorithm (GCRA, ITU-T I.371) in its virtual scheduling form: one
 * theoretical arrival time a bucket, moved by compare-and-exchange, so that it is exact over
 * all CPUs without a lock. Time in 1/64 ns.
 */
#ifndef PICKET_BPF_LIMIT_H
#define PICKET_BPF_LIMIT_H

#include "pkt.h"

#define UNITS_PER_NS 64
/* An exchange is lost only to another CPU's admission: more losses than CPUs that compete are rare. */
#define GCRA_TRIES 32

/* One try. 1: admitted; 0: over the limit; -1: another CPU was faster. */
HOT int gcra_try(u64 *tat, u64 first, u64 all, u64 burst, u64 now)
{
	u64 old = *(volatile u64 *)tat, base = old > now ? old : now;

	if (base + first - now > burst)
		return 0;
	return config.dry || __sync_val_compare_and_swap(tat, old, base + all) == old ? 1 : -1;
}

COLD int gcra_try_again(u64 *tat, u64 first, u64 all, u64 burst, u64 now)
{
	if (!tat)
		return 0;
	for (u32 i = 1; i <= GCRA_TRIES; i++) {
		int r = gcra_try(tat, first, all, burst, now);

		if (r >= 0) {
			count_stat(STAT_GCRA_RETRIES, i);
			return r;
		}
	}
	return 0;
}

/* Admits what costs first, and charges all. */
HOT bool gcra_admit(u64 *tat, u64 first, u64 all, u64 burst, u64 now)
{
	int r = gcra_try(tat, first, all, burst, now);

	return r >= 0 ? r : gcra_try_again(tat, first, all, burst, now);
}

HOT bool admit(u64 *tat, const struct profile *profile, u32 bucket, u64 first, u64 all, u64 now)
{
	u64 mult = profile->mult[bucket];
	u8 shift = profile->shift[bucket] & 31;

	if (!mult)
		return true;
	return gcra_admit(tat, first * mult >> shift, all * mult >> shift,
			  profile->burst[bucket], now);
}

/* What a frame costs. */
struct cost {
	u64 now; /* 1/64 ns */
	u32 packets; /* that it stands for */
	u32 first, bytes; /* of the first of them, and of all */
	u32 paid; /* admissions that were made before, and are not asked for again */
	u32 admitted; /* admissions so far */
};

HOT bool admit_once(struct cost *cost, u64 *tat, const struct profile *profile, u32 bucket, u64 first,
		    u64 all)
{
	bool paid = cost->paid;

	if (paid)
		cost->paid--;
	else if (!admit(tat, profile, bucket, first, all, cost->now))
		return false;
	cost->admitted++;
	return true;
}

/* Packets, then bytes, of one direction. */
HOT int charge_lane(struct cost *cost, struct lane *lane, const struct profile *profile, u32 direction)
{
	if (!config.use_limits)
		return 0;
	if (!admit_once(cost, &lane->tat[0], profile, direction + 1, 1, cost->packets))
		return REASON_LIMIT_PACKETS;
	if (!admit_once(cost, &lane->tat[1], profile, direction + 2, cost->first, cost->bytes))
		return REASON_LIMIT_BYTES;
	return 0;
}

/* For whoever asks what a limit did. */
COLD int note_refusal(struct pkt *p, u32 owner, u32 row, u32 bucket)
{
	struct refusal_key key = { .row = row, .owner = owner, .bucket = bucket };
	struct refused *refused, none = {};

	if (!p || config.dry)
		return 0;
	refused = bpf_map_lookup_elem(&refusals, &key);
	if (!refused) {
		bpf_map_update_elem(&refusals, &key, &none, BPF_NOEXIST);
		refused = bpf_map_lookup_elem(&refusals, &key);
	}
	if (!refused)
		return 0;
	__sync_fetch_and_add(&refused->packets, p->units);
	__sync_fetch_and_add(&refused->bytes, p->len);
	refused->last = pkt_now(p);
	return 0;
}

HOT struct lane *lane_of(struct state *state, u32 direction)
{
	return direction == BUCKET_SEND_FLOWS ? &state->sent : &state->received;
}

/* The buckets of one owner: its row's. */
HOT int charge(struct pkt *p, struct state *state, const struct profile *profile, u32 owner, u32 row,
	       u32 direction)
{
	struct cost cost = {
		.now = pkt_now(p) * UNITS_PER_NS,
		.packets = p->units,
		.first = p->unit_len,
		.bytes = p->len,
		.paid = p->paid,
	};
	u64 *flow_tat = &state->flow_tat[direction == BUCKET_RECEIVE_FLOWS];
	int r;

	if (p->opens && !admit(flow_tat, profile, direction, 1, 1, cost.now))
		r = REASON_LIMIT_FLOWS;
	else
		r = charge_lane(&cost, lane_of(state, direction), profile, direction);
	p->paid = cost.paid;
	if (r)
		note_refusal(p, owner, row, direction + r - REASON_LIMIT_FLOWS);
	return r;
}

HOT int charge_device(struct pkt *p, const struct end *end, u32 direction)
{
	u32 number = end->grants.profile, row = end->row;
	struct profile *profile;
	struct state *state;

	if (!row || !number || (!config.use_limits && !p->opens))
		return 0;
	profile = bpf_map_lookup_elem(&profiles, &number);
	state = bpf_map_lookup_elem(&devices, &row);
	return profile && state ? charge(p, state, profile, OWNER_DEVICE, row, direction) : 0;
}

COLD int charge_segment(struct pkt *p, u32 row, u32 direction)
{
	struct segment_info *segment;
	struct profile *profile;
	struct state *state;
	u32 number;

	if (!p || !row || (direction != BUCKET_SEND_FLOWS && direction != BUCKET_RECEIVE_FLOWS))
		return 0;
	segment = bpf_map_lookup_elem(&segments, &row);
	number = segment ? segment->profile : 0;
	profile = number ? bpf_map_lookup_elem(&profiles, &number) : NULL;
	state = bpf_map_lookup_elem(&segstates, &row);
	return profile && state ? charge(p, state, profile, OWNER_SEGMENT, row, direction) : 0;
}

/* Step 14. */
HOT int check_limits(struct pkt *p)
{
	int r = p->out ? 0 : charge_device(p, &p->src, BUCKET_SEND_FLOWS);

	if (!r && config.use_segment_limits && !p->out)
		r = charge_segment(p, p->src.segment, BUCKET_SEND_FLOWS);
	if (!r)
		r = charge_device(p, &p->dst, BUCKET_RECEIVE_FLOWS);
	if (!r && config.use_segment_limits)
		r = charge_segment(p, p->dst.segment, BUCKET_RECEIVE_FLOWS);
	return r;
}

/* Control passes: 20 a second and 40 at once for a MAC's device, 200 and 400 a port for others. */
HOT int admit_control(struct pkt *p, u64 *tat, u64 rate)
{
	u64 cost = NSEC * UNITS_PER_NS / rate;

	return gcra_admit(tat, cost, cost, 2 * rate * cost, pkt_now(p) * UNITS_PER_NS) ?
		       STEP_PASS : REASON_LIMIT_PACKETS;
}

COLD int control_pass(struct pkt *p)
{
	struct portstate *port;
	struct state *state;
	u32 row, number;

	if (!p)
		return REASON_MALFORMED;
	row = mac_device(p);
	if (row) {
		state = bpf_map_lookup_elem(&devices, &row);
		return state ? admit_control(p, &state->control_tat, 20) : REASON_LIMIT_PACKETS;
	}
	number = p->port;
	port = bpf_map_lookup_elem(&portstates, &number);
	return port ? admit_control(p, &port->control_tat, 200) : REASON_LIMIT_PACKETS;
}

#endif
