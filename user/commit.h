/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes a policy live: a program with maps of its own goes into the idle slot, then one store to
 * the word "live" lets it decide. Until then nothing that is live has changed.
 */
#ifndef PICKET_COMMIT_H
#define PICKET_COMMIT_H

#include "base.h"
#include "live.h"
#include "netlink.h"
#include "packing.h"
#include "policy.h"
#include "ruleset.h"

struct commit_input {
	const struct policy *policy;
	const struct ruleset *ruleset;
	const struct packed *sources;
	const struct network *network;
	const uint32_t *ifindexes; /* by port index, 0: it is not there */
	enum attach_mode mode; /* as asked for, for the record */
	struct base *base;
	const struct live *before; /* NULL: nothing was live */
	bool again; /* it is the policy before once more: who applied it, and when, stays */
};

/* 0 or -errno, said on stderr; then everything that was made for it is gone again. */
int commit_policy(const struct commit_input *input);

#endif
