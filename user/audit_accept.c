// SPDX-License-Identifier: GPL-2.0-only
/* The lines that allow what was found, as a part of a policy: each end and service once, and no more than was seen. */
#include "audit.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "lists.h"
#include "names.h"
#include "quote.h"

#define ROLE_NAME_MOST 48

enum item_kind { ITEM_CONNECT, ITEM_ACCEPT, ITEM_CONDUIT };

/* One service of one line. */
struct item {
	enum item_kind kind;
	const char *where; /* a role, or the conduit's segment that opens; YAML */
	const char *target; /* whom the line names, likewise */
	const char *service;
	uint32_t device; /* that the role is of; INDEX_NONE: a conduit */
	bool fresh; /* the role is to be made for this device */
	uint64_t packets;
	int64_t first, last;
};

struct accepting {
	struct audit *audit;
	FILE *to;
	struct item *items;
	size_t n, capacity;
};

/* ---- items ---- */

static bool name_taken(const struct policy *policy, const char *name)
{
	bool taken = policy_find_device(policy, name) != INDEX_NONE || policy_find_segment(policy, name) != INDEX_NONE;

	for (size_t i = 0; i < policy->nroles && !taken; i++)
		taken = !strcmp(policy->roles[i].name, name);
	for (size_t i = 0; i < policy->npeers && !taken; i++)
		taken = !strcmp(policy->peers[i].name, name);
	return taken;
}

/* For a device that has none: the same for each of its lines. */
static const char *fresh_role(struct audit *audit, uint32_t device)
{
	const char *of = audit->policy->devices[device].name;
	char name[ROLE_NAME_MOST], numbered[ROLE_NAME_MOST + 12];

	snprintf(name, sizeof(name), "role-of-%.38s", of);
	for (char *c = name; *c; c++)
		*c = tolower(*c);
	snprintf(numbered, sizeof(numbered), "%s", name);
	for (unsigned int n = 2; name_taken(audit->policy, numbered); n++)
		snprintf(numbered, sizeof(numbered), "%s-%u", name, n);
	return audit_text(audit, "%s", numbered);
}

static int add_item(struct accepting *a, const struct audit_finding *f, struct item *item)
{
	char buf[POLICY_TEXT];

	item->service = audit_text(a->audit, "%s", policy_service(&f->service, buf));
	item->packets = f->packets;
	item->first = f->first;
	item->last = f->last;
	if (!item->where || !item->target || !item->service ||
	    array_reserve((void **)&a->items, &a->capacity, a->n + 1, sizeof(*a->items)))
		return -ENOMEM;
	a->items[a->n++] = *item;
	return 0;
}

static int add_rule(struct accepting *a, const struct audit_finding *f, bool accept)
{
	struct audit *audit = a->audit;
	const struct party *own = accept ? &f->to : &f->from, *other = accept ? &f->from : &f->to;
	uint32_t role = audit_role(audit, own->device);
	char buf[POLICY_TEXT];
	struct item item = { .kind = accept ? ITEM_ACCEPT : ITEM_CONNECT, .device = own->device };
	const char *name;

	item.fresh = role == INDEX_NONE;
	name = item.fresh ? fresh_role(audit, own->device) : audit->policy->roles[role].name;
	if (!name)
		return -ENOMEM;
	item.where = audit_text(audit, "%s", policy_text(name, buf));
	item.target = audit_text(audit, "%s", audit_yaml(audit, other, buf));
	return add_item(a, f, &item);
}

static int add_conduit(struct accepting *a, const struct audit_finding *f)
{
	struct item item = { .kind = ITEM_CONDUIT, .device = INDEX_NONE };
	char buf[POLICY_TEXT];

	item.where = audit_text(a->audit, "%s", policy_text(audit_segment(a->audit, &f->from), buf));
	item.target = audit_text(a->audit, "%s", policy_text(audit_segment(a->audit, &f->to), buf));
	return add_item(a, f, &item);
}

static int add_finding(struct accepting *a, const struct audit_finding *f)
{
	int err = 0;

	if (f->missing & MISSING_CONNECT)
		err = add_rule(a, f, false);
	if (!err && f->missing & MISSING_ACCEPT)
		err = add_rule(a, f, true);
	if (!err && f->missing & MISSING_CONDUIT)
		err = add_conduit(a, f);
	return err;
}

/* By role and kind, target, service; conduits last. */
static int compare_lines(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order = (x->kind == ITEM_CONDUIT) - (y->kind == ITEM_CONDUIT);

	if (!order)
		order = strcmp(x->where, y->where);
	if (!order)
		order = (int)x->kind - (int)y->kind;
	return order ? order : strcmp(x->target, y->target);
}

static int compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order = compare_lines(a, b);

	return order ? order : strcmp(x->service, y->service);
}

/* ---- writing ---- */

/* Names of files and interfaces may hold anything; none of it ends the comment. */
static void write_comment(FILE *to, const char *text)
{
	for (; *text; text++)
		putc(*text >= ' ' && *text <= '~' ? *text : '?', to);
}

/* The items of one line, which stand from begin to the returned index. */
static size_t write_line(struct accepting *a, size_t begin)
{
	const struct item *items = a->items;
	uint64_t packets = 0;
	int64_t first = items[begin].first, last = items[begin].last;
	struct policy_list list;
	size_t end = begin;

	if (items[begin].kind == ITEM_CONDUIT)
		fprintf(a->to, "  - {from: %s, to: %s, ", items[begin].where, items[begin].target);
	else
		fprintf(a->to, "      - {%s: %s, ", items[begin].kind == ITEM_ACCEPT ? "from" : "to", items[begin].target);
	policy_list_begin(&list, a->to, 20, "ports");
	for (; end < a->n && !compare_lines(&items[begin], &items[end]); end++) {
		if (end == begin || strcmp(items[end].service, items[end - 1].service))
			policy_list_add(&list, items[end].service);
		packets += items[end].packets;
		first = items[end].first < first ? items[end].first : first;
		last = items[end].last > last ? items[end].last : last;
	}
	policy_list_end(&list);
	fprintf(a->to, "}  # %llu packet%s, ", (unsigned long long)packets, packets == 1 ? "" : "s");
	policy_when(a->to, first, last);
	putc('\n', a->to);
	return end;
}

/* What the role's line allows is allowed to all who have it. */
static int write_role_head(struct accepting *a, const struct item *item, size_t n)
{
	const struct audit *audit = a->audit;
	_cleanup_free_ uint32_t *devices = calloc(n + 1, sizeof(*devices));
	uint32_t role = audit_role(audit, item->device);

	if (!devices)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		devices[i] = item[i].device;
	fprintf(a->to, "  %s:", item->where);
	if (item->fresh)
		fputs("  # to be made\n", a->to);
	else
		fprintf(a->to, "  # %u device%s with it, of which %zu met this\n", audit->role_users[role],
			audit->role_users[role] == 1 ? "" : "s", sort_unique(devices, n));
	return 0;
}

static int write_roles(struct accepting *a)
{
	size_t i = 0, next, end;
	int err = 0;

	if (a->n && a->items[0].kind != ITEM_CONDUIT)
		fputs("\nroles:\n", a->to);
	while (!err && i < a->n && a->items[i].kind != ITEM_CONDUIT) {
		for (end = i; end < a->n && a->items[end].kind != ITEM_CONDUIT &&
			      !strcmp(a->items[end].where, a->items[i].where);)
			end++;
		err = write_role_head(a, &a->items[i], end - i);
		for (next = i; next < end; i = next) {
			if (next == i && (!next || a->items[next].kind != a->items[next - 1].kind ||
					  strcmp(a->items[next].where, a->items[next - 1].where)))
				fprintf(a->to, "    %s:\n", a->items[next].kind == ITEM_ACCEPT ? "accept" : "connect");
			next = write_line(a, next);
		}
	}
	return err;
}

/* Devices that need a role that is not there yet. */
static void write_devices(struct accepting *a)
{
	const struct policy *policy = a->audit->policy;
	uint32_t written = INDEX_NONE;
	char name[POLICY_TEXT], place[PLACE_LEN];
	bool begun = false;

	for (size_t i = 0; i < a->n; i++) {
		const struct item *item = &a->items[i];

		if (!item->fresh || item->device == written)
			continue;
		if (!begun)
			fputs("\ndevices:\n", a->to);
		begun = true;
		written = item->device;
		fprintf(a->to, "  %s: {role: %s}  # beside what stands at ",
			policy_text(policy->devices[written].name, name), item->where);
		write_comment(a->to, format_place(policy, &policy->devices[written].loc, place));
		putc('\n', a->to);
	}
}

static void write_conduits(struct accepting *a)
{
	size_t i = 0;

	while (i < a->n && a->items[i].kind != ITEM_CONDUIT)
		i++;
	if (i < a->n)
		fputs("\nconduits:\n", a->to);
	while (i < a->n)
		i = write_line(a, i);
}

/* ---- what is left to the admin ---- */

static void write_left_out(struct accepting *a, const struct audit_finding *f, const char *note, bool *begun)
{
	if (!*begun)
		fputs("\n# Not among it, since no line allows it, or since only you can tell whether it belongs there:\n",
		      a->to);
	*begun = true;
	fputs("#   ", a->to);
	write_comment(a->to, f->source);
	if (f->destination) {
		fputs(" to ", a->to);
		write_comment(a->to, f->destination);
	}
	if (f->service_text) {
		fputs(", ", a->to);
		write_comment(a->to, f->service_text);
	}
	fprintf(a->to, ": %s; ", reason_name(f->reason));
	write_comment(a->to, note);
	putc('\n', a->to);
}

static int write_notes(struct accepting *a)
{
	bool begun = false;

	for (size_t i = 0; i < a->audit->n; i++) {
		const char *note = audit_note(a->audit, &a->audit->findings[i]);

		if (note)
			write_left_out(a, &a->audit->findings[i], note, &begun);
	}
	return a->audit->arena.failed ? -ENOMEM : 0;
}

static void write_head(struct accepting *a, int64_t since)
{
	char from[TIME_LEN], until[TIME_LEN];

	format_time(since - since % NSEC_PER_SEC, from);
	format_time(a->audit->now - a->audit->now % NSEC_PER_SEC, until);
	fprintf(a->to, "# What picket let pass as audit from %s to %s, as lines to add to the policy ", from, until);
	write_comment(a->to, a->audit->policy->name);
	fputs(".\n"
	      "# Read them first: what was seen need not be right. Then put each where its key is: a role's lines at the end\n"
	      "# of that role's connect or accept, conduits at the end of conduits.\n", a->to);
	if (!a->n)
		fputs("# There is nothing to add.\n", a->to);
}

int audit_accept(struct audit *audit, int64_t since, FILE *to)
{
	struct accepting a = { .audit = audit, .to = to };
	int err = 0;

	for (size_t i = 0; i < audit->n && !err; i++) {
		if (!audit_note(audit, &audit->findings[i]))
			err = add_finding(&a, &audit->findings[i]);
	}
	if (a.n)
		qsort(a.items, a.n, sizeof(*a.items), compare_items);
	write_head(&a, since);
	if (!err)
		err = write_roles(&a);
	write_devices(&a);
	write_conduits(&a);
	if (!err)
		err = write_notes(&a);
	free(a.items);
	return err;
}
