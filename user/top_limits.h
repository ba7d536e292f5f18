/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits in force: buckets of devices and segments that are used up or nearly so, or that refused something
 * in the last seconds.
 */
#ifndef PICKET_TOP_LIMITS_H
#define PICKET_TOP_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "counters.h"
#include "top_data.h"
#include "top_filter.h"

#define LIMITS_USED 0.8 /* of a bucket: nearly all of it */
#define LIMITS_RECENT (10 * NSEC_PER_SEC)

struct pressed {
	enum bucket_owner owner;
	uint32_t row; /* the owner's */
	enum bucket bucket;
	struct fill fill;
	struct refused refused;
};

/* "send packets" */
const char *bucket_name(enum bucket bucket);
bool bucket_is_bytes(enum bucket bucket);

/* The used part, 0 to 1. */
double fill_used(const struct fill *fill);

/* The fullest ones that the filter lets through, at most so many. Returns how many. */
size_t limits_collect(const struct top_data *data, const struct top_filter *filter, struct pressed *out,
		      size_t most);

#endif
