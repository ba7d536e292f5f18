// SPDX-License-Identifier: GPL-2.0-only
#include "counters.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "live.h"
#include "names.h"

#define UNITS_PER_NS 64
#define UNITS_PER_SEC (UNITS_PER_NS * (double)NSEC_PER_SEC)

enum condition ident_condition(const struct ident *ident, int64_t now)
{
	if (ident->quarantined_until > now)
		return CONDITION_QUARANTINED;
	if ((ident->flags & IDENT_VALIDITY) && (now < ident->valid_from || now >= ident->valid_until))
		return CONDITION_EXPIRED;
	return CONDITION_ACTIVE;
}

const char *condition_name(enum condition condition)
{
	static const char *const names[] = {
		[CONDITION_ACTIVE] = "active",
		[CONDITION_QUARANTINED] = "quarantined",
		[CONDITION_EXPIRED] = "expired",
	};

	return names[condition];
}

struct counts counts_of(const struct state *state, enum direction direction)
{
	bool send = direction == DIR_SEND;
	const struct lane *lane = send ? &state->sent : &state->received;

	return (struct counts){
		.packets = lane->packets,
		.bytes = lane->bytes,
		.dropped_packets = lane->dropped_packets,
		.dropped_bytes = lane->dropped_bytes,
		.audit_packets = send ? state->sent_audit_packets : state->received_audit_packets,
		.audit_bytes = send ? state->sent_audit_bytes : state->received_audit_bytes,
	};
}

struct counts counts_of_both(const struct state *state)
{
	struct counts a = counts_of(state, DIR_SEND), b = counts_of(state, DIR_RECEIVE);

	return (struct counts){
		.packets = a.packets + b.packets,
		.bytes = a.bytes + b.bytes,
		.dropped_packets = a.dropped_packets + b.dropped_packets,
		.dropped_bytes = a.dropped_bytes + b.dropped_bytes,
		.audit_packets = a.audit_packets + b.audit_packets,
		.audit_bytes = a.audit_bytes + b.audit_bytes,
	};
}

enum reason last_reason(const struct state *state)
{
	return (enum reason)PICKET_REFUSED_REASON(state->refused);
}

bool bucket_fill(const struct profile *profile, const struct state *state, enum bucket bucket,
		 uint64_t now, struct fill *out)
{
	uint64_t mult = profile->mult[bucket], burst = profile->burst[bucket];
	const struct lane *lane = bucket < LANE_BUCKETS ? &state->sent : &state->received;
	unsigned int kind = bucket % LANE_BUCKETS;
	uint64_t tat = kind ? lane->tat[kind - 1] : state->flow_tat[bucket / LANE_BUCKETS];
	int64_t ahead = tat - now * UNITS_PER_NS;
	uint64_t used = ahead > 0 ? ahead : 0;
	uint64_t left = used < burst ? burst - used : 0;
	unsigned int shift = profile->shift[bucket];

	if (!mult)
		return false;
	out->rate = UNITS_PER_SEC * (double)(1ULL << shift) / (double)mult;
	out->burst = ((unsigned __int128)burst << shift) / mult;
	out->available = ((unsigned __int128)left << shift) / mult;
	return true;
}

int refusals_get(const struct live *live, enum bucket_owner owner, uint32_t row,
		 struct refused out[BUCKETS])
{
	struct refused found[BUCKETS] = {};
	int fd = live_map(live, "refusals");

	for (unsigned int bucket = 0; bucket < BUCKETS; bucket++) {
		const struct refusal_key key = { .row = row, .owner = owner, .bucket = bucket };

		if (bpf_map_lookup_elem(fd, &key, &found[bucket]) && errno != ENOENT)
			return -errno;
	}
	memcpy(out, found, sizeof(found));
	return 0;
}

void counts_print(struct output *out, const struct counts *counts)
{
	output_number(out, "passed", counts->packets);
	output_bytes(out, "passed_bytes", counts->bytes);
	output_number(out, "dropped", counts->dropped_packets);
	output_bytes(out, "dropped_bytes", counts->dropped_bytes);
	output_number(out, "audit", counts->audit_packets);
	output_bytes(out, "audit_bytes", counts->audit_bytes);
}
