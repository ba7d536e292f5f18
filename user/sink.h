/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a daemon writes events to: the journal, a file of JSON lines, or the Unix socket of
 * another program. What cannot be written is counted as lost, which the log says once when it
 * begins and once when it is over. Nothing waits for a reader beyond what datagram.h says.
 */
#ifndef PICKET_SINK_H
#define PICKET_SINK_H

#include "events.h"

struct sink;

/*
 * "journal", "file:PATH" (appended to, followed when rotated) or "unix:PATH" (one datagram of
 * JSON for each event). That nobody listens yet, or the disk is full, is no error. 0 and *out,
 * or -errno after a sentence.
 */
int sink_open(const char *spec, struct sink **out);
/* NULL is fine. */
void sink_close(struct sink *sink);

/* json: the event as event_print() makes it, its newline included */
void sink_write(struct sink *sink, const struct event *event, const struct event_names *names,
		const char *json);
/* Once a second, by the thread that writes. */
void sink_tick(struct sink *sink);

/* Events lost since it was opened; any thread may ask. */
uint64_t sink_lost(const struct sink *sink);

#endif
