/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Conduits and roles: one table, (set, target) to the services that it covers.
 */
#ifndef PICKET_BPF_RULES_H
#define PICKET_BPF_RULES_H

#include "lookup.h"

#define SEARCH_STEPS 24 /* 2^24 intervals in one entry */

/* Whether an entry of the table covers the service. */
COLD int covered(u32 set, u32 target, u32 service)
{
	struct rule_key key = { .set = set, .target = target };
	struct rule_services *found;
	u32 lo, hi;

	if (!target)
		return 0;
	found = bpf_map_lookup_elem(&rules, &key);
	if (!found)
		return 0;
	lo = found->first;
	hi = found->first + found->n;
	for (int i = 0; i < SEARCH_STEPS && lo < hi; i++) {
		u32 middle = lo + (hi - lo) / 2;
		struct service_range *range = bpf_map_lookup_elem(&services, &middle);

		if (!range)
			return 0;
		if (service < range->lo)
			hi = middle;
		else if (service > range->hi)
			lo = middle + 1;
		else
			return 1;
	}
	return 0;
}

/* Whether a rule prefix of the set holds the address, the longest first. */
COLD int covered_by_prefix(u32 set, const struct picket_addr *addr, u32 service)
{
	struct prefix_info info = {};
	u32 target;

	if (!addr)
		return 0;
	find_prefix(addr, &info);
	target = info.target;
	for (int i = 0; i < PICKET_MAX_PREFIX_DEPTH && target; i++) {
		u32 *parent;

		if (covered(set, target, service))
			return 1;
		parent = bpf_map_lookup_elem(&parents, &target);
		target = parent ? *parent : 0;
	}
	return 0;
}

HOT u32 segment_target(u32 row)
{
	struct segment_info *segment = bpf_map_lookup_elem(&segments, &row);

	return segment ? segment->target : 0;
}

/* Whether a device's rules of one kind cover the other end. */
COLD int covers_end(u32 set, const struct end *end, u32 service)
{
	if (!set || !end)
		return 0;
	if (covered(set, PICKET_TARGET_ANY, service))
		return 1;
	if (end->kind == END_GATEWAY && covered(set, PICKET_TARGET_GATEWAY, service))
		return 1;
	if (end->kind == END_DEVICE &&
	    (covered(set, end->name, service) || covered(set, end->grants.roles, service)))
		return 1;
	if ((end->kind == END_DEVICE || (end->kind == END_HOST && !end->outside)) &&
	    covered(set, segment_target(end->segment), service))
		return 1;
	return covered_by_prefix(set, &end->addr, service);
}

/* Step 12: conduits between segments. */
HOT int check_conduit(const struct end *from, const struct end *to, u32 service)
{
	struct segment_info *segment;
	u32 row = from->segment;

	if (from->kind == END_GATEWAY || to->kind == END_GATEWAY || to->kind == END_GROUP)
		return 0;
	if (row == to->segment && !from->outside) {
		segment = bpf_map_lookup_elem(&segments, &row);
		if (segment && segment->flags & SEGMENT_HOSTS)
			return 0;
	}
	return row && covered(PICKET_SET_CONDUIT | row, to->segment, service) ? 0 : REASON_SEGMENT;
}

/* Steps 12 and 13: whether from may open this service to to. */
COLD int check_rules(const struct end *from, const struct end *to, u32 service)
{
	int r;

	if (!from || !to)
		return REASON_SEGMENT;
	r = check_conduit(from, to, service);
	if (r)
		return r;
	if (from->kind == END_DEVICE && !covers_end(from->grants.connect, to, service))
		return REASON_ROLE_CONNECT;
	if (to->kind == END_DEVICE && !covers_end(to->grants.accept, from, service))
		return REASON_ROLE_ACCEPT;
	return 0;
}

#endif
