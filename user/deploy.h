/* SPDX-License-Identifier: GPL-2.0-only */
/* A policy is made live as admins mean it: kept, so that one can come back to it, and written into the history. */
#ifndef PICKET_DEPLOY_H
#define PICKET_DEPLOY_H

#include "apply.h"
#include "candidate.h"

/*
 * action: "apply" or "rollback". options says how; policy, ruleset and sources are the candidate's. As
 * apply_policy(). A history or an archive that cannot be written is warned of and holds up nothing.
 */
int deploy(const char *action, const struct candidate *candidate, const struct apply_input *options,
	   struct applied *out);

/* An apply that came to nothing before it began: into the history, and counted. name: the file's. */
void deploy_failed(const char *name, const char *why);

#endif
