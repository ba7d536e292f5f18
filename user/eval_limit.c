// SPDX-License-Identifier: GPL-2.0-only
/* Step 14: which limits hold for a device now, and charging them. */
#include "eval_step.h"

#include <string.h>

static const char *const kind_names[LIMIT_KINDS] = { "flows", "packets", "bytes" };
static const char *const direction_names[DIRECTIONS] = { "send", "receive" };
static const enum reason reasons[LIMIT_KINDS] = {
	REASON_LIMIT_FLOWS,
	REASON_LIMIT_PACKETS,
	REASON_LIMIT_BYTES,
};

static bool is_lower(const struct rate *a, const struct rate *b)
{
	unsigned __int128 left = (unsigned __int128)a->count * b->period;
	unsigned __int128 right = (unsigned __int128)b->count * a->period;

	return left < right || (left == right && a->burst < b->burst);
}

/* A role's own limit, else that of the first parent that has one; NULL: none has. */
static const struct limit *role_limit(const struct eval *eval, uint32_t index,
				      enum direction direction)
{
	const struct role *role = &eval->policy->roles[index];
	const struct limit *found = NULL;
	size_t i;

	if (eval->role_seen[index]) /* and had none */
		return NULL;
	eval->role_seen[index] = true;
	if (role->limit[direction].present)
		return &role->limit[direction];
	for (i = 0; i < role->nextends && !found; i++)
		found = role_limit(eval, role->extends[i], direction);
	return found;
}

static struct limit device_limit(const struct eval *eval, uint32_t index, enum direction direction)
{
	static const struct rate flows = { .count = 50, .period = NSEC_PER_SEC, .burst = 500 };
	const struct device *device = &eval->policy->devices[index];
	struct limit limit = { 0 };
	struct role_set set;
	size_t i, k;

	if (device->limit && device->limit[direction].present) {
		limit = device->limit[direction];
	} else {
		set = role_set(eval, index, ROOM_RULES);
		for (i = 0; i < set.ndirect; i++) {
			const struct limit *of;

			memset(eval->role_seen, 0, eval->policy->nroles);
			of = role_limit(eval, set.roles[i], direction);
			for (k = 0; of && k < LIMIT_KINDS; k++)
				if (of->rate[k].count && (!limit.rate[k].count ||
				    is_lower(&of->rate[k], &limit.rate[k])))
					limit.rate[k] = of->rate[k];
		}
	}
	if (!limit.rate[LIMIT_FLOWS].count)
		limit.rate[LIMIT_FLOWS] = flows;
	return limit;
}

struct limit eval_limit(struct eval *eval, uint32_t device, enum direction direction, int64_t now)
{
	eval->now = now;
	return device_limit(eval, device, direction);
}

/* Charges the kinds from first on; name is the device's or the segment's. */
static enum reason charge(struct judgement *j, const struct limit *limit, enum limit_kind first,
			  struct bucket_state *buckets, const char *name,
			  enum direction direction)
{
	const uint64_t units[LIMIT_KINDS] = { 1, 1, j->p.bytes };
	enum limit_kind kind;

	for (kind = first; kind < LIMIT_KINDS; kind++) {
		struct gcra gcra;

		if (!limit->rate[kind].count)
			continue;
		if (!gcra_from_rate(&limit->rate[kind], kind, &gcra) &&
		    bucket_admit(&buckets[kind], &gcra, units[kind], j->eval->now))
			continue;
		trace_add(j->trace, "limit", limit->rate[kind].loc, "over the %s limit of %s: %s",
			  direction_names[direction], name, kind_names[kind]);
		return reasons[kind];
	}
	return REASON_NONE;
}

static enum reason charge_device(struct judgement *j, uint32_t index, enum direction direction)
{
	bool opens = !j->flow && !j->p.later;
	struct limit limit;

	if (index == INDEX_NONE)
		return REASON_NONE;
	limit = device_limit(j->eval, index, direction);
	return charge(j, &limit, opens ? LIMIT_FLOWS : LIMIT_PACKETS,
		      j->eval->state.devices[index].limit[direction],
		      j->policy->devices[index].name, direction);
}

enum reason charge_segment(struct judgement *j, uint32_t index, enum direction direction)
{
	if (index == INDEX_NONE)
		return REASON_NONE;
	return charge(j, &j->policy->segments[index].limit[direction], LIMIT_PACKETS,
		      j->eval->state.segments[index].limit[direction],
		      j->policy->segments[index].name, direction);
}

enum reason step_limits(struct judgement *j)
{
	enum reason reason = charge_device(j, j->from.device, DIR_SEND);

	if (!reason)
		reason = charge_segment(j, j->from.segment, DIR_SEND);
	if (!reason)
		reason = charge_device(j, j->to.device, DIR_RECEIVE);
	if (!reason)
		reason = charge_segment(j, j->to.segment, DIR_RECEIVE);
	return reason;
}
