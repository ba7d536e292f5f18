// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets: the rules of some roles together, as target -> services. While a set is made, an entry
 * is a pair in one number: the target above, a list of services below.
 */
#include <errno.h>
#include <stdlib.h>

#include "cleanup.h"
#include "compile_work.h"

#define ROLE_PAIR 0x80000000U /* a role, until the targets that hold it take its place */

static int add_pair(struct compilation *c, uint32_t target, uint32_t services)
{
	if (array_reserve((void **)&c->pairs, &c->pairs_capacity, c->npairs + 1,
			  sizeof(*c->pairs)))
		return -ENOMEM;
	c->pairs[c->npairs++] = (uint64_t)target << 32 | services;
	return 0;
}

/* Sorts the pairs and makes one of those with the same target. */
static int merge_pairs(struct compilation *c)
{
	size_t kept = 0, end;
	uint32_t services;

	c->npairs = sort_unique64(c->pairs, c->npairs);
	for (size_t i = 0; i < c->npairs; i = end) {
		uint64_t target = c->pairs[i] >> 32;

		for (end = i + 1; end < c->npairs && c->pairs[end] >> 32 == target; end++)
			;
		if (unite_services(c, c->pairs + i, end - i, &services))
			return -ENOMEM;
		c->pairs[kept++] = target << 32 | services;
	}
	c->npairs = kept;
	return 0;
}

static int add_target_pairs(struct compilation *c, const struct target *target, uint32_t services)
{
	const struct ruleset *ruleset = c->ruleset;
	const struct peer *peer;
	int err = 0;

	switch (target->kind) {
	case TARGET_ANY:
		return add_pair(c, PICKET_TARGET_ANY, services);
	case TARGET_GATEWAY:
		return add_pair(c, PICKET_TARGET_GATEWAY, services);
	case TARGET_PREFIX:
		return add_pair(c, prefix_target(ruleset, &target->prefix), services);
	case TARGET_SEGMENT:
		return add_pair(c, ruleset->segment_target[target->index], services);
	case TARGET_ROLE:
		return add_pair(c, ROLE_PAIR | target->index, services);
	case TARGET_DEVICE:
		return add_pair(c, ruleset->device_name[target->index], services);
	case TARGET_PEER:
		peer = &c->policy->peers[target->index];
		for (size_t i = 0; i < peer->nprefixes && !err; i++)
			err = add_pair(c, prefix_target(ruleset, &peer->prefixes[i]), services);
		break;
	}
	return err;
}

static int add_role_rules(struct compilation *c, uint32_t index, enum rule_side side)
{
	size_t n, first = c->first_rule[side][index];
	const struct rule *rules = role_rules(&c->policy->roles[index], side, &n);
	int err = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < rules[i].ntargets && !err; j++)
			err = add_target_pairs(c, &rules[i].targets[j],
					       c->rule_services[side][first + i]);
	return err;
}

/* Puts the targets that hold a role in its place. Pairs with roles are sorted last. */
static int expand_roles(struct compilation *c)
{
	size_t end = c->npairs, first, kept;

	for (first = end; first && c->pairs[first - 1] >> 32 & ROLE_PAIR; first--)
		;
	if (first == end)
		return 0;
	for (size_t i = first; i < end; i++) {
		uint32_t role = (c->pairs[i] >> 32) & ~ROLE_PAIR;

		for (size_t j = c->first_role_target[role]; j < c->first_role_target[role + 1]; j++)
			if (add_pair(c, c->role_targets[j], (uint32_t)c->pairs[i]))
				return -ENOMEM;
	}
	kept = first;
	for (size_t i = end; i < c->npairs; i++)
		c->pairs[kept++] = c->pairs[i];
	c->npairs = kept;
	return merge_pairs(c);
}

/* As entries they are counted, and no more than RULESET_MAX_ENTRIES of them. */
static int count_entries(struct compilation *c, size_t n)
{
	c->nentries += n;
	if (c->nentries <= RULESET_MAX_ENTRIES)
		return 0;
	report_entries(c);
	return -EINVAL;
}

static int intern_set(struct compilation *c, uint32_t *set)
{
	_cleanup_free_ uint32_t *numbers = malloc((2 * c->npairs + 1) * sizeof(*numbers));
	size_t before = c->sets.n;
	int err;

	if (!numbers)
		return -ENOMEM;
	*set = 0;
	if (!c->npairs)
		return 0;
	for (size_t i = 0; i < c->npairs; i++) {
		numbers[2 * i] = c->pairs[i] >> 32;
		numbers[2 * i + 1] = c->pairs[i];
	}
	err = lists_intern(&c->sets, numbers, 2 * c->npairs, set);
	if (err)
		return err;
	++*set;
	return c->sets.n > before ? count_entries(c, c->npairs) : 0;
}

static int compile_set(struct compilation *c, enum rule_side side, uint32_t key, uint32_t *set)
{
	int err = 0;

	c->npairs = 0;
	for (size_t i = 0; i < list_length(&c->keys[side], key) && !err; i++)
		err = add_role_rules(c, list_numbers(&c->keys[side], key)[i], side);
	if (!err)
		err = merge_pairs(c);
	if (!err)
		err = expand_roles(c);
	return err ? err : intern_set(c, set);
}

/* Each rule's services, interned once however many sets it is in. */
static int compile_rule_services(struct compilation *c, enum rule_side side)
{
	size_t nroles = c->policy->nroles, n, total = 0;
	int err = 0;

	c->first_rule[side] = calloc(nroles + 1, sizeof(*c->first_rule[side]));
	if (!c->first_rule[side])
		return -ENOMEM;
	for (size_t i = 0; i < nroles; i++) {
		c->first_rule[side][i] = total;
		role_rules(&c->policy->roles[i], side, &n);
		total += n;
	}
	c->rule_services[side] = calloc(total + 1, sizeof(*c->rule_services[side]));
	if (!c->rule_services[side])
		return -ENOMEM;
	for (size_t i = 0; i < nroles; i++) {
		const struct rule *rules = role_rules(&c->policy->roles[i], side, &n);

		for (size_t j = 0; j < n && !err; j++)
			err = intern_services(c, rules[j].services, rules[j].nservices,
					      &c->rule_services[side][c->first_rule[side][i] + j]);
	}
	return err;
}

static int compile_conduits(struct compilation *c)
{
	struct ruleset *ruleset = c->ruleset;
	uint32_t services;
	int err = 0;

	c->npairs = 0;
	for (size_t i = 0; i < c->policy->nconduits && !err; i++) {
		const struct conduit *conduit = &c->policy->conduits[i];

		err = intern_services(c, conduit->services, conduit->nservices, &services);
		for (size_t j = 0; j < conduit->nfrom * conduit->nto && !err; j++)
			err = add_pair(c, conduit->from[j / conduit->nto] << 16 |
				       conduit->to[j % conduit->nto], services);
	}
	if (!err)
		err = merge_pairs(c);
	if (err)
		return err;
	ruleset->conduits = calloc(c->npairs + 1, sizeof(*ruleset->conduits));
	if (!ruleset->conduits)
		return -ENOMEM;
	for (size_t i = 0; i < c->npairs; i++) {
		uint32_t ends = c->pairs[i] >> 32;

		ruleset->conduits[i] = (struct ruleset_conduit){
			.from = ends >> 16,
			.to = ends & 0xffff,
			.services = service_span(c, (uint32_t)c->pairs[i]),
		};
	}
	ruleset->nconduits = c->npairs;
	return count_entries(c, c->npairs);
}

/* The rule entries of all sets, in the order of their numbers. */
static int fill_entries(struct compilation *c)
{
	struct ruleset *ruleset = c->ruleset;
	struct ruleset_entry *entry;

	ruleset->nsets = c->sets.n;
	ruleset->nentries = c->sets.nnumbers / 2;
	ruleset->entries = calloc(ruleset->nentries + 1, sizeof(*ruleset->entries));
	if (!ruleset->entries)
		return -ENOMEM;
	entry = ruleset->entries;
	for (size_t i = 0; i < c->sets.n; i++) {
		const uint32_t *numbers = list_numbers(&c->sets, i);

		for (size_t j = 0; j < list_length(&c->sets, i); j += 2, entry++) {
			entry->key = (struct rule_key){ .set = i + 1, .target = numbers[j] };
			entry->services = service_span(c, numbers[j + 1]);
		}
	}
	return 0;
}

int compile_sets(struct compilation *c)
{
	int err = 0;

	for (int side = 0; side < SIDES && !err; side++) {
		err = compile_rule_services(c, side);
		if (err)
			return err;
		c->set_of_key[side] = calloc(c->keys[side].n + 1, sizeof(*c->set_of_key[side]));
		if (!c->set_of_key[side])
			return -ENOMEM;
		for (size_t i = 0; i < c->keys[side].n && !err; i++)
			err = compile_set(c, side, i, &c->set_of_key[side][i]);
	}
	if (!err)
		err = compile_conduits(c);
	return err ? err : fill_entries(c);
}
