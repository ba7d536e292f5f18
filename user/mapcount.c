// SPDX-License-Identifier: GPL-2.0-only
#include "mapcount.h"

#include <bpf/bpf.h>
#include <errno.h>

#include "cleanup.h"
#include "policy.h"

#define FLOW_BATCH 256
#define HASH_BATCH 1024

/* As bpf/flowtable.h has it. */
static int64_t flow_lifetime(const struct flow *flow)
{
	const uint8_t both = FLOW_FIN_OPENER | FLOW_FIN_RESPONDER;
	bool closed = flow->flags & FLOW_RESET || (flow->flags & both) == both;

	switch (flow->kind) {
	case FLOW_TCP:
		return (closed ? 10 : 3600) * NSEC_PER_SEC;
	case FLOW_UDP:
		return 180 * NSEC_PER_SEC;
	case FLOW_FRAGMENT:
		return 30 * NSEC_PER_SEC;
	default:
		return 60 * NSEC_PER_SEC;
	}
}

bool flow_counts(const struct flow *flow, uint64_t now)
{
	return flow->low && (int64_t)(now - flow->seen) < flow_lifetime(flow);
}

static int map_info(int fd, struct bpf_map_info *info)
{
	__u32 len = sizeof(*info);

	return bpf_obj_get_info_by_fd(fd, info, &len) ? -errno : 0;
}

/* ---- flows ---- */

int flowcount_open(struct flowcount *count, int fd)
{
	struct bpf_map_info info = {};
	struct flow_counts *parts;
	uint32_t nparts;
	int err = map_info(fd, &info);

	if (!err && info.value_size != sizeof(struct flow_bucket))
		err = -EPROTO;
	if (err)
		return err;
	count->fd = fd;
	if (info.id == count->id)
		return 0;
	nparts = (info.max_entries + MAPCOUNT_STEP - 1) / MAPCOUNT_STEP;
	parts = calloc(nparts, sizeof(*parts));
	if (!parts)
		return -ENOMEM;
	free(count->parts);
	*count = (struct flowcount){
		.fd = fd, .id = info.id, .buckets = info.max_entries, .nparts = nparts, .parts = parts,
	};
	return 0;
}

void flowcount_free(struct flowcount *count)
{
	free(count->parts);
	*count = (struct flowcount){};
}

int flow_buckets_walk(int fd, uint32_t first, uint32_t end, flow_bucket_fn *fn, void *context)
{
	_cleanup_free_ struct flow_bucket *values = malloc(FLOW_BATCH * sizeof(*values));
	uint32_t keys[FLOW_BATCH], before = first - 1, after;
	int err = 0;

	if (!values)
		return -ENOMEM;
	while (first < end && !err) {
		uint32_t n = end - first < FLOW_BATCH ? end - first : FLOW_BATCH;

		if (bpf_map_lookup_batch(fd, first ? &before : NULL, &after, keys, values, &n, NULL) &&
		    errno != ENOENT)
			return -errno;
		if (!n)
			break;
		for (uint32_t i = 0; i < n && !err; i++)
			err = fn(&values[i], context);
		first += n;
		before = first - 1;
	}
	return err;
}

struct flow_counting {
	uint64_t now;
	struct flow_counts counts;
};

static int count_bucket(const struct flow_bucket *bucket, void *context)
{
	struct flow_counting *counting = context;

	for (int way = 0; way < PICKET_FLOW_WAYS; way++) {
		if (!flow_counts(&bucket->flow[way], counting->now))
			continue;
		counting->counts.entries++;
		counting->counts.flows += bucket->flow[way].kind != FLOW_FRAGMENT;
	}
	return 0;
}

int flowcount_step(struct flowcount *count, uint64_t now)
{
	uint32_t first = count->part * MAPCOUNT_STEP;
	uint32_t left = count->buckets - first;
	uint32_t end = first + (left < MAPCOUNT_STEP ? left : MAPCOUNT_STEP);
	struct flow_counting counting = { .now = now };
	int err = flow_buckets_walk(count->fd, first, end, count_bucket, &counting);

	if (err)
		return err;
	count->parts[count->part] = counting.counts;
	if (++count->part == count->nparts) {
		count->part = 0;
		count->whole = true;
	}
	return 0;
}

struct flow_counts flowcount_sum(const struct flowcount *count)
{
	struct flow_counts sum = {};

	for (uint32_t i = 0; i < count->nparts; i++) {
		sum.entries += count->parts[i].entries;
		sum.flows += count->parts[i].flows;
	}
	return sum;
}

/* ---- hashes ---- */

int hashcount_open(struct hashcount *count, int fd)
{
	struct bpf_map_info info = {};
	int err = map_info(fd, &info);

	if (err)
		return err;
	if (info.id != count->id)
		*count = (struct hashcount){
			.id = info.id, .key_size = info.key_size, .value_size = info.value_size,
			.capacity = info.max_entries,
		};
	count->fd = fd;
	return 0;
}

int hashcount_step(struct hashcount *count)
{
	_cleanup_free_ char *keys = malloc(HASH_BATCH * count->key_size);
	_cleanup_free_ char *values = malloc(HASH_BATCH * count->value_size);
	uint32_t next, n;

	if (!keys || !values)
		return -ENOMEM;
	for (uint32_t read = 0; read < MAPCOUNT_STEP; read += n) {
		uint32_t *from = count->begun ? &count->cursor : NULL;

		n = HASH_BATCH;
		if (!bpf_map_lookup_batch(count->fd, from, &next, keys, values, &n, NULL)) {
			count->so_far += n;
			count->cursor = next;
			count->begun = true;
			continue;
		}
		if (errno != ENOENT)
			return -errno;
		count->entries = count->so_far + n;
		count->so_far = 0;
		count->begun = false;
		count->whole = true;
		break;
	}
	return 0;
}
