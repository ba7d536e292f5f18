/* SPDX-License-Identifier: GPL-2.0-only */
/* The subnets of all segments: which segment an address lives in. */
#ifndef PICKET_SUBNETS_H
#define PICKET_SUBNETS_H

#include "policy.h"
#include "table.h"

/* One subnet, as positions in the policy. */
struct subnet_ref {
	uint32_t segment, subnet;
};

struct subnets {
	const struct policy *policy;
	struct subnet_ref *refs;
	size_t nrefs;
	struct table by_prefix; /* of refs */
	struct picket_addr *broadcasts; /* of IPv4 subnets, prefix length 1 to 30 */
	struct subnet_ref *broadcast_refs; /* whose they are */
	size_t nbroadcasts;
	struct table by_broadcast; /* of broadcasts */
	uint8_t lens[129]; /* prefix lengths that occur, longest first */
	size_t nlens;
};

/* 0 or -ENOMEM. subnets_free() in either case. */
int subnets_init(struct subnets *subnets, const struct policy *policy);
void subnets_free(struct subnets *subnets);

/* Adds the next subnet; *same is the older one with its prefix, or UINT32_MAX. 0 or -ENOMEM. */
int subnets_add(struct subnets *subnets, struct subnet_ref ref, uint32_t *same);

/* After the last subnets_add(), before what follows. */
void subnets_sort(struct subnets *subnets);

/* Index into refs of the longest subnet that holds the address, or UINT32_MAX. */
uint32_t subnets_match(const struct subnets *subnets, const struct picket_addr *addr);

/* The subnet whose broadcast address this is, or NULL. */
const struct subnet_ref *subnets_broadcast(const struct subnets *subnets,
					   const struct picket_addr *addr);

const struct subnet *subnet_of(const struct policy *policy, struct subnet_ref ref);

/* addr without the bits behind len (0 to 128). */
struct picket_addr addr_masked(const struct picket_addr *addr, unsigned int len);
bool addr_stays_on_link(const struct picket_addr *addr); /* IPv6 */

#endif
