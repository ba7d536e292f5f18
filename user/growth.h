/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * State that moves into a larger map. Copied before the commit, while the old map still counts;
 * what that counted in between is settled after it.
 */
#ifndef PICKET_GROWTH_H
#define PICKET_GROWTH_H

#include <stdint.h>

#include "picket/abi.h"

/* "devices": rows of the old map. *copied is what was copied, freed by the caller. 0 or -errno. */
int growth_copy_states(int from, int to, uint32_t rows, struct state **copied);
/* Adds to the new map what the old one counted since, and to its arrival times what it charged. */
int growth_settle_states(int from, int to, uint32_t rows, const struct state *copied);

/* A hash: what the new map does not have yet. 0 or -errno. */
int growth_copy_hash(int from, int to);

/* "flows": every flow to the bucket that config gives it in the new map. 0 or -errno. */
int growth_copy_flows(int from, int to, const struct config *config);

#endif
