/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All addresses, cut into regions that neither of two rulesets tells apart: a region is a prefix
 * of either without the longer ones in it.
 */
#ifndef PICKET_EFFECTS_SPACE_H
#define PICKET_EFFECTS_SPACE_H

#include "ruleset.h"

enum { BEFORE, AFTER, POLICIES };

/* What no policy can change about an address (SPEC's martians, links and groups). */
enum region_nature {
	REGION_PLAIN,
	REGION_NO_SOURCE, /* goes somewhere, but comes from nowhere */
	REGION_GROUP, /* multicast, broadcast, link-local: goes to a group */
	REGION_NOWHERE, /* loopback, unspecified, IPv4 within IPv6 */
};

/* What the longest prefix of one ruleset says, without what its rules' targets have in common. */
struct region_place {
	uint32_t segment; /* INDEX_NONE: none */
	uint32_t target; /* the longest rule prefix, as a target; 0: none */
	uint32_t broadcast_segment; /* whose broadcast address it is, INDEX_NONE: no one's */
	bool learnable; /* the longest subnet is no /0 */
};

struct region {
	struct prefix prefix;
	uint32_t parent; /* the region of the next shorter prefix; INDEX_NONE: there is none */
	enum region_nature nature;
	struct region_place place[POLICIES];
	unsigned __int128 left; /* addresses that no longer prefix takes away, as far as was told */
};

/* By address, then length; together they hold every address. */
struct space {
	struct region *regions;
	size_t n;
};

/* 0 and *out, or -ENOMEM. */
int space_init(const struct ruleset *const rulesets[POLICIES], struct space *out);
void space_free(struct space *space);

/* Index of the region that an address lies in. */
uint32_t space_find(const struct space *space, const struct picket_addr *addr);

#endif
