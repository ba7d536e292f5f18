// SPDX-License-Identifier: GPL-2.0-only
#include "deploy.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "archive.h"
#include "history.h"
#include "live.h"
#include "output.h"

/* A failure is worth knowing to whoever watches what is live. */
static void count_failure(void)
{
	struct live *live;

	if (live_open_parts(0, &live))
		return;
	live_count_stat(live, STAT_APPLY_FAILURES, 1);
	live_close(live);
}

void deploy_failed(const char *name, const char *why)
{
	if (geteuid())
		return; /* who may change nothing leaves no trace of having tried */
	history_add(&(struct history_entry){ .action = "apply", .result = why, .policy = name });
	count_failure();
}

int deploy(const char *action, const struct candidate *candidate, const struct apply_input *options,
	   struct applied *out)
{
	struct apply_input input = *options;
	struct history_entry entry = {
		.id = history_id(), .action = action, .result = "begun",
		.policy = candidate->policy->name, .hash = candidate->sources->hash,
	};
	int err = archive_keep(candidate->sources);

	if (err)
		warn("this policy is not kept to come back to: %s", history_why(err));
	history_add(&entry);
	input.policy = candidate->policy;
	input.ruleset = candidate->ruleset;
	input.sources = candidate->sources;
	err = apply_policy(&input, candidate->diag, out);
	if (!err || err == -EREMOTEIO)
		entry.result = input.within ? "pending" : "ok";
	else
		entry.result = err == -EINVAL ? "not valid here" : strerror(-err);
	history_add(&entry);
	if (err)
		count_failure();
	return err;
}
