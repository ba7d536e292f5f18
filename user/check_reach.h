/* SPDX-License-Identifier: GPL-2.0-only */
/* Who can reach whom, as warnings see it: by segments, not by single addresses. */
#ifndef PICKET_CHECK_REACH_H
#define PICKET_CHECK_REACH_H

#include "check.h"

/* A conduit with its lists as sets. */
struct passage {
	struct segment_set from, to;
	const struct conduit *conduit;
};

struct reach {
	struct check *check;
	const struct policy *policy;
	struct role_map *map;
	struct passage *passages; /* nconduits */
	struct segment_set *reached; /* per role: where something may reach a device by its rules */
	bool *roles; /* per role: of the device at hand */
};

/* Does a conduit lead from one of these segments into that one, for one of these services? */
bool reach_leads(struct reach *reach, const struct segment_set *from, uint32_t to,
		 const struct service *services, size_t nservices);

/*
 * Adds the segments in which the sources are that an accept rule's target covers; true when
 * the gateway, for which no conduit is needed, is among them.
 */
bool reach_sources(struct reach *reach, const struct target *target, struct segment_set *set);

/* Warns of connect rules to devices and segments that can never work. */
void warn_connect(struct reach *reach);

#endif
