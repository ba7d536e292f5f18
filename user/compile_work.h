/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the parts of the compiler: what is on its way to a ruleset. */
#ifndef PICKET_COMPILE_WORK_H
#define PICKET_COMPILE_WORK_H

#include "compile.h"
#include "lists.h"

enum rule_side { SIDE_CONNECT, SIDE_ACCEPT, SIDES };

/* What a set of roles amounts to, with all that they extend. */
struct role_set {
	uint32_t list; /* in role_lists; UINT32_MAX: no rule names one of them */
	uint32_t key[SIDES]; /* in keys */
};

/* One point of a class's schedule. */
struct timed_roles {
	int64_t from;
	uint32_t roles; /* in role_sets */
};

/* Devices with the same roles at all times and the same limits of their own. */
struct class_work {
	uint32_t roles; /* in role_sets, until the first point */
	uint32_t own_limit; /* in own_limits */
	size_t first, n; /* in points */
};

/* By what comes after what: each part reads what those before it made. */
struct compilation {
	const struct policy *policy;
	struct diag *diag;
	struct ruleset *ruleset;

	/* compile_classes.c */
	struct lists role_sets; /* roles as given, without what they extend */
	struct class_work *classes;
	size_t nclasses, classes_capacity;
	struct timed_roles *points;
	size_t npoints, points_capacity;
	struct lists own_limits; /* rates as numbers; [0]: none */
	const struct limit **own_limit; /* by id: one of those that say so */
	size_t nown_limits, own_limit_capacity;

	/* compile_roles.c */
	struct role_set *role_set; /* by role set */
	struct lists keys[SIDES]; /* sorted roles whose own rules make up a set */
	struct lists role_lists; /* targets of kind TARGET_ROLE */
	uint32_t first_role_list; /* the number of the first of them */
	uint32_t *role_targets; /* by role, from first_role_target[role] to that of the next */
	size_t *first_role_target;
	const struct limit **role_limit[DIRECTIONS]; /* by role: its own or inherited; NULL: none */

	/* compile_sets.c, compile_services.c */
	struct lists services; /* intervals: lo, hi, lo, hi */
	uint32_t *rule_services[SIDES]; /* lists of services, by rule in the policy's order */
	size_t *first_rule[SIDES]; /* by role */
	struct lists sets; /* target, services, target, services; set - 1 is the id */
	uint32_t *set_of_key[SIDES]; /* by key */
	size_t nentries; /* of sets and conduits */
	uint64_t *pairs; /* scratch */
	size_t npairs, pairs_capacity;
	uint64_t *intervals; /* scratch */
	size_t intervals_capacity;
	uint32_t *numbers; /* scratch */
	size_t numbers_capacity;

	/* compile_limits.c */
	struct lists profiles; /* struct profile as numbers */
};

/* A role's own rules of one side. */
static inline const struct rule *role_rules(const struct role *role, enum rule_side side, size_t *n)
{
	*n = side == SIDE_CONNECT ? role->nconnect : role->naccept;
	return side == SIDE_CONNECT ? role->connect : role->accept;
}

/* These return 0, -ENOMEM, or -EINVAL with diag. In the order in which they are called: */
int compile_names(struct compilation *c);
int compile_prefixes(struct compilation *c);
int compile_classes(struct compilation *c);
int compile_roles(struct compilation *c);
int compile_sets(struct compilation *c);
int compile_segment_limits(struct compilation *c);
int compile_grants(struct compilation *c);

int add_target(struct ruleset *ruleset, enum target_kind kind, uint32_t index, uint32_t *number);
/* The number of a prefix that some rule names. */
uint32_t prefix_target(const struct ruleset *ruleset, const struct prefix *prefix);

/* Interns services as merged intervals. */
int intern_services(struct compilation *c, const struct service *services, size_t n, uint32_t *id);
/* The union of lists, whose ids are the lower halves of pairs; npairs is not 0. */
int unite_services(struct compilation *c, const uint64_t *pairs, size_t npairs, uint32_t *id);
struct rule_services service_span(const struct compilation *c, uint32_t id);

/* Says whose rules make the sets too large. */
void report_entries(struct compilation *c);

/* The profile of devices with these roles and limits of their own. */
int compile_device_profile(struct compilation *c, uint32_t role_set, uint32_t own_limit,
			   uint32_t *number);

#endif
