// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check_reach.h"

bool reach_leads(struct reach *reach, const struct segment_set *from, uint32_t to,
		 const struct service *services, size_t nservices)
{
	size_t i;

	if (reach->policy->segments[to].hosts && segment_set_has(from, to))
		return true;
	for (i = 0; i < reach->policy->nconduits; i++) {
		const struct passage *passage = &reach->passages[i];

		if (!spend(reach->map, 1))
			return true;
		if (segment_set_has(&passage->to, to) && segment_set_meets(&passage->from, from) &&
		    services_meet(passage->conduit->services, passage->conduit->nservices, services,
				  nservices))
			return true;
	}
	return false;
}

static bool prefixes_meet(const struct prefix *a, const struct prefix *b)
{
	return prefix_holds(a->len < b->len ? a : b, a->len < b->len ? &b->addr : &a->addr);
}

/* The segments that have addresses in a CIDR. */
static void add_prefix(struct reach *reach, const struct prefix *prefix, struct segment_set *set)
{
	const struct subnets *subnets = &reach->check->subnets;
	uint32_t longest = subnets_match(subnets, &prefix->addr);
	size_t i;

	if (longest != UINT32_MAX)
		segment_set_add(set, subnets->refs[longest].segment);
	for (i = 0; i < subnets->nrefs && spend(reach->map, 1); i++)
		if (prefixes_meet(prefix, &subnet_of(reach->policy, subnets->refs[i])->prefix))
			segment_set_add(set, subnets->refs[i].segment);
}

static bool holds_gateway(const struct policy *policy, const struct prefix *prefixes, size_t n)
{
	size_t i, j;

	for (i = 0; i < n; i++)
		for (j = 0; j < policy->ngateway; j++)
			if (prefix_holds(&prefixes[i], &policy->gateway[j]))
				return true;
	return false;
}

bool reach_sources(struct reach *reach, const struct target *target, struct segment_set *set)
{
	const struct policy *policy = reach->policy;
	const struct peer *peer;
	size_t i;

	switch (target->kind) {
	case TARGET_ANY:
	case TARGET_GATEWAY:
		return true;
	case TARGET_PREFIX:
		add_prefix(reach, &target->prefix, set);
		return holds_gateway(policy, &target->prefix, 1);
	case TARGET_PEER:
		peer = &policy->peers[target->index];
		for (i = 0; i < peer->nprefixes; i++)
			add_prefix(reach, &peer->prefixes[i], set);
		return holds_gateway(policy, peer->prefixes, peer->nprefixes);
	case TARGET_SEGMENT:
		segment_set_add(set, target->index);
		return false;
	case TARGET_ROLE:
		segment_set_join(set, &reach->map->where[target->index]);
		return false;
	case TARGET_DEVICE:
		segment_set_add(set, policy->devices[target->index].segment);
		return false;
	}
	return false;
}

/* Where devices with this role are reached by one of its own accept rules. */
static void reach_by_rule(struct reach *reach, const struct rule *rule, uint32_t role)
{
	const struct segment_set *where = &reach->map->where[role];
	struct segment_set sources = { 0 };
	bool gateway = false;
	uint32_t segment;
	size_t i;

	for (i = 0; i < rule->ntargets; i++)
		gateway |= reach_sources(reach, &rule->targets[i], &sources);
	for (segment = 0; segment < reach->policy->nsegments; segment++) {
		if (!segment_set_has(where, segment) || segment_set_has(&reach->reached[role], segment))
			continue;
		if (gateway ||
		    reach_leads(reach, &sources, segment, rule->services, rule->nservices))
			segment_set_add(&reach->reached[role], segment);
	}
}

static void find_reached(struct reach *reach)
{
	const struct policy *policy = reach->policy;
	size_t i, j;

	/* Parents come first: their rules are the children's too. */
	for (i = 0; i < policy->nroles; i++) {
		uint32_t index = reach->map->order[i];
		const struct role *role = &policy->roles[index];

		for (j = 0; j < role->nextends; j++)
			segment_set_join(&reach->reached[index], &reach->reached[role->extends[j]]);
		for (j = 0; j < role->naccept; j++)
			reach_by_rule(reach, &role->accept[j], index);
	}
}

/* Devices that nothing may reach: one warning for those of a segment and first role. */
struct lonely {
	uint32_t device; /* the first */
	uint32_t more;
};

struct lonelies {
	const struct policy *policy;
	struct lonely *lonely;
	size_t n, room;
	struct table table;
};

static uint32_t first_role(const struct device *device)
{
	return device->nroles ? device->roles[0] : INDEX_NONE;
}

static bool lonely_same(const void *owner, uint32_t index, const void *key)
{
	const struct lonelies *lonelies = owner;
	const struct device *a = &lonelies->policy->devices[lonelies->lonely[index].device], *b = key;

	return a->segment == b->segment && first_role(a) == first_role(b);
}

static int lonelies_add(struct lonelies *lonelies, uint32_t index)
{
	const struct device *device = &lonelies->policy->devices[index];
	uint32_t key[2] = { device->segment, first_role(device) }, found;

	if (lonelies->n == lonelies->room) {
		size_t room = lonelies->room ? lonelies->room * 2 : 64;
		struct lonely *larger = realloc(lonelies->lonely, room * sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		lonelies->lonely = larger;
		lonelies->room = room;
	}
	lonelies->lonely[lonelies->n] = (struct lonely){ .device = index };
	if (table_add(&lonelies->table, hash_bytes(key, sizeof(key)), device, lonelies->n, &found))
		return -ENOMEM;
	if (found == UINT32_MAX)
		lonelies->n++;
	else
		lonelies->lonely[found].more++;
	return 0;
}

struct reaching {
	const struct reach *reach;
	uint32_t segment;
	bool reached;
};

static void reach_by_assignment(const struct assignment *assignment, void *context)
{
	struct reaching *reaching = context;

	reaching->reached |=
		segment_set_has(&reaching->reach->reached[assignment->role], reaching->segment);
}

static bool device_reached(const struct reach *reach, const struct device *device)
{
	struct reaching reaching = { reach, device->segment, false };
	size_t i;

	for (i = 0; i < device->nroles; i++)
		if (segment_set_has(&reach->reached[device->roles[i]], device->segment))
			return true;
	for_each_assignment(reach->map, device, reach_by_assignment, &reaching);
	return reaching.reached;
}

static void report_lonely(struct reach *reach, const struct lonely *lonely)
{
	const struct device *device = &reach->policy->devices[lonely->device];
	const char *segment = reach->policy->segments[device->segment].name;

	if (lonely->more)
		diag_warning(reach->check->diag, device->loc,
			     "nothing may open a connection to \"%s\" in \"%s\" and %u more like it: "
			     "no accept rule and conduit let anything in",
			     device->name, segment, lonely->more);
	else
		diag_warning(reach->check->diag, device->loc,
			     "nothing may open a connection to \"%s\" in \"%s\": no accept rule and conduit "
			     "let anything in",
			     device->name, segment);
}

static int warn_lonely(struct reach *reach)
{
	struct lonelies lonelies = { .policy = reach->policy };
	uint32_t i;
	int err = 0;

	lonelies.table = (struct table){ .same = lonely_same, .owner = &lonelies };
	for (i = 0; i < reach->policy->ndevices && !err; i++)
		if (!device_reached(reach, &reach->policy->devices[i]))
			err = lonelies_add(&lonelies, i);
	for (i = 0; i < lonelies.n && !err; i++)
		report_lonely(reach, &lonelies.lonely[i]);
	table_free(&lonelies.table);
	free(lonelies.lonely);
	return err;
}

static void fill_passages(struct reach *reach)
{
	size_t i, j;

	for (i = 0; i < reach->policy->nconduits; i++) {
		const struct conduit *conduit = &reach->policy->conduits[i];
		struct passage *passage = &reach->passages[i];

		passage->conduit = conduit;
		for (j = 0; j < conduit->nfrom; j++)
			segment_set_add(&passage->from, conduit->from[j]);
		for (j = 0; j < conduit->nto; j++)
			segment_set_add(&passage->to, conduit->to[j]);
	}
}

int warn_unreached(struct check *check, struct role_map *map)
{
	const struct policy *policy = check->policy;
	struct reach reach = {
		.check = check,
		.policy = policy,
		.map = map,
		.passages = calloc(policy->nconduits + 1, sizeof(*reach.passages)),
		.reached = calloc(policy->nroles + 1, sizeof(*reach.reached)),
		.roles = calloc(policy->nroles + 1, sizeof(*reach.roles)),
	};
	int err = reach.passages && reach.reached && reach.roles ? 0 : -ENOMEM;

	if (!err) {
		fill_passages(&reach);
		find_reached(&reach);
		warn_connect(&reach);
		err = warn_lonely(&reach);
	}
	free(reach.passages);
	free(reach.reached);
	free(reach.roles);
	return err;
}
