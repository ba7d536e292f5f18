/* SPDX-License-Identifier: GPL-2.0-only */
/* A learned policy before it is handed out: does it read, and what would it drop of what it was learned from? */
#ifndef PICKET_REHEARSAL_H
#define PICKET_REHEARSAL_H

#include "leftout.h"
#include "policy.h"
#include "replay.h"

struct draft;

/* The text as a policy that enforces. 0 and *out, or -errno, said on stderr. */
int rehearsal_read(const char *text, struct policy **out);

/*
 * Judges all frames by the second reading of the rules, as if it enforced. Frames of the draft's gateway go out.
 * 0 and *leftout, all new; -EFBIG when it would take too long: frames is how many there are; -ENOMEM; -EIO, when a
 * capture cannot be read again.
 */
int rehearsal_run(const struct policy *policy, const struct draft *draft, const struct replay_input *inputs, size_t n,
		  uint64_t frames, struct leftout *leftout);

#endif
