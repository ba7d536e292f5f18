// SPDX-License-Identifier: GPL-2.0-only
/* Limits, resolved and counted as the program counts them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile_work.h"
#include "limit.h"

#define PROFILE_NUMBERS (sizeof(struct profile) / sizeof(uint32_t))

/* Every device's new flows, unless its limits say otherwise. */
static const struct rate DEFAULT_FLOWS = { .count = 50, .period = NSEC_PER_SEC, .burst = 500 };

static const int BUCKET_OF[DIRECTIONS][LIMIT_KINDS] = {
	[DIR_SEND] = { BUCKET_SEND_FLOWS, BUCKET_SEND_PACKETS, BUCKET_SEND_BYTES },
	[DIR_RECEIVE] = { BUCKET_RECEIVE_FLOWS, BUCKET_RECEIVE_PACKETS, BUCKET_RECEIVE_BYTES },
};

static bool is_lower(const struct rate *a, const struct rate *b)
{
	unsigned __int128 x = (unsigned __int128)a->count * b->period;
	unsigned __int128 y = (unsigned __int128)b->count * a->period;

	return x != y ? x < y : a->burst < b->burst;
}

/* Of several roles' limits the lowest of each kind holds. */
static void lower_limit(struct limit *into, const struct limit *limit)
{
	for (int kind = 0; kind < LIMIT_KINDS; kind++) {
		const struct rate *rate = &limit->rate[kind];

		if (rate->count && (!into->rate[kind].count || is_lower(rate, &into->rate[kind])))
			into->rate[kind] = *rate;
	}
}

static int set_bucket(struct compilation *c, const struct rate *rate, enum direction direction,
		      enum limit_kind kind, struct profile *profile)
{
	int bucket = BUCKET_OF[direction][kind];
	struct gcra gcra;

	if (gcra_from_rate(rate, kind, &gcra)) {
		diag_error(c->diag, rate->loc,
			   "this rate and burst cannot be counted: write a faster rate or a smaller burst");
		return -EINVAL;
	}
	profile->mult[bucket] = gcra.mult;
	profile->burst[bucket] = gcra.burst;
	profile->shift[bucket] = gcra.shift;
	return 0;
}

static int set_buckets(struct compilation *c, const struct limit *limit, enum direction direction,
		       struct profile *profile)
{
	int err = 0;

	for (int kind = 0; kind < LIMIT_KINDS && !err; kind++)
		if (limit->rate[kind].count)
			err = set_bucket(c, &limit->rate[kind], direction, kind, profile);
	return err;
}

static int intern_profile(struct compilation *c, const struct profile *profile, uint32_t *number)
{
	uint32_t numbers[PROFILE_NUMBERS];

	memcpy(numbers, profile, sizeof(numbers));
	return lists_intern(&c->profiles, numbers, PROFILE_NUMBERS, number);
}

int compile_segment_limits(struct compilation *c)
{
	struct ruleset *ruleset = c->ruleset;
	uint32_t none;
	int err;

	ruleset->segment_profile = calloc(c->policy->nsegments + 1,
					  sizeof(*ruleset->segment_profile));
	if (!ruleset->segment_profile)
		return -ENOMEM;
	/* Profile 0 is "no limits". */
	err = intern_profile(c, &(struct profile){}, &none);
	for (size_t i = 0; i < c->policy->nsegments && !err; i++) {
		struct profile profile = {};

		for (int direction = 0; direction < DIRECTIONS && !err; direction++)
			err = set_buckets(c, &c->policy->segments[i].limit[direction], direction,
					  &profile);
		if (!err)
			err = intern_profile(c, &profile, &ruleset->segment_profile[i]);
		if (!err && ruleset->segment_profile[i])
			ruleset->switches.use_limits = ruleset->switches.use_segment_limits = true;
	}
	return err;
}

int compile_device_profile(struct compilation *c, uint32_t role_set, uint32_t own_limit,
			   uint32_t *number)
{
	const struct limit *own = c->own_limit[own_limit];
	const uint32_t *roles = list_numbers(&c->role_sets, role_set);
	struct profile profile = {};
	int err = 0;

	for (int direction = 0; direction < DIRECTIONS && !err; direction++) {
		struct limit limit = {};

		if (own && own[direction].present)
			limit = own[direction];
		for (size_t i = 0; i < list_length(&c->role_sets, role_set); i++) {
			const struct limit *role = c->role_limit[direction][roles[i]];

			if (role && !limit.present)
				lower_limit(&limit, role);
		}
		if (!limit.rate[LIMIT_FLOWS].count)
			limit.rate[LIMIT_FLOWS] = DEFAULT_FLOWS;
		if (limit.rate[LIMIT_PACKETS].count || limit.rate[LIMIT_BYTES].count)
			c->ruleset->switches.use_limits = true;
		err = set_buckets(c, &limit, direction, &profile);
	}
	return err ? err : intern_profile(c, &profile, number);
}
