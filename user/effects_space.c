// SPDX-License-Identifier: GPL-2.0-only
#include "effects_space.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

#define IPV4_BITS 96 /* an IPv4 /n has length 96 + n */

static const struct {
	const char *addr;
	uint8_t len;
	enum region_nature nature;
} NATURES[] = {
	{ "::", 0, REGION_PLAIN },
	{ "::", 96, REGION_NOWHERE },
	{ "fe80::", 10, REGION_GROUP },
	{ "ff00::", 8, REGION_GROUP },
	{ "0.0.0.0", IPV4_BITS + 8, REGION_NO_SOURCE },
	{ "0.0.0.0", IPV4_BITS + 32, REGION_NOWHERE },
	{ "127.0.0.0", IPV4_BITS + 8, REGION_NOWHERE },
	{ "224.0.0.0", IPV4_BITS + 4, REGION_GROUP },
	{ "240.0.0.0", IPV4_BITS + 4, REGION_NO_SOURCE },
	{ "255.255.255.255", IPV4_BITS + 32, REGION_GROUP },
};

#define NNATURES (sizeof(NATURES) / sizeof(NATURES[0]))

/* A prefix as one place gives it. */
struct mention {
	struct prefix prefix;
	const struct ruleset_prefix *said[POLICIES]; /* NULL: that ruleset does not have it */
	bool special;
	enum region_nature nature; /* when special */
};

static int compare_prefixes(const struct prefix *a, const struct prefix *b)
{
	int order = memcmp(&a->addr, &b->addr, sizeof(a->addr));

	return order ? order : (int)a->len - (int)b->len;
}

static int compare_mentions(const void *a, const void *b)
{
	const struct mention *x = a, *y = b;

	return compare_prefixes(&x->prefix, &y->prefix);
}

static size_t mention_all(const struct ruleset *const rulesets[POLICIES], struct mention *mentions)
{
	size_t n = 0;

	for (size_t i = 0; i < NNATURES; i++) {
		struct mention *m = &mentions[n++];

		*m = (struct mention){ .prefix.len = NATURES[i].len, .special = true,
				       .nature = NATURES[i].nature };
		parse_addr(NATURES[i].addr, &m->prefix.addr);
	}
	for (int x = 0; x < POLICIES; x++) {
		for (size_t i = 0; i < rulesets[x]->nprefixes; i++) {
			const struct ruleset_prefix *said = &rulesets[x]->prefixes[i];

			mentions[n] = (struct mention){ .prefix = said->prefix };
			mentions[n++].said[x] = said;
		}
	}
	return n;
}

/* Each prefix once, sorted. */
static size_t merge(struct mention *mentions, size_t n)
{
	size_t kept = 0;

	qsort(mentions, n, sizeof(*mentions), compare_mentions);
	for (size_t i = 0; i < n; i++) {
		struct mention *into = kept ? &mentions[kept - 1] : NULL;

		if (!into || compare_mentions(into, &mentions[i])) {
			mentions[kept++] = mentions[i];
			continue;
		}
		for (int x = 0; x < POLICIES; x++)
			into->said[x] = mentions[i].said[x] ? mentions[i].said[x] : into->said[x];
		if (mentions[i].special) {
			into->special = true;
			into->nature = mentions[i].nature;
		}
	}
	return kept;
}

static struct region_place said_place(const struct ruleset_prefix *said)
{
	return (struct region_place){
		.segment = said->segment,
		.target = said->target,
		.broadcast_segment = said->flags & PREFIX_BROADCAST ? said->broadcast_segment : INDEX_NONE,
		.learnable = said->segment != INDEX_NONE && !(said->flags & PREFIX_DEFAULT),
	};
}

static unsigned __int128 prefix_size(const struct prefix *prefix)
{
	return prefix->len ? (unsigned __int128)1 << (128 - prefix->len) : ~(unsigned __int128)0;
}

/*
 * What a ruleset does not have is as in the next shorter prefix. IPv4 inherits nothing of what is
 * shorter than itself.
 */
static void fill(struct region *region, const struct mention *m, struct region *parent)
{
	static const struct region_place nowhere = { .segment = INDEX_NONE,
						     .broadcast_segment = INDEX_NONE };
	bool ipv4 = m->prefix.len == IPV4_BITS && addr_is_ipv4(&m->prefix.addr);
	const struct region *above = ipv4 ? NULL : parent;

	region->prefix = m->prefix;
	region->nature = m->special ? m->nature : above ? above->nature : REGION_PLAIN;
	region->left = prefix_size(&m->prefix);
	if (above)
		parent->left -= region->left;
	for (int x = 0; x < POLICIES; x++) {
		region->place[x] = above ? above->place[x] : nowhere;
		if (m->said[x])
			region->place[x] = said_place(m->said[x]);
	}
}

/* As bits: an IPv4 address lies in ::/0 here, which only says where looking it up goes on. */
static bool lies_in(const struct region *region, const struct picket_addr *addr)
{
	return prefix_holds(&region->prefix, addr) || !region->prefix.len;
}

int space_init(const struct ruleset *const rulesets[POLICIES], struct space *out)
{
	size_t n = NNATURES + rulesets[BEFORE]->nprefixes + rulesets[AFTER]->nprefixes;
	struct mention *mentions = calloc(n, sizeof(*mentions));
	struct region *regions = calloc(n, sizeof(*regions));

	if (!mentions || !regions) {
		free(mentions);
		free(regions);
		return -ENOMEM;
	}
	n = merge(mentions, mention_all(rulesets, mentions));
	for (size_t i = 0; i < n; i++) {
		uint32_t parent = i ? i - 1 : INDEX_NONE;

		/* What holds it comes before it, and is what came last or holds that too. */
		while (parent != INDEX_NONE && !lies_in(&regions[parent], &mentions[i].prefix.addr))
			parent = regions[parent].parent;
		regions[i].parent = parent;
		fill(&regions[i], &mentions[i], parent == INDEX_NONE ? NULL : &regions[parent]);
	}
	free(mentions);
	*out = (struct space){ .regions = regions, .n = n };
	return 0;
}

void space_free(struct space *space)
{
	free(space->regions);
}

uint32_t space_find(const struct space *space, const struct picket_addr *addr)
{
	struct prefix wanted = { .addr = *addr, .len = 128 };
	size_t lo = 0, hi = space->n;
	uint32_t at;

	while (lo < hi) {
		size_t middle = lo + (hi - lo) / 2;

		if (compare_prefixes(&space->regions[middle].prefix, &wanted) <= 0)
			lo = middle + 1;
		else
			hi = middle;
	}
	/* ::/0 is the first and holds everything. */
	for (at = lo - 1; !lies_in(&space->regions[at], addr); at = space->regions[at].parent)
		;
	return at;
}
