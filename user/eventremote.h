/* SPDX-License-Identifier: GPL-2.0-only */
/* Events as the daemon hands them on: GET /events on its Unix socket. */
#ifndef PICKET_EVENTREMOTE_H
#define PICKET_EVENTREMOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "eventsource.h"

struct eventremote;

/* 0 and *out; -ENOENT or -ECONNREFUSED: no daemon is there; -errno. */
int eventremote_open(const char *socket, eventsource_fn *fn, void *context, struct eventremote **out);
void eventremote_close(struct eventremote *remote);

/* As eventsource_poll(); -ECONNRESET: the daemon has ended. */
int eventremote_poll(struct eventremote *remote, int timeout_ms);
/* How many events the daemon could not keep for this reader. */
uint64_t eventremote_lost(const struct eventremote *remote);

/*
 * One event from its line of JSON, with the strings in names, which stay json's (struct json_t). 0 or -EINVAL.
 */
struct json_t;
int event_from_json(const struct json_t *json, struct event *event, struct event_names *names);

#endif
