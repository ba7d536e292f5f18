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

#define DEVICE_TEXT 512
#define DEVICE_ASSIGNED 8

/* A role that it has by its place, and when. */
struct assigned {
	char role[64];
	int64_t from, until; /* Unix ns; until is exclusive */
};

struct top_device {
	char name[64];
	uint32_t row; /* 0: the live policy does not list it any more */

	/* By the policy; listed: it was read. */
	bool listed, router, dhcp_server;
	char addresses[DEVICE_TEXT]; /* one after another, as many as fit */
	char space[DEVICE_TEXT];
	struct assigned assigned[DEVICE_ASSIGNED];
	size_t nassigned;

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

/* The device of this row. 0 or -ENOMEM. Freed by top_device_free(). */
int top_device_init(struct top_device *device, const struct top_data *data, uint32_t row);
void top_device_free(struct top_device *device);

/* Looks it up in the policy that is live now, which is parsed: of a million devices that takes a second. */
void top_device_look_up(struct top_device *device, const struct top_data *data);

/* After each sample of data. */
void top_device_sample(struct top_device *device, const struct top_data *data, struct top_drops *drops);

/* What limits it, and how full that is; false: there is no such limit. */
bool top_device_fill(const struct top_device *device, const struct top_data *data, enum bucket bucket,
		     struct fill *out);

#endif
