// SPDX-License-Identifier: GPL-2.0-only
/* Limits as they come to hold for devices: which ones, the compiled profiles say. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "effects_names.h"
#include "output.h"
#include "plan_words.h"

#define SHOWN_LINES 20

/* Devices that go by the same words and whose limits change alike. */
struct change {
	uint32_t who;
	uint32_t classes[POLICIES];
	uint32_t n; /* no part of the key */
	uint32_t device[POLICIES]; /* one of them */
};

#define CHANGE_KEY offsetof(struct change, n)

struct limits_work {
	struct effects *e;
	struct change *changes;
	size_t n, capacity;
	struct table table;
	bool *seen[POLICIES]; /* by role, while one limit is looked for */
	struct items sentence, label, text;
};

static void work_free(struct limits_work *w)
{
	free(w->changes);
	table_free(&w->table);
	free(w->seen[BEFORE]);
	free(w->seen[AFTER]);
	items_free(&w->sentence);
	items_free(&w->label);
	items_free(&w->text);
}

static bool same_change(const void *owner, uint32_t index, const void *key)
{
	const struct limits_work *w = owner;

	return !memcmp(&w->changes[index], key, CHANGE_KEY);
}

static const struct profile *profile_of(const struct view *view, uint32_t class)
{
	return &view->ruleset->profiles[view->grants[class].profile];
}

static int add_device(struct limits_work *w, uint32_t before, uint32_t after)
{
	const struct view *views = w->e->views;
	struct change change = {
		.classes = { views[BEFORE].ruleset->device_class[before],
			     views[AFTER].ruleset->device_class[after] },
		.n = 1,
		.device = { before, after },
	};
	uint32_t found;

	if (!memcmp(profile_of(&views[BEFORE], change.classes[BEFORE]),
		    profile_of(&views[AFTER], change.classes[AFTER]), sizeof(struct profile)))
		return 0;
	change.who = who_find(w->e, change.device, NO_HOSTS);
	if (array_reserve((void **)&w->changes, &w->capacity, w->n + 1, sizeof(change)) ||
	    table_add(&w->table, hash_bytes(&change, CHANGE_KEY), &change, w->n, &found))
		return -ENOMEM;
	if (found == UINT32_MAX)
		w->changes[w->n++] = change;
	else
		w->changes[found].n++;
	return 0;
}

/* ---- which limit holds ---- */

/* A role's own, else that of the first parent that has one; NULL: none has. */
static const struct limit *role_limit(const struct policy *policy, uint32_t index,
				      enum direction direction, bool *seen)
{
	const struct role *role = &policy->roles[index];
	const struct limit *found = NULL;

	if (seen[index]) /* and had none */
		return NULL;
	seen[index] = true;
	if (role->limit[direction].present)
		return &role->limit[direction];
	for (size_t i = 0; i < role->nextends && !found; i++)
		found = role_limit(policy, role->extends[i], direction, seen);
	return found;
}

/* Of several roles' the lowest holds; flows are never without a limit. */
static struct rate rate_of(const struct limits_work *w, int policy, uint32_t index,
			   enum direction direction, enum limit_kind kind)
{
	const struct view *view = &w->e->views[policy];
	const struct device *device = &view->policy->devices[index];
	uint32_t list = view->class_roles[view->ruleset->device_class[index]];
	bool own = device->limit && device->limit[direction].present;
	struct rate rate = {};

	if (own)
		rate = device->limit[direction].rate[kind];
	for (size_t i = 0; i < list_length(&view->roles, list) && !own; i++) {
		const struct limit *limit;

		memset(w->seen[policy], 0, view->policy->nroles);
		limit = role_limit(view->policy, list_numbers(&view->roles, list)[i], direction,
				   w->seen[policy]);
		if (limit && compare_limits(&rate, &limit->rate[kind]) < 0)
			rate = limit->rate[kind];
	}
	if (kind == LIMIT_FLOWS && !rate.count)
		rate = (struct rate){ .count = 50, .period = NSEC_PER_SEC, .burst = 500 };
	return rate;
}

/* ---- lines ---- */

static void print_rate(struct limits_work *w, struct output *out, const struct change *change,
		       enum direction direction, enum limit_kind kind)
{
	static const char *const directions[] = { "send", "receive" };
	static const char *const kinds[] = { "flows", "packets", "bytes" };
	char old[WORD_LEN], new[WORD_LEN];
	struct rate rates[POLICIES];
	int tendency;

	for (int x = 0; x < POLICIES; x++)
		rates[x] = rate_of(w, x, change->device[x], direction, kind);
	tendency = compare_limits(&rates[BEFORE], &rates[AFTER]);
	if (!tendency)
		return;
	write_rate(&rates[BEFORE], kind, old);
	write_rate(&rates[AFTER], kind, new);
	output_begin_object(out, NULL);
	output_string(out, "direction", directions[direction]);
	output_string(out, "limit", kinds[kind]);
	output_string(out, "before", old);
	output_string(out, "after", new);
	output_string(out, "tendency", tendency < 0 ? "stricter" : "looser");
	output_end_object(out);
	items_append(&w->sentence, "; %s %s %s -> %s (%s)", directions[direction], kinds[kind], old, new,
		     tendency < 0 ? "stricter" : "looser");
}

static int print_change(struct limits_work *w, const struct names *names, struct output *out,
			const struct change *change)
{
	const struct label label = { LABEL_WHO, change->who, 0 };

	items_clear(&w->label);
	items_clear(&w->sentence);
	label_write(names, FROM, &label, &w->label);
	if (w->label.failed)
		return -ENOMEM;
	output_begin_object(out, NULL);
	output_mark(out, "change", MARK_CHANGED);
	output_string(out, "of", item(&w->label, 0));
	output_number(out, "devices", change->n);
	output_begin_list(out, "limits");
	for (int direction = 0; direction < DIRECTIONS; direction++)
		for (int kind = 0; kind < LIMIT_KINDS; kind++)
			print_rate(w, out, change, direction, kind);
	output_end_list(out);
	items_clear(&w->text);
	if (change->n == 1 && w->e->whos.all[change->who].n > 1)
		items_append(&w->text, "device %s of ",
			     w->e->input.policies[AFTER]->devices[change->device[AFTER]].name);
	else if (change->n < w->e->whos.all[change->who].n)
		items_append(&w->text, "%u of ", change->n);
	items_append(&w->text, "%s:", item(&w->label, 0));
	if (w->sentence.n) /* without the first ';' */
		items_append(&w->text, "%s", item(&w->sentence, 0) + 1);
	if (w->sentence.failed || w->text.failed)
		return -ENOMEM;
	output_word(out, "text", item(&w->text, 0));
	output_end_object(out);
	return 0;
}

int effects_print_limits(struct effects *effects, struct output *out, size_t *limits)
{
	struct limits_work w __attribute__((cleanup(work_free))) = { .e = effects };
	const struct pairs *pairs = effects->input.pairs;
	struct names names;
	int err = names_init(effects, &names);

	w.table = (struct table){ .same = same_change, .owner = &w };
	for (int x = 0; x < POLICIES && !err; x++) {
		w.seen[x] = calloc(effects->input.policies[x]->nroles + 1, sizeof(bool));
		err = w.seen[x] ? 0 : -ENOMEM;
	}
	for (size_t i = 0; i < effects->input.policies[AFTER]->ndevices && !err; i++)
		if (pairs->before[i] != INDEX_NONE)
			err = add_device(&w, pairs->before[i], i);
	output_begin_lines(out, "limits", SHOWN_LINES);
	for (size_t i = 0; i < w.n && !err; i++)
		err = print_change(&w, &names, out, &w.changes[i]);
	output_end_lines(out);
	*limits = w.n;
	names_free(&names);
	return err;
}
