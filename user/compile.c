// SPDX-License-Identifier: GPL-2.0-only
#include "compile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile_work.h"

#define IPV4_BITS 96 /* an IPv4 /n has length 96 + n */

static void compilation_free(struct compilation *c)
{
	ruleset_free(c->ruleset);
	lists_free(&c->role_sets);
	free(c->classes);
	free(c->points);
	lists_free(&c->own_limits);
	free(c->own_limit);
	free(c->role_set);
	lists_free(&c->role_lists);
	free(c->role_targets);
	free(c->first_role_target);
	for (int direction = 0; direction < DIRECTIONS; direction++)
		free(c->role_limit[direction]);
	for (int side = 0; side < SIDES; side++) {
		lists_free(&c->keys[side]);
		free(c->rule_services[side]);
		free(c->first_rule[side]);
		free(c->set_of_key[side]);
	}
	lists_free(&c->services);
	lists_free(&c->sets);
	free(c->pairs);
	free(c->intervals);
	free(c->numbers);
	lists_free(&c->profiles);
}

/* ---- switches ---- */

/* Addresses of the segment other than those that only a /0 holds, by version. */
struct versions {
	bool ipv4, ipv6;
};

static struct versions segment_versions(const struct segment *segment)
{
	struct versions versions = {};

	for (size_t i = 0; i < segment->nsubnets; i++) {
		const struct prefix *prefix = &segment->subnets[i].prefix;

		if (addr_is_ipv4(&prefix->addr))
			versions.ipv4 |= prefix->len > IPV4_BITS;
		else
			versions.ipv6 |= prefix->len > 0;
	}
	return versions;
}

/* A device with a MAC whose segment holds addresses of a version that it lists none of. */
static bool may_learn(const struct policy *policy, const struct device *device)
{
	struct versions versions = segment_versions(&policy->segments[device->segment]);

	if (!device->has_mac || device->router)
		return false;
	for (size_t i = 0; i < device->naddrs; i++) {
		if (addr_is_ipv4(&device->addrs[i]))
			versions.ipv4 = false;
		else
			versions.ipv6 = false;
	}
	return versions.ipv4 || versions.ipv6;
}

static void switch_devices(const struct policy *policy, struct switches *switches)
{
	for (size_t i = 0; i < policy->ndevices; i++) {
		const struct device *device = &policy->devices[i];

		for (size_t j = 0; j < device->naddrs; j++)
			switches->use_ipv6 |= !addr_is_ipv4(&device->addrs[j]);
		switches->use_learning = switches->use_learning || may_learn(policy, device);
		switches->use_validity |= device->valid_from != TIME_ALWAYS_FROM ||
					  device->valid_until != TIME_NEVER_UNTIL;
	}
}

/* Of limits, compile_limits.c knows. */
static void set_switches(struct compilation *c)
{
	const struct policy *policy = c->policy;
	struct switches *switches = &c->ruleset->switches;

	switches->use_audit = policy->audit;
	switches->use_schedules = c->ruleset->nsteps > 0;
	for (size_t i = 0; i < policy->nsegments; i++) {
		switches->use_audit |= policy->segments[i].audit;
		switches->use_fragments |= policy->segments[i].track_fragments;
	}
	for (size_t i = 0; i < policy->nports; i++)
		switches->use_vlan |= policy->ports[i].vlan != 0;
	for (size_t i = 0; i < policy->ngateway; i++)
		switches->use_ipv6 |= !addr_is_ipv4(&policy->gateway[i]);
	for (size_t i = 0; i < c->ruleset->nprefixes; i++)
		switches->use_ipv6 |= !addr_is_ipv4(&c->ruleset->prefixes[i].prefix.addr);
	switch_devices(policy, switches);
}

/* ---- the ruleset ---- */

/* What was interned becomes the ruleset's: its numbers are already as the ruleset has them. */
static int hand_over(struct compilation *c)
{
	struct ruleset *ruleset = c->ruleset;

	ruleset->nservices = c->services.nnumbers / 2;
	ruleset->services = calloc(ruleset->nservices + 1, sizeof(*ruleset->services));
	ruleset->nprofiles = c->profiles.n;
	ruleset->profiles = calloc(ruleset->nprofiles + 1, sizeof(*ruleset->profiles));
	if (!ruleset->services || !ruleset->profiles)
		return -ENOMEM;
	for (size_t i = 0; i < ruleset->nservices; i++)
		ruleset->services[i] = (struct service_range){
			.lo = c->services.numbers[2 * i],
			.hi = c->services.numbers[2 * i + 1],
		};
	memcpy(ruleset->profiles, c->profiles.numbers,
	       ruleset->nprofiles * sizeof(*ruleset->profiles));
	ruleset->role_lists = c->role_lists.lists;
	ruleset->nrole_lists = c->role_lists.n;
	ruleset->roles = c->role_lists.numbers;
	c->role_lists.lists = NULL;
	c->role_lists.numbers = NULL;
	return 0;
}

static int check_size(struct compilation *c)
{
	const struct policy *policy = c->policy;

	if (policy->nsegments < PICKET_MAX_SEGMENTS)
		return 0;
	diag_error(c->diag, policy->segments[PICKET_MAX_SEGMENTS - 1].loc,
		   "more than %d segments: leave some out", PICKET_MAX_SEGMENTS - 1);
	return -EINVAL;
}

int compile(const struct policy *policy, struct diag *diag, struct ruleset **out)
{
	int (*const parts[])(struct compilation *c) = {
		check_size,	compile_names,	compile_prefixes,	compile_classes,
		compile_roles,	compile_sets,	compile_segment_limits, compile_grants,
		hand_over,
	};
	struct compilation c __attribute__((cleanup(compilation_free))) = {
		.policy = policy,
		.diag = diag,
		.ruleset = calloc(1, sizeof(*c.ruleset)),
	};

	if (!c.ruleset)
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		int err = parts[i](&c);

		if (err)
			return err;
	}
	set_switches(&c);
	*out = c.ruleset;
	c.ruleset = NULL;
	return 0;
}
