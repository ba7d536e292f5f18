/* SPDX-License-Identifier: GPL-2.0-only */
/* Captured frames through the datapath under two policies: what would become of them. */
#ifndef PICKET_PLAN_REPLAY_H
#define PICKET_PLAN_REPLAY_H

#include "effects_space.h"
#include "output.h"
#include "replay.h"

/*
 * Runs the inputs through both and prints the object "replay": packets that are judged otherwise,
 * grouped, most first. 0, or an exit status when something failed and was said.
 */
int plan_replay(const struct policy *const policies[POLICIES], const struct replay_input *inputs,
		size_t n, struct output *out);

#endif
