/* SPDX-License-Identifier: GPL-2.0-only */
/* Captured frames through the datapath under two policies: what would become of them. */
#ifndef PICKET_PLAN_REPLAY_H
#define PICKET_PLAN_REPLAY_H

#include "effects_space.h"
#include "output.h"
#include "replay.h"

struct plan_replay {
	const struct policy *policies[POLICIES];
	const struct replay_input *inputs;
	size_t ninputs;
	/* The gateway's addresses besides those that a policy lists. */
	const struct picket_addr *gateway;
	size_t ngateway;
};

/*
 * Runs the inputs through both and prints the object "replay": packets that are judged otherwise,
 * grouped, most first. 0, or an exit status when something failed and was said.
 */
int plan_replay(const struct plan_replay *replay, struct output *out);

#endif
