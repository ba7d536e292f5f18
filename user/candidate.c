// SPDX-License-Identifier: GPL-2.0-only
#include "candidate.h"

#include <errno.h>

#include "actor.h"
#include "compile.h"
#include "receive.h"

int candidate_load(const char *path, struct candidate *out)
{
	int err;

	*out = (struct candidate){ .diag = diag_new() };
	if (!out->diag)
		err = -ENOMEM;
	else if (actor_is_client())
		err = policy_receive(out->diag, &out->policy, &out->packing);
	else
		err = policy_load_packing(path, out->diag, &out->policy, &out->packing);
	if (!err)
		err = compile(out->policy, out->diag, &out->ruleset);
	return err ? err : packing_wait(out->packing, &out->sources);
}

int candidate_unpack(const struct packed *sources, struct candidate *out)
{
	int err;

	*out = (struct candidate){ .diag = diag_new(), .packed = *sources };
	out->sources = &out->packed;
	err = out->diag ? packed_policy(sources, out->diag, &out->policy) : -ENOMEM;
	return err ? err : compile(out->policy, out->diag, &out->ruleset);
}

int candidate_again(const struct live *live, struct candidate *out)
{
	struct packed sources = bundle_sources(live_bundle(live));

	return candidate_unpack(&sources, out);
}

void candidate_free(struct candidate *candidate)
{
	ruleset_free(candidate->ruleset);
	packing_finish(candidate->packing);
	policy_free(candidate->policy);
	diag_free(candidate->diag);
}
