/* SPDX-License-Identifier: GPL-2.0-only */
/* What columns each view's table has, and how they read. */
#ifndef PICKET_TOP_COLUMNS_H
#define PICKET_TOP_COLUMNS_H

#include "top_list.h"

/* The titles at line y, and below them the rows from offset on, as many as fit height lines in all. */
void view_draw(const struct top_data *data, const struct top_list *list, enum top_view view, int y,
	       int height, size_t offset);

#endif
