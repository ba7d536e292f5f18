// SPDX-License-Identifier: GPL-2.0-only
#include "effects_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compile.h"
#include "diag.h"
#include "policy_mix.h"
#include "random_policy.h"

static struct ruleset *compiled(const struct policy *policy)
{
	struct ruleset *ruleset = NULL;
	struct diag *diag = diag_new();

	assert_int_equal(compile(policy, diag, &ruleset), 0);
	diag_free(diag);
	return ruleset;
}

void scene_free(struct scene *s)
{
	effects_free(s->effects);
	pairs_free(&s->pairs);
	for (int x = 0; x < POLICIES; x++) {
		ruleset_free(s->rulesets[x]);
		policy_free(s->policies[x]);
		free(s->texts[x]);
	}
}

bool scene_make(struct scene *s)
{
	struct effects_input input = { .pairs = &s->pairs, .time = s->time };

	for (int x = 0; x < POLICIES; x++) {
		s->policies[x] = s->texts[x] ? load_text(s->texts[x]) : NULL;
		if (!s->policies[x])
			return false;
	}
	for (int x = 0; x < POLICIES; x++) {
		s->rulesets[x] = compiled(s->policies[x]);
		input.policies[x] = s->policies[x];
		input.rulesets[x] = s->rulesets[x];
	}
	assert_int_equal(pairs_init(s->policies[BEFORE], s->policies[AFTER], &s->pairs), 0);
	assert_int_equal(effects_new(&input, &s->effects), 0);
	return true;
}

uint64_t first_seed(void)
{
	const char *seed = getenv("PICKET_SEED");

	return seed ? strtoull(seed, NULL, 0) : 20261127;
}

/* The line of the gateway's addresses, once in a while with others. */
static void change_gateway(uint64_t *seed, char *text)
{
	static const char usual[] = "[10.0.0.1, 10.1.0.1]";
	static const char *const others[] = { "[10.2.0.9          ]", "[                  ]",
					      "[10.1.0.1, 10.3.1.1]", "[\"fd00:1::2\"       ]" };
	char *at = strstr(text, usual);

	assert_non_null(at);
	if (!random_below(seed, 3))
		memcpy(at, others[random_below(seed, 4)], sizeof(usual) - 1);
}

/* Fewer addresses in the segments of hosts. */
static void change_subnets(uint64_t *seed, char *text)
{
	static const char *const usual[] = { "[10.2.0.0/16", "[10.3.0.0/16" };
	static const char *const others[] = { "[10.2.0.0/24", "[10.3.0.0/23" };

	for (int i = 0; i < 2; i++) {
		char *at = strstr(text, usual[i]);

		if (at && !random_below(seed, 4))
			memcpy(at, others[i], strlen(others[i]));
	}
}

bool random_scene(struct scene *s, uint64_t *seed)
{
	char *other = NULL;

	*s = (struct scene){ .seed = seed };
	s->policies[BEFORE] = random_policy(seed, &s->texts[BEFORE]);
	policy_free(s->policies[BEFORE]);
	policy_free(random_policy(seed, &other));
	s->texts[AFTER] = mix_policies(seed, s->texts[BEFORE], other, 1 + random_below(seed, 60));
	free(other);
	for (int x = 0; x < POLICIES; x++) {
		change_gateway(seed, s->texts[x]);
		change_subnets(seed, s->texts[x]);
	}
	s->time = (RANDOM_TIME_BASE + random_below(seed, RANDOM_HOURS) * 3600LL) * NSEC_PER_SEC;
	return scene_make(s);
}
