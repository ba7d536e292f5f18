/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each view lists: the first rows in the order that was asked for.
 */
#ifndef PICKET_TOP_LIST_H
#define PICKET_TOP_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "top_data.h"
#include "top_filter.h"
#include "top_limits.h"

#define LIST_MOST 1000 /* rows of a view: a filter finds the others */

enum top_view {
	VIEW_OVERVIEW, VIEW_SEGMENTS, VIEW_TALKERS, VIEW_DROPPED, VIEW_REASONS, VIEW_LIMITS, VIEWS
};

enum top_sort {
	SORT_FILE, SORT_NAME, SORT_SEEN, SORT_PASSED, SORT_BYTES, SORT_DROPPED, SORT_AUDIT, SORT_FULL, SORTS
};

struct top_row {
	const char *name; /* the live policy's: lasts until another is followed */
	uint32_t device; /* row; 0: it is none */
	uint32_t segment; /* row; its own, or the device's */
	double rate[METRICS]; /* a second */
	uint64_t total[METRICS];
	uint64_t seen, refused; /* ns of boot time; 0: never */
	enum reason reason; /* the last one */
	struct pressed limit; /* VIEW_LIMITS */
};

struct top_list {
	struct top_row *rows;
	size_t n;
	size_t matched; /* that the filter lets through */
	enum top_sort sort;
	double most; /* the highest rate of list_metric() */
};

/* 0 or -ENOMEM; sorted as the view is best. Freed by top_list_free(). */
int top_list_init(struct top_list *list, enum top_view view);
void top_list_free(struct top_list *list);

/* "passed", and back: SORTS when there is none. */
const char *top_sort_name(enum top_sort sort);
enum top_sort top_sort_find(const char *name);
/* May the view be sorted so? The next order that it has, or with step -1 the one before. */
bool view_sorts(enum top_view view, enum top_sort sort);
enum top_sort next_sort(enum top_view view, enum top_sort sort, int step);

/* What a view's bars compare, a second. */
enum metric list_metric(const struct top_list *list, enum top_view view);

/* Lists a view again, from the newest sample; VIEW_LIMITS from limits, which the other views ignore. */
void top_list_build(struct top_list *list, enum top_view view, const struct top_data *data,
		    const struct top_filter *filter, const struct pressed *limits, size_t nlimits);

#endif
