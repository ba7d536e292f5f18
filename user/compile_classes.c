// SPDX-License-Identifier: GPL-2.0-only
/* Devices that may do the same at all times, by roles, place and limits of their own. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "compile_work.h"

#define SCHEDULE_MOST ((1 << PICKET_MAX_STEPS_LOG2) - 1)

/* What is assigned to one space, or to a device in it: ids of lists. */
struct place {
	const char *space;
	uint32_t roles; /* assigned at all times */
	uint32_t timed; /* assignments that begin or end */
};

/* A timed assignment begins or ends. */
struct change {
	int64_t time;
	uint32_t role;
	bool begins;
};

struct classes_work {
	struct compilation *c;
	struct table by_space; /* indexes of assignments: the first of each space */
	uint32_t *next; /* by assignment: the next of the same space, UINT32_MAX: none */
	struct place *places; /* [0] is nowhere */
	size_t nplaces, places_capacity;
	struct table by_place;
	struct lists assigned; /* of roles and of assignments */
	struct lists keys; /* role set, timed list, own limit: one for each class */
	uint32_t *numbers, *more; /* scratch */
	size_t numbers_capacity, more_capacity;
	struct change *changes; /* scratch */
	size_t changes_capacity;
	uint32_t *active; /* by role: timed assignments that hold */
};

static void work_free(struct classes_work *w)
{
	table_free(&w->by_space);
	free(w->next);
	free(w->places);
	table_free(&w->by_place);
	lists_free(&w->assigned);
	lists_free(&w->keys);
	free(w->numbers);
	free(w->more);
	free(w->changes);
	free(w->active);
}

/* A space's name or the beginning of one. */
struct space_key {
	const char *name;
	size_t len;
};

static bool same_space(const char *space, const struct space_key *key)
{
	return !strncmp(space, key->name, key->len) && !space[key->len];
}

static bool same_assignment_space(const void *owner, uint32_t index, const void *key)
{
	const struct classes_work *w = owner;

	return same_space(w->c->policy->assignments[index].space, key);
}

static bool same_place(const void *owner, uint32_t index, const void *key)
{
	const struct classes_work *w = owner;

	return same_space(w->places[index].space, key);
}

static int index_assignments(struct classes_work *w)
{
	const struct policy *policy = w->c->policy;
	uint32_t found;

	w->by_space = (struct table){ .same = same_assignment_space, .owner = w };
	w->next = calloc(policy->nassignments + 1, sizeof(*w->next));
	if (!w->next)
		return -ENOMEM;
	for (size_t i = 0; i < policy->nassignments; i++) {
		const char *space = policy->assignments[i].space;
		struct space_key key = { .name = space, .len = strlen(space) };

		if (table_add(&w->by_space, hash_bytes(space, key.len), &key, i, &found))
			return -ENOMEM;
		w->next[i] = UINT32_MAX;
		if (found != UINT32_MAX) {
			w->next[i] = w->next[found];
			w->next[found] = i;
		}
	}
	return 0;
}

static int append(uint32_t **numbers, size_t *capacity, size_t *n, uint32_t number)
{
	if (array_reserve((void **)numbers, capacity, *n + 1, sizeof(**numbers)))
		return -ENOMEM;
	(*numbers)[(*n)++] = number;
	return 0;
}

/* What is assigned to one space by name, without the spaces that hold it. */
static int gather_space(struct classes_work *w, const struct space_key *space, size_t *nroles,
			size_t *ntimed)
{
	uint32_t at = table_find(&w->by_space, hash_bytes(space->name, space->len), space);
	int err = 0;

	for (; at != UINT32_MAX && !err; at = w->next[at]) {
		const struct assignment *a = &w->c->policy->assignments[at];

		if (a->valid_from == TIME_ALWAYS_FROM && a->valid_until == TIME_NEVER_UNTIL)
			err = append(&w->numbers, &w->numbers_capacity, nroles, a->role);
		else if (a->valid_from < a->valid_until)
			err = append(&w->more, &w->more_capacity, ntimed, at);
	}
	return err;
}

static int resolve_place(struct classes_work *w, const char *space, struct place *place)
{
	size_t nroles = 0, ntimed = 0;
	struct space_key key = { .name = space };
	int err = 0;

	do {
		key.len++;
		if (space[key.len] == '/' || !space[key.len])
			err = gather_space(w, &key, &nroles, &ntimed);
	} while (space[key.len] && !err);
	if (err)
		return err;
	nroles = sort_unique(w->numbers, nroles);
	ntimed = sort_unique(w->more, ntimed);
	err = lists_intern(&w->assigned, w->numbers, nroles, &place->roles);
	if (!err)
		err = lists_intern(&w->assigned, w->more, ntimed, &place->timed);
	return err;
}

/* *index of the device's place. */
static int find_place(struct classes_work *w, const char *space, uint32_t *index)
{
	struct place place = { .space = space };
	struct space_key key = { .name = space };
	uint32_t found;
	int err;

	*index = 0;
	if (!space || !*space || !w->c->policy->nassignments)
		return 0;
	key.len = strlen(space);
	if (table_add(&w->by_place, hash_bytes(space, key.len), &key, w->nplaces, &found))
		return -ENOMEM;
	*index = found;
	if (found != UINT32_MAX)
		return 0;
	err = resolve_place(w, space, &place);
	if (err)
		return err;
	if (array_reserve((void **)&w->places, &w->places_capacity, w->nplaces + 1,
			  sizeof(*w->places)))
		return -ENOMEM;
	*index = w->nplaces;
	w->places[w->nplaces++] = place;
	return 0;
}

/* The role set of some roles and some more. */
static int intern_roles(struct classes_work *w, const uint32_t *roles, size_t n,
			const uint32_t *more, size_t nmore, uint32_t *id)
{
	if (array_reserve((void **)&w->numbers, &w->numbers_capacity, n + nmore + 1,
			  sizeof(*w->numbers)))
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		w->numbers[i] = roles[i];
	for (size_t i = 0; i < nmore; i++)
		w->numbers[n + i] = more[i];
	return lists_intern(&w->c->role_sets, w->numbers, sort_unique(w->numbers, n + nmore), id);
}

static int intern_own_limit(struct compilation *c, const struct limit *limit, uint32_t *id)
{
	uint64_t wide[DIRECTIONS][1 + LIMIT_KINDS * 3] = {};
	uint32_t numbers[sizeof(wide) / sizeof(uint32_t)];
	int err;

	for (int direction = 0; limit && direction < DIRECTIONS; direction++) {
		uint64_t *at = wide[direction];

		if (!limit[direction].present)
			continue;
		*at++ = 1;
		for (int kind = 0; kind < LIMIT_KINDS; kind++) {
			*at++ = limit[direction].rate[kind].count;
			*at++ = limit[direction].rate[kind].period;
			*at++ = limit[direction].rate[kind].burst;
		}
	}
	memcpy(numbers, wide, sizeof(numbers));
	err = lists_intern(&c->own_limits, numbers, sizeof(numbers) / sizeof(*numbers), id);
	if (err || *id < c->nown_limits)
		return err;
	if (array_reserve((void **)&c->own_limit, &c->own_limit_capacity, c->nown_limits + 1,
			  sizeof(*c->own_limit)))
		return -ENOMEM;
	c->own_limit[c->nown_limits++] = limit;
	return 0;
}

/* ---- schedules ---- */

static int compare_changes(const void *a, const void *b)
{
	const struct change *x = a, *y = b;

	return (x->time > y->time) - (x->time < y->time);
}

static int gather_changes(struct classes_work *w, uint32_t timed, size_t *n)
{
	const uint32_t *list = list_numbers(&w->assigned, timed);
	size_t length = list_length(&w->assigned, timed);

	*n = 0;
	if (array_reserve((void **)&w->changes, &w->changes_capacity, 2 * length + 1,
			  sizeof(*w->changes)))
		return -ENOMEM;
	for (size_t i = 0; i < length; i++) {
		const struct assignment *a = &w->c->policy->assignments[list[i]];

		w->changes[(*n)++] = (struct change){ a->valid_from, a->role, true };
		if (a->valid_until != TIME_NEVER_UNTIL)
			w->changes[(*n)++] = (struct change){ a->valid_until, a->role, false };
	}
	if (*n)
		qsort(w->changes, *n, sizeof(*w->changes), compare_changes);
	return 0;
}

/* Begins and ends what changes; w->more holds the roles that some timed assignment gives. */
static int apply_change(struct classes_work *w, const struct change *change, size_t *nactive)
{
	size_t i = 0;

	if (change->begins) {
		if (w->active[change->role]++)
			return 0;
		return append(&w->more, &w->more_capacity, nactive, change->role);
	}
	if (--w->active[change->role])
		return 0;
	while (w->more[i] != change->role)
		i++;
	w->more[i] = w->more[--*nactive];
	return 0;
}

static int add_point(struct compilation *c, int64_t from, uint32_t roles)
{
	if (array_reserve((void **)&c->points, &c->points_capacity, c->npoints + 1,
			  sizeof(*c->points)))
		return -ENOMEM;
	c->points[c->npoints++] = (struct timed_roles){ .from = from, .roles = roles };
	return 0;
}

static int check_length(struct classes_work *w, const struct class_work *class, uint32_t timed)
{
	const uint32_t *list = list_numbers(&w->assigned, timed);

	if (class->n <= SCHEDULE_MOST)
		return 0;
	diag_error(w->c->diag, w->c->policy->assignments[list[0]].loc,
		   "the roles of devices here change more than %d times: leave out assignments that are over, or give fewer",
		   SCHEDULE_MOST);
	return -EINVAL;
}

/* Fills in what the class has before the first change, and the points after it. */
static int make_schedule(struct classes_work *w, uint32_t base, uint32_t timed,
			 struct class_work *class)
{
	struct compilation *c = w->c;
	size_t nchanges, nactive = 0, length = list_length(&c->role_sets, base);
	_cleanup_free_ uint32_t *base_roles = malloc((length + 1) * sizeof(*base_roles));
	int err;

	if (!base_roles)
		return -ENOMEM;
	if (length)
		memcpy(base_roles, list_numbers(&c->role_sets, base), length * sizeof(*base_roles));
	class->roles = base;
	class->first = c->npoints;
	err = gather_changes(w, timed, &nchanges);
	for (size_t i = 0; i < nchanges && !err;) {
		int64_t time = w->changes[i].time;
		uint32_t roles = base;

		for (; i < nchanges && w->changes[i].time == time && !err; i++)
			err = apply_change(w, &w->changes[i], &nactive);
		if (!err)
			err = intern_roles(w, base_roles, length, w->more, nactive, &roles);
		if (err)
			break;
		if (time == TIME_ALWAYS_FROM)
			class->roles = roles;
		else
			err = add_point(c, time, roles);
	}
	for (size_t i = 0; i < nactive; i++)
		w->active[w->more[i]] = 0;
	class->n = c->npoints - class->first;
	return err ? err : check_length(w, class, timed);
}

/* ---- devices ---- */

static int add_class(struct classes_work *w, const uint32_t key[3])
{
	struct compilation *c = w->c;
	struct class_work class = { .own_limit = key[2] };
	int err = make_schedule(w, key[0], key[1], &class);

	if (err)
		return err;
	if (array_reserve((void **)&c->classes, &c->classes_capacity, c->nclasses + 1,
			  sizeof(*c->classes)))
		return -ENOMEM;
	c->classes[c->nclasses++] = class;
	return 0;
}

static int classify(struct classes_work *w, const struct device *device, uint32_t *class)
{
	struct compilation *c = w->c;
	uint32_t key[3], place;
	int err;

	err = find_place(w, device->space, &place);
	if (err)
		return err;
	key[1] = w->places[place].timed;
	err = intern_roles(w, device->roles, device->nroles,
			   list_numbers(&w->assigned, w->places[place].roles),
			   list_length(&w->assigned, w->places[place].roles), &key[0]);
	if (!err)
		err = device->limit ? intern_own_limit(c, device->limit, &key[2]) : 0;
	if (!device->limit)
		key[2] = 0;
	if (!err)
		err = lists_intern(&w->keys, key, 3, class);
	if (err || *class < c->nclasses)
		return err;
	return add_class(w, key);
}

int compile_classes(struct compilation *c)
{
	struct classes_work w __attribute__((cleanup(work_free))) = { .c = c };
	uint32_t none;
	int err;

	w.by_place = (struct table){ .same = same_place, .owner = &w };
	w.active = calloc(c->policy->nroles + 1, sizeof(*w.active));
	w.places = calloc(1, sizeof(*w.places));
	c->ruleset->device_class = calloc(c->policy->ndevices + 1,
					  sizeof(*c->ruleset->device_class));
	if (!w.active || !w.places || !c->ruleset->device_class)
		return -ENOMEM;
	/* Place 0 and own limit 0 are "none", whose lists have id 0. */
	w.nplaces = w.places_capacity = 1;
	err = lists_intern(&w.assigned, NULL, 0, &none);
	if (!err)
		err = intern_own_limit(c, NULL, &none);
	if (!err)
		err = index_assignments(&w);
	for (size_t i = 0; i < c->policy->ndevices && !err; i++)
		err = classify(&w, &c->policy->devices[i], &c->ruleset->device_class[i]);
	return err;
}
