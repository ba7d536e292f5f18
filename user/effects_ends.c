// SPDX-License-Identifier: GPL-2.0-only
/* Who may be at the ends of a connection: classes of ends that neither policy tells apart. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "effects_work.h"

#define CLASS_KEY offsetof(struct end_class, region)

uint32_t version_of(const struct picket_addr *addr)
{
	return addr_is_ipv4(addr) ? 4 : 6;
}

static int compare_addrs(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct picket_addr));
}

bool is_gateway(const struct effects *e, const struct picket_addr *addr)
{
	return e->ngateway &&
	       bsearch(addr, e->gateway, e->ngateway, sizeof(*addr), compare_addrs);
}

/* ---- one end ---- */

static const struct end NOBODY = { .kind = END_NOBODY, .segment = INDEX_NONE };

/* A device is where it is expected, or it is not valid. */
static struct end device_end(const struct effects *e, enum side side, int policy, uint32_t index)
{
	const struct view *view = &e->views[policy];
	const struct device *device = &view->policy->devices[index];
	const struct grants *grants = &view->grants[view->ruleset->device_class[index]];

	if (e->input.time < device->valid_from || e->input.time >= device->valid_until ||
	    (side == FROM && !view->policy->segments[device->segment].nports))
		return NOBODY;
	return (struct end){
		.kind = END_DEVICE,
		.segment = device->segment,
		.set = side == FROM ? grants->connect : grants->accept,
		.roles = grants->roles,
		.name = view->ruleset->device_name[index],
	};
}

static struct end address_end(const struct effects *e, enum side side, int policy,
			      const struct region *region)
{
	const struct policy *p = e->views[policy].policy;
	const struct region_place *place = &region->place[policy];
	const struct segment *segment = place->segment == INDEX_NONE ? NULL : &p->segments[place->segment];
	struct end end = NOBODY;

	if (region->nature == REGION_NOWHERE)
		return NOBODY;
	if (side == TO && (region->nature == REGION_GROUP || place->broadcast_segment != INDEX_NONE)) {
		end.kind = END_GROUP;
		end.segment = place->broadcast_segment;
		return end;
	}
	if (side == FROM && (region->nature != REGION_PLAIN || place->broadcast_segment != INDEX_NONE ||
			     (segment && !segment->nports)))
		return NOBODY;
	if (!segment || !segment->hosts)
		return NOBODY;
	end.kind = END_HOST;
	end.segment = place->segment;
	return end;
}

struct end end_at(const struct effects *e, enum side side, int policy, const struct picket_addr *addr,
		  uint32_t region, uint32_t device)
{
	const struct view *view = &e->views[policy];
	struct end end = NOBODY;

	if (addr && is_gateway(e, addr))
		end.kind = END_GATEWAY;
	else if (device != INDEX_NONE)
		end = device_end(e, side, policy, device);
	else
		end = address_end(e, side, policy, &e->space.regions[region]);
	if (end.kind != END_NOBODY)
		end.prefix = view->relevant[side][e->space.regions[region].place[policy].target];
	return end;
}

size_t end_targets(const struct ruleset *ruleset, const struct end *end, uint32_t out[END_TARGETS])
{
	size_t n = 0;

	if (end->kind == END_NOBODY)
		return 0;
	out[n++] = PICKET_TARGET_ANY;
	if (end->kind == END_GATEWAY)
		out[n++] = PICKET_TARGET_GATEWAY;
	if (end->kind == END_DEVICE && end->name)
		out[n++] = end->name;
	if (end->kind == END_DEVICE && end->roles)
		out[n++] = end->roles;
	if ((end->kind == END_DEVICE || end->kind == END_HOST) && ruleset->segment_target[end->segment])
		out[n++] = ruleset->segment_target[end->segment];
	for (uint32_t prefix = end->prefix; prefix; prefix = ruleset->targets[prefix].parent)
		out[n++] = prefix;
	return n;
}

/* ---- classes ---- */

static bool same_class(const void *owner, uint32_t index, const void *key)
{
	const struct classes *classes = owner;

	return !memcmp(&classes->all[index], key, CLASS_KEY);
}

uint32_t class_find(const struct classes *classes, const struct end_class *key)
{
	return table_find(&classes->table, hash_bytes(key, CLASS_KEY), key);
}

int class_add(struct effects *e, enum side side, const struct end_class *class)
{
	struct classes *classes = &e->classes[side];
	uint32_t found;

	if (class->end[BEFORE].kind == END_NOBODY && class->end[AFTER].kind == END_NOBODY)
		return 0;
	if (array_reserve((void **)&classes->all, &classes->capacity, classes->n + 1,
			  sizeof(*classes->all)) ||
	    table_add(&classes->table, hash_bytes(class, CLASS_KEY), class, classes->n, &found))
		return -ENOMEM;
	if (found == UINT32_MAX)
		classes->all[classes->n++] = *class;
	return 0;
}

/* ---- what is no device's ---- */

bool is_edge(const struct effects *e, uint32_t region)
{
	const struct region_place *place = e->space.regions[region].place;

	return (place[BEFORE].broadcast_segment == INDEX_NONE) !=
	       (place[AFTER].broadcast_segment == INDEX_NONE);
}

/* One address, or NULL: what is left of the region. */
static int add_addr(struct effects *e, const struct picket_addr *addr, uint32_t region)
{
	uint32_t version = version_of(&e->space.regions[region].prefix.addr);
	int err = 0;

	for (int side = 0; side < ENDS && !err; side++) {
		struct end_class class = { .version = version, .who = INDEX_NONE,
					   .edge = !addr && is_edge(e, region), .region = region };

		for (int x = 0; x < POLICIES; x++)
			class.end[x] = end_at(e, side, x, addr, region, INDEX_NONE);
		err = class_add(e, side, &class);
	}
	return err;
}

static int gather_gateway(struct effects *e)
{
	const struct policy *const *policies = e->input.policies;
	size_t n = e->input.ngateway;

	e->gateway = calloc(n + policies[BEFORE]->ngateway + policies[AFTER]->ngateway + 1,
			    sizeof(*e->gateway));
	if (!e->gateway)
		return -ENOMEM;
	if (n)
		memcpy(e->gateway, e->input.gateway, n * sizeof(*e->gateway));
	for (int x = 0; x < POLICIES; x++)
		for (size_t i = 0; i < policies[x]->ngateway; i++)
			e->gateway[n++] = policies[x]->gateway[i];
	qsort(e->gateway, n, sizeof(*e->gateway), compare_addrs);
	for (size_t i = 0; i < n; i++)
		if (!e->ngateway || compare_addrs(&e->gateway[e->ngateway - 1], &e->gateway[i]))
			e->gateway[e->ngateway++] = e->gateway[i];
	return 0;
}

/* A gateway has an address even where nobody told us which. */
static int add_gateway(struct effects *e)
{
	bool known[POLICIES] = { false }; /* of IPv4, of IPv6 */
	int err = 0;

	for (size_t i = 0; i < e->ngateway && !err; i++) {
		uint32_t region = space_find(&e->space, &e->gateway[i]);

		known[version_of(&e->gateway[i]) == 6] = true;
		e->space.regions[region].left--;
		err = add_addr(e, &e->gateway[i], region);
	}
	for (int ipv6 = 0; ipv6 < 2 && !err; ipv6++) {
		struct end_class class = { .version = ipv6 ? 6 : 4, .who = INDEX_NONE,
					   .region = INDEX_NONE };

		class.end[BEFORE] = class.end[AFTER] = NOBODY;
		class.end[BEFORE].kind = class.end[AFTER].kind = END_GATEWAY;
		for (int side = 0; side < ENDS && !known[ipv6] && !err; side++)
			err = class_add(e, side, &class);
	}
	return err;
}

/* An address that a device lists is nobody else's of its region. */
static void take(struct effects *e, const struct picket_addr *addr)
{
	if (!is_gateway(e, addr))
		e->space.regions[space_find(&e->space, addr)].left--;
}

static int take_listed(struct effects *e)
{
	const struct policy *after = e->input.policies[AFTER], *before = e->input.policies[BEFORE];
	uint32_t owner;

	for (size_t i = 0; i < after->ndevices; i++)
		for (size_t k = 0; k < after->devices[i].naddrs; k++)
			take(e, &after->devices[i].addrs[k]);
	for (size_t i = 0; i < before->ndevices; i++) {
		const struct device *device = &before->devices[i];
		uint32_t now = e->input.pairs->after[i];

		for (size_t k = 0; k < device->naddrs; k++) {
			const struct picket_addr *addr = &device->addrs[k];

			/* Most are where they were. */
			if (now != INDEX_NONE && k < after->devices[now].naddrs &&
			    !compare_addrs(addr, &after->devices[now].addrs[k]))
				continue;
			if (addrs_find(&e->views[AFTER].addrs, addr, &owner))
				return -ENOMEM;
			if (owner == INDEX_NONE)
				take(e, addr);
		}
	}
	return 0;
}

int ends_gather(struct effects *e)
{
	int err;

	for (int side = 0; side < ENDS; side++)
		e->classes[side].table = (struct table){ .same = same_class, .owner = &e->classes[side] };
	err = gather_gateway(e);
	if (!err)
		err = add_gateway(e);
	if (!err)
		err = take_listed(e);
	for (int x = 0; x < POLICIES && !err; x++)
		err = view_regions(e, x);
	if (!err)
		err = devices_gather(e);
	for (size_t i = 0; i < e->space.n && !err; i++)
		if (e->space.regions[i].left)
			err = add_addr(e, NULL, i);
	return err;
}
