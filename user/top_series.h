/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters looked at again and again, and how fast each rose between the last looks. A counter that
 * fell was begun anew: that step counts as none, so that a rate is never more than what happened.
 */
#ifndef PICKET_TOP_SERIES_H
#define PICKET_TOP_SERIES_H

#include <stddef.h>
#include <stdint.h>

#define SERIES_MOST 4

struct series {
	size_t cells; /* counters in a sample */
	unsigned int depth; /* samples kept: 2 to SERIES_MOST */
	unsigned int taken; /* samples that there are */
	unsigned int newest;
	uint64_t at[SERIES_MOST]; /* ns of boot time */
	uint64_t *samples[SERIES_MOST];
};

/* 0, or -ENOMEM and *series is as series_free() leaves it. */
int series_init(struct series *series, size_t cells, unsigned int depth);
/* Zeroed, it may be freed again. */
void series_free(struct series *series);

/* A new sample at this time (ns of boot time), in the place of the oldest: the caller fills its cells. */
uint64_t *series_next(struct series *series, uint64_t now);

/* As the newest sample has it; 0 before the first. */
uint64_t series_total(const struct series *series, size_t cell);

/* Seconds between the newest sample and the one so many steps before it, or the oldest; 0: no such. */
double series_span(const struct series *series, unsigned int steps);

/* By how much the counter rose in that time. */
uint64_t series_rise(const struct series *series, size_t cell, unsigned int steps);
/* The same a second; 0 without time. */
double series_rate(const struct series *series, size_t cell, unsigned int steps);

#endif
