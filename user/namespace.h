/* SPDX-License-Identifier: GPL-2.0-only */
/* The one namespace of segments, peers, roles and devices. */
#ifndef PICKET_NAMESPACE_H
#define PICKET_NAMESPACE_H

#include "policy.h"
#include "table.h"

enum name_kind { NAME_SEGMENT, NAME_PEER, NAME_ROLE, NAME_DEVICE };

/* What a name stands for: a position in the policy's array of that kind. */
struct name {
	enum name_kind kind;
	uint32_t index;
};

struct namespace {
	const struct policy *policy;
	struct table table;
};

void namespace_init(struct namespace *names, const struct policy *policy);
void namespace_free(struct namespace *names);

/* "a segment", "a role" */
const char *name_kind_words(enum name_kind kind);

struct loc name_loc(const struct policy *policy, struct name name);

/*
 * Takes the name that the policy's element has. When it is taken, *taken is true and *by says
 * by what. 0 or -ENOMEM.
 */
int namespace_add(struct namespace *names, struct name name, bool *taken, struct name *by);

/* Room for n names more. 0 or -ENOMEM. */
int namespace_reserve(struct namespace *names, size_t n);

/* For many names: to be asked TABLE_AHEAD names before each is taken or looked for. */
void namespace_prefetch(const struct namespace *names, const char *text, size_t len);

bool namespace_find(const struct namespace *names, const char *text, size_t len, struct name *out);

#endif
