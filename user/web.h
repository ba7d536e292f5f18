/* SPDX-License-Identifier: GPL-2.0-only */
/* What the daemon's HTTP servers answer, and what they answer from. */
#ifndef PICKET_WEB_H
#define PICKET_WEB_H

#include <stdatomic.h>
#include <stdint.h>

#include "auditbook.h"
#include "feed.h"
#include "http.h"
#include "live.h"

/* What the daemon's threads tell one another. */
struct web_shared {
	struct feed *feed;
	struct auditbook *audit;
	struct survey *survey;
	uint32_t device_metrics; /* as metrics.h has it */
	atomic_bool apply_failed; /* the last one that the daemon tried */
	atomic_uint apply_failures; /* that nothing live could count */
};

/* One thread's of a server. */
struct web {
	struct web_shared *shared;
	struct live *live; /* web_live() */
	int error; /* why web_live() had none */
};

/* What is live now, until the next call; NULL: nothing is, or it cannot be read. */
struct live *web_live(struct web *web);
/* Closes what web_live() opened. */
void web_close(struct web *web);

extern const struct http_route web_routes[], web_slow_routes[];

#endif
