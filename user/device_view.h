/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of device.c share. Inside of it only.
 */
#ifndef PICKET_DEVICE_VIEW_H
#define PICKET_DEVICE_VIEW_H

#include "counters.h"
#include "eval.h"
#include "live.h"
#include "output.h"

struct view {
	struct output *out;
	struct live *live;
	const struct policy *policy;
	struct eval *eval;
	const struct device *device;
	const struct ident *ident;
	const struct state *state;
	uint32_t row, index; /* index: in the policy */
	int64_t now; /* Unix ns */
	uint64_t boot_now;
	bool all_rules;
};

/* An age, or null where boot_ns is 0. */
void view_moment(const struct view *view, const char *key, uint64_t boot_ns);

/* Whose buckets: a device or its segment. */
struct holder {
	enum bucket_owner owner;
	const struct state *state;
	struct profile profile;
	struct limit limit[DIRECTIONS]; /* as the policy says it */
	struct refused refused[BUCKETS];
};

/* The buckets that hold for it now. 0 or -errno. */
int view_read_limits(const struct view *view, struct holder *device, struct holder *segment);
/* A list "limits" of them, in the order in which they are asked. */
void view_limits(const struct view *view, const struct holder *device, const struct holder *segment);

/* How many rules its roles give it now, as "rule_count", and a list "rules" of the first or of all. */
void view_rules(const struct view *view);

#endif
