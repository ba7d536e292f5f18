/* SPDX-License-Identifier: GPL-2.0-only */
/* State that passes from policy to policy: how large its maps are, and who takes them over. */
#ifndef PICKET_STATE_H
#define PICKET_STATE_H

#include "instance.h"
#include "live.h"
#include "rows.h"

#define STATE_DEVICES_LEAST 1024
#define STATE_DEVICES_MOST (1U << 24)

/* before: NULL when nothing was live. */
void state_sizes_for(const struct policy *policy, const struct ruleset *ruleset,
		     const struct rows *devices, const struct live *before,
		     struct state_sizes *out);

/* config.flow_window for a table of so many buckets. */
uint32_t state_flow_window(uint32_t buckets);

/* Before the load: maps that are large enough are taken over, others are made anew. 0 or -errno. */
int state_reuse(const struct instance *instance, const struct live *before,
		const struct state_sizes *sizes);

/*
 * After the load: what was made anew gets what the old maps hold. *copied is for
 * state_settle(), and freed by the caller. 0 or -errno.
 */
int state_copy(const struct instance *instance, const struct live *before,
	       const struct config *config, struct state **copied);

/* After the commit: what the old maps got since the copy. 0 or -errno. */
int state_settle(const struct instance *instance, const struct live *before,
		 const struct state *copied);

/* Rows that were nobody's before start at zero. 0 or -errno. */
int state_clear_devices(const struct instance *instance, const struct live *before,
			const struct rows *devices);
int state_clear_segments(const struct instance *instance, const struct live *before,
			 const struct rows *segments);

/*
 * What buckets of rows that the policy before does not use had refused is forgotten: whoever takes such
 * a row starts at zero, and what is gone takes no room for longer than until the next apply. 0 or -errno.
 */
int state_clear_refusals(const struct instance *instance, const struct live *before);

#endif
