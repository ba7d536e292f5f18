/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What takes too long to be looked at whenever somebody asks: a thread walks devices, flows and what
 * else the datapath fills, a part a second, and keeps what it found. On its way it ends the
 * quarantines whose time is over.
 */
#ifndef PICKET_SURVEY_H
#define PICKET_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "counters.h"

#define SURVEY_MAPS 8
#define SURVEY_MOST_DEVICES 10000 /* whose rows it can be asked for */

struct survey;

struct survey_map {
	const char *name;
	uint64_t entries, capacity;
};

/* Of the policy that was live about a second ago; rows stay the same from policy to policy. */
struct survey_found {
	uint64_t flows; /* fragments that are waited for not among them */
	struct survey_map maps[SURVEY_MAPS];
	size_t nmaps;
	const uint32_t (*devices)[CONDITIONS]; /* how many, by segment row, PICKET_MAX_SEGMENTS */
	const uint32_t *top; /* rows of the devices with most packets, the most first */
	uint32_t ntop;
};

/* most: of the top, up to SURVEY_MOST_DEVICES. 0 and *out, or -errno. */
int survey_start(uint32_t most, struct survey **out);
void survey_stop(struct survey *survey);

/*
 * NULL: nothing is live, or not yet looked at. Else it stays as it is until survey_release(), which is not
 * to be called for NULL. From any thread.
 */
const struct survey_found *survey_hold(struct survey *survey);
void survey_release(struct survey *survey);

#endif
