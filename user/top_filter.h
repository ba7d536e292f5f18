/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which devices and segments are looked at: by a segment's name or a part of it, and by a part of a
 * device's name.
 */
#ifndef PICKET_TOP_FILTER_H
#define PICKET_TOP_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "live.h"

#define FILTER_LEN 64

struct top_filter {
	char device[FILTER_LEN]; /* "": all; upper and lower case are alike */
	char segment[FILTER_LEN]; /* "": all; a segment's whole name means that one alone */
	bool segments[PICKET_MAX_SEGMENTS]; /* by row: those that segment means */
};

/* After a change of segment, or of what is live. */
void filter_resolve(struct top_filter *filter, const struct live *live);

/* Row 0 is no segment. */
bool filter_segment(const struct top_filter *filter, uint32_t row);
bool filter_device(const struct top_filter *filter, const char *name, uint32_t segment);

#endif
