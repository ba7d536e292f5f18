// SPDX-License-Identifier: GPL-2.0-only
#include "eventsource.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <time.h>

#include "eventremote.h"
#include "pins.h"

#define REOPEN_MS 200
#define REOPEN_TRIES 25 /* a policy's change takes a moment */

struct eventsource {
	eventsource_fn *fn;
	void *context;
	bool ring_only;
	struct eventremote *remote; /* NULL: the ring is read */
	struct live *live;
	struct events *events;
	time_t asked; /* CLOCK_MONOTONIC, s: when a daemon was looked for last */
	uint64_t lost; /* of what was closed */
};

static int on_event(const struct event *event, void *context)
{
	const struct eventsource *source = context;
	char interface[IF_NAMESIZE];
	struct event_names names = {
		.device = live_device_name(source->live, event->device),
		.roles = live_device_roles(source->live, event->device),
		.segment = live_segment_name(source->live, event->segment),
		.interface = if_indextoname(event->ifindex, interface),
		.time = boot_to_unix(event->time),
	};

	return source->fn(event, &names, source->context);
}

static void forget_live(struct eventsource *source)
{
	uint64_t lost;

	if (source->events && !events_lost(source->events, &lost))
		source->lost += lost;
	events_close(source->events);
	live_close(source->live);
	source->events = NULL;
	source->live = NULL;
}

static int open_live(struct eventsource *source)
{
	int err = live_open_parts(0, &source->live);

	if (!err)
		err = events_open(source->live, on_event, source, &source->events);
	if (err)
		forget_live(source);
	return err;
}

/* Another policy is live: its names, and its ring if the state is a new one. */
static int reopen_live(struct eventsource *source)
{
	const struct timespec pause = { .tv_nsec = REOPEN_MS * 1000000L };
	int err = -ENOENT;

	forget_live(source);
	for (int i = 0; i < REOPEN_TRIES; i++) {
		err = open_live(source);
		if (!err)
			return 0;
		if (nanosleep(&pause, NULL))
			return -EINTR;
	}
	return err;
}

static time_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* A daemon that came would take events out of the ring. False: there is none. */
static bool find_daemon(struct eventsource *source)
{
	char path[PINS_SOCKET_LEN];

	if (source->ring_only || source->asked == seconds())
		return false;
	source->asked = seconds();
	if (eventremote_open(pins_socket(path), source->fn, source->context, &source->remote))
		return false;
	forget_live(source);
	return true;
}

static void forget_daemon(struct eventsource *source)
{
	if (source->remote)
		source->lost += eventremote_lost(source->remote);
	eventremote_close(source->remote);
	source->remote = NULL;
}

static int open_source(eventsource_fn *fn, void *context, bool ring_only, struct eventsource **out)
{
	struct eventsource *source = calloc(1, sizeof(*source));
	int err = 0;

	if (!source)
		return -ENOMEM;
	*source = (struct eventsource){ .fn = fn, .context = context, .ring_only = ring_only };
	if (!find_daemon(source))
		err = open_live(source);
	if (err) {
		free(source);
		return err;
	}
	*out = source;
	return 0;
}

int eventsource_open_ring(eventsource_fn *fn, void *context, struct eventsource **out)
{
	return open_source(fn, context, true, out);
}

int eventsource_open(eventsource_fn *fn, void *context, struct eventsource **out)
{
	return open_source(fn, context, false, out);
}

void eventsource_close(struct eventsource *source)
{
	if (!source)
		return;
	forget_daemon(source);
	forget_live(source);
	free(source);
}

int eventsource_poll(struct eventsource *source, int timeout_ms)
{
	int err;

	if (source->remote || find_daemon(source)) {
		err = eventremote_poll(source->remote, timeout_ms);
		if (err != -ECONNRESET)
			return err;
		forget_daemon(source);
	}
	if (!source->live) /* the daemon ended, or it was interrupted while another policy became live */
		return reopen_live(source);
	err = events_poll(source->events, timeout_ms);
	if (err)
		return err;
	return live_stale(source->live) ? reopen_live(source) : 0;
}

uint64_t eventsource_lost(const struct eventsource *source)
{
	uint64_t lost = source->remote ? eventremote_lost(source->remote) : 0;

	if (source->events && events_lost(source->events, &lost))
		lost = 0;
	return source->lost + lost;
}
