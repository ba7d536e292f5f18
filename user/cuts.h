/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a policy would cut off the moment it is made live: the SSH connection of who does it, and
 * connections of devices that are open now. Said before, so that it can be left.
 */
#ifndef PICKET_CUTS_H
#define PICKET_CUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "live.h"
#include "names.h"
#include "netlink.h"
#include "output.h"
#include "ruleset.h"

#define CUT_END_LEN 128
#define CUT_SERVICE_LEN 32

struct cut {
	char from[CUT_END_LEN]; /* a device, "the gateway", or an address: who opened it */
	char to[CUT_END_LEN]; /* "": not known */
	char service[CUT_SERVICE_LEN];
	enum reason reason; /* why the policy would drop it */
	uint64_t flows; /* that go by these words */
};

/* In a list that grows. */
struct cut_list {
	struct cut *all;
	size_t n, capacity;
};

struct cuts {
	struct cut_list sessions;
	struct cut_list flows; /* of devices; whom most are of comes first */
	uint64_t cut; /* flows, together */
	uint64_t unknown; /* whose other end cannot be told */
	bool part; /* there are more flows than are looked at */
};

struct cuts_input {
	const struct policy *policy;
	const struct ruleset *ruleset; /* compiled from it */
	const struct network *network;
	struct live *live; /* whose flows are looked at; NULL: nothing is live */
	int64_t time; /* Unix ns */
};

/* What cannot be found out is not there; -ENOMEM, then *out holds what was found. */
int cuts_find(const struct cuts_input *input, struct cuts *out);
void cuts_free(struct cuts *cuts);

/* Likewise, of sessions or flows alone; for cuts_find(). */
int cuts_find_sessions(const struct cuts_input *input, struct cuts *cuts);
int cuts_find_flows(const struct cuts_input *input, struct cuts *cuts);

/* Adds one, or one more of those that go by the same words. */
int cut_list_add(struct cut_list *list, const struct cut *cut);

/* The list "cuts" and what it is of. */
void cuts_print(const struct cuts *cuts, struct output *out);

/* What to do about a session that would be cut. */
enum cuts_leave {
	LEAVE_ASK, /* ask on a terminal, else refuse */
	LEAVE_WARN, /* go on, and say so: it comes back by itself, or was asked for */
};

/*
 * Finds what a policy would cut off of what is live and warns of it. EXIT_DONE: go on; EXIT_NO: do not,
 * said on stderr. command: what was to be done, "apply". cuts_free() in either case.
 */
int cuts_before(const struct policy *policy, const struct ruleset *ruleset, enum cuts_leave leave,
		const char *command, struct cuts *out);

#endif
