// SPDX-License-Identifier: GPL-2.0-only
/* The numbers of what rules name. */
#include <errno.h>
#include <stdlib.h>

#include "cleanup.h"
#include "compile_work.h"

/* By policy index: whether a rule names it. */
struct named {
	bool *segments, *devices;
};

static void named_free(struct named *named)
{
	free(named->segments);
	free(named->devices);
}

int add_target(struct ruleset *ruleset, enum target_kind kind, uint32_t index, uint32_t *number)
{
	if (array_reserve((void **)&ruleset->targets, &ruleset->targets_capacity,
			  ruleset->ntargets + 1, sizeof(*ruleset->targets)))
		return -ENOMEM;
	*number = ruleset->ntargets++;
	ruleset->targets[*number] = (struct ruleset_target){ .kind = kind, .index = index };
	return 0;
}

static void find_named(const struct policy *policy, struct named *named)
{
	for (size_t i = 0; i < policy->nroles * SIDES; i++) {
		size_t n;
		const struct rule *rules = role_rules(&policy->roles[i / SIDES], i % SIDES, &n);

		for (const struct rule *rule = rules; rule < rules + n; rule++) {
			for (size_t j = 0; j < rule->ntargets; j++) {
				const struct target *target = &rule->targets[j];

				if (target->kind == TARGET_SEGMENT)
					named->segments[target->index] = true;
				else if (target->kind == TARGET_DEVICE)
					named->devices[target->index] = true;
			}
		}
	}
}

static int number_named(struct ruleset *ruleset, enum target_kind kind, const bool *named, size_t n,
			uint32_t *numbers)
{
	for (size_t i = 0; i < n; i++)
		if (named[i] && add_target(ruleset, kind, i, &numbers[i]))
			return -ENOMEM;
	return 0;
}

int compile_names(struct compilation *c)
{
	const struct policy *policy = c->policy;
	struct ruleset *ruleset = c->ruleset;
	struct named named __attribute__((cleanup(named_free))) = {
		.segments = calloc(policy->nsegments + 1, sizeof(bool)),
		.devices = calloc(policy->ndevices + 1, sizeof(bool)),
	};
	uint32_t number;

	ruleset->segment_target = calloc(policy->nsegments + 1, sizeof(*ruleset->segment_target));
	ruleset->device_name = calloc(policy->ndevices + 1, sizeof(*ruleset->device_name));
	if (!named.segments || !named.devices || !ruleset->segment_target || !ruleset->device_name)
		return -ENOMEM;
	find_named(policy, &named);
	/* 0, PICKET_TARGET_ANY, PICKET_TARGET_GATEWAY: NOLINTNEXTLINE(misc-redundant-expression) */
	if (add_target(ruleset, TARGET_ANY, 0, &number) ||
	    add_target(ruleset, TARGET_ANY, 0, &number) ||
	    add_target(ruleset, TARGET_GATEWAY, 0, &number) ||
	    number_named(ruleset, TARGET_SEGMENT, named.segments, policy->nsegments,
			 ruleset->segment_target) ||
	    number_named(ruleset, TARGET_DEVICE, named.devices, policy->ndevices,
			 ruleset->device_name))
		return -ENOMEM;
	return 0;
}
