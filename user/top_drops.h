/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The last drops, by device: read by a thread of its own, so that whatever events come from never holds up
 * the screen.
 */
#ifndef PICKET_TOP_DROPS_H
#define PICKET_TOP_DROPS_H

#include <stddef.h>
#include <stdint.h>

#include "events.h"

#define DROPS_KEPT 64 /* of the device that is watched */

struct top_drops;

struct drop {
	char device[64]; /* "": none */
	int64_t time; /* Unix ns */
	struct event event;
};

/* Starts reading. 0 and *out, or -errno. SIGUSR1 is used to end it. */
int top_drops_open(struct top_drops **out);
void top_drops_close(struct top_drops *drops);

/* Keeps this device's apart, beginning with those among the last thousands of all; NULL: nobody's. */
void top_drops_watch(struct top_drops *drops, const char *device);

/* The watched device's, the newest first, at most so many. Returns how many. */
size_t top_drops_last(struct top_drops *drops, struct drop *out, size_t most);

/* 0, or the -errno for which events cannot be read at the moment. */
int top_drops_error(struct top_drops *drops);

/* How many could not be delivered. */
uint64_t top_drops_lost(struct top_drops *drops);

#endif
