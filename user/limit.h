/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rates as the generic cell rate algorithm counts them (GCRA, ITU-T I.371):
 * time in 1/64 ns, a cost per unit, a burst as a length of time.
 */
#ifndef PICKET_LIMIT_H
#define PICKET_LIMIT_H

#include "policy.h"

/* n units cost (n * mult) >> shift; mult 0: no limit. */
struct gcra {
	uint64_t mult; /* under 2^44, so that 2^19 units do not overflow */
	uint64_t burst; /* 1/64 ns; at most 2^60 */
	uint8_t shift; /* 0 for packets and flows, up to 16 for bytes */
};

/*
 * 0 and *out; -ERANGE when the rate is too slow or too fast to be counted, or when its burst
 * takes longer than 208 days to come back.
 */
int gcra_from_rate(const struct rate *rate, enum limit_kind kind, struct gcra *out);

/* What may come at once unless the policy says so: one second's worth, but at least the smallest. */
uint64_t limit_default_burst(const struct rate *rate, enum limit_kind kind);

#endif
