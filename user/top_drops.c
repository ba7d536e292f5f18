// SPDX-License-Identifier: GPL-2.0-only
#include "top_drops.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "eventsource.h"

#define RECENT 4096 /* of all devices */
#define POLL_MS 200
#define RETRY_NS 500000000L
#define NUDGE_NS 50000000L

/* The last ones, in a circle. */
struct circle {
	struct drop *drops;
	size_t room, n, next;
};

struct top_drops {
	pthread_t thread;
	atomic_bool ends;
	atomic_int error;
	atomic_ullong lost;
	struct sigaction before; /* of SIGUSR1 */
	pthread_mutex_t lock; /* of what follows */
	struct circle recent, watched;
	char device[64];
};

/* ---- circles ---- */

static void circle_add(struct circle *circle, const struct drop *drop)
{
	circle->drops[circle->next] = *drop;
	circle->next = (circle->next + 1) % circle->room;
	if (circle->n < circle->room)
		circle->n++;
}

/* back 0 is the newest. */
static const struct drop *circle_at(const struct circle *circle, size_t back)
{
	return &circle->drops[(circle->next + circle->room - 1 - back) % circle->room];
}

/* ---- the thread ---- */

static int on_event(const struct event *event, const struct event_names *names, void *context)
{
	struct top_drops *drops = context;
	struct drop drop = { .time = names->time, .event = *event };

	if (names->device)
		strncpy(drop.device, names->device, sizeof(drop.device) - 1);
	pthread_mutex_lock(&drops->lock);
	circle_add(&drops->recent, &drop);
	if (*drops->device && !strcmp(drops->device, drop.device))
		circle_add(&drops->watched, &drop);
	pthread_mutex_unlock(&drops->lock);
	return drops->ends;
}

/* Until it ends or fails. */
static int follow(struct top_drops *drops, struct eventsource *source)
{
	int err = 0;

	while (!drops->ends && (!err || err == -EINTR)) {
		err = eventsource_poll(source, POLL_MS);
		drops->lost = eventsource_lost(source);
	}
	return err;
}

static void *run(void *context)
{
	const struct timespec pause = { .tv_nsec = RETRY_NS };
	struct top_drops *drops = context;
	struct eventsource *source;

	while (!drops->ends) {
		drops->error = eventsource_open(on_event, drops, &source);
		if (!drops->error) {
			drops->error = follow(drops, source);
			eventsource_close(source);
		}
		if (!drops->ends)
			nanosleep(&pause, NULL);
	}
	return NULL;
}

/* Interrupts a call that waits; does nothing else. */
static void on_signal(int signal)
{
}

/* All other signals are the screen's. */
static int start(struct top_drops *drops)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t all, before;
	int err;

	sigaction(SIGUSR1, &action, &drops->before);
	sigfillset(&all);
	sigdelset(&all, SIGUSR1);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&drops->thread, NULL, run, drops);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		sigaction(SIGUSR1, &drops->before, NULL);
	return -err;
}

/* ---- the screen's side ---- */

static void free_drops(struct top_drops *drops)
{
	free(drops->recent.drops);
	free(drops->watched.drops);
	pthread_mutex_destroy(&drops->lock);
	free(drops);
}

int top_drops_open(struct top_drops **out)
{
	struct top_drops *drops = calloc(1, sizeof(*drops));
	int err = -ENOMEM;

	if (!drops)
		return err;
	pthread_mutex_init(&drops->lock, NULL);
	drops->recent = (struct circle){ calloc(RECENT, sizeof(struct drop)), RECENT, 0, 0 };
	drops->watched = (struct circle){ calloc(DROPS_KEPT, sizeof(struct drop)), DROPS_KEPT, 0, 0 };
	if (drops->recent.drops && drops->watched.drops)
		err = start(drops);
	if (err) {
		free_drops(drops);
		return err;
	}
	*out = drops;
	return 0;
}

/* It may wait for events, or for another policy: it is woken until it is gone. */
void top_drops_close(struct top_drops *drops)
{
	struct timespec until;

	if (!drops)
		return;
	drops->ends = true;
	do {
		pthread_kill(drops->thread, SIGUSR1);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += NUDGE_NS;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
	} while (pthread_timedjoin_np(drops->thread, NULL, &until));
	sigaction(SIGUSR1, &drops->before, NULL);
	free_drops(drops);
}

void top_drops_watch(struct top_drops *drops, const char *device)
{
	pthread_mutex_lock(&drops->lock);
	memset(drops->device, 0, sizeof(drops->device));
	if (device)
		strncpy(drops->device, device, sizeof(drops->device) - 1);
	drops->watched.n = 0;
	for (size_t back = drops->recent.n; device && back-- > 0;) {
		const struct drop *drop = circle_at(&drops->recent, back);

		if (!strcmp(drop->device, drops->device))
			circle_add(&drops->watched, drop);
	}
	pthread_mutex_unlock(&drops->lock);
}

size_t top_drops_last(struct top_drops *drops, struct drop *out, size_t most)
{
	size_t n;

	pthread_mutex_lock(&drops->lock);
	n = drops->watched.n < most ? drops->watched.n : most;
	for (size_t back = 0; back < n; back++)
		out[back] = *circle_at(&drops->watched, back);
	pthread_mutex_unlock(&drops->lock);
	return n;
}

int top_drops_error(struct top_drops *drops)
{
	return drops->error;
}

uint64_t top_drops_lost(struct top_drops *drops)
{
	return drops->lost;
}
