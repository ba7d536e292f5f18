/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a command gets events from, whatever becomes of the policy meanwhile: the daemon, when one runs, which
 * hands each event to all who ask; else the ring of what is live.
 */
#ifndef PICKET_EVENTSOURCE_H
#define PICKET_EVENTSOURCE_H

#include <stdint.h>

#include "events.h"

struct eventsource;

/* Called for each event; not 0 ends eventsource_poll(), which returns it. */
typedef int eventsource_fn(const struct event *event, const struct event_names *names, void *context);

/* 0 and *out; else what live_open() returns, for live_fail() to say. */
int eventsource_open(eventsource_fn *fn, void *context, struct eventsource **out);
/* The same from the ring alone: each event goes to one reader of it. */
int eventsource_open_ring(eventsource_fn *fn, void *context, struct eventsource **out);
void eventsource_close(struct eventsource *source);

/*
 * Waits up to timeout_ms for events. 0; -EINTR; what the function returned; -ENOENT and the like
 * when nothing is live any more.
 */
int eventsource_poll(struct eventsource *source, int timeout_ms);

/* How many events could not be delivered since it was opened. */
uint64_t eventsource_lost(const struct eventsource *source);

#endif
