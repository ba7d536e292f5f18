// SPDX-License-Identifier: GPL-2.0-only
/* One policy and its ruleset, turned so that effects find quickly what they ask for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "effects_work.h"

void view_free(struct view *view)
{
	free(view->grants);
	free(view->class_roles);
	lists_free(&view->roles);
	for (int side = 0; side < ENDS; side++)
		free(view->relevant[side]);
	free(view->first_region);
	free(view->regions);
	free(view->conduit);
	free(view->together);
	free(view->services);
	free(view->first_entry);
	free(view->first_of_target);
	free(view->by_target);
	addrs_free(&view->addrs);
}

/* ---- classes, at the time ---- */

/* What all devices of a class have is what one of them has. */
static int roles_at(struct view *view, const struct device *device, int64_t time, uint32_t *list)
{
	const struct policy *policy = view->policy;
	_cleanup_free_ uint32_t *roles = malloc((device->nroles + policy->nassignments + 1) *
						sizeof(*roles));
	size_t n = 0;

	if (!roles)
		return -ENOMEM;
	for (size_t i = 0; i < device->nroles; i++)
		roles[n++] = device->roles[i];
	for (size_t i = 0; device->space && i < policy->nassignments; i++) {
		const struct assignment *a = &policy->assignments[i];

		if (space_within(device->space, a->space) && time >= a->valid_from && time < a->valid_until)
			roles[n++] = a->role;
	}
	return lists_intern(&view->roles, roles, sort_unique(roles, n), list);
}

static int view_classes(struct view *view, int64_t time)
{
	const struct ruleset *ruleset = view->ruleset;
	int err = 0;

	view->grants = calloc(ruleset->nclasses + 1, sizeof(*view->grants));
	view->class_roles = malloc((ruleset->nclasses + 1) * sizeof(*view->class_roles));
	if (!view->grants || !view->class_roles)
		return -ENOMEM;
	for (size_t i = 0; i < ruleset->nclasses; i++) {
		view->grants[i] = ruleset_grants(ruleset, i, time);
		view->class_roles[i] = INDEX_NONE;
	}
	for (size_t i = 0; i < view->policy->ndevices && !err; i++) {
		uint32_t *roles = &view->class_roles[ruleset->device_class[i]];

		if (*roles == INDEX_NONE)
			err = roles_at(view, &view->policy->devices[i], time, roles);
	}
	return err;
}

/* ---- rules ---- */

static int view_services(struct view *view, struct service_sets *sets)
{
	const struct ruleset *ruleset = view->ruleset;
	_cleanup_free_ uint32_t *known = calloc(ruleset->nservices + 1, sizeof(*known)); /* + 1 */

	view->services = calloc(ruleset->nentries + 1, sizeof(*view->services));
	if (!known || !view->services)
		return -ENOMEM;
	for (size_t i = 0; i < ruleset->nentries; i++) {
		const struct rule_services *span = &ruleset->entries[i].services;

		if (!span->n)
			continue;
		if (!known[span->first])
			known[span->first] = 1 + services_of(sets, ruleset->services + span->first,
							     span->n);
		view->services[i] = known[span->first] - 1;
	}
	return sets->failed ? -ENOMEM : 0;
}

/* Entries are sorted by set; and once more by target. */
static int view_entries(struct view *view)
{
	const struct ruleset *ruleset = view->ruleset;
	size_t n = ruleset->nentries, ntargets = ruleset->ntargets;

	view->first_entry = calloc(ruleset->nsets + 2, sizeof(*view->first_entry));
	view->first_of_target = calloc(ntargets + 2, sizeof(*view->first_of_target));
	view->by_target = calloc(n + 1, sizeof(*view->by_target));
	if (!view->first_entry || !view->first_of_target || !view->by_target)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		view->first_entry[ruleset->entries[i].key.set + 1]++;
		view->first_of_target[ruleset->entries[i].key.target + 1]++;
	}
	for (size_t i = 1; i < ruleset->nsets + 2U; i++)
		view->first_entry[i] += view->first_entry[i - 1];
	for (size_t i = 1; i < ntargets + 2; i++)
		view->first_of_target[i] += view->first_of_target[i - 1];
	for (size_t i = n; i--;)
		view->by_target[--view->first_of_target[ruleset->entries[i].key.target + 1]] = i;
	/* Each has moved to its beginning, one place up from where it is looked for. */
	memmove(view->first_of_target, view->first_of_target + 1,
		(ntargets + 1) * sizeof(*view->first_of_target));
	return 0;
}

/*
 * A rule prefix tells ends apart only where some device's rules of the other end name it: what a
 * source connects to cuts destinations, what a destination accepts cuts sources.
 */
static int view_relevant(struct view *view, enum side side)
{
	const struct ruleset *ruleset = view->ruleset;
	uint32_t *relevant = calloc(ruleset->ntargets + 1, sizeof(*relevant));

	view->relevant[side] = relevant;
	if (!relevant)
		return -ENOMEM;
	for (size_t i = 0; i < ruleset->nclasses; i++) {
		uint32_t set = side == TO ? view->grants[i].connect : view->grants[i].accept;

		for (uint32_t k = view->first_entry[set]; k < view->first_entry[set + 1]; k++)
			relevant[ruleset->entries[k].key.target] = ruleset->entries[k].key.target;
	}
	/* A prefix comes after those that hold it. */
	for (size_t i = 1; i < ruleset->ntargets; i++)
		if (ruleset->targets[i].kind == TARGET_PREFIX && !relevant[i])
			relevant[i] = relevant[ruleset->targets[i].parent];
	return 0;
}

/* ---- segments ---- */

static int view_segments(struct view *view, struct service_sets *sets)
{
	const struct policy *policy = view->policy;
	const struct ruleset *ruleset = view->ruleset;
	size_t n = policy->nsegments;

	view->conduit = calloc(n * n + 1, sizeof(*view->conduit));
	view->together = calloc(n * n + 1, sizeof(*view->together));
	if (!view->conduit || !view->together)
		return -ENOMEM;
	for (size_t i = 0; i < ruleset->nconduits; i++) {
		const struct ruleset_conduit *conduit = &ruleset->conduits[i];

		view->conduit[conduit->from * n + conduit->to] =
			services_of(sets, &ruleset->services[conduit->services.first], conduit->services.n);
	}
	for (size_t i = 0; i < policy->nports; i++) {
		const struct port *port = &policy->ports[i];

		for (size_t k = 0; k < port->nsegments * port->nsegments; k++)
			view->together[port->segments[k / port->nsegments] * n +
				       port->segments[k % port->nsegments]] = true;
	}
	return sets->failed ? -ENOMEM : 0;
}

int view_init(struct effects *e, int policy)
{
	struct view *view = &e->views[policy];
	int err;

	view->policy = e->input.policies[policy];
	view->ruleset = e->input.rulesets[policy];
	view->addrs.policy = view->policy;
	err = view_classes(view, e->input.time);
	if (!err)
		err = view_services(view, &e->services);
	if (!err)
		err = view_entries(view);
	for (int side = 0; side < ENDS && !err; side++)
		err = view_relevant(view, side);
	return err ? err : view_segments(view, &e->services);
}

/* ---- addresses ---- */

/* The segment whose devices may have addresses of the region that they do not list. */
static uint32_t roaming_segment(const struct region *region, int policy)
{
	const struct region_place *place = &region->place[policy];

	if (region->nature != REGION_PLAIN || !region->left || place->broadcast_segment != INDEX_NONE)
		return INDEX_NONE;
	return place->segment;
}

int view_regions(struct effects *e, int policy)
{
	struct view *view = &e->views[policy];
	size_t n = view->policy->nsegments;

	view->first_region = calloc(n + 2, sizeof(*view->first_region));
	view->regions = calloc(e->space.n + 1, sizeof(*view->regions));
	if (!view->first_region || !view->regions)
		return -ENOMEM;
	for (size_t i = 0; i < e->space.n; i++) {
		uint32_t segment = roaming_segment(&e->space.regions[i], policy);

		if (segment != INDEX_NONE)
			view->first_region[segment + 2]++;
	}
	for (size_t i = 1; i < n + 2; i++)
		view->first_region[i] += view->first_region[i - 1];
	for (size_t i = 0; i < e->space.n; i++) {
		uint32_t segment = roaming_segment(&e->space.regions[i], policy);

		if (segment != INDEX_NONE)
			view->regions[view->first_region[segment + 1]++] = i;
	}
	return 0;
}
