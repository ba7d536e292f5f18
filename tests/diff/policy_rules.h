/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of a random policy that only name others: peers, roles, conduits, limits. */
#ifndef TEST_POLICY_RULES_H
#define TEST_POLICY_RULES_H

#include <stdio.h>

#include "random.h"

/* seg0 …, role0 …, peer0 …, dev0 … */
struct names {
	size_t nsegments, nroles, npeers, ndevices;
};

void write_peers(FILE *out, struct rng *r, const struct names *names);
void write_roles(FILE *out, struct rng *r, const struct names *names);
void write_conduits(FILE *out, struct rng *r, const struct names *names);
/* "limit:" with its directions; flows only where a device's limits stand. */
void write_limits(FILE *out, struct rng *r, const char *indent, bool flows);

#endif
