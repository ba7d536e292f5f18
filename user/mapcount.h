/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many entries maps hold that are too large to be walked at once: each step reads a part, and
 * what was counted last of every part is added up.
 */
#ifndef PICKET_MAPCOUNT_H
#define PICKET_MAPCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "picket/abi.h"

/* Nobody waits for this long: a step takes some milliseconds. */
#define MAPCOUNT_STEP 16384 /* entries of a hash, buckets of flows */

/* An entry that is neither free nor expired at a time (ns of boot time). */
bool flow_counts(const struct flow *flow, uint64_t now);

/*
 * Reads buckets first to end - 1 of "flows" or "hostflows", without their locks: an entry that changes
 * meanwhile is old or new, or a mixture. fn ends the walk by anything but 0. 0, what fn returned, or -errno.
 */
typedef int flow_bucket_fn(const struct flow_bucket *bucket, void *context);
int flow_buckets_walk(int fd, uint32_t first, uint32_t end, flow_bucket_fn *fn, void *context);

struct flow_counts {
	uint32_t entries; /* fragments that are waited for among them */
	uint32_t flows;
};

/* "flows" or "hostflows" */
struct flowcount {
	int fd;
	uint32_t id; /* the map's, 0: none yet */
	uint32_t buckets;
	uint32_t nparts;
	struct flow_counts *parts; /* as they were last seen */
	uint32_t part; /* is next */
	bool whole; /* every part was seen */
};

/* fd stays the caller's; counts stay when it is the same map as before. 0 or -errno. */
int flowcount_open(struct flowcount *count, int fd);
void flowcount_free(struct flowcount *count);
/* Reads the next part. 0 or -errno. */
int flowcount_step(struct flowcount *count, uint64_t now);
struct flow_counts flowcount_sum(const struct flowcount *count);

/* A hash. */
struct hashcount {
	int fd;
	uint32_t id, key_size, value_size;
	uint32_t capacity; /* entries */
	uint32_t cursor; /* of the next step */
	bool begun; /* there is a cursor */
	uint64_t so_far; /* in this walk */
	uint64_t entries; /* as the last walk counted them */
	bool whole; /* there was one */
};

int hashcount_open(struct hashcount *count, int fd);
int hashcount_step(struct hashcount *count);

#endif
