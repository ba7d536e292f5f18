/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The compiled policy: who may do what as numbers, before anybody has a row or an interface an
 * index. Devices, segments and ports are indexes into the policy's arrays; sets, targets,
 * services, steps and profiles are numbered as abi.h describes them.
 */
#ifndef PICKET_RULESET_H
#define PICKET_RULESET_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lists.h"
#include "picket/abi.h"
#include "policy.h"

#define RULESET_MAX_ENTRIES 4000000

/* What the policy uses: what is false may be left out of the program (struct config). */
struct switches {
	bool use_ipv6; /* an IPv6 subnet, device or gateway address, or rule prefix */
	bool use_vlan; /* a port has a VLAN id */
	bool use_limits; /* packets or bytes of a device or a segment */
	bool use_segment_limits;
	bool use_fragments; /* a segment tracks fragments */
	bool use_learning; /* a device may be known by its MAC alone in an IP version */
	bool use_audit; /* the policy or a segment is in audit mode */
	bool use_validity; /* a device is valid for a time only */
	bool use_schedules; /* there are steps */
};

/* Devices that may do the same at all times. */
struct device_class {
	struct grants grants; /* until the first step */
	uint32_t first_step, nsteps;
};

/* One target: what the number stands for. */
struct ruleset_target {
	enum target_kind kind; /* TARGET_ROLE: an interned set of roles; never TARGET_PEER */
	uint32_t index; /* of the segment, device or prefix, or in role_lists */
	uint32_t parent; /* TARGET_PREFIX: the next shorter rule prefix that holds it, 0: none */
};

/* (set, target) -> services */
struct ruleset_entry {
	struct rule_key key;
	struct rule_services services;
};

/* (segment, segment) -> services */
struct ruleset_conduit {
	uint32_t from, to;
	struct rule_services services;
};

/* What the longest prefix says of an address; segments are indexes or INDEX_NONE. */
struct ruleset_prefix {
	struct prefix prefix;
	uint32_t segment;
	uint32_t target;
	uint32_t flags; /* enum prefix_flags */
	uint32_t broadcast_segment;
};

struct ruleset {
	struct device_class *classes;
	size_t nclasses;
	uint32_t *device_class; /* by device: index into classes */
	uint32_t *device_name; /* by device: its name as a target, 0: no rule names it */
	uint32_t *segment_target; /* by segment; 0: no rule names it */
	uint32_t *segment_profile; /* by segment; 0: no limits */

	struct ruleset_target *targets; /* by number; 0 is unused */
	size_t ntargets; /* one above the largest number */
	size_t targets_capacity;
	struct list *role_lists; /* of roles, sorted: what TARGET_ROLE stands for */
	size_t nrole_lists;
	uint32_t *roles; /* of role_lists */

	uint32_t nsets; /* sets are numbered 1 to nsets */
	struct ruleset_entry *entries; /* by set, then target */
	size_t nentries;
	struct ruleset_conduit *conduits; /* by from, then to */
	size_t nconduits;
	struct service_range *services;
	size_t nservices;

	struct ruleset_prefix *prefixes; /* sorted by address, then length */
	size_t nprefixes;

	struct step *steps;
	size_t nsteps;
	struct profile *profiles; /* [0] is "no limits" */
	size_t nprofiles;

	struct switches switches;
};

/* What the devices of a class may do at a time (Unix ns). */
struct grants ruleset_grants(const struct ruleset *ruleset, size_t class, int64_t time);

/* Every number with what it stands for, as text for people and golden tests. */
void ruleset_print(const struct ruleset *ruleset, const struct policy *policy, FILE *stream);

/* NULL is fine. */
void ruleset_free(struct ruleset *ruleset);

#endif
