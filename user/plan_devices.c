// SPDX-License-Identifier: GPL-2.0-only
/* Devices: few of very many differ, so that they are compared before any word is made of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "plan_print.h"

/* What has a name in one policy, by its index there: the index of that name in the other. */
struct name_map {
	uint32_t *roles, *segments;
};

struct devices_work {
	struct plan_printer *printer;
	const struct plan *plan;
	struct name_map after; /* of those before */
	uint8_t *differs; /* by device after: it is new, or changed */
};

static void work_free(struct devices_work *w)
{
	free(w->after.roles);
	free(w->after.segments);
	free(w->differs);
}

struct named {
	const char *name;
	uint32_t index;
};

static int compare_named(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static uint32_t find_named(const struct named *sorted, size_t n, const char *name)
{
	const struct named key = { .name = name };
	const struct named *found = n ? bsearch(&key, sorted, n, sizeof(key), compare_named) : NULL;

	return found ? found->index : INDEX_NONE;
}

static int map_roles(const struct policy *before, const struct policy *after, uint32_t **out)
{
	_cleanup_free_ struct named *sorted = calloc(after->nroles + 1, sizeof(*sorted));

	*out = calloc(before->nroles + 1, sizeof(**out));
	if (!sorted || !*out)
		return -ENOMEM;
	for (size_t i = 0; i < after->nroles; i++)
		sorted[i] = (struct named){ after->roles[i].name, i };
	if (after->nroles)
		qsort(sorted, after->nroles, sizeof(*sorted), compare_named);
	for (size_t i = 0; i < before->nroles; i++)
		(*out)[i] = find_named(sorted, after->nroles, before->roles[i].name);
	return 0;
}

static int map_segments(const struct policy *before, const struct policy *after, uint32_t **out)
{
	*out = calloc(before->nsegments + 1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	for (size_t i = 0; i < before->nsegments; i++)
		(*out)[i] = policy_find_segment(after, before->segments[i].name);
	return 0;
}

static bool same_limits(const struct limit *a, const struct limit *b)
{
	if (!a || !b)
		return a == b;
	for (int direction = 0; direction < DIRECTIONS; direction++) {
		for (int kind = 0; kind < LIMIT_KINDS; kind++) {
			const struct rate *x = &a[direction].rate[kind], *y = &b[direction].rate[kind];

			if (x->count != y->count || x->period != y->period || x->burst != y->burst)
				return false;
		}
	}
	return true;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* Surely the same; when not, words are compared. */
static bool same_device(const struct devices_work *w, const struct device *a, const struct device *b)
{
	if (a->nroles != b->nroles || a->naddrs != b->naddrs || a->has_mac != b->has_mac ||
	    a->router != b->router || a->dhcp_server != b->dhcp_server ||
	    a->valid_from != b->valid_from || a->valid_until != b->valid_until ||
	    w->after.segments[a->segment] != b->segment)
		return false;
	for (size_t i = 0; i < a->nroles; i++)
		if (w->after.roles[a->roles[i]] != b->roles[i])
			return false;
	return (!a->naddrs || !memcmp(a->addrs, b->addrs, a->naddrs * sizeof(*a->addrs))) &&
	       (!a->has_mac || !memcmp(a->mac, b->mac, sizeof(a->mac))) && !strcmp(a->name, b->name) &&
	       same_text(a->space, b->space) && same_limits(a->limit, b->limit);
}

static struct plan_change change_of(const struct devices_work *w, uint32_t before, uint32_t after)
{
	const struct policy *const *policies = w->plan->policies;
	const struct device *old = before == INDEX_NONE ? NULL : &policies[BEFORE]->devices[before];
	const struct device *new = after == INDEX_NONE ? NULL : &policies[AFTER]->devices[after];

	return (struct plan_change){
		.name = new ? new->name : old->name,
		.fields = device_fields,
		.before = { policies[BEFORE], old },
		.after = { policies[AFTER], new },
		.loc = new ? new->loc : (struct loc){},
	};
}

static void find_different(struct devices_work *w)
{
	const struct policy *const *policies = w->plan->policies;
	const uint32_t *before = w->plan->pairs->before;

	for (size_t i = 0; i < policies[AFTER]->ndevices; i++) {
		struct plan_change change;

		if (before[i] != INDEX_NONE && same_device(w, &policies[BEFORE]->devices[before[i]],
							   &policies[AFTER]->devices[i]))
			continue;
		change = change_of(w, before[i], i);
		w->differs[i] = plan_differs(w->printer, &change);
	}
}

static int print_device(struct devices_work *w, uint32_t before, uint32_t after,
			struct plan_count *count)
{
	const struct plan_change change = change_of(w, before, after);
	struct output *out = w->printer->out;

	count->marks[plan_mark(&change)]++;
	if (!output_lines_full(out))
		return plan_print_change(w->printer, &change);
	output_begin_object(out, NULL);
	output_end_object(out);
	return 0;
}

static int print_marked(struct devices_work *w, enum output_mark wanted, struct plan_count *count)
{
	const struct policy *const *policies = w->plan->policies;
	const struct pairs *pairs = w->plan->pairs;
	int err = 0;

	if (wanted == MARK_REMOVED) {
		for (size_t i = 0; i < policies[BEFORE]->ndevices && !err; i++)
			if (pairs->after[i] == INDEX_NONE)
				err = print_device(w, i, INDEX_NONE, count);
		return err;
	}
	for (size_t i = 0; i < policies[AFTER]->ndevices && !err; i++)
		if (w->differs[i] && (pairs->before[i] == INDEX_NONE) == (wanted == MARK_ADDED))
			err = print_device(w, pairs->before[i], i, count);
	return err;
}

int plan_print_devices(struct plan_printer *printer, const struct plan *plan, struct plan_count *count)
{
	const struct policy *before = plan->policies[BEFORE], *after = plan->policies[AFTER];
	struct devices_work w __attribute__((cleanup(work_free))) = {
		.printer = printer, .plan = plan,
		.differs = calloc(after->ndevices + 1, sizeof(*w.differs)),
	};
	int err = w.differs ? map_roles(before, after, &w.after.roles) : -ENOMEM;

	if (!err)
		err = map_segments(before, after, &w.after.segments);
	if (err)
		return err;
	find_different(&w);
	count->kind = "devices";
	output_begin_lines(printer->out, "devices", PLAN_SHOWN);
	for (size_t i = 0; i < PLAN_MARKS && !err; i++)
		err = print_marked(&w, PLAN_ORDER[i], count);
	output_end_lines(printer->out);
	return err;
}
