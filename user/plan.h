/* SPDX-License-Identifier: GPL-2.0-only */
/* What another policy would change, element by element. */
#ifndef PICKET_PLAN_H
#define PICKET_PLAN_H

#include "effects_space.h"
#include "output.h"
#include "plan_pairs.h"

struct plan {
	const struct policy *policies[POLICIES];
	const struct pairs *pairs;
};

/* How often the plan says what of a kind of elements. */
struct plan_count {
	const char *kind; /* "devices" */
	size_t marks[MARK_CHANGED + 1];
};

#define PLAN_KINDS 9

/* A list for each kind of elements; and counts. 0 or -ENOMEM. */
int plan_print(const struct plan *plan, struct output *out, struct plan_count counts[PLAN_KINDS]);

#endif
