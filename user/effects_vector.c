// SPDX-License-Identifier: GPL-2.0-only
/* What changes for one source, service by service instead of destination by destination. */
#include <errno.h>
#include <stdlib.h>

#include "effects_work.h"

#define GROUPS 64 /* sets of services that are taken apart; where there are more, none is */
#define PARTS 256

/* Destinations with the same services: found[first] to found[end - 1]. */
struct group {
	size_t first, end;
};

struct part {
	uint32_t services;
	uint64_t groups; /* for whose destinations they change, as bits */
};

struct parts {
	struct part all[PARTS];
	size_t n;
};

void vector_free(struct vector_work *w)
{
	free(w->found);
	free(w->numbers);
	free(w->vector);
}

int vector_add(struct vector_work *w, uint32_t sign, uint32_t services, uint32_t class)
{
	if (services == SERVICES_NONE)
		return 0;
	if (array_reserve((void **)&w->found, &w->found_capacity, w->nfound + 1, sizeof(*w->found)))
		return -ENOMEM;
	w->found[w->nfound++] = (uint64_t)(sign | services) << 32 | class;
	return 0;
}

/* Groups of one sign from at on; false: there are too many. */
static bool find_groups(const struct vector_work *w, size_t *at, struct group groups[GROUPS], size_t *n)
{
	uint64_t sign = w->found[*at] >> 32 & EFFECT_SIGN_LOST;

	for (*n = 0; *at < w->nfound && (w->found[*at] >> 32 & EFFECT_SIGN_LOST) == sign; ++*n) {
		size_t first = *at;

		while (*at < w->nfound && w->found[*at] >> 32 == w->found[first] >> 32)
			++*at;
		if (*n < GROUPS)
			groups[*n] = (struct group){ first, *at };
	}
	return *n <= GROUPS;
}

/* False: there are too many. */
static bool add_part(struct parts *parts, uint32_t services, uint64_t groups)
{
	if (services == SERVICES_NONE)
		return true;
	if (parts->n == PARTS)
		return false;
	parts->all[parts->n++] = (struct part){ services, groups };
	return true;
}

/* Cuts the parts so that a group has all of one or nothing. */
static bool split(struct effects *e, struct parts *parts, uint32_t services, uint64_t group)
{
	size_t n = parts->n;

	for (size_t i = 0; i < n; i++) {
		struct part *part = &parts->all[i];
		uint32_t common = services_both(&e->services, part->services, services);
		uint32_t rest = services_without(&e->services, part->services, services);

		services = services_without(&e->services, services, common);
		if (common == SERVICES_NONE)
			continue;
		if (!add_part(parts, rest, part->groups))
			return false;
		part->services = common;
		part->groups |= group;
	}
	return add_part(parts, services, group);
}

/* As runs. */
static int intern_set(struct effects *e, struct vector_work *w, size_t n, uint32_t *set)
{
	size_t length = 0;

	n = sort_unique(w->numbers, n);
	/* Runs are never longer than what they stand for, but for single classes: from behind. */
	if (array_reserve((void **)&w->numbers, &w->numbers_capacity, 3 * n + 2, sizeof(*w->numbers)))
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		uint32_t *runs = w->numbers + n, class = w->numbers[i];

		if (length && runs[length - 1] + 1 == class) {
			runs[length - 1] = class;
			continue;
		}
		runs[length++] = class;
		runs[length++] = class;
	}
	return lists_intern(&e->sets, w->numbers + n, length, set);
}

static int add_numbers(struct vector_work *w, const struct group *group, size_t *n)
{
	if (array_reserve((void **)&w->numbers, &w->numbers_capacity, *n + group->end - group->first,
			  sizeof(*w->numbers)))
		return -ENOMEM;
	for (size_t i = group->first; i < group->end; i++)
		w->numbers[(*n)++] = (uint32_t)w->found[i];
	return 0;
}

/* One service or several, and the destinations of these groups. */
static int add_line(struct effects *e, struct vector_work *w, uint32_t change, const struct group *groups,
		    uint64_t which, size_t *nvector)
{
	size_t n = 0;
	int err = array_reserve((void **)&w->vector, &w->vector_capacity, *nvector + 2, sizeof(*w->vector));

	for (; which && !err; which &= which - 1)
		err = add_numbers(w, &groups[__builtin_ctzll(which)], &n);
	if (err)
		return err;
	w->vector[(*nvector)++] = change;
	return intern_set(e, w, n, &w->vector[(*nvector)++]);
}

static int add_whole(struct effects *e, struct vector_work *w, size_t first, size_t end, size_t *nvector)
{
	struct group group = { first, first };
	int err = 0;

	for (; group.first < end && !err; group.first = group.end) {
		uint32_t change = w->found[group.first] >> 32;

		while (group.end < end && w->found[group.end] >> 32 == change)
			group.end++;
		err = add_line(e, w, change, &group, 1, nvector);
	}
	return err;
}

/* The groups of one sign, taken apart, but for those that read as "any". */
static int add_parts(struct effects *e, struct vector_work *w, const struct group *groups, size_t n,
		     size_t *nvector)
{
	uint32_t sign = w->found[groups[0].first] >> 32 & EFFECT_SIGN_LOST;
	size_t before = *nvector;
	struct parts parts = { .n = 0 };
	int err = 0;

	for (size_t i = 0; i < n && !err; i++) {
		uint32_t services = w->found[groups[i].first] >> 32 & ~EFFECT_SIGN_LOST;

		if (services_mostly_any(&e->services, services)) {
			err = add_line(e, w, sign | services, groups, 1ULL << i, nvector);
		} else if (!split(e, &parts, services, 1ULL << i)) {
			*nvector = before;
			return add_whole(e, w, groups[0].first, groups[n - 1].end, nvector);
		}
	}
	for (size_t i = 0; i < parts.n && !err; i++)
		err = add_line(e, w, sign | parts.all[i].services, groups, parts.all[i].groups, nvector);
	return err;
}

int vector_intern(struct effects *e, struct vector_work *w, uint32_t *vector)
{
	struct group groups[GROUPS];
	size_t nvector = 0, n;
	int err = 0;

	w->nfound = sort_unique64(w->found, w->nfound);
	for (size_t at = 0; at < w->nfound && !err;) {
		size_t first = at;

		if (find_groups(w, &at, groups, &n))
			err = add_parts(e, w, groups, n, &nvector);
		else
			err = add_whole(e, w, first, at, &nvector);
	}
	w->nfound = 0;
	if (err || e->services.failed)
		return -ENOMEM;
	return lists_intern(&e->vectors, w->vector, nvector, vector);
}
