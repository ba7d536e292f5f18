/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A place that what is written does not reach: each one lost is counted, and the log has one
 * sentence when it begins and one when it is over, however often it fails in between.
 */
#ifndef PICKET_OUTAGE_H
#define PICKET_OUTAGE_H

#include <stdbool.h>
#include <stdint.h>

struct outage {
	const char *what; /* "events" */
	const char *where; /* "the journal"; both stay the owner's */
	uint64_t lost; /* since the start */
	uint64_t before; /* lost when this one began */
	unsigned int quiet; /* ticks since the last loss */
	bool on;
	bool reached; /* what came last did */
};

/* One was written. */
void outage_reach(struct outage *outage);
/* One was lost; why: half a sentence. */
void outage_lose(struct outage *outage, const char *why);
/* Once a second: it is over when something was written and nothing lost for some seconds. */
void outage_tick(struct outage *outage);
/* Nothing more will be written. */
void outage_end(const struct outage *outage);
/* How many were lost since the start; any thread may ask. */
uint64_t outage_lost(const struct outage *outage);

#endif
