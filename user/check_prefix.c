// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static int prefix_compare(const void *a, const void *b)
{
	const struct target *x = a, *y = b;
	bool ipv4 = addr_is_ipv4(&x->prefix.addr);
	int order;

	if (ipv4 != addr_is_ipv4(&y->prefix.addr))
		return ipv4 ? 1 : -1;
	order = memcmp(&x->prefix.addr, &y->prefix.addr, sizeof(x->prefix.addr));
	return order ? order : x->prefix.len - y->prefix.len;
}

/* Prefixes, each as a target with its place: what rules name, directly or through a peer. */
struct prefixes {
	struct target *targets;
	size_t n, room;
	bool *peers; /* per peer: taken already */
	const struct policy *policy;
};

static int prefixes_push(struct prefixes *prefixes, const struct prefix *prefix, struct loc loc)
{
	if (prefixes->n == prefixes->room) {
		size_t room = prefixes->room ? prefixes->room * 2 : 64;
		struct target *larger = realloc(prefixes->targets, room * sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		prefixes->targets = larger;
		prefixes->room = room;
	}
	prefixes->targets[prefixes->n++] = (struct target){ .prefix = *prefix, .loc = loc };
	return 0;
}

static int prefixes_take(struct prefixes *prefixes, const struct target *target)
{
	const struct peer *peer;
	size_t i;
	int err = 0;

	if (target->kind == TARGET_PREFIX)
		return prefixes_push(prefixes, &target->prefix, target->loc);
	if (target->kind != TARGET_PEER || prefixes->peers[target->index])
		return 0;
	prefixes->peers[target->index] = true;
	peer = &prefixes->policy->peers[target->index];
	for (i = 0; i < peer->nprefixes && !err; i++)
		err = prefixes_push(prefixes, &peer->prefixes[i], peer->loc);
	return err;
}

static int prefixes_take_rules(struct prefixes *prefixes, const struct rule *rules, size_t n)
{
	size_t i, j;
	int err = 0;

	for (i = 0; i < n && !err; i++)
		for (j = 0; j < rules[i].ntargets && !err; j++)
			err = prefixes_take(prefixes, &rules[i].targets[j]);
	return err;
}

static void report_deep(struct check *check, const struct target *target)
{
	diag_error(check->diag, target->loc,
		   "over %d CIDRs in rules and peers hold one another, and this is the innermost: "
		   "remove some",
		   PICKET_MAX_PREFIX_DEPTH);
}

/* In sorted order every prefix comes after those that hold it: a stack of those is enough. */
static void prefixes_nest(struct check *check, const struct prefixes *prefixes)
{
	const struct target *stack[130];
	size_t depth = 0, i;

	for (i = 0; i < prefixes->n; i++) {
		const struct target *target = &prefixes->targets[i];

		while (depth && (stack[depth - 1]->prefix.len > target->prefix.len ||
				 !prefix_holds(&stack[depth - 1]->prefix, &target->prefix.addr)))
			depth--;
		if (depth && stack[depth - 1]->prefix.len == target->prefix.len)
			continue;
		stack[depth++] = target;
		if (depth == PICKET_MAX_PREFIX_DEPTH + 1)
			report_deep(check, target);
	}
}

int check_prefixes(struct check *check)
{
	const struct policy *policy = check->policy;
	struct prefixes prefixes = { .policy = policy };
	size_t i;
	int err = 0;

	prefixes.peers = calloc(policy->npeers + 1, sizeof(*prefixes.peers));
	if (!prefixes.peers)
		return -ENOMEM;
	for (i = 0; i < policy->nroles && !err; i++) {
		const struct role *role = &policy->roles[i];

		err = prefixes_take_rules(&prefixes, role->connect, role->nconnect);
		if (!err)
			err = prefixes_take_rules(&prefixes, role->accept, role->naccept);
	}
	if (!err && prefixes.n) {
		qsort(prefixes.targets, prefixes.n, sizeof(*prefixes.targets), prefix_compare);
		prefixes_nest(check, &prefixes);
	}
	free(prefixes.targets);
	free(prefixes.peers);
	return err;
}
