/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The last events, for any number of readers, each at its own pace: who is too slow loses the oldest, and is
 * told how many. Safe to use from several threads.
 */
#ifndef PICKET_FEED_H
#define PICKET_FEED_H

#include <stdint.h>

#include "events.h"

#define FEED_KEPT 1024

struct feed;

struct feed_note {
	uint64_t id; /* from 1, without gaps */
	const char *json; /* one line, as event_print() makes it, its newline included */
	const struct event *event;
	const char *device, *role, *segment; /* NULL: none */
};

/* 0 and *out, or -ENOMEM. */
int feed_new(struct feed **out);
void feed_free(struct feed *feed);

/* Returns the event as a line of JSON that stays until the next call; NULL without memory, when it is lost. */
const char *feed_add(struct feed *feed, const struct event *event, const struct event_names *names);

/* Of the newest note; 0: there was none yet. */
uint64_t feed_last(struct feed *feed);

/* Called for a note while the feed is locked: it must copy what it needs. */
typedef void feed_fn(const struct feed_note *note, void *context);

/*
 * The first note above cursor that is still kept: its id, or 0 when there is none (then fn is not called).
 * The ids between are what the reader lost.
 */
uint64_t feed_next(struct feed *feed, uint64_t cursor, feed_fn *fn, void *context);

/* Called, outside the lock, after each note. One at most for each slot; remove it before its owner goes. */
typedef void feed_watch_fn(void *context);
int feed_watch(struct feed *feed, feed_watch_fn *fn, void *context);
void feed_unwatch(struct feed *feed, void *context);

#endif
