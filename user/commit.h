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
	const struct live *state; /* whose state is taken over when it is not before's; NULL: before's */
	bool again; /* it is the policy before once more: who applied it, and when, stays */
};

/* The word of the n-th policy that is loaded from now on. */
uint64_t commit_next_word(uint64_t word, unsigned int n);

/*
 * All but the store: the policy is in its slot. 0 and *out; -errno, said on stderr: then everything that
 * was made for it is gone again. input must stay until commit_free().
 */
struct commit;
int commit_prepare(const struct commit_input *input, uint64_t word, struct commit **out);
/* After the store, and when nobody runs the program before any more. */
void commit_settle(const struct commit *commit);
void commit_free(struct commit *commit);

/* Takes a policy's program and maps away. */
void commit_empty_slot(const struct base *base, uint64_t word);

/* All of it. 0 or -errno, said on stderr; then everything that was made for it is gone again. */
int commit_policy(const struct commit_input *input);

#endif
