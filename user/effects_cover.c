// SPDX-License-Identifier: GPL-2.0-only
#include "effects_cover.h"

#include <errno.h>
#include <stdlib.h>

#define CHAIN 4 /* bunches of one class, the largest first */

/* Then, in this order, so many a segment: all in it, its hosts, its devices; then one a who. */
enum { BUNCH_ANY, BUNCH_GATEWAY, BUNCH_GROUPS, BUNCH_SEGMENTS };

static size_t chain_of(const struct cover *cover, const struct end_class *class, uint32_t chain[CHAIN])
{
	const struct names *names = cover->names;
	uint32_t home = class_home(names, class), n = names->nsegments;

	chain[0] = BUNCH_ANY;
	if (class->end[BEFORE].kind == END_GATEWAY || class->end[AFTER].kind == END_GATEWAY) {
		chain[1] = BUNCH_GATEWAY;
		return 2;
	}
	if (home == INDEX_NONE) {
		chain[1] = BUNCH_GROUPS;
		return 2;
	}
	chain[1] = BUNCH_SEGMENTS + home;
	if (class->who == INDEX_NONE) {
		chain[2] = BUNCH_SEGMENTS + n + home;
		return 3;
	}
	chain[2] = BUNCH_SEGMENTS + 2 * n + home;
	chain[3] = BUNCH_SEGMENTS + 3 * n + class->who;
	return 4;
}

static struct label label_of(const struct cover *cover, uint32_t bunch, uint32_t version)
{
	uint32_t n = cover->names->nsegments, at = bunch - BUNCH_SEGMENTS;

	if (bunch < BUNCH_SEGMENTS)
		return (struct label){ LABEL_ANY + bunch, 0, version };
	if (at >= 3 * n)
		return (struct label){ LABEL_WHO, at - 3 * n, version };
	return (struct label){ LABEL_SEGMENT + at / n, at % n, version };
}

static enum version_index version_index(const struct end_class *class)
{
	return class->version == 4 ? IPV4 : IPV6;
}

int cover_init(const struct names *names, struct cover *cover)
{
	const struct classes *classes = &names->e->classes[TO];
	uint32_t chain[CHAIN];

	*cover = (struct cover){ .names = names };
	cover->nbunches = BUNCH_SEGMENTS + 3 * names->nsegments + names->e->whos.n;
	cover->bunches = calloc(cover->nbunches, sizeof(*cover->bunches));
	if (!cover->bunches)
		return -ENOMEM;
	for (size_t i = 0; i < classes->n; i++) {
		const struct end_class *class = &classes->all[i];
		size_t n = chain_of(cover, class, chain);
		int present = 0;

		for (int x = 0; x < POLICIES; x++) {
			bool anybody = class->end[x].kind != END_NOBODY && !class->edge;

			present += anybody;
			for (size_t k = 0; k < n; k++)
				cover->bunches[chain[k]].total[x][version_index(class)] += anybody;
		}
		for (size_t k = 0; k < n; k++)
			cover->bunches[chain[k]].steady[version_index(class)] |= present == POLICIES;
	}
	return 0;
}

void cover_free(struct cover *cover)
{
	free(cover->bunches);
	free(cover->touched);
	free(cover->labels);
}

/* ---- one set ---- */

static int count(struct cover *cover, uint32_t index)
{
	const struct end_class *class = &cover->names->e->classes[TO].all[index];
	uint32_t chain[CHAIN];
	size_t n = chain_of(cover, class, chain);

	if (array_reserve((void **)&cover->touched, &cover->touched_capacity, cover->ntouched + CHAIN,
			  sizeof(*cover->touched)))
		return -ENOMEM;
	for (size_t k = 0; k < n; k++) {
		struct bunch *bunch = &cover->bunches[chain[k]];

		if (!bunch->in[IPV4] && !bunch->in[IPV6])
			cover->touched[cover->ntouched++] = chain[k];
		bunch->in[version_index(class)]++;
	}
	return 0;
}

static void forget(struct cover *cover)
{
	for (size_t i = 0; i < cover->ntouched; i++) {
		struct bunch *bunch = &cover->bunches[cover->touched[i]];

		bunch->in[IPV4] = bunch->in[IPV6] = 0;
		bunch->said = 0;
	}
	cover->ntouched = 0;
	cover->n = 0;
}

/* The versions (bits) for which a bunch is whole as far as such sources can reach it. */
static uint32_t whole(const struct bunch *bunch, uint32_t versions, int policy)
{
	int other = policy == BEFORE ? AFTER : BEFORE;
	uint32_t result = 0;

	for (int v = 0; v < VERSIONS; v++) {
		/* What is somewhere else in either policy is not said by the name that both have. */
		bool moved = bunch->in[v] && !bunch->steady[v] && bunch->total[other][v];

		if (versions & 1U << v && !moved && bunch->in[v] == bunch->total[policy][v])
			result |= 1U << v;
	}
	return result;
}

static int add_label(struct cover *cover, struct label label)
{
	if (array_reserve((void **)&cover->labels, &cover->capacity, cover->n + 1, sizeof(label)))
		return -ENOMEM;
	cover->labels[cover->n++] = label;
	return 0;
}

static int say(struct cover *cover, uint32_t index, uint32_t versions, int policy)
{
	const struct end_class *class = &cover->names->e->classes[TO].all[index];
	uint32_t chain[CHAIN], bit = 1U << version_index(class), version;
	size_t n = chain_of(cover, class, chain);

	for (size_t k = 0; k < n; k++) {
		struct bunch *bunch = &cover->bunches[chain[k]];
		uint32_t full = whole(bunch, versions, policy);

		if (bunch->said & bit)
			return 0;
		if (!(full & bit))
			continue;
		bunch->said |= full == versions ? versions : bit;
		return add_label(cover, label_of(cover, chain[k], full == versions ? 0 : class->version));
	}
	/* The same words may mean a class of the other version, too. */
	version = versions != bit && cover->bunches[chain[1]].total[policy][version_index(class) ^ 1] ?
		  class->version : 0;
	return add_label(cover, (struct label){ LABEL_CLASS, index, version });
}

static int each(struct cover *cover, uint32_t set, int (*visit)(struct cover *cover, uint32_t index,
		uint32_t versions, int policy), uint32_t versions, int policy)
{
	const struct lists *sets = &cover->names->e->sets;
	int err = 0;

	if (set == UINT32_MAX)
		return 0;
	for (size_t i = 0; i < list_length(sets, set); i += 2) {
		uint32_t first = list_numbers(sets, set)[i], last = list_numbers(sets, set)[i + 1];

		for (uint32_t index = first; index <= last && !err; index++)
			if (!cover->names->e->classes[TO].all[index].edge)
				err = visit(cover, index, versions, policy);
	}
	return err;
}

static int count_one(struct cover *cover, uint32_t index, uint32_t versions, int policy)
{
	return count(cover, index);
}

int cover_set(struct cover *cover, const uint32_t sets[VERSIONS], uint32_t versions, int policy)
{
	int err = 0;

	forget(cover);
	for (int v = 0; v < VERSIONS && !err; v++)
		err = each(cover, sets[v], count_one, versions, policy);
	for (int v = 0; v < VERSIONS && !err; v++)
		err = each(cover, sets[v], say, versions, policy);
	return err;
}
