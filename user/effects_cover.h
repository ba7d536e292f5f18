/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of destinations said in as few names as are exact. */
#ifndef PICKET_EFFECTS_COVER_H
#define PICKET_EFFECTS_COVER_H

#include "effects_names.h"

enum version_index { IPV4, IPV6, VERSIONS };

/* What can be said of many classes at once. */
struct bunch {
	uint32_t total[POLICIES][VERSIONS]; /* classes that are anybody in that policy */
	bool steady[VERSIONS]; /* some are in both */
	uint32_t in[VERSIONS]; /* of the set at hand */
	uint32_t said; /* versions of the set at hand that a label says already, as bits */
};

struct cover {
	const struct names *names;
	struct bunch *bunches;
	uint32_t nbunches;
	uint32_t *touched; /* bunches of the set at hand */
	size_t ntouched, touched_capacity;
	struct label *labels; /* of the set at hand */
	size_t n, capacity;
};

/* 0 or -ENOMEM. cover_free() in either case. */
int cover_init(const struct names *names, struct cover *cover);
void cover_free(struct cover *cover);

/*
 * Fills labels with names that are together exactly the classes of sets[] (in effects.sets, by
 * version; UINT32_MAX: none), for sources that have addresses of these versions (bits).
 * policy: AFTER for what is gained, BEFORE for what is lost. 0 or -ENOMEM.
 */
int cover_set(struct cover *cover, const uint32_t sets[VERSIONS], uint32_t versions, int policy);

#endif
