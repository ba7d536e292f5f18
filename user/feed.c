// SPDX-License-Identifier: GPL-2.0-only
#include "feed.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "output.h"

#define WATCHERS 4 /* an HTTP server each */

/* A note and its strings in one allocation. */
struct kept {
	struct feed_note note;
	struct event event;
	char text[];
};

struct watcher {
	feed_watch_fn *fn;
	void *context;
};

struct feed {
	pthread_mutex_t lock; /* of all below */
	struct kept *kept[FEED_KEPT]; /* by id % FEED_KEPT */
	uint64_t last;
	pthread_mutex_t watch_lock; /* held while watchers are called, so that unwatching waits for them */
	struct watcher watchers[WATCHERS];
};

int feed_new(struct feed **out)
{
	struct feed *feed = calloc(1, sizeof(*feed));

	if (!feed)
		return -ENOMEM;
	pthread_mutex_init(&feed->lock, NULL);
	pthread_mutex_init(&feed->watch_lock, NULL);
	*out = feed;
	return 0;
}

void feed_free(struct feed *feed)
{
	if (!feed)
		return;
	for (size_t i = 0; i < FEED_KEPT; i++)
		free(feed->kept[i]);
	pthread_mutex_destroy(&feed->lock);
	pthread_mutex_destroy(&feed->watch_lock);
	free(feed);
}

/* The caller's. NULL: no memory. */
static char *json_of(const struct event *event, const struct event_names *names)
{
	char *json = NULL;
	size_t len = 0;
	FILE *stream = open_memstream(&json, &len);
	struct output *out = stream ? output_new(stream, true) : NULL;
	int err = out ? 0 : -ENOMEM;

	if (out) {
		event_print(out, event, names);
		err = output_close(out);
	}
	if (stream && fclose(stream))
		err = -ENOMEM;
	if (err) {
		free(json);
		return NULL;
	}
	return json;
}

static const char *put_text(char **to, const char *text)
{
	const char *at = *to;

	if (!text)
		return NULL;
	*to = stpcpy(*to, text) + 1;
	return at;
}

static size_t text_size(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

static struct kept *keep(const struct event *event, const struct event_names *names)
{
	_cleanup_free_ char *json = json_of(event, names);
	struct kept *kept;
	char *to;

	if (!json)
		return NULL;
	kept = malloc(sizeof(*kept) + text_size(json) + text_size(names->device) + text_size(names->roles) +
		      text_size(names->segment));
	if (!kept)
		return NULL;
	to = kept->text;
	kept->event = *event;
	kept->note = (struct feed_note){
		.event = &kept->event,
		.json = put_text(&to, json),
		.device = put_text(&to, names->device),
		.role = put_text(&to, names->roles),
		.segment = put_text(&to, names->segment),
	};
	return kept;
}

const char *feed_add(struct feed *feed, const struct event *event, const struct event_names *names)
{
	struct kept *kept = keep(event, names), *old;
	struct kept **place;

	if (!kept)
		return NULL;
	pthread_mutex_lock(&feed->lock);
	kept->note.id = ++feed->last;
	place = &feed->kept[kept->note.id % FEED_KEPT];
	old = *place;
	*place = kept;
	pthread_mutex_unlock(&feed->lock);
	free(old);
	pthread_mutex_lock(&feed->watch_lock);
	for (size_t i = 0; i < WATCHERS; i++) {
		if (feed->watchers[i].fn)
			feed->watchers[i].fn(feed->watchers[i].context);
	}
	pthread_mutex_unlock(&feed->watch_lock);
	return kept->note.json;
}

uint64_t feed_last(struct feed *feed)
{
	uint64_t last;

	pthread_mutex_lock(&feed->lock);
	last = feed->last;
	pthread_mutex_unlock(&feed->lock);
	return last;
}

uint64_t feed_next(struct feed *feed, uint64_t cursor, feed_fn *fn, void *context)
{
	uint64_t id = cursor + 1;

	pthread_mutex_lock(&feed->lock);
	if (feed->last >= FEED_KEPT && id <= feed->last - FEED_KEPT)
		id = feed->last - FEED_KEPT + 1;
	if (id <= feed->last)
		fn(&feed->kept[id % FEED_KEPT]->note, context);
	else
		id = 0;
	pthread_mutex_unlock(&feed->lock);
	return id;
}

int feed_watch(struct feed *feed, feed_watch_fn *fn, void *context)
{
	int err = -ENOSPC;

	pthread_mutex_lock(&feed->watch_lock);
	for (size_t i = 0; i < WATCHERS && err; i++) {
		if (feed->watchers[i].fn)
			continue;
		feed->watchers[i] = (struct watcher){ fn, context };
		err = 0;
	}
	pthread_mutex_unlock(&feed->watch_lock);
	return err;
}

void feed_unwatch(struct feed *feed, void *context)
{
	pthread_mutex_lock(&feed->watch_lock);
	for (size_t i = 0; i < WATCHERS; i++) {
		if (feed->watchers[i].context == context)
			feed->watchers[i] = (struct watcher){};
	}
	pthread_mutex_unlock(&feed->watch_lock);
}
