// SPDX-License-Identifier: GPL-2.0-only
#include "growth.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "cleanup.h"
#include "slot.h"
#include "window.h"

/* The state of a row in two maps. */
struct pair {
	struct window from, to;
	const struct state *old;
	struct state *fresh;
};

static struct pair pair_open(int from, int to, uint32_t rows)
{
	return (struct pair){
		.from = window_open(from, sizeof(struct state), rows, false),
		.to = window_open(to, sizeof(struct state), rows, true),
	};
}

static void pair_close(struct pair *pair)
{
	window_close(&pair->from);
	window_close(&pair->to);
}

static int pair_row(struct pair *pair, uint32_t row)
{
	pair->old = window_row(&pair->from, row);
	pair->fresh = window_row(&pair->to, row);
	return pair->old && pair->fresh ? 0 : -errno;
}

int growth_copy_states(int from, int to, uint32_t rows, struct state **copied)
{
	struct pair pair __attribute__((cleanup(pair_close))) = pair_open(from, to, rows);
	_cleanup_free_ struct state *copy = malloc(rows * sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	for (uint32_t row = 0; row < rows; row++) {
		int err = pair_row(&pair, row);

		if (err)
			return err;
		copy[row] = *pair.old;
		*pair.fresh = copy[row];
	}
	*copied = copy;
	copy = NULL;
	return 0;
}

static void settle_sums(__u64 *fresh, const __u64 *old, const __u64 *copied, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (old[i] != copied[i])
			__atomic_fetch_add(&fresh[i], old[i] - copied[i], __ATOMIC_RELAXED);
	}
}

static void settle_latest(__u64 *fresh, __u64 old)
{
	if (old > *fresh)
		*fresh = old;
}

#define SUMS(from, to) ((offsetof(struct state, to) - offsetof(struct state, from)) / sizeof(__u64))

static void settle_lane(struct lane *fresh, const struct lane *old, const struct lane *copied)
{
	settle_sums(fresh->tat, old->tat, copied->tat, SUMS(sent.tat, sent.seen));
	settle_latest(&fresh->seen, old->seen);
}

static void settle(struct state *fresh, const struct state *old, const struct state *copied)
{
	if (!memcmp(old, copied, sizeof(*old)))
		return;
	settle_lane(&fresh->sent, &old->sent, &copied->sent);
	settle_lane(&fresh->received, &old->received, &copied->received);
	settle_sums(&fresh->sent_audit_packets, &old->sent_audit_packets, &copied->sent_audit_packets,
		    SUMS(sent_audit_packets, refused));
	settle_latest(&fresh->refused, old->refused);
}

int growth_settle_states(int from, int to, uint32_t rows, const struct state *copied)
{
	struct pair pair __attribute__((cleanup(pair_close))) = pair_open(from, to, rows);
	int err = 0;

	for (uint32_t row = 0; row < rows && !err; row++) {
		err = pair_row(&pair, row);
		if (!err)
			settle(pair.fresh, pair.old, &copied[row]);
	}
	return err;
}

int growth_copy_hash(int from, int to)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);
	_cleanup_free_ char *buffer = NULL;
	char *key, *next, *value;
	uint64_t bound;
	void *at = NULL;

	if (bpf_obj_get_info_by_fd(from, &info, &len))
		return -errno;
	buffer = calloc(1, 2 * info.key_size + info.value_size);
	if (!buffer)
		return -ENOMEM;
	key = buffer;
	next = key + info.key_size;
	value = next + info.key_size;
	/* A key that vanishes on the way starts the walk over. */
	for (bound = 2ULL * info.max_entries; bound && !bpf_map_get_next_key(from, at, next); bound--) {
		memcpy(key, next, info.key_size);
		at = key;
		if (!bpf_map_lookup_elem(from, key, value) &&
		    bpf_map_update_elem(to, key, value, BPF_NOEXIST) && errno != EEXIST)
			return -errno;
	}
	return 0;
}

/* ---- flows ---- */

/* As bpf/flowtable.h's bucket_of() places them. */
static uint32_t bucket_of(const struct config *config, const struct flow_bucket *old, int way)
{
	uint32_t within = old->flow[way].high >> 32;

	return (old->owner[way] + (within & config->flow_window)) & config->flow_mask;
}

static int move_flow(int to, const struct config *config, const struct flow_bucket *old, int way)
{
	const struct flow *flow = &old->flow[way];
	uint32_t at = bucket_of(config, old, way);
	struct flow_bucket bucket;

	if (bpf_map_lookup_elem_flags(to, &at, &bucket, BPF_F_LOCK))
		return -errno;
	for (int i = 0; i < PICKET_FLOW_WAYS; i++) {
		int place = (flow->high + i) % PICKET_FLOW_WAYS; /* its home first */

		if (bucket.hint[place])
			continue;
		bucket.flow[place] = *flow;
		bucket.hint[place] = old->hint[way];
		bucket.owner[place] = old->owner[way];
		return bpf_map_update_elem(to, &at, &bucket, BPF_F_LOCK) ? -errno : 0;
	}
	return 0; /* full, which four times the room makes next to impossible */
}

int growth_copy_flows(int from, int to, const struct config *config)
{
	uint32_t buckets;
	int err = map_capacity(from, &buckets);

	for (uint32_t key = 0; key < buckets && !err; key++) {
		struct flow_bucket bucket;

		if (bpf_map_lookup_elem_flags(from, &key, &bucket, BPF_F_LOCK))
			return -errno;
		for (int way = 0; way < PICKET_FLOW_WAYS && !err; way++) {
			if (bucket.hint[way])
				err = move_flow(to, config, &bucket, way);
		}
	}
	return err;
}
