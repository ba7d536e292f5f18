// SPDX-License-Identifier: GPL-2.0-only
/* Devices that behave alike have one role. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "draft_parts.h"
#include "lists.h"

#define ALIKE_OF 4 /* of so many rules of either ... */
#define ALIKE 3 /* ... so many both have: makes of one maker that differ less are of one kind */
#define COMPARED 2048 /* roles that are compared with one another */
#define MAKER_BYTES 3 /* of a MAC */
#define STEM_SHORTEST 3

/* ---- sets of rules ---- */

/* How many rules both have; both sorted. */
static size_t count_common(const struct draft_role *a, const struct draft_role *b)
{
	size_t i = 0, j = 0, common = 0;

	while (i < a->nrules && j < b->nrules) {
		int order = draft_rule_compare(&a->rules[i], &b->rules[j]);

		common += !order;
		i += order <= 0;
		j += order >= 0;
	}
	return common;
}

/* Adds what the other may, and its devices. */
static int role_join(struct drafting *d, struct draft_role *role, const struct draft_role *other)
{
	struct draft_rule *rules;
	size_t i = 0, j = 0, n = 0;

	rules = arena_array(&d->draft->arena, role->nrules + other->nrules, sizeof(*rules));
	if (!rules)
		return -ENOMEM;
	while (i < role->nrules || j < other->nrules) {
		int order = i == role->nrules ? 1 :
			    j == other->nrules ? -1 : draft_rule_compare(&role->rules[i], &other->rules[j]);

		rules[n] = order <= 0 ? role->rules[i] : other->rules[j];
		if (!order)
			draft_rule_join(&rules[n], &other->rules[j]);
		n++;
		i += order <= 0;
		j += order >= 0;
	}
	role->rules = rules;
	role->nrules = n;
	role->devices += other->devices;
	pace_join(&role->pace[DIR_SEND], &other->pace[DIR_SEND]);
	pace_join(&role->pace[DIR_RECEIVE], &other->pace[DIR_RECEIVE]);
	return 0;
}

/* ---- a role for each behaviour ---- */

static bool behaviour_same(const void *owner, uint32_t index, const void *key)
{
	const struct draft_role *a = &((const struct drafting *)owner)->draft->roles[index], *b = key;

	return a->nrules == b->nrules && count_common(a, b) == a->nrules;
}

static uint64_t behaviour_hash(const struct draft_role *role)
{
	uint64_t hash = role->nrules;

	for (size_t i = 0; i < role->nrules; i++) {
		const uint32_t key[] = { role->rules[i].accept, role->rules[i].target, role->rules[i].service };

		hash = hash * 0x9e3779b97f4a7c15ULL + hash_bytes(key, sizeof(key));
	}
	return hash;
}

/* The device's own rules as a role. */
static int role_of_device(struct drafting *d, const struct draft_device *device, const struct device_rule *rules,
			  size_t n, struct draft_role *role)
{
	*role = (struct draft_role){
		.rules = arena_array(&d->draft->arena, n, sizeof(*role->rules)),
		.nrules = n,
		.devices = 1,
		.pace = { device->pace[DIR_SEND], device->pace[DIR_RECEIVE] },
	};
	for (size_t i = 0; role->rules && i < n; i++)
		role->rules[i] = rules[i].rule;
	return role->rules ? 0 : -ENOMEM;
}

static int give_role(struct drafting *d, struct table *behaviours, struct draft_device *device,
		     const struct device_rule *rules, size_t n)
{
	struct draft *draft = d->draft;
	struct draft_role role, *same;
	uint32_t found;

	if (role_of_device(d, device, rules, n, &role) ||
	    array_reserve((void **)&draft->roles, &d->cap_roles, draft->nroles + 2, sizeof(role)) ||
	    table_add(behaviours, behaviour_hash(&role), &role, draft->nroles, &found))
		return -ENOMEM;
	device->role = found == UINT32_MAX ? draft->nroles : found;
	if (found == UINT32_MAX) {
		draft->roles[draft->nroles++] = role;
		return 0;
	}
	same = &draft->roles[found];
	for (size_t i = 0; i < n; i++)
		draft_rule_join(&same->rules[i], &role.rules[i]);
	same->devices++;
	pace_join(&same->pace[DIR_SEND], &role.pace[DIR_SEND]);
	pace_join(&same->pace[DIR_RECEIVE], &role.pace[DIR_RECEIVE]);
	return 0;
}

static int give_roles(struct drafting *d)
{
	struct table behaviours = { .same = behaviour_same, .owner = d };
	size_t end;
	int err = 0;

	for (size_t i = 0; i < d->nrules && !err; i = end) {
		for (end = i; end < d->nrules && d->rules[end].device == d->rules[i].device;)
			end++;
		err = give_role(d, &behaviours, &d->draft->devices[d->rules[i].device], d->rules + i, end - i);
	}
	table_free(&behaviours);
	return err;
}

/* ---- roles that are nearly one ---- */

/* The maker, by the first half of the MAC, of all the devices that have a role; NULL: they have several. */
static void find_makers(const struct draft *draft, const uint8_t **makers, bool *several)
{
	for (size_t i = 0; i < draft->ndevices; i++) {
		const struct draft_device *device = &draft->devices[i];

		if (device->role == INDEX_NONE)
			continue;
		if (!makers[device->role])
			makers[device->role] = device->mac;
		several[device->role] |= memcmp(makers[device->role], device->mac, MAKER_BYTES) != 0;
	}
	for (size_t i = 0; i < draft->nroles; i++)
		makers[i] = several[i] ? NULL : makers[i];
}

static bool roles_alike(const struct draft_role *a, const struct draft_role *b)
{
	size_t most = a->nrules > b->nrules ? a->nrules : b->nrules;

	return count_common(a, b) * ALIKE_OF >= most * ALIKE;
}

/* Roles that went into another are left out, and their devices get that one. */
static void drop_joined(struct draft *draft, uint32_t *into)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < draft->nroles; i++) {
		if (into[i] != i) {
			into[i] = into[into[i]]; /* which comes before */
			continue;
		}
		into[i] = kept;
		draft->roles[kept++] = draft->roles[i];
	}
	draft->nroles = kept;
	for (size_t i = 0; i < draft->ndevices; i++) {
		if (draft->devices[i].role != INDEX_NONE)
			draft->devices[i].role = into[draft->devices[i].role];
	}
}

static int join_alike(struct drafting *d)
{
	struct draft *draft = d->draft;
	size_t n = draft->nroles;
	_cleanup_free_ const uint8_t **makers = calloc(n + 1, sizeof(*makers));
	_cleanup_free_ uint32_t *into = calloc(n + 1, sizeof(*into));
	_cleanup_free_ bool *several = calloc(n + 1, sizeof(*several));

	if (!makers || !into || !several)
		return -ENOMEM;
	find_makers(draft, makers, several);
	for (uint32_t i = 0; i < n; i++)
		into[i] = i;
	for (uint32_t i = 0; n <= COMPARED && i < n; i++) {
		for (uint32_t j = i + 1; makers[i] && into[i] == i && j < n; j++) {
			if (!makers[j] || into[j] != j || memcmp(makers[i], makers[j], MAKER_BYTES) ||
			    !roles_alike(&draft->roles[i], &draft->roles[j]))
				continue;
			if (role_join(d, &draft->roles[i], &draft->roles[j]))
				return -ENOMEM;
			into[j] = i;
		}
	}
	drop_joined(draft, into);
	return 0;
}

/* ---- what most have in common ---- */

static int compare_rules(const void *a, const void *b)
{
	return draft_rule_compare(a, b);
}

/* Rules that more than half of the roles have: base. */
static int find_base(struct drafting *d, struct draft_role *base)
{
	struct draft *draft = d->draft;
	_cleanup_free_ struct draft_rule *all = NULL;
	size_t n = 0, end;

	for (size_t i = 0; i < draft->nroles; i++)
		n += draft->roles[i].nrules;
	all = calloc(n + 1, sizeof(*all));
	base->rules = arena_array(&draft->arena, n + 1, sizeof(*base->rules));
	if (!all || !base->rules)
		return -ENOMEM;
	n = 0;
	for (size_t i = 0; i < draft->nroles; i++) {
		for (size_t j = 0; j < draft->roles[i].nrules; j++)
			all[n++] = draft->roles[i].rules[j];
	}
	qsort(all, n, sizeof(*all), compare_rules);
	for (size_t i = 0; i < n; i = end) {
		for (end = i; end < n && !draft_rule_compare(&all[i], &all[end]);)
			end++;
		if (end - i > 1 && 2 * (end - i) > draft->nroles)
			base->rules[base->nrules++] = all[i];
	}
	return 0;
}

static void take_out_base(struct draft_role *role, struct draft_role *base)
{
	size_t i, j = 0, kept = 0;

	for (i = 0; i < role->nrules; i++) {
		if (j < base->nrules && !draft_rule_compare(&role->rules[i], &base->rules[j]))
			draft_rule_join(&base->rules[j++], &role->rules[i]);
		else
			role->rules[kept++] = role->rules[i];
	}
	role->nrules = kept;
	role->extends_base = true;
}

/* A role that has nothing of its own is the base itself. */
static int put_base_first(struct draft *draft, const struct draft_role *base)
{
	_cleanup_free_ uint32_t *into = calloc(draft->nroles, sizeof(*into));
	uint32_t kept = 1;

	if (!into)
		return -ENOMEM;
	memmove(draft->roles + 1, draft->roles, draft->nroles * sizeof(*draft->roles));
	for (uint32_t i = 0; i < draft->nroles; i++) {
		if (draft->roles[i + 1].nrules) {
			into[i] = kept;
			draft->roles[kept++] = draft->roles[i + 1];
		}
	}
	for (size_t i = 0; i < draft->ndevices; i++) {
		if (draft->devices[i].role != INDEX_NONE)
			draft->devices[i].role = into[draft->devices[i].role];
	}
	draft->roles[0] = *base;
	draft->nroles = kept;
	draft->has_base = true;
	return 0;
}

static int extract_base(struct drafting *d)
{
	struct draft *draft = d->draft;
	struct draft_role base = {};
	size_t extending = 0;
	int err = draft->nroles > 1 ? find_base(d, &base) : 0;

	if (err || !base.nrules)
		return err;
	for (size_t i = 0; i < draft->nroles; i++)
		extending += count_common(&draft->roles[i], &base) == base.nrules;
	if (extending < 2)
		return 0;
	for (size_t i = 0; i < base.nrules; i++)
		base.rules[i].seen = (struct draft_seen){ 0 };
	for (size_t i = 0; i < draft->nroles; i++) {
		if (count_common(&draft->roles[i], &base) == base.nrules)
			take_out_base(&draft->roles[i], &base);
	}
	return put_base_first(draft, &base);
}

/* ---- names ---- */

typedef char stem_t[OBSERVE_NAME];

/* What the names of each role's devices begin with, without what numbers them. */
static void find_stems(const struct draft *draft, stem_t *stems)
{
	for (size_t d = 0; d < draft->ndevices; d++) {
		const struct draft_device *device = &draft->devices[d];
		char *stem = device->role == INDEX_NONE ? NULL : stems[device->role];
		size_t i = 0;

		if (!stem)
			continue;
		if (!*stem)
			snprintf(stem, OBSERVE_NAME, "%s", device->named ? device->name : device->router ? "router" : "-");
		while (stem[i] && stem[i] == device->name[i])
			i++;
		stem[i] = '\0';
		if (!i)
			strcpy(stem, "-"); /* nothing, and so it stays */
	}
	for (size_t i = 0; i < draft->nroles; i++) {
		size_t len = strlen(stems[i]);

		while (len && !(stems[i][len - 1] >= 'a' && stems[i][len - 1] <= 'z'))
			stems[i][--len] = '\0';
	}
}

static const char *role_name(struct drafting *d, uint32_t index, const char *stem)
{
	bool base = !index && d->draft->has_base;
	char number[16], name[OBSERVE_NAME + 8];

	snprintf(number, sizeof(number), "role-%u", index + !d->draft->has_base);
	if (base)
		return draft_name(d, "base", number);
	if (strlen(stem) < STEM_SHORTEST)
		return draft_name(d, number, number);
	snprintf(name, sizeof(name), "%s%s", stem,
		 d->draft->roles[index].devices == 1 && strcmp(stem, "router") ? "-role" : "");
	return draft_name(d, name, number);
}

static int name_roles(struct drafting *d)
{
	struct draft *draft = d->draft;
	_cleanup_free_ stem_t *stems = calloc(draft->nroles + 1, sizeof(*stems));

	if (!stems)
		return -ENOMEM;
	find_stems(draft, stems);
	for (uint32_t i = 0; i < draft->nroles; i++) {
		draft->roles[i].name = role_name(d, i, stems[i]);
		if (!draft->roles[i].name)
			return -ENOMEM;
	}
	return 0;
}

int draft_roles(struct drafting *d)
{
	int err = give_roles(d);

	if (!err)
		err = join_alike(d);
	if (!err)
		err = extract_base(d);
	return err ? err : name_roles(d);
}
