/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What may be opened under one policy and not under the other: SPEC's steps 9 to 13 for new
 * connections, computed from the two rulesets, exactly.
 *
 * Who may be at an end is asked per address, with the MAC and on the port that the policy expects
 * there: what is another device's address by now is that device's. A device that has other
 * addresses than before, or was only renamed, is compared with itself. Link-local sources, and
 * what hosts outside of every port send, are not looked at. Audit mode is not, either: what a
 * policy would drop counts as not allowed.
 */
#ifndef PICKET_EFFECTS_H
#define PICKET_EFFECTS_H

#include "effects_space.h"
#include "plan_pairs.h"

struct output;

/* All must outlive the effects. */
struct effects_input {
	const struct policy *policies[POLICIES];
	const struct ruleset *rulesets[POLICIES];
	const struct pairs *pairs;
	/* The gateway's addresses besides those that a policy lists: they are in both policies. */
	const struct picket_addr *gateway;
	size_t ngateway;
	int64_t time; /* Unix ns: who is valid, and which assignments hold */
};

struct effects;

/* 0 and *out, or -ENOMEM. */
int effects_new(const struct effects_input *input, struct effects **out);
/* NULL is fine. */
void effects_free(struct effects *effects);

bool effects_none(const struct effects *effects);

/*
 * The list "effects": who may or may no longer reach what; and "limits", which became stricter or
 * looser for whom, in *limits so many. 0 or -ENOMEM.
 */
int effects_print(struct effects *effects, struct output *out);
int effects_print_limits(struct effects *effects, struct output *out, size_t *limits);

/* An end as one policy has it. */
struct effect_end {
	struct picket_addr addr;
	uint32_t device; /* INDEX_NONE: no device's */
};

enum effect {
	EFFECT_NONE,
	EFFECT_GAINED,
	EFFECT_LOST,
	EFFECT_UNKNOWN, /* ends that the effects do not know */
};

/* What they say of one service (a packet's number, abi.h) between two ends, by policy. */
enum effect effects_ask(struct effects *effects, const struct effect_end from[POLICIES],
			const struct effect_end to[POLICIES], uint32_t service);

#endif
