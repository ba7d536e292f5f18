/* SPDX-License-Identifier: GPL-2.0-only */
/* What there is to say of each element of a policy, field by field. */
#ifndef PICKET_PLAN_FIELDS_H
#define PICKET_PLAN_FIELDS_H

#include "plan_items.h"
#include "policy.h"

/* An element within its policy; object NULL: that policy does not have it. */
struct element {
	const struct policy *policy;
	const void *object;
};

struct plan_field {
	const char *name;
	const char *usual; /* the value that goes without saying; NULL: none does */
	/* Adds the values; sorted afterwards where their order means nothing. */
	void (*write)(const struct element *element, const struct plan_field *field, struct items *out);
	bool ordered;
	/* Of a limit: what write() writes. */
	const struct rate *(*rate)(const struct element *element, const struct plan_field *field);
	enum direction direction;
	enum limit_kind kind;
};

/*
 * Conduits and assignments have no names: the object is all conduits that join two segments, or all
 * assignments of a role to a space.
 */
struct element_group {
	const void *const *members;
	size_t n;
};

/* Each ends with a field without a name. */
extern const struct plan_field policy_fields[], segment_fields[], port_fields[], peer_fields[],
	role_fields[], device_fields[], assignment_fields[], conduit_fields[], no_fields[];

/* The values of one field as they are compared. */
void field_values(const struct element *element, const struct plan_field *field, struct items *out);

/*
 * How a limit changes: "stricter", "looser"; NULL: it is none, or one policy does not have the
 * element.
 */
const char *field_tendency(const struct element *before, const struct element *after,
			   const struct plan_field *field);

#endif
