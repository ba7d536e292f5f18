// SPDX-License-Identifier: GPL-2.0-only
#include "frames.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "eventsource.h"
#include "names.h"
#include "pins.h"

#define POLL_MS 1000

static int print_frame(const struct event *event, const struct event_names *names, void *context)
{
	printf("%s %s %u %u ", event->flags & EVENT_OUT ? "out" : "in", reason_name(event->reason),
	       event->bytes, event->captured);
	for (int i = 0; i < event->captured; i++)
		printf("%02x", event->frame[i]);
	return puts("") < 0 || fflush(stdout) ? -EIO : 0;
}

int print_frames(void)
{
	struct eventsource *source;
	int err;

	pins_set_dir(getenv("PICKET_PINS"));
	err = eventsource_open(print_frame, NULL, &source);
	if (err)
		return live_fail(err);
	while (!err)
		err = eventsource_poll(source, POLL_MS);
	eventsource_close(source);
	return 1;
}
