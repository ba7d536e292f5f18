// SPDX-License-Identifier: GPL-2.0-only
#include "top_filter.h"

#include <string.h>

void filter_resolve(struct top_filter *filter, const struct live *live)
{
	uint32_t whole = live_find_segment(live, filter->segment);

	for (uint32_t row = 0; row < PICKET_MAX_SEGMENTS; row++) {
		const char *name = live_segment_name(live, row);

		filter->segments[row] = whole ? row == whole : name && strcasestr(name, filter->segment);
	}
}

bool filter_segment(const struct top_filter *filter, uint32_t row)
{
	return !*filter->segment || (row < PICKET_MAX_SEGMENTS && filter->segments[row]);
}

bool filter_device(const struct top_filter *filter, const char *name, uint32_t segment)
{
	return filter_segment(filter, segment) && (!*filter->device || strcasestr(name, filter->device));
}
