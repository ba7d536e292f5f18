// SPDX-License-Identifier: GPL-2.0-only
#include "flowjudge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "effects_work.h"

static int compare_addrs(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct picket_addr));
}

int flow_judge_init(struct flow_judge *judge, const struct policy *policy, const struct ruleset *ruleset,
		    const struct picket_addr *addrs, size_t naddrs, int64_t time)
{
	const struct ruleset *const rulesets[POLICIES] = { ruleset, ruleset };

	*judge = (struct flow_judge){ .policy = policy, .ruleset = ruleset, .time = time };
	judge->gateway = calloc(naddrs + policy->ngateway + 1, sizeof(*judge->gateway));
	if (!judge->gateway)
		return -ENOMEM;
	for (size_t i = 0; i < naddrs; i++)
		judge->gateway[judge->ngateway++] = addrs[i];
	for (size_t i = 0; i < policy->ngateway; i++)
		judge->gateway[judge->ngateway++] = policy->gateway[i];
	qsort(judge->gateway, judge->ngateway, sizeof(*judge->gateway), compare_addrs);
	return space_init(rulesets, &judge->space);
}

void flow_judge_free(struct flow_judge *judge)
{
	free(judge->gateway);
	space_free(&judge->space);
}

bool flow_judge_is_gateway(const struct flow_judge *judge, const struct picket_addr *addr)
{
	return bsearch(addr, judge->gateway, judge->ngateway, sizeof(*addr), compare_addrs);
}

/* ---- ends ---- */

static enum reason device_at(const struct flow_judge *judge, enum side side, uint32_t index, struct end *out)
{
	const struct device *device = &judge->policy->devices[index];
	struct grants grants = ruleset_grants(judge->ruleset, judge->ruleset->device_class[index], judge->time);

	if (judge->time < device->valid_from || judge->time >= device->valid_until)
		return REASON_EXPIRED;
	out->kind = END_DEVICE;
	out->segment = device->segment;
	out->set = side == FROM ? grants.connect : grants.accept;
	out->roles = grants.roles;
	out->name = judge->ruleset->device_name[index];
	return REASON_NONE;
}

static enum reason address_at(const struct flow_judge *judge, const struct region *region, struct end *out)
{
	const struct region_place *place = &region->place[AFTER];

	if (region->nature == REGION_GROUP || place->broadcast_segment != INDEX_NONE) {
		out->kind = END_GROUP;
		return REASON_NONE;
	}
	if (place->segment == INDEX_NONE)
		return REASON_SEGMENT;
	if (!judge->policy->segments[place->segment].hosts)
		return REASON_UNKNOWN_DEVICE;
	out->kind = END_HOST;
	out->segment = place->segment;
	return REASON_NONE;
}

static enum reason end_of(const struct flow_judge *judge, enum side side, const struct flow_party *party,
			  struct end *out)
{
	const struct region *region = &judge->space.regions[space_find(&judge->space, &party->addr)];

	*out = (struct end){ .segment = INDEX_NONE, .prefix = region->place[AFTER].target };
	if (flow_judge_is_gateway(judge, &party->addr)) {
		out->kind = END_GATEWAY;
		return REASON_NONE;
	}
	return party->device != INDEX_NONE ? device_at(judge, side, party->device, out) :
					     address_at(judge, region, out);
}

/* ---- rules ---- */

static bool covers(const struct ruleset *ruleset, const struct rule_services *services, uint32_t service)
{
	const struct service_range *ranges = ruleset->services + services->first;
	uint32_t lo = 0, hi = services->n;

	while (lo < hi) {
		uint32_t middle = lo + (hi - lo) / 2;

		if (ranges[middle].hi < service)
			lo = middle + 1;
		else
			hi = middle;
	}
	return lo < services->n && ranges[lo].lo <= service;
}

static int compare_entry(const void *key, const void *entry)
{
	const struct rule_key *a = key, *b = &((const struct ruleset_entry *)entry)->key;

	if (a->set != b->set)
		return a->set < b->set ? -1 : 1;
	return (a->target > b->target) - (a->target < b->target);
}

static bool set_covers(const struct ruleset *ruleset, uint32_t set, const struct end *other, uint32_t service)
{
	uint32_t targets[END_TARGETS];
	size_t n = end_targets(ruleset, other, targets);

	while (n--) {
		struct rule_key key = { set, targets[n] };
		const struct ruleset_entry *entry = bsearch(&key, ruleset->entries, ruleset->nentries,
							    sizeof(*entry), compare_entry);

		if (entry && covers(ruleset, &entry->services, service))
			return true;
	}
	return false;
}

static int compare_conduit(const void *key, const void *conduit)
{
	const struct ruleset_conduit *a = key, *b = conduit;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	return (a->to > b->to) - (a->to < b->to);
}

static bool conduit_covers(const struct flow_judge *judge, const struct end *from, const struct end *to,
			   uint32_t service)
{
	const struct ruleset *ruleset = judge->ruleset;
	const struct ruleset_conduit key = { .from = from->segment, .to = to->segment };
	const struct ruleset_conduit *conduit;

	if (from->kind == END_GATEWAY || to->kind == END_GATEWAY || to->kind == END_GROUP)
		return true;
	if (from->segment == to->segment && judge->policy->segments[from->segment].hosts)
		return true;
	conduit = bsearch(&key, ruleset->conduits, ruleset->nconduits, sizeof(key), compare_conduit);
	return conduit && covers(ruleset, &conduit->services, service);
}

static bool audited(const struct flow_judge *judge, const struct end *end)
{
	return end->segment != INDEX_NONE && judge->policy->segments[end->segment].audit;
}

enum reason flow_judge_ask(const struct flow_judge *judge, const struct flow_party *from,
			   const struct flow_party *to, uint32_t service)
{
	struct end source, destination;
	enum reason reason = end_of(judge, FROM, from, &source), other = end_of(judge, TO, to, &destination);

	reason = reason ? reason : other;
	if (!reason && !conduit_covers(judge, &source, &destination, service))
		reason = REASON_SEGMENT;
	if (!reason && source.kind == END_DEVICE && !set_covers(judge->ruleset, source.set, &destination, service))
		reason = REASON_ROLE_CONNECT;
	if (!reason && destination.kind == END_DEVICE &&
	    !set_covers(judge->ruleset, destination.set, &source, service))
		reason = REASON_ROLE_ACCEPT;
	return reason && (audited(judge, &source) || audited(judge, &destination)) ? REASON_NONE : reason;
}
