// SPDX-License-Identifier: GPL-2.0-only
#include "effects_names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void names_free(struct names *names)
{
	for (int x = 0; x < POLICIES; x++) {
		free(names->segment_of[x]);
		free(names->peers[x]);
	}
	for (int side = 0; side < ENDS; side++) {
		free(names->narrower[side]);
		free(names->alike[side]);
		free(names->divided[side][BEFORE]);
		free(names->divided[side][AFTER]);
	}
	free(names->segments);
}

/* Those of the policy after come first; then what only the other has. */
static int name_segments(struct names *names)
{
	const struct policy *before = names->e->input.policies[BEFORE];
	const struct policy *after = names->e->input.policies[AFTER];

	names->segments = calloc(before->nsegments + after->nsegments + 1, sizeof(*names->segments));
	for (int x = 0; x < POLICIES; x++)
		names->segment_of[x] = calloc(names->e->input.policies[x]->nsegments + 1, sizeof(uint32_t));
	if (!names->segments || !names->segment_of[BEFORE] || !names->segment_of[AFTER])
		return -ENOMEM;
	for (size_t i = 0; i < after->nsegments; i++) {
		names->segments[names->nsegments] = after->segments[i].name;
		names->segment_of[AFTER][i] = names->nsegments++;
	}
	for (size_t i = 0; i < before->nsegments; i++) {
		uint32_t found = policy_find_segment(after, before->segments[i].name);

		names->segment_of[BEFORE][i] = found == INDEX_NONE ? names->nsegments : found;
		if (found == INDEX_NONE)
			names->segments[names->nsegments++] = before->segments[i].name;
	}
	return 0;
}

static int compare_peers(const void *a, const void *b)
{
	const struct peer_prefix *x = a, *y = b;
	int order = memcmp(&x->prefix.addr, &y->prefix.addr, sizeof(x->prefix.addr));

	return order ? order : (int)x->prefix.len - (int)y->prefix.len;
}

static int name_peers(struct names *names, int policy)
{
	const struct policy *p = names->e->input.policies[policy];
	size_t n = 0;

	for (size_t i = 0; i < p->npeers; i++)
		n += p->peers[i].nprefixes;
	names->peers[policy] = calloc(n + 1, sizeof(*names->peers[policy]));
	if (!names->peers[policy])
		return -ENOMEM;
	for (size_t i = 0; i < p->npeers; i++)
		for (size_t k = 0; k < p->peers[i].nprefixes; k++)
			names->peers[policy][names->npeers[policy]++] =
				(struct peer_prefix){ p->peers[i].prefixes[k], i };
	qsort(names->peers[policy], n, sizeof(*names->peers[policy]), compare_peers);
	return 0;
}

const char *names_peer(const struct names *names, const struct prefix *prefix)
{
	const struct peer_prefix key = { .prefix = *prefix };

	for (int x = AFTER; x >= BEFORE; x--) {
		const struct peer_prefix *found =
			bsearch(&key, names->peers[x], names->npeers[x], sizeof(key), compare_peers);

		if (found)
			return names->e->input.policies[x]->peers[found->peer].name;
	}
	return NULL;
}

uint32_t class_home(const struct names *names, const struct end_class *class)
{
	for (int x = AFTER; x >= BEFORE; x--)
		if (class->end[x].kind == END_HOST || class->end[x].kind == END_DEVICE)
			return names->segment_of[x][class->end[x].segment];
	return INDEX_NONE;
}

/* ---- what narrows a class ---- */

const struct prefix *names_prefix(const struct names *names, int policy, uint32_t target)
{
	const struct ruleset *ruleset = names->e->input.rulesets[policy];

	return target ? &ruleset->prefixes[ruleset->targets[target].index].prefix : NULL;
}

/* The length of the subnet that makes a class's addresses its segment's; 0: none does. */
static uint8_t subnet_len(const struct names *names, const struct end_class *class, int policy)
{
	const struct effects *e = names->e;
	const struct end *end = &class->end[policy];
	const struct segment *segment;
	uint8_t len = 0;

	if ((end->kind != END_HOST && end->kind != END_DEVICE) || class->region == INDEX_NONE)
		return 0;
	segment = &e->input.policies[policy]->segments[end->segment];
	for (size_t i = 0; i < segment->nsubnets; i++) {
		const struct prefix *subnet = &segment->subnets[i].prefix;

		if (prefix_holds(subnet, &e->space.regions[class->region].prefix.addr) && subnet->len > len)
			len = subnet->len;
	}
	return len;
}

struct narrowing names_narrowing(const struct names *names, enum side side,
				 const struct end_class *class)
{
	struct narrowing narrow = {};

	for (int x = 0; x < POLICIES; x++) {
		uint32_t target = class->end[x].prefix;
		const struct prefix *prefix = names_prefix(names, x, target);

		if (!prefix || prefix->len <= subnet_len(names, class, x) ||
		    (narrow.prefix && prefix->len <= narrow.prefix->len))
			continue;
		narrow.prefix = prefix;
		narrow.rest = names->divided[side][x][target];
	}
	return narrow;
}

/* Marks the prefixes, of both policies, around the longest one that the class is in. */
static void divide(struct names *names, enum side side, const struct end_class *class)
{
	const struct prefix *longest = NULL;

	for (int x = 0; x < POLICIES; x++) {
		const struct prefix *prefix = names_prefix(names, x, class->end[x].prefix);

		if (prefix && (!longest || prefix->len > longest->len))
			longest = prefix;
	}
	for (int x = 0; x < POLICIES; x++) {
		const struct ruleset *ruleset = names->e->input.rulesets[x];

		for (uint32_t at = class->end[x].prefix; at; at = ruleset->targets[at].parent)
			if (names_prefix(names, x, at)->len < longest->len)
				names->divided[side][x][at] = true;
	}
}

static int find_divided(struct names *names, enum side side)
{
	const struct classes *classes = &names->e->classes[side];

	for (int x = 0; x < POLICIES; x++) {
		names->divided[side][x] = calloc(names->e->input.rulesets[x]->ntargets + 1, sizeof(bool));
		if (!names->divided[side][x])
			return -ENOMEM;
	}
	for (size_t i = 0; i < classes->n; i++)
		if (classes->all[i].who == INDEX_NONE)
			divide(names, side, &classes->all[i]);
	return 0;
}

static int count_narrower(struct names *names, enum side side)
{
	const struct classes *classes = &names->e->classes[side];
	int err = find_divided(names, side);

	names->narrower[side] = calloc(names->nsegments + 1, sizeof(uint32_t));
	if (err || !names->narrower[side])
		return -ENOMEM;
	for (size_t i = 0; i < classes->n; i++) {
		const struct end_class *class = &classes->all[i];
		uint32_t home = class_home(names, class);

		if (class->who == INDEX_NONE && home != INDEX_NONE &&
		    names_narrowing(names, side, class).prefix)
			names->narrower[side][home]++;
	}
	return 0;
}

/* ---- classes that go by the same words ---- */

struct same_words {
	const struct names *names;
	enum side side;
	struct items words; /* by class */
	struct table table; /* of classes, by words and version */
};

static bool same_words(const void *owner, uint32_t index, const void *key)
{
	const struct same_words *w = owner;
	const struct end_class *all = w->names->e->classes[w->side].all;
	uint32_t wanted = *(const uint32_t *)key;

	return all[index].version == all[wanted].version &&
	       !strcmp(item(&w->words, index), item(&w->words, wanted));
}

static int find_alike(struct names *names, enum side side)
{
	const struct classes *classes = &names->e->classes[side];
	struct same_words w = { .names = names, .side = side };
	uint32_t found;
	int err = 0;

	w.table = (struct table){ .same = same_words, .owner = &w };
	names->alike[side] = calloc(classes->n + 1, sizeof(bool));
	if (!names->alike[side])
		return -ENOMEM;
	for (uint32_t i = 0; i < classes->n && !err; i++) {
		items_add(&w.words, "%s", "");
		if (classes->all[i].who != INDEX_NONE || class_home(names, &classes->all[i]) == INDEX_NONE)
			continue;
		class_write(names, side, i, false, &w.words);
		if (w.words.failed || table_add(&w.table, hash_bytes(item(&w.words, i),
						strlen(item(&w.words, i))), &i, i, &found))
			err = -ENOMEM;
		else if (found != UINT32_MAX)
			names->alike[side][found] = names->alike[side][i] = true;
	}
	items_free(&w.words);
	table_free(&w.table);
	return err;
}

int names_init(const struct effects *e, struct names *names)
{
	int err;

	*names = (struct names){ .e = e };
	err = name_segments(names);
	for (int x = 0; x < POLICIES && !err; x++)
		err = name_peers(names, x);
	for (int side = 0; side < ENDS && !err; side++) {
		err = count_narrower(names, side);
		if (!err)
			err = find_alike(names, side);
	}
	return err;
}
