/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One device that is looked at closely: what the policy says of it, and what it does.
 */
#ifndef PICKET_TOP_DEVICE_H
#define PICKET_TOP_DEVICE_H

#include <stdbool.h>

#include "counters.h"
#include "learned.h"
#include "top_data.h"
#include "top_drops.h"
#include "top_facts.h"

struct top_device {
	char name[64];
	uint32_t row; /* 0: the live policy does not list it any more */

	struct facts_job *asked; /* the facts are being read */
	struct facts facts;

	/* As of the newest sample. */
	struct series lanes; /* cell: enum direction * METRICS + enum metric */
	struct history histories[DIRECTIONS][TALLY_KINDS]; /* packets a second */
	struct state state;
	struct refused refused[BUCKETS];
	struct learned_addr learned[PICKET_LEARNED_MAX];
	size_t nlearned;
	struct drop drops[DROPS_KEPT]; /* the newest first */
	size_t ndrops;
	uint64_t drops_lost;
	int drops_error; /* why none can be read at the moment: -errno */
};

/* The device of this row, which is looked up. 0 or -ENOMEM. Freed by top_device_free(). */
int top_device_init(struct top_device *device, const struct top_data *data, uint32_t row);
void top_device_free(struct top_device *device);

/* Looks its name up in the policy that is live now. */
void top_device_look_up(struct top_device *device, const struct top_data *data);

/* After each sample of data. */
void top_device_sample(struct top_device *device, const struct top_data *data, struct top_drops *drops);

/* What limits it, and how full that is; false: there is no such limit. */
bool top_device_fill(const struct top_device *device, const struct top_data *data, enum bucket bucket,
		     struct fill *out);

#endif
