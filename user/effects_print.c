// SPDX-License-Identifier: GPL-2.0-only
/*
 * Effects as sentences. Sources that go by the same words, and for which the same changes, are one;
 * and all sources for which the same service changes to the same destinations are in one sentence.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "effects_cover.h"
#include "output.h"

#define SHOWN_LINES 60
#define SHOWN_NAMES 6 /* of sources, of destinations, of services in a sentence */
#define VECTOR_NONE UINT32_MAX /* no such source has addresses of this version */

/* Sources under one name. */
struct unit {
	struct label label;
	uint32_t versions; /* bits by enum version_index */
	uint32_t vectors[VERSIONS];
};

/* One unit in one sentence. */
struct link {
	uint32_t unit, next; /* next in the sentence; UINT32_MAX: none */
};

/* Of one sentence. */
struct chain {
	uint32_t first, last; /* links */
};

/* What makes a sentence: versions of the sources, change, sets of destinations. */
enum { KEY_VERSIONS, KEY_CHANGE, KEY_SETS, KEY_LEN = KEY_SETS + VERSIONS };

/* Sources by their name without what sets single addresses apart. */
struct base {
	uint32_t first, last; /* classes, in next_of_base */
	uint32_t vectors[VERSIONS];
	bool mixed; /* in one version not the same changes for all */
};

struct print_work {
	struct effects *e;
	struct output *out;
	struct names names;
	struct cover cover;
	struct items base_names;
	struct table by_name; /* of base_names */
	struct base *bases;
	size_t nbases, bases_capacity;
	uint32_t *next_of_base; /* by class */
	struct unit *units;
	size_t nunits, units_capacity;
	struct lists sentences; /* keys */
	struct chain *chains; /* by sentence */
	size_t chains_capacity;
	struct link *links;
	size_t nlinks, links_capacity;
	struct items from, to, words, sentence;
};

static void work_free(struct print_work *w)
{
	names_free(&w->names);
	cover_free(&w->cover);
	items_free(&w->base_names);
	table_free(&w->by_name);
	free(w->bases);
	free(w->next_of_base);
	free(w->units);
	lists_free(&w->sentences);
	free(w->chains);
	free(w->links);
	items_free(&w->from);
	items_free(&w->to);
	items_free(&w->words);
	items_free(&w->sentence);
}

static enum version_index version_index(const struct end_class *class)
{
	return class->version == 4 ? IPV4 : IPV6;
}

/* ---- bases ---- */

static bool same_name(const void *owner, uint32_t index, const void *key)
{
	return !strcmp(item(owner, index), key);
}

static struct label base_label(const struct effects *e, uint32_t index)
{
	const struct end_class *class = &e->classes[FROM].all[index];

	if (class->who != INDEX_NONE)
		return (struct label){ LABEL_WHO, class->who, 0 };
	return (struct label){ LABEL_CLASS, index, 0 };
}

static int add_to_base(struct print_work *w, uint32_t index)
{
	const struct end_class *class = &w->e->classes[FROM].all[index];
	const struct label label = base_label(w->e, index);
	uint32_t vector = w->e->vector[index], found;
	struct base *base;
	const char *name;

	label_write(&w->names, FROM, &label, &w->base_names);
	if (w->base_names.failed ||
	    array_reserve((void **)&w->bases, &w->bases_capacity, w->nbases + 1, sizeof(*base)))
		return -ENOMEM;
	name = item(&w->base_names, w->base_names.n - 1);
	if (table_add(&w->by_name, hash_bytes(name, strlen(name)), name, w->nbases, &found))
		return -ENOMEM;
	w->next_of_base[index] = UINT32_MAX;
	if (found == UINT32_MAX) {
		base = &w->bases[w->nbases++];
		*base = (struct base){ index, index, { VECTOR_NONE, VECTOR_NONE }, false };
	} else {
		w->base_names.len = w->base_names.at[--w->base_names.n];
		base = &w->bases[found];
		w->next_of_base[base->last] = index;
		base->last = index;
	}
	if (base->vectors[version_index(class)] == VECTOR_NONE)
		base->vectors[version_index(class)] = vector;
	base->mixed |= base->vectors[version_index(class)] != vector;
	return 0;
}

/* ---- units ---- */

static bool changes(uint32_t vector)
{
	return vector != VECTOR_NONE && vector;
}

/* The set of destinations for one change in a vector; UINT32_MAX: it is not in it. */
static uint32_t set_of(const struct effects *e, uint32_t vector, uint32_t change)
{
	size_t n = changes(vector) ? list_length(&e->vectors, vector) : 0;

	for (size_t i = 0; i < n; i += 2)
		if (list_numbers(&e->vectors, vector)[i] == change)
			return list_numbers(&e->vectors, vector)[i + 1];
	return UINT32_MAX;
}

static int add_link(struct print_work *w, const uint32_t key[KEY_LEN], uint32_t unit)
{
	size_t before = w->sentences.n;
	uint32_t sentence;

	if (array_reserve((void **)&w->chains, &w->chains_capacity, before + 1, sizeof(*w->chains)) ||
	    array_reserve((void **)&w->links, &w->links_capacity, w->nlinks + 1, sizeof(*w->links)) ||
	    lists_intern(&w->sentences, key, KEY_LEN, &sentence))
		return -ENOMEM;
	w->links[w->nlinks] = (struct link){ unit, UINT32_MAX };
	if (w->sentences.n > before)
		w->chains[sentence].first = w->nlinks;
	else
		w->links[w->chains[sentence].last].next = w->nlinks;
	w->chains[sentence].last = w->nlinks++;
	return 0;
}

static int add_unit(struct print_work *w, const struct unit *unit)
{
	int err = 0;

	if (array_reserve((void **)&w->units, &w->units_capacity, w->nunits + 1, sizeof(*unit)))
		return -ENOMEM;
	w->units[w->nunits++] = *unit;
	for (int v = 0; v < VERSIONS; v++) {
		uint32_t vector = unit->vectors[v];
		size_t n = changes(vector) ? list_length(&w->e->vectors, vector) : 0;

		for (size_t i = 0; i < n && !err; i += 2) {
			uint32_t key[KEY_LEN] = { unit->versions, list_numbers(&w->e->vectors, vector)[i] };

			for (int k = 0; k < VERSIONS; k++)
				key[KEY_SETS + k] = set_of(w->e, unit->vectors[k], key[KEY_CHANGE]);
			/* What IPv4 has, too, was said with it. */
			if (v == IPV4 || key[KEY_SETS + IPV4] == UINT32_MAX)
				err = add_link(w, key, w->nunits - 1);
		}
	}
	return err;
}

static int split_base(struct print_work *w, const struct base *base)
{
	uint32_t both = (base->vectors[IPV4] != VECTOR_NONE) << IPV4 |
			(base->vectors[IPV6] != VECTOR_NONE) << IPV6;
	struct unit unit = { .label = base_label(w->e, base->first), .versions = both };
	int err = 0;

	if (!base->mixed) {
		memcpy(unit.vectors, base->vectors, sizeof(unit.vectors));
		return changes(unit.vectors[IPV4]) || changes(unit.vectors[IPV6]) ? add_unit(w, &unit) : 0;
	}
	for (uint32_t i = base->first; i != UINT32_MAX && !err; i = w->next_of_base[i]) {
		const struct end_class *class = &w->e->classes[FROM].all[i];

		if (!w->e->vector[i])
			continue;
		unit = (struct unit){
			.label = { LABEL_CLASS, i, both == 3 ? class->version : 0 },
			.versions = 1U << version_index(class),
			.vectors = { VECTOR_NONE, VECTOR_NONE },
		};
		unit.vectors[version_index(class)] = w->e->vector[i];
		err = add_unit(w, &unit);
	}
	return err;
}

/* ---- sentences ---- */

static void say_list(struct items *sentence, const struct items *names)
{
	for (size_t i = 0; i < names->n && i < SHOWN_NAMES; i++)
		items_append(sentence, "%s%s", i ? ", " : "", item(names, i));
	if (names->n > SHOWN_NAMES)
		items_append(sentence, " and %zu more", names->n - SHOWN_NAMES);
}

static int add_word(void *context, const char *text)
{
	struct items *words = context;

	items_add(words, "%s", text);
	return words->failed ? -ENOMEM : 0;
}

static void print_label(struct print_work *w, enum side side, const struct label *label,
			const char *name)
{
	const struct who *who = label_who(&w->names, side, label);

	output_begin_object(w->out, NULL);
	output_string(w->out, "name", name);
	output_string(w->out, "kind", label_kind_name(&w->names, side, label));
	output_string(w->out, "segment", label_segment(&w->names, side, label));
	if (who)
		output_number(w->out, "devices", who->n);
	else
		output_null(w->out, "devices");
	output_end_object(w->out);
}

static void print_from(struct print_work *w, uint32_t sentence)
{
	items_clear(&w->from);
	output_begin_list(w->out, "from");
	for (uint32_t i = w->chains[sentence].first; i != UINT32_MAX; i = w->links[i].next) {
		const struct label *label = &w->units[w->links[i].unit].label;

		label_write(&w->names, FROM, label, &w->from);
		if (!w->from.failed)
			print_label(w, FROM, label, item(&w->from, w->from.n - 1));
	}
	output_end_list(w->out);
}

/* "broker (10.1.0.10)" and "broker (10.1.0.11)" are "broker (10.1.0.10, 10.1.0.11)". */
static void join_peers(struct items *names)
{
	const char *last, *before, *from;
	char *end;

	if (names->n < 2)
		return;
	last = item(names, names->n - 1);
	before = item(names, names->n - 2);
	from = strstr(last, " (");
	end = strrchr(before, ')');
	if (!from || !end || end[1] || strncmp(last, before, from - last + 2))
		return;
	memcpy(end, ", ", 2);
	memmove(end + 2, from + 2, strlen(from + 2) + 1);
	names->n--;
	names->len = end + 2 + strlen(end + 2) + 1 - names->text;
}

static void print_to(struct print_work *w)
{
	items_clear(&w->to);
	output_begin_list(w->out, "to");
	for (size_t i = 0; i < w->cover.n; i++) {
		const struct label *label = &w->cover.labels[i];

		label_write(&w->names, TO, label, &w->to);
		if (w->to.failed)
			break;
		print_label(w, TO, label, item(&w->to, w->to.n - 1));
		if (!strcmp(label_kind_name(&w->names, TO, label), "peer"))
			join_peers(&w->to);
	}
	output_end_list(w->out);
}

/* Most of all services read as those that are missing. */
static int print_services(struct print_work *w, uint32_t services)
{
	struct service_sets *sets = &w->e->services;
	bool except = services != SERVICES_ANY && services_mostly_any(sets, services);
	uint32_t said = except ? services_without(sets, SERVICES_ANY, services) : services;
	int err;

	items_clear(&w->words);
	err = services_words(sets, said, add_word, &w->words);
	output_begin_list(w->out, "services");
	if (except)
		output_string(w->out, NULL, "any");
	for (size_t i = 0; i < w->words.n && !except; i++)
		output_string(w->out, NULL, item(&w->words, i));
	output_end_list(w->out);
	output_begin_list(w->out, "except");
	for (size_t i = 0; i < w->words.n && except; i++)
		output_string(w->out, NULL, item(&w->words, i));
	output_end_list(w->out);
	items_append(&w->sentence, except ? ": any but " : ": ");
	say_list(&w->sentence, &w->words);
	return err;
}

static int print_words(struct print_work *w, uint32_t sentence)
{
	const uint32_t *key = list_numbers(&w->sentences, sentence);
	bool lost = key[KEY_CHANGE] & EFFECT_SIGN_LOST;
	int err;

	output_mark(w->out, "change", lost ? MARK_REMOVED : MARK_ADDED);
	items_clear(&w->sentence);
	print_from(w, sentence);
	print_to(w);
	say_list(&w->sentence, &w->from);
	items_append(&w->sentence, lost ? " may no longer reach " : " may now reach ");
	say_list(&w->sentence, &w->to);
	err = print_services(w, key[KEY_CHANGE] & ~EFFECT_SIGN_LOST);
	if (w->from.failed || w->to.failed || w->sentence.failed)
		return -ENOMEM;
	output_word(w->out, "text", item(&w->sentence, 0));
	return err;
}

static int print_sentence(struct print_work *w, uint32_t sentence)
{
	const uint32_t *key = list_numbers(&w->sentences, sentence);
	int policy = key[KEY_CHANGE] & EFFECT_SIGN_LOST ? BEFORE : AFTER;
	int err = cover_set(&w->cover, key + KEY_SETS, key[KEY_VERSIONS], policy);

	/* Of the edges of subnets nothing is said. */
	if (err || !w->cover.n)
		return err;
	output_begin_object(w->out, NULL);
	if (!output_lines_full(w->out))
		err = print_words(w, sentence);
	output_end_object(w->out);
	return err;
}

int effects_print(struct effects *effects, struct output *out)
{
	struct print_work w __attribute__((cleanup(work_free))) = { .e = effects, .out = out };
	int err = names_init(effects, &w.names);

	if (!err)
		err = cover_init(&w.names, &w.cover);
	w.by_name = (struct table){ .same = same_name, .owner = &w.base_names };
	w.next_of_base = calloc(effects->classes[FROM].n + 1, sizeof(*w.next_of_base));
	if (!w.next_of_base)
		return -ENOMEM;
	for (size_t i = 0; i < effects->classes[FROM].n && !err; i++)
		if (!effects->classes[FROM].all[i].edge)
			err = add_to_base(&w, i);
	for (size_t i = 0; i < w.nbases && !err; i++)
		err = split_base(&w, &w.bases[i]);
	output_begin_lines(out, "effects", SHOWN_LINES);
	for (size_t i = 0; i < w.sentences.n && !err; i++)
		err = print_sentence(&w, i);
	output_end_lines(out);
	return err;
}
