// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every class of sources with every class of destinations, under both policies. What one set of
 * connect rules covers is worked out once for all that have it, from its rules outwards.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "effects_work.h"

#define SET_NONE UINT32_MAX /* no device: no connect rules are asked */

/* Destinations by the targets under which rules mean them. */
struct by_target {
	uint32_t *first, *list;
};

struct source {
	uint32_t sets[POLICIES];
	uint32_t class;
};

struct compare_work {
	struct effects *e;
	struct by_target by_target[POLICIES];
	struct source *sources;
	/* By class TO: what the connect rules at hand cover there. */
	uint32_t *row[POLICIES];
	uint32_t *touched; /* classes where a row holds anything */
	size_t ntouched;
	bool *is_touched;
	/* By set: what its accept rules cover of the source at hand. */
	uint32_t *column[POLICIES];
	struct vector_work vector; /* of the source at hand */
};

static void work_free(struct compare_work *w)
{
	for (int x = 0; x < POLICIES; x++) {
		free(w->by_target[x].first);
		free(w->by_target[x].list);
		free(w->row[x]);
		free(w->column[x]);
	}
	free(w->sources);
	free(w->touched);
	free(w->is_touched);
	vector_free(&w->vector);
}

/* ---- preparations ---- */

static int index_targets(struct compare_work *w, int policy)
{
	const struct ruleset *ruleset = w->e->views[policy].ruleset;
	const struct classes *classes = &w->e->classes[TO];
	struct by_target *by = &w->by_target[policy];
	uint32_t targets[END_TARGETS];
	size_t n;

	by->first = calloc(ruleset->ntargets + 2, sizeof(*by->first));
	if (!by->first)
		return -ENOMEM;
	for (size_t i = 0; i < classes->n; i++) {
		n = end_targets(ruleset, &classes->all[i].end[policy], targets);
		while (n--)
			by->first[targets[n] + 2]++;
	}
	for (size_t i = 1; i < ruleset->ntargets + 2; i++)
		by->first[i] += by->first[i - 1];
	by->list = calloc(by->first[ruleset->ntargets + 1] + 1, sizeof(*by->list));
	if (!by->list)
		return -ENOMEM;
	for (size_t i = 0; i < classes->n; i++) {
		n = end_targets(ruleset, &classes->all[i].end[policy], targets);
		while (n--)
			by->list[by->first[targets[n] + 1]++] = i;
	}
	return 0;
}

static int compare_sources(const void *a, const void *b)
{
	const struct source *x = a, *y = b;
	int order = memcmp(x->sets, y->sets, sizeof(x->sets));

	return order ? order : (x->class > y->class) - (x->class < y->class);
}

static void sort_sources(struct compare_work *w)
{
	const struct classes *classes = &w->e->classes[FROM];

	for (size_t i = 0; i < classes->n; i++) {
		w->sources[i].class = i;
		for (int x = 0; x < POLICIES; x++) {
			const struct end *end = &classes->all[i].end[x];

			w->sources[i].sets[x] = end->kind == END_DEVICE ? end->set :
						end->kind == END_NOBODY ? 0 : SET_NONE;
		}
	}
	qsort(w->sources, classes->n, sizeof(*w->sources), compare_sources);
}

static int work_init(struct compare_work *w)
{
	size_t nto = w->e->classes[TO].n, nfrom = w->e->classes[FROM].n;
	int err = 0;

	w->sources = calloc(nfrom + 1, sizeof(*w->sources));
	w->touched = calloc(nto + 1, sizeof(*w->touched));
	w->is_touched = calloc(nto + 1, sizeof(*w->is_touched));
	w->e->vector = calloc(nfrom + 1, sizeof(*w->e->vector));
	if (!w->sources || !w->touched || !w->is_touched || !w->e->vector)
		return -ENOMEM;
	for (int x = 0; x < POLICIES && !err; x++) {
		w->row[x] = calloc(nto + 1, sizeof(*w->row[x]));
		w->column[x] = calloc(w->e->views[x].ruleset->nsets + 1, sizeof(*w->column[x]));
		err = w->row[x] && w->column[x] ? index_targets(w, x) : -ENOMEM;
	}
	if (!err)
		sort_sources(w);
	return err;
}

/* ---- rows and columns ---- */

static void touch(struct compare_work *w, uint32_t class)
{
	if (w->is_touched[class])
		return;
	w->is_touched[class] = true;
	w->touched[w->ntouched++] = class;
}

static void clear_rows(struct compare_work *w)
{
	for (size_t i = 0; i < w->ntouched; i++) {
		w->is_touched[w->touched[i]] = false;
		for (int x = 0; x < POLICIES; x++)
			w->row[x][w->touched[i]] = SERVICES_NONE;
	}
	w->ntouched = 0;
}

static void fill_row(struct compare_work *w, int policy, uint32_t set)
{
	const struct view *view = &w->e->views[policy];
	const struct by_target *by = &w->by_target[policy];
	uint32_t *row = w->row[policy];

	if (set == SET_NONE) {
		for (size_t i = 0; i < w->e->classes[TO].n; i++) {
			row[i] = SERVICES_ANY;
			touch(w, i);
		}
		return;
	}
	for (uint32_t i = view->first_entry[set]; i < view->first_entry[set + 1]; i++) {
		uint32_t target = view->ruleset->entries[i].key.target;

		for (uint32_t k = by->first[target]; k < by->first[target + 1]; k++) {
			uint32_t class = by->list[k];

			row[class] = services_either(&w->e->services, row[class], view->services[i]);
			touch(w, class);
		}
	}
}

/* back: takes away what it filled in. */
static void fill_column(struct compare_work *w, int policy, const struct end *end, bool back)
{
	const struct view *view = &w->e->views[policy];
	uint32_t targets[END_TARGETS], *column = w->column[policy];
	size_t n = end_targets(view->ruleset, end, targets);

	while (n--) {
		const uint32_t *first = view->first_of_target + targets[n];

		for (uint32_t k = first[0]; k < first[1]; k++) {
			uint32_t entry = view->by_target[k];
			uint32_t *at = &column[view->ruleset->entries[entry].key.set];

			*at = back ? SERVICES_NONE :
				     services_either(&w->e->services, *at, view->services[entry]);
		}
	}
}

/* ---- one pair ---- */

static bool needs_conduit(const struct policy *policy, const struct end *from, const struct end *to)
{
	if (from->kind == END_GATEWAY || to->kind == END_GATEWAY || to->kind == END_GROUP)
		return false;
	return from->segment != to->segment || !policy->segments[from->segment].hosts;
}

/* What may be opened; 9 to 13 of SPEC's verdict. */
static uint32_t allowed(struct compare_work *w, int policy, const struct end *from,
			const struct end *to, uint32_t class)
{
	const struct view *view = &w->e->views[policy];
	struct service_sets *services = &w->e->services;
	uint32_t set = SERVICES_ANY;

	if (from->kind == END_NOBODY || to->kind == END_NOBODY ||
	    (from->kind == END_GATEWAY && to->kind != END_DEVICE))
		return SERVICES_NONE;
	if (to->kind == END_GROUP && to->segment != INDEX_NONE &&
	    !view->together[from->segment * view->policy->nsegments + to->segment])
		return SERVICES_NONE;
	if (needs_conduit(view->policy, from, to))
		set = view->conduit[from->segment * view->policy->nsegments + to->segment];
	if (from->kind == END_DEVICE)
		set = services_both(services, set, w->row[policy][class]);
	if (to->kind == END_DEVICE)
		set = services_both(services, set, w->column[policy][to->set]);
	return set;
}

static int compare_pair(struct compare_work *w, const struct end_class *from, uint32_t class)
{
	const struct end_class *to = &w->e->classes[TO].all[class];
	struct service_sets *services = &w->e->services;
	uint32_t before, after;
	int err;

	if (from->version != to->version)
		return 0;
	before = allowed(w, BEFORE, &from->end[BEFORE], &to->end[BEFORE], class);
	after = allowed(w, AFTER, &from->end[AFTER], &to->end[AFTER], class);
	if (before == after)
		return 0;
	err = vector_add(&w->vector, 0, services_without(services, after, before), class);
	return err ? err : vector_add(&w->vector, EFFECT_SIGN_LOST,
				      services_without(services, before, after), class);
}

/* ---- one source ---- */

static int compare_source(struct compare_work *w, uint32_t class)
{
	const struct end_class *from = &w->e->classes[FROM].all[class];
	int err = 0;

	for (int x = 0; x < POLICIES; x++)
		fill_column(w, x, &from->end[x], false);
	for (size_t i = 0; i < w->ntouched && !err; i++)
		err = compare_pair(w, from, w->touched[i]);
	for (int x = 0; x < POLICIES; x++)
		fill_column(w, x, &from->end[x], true);
	if (!err && w->e->services.failed)
		err = -ENOMEM;
	return err ? err : vector_intern(w->e, &w->vector, &w->e->vector[class]);
}

int effects_compare(struct effects *e)
{
	struct compare_work w __attribute__((cleanup(work_free))) = { .e = e };
	const struct source *before = NULL;
	uint32_t none;
	int err = work_init(&w);

	/* Vector 0 is that nothing changes. */
	if (!err)
		err = lists_intern(&e->vectors, NULL, 0, &none);
	for (size_t i = 0; i < e->classes[FROM].n && !err; i++) {
		const struct source *source = &w.sources[i];

		if (!before || memcmp(before->sets, source->sets, sizeof(source->sets))) {
			clear_rows(&w);
			for (int x = 0; x < POLICIES; x++)
				fill_row(&w, x, source->sets[x]);
		}
		before = source;
		err = compare_source(&w, source->class);
	}
	return err;
}
