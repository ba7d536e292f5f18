/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which device of one policy is which of another: by name; of those that are left, by MAC, then
 * by address, so that a new name does not make another device.
 */
#ifndef PICKET_PLAN_PAIRS_H
#define PICKET_PLAN_PAIRS_H

#include "policy.h"

struct pairs {
	uint32_t *after; /* by device of the policy before; INDEX_NONE: it is gone */
	uint32_t *before; /* by device of the policy after; INDEX_NONE: it is new */
};

/* 0 and *out, or -ENOMEM. */
int pairs_init(const struct policy *before, const struct policy *after, struct pairs *out);
void pairs_free(struct pairs *pairs);

#endif
