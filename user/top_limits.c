// SPDX-License-Identifier: GPL-2.0-only
#include "top_limits.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>

#include "cleanup.h"
#include "top_pick.h"

#define UNITS_PER_NS 64
#define BATCH 4096
#define REFUSED_FIRST 2 /* what refused comes before what is only full */

/* A bucket as a candidate's id. */
#define ID_SEGMENT (1U << 31)
#define ID_BUCKET_BITS 3
_Static_assert(BUCKETS <= 1 << ID_BUCKET_BITS, "a bucket must fit its bits");

struct search {
	const struct top_data *data;
	const struct top_filter *filter;
	const struct state *segments; /* by row */
	uint32_t segment_rows;
	struct pick pick;
};

const char *bucket_name(enum bucket bucket)
{
	static const char *const names[] = {
		[BUCKET_SEND_FLOWS] = "send flows",
		[BUCKET_SEND_PACKETS] = "send packets",
		[BUCKET_SEND_BYTES] = "send bytes",
		[BUCKET_RECEIVE_FLOWS] = "receive flows",
		[BUCKET_RECEIVE_PACKETS] = "receive packets",
		[BUCKET_RECEIVE_BYTES] = "receive bytes",
	};

	return names[bucket];
}

bool bucket_is_bytes(enum bucket bucket)
{
	return bucket % LIMIT_KINDS == LIMIT_BYTES;
}

double fill_used(const struct fill *fill)
{
	return fill->burst ? 1 - (double)fill->available / fill->burst : 0;
}

static uint32_t id_of(enum bucket_owner owner, uint32_t row, enum bucket bucket)
{
	return (owner == OWNER_SEGMENT ? ID_SEGMENT : 0) | row << ID_BUCKET_BITS | bucket;
}

/* False: there is no such bucket. */
static bool fill_of(const struct search *search, enum bucket_owner owner, uint32_t row, enum bucket bucket,
		    struct fill *out)
{
	const struct top_data *data = search->data;
	const struct profile *profile;
	const struct state *state;

	if (row >= (owner == OWNER_DEVICE ? data->rows : search->segment_rows))
		return false;
	if (owner == OWNER_DEVICE) {
		profile = live_profile(data->live, &data->idents[row], data->now);
		state = &data->states[row];
	} else {
		profile = live_profile_at(data->live, data->segments[row].profile);
		state = &search->segments[row];
	}
	return profile && bucket_fill(profile, state, bucket, data->at, out);
}

static bool wanted(const struct search *search, enum bucket_owner owner, uint32_t row)
{
	const struct live *live = search->data->live;
	const char *name;

	if (owner == OWNER_SEGMENT)
		return live_segment_name(live, row) && !*search->filter->device &&
		       filter_segment(search->filter, row);
	name = live_device_name(live, row);
	return name && filter_device(search->filter, name, search->data->idents[row].segment);
}

/* ---- what refused ---- */

static bool recent(const struct search *search, const struct refused *refused)
{
	return refused->last && (int64_t)(search->data->at - refused->last) < LIMITS_RECENT;
}

static void offer_refused(struct search *search, const struct refusal_key *key,
			  const struct refused *refused)
{
	struct candidate candidate = { .total = refused->packets, .text = "", .index = key->row };
	struct fill fill;

	if (!recent(search, refused) || !wanted(search, key->owner, key->row) ||
	    !fill_of(search, key->owner, key->row, key->bucket, &fill))
		return;
	candidate.id = id_of(key->owner, key->row, key->bucket);
	candidate.number = REFUSED_FIRST + fill_used(&fill);
	pick_offer(&search->pick, &candidate);
}

/* The whole of a hash that holds no more than PICKET_REFUSALS, in a few calls. */
static void search_refused(struct search *search)
{
	_cleanup_free_ struct refusal_key *keys = calloc(BATCH, sizeof(*keys));
	_cleanup_free_ struct refused *values = calloc(BATCH, sizeof(*values));
	int fd = live_map(search->data->live, "refusals"), err = 0;
	uint64_t at = 0, *from = NULL;
	__u32 n;

	while (keys && values && !err) {
		n = BATCH;
		err = bpf_map_lookup_batch(fd, from, &at, keys, values, &n, NULL);
		if (err && errno != ENOENT) /* which is: these are the last */
			return;
		from = &at;
		for (__u32 i = 0; i < n; i++)
			offer_refused(search, &keys[i], &values[i]);
	}
}

/* ---- what is full ---- */

/* Some bucket of it may be in use. */
static bool in_use(const struct state *state, uint64_t now)
{
	const uint64_t tats[] = {
		state->sent.tat[0], state->sent.tat[1], state->received.tat[0], state->received.tat[1],
		state->flow_tat[0], state->flow_tat[1],
	};

	for (size_t i = 0; i < sizeof(tats) / sizeof(tats[0]); i++) {
		if ((int64_t)(tats[i] - now * UNITS_PER_NS) > 0)
			return true;
	}
	return false;
}

static void offer_full(struct search *search, enum bucket_owner owner, uint32_t row)
{
	struct candidate candidate = { .text = "", .index = row };
	struct fill fill;

	for (int bucket = 0; bucket < BUCKETS; bucket++) {
		if (!fill_of(search, owner, row, bucket, &fill) || fill_used(&fill) < LIMITS_USED)
			continue;
		candidate.id = id_of(owner, row, bucket);
		candidate.number = fill_used(&fill);
		pick_offer(&search->pick, &candidate);
	}
}

static void search_full(struct search *search)
{
	const struct top_data *data = search->data;

	for (uint32_t row = 1; row < data->rows; row++) {
		if (in_use(&data->states[row], data->at) && wanted(search, OWNER_DEVICE, row))
			offer_full(search, OWNER_DEVICE, row);
	}
	for (uint32_t row = 1; row < search->segment_rows; row++) {
		if (in_use(&search->segments[row], data->at) && wanted(search, OWNER_SEGMENT, row))
			offer_full(search, OWNER_SEGMENT, row);
	}
}

/* ---- both ---- */

/* False: it refused lately, and was offered as that, too. */
static bool fill_in(const struct search *search, const struct candidate *candidate, struct pressed *out)
{
	uint32_t row = (candidate->id & ~ID_SEGMENT) >> ID_BUCKET_BITS;
	enum bucket_owner owner = candidate->id & ID_SEGMENT ? OWNER_SEGMENT : OWNER_DEVICE;
	enum bucket bucket = candidate->id & ((1U << ID_BUCKET_BITS) - 1);
	const struct refusal_key key = { .row = row, .owner = owner, .bucket = bucket };
	struct refused refused;

	if (bpf_map_lookup_elem(live_map(search->data->live, "refusals"), &key, &refused))
		refused = (struct refused){ 0 };
	if (candidate->number < REFUSED_FIRST && recent(search, &refused))
		return false;
	*out = (struct pressed){ .owner = owner, .row = row, .bucket = bucket, .refused = refused };
	return fill_of(search, owner, row, bucket, &out->fill);
}

size_t limits_collect(const struct top_data *data, const struct top_filter *filter, struct pressed *out,
		      size_t most)
{
	_cleanup_free_ struct candidate *best = calloc(most, sizeof(*best));
	struct search search = {
		.data = data, .filter = filter, .pick = { .best = best, .most = most },
	};
	uint32_t rows;
	size_t n = 0;

	if (!best)
		return 0;
	search.segments = live_segments(data->live, &rows);
	search.segment_rows = rows < data->segment_rows ? rows : data->segment_rows;
	search_refused(&search);
	search_full(&search);
	pick_finish(&search.pick);
	for (size_t i = 0; i < search.pick.n; i++)
		n += fill_in(&search, &best[i], &out[n]);
	return n;
}
