/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the datapath reports of the frames that it refused, one record for each device and
 * reason a second, and the lines that these become.
 */
#ifndef PICKET_EVENTS_H
#define PICKET_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "live.h"
#include "output.h"
#include "picket/abi.h"

/* What the numbers of an event mean; NULL: nothing known. */
struct event_names {
	const char *device;
	const char *roles; /* "a, b" */
	const char *segment;
	const char *interface;
	int64_t time; /* Unix ns */
};

/* sport and dport are ports. */
bool event_has_ports(const struct event *event);
/* icmp_type is one, ICMPv6's too. */
bool event_is_icmp(const struct event *event);

/* One line. */
void event_print(struct output *out, const struct event *event, const struct event_names *names);

struct events;

/* Called for each event; not 0 ends events_poll(). */
typedef int events_fn(const struct event *event, void *context);

/*
 * The events of what is live, from now on: what the ring still held is passed over, for nobody
 * was asking. The ring hands each event to one reader only. live must stay open as long.
 * 0 and *out, or -errno.
 */
int events_open(const struct live *live, events_fn *fn, void *context, struct events **out);
void events_close(struct events *events);

/* Waits up to timeout_ms for events. 0; -EINTR; what fn returned; -errno. */
int events_poll(struct events *events, int timeout_ms);

/* How many events found no room in the ring since events_open(). 0 and *lost, or -errno. */
int events_lost(const struct events *events, uint64_t *lost);

#endif
