// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

/*
 * A rule is shadowed when one other of the same list covers all its targets and services:
 * rules only ever allow, so it adds nothing. Rules are found by a target that they name.
 */
struct shadows {
	const struct policy *policy;
	struct role_map *map; /* for its budget */
	const struct rule *rules;
	struct entry {
		const struct target *target;
		uint32_t rule, next; /* with the same target; INDEX_NONE: the last */
	} *entries;
	size_t nentries;
	struct table by_target; /* of entries */
	uint8_t lens[129]; /* prefix lengths that occur */
	size_t nlens;
};

static uint64_t target_hash(const struct target *target)
{
	uint64_t hash = target->kind * 0x9e3779b97f4a7c15ULL;

	if (target->kind == TARGET_PREFIX)
		return hash_bytes(&target->prefix.addr, sizeof(target->prefix.addr)) + target->prefix.len;
	return hash + hash_bytes(&target->index, sizeof(target->index));
}

static bool target_equal(const struct target *a, const struct target *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind != TARGET_PREFIX)
		return a->index == b->index;
	return a->prefix.len == b->prefix.len &&
	       !memcmp(&a->prefix.addr, &b->prefix.addr, sizeof(a->prefix.addr));
}

static bool target_covers(const struct policy *policy, const struct target *a, const struct target *b)
{
	if (a->kind == TARGET_ANY || target_equal(a, b))
		return true;
	if (a->kind == TARGET_PREFIX && b->kind == TARGET_PREFIX)
		return a->prefix.len < b->prefix.len && prefix_holds(&a->prefix, &b->prefix.addr);
	return a->kind == TARGET_SEGMENT && b->kind == TARGET_DEVICE &&
	       policy->devices[b->index].segment == a->index;
}

static bool entry_same(const void *owner, uint32_t index, const void *key)
{
	const struct shadows *shadows = owner;

	return target_equal(shadows->entries[index].target, key);
}

/* Does rule a cover rule b? */
static bool rule_covers(struct shadows *shadows, const struct rule *a, const struct rule *b)
{
	size_t i, j;

	if (!spend(shadows->map, 1 + a->nservices * b->nservices) ||
	    !services_cover(a->services, a->nservices, b->services, b->nservices))
		return false;
	for (j = 0; j < b->ntargets; j++) {
		if (!spend(shadows->map, a->ntargets))
			return false;
		for (i = 0; i < a->ntargets; i++)
			if (target_covers(shadows->policy, &a->targets[i], &b->targets[j]))
				break;
		if (i == a->ntargets)
			return false;
	}
	return true;
}

/* Of two rules that cover each other the later one is shadowed. */
static bool rule_shadows(struct shadows *shadows, uint32_t a, uint32_t b)
{
	const struct rule *rules = shadows->rules;

	if (a == b || !rule_covers(shadows, &rules[a], &rules[b]))
		return false;
	return a < b || !rule_covers(shadows, &rules[b], &rules[a]);
}

/* A rule that names this target and shadows rule b, or INDEX_NONE. */
static uint32_t shadow_by(struct shadows *shadows, const struct target *target, uint32_t b)
{
	uint32_t at = table_find(&shadows->by_target, target_hash(target), target);

	for (; at != INDEX_NONE && shadows->map->steps; at = shadows->entries[at].next)
		if (rule_shadows(shadows, shadows->entries[at].rule, b))
			return shadows->entries[at].rule;
	return INDEX_NONE;
}

/* Whatever shadows rule b covers b's first target: by itself, any, a shorter CIDR or a segment. */
static uint32_t find_shadow(struct shadows *shadows, uint32_t b)
{
	const struct target *first = &shadows->rules[b].targets[0];
	struct target wider = { .kind = TARGET_ANY };
	uint32_t found;
	size_t i;

	found = shadow_by(shadows, &wider, b);
	if (found == INDEX_NONE && first->kind != TARGET_ANY)
		found = shadow_by(shadows, first, b);
	if (first->kind == TARGET_DEVICE && found == INDEX_NONE) {
		wider = (struct target){ .kind = TARGET_SEGMENT,
					 .index = shadows->policy->devices[first->index].segment };
		found = shadow_by(shadows, &wider, b);
	}
	for (i = 0; first->kind == TARGET_PREFIX && i < shadows->nlens && found == INDEX_NONE; i++) {
		if (shadows->lens[i] >= first->prefix.len)
			continue;
		wider = (struct target){ .kind = TARGET_PREFIX, .prefix.len = shadows->lens[i] };
		wider.prefix.addr = addr_masked(&first->prefix.addr, wider.prefix.len);
		found = shadow_by(shadows, &wider, b);
	}
	return found;
}

static int shadows_add(struct shadows *shadows, const struct target *target, uint32_t rule)
{
	uint32_t index = shadows->nentries++, first;
	struct entry *entries = shadows->entries;

	entries[index] = (struct entry){ target, rule, INDEX_NONE };
	if (table_add(&shadows->by_target, target_hash(target), target, index, &first))
		return -ENOMEM;
	if (first != UINT32_MAX) {
		entries[index].next = entries[first].next;
		entries[first].next = index;
	}
	if (target->kind == TARGET_PREFIX &&
	    !memchr(shadows->lens, target->prefix.len, shadows->nlens))
		shadows->lens[shadows->nlens++] = target->prefix.len;
	return 0;
}

static int shadows_fill(struct shadows *shadows, size_t nrules)
{
	size_t n = 0, i, j;
	int err = 0;

	for (i = 0; i < nrules; i++)
		n += shadows->rules[i].ntargets;
	shadows->entries = calloc(n + 1, sizeof(*shadows->entries));
	if (!shadows->entries)
		return -ENOMEM;
	for (i = 0; i < nrules && !err; i++)
		for (j = 0; j < shadows->rules[i].ntargets && !err; j++)
			err = shadows_add(shadows, &shadows->rules[i].targets[j], i);
	return err;
}

static int warn_rules(struct check *check, struct role_map *map, const struct rule *rules,
		      size_t nrules)
{
	struct shadows shadows = { .policy = check->policy, .map = map, .rules = rules };
	uint32_t i, by;
	int err;

	if (nrules < 2)
		return 0;
	shadows.by_target = (struct table){ .same = entry_same, .owner = &shadows };
	err = shadows_fill(&shadows, nrules);
	for (i = 0; i < nrules && !err; i++) {
		by = find_shadow(&shadows, i);
		if (by == INDEX_NONE)
			continue;
		diag_warning(check->diag, rules[i].loc,
			     "this rule is shadowed: another allows all that it does; remove one");
		diag_other(check->diag, rules[by].loc, "the other is here");
	}
	table_free(&shadows.by_target);
	free(shadows.entries);
	return err;
}

int warn_shadowed(struct check *check, struct role_map *map)
{
	const struct policy *policy = check->policy;
	size_t i;
	int err = 0;

	for (i = 0; i < policy->nroles && !err; i++) {
		err = warn_rules(check, map, policy->roles[i].connect, policy->roles[i].nconnect);
		if (!err)
			err = warn_rules(check, map, policy->roles[i].accept, policy->roles[i].naccept);
	}
	return err;
}
