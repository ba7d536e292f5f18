/* SPDX-License-Identifier: GPL-2.0-only */
/* What is wrong with a policy that reads well. Inside the loader only. */
#ifndef PICKET_CHECK_H
#define PICKET_CHECK_H

#include "parse.h"
#include "subnets.h"

/* A parsed policy while it is checked. */
struct check {
	struct diag *diag;
	struct policy *policy;
	const struct device_places *places; /* ndevices */
	const struct loc *gateway_locs; /* ngateway */
	struct subnets subnets;
};

/*
 * Reports every error, sets device.segment, and warns when there are no errors at all.
 * 0 or -ENOMEM.
 */
int check_policy(struct parse *parse);

/* Parts of it; 0 or -ENOMEM. */
int check_gateway(struct check *check);
int check_device_segments(struct check *check);
int check_device_addrs(struct check *check);
int check_device_macs(struct check *check);
int check_extends(struct check *check);
int check_prefixes(struct check *check);

/* Where a device's value stands. */
struct loc device_loc(const struct device *device, struct place place);

/* A set of segments. */
struct segment_set {
	uint64_t bits[PICKET_MAX_SEGMENTS / 64];
};

/*
 * Roles as warnings see them, assignments at any time included.
 */
struct role_map {
	uint32_t *order; /* all roles, each after those that it extends */
	struct segment_set *where; /* per role: where devices that have it live, by extends too */
	bool *used; /* per role: a device or an assignment gives it, or a role that it extends to */
	/* Space names of assignments, and by space the first of them. */
	struct table spaces;
	uint32_t *next_assignment; /* in the same space */
	const struct policy *policy;
	uint64_t steps; /* that may still be spent on pairs of rules */
};

/* 0 or -ENOMEM. role_map_free() in either case. */
int role_map_init(struct role_map *map, const struct policy *policy);
void role_map_free(struct role_map *map);

/* Calls visit for each assignment whose space holds the device. */
void for_each_assignment(const struct role_map *map, const struct device *device,
			 void (*visit)(const struct assignment *assignment, void *context),
			 void *context);

/* Per role: does the device have it, directly, by assignment or through extends? */
void device_roles(const struct role_map *map, const struct device *device, bool *roles);

/* False, for good, once too much was spent. */
bool spend(struct role_map *map, size_t steps);

bool services_meet(const struct service *a, size_t na, const struct service *b, size_t nb);
bool services_cover(const struct service *a, size_t na, const struct service *b, size_t nb);

static inline bool segment_set_has(const struct segment_set *set, uint32_t segment)
{
	return set->bits[segment / 64] >> (segment % 64) & 1;
}

static inline void segment_set_add(struct segment_set *set, uint32_t segment)
{
	set->bits[segment / 64] |= 1ULL << (segment % 64);
}

/* Adds all of from. */
void segment_set_join(struct segment_set *set, const struct segment_set *from);
bool segment_set_meets(const struct segment_set *a, const struct segment_set *b);
bool segment_set_empty(const struct segment_set *set);

/* Warnings, for a policy without errors; 0 or -ENOMEM. */
void warn_segments(struct check *check);
void warn_devices(struct check *check);
int warn_unused(struct check *check, const struct role_map *map);
int warn_shadowed(struct check *check, struct role_map *map);
int warn_unreached(struct check *check, struct role_map *map);

#endif
