// SPDX-License-Identifier: GPL-2.0-only
#include "linear_rules.h"

#include <string.h>

static bool in_prefix(const struct prefix *prefix, const struct picket_addr *addr)
{
	return addr_is_ipv4(&prefix->addr) == addr_is_ipv4(addr) && prefix_holds(prefix, addr);
}

static bool extends(const struct policy *policy, uint32_t role, uint32_t parent)
{
	if (role == parent)
		return true;
	for (size_t i = 0; i < policy->roles[role].nextends; i++)
		if (extends(policy, policy->roles[role].extends[i], parent))
			return true;
	return false;
}

static bool assigned(const struct device *device, const struct assignment *assignment, int64_t time)
{
	return device->space && space_within(device->space, assignment->space) &&
	       time >= assignment->valid_from && time < assignment->valid_until;
}

/* Directly or by assignment. */
static bool has_itself(const struct policy *policy, uint32_t index, uint32_t role, int64_t time)
{
	const struct device *device = &policy->devices[index];

	for (size_t i = 0; i < device->nroles; i++)
		if (device->roles[i] == role)
			return true;
	for (size_t i = 0; i < policy->nassignments; i++)
		if (policy->assignments[i].role == role &&
		    assigned(device, &policy->assignments[i], time))
			return true;
	return false;
}

static bool has_role(const struct policy *policy, uint32_t device, uint32_t role, int64_t time)
{
	for (size_t i = 0; i < policy->nroles; i++)
		if (has_itself(policy, device, i, time) && extends(policy, i, role))
			return true;
	return false;
}

static bool target_covers(const struct policy *policy, const struct target *target,
			  const struct linear_end *end, int64_t time)
{
	const struct peer *peer;

	switch (target->kind) {
	case TARGET_ANY:
		return true;
	case TARGET_GATEWAY:
		return end->kind == LOOKUP_GATEWAY;
	case TARGET_PREFIX:
		return in_prefix(&target->prefix, &end->addr);
	case TARGET_PEER:
		peer = &policy->peers[target->index];
		for (size_t i = 0; i < peer->nprefixes; i++)
			if (in_prefix(&peer->prefixes[i], &end->addr))
				return true;
		return false;
	case TARGET_SEGMENT:
		return (end->kind == LOOKUP_DEVICE || end->kind == LOOKUP_HOST) &&
		       end->segment == target->index;
	case TARGET_ROLE:
		return end->kind == LOOKUP_DEVICE &&
		       has_role(policy, end->device, target->index, time);
	case TARGET_DEVICE:
		return end->kind == LOOKUP_DEVICE && end->device == target->index;
	}
	return false;
}

static bool has_ports(uint8_t proto)
{
	return proto == 6 || proto == 17 || proto == 132;
}

static bool services_cover(const struct service *services, size_t n, const struct traffic *traffic)
{
	for (size_t i = 0; i < n; i++) {
		const struct service *s = &services[i];

		if (s->kind == SERVICE_ANY)
			return true;
		if (traffic->odd)
			continue;
		if (traffic->echo) {
			if (s->kind == SERVICE_ECHO)
				return true;
			continue;
		}
		if (s->kind == SERVICE_PROTO && s->proto == traffic->proto &&
		    (!has_ports(s->proto) || (traffic->port >= s->lo && traffic->port <= s->hi)))
			return true;
	}
	return false;
}

static bool rules_cover(const struct policy *policy, const struct rule *rules, size_t n,
			const struct linear_end *end, const struct traffic *traffic, int64_t time)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < rules[i].ntargets; j++)
			if (target_covers(policy, &rules[i].targets[j], end, time) &&
			    services_cover(rules[i].services, rules[i].nservices, traffic))
				return true;
	return false;
}

static bool device_covers(const struct policy *policy, uint32_t device, bool connect,
			  const struct linear_end *end, const struct traffic *traffic, int64_t time)
{
	for (size_t i = 0; i < policy->nroles; i++) {
		const struct role *role = &policy->roles[i];

		if (has_role(policy, device, i, time) &&
		    rules_cover(policy, connect ? role->connect : role->accept,
				connect ? role->nconnect : role->naccept, end, traffic, time))
			return true;
	}
	return false;
}

static bool lists(const uint32_t *segments, size_t n, uint32_t segment)
{
	for (size_t i = 0; i < n; i++)
		if (segments[i] == segment)
			return true;
	return false;
}

static bool conduit(const struct policy *policy, const struct linear_end *from,
		    const struct linear_end *to, const struct traffic *traffic)
{
	if (from->kind == LOOKUP_GATEWAY || to->kind == LOOKUP_GATEWAY || to->kind == LOOKUP_GROUP)
		return true;
	if (from->segment == to->segment && policy->segments[from->segment].hosts)
		return true;
	for (size_t i = 0; i < policy->nconduits; i++) {
		const struct conduit *c = &policy->conduits[i];

		if (lists(c->from, c->nfrom, from->segment) && lists(c->to, c->nto, to->segment) &&
		    services_cover(c->services, c->nservices, traffic))
			return true;
	}
	return false;
}

enum reason linear_rules(const struct policy *policy, const struct linear_end *from,
			 const struct linear_end *to, const struct traffic *traffic, int64_t time)
{
	if (!conduit(policy, from, to, traffic))
		return REASON_SEGMENT;
	if (from->kind == LOOKUP_DEVICE &&
	    !device_covers(policy, from->device, true, to, traffic, time))
		return REASON_ROLE_CONNECT;
	if (to->kind == LOOKUP_DEVICE &&
	    !device_covers(policy, to->device, false, from, traffic, time))
		return REASON_ROLE_ACCEPT;
	return REASON_NONE;
}

uint32_t linear_segment(const struct policy *policy, const struct picket_addr *addr, uint8_t *len)
{
	uint32_t found = INDEX_NONE;

	for (size_t i = 0; i < policy->nsegments; i++) {
		for (size_t j = 0; j < policy->segments[i].nsubnets; j++) {
			const struct prefix *prefix = &policy->segments[i].subnets[j].prefix;

			if (!in_prefix(prefix, addr) || (found != INDEX_NONE && prefix->len <= *len))
				continue;
			found = i;
			*len = prefix->len;
		}
	}
	return found;
}

uint32_t linear_device(const struct policy *policy, const struct picket_addr *addr)
{
	for (size_t i = 0; i < policy->ndevices; i++)
		for (size_t j = 0; j < policy->devices[i].naddrs; j++)
			if (!memcmp(&policy->devices[i].addrs[j], addr, sizeof(*addr)))
				return i;
	return INDEX_NONE;
}

/* Its own, else that of the first parent that has one. */
static const struct limit *role_limit(const struct policy *policy, uint32_t index,
				      enum direction direction)
{
	const struct role *role = &policy->roles[index];
	const struct limit *found = role->limit[direction].present ? &role->limit[direction] : NULL;

	for (size_t i = 0; i < role->nextends && !found; i++)
		found = role_limit(policy, role->extends[i], direction);
	return found;
}

static bool is_lower(const struct rate *a, const struct rate *b)
{
	double x = (double)a->count / a->period, y = (double)b->count / b->period;

	return !b->count || x < y || (x == y && a->burst < b->burst);
}

struct limit linear_limit(const struct policy *policy, uint32_t device, enum direction direction,
			  int64_t time)
{
	const struct limit *own = policy->devices[device].limit;
	struct limit limit = {};

	if (own && own[direction].present)
		limit = own[direction];
	for (size_t i = 0; i < policy->nroles && !limit.present; i++) {
		const struct limit *of = role_limit(policy, i, direction);

		for (int kind = 0; kind < LIMIT_KINDS; kind++)
			if (of && has_itself(policy, device, i, time) && of->rate[kind].count &&
			    is_lower(&of->rate[kind], &limit.rate[kind]))
				limit.rate[kind] = of->rate[kind];
	}
	if (!limit.rate[LIMIT_FLOWS].count)
		limit.rate[LIMIT_FLOWS] = (struct rate){ .count = 50, .period = NSEC_PER_SEC,
							 .burst = 500 };
	return limit;
}
