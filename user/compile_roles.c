// SPDX-License-Identifier: GPL-2.0-only
/* What a set of roles amounts to with all that it extends. */
#include <errno.h>
#include <stdlib.h>

#include "cleanup.h"
#include "compile_work.h"

struct roles_work {
	struct compilation *c;
	bool *named; /* by role: a rule names it as a target */
	uint32_t *seen; /* by role: the last search that met it */
	uint32_t search;
	uint32_t *found; /* roles of the search, each once */
	uint32_t *scratch;
};

static void work_free(struct roles_work *w)
{
	free(w->named);
	free(w->seen);
	free(w->found);
	free(w->scratch);
}

static void find_named(struct roles_work *w)
{
	const struct policy *policy = w->c->policy;

	for (size_t i = 0; i < policy->nroles * SIDES; i++) {
		size_t n;
		const struct rule *rules = role_rules(&policy->roles[i / SIDES], i % SIDES, &n);

		for (const struct rule *rule = rules; rule < rules + n; rule++)
			for (size_t j = 0; j < rule->ntargets; j++)
				if (rule->targets[j].kind == TARGET_ROLE)
					w->named[rule->targets[j].index] = true;
	}
}

static size_t meet(struct roles_work *w, const uint32_t *roles, size_t n, size_t nfound)
{
	for (size_t i = 0; i < n; i++) {
		if (w->seen[roles[i]] == w->search)
			continue;
		w->seen[roles[i]] = w->search;
		w->found[nfound++] = roles[i];
	}
	return nfound;
}

/* The roles and all that they extend, in w->found. */
static size_t close_roles(struct roles_work *w, const uint32_t *roles, size_t n)
{
	size_t nfound;

	w->search++;
	nfound = meet(w, roles, n, 0);
	for (size_t i = 0; i < nfound; i++) {
		const struct role *role = &w->c->policy->roles[w->found[i]];

		nfound = meet(w, role->extends, role->nextends, nfound);
	}
	return nfound;
}

static int intern_named(struct roles_work *w, size_t nfound, uint32_t *list)
{
	size_t n = 0;

	for (size_t i = 0; i < nfound; i++)
		if (w->named[w->found[i]])
			w->scratch[n++] = w->found[i];
	*list = UINT32_MAX;
	if (!n)
		return 0;
	return lists_intern(&w->c->role_lists, w->scratch, sort_unique(w->scratch, n), list);
}

static int intern_key(struct roles_work *w, size_t nfound, enum rule_side side, uint32_t *key)
{
	size_t n = 0, nrules;

	for (size_t i = 0; i < nfound; i++) {
		role_rules(&w->c->policy->roles[w->found[i]], side, &nrules);
		if (nrules)
			w->scratch[n++] = w->found[i];
	}
	return lists_intern(&w->c->keys[side], w->scratch, sort_unique(w->scratch, n), key);
}

static int resolve_role_sets(struct roles_work *w)
{
	struct compilation *c = w->c;
	int err = 0;

	c->role_set = calloc(c->role_sets.n + 1, sizeof(*c->role_set));
	if (!c->role_set)
		return -ENOMEM;
	for (size_t i = 0; i < c->role_sets.n && !err; i++) {
		size_t nfound = close_roles(w, list_numbers(&c->role_sets, i),
					    list_length(&c->role_sets, i));

		err = intern_named(w, nfound, &c->role_set[i].list);
		for (int side = 0; side < SIDES && !err; side++)
			err = intern_key(w, nfound, side, &c->role_set[i].key[side]);
	}
	return err;
}

/* The targets of a rule that names a role: every list that holds it. */
static int index_by_role(struct compilation *c)
{
	size_t nroles = c->policy->nroles, total = c->role_lists.nnumbers;
	size_t *first = calloc(nroles + 2, sizeof(*first));
	uint32_t number;

	c->first_role_target = first;
	c->role_targets = malloc((total + 1) * sizeof(*c->role_targets));
	if (!first || !c->role_targets)
		return -ENOMEM;
	/* Counted two places up and summed: filling a role in moves its end to where it belongs. */
	for (size_t i = 0; i < total; i++)
		first[c->role_lists.numbers[i] + 2]++;
	for (size_t i = 1; i < nroles + 2; i++)
		first[i] += first[i - 1];
	c->first_role_list = c->ruleset->ntargets;
	for (size_t i = 0; i < c->role_lists.n; i++) {
		const uint32_t *roles = list_numbers(&c->role_lists, i);

		if (add_target(c->ruleset, TARGET_ROLE, i, &number))
			return -ENOMEM;
		for (size_t j = 0; j < list_length(&c->role_lists, i); j++)
			c->role_targets[first[roles[j] + 1]++] = number;
	}
	return 0;
}

/* Parents before children: where a role without a limit takes its own from. */
static void inherit_limits(struct compilation *c, const uint32_t *order, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct role *role = &c->policy->roles[order[i]];

		for (int direction = 0; direction < DIRECTIONS; direction++) {
			const struct limit **limit = &c->role_limit[direction][order[i]];

			if (role->limit[direction].present)
				*limit = &role->limit[direction];
			for (size_t j = 0; j < role->nextends && !*limit; j++)
				*limit = c->role_limit[direction][role->extends[j]];
		}
	}
}

/* Depth first without recursion: a role goes into the order when all its parents are in it. */
static int resolve_limits(struct compilation *c)
{
	size_t nroles = c->policy->nroles, n = 0, depth;
	_cleanup_free_ uint32_t *order = calloc(nroles + 1, sizeof(*order));
	_cleanup_free_ uint32_t *stack = calloc(nroles + 1, sizeof(*stack));
	_cleanup_free_ uint32_t *visited = calloc(nroles + 1, sizeof(*visited));

	for (int direction = 0; direction < DIRECTIONS; direction++) {
		c->role_limit[direction] = calloc(nroles + 1, sizeof(**c->role_limit));
		if (!c->role_limit[direction])
			return -ENOMEM;
	}
	if (!order || !stack || !visited)
		return -ENOMEM;
	for (size_t i = 0; i < nroles; i++) {
		depth = 0;
		if (!visited[i])
			stack[depth++] = i;
		while (depth) {
			const struct role *role = &c->policy->roles[stack[depth - 1]];
			uint32_t *parent = &visited[stack[depth - 1]];

			/* 1 + the parents that were looked at. */
			if (!*parent)
				*parent = 1;
			if (*parent > role->nextends)
				order[n++] = stack[--depth];
			else if (!visited[role->extends[(*parent)++ - 1]])
				stack[depth++] = role->extends[*parent - 2];
		}
	}
	inherit_limits(c, order, n);
	return 0;
}

int compile_roles(struct compilation *c)
{
	size_t nroles = c->policy->nroles;
	struct roles_work w __attribute__((cleanup(work_free))) = {
		.c = c,
		.named = calloc(nroles + 1, sizeof(bool)),
		.seen = calloc(nroles + 1, sizeof(uint32_t)),
		.found = calloc(nroles + 1, sizeof(uint32_t)),
		.scratch = calloc(nroles + 1, sizeof(uint32_t)),
	};
	int err;

	if (!w.named || !w.seen || !w.found || !w.scratch)
		return -ENOMEM;
	find_named(&w);
	err = resolve_role_sets(&w);
	if (!err)
		err = index_by_role(c);
	return err ? err : resolve_limits(c);
}
