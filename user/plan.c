// SPDX-License-Identifier: GPL-2.0-only
#include "plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lists.h"
#include "names.h"
#include "plan_print.h"
#include "plan_words.h"

/* An element of one policy. */
struct entry {
	const char *name; /* in entries.names once all are there */
	uint32_t at;
	const void *object;
	struct loc loc;
};

struct entries {
	const struct policy *policy;
	struct entry *all;
	size_t n, capacity;
	struct items names;
	const void **members; /* the objects, in the entries' order */
	bool failed;
};

struct kind {
	const char *key;
	void (*gather)(struct entries *entries);
	const struct plan_field *fields;
	bool groups; /* those of one name are one element */
};

static void entries_free(struct entries *entries)
{
	free(entries->all);
	free(entries->members);
	items_free(&entries->names);
}

/* The name is the item added last. */
static void add_entry(struct entries *entries, const void *object, struct loc loc)
{
	if (entries->names.failed ||
	    array_reserve((void **)&entries->all, &entries->capacity, entries->n + 1,
			  sizeof(*entries->all)))
		entries->failed = true;
	else
		entries->all[entries->n++] = (struct entry){
			.at = entries->names.n - 1, .object = object, .loc = loc,
		};
}

/* ---- kinds ---- */

static void gather_policy(struct entries *e)
{
	items_add(&e->names, "policy");
	add_entry(e, e->policy, (struct loc){});
}

static void gather_gateway(struct entries *e)
{
	char addr[ADDR_LEN];

	for (size_t i = 0; i < e->policy->ngateway; i++) {
		items_add(&e->names, "%s", format_addr(&e->policy->gateway[i], addr));
		add_entry(e, &e->policy->gateway[i], (struct loc){});
	}
}

static void gather_ports(struct entries *e)
{
	char word[WORD_LEN];

	for (size_t i = 0; i < e->policy->nports; i++) {
		items_add(&e->names, "%s", write_port(&e->policy->ports[i], word));
		add_entry(e, &e->policy->ports[i], e->policy->ports[i].loc);
	}
}

static void gather_segments(struct entries *e)
{
	for (size_t i = 0; i < e->policy->nsegments; i++) {
		items_add(&e->names, "%s", e->policy->segments[i].name);
		add_entry(e, &e->policy->segments[i], e->policy->segments[i].loc);
	}
}

static void gather_peers(struct entries *e)
{
	for (size_t i = 0; i < e->policy->npeers; i++) {
		items_add(&e->names, "%s", e->policy->peers[i].name);
		add_entry(e, &e->policy->peers[i], e->policy->peers[i].loc);
	}
}

static void gather_roles(struct entries *e)
{
	for (size_t i = 0; i < e->policy->nroles; i++) {
		items_add(&e->names, "%s", e->policy->roles[i].name);
		add_entry(e, &e->policy->roles[i], e->policy->roles[i].loc);
	}
}

static void gather_assignments(struct entries *e)
{
	for (size_t i = 0; i < e->policy->nassignments; i++) {
		const struct assignment *a = &e->policy->assignments[i];

		items_add(&e->names, "role %s in %s", e->policy->roles[a->role].name, a->space);
		add_entry(e, a, a->loc);
	}
}

static void gather_conduits(struct entries *e)
{
	const struct segment *segments = e->policy->segments;

	for (size_t i = 0; i < e->policy->nconduits && !e->failed; i++) {
		const struct conduit *c = &e->policy->conduits[i];

		for (size_t k = 0; k < c->nfrom * c->nto; k++) {
			items_add(&e->names, "%s to %s", segments[c->from[k / c->nto]].name,
				  segments[c->to[k % c->nto]].name);
			add_entry(e, c, c->loc);
		}
	}
}

static const struct kind KINDS[] = {
	{ "settings", gather_policy, policy_fields, false },
	{ "gateway_addresses", gather_gateway, no_fields, false },
	{ "ports", gather_ports, port_fields, false },
	{ "segments", gather_segments, segment_fields, false },
	{ "peers", gather_peers, peer_fields, false },
	{ "roles", gather_roles, role_fields, false },
	{ "assignments", gather_assignments, assignment_fields, true },
	{ "conduits", gather_conduits, conduit_fields, true },
};

#define NKINDS (sizeof(KINDS) / sizeof(KINDS[0]))

_Static_assert(NKINDS + 1 == PLAN_KINDS, "devices are one more");

/* ---- elements by name ---- */

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	/* In file order, then. */
	return order ? order : (x->at > y->at) - (x->at < y->at);
}

static int gather(const struct kind *kind, const struct policy *policy, struct entries *entries)
{
	entries->policy = policy;
	kind->gather(entries);
	entries->members = calloc(entries->n + 1, sizeof(*entries->members));
	if (entries->failed || !entries->members)
		return -ENOMEM;
	for (size_t i = 0; i < entries->n; i++)
		entries->all[i].name = item(&entries->names, entries->all[i].at);
	if (entries->n)
		qsort(entries->all, entries->n, sizeof(*entries->all), compare_entries);
	for (size_t i = 0; i < entries->n; i++)
		entries->members[i] = entries->all[i].object;
	return 0;
}

/* What of one policy has the name, from at on. */
static size_t take_name(const struct entries *entries, size_t *at, const char *name,
			struct element_group *group)
{
	*group = (struct element_group){ entries->members + *at, 0 };
	for (; *at < entries->n && !strcmp(entries->all[*at].name, name); ++*at)
		group->n++;
	return group->n;
}

static const char *next_name(const struct entries entries[POLICIES], const size_t at[POLICIES])
{
	const char *before = at[BEFORE] < entries[BEFORE].n ? entries[BEFORE].all[at[BEFORE]].name : NULL;
	const char *after = at[AFTER] < entries[AFTER].n ? entries[AFTER].all[at[AFTER]].name : NULL;

	if (!before || !after)
		return before ? before : after;
	return strcmp(before, after) < 0 ? before : after;
}

static int print_marked(struct plan_printer *printer, const struct plan_change *change,
			enum output_mark wanted, struct plan_count *count)
{
	if (plan_mark(change) != wanted || !plan_differs(printer, change))
		return 0;
	count->marks[wanted]++;
	return plan_print_change(printer, change);
}

static int print_entries(struct plan_printer *printer, const struct kind *kind,
			 const struct entries entries[POLICIES], enum output_mark wanted,
			 struct plan_count *count)
{
	size_t at[POLICIES] = { 0, 0 };
	const char *name;
	int err = 0;

	while (!err && (name = next_name(entries, at))) {
		struct plan_change change = { .name = name, .fields = kind->fields };
		struct element *elements[POLICIES] = { &change.before, &change.after };
		struct element_group groups[POLICIES];

		if (at[AFTER] < entries[AFTER].n)
			change.loc = entries[AFTER].all[at[AFTER]].loc;
		for (int x = 0; x < POLICIES; x++) {
			elements[x]->policy = entries[x].policy;
			if (take_name(&entries[x], &at[x], name, &groups[x]))
				elements[x]->object = kind->groups ? &groups[x] : groups[x].members[0];
		}
		err = print_marked(printer, &change, wanted, count);
	}
	return err;
}

static int print_kind(struct plan_printer *printer, const struct kind *kind, const struct plan *plan,
		      struct plan_count *count)
{
	struct entries entries[POLICIES] = {};
	int err = 0;

	for (int x = 0; x < POLICIES && !err; x++)
		err = gather(kind, plan->policies[x], &entries[x]);
	count->kind = kind->key;
	output_begin_lines(printer->out, kind->key, PLAN_SHOWN);
	for (size_t i = 0; i < PLAN_MARKS && !err; i++)
		err = print_entries(printer, kind, entries, PLAN_ORDER[i], count);
	output_end_lines(printer->out);
	for (int x = 0; x < POLICIES; x++)
		entries_free(&entries[x]);
	return err;
}

const enum output_mark PLAN_ORDER[PLAN_MARKS] = { MARK_REMOVED, MARK_CHANGED, MARK_ADDED };

int plan_print(const struct plan *plan, struct output *out, struct plan_count counts[PLAN_KINDS])
{
	struct plan_printer printer = { .out = out };
	int err = 0;

	memset(counts, 0, PLAN_KINDS * sizeof(*counts));
	for (size_t i = 0; i < NKINDS && !err; i++)
		err = print_kind(&printer, &KINDS[i], plan, &counts[i]);
	if (!err)
		err = plan_print_devices(&printer, plan, &counts[NKINDS]);
	plan_printer_free(&printer);
	return err;
}
