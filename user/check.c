// SPDX-License-Identifier: GPL-2.0-only
#include "check.h"

#include <errno.h>
#include <stdlib.h>

static int check_subnets(struct check *check)
{
	struct policy *policy = check->policy;
	struct subnet_ref ref;
	uint32_t same;

	for (ref.segment = 0; ref.segment < policy->nsegments; ref.segment++) {
		const struct segment *segment = &policy->segments[ref.segment];

		for (ref.subnet = 0; ref.subnet < segment->nsubnets; ref.subnet++) {
			const struct subnet *subnet = &segment->subnets[ref.subnet];
			struct subnet_ref older;

			if (subnets_add(&check->subnets, ref, &same))
				return -ENOMEM;
			if (same == UINT32_MAX)
				continue;
			older = check->subnets.refs[same];
			diag_error(check->diag, subnet->loc, "this subnet is already one of \"%s\": remove it %s",
				   policy->segments[older.segment].name,
				   older.segment == ref.segment ? "here" : "from one of the two");
			diag_other(check->diag, subnet_of(policy, older)->loc, "first here");
		}
	}
	subnets_sort(&check->subnets);
	return 0;
}

/* A role whose parents are being walked, and the next of them. */
struct walk {
	uint32_t role;
	size_t next;
};

enum colour { NEW, OPEN, DONE };

static void report_cycle(struct check *check, const struct walk *walk, size_t depth, uint32_t to)
{
	const struct role *roles = check->policy->roles;
	char path[256] = "";
	size_t len = 0, i = depth;

	while (walk[i - 1].role != to)
		i--;
	for (; i <= depth && len < sizeof(path); i++)
		len += snprintf(path + len, sizeof(path) - len, "%s extends ", roles[walk[i - 1].role].name);
	diag_error(check->diag, roles[walk[depth - 1].role].loc,
		   "roles extend one another in a cycle: %s%s; take one \"extends\" out", path,
		   roles[to].name);
}

/* Depth first, without recursion: chains may be as long as there are roles. */
static void walk_extends(struct check *check, struct walk *walk, uint8_t *colour, uint32_t start)
{
	const struct role *roles = check->policy->roles;
	size_t depth = 1;

	walk[0] = (struct walk){ start, 0 };
	colour[start] = OPEN;
	while (depth) {
		struct walk *top = &walk[depth - 1];
		uint32_t parent;

		if (top->next == roles[top->role].nextends) {
			colour[top->role] = DONE;
			depth--;
			continue;
		}
		parent = roles[top->role].extends[top->next++];
		if (colour[parent] == OPEN)
			report_cycle(check, walk, depth, parent);
		if (colour[parent] != NEW)
			continue;
		colour[parent] = OPEN;
		walk[depth++] = (struct walk){ parent, 0 };
	}
}

int check_extends(struct check *check)
{
	size_t n = check->policy->nroles, i;
	struct walk *walk = calloc(n + 1, sizeof(*walk));
	uint8_t *colour = calloc(n + 1, sizeof(*colour));
	int err = walk && colour ? 0 : -ENOMEM;

	for (i = 0; i < n && !err; i++)
		if (colour[i] == NEW)
			walk_extends(check, walk, colour, i);
	free(walk);
	free(colour);
	return err;
}

static int check_errors(struct check *check)
{
	static int (*const parts[])(struct check *) = {
		check_subnets,	    check_gateway,     check_extends,  check_prefixes,
		check_device_segments, check_device_addrs, check_device_macs,
	};
	size_t i;
	int err = 0;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]) && !err; i++)
		err = parts[i](check);
	return err;
}

static int check_warnings(struct check *check)
{
	struct role_map map;
	struct loc nowhere = { 0 };
	int err;

	warn_segments(check);
	warn_devices(check);
	err = role_map_init(&map, check->policy);
	if (!err)
		err = warn_unused(check, &map);
	if (!err)
		err = warn_shadowed(check, &map);
	if (!err)
		err = warn_unreached(check, &map);
	if (!err && !map.steps)
		diag_warning(check->diag, nowhere,
			     "so many rules that not every pair was compared: warnings about shadowed rules "
			     "and about what is out of reach may be missing");
	role_map_free(&map);
	return err;
}

int check_policy(struct parse *parse)
{
	struct check check = {
		.diag = parse->diag,
		.policy = parse->policy,
		.places = parse->places,
		.gateway_locs = parse->gateway_locs,
	};
	int err;

	err = subnets_init(&check.subnets, check.policy);
	if (!err)
		err = check_errors(&check);
	if (!err && !check.diag->nerrors)
		err = check_warnings(&check);
	subnets_free(&check.subnets);
	return err;
}
