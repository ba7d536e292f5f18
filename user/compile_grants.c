// SPDX-License-Identifier: GPL-2.0-only
/* Classes and their schedules as the program reads them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile_work.h"

static int make_grants(struct compilation *c, uint32_t roles, uint32_t own_limit,
		       struct grants *grants)
{
	const struct role_set *set = &c->role_set[roles];

	*grants = (struct grants){
		.connect = c->set_of_key[SIDE_CONNECT][set->key[SIDE_CONNECT]],
		.accept = c->set_of_key[SIDE_ACCEPT][set->key[SIDE_ACCEPT]],
		.roles = set->list == UINT32_MAX ? 0 : c->first_role_list + set->list,
	};
	return compile_device_profile(c, roles, own_limit, &grants->profile);
}

/* A point where nothing changes is no step. */
static int make_steps(struct compilation *c, const struct class_work *work,
		      struct device_class *class)
{
	struct ruleset *ruleset = c->ruleset;
	const struct grants *before = &class->grants;
	int err = 0;

	class->first_step = ruleset->nsteps;
	for (size_t i = 0; i < work->n && !err; i++) {
		const struct timed_roles *point = &c->points[work->first + i];
		struct step *step = &ruleset->steps[ruleset->nsteps];

		*step = (struct step){ .from = point->from };
		err = make_grants(c, point->roles, work->own_limit, &step->grants);
		if (err || !memcmp(&step->grants, before, sizeof(*before)))
			continue;
		before = &step->grants;
		ruleset->nsteps++;
	}
	class->nsteps = ruleset->nsteps - class->first_step;
	if (!class->nsteps)
		class->first_step = 0;
	return err;
}

int compile_grants(struct compilation *c)
{
	struct ruleset *ruleset = c->ruleset;
	int err = 0;

	ruleset->classes = calloc(c->nclasses + 1, sizeof(*ruleset->classes));
	ruleset->steps = calloc(c->npoints + 1, sizeof(*ruleset->steps));
	if (!ruleset->classes || !ruleset->steps)
		return -ENOMEM;
	for (size_t i = 0; i < c->nclasses && !err; i++) {
		const struct class_work *work = &c->classes[i];
		struct device_class *class = &ruleset->classes[i];

		err = make_grants(c, work->roles, work->own_limit, &class->grants);
		if (!err)
			err = make_steps(c, work, class);
	}
	ruleset->nclasses = c->nclasses;
	return err;
}
