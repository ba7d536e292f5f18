/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Places in a policy, and what its files say there.
 */
#ifndef PICKET_QUOTE_H
#define PICKET_QUOTE_H

#include "policy.h"

#define PLACE_LEN 320

/* "policy.yaml:31"; NULL where there is no place. */
const char *format_place(const struct policy *policy, const struct loc *loc, char buf[PLACE_LEN]);

/*
 * Where the last quotation was, so that the next one need not look for its line from the top. Zeroes and
 * the policy to begin with.
 */
struct quoter {
	const struct policy *policy;
	const char *at; /* where the line begins; NULL: none was looked for yet */
	uint32_t file, line;
};

/*
 * The line of a place, without what surrounds it; and the whole rule, or other mapping, that begins
 * there, on one line and without comments. To be freed; NULL without memory, or where there is no place.
 */
char *quote_line(struct quoter *quoter, const struct loc *loc);
char *quote_mapping(struct quoter *quoter, const struct loc *loc);

#endif
