/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the parts that find which flows a policy would cut off. */
#ifndef PICKET_CUTS_WORK_H
#define PICKET_CUTS_WORK_H

#include "cuts.h"
#include "flowends.h"
#include "flowjudge.h"
#include "table.h"

#define ADDRS_MOST 64 /* of a device */
#define NO_ROW UINT32_MAX

/* Who a row is. */
struct owner {
	uint32_t row;
	const char *name;
	uint32_t before, after; /* device; INDEX_NONE */
	bool left; /* no port that it is on is one of the policy: nothing is filtered there */
	struct picket_addr addrs[PICKET_LEARNED_MAX]; /* learned */
	size_t nlearned;
};

struct seen {
	struct flow flow;
	uint32_t opener, responder; /* owners; NO_ROW: no device */
	bool known; /* ends are */
	struct flow_ends ends;
	struct flow_party from, to;
};

struct flow_work {
	const struct cuts_input *input;
	const struct config *config;
	struct cuts *cuts;
	const struct policy *before; /* NULL: it was not parsed */
	uint64_t now; /* ns of boot time */
	struct seen *flows;
	size_t n, capacity;
	struct owner *owners;
	size_t nowners, owners_capacity;
	struct table by_row, by_name, by_addr;
	struct picket_addr *addrs; /* of all ends, each once */
	uint32_t *listed; /* by index in addrs: the device of the policy that lists it */
	size_t naddrs, addrs_capacity;
	uint64_t filtered[PICKET_MAX_SEGMENTS / 64]; /* segments, by row, that keep a port */
	struct picket_addr *guesses; /* whom an end that is no device's may be */
	size_t nguesses, guesses_capacity;
	uint64_t tries; /* of them, so far */
	struct flow_judge judge;
};

/* Once, before any other. */
void cuts_begin_owners(struct flow_work *w);

/* Who has a row: 0 and *out, in owners, NO_ROW when nobody has; or -ENOMEM. */
int cuts_owner(struct flow_work *w, uint32_t row, uint32_t *out);

/* Devices that are not where they were are looked for by name, all at once. 0 or -ENOMEM. */
int cuts_find_moved(struct flow_work *w);

/* An owner's addresses, as far as they are known: how many. */
size_t cuts_owner_addrs(const struct flow_work *w, const struct owner *owner, struct picket_addr out[ADDRS_MOST]);

#endif
