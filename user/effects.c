// SPDX-License-Identifier: GPL-2.0-only
#include "effects.h"

#include <errno.h>
#include <stdlib.h>

#include "effects_work.h"

void effects_free(struct effects *effects)
{
	if (!effects)
		return;
	free(effects->gateway);
	space_free(&effects->space);
	for (int x = 0; x < POLICIES; x++)
		view_free(&effects->views[x]);
	for (int side = 0; side < ENDS; side++) {
		free(effects->classes[side].all);
		table_free(&effects->classes[side].table);
	}
	free(effects->whos.all);
	table_free(&effects->whos.table);
	services_free(&effects->services);
	lists_free(&effects->vectors);
	free(effects->vector);
	lists_free(&effects->sets);
	free(effects);
}

int effects_new(const struct effects_input *input, struct effects **out)
{
	struct effects *e = calloc(1, sizeof(*e));
	int err;

	if (!e)
		return -ENOMEM;
	e->input = *input;
	err = services_init(&e->services);
	if (!err)
		err = space_init(input->rulesets, &e->space);
	for (int x = 0; x < POLICIES && !err; x++)
		err = view_init(e, x);
	if (!err)
		err = ends_gather(e);
	if (!err)
		err = effects_compare(e);
	if (err)
		effects_free(e);
	else
		*out = e;
	return err;
}

bool effects_none(const struct effects *effects)
{
	return effects->vectors.n == 1;
}

/* ---- questions ---- */

/* Without its end: a device that is nobody in one policy, or a host there. */
static uint32_t ask_who(const struct effects *e, const uint32_t devices[POLICIES],
			const struct end_class *key)
{
	uint32_t hosts[POLICIES] = { INDEX_NONE, INDEX_NONE };

	for (int x = 0; x < POLICIES; x++)
		if (devices[x] == INDEX_NONE && key->end[x].kind == END_HOST)
			hosts[x] = key->end[x].segment;
	return who_find(e, devices, hosts);
}

static uint32_t ask_class(struct effects *e, enum side side, const struct effect_end ends[POLICIES])
{
	uint32_t devices[POLICIES] = { ends[BEFORE].device, ends[AFTER].device };
	struct end_class key = { .version = version_of(&ends[AFTER].addr), .who = INDEX_NONE };

	for (int x = 0; x < POLICIES; x++)
		key.end[x] = end_at(e, side, x, &ends[x].addr, space_find(&e->space, &ends[x].addr),
				    devices[x]);
	if (devices[BEFORE] != INDEX_NONE || devices[AFTER] != INDEX_NONE)
		key.who = ask_who(e, devices, &key);
	else
		key.edge = is_edge(e, space_find(&e->space, &ends[AFTER].addr));
	return class_find(&e->classes[side], &key);
}

static bool set_holds(const struct effects *e, uint32_t set, uint32_t class)
{
	const uint32_t *runs = list_numbers(&e->sets, set);

	for (size_t i = 0; i < list_length(&e->sets, set); i += 2)
		if (class >= runs[i] && class <= runs[i + 1])
			return true;
	return false;
}

enum effect effects_ask(struct effects *effects, const struct effect_end from[POLICIES],
			const struct effect_end to[POLICIES], uint32_t service)
{
	uint32_t source = ask_class(effects, FROM, from), target = ask_class(effects, TO, to);
	const uint32_t *vector;

	if (source == UINT32_MAX || target == UINT32_MAX)
		return EFFECT_UNKNOWN;
	vector = list_numbers(&effects->vectors, effects->vector[source]);
	for (size_t i = 0; i < list_length(&effects->vectors, effects->vector[source]); i += 2) {
		uint32_t services = vector[i] & ~EFFECT_SIGN_LOST;

		if (set_holds(effects, vector[i + 1], target) &&
		    services_hold(&effects->services, services, service))
			return vector[i] & EFFECT_SIGN_LOST ? EFFECT_LOST : EFFECT_GAINED;
	}
	return EFFECT_NONE;
}
