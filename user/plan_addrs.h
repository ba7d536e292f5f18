/* SPDX-License-Identifier: GPL-2.0-only */
/* Which device lists an address. */
#ifndef PICKET_PLAN_ADDRS_H
#define PICKET_PLAN_ADDRS_H

#include "policy.h"
#include "table.h"

struct listed_addr;

/* All zero but for the policy, until it is first asked; must not move after that. */
struct addrs {
	const struct policy *policy;
	struct listed_addr *all;
	size_t n;
	struct table table;
};

/* 0 and *device, INDEX_NONE when none does; -ENOMEM. */
int addrs_find(struct addrs *addrs, const struct picket_addr *addr, uint32_t *device);
void addrs_free(struct addrs *addrs);

#endif
