// SPDX-License-Identifier: GPL-2.0-only
/* Which rules make the table too large. */
#include <errno.h>
#include <stdlib.h>

#include "cleanup.h"
#include "compile_work.h"

/* How many targets one rule has in the table. */
static uint64_t rule_weight(const struct compilation *c, const struct rule *rule)
{
	uint64_t weight = 0;

	for (size_t i = 0; i < rule->ntargets; i++) {
		const struct target *target = &rule->targets[i];

		if (target->kind == TARGET_ROLE)
			weight += c->first_role_target[target->index + 1] -
				  c->first_role_target[target->index];
		else
			weight += target->kind == TARGET_PEER ?
				  c->policy->peers[target->index].nprefixes : 1;
	}
	return weight;
}

static uint64_t role_weight(const struct compilation *c, uint32_t role, enum rule_side side,
			    const struct rule **heaviest)
{
	size_t n;
	const struct rule *rules = role_rules(&c->policy->roles[role], side, &n);
	uint64_t sum = 0, most = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t weight = rule_weight(c, &rules[i]);

		sum += weight;
		if (weight > most) {
			most = weight;
			*heaviest = &rules[i];
		}
	}
	return sum;
}

/* A role's own rules, in all sets that hold them. */
struct share {
	uint32_t role;
	uint64_t sets, entries;
	const struct rule *heaviest;
};

static int measure(struct compilation *c, enum rule_side side, struct share *shares)
{
	_cleanup_free_ uint64_t *sets = calloc(c->policy->nroles + 1, sizeof(*sets));

	if (!sets)
		return -ENOMEM;
	for (size_t i = 0; i < c->keys[side].nnumbers; i++)
		sets[c->keys[side].numbers[i]]++;
	for (size_t i = 0; i < c->policy->nroles; i++) {
		const struct rule *heaviest = NULL;
		uint64_t entries = role_weight(c, i, side, &heaviest) * sets[i];

		if (entries > shares[i].entries)
			shares[i] = (struct share){ i, sets[i], entries, heaviest };
	}
	return 0;
}

static int compare_shares(const void *a, const void *b)
{
	const struct share *x = a, *y = b;

	return (x->entries < y->entries) - (x->entries > y->entries);
}

void report_entries(struct compilation *c)
{
	const struct policy *policy = c->policy;
	_cleanup_free_ struct share *shares = calloc(policy->nroles + 2, sizeof(*shares));
	const struct share *first = shares, *second = shares + 1;

	for (int side = 0; shares && side < SIDES; side++)
		if (measure(c, side, shares))
			return;
	if (!shares)
		return;
	qsort(shares, policy->nroles, sizeof(*shares), compare_shares);
	if (!first->heaviest) {
		diag_error(c->diag, policy->nconduits ? policy->conduits[0].loc : (struct loc){},
			   "the conduits join more than %d pairs of segments: list fewer of them",
			   RULESET_MAX_ENTRIES);
		return;
	}
	diag_error(c->diag, first->heaviest->loc,
		   "all rules together are more than the %d entries that fit: role %s alone needs %llu, for %llu combinations of roles that devices have; name fewer targets here, or give devices fewer different combinations",
		   RULESET_MAX_ENTRIES, policy->roles[first->role].name,
		   (unsigned long long)first->entries, (unsigned long long)first->sets);
	if (second->heaviest)
		diag_other(c->diag, second->heaviest->loc, "role %s needs another %llu",
			   policy->roles[second->role].name, (unsigned long long)second->entries);
}
