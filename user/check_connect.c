// SPDX-License-Identifier: GPL-2.0-only
#include "check_reach.h"

/* Does an accept rule let in a device that has this role? */
static bool rule_accepts(struct reach *reach, const struct rule *rule, uint32_t role,
			 const struct rule *connect)
{
	struct segment_set sources = { 0 };
	size_t i;

	if (!services_meet(rule->services, rule->nservices, connect->services, connect->nservices))
		return false;
	for (i = 0; i < rule->ntargets; i++) {
		if (rule->targets[i].kind == TARGET_ANY)
			return true;
		reach_sources(reach, &rule->targets[i], &sources);
	}
	return segment_set_meets(&sources, &reach->map->where[role]);
}

static bool role_accepts(struct reach *reach, const struct role *accepting, uint32_t role,
			 const struct rule *connect)
{
	size_t i;

	for (i = 0; i < accepting->naccept; i++)
		if (!spend(reach->map, 1) ||
		    rule_accepts(reach, &accepting->accept[i], role, connect))
			return true;
	return false;
}

/* Is there anything at a target, a device or a segment, that accepts this rule's connections? */
static bool target_accepts(struct reach *reach, const struct target *target, uint32_t role,
			   const struct rule *connect)
{
	const struct policy *policy = reach->policy;
	bool device = target->kind == TARGET_DEVICE;
	uint32_t i;

	if (!device && policy->segments[target->index].hosts)
		return true;
	if (device)
		device_roles(reach->map, &policy->devices[target->index], reach->roles);
	if (!spend(reach->map, policy->nroles))
		return true;
	for (i = 0; i < policy->nroles; i++)
		if ((device ? reach->roles[i] :
			      segment_set_has(&reach->map->where[i], target->index)) &&
		    role_accepts(reach, &policy->roles[i], role, connect))
			return true;
	return false;
}

static uint32_t segment_set_first(const struct segment_set *set)
{
	uint32_t segment = 0;

	while (!segment_set_has(set, segment))
		segment++;
	return segment;
}

static void report_no_conduit(struct reach *reach, const struct target *target, uint32_t role,
			      uint32_t segment)
{
	const struct policy *policy = reach->policy;
	uint32_t from = segment_set_first(&reach->map->where[role]);

	diag_warning(reach->check->diag, target->loc,
		     "this rule can never work: no conduit leads from \"%s\", where devices have the role "
		     "\"%s\", to \"%s\" for its ports; add one",
		     policy->segments[from].name, policy->roles[role].name,
		     policy->segments[segment].name);
	diag_other(reach->check->diag, policy->segments[segment].loc, "\"%s\" is here",
		   policy->segments[segment].name);
}

static void report_no_accept(struct reach *reach, const struct target *target, uint32_t role)
{
	const struct policy *policy = reach->policy;
	const char *name = policy->roles[role].name;

	if (target->kind == TARGET_DEVICE) {
		const struct device *device = &policy->devices[target->index];

		diag_warning(reach->check->diag, target->loc,
			     "this rule can never work: no role of \"%s\" accepts these ports from the role "
			     "\"%s\"; add an accept rule",
			     device->name, name);
		diag_other(reach->check->diag, device->loc, "\"%s\" is here", device->name);
	} else {
		const struct segment *segment = &policy->segments[target->index];

		diag_warning(reach->check->diag, target->loc,
			     "this rule can never work: no device in \"%s\" accepts these ports from the role "
			     "\"%s\"; add an accept rule to its role",
			     segment->name, name);
		diag_other(reach->check->diag, segment->loc, "\"%s\" is here", segment->name);
	}
}

static void warn_target(struct reach *reach, const struct target *target, uint32_t role,
			const struct rule *connect)
{
	const struct policy *policy = reach->policy;
	uint32_t segment;

	if (target->kind == TARGET_DEVICE)
		segment = policy->devices[target->index].segment;
	else if (target->kind == TARGET_SEGMENT)
		segment = target->index;
	else
		return;
	if (!reach_leads(reach, &reach->map->where[role], segment, connect->services,
			 connect->nservices))
		report_no_conduit(reach, target, role, segment);
	else if (!target_accepts(reach, target, role, connect))
		report_no_accept(reach, target, role);
}

void warn_connect(struct reach *reach)
{
	const struct policy *policy = reach->policy;
	size_t i, j, k;

	for (i = 0; i < policy->nroles; i++) {
		const struct role *role = &policy->roles[i];

		if (segment_set_empty(&reach->map->where[i]))
			continue;
		for (j = 0; j < role->nconnect; j++)
			for (k = 0; k < role->connect[j].ntargets; k++)
				warn_target(reach, &role->connect[j].targets[k], i, &role->connect[j]);
	}
}
