/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which events somebody wants: of these reasons, devices and segments. Several values of one
 * kind: any of them; several kinds: all of them; none: every event.
 */
#ifndef PICKET_EVENTFILTER_H
#define PICKET_EVENTFILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "events.h"
#include "live.h"

#define EVENTFILTER_WHY 320 /* bytes of a sentence */

struct eventfilter_names {
	char **names;
	size_t n;
};

/* All zero: every event. */
struct eventfilter {
	uint32_t reasons; /* bit n: enum reason n */
	struct eventfilter_names devices, segments;
};

/*
 * key: "reason", "device" or "segment", as options and queries have it. 0; -EINVAL: there is no
 * such key or reason, and why has a sentence for usage_error(); -ENOMEM, likewise.
 */
int eventfilter_add(struct eventfilter *filter, const char *key, const char *value,
		    char why[EVENTFILTER_WHY]);
void eventfilter_clear(struct eventfilter *filter);

/* 0; -ENOENT: live has no such device or segment, and why says which. */
int eventfilter_check(const struct eventfilter *filter, const struct live *live,
		      char why[EVENTFILTER_WHY]);

bool eventfilter_match(const struct eventfilter *filter, const struct event *event,
		       const struct event_names *names);
/* segment NULL: none */
bool eventfilter_wants_segment(const struct eventfilter *filter, const char *segment);
bool eventfilter_wants_reason(const struct eventfilter *filter, unsigned int reason);

#endif
