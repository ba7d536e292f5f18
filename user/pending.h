/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A policy that is live for a time only, unless it is confirmed: the one before lies ready in a slot of its own,
 * and the entry programs go back to it when the time is over. No process has to be there for that.
 * All calls want the lock.
 */
#ifndef PICKET_PENDING_H
#define PICKET_PENDING_H

#include "commit.h"

/* Makes the policy live for so many ns. 0 or -errno, said on stderr; then what was live still is, and stays. */
int pending_commit(const struct commit_input *in, uint64_t within);

/* The new policy stays. 0; -ENOENT: nothing is pending; -errno. */
int pending_confirm(struct base *base);

/* The policy before comes back now. As pending_confirm(). */
int pending_return(struct base *base);

/*
 * Writes down that the time is over, and takes away what was the new policy's alone. 1: it was; 0: nothing was to
 * be done; -errno.
 */
int pending_settle(struct base *base);

/* Whether that would find something to do; without the lock. */
bool pending_is_over(void);

#endif
