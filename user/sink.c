// SPDX-License-Identifier: GPL-2.0-only
#include "sink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "datagram.h"
#include "journal.h"
#include "logfile.h"
#include "outage.h"

struct sink {
	const struct kind *kind;
	char *path;
	struct outage outage;
	struct logfile file;
	struct datagram socket;
};

struct kind {
	const char *spec; /* how it begins */
	const char *where; /* NULL: the rest of it, a path */
	int (*open)(struct sink *sink);
	int (*write)(struct sink *sink, const struct event *event, const struct event_names *names,
		     const char *json);
	void (*tick)(struct sink *sink);
	void (*close)(struct sink *sink);
	const char *(*why)(int error);
};

/* A line that whoever wrote here before did not end. */
static int end_line(struct logfile *file, void *context)
{
	off_t size = logfile_size(file);
	char last = '\n';

	if (size < 0)
		return size;
	if (size && pread(file->fd, &last, 1, size - 1) < 0)
		return -errno;
	return last == '\n' ? 0 : logfile_append(file, "\n", 1);
}

static int file_open(struct sink *sink)
{
	sink->file = (struct logfile){ .path = sink->path, .begin = end_line };
	return logfile_open(&sink->file);
}

static int file_write(struct sink *sink, const struct event *event, const struct event_names *names,
		      const char *json)
{
	return logfile_append(&sink->file, json, strlen(json));
}

static void file_tick(struct sink *sink)
{
	logfile_tick(&sink->file);
}

static void file_close(struct sink *sink)
{
	logfile_close(&sink->file);
}

static int socket_open(struct sink *sink)
{
	return datagram_open(sink->path, &sink->socket);
}

static int socket_write(struct sink *sink, const struct event *event,
			const struct event_names *names, const char *json)
{
	return datagram_send(&sink->socket, json, strlen(json));
}

static int journal_write(struct sink *sink, const struct event *event,
			 const struct event_names *names, const char *json)
{
	_cleanup_free_ char *entry = NULL;
	size_t len;
	int err = journal_entry(event, names, json, &entry, &len);

	return err ? err : datagram_send(&sink->socket, entry, len);
}

static void socket_tick(struct sink *sink)
{
	datagram_tick(&sink->socket);
}

static void socket_close(struct sink *sink)
{
	datagram_close(&sink->socket);
}

static const struct kind kinds[] = {
	{ "file:", NULL, file_open, file_write, file_tick, file_close, logfile_why },
	{ "unix:", NULL, socket_open, socket_write, socket_tick, socket_close, datagram_why },
	{ "journal", "the journal", socket_open, journal_write, socket_tick, socket_close, datagram_why },
};

#define NKINDS (sizeof(kinds) / sizeof(kinds[0]))

/* *path: what follows in spec; NULL: there is no such kind */
static const struct kind *find_kind(const char *spec, const char **path)
{
	for (size_t i = 0; i < NKINDS; i++) {
		const struct kind *kind = &kinds[i];
		size_t len = strlen(kind->spec);

		*path = spec + len;
		if (!strncmp(spec, kind->spec, len) && (kind->where ? !**path : **path))
			return kind;
	}
	return NULL;
}

static int no_memory(const char *spec)
{
	return fail(-ENOMEM, "there is no memory for events to %s", spec);
}

int sink_open(const char *spec, struct sink **out)
{
	const char *path;
	const struct kind *kind = find_kind(spec, &path);
	struct sink *sink;
	int err;

	if (!kind)
		return fail(-EINVAL, "events go to journal, file:PATH or unix:PATH, not to '%s'", spec);
	sink = calloc(1, sizeof(*sink));
	if (!sink)
		return no_memory(spec);
	sink->path = strdup(kind->where ? JOURNAL_SOCKET : path);
	if (!sink->path) {
		free(sink);
		return no_memory(spec);
	}
	sink->kind = kind;
	sink->outage.what = "events";
	sink->outage.where = kind->where ? kind->where : sink->path;
	err = kind->open(sink);
	if (err) {
		fail(err, "events cannot go to %s: %s", sink->outage.where, kind->why(err));
		sink_close(sink);
		return err;
	}
	*out = sink;
	return 0;
}

void sink_close(struct sink *sink)
{
	if (!sink)
		return;
	outage_end(&sink->outage);
	sink->kind->close(sink);
	free(sink->path);
	free(sink);
}

void sink_write(struct sink *sink, const struct event *event, const struct event_names *names,
		const char *json)
{
	int err = sink->kind->write(sink, event, names, json);

	if (err)
		outage_lose(&sink->outage, sink->kind->why(err));
	else
		outage_reach(&sink->outage);
}

void sink_tick(struct sink *sink)
{
	sink->kind->tick(sink);
	outage_tick(&sink->outage);
}

uint64_t sink_lost(const struct sink *sink)
{
	return outage_lost(&sink->outage);
}
