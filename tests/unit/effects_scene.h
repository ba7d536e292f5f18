/* SPDX-License-Identifier: GPL-2.0-only */
/* Two random policies, and the effects of going from one to the other. */
#ifndef PICKET_EFFECTS_SCENE_H
#define PICKET_EFFECTS_SCENE_H

#include "effects.h"

struct scene {
	uint64_t *seed;
	char *texts[POLICIES];
	struct policy *policies[POLICIES];
	struct ruleset *rulesets[POLICIES];
	struct pairs pairs;
	struct effects *effects;
	int64_t time;
};

/* PICKET_SEED, or the usual one. */
uint64_t first_seed(void);

/* From the texts and the time: false when one of the policies does not pass the checks. */
bool scene_make(struct scene *s);
bool random_scene(struct scene *s, uint64_t *seed);
void scene_free(struct scene *s);

#endif
