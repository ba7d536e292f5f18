// SPDX-License-Identifier: GPL-2.0-only
#include "http_stream.h"

#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "eventfilter.h"
#include "names.h"

#define STREAMS 64
#define BLOCK 4096
#define QUIET_SECONDS 15 /* then a comment is sent */

struct stream {
	struct http_streams *all;
	struct stream *next, **link;
	struct MHD_Connection *connection;
	uint64_t cursor; /* id of the last note that was seen */
	struct eventfilter filter;
	bool frames;
	bool suspended; /* until there is something to send */
	time_t sent; /* CLOCK_MONOTONIC, s */
	char *pending; /* not sent yet, from off to len */
	size_t off, len;
};

/* A filter on its way out of a request's arguments. */
struct filtering {
	struct eventfilter *filter;
	char why[EVENTFILTER_WHY];
	int err;
};

struct http_streams {
	struct feed *feed;
	pthread_mutex_t lock; /* of all streams; taken before the feed's */
	struct stream *first;
	unsigned int n;
	bool ending;
};

static time_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* ---- what is sent ---- */

__attribute__((format(printf, 2, 3)))
static FILE *begin_pending(struct stream *stream, const char *format, ...)
{
	FILE *to;
	va_list args;

	free(stream->pending);
	stream->pending = NULL;
	stream->off = stream->len = 0;
	to = open_memstream(&stream->pending, &stream->len);
	if (!to)
		return NULL;
	va_start(args, format);
	vfprintf(to, format, args);
	va_end(args);
	return to;
}

static void put_frame(FILE *to, const struct event *event)
{
	fputs(",\"frame\":\"", to);
	for (unsigned int i = 0; i < event->captured; i++)
		fprintf(to, "%02x", event->frame[i]);
	putc('"', to);
}

static void put_event(FILE *to, const struct feed_note *note, bool frame)
{
	/* less its last brace and newline */
	fprintf(to, "id: %llu\ndata: %.*s", (unsigned long long)note->id, (int)strlen(note->json) - 2, note->json);
	if (frame)
		put_frame(to, note->event);
	fputs("}\n\n", to);
}

static void put_note(const struct feed_note *note, void *context)
{
	struct stream *stream = context;
	const struct event_names names = {
		.device = note->device, .roles = note->role, .segment = note->segment,
	};
	uint64_t lost = note->id - stream->cursor - 1;
	bool wanted = eventfilter_match(&stream->filter, note->event, &names);
	FILE *to = wanted || lost ? begin_pending(stream, "%s", "") : NULL;

	if (!to)
		return;
	if (lost)
		fprintf(to, "event: lost\ndata: {\"lost\":%llu}\n\n", (unsigned long long)lost);
	if (wanted)
		put_event(to, note, stream->frames);
	fclose(to);
}

/* False: there is nothing to send now. */
static bool find_pending(struct stream *stream)
{
	time_t now = seconds();
	FILE *to;

	while (stream->off == stream->len) {
		uint64_t id = feed_next(stream->all->feed, stream->cursor, put_note, stream);

		if (id) {
			stream->cursor = id;
		} else if (now - stream->sent >= QUIET_SECONDS) {
			to = begin_pending(stream, ":\n\n");
			if (!to || fclose(to))
				return false;
		} else {
			return false;
		}
	}
	stream->sent = now;
	return true;
}

static ssize_t read_stream(void *context, uint64_t pos, char *to, size_t most)
{
	struct stream *stream = context;
	ssize_t n = 0;

	pthread_mutex_lock(&stream->all->lock);
	if (stream->all->ending) {
		n = MHD_CONTENT_READER_END_OF_STREAM;
	} else if (find_pending(stream)) {
		n = stream->len - stream->off;
		n = (size_t)n < most ? n : (ssize_t)most;
		memcpy(to, stream->pending + stream->off, n);
		stream->off += n;
	} else {
		stream->suspended = true;
		MHD_suspend_connection(stream->connection);
	}
	pthread_mutex_unlock(&stream->all->lock);
	return n;
}

/* ---- streams ---- */

static void resume(struct stream *stream)
{
	if (stream->suspended)
		MHD_resume_connection(stream->connection);
	stream->suspended = false;
}

static void resume_all(void *context)
{
	struct http_streams *streams = context;

	pthread_mutex_lock(&streams->lock);
	for (struct stream *stream = streams->first; stream; stream = stream->next)
		resume(stream);
	pthread_mutex_unlock(&streams->lock);
}

void http_streams_tick(struct http_streams *streams)
{
	time_t now = seconds();

	pthread_mutex_lock(&streams->lock);
	for (struct stream *stream = streams->first; stream; stream = stream->next) {
		if (now - stream->sent >= QUIET_SECONDS)
			resume(stream);
	}
	pthread_mutex_unlock(&streams->lock);
}

static void free_stream(void *context)
{
	struct stream *stream = context;

	pthread_mutex_lock(&stream->all->lock);
	*stream->link = stream->next;
	if (stream->next)
		stream->next->link = stream->link;
	stream->all->n--;
	pthread_mutex_unlock(&stream->all->lock);
	eventfilter_clear(&stream->filter);
	free(stream->pending);
	free(stream);
}

/* Links it. False: there are too many. */
static bool add_stream(struct http_streams *streams, struct stream *stream)
{
	bool room;

	pthread_mutex_lock(&streams->lock);
	room = streams->n < STREAMS && !streams->ending;
	if (room) {
		stream->next = streams->first;
		stream->link = &streams->first;
		if (stream->next)
			stream->next->link = &stream->next;
		streams->first = stream;
		streams->n++;
	}
	pthread_mutex_unlock(&streams->lock);
	return room;
}

/* The id after which the reader wants to go on. */
static uint64_t first_cursor(struct http_streams *streams, const struct http_exchange *exchange)
{
	const char *since = http_header(exchange, "Last-Event-ID");
	uint64_t last = feed_last(streams->feed), id;

	if (!since)
		since = http_argument(exchange, "since");
	return since && !parse_number(since, 0, last, &id) ? id : last;
}

/* One argument of the request; those that are no filter's are others' business. */
static enum MHD_Result add_filter(void *context, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct filtering *filtering = context;

	if (strcmp(key, "reason") && strcmp(key, "device") && strcmp(key, "segment"))
		return MHD_YES;
	filtering->err = eventfilter_add(filtering->filter, key, value ? value : "", filtering->why);
	return filtering->err ? MHD_NO : MHD_YES;
}

/* 0, or refused. */
static int read_filter(struct http_exchange *exchange, struct eventfilter *filter)
{
	struct filtering filtering = { .filter = filter };

	MHD_get_connection_values(exchange->connection, MHD_GET_ARGUMENT_KIND, add_filter, &filtering);
	if (filtering.err)
		http_refuse(exchange, MHD_HTTP_BAD_REQUEST, "%s", filtering.why);
	return filtering.err;
}

struct MHD_Response *http_stream_new(struct http_streams *streams, struct http_exchange *exchange)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	struct MHD_Response *response;

	if (!stream) {
		http_refuse(exchange, MHD_HTTP_SERVICE_UNAVAILABLE, "there is not enough memory");
		return NULL;
	}
	*stream = (struct stream){
		.all = streams, .connection = exchange->connection,
		.cursor = first_cursor(streams, exchange), .sent = seconds() - QUIET_SECONDS,
		.frames = http_argument(exchange, "frames") != NULL,
	};
	if (read_filter(exchange, &stream->filter)) {
		eventfilter_clear(&stream->filter);
		free(stream);
		return NULL;
	}
	if (!add_stream(streams, stream)) {
		eventfilter_clear(&stream->filter);
		free(stream);
		http_refuse(exchange, MHD_HTTP_SERVICE_UNAVAILABLE, "there are %d streams already", STREAMS);
		return NULL;
	}
	response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_stream, stream, free_stream);
	if (!response)
		free_stream(stream);
	return response;
}

int http_streams_new(struct feed *feed, struct http_streams **out)
{
	struct http_streams *streams = calloc(1, sizeof(*streams));
	int err;

	if (!streams)
		return -ENOMEM;
	streams->feed = feed;
	pthread_mutex_init(&streams->lock, NULL);
	err = feed_watch(feed, resume_all, streams);
	if (err) {
		http_streams_free(streams);
		return err;
	}
	*out = streams;
	return 0;
}

void http_streams_end(struct http_streams *streams)
{
	feed_unwatch(streams->feed, streams);
	pthread_mutex_lock(&streams->lock);
	streams->ending = true;
	pthread_mutex_unlock(&streams->lock);
	resume_all(streams);
}

void http_streams_free(struct http_streams *streams)
{
	if (!streams)
		return;
	pthread_mutex_destroy(&streams->lock);
	free(streams);
}
