// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

#define STEPS (20ULL << 20) /* about a fifth of a second */
#define SET_WORDS (PICKET_MAX_SEGMENTS / 64)

void segment_set_join(struct segment_set *set, const struct segment_set *from)
{
	size_t i;

	for (i = 0; i < SET_WORDS; i++)
		set->bits[i] |= from->bits[i];
}

bool segment_set_meets(const struct segment_set *a, const struct segment_set *b)
{
	size_t i;

	for (i = 0; i < SET_WORDS; i++)
		if (a->bits[i] & b->bits[i])
			return true;
	return false;
}

bool segment_set_empty(const struct segment_set *set)
{
	return !segment_set_meets(set, set);
}

bool spend(struct role_map *map, size_t steps)
{
	map->steps = map->steps > steps ? map->steps - steps : 0;
	return map->steps;
}

/* As the data path counts services: "any" is everything, others are intervals. */
static void service_interval(const struct service *service, uint32_t *lo, uint32_t *hi)
{
	*lo = 0;
	*hi = UINT32_MAX;
	if (service->kind == SERVICE_ECHO) {
		*lo = *hi = PICKET_SERVICE_ECHO;
	} else if (service->kind == SERVICE_PROTO) {
		*lo = (uint32_t)service->proto << 16 | service->lo;
		*hi = (uint32_t)service->proto << 16 | service->hi;
	}
}

bool services_meet(const struct service *a, size_t na, const struct service *b, size_t nb)
{
	uint32_t alo, ahi, blo, bhi;
	size_t i, j;

	for (i = 0; i < na; i++)
		for (j = 0; j < nb; j++) {
			service_interval(&a[i], &alo, &ahi);
			service_interval(&b[j], &blo, &bhi);
			if (alo <= bhi && blo <= ahi)
				return true;
		}
	return false;
}

bool services_cover(const struct service *a, size_t na, const struct service *b, size_t nb)
{
	uint32_t alo, ahi, blo, bhi;
	size_t i, j;

	for (j = 0; j < nb; j++) {
		service_interval(&b[j], &blo, &bhi);
		for (i = 0; i < na; i++) {
			service_interval(&a[i], &alo, &ahi);
			if (alo <= blo && bhi <= ahi)
				break;
		}
		if (i == na)
			return false;
	}
	return true;
}

static bool assignment_same(const void *owner, uint32_t index, const void *key)
{
	const struct policy *policy = owner;
	const struct text *text = key;

	return text_is(text, policy->assignments[index].space);
}

/* Assignments of one space form a list that begins at the one in the table. */
static int index_assignments(struct role_map *map)
{
	const struct policy *policy = map->policy;
	uint32_t i, first;

	map->spaces = (struct table){ .same = assignment_same, .owner = policy };
	for (i = 0; i < policy->nassignments; i++) {
		const char *space = policy->assignments[i].space;
		struct text text = { .s = space, .len = strlen(space) };

		if (table_add(&map->spaces, hash_bytes(text.s, text.len), &text, i, &first))
			return -ENOMEM;
		map->next_assignment[i] = INDEX_NONE;
		if (first == UINT32_MAX)
			continue;
		map->next_assignment[i] = map->next_assignment[first];
		map->next_assignment[first] = i;
	}
	return 0;
}

void for_each_assignment(const struct role_map *map, const struct device *device,
			 void (*visit)(const struct assignment *assignment, void *context),
			 void *context)
{
	struct text place = { .s = device->space };
	const char *slash;
	uint32_t at;

	if (!device->space || !map->policy->nassignments)
		return;
	/* The space and all that it lies in. */
	for (slash = device->space;; slash++) {
		slash = strchr(slash, '/');
		place.len = slash ? (size_t)(slash - place.s) : strlen(place.s);
		at = table_find(&map->spaces, hash_bytes(place.s, place.len), &place);
		for (; at != INDEX_NONE; at = map->next_assignment[at])
			visit(&map->policy->assignments[at], context);
		if (!slash)
			return;
	}
}

/* Parents before children, without recursion; there are no cycles. */
static int order_roles(struct role_map *map)
{
	const struct policy *policy = map->policy;
	size_t n = policy->nroles, done = 0, i;
	uint32_t *stack = calloc(n + 1, sizeof(*stack)), *next = calloc(n + 1, sizeof(*next));
	size_t depth;

	for (i = 0; stack && next && i < n; i++) {
		if (next[i])
			continue;
		stack[0] = i;
		for (depth = 1; depth;) {
			uint32_t role = stack[depth - 1], at = next[role]++;

			if (at >= policy->roles[role].nextends) {
				map->order[done++] = role;
				depth--;
			} else if (!next[policy->roles[role].extends[at]]) {
				stack[depth++] = policy->roles[role].extends[at];
			}
		}
	}
	free(stack);
	free(next);
	return done == n ? 0 : -ENOMEM;
}

struct placing {
	struct role_map *map;
	uint32_t segment;
};

static void place_assignment(const struct assignment *assignment, void *context)
{
	struct placing *placing = context;

	segment_set_add(&placing->map->where[assignment->role], placing->segment);
}

static void place_roles(struct role_map *map)
{
	const struct policy *policy = map->policy;
	size_t i, j;

	for (i = 0; i < policy->nassignments; i++)
		map->used[policy->assignments[i].role] = true;
	for (i = 0; i < policy->ndevices; i++) {
		const struct device *device = &policy->devices[i];
		struct placing placing = { map, device->segment };

		for (j = 0; j < device->nroles; j++)
			segment_set_add(&map->where[device->roles[j]], device->segment);
		for_each_assignment(map, device, place_assignment, &placing);
	}
	/* What a role has, those that it extends have too: children come first. */
	for (i = policy->nroles; i-- > 0;) {
		uint32_t role = map->order[i];

		map->used[role] |= !segment_set_empty(&map->where[role]);
		for (j = 0; j < policy->roles[role].nextends; j++) {
			uint32_t parent = policy->roles[role].extends[j];

			map->used[parent] |= map->used[role];
			segment_set_join(&map->where[parent], &map->where[role]);
		}
	}
}

int role_map_init(struct role_map *map, const struct policy *policy)
{
	size_t n = policy->nroles + 1;
	int err;

	*map = (struct role_map){
		.order = calloc(n, sizeof(*map->order)),
		.where = calloc(n, sizeof(*map->where)),
		.used = calloc(n, sizeof(*map->used)),
		.next_assignment = calloc(policy->nassignments + 1, sizeof(*map->next_assignment)),
		.policy = policy,
		.steps = STEPS,
	};
	if (!map->order || !map->where || !map->used || !map->next_assignment)
		return -ENOMEM;
	err = index_assignments(map);
	if (!err)
		err = order_roles(map);
	if (!err)
		place_roles(map);
	return err;
}

void role_map_free(struct role_map *map)
{
	free(map->order);
	free(map->where);
	free(map->used);
	free(map->next_assignment);
	table_free(&map->spaces);
}

static void mark_assignment(const struct assignment *assignment, void *context)
{
	bool *roles = context;

	roles[assignment->role] = true;
}

void device_roles(const struct role_map *map, const struct device *device, bool *roles)
{
	const struct policy *policy = map->policy;
	size_t i, j;

	memset(roles, 0, policy->nroles * sizeof(*roles));
	for (i = 0; i < device->nroles; i++)
		roles[device->roles[i]] = true;
	for_each_assignment(map, device, mark_assignment, roles);
	for (i = policy->nroles; i-- > 0;) {
		const struct role *role = &policy->roles[map->order[i]];

		for (j = 0; roles[map->order[i]] && j < role->nextends; j++)
			roles[role->extends[j]] = true;
	}
}
